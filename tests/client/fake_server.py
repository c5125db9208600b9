"""A small server without a network: lines in, lines out; enough of the real one to hold a client to its rules."""

from __future__ import annotations

import base64
import dataclasses

from chatapp.client.core.replies import CONCAT
from chatapp.client.core.session import Session
from chatapp.protocol.message import Message, parse, serialize, unescape_tag
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import format_time, parse_time

HOST = "fake.example"
NOT_CONNECTED = "not connected; will get it later"
OFFERS = (
    "account-tag batch chatapp/account draft/account-registration draft/chathistory draft/multiline=max-bytes=8192"
    " draft/read-marker echo-message labeled-response message-tags sasl=PLAIN server-time"
)


@dataclasses.dataclass
class Entry:
    """A message in the log."""

    time: int
    sender: str
    target: str
    text: str
    client_id: str
    number: int = 0  # among messages of one time
    tags: dict[str, str] = dataclasses.field(default_factory=dict)  # further tags of its line

    @property
    def msgid(self) -> str:
        """As unique as its time, and its number."""
        return f"m{self.time}" + (f"-{self.number}" if self.number else "")

    def line(self, tags: dict[str, str] | None = None) -> Message:
        """As everyone hears it."""
        own = {"time": format_time(self.time), "msgid": self.msgid}
        ids = {"+chatapp/id": self.client_id} if self.client_id else {}
        source = f"{self.sender}!{self.sender}@{HOST}"
        return Message("PRIVMSG", [self.target, self.text], source, {**own, **ids, **self.tags, **(tags or {})})

    def lines(self, *, multiline: bool) -> list[Message]:
        """As somebody hears it: a message of several lines is a batch, or lines of which the first has the msgid."""
        whole, texts = self.line(), self.text.split("\n")
        if len(texts) == 1:
            return [whole]
        inside = {"batch": self.msgid} if multiline else {"time": whole.tags["time"]}
        lines = [Message("PRIVMSG", [self.target, text], whole.source, dict(inside)) for text in texts]
        if not multiline:
            lines[0].tags = whole.tags
            return lines
        begin = Message("BATCH", [f"+{self.msgid}", "draft/multiline", self.target], whole.source, whole.tags)
        return [begin, *lines, Message("BATCH", [f"-{self.msgid}"], whole.source, {})]


@dataclasses.dataclass
class Deed(Entry):
    """What somebody did in a channel (``target``): a line such as MODE, which is in the log too."""

    verb: str = ""
    params: tuple[str, ...] = ()

    def line(self, tags: dict[str, str] | None = None) -> Message:
        """As everyone hears it."""
        own = {"time": format_time(self.time), "msgid": self.msgid}
        return Message(self.verb, [self.target, *self.params], f"{self.sender}!{self.sender}@{HOST}", own)


def token_id(text: str) -> str:
    """Return the id of a device token."""
    return text[-16:]


