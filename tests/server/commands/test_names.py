"""NAMES: who is a member of a channel."""

from __future__ import annotations

import pytest


def test_names(world):
    """All members, whether they are connected or not, with what they are; for everyone who asks."""
    world.enter("alice", "multi-prefix")
    world.enter("bob")
    world.enter("carol")
    world.channel("#room", "alice bob")
    world.actors["bob"].hang_up()
    world.play("""
        alice> NAMES #ROOM
        alice< :s 353 alice = #room :~alice bob
        alice< :s 366 alice #room :End of NAMES list.
        carol> NAMES #room
        carol< :s 353 carol = #room :~alice bob
        carol< :s 366 carol #room :End of NAMES list.
    """)


@pytest.mark.parametrize(("asked", "shown"), [("#none", "#none"), ("", "*"), ("nobody", "nobody"), (":#a b", "*")])
def test_what_has_no_members(world, asked, shown):
    """ "If the channel name is invalid or the channel does not exist, one RPL_ENDOFNAMES"; without one, ``*``."""
    world.enter("alice")
    world.play(f"""
        alice> NAMES {asked}
        alice< :s 366 alice {shown} :End of NAMES list.
    """)


def test_several_channels(world):
    """ "The channel names are evaluated one-by-one", each once; each gets its RPL_ENDOFNAMES."""
    world.enter("alice")
    world.channel("#a,#b", "alice")
    world.play("""
        alice> NAMES #a,#none,,#B,#A
        alice< :s 353 alice = #a :~alice
        alice< :s 366 alice #a :End of NAMES list.
        alice< :s 366 alice #none :End of NAMES list.
        alice< :s 353 alice = #b :~alice
        alice< :s 366 alice #b :End of NAMES list.
    """)


def test_a_channel_that_the_asker_may_not_see(world):
    """ "If the given channel has the secret channel mode set and the user is not joined ..., one RPL_ENDOFNAMES"."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#a", "alice")
    world.actors["alice"].ask("MODE #a +s")
    world.play("""
        bob> NAMES #A
        bob< :s 366 bob #A :End of NAMES list.
        alice> NAMES #A
        alice< :s 353 alice @ #a :~alice
        alice< :s 366 alice #a :End of NAMES list.
    """)


def test_only_so_many_lines(make_world):
    """The lines of an answer are bounded, and the answer says so."""
    people = [f"person{chr(97 + number)}" + "x" * 25 for number in range(20)]
    world = make_world(accounts=" ".join(people), who_max=2, server_name="s" * 63)
    for name in people:
        world.connect(name, says=f"PASS {name}:sesame\nNICK a\nUSER a 0 * :a\nJOIN #a,#b")
    world.deaf()
    heard = world.actors[people[0]].ask("NAMES #a,#b")
    assert [line.split(" ")[1] for line in heard] == ["353", "353", "366", "416", "366"]
