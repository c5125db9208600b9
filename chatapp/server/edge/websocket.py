"""IRC over a WebSocket: each message is one IRC line, without CR LF.

The protocol itself (handshake, frames, pings, closing) is that of ``websockets``, which does no input or output.
Everything else about the connection (limits, back-pressure, slow readers) is that of a line connection.

Spec: RFC 6455; IRCv3 websocket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from chatapp.protocol.message import CLIENT_LINE_BYTES_MAX
from chatapp.server import refusals
from chatapp.server.edge.answers import SECURITY, Answer, sentence
from chatapp.server.edge.connection import LineConnection
from chatapp.server.services import Services
from chatapp.server.session.session import Session

TEXT, BINARY = Subprotocol("text.ircv3.net"), Subprotocol("binary.ircv3.net")
MESSAGE_BYTES_MAX = CLIENT_LINE_BYTES_MAX - len(b"\r\n")

_TEXT, _BINARY, _CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT  # looking up members of an enum takes long
_OPCODES = {TEXT: _TEXT, BINARY: _BINARY}
_HEADS_MAX = 1024  # lines shorter than this have the head of their frame in a table
_FRAMED_MAX = 64  # framed texts that are remembered
_FRAME_COST_BYTES = 100  # that a frame counts beside its bytes: a small one, such as a ping, costs the server as much

_REFUSALS = {
    400: refusals.NOT_A_HANDSHAKE,
    403: refusals.FOREIGN_PAGE,
    405: refusals.USE_GET,
    426: refusals.ONLY_A_WEBSOCKET,
    505: refusals.NOT_HTTP_1,
}
_FIELDS = {
    # Spec: RFC 6455, section 4.2.2: the refusal of a version has "a |Sec-WebSocket-Version| header field indicating the
    # version(s) the server is capable of understanding".
    400: (("Sec-WebSocket-Version", "13"),),
    405: (("Allow", "GET"),),
    426: (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")),
}


class Refused(Exception):
    """The handshake was refused; ``answer`` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Protocol(ServerProtocol):
    """Chooses the subprotocol as IRCv3 says."""

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        """Return the subprotocol of the connection, or ``None``.

        Spec: IRCv3 websocket: "The server MUST accept any subprotocol it supports, respecting the client's order of
        preference. If no subprotocol can be agreed on, the server MAY continue connection establishment".
        """
        return next((each for each in subprotocols if each in _OPCODES), None)


class Handshake:
    """The handshake of one WebSocket: ``response`` is what the server has to send.

    It is not kept: a protocol that has seen a request holds the request as long as it lives.
    """

    def __init__(self, head: bytes, authority: str, tls: bool) -> None:
        """``head`` is the whole head of the request; ``authority`` is its host and port. Raises Refused.

        A browser tells in Origin which site has opened the WebSocket. Only the site of this server may: same host and
        port. A client that sends no Origin is no browser.
        """
        schemes = ("https",) if tls else ("http", "https")  # without TLS here, a proxy may have it
        origins = [None, *(Origin(f"{scheme}://{authority.lower()}") for scheme in schemes)]
        protocol = _Protocol(origins=origins)
        protocol.receive_data(head)
        requests = protocol.events_received()
        if not requests or not isinstance(requests[0], Request):
            raise Refused(sentence(400, _REFUSALS[400], closes=True))
        response = protocol.accept(requests[0])
        if response.status_code != 101:
            status = response.status_code if response.status_code in _REFUSALS else 400
            raise Refused(sentence(status, _REFUSALS[status], *_FIELDS.get(status, ()), closes=True))
        for name, value in SECURITY:
            response.headers[name] = value
        protocol.send_response(response)
        self.response = b"".join(protocol.data_to_send())
        # The kind of messages that the client may send. Both may come if no subprotocol was agreed on; the server sends
        # text then.
        self.takes = None if protocol.subprotocol is None else _OPCODES[protocol.subprotocol]
        self.sends_text = self.takes is not Opcode.BINARY


