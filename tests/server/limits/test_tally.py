"""How many connections each address holds."""

from __future__ import annotations

from chatapp.server.limits.tally import Tally
from tests.server.world import CLOSED

FULL = ["ERROR :Your address has too many connections to this server. Close one of them first.", CLOSED]


def test_counts():
    """Each address has its own count, all of an IPv6 /64 one; what has none left takes no room."""
    tally = Tally()
    assert [tally.add(address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [1, 1, 2]
    assert [tally.add(address) for address in ("2001:db8::1", "2001:db8::2", "::ffff:192.0.2.2")] == [1, 2, 2]
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "2001:db8::1", "2001:db8::2", "192.0.2.2"):
        tally.remove(address)
    assert len(tally) == 0


def test_connections_of_one_address(make_world):
    """Beyond ``connections_per_address_max`` a new one is told so and closed; there is room again later."""
    world = make_world(accounts="alice bob", connections_per_address_max=2)
    for name in ("one", "two"):
        world.connect(name, "192.0.2.1", says="NICK x")
    assert world.connect("three", "192.0.2.1").ask("PING 1") == FULL
    world.enter("alice", address="192.0.2.2")
    world.actors["one"].hang_up()
    world.advance(3)
    world.enter("bob", address="192.0.2.1")
    assert world.connect("four", "192.0.2.1").ask("PING 1") == FULL
    world.actors["bob"].vanish()
    world.actors["two"].say("QUIT")
    world.advance(3)
    assert world.connect("five", "192.0.2.1").ask("PING 1") == [":s PONG s :1"]


def test_without_rate_limits(make_world):
    """ "--no-rate-limits: slow nobody down"."""
    world = make_world(connections_per_address_max=1, rate_limits=False)
    world.connect("one", says="NICK x")
    assert world.connect("two").ask("PING 1") == [":s PONG s :1"]
