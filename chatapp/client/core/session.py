"""The session of one account with a server: lines in, typed events and lines out; no socket, no clock.

A session outlives its connections. The owner of the socket calls :meth:`Session.opened`, :meth:`Session.received` and
:meth:`Session.closed`, and after any call writes the bytes that :meth:`Session.take` returns. Every front (terminal,
plain lines, one message, a full screen later) is built on this class and ``events.py``.

The server answers in the order of the requests. So when the PONG to a PING arrives that was sent right after the
welcome, the server has announced its settings (RPL_ISUPPORT) and our channels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from chatapp.client.core import fences, multiline, passwords, reading, requests
from chatapp.client.core.announced import Announced, without_role
from chatapp.client.core.budget import Budget
from chatapp.client.core.capabilities import ACCOUNT_LOOKUP, CHATHISTORY, EVENT_PLAYBACK, READ_MARKER, SEARCH
from chatapp.client.core.catchup import CatchUp
from chatapp.client.core.conversations import Conversations
from chatapp.client.core.events import AccountGone, Closing, Event, Joined, Left, NickChanged, Notice, SignedIn
from chatapp.client.core.ignored import Ignored
from chatapp.client.core.pages import ACTS, PAGE_LINES_MAX, Known, Pages, Wanted, following, history
from chatapp.client.core.recent import Recent
from chatapp.client.core.replies import Batches, OnReply, Questions, Reply, is_error, text_of
from chatapp.client.core.requests import Context, Request
from chatapp.client.core.signin import SignIn
from chatapp.client.core.splitting import actions, pieces, room_bytes
from chatapp.client.core.unacknowledged import ID_TAG as ID_TAG
from chatapp.client.core.unacknowledged import Outbox, Unit
from chatapp.client.core.untold import untold
from chatapp.errors import ProtocolError
from chatapp.protocol.message import Message, parse, serialize
from chatapp.protocol.names import fold

HISTORY_MESSAGES = 20

_READY = "ready"
_UNASKED = ("MARKREAD",)  # commands that no person asks for, and that have no label: their FAIL is not told


class Session:
    """The session of the account ``name`` with one server.

    ``run`` begins the ids of our messages; no other session of the account may ever use the same text.
    Without ``catch_up`` only new messages are told; with ``whole`` all unread messages, of channels too.
    ``certificate``: the connections present a client certificate, which may sign in without a password.
    """

    def __init__(
        self, name: str, run: str, *, catch_up: bool = True, whole: bool = False, certificate: bool = False
    ) -> None:
        self.nick = name
        self.signed_in = self.ever_signed_in = False
        self.farewell = "Leaving"  # the text of QUIT
        self.is_read: Callable[[str], bool] = lambda conversation: True  # whether a person has read what was told of it
        self.outbox = Outbox(run)
        self._catch_up = catch_up
        self.account = SignIn(name, certificate=certificate)  # how it signs in, and with what
        budget = Budget()
        self._announced = Announced()
        self.conversations = Conversations(lambda: self.nick, budget, lambda: self._announced)
        self.recent = Recent(budget)
        self.ignored = Ignored(lambda: self._announced)
        self._pages = Pages(self.outbox, lambda: Known(self.nick, self._now, self._announced))
        self.catching_up = CatchUp(self._ask, self._pages.read, budget, lambda: self.nick, whole=whole)
        self._fences = fences.Fences(Batches(budget), budget, lambda: self.nick)
        self._questions = Questions()
        self._source = ""
        self._now = 0  # when the last line came (ms)
        self._out: list[bytes] = []
        self._sending = self._quitting = False

    # The connection's side

    def opened(self, *, tls: bool) -> None:
        """Begin on a new connection."""
        self._fences.clear()
        self.conversations.begin()
        self._out = []
        self.account.opened(tls=tls)
        self._flush_sign_in()

    def received(self, line: bytes | None, now: int) -> list[Event]:
        """Take a line (``None``: a line that was too long) at the time ``now`` (ms); return the events to tell."""
        self._now = now
        if line is None:
            return [Notice("The server sent a line that is too long to be read.")]
        try:
            message = parse(line)
            self.outbox.acquaintances.heard(message, now)
            if self.ignored.drops(message):
                return []
            if message.verb == "PING":
                self._send(Message("PONG", message.params))
                return []
            events = self._signing_in(message) if not self.account.done else []
            reply = self._fences.take(message)
        except ProtocolError as error:
            return [Notice(f"The server sent what cannot be read. {error}")]
        if reply is not None:
            events += self._on_reply(reply)
        if any(isinstance(event, AccountGone) for event in events):
            events = [*untold(self.catching_up, self._fences.batches, self._pages.messages), *events]
        events, self._pages.late = self.recent.take(events + self._pages.late), []
        self.catching_up.take(events)
        events += self.outbox.take(events)
        self.conversations.told(events, self.catching_up.read_until)
        return events

    def closed(self) -> None:
        """Note that the connection ended; unacknowledged lines are sent again on the next connection."""
        self.account.closed()
        self.catching_up.closed()
        self.outbox.closed()
        self._questions.clear()
        self._out = []
        self.signed_in = self._sending = False

    def take(self) -> bytes:
        """Return the bytes to write now."""
        if self._sending:
            for unit in self.outbox.due(multiline.room(self.account.offers, self.account.enabled)):
                self._send_unit(unit)
        out, self._out = self._out, []
        return b"".join(out)

    @property
    def waits_for_person(self) -> bool:
        """Tell whether the sign-in waits for a person to give a password."""
        return self.account.waits_for_person

    @property
    def unsettled(self) -> int:
        """The number of unacknowledged lines plus the number of unanswered requests."""
        return len(self.outbox) + len(self._questions)

    @property
    def channels(self) -> dict[str, str]:
        """The channels that we are in: folded name -> name as the server writes it."""
        return self.conversations.channels

    @property
    def lobby(self) -> str:
        """The channel of everyone; empty if the server has none, or has not announced it yet."""
        return self._announced.lobby

    # The person's side

    def sign_in(self, password: str) -> None:
        """Sign in with this password, now or on the next connection."""
        self.account.sign_in(password)
        self._flush_sign_in()

    def sign_up(self, password: str) -> None:
        """Make the account with this password, now or on the next connection."""
        self.account.sign_up(password)
        self._flush_sign_in()

    def change_password(self, old: str, new: str) -> None:
        """Give the account another password. The answer is PasswordChanged or PasswordNotChanged.

        Raises RefusedError if the server has no command for this.
        """
        self._ask(*passwords.change(old, new, self.account))

    def say(self, target: str, text: str, *, action: bool = False, reply_to: str = "") -> int:
        """Send a text to a user, a channel or a role in it (``@#dev``); return in how many lines (0: blank, not sent).

        ``action``: the text says what we do ("waves"). ``reply_to``: the msgid that it answers, or empty.
        The session keeps the lines, and sends them again on later connections, until the server acknowledges them.
        Raises NameNotAllowedError for a wrong target, RefusedError for a text that cannot be sent whole.
        """
        self._announced.check_target(target)
        lines = (actions if action else pieces)(text, self.text_bytes_max(target))
        if lines:
            self.outbox.add(target, text, lines, reply_to)
        return len(lines)

    def ask_people(self, where: str = "*") -> None:
        """Ask who is there: ``*`` (everyone), a channel, or one nick. The answer is People or NotDone."""
        self.ask(requests.people(where))

    def ask_history(
        self, conversation: str, messages: int = HISTORY_MESSAGES, before: int | None = None, *, acts: bool = False
    ) -> None:
        """Ask for the latest messages of a conversation, ``before`` a time (ms). The answer is History or NotDone.

        With ``acts`` also for what was done in a channel; each act counts as a message.
        """
        most = (self._announced.page_messages_max or PAGE_LINES_MAX) if self._has_acts else 0
        self.ask(history(Wanted(conversation, messages, before, acts), self._pages.read, self.ask, most))

    def ask_following(self, conversation: str, messages: int, after: int) -> None:
        """Ask for the first messages of a conversation after a time (ms). The answer is History or NotDone."""
        self.ask(following(conversation, messages, after, self._pages.read, self.ask))

    def ask_search(self, text: str, messages: int, before: int | None = None) -> None:
        """Ask for the latest messages that match a text, up to a time (ms). Raises RefusedError for a long text."""
        self.ask(requests.search(text, messages, before, self._pages.messages))

    def join(self, channel: str, key: str = "") -> None:
        """Become a member of a channel, with its ``key`` if it has one. The answer is Joined or NotDone."""
        self.ask(requests.join(channel, key))

    def leave(self, channel: str, reason: str = "") -> None:
        """Stop being a member of a channel. The answer is Left or NotDone."""
        self.catching_up.left(channel)
        self.ask(requests.leave(channel, reason))

    def ask(self, request: Request) -> None:
        """Send a request of ``requests.py``. Raises RefusedError, or MalformedLineError if it cannot be one line."""
        self.outbox.acquaintances.check(request.message)
        told: set[str] = set()
        enabled = self._announced.abilities(self.account.enabled) if self.signed_in else None
        for each in requests.checked(request, self.nick, enabled):
            self._ask(each.message, partial(requests.answer, each, told, self._context))

    @property
    def _has_acts(self) -> bool:
        """Whether pages of history also have what was done in a channel."""
        return EVENT_PLAYBACK in self.account.enabled

    def _context(self) -> Context:
        return Context(self.nick, self._announced, self.conversations.prefixes)

    def mark_read(self, most: int | None = None) -> bool:
        """Send at most ``most`` read markers (None: all), for all devices of the account; True if it sent ``most``."""
        due = self.catching_up.take_due_markers(most, self.is_read) if self.signed_in else []
        for line, name, time in due:
            self._send(line)
            self.conversations.marked(name, time)
        return len(due) == most

    def ping(self) -> None:
        """Send a PING, to see whether the server still answers."""
        self._send(Message("PING", ["alive"]))

    def quit(self) -> None:
        """Send the last read markers and QUIT."""
        self._quitting = True
        self.mark_read()
        self._send(Message("QUIT", [self.farewell]))

    # Sending

    def _send(self, message: Message) -> None:
        self._out.append(serialize(message))

    def _flush_sign_in(self) -> None:
        self._out += map(serialize, self.account.out)
        self.account.out = []

    def _ask(self, message: Message, on_reply: OnReply) -> None:
        """Send a labelled request; ``on_reply`` gets the answer. Does nothing while we are not signed in."""
        if self.signed_in:
            self._out += map(serialize, self._fences.around(self._questions.label(message, on_reply)))

    def _send_unit(self, unit: Unit) -> None:
        says_since = ACCOUNT_LOOKUP in self.account.enabled
        tags = {} if self._fences.active else unit.tags(says_since=says_since)
        first, *further = multiline.messages(unit.target, unit.lines, unit.id.rpartition(".")[2], tags)
        self._ask(first, lambda reply: self._on_unit_reply(unit, reply))
        self._out += map(serialize, further)

    def text_bytes_max(self, target: str) -> int:
        """Return how many bytes one line of a text to a target may have."""
        return room_bytes(self._source, self.nick, target)

    # What the server says

    def _signing_in(self, message: Message) -> list[Event]:
        events = self.account.take(message)
        self._flush_sign_in()
        if self.account.done:
            self._announced = Announced()  # not earlier: until now, text that is typed still goes to the old lobby
            self.nick = message.param(0) or self.nick
            self._fences.active = self.account.is_plain
            self._send(Message("PING", [_READY]))
        return events

    def _on_ready(self) -> list[Event]:
        """Begin to catch up and to send: the server has told its settings and our channels."""
        self.signed_in = True
        again, self.ever_signed_in = self.ever_signed_in, True
        self.outbox.acquaintances.opened()
        lost = self.conversations.settle()
        left = [Left(channel, self.nick, me=True, reason="") for channel in lost if not self._fences.active]
        for channel in lost if self._fences.active else ():  # this server forgets who was where
            self.join(channel)
        channels = tuple(self.channels.values())
        signed_in = SignedIn(self.nick, self._announced.network, self.lobby, channels, again)
        # After a reconnect the history may have the echo of a line of ours, so we read it before we send lines again.
        catches_up = self._catch_up and CHATHISTORY in self.account.enabled
        self._sending = not (catches_up and again)
        if not catches_up:
            return [signed_in, *left, *self.catching_up.skip()]
        has_markers = READ_MARKER in self.account.enabled
        page_max = self._announced.page_messages_max
        self.catching_up.start(channels, page_max, has_markers=has_markers, has_acts=self._has_acts)
        return [signed_in, *left]

    def _on_reply(self, reply: Reply) -> list[Event]:
        """Take a single line, or a complete batch."""
        on_reply = self._questions.take(reply)
        events: list[Event] = []
        if reply.kind == "chathistory" and on_reply is None:
            for said in self._pages.messages(reply):
                events += self.catching_up.heard(said)
        elif reply.kind not in ("chathistory", SEARCH):  # the messages in these are of the past
            for message in reply.messages:
                self.conversations.take(message, self._now)
                handler, news = self._HANDLERS.get(message.verb), reading.news(message, self.nick, self._announced)
                if handler is not None:
                    events += handler(self, message, reply)
                elif news is not None:
                    events += news
                    if message.verb in ACTS and self.signed_in:
                        self.catching_up.happened(message.param(0), reading.time(message, self._now))
                elif is_error(message) and on_reply is None and self.account.done and message.param(0) not in _UNASKED:
                    events.append(Notice(text_of(message)))
        if on_reply is not None:
            events += on_reply(reply)
            self._sending = self._sending or (self.signed_in and not self.catching_up.active)
        return events

    def _on_unit_reply(self, unit: Unit, reply: Reply) -> list[Event]:
        """Take the answer to a message of ours; an echo among the answer is noted already (``_on_message``)."""
        if reply.error is None and self._fences.active:
            echo = fences.echo(unit, self._source or f"{self.nick}!{self.nick}@", ID_TAG)
            return self._on_message(echo, reply)
        member = fold(without_role(unit.target)) in self.channels
        return self.outbox.answered(unit.id, reply.error, member=member)

    # The handlers of verbs, whether somebody asked for the line or not: (message, the reply it is part of) -> events

    def _on_message(self, message: Message, reply: Reply) -> list[Event]:
        if not reading.is_said(message):
            return self.account.notice(reading.of_server(message))
        said = self._pages.said(message)
        events = self.catching_up.heard(said)
        if said.own:
            self._source = message.source or ""
        if said.ours:
            text = self.outbox.echoed(message.tags[ID_TAG], away=reading.away(reply.messages))
            events += [text.result] if text is not None else []
        return events

    def _on_join(self, message: Message, reply: Reply) -> list[Event]:
        channel, me = message.param(0), fold(message.nick) == fold(self.nick)
        if me and reading.is_name(channel):
            self.catching_up.know(channel)
            self._source = message.source or ""
            if self.signed_in:
                self.catching_up.joined(channel, reading.time(message, self._now))
        return [Joined(channel, message.nick, me)] if self.signed_in else []

    def _on_nick(self, message: Message, reply: Reply) -> list[Event]:
        if me := fold(message.nick) == fold(self.nick):
            self.nick, self._source = message.param(0), ""
        return [NickChanged(message.nick, message.param(0), me, self.conversations.where)] if self.signed_in else []

    def _on_quit(self, message: Message, reply: Reply) -> list[Event]:
        # A QUIT of before the first sign-in, or of before we knew the nick, is not about whoever has the nick now.
        is_new = self.outbox.acquaintances.since(message.nick) <= reading.time(message, self._now)
        return reading.quits(message, self.nick, self.conversations.where) if self.ever_signed_in and is_new else []

    def _on_isupport(self, message: Message, reply: Reply) -> list[Event]:
        self._announced.take(message.params)
        return []

    def _on_marker(self, message: Message, reply: Reply) -> list[Event]:
        self.catching_up.marked(message.param(0), message.param(1))
        self.conversations.marked(message.param(0), self.catching_up.read_until(message.param(0)))
        return []

    def _on_pong(self, message: Message, reply: Reply) -> list[Event]:
        return self._on_ready() if message.param(1) == _READY and not self.signed_in else []

    def _on_error(self, message: Message, reply: Reply) -> list[Event]:
        told = self.account.ended(text_of(message))
        if told is not None:
            return told
        return [] if self._quitting else [Closing(text_of(message))]

    _HANDLERS: ClassVar[dict[str, Callable[[Session, Message, Reply], list[Event]]]] = {
        **dict.fromkeys(("PRIVMSG", "NOTICE"), _on_message),
        "JOIN": _on_join,
        "MARKREAD": _on_marker,
        "NICK": _on_nick,
        "PONG": _on_pong,
        "005": _on_isupport,
        "QUIT": _on_quit,
        "301": lambda self, message, reply: reading.absence(reply.messages),
        "372": lambda self, message, reply: [] if self.ever_signed_in else [Notice(text_of(message))],
        "465": lambda self, message, reply: self.account.take(message) if self.account.done else [],
        "ERROR": _on_error,
    }
