"""Pure: the commands of the line client, one method for each (``fronts/actions.py``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.client.core.announced import without_role
from chatapp.client.core.capabilities import MESSAGE_TAGS
from chatapp.client.core.events import PasswordChanged, PasswordNotChanged, People, Person
from chatapp.client.core.recent import Which
from chatapp.client.core.requests import Request, delete
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.menu.browsing import Browsing
from chatapp.client.fronts.menu.removed import Removed
from chatapp.client.fronts.menu.talk import MENU, Talk
from chatapp.client.fronts.menu.view import Stamp
from chatapp.client.fronts.person.asking import Asking, OnPeople
from chatapp.client.fronts.person.changing import Changing
from chatapp.client.fronts.person.questions import NOTHING, Ask, Question
from chatapp.client.fronts.person.roster import Roster, sort_people
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.person.staying import Staying
from chatapp.errors import NameNotAllowedError
from chatapp.protocol.names import fold, is_channel, parse_channel, parse_nick

LIST_ROWS_MIN = 5
ROWS_BESIDE_LIST = 4  # the command, the row "and N more", the question and its wrap


class MenuActions:
    """Runs the commands of a person; ``show`` takes rows, ``height`` returns how many rows the terminal has."""

    def __init__(
        self,
        session: Session,
        show: Callable[[Row], None],
        stamp: Stamp,
        height: Callable[[], int],
        staying: Staying,
    ) -> None:
        self.leaving = False
        self.roster = Roster()
        self.removed = Removed()
        self.asking = Asking(session)
        self.talk = Talk(session, show, self.roster.wrote_to)
        self.browsing = Browsing(session, stamp)
        self.changing = Changing(session, show)
        self._staying = staying
        self._session = session
        self._show = show
        self._height = height
        self._listed: list[Person] = []
        self._offered = ""  # the nick that Enter alone picks

    def _show_all(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._show(row)

    @property
    def _rows_max(self) -> int:
        """How many rows of a list fit on the screen, with the rows around the list."""
        return max(LIST_ROWS_MIN, min(view.LISTED_MAX, self._height() - ROWS_BESIDE_LIST))

    # Events

    def signed_in(self, channels: Sequence[str]) -> None:
        """Note that the session is signed in, and is a member of these channels."""
        self.roster.complete = False
        self._staying.signed_in()
        for channel in channels:
            self.removed.joined(channel)

    def lost(self) -> None:
        """Note that the connection is lost: no open request will get an answer."""
        self.asking.lost()
        self.changing.lost()
        self._staying.failed()

    def password_answered(self, event: PasswordChanged | PasswordNotChanged) -> None:
        """Take the answer to /passwd."""
        self.changing.answered(event)
        if isinstance(event, PasswordChanged):
            self._staying.password_changed()

    # The commands

    def write_to(self, target: str, text: str) -> None:
        """DM: send a text; without a text begin the conversation; without a target ask for it.

        A target may also be a number of the last list that DM showed, as no name begins with a digit. Raises UsageError
        for a number that is not in the list.
        """
        if target.isdecimal():
            person = self._numbered(target)
            if person is None:
                raise commands.UsageError(f"There is no number {target} in a list. Type DM alone to see one.")
            target = person.nick
        if not target:
            self._ask_people("*", self._on_list_to_pick)
        elif text:
            self._session.outbox.acquaintances.meet(target)
            self.talk.say(target, text)
        elif is_channel(target):
            self._enter_channel(target)
        elif is_channel(without_role(target)):
            raise commands.UsageError(f"Type the text too: /dm {target} TEXT goes to the members with that role.")
        else:
            self._enter_named(target)

    def write_to_all(self, text: str) -> None:
        """BM: say how many people the lobby has, and send the text or begin the conversation."""
        lobby, signed_in = self._session.lobby, self._session.signed_in
        if not lobby:
            self._show(view.bad("This server has no channel of everyone."))
        elif signed_in and fold(lobby) not in self._session.channels:
            self._show(view.bad(self._not_in(lobby)))
        else:
            self._ask_audience(lobby, enter=not text)
            if text:
                self.talk.say(lobby, text)

    def list_people(self, channel: str) -> None:
        """WHO: list everyone, or the members of a channel."""
        where = channel or "*"
        self._ask_people(where, lambda people: self._show_all(view.who(People(where, tuple(people)), self._rows_max)))

    def show_history(self, conversation: str, messages: int) -> None:
        """Show the latest messages of a conversation; without a name, the present one, or at the menu the lobby."""
        conversation = conversation or self.talk.place.target or self._session.lobby
        if not self._is_connected():
            return
        if conversation:
            self.browsing.start(conversation, messages)
        else:
            self._show(view.bad("Of what? Type /history NAME or /history #CHANNEL."))

    def search(self, text: str) -> None:
        """Show the latest messages that match a text."""
        if self._is_connected():
            self.browsing.search(text)

    def show_older(self) -> None:
        """Show the messages before those that /history, /search or /older showed last."""
        if self._is_connected() and not self.browsing.go_on():
            self._show(view.bad("Type /history or /search first."))

    def act(self, text: str) -> None:
        """Send a text that says what the person does, to the present conversation."""
        if not self.talk.place.target:
            raise commands.UsageError("To whom? Begin a conversation first, with DM, BM or /join #CHANNEL.")
        self.talk.say(self.talk.place.target, text, action=True)

    def reply(self, which: Which, text: str) -> None:
        """Send a text that answers one of the last messages of the present conversation."""
        target = self._present()
        self.talk.say(target, text, reply_to=commands.message_of(self._session, target, which, MESSAGE_TAGS).msgid)

    def ask_about(self, which: Which, request: Callable[[str, str], Request]) -> None:
        """Send a request about one of the last messages of the present conversation."""
        target = self._present()
        msgid = commands.message_of(self._session, target, which, request(target, "").needs).msgid
        if self._is_connected():
            self._session.ask(request(target, msgid))

    def delete(self, which: Which, reason: str) -> None:
        """Delete one of the last messages."""
        self.ask_about(which, lambda where, msgid: delete(where, msgid, reason))

    def _present(self) -> str:
        if not self.talk.place.target:
            raise commands.UsageError("In which conversation? Begin it first, with DM, BM or /join #CHANNEL.")
        return self.talk.place.target

    def ask(self, request: Request) -> None:
        """Send a request that is not about a channel."""
        if self._is_connected():
            self._session.ask(request)

    def ask_in(self, channel: str, *requests: Callable[[str], Request]) -> None:
        """Send requests about a channel, by default the channel of the present conversation."""
        channel = channel or self.talk.place.target
        if not is_channel(channel):
            raise commands.UsageError("In which channel? Type its name after the command, or /join it first.")
        if self._is_connected():
            for request in requests:
                self._session.ask(request(channel))

    def join(self, channel: str, key: str) -> None:
        """Become a member of a channel, and begin the conversation there."""
        try:
            channel = parse_channel(channel)
        except NameNotAllowedError as error:
            raise commands.UsageError(f"{error} Type /join #CHANNEL.") from None
        if fold(channel) in self._session.channels:
            self._ask_audience(channel, enter=True)
        elif self._is_connected():
            self._session.join(channel, key)
            self._ask_audience(channel, enter=True)

    def leave(self, channel: str, reason: str = "") -> None:
        """Stop being a member of a channel, by default that of the present conversation."""
        channel = channel or self.talk.place.target
        if not is_channel(channel):
            raise commands.UsageError("Which channel? Type /leave #CHANNEL")
        if self._is_connected():
            if fold(channel) == fold(self.talk.place.target):
                self.talk.to_menu()
            self._session.leave(channel, reason)

    def menu(self) -> None:
        """End the conversation."""
        self.talk.to_menu()
        self._show_all(view.menu())

    def change_password(self) -> None:
        """Ask for the old and the new password of the account."""
        if self._is_connected():
            self.changing.start()

    def stay_signed_in(self) -> None:
        """Make a token for this device, and keep it."""
        if self._is_connected():
            self._staying.stay()

    def sign_out_device(self) -> None:
        """Revoke the token of this device, and forget it."""
        self._staying.forget()

    def help(self, about: str) -> None:
        """Show all commands, or what one does."""
        self._show_all(view.help_on(commands.help_on(about)) if about else view.help_table())

    def exit(self) -> None:
        """Begin to leave; say so if unacknowledged lines make it wait."""
        self.leaving = True
        if len(self._session.outbox):
            self._show(view.note("Waiting until what you wrote has arrived (Ctrl-C leaves at once)."))

    # Questions and typed lines

    @property
    def question(self) -> Question:
        """The question that is open now; NOTHING while the server has to answer first."""
        if self.leaving or self.asking.waits or self.changing.waits or self._staying.waits:
            return NOTHING
        return self.changing.question or self.talk.question

    def drop_question(self) -> bool:
        """Drop the open question of /passwd, of DM or about many lines; stay at the place. False if there is none."""
        asked = self.changing.question or self.talk.asked
        self.changing.drop()
        self.talk.drop_question()
        return asked is not None

    def typed_word(self, command: commands.Command) -> None:
        """Run a word of the menu, at any question. EX goes back to the menu; at the menu it leaves."""
        at_menu = self.question == MENU.question
        self.drop_question()
        if command is commands.MENU["EX"] and not at_menu:
            self.talk.to_menu()
        else:
            command.run(self, "")

    def typed_talk(self, line: str) -> None:
        """Take a line in a conversation: send a text; an empty line ends the conversation."""
        if not line.strip():
            self.talk.to_menu()
            return
        self.talk.say(self.talk.place.target, commands.unescaped(line))

    def typed_pick(self, line: str) -> None:
        """Take the answer to "To whom": a number, a name, or an empty line."""
        text = line.strip()
        if not text and self._offered:
            self._enter_named(self._offered)
        elif not text:
            self.talk.drop_question()
        elif text.isdecimal():
            person = self._numbered(text)
            if person is None:
                self._show(view.bad(f"There is no number {text} in the list."))
            else:
                self._enter_person(person)
        elif is_channel(text):
            self._enter_channel(text)
        else:
            self._enter_named(text)

    # Steps of the commands

    def _numbered(self, text: str) -> Person | None:
        """Return the person with this number in the last list that DM showed; None if there is nobody."""
        number = int(text) if len(text) < 9 else 0
        return self._listed[number - 1] if 0 < number <= len(self._listed) else None

    def _is_connected(self) -> bool:
        if not self._session.signed_in:
            self._show(view.bad("There is no connection just now. BM and /dm NAME are sent as soon as there is one."))
        return self._session.signed_in

    def _ask_people(self, where: str, on_people: OnPeople) -> None:
        if self._is_connected():
            self.asking.people(where, on_people)

    def ask_names(self) -> bool:
        """Ask the server for all names, once on each connection; False if it did not ask (again)."""
        if self.roster.complete or not self._session.signed_in:
            return False
        self.roster.complete = True
        self.asking.people("*", self._saw, waits=False)
        return True

    def _saw(self, people: Sequence[Person]) -> None:
        self.roster.saw(*(person.nick for person in people if not person.me))

    def _enter(self, target: str, about: str = "") -> None:
        """Begin a conversation; ``about`` is a text that is shown after the recipient's name."""
        self.talk.enter(target)
        to = view.recipient(target, self._session.lobby)
        self._show(view.note(f"To {to}{about}. Enter goes back to the menu."))

    def _enter_channel(self, channel: str) -> None:
        if fold(channel) in self._session.channels or not self._session.signed_in:
            self._ask_audience(channel, enter=True)
        else:
            self._show(view.bad(self._not_in(channel)))

    def _not_in(self, channel: str) -> str:
        return self.removed.words(channel) or f"You are not in {channel}. Type /join {channel} first."

    def _ask_audience(self, channel: str, *, enter: bool) -> None:
        """Ask for the members of a channel and say how many they are; with ``enter``, begin the conversation there."""

        def on_people(people: Sequence[Person]) -> None:
            about = view.audience(people)
            if not enter:
                self._show(view.note(f"To {view.recipient(channel, self._session.lobby)}{about}."))
            elif fold(channel) in self._session.channels:
                self._enter(self._session.channels[fold(channel)], about)

        def otherwise() -> None:
            if enter:
                self._enter(channel)

        if self._session.signed_in:
            self.asking.people(channel, on_people, otherwise, waits=enter)
        else:
            otherwise()

    def _enter_named(self, name: str) -> None:
        """Begin a conversation with a person if the server knows the name; without a connection, do not check it."""
        try:
            name = parse_nick(name)
        except NameNotAllowedError as error:
            self._show(view.bad(str(error)))
            return
        if self._session.signed_in:
            self.asking.people(name, lambda people: self._on_named(name, people), lambda: self._enter(name))
        else:
            self._enter(name)

    def _on_named(self, name: str, people: Sequence[Person]) -> None:
        person = next((person for person in people if fold(person.nick) == fold(name)), None)
        if person is None:
            self._show(view.bad(f"Nobody is called {name}; nothing was sent."))
        else:
            self._enter_person(person)

    def _enter_person(self, person: Person) -> None:
        away = not person.here and not person.me
        self._enter(person.nick, ", who is away and will get it" if away else "")

    def _on_list_to_pick(self, people: Sequence[Person]) -> None:
        self._saw(people)
        others = sort_people(person for person in people if not person.me)
        if not others:
            self._show(view.note("Nobody else has an account here yet."))
            return
        self._listed = others[: self._rows_max]
        self._show_all(view.numbered(self._listed, len(others) - len(self._listed)))
        last = self.roster.last_writer
        self._offered = last if any(fold(person.nick) == fold(last) for person in others) else ""
        enter = f"Enter for {self._offered}, EX goes back" if self._offered else "Enter goes back"
        self.talk.asked = Question(Ask.PICK, f"To whom (number or name, {enter}): ")
