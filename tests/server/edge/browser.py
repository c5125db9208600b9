"""The other end of HTTP and WebSocket connections, in a world without sockets."""

from __future__ import annotations

from typing import Any, NamedTuple

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

HOST = "chat.example:5000"
STRANGER = "203.0.113.5"


class Answer(NamedTuple):
    """One answer to a request; the names of fields are in lower case."""

    status: int
    fields: dict[str, str]
    body: bytes


def answers(data: bytes, head_only: bool = False) -> list[Answer]:
    """Cut what came over a connection into the answers; ``head_only``: the requests were HEAD."""
    found = []
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        assert end, f"half an answer: {head!r}"
        first, *lines = head.decode().split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in lines]
        fields = {name.lower(): value for name, value in pairs}
        length = 0 if head_only else int(fields["content-length"])
        assert len(data) >= length
        found.append(Answer(int(status), fields, data[:length]))
        data = data[length:]
    return found


class Browser:
    """One connection that keeps bytes as they come."""

    def __init__(self, world: Any, name: str = "x", address: str = STRANGER, secure: bool = True, tls: bool = True):
        self.world = world
        self.actor = world.connect(name, address, secure=secure or tls, tls=tls)
        self.actor.transport._received = self._received
        self.bytes = b""

    def _received(self, data: bytes) -> None:
        self.bytes += data

    @property
    def closed(self) -> bool:
        """Whether the server has ended the connection."""
        return self.actor.closed

    def feed(self, data: bytes) -> None:
        """Send bytes."""
        self.actor.feed(data)

    def take(self, head_only: bool = False) -> list[Answer]:
        """Take all answers that came since the last look."""
        data, self.bytes = self.bytes, b""
        return answers(data, head_only)

    def ask(self, text: str) -> Answer:
        """Send one request and take its answer."""
        self.feed(request(text))
        (answer,) = self.take(text.startswith("HEAD "))
        return answer


def request(text: str) -> bytes:
    """Write a request: its lines, without the empty one at the end."""
    return text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


class WebPage(Browser):
    """A page with a WebSocket: the client's half of the protocol is that of ``websockets``."""

    def __init__(
        self,
        world: Any,
        name: str = "x",
        *,
        subprotocols: tuple[str, ...] = ("text.ircv3.net",),
        origin: str | None = f"https://{HOST}",
        host: str = HOST,
        address: str = STRANGER,
        secure: bool = True,
        tls: bool = True,
        fields: dict[str, str] | None = None,
        more: bytes = b"",
    ) -> None:
        """Connect and ask for the WebSocket; ``more`` are bytes that follow in the same piece."""
        super().__init__(world, name, address, secure, tls)
        uri = parse_uri(f"{'wss' if tls else 'ws'}://{host}/ws")
        self.client = ClientProtocol(uri, origin=origin, subprotocols=list(subprotocols) or None)  # type: ignore[arg-type]
        asked = self.client.connect()
        for field, value in (fields or {}).items():
            if field in asked.headers:
                del asked.headers[field]
            if value:
                asked.headers[field] = value
        self.client.send_request(asked)
        self.heard: list[str] = []
        self.messages: list[bytes] = []
        self.pongs: list[bytes] = []
        self.kinds: set[Opcode] = set()
        self.feed(b"".join(self.client.data_to_send()) + more)

    def _received(self, data: bytes) -> None:
        self.bytes += data
        if self.client.state is State.CLOSED:
            return
        self.client.receive_data(data)
        for event in self.client.events_received():
            if isinstance(event, Response):
                self.response = event
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
                assert event.fin
                self.kinds.add(event.opcode)
                self.messages.append(bytes(event.data))
            elif isinstance(event, Frame) and event.opcode is Opcode.PONG:
                self.pongs.append(bytes(event.data))

    @property
    def opened(self) -> bool:
        """Whether the server has accepted the WebSocket."""
        return self.client.state is not State.CONNECTING

    @property
    def close_code(self) -> int | None:
        """The code of the server's close frame."""
        return self.client.close_rcvd.code if self.client.close_rcvd is not None else None

    def flush(self) -> None:
        """Send what the client's half has to send."""
        data = b"".join(self.client.data_to_send())
        if data:
            self.feed(data)

    def say(self, *lines: str) -> None:
        """Send lines, each in a message of the kind that was agreed on."""
        for line in lines:
            if self.client.subprotocol == "binary.ircv3.net":
                self.client.send_binary(line.encode())
            else:
                self.client.send_text(line.encode())
        self.flush()

    def hear(self) -> list[str]:
        """Take all lines that came since the last look."""
        messages, self.messages = self.messages, []
        return [message.decode() for message in messages]

    def ask_irc(self, *lines: str) -> list[str]:
        """Send lines, and take what comes."""
        self.say(*lines)
        return self.hear()

    def enter(self, name: str, caps: str = "") -> WebPage:
        """Sign in with a password; what came until then was heard."""
        if caps:
            self.say(f"CAP REQ :{caps}")
        self.say(f"PASS {name}:sesame", f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
        heard = self.hear()
        assert any(" 001 " in line for line in heard), heard
        return self