class FakeServer:
    """Accounts with passwords, one lobby, one log."""

    def __init__(self, accounts: dict[str, str], *, offers: str = OFFERS, lobby: str = "#lobby") -> None:
        self.accounts = dict(accounts)
        self.offers = offers
        self.lobby = lobby
        self.tells_whois = True
        self.silences = True  # it has SILENCE
        self.log: list[Entry] = []
        self.markers: dict[tuple[str, str], int] = {}
        self.peers: list[Peer] = []
        self.page_max = 1000
        self.sign_ups_max = 1000
        self.why_no_account = "Too many. Try again in a minute."
        self.refuse: dict[str, str] = {}  # text -> code of FAIL
        self.why = "It could not be stored."  # the text of that FAIL
        self.indexing = False  # some messages may not be found yet
        self.certificates: set[str] = set()  # accounts that sign in with the certificate of every client
        self.tokens: dict[str, tuple[str, str]] = {}  # device token -> its account and its name
        self.made = 0  # how many tokens
        self.away: dict[str, str] = {}  # account -> away message
        self.obeys = False  # do whatever else a client asks for, as if its own line told everybody of it
        self.modes = ""  # of all channels; empty: the server does not answer for them by itself
        self.orders: list[str] = []
        self.time = 1_700_000_000_000
        self.named: dict[str, int] = {}  # account -> since when it has its name, where that matters

    def connect(self) -> Peer:
        """Accept a connection."""
        peer = Peer(self)
        self.peers.append(peer)
        return peer

    def replaced(self, name: str) -> None:
        """Give the name of an account to another account; nobody is told."""
        self.time += 1
        self.named[name] = self.time

    def is_here(self, nick: str) -> bool:
        """Tell whether an account has a connection."""
        return any(fold(peer.nick) == fold(nick) and peer.welcomed for peer in self.peers)

    def known(self, nick: str) -> str:
        """Return the name of an account as it was registered; empty for none."""
        return next((name for name in self.accounts if fold(name) == fold(nick)), "")

    def say(self, sender: str, target: str, text: str, client_id: str = "", origin: Peer | None = None) -> Entry:
        """Store a message once, and let everyone hear it but its origin."""
        for entry in self.log:
            if client_id and (entry.sender, entry.client_id) == (sender, client_id):
                return entry
        self.time += 1
        entry = Entry(self.time, sender, target, text, client_id)
        self.log.append(entry)
        for peer in self.peers:
            if peer is not origin and peer.welcomed and self.may_read(peer.nick, entry):
                for line in entry.lines(multiline=peer.multiline):
                    peer.send(line)
        return entry

    def do(self, by: str, verb: str, channel: str, *params: str) -> None:
        """Store what somebody does in a channel, and let everyone hear it."""
        self.time += 1
        deed = Deed(self.time, by, channel, "", "", verb=verb, params=params)
        self.log.append(deed)
        for peer in self.peers:
            if peer.welcomed:
                peer.send(deed.line())

    def may_read(self, nick: str, entry: Entry) -> bool:
        """Tell whether a message is for a user."""
        return is_channel(entry.target) or fold(nick) in (fold(entry.sender), fold(entry.target))

    def conversation(self, nick: str, entry: Entry) -> str:
        """Name the conversation as a user sees it."""
        if is_channel(entry.target):
            return entry.target
        return entry.target if fold(entry.sender) == fold(nick) else entry.sender


