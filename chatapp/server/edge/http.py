"""HTTP on the port: requests are parsed and answers are written by h11; ``site.py`` has the answers.

What keeps a connection within bounds:

- The head of a request has at most HEAD_BYTES_MAX and FIELDS_MAX, and all of it must arrive within ``one_shot_s``. The
  next request may follow on the same connection, within the same time. ``Services.one_shots`` bounds the number of
  connections.
- A request has no content. The connection ends after a request that announces some, so no two parsers can disagree
  about where it ends (request smuggling). The same holds for heads that other parsers may read differently.
- Requests that were sent without waiting (pipelining) are answered in order: one in each turn of the event loop, and
  none while the peer does not read.
- Each address has a token bucket for requests.

Spec: RFC 9112.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

import h11

from chatapp import __version__
from chatapp.auth import address_key
from chatapp.server import refusals
from chatapp.server.edge.answers import OVER_TLS, SECURITY, Answer, date, last_words, sentence
from chatapp.server.edge.connection import NewSession
from chatapp.server.edge.one_shot import OneShot
from chatapp.server.edge.request import Request
from chatapp.server.edge.site import METHODS, WEBSOCKET_PATH, Asked, Site
from chatapp.server.edge.websocket import Framer, Handshake, Refused, WebSocketConnection
from chatapp.server.services import Services

HEAD_BYTES_MAX = 16 * 1024
FIELDS_MAX = 100  # of one request

_END = b"\r\n\r\n"
# Spec: RFC 9112, section 2.2: a recipient "MAY recognize a single LF as a line terminator", and section 5.2: a server
# must reject obsolete line folding or replace it. h11 does both; other programs on the way may not.
_AMBIGUOUS = re.compile(rb"(?<!\r)\n|\n[ \t]")
# The answer to an address that asks too often. It comes before the request is parsed: h11 takes 0.1 ms to read and to
# write, and hundreds of connections may ask in one turn of the event loop.
_TOO_MANY_REQUESTS = sentence(429, refusals.TOO_MANY_REQUESTS, ("Retry-After", "10"))


class Peer(NamedTuple):
    """Who has connected, and how: ``tls`` and ``certificate`` are those of ``wire.py``.

    ``secure``: whether the peer may send passwords over this connection.
    """

    address: str
    local_port: int  # the server's
    secure: bool
    tls: bool
    certificate: str | None


class Shared:
    """What all HTTP connections of a server share (``Services.web``)."""

    def __init__(self, services: Services) -> None:
        """Any thread may call this, once: it reads the files of the page."""
        self.site = Site(services)
        self.texts = Framer(services.loop, text=True)
        self.binaries = Framer(services.loop, text=False)


def shared(services: Services) -> Shared:
    """Return what all HTTP connections share. ``entrance.py`` has loaded it."""
    assert services.web is not None
    found = services.web.result()
    assert isinstance(found, Shared)
    return found


class HttpConnection(OneShot):
    """Answers the requests of one connection, until it closes or becomes a WebSocket."""

    def __init__(self, services: Services, new_session: NewSession, peer: Peer) -> None:
        super().__init__(services)
        self._new_session = new_session
        self._peer = peer
        self._shared = shared(services)
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES_MAX)
        self._received = bytearray()  # not parsed yet
        self._searched = 0  # how many of these bytes have no end of a head in them
        self._scheduled = False  # a call of _take is scheduled
        self._full = False  # the peer does not read what it was sent
        self._paused = False  # reading is paused
        self._ended = False  # the peer has closed its side

    # Bytes that arrive

    def process(self, data: bytes) -> None:
        """Collect the head of a request, then answer it."""
        self._received += data
        if not self._scheduled:
            self._take()
        if len(self._received) > HEAD_BYTES_MAX and (self._scheduled or self._full):
            self._pause()

    def pause_writing(self) -> None:
        """Answer no more requests until the peer has read the answers (called by the event loop)."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on (called by the event loop)."""
        self._full = False
        self._schedule()

    def eof_received(self) -> bool:
        """Close after the answers that are due (called by the event loop when the peer has closed its side)."""
        self._ended = self._scheduled and self._transport is not None and self._transport.can_write_eof()
        return self._ended

    def _pause(self) -> None:
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _read_again(self) -> None:
        if self._transport is not None and self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self.services.loop.call_soon(self._take)

    def _take(self) -> None:
        """Answer the next request if its head has arrived; the request after it gets a turn of its own."""
        self._scheduled = False
        if self._transport is None or self.answered or self._full:
            return
        head = self._cut_head()
        if head is not None:
            self._process(head)
            if self._received:
                self._schedule()
        if not self._scheduled:
            self._read_again()
            if self._ended and self._transport is not None:
                self._transport.close()

    def _cut_head(self) -> bytes | None:
        """Return the head of the next request, and remove it; ``None`` if there is none yet, or it was refused.

        The result does not depend on how the bytes are split over packets.
        """
        received = self._received
        end = received.find(_END, max(0, self._searched - len(_END)))
        length = len(received) if end < 0 else end + len(_END)
        start, self._searched = max(0, self._searched - 2), length
        if _AMBIGUOUS.search(received, start, min(length, HEAD_BYTES_MAX)):
            self._send(sentence(400, refusals.AMBIGUOUS_REQUEST, closes=True))
        elif length > HEAD_BYTES_MAX or (end >= 0 and received.count(b"\r\n", 0, end) > FIELDS_MAX):
            self._send(sentence(431, refusals.REQUEST_TOO_LONG, closes=True))
        elif end >= 0:
            head = bytes(received[:length])
            del received[:length]
            self._searched = 0
            return head
        return None

    # Requests and answers

    def _process(self, head: bytes) -> None:
        """Answer a request."""
        if self._asks_too_often():
            self._received.clear()
            self.answer(last_words(_TOO_MANY_REQUESTS, self.services.clock_ms()))
            return
        parser = self._parser
        try:
            parser.receive_data(head)
            parsed = parser.next_event()
            assert isinstance(parsed, h11.Request)  # as the head is complete
            request = Request(parsed, self.services.host, self._peer.local_port)
            if not request.has_content:
                parser.next_event()  # the end of the request
        except h11.RemoteProtocolError as error:
            hint = error.error_status_hint
            self._send(sentence(hint, refusals.NOT_VALID_HTTP, closes=True))
            return
        answer = self._refusal(request) or self._answer(request, head)
        if answer is not None:
            self._send(answer, request)

    def _asks_too_often(self) -> bool:
        """Take a token for a request from the bucket of the address; return whether there is none."""
        services, now = self.services, self.services.loop.time()
        if not services.rate_limits:
            return False
        key = address_key(self._peer.address)
        if services.limits.http_requests.wait_s(key, now):
            text = "too many HTTP requests from one address; more are refused"
            services.activity.limit_reached("http_requests_per_address_burst", self._peer.address, text)
            return True
        services.limits.http_requests.take(key, now)
        return False

    def _refusal(self, request: Request) -> Answer | None:
        """Return the answer to a request that the server does not take, or ``None``."""
        if request.version not in (b"1.0", b"1.1"):
            return sentence(505, refusals.NOT_HTTP_1, closes=True)
        if not self._may_serve(request):
            return self._redirect(request)
        if request.method not in ("GET", "HEAD"):
            return sentence(405, refusals.USE_GET, ("Allow", METHODS), closes=request.has_content)
        if request.has_content:
            return sentence(400, refusals.REQUEST_WITH_CONTENT, closes=True)
        return None

    def _may_serve(self, request: Request) -> bool:
        """Return whether the page, and so passwords, may go over this connection (DESIGN R7).

        Without TLS, a browser on this machine must also use a name of this machine: a web site elsewhere can let its
        own name point to 127.0.0.1 for a moment (DNS rebinding), and then it reaches whatever listens here.
        """
        peer = self._peer
        if peer.tls or not peer.secure:
            return peer.tls
        return self.services.config.plaintext == "any" or request.uses_own_name

    def _redirect(self, request: Request) -> Answer:
        """Return the answer that sends a browser to the same host and port with TLS."""
        host = f"[{request.host}]" if ":" in request.host else request.host
        target = request.target if request.target.startswith("/") else "/"
        location = f"https://{host}:{request.port}{target}"
        return sentence(
            308, refusals.USE_HTTPS.format(url=location), ("Location", location), closes=request.has_content
        )

    def _answer(self, request: Request, head: bytes) -> Answer | None:
        """Return the answer to a request, or ``None`` if the connection has become a WebSocket."""
        if request.path == WEBSOCKET_PATH:
            return self._upgrade(request, head)
        encodings = request.fields.get("accept-encoding", "")
        return self._shared.site.answer(Asked(request.path, request.host, request.port, self._peer.tls, encodings))

    def _upgrade(self, request: Request, head: bytes) -> Answer | None:
        """Make the connection a WebSocket and return ``None``, or return why not."""
        peer, services, transport = self._peer, self.services, self._transport
        assert transport is not None
        try:
            handshake = Handshake(head, request.authority, peer.tls)
        except Refused as refused:
            return refused.answer
        self._read_again()
        self._transport = None
        services.limits.one_shots.forget(self)
        framer = self._shared.texts if handshake.sends_text else self._shared.binaries
        connection = WebSocketConnection(services, peer.address, peer.tls, peer.certificate, handshake.takes, framer)
        received, self._received = bytes(self._received), bytearray()
        transport.write(handshake.response)
        connection.take_over(transport, received, self._new_session)
        return None

    def _send(self, answer: Answer, request: Request | None = None) -> None:
        """Send an answer; close the connection if no request can follow."""
        transport, parser = self._transport, self._parser
        if transport is None:
            return
        fields = [
            ("Date", date(self.services.clock_ms())),
            ("Server", f"chatapp/{__version__}"),
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.content))),
            *SECURITY,
            *([OVER_TLS] if self._peer.tls else []),
            *answer.fields,
            *([("Connection", "close")] if answer.closes else []),
        ]
        head = h11.Response(status_code=answer.status, headers=fields, reason=HTTPStatus(answer.status).phrase)
        data = parser.send(head) or b""
        if request is None or request.method != "HEAD":
            data += parser.send(h11.Data(data=answer.content)) or b""
        data += parser.send(h11.EndOfMessage()) or b""
        if parser.our_state is h11.DONE and parser.their_state is h11.DONE:
            parser.start_next_cycle()
            transport.write(data)
            self.services.limits.one_shots.add(self, self.services.loop.time())
        else:
            self._received.clear()
            self.answer(data)