class Framer:
    """Makes frames of lines, once for all connections that are sent the same bytes in the same turn of the event loop.

    The frames of a server have no mask, so they are the same for all its clients.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, text: bool) -> None:
        self._loop = loop
        self._opcode = Opcode.TEXT if text else Opcode.BINARY
        self._heads = [self._framed_line(bytes(length))[: -length or None] for length in range(_HEADS_MAX)]
        self._framed: dict[bytes, bytes] = {}  # lines -> frames, in this turn of the event loop

    def framed(self, lines: bytes) -> bytes:
        """Return the frames of whole lines (with CR LF), one frame for each."""
        framed = self._framed.get(lines)
        if framed is None:
            framed = self._frame(lines)
            if not self._framed:
                self._loop.call_soon(self._framed.clear)
            elif len(self._framed) >= _FRAMED_MAX:
                self._framed.clear()
            self._framed[lines] = framed
        return framed

    def _frame(self, lines: bytes) -> bytes:
        if self._opcode is Opcode.TEXT and not lines.isascii():
            lines = _as_utf8(lines)
        heads = self._heads
        parts: list[bytes] = []
        for line in lines.split(b"\r\n"):
            if len(line) >= _HEADS_MAX:
                parts.append(self._framed_line(line))
            elif line:
                parts += (heads[len(line)], line)
        return b"".join(parts)

    def _framed_line(self, line: bytes) -> bytes:
        return Frame(self._opcode, line).serialize(mask=False)


def _as_utf8(data: bytes) -> bytes:
    """Return text as it is, or with U+FFFD for what is not UTF-8.

    Spec: IRCv3 websocket: "Servers MUST NOT relay non-UTF-8 content to clients using text messages". "Servers MAY
    replace non-UTF-8 bytes".
    """
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data


class MessageReader:
    """Turns the bytes of a WebSocket into the lines that its messages are (in the place of a ``LineBuffer``).

    It holds less than one message between two calls. A message with a line end in it is returned as it is: the parser
    of lines refuses it. At a violation of the protocol the WebSocket closes, with a code that says why.
    """

    __slots__ = ("_begun", "_opcode", "_protocol", "_takes", "frames")

    def __init__(self, protocol: ServerProtocol, takes: Opcode | None) -> None:
        self._protocol = protocol
        self._takes = takes
        self._opcode = _TEXT  # of the message that has begun
        self._begun = b""  # of the message that has begun, what has arrived of it
        self.frames = 0  # how many have arrived since the reader of this number has set it to 0

    def feed(self, data: bytes) -> list[bytes | None]:
        """Add ``data``, and return the lines of the messages that ``data`` completes."""
        protocol, takes = self._protocol, self._takes
        protocol.receive_data(data)
        frames = protocol.events_received()
        self.frames += len(frames)
        lines: list[bytes | None] = []
        for frame in frames:
            assert isinstance(frame, Frame)
            opcode = frame.opcode
            line: bytes = frame.data  # type: ignore[assignment]  # data that was received are bytes
            if opcode is _TEXT or opcode is _BINARY:
                self._opcode = opcode
                if takes is not None and opcode is not takes:
                    protocol.fail(CloseCode.UNSUPPORTED_DATA, refusals.OTHER_KIND_OF_MESSAGE)
                    break
            elif opcode is _CONT:
                line = self._begun + line
            else:
                continue  # the protocol has handled it
            if not frame.fin:
                self._begun = line
                continue
            line, self._begun = line.rstrip(b"\r\n"), b""
            if not line.isascii() and self._opcode is _TEXT and not _is_utf8(line):
                protocol.fail(CloseCode.INVALID_DATA, refusals.MESSAGE_NOT_UTF8)
                break
            if line:
                lines.append(line)
        return lines


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class WebSocketConnection(LineConnection):
    """One connection that speaks IRC over a WebSocket."""

    __slots__ = ("_closed", "_framer", "_messages", "_protocol")

    def __init__(
        self,
        services: Services,
        address: str,
        tls: bool,
        certificate: str | None,
        takes: Opcode | None,
        framer: Framer,
    ) -> None:
        """``address``, ``tls`` and ``certificate`` are those of ``wire.py``; ``takes`` is that of the handshake."""
        super().__init__(services, address, tls, certificate)
        self._protocol = ServerProtocol(state=State.OPEN, max_size=MESSAGE_BYTES_MAX)
        self._lines = self._messages = MessageReader(self._protocol, takes)
        self._framer = framer
        self._closed = False  # the close frame is sent

    def data_received(self, data: bytes) -> None:
        """Give the lines to the session, then answer pings and a close frame (called by the event loop)."""
        super().data_received(data)
        self._answer()

    def _take_piece(self, session: Session) -> None:
        super()._take_piece(session)
        self._answer()

    def _answer(self) -> None:
        """Send what the protocol has to send; close if the peer closes or has violated the protocol.

        The session runs the lines before that first, as ``eof_received`` lets it.
        """
        self._allowance -= self._messages.frames * _FRAME_COST_BYTES
        self._messages.frames = 0
        if self._allowance < 0:
            self._slow_down()
        if self._protocol.state is State.OPEN:
            if answers := self._protocol.data_to_send():
                super().write(b"".join(answers))
        elif not self._closed:
            session = self._session
            if session is not None:
                session.note_read()
            if session is None or not session.end_of_input():
                self.close()

    def write(self, data: bytes) -> None:
        """Send lines, each in a frame of its own; see ``LineConnection.write``."""
        super().write(self._framer.framed(data))

    def close(self) -> None:
        """Send the bytes that wait and a close frame, then close."""
        if not self._closed:
            self._closed = True
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            super().write(b"".join(self._protocol.data_to_send()))
        super().close()
