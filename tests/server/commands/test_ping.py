"""PING and PONG."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PING x", ":s PONG s :x"),
        ("ping :two words", ":s PONG s :two words"),
        ("PING :", ":s PONG s :"),
        ("PING x s", ":s PONG s :x"),
        ("PING", ":s 409 alice :..."),
    ],
)
def test_ping(world, line, answer):
    """The same word comes back."""
    world.enter("alice")
    world.play(f"""
        alice> {line}
        alice< {answer}
    """)


def test_a_word_too_long_to_come_back(make_world):
    """ "A line over the limit is answered with 417 and goes nowhere"; one that just fits comes back whole."""
    world = make_world(accounts="alice", server_name="a.rather.long.name.of.a.server.example.org")
    world.connect("x")
    host = world.services.host
    room = 510 - len(f":{host} PONG {host} :")
    world.play(f"""
        x> PING {"w" * room}
        x< :{host} PONG {host} :{"w" * room}
        x> PING {"w" * (room + 1)}
        x< :{host} 417 * :...
    """)


def test_pong_is_not_answered(world):
    """Whatever it says, and whether it was asked for or not."""
    world.enter("alice")
    world.play("""
        alice> PONG
        alice> PONG x
        alice> PONG :999999999999.999999999999999
        alice> PONG 1.2
        alice> PING 1
        alice< :s PONG s :1
    """)