class Peer:
    """One connection, as the server sees it; ``out`` are the lines for the client."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.nick = ""
        self.account = ""
        self.mechanism = ""  # of SASL
        self.token = ""  # that it signed in with
        self.welcomed = False
        self.multiline = False  # the client knows messages of several lines
        self.deeds = False  # pages of history also have deeds
        self.batch: list[Message] = []  # the lines of an open batch
        self.closed = False
        self.out: list[bytes] = []
        self.heard: list[Message] = []

    def send(self, message: Message) -> None:
        """Send a line."""
        self.out.append(serialize(message))

    def reply(self, verb: str, *params: str, **tags: str) -> None:
        """Send a line of the server's own."""
        self.send(Message(verb, list(params), HOST, dict(tags)))

    def close(self) -> None:
        """End the connection."""
        self.closed = True
        self.server.peers = [peer for peer in self.server.peers if peer is not self]

    def feed(self, line: bytes) -> None:
        """Take a line of the client."""
        message = parse(line.rstrip(b"\r\n"))
        self.heard.append(message)
        handler = getattr(self, f"on_{message.verb.lower()}", None)
        if handler is not None:
            handler(message)
        elif self.server.modes and message.verb == "MODE" and len(message.params) == 1:
            self.answer(message, [Message("324", [self.nick, message.param(0), self.server.modes], HOST)])
        elif self.server.obeys and "label" in message.tags:
            self.server.orders.append(f"{message.verb} {' '.join(message.params)}")
            self.answer(message, [Message(message.verb, list(message.params), f"{self.nick}!{self.nick}@{HOST}")])

    def answer(self, message: Message, lines: list[Message], kind: str = "labeled-response", tag: str = "") -> None:
        """Answer a labelled line."""
        label = message.tags["label"]
        if not lines and kind == "labeled-response":
            self.reply("ACK", label=label)
        elif len(lines) == 1 and kind == "labeled-response":
            lines[0].tags["label"] = label
            self.send(lines[0])
        elif kind == "labeled-response" and lines[0].verb == lines[-1].verb == "BATCH":
            lines[0].tags["label"] = label
            for line in lines:
                self.send(line)
        else:
            self.reply("BATCH", f"+b{label}", kind, label=label, **({tag: ""} if tag else {}))
            for line in lines:
                line.tags.setdefault("batch", f"b{label}")
                self.send(line)
            self.reply("BATCH", f"-b{label}")

    # Signing in

    def on_cap(self, message: Message) -> None:
        if message.param(0) == "LS":
            half = len(self.server.offers.split()) // 2
            words = self.server.offers.split()
            self.reply("CAP", "*", "LS", "*", " ".join(words[:half]))
            self.reply("CAP", "*", "LS", " ".join(words[half:]))
        elif message.param(0) == "REQ":
            self.multiline |= "draft/multiline" in message.param(1).split()
            self.deeds |= "draft/event-playback" in message.param(1).split()
            self.reply("CAP", "*", "ACK", message.param(1))
        elif message.param(0) == "END" and self.account:
            self.welcome()

    def on_nick(self, message: Message) -> None:
        self.nick = message.param(0)

    def on_account(self, message: Message) -> None:
        name = message.param(0)
        if name == "NickServ":
            self.reply("FAIL", "ACCOUNT", "BAD_ACCOUNT_NAME", name, "NickServ looks like a name of the server.")
            return
        if name == "crowded":
            words = "Too many accounts were made from your address. Try again in 60 seconds."
            self.reply("FAIL", "ACCOUNT", "TEMPORARILY_UNAVAILABLE", name, words)
            return
        answer = "known" if self.server.known(name) else "unknown"
        self.reply("ACCOUNT", name, "closed" if name == "closed" else answer)

    def on_authenticate(self, message: Message) -> None:
        if message.param(0) in ("PLAIN", "EXTERNAL"):
            self.mechanism = message.param(0)
            self.send(Message("AUTHENTICATE", ["+"]))
            return
        if self.mechanism == "EXTERNAL":
            self.by_certificate(base64.b64decode(message.param(0)).decode())
            return
        _, name, password = base64.b64decode(message.param(0)).decode().split("\0")
        known = self.server.known(name)
        self.token = password if self.server.tokens.get(password, ("?",))[0] == known else ""
        if not self.token and self.server.accounts.get(known) != password:
            self.reply("904", self.nick, "The name or the password is wrong.")
            return
        self.account = self.server.known(name)
        self.reply("903", self.nick, "You have signed in.")

    def by_certificate(self, name: str) -> None:
        """Sign in, or not, with the certificate of the client."""
        if name not in self.server.certificates:
            self.reply("904", self.nick, "No account has your certificate.")
            return
        self.account = name
        self.reply("903", self.nick, "You have signed in.")

    def on_register(self, message: Message) -> None:
        name, password = message.param(0), message.param(2)
        if self.server.known(name):
            self.reply("FAIL", "REGISTER", "ACCOUNT_EXISTS", name, f"{name} has an account already.")
        elif self.server.sign_ups_max <= len(self.server.accounts):
            self.reply("FAIL", "REGISTER", "TEMPORARILY_UNAVAILABLE", name, self.server.why_no_account)
        elif len(password) < 2:
            self.reply("FAIL", "REGISTER", "WEAK_PASSWORD", name, "The password is too short.")
        else:
            self.server.accounts[name] = password
            self.account = name
            self.reply("REGISTER", "SUCCESS", name, "You are signed in.")

    def on_passwd(self, message: Message) -> None:
        old, new = (base64.b64decode(each).decode() for each in message.params)
        if self.server.accounts[self.account] != old:
            self.answer(message, [Message("FAIL", ["PASSWD", "WRONG_PASSWORD", "The old password is wrong."])])
        else:
            self.server.accounts[self.account] = new
            self.server.tokens = {text: each for text, each in self.server.tokens.items() if text == self.token}
            self.answer(message, [Message("PASSWD", ["SUCCESS", "Your password is changed."])])

    def on_token(self, message: Message) -> None:
        own = {text: name for text, (account, name) in self.server.tokens.items() if account == self.account}
        if message.param(0) == "LIST":
            when = format_time(self.server.time)
            rows = [["TOKEN", token_id(text), when, "*", str(int(text == self.token)), own[text]] for text in own]
            rows += [["TOKEN", "0" * 16, when, when, "0", "send=#ops,bob", "backup"], ["TOKEN", "END"]]
            self.answer(message, [Message(verb, rest, HOST) for verb, *rest in rows])
        elif message.param(0) == "DEL":
            gone = [text for text in own if token_id(text) == message.param(1)]
            for text in gone:
                del self.server.tokens[text]
                for peer in [each for each in self.server.peers if each.token == text and each is not self]:
                    peer.send(Message("ERROR", ["The token of this connection was revoked: you are signed out here."]))
            done = Message("TOKEN", ["REMOVED", message.param(1)], HOST)
            self.answer(message, [done if gone else Message("FAIL", ["TOKEN", "NO_SUCH_TOKEN", "There is none."])])
        elif len(own) > 2:
            self.answer(message, [Message("FAIL", ["TOKEN", "LIMIT_REACHED", "You have too many."])])
        else:
            text = f"chat_{len(self.server.tokens) + self.server.made:043}"
            self.server.made += 1
            self.server.tokens[text] = self.account, message.params[-1]
            if message.params[1] == "here" and len(message.params) == 3:
                self.token = text
            self.answer(message, [Message("TOKEN", ["ADDED", token_id(text), text, message.params[-1]], HOST)])

    def welcome(self) -> None:
        self.nick = self.account
        self.reply("001", self.nick, f"Welcome, {self.nick}.")
        tokens = ["NETWORK=Fake", f"CHATHISTORY={self.server.page_max}"]
        tokens += ["EXTBAN=~,amt"]
        tokens += ["SILENCE=32"] if self.server.silences else []
        tokens += [f"LOBBY={self.server.lobby}"] if self.server.lobby else []
        self.reply("005", self.nick, *tokens, "are supported by this server")
        self.welcomed = True
        if self.server.lobby:
            self.send(Message("JOIN", [self.server.lobby], f"{self.nick}!{self.nick}@{HOST}"))
            self.tell_marker(self.server.lobby)
            self.reply("366", self.nick, self.server.lobby, "End of NAMES list.")

    # Signed in

    def on_ping(self, message: Message) -> None:
        self.reply("PONG", HOST, message.param(0))

    def on_quit(self, message: Message) -> None:
        self.reply("ERROR", "Bye.")
        self.close()

    def on_whois(self, message: Message) -> None:
        if not self.server.tells_whois:
            return
        nick = self.server.known(message.param(0))
        found = ["311", nick, nick, HOST, "*", nick] if nick else ["401", message.param(0), "Nobody."]
        lines = [found, ["318", message.param(0), "End of WHOIS."]]
        self.answer(message, [Message(numeric, [self.nick, *rest], HOST) for numeric, *rest in lines])

    def on_batch(self, message: Message) -> None:
        """Take the first and the last line of a message of several lines."""
        if message.param(0)[0] == "+":
            self.batch = [message]
            return
        begin, *lines = self.batch
        joined = "".join(("" if CONCAT in line.tags else "\n") + line.param(1) for line in lines)[1:]
        self.batch = []
        self.on_privmsg(Message("PRIVMSG", [begin.param(2), joined], tags=begin.tags))

    def on_privmsg(self, message: Message) -> None:
        if "batch" in message.tags:
            self.batch.append(message)
            return
        target, text = message.param(0), message.param(1)
        shown = target if is_channel(target) else self.server.known(target)
        if not shown:
            self.answer(message, [Message("401", [self.nick, target, "There is nobody with that name."], HOST)])
            return
        if self.server.named.get(shown, 0) > parse_time(message.tags.get("+chatapp/since", "2099-01-01T00:00:00Z")):
            fail = Message("FAIL", ["PRIVMSG", "OTHER_USER", target, "Somebody else has the name now."], HOST)
            self.answer(message, [fail])
            return
        if text in self.server.refuse:
            fail = Message("FAIL", ["PRIVMSG", self.server.refuse[text], target, self.server.why], HOST)
            self.answer(message, [fail])
            return
        entry = self.server.say(self.nick, shown, text, message.tags.get("+chatapp/id", ""), self)
        lines = entry.lines(multiline=self.multiline)
        away = self.server.away.get(shown, "" if self.server.is_here(shown) else NOT_CONNECTED)
        if not is_channel(shown) and away:
            lines.append(Message("301", [self.nick, shown, away], HOST))
        self.answer(message, lines)

    def on_who(self, message: Message) -> None:
        mask = message.param(0)
        names = list(self.server.accounts) if mask == "*" or is_channel(mask) else [self.server.known(mask)]
        lines = [
            Message("352", [self.nick, "*", n, HOST, HOST, n, "H" if self.server.is_here(n) else "G", f"0 {n}"], HOST)
            for n in names
            if n
        ]
        self.answer(message, [*lines, Message("315", [self.nick, mask, "End of WHO list."], HOST)])

    def on_away(self, message: Message) -> None:
        self.answer(message, [Message("306", [self.nick, "You have been marked as being away"], HOST)])

    def on_join(self, message: Message) -> None:
        if message.param(0) == "#locked":
            self.answer(message, [Message("473", [self.nick, "#locked", "One has to be invited."], HOST)])
        elif message.param(0).startswith("#full"):  # it sends people on; how the answer is told differs among servers
            other = f"#next{message.param(0)[5:]}"
            told = Message("470", [self.nick, message.param(0), other, f"You were sent to {other}."], HOST)
            joined = Message("JOIN", [other], f"{self.nick}!{self.nick}@{HOST}")
            if message.param(0) == "#full":
                self.answer(message, [told, joined])
            else:
                self.answer(message, [told])
                self.send(joined)
        else:
            joined = Message("JOIN", [message.param(0)], f"{self.nick}!{self.nick}@{HOST}")
            self.answer(message, [joined, Message("366", [self.nick, message.param(0), "End"], HOST)])

    def on_part(self, message: Message) -> None:
        self.answer(message, [Message("PART", [message.param(0)], f"{self.nick}!{self.nick}@{HOST}")])

    def tell_marker(self, target: str) -> Message:
        time = self.server.markers.get((fold(self.nick), fold(target)))
        line = Message("MARKREAD", [target, "*" if time is None else f"timestamp={format_time(time)}"], HOST)
        if is_channel(target):
            self.send(line)
        return line

    def on_markread(self, message: Message) -> None:
        target = message.param(0)
        if len(message.params) > 1:
            time = parse_time(message.param(1).removeprefix("timestamp="))
            self.server.markers[fold(self.nick), fold(target)] = time
        elif "label" in message.tags:
            self.answer(message, [self.tell_marker(target)] if not is_channel(target) else [])

    def on_chathistory(self, message: Message) -> None:
        server, (subcommand, target, *rest) = self.server, message.params
        if subcommand == "TARGETS":
            latest: dict[str, int] = {}
            for entry in server.log:
                if server.may_read(self.nick, entry) and not isinstance(entry, Deed):
                    latest[server.conversation(self.nick, entry)] = entry.time
            before = parse_time(target.removeprefix("timestamp="))
            newest = sorted((item for item in latest.items() if item[1] < before), key=lambda item: -item[1])
            newest = newest[: min(int(rest[-1]), server.page_max)]
            lines = [Message("CHATHISTORY", ["TARGETS", name, format_time(time)], HOST) for name, time in newest]
            self.answer(message, lines, "draft/chathistory-targets")
            return
        entries = [
            entry
            for entry in server.log
            if server.may_read(self.nick, entry) and fold(server.conversation(self.nick, entry)) == fold(target)
            if self.deeds or not isinstance(entry, Deed)
        ]
        limit = min(int(rest[-1]), server.page_max)
        at = None if rest[0] == "*" else parse_time(rest[0].removeprefix("timestamp="))
        if subcommand == "AFTER":
            page = [entry for entry in entries if entry.time > (at or 0)][:limit]
        elif subcommand == "BEFORE":
            page = [entry for entry in entries if entry.time < (at or 0)][-limit:]
        else:
            page = [entry for entry in entries if at is None or entry.time > at][-limit:]
        lines = [line for entry in page for line in entry.lines(multiline=self.multiline)]
        is_last = len(page) == len(entries) or (subcommand == "BEFORE" and page[:1] == entries[:1])
        self.answer(message, lines, "chathistory", "draft/chathistory-end" if is_last else "")

    def on_search(self, message: Message) -> None:
        server = self.server
        asked = dict(pair.split("=", 1) for pair in message.param(0).split(";"))
        text, before = unescape_tag(asked["text"]), asked.get("before")
        if text in server.refuse:
            fail = Message("FAIL", ["SEARCH", server.refuse[text], "This search takes too long."], HOST)
            self.answer(message, [fail])
            return
        found = [
            entry
            for entry in server.log
            if server.may_read(self.nick, entry) and text in entry.text
            if before is None or entry.time <= parse_time(before)
        ][-int(asked["limit"]) :]
        lines = [line for entry in found for line in entry.lines(multiline=self.multiline)]
        if server.indexing:
            self.reply("BATCH", "+out", "labeled-response", label=message.tags["label"])
            self.reply("BATCH", "+in", "soju.im/search", batch="out")
            for line in lines:
                line.tags["batch"] = "in"
                self.send(line)
            self.reply("BATCH", "-in", batch="out")
            self.reply("WARN", "SEARCH", "INDEX_INCOMPLETE", "Some may be missing.", batch="out")
            self.reply("BATCH", "-out")
        else:
            self.answer(message, lines, "soju.im/search")


