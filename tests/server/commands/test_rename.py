"""RENAME: another name for the same channel."""

from __future__ import annotations

import pytest


def test_members_hear_of_it_in_their_way(world):
    """ "RENAME" for clients that know it; PART and JOIN, topic and names for the others; the past stays."""
    world.enter("alice", "draft/channel-rename draft/chathistory batch")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["alice"].say("TOPIC #room :about", "PRIVMSG #room :before")
    world.deaf()
    world.play("""
        alice> RENAME #ROOM #lounge :nicer
        alice< :alice!alice@s RENAME #room #lounge :nicer
        bob< :bob!bob@s PART #room :This channel is now #lounge: nicer
        bob< :bob!bob@s JOIN #lounge
        bob< :s 332 bob #lounge :about
        bob< :s 333 bob #lounge alice!alice@s {when}
        bob< :s 353 bob = #lounge :~alice bob
        bob< :s 366 bob #lounge :End of NAMES list.
        bob> PRIVMSG #lounge :hello
        alice< :bob!bob@s PRIVMSG #lounge :hello
        bob> PRIVMSG #room :hello
        bob< :s 403 bob #room :...
    """)
    page = world.actors["alice"].ask("CHATHISTORY LATEST #lounge * 10")[1:-1]
    assert [line.partition(" :")[2] for line in page] == [
        "alice!alice@s PRIVMSG #lounge :before",
        "bob!bob@s PRIVMSG #lounge :hello",
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("RENAME #room", "461 alice RENAME"),
        ("RENAME #none #new", "403 alice #none"),
        ("RENAME #room #OTHER", "FAIL RENAME CHANNEL_NAME_IN_USE #room #OTHER"),
        ("RENAME #room new", "FAIL RENAME CANNOT_RENAME #room new"),
        ("RENAME #room #0ther", "FAIL RENAME CANNOT_RENAME #room #0ther"),
        ("RENAME #room #new :" + "x" * 480, "FAIL RENAME CANNOT_RENAME #room #new"),
        ("RENAME #theirs #new", "482 alice #theirs"),
        ("RENAME #bobs #new", "442 alice #bobs"),
    ],
)
def test_mistakes(world, line, answer):
    """Each gets its answer, and the channel keeps its name."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#other", "alice")
    world.channel("#theirs", "bob alice")
    world.channel("#bobs", "bob")
    assert [each.split(" :")[0] for each in world.actors["alice"].ask(line)] == [f":s {answer}"]
    assert world.services.state.channel_named("#new") is None


def test_the_old_name_looks_free(world):
    """A name that looks like the new name is refused, and one that looks like the old name is not."""
    alice = world.enter("alice")
    alice.ask("JOIN #room", "RENAME #room #lounge")
    assert alice.ask("JOIN #l0unge")[0].startswith(":s 476 alice #l0unge :")
    assert alice.ask("JOIN #r00m")[0] == ":alice!alice@s JOIN #r00m"


def test_a_change_of_case(world):
    """ "#room" becomes "#Room"."""
    world.enter("alice", "draft/channel-rename")
    world.channel("#room", "alice")
    world.play("""
        alice> RENAME #room #Room
        alice< :alice!alice@s RENAME #room #Room :
        alice> RENAME #room #Room
    """)
