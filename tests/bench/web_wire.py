"""Connections of the load generator that speak IRC over a WebSocket."""

from __future__ import annotations

import base64
import os
import ssl

from tests.bench.wire import Client, WireError

TEXT, CLOSE = 0x81, 0x88  # the first byte of an unfragmented message, and of a close frame
_MASKED = 0x80
_NO_MASK = bytes(4)  # a mask of zeros changes nothing, and the server cannot tell
_SHORT_MAX = 125  # longer frames have their length in two more bytes


class WebClient(Client):
    """A connection whose lines are messages of the subprotocol ``text.ircv3.net``.

    Each message to a channel has one ``#``, and the heads of frames have none, as the messages are of one length. So
    messages are counted as fast as lines are.
    """

    __slots__ = ()
    mark = b"#"

    def __init__(self, nick: str, host: str, port: int, tls: ssl.SSLContext | None, source: str = "") -> None:
        super().__init__(nick, host, port, tls, source)
        self.sock.settimeout(30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send_some(
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n"
            .encode()
        )  # fmt: skip
        buffer, answer = bytearray(65536), b""
        while b"\r\n\r\n" not in answer:
            try:
                size = self.recv_into(buffer)
            except BlockingIOError:  # TLS: not a whole record yet
                continue
            if not size:
                raise WireError(f"The server closed the connection of {nick} instead of answering.")
            answer += bytes(buffer[:size])
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise WireError(f"{nick} gets no WebSocket: {answer.splitlines()[0].decode()}")
        self.rest = answer.partition(b"\r\n\r\n")[2]
        self.sock.setblocking(False)

    def send(self, data: bytes) -> bool:
        """Send lines, each as a message; see ``Client.send``."""
        return super().send(b"".join(frame(line) for line in data.split(b"\r\n") if line))

    def lines(self, data: bytes) -> list[bytes]:
        """Cut what was received into lines; the start of an unfinished frame is kept."""
        data = self.rest + data
        lines, at = [], 0
        while len(data) >= at + 2:
            length, start = data[at + 1], at + 2
            if length > _SHORT_MAX:
                length, start = int.from_bytes(data[start : start + 2]), start + 2
            if len(data) < start + length:
                break
            if data[at] != TEXT:
                raise WireError(f"{self.nick} received the frame {data[at : start + length]!r}.")
            lines.append(data[start : start + length])
            at = start + length
        self.rest = data[at:]
        return lines


def frame(line: bytes) -> bytes:
    """Return the frame of a client with one message."""
    length = len(line)
    if length <= _SHORT_MAX:
        return bytes((TEXT, _MASKED | length)) + _NO_MASK + line
    return bytes((TEXT, _MASKED | _SHORT_MAX + 1)) + length.to_bytes(2) + _NO_MASK + line
