"""NICK: by what name a session goes."""

from __future__ import annotations

import pytest

from chatapp.protocol.names import NICK_RULE

NICK_FIXED = "You cannot change your nick: it is your account's name. To show another name, use SETNAME."


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("NICK", ":s 431 * :A name is needed."),
        ("NICK :", ":s 431 * :A name is needed."),
        ("NICK 1x", f":s 432 * 1x :{NICK_RULE}"),
        ("NICK #x", f":s 432 * #x :{NICK_RULE}"),
        ("NICK :a b", f":s 432 * * :{NICK_RULE}"),
        ("NICK ::x", f":s 432 * * :{NICK_RULE}"),
        ("NICK *", f":s 432 * * :{NICK_RULE}"),
        ("NICK zoé", f":s 432 * zoé :{NICK_RULE}"),
        ("NICK " + "a" * 33, f":s 432 * {'a' * 33} :{NICK_RULE}"),
        ("NICK " + "a" * 500, f":s 432 * * :{NICK_RULE}"),
    ],
)
def test_what_is_no_name(world, line, answer):
    """432 tells what a name is; what cannot be a parameter is not shown as one."""
    world.connect("x")
    world.play(f"""
        x> {line}
        x< {answer}
    """)


def test_an_account_keeps_its_name(world):
    """ "The name is the nick ... in any client", as it was registered; in another case it is accepted, and no change.

    Not 433: irssi, WeeChat and others put "already in use" in its place.
    """
    world.enter("alice")
    world.play(f"""
        alice> NICK alice
        alice> NICK ALICE
        alice< :s NOTICE alice :Your name stays as it is written: alice.
        alice> NICK other
        alice< :s 447 alice other :{NICK_FIXED}
        alice> NICK bob
        alice< :s 447 alice bob :{NICK_FIXED}
        alice> NICK 1
        alice< :s 432 alice 1 :...
    """)


def test_guests_and_names(make_world):
    """ "A guest can never hold an account's name", nor another guest's; its own it may change."""
    world = make_world(accounts="alice", guests=True)
    world.connect("x")
    world.play("""
        x> USER x 0 * :x
        x> NICK Alice
        x< :s 433 * Alice :That name belongs to an account. Sign in to it, or take another name.
    """)
    assert " 001 zoe " in world.actors["x"].ask("NICK zoe")[0]
    world.connect("y")
    world.play("""
        y> USER y 0 * :y
        y> NICK ZOE
        y< :s 433 * ZOE :That name is taken.
    """)
    world.actors["y"].ask("NICK yve")
    world.play("""
        y> NICK zoe
        y< :s 433 yve zoe :That name is taken.
        y> NICK alice
        y< :s 433 yve alice :That name belongs to an account. Sign in to it, or take another name.
        x> NICK Zed
        x< :zoe!zoe@s NICK Zed
        y> NICK zoe
        y< :yve!yve@s NICK zoe
        y> NICK ZOE
        y< :zoe!zoe@s NICK ZOE
        y> NICK ZOE
    """)


def test_who_hears_of_a_new_name(make_world):
    """Everyone who shares a channel, once, however many channels that are; and nobody else."""
    world = make_world(accounts="alice bob", guests=True)
    world.enter("alice", "server-time")
    world.enter("bob")
    world.guest("zoe")
    world.channel("#a", "alice zoe")
    world.channel("#b", "alice zoe")
    world.play("""
        zoe> NICK zed
        zoe< :zoe!zoe@s NICK zed
        alice< @time={t} :zoe!zoe@s NICK zed
        alice> PRIVMSG #a :hi zed
        zoe< :alice!alice@s PRIVMSG #a :hi zed
        alice> PRIVMSG zoe :gone
        alice< :s 401 alice zoe :...
        alice> PRIVMSG zed :here
        zoe< :alice!alice@s PRIVMSG zed :here
        zoe> PRIVMSG #b :me
        alice< @time={u} :zed!zed@s PRIVMSG #b :me
    """)


def test_two_who_want_one_name(make_world):
    """Judged again when applied: the first in the log has it, and the other is told."""
    world = make_world(guests=True)
    for name in ("x", "y"):
        world.connect(name, says=f"USER {name} 0 * :{name}")
    world.log.held = True
    world.actors["x"].say("NICK zoe")
    world.actors["y"].say("NICK zoe")
    world.log.held = False
    world.settle()
    assert " 001 zoe " in world.actors["x"].hear()[0]
    world.play("""
        y< :s 433 * zoe :That name is taken.
    """)


def test_chghost(make_world):
    """IRCv3 chghost: "When a client username or host is changed, servers MUST send the CHGHOST message".

    The user name of a guest is its nick, so it changes with the nick: CHGHOST comes from "nick!old_user@old_host".
    """
    world = make_world(accounts="alice bob", guests=True)
    world.enter("alice", "chghost")
    world.enter("bob")
    world.guest("gast", "chghost batch labeled-response")
    world.channel("#room", "alice bob gast")
    world.play("""
        gast> @label=1 NICK gus
        gast< @label=1 :s BATCH +{a} labeled-response
        gast< @batch={a} :gast!gast@s NICK gus
        gast< @batch={a} :gus!gast@s CHGHOST gus s
        gast< :s BATCH -{a}
        alice< :gast!gast@s NICK gus
        alice< :gus!gast@s CHGHOST gus s
        bob< :gast!gast@s NICK gus
        gast> PRIVMSG #room :hi
        alice< :gus!gus@s PRIVMSG #room :hi
        bob< :gus!gus@s PRIVMSG #room :hi
    """)


@pytest.mark.parametrize("mode", ["+b ~m:gast", "+m", "+M"])
def test_a_guest_who_may_not_write_keeps_its_nick(make_world, mode):
    """A nick is told to all members, and a mute is of a nick: it must not end with another nick.

    In no specification; 435 is ERR_BANNICKCHANGE of Solanum, "Cannot change nickname while banned on channel".
    """
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("gast")
    world.channel("#room", "alice gast")
    world.actors["alice"].say(f"MODE #room {mode}")
    world.deaf()
    world.play("""
        gast> NICK hear_me
        gast< :s 435 gast hear_me #room :The members of #room would see it, and you may not write there...
        gast> PART #room
        gast< :gast!gast@s PART #room
        alice< :gast!gast@s PART #room
        gast> NICK gus
        gast< :gast!gast@s NICK gus
    """)
