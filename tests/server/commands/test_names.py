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


def test_one_at_a_time(world):
    """As ISUPPORT says (TARGMAX)."""
    world.enter("alice")
    world.play("""
        alice> NAMES #a,#b
        alice< :s 407 alice #a,#b :Ask for one channel at a time.
    """)
