"""IRC over a WebSocket: the handshake, messages and lines, closing, and the same limits as for every connection."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from chatapp.protocol.message import CLIENT_LINE_BYTES_MAX
from chatapp.server.edge.answers import SECURITY
from chatapp.server.edge.websocket import MESSAGE_BYTES_MAX, Framer, MessageReader
from tests.fakes.clock_loop import ClockLoop
from tests.server.edge.browser import HOST, Browser, WebPage, request

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"
MASK = b"\x37\xfa\x21\x3d"


def frame(opcode, data=b"", fin=True):
    """Write a frame as a client does, with a mask: always the same, because frames are in the names of tests."""
    plain = Frame(Opcode(opcode), data, fin).serialize(mask=False)
    head = bytearray(plain[: len(plain) - len(data)])
    head[1] |= 0x80
    return bytes(head) + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(data))


def raw(first, length, data=b"", mask=b"abcd"):
    """Write a frame by hand: the first byte, and the second with its bit for the mask."""
    return struct.pack("!BB", first, length) + mask + data


TWO = frame(Opcode.TEXT, b"PING 2")
UPGRADE = (
    f"GET /ws HTTP/1.1\nHost: {HOST}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)


# The handshake


@pytest.mark.parametrize(
    ("offered", "chosen", "kind"),
    [
        ((TEXT,), TEXT, Opcode.TEXT),
        ((BINARY,), BINARY, Opcode.BINARY),
        ((BINARY, TEXT), BINARY, Opcode.BINARY),
        ((TEXT, BINARY), TEXT, Opcode.TEXT),
        (("graphql-ws", BINARY), BINARY, Opcode.BINARY),
        ((), None, Opcode.TEXT),
        (("graphql-ws",), None, Opcode.TEXT),
        (("TEXT.ircv3.net",), None, Opcode.TEXT),
    ],
)
def test_subprotocols(world, offered, chosen, kind):
    """ "The server MUST accept any subprotocol it supports, respecting the client's order of preference. If no
    subprotocol can be agreed on, the server MAY continue connection establishment without sending the header."
    """
    page = WebPage(world, subprotocols=offered)
    assert page.opened
    assert page.client.subprotocol == chosen
    assert page.ask_irc("PING 1") == [":s PONG s :1"]
    assert page.kinds == {kind}
    assert {name: page.response.headers[name] for name, _ in SECURITY} == dict(SECURITY)
    assert "Sec-WebSocket-Extensions" not in page.response.headers


def test_no_compression(world):
    """ "No per-message deflate": it is not accepted, and a compressed frame is a violation."""
    page = WebPage(world, fields={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"})
    assert page.opened
    assert "Sec-WebSocket-Extensions" not in page.response.headers
    page.feed(raw(0xC1, 0x81, b"x"))
    assert page.close_code == 1002


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"Upgrade": ""}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "keep-alive"}, 426),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
        ({"Sec-WebSocket-Key": "not base64"}, 400),
        ({"Sec-WebSocket-Version": ""}, 400),
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Sec-WebSocket-Protocol": ",,;"}, 400),
        ({"Content-Length": "5"}, 400),
        ({"X": "y" * 9000}, 400),
    ],
)
def test_a_handshake_that_is_not_valid(world, fields, status):
    """It gets one answer, and the connection closes."""
    page = WebPage(world, fields=fields, more=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    (answer,) = page.take()
    assert answer.status == status
    assert {name: answer.fields[name.lower()] for name, _ in SECURITY} == dict(SECURITY)
    assert answer.fields["connection"] == "close"
    assert answer.fields.get("sec-websocket-version") == (None if fields.keys() & {"X", "Content-Length"} else "13")
    assert page.closed
    assert world.watch.sessions == {}


@pytest.mark.parametrize(
    ("origin", "tls", "opens"),
    [
        (f"https://{HOST}", True, True),
        (None, True, True),
        (f"http://{HOST}", True, False),
        ("https://chat.example", True, False),
        ("https://chat.example:5001", True, False),
        ("https://evil.example:5000", True, False),
        (f"https://{HOST}.evil.example", True, False),
        (f"https://evil.example/{HOST}", True, False),
        ("null", True, False),
        ("", True, False),
        ("http://localhost:5000", False, True),
        ("https://localhost:5000", False, True),
        ("http://localhost:8000", False, False),
    ],
)
def test_whose_page_may_open_it(world, origin, tls, opens):
    """ "The server checks the WebSocket's Origin": only its own page, or a program that is no browser."""
    page = WebPage(world, origin=origin, tls=tls, host=HOST if tls else "localhost:5000", address="127.0.0.1")
    assert page.opened is opens
    if not opens:
        (answer,) = page.take()
        assert (answer.status, page.closed) == (403, True)
        assert world.watch.sessions == {}


def test_the_name_of_a_host_has_no_case(world):
    """A browser writes it in lower case in Origin."""
    assert WebPage(world, host="CHAT.Example:5000", fields={"Host": "CHAT.Example:5000"}).opened


def test_two_origins(world):
    """ "The user agent MUST NOT include more than one Origin header field" (RFC 6454)."""
    answer = Browser(world).ask(f"{UPGRADE}\nOrigin: https://{HOST}\nOrigin: https://{HOST}")
    assert answer.status == 400


def test_without_tls_from_another_machine(world):
    """No passwords in plain text: it is sent to https like every request."""
    page = WebPage(world, tls=False, secure=False, origin=None)
    (answer,) = page.take()
    assert (answer.status, answer.fields["location"]) == (308, f"https://{HOST}/ws")
    assert world.watch.sessions == {}


def test_a_name_that_a_web_site_points_to_this_machine(world):
    """DNS rebinding: Origin and Host agree then, so only the name tells."""
    page = WebPage(world, tls=False, origin="http://evil.example:5000", host="evil.example:5000", address="127.0.0.1")
    (answer,) = page.take()
    assert answer.status == 308


def test_who_one_is(world):
    """What a proxy tells of an address does not count."""
    page = WebPage(world, fields={"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"})
    (session,) = world.watch.sessions
    assert session.wire.address == "203.0.113.5"
    assert session.wire.tls
    assert page.opened


def test_what_follows_the_handshake_at_once(world):
    """Nothing of it is lost, though a client should wait."""
    page = WebPage(world, more=frame(Opcode.TEXT, b"PING 1") + TWO[:5])
    assert page.hear() == [":s PONG s :1"]
    page.feed(TWO[5:])
    assert page.hear() == [":s PONG s :2"]


def test_after_another_request(world):
    """The same connection may have had the page before."""
    first = Browser(world)
    assert first.ask(f"GET / HTTP/1.1\nHost: {HOST}").status == 200
    first.feed(request(UPGRADE))
    assert first.bytes.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert len(world.services.limits.one_shots) == 0
    assert len(world.watch.sessions) == 1


# Messages and lines


def test_a_conversation_across_the_wires(world):
    """ "Everything said is the same as in a terminal and in IRC clients": line for line."""
    page = WebPage(world).enter("alice", "echo-message message-tags")
    binary = WebPage(world, "y", subprotocols=(BINARY,)).enter("carol", "echo-message message-tags")
    bob = world.enter("bob", "echo-message message-tags")
    for who in (page, binary):
        who.say("JOIN #room")
    bob.say("JOIN #room")
    for who in (page, binary, bob):
        who.hear()
    page.say("PRIVMSG #room :grüß dich")
    (said,) = bob.hear()
    assert said.endswith(" :alice!alice@s PRIVMSG #room :grüß dich")
    assert page.hear() == [said]
    assert binary.hear() == [said]
    bob.say("PRIVMSG #room :1", "PRIVMSG #room :2")
    one, two = bob.hear()
    assert page.hear() == binary.hear() == [one, two]


def test_one_line_is_one_message(world):
    """ "Each message MUST consist of a single IRC line", without CR and LF; and many of them are one write."""
    page = WebPage(world)
    writes = page.actor.transport.writes
    page.say("CAP LS 302", "NICK alice", "PASS alice:sesame", "USER a 0 * :a", "CAP END")
    assert len(page.messages) > 10
    assert not [message for message in page.messages if b"\r" in message or b"\n" in message]
    assert page.actor.transport.writes - writes < len(page.messages)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\n\r\n", "\r"])
def test_a_line_end_that_should_not_be_there(world, end):
    """It is ignored where it ends the message, as some older clients send it."""
    assert WebPage(world).ask_irc(f"PING 1{end}") == [":s PONG s :1"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_several_lines_in_a_message(world, end):
    """ "Each message MUST consist of a single IRC line": more are refused, and nobody sees any."""
    page, bob = WebPage(world).enter("alice", "standard-replies"), world.enter("bob")
    (answer,) = page.ask_irc(f"PRIVMSG bob :1{end}PRIVMSG bob :2")
    assert "The line has a NUL, CR or LF in it." in answer
    assert bob.hear() == []
    assert page.ask_irc("PING 1") == [":s PONG s :1"]


def test_messages_without_text(world):
    """ "If you encounter an empty message, silently ignore it" (modern)."""
    page = WebPage(world)
    page.say("", "\r\n", "")
    assert page.ask_irc("PING 1") == [":s PONG s :1"]


def test_text_that_is_not_utf_8_is_never_sent_as_text():
    """ "Servers MUST NOT relay non-UTF-8 content to clients using text messages"; they may replace it."""
    loop = ClockLoop()
    texts, binaries = Framer(loop, text=True), Framer(loop, text=False)
    line = b":a PRIVMSG #b :\xff gr\xc3\xbc\xc3\r\n"
    assert texts.framed(line) == Frame(Opcode.TEXT, ":a PRIVMSG #b :� grü�".encode()).serialize(mask=False)
    assert binaries.framed(line) == Frame(Opcode.BINARY, line[:-2]).serialize(mask=False)
    loop.close()


@given(st.lists(st.binary(max_size=2000).filter(lambda line: line.strip(b"\r\n") == line and b"\r\n" not in line)))
def test_frames_are_those_of_the_library(lines):
    """Each line becomes the frame that ``websockets`` makes of it, whatever its length."""
    loop = ClockLoop()
    framed = Framer(loop, text=False).framed(b"".join(line + b"\r\n" for line in lines))
    assert framed == b"".join(Frame(Opcode.BINARY, line).serialize(mask=False) for line in lines if line)
    loop.close()


def test_frames_are_made_once_for_all(world):
    """ "A frame is serialized once for all recipients of the same bytes", and forgotten after the turn."""
    pages = [WebPage(world, str(number), subprotocols=(TEXT,)) for number in range(3)]
    framer = world.services.web.result().texts
    assert {page.actor.connection._framer for page in pages} == {framer}
    made = []
    frames, framer._frame = framer._frame, lambda lines: made.append(lines) or frames(lines)
    for page, name in zip(pages, ("alice", "bob", "carol"), strict=True):
        page.enter(name).say("JOIN #room")
    bob = world.enter("bob", as_="other")
    for page in pages:
        page.hear()
    made.clear()
    bob.say("PRIVMSG #room :hi")
    assert [page.hear() for page in (pages[0], pages[2])] == [[":bob!bob@s PRIVMSG #room :hi"]] * 2
    assert made == [b":bob!bob@s PRIVMSG #room :hi\r\n"]
    assert framer._framed == {}


def test_what_is_remembered_of_frames_is_bounded():
    """However much is sent in one turn."""
    loop = ClockLoop()
    framer = Framer(loop, text=True)
    for number in range(1000):
        framer.framed(b"%d\r\n" % number)
    assert len(framer._framed) <= 64
    loop.close()


# Frames


def test_fragments(world):
    """A message may come in frames, cut anywhere, also within a character; pings may come in between."""
    page, bob = WebPage(world).enter("alice"), world.enter("bob")
    data = "PRIVMSG bob :grüß dich".encode()
    for cut in range(len(data)):
        page.feed(frame(Opcode.TEXT, data[:cut], fin=False) + frame(Opcode.PING, b"%d" % cut))
        page.feed(frame(Opcode.CONT, b"", fin=False) + frame(Opcode.CONT, data[cut:]))
        assert bob.hear() == [":alice!alice@s PRIVMSG bob :grüß dich"]
        world.advance(0.1)
    assert page.pongs == [b"%d" % cut for cut in range(len(data))]


@given(st.data())
def test_any_split_of_the_bytes(data):
    """The lines do not depend on how the bytes are split over packets, or messages over frames."""
    lines = data.draw(st.lists(st.binary(min_size=1, max_size=300).filter(lambda line: line.strip(b"\r\n") == line)))
    sent = b""
    for line in lines:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(line)), max_size=3)))
        edges = [0, *cuts, len(line)]
        pieces = [line[start:end] for start, end in pairwise(edges)]
        for number, piece in enumerate(pieces):
            sent += frame(Opcode.CONT if number else Opcode.BINARY, piece, fin=number == len(pieces) - 1)
    protocol = ServerProtocol(state=State.OPEN, max_size=MESSAGE_BYTES_MAX)
    reader = MessageReader(protocol, Opcode.BINARY)
    places = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    found = []
    for start, end in pairwise([0, *places, len(sent)]):
        found += reader.feed(sent[start:end])
    assert found == lines
    assert protocol.state is State.OPEN


def test_pings(world):
    """ "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response" with the same data."""
    page = WebPage(world)
    for data in (b"", b"x", b"\xff" * 125):
        page.feed(frame(Opcode.PING, data))
    assert page.pongs == [b"", b"x", b"\xff" * 125]
    page.feed(frame(Opcode.PONG, b"unasked"))
    assert page.ask_irc("PING 1") == [":s PONG s :1"]


# Closing


LONGEST = MESSAGE_BYTES_MAX


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(Opcode.TEXT, b"x" * (LONGEST + 1)), 1009),
        (frame(Opcode.TEXT, b"x" * LONGEST, fin=False) + frame(Opcode.CONT, b"x"), 1009),
        (raw(0x81, 0xFF, struct.pack("!Q", 1 << 62), mask=b""), 1009),
        (frame(Opcode.TEXT, b"\xff"), 1007),
        (frame(Opcode.TEXT, b"\xc3", fin=False) + frame(Opcode.CONT, b"x"), 1007),
        (frame(Opcode.TEXT, "ü".encode()[:1]), 1007),
        (frame(Opcode.BINARY, b"PING 1"), 1003),
        (frame(Opcode.CONT, b"x"), 1002),
        (frame(Opcode.TEXT, b"x", fin=False) + frame(Opcode.TEXT, b"x"), 1002),
        (Frame(Opcode.TEXT, b"PING 1").serialize(mask=False), 1002),
        (raw(0x83, 0x80), 1002),
        (raw(0xC1, 0x80), 1002),
        (raw(0x91, 0x80), 1002),
        (raw(0x09, 0x80), 1002),
        (raw(0x89, 0xFE, b"x" * 200, mask=struct.pack("!H", 126) + b"abcd"), 1002),
        (frame(Opcode.CLOSE, b"\x03"), 1002),
        (frame(Opcode.CLOSE, struct.pack("!H", 1005)), 1002),
        (frame(Opcode.CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
        (frame(Opcode.CLOSE, struct.pack("!H", 1000) + b"bye"), 1000),
        (frame(Opcode.CLOSE, struct.pack("!H", 1001)), 1001),
        (frame(Opcode.CLOSE, struct.pack("!H", 4999)), 4999),
    ],
)
@pytest.mark.parametrize("step", [1, 10_000])
def test_close_codes(world, sent, code, step):
    """Each violation has its code (RFC 6455, section 7.4.1); a close frame is answered with its own code."""
    page = WebPage(world)
    page.say("PING 1")
    for start in range(0, len(sent), step):
        page.feed(sent[start : start + step])
    page.feed(frame(Opcode.TEXT, b"PING 2"))
    assert page.close_code == code
    assert page.hear() == [":s PONG s :1"]
    assert page.closed
    assert world.watch.sessions == {}


def test_the_longest_message(world):
    """A line that is allowed fits, with all its tags; a longer one than IRC allows is refused in words first."""
    page, bob = WebPage(world).enter("alice", "message-tags echo-message"), world.enter("bob", "message-tags")
    tags = "@+x=" + "t" * 4091 + " "
    line = f"{tags}PRIVMSG bob :".ljust(LONGEST, "y")
    assert len(line) == LONGEST == CLIENT_LINE_BYTES_MAX - 2
    (answer,) = page.ask_irc(line)
    assert " 417 " in answer  # for the source takes room, too
    assert page.ask_irc(line[:-100]) == bob.hear()
    assert " 417 " in page.ask_irc("PRIVMSG bob :" + "x" * 600)[0]
    assert not page.closed


def test_the_server_closes(world):
    """What it said before arrives, then a close frame, then the end."""
    page = WebPage(world).enter("alice")
    page.say("QUIT :bye")
    assert page.hear() == ["ERROR :Bye."]
    assert page.close_code == 1000
    assert page.closed


def test_the_server_stops(world):
    """Its words and a close frame go to every WebSocket."""
    page, visitor = WebPage(world).enter("alice"), Browser(world, "y")
    world.run(world.watch._close_all("The server is stopping."))
    assert page.hear()[-1] == "ERROR :The server is stopping."
    assert page.close_code == 1000
    assert visitor.closed


@pytest.mark.parametrize("end", ["hang_up", "vanish"])
@pytest.mark.parametrize("says", [b"", frame(Opcode.TEXT, b"NICK alice"), frame(Opcode.TEXT, b"NICK alice")[:5]])
def test_ends_at_any_moment(world, end, says):
    """Nothing is left of a connection, wherever it ended."""
    page = WebPage(world)
    if says:
        page.feed(says)
    getattr(page.actor, end)()
    assert world.watch.sessions == {}
    assert not world.services.limits.slow_readers


def test_nothing_is_sent_after_the_close_frame(world):
    """The peer takes a frame after it for a violation."""
    page, bob = WebPage(world).enter("alice"), world.enter("bob")
    page.actor.transport.reads = False
    page.feed(frame(Opcode.CLOSE, struct.pack("!H", 1000)))
    bob.say("PRIVMSG alice :too late")
    page.actor.transport.reads = True
    world.settle()
    assert page.hear() == []
    assert page.close_code == 1000


# There are no half-closed TLS connections.
@pytest.mark.parametrize(("code", "tls"), [(1000, True), (1001, True), (1000, False), (1001, False), (None, False)])
def test_what_was_said_before_the_end_is_done(world, code, tls):
    """A page that is left closes at once; what it said is done first, also while its sign-in is not."""
    bob = world.enter("bob")
    page = WebPage(world, tls=tls, host=HOST if tls else "localhost:5000", address="127.0.0.1", origin=None)
    lines = "PASS alice:sesame", "NICK alice", "USER alice 0 * :alice", "CAP END", "PRIVMSG bob :my last word"
    said = b"".join(frame(Opcode.TEXT, line.encode()) for line in lines)
    page.actor.transport.feed(said + (frame(Opcode.CLOSE, struct.pack("!H", code)) if code else b""))
    if code is None:
        page.actor.transport.end()
    world.settle()
    assert bob.hear()[-1].endswith("PRIVMSG bob :my last word")
    assert page.closed
    assert page.close_code == (code or 1000)


# The limits of every connection


def test_who_does_not_sign_in(world):
    """A WebSocket has as much time as any connection."""
    page = WebPage(world)
    world.advance(world.config.newcomer_s + 1)
    assert page.hear() == ["ERROR :You did not sign in in time. Connect again."]
    assert page.close_code == 1000


def test_a_full_server(make_world):
    """It is told in words, after the handshake, which a page cannot read."""
    world = make_world(clients_max=1)
    world.connect("y").say("PING 1")
    page = WebPage(world)
    assert page.hear() == ["ERROR :The server is full. Try again later."]
    assert page.closed


def test_many_that_never_upgrade(make_world):
    """They take no place of those who do, and the oldest makes room."""
    world = make_world(newcomers_max=3, rate_limits=False)
    pages = [WebPage(world, f"p{number}") for number in range(2)]
    idle = [Browser(world, f"x{number}") for number in range(8)]
    for each in idle:
        each.feed(f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n".encode())
    assert [each.closed for each in idle] == [True] * 5 + [False] * 3
    assert [page.ask_irc("PING 1") for page in pages] == [[":s PONG s :1"]] * 2
    world.advance(world.config.one_shot_s + 1)
    assert all(each.closed for each in idle)


def test_a_slow_reader(make_world):
    """ "The same limits and back-pressure as a line session": it loses its connection, and nothing is lost."""
    world = make_world(accounts="alice bob", send_buffer_bytes_max=10_000, rate_limits=False)
    page, bob = WebPage(world).enter("alice"), world.enter("bob")
    page.actor.transport.reads = False
    for number in range(30):
        bob.ask(f"PRIVMSG alice :{number} {'x' * 400}")
        assert page.actor.transport.get_write_buffer_size() < 12_000
    assert page.closed
    again = WebPage(world, "y")
    again.say("PASS alice:sesame", "NICK alice", "USER a 0 * :a")
    assert len([line for line in again.hear() if " PRIVMSG alice " in line]) == 30


def test_a_slow_reader_that_catches_up(make_world):
    """It is answered as fast as it reads, and nothing of it is lost."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000)
    page = WebPage(world).enter("alice")
    page.actor.transport.reads = False
    numbers = [f"{number:0400}" for number in range(40)]
    for number in numbers:
        page.say(f"PING {number}")
    assert 2_000 < page.actor.transport.get_write_buffer_size() < 3_000
    page.actor.transport.reads = True
    world.settle()
    assert [line.rpartition(":")[2] for line in page.hear()] == numbers


