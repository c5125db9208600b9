"""PART: leaving channels for good."""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK


def test_leaving(world):
    """All of the account's connections leave, and all who are in the channel hear it, with the reason."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob", "server-time message-tags account-tag")
    world.channel("#room", "alice bob")
    world.play("""
        alice> PART #ROOM :enough for today
        alice< :alice!alice@s PART #room :enough for today
        alice2< :alice!alice@s PART #room :enough for today
        bob< @time={t};msgid={m};account=alice :alice!alice@s PART #room :enough for today
        bob> PRIVMSG #room :alone
        alice> PRIVMSG #room :hi
        alice< :s 404 alice #room :You are not in that channel, so you cannot send to it. Join it first.
    """)


def test_leaving_several(world):
    """A list; one is told of each that it cannot leave."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b", "alice")
    world.channel("#c", "bob")
    world.play("""
        alice> PART #a,#c,#none,,#b,#a
        alice< :alice!alice@s PART #a
        alice< :s 442 alice #c :You are not in that channel.
        alice< :s 403 alice #none :There is no such channel.
        alice< :s 403 alice * :There is no such channel.
        alice< :alice!alice@s PART #b
        alice< :s 403 alice #a :There is no such channel.
        alice> PART
        alice< :s 461 alice PART :...
    """)


def test_it_is_for_good(world):
    """Who has left is not brought back by connecting again; who has not, is."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b", "alice bob")
    world.actors["alice"].ask("PART #a")
    world.actors["alice"].hang_up()
    world.deaf()
    alice = world.connect("alice", says="PASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    assert [line for line in alice.hear() if " JOIN " in line] == [":alice!alice@s JOIN #b"]


@pytest.mark.parametrize("target", [":#a b", "#" + "x" * 400, "nobody"])
def test_what_is_no_channel(world, target):
    """403, with the name where it can be shown."""
    world.enter("alice")
    shown = target if target == "nobody" else "*"
    world.play(f"""
        alice> PART {target}
        alice< :s 403 alice {shown} :There is no such channel.
    """)


def test_a_reason_too_long_for_the_others(world):
    """It is cut where the relayed line would exceed 512 bytes, at a character, and who parts is told."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    room = 510 - len(":alice!alice@s PART #room :")
    world.play(f"""
        alice> PART #room :{"r" * room}
        alice< :alice!alice@s PART #room :{"r" * room}
        bob< :alice!alice@s PART #room :{"r" * room}
    """)
    world.channel("#room", "alice")
    world.play(f"""
        alice> PART #room,#none :{"r" * (room - 1)}é
        alice< :alice!alice@s PART #room :{"r" * (room - 1)}
        bob< :alice!alice@s PART #room :{"r" * (room - 1)}
        alice< :s 403 alice #none :...
        alice< :s WARN PART REASON_CUT :Only the first {room - 1} bytes of the text fit. The rest is left out.
    """)


def test_twice_at_once(world):
    """Two connections leave at the same moment: the second one is told that it is out already."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.log.held = True
    world.actors["alice"].say("PART #room")
    world.actors["alice2"].say("PART #room")
    world.log.held = False
    world.settle()
    world.play("""
        alice< :alice!alice@s PART #room
        alice2< :alice!alice@s PART #room
        alice2< :s 442 alice #room :You are not in that channel.
        bob< :alice!alice@s PART #room
    """)


def test_leaving_that_cannot_be_stored(world):
    """One is still in, and what is said comes."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.log.failure = FULL_DISK
    world.play("""
        alice> PART #room
        alice< :s FAIL PART CHANGE_NOT_STORED #room :Not stored: the server's disk is full.
    """)
    world.log.failure = None
    world.play("""
        bob> PRIVMSG #room :still here?
        alice< :bob!bob@s PRIVMSG #room :still here?
    """)
