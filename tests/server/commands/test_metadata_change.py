"""METADATA SET and CLEAR: who changes what, and the limits.

Spec: IRCv3 draft/metadata-2, draft/metadata-3.
"""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK, World

OFFICIAL = (
    "NickServ",
    "ChanServ",
    "Server",
    "admin",
    "\u0410dmin",
    "everyone",
    "Admin (staff)",
    "*** Server",
    "Net",
    "S",
)
TWO, THREE = "batch draft/metadata-2", "batch draft/metadata-3"


def metadata_of(world: World, name: str) -> dict[str, str]:
    """Return the metadata of a user in the state."""
    user = world.services.state.user_named(name)
    assert user is not None
    return user.metadata


def test_a_change_that_changes_nothing(room):
    """ "It is not an error if a client attempts to set a key to its current value or remove a nonexistent key"; in
    draft/metadata-2, removing a key that is not set is KEY_NOT_SET. Nothing is stored.
    """
    room.play("alice> METADATA * SET url :x\nalice< :s 761 alice alice url * :x")
    stored = len(room.disk.rows)
    room.play("""
        alice> METADATA * SET url :x
        alice< :s 761 alice alice url * :x
        alice> METADATA * SET nothing
        alice< :s 766 alice alice nothing :This key is not set.
        alice> METADATA * SET nothing :
        alice< :s 766 alice alice nothing :This key is not set.
        bob> METADATA * SET nothing
        bob< :s FAIL METADATA KEY_NOT_SET bob nothing :This key is not set.
        bob> METADATA * CLEAR
        bob< :s BATCH +{a} metadata bob
        bob< :s BATCH -{a}
    """)
    assert len(room.disk.rows) == stored


def test_clear(room):
    """ "A metadata batch containing one 766 RPL_KEYNOTSET message per cleared key"; in draft/metadata-2, "one
    RPL_KEYVALUE event per cleared key". It is one event.
    """
    for name in ("alice", "bob"):
        room.actors[name].ask("METADATA * SET one :1", "METADATA * SET two :2")
    stored = len(room.disk.rows)
    room.play("""
        alice> METADATA * CLEAR
        alice< :s BATCH +{a} metadata alice
        alice< @batch={a} :s 766 alice alice one :This key is not set.
        alice< @batch={a} :s 766 alice alice two :This key is not set.
        alice< :s BATCH -{a}
        bob> METADATA * CLEAR
        bob< :s BATCH +{b} metadata bob
        bob< @batch={b} :s 761 bob bob one *
        bob< @batch={b} :s 761 bob bob two *
        bob< :s BATCH -{b}
    """)
    assert len(room.disk.rows) == stored + 2
    assert metadata_of(room, "alice") == metadata_of(room, "bob") == {}


def test_of_others(room):
    """ "FAIL METADATA KEY_NO_PERMISSION if the client does not have permission to set keys on the specified target"."""
    room.actors["bob"].ask("METADATA * SET color :#c90076")
    room.play("""
        alice> METADATA bob SET color :red
        alice< :s FAIL METADATA KEY_NO_PERMISSION bob color :You may not set that here.
        alice> METADATA bob SET nothing
        alice< :s FAIL METADATA KEY_NO_PERMISSION bob nothing :You may not set that here.
        alice> METADATA bob CLEAR
        alice< :s FAIL METADATA KEY_NO_PERMISSION bob * :You may not set that here.
        bob> METADATA alice CLEAR
        bob< :s FAIL METADATA KEY_NO_PERMISSION alice * :You may not set that here.
    """)
    assert metadata_of(room, "bob") == {"color": "#c90076"}


def test_an_administrator_only_removes(room):
    """Of another user, "an administrator only removes keys"; the act is in the record."""
    room.actors["bob"].ask("METADATA * SET status :rude", "METADATA * SET url :x")
    room.services.accounts._file.set_admin("alice", True)
    room.advance(1)
    room.deaf()
    room.play("""
        alice> METADATA bob SET status :nice
        alice< :s FAIL METADATA KEY_NO_PERMISSION bob status :You may not set that here.
        alice> METADATA bob SET status
        alice< :s 766 alice bob status :This key is not set.
        alice> METADATA bob CLEAR
        alice< :s BATCH +{a} metadata bob
        alice< @batch={a} :s 766 alice bob url :This key is not set.
        alice< :s BATCH -{a}
    """)
    told = [(act.nick, act.verb, act.target, act.detail) for act in room.services.state.acts[-2:]]
    assert told == [("alice", "metadata", "bob", "status"), ("alice", "metadata", "bob", "url")]


