"""A recipient: a connection that the server sends lines to, its capabilities, and the methods that send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chatapp.model.entities import User
from chatapp.model.state import State
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.numerics import Reply, data_line, numeric_line
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.flush_queue import FlushQueue
from chatapp.server.delivery.response import Batch, Item, Response, nested
from chatapp.server.refusals import NOT_UTF8, Standard
from chatapp.server.wire import Wire

_CONTEXT_CHARS_MAX = 80  # of the context of a standard reply, in a NOTICE


class RecipientServices(Protocol):
    """The parts of a server that a recipient needs."""

    host: str
    state: State
    flush_queue: FlushQueue


class Recipient:
    """The capabilities of a connection, and the bytes that wait to be written to it.

    Answers to the current command go through :meth:`send`, :meth:`reply`, :meth:`fail` and :meth:`begin_batch`. These
    add to the labelled response, if the command has a label. Everything else goes through :meth:`deliver`.
    """

    __slots__ = (
        "_batches",
        "by_token",
        "caps",
        "closed",
        "hears",
        "holding",
        "out",
        "response",
        "services",
        "token",
        "uid",
        "wire",
    )

    def __init__(self, services: RecipientServices, wire: Wire) -> None:
        self.services = services
        self.wire = wire
        self.uid = ""  # uid of its user; empty until the session is welcomed
        self.caps = 0
        self._batches = 0  # how many references were made
        self.out: list[bytes] = []
        self.response: Response | None = None  # the response to the current command, if that has a label
        self.holding = False  # new lines wait until the missed messages are replayed
        self.closed = False
        self.token = ""  # the id of its device token: if that is revoked, the connection ends; empty for none
        self.by_token = False  # it signed in with the token, and so did not prove the password
        self.hears = True  # False for a session that only sends: it gets nothing but answers (``session/senders.py``)

    # User and name

    @property
    def user(self) -> User | None:
        """The recipient's user, or None before the welcome or if the user was removed. Ask again after every await."""
        return self.services.state.users.get(self.uid)

    @property
    def nick(self) -> str:
        """The name that replies are addressed to: the user's name, or ``*`` without a user."""
        user = self.services.state.users.get(self.uid)
        return user.name if user is not None else "*"

    # Sending

    def deliver(self, data: bytes) -> None:
        """Queue bytes (whole lines with CR LF); they are written at the end of this turn of the event loop."""
        if not self.out:
            self.services.flush_queue.add(self)
        self.out.append(data)

    def flush(self) -> None:
        """Write the waiting bytes, unless the session is ``holding`` (called by the flush queue)."""
        if self.holding:
            return
        out = self.out
        self.out = []
        self.wire.write(out[0] if len(out) == 1 else b"".join(out))

    def abort(self) -> None:
        """Close the connection now; the waiting bytes are lost."""
        self.wire.abort()

    def end(self, why: str) -> None:
        """Tell the peer why, and end the connection. The session implements this."""
        raise NotImplementedError

    def send(self, line: str) -> None:
        """Answer the current command with a line, given without CR LF."""
        self.send_raw(line.encode() + b"\r\n")

    def send_raw(self, data: bytes) -> None:
        """Answer the current command with a line, given with CR LF."""
        if self.response is not None:
            self.response.items.append(data)
        else:
            self.deliver(data)

    def send_all(self, lines: Iterable[bytes]) -> None:
        """Answer the current command with lines, given with CR LF."""
        for line in lines:
            self.send_raw(line)

    def reply(self, numeric: Reply, /, *params: str, text: str | None = None, **fields: object) -> None:
        """Answer with a numeric and its parameters; a refusal with a numeric is a numeric too.

        The last parameter is ``text``, or else the numeric's own text with ``fields`` filled in.
        """
        words = text if text is not None else numeric.text.format(**fields) if fields else numeric.text
        self.send(numeric_line(numeric, self.services.host, self.nick, *map(render.shown, params), text=words))

    def reply_data(self, numeric: Reply, *params: str, last: str) -> None:
        """Answer with a numeric whose last parameter is data, which may be empty or contain spaces."""
        self.send(data_line(numeric, self.services.host, self.nick, *map(render.shown, params), last=last))

    def notice(self, text: str) -> None:
        """Answer the current command with a NOTICE from the server. A text that is too long is cut."""
        head = f":{self.services.host} NOTICE {self.nick} :"
        room = LINE_BYTES_MAX - 2 - len(head.encode())
        self.send(head + text.encode()[:room].decode(errors="ignore"))

    def tell(self, verb: str, line: str, sentence: str) -> None:
        """Answer a command with a line that its capability defines (without CR LF), or with a sentence in a NOTICE.

        A client without the capability that has ``verb`` gets the sentence: it would show the line as an error.
        """
        if self.caps & cap.OF_VERBS[verb]:
            self.send(line)
        else:
            self.notice(sentence)

    def fail(self, verb: str, refusal: Standard, /, *context: str, **fields: object) -> None:
        """Answer with a FAIL, or with a NOTICE if the client does not know it; see :meth:`standard_reply`."""
        self.standard_reply("FAIL", verb, refusal, *context, **fields)

    def standard_reply(self, kind: str, verb: str, refusal: Standard, /, *context: str, **fields: object) -> None:
        """Answer with ``kind verb code context :text``, where ``kind`` is FAIL, WARN or NOTE.

        ``fields`` fill in the text of the refusal.

        A client that knows neither these replies nor the extension that has the command gets a NOTICE, because it would
        show the line with its codes, or nothing.

        Spec: IRCv3 standard-replies: "This capability allows servers to send arbitrary standard replies other than ones
        enabled by a specific specification." IRCv3 utf8-only: UTF8ONLY enables INVALID_UTF8, and needs no capability.
        """
        text = refusal.text.format(**fields) if fields else refusal.text
        if refusal is NOT_UTF8 or self.caps & (cap.STANDARD_REPLIES | cap.OF_VERBS.get(verb, 0)):
            self.send(render.standard_line(self.services.host, kind, verb, refusal.code, *context, text=text))
        else:
            words = "".join(f" {render.shown(param)}" for param in context)
            about = words if len(words) <= _CONTEXT_CHARS_MAX else ""
            self.notice(text if verb == "*" else f"{verb}{about}: {text}")

    def batch_reference(self) -> str:
        """Return a new reference for a BATCH, different from all others of this connection.

        Each connection has its own count: a count for all would tell each client how much others do.
        """
        self._batches += 1
        return f"{self._batches:x}"

    def begin_batch(self, kind: str, tag: str = "") -> BatchWriter:
        """Begin a batch that answers the current command. ``kind`` is the batch's type with its parameters.

        ``tag`` is a tag of the batch's first line, without the ``@``, or empty.

        A recipient without the capability ``batch`` gets the same lines without a batch.
        """
        services = self.services
        batch = Batch(self.batch_reference(), kind, services.host, tag) if self.caps & cap.BATCH else None
        return BatchWriter(self, batch)

    def release(self, first: bytes) -> None:
        """Stop holding: queue ``first`` before the lines that waited meanwhile, and schedule the write."""
        self.holding = False
        if first or self.out:
            self.out.insert(0, first)
            self.services.flush_queue.add(self)

    def flush_now(self) -> None:
        """Write the waiting bytes now, before the end of the turn."""
        if self.out:
            self.flush()


