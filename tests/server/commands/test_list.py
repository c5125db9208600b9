"""LIST: which channels there are."""

from __future__ import annotations

import pytest

from chatapp.server.commands import list as list_channels


@pytest.fixture
def world(world):
    """There are #room (two members, a topic), #[x] and #été (one each)."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.channel("#[x],#été", "alice")
    world.actors["alice"].ask("TOPIC #room :what we do")
    world.deaf()
    return world


ROOM, BRACKETS, SUMMER = "#room 2 :what we do", "#[x] 1 :", "#été 1 :"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", [ROOM, BRACKETS, SUMMER]),
        ("#ROOM", [ROOM]),
        ("#room,#none,#été", [ROOM, SUMMER]),
        ("*", [ROOM, BRACKETS, SUMMER]),
        ("#r*", [ROOM]),
        ("#?t?", [SUMMER]),
        ("#[x]", [BRACKETS]),
        ("#[*", [BRACKETS]),
        ("#[!x]", []),
        ("#none", []),
        (":a b", []),
        ("#room,,", [ROOM]),
    ],
)
def test_list(world, asked, found):
    """All channels, or those that the names and masks mean, with the number of members and the topic."""
    lines = "".join(f"bob< :s 322 bob {line}\n" for line in found)
    world.play(f"""
        bob> LIST {asked}
        bob< :s 321 bob Channel :...
        {lines}
        bob< :s 323 bob :End of LIST.
    """)


def test_a_mask_that_is_hard_to_match(world):
    """No mask takes long, however many stars are in it."""
    assert len(world.actors["bob"].ask("LIST " + "#" + "*o" * 240)) == 2


def test_only_so_many(make_world, monkeypatch):
    """Masks are bounded, and so are lines of an answer."""
    monkeypatch.setattr(list_channels, "MASKS_MAX", 2)
    world = make_world(accounts="alice", who_max=2)
    world.enter("alice")
    world.channel("#a,#b,#c,#d", "alice")
    world.play("""
        alice> LIST #a,#b,#c
        alice< :s 321 alice Channel :...
        alice< :s 322 alice #a 1 :
        alice< :s 322 alice #b 1 :
        alice< :s 323 alice :...
        alice> LIST
        alice< :s 321 alice Channel :...
        alice< :s 322 alice #a 1 :
        alice< :s 322 alice #b 1 :
        alice< :s 323 alice :...
    """)
