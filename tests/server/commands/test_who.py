"""WHO: who is in a channel, or on the server, and whether they are here or away."""

from __future__ import annotations

import pytest


@pytest.fixture
def world(make_world):
    """alice and zoe, a guest, are here; bob has set himself away; carol has an account and is not connected."""
    world = make_world(accounts="alice bob carol", guests=True)
    world.enter("alice")
    world.enter("bob")
    world.guest("zoe")
    world.channel("#room", "alice bob")
    world.actors["bob"].ask("AWAY :eating")
    world.actors["alice"].ask("SETNAME :Alice A.")
    world.deaf()
    return world


ALICE, BOB, CAROL, ZOE = (
    "* alice s s alice H :0 Alice A.",
    "* bob s s bob G :0 bob",
    "* carol s s carol G :0 carol",
    "* zoe s s zoe H :0 zoe",
)
IN_ROOM = ["#room alice s s alice H~ :0 Alice A.", "#room bob s s bob G :0 bob"]


@pytest.mark.parametrize(
    ("asked", "found", "end"),
    [
        ("*", [ALICE, BOB, CAROL, ZOE], "*"),
        ("", [ALICE, BOB, CAROL, ZOE], "*"),
        ("0", [ALICE, BOB, CAROL, ZOE], "0"),
        ("#room", IN_ROOM, "#room"),
        ("#ROOM o", IN_ROOM, "#ROOM"),
        ("#none", [], "#none"),
        ("CAROL", [CAROL], "CAROL"),
        ("nobody", [], "nobody"),
        ("*o*", [BOB, CAROL, ZOE], "*o*"),
        ("?o?", [BOB, ZOE], "?o?"),
        ("[a]*", [], "[a]*"),
        (":a b", [], "*"),
    ],
)
def test_who(world, asked, found, end):
    """ "WHO * shows everyone, accounts without a connection included (they are away)"."""
    lines = "".join(f"zoe< :s 352 zoe {line}\n" for line in found)
    world.play(f"""
        zoe> WHO {asked}
        {lines}
        zoe< :s 315 zoe {end} :End of WHO list.
    """)


def test_only_so_many(make_world):
    """The lines of an answer are bounded."""
    world = make_world(accounts="alice bob carol", who_max=2)
    world.enter("alice")
    world.play("""
        alice> WHO *
        alice< :s 352 alice * alice s s alice H :0 alice
        alice< :s 352 alice * bob s s bob G :0 bob
        alice< :s 315 alice * :End of WHO list.
    """)
