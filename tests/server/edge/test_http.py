"""HTTP on the port: what is answered, what is refused, and what bounds a connection."""

from __future__ import annotations

import gzip
import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.server.edge import files
from chatapp.server.edge.answers import SECURITY
from chatapp.server.edge.http import HEAD_BYTES_MAX
from chatapp.server.edge.http_or_irc import looks_like_http, may_become_http
from chatapp.server.edge.one_shot import DROPPED_BYTES_MAX
from tests.server.edge.browser import HOST, Browser, answers, request
from tests.server.world import KEYS, PORT
from tests.support.examples import examples

GET = f"GET / HTTP/1.1\nHost: {HOST}"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Make a page of few files, and return their path."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text('<script type="module" src="{{assets}}/app.js"></script>')
    (folder / "manifest.webmanifest").write_text('{"icons": [{"src": "{{assets}}/icon.svg"}]}')
    script = '"{{assets}}";\n// A comment.\n/**\n * Another.\n */\n\tlet x = 1; // stays\n'
    (folder / "app.js").write_text(script + "let x = 1;\n" * 1000)
    (folder / "view").mkdir()
    (folder / "view" / "part.js").write_text("2")
    (folder / "sw.js").write_text('"{{assets}}";')
    (folder / "notes.txt").write_text("not of the page")
    monkeypatch.setattr("chatapp.server.edge.site.FOLDER", folder)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.[!t]*")):
        name = path.relative_to(folder).as_posix().encode()
        digest.update(b"%s %d\n" % (name, path.stat().st_size) + path.read_bytes())
    return f"/assets/{digest.hexdigest()[:16]}"


# What is at which path


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1", 200),
        ("GET /index.html?x HTTP/1.1", 200),
        ("GET /clients HTTP/1.1", 200),
        ("GET /healthz HTTP/1.1", 200),
        ("HEAD / HTTP/1.1", 200),
        ("HEAD /favicon.ico HTTP/1.1", 404),
        ("GET https://other.example/clients HTTP/1.1", 200),
        ("GET https://other.example HTTP/1.1", 200),
        ("GET /favicon.ico HTTP/1.1", 404),
        ("GET /../config.py HTTP/1.1", 404),
        ("GET /assets/ HTTP/1.1", 404),
        ("GET /assets/../app.py HTTP/1.1", 404),
        ("GET //evil.example HTTP/1.1", 404),
        ("GET /%2e%2e/config.py HTTP/1.1", 404),
        ("GET /ws HTTP/1.1", 426),
        ("HEAD /ws HTTP/1.1", 405),
        ("POST / HTTP/1.1", 405),
        ("PUT /nowhere HTTP/1.1", 405),
        ("DELETE /ws HTTP/1.1", 405),
        ("PATCH / HTTP/1.1", 405),
        ("TRACE / HTTP/1.1", 405),
        ("CONNECT chat.example:443 HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 405),
        ("PRI * HTTP/2.0", 505),
        ("GET / HTTP/1.1\nX: " + "y" * 17_000, 431),
        ("GET / HTTP/1.1\nX: " + "y" * 12_000, 200),
        ("GET / HTTP/1.1" + "\nX: y" * 99, 200),
        ("GET / HTTP/1.1" + "\nX: y" * 100, 431),
    ],
)
def test_an_answer(world, head, status):
    """Each request gets one answer, with the fields that protect the page, and no session is made."""
    visitor = Browser(world)
    data = request(f"{head}\nHost: {HOST}")
    for start in range(0, len(data), 5_000):
        visitor.feed(data[start : start + 5_000])
    (answer,) = visitor.take(head.startswith("HEAD "))
    assert answer.status == status
    assert bool(answer.body) is not head.startswith("HEAD ")
    assert {name: answer.fields[name.lower()] for name, _ in SECURITY} == dict(SECURITY)
    assert "'unsafe" not in answer.fields["content-security-policy"]
    assert answer.fields["cross-origin-opener-policy"] == "same-origin"
    assert answer.fields["cache-control"] == "no-store"
    assert answer.fields["date"] == "Thu, 01 Jan 2026 00:16:40 GMT"
    allowed = "GET" if head.startswith("HEAD") else "GET, HEAD"
    assert answer.fields.get("allow") == (allowed if status == 405 else None)
    assert visitor.closed is (answer.fields.get("connection", "").endswith("close"))
    assert world.watch.sessions == {}


def test_the_health_of_the_server(world):
    """ "/healthz: 200 ok when the server serves; nothing secret"."""
    assert Browser(world).ask(f"GET /healthz HTTP/1.1\nHost: {HOST}").body == b"ok\n"


