"""Pure: the state of the full-screen client, which the model changes and the view shows."""

from __future__ import annotations

from chatapp.client.core.session import Session
from chatapp.client.core.unacknowledged import Text
from chatapp.client.fronts.full.boxes import Box, Question
from chatapp.client.fronts.full.buffers import Buffer, Buffers
from chatapp.client.fronts.full.effects import Do, Effect
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.journal import Came, Journal, News, Remark
from chatapp.client.fronts.full.settings import Settings
from chatapp.client.fronts.full.text import Row
from chatapp.client.fronts.full.vi import Vi
from chatapp.client.fronts.person.changing import Changing
from chatapp.client.fronts.person.questions import NOTHING
from chatapp.client.fronts.person.questions import Question as SignInQuestion
from chatapp.client.fronts.person.rows import Row as MenuRow
from chatapp.client.fronts.person.rows import plain_text
from chatapp.client.fronts.person.signing_in import SigningIn
from chatapp.client.fronts.person.staying import Device, Staying
from chatapp.protocol.names import fold

UNSENT_S = 10.0  # after this time without an echo, a text of ours is marked as not sent
HELD_S = 60.0  # after a reconnect, an older text is not sent without asking
DEFAULT = Settings()
AWAY_MAX = 10_000  # people whose absence is remembered
EFFECTS_MAX = 100