def test_channels(room):
    """Clients set metadata "on channels they administer": operators and higher do. The others read it."""
    room.actors["bob"].ask("METADATA * SUB display-name")
    room.play("""
        bob> METADATA #room SET display-name :The Room
        bob< :s FAIL METADATA KEY_NO_PERMISSION #room display-name :You may not set that here.
        bob> METADATA #room CLEAR
        bob< :s FAIL METADATA KEY_NO_PERMISSION #room * :You may not set that here.
        alice> MODE #room +h bob
        alice< :alice!alice@s MODE #room +h bob
        bob< :alice!alice@s MODE #room +h bob
        bob> METADATA #room SET display-name :The Room
        bob< :s FAIL METADATA KEY_NO_PERMISSION #room display-name :You may not set that here.
        alice> METADATA #ROOM SET display-name :The Room
        alice< :s 761 alice #room display-name * :The Room
        bob< :s METADATA #room display-name * :The Room
        alice> MODE #room +o bob
        alice< :alice!alice@s MODE #room +o bob
        bob< :alice!alice@s MODE #room +o bob
        bob> METADATA #room SET url :x
        bob< :s 761 bob #room url * :x
        alice> RENAME #room #lounge
        alice< ...
        alice< ...
        alice< ...
        alice< ...
        alice< ...
        alice< ...
        bob< ...
        bob< ...
        bob< ...
        bob< ...
        bob< :s BATCH +{m} metadata #lounge
        bob< @batch={m} :s METADATA #lounge display-name * :The Room
        bob< :s BATCH -{m}
        bob> METADATA #lounge LIST
        bob< :s BATCH +{a} metadata #lounge
        bob< @batch={a} :s 761 bob #lounge display-name * :The Room
        bob< @batch={a} :s 761 bob #lounge url * :x
        bob< :s BATCH -{a}
    """)


def test_an_administrator_outside(room):
    """Administrators have rights in any channel, without being a member."""
    carol = room.enter("carol", THREE)
    room.services.accounts._file.set_admin("carol", True)
    room.advance(1)
    room.actors["alice"].ask("MODE #room +si")
    carol.hear()
    assert carol.ask("METADATA #room SET url :x") == [":s 761 carol #room url * :x"]
    assert len(carol.ask("METADATA #room LIST")) == 3


# Limits


def test_the_longest_key_and_value(room):
    """What is within the limits fits in a line."""
    key, value = "k" * 64, "v" * 300
    assert room.actors["alice"].ask(f"METADATA * SET {key} :{value}") == [f":s 761 alice alice {key} * :{value}"]
    assert room.actors["alice"].ask("METADATA * SET heart :->💜<-") == [":s 761 alice alice heart * :->💜<-"]


def test_a_value_that_is_too_long_for_its_channel(room):
    """The line with the value must fit; and after the channel got a longer name, such a value is left out."""
    alice, long = room.actors["alice"], "#" + "é" * 63
    alice.say(f"JOIN {long}")
    alice.hear()
    (line,) = alice.ask(f"METADATA {long} SET {'k' * 64} :{'v' * 300}")
    assert line.startswith(f":s FAIL METADATA INVALID_VALUE {'k' * 64} :")
    alice.ask(f"METADATA {long} SET {'k' * 64} :{'v' * 250}", f"RENAME {long} #{'💜' * 63}")
    assert len(alice.ask(f"METADATA #{'💜' * 63} LIST")) == 2


