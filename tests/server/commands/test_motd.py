"""MOTD: the message of the day."""

from __future__ import annotations

import pytest


def test_without_one(world):
    """422."""
    world.enter("alice")
    world.play("""
        alice> MOTD
        alice< :s 422 alice :There is no message of the day.
    """)


def test_with_one(make_world):
    """375, a line each, 376; it is part of the welcome, too."""
    world = make_world(accounts="alice", motd=("Be kind.", "", "Have fun."))
    alice = world.connect("alice", says="PASS alice:sesame\nNICK a\nUSER a 0 * :a")
    motd = [
        ":s 375 alice :Message of the day",
        ":s 372 alice :Be kind.",
        ":s 372 alice :",
        ":s 372 alice :Have fun.",
        ":s 376 alice :End of the message of the day.",
    ]
    assert alice.hear()[-5:] == motd
    for asked in ("MOTD", "MOTD s", "MOTD *"):
        assert alice.ask(asked) == motd


@pytest.mark.parametrize(("asked", "shown"), [("other.example", "other.example"), ("x*", "x*"), (":a b", "*")])
def test_another_server(world, asked, shown):
    """ "If <target> is given and a matching server cannot be found, ... ERR_NOSUCHSERVER"."""
    assert world.enter("alice").ask(f"MOTD {asked}") == [f":s 402 alice {shown} :There is no such server."]
