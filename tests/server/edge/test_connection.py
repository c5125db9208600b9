"""A socket <-> lines; telling HTTP and IRC apart; and what is said to those who come without TLS."""

from __future__ import annotations

import itertools

import pytest

from tests.server.world import CLOSED, PORT

STRANGER = "203.0.113.5"
ONLY_TLS = "ERROR :This server is reached with TLS only. Connect to the same port again, with TLS switched on."
STS = f":s CAP * LS :sts=port={PORT}"


def raw(world, name, *, secure=True, tls=False):
    """Connect, and keep bytes as they come."""
    actor = world.connect(name, STRANGER, secure=secure, tls=tls)
    actor.bytes = b""

    def received(data):
        actor.bytes += data

    actor.transport._received = received
    return actor


# HTTP


def request(text):
    """Write a request."""
    return text.replace("\n", "\r\n").encode() + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\nHost: chat.example.org:5000", b"200 OK"),
        ("GET /index.html?x HTTP/1.1\nHost: chat.example.org", b"200 OK"),
        ("HEAD / HTTP/1.1", b"200 OK"),
        ("GET /favicon.ico HTTP/1.1", b"404 Not Found"),
        ("POST / HTTP/1.1\nContent-Length: 0", b"405 Method Not Allowed"),
        ("OPTIONS * HTTP/1.1", b"405 Method Not Allowed"),
        ("PRI * HTTP/2.0", b"405 Method Not Allowed"),
        ("GET / HTTP/1.1\nX: " + "y" * 17_000, b"431 Request Header Fields Too Large"),
    ],
)
@pytest.mark.parametrize("secure", [True, False])
def test_a_browser_gets_an_answer(world, head, status, secure):
    """ "An HTTP request gets a plain page that says what this is and how to join", and then the connection ends."""
    visitor = raw(world, "x", secure=secure)
    data = request(head)
    for start in range(0, len(data), 5_000):
        visitor.feed(data[start : start + 5_000])
    assert visitor.bytes.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert visitor.closed
    head_bytes, _, body = visitor.bytes.partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head_bytes.split(b"\r\n")[1:])
    assert headers[b"Connection"] == b"close"
    assert int(headers[b"Content-Length"]) == len(body) or head.startswith("HEAD")
    assert bool(body) is not head.startswith("HEAD")
    assert world.watch.sessions == {}


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("chat.example.org:6000", "chat.example.org 6000"),
        ("chat.example.org", f"chat.example.org {PORT}"),
        ("[2001:db8::1]:6000", "2001:db8::1 6000"),
        ("[2001:db8::1]", f"2001:db8::1 {PORT}"),
        ("192.0.2.1", f"192.0.2.1 {PORT}"),
        ("192.0.2.1:65536", f"s {PORT}"),
        ("192.0.2.1:x", f"s {PORT}"),
        ("<script>", f"s {PORT}"),
        ("", f"s {PORT}"),
        ("x" * 300, f"s {PORT}"),
    ],
)
def test_the_page_says_how_to_join(world, host, shown):
    """With the host and port that the visitor knows, as the port may be forwarded, and nothing that could do harm."""
    visitor = raw(world, "x")
    visitor.feed(request(f"GET / HTTP/1.1\nhost: {host}"))
    page = visitor.bytes.decode()
    assert f"chat connect {shown} --trust SHA256:" in page
    assert "<script>" not in page


@pytest.mark.parametrize("sign_up", ["open", "closed"])
def test_the_page_says_how_to_get_an_account(make_world, sign_up):
    """From an IRC client too, where people can sign up."""
    visitor = raw(make_world(sign_up=sign_up), "x")
    visitor.feed(request("GET / HTTP/1.1\nHost: chat.example:5000"))
    page = visitor.bytes.decode()
    assert "<h2>No account yet?</h2>" in page
    assert ("/quote REGISTER NAME * PASSWORD" in page) is (sign_up == "open")
    assert ("Ask who runs this server for one." in page) is (sign_up == "closed")
    assert ("<pre>/connect -tls -notls_verify -tls_pinned_pubkey " in page) is (sign_up == "open")


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_request_in_two_pieces(world, cut):
    """ "Any split of the incoming bytes gives the same result": the first bytes tell, however they come."""
    data = request("GET / HTTP/1.1\nHost: x")
    visitor = raw(world, "x")
    visitor.feed(data[:cut])
    visitor.feed(data[cut:])
    assert visitor.bytes.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "line", [b"PASS alice:sesame", b"PING 1", b"P", b"GETTING x", b"HELP", b"get / HTTP/1.1", b"DEL x"]
)
def test_what_is_not_http(world, line):
    """A line of IRC that begins like a method is a line of IRC, however it is cut."""
    answers = set()
    for cut in range(len(line)):
        actor = world.connect(f"x{cut}")
        actor.feed(line[:cut])
        actor.feed(line[cut:] + b"\r\n")
        heard = actor.hear()
        answers.add(tuple(heard))
        assert not actor.closed
        assert not heard or heard[0].startswith(":s ")
    assert len(answers) == 1


