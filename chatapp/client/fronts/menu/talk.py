"""Pure: the place where a person is (the menu or a conversation), and the sending of texts that are typed there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from chatapp.client.core.announced import without_role
from chatapp.client.core.session import Session
from chatapp.client.core.splitting import pieces
from chatapp.client.fronts.farewell import shortened
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.partners import gone_words
from chatapp.client.fronts.person.questions import COMMAND, Ask, Question, yes_or_no
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.printable import printable
from chatapp.errors import ChatError
from chatapp.protocol.names import fold, is_channel

LINES_UNASKED_MAX = 20  # lines that go to a channel without a question
PROMPT_CHARACTERS_MAX = 24


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """The menu (without ``target``), or the conversation with a person or a channel."""

    target: str = ""
    label: str = ""
    gone: bool = False  # the person is no longer on the server; who has the name next is somebody else

    @property
    def question(self) -> Question:
        """The question at this place."""
        if not self.target:
            return COMMAND
        return Question(Ask.TALK, f"{shortened(printable(self.label), PROMPT_CHARACTERS_MAX)}> ")


MENU = Place()


class Talk:
    """Keeps the place, and sends the texts that are typed there.

    ``show`` takes rows; ``wrote_to`` takes the nick of each person who is written to.
    """

    def __init__(self, session: Session, show: Callable[[Row], None], wrote_to: Callable[[str], None]) -> None:
        self.place = MENU
        self.asked: Question | None = None  # a question that comes before the question of the place
        self._session = session
        self._show = show
        self._wrote_to = wrote_to
        self._held: tuple[str, str, bool, str] | None = None  # many lines (see _say), until the person confirms them

    @property
    def question(self) -> Question:
        """The question that is open now."""
        return self.asked or self.place.question

    @property
    def progress(self) -> str:
        """How many lines of a long text are stored, as ``61 of 211``; empty if no long text is open."""
        whole = next((text for text in self._session.outbox.texts if text.lines > LINES_UNASKED_MAX), None)
        return f"{whole.stored} of {whole.lines}" if whole is not None else ""

    def is_lobby(self, target: str) -> bool:
        """Tell whether a target is the channel of everyone."""
        return bool(self._session.lobby) and fold(target) == fold(self._session.lobby)

    def enter(self, target: str) -> None:
        """Begin a conversation with a nick or channel: from now on, typed texts go there."""
        self.asked = self._held = None
        self.place = Place(target, "everyone" if self.is_lobby(target) else target)
        self._session.outbox.acquaintances.meet(target)

    def renamed(self, old: str, name: str) -> None:
        """Stay in a channel that has another name; what waits for an answer goes there too."""
        if fold(self.place.target) == fold(old):
            self.place = Place(name, "everyone" if self.is_lobby(name) else name)
        if self._held is not None and fold(self._held[0]) == fold(old):
            self._held = (name, *self._held[1:])

    def gone(self, nick: str) -> bool:
        """Note that a person is no longer on the server; return whether this ends the present conversation.

        The place stays: a text that is typed next must not be taken for a command of the menu, nor reach whoever gets
        the name.
        """
        if not nick or fold(self.place.target) != fold(nick):
            return False
        self.place = dataclasses.replace(self.place, gone=True)
        return True

    def to_menu(self) -> None:
        """End the conversation, and drop the open question."""
        if self._held is not None:
            self._show(view.note("Nothing was sent."))
        self.place, self.asked, self._held = MENU, None, None

    def drop_question(self) -> None:
        """Drop the open question; stay in the conversation."""
        if self._held is not None:
            self._show(view.note("Nothing was sent."))
        self.asked = self._held = None

    def say(self, target: str, text: str, *, action: bool = False, reply_to: str = "") -> None:
        """Send a text; before more than LINES_UNASKED_MAX lines go to a channel, ask. For the rest see Session.say."""
        if self.place.gone and fold(target) == fold(self.place.target):
            self._show(view.bad(f"Not sent: {gone_words(target)}"))
            return
        try:
            count = len(pieces(text, self._session.text_bytes_max(target)))
        except ChatError as error:
            self._show(view.bad(str(error)))
            return
        if count > LINES_UNASKED_MAX and is_channel(without_role(target)):
            self._held = (target, text, action, reply_to)
            to = view.recipient(target, self._session.lobby)
            self.asked = Question(Ask.MANY, f"Send {count} lines to {printable(to)}? [y/n] ")
        else:
            self._say(target, text, action=action, reply_to=reply_to)

    def typed_many(self, line: str) -> None:
        """Take the answer to the question about many lines."""
        answer = yes_or_no(line)
        if answer is None:
            self._show(view.note("Type y or n."))
        elif answer and self._held is not None:
            (target, text, action, reply_to), self._held = self._held, None
            self.asked = None
            self._say(target, text, action=action, reply_to=reply_to)
        else:
            self.drop_question()

    def _say(self, target: str, text: str, *, action: bool, reply_to: str) -> None:
        try:
            self._session.say(target, text, action=action, reply_to=reply_to)
        except ChatError as error:
            self._show(view.bad(str(error)))
            return
        if not is_channel(without_role(target)):
            self._wrote_to(target)
        if not self._session.signed_in:
            self._show(view.note("There is no connection just now; it is sent as soon as there is one."))
