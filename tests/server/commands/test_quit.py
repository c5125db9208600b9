"""QUIT: the client ends its connection."""

from __future__ import annotations

import pytest


def test_an_account_stays_where_it_is(world):
    """ "Leaving is not disconnecting": it is a member still, away, and nobody hears a QUIT."""
    world.enter("alice")
    world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.play("""
        alice> QUIT :bye
        alice< ERROR :Bye.
        alice< <closed>
        bob< :alice!alice@s AWAY :not connected
        bob> NAMES #room
        bob< :s 353 bob = #room :~alice bob
        bob< :s 366 bob #room :End of NAMES list.
        bob> WHO #room
        bob< :s 352 bob #room alice s s alice G~ :0 alice
        bob< :s 352 bob #room bob s s bob H :0 bob
        bob< :s 315 bob #room :End of WHO list.
    """)


@pytest.mark.parametrize(("line", "reason"), [("QUIT", "Quit"), ("QUIT :", "Quit"), ("QUIT :see you", "Quit: see you")])
def test_a_guest_is_gone(make_world, line, reason):
    """ "Only guests quit"; "servers SHOULD prepend <reason> with Quit:"."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    world.play(f"""
        zoe> {line}
        zoe< ERROR :Bye.
        zoe< <closed>
        alice< :zoe!zoe@s QUIT :{reason}
        alice> PRIVMSG zoe :hi
        alice< :s 401 alice zoe :...
    """)


def test_a_reason_too_long_to_be_told(make_world):
    """It is cut: a QUIT cannot be refused."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    room = 510 - len(":zoe!zoe@s QUIT :Quit: ")
    for reason, told in (("r" * room, f"Quit: {'r' * room}"), ("r" * (room + 1), f"Quit: {'r' * room}")):
        world.play(f"""
            zoe> QUIT :{reason}
            zoe< ERROR :Bye.
            zoe< <closed>
            alice< :zoe!zoe@s QUIT :{told}
        """)
        world.guest("zoe")
        world.channel("#room", "zoe")


def test_a_guest_whose_connection_ends(make_world):
    """ "If a client connection is closed without the client issuing a QUIT command ..., the server MUST distribute a
    QUIT".
    """
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    world.actors["zoe"].vanish()
    world.play("""
        alice< :zoe!zoe@s QUIT :Connection closed
    """)


def test_what_comes_behind_is_not_done(world):
    """QUIT ends it, even in one piece with more."""
    world.enter("alice")
    world.enter("bob")
    world.play("""
        alice>> PRIVMSG bob :before
        alice>> QUIT
        alice> PRIVMSG bob :after
        alice< ERROR :Bye.
        alice< <closed>
        bob< :alice!alice@s PRIVMSG bob :before
    """)


def test_before_the_welcome(world):
    """One may leave at any time."""
    world.connect("x")
    world.play("""
        x> QUIT
        x< ERROR :Bye.
        x< <closed>
    """)


def test_the_other_connections_stay(world):
    """ "Several connections of one account are one user": it is away when the last one ends."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.play("""
        alice> QUIT
        alice< ERROR :Bye.
        alice< <closed>
        alice2> QUIT
        alice2< ERROR :Bye.
        alice2< <closed>
        bob< :alice!alice@s AWAY :not connected
    """)


@pytest.mark.parametrize("mode", ["+b ~m:zoe", "+b zoe", "+m", "+M"])
def test_who_may_not_write_quits_without_words(make_world, mode):
    """The reason is a text that the members see, as that of PART is."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    world.actors["alice"].say(f"MODE #room {mode}")
    world.deaf()
    world.play("""
        zoe> QUIT :hear me
        zoe< ERROR :Bye.
        zoe< <closed>
        alice< :zoe!zoe@s QUIT :Quit
    """)
