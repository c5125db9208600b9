"""A socket <-> lines; telling HTTP and IRC apart; and what is said to those who come without TLS."""

from __future__ import annotations

import itertools

import pytest

from tests.server.world import CLOSED, PORT

STRANGER = "203.0.113.5"
ONLY_TLS = "ERROR :This server is reached with TLS only. Connect to the same port again, with TLS switched on."
STS = f":s CAP * LS :sts=port={PORT}"


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
    assert len(world.services.limits.one_shots) == 0