def test_limits(make_world):
    """A new key beyond the limit is LIMIT_REACHED; "the <Item> parameter of LIMIT_REACHED will be the target"."""
    world = make_world(accounts="alice bob", metadata_keys_max=2)
    world.enter("alice", THREE)
    world.enter("bob", TWO)
    for name in ("alice", "bob"):
        world.actors[name].ask("METADATA * SET one :1", "METADATA * SET two :2")
    world.play("""
        alice> METADATA * SET three :3
        alice< :s FAIL METADATA LIMIT_REACHED SET alice 2 :There can be 2 keys at most. Remove one first.
        bob> METADATA * SET three :3
        bob< :s FAIL METADATA LIMIT_REACHED bob :There can be 2 keys at most. Remove one first.
        alice> METADATA * SET two :II
        alice< :s 761 alice alice two * :II
        alice> METADATA * SET one
        alice< :s 766 alice alice one :This key is not set.
        alice> METADATA * SET three :3
        alice< :s 761 alice alice three * :3
    """)


def test_a_full_disk(room):
    """A value that could not be stored is not set."""
    room.log.failure = FULL_DISK
    (line,) = room.actors["alice"].ask("METADATA * SET url :x")
    assert line.startswith(":s FAIL METADATA CHANGE_NOT_STORED * :")
    room.log.failure = None
    assert metadata_of(room, "alice") == {}


def test_what_is_stored_counts(make_world):
    """ "The bytes that one account or one address can add to the disk per second are limited": also for values."""
    world = make_world(accounts="alice", stored_bytes_burst=2_000, stored_bytes_per_s=100.0)
    alice = world.enter("alice", THREE)
    heard = alice.ask(*(f"METADATA * SET url :{number}{'x' * 290}" for number in range(9)))
    assert 0 < len(heard) < 9
    world.advance(60)
    assert len(heard + alice.hear()) == 9


# Preferences


def test_preferences_follow_the_person(room):
    """``pinned`` and ``muted`` of a conversation "follow a person to all devices", and nobody else sees them."""
    room.enter("alice", TWO, as_="phone")
    for name in ("alice", "phone", "bob"):
        room.actors[name].ask("METADATA * SUB soju.im/pinned soju.im/muted")
    room.play("""
        alice> METADATA #room SET soju.im/pinned 1
        alice< :s 761 alice #room soju.im/pinned private :1
        phone< :s METADATA #room soju.im/pinned private :1
        phone> METADATA bob SET soju.im/muted 1
        phone< :s 761 alice bob soju.im/muted private :1
        alice< :s 761 alice bob soju.im/muted private :1
        alice> METADATA * SET soju.im/pinned 1
        alice< :s 761 alice alice soju.im/pinned private :1
        phone< :s METADATA alice soju.im/pinned private :1
        alice> METADATA #room LIST
        alice< :s BATCH +{a} metadata #room
        alice< @batch={a} :s 761 alice #room soju.im/pinned private :1
        alice< :s BATCH -{a}
        alice> METADATA bob GET soju.im/muted soju.im/pinned
        alice< :s BATCH +{b} metadata bob
        alice< @batch={b} :s 761 alice bob soju.im/muted private :1
        alice< @batch={b} :s 766 alice bob soju.im/pinned :This key is not set.
        alice< :s BATCH -{b}
        alice> METADATA *ALL SYNC
        alice< :s BATCH +{c} metadata *ALL
        alice< @batch={c} :s 761 alice #room soju.im/pinned private :1
        alice< @batch={c} :s 761 alice bob soju.im/muted private :1
        alice< @batch={c} :s 761 alice alice soju.im/pinned private :1
        alice< :s BATCH -{c}
        alice> METADATA #room SET soju.im/pinned 0
        alice< :s 761 alice #room soju.im/pinned private :0
        phone< :s METADATA #room soju.im/pinned private :0
        alice> METADATA #room SET soju.im/pinned 0
        alice< :s 761 alice #room soju.im/pinned private :0
        alice> METADATA * SET soju.im/pinned
        alice< :s 766 alice alice soju.im/pinned :This key is not set.
        phone< :s METADATA alice soju.im/pinned private
    """)
    again = room.enter("alice", TWO, as_="again")
    heard = again.ask("METADATA * SUB soju.im/muted")
    assert heard[2].endswith(" :s METADATA bob soju.im/muted private :1")


