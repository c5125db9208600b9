"""LUSERS: how many users, connections and channels there are."""

from __future__ import annotations

from chatapp.server.delivery import figures
from chatapp.server.delivery.figures import COUNT_S
from tests.server.support import make_admin


def test_lusers(make_world):
    """ "Servers MUST reply with RPL_LUSERCLIENT and RPL_LUSERME, and SHOULD also include all" others."""
    world = make_world(accounts="alice bob carol", guests=True)
    make_admin(world, "bob")
    make_admin(world, "carol")
    world.enter("alice")
    world.enter("bob")
    world.guest("zoe").hang_up()
    world.enter("bob", as_="bob2")
    world.channel("#one,#two", "alice")
    world.connect("somebody", says="NICK somebody")
    world.advance(COUNT_S)
    world.deaf()
    world.play("""
        alice> LUSERS
        alice< :s 251 alice :Users who are here: 2, 0 of them invisible.
        alice< :s 252 alice 1 :administrator(s) here
        alice< :s 253 alice 1 :connection(s) not signed in yet
        alice< :s 254 alice 2 :channel(s)
        alice< :s 255 alice :Connections to this server: 4.
        alice< :s 265 alice 2 3 :Users of this server: 2, at most 3 so far.
        alice< :s 266 alice 2 3 :Users of all servers: 2, at most 3 so far.
    """)


def test_secret_channels_are_not_counted(world, monkeypatch):
    """A number would tell that there is a secret channel, so it has only what everybody may know of."""
    monkeypatch.setattr(figures, "may_see", lambda tables, viewer, channel: channel.name != "#secret")
    alice = world.enter("alice")
    world.channel("#secret,#open", "alice")
    world.advance(COUNT_S)
    alice.hear()
    assert ":s 254 alice 1 :channel(s)" in alice.ask("LUSERS *.example s")


def test_counting_is_bounded(world, monkeypatch):
    """However often somebody asks, or signs in, channels are counted once in COUNT_S."""
    counted = []
    monkeypatch.setattr(figures, "may_see", lambda tables, viewer, channel: counted.append(1) or True)
    alice = world.enter("alice")
    world.channel("#one", "alice")
    world.advance(COUNT_S)
    for _ in range(5):
        alice.ask("LUSERS")
    world.enter("bob")
    assert len(counted) == 1