class Wire:
    """A session and a server, with the bytes between them in our hands."""

    def __init__(self, server: FakeServer, session: Session) -> None:
        self.server = server
        self.session = session
        self.peer: Peer | None = None
        self.up: list[bytes] = []  # on their way to the server
        self.events: list[object] = []

    def open(self) -> Wire:
        """Connect."""
        self.peer = self.server.connect()
        self.session.opened(tls=True)
        return self

    def drop(self) -> None:
        """Lose the connection, with all that is on its way."""
        if self.peer is not None:
            self.peer.close()
        self.peer = None
        self.up.clear()
        self.session.closed()

    def collect(self) -> None:
        """Take what the session wants to send."""
        self.up += self.session.take().splitlines(keepends=True)

    def step_up(self) -> bool:
        """Let one line reach the server; False where there is none."""
        self.collect()
        if self.peer is None or not self.up:
            return False
        self.peer.feed(self.up.pop(0))
        return True

    def step_down(self) -> bool:
        """Let one line reach the session; False where there is none."""
        if self.peer is None or not self.peer.out:
            return False
        self.events += self.session.received(self.peer.out.pop(0).rstrip(b"\r\n"), self.server.time)
        return True

    def pump(self) -> list[object]:
        """Let everything arrive; return what was told since the last call."""
        while self.step_up() or self.step_down():
            pass
        events, self.events = self.events, []
        return events

    def sent(self) -> list[Message]:
        """Return all that the server heard on this connection."""
        assert self.peer is not None
        return self.peer.heard


def signed_in(
    server: FakeServer, name: str, *, run: str = "run", catch_up: bool = True, session: Session | None = None
) -> Wire:
    """Return a wire whose session has signed in; the account is made where there is none."""
    server.accounts.setdefault(name, "secret")
    wire = Wire(server, session or Session(name, run, catch_up=catch_up)).open()
    wire.pump()
    wire.session.sign_in(server.accounts[name])
    return wire
