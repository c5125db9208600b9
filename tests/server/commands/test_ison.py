"""ISON: which users are connected. HexChat asks every 15 seconds."""

from __future__ import annotations

import pytest


@pytest.fixture
def world(make_world):
    """alice and zoe, a guest, are connected; bob is connected and away; carol has an account and is not connected."""
    world = make_world(accounts="alice bob carol", guests=True)
    world.enter("alice")
    world.enter("bob").ask("AWAY :eating")
    world.guest("zoe")
    world.deaf()
    return world


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bob", "bob"),
        ("BOB Zoe alice", "bob zoe alice"),
        (":bob zoe", "bob zoe"),
        ("bob :zoe  alice", "bob zoe alice"),
        ("bob bob", "bob bob"),
        ("carol", ""),
        ("nobody bob", "bob"),
        ("nobody", ""),
        ("#room", ""),
        ("*", ""),
        (":", ""),
    ],
)
def test_ison(world, asked, found):
    """ "The last parameter of this numeric (if there are any results) is a list of nicknames" that are present."""
    if asked == ":":
        world.play("alice> ISON :\nalice< :s 461 alice ISON :Usage: ISON <nick> [<nick> ...]")
        return
    world.play(f"""
        alice> ISON {asked}
        alice< :s 303 alice :{found}
    """)


def test_one_reply_that_fits(make_world):
    """Each reply is the whole answer to a client, so there is one, and it keeps to 512 bytes."""
    world = make_world(accounts="alice", server_name="s" * 63)
    alice = world.connect("alice", says="PASS alice:sesame\nNICK a\nUSER a 0 * :a")
    alice.hear()
    (reply,) = alice.ask("ISON " + "alice " * 80)
    names = reply.partition(" :")[2].split(" ")
    assert set(names) == {"alice"}
    assert 500 < len(reply.encode()) <= 510


def test_a_user_who_leaves(world):
    """The answer is about now."""
    world.actors["bob"].hang_up()
    world.deaf()
    world.play("""
        alice> ISON bob zoe
        alice< :s 303 alice :zoe
    """)


def test_users_of_another_server(world):
    """Somebody who is connected to another server of the same log is connected."""
    world.services.presence.is_elsewhere = lambda uid: uid == world.services.state.user_named("carol").uid
    world.play("""
        alice> ISON carol
        alice< :s 303 alice :carol
    """)
