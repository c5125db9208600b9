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


def test_only_so_many(make_world):
    """What is asked for is bounded, as TARGMAX says; the lines of an answer are bounded, and the answer says so."""
    world = make_world(accounts="alice", who_max=2, list_items_max=2)
    world.enter("alice")
    world.channel("#a,#b,#c,#d", "alice")
    world.play("""
        alice> LIST #a,#b,#c
        alice< :s 407 alice #a :That is too many names at once. Nothing was done.
        alice> LIST #a,#b
        alice< :s 321 alice Channel :...
        alice< :s 322 alice #a 1 :
        alice< :s 322 alice #b 1 :
        alice< :s 323 alice :...
        alice> LIST
        alice< :s 321 alice Channel :...
        alice< :s 322 alice #a 1 :
        alice< :s 322 alice #b 1 :
        alice< :s 416 alice LIST :That is not all: answers have a limit. Ask for less.
        alice< :s 323 alice :...
    """)


def listed(world, asked):
    """Return the names of the channels that bob's LIST shows."""
    heard = world.actors["bob"].ask(f"LIST {asked}")
    assert [heard[0].split(" ")[1], heard[-1].split(" ")[1]] == ["321", "323"]
    return [line.split(" ")[3] for line in heard[1:-1]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (">0", ["#room", "#[x]", "#été"]),
        (">1", ["#room"]),
        ("<2", ["#[x]", "#été"]),
        ("U>1", ["#room"]),
        ("u<2", ["#[x]", "#été"]),
        (">1,<2", []),
        (">0,<3", ["#room", "#[x]", "#été"]),
        ("!#r*", ["#[x]", "#été"]),
        ("!#ROOM,!#[x]", ["#été"]),
        ("!#room,#*o*,#été", ["#été"]),
        ("#* <2", ["#[x]", "#été"]),
        ("#room,#été >1", ["#room"]),
        (":>1", ["#room"]),
        (">x", []),
        ("> ", []),
        (">-1", []),
        ("Z>1", []),
        ("C>", []),
        (">99999999999", []),
        ("!", ["#room", "#[x]", "#été"]),
    ],
)
def test_conditions(world, asked, found):
    """ "M: mask; N: non-matching mask; U: user count". What is no condition is a mask that no channel matches."""
    assert listed(world, asked) == found


def test_times(world):
    """ "C<val" and "C>val": created less, or more, than val minutes ago; T: the same for the time of the topic."""
    world.advance(600)
    world.enter("alice")
    world.enter("bob")
    world.channel("#new", "alice")
    old = ["#room", "#[x]", "#été"]
    assert listed(world, "C<5") == ["#new"]
    assert listed(world, "c>5") == old
    assert listed(world, "C>20") == []
    assert listed(world, "T>5") == ["#room"]
    assert listed(world, "T<5") == []
    world.actors["alice"].say("TOPIC #[x] :brackets")
    world.deaf()
    assert listed(world, "t<5") == ["#[x]"]
    assert listed(world, "C>5,T<5 #*") == ["#[x]"]


def test_channels_that_the_asker_may_not_see(world, monkeypatch):
    """ "A channel that is set to secret will not show up in responses to the LIST ... unless the client is joined"."""
    monkeypatch.setattr(list_channels, "may_see", lambda tables, viewer, channel: viewer.uid in channel.members)
    assert listed(world, "") == ["#room"]
    assert listed(world, "#été") == []
    assert listed(world, "<2") == []