def test_the_page(world, page):
    """The page is never kept; it and its manifest know where the files are."""
    visitor = Browser(world)
    for path in ("/", "/index.html"):
        answer = visitor.ask(f"GET {path} HTTP/1.1\nHost: {HOST}")
        assert (answer.status, answer.fields["cache-control"]) == (200, "no-store")
        assert answer.fields["content-type"] == "text/html; charset=utf-8"
        assert answer.body.decode() == f'<script type="module" src="{page}/app.js"></script>'
    manifest = visitor.ask(f"GET /manifest.webmanifest HTTP/1.1\nHost: {HOST}")
    assert manifest.fields["content-type"] == "application/manifest+json"
    assert f'"src": "{page}/icon.svg"' in manifest.body.decode()
    # The service worker is beside the page that it keeps, and another one when any file has changed.
    worker = visitor.ask(f"GET /sw.js HTTP/1.1\nHost: {HOST}")
    assert (worker.status, worker.fields["cache-control"]) == (200, "no-store")
    assert worker.body.decode() == f'"{page}";'
    assert "Chat <a" in visitor.ask(f"GET /clients HTTP/1.1\nHost: {HOST}").body.decode()


def test_the_files_of_the_page(world, page):
    """They are kept for ever, as their path has a hash of their contents; all else is not there."""
    visitor = Browser(world)
    script = visitor.ask(f"GET {page}/app.js HTTP/1.1\nHost: {HOST}")
    assert script.fields["cache-control"] == "public, max-age=31536000, immutable"
    assert script.fields["content-type"] == "text/javascript; charset=utf-8"
    # Scripts come without comments, and without spaces that mean nothing.
    assert script.body.startswith(b'"{{assets}}";let x=1;let x=1;')
    assert visitor.ask(f"GET {page}/view/part.js HTTP/1.1\nHost: {HOST}").body == b"2"
    for path in (
        "/assets/0123456789abcdef/app.js",
        f"{page}/notes.txt",
        f"{page}/none.js",
        f"{page}/",
        page,
        "/app.js",
    ):
        assert visitor.ask(f"GET {path} HTTP/1.1\nHost: {HOST}").status == 404


@pytest.mark.parametrize(
    ("takes", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br, gzip;q=0.5", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("xgzip", False),
        ("br", False),
        ("", False),
    ],
)
def test_files_are_compressed(world, page, takes, packed):
    """For those who take it, so that a phone has the page sooner."""
    answer = Browser(world).ask(f"GET {page}/app.js HTTP/1.1\nHost: {HOST}\nAccept-Encoding: {takes}")
    assert (answer.fields.get("content-encoding") == "gzip") is packed
    assert answer.fields["vary"] == "Accept-Encoding"
    body = gzip.decompress(answer.body) if packed else answer.body
    assert body.endswith(b"let x=1;")


def test_the_real_files_can_be_read():
    """What the package has is served, except the README: each file has a kind that is known."""
    kinds = {path.suffix for path in files.FOLDER.rglob("*") if path.is_file()}
    assert kinds <= {*files._KINDS, ".md"}
    assert files.Files().named("clients.css") is not None


def test_nobody_waits_while_the_page_is_loaded(make_world, monkeypatch):
    """The first request loads the page in a thread. The visitors of this moment are answered when it is there."""
    world = make_world(accounts="alice")
    health = f"GET /healthz HTTP/1.1\nHost: {HOST}"
    loading, jobs = world.loop.create_future(), []
    monkeypatch.setattr(world.services, "in_thread", lambda job: jobs.append(job) or loading)
    early, pieces, gone = Browser(world, "x0"), Browser(world, "x1"), Browser(world, "x2")
    early.feed(request(health))
    pieces.feed(b"GE")
    pieces.feed(request(health)[2:40])
    pieces.feed(request(health)[40:])
    gone.feed(request(health))
    gone.actor.vanish()
    late = Browser(world, "x4")
    late.feed(request(health))
    late.actor.entrance.close()
    world.settle()
    assert (late.closed, late.bytes) == (True, b"")
    assert (early.bytes, pieces.bytes, len(jobs)) == (b"", b"", 1)
    world.enter("alice")

    loading.set_result(jobs[0]())
    world.settle()
    for visitor in (early, pieces):
        assert [answer.body for answer in visitor.take()] == [b"ok\n"]
    assert early.ask(health).status == 200
    assert Browser(world, "x3").ask(health).status == 200
    assert len(jobs) == 1


