"""USERHOST: whether users are away, and whether they are administrators."""

from __future__ import annotations

import pytest

from tests.server.support import make_admin


@pytest.fixture
def world(make_world):
    """alice is here, bob, an administrator, is away; carol has an account and is not connected; zoe is a guest."""
    world = make_world(accounts="alice bob carol", guests=True)
    make_admin(world, "bob")
    world.enter("alice")
    world.enter("bob").ask("AWAY :eating")
    world.guest("zoe")
    world.deaf()
    return world


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("alice", "alice=+alice@s"),
        ("BOB", "bob*=-bob@s"),
        ("carol", "carol=-carol@s"),
        ("zoe bob", "zoe=+zoe@s bob*=-bob@s"),
        (":zoe bob", "zoe=+zoe@s bob*=-bob@s"),
        ("nobody alice", "alice=+alice@s"),
        ("nobody", ""),
        ("#room", ""),
    ],
)
def test_userhost(world, asked, found):
    """``nickname [isop] "=" isaway hostname``: "-" is away; unknown names are left out; no address is shown."""
    world.play(f"""
        zoe> USERHOST {asked}
        zoe< :s 302 zoe :{found}
    """)


def test_five_names(world):
    """ "The USERHOST command takes up to five nicknames": further names are ignored."""
    (reply,) = world.actors["alice"].ask("USERHOST a b c d alice bob")
    assert reply == ":s 302 alice :alice=+alice@s"


def test_without_a_name(world):
    """ERR_NEEDMOREPARAMS."""
    world.play("""
        alice> USERHOST
        alice< :s 461 alice USERHOST :Usage: USERHOST <nick> [<nick> ...]
        alice> USERHOST :
        alice< :s 461 alice USERHOST :Usage: USERHOST <nick> [<nick> ...]
    """)