def test_who_pings_and_does_not_read(make_world):
    """Pongs that wait count like everything else."""
    world = make_world(send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000, rate_limits=False)
    page = WebPage(world)
    page.actor.transport.reads = False
    for _ in range(300):
        page.feed(frame(Opcode.PING, b"x" * 100))
        assert page.actor.transport.get_write_buffer_size() < 11_000
    assert page.closed


@pytest.mark.parametrize("sent", [frame(Opcode.PING), frame(Opcode.PONG), frame(Opcode.TEXT), frame(Opcode.TEXT, b"x")])
def test_a_flood_of_small_frames(make_world, sent):
    """A frame costs more than its bytes, so that a flood of small ones is slowed soon; then it goes on."""
    world = make_world(receive_bytes_burst=10_000, receive_bytes_per_s=1_000.0)
    page = WebPage(world)
    taken = 0
    while not page.actor.transport._paused:
        page.feed(sent * 10)
        taken += 10
        assert taken < 300
    world.advance(30)
    page.feed(frame(Opcode.PING, b"still here"))
    world.advance(30)
    assert page.pongs[-1:] == [b"still here"]


def test_what_is_read_is_looked_at_in_pieces(make_world):
    """However much comes in one read, other sessions have their turn in between, and all of it is done in order."""
    world = make_world(accounts="alice", rate_limits=False)
    page = WebPage(world).enter("alice")
    page.feed(b"".join(frame(Opcode.TEXT, b"PING %d" % number) for number in range(3_000)))
    assert [line.rpartition(":")[2] for line in page.hear()] == [str(number) for number in range(3_000)]
    assert not page.actor.transport._paused


