"""MONITOR, and extended-monitor. The quotations are from IRCv3 monitor and extended-monitor."""

from __future__ import annotations

import pytest


@pytest.fixture
def guests(make_world):
    """Make a world that lets guests in."""
    return make_world(accounts="alice", guests=True)


def test_who_is_online_and_who_is_not(world):
    """ "If any of the targets being added are online, the server will generate RPL_MONONLINE"; no name need exist."""
    world.enter("alice")
    world.enter("bob")
    world.play("""
        alice> MONITOR + Bob,carol,nobody,alice
        alice< :s 730 alice :bob!bob@s,alice!alice@s
        alice< :s 731 alice :carol,nobody
        alice> MONITOR S
        alice< :s 730 alice :bob!bob@s,alice!alice@s
        alice< :s 731 alice :carol,nobody
        alice> MONITOR L
        alice< :s 732 alice :Bob,carol,nobody,alice
        alice< :s 733 alice :...
    """)


def test_an_account_connects_and_disconnects(world):
    """730 with the first session of an account, 731 with its last, for all who monitor it, in a channel or not."""
    world.enter("alice")
    world.enter("carol")
    world.play("""
        alice> MONITOR + bob
        alice< :s 731 alice :bob
        carol> MONITOR + BOB
        carol< :s 731 carol :BOB
    """)
    world.enter("bob")
    world.play("""
        alice< :s 730 alice :bob!bob@s
        carol< :s 730 carol :bob!bob@s
    """)
    world.enter("bob", as_="bob2")
    world.actors["bob"].hang_up()
    world.play("")
    world.actors["bob2"].hang_up()
    world.play("""
        alice< :s 731 alice :bob
        carol< :s 731 carol :bob
    """)


def test_guests(guests):
    """A guest is online from its arrival to its leaving; with NICK the old name goes and the new name comes."""
    alice = guests.enter("alice")
    alice.say("MONITOR + gast,gus")
    alice.hear()
    guests.guest("gast")
    guests.play("""
        alice< :s 730 alice :gast!gast@s
        gast> MONITOR + alice
        gast< :s 730 gast :alice!alice@s
        gast> NICK Gast
        gast< :gast!gast@s NICK Gast
        gast> NICK gus
        gast< :Gast!Gast@s NICK gus
        alice< :s 731 alice :Gast
        alice< :s 730 alice :gus!gus@s
        gast> QUIT
        gast< ERROR :...
        gast< <closed>
        alice< :s 731 alice :gus
    """)


def test_a_guest_who_becomes_an_account_stays_online(guests):
    """Its name is the same, so nothing is told but the ACCOUNT."""
    guests.enter("alice", "extended-monitor account-notify")
    guests.guest("gast", "draft/account-registration")
    gast = guests.actors["gast"]
    alice = guests.actors["alice"]
    alice.say("MONITOR + gast")
    alice.hear()
    gast.say("REGISTER * * sesame-sesame")
    assert any("REGISTER SUCCESS" in line for line in gast.hear())
    assert alice.hear() == [":gast!gast@s ACCOUNT gast"]


def test_a_removed_account(world):
    """It is offline from then on, if it was online."""
    world.enter("alice")
    world.enter("bob")
    world.actors["alice"].ask("MONITOR + bob")
    world.write_passwords("alice", "carol")
    world.advance(10)
    world.actors["bob"].hear()
    assert ":s 731 alice :bob" in world.actors["alice"].hear()


def test_remove_and_clear(world):
    """ "No output will be returned for use of this command": and nothing is told of these names afterwards."""
    world.enter("alice")
    world.play("""
        alice> MONITOR + bob,carol,dave
        alice< :s 731 alice :bob,carol,dave
        alice> MONITOR - BOB,nobody
        alice> MONITOR L
        alice< :s 732 alice :carol,dave
        alice< :s 733 alice :...
        alice> MONITOR C
        alice> MONITOR c
        alice> MONITOR L
        alice< :s 733 alice :...
        alice> MONITOR S
        alice> MONITOR - bob
    """)
    world.enter("bob")
    world.enter("carol")
    world.play("")


