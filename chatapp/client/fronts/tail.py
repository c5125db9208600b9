"""The front of ``chat tail``: writes each message once, also those that were sent while there was no connection."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import requests
from chatapp.client.core.capabilities import CHATHISTORY
from chatapp.client.core.events import (
    ChannelRenamed,
    Deleted,
    Edited,
    Event,
    Kicked,
    Left,
    NotDone,
    Notice,
    Offline,
    Reacted,
    Said,
    SignedIn,
)
from chatapp.client.core.session import Session
from chatapp.client.fronts import output
from chatapp.client.fronts.one_shot import OneShot
from chatapp.client.fronts.sentences import sentences
from chatapp.errors import RefusedError
from chatapp.protocol.names import fold, is_channel

# What is written as JSON of the conversations that are followed; as text, the messages are written, and the rest is
# told to the person.
_CONTENTS = (Said, Edited, Deleted, Reacted)


class Tail(OneShot):
    """A front that writes the messages of a conversation (``where``; empty: of all) to ``out``, one line each.

    ``out`` may raise OSError, which ends the session. ``since`` (ms): write the messages from this time on (None: only
    new ones). ``password`` and ``tell``: see OneShot.

    Everything that would leave a gap raises RefusedError: the server refuses the history, or a channel was left.
    """

    def __init__(
        self,
        session: Session,
        where: str,
        out: Callable[[str], None],
        password: Callable[[str], str],
        tell: Callable[[str], None],
        *,
        since: int | None = None,
        as_json: bool = False,
    ) -> None:
        super().__init__(session, password, tell)
        self._where = where
        self._out = out
        self._since = since
        self._json = as_json

    def take(self, event: Event) -> None:
        """Write or tell what an event says of the followed conversations. Raises RefusedError."""
        if isinstance(event, _CONTENTS):
            self._write(event)
        elif isinstance(event, SignedIn):
            self._signed_in(event)
        elif isinstance(event, Left | Kicked) and event.me and self._follows(event.channel):
            if self._where:
                raise RefusedError(f"You are no longer in {event.channel}, so there is nothing more to read there.")
            self._tell(event)
        elif isinstance(event, NotDone):
            raise RefusedError(f"{' '.join(sentences(event))} Messages may be missing; chat history has them.")
        elif isinstance(event, ChannelRenamed):
            if self._where and self._follows(event.channel):
                self._where = event.name
            self._tell(event)
        elif isinstance(event, Offline):
            self.tell(f"{event.reason} Trying again in {event.retry_s:.0f} s.")
        elif isinstance(event, Notice):
            self.tell(event.text)

    def _signed_in(self, event: SignedIn) -> None:
        if event.again:
            self.tell("Connected again.")
            return
        if self._where and is_channel(self._where) and fold(self._where) not in map(fold, event.channels):
            raise RefusedError(f"You are not in {self._where}. To join it, type /join in chat connect.")
        if self._where and not is_channel(self._where):
            self.session.ask(requests.look_for(self._where))
        if CHATHISTORY not in self.session.account.enabled:
            if self._since is not None:
                raise RefusedError("This server keeps no history, so --since has nothing to show.")
            self.tell("This server keeps no history: what is sent while there is no connection is not shown.")

    def _write(self, event: Said | Edited | Deleted | Reacted) -> None:
        if not self._follows(event.conversation):
            return
        if self._json:
            self._out(output.as_json(event))
        elif isinstance(event, Said):
            for line in output.messages(event):
                self._out(line)
        else:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        for sentence in sentences(event):
            self.tell(sentence)

    def _follows(self, conversation: str) -> bool:
        return not self._where or fold(conversation) == fold(self._where)
