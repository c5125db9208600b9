"""A run: consecutive messages to one channel, rendered once for each set of capabilities."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp.model.entities import User
from chatapp.model.events import MessageSent
from chatapp.model.messages import is_ctcp
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.origin import Origin
from chatapp.server.delivery.recipient import Recipient


class Run:
    """Consecutive messages to one channel.

    ``speakers`` are the recipients that sent one of the messages; they get their own messages as echoes. The other
    sessions of who sent a CTCP message are among them too.
    """

    __slots__ = ("_host", "_rendered", "entries", "speakers", "uid")

    def __init__(self, uid: str, host: str) -> None:
        self.uid = uid
        self.entries: list[tuple[MessageSent, Origin | None]] = []
        self.speakers: set[Recipient] = set()
        self._host = host
        self._rendered: dict[int, list[bytes]] = {}

    def lines(self, caps: int) -> list[bytes]:
        """Return one line per message, for recipients with the capabilities ``caps``."""
        caps &= cap.MESSAGE_PROFILE
        lines = self._rendered.get(caps)
        if lines is None:
            host = self._host
            lines = self._rendered[caps] = [render.message(event, caps, host) for event, _ in self.entries]
        return lines

    def hand_to_speaker(self, speaker: Recipient, users: Mapping[str, User], *, listens: bool) -> None:
        """Deliver all lines in order to a recipient that sent some of the messages, or blocks some of their senders.

        The recipient gets its own messages as echoes, and no message of a user whom it blocks. A recipient that does
        not listen to the channel gets only its echoes: its user is no member, or the session only sends. A CTCP query
        or answer of another session of its user is not for it.
        """
        user = users.get(speaker.uid)
        for (event, origin), line in zip(self.entries, self.lines(speaker.caps), strict=True):
            if origin is not None and origin.proposer is speaker:
                origin.echo(line)
            elif not line or not listens or (event.actor == speaker.uid and is_ctcp(event.text)):
                pass
            elif user is None or event.actor not in user.silenced:
                speaker.deliver(line)
