"""Pure: the commands of the full-screen client (``fronts/actions.py``, ``fronts/viewing.py``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.client.core import requests
from chatapp.client.core.capabilities import ACCOUNT_LOOKUP, CHATHISTORY, MESSAGE_TAGS, REDACTION, SEARCH
from chatapp.client.core.events import NotDone, Person
from chatapp.client.core.recent import Which
from chatapp.client.core.requests import Request
from chatapp.client.core.unacknowledged import Text
from chatapp.client.fronts import commands
from chatapp.client.fronts.full.being_away import be_away
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.choosing import Choosing
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.entering import Entering
from chatapp.client.fronts.full.last_message import ask_to_delete, last_message
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.status import summary
from chatapp.client.fronts.person.asking import Asking
from chatapp.client.fronts.person.roster import sort_people
from chatapp.errors import ChatError, NameNotAllowedError
from chatapp.protocol.names import fold, is_channel, parse_channel, parse_partner

NAMES_SHOWN_MAX = 200
PAGE_MESSAGES = 100  # messages that are fetched at once
MEMBERS_ASKED_MAX = 1_000  # members of a channel whose presence is asked for
NO_CONNECTION = "There is no connection just now. Try again when there is."


class FullActions:
    """Runs the commands of a person. ``Deeds`` sets the functions that show something."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.session = state.session
        self.asking = Asking(state.session)
        self.choosing = Choosing(state)
        self.show: Callable[[Buffer], None] = lambda buffer: None
        self.open_finder: Callable[[str], None] = lambda typed: None
        self.open_help: Callable[[str], None] = lambda about: None
        self.go_back: Callable[[], None] = lambda: None
        self.search_here: Callable[[str], None] = lambda text: None
        self.open_last: Callable[[], None] = lambda: None
        self.read_back: Callable[[int], None] = lambda messages: None
        self.entering = Entering(state, self.asking, lambda buffer: self.show(buffer))

    def know(self, buffer: Buffer) -> None:
        """Remember who has the name of a conversation now: what is typed there is for this person alone."""
        acquaintances = self.session.outbox.acquaintances
        if buffer.name and not acquaintances.is_gone(buffer.name):
            acquaintances.meet(buffer.name)

    def lost(self) -> None:
        """Note that the connection is lost."""
        self.asking.lost()
        self.entering.lost()

    def not_done(self, event: NotDone) -> None:
        """Note that the server has refused a request."""
        if event.people:
            self.asking.refused()
        self.entering.not_done(event)

    def _connected(self) -> None:
        if not self.session.signed_in:
            raise commands.UsageError(NO_CONNECTION)

    def _here(self) -> str:
        name = self.state.buffer.name
        if not name:
            raise commands.UsageError("In which conversation? Go to it first, with Ctrl-K.")
        return name

    # Writing

    def say(self, target: str, text: str, *, action: bool = False, reply_to: str = "") -> None:
        """Send a text; show what is wrong with it."""
        try:
            self.session.say(target, text, action=action, reply_to=reply_to)
        except ChatError as error:
            self.state.note(str(error), bad=True)
        else:
            if not self.session.signed_in and fold(target) != self.state.buffer.key:
                self.state.note(f"Your text to {target} waits for a connection.")
        self.state.typed()

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel; without a text, show the conversation."""
        if not target:
            self.open_finder("")
            return
        name = parse_channel(target) if is_channel(target) else target
        if text:
            self.session.outbox.acquaintances.meet(name)
            self.say(name, text)
            return
        if is_channel(name) and fold(name) not in self.session.channels:
            raise commands.UsageError(f"You are not in {name}. Type /join {name}")
        try:
            buffer = self.state.buffers.get(name if is_channel(name) else parse_partner(name))
        except NameNotAllowedError as error:
            raise commands.UsageError(str(error)) from None
        self.session.outbox.acquaintances.meet(buffer.name)
        self.show(buffer)
        self._ask_for(buffer)

    def _ask_for(self, buffer: Buffer) -> None:
        """Say so if the server knows nobody of the name of a conversation that has just begun."""

        def on_people(people: Sequence[Person]) -> None:
            if not people and not any(each.own for each in buffer.entries):
                self.state.note(f"Nobody is called {buffer.name} here. /close takes the name off the list.", bad=True,
                                where=buffer)  # fmt: skip

        if self.session.signed_in and not buffer.is_channel and not len(buffer.entries):
            self.asking.people(buffer.name, on_people, waits=False)

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby; without a text, show the lobby."""
        lobby = self.session.lobby
        if not lobby:
            raise commands.UsageError("This server has no channel of everyone.")
        if text:
            self.say(lobby, text)
        else:
            self.show(self.state.buffers.get(lobby))
            self.state.note("What you type here goes to everyone.")

    def act(self, text: str) -> None:
        """Send a text that says what the person does."""
        self.say(self._here(), text, action=True)

    def reply(self, which: Which, text: str) -> None:
        """Send a text that answers one of the last messages."""
        here = self._here()
        self.say(here, text, reply_to=last_message(self.state, which, MESSAGE_TAGS).msgid)

    def ask_about(self, which: Which, request: Callable[[str, str], Request]) -> None:
        """Send a request about one of the last messages."""
        here = self._here()
        msgid = last_message(self.state, which, request(here, "").needs).msgid
        self._connected()
        self.session.ask(request(here, msgid))

    def delete(self, which: Which, reason: str) -> None:
        """Ask whether to delete one of the last messages."""
        here = self._here()
        found = last_message(self.state, which, REDACTION)
        self._connected()
        ask_to_delete(self.state, self.ask, here, found.msgid, found.text, reason)

    # Asking

    def ask(self, request: Request) -> None:
        """Send a request that is not about a channel."""
        self._connected()
        if request.message.verb == "SILENCE" and self.session.ignored.is_needed:
            self.choosing.ignore(request.message.param(0))
        else:
            self.session.ask(request)

    def ask_in(self, channel: str, *wanted: Callable[[str], Request]) -> None:
        """Send requests about a channel, by default the present one."""
        channel = channel or self.state.buffer.name
        if not is_channel(channel):
            raise commands.UsageError("In which channel? Type its name after the command, or go to it with Ctrl-K.")
        self._connected()
        for request in wanted:
            self.session.ask(request(channel))

    def list_people(self, channel: str) -> None:
        """Show who is here and who is away."""
        self._connected()
        where = f" in {channel}" if channel else ""

        def on_people(people: Sequence[Person]) -> None:
            ordered = sort_people(people)
            here = [_person(person) for person in ordered if person.here]
            away = [_person(person) for person in ordered if not person.here]
            self.state.note(f"Here{where}: {_names(here)}")
            if away:
                self.state.note(f"Away: {_names(away)}")

        self.asking.people(channel or "*", on_people, waits=False)

    def ask_presence(self, buffer: Buffer) -> None:
        """Ask which members of a channel are away, once on each connection."""
        if buffer.asked_people or not self.session.signed_in or not buffer.name:
            return
        buffer.asked_people = True
        if len(self.session.conversations.nicks(buffer.name)) <= MEMBERS_ASKED_MAX:
            self.asking.people(buffer.name, lambda people: None, waits=False)

    @property
    def has_history(self) -> bool:
        """Tell whether the server has a history, and there is a connection."""
        return self.session.signed_in and CHATHISTORY in self.session.account.enabled

    def fetch(self, buffer: Buffer, messages: int = PAGE_MESSAGES) -> None:
        """Ask for the messages before the oldest message of a conversation."""
        if buffer.fetching or buffer.is_whole or not buffer.name or not self.has_history:
            return
        buffer.fetching = True
        said = buffer.entries.first_said
        times = [*([buffer.oldest] if buffer.oldest else []), *([said.time] if said is not None else [])]
        self.session.ask_history(buffer.name, messages, min(times, default=None), acts=buffer.is_channel)

    def show_history(self, conversation: str, messages: int) -> None:
        """Show a conversation, and fetch older messages of it."""
        self._connected()
        if conversation:
            self.write_to(conversation, "")
        if not self.has_history:
            raise commands.UsageError("This server keeps no messages.")
        self.fetch(self.state.buffer, messages)
        self.read_back(messages)

    def search(self, text: str) -> None:
        """Search on the server; without its help, in the messages that are here."""
        if self.session.signed_in and SEARCH in self.session.account.enabled:
            self.session.ask_search(text, PAGE_MESSAGES)
        else:
            self.search_here(text)

    def show_older(self) -> None:
        """Show the messages before those on the screen."""
        self.go_back()

    # Going in and out

    def join(self, channel: str, key: str) -> None:
        """Become a member of a channel, and show it."""
        try:
            channel = parse_channel(channel)
        except NameNotAllowedError as error:
            raise commands.UsageError(f"{error} Type /join #CHANNEL.") from None
        if fold(channel) in self.session.channels:
            self.show(self.state.buffers.get(channel))
            return
        self._connected()
        self.entering.enter(channel, key)

    def leave(self, channel: str, reason: str = "") -> None:
        """Stop being a member of a channel, by default the present one."""
        channel = channel or self.state.buffer.name
        if not is_channel(channel):
            raise commands.UsageError("Which channel? Type /leave #CHANNEL. /close takes a person off the list.")
        self._connected()
        self.session.leave(channel, reason)

    def menu(self) -> None:
        """Go to the lobby."""
        self.show(self.state.buffers.find(self.session.lobby) or self.state.buffers.home)

    def close(self) -> None:
        """Take the conversation with a person off the screen."""
        if self.state.buffer.is_channel:
            raise commands.UsageError(f"To stop being a member, type /leave {self.state.buffer.name}")
        self.state.buffers.drop(self.state.buffer)
        self.show(self.state.buffer)

    def exit(self, text: str = "") -> None:
        """Leave, when everything has arrived; ``text`` is the farewell."""
        self.session.farewell = text or self.session.farewell
        self.state.do(Do.LEAVE)

    # The account

    def change_password(self) -> None:
        """Ask for the old and the new password."""
        self._connected()
        self.state.changing.start()

    def stay_signed_in(self) -> None:
        """Make a token for this device, and keep it."""
        self._connected()
        self.state.staying.stay()

    def sign_out_device(self) -> None:
        """Revoke the token of this device, and forget it."""
        self.state.staying.forget()

    def help(self, about: str) -> None:
        """Show the help."""
        self.open_help(about)

    # What only this client has

    def show_names(self, channel: str) -> None:
        """Show the members of a channel, by default the present one."""
        self.list_people(channel or self._here())

    def say_here(self, text: str) -> None:
        """Send a text to the present conversation."""
        self.say(self._here(), text)

    def go_to(self, which: str) -> None:
        """Show the conversation with a number in the list, or with a name."""
        listed = self.state.buffers.listed
        if not which.isdecimal():
            self.write_to(which, "")
        elif 0 < int(which[:9]) <= len(listed):
            self.show(listed[int(which) - 1])
        else:
            raise commands.UsageError(f"There are {len(listed)} conversations.")

    def clear(self) -> None:
        """Take the messages of the present conversation off the screen; PgUp fetches them again."""
        buffer = self.state.buffer
        buffer.entries.drop_oldest(len(buffer.entries))
        buffer.entries.forgotten_until = self.state.now_ms  # a note stands where the message before it stands
        buffer.to_bottom()
        buffer.oldest, buffer.is_whole, buffer.picked = 0, False, None

    def cycle(self) -> None:
        """Leave the present channel, and enter it again."""
        channel = self._here()
        self.leave("")
        self.entering.enter(channel)

    def set_away(self, text: str) -> None:
        """Be away, or here again; a server forgets it with the connection, so it is said again on the next."""
        self.ask(be_away(self.state, text))

    def set_nick(self, name: str) -> None:
        """Have another name; where the server has accounts of ours, the name is that of the account."""
        self._connected()
        if ACCOUNT_LOOKUP in self.session.account.enabled:
            me = self.session.nick
            raise commands.UsageError(
                f"On this server your name is that of your account, {me}: it stays yours, and cannot be changed. For"
                " another name, end chat, and start it with that name."
            )
        self.state.wanted_nick = fold(name)
        self.session.ask(requests.nick(name))

    def show_status(self) -> None:
        """Show the state of everything in sentences."""
        for words in summary(self.state):
            self.state.note(words)

    def quiet(self) -> None:
        """Show no notices of the present conversation, or show them again."""
        self.choosing.be_quiet()

    def pin(self) -> None:
        """Pin the present conversation to the top of the list, or end that."""
        self.choosing.pin()

    def set(self, name: str, value: str) -> None:
        """Change a setting, or show it."""
        self.choosing.set(name, value)

    def open_link(self) -> None:
        """Open the last link of the conversation."""
        self.open_last()

    def reconnect(self) -> None:
        """Connect again, now."""
        self.state.do(Do.RECONNECT)

    def resend(self, *, drop: bool) -> None:
        """Send the texts of this conversation that wait, or drop them."""
        waiting = self.state.waiting(self.state.buffer)
        if not waiting:
            raise commands.UsageError("Nothing of yours waits here.")
        for text in waiting:
            self.settle(text, drop=drop)

    def settle(self, text: Text, *, drop: bool) -> None:
        """Send a text that waits, or drop it."""
        if drop:
            self.session.outbox.drop(text)
            self.state.hint = "Dropped."
        else:
            self.session.outbox.release(text)
            self.state.retried(text)
            if not self.session.signed_in:
                self.state.do(Do.RECONNECT)


def _person(person: Person) -> str:
    return person.nick + (f" ({person.role})" if person.role else "") + (" (you)" if person.me else "")


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join([*names[:NAMES_SHOWN_MAX], *([f"and {more} more"] if more > 0 else [])]) or "nobody"