def test_a_visitor_that_says_no_more(world):
    """Its time is bounded, and so is how many there are."""
    visitor = raw(world, "x")
    visitor.feed(b"GET / HTTP/1.1\r\n")
    world.advance(world.config.one_shot_s + 1)
    assert visitor.transport.lost
    assert visitor.bytes == b""


def test_only_so_many_visitors(make_world):
    """The oldest makes room."""
    world = make_world(newcomers_max=2)
    visitors = [raw(world, f"x{number}") for number in range(3)]
    for visitor in visitors:
        visitor.feed(b"GET / HTTP/1.1\r\n")
    assert [visitor.transport.lost for visitor in visitors] == [True, False, False]


# Without TLS


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        (["CAP LS 302", "NICK alice"], [STS, ONLY_TLS]),
        (["cap ls 307"], [STS, ONLY_TLS]),
        (["CAP LS"], [ONLY_TLS]),
        (["CAP LS 301"], [ONLY_TLS]),
        (["CAP LS x"], [ONLY_TLS]),
        (["CAP LS ٣٠٢"], [ONLY_TLS]),
        (["CAP LS " + "9" * 400], [STS, ONLY_TLS]),
        (["CAP REQ :sasl"], [ONLY_TLS]),
        (["PASS alice:sesame", "NICK alice", "USER a 0 * :a"], [ONLY_TLS]),
        (["NICK alice"], [ONLY_TLS]),
        (["AUTHENTICATE PLAIN"], [ONLY_TLS]),
        (["REGISTER * * sesame"], [ONLY_TLS]),
        (["\x00\x01\x02"], [ONLY_TLS]),
        (["x" * 600], [ONLY_TLS]),
    ],
)
def test_without_tls_nothing_is_taken_in(world, lines, answers):
    """ "A password is accepted only over TLS or loopback": the client is told in words, and by sts where it asks."""
    x = world.connect("x", STRANGER, secure=False)
    data = "".join(f"{line}\r\n" for line in lines).encode()
    x.feed(data)
    assert x.hear() == [*answers, CLOSED]
    x.feed(b"PASS alice:sesame\r\n")
    assert x.hear() == []
    assert not world.services.presence.count(world.services.state.user_named("alice").uid)


def test_without_tls_in_pieces(world):
    """The same in any pieces."""
    for number, cut in enumerate(itertools.chain(range(12), [1])):
        x = world.connect(f"x{number}", STRANGER, secure=False)
        data = b"CAP LS 302\r\n"
        x.feed(data[:cut])
        x.feed(data[cut:])
        assert x.hear() == [STS, ONLY_TLS, CLOSED]


def test_without_tls_and_without_an_end(world):
    """A line that never ends is answered when it is too long, and a visitor that says half of it has its time."""
    x = world.connect("x", STRANGER, secure=False)
    x.feed(b"y" * 513)
    assert x.hear() == [ONLY_TLS, CLOSED]
    z = world.connect("z", STRANGER, secure=False)
    z.feed(b"CAP LS")
    world.advance(world.config.one_shot_s + 1)
    assert z.closed


# The end


@pytest.mark.parametrize("end", ["hang_up", "vanish"])
@pytest.mark.parametrize("says", [b"", b"G", b"NICK alice\r\nUS", b"GET / HT"])
def test_ends_at_any_moment(world, end, says):
    """Nothing is left of a connection, wherever it ended."""
    x = world.connect("x")
    if says:
        x.feed(says)
    getattr(x, end)()
    assert world.watch.sessions == {}
    assert len(world.services.one_shots) == 0
