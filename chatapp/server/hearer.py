"""One connection as one that is told things: who it is, what it negotiated, and the ways to tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp.model.entities import User
from chatapp.protocol.numerics import Numeric
from chatapp.server import render
from chatapp.server.identity import SigningIn
from chatapp.server.response import Response

if TYPE_CHECKING:
    from chatapp.server.connection import Connection
    from chatapp.server.hub import Hub


class Hearer:
    """A connection's identity, and what is on its way to it."""

    __slots__ = ("caps", "closed", "connection", "holding", "hub", "out", "response", "signing_in", "uid", "why_closed")

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self.hub = hub
        self.connection = connection
        self.signing_in: SigningIn | None = SigningIn()
        self.uid = ""  # of its user, once welcomed
        self.caps = 0
        self.out: list[bytes] = []
        self.response: Response | None = None  # of the labelled command under way
        self.holding = False  # what others say waits until what was missed is told
        self.closed = False
        self.why_closed = ""  # why the server ended the connection, if it did

    # Who it is

    @property
    def user(self) -> User | None:
        """Its user, if it is welcomed and the user still exists. Look it up anew after every await."""
        return self.hub.state.users.get(self.uid)

    @property
    def nick(self) -> str:
        """How replies address it."""
        user = self.hub.state.users.get(self.uid)
        if user is not None:
            return user.name
        return (self.signing_in.nick if self.signing_in is not None else "") or "*"

    # What it is sent

    def deliver(self, data: bytes) -> None:
        """Send bytes in turn; they are written at the end of this turn of the event loop."""
        if not self.out:
            self.hub.outbox.add(self)
        self.out.append(data)

    def flush(self) -> None:
        """Write what waits (called by the outbox)."""
        if self.holding:
            return
        out = self.out
        self.out = []
        self.connection.write(out[0] if len(out) == 1 else b"".join(out))

    def send(self, line: str) -> None:
        """Answer the command under way with a line (given without CR LF)."""
        self.send_raw(line.encode() + b"\r\n")

    def send_raw(self, data: bytes) -> None:
        """Answer the command under way with a line as it goes over the wire."""
        if self.response is not None:
            self.response.lines.append(data)
        else:
            self.deliver(data)

    def reply(self, numeric: Numeric, *params: str, text: str | None = None, **fields: object) -> None:
        """Answer with a numeric: its parameters, then ``text``, or the numeric's own text with ``fields`` filled in."""
        words = text if text is not None else numeric.text.format(**fields) if fields else numeric.text
        middle = "".join(f" {render.shown(param)}" for param in params)
        self.send(f":{self.hub.host} {numeric.code} {self.nick}{middle}" + (f" :{words}" if words else ""))

    def fail(self, verb: str, code: str, *context: str, text: str) -> None:
        """Answer with FAIL (IRCv3 standard-replies), which every client shows, whether it knows it or not."""
        middle = "".join(f" {render.shown(param)}" for param in context)
        self.send(f":{self.hub.host} FAIL {verb} {code}{middle} :{text}")

    def release(self, first: bytes) -> None:
        """End holding back: send ``first``, then what came meanwhile."""
        self.holding = False
        if first or self.out:
            self.out.insert(0, first)
            self.hub.outbox.add(self)

    def close(self, why: str) -> None:
        """Tell the peer why, and end the connection."""
        if not self.closed:
            self.holding = False
            self.why_closed = why
            response, self.response = self.response, None
            line = f"ERROR :{why}\r\n".encode()
            if response is not None:
                response.lines.append(line)
                line = response.whole(self.hub.host, self.hub.batch_reference())
            self.deliver(line)
            self.flush_now()
            self.connection.close()

    def flush_now(self) -> None:
        """Write what waits without waiting for the end of the turn."""
        if self.out:
            self.flush()