def test_preferences_end_with_the_membership(room):
    """A preference about a channel that one is not in cannot be set, and ends when one leaves."""
    carol = room.enter("carol", THREE)
    assert carol.ask("METADATA #room SET soju.im/pinned 1") == [
        ":s FAIL METADATA KEY_NO_PERMISSION #room soju.im/pinned :You may not set that here."
    ]
    room.channel("#room", "carol")
    assert carol.ask("METADATA #room SET soju.im/pinned 1") == [":s 761 carol #room soju.im/pinned private :1"]
    carol.ask("PART #room")
    assert room.services.state.user_named("carol").preferences == {}
    carol.ask("METADATA bob SET soju.im/pinned 1")
    room.services.accounts._file.remove("bob")
    room.advance(1)
    assert room.services.state.user_named("carol").preferences == {}


def test_only_subscribers_are_told_of_preferences(room):
    """The other sessions of the user are told if they have subscribed, and the session that sets it is answered."""
    room.enter("alice", TWO, as_="phone")
    room.enter("alice", THREE, as_="tablet").ask("METADATA * SUB soju.im/muted")
    room.play("""
        alice> METADATA #room SET soju.im/muted 1
        alice< :s 761 alice #room soju.im/muted private :1
        tablet< :s 761 alice #room soju.im/muted private :1
    """)


def test_a_change_costs_two_commands(make_world):
    """ "SET and CLEAR count as two commands", because many sessions may be told."""
    world = make_world(accounts="alice", commands_burst=20, commands_per_s=1.0)
    alice = world.enter("alice", THREE)
    world.advance(60)
    heard = alice.ask(*(f"METADATA * SET url :{number}" for number in range(20)))
    assert len(heard) == 10
    world.advance(60)
    assert len([line for line in alice.hear() if " 761 " in line]) == 10


def test_who_may_not_write_sets_no_metadata_of_its_own(room):
    """Members with a subscription are told of a value, so a muted member sets none; it may remove a value."""
    alice = room.actors["alice"]
    bob = room.enter("bob", THREE)
    alice.ask("METADATA * SUB status display-name")
    bob.ask("JOIN #room", "METADATA * SET status :working")
    alice.ask("MODE #room +b ~m:bob")
    bob.hear()
    assert bob.ask("METADATA * SET status :hear me", "METADATA * SET display-name Loud") == [
        f":s FAIL METADATA KEY_NO_PERMISSION bob {key} :The members of #room would see it, and you may not write there."
        " Leave it first, or ask its operators."
        for key in ("status", "display-name")
    ]
    assert alice.hear() == []
    assert bob.ask("METADATA * SET status") == [":s 766 bob bob status :This key is not set."]


@pytest.mark.parametrize("value", ["a\x1b[31mb", "a\x01b", "\x07", "a\u202eb", "a\u200bb", "a\tb"])
def test_a_value_is_text_that_can_be_seen(room, value):
    """A terminal obeys control characters; SETNAME and display names refuse them too."""
    why = ":A value is text that can be seen."
    assert room.actors["bob"].ask(f"METADATA * SET status :{value}") == [f":s FAIL METADATA VALUE_INVALID {why}"]
    seen = "\U0001f469\u200d\U0001f4bb at work\ufe0f \u0645\u06cc\u200c\u062e"
    assert room.actors["bob"].ask(f"METADATA * SET status :{seen}") == [f":s 761 bob bob status * :{seen}"]


@pytest.mark.parametrize("name", ["eve", "EVE", "eve~1", "Eve (removed)", "\u0435ve", "\U0001f174ve", "gast", "Gast"])
def test_a_display_name_that_looks_like_somebody_who_has_gone(make_world, name):
    """Nor like a guest who is here. History shows a removed account as ``eve``, and as ``eve~1`` later."""
    world = make_world(accounts="alice bob eve", guests=True)
    world.enter("bob", THREE)
    world.guest("gast")
    world.services.accounts._file.remove("eve")
    world.advance(1)
    world.deaf()
    (answer,) = world.actors["bob"].ask(f"METADATA * SET display-name :{name}")
    shown = "gast" if "ast" in name else "eve"
    assert answer.endswith(f" :That looks like {shown}, which is somebody else's name. Take another display name.")


