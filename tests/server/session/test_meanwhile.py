"""What the welcome tells of removals; ``tests/scripts/a-member-is-removed-while-away.txt`` has the rest."""

from __future__ import annotations

import pytest

from chatapp.protocol.names import CHANNEL_CHARS_MAX
from chatapp.server import administrating

LONG = "#" + "n" * (CHANNEL_CHARS_MAX - 1)
DAY = "2026-01-01 00:16 UTC"


@pytest.fixture
def room(make_world):
    """A channel with a long name, whose founder is alice and whose member carol is not connected."""
    world = make_world(accounts="alice carol")
    world.enter("alice")
    world.enter("carol")
    world.channel(LONG, "alice carol")
    world.actors["carol"].hang_up()
    world.deaf()
    return world


def welcome(world):
    """Let carol sign in; return what she is told after the message of the day."""
    heard = world.connect("carol", says="PASS carol:sesame\nNICK x\nUSER x 0 * :x").hear()
    return heard[heard.index(":s 422 carol :There is no message of the day.") + 1 :]


def test_a_reason_without_room_has_a_line_of_its_own(room):
    """ "Lines are never cut": a reason that the server has accepted is told."""
    reason = "é" * (room.services.config.topic_bytes_max // 2)
    assert room.actors["alice"].ask(f"KICK {LONG} carol :{reason}")[-1].endswith(reason)
    assert welcome(room) == [
        f":s NOTICE carol :You were removed from {LONG} by alice on {DAY}.",
        f":s NOTICE carol :Why: {reason}",
    ]


def test_a_removal_on_the_servers_machine(room):
    """``chat kick`` has no nick: its KICK is from the server, and so is the removal."""
    room.run(administrating.kick(room.services, "carol", LONG, "too loud"))
    room.deaf()
    assert welcome(room) == [f":s NOTICE carol :You were removed from {LONG} by the server on {DAY}: too loud"]