def test_each_session_has_its_own_list(world):
    """And the list ends with the session."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.play("""
        alice> MONITOR + bob
        alice< :s 731 alice :bob
        alice2> MONITOR L
        alice2< :s 733 alice :...
    """)
    world.actors["alice"].hang_up()
    world.enter("bob")
    world.play("")
    monitors = world.services.presence.monitors
    assert not monitors._lists
    assert not monitors._watchers


def test_added_once(world):
    """ "Targets already in the list MUST NOT be added again": they take no room, and are told of once."""
    world.enter("alice")
    world.play("""
        alice> MONITOR + bob,BOB
        alice< :s 731 alice :bob,BOB
        alice> MONITOR + Bob
        alice< :s 731 alice :Bob
        alice> MONITOR L
        alice< :s 732 alice :bob
        alice< :s 733 alice :...
    """)
    world.enter("bob")
    world.play("alice< :s 730 alice :bob!bob@s")


def test_a_full_list(make_world):
    """734: "the <targets> parameter is the list of targets, as the client sent them, that cannot be added"."""
    world = make_world(accounts="alice", monitor_max=3)
    world.enter("alice")
    world.play("""
        alice> MONITOR + bob,carol,dave,Eve,frank,bob
        alice< :s 731 alice :bob,carol,dave
        alice< :s 734 alice 3 Eve,frank :You watch as many names as you can.
        alice> MONITOR - carol
        alice> MONITOR + Eve
        alice< :s 731 alice :Eve
    """)


def test_long_lists_keep_the_line_limit(world):
    """ "the length of the target list is limited only by the buffer size of 512 chars": so there are several lines."""
    alice = world.enter("alice")
    names = [f"{'n' * 28}{number:03}" for number in range(120)]
    for start in range(0, 120, 10):
        alice.say("MONITOR + " + ",".join(names[start : start + 10]))
    told = alice.hear()
    refused = [line.split(" ")[4] for line in told if line.startswith(":s 734 alice 100 ")]
    assert ",".join(refused).split(",") == names[100:]
    alice.say("MONITOR L")
    told = alice.hear()
    assert told.pop().startswith(":s 733 alice :")
    assert ",".join(line.removeprefix(":s 732 alice :") for line in told).split(",") == names[:100]
    assert all(len(line.encode()) <= 510 for line in told)
    assert len(told) < 10


def test_only_names_can_be_monitored(world):
    """ "'target' MUST be a valid nick as determined by the IRC daemon": no masks, no channels, no rest of a name."""
    world.enter("alice")
    world.play("""
        alice> MONITOR + *!*@127.0.0.1,#lobby,bob,1x
        alice< :s 432 alice *!*@127.0.0.1 :...
        alice< :s 432 alice #lobby :...
        alice< :s 432 alice 1x :...
        alice< :s 731 alice :bob
        alice> MONITOR + ,,
        alice< :s 461 alice MONITOR :...
        alice> MONITOR +
        alice< :s 461 alice MONITOR :...
        alice> MONITOR -
        alice< :s 461 alice MONITOR :...
        alice> MONITOR
        alice< :s 461 alice MONITOR :...
        alice> MONITOR X bob
        alice< :s 400 alice MONITOR :The next word is one of + - C L S, and a space follows it.
        alice> MONITOR +bob
        alice< :s 400 alice MONITOR :...
        alice> MONITOR L
        alice< :s 732 alice :bob
        alice< :s 733 alice :...
    """)


def test_not_before_the_welcome(world):
    """451."""
    world.connect("alice")
    world.play("""
        alice> MONITOR + bob
        alice< :s 451 * :...
    """)


def test_the_limit_is_announced(world):
    """ "This token takes an optional parameter, of the maximum amount of targets a client may have"."""
    world.connect("alice")
    alice = world.actors["alice"]
    alice.say("PASS alice:sesame", "NICK alice", "USER a 0 * :a")
    assert any(" MONITOR=100 " in line for line in alice.hear())


# extended-monitor


def test_extended_monitor(world):
    """ "If away-notify is also enabled, the client will get AWAY notifications for monitored nicks", and so on."""
    world.enter("alice", "extended-monitor away-notify setname")
    world.enter("bob", "setname")
    world.play("""
        alice> MONITOR + bob
        alice< :s 730 alice :bob!bob@s
        bob> AWAY :eating
        bob< :s 306 bob :...
        alice< :bob!bob@s AWAY :eating
        bob> AWAY
        bob< :s 305 bob :...
        alice< :bob!bob@s AWAY
        bob> SETNAME :Robert
        bob< :bob!bob@s SETNAME :Robert
        alice< :bob!bob@s SETNAME :Robert
        alice> MONITOR - bob
        bob> AWAY :eating
        bob< :s 306 bob :...
    """)


def test_only_what_was_negotiated(world):
    """Neither without extended-monitor, nor without the capability of the kind."""
    world.enter("alice", "away-notify setname")
    world.enter("carol", "extended-monitor")
    world.enter("bob")
    for name in "alice", "carol":
        world.actors[name].ask("MONITOR + bob")
    world.deaf()
    world.play("""
        bob> AWAY :eating
        bob< :s 306 bob :...
        bob> SETNAME :Robert
    """)


def test_once_although_they_share_channels(world):
    """A session that monitors a neighbour learns of each change once."""
    world.enter("alice", "extended-monitor away-notify setname")
    world.enter("bob")
    for channel in "#one", "#two":
        world.channel(channel, "alice bob")
    world.actors["alice"].ask("MONITOR + bob")
    world.deaf()
    world.play("""
        bob> AWAY :eating
        bob< :s 306 bob :...
        alice< :bob!bob@s AWAY :eating
        bob> SETNAME :Robert
        alice< :bob!bob@s SETNAME :Robert
    """)


def test_own_name(world):
    """A user may monitor itself; it is told nothing twice."""
    world.enter("alice", "extended-monitor away-notify setname")
    world.play("""
        alice> MONITOR + alice
        alice< :s 730 alice :alice!alice@s
        alice> AWAY :eating
        alice< :s 306 alice :...
        alice> SETNAME :Alicia
        alice< :alice!alice@s SETNAME :Alicia
    """)


def test_connecting_says_enough(world):
    """730 says that the user is here and 731 that it is not: no AWAY follows. Neighbours get an AWAY."""
    world.enter("alice", "extended-monitor away-notify")
    world.enter("carol", "away-notify")
    world.enter("bob")
    world.channel("#room", "bob carol")
    world.actors["alice"].ask("MONITOR + bob")
    world.deaf()
    world.actors["bob"].hang_up()
    world.play("""
        alice< :s 731 alice :bob
        carol< :bob!bob@s AWAY :not connected
    """)
    world.enter("bob")
    world.play("""
        alice< :s 730 alice :bob!bob@s
        carol< :bob!bob@s AWAY
    """)