class State:
    """What the person sees, and what waits for the shell.

    ``password``, ``new`` and ``device``: see SigningIn and Staying. ``now_s`` is the time (s) of the last event or key.
    """

    def __init__(
        self,
        session: Session,
        *,
        place: str = "",
        password: str = "",
        new: bool = False,
        device: Device | None = None,
        settings: Settings = DEFAULT,
    ) -> None:
        self.session = session
        self.settings = settings
        self.place = place  # the address of the server
        self.network = ""
        self.buffers = Buffers(session)
        self.vi = Vi()
        self.box: Box | None = None
        self.question: Question | None = None
        self.secret = SecretAnswer()
        self.staying = Staying(session, self.show, device)
        self.signing_in = SigningIn(session, self.show, self.staying, password=password, new=new)
        self.changing = Changing(session, self.show)
        self.signed_in = False  # stays so while the connection is lost
        self.catch_ups = 0  # how often the session has caught up with what was missed
        self.offline = ""  # why there is no connection
        self.retry_at_s = 0.0
        self.focused: bool | None = None  # None: the terminal does not say
        self.left_shown, self.right_shown = settings.conversations, settings.people
        self.wanted_nick = ""  # the folded name that the person has asked for
        self.hint = ""  # a text in the status line, until the next key
        self.own_away = ""  # our away message; empty: we are here
        self.presence = 0  # how often ``away`` has changed
        self.members_drawn: tuple[object, list[Row]] = (None, [])  # what the right column shows, and its rows
        self.away: dict[str, bool] = {}  # folded nick -> whether this person is away
        self.picked_text: Text | None = None  # the text of ours that is picked, while it waits
        self.journal: Journal | None = None  # None: the view needs no news, as it draws what there is
        self.leaving = False
        self.interrupted = False  # the client ends at once
        self.now_s = 0.0
        self.now_ms = 0  # the same time, in ms since 1970
        self._effects: list[Effect] = []
        self._typed_s: list[tuple[Text, float]] = []  # when the texts that wait for an echo were typed

    def sign_out(self) -> None:
        """Note that the server asks who we are: nothing hides the questions."""
        self.signed_in, self.offline, self.box, self.question = False, "", None, None
        self.buffers.current = self.buffers.home

    # What is shown

    @property
    def buffer(self) -> Buffer:
        """The conversation that is shown."""
        return self.buffers.current

    def read(self) -> None:
        """Note that the person has read the conversation that is shown, if the newest messages are on the screen."""
        if self.is_viewed and self.buffer.name:
            self.session.conversations.read(self.buffer.name)
            self.session.catching_up.due_markers.read(self.buffer.key)

    @property
    def is_viewed(self) -> bool:
        """Tell whether a person sees the newest messages of the conversation that is shown."""
        return self.focused is not False and self.buffer.anchor is None and self.box is None

    def views(self, name: str) -> bool:
        """Tell whether a person sees the newest messages of a conversation."""
        return self.is_viewed and self.buffer.key == fold(name)

    @property
    def asked(self) -> SignInQuestion:
        """The question of the sign-in or of /passwd that is open; NOTHING: none is."""
        if not self.signed_in or self.signing_in.question != NOTHING:
            return self.signing_in.question
        return self.changing.question or NOTHING

    def note(self, text: str, *, bad: bool = False, where: Buffer | None = None) -> None:
        """Show a row of the client's own in a conversation; by default, in the present one."""
        buffer = where or self.buffer
        self.tell(buffer, buffer.entries.note(text, bad=bad, now_ms=self.now_ms))

    def refuse(self, why: str) -> None:
        """Say why the draft of the present conversation, which stays, cannot be sent; once, at the end."""
        buffer = self.buffer
        if buffer.refusal is not None:
            buffer.entries.remove(buffer.refusal)
        buffer.refusal = buffer.entries.note(why, bad=True, now_ms=self.now_ms)
        self.tell(buffer, buffer.refusal)

    def tell(self, buffer: Buffer, what: Entry | Came | Remark, *, missed: bool = False) -> None:
        """Note what is new in a conversation, for a view that tells each thing once."""
        if self.journal is not None:
            self.journal.add(News(buffer, what, missed))

    def show(self, row: MenuRow) -> None:
        """Show a row of a part of the line client."""
        if not self.signed_in:
            self.box = None  # a question follows
        style = row[0][0] if row else ""
        self.note(plain_text(row).removeprefix("-- "), bad=style == "bad")

    # What waits

    def do(self, do: Do, text: str = "", title: str = "") -> None:
        """Ask the shell to do something."""
        self._effects = [*self._effects[1 - EFFECTS_MAX :], Effect(do, text, title)]

    def take_effects(self) -> list[Effect]:
        """Return what the shell has to do, once."""
        effects, self._effects = self._effects, []
        return effects

    def is_away(self, nick: str) -> bool:
        """Tell whether somebody is away, as far as it is known."""
        return self.away.get(fold(nick), False)

    def saw(self, nick: str, *, away: bool) -> None:
        """Note whether somebody is away."""
        if self.away.pop(fold(nick), None) != away:
            self.presence += 1
        self.away[fold(nick)] = away
        if len(self.away) > AWAY_MAX:
            del self.away[next(iter(self.away))]

    def forget(self, nick: str = "") -> None:
        """Forget whether somebody is away; without a ``nick``, of everybody."""
        self.presence += 1
        if nick:
            self.away.pop(fold(nick), None)
        else:
            self.away.clear()

    # The texts of ours that wait for an echo

    def typed(self) -> None:
        """Note the time of the texts that were typed just now; forget those that have arrived."""
        texts = self.session.outbox.texts
        known = [(text, at_s) for text, at_s in self._typed_s if any(text is each for each in texts)]
        new = [text for text in texts if not any(text is each for each, _ in known)]
        self._typed_s = known + [(text, self.now_s) for text in new]

    def age_s(self, text: Text) -> float:
        """Return how long ago a text was typed (s)."""
        return next((self.now_s - at_s for each, at_s in self._typed_s if each is text), 0.0)

    def retried(self, text: Text) -> None:
        """Note that the person sends a text again: its age begins anew."""
        self._typed_s = [(each, self.now_s if each is text else at_s) for each, at_s in self._typed_s]

    def waiting(self, buffer: Buffer) -> list[Text]:
        """Return the texts for a conversation that the server has not acknowledged."""
        if not len(self.session.outbox):
            return []
        return [text for text in self.session.outbox.texts if fold(text.target) == buffer.key]

    def hold_old(self) -> None:
        """Hold back the texts that are too old to be sent without asking."""
        self.typed()
        for text in self.session.outbox.texts:
            if self.age_s(text) > HELD_S:
                self.session.outbox.hold(text)


class SecretAnswer:
    """The answer to a question of the sign-in, while it is typed; a person sees a password only as nothing."""

    def __init__(self) -> None:
        self.text = ""

    def take(self) -> str:
        """Return the answer, and forget it."""
        text, self.text = self.text, ""
        return text
