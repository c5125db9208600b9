"""AWAY: not looking at the screen."""

from __future__ import annotations


def test_away_and_back(world):
    """The user is told (306, 305), its neighbours who asked for it too; what is no change is not told to others."""
    world.enter("alice")
    world.enter("bob", "away-notify")
    world.enter("carol", "away-notify")
    world.channel("#room", "alice bob")
    world.play("""
        alice> AWAY :eating
        alice< :s 306 alice :You are marked as away.
        bob< :alice!alice@s AWAY :eating
        alice> AWAY :eating
        alice< :s 306 alice :You are marked as away.
        alice> AWAY :sleeping
        alice< :s 306 alice :You are marked as away.
        bob< :alice!alice@s AWAY :sleeping
        alice> AWAY
        alice< :s 305 alice :You are no longer marked as away.
        bob< :alice!alice@s AWAY
        alice> AWAY :
        alice< :s 305 alice :You are no longer marked as away.
    """)


def test_who_writes_is_told(world):
    """301 after the message, with the words; the message arrives all the same."""
    world.enter("alice", "echo-message")
    world.enter("bob")
    world.actors["bob"].ask("AWAY :eating")
    world.play("""
        alice> PRIVMSG bob :hi
        alice< :alice!alice@s PRIVMSG bob :hi
        alice< :s 301 alice bob :eating
        bob< :alice!alice@s PRIVMSG bob :hi
        alice> NOTICE bob :hi
        alice< :alice!alice@s NOTICE bob :hi
        bob< :alice!alice@s NOTICE bob :hi
    """)


def test_it_is_the_accounts(world):
    """All connections of an account are away together; with the last of them the words are gone."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.play("""
        alice> AWAY :eating
        alice< :s 306 alice :...
        bob< :alice!alice@s AWAY :eating
        alice2> AWAY
        alice2< :s 305 alice :...
        bob< :alice!alice@s AWAY
        alice> AWAY :eating
        alice< :s 306 alice :...
        bob< :alice!alice@s AWAY :eating
    """)
    world.actors["alice"].hang_up()
    world.play("""
        bob> WHO alice
        bob< :s 352 bob * alice s s alice G :0 alice
        bob< :s 315 bob alice :...
    """)
    world.actors["alice2"].hang_up()
    world.play("""
        bob< :alice!alice@s AWAY :not connected
    """)
    world.enter("alice")
    world.play("""
        bob< :alice!alice@s AWAY
        bob> PRIVMSG alice :hi
        alice< :bob!bob@s PRIVMSG alice :hi
    """)


def test_too_many_words(world):
    """417, and nothing changed."""
    world.enter("alice")
    world.play(f"""
        alice> AWAY :{"é" * 100}
        alice< :s 306 alice :...
        alice> AWAY :{"é" * 100}x
        alice< :s 417 alice :Why you are away has 200 bytes at most. Nothing changed.
    """)