def test_a_display_name_that_looks_like_another_account(room):
    """ "VALUE_INVALID"; letters of other scripts count as the letters that they look like."""
    room.enter("carol", THREE)
    for name in ("alice", "AIice", "\u0430lice", "\uff41lice", "\U0001f170lice", "\U0001f150lice"):
        why = ":That looks like alice, which is somebody else's name. Take another display name."
        room.play(f"""
            bob> METADATA * SET display-name :{name}
            bob< :s FAIL METADATA VALUE_INVALID {why}
            carol> METADATA * SET display-name :{name}
            carol< :s FAIL METADATA INVALID_VALUE display-name {why}
            alice> METADATA * SET display-name :{name}
            alice< :s 761 alice alice display-name * :{name}
        """)
    room.play("""
        carol> METADATA * SET display-name :Alice's sister
        carol< :s 761 carol carol display-name * :Alice's sister
    """)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *[(f"alice{unseen}", "A display name is text") for unseen in "\u3164\u115f\u2800\u034f\u17b4"],
        ("\u3164", "A display name is text"),
        ("alice\ufe0f", "That looks like alice, "),
        ("\u0430\u04cf\u0456\u0441\u0435", "That looks like alice, "),
        ("<alice>", "That looks like alice, "),
        ("alice (founder)", "That looks like alice, "),
        ("[op] AIice", "That looks like alice, "),
        ("alice!", "That looks like alice, "),
        ("--\u24d0lice--", "That looks like alice, "),
        *[(f"{mark}alice", "A display name does not begin with ") for mark in "~&@%+#"],
        ("\uff20alice", "A display name does not begin with "),
        ("#lobby", "A display name does not begin with "),
        *[(name, "That looks like a name of the server") for name in OFFICIAL],
        ("*", "A display name has a letter, "),
        ("-_-", "A display name has a letter, "),
    ],
)
def test_a_display_name_that_deceives(room, name, why):
    """Clients show it in place of the nick: it looks neither like another user or role, nor like the server."""
    room.enter("carol", THREE)
    (told,) = room.actors["carol"].ask(f"METADATA * SET display-name :{name}")
    assert told.startswith(f":s FAIL METADATA INVALID_VALUE display-name :{why}")
    assert room.actors["alice"].ask("METADATA carol GET display-name")[1].endswith("This key is not set.")


@pytest.mark.parametrize("name", ["Carol (home)", "*carol*", "C", "\u2764\ufe0f carol", "\U0001f389", "Server room"])
def test_a_display_name_with_ornaments(room, name):
    """Ornaments around the own name, emoji, and words beside an official name deceive nobody."""
    room.enter("carol", THREE)
    told = room.actors["carol"].ask(f"METADATA * SET display-name :{name}")
    assert told == [f":s 761 carol carol display-name * :{name}"]


def test_the_official_display_name_of_an_administrator(make_world):
    """People take the person for an administrator, and are right."""
    world = make_world(accounts="alice")
    alice = world.enter("alice", THREE)
    world.services.accounts._file.set_admin("alice", True)
    world.advance(1)
    alice.hear()
    assert alice.ask("METADATA * SET display-name Admin") == [":s 761 alice alice display-name * :Admin"]


def test_a_display_name_that_looks_like_another_channel(room):
    """The names that the user may see count; a secret channel is not betrayed. The own name deceives nobody."""
    room.channel("#garden", "bob")
    room.channel("#cellar", "bob")
    room.actors["bob"].say("MODE #cellar +s")
    room.deaf()
    for name in ("#garden", "garden", "#g\u0430rden", "<garden>"):
        room.play(f"""
            alice> METADATA #room SET display-name :{name}
            alice< :s FAIL METADATA INVALID_VALUE display-name :That looks like #garden, which is another channel...
        """)
    for name in ("#cellar", "#room", "Room", "Garden party"):
        room.play(f"""
            alice> METADATA #room SET display-name :{name}
            alice< :s 761 alice #room display-name * :{name}
        """)


def test_an_account_that_is_made_meanwhile(make_world):
    """Judged again when it is applied, with the same answer."""
    world = make_world(accounts="bob")
    bob = world.enter("bob", THREE)
    new = world.connect("dave", says="NICK dave\nUSER d 0 * :d")
    world.log.held = True
    new.say("REGISTER * * long-enough-password")
    bob.say("METADATA * SET display-name Dave")
    world.log.held = False
    world.settle()
    (told,) = bob.hear()
    assert told.startswith(":s FAIL METADATA INVALID_VALUE display-name :That looks like dave, which is ")