def test_no_page_at_all(make_world):
    """ "--no-web turns it off": one short answer, whatever is asked; and IRC is as before."""
    world = make_world(accounts="alice", web=False)
    for number, text in enumerate((GET, "POST /ws HTTP/1.1", f"GET /ws HTTP/1.1\nHost: {HOST}\nUpgrade: websocket")):
        visitor = Browser(world, f"x{number}")
        answer = visitor.ask(text)
        assert (answer.status, answer.fields["connection"]) == (404, "close")
        assert answer.body == b"There is no web page here. Connect with an IRC client, or with chat connect.\n"
        assert visitor.closed
    world.enter("alice")


# The page for other clients


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
    page = Browser(world).ask(f"GET /clients HTTP/1.1\nhost: {host}").body.decode()
    assert f"chat connect {shown} --trust SHA256:" in page
    assert KEYS.public_key in page
    assert "<script>" not in page
    assert "<style" not in page


@pytest.mark.parametrize("sign_up", ["open", "invite", "closed"])
def test_the_page_says_how_to_get_an_account(make_world, sign_up):
    """From an IRC client too, where people can sign up."""
    world = make_world(sign_up=sign_up)
    page = Browser(world).ask(f"GET /clients HTTP/1.1\nHost: {HOST}").body.decode()
    assert "<h2>No account yet?</h2>" in page
    assert ("/quote REGISTER NAME * PASSWORD" in page) is (sign_up != "closed")
    assert ("/quote INVITATION LINK" in page) is (sign_up == "invite")
    assert ("Open the link in a browser" in page) is (sign_up == "invite")
    assert ("Ask who runs this server for one." in page) is (sign_up == "closed")
    assert ("<pre>/connect -tls -notls_verify -tls_pinned_pubkey " in page) is (sign_up == "open")
    for option in ("tls", "ssl"):  # WeeChat 4, and before
        pin = KEYS.certificate.hex()
        weechat = f"<pre>/server add chat chat.example/5000 -{option} -{option}_fingerprint={pin} -nicks=NAME\n"
        assert (weechat in page) is (sign_up == "open"), page


# Without TLS


@pytest.mark.parametrize(
    ("target", "host", "location"),
    [
        ("/", HOST, f"https://{HOST}/"),
        ("/ws?x=1", "chat.example", f"https://chat.example:{PORT}/ws?x=1"),
        ("//evil.example/", "[2001:db8::1]:6000", "https://[2001:db8::1]:6000//evil.example/"),
        ("/", "evil.example/@x", f"https://s:{PORT}/"),
        ("/", "a@evil.example", f"https://s:{PORT}/"),
        ("/", "", f"https://s:{PORT}/"),
        ("http://evil.example:80/x", HOST, "https://evil.example:80/x"),
        ("http://a@evil.example/x", HOST, f"https://s:{PORT}/x"),
    ],
)
def test_from_other_machines_only_with_tls(world, target, host, location):
    """ "Plain HTTP from other machines is redirected to https" of the same host and port, as passwords would follow."""
    visitor = Browser(world, secure=False, tls=False)
    answer = visitor.ask(f"GET {target} HTTP/1.1\nHost: {host}")
    assert (answer.status, answer.fields["location"]) == (308, location)
    assert "cross-origin-opener-policy" not in answer.fields  # browsers complain of it there
    assert {name: answer.fields[name.lower()] for name, _ in SECURITY} == dict(SECURITY)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_every_method_is_redirected(world, method):
    """Nothing else is answered without TLS."""
    visitor = Browser(world, secure=False, tls=False)
    visitor.feed(request(f"{method} /x HTTP/1.1\nHost: {HOST}"))
    (answer,) = visitor.take(method == "HEAD")
    assert answer.status == 308


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:5000", 200),
        ("LOCALHOST", 200),
        ("chat.localhost:5000", 200),
        ("127.0.0.1:5000", 200),
        ("[::1]:5000", 200),
        ("192.0.2.1", 200),
        ("s:5000", 200),
        ("", 200),
        ("evil.example:5000", 308),
        ("localhost.evil.example:5000", 308),
        ("evil_example:5000", 308),
        ("localhost:99999", 308),
    ],
)
def test_a_foreign_name_that_points_to_this_machine(world, host, status):
    """DNS rebinding: a web site that lets its name point to 127.0.0.1 does not get the page, or a WebSocket."""
    visitor = Browser(world, address="127.0.0.1", tls=False)
    assert visitor.ask(f"GET / HTTP/1.1\nHost: {host}").status == status


