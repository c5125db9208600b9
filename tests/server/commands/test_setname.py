"""SETNAME: the display name."""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK

UNSEEN = "\u3164\u115f\u2800\u034f\u17b4"  # characters that are printable for Python, and seen by nobody


def test_setname(world):
    """ "They MUST send the server-to-client version ... to all clients in common channels, as well as to the client
    from which it originated", and "MUST NOT be sent to clients which do not have the capability".
    """
    world.enter("alice", "setname")
    world.enter("alice", "setname", as_="alice2")
    world.enter("bob", "setname server-time")
    world.enter("carol")
    world.channel("#a", "alice bob carol")
    world.channel("#b", "alice bob")
    world.play("""
        alice> SETNAME :Älice A.
        alice< :alice!alice@s SETNAME :Älice A.
        alice2< :alice!alice@s SETNAME :Älice A.
        bob< @time={t} :alice!alice@s SETNAME :Älice A.
        carol> WHO alice
        carol< :s 352 carol * alice s s alice H :0 Älice A.
        carol< :s 315 carol alice :...
        alice> SETNAME :Älice A.
        alice< :alice!alice@s SETNAME :Älice A.
        alice> SETNAME One
        alice< :alice!alice@s SETNAME :One
        alice2< :alice!alice@s SETNAME :One
        bob< @time={u} :alice!alice@s SETNAME :One
    """)


@pytest.mark.parametrize("text", ["Zoë 🎉", "👩\u200d💻 dev", "می\u200cخواهم", "שלום", "❤\ufe0f Zoë", "x" * 128])
def test_display_names_in_all_alphabets(world, text):
    """ "A free-form display name (Unicode)": what people write, with what joins its letters."""
    world.enter("alice", "setname")
    world.play(f"""
        alice> SETNAME :{text}
        alice< :alice!alice@s SETNAME :{text}
    """)


def test_without_the_capability(world):
    """ "The server SHOULD handle it silently"."""
    world.enter("alice")
    world.enter("bob", "setname")
    world.channel("#room", "alice bob")
    world.play("""
        alice> SETNAME :Alice A.
        bob< :alice!alice@s SETNAME :Alice A.
        alice> SETNAME :Alice A.
    """)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (":", "INVALID_REALNAME :A display name is text that can be seen."),
        (":   ", "INVALID_REALNAME :A display name is text that can be seen."),
        (":a\x02b", "INVALID_REALNAME :A display name is text that can be seen."),
        (":\u200d\u200c", "INVALID_REALNAME :A display name is text that can be seen."),
        *[(f":alice{unseen}", "INVALID_REALNAME :A display name is text that can be seen.") for unseen in UNSEEN],
        *[(f":{unseen}", "INVALID_REALNAME :A display name is text that can be seen.") for unseen in UNSEEN],
        (":\ufe0f", "INVALID_REALNAME :A display name is text that can be seen."),
        (":a\u202eb", "INVALID_REALNAME :A display name is text that can be seen."),
        ("x" * 129, "INVALID_REALNAME :A display name has 128 bytes at most."),
        (":" + "é" * 65, "INVALID_REALNAME :A display name has 128 bytes at most."),
    ],
)
def test_what_is_no_display_name(world, text, answer):
    """ "If the server rejects the realname due to invalidity, it MUST send FAIL SETNAME INVALID_REALNAME"."""
    world.enter("alice")
    world.play(f"""
        alice> SETNAME {text}
        alice< :s FAIL SETNAME {answer}
        alice> SETNAME
        alice< :s 461 alice SETNAME :...
    """)


def test_not_stored(world):
    """ "If the server rejects the change for any other reason": CANNOT_CHANGE_REALNAME."""
    world.enter("alice", "setname")
    world.log.failure = FULL_DISK
    world.play("""
        alice> SETNAME :x
        alice< :s FAIL SETNAME CANNOT_CHANGE_REALNAME :Not stored: the server's disk is full.
    """)


@pytest.mark.parametrize("mask", ["~m:bob", "bob"])
def test_who_may_not_write_does_not_talk_in_a_display_name(world, mask):
    """SETNAME is told "to all clients in common channels": a muted member must not write to them that way."""
    world.enter("alice", "setname")
    world.enter("bob", "setname")
    world.channel("#room", "alice bob")
    world.actors["alice"].say(f"MODE #room +b {mask}")
    world.deaf()
    world.play("""
        bob> SETNAME :hear me all the same
        bob< :s FAIL SETNAME CANNOT_CHANGE_REALNAME :The members of #room would see it, and you may not write there...
        alice> MODE #room +v bob
        alice< :alice!alice@s MODE #room +v bob
        bob< :alice!alice@s MODE #room +v bob
        bob> SETNAME :with a voice
        bob< :bob!bob@s SETNAME :with a voice
        alice< :bob!bob@s SETNAME :with a voice
    """)


def test_a_mute_that_comes_first_counts(world):
    """Judged again when it is applied: nobody is told of a name that was proposed before the mute was stored."""
    world.enter("alice", "setname")
    world.enter("bob", "setname")
    world.channel("#room", "alice bob")
    world.log.held = True
    world.actors["alice"].say("MODE #room +b ~m:bob")
    world.actors["bob"].say("SETNAME :quick")
    world.log.held = False
    world.settle()
    assert not any("SETNAME :quick" in line for line in world.actors["alice"].hear())
    assert world.actors["bob"].hear()[-1].startswith(":s FAIL SETNAME CANNOT_CHANGE_REALNAME :")


@pytest.mark.parametrize("mode", ["m", "M"])
def test_the_members_of_a_moderated_channel_are_not_told(make_world, mode):
    """ "Only members with a role write": who shares another channel with the user is told, and the name is kept."""
    world = make_world(accounts="alice carol", guests=True)
    for name in ("alice", "carol"):
        world.enter(name, "setname extended-join batch draft/chathistory draft/event-playback")
    world.guest("gast", "setname")
    world.channel("#room", "alice carol gast")
    world.channel("#other", "carol gast")
    world.actors["alice"].say(f"MODE #room +{mode}")
    world.deaf()
    world.play("""
        gast> SETNAME :hear me
        gast< :gast!gast@s SETNAME :hear me
        carol< :gast!gast@s SETNAME :hear me
        gast> PART #room
        alice< :gast!gast@s PART #room
        carol< :gast!gast@s PART #room
        gast< :gast!gast@s PART #room
        gast> JOIN #room
        alice< :gast!gast@s JOIN #room * :
        carol< :gast!gast@s JOIN #room * :
        gast< :gast!gast@s JOIN #room
        gast< :s 353 gast = #room :~alice carol gast
        gast< :s 366 gast #room :End of NAMES list.
        alice> CHATHISTORY LATEST #room * 1
        alice< :s BATCH +{a} chathistory #room
        alice< @batch={a} :gast!gast@s JOIN #room * :
        alice< :s BATCH -{a}
    """)
