"""The lines after a JOIN, with no-implicit-names. The quotations are from its specification."""

from __future__ import annotations

import pytest

NAMES = ("no-implicit-names", "draft/no-implicit-names")


@pytest.mark.parametrize("name", NAMES)
def test_join(world, name):
    """ "servers MUST NOT send an implicit NAMES reply after sending a JOIN message"; the topic follows as ever."""
    world.enter("bob")
    world.channel("#room", "bob")
    world.actors["bob"].ask("TOPIC #room :what we do")
    world.enter("alice", name)
    world.play("""
        alice> JOIN #room
        alice< :alice!alice@s JOIN #room
        alice< :s 332 alice #room :what we do
        alice< :s 333 alice #room bob!bob@s ...
        bob< :alice!alice@s JOIN #room
    """)


@pytest.mark.parametrize("name", NAMES)
def test_asking(world, name):
    """ "Servers MUST reply to explicit NAMES commands sent by the client as usual"."""
    world.enter("alice", name)
    world.play("""
        alice> JOIN #room
        alice< :alice!alice@s JOIN #room
        alice> NAMES #room
        alice< :s 353 alice = #room :~alice
        alice< :s 366 alice #room :...
    """)


def test_channels_at_the_welcome(world):
    """The channels that an account is in come without members too; each session gets what it negotiated."""
    world.enter("alice")
    world.channel("#room", "alice")
    x = world.connect("x")
    x.ask("CAP REQ no-implicit-names", "NICK alice", "USER a 0 * :a", "PASS alice:sesame")
    assert x.ask("CAP END")[-1] == ":alice!alice@s JOIN #room"
    world.play("""
        x> JOIN #other
        x< :alice!alice@s JOIN #other
        alice< :alice!alice@s JOIN #other
        alice< :s 353 alice = #other :~alice
        alice< :s 366 alice #other :...
    """)