def test_any_name_where_everybody_may_come_without_tls(make_world):
    """ "--plaintext any": somebody trusts the network."""
    world = make_world(plaintext="any")
    assert Browser(world, tls=False).ask(f"GET / HTTP/1.1\nHost: {HOST}").status == 200


# Many requests on one connection


def test_the_connection_is_kept(world):
    """ "Keep-alive works"; each request has its time."""
    visitor = Browser(world)
    for _ in range(5):
        assert visitor.ask(GET).status == 200
        world.advance(world.config.one_shot_s - 1)
    assert not visitor.closed
    world.advance(2)
    assert visitor.closed
    assert len(world.services.limits.one_shots) == 0


@pytest.mark.parametrize("text", [f"{GET}\nConnection: close", "GET / HTTP/1.0", "GET / HTTP/1.0\nConnection: x"])
def test_the_connection_is_not_kept(world, text):
    """Where the client wants it closed, or is too old to say."""
    visitor = Browser(world)
    assert visitor.ask(text).fields["connection"] == "close"
    assert visitor.closed


def test_requests_that_do_not_wait(world):
    """Pipelining: all are answered in order."""
    visitor = Browser(world)
    paths = ["/", "/nowhere", "/healthz", "/clients"] * 3
    visitor.feed(b"".join(request(f"GET {path} HTTP/1.1\nHost: {HOST}") for path in paths))
    assert [answer.status for answer in visitor.take()] == [200, 404, 200, 200] * 3
    assert not visitor.closed


def test_requests_that_do_not_wait_and_an_end(world):
    """A client may close its side after the last request: it gets all answers, and then the connection ends."""
    visitor = Browser(world)
    data = request(f"GET /healthz HTTP/1.1\nHost: {HOST}") * 5
    visitor.actor.transport.feed(data)
    visitor.actor.hang_up()
    assert [answer.status for answer in visitor.take()] == [200] * 5
    assert visitor.closed


def test_who_does_not_read(make_world):
    """While the answers wait, no more requests are answered, and no more are read."""
    world = make_world(rate_limits=False)
    visitor = Browser(world)
    transport = visitor.actor.transport
    transport.reads = False
    more = request(GET) * 100
    for _ in range(6):
        visitor.feed(more)
    held = transport.get_write_buffer_size() + len(visitor.actor.connection._received)
    assert held < transport._high + HEAD_BYTES_MAX + len(more) + 10_000
    assert transport._paused
    transport.reads = True
    world.settle()
    assert len(visitor.take()) > 20
    assert not visitor.closed