class BatchWriter:
    """A batch that answers a command. Its lines are collected in the labelled response, or else sent one by one."""

    __slots__ = ("_batch", "_gathered", "_recipient")

    def __init__(self, recipient: Recipient, batch: Batch | None) -> None:
        self._recipient = recipient
        self._batch = batch
        self._gathered = batch is not None and recipient.response is not None
        if batch is not None:
            if recipient.response is not None:
                batch.is_open = True
                recipient.response.items.append(batch)
            else:
                recipient.deliver(batch.start)

    def send(self, item: Item) -> None:
        """Add a line, with CR LF, or a batch. A recipient without ``batch`` must not be sent a batch."""
        self.send_all((item,))

    def send_all(self, items: Iterable[Item]) -> None:
        """Add several items, as :meth:`send` does."""
        batch = self._batch
        if batch is None:
            for item in items:
                assert isinstance(item, bytes)
                self._recipient.send_raw(item)
            return
        lines: list[bytes] = []
        tag = batch.tag
        for item in items:
            if isinstance(item, bytes):
                lines.append(render.with_tag(item, tag))
            else:
                lines += nested(item, tag)
        if self._gathered:
            batch.lines += lines
        elif lines:
            self._recipient.deliver(b"".join(lines))

    def close(self) -> None:
        """End the batch."""
        if self._batch is not None and self._gathered:
            self._batch.is_open = False
        elif self._batch is not None:
            self._recipient.deliver(self._batch.end)
