"""Pure: the line client. What is typed and what happens go in; rows to show and the next question come out.

::

    SigningIn --SignedIn--> COMMAND --DM--> PICK --> TEXT --> COMMAND
                               |                      ^
                               +-------BM-------------+

It begins with the menu of the original. At COMMAND only commands count, and whatever is none is answered with the
menu. At PICK and TEXT a line that begins with / is a command too (// stands for a / of the text); all else is the
answer that was asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from chatapp.client import commands, unacknowledged
from chatapp.client.events import (
    Event,
    History,
    NotDone,
    NotSent,
    Offline,
    People,
    Person,
    Presence,
    Said,
    Sent,
    SignedIn,
    SignInNeeded,
)
from chatapp.client.session import Session
from chatapp.client.ui import view
from chatapp.client.ui.browsing import Browsing
from chatapp.client.ui.questions import COMMAND, NOTHING, PICK, Ask, Question
from chatapp.client.ui.signing_in import SigningIn
from chatapp.client.ui.view import Row, Stamp
from chatapp.errors import ChatError, NameNotAllowedError
from chatapp.protocol.names import fold, is_channel, parse_nick

OnPeople = Callable[[Sequence[Person]], None]


class Model:
    """The line client over one session; ``stamp`` writes a time as this person reads it."""

    def __init__(self, session: Session, stamp: Stamp, *, password: str = "", new: bool = False) -> None:
        self.session = session
        self.leaving = False
        self.signing_in = SigningIn(session, self._show, password=password, new=new)
        self._stamp = stamp
        self._rows: list[Row] = []
        self._question: Question | None = None  # None: signing in
        self._target = ""
        self._audience: int | None = None  # how many the text that is asked for goes to, where it is for everyone
        self._people: list[Person] = []
        self._asked_people: deque[tuple[OnPeople, Callable[[], None] | None]] = deque()
        self._audiences: dict[str, int] = {}  # of texts to everyone that are not acknowledged yet
        self._partners: set[str] = set()
        self._browsing = Browsing(session, stamp)
        self._offline = False

    @property
    def question(self) -> Question:
        """What is asked now."""
        return self.signing_in.question if self._is_signing_in else self._question or NOTHING

    @property
    def signed_in(self) -> bool:
        """Tell whether the questions of the sign-in are behind us."""
        return self._question is not None

    @property
    def _is_signing_in(self) -> bool:
        return self._question is None or self.signing_in.question.ask is Ask.TRUST

    def take_rows(self) -> list[Row]:
        """Return the rows to show since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _show(self, row: Row) -> None:
        self._rows.append(row)

    # What a person does

    def typed(self, text: str) -> None:
        """Take a line. Raises SignInError when the person gives up."""
        if self._question is None or self._is_signing_in:
            self.signing_in.typed(text)
        elif text.startswith("/") and not text.startswith("//"):
            self._question = COMMAND
            self._typed_command(text)
        elif self._question.ask is Ask.PICK:
            self._typed_pick(text.strip())
        elif self._question.ask is Ask.TEXT:
            self._typed_text(text)
        else:
            self._typed_command(text)

    def interrupted(self, typed: str = "") -> bool:
        """Take Ctrl-C: drop what was ``typed`` and go back to the commands.

        True when there is nothing to drop and nowhere to go back to: leave at once.
        """
        if self._question is None or (self._question.ask is Ask.COMMAND and not typed):
            return True
        self._show(view.note("Nothing was sent."))
        self._question = COMMAND
        return False

    def show_unacknowledged(self) -> None:
        """Say what has perhaps not arrived: nobody will send it again when we have left."""
        texts = self.session.outbox.texts
        if texts:
            self._show(view.bad(unacknowledged.sentence(texts)))
            self._rows += [view.bad(text) for text in unacknowledged.contents(texts)]

    def dropped_typed_ahead(self) -> None:
        """Say that what was typed before anything was asked is in nobody's hands."""
        self._show(view.note("What you typed before you were asked was dropped: it could have been a password."))

    def _typed_command(self, line: str) -> None:
        found = commands.find(line, menu=True)
        if found is None:
            if line.strip():
                self._show(
                    view.note(
                        f"{unacknowledged.shortened(line.strip(), 40)!r} is not a command; nothing was sent. These are:"
                    )
                )
            self._rows += view.menu()
            return
        command, rest = found
        try:
            command.run(self, rest)
        except commands.UsageError as error:
            self._show(view.bad(str(error)))

    def _typed_pick(self, text: str) -> None:
        if not text:
            self._question = COMMAND
            return
        if text.isdecimal():
            number = int(text) if len(text) < 9 else 0
            if 0 < number <= min(len(self._people), view.LISTED_MAX):
                self._ask_text_to(self._people[number - 1])
            else:
                self._show(view.bad(f"There is no number {text} in the list."))
            return
        if is_channel(text):
            self._ask_channel_text(text)
            return
        person = next((person for person in self._people if fold(person.nick) == fold(text)), None)
        if person is not None:
            self._ask_text_to(person)
            return
        try:
            # Somebody who has come since, or is beyond the end of a long list.
            self._ask_people(parse_nick(text), lambda people: self._on_picked(text, people))
        except NameNotAllowedError as error:
            self._show(view.bad(str(error)))

    def _typed_text(self, text: str) -> None:
        self._question = COMMAND
        if not text.strip():
            self._show(view.note("Nothing was sent."))
            return
        self._say(self._target, text.removeprefix("/") if text.startswith("//") else text, self._audience)

    # The commands (Actions)

    def write_to(self, target: str, text: str) -> None:
        """DM: at once where it is all there, else ask."""
        if not target:
            self._ask_people("*", self._on_list_to_pick)
        elif text:
            self._say(target, text)
        elif is_channel(target):
            self._ask_channel_text(target)
        else:
            self._ask_text(target, target)

    def write_to_all(self, text: str) -> None:
        """BM: say how many people that is, and ask for the text or send it."""
        lobby, signed_in = self.session.lobby, self.session.signed_in
        if not lobby:
            self._show(view.bad("This server has no channel of everyone."))
        elif signed_in and fold(lobby) not in self.session.channels:
            self._show(view.bad(f"You have left {lobby}. Type /join {lobby} first."))
        else:
            ask_text = None if text else partial(self._ask_text, lobby, "everyone")
            if signed_in:
                self._ask_people(lobby, lambda people: self._on_everyone(text, people), ask_text)
            elif ask_text is not None:
                ask_text()
            if text:
                self._say(lobby, text)

    def list_people(self, channel: str) -> None:
        """WHO: everyone, or the members of a channel."""
        where = channel or "*"
        self._ask_people(where, lambda people: self._rows.extend(view.who(People(where, tuple(people)))))

    def show_history(self, conversation: str, messages: int) -> None:
        """Show the latest messages of a conversation, the lobby where none is named."""
        conversation = conversation or self.session.lobby
        if not self.session.signed_in:
            self._not_connected()
        elif not conversation:
            self._show(view.bad("Of what? Type /history NAME or /history #CHANNEL."))
        else:
            self._browsing.start(conversation, messages)

    def show_older(self) -> None:
        """Go on backwards from what /history showed."""
        if not self.session.signed_in:
            self._not_connected()
        elif not self._browsing.go_on():
            self._show(view.bad("Type /history first."))

    def join(self, channel: str) -> None:
        """Become a member of a channel."""
        if self.session.signed_in:
            self.session.join(channel)
        else:
            self._not_connected()

    def leave(self, channel: str) -> None:
        """Stop being a member of a channel."""
        if self.session.signed_in:
            self.session.leave(channel)
        else:
            self._not_connected()

    def help(self) -> None:
        """Show all commands."""
        self._rows += view.help_table()

    def exit(self) -> None:
        """EX: leave."""
        self.leaving = True
        self._question = NOTHING
        if len(self.session.outbox):
            self._show(view.note("Waiting until what you wrote has arrived (Ctrl-C leaves at once)."))

    # Steps of these

    def _not_connected(self) -> None:
        text = "There is no connection just now. BM and /dm NAME are sent as soon as there is one."
        self._show(view.bad(text))

    def _say(self, target: str, text: str, audience: int | None = None) -> None:
        try:
            self.session.say(target, text)
        except ChatError as error:
            self._show(view.bad(str(error)))
            return
        if audience is not None:
            self._audiences[text] = audience
        if not is_channel(target):
            self._partners.add(fold(target))
        if not self.session.signed_in:
            self._show(view.note("There is no connection just now; it is sent as soon as there is one."))

    def _ask_people(self, where: str, on_people: OnPeople, otherwise: Callable[[], None] | None = None) -> None:
        """Ask who is there; ``otherwise`` is done where the answer does not come, as the connection is lost."""
        if not self.session.signed_in:
            self._question = COMMAND
            self._not_connected()
            return
        self._question = NOTHING
        self._asked_people.append((on_people, otherwise))
        self.session.ask_people(where)

    def _on_list_to_pick(self, people: Sequence[Person]) -> None:
        self._people = view.sort_people(person for person in people if not person.me)
        if not self._people:
            self._show(view.note("Nobody else has an account here yet."))
            return
        self._rows += view.numbered(self._people)
        self._question = PICK

    def _on_picked(self, name: str, people: Sequence[Person]) -> None:
        person = next((person for person in people if fold(person.nick) == fold(name)), None)
        if person is None:
            self._show(view.bad(f"Nobody is called {name}; nothing was sent."))
            self._question = PICK
        else:
            self._ask_text_to(person)

    def _ask_text_to(self, person: Person) -> None:
        away = "" if person.here or person.me else " (away)"
        self._ask_text(person.nick, f"{person.nick}{away}")

    def _ask_text(self, target: str, to: str, audience: int | None = None) -> None:
        self._target, self._audience = target, audience
        self._question = Question(Ask.TEXT, f"Text to {to}: ")

    def _ask_channel_text(self, channel: str) -> None:
        if fold(channel) in self.session.channels or not self.session.signed_in:
            self._ask_text(channel, channel)
        else:
            self._show(view.bad(f"You are not in {channel}. Type /join {channel} first."))
            self._question = COMMAND

    def _on_everyone(self, text: str, people: Sequence[Person]) -> None:
        others = [person for person in people if not person.me]
        here = sum(person.here for person in others)
        lobby = self.session.lobby
        self._show(view.note(f"To everyone in {lobby}: {view.count(len(others))}, {here} of them here now."))
        if text:
            self._audiences[text] = len(others)
        else:
            self._ask_text(lobby, "everyone", len(others))

    # What happens

    def heard(self, events: Sequence[Event]) -> None:
        """Take what the session tells."""
        for event in events:
            handler = self._HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
            self._rows += view.told(event)

    def _on_sign_in_needed(self, event: SignInNeeded) -> None:
        self._question = None
        self.signing_in.needed(event)

    def _on_signed_in(self, event: SignedIn) -> None:
        self._offline = False
        if event.again:
            self._show(view.good("Connected again."))
            self._question = self._question or COMMAND
            return
        place = f" at {event.network}" if event.network else ""
        channels = f", in {', '.join(event.channels)}" if event.channels else ""
        self._show(view.good(f"You are {event.nick}{place}{channels}."))
        self._rows += view.menu()
        self._question = COMMAND

    def _on_offline(self, event: Offline) -> None:
        if not self._offline:  # once is enough
            self._show(view.bad(f"{event.reason} Trying again until there is a connection."))
        self._offline = True
        _, otherwise = self._asked_people[-1] if self._asked_people else (None, None)
        self._asked_people.clear()
        if self._question is not None and self._question.ask in (Ask.NOTHING, Ask.PICK) and not self.leaving:
            self._question = COMMAND
            if otherwise is not None:
                otherwise()

    def _on_said(self, event: Said) -> None:
        if not event.own and not is_channel(event.conversation):
            self._partners.add(fold(event.conversation))
        if not event.ours:  # what was typed here stands here already; its receipt follows
            self._show(view.said(event, self._stamp))

    def _on_sent(self, event: Sent | NotSent) -> None:
        everyone = fold(event.target) == fold(self.session.lobby)
        audience = self._audiences.pop(event.text, None) if everyone else None
        if isinstance(event, Sent):
            self._show(view.sent(event, audience))

    def _on_people(self, event: People) -> None:
        if self._asked_people:
            self._question = self._question if self.leaving else COMMAND
            on_people, _ = self._asked_people.popleft()
            on_people(event.people)

    def _on_not_done(self, event: NotDone) -> None:
        if event.people and self._asked_people:
            self._asked_people.popleft()
            self._question = COMMAND
        self._show(view.bad(f"{event.what}: {event.text}"))

    def _on_history(self, event: History) -> None:
        self._rows += self._browsing.rows(event)

    def _on_presence(self, event: Presence) -> None:
        # Of all people it would be noise; of those one writes with it is worth a line.
        if fold(event.nick) in self._partners:
            self._show(view.note(f"{event.nick} is {'here' if event.here else 'away'}."))

    _HANDLERS: dict[type, Callable[..., None]] = {  # noqa: RUF012
        History: _on_history,
        NotDone: _on_not_done,
        NotSent: _on_sent,
        Offline: _on_offline,
        People: _on_people,
        Presence: _on_presence,
        Said: _on_said,
        Sent: _on_sent,
        SignInNeeded: _on_sign_in_needed,
        SignedIn: _on_signed_in,
    }