def test_what_follows_an_answer_is_not_read_for_ever(make_world):
    """An answer that ends the connection is read by the peer, and a flood after it takes no time from others."""
    visitor = Browser(make_world(http_requests_per_address_burst=1), secure=False, tls=False)
    assert visitor.ask(GET).status == 308
    assert visitor.ask(GET).status == 429
    transport = visitor.actor.transport
    for _ in range(DROPPED_BYTES_MAX // 4096):
        visitor.feed(b"x" * 4096)
        assert not transport._paused
    visitor.feed(b"x")
    assert transport._paused


def test_an_address_that_asks_too_often(make_world):
    """Each address has a token bucket; another address is served."""
    world = make_world(http_requests_per_address_burst=3, http_requests_per_address_per_s=1.0)
    first, second, other = Browser(world, "a"), Browser(world, "b"), Browser(world, "c", address="203.0.113.9")
    assert [first.ask(GET).status for _ in range(3)] == [200] * 3
    answer = second.ask(GET)
    assert (answer.status, answer.fields["retry-after"], second.closed) == (429, "10", True)
    assert answer.fields.keys() >= {"date", "content-security-policy"}
    assert other.ask(GET).status == 200
    world.advance(1)
    assert first.ask(GET).status == 200


# What bounds a connection


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_request_in_two_pieces(world, cut):
    """ "Any split of the incoming bytes gives the same result": the first bytes tell, however they come."""
    data = request(GET)
    visitor = Browser(world)
    visitor.feed(data[:cut])
    visitor.feed(data[cut:])
    (answer,) = visitor.take()
    assert answer.status == 200


def test_a_visitor_that_says_no_more(world):
    """Its time is bounded, and so is how many there are."""
    visitor = Browser(world)
    visitor.feed(b"GET / HTTP/1.1\r\n")
    world.advance(world.config.one_shot_s + 1)
    assert visitor.actor.transport.lost
    assert visitor.bytes == b""


def test_a_visitor_that_says_little_at_a_time(world):
    """The time is that of the whole head, and does not begin again with each byte."""
    visitor = Browser(world)
    visitor.feed(b"GET / HTTP/1.1\r\n")
    for _ in range(12):
        visitor.feed(b"x")
        world.advance(1)
    assert visitor.actor.transport.lost


def test_only_so_many_visitors(make_world):
    """The oldest makes room."""
    world = make_world(newcomers_max=2)
    visitors = [Browser(world, f"x{number}") for number in range(3)]
    for visitor in visitors:
        visitor.feed(b"GET / HTTP/1.1\r\n")
    assert [visitor.actor.transport.lost for visitor in visitors] == [True, False, False]


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999999\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 405),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;\nxx\r\nhello\r\n0\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tContent-Length: 9\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: x\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: a\nContent-Length: 9\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: 9\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400),
        ("GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 400),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_a_request_that_others_may_read_differently(make_world, tmp_path, data, status, step):
    """ "Request-smuggling shapes get one answer", and the connection closes: what follows is not read as a request."""
    world = make_world(rate_limits=False)
    visitor = Browser(world)
    sent = (data + SMUGGLED).encode("latin-1")
    for start in range(0, len(sent), step):
        visitor.feed(sent[start : start + step])
    (answer,) = visitor.take()
    assert answer.status == status
    assert answer.fields["connection"] == "close"
    assert visitor.closed


@pytest.mark.parametrize("cut", [0, 1, 2, 4])
def test_an_empty_line_before_the_request(world, cut):
    """ "SHOULD ignore at least one empty line (CRLF) received prior to the request-line" (RFC 9112, section 2.2)."""
    sent = b"\r\n" + request(GET)
    visitor = Browser(world)
    visitor.feed(sent[:cut])
    visitor.feed(sent[cut:])
    assert [answer.status for answer in answers(visitor.bytes)] == [200]


def test_an_empty_line_before_the_first_command(world):
    """It tells neither IRC nor HTTP; an IRC client may send it too."""
    client = Browser(world)
    client.feed(b"\r\n")
    client.feed(b"NICK eve\r\nUSER eve 0 * eve\r\nPING 1\r\n")
    assert b" PONG " in client.bytes


def test_a_line_between_requests(world):
    """An empty line is no request."""
    visitor = Browser(world)
    visitor.feed(request(GET) + b"\r\n" + request(GET))
    assert [answer.status for answer in visitor.take()] == [200, 400]
    assert visitor.closed


HEADS = st.lists(
    st.sampled_from(
        [
            "GET / HTTP/1.1", "HEAD /ws HTTP/1.1", "POST / HTTP/1.0", "GET /ws HTTP/1.1", "Host: x", "Host: localhost",
            "Content-Length: 3", "Content-Length: 0", "Transfer-Encoding: chunked", "Connection: Upgrade, close",
            "Connection: keep-alive", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: text.ircv3.net", "Origin: null",
            "Expect: 100-continue", " folded", "\tfolded", "\x00", "x" * 9_000, ": :", "é: ü", "GET", "0", "5;x=y",
        ]
    )
    | st.text(max_size=20),
    max_size=12,
)  # fmt: skip
ENDS = st.sampled_from(["\r\n", "\r\n", "\r\n", "\r\n\r\n", "\n", "\r", ""])


def test_anything_at_all(make_world):
    """No exception, no hang, bounded memory, and the same answers however the bytes are split."""
    world = make_world(rate_limits=False)

    @settings(max_examples=examples(60))
    @given(HEADS.flatmap(lambda lines: st.tuples(*(st.tuples(st.just(line), ENDS) for line in lines))), st.data())
    def check(lines, data):
        text = "".join(line + end for line, end in lines).encode(errors="surrogateescape")
        sent = data.draw(st.sampled_from([b"GET ", b"", request(GET)])) + text
        if may_become_http(sent) or not looks_like_http(sent):
            sent = b"GET " + sent
        places = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=4)))
        whole, cut = Browser(world, "whole"), Browser(world, "cut")
        whole.feed(sent)
        for start, end in pairwise([0, *places, len(sent)]):
            cut.feed(sent[start:end])
            assert len(getattr(cut.actor.connection, "_received", b"")) <= HEAD_BYTES_MAX + len(sent)
        assert (cut.bytes, cut.closed) == (whole.bytes, whole.closed)
        plain = whole.bytes.partition(b"HTTP/1.1 101")[0]
        if b"HEAD " not in sent:
            assert {answer.status for answer in answers(plain)} <= {200, 308, 400, 404, 405, 426, 431, 501, 505}
        world.advance(200)
        assert whole.closed
        assert cut.closed

    check()