def test_a_flood_of_lines(make_world):
    """They wait as those of any client do: nothing is lost, and reading pauses."""
    world = make_world(accounts="alice", receive_queue_bytes_max=1_000, commands_burst=20, commands_per_s=10.0)
    page = WebPage(world).enter("alice")
    page.feed(b"".join(frame(Opcode.TEXT, b"PING %d" % number) for number in range(300)))
    assert page.actor.transport._paused
    world.advance(30)
    assert [line.rpartition(":")[2] for line in page.hear() if " PONG " in line] == [str(each) for each in range(300)]
    assert not page.actor.transport._paused


def test_a_message_that_never_ends(make_world):
    """It is bounded as a whole, however small its frames."""
    world = make_world(rate_limits=False)
    page = WebPage(world)
    page.feed(frame(Opcode.TEXT, b"", fin=False))
    for _ in range(LONGEST):
        page.feed(frame(Opcode.CONT, b"x", fin=False) + frame(Opcode.CONT, b"", fin=False))
    assert not page.closed
    page.feed(frame(Opcode.CONT, b"x", fin=False))
    assert page.close_code == 1009


def test_any_bytes_after_the_handshake(make_world):
    """No exception and no hang, whatever comes; then it is closed with a code, or goes on."""
    world = make_world(rate_limits=False)
    opcodes = st.sampled_from([Opcode.CONT, Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG])
    frames = st.builds(
        lambda opcode, data, fin: raw(opcode | (0x80 if fin else 0), 0x80 | len(data), data),
        opcodes,
        st.binary(max_size=120),
        st.booleans(),
    )

    @given(st.lists(frames | st.binary(max_size=40), max_size=8), st.sampled_from([(TEXT,), (BINARY,), ()]))
    def check(pieces, subprotocols):
        page = WebPage(world, subprotocols=subprotocols)
        for piece in pieces:
            page.feed(piece)
        assert page.closed is (page.close_code is not None)
        page.actor.vanish()
        assert world.watch.sessions == {}

    check()
