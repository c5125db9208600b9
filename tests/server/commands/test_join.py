"""JOIN: becoming a member of channels."""

from __future__ import annotations

import pytest

from chatapp.protocol.names import CHANNEL_RULE
from tests.server.world import FULL_DISK


def test_joining(world):
    """ "They receive a JOIN message ... After this, they are sent the channel's topic ... [and] a list of users"."""
    world.enter("alice")
    world.enter("bob", "server-time message-tags account-tag extended-join")
    world.play("""
        alice> JOIN #Room
        alice< :alice!alice@s JOIN #Room
        alice< :s 353 alice = #Room :~alice
        alice< :s 366 alice #Room :End of NAMES list.
        alice> TOPIC #room :what we do
        alice< :alice!alice@s TOPIC #Room :what we do
        bob> JOIN #ROOM
        bob< @time={t};msgid={m};account=bob :bob!bob@s JOIN #Room bob :bob
        bob< :s 332 bob #Room :what we do
        bob< :s 333 bob #Room alice!alice@s {when}
        bob< :s 353 bob = #Room :~alice bob
        bob< :s 366 bob #Room :End of NAMES list.
        alice< :bob!bob@s JOIN #Room
    """)


def test_the_read_marker_comes_with_it(world):
    """read-marker: "The command MUST be sent before the RPL_ENDOFNAMES reply for that channel following the JOIN."""
    world.enter("alice", "draft/read-marker")
    world.play("""
        alice> JOIN #room
        alice< :alice!alice@s JOIN #room
        alice< :s MARKREAD #room *
        alice< :s 353 alice = #room :~alice
        alice< :s 366 alice #room :End of NAMES list.
    """)


def test_several_at_once(world):
    """A list; what is wrong with one does not keep from the others; one is in each once."""
    world.enter("alice")
    world.play("""
        alice> JOIN #a,b,#c,#a
        alice< :alice!alice@s JOIN #a
        alice< :s 353 alice = #a :~alice
        alice< :s 366 alice #a :End of NAMES list.
        alice< :s 403 alice b :...
        alice< :alice!alice@s JOIN #c
        alice< :s 353 alice = #c :~alice
        alice< :s 366 alice #c :End of NAMES list.
        alice> JOIN #a
        alice> JOIN #A,#C
    """)


def test_all_connections_of_an_account_join(world):
    """Membership "belongs to the account": each connection is told as if it had joined itself."""
    world.enter("alice")
    world.enter("alice", "extended-join", as_="alice2")
    world.enter("bob")
    world.channel("#room", "bob")
    world.play("""
        alice> JOIN #room
        alice< :alice!alice@s JOIN #room
        alice< :s 353 alice = #room :~bob alice
        alice< :s 366 alice #room :End of NAMES list.
        alice2< :alice!alice@s JOIN #room alice :alice
        alice2< :s 353 alice = #room :~bob alice
        alice2< :s 366 alice #room :End of NAMES list.
        bob< :alice!alice@s JOIN #room
    """)


def test_a_guest_joins(make_world):
    """extended-join: a ``*`` "represents that the user has not logged in to an account"."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice", "extended-join account-tag")
    world.guest("zoe")
    world.channel("#room", "alice")
    world.actors["zoe"].ask("JOIN #room")
    world.play("""
        alice< :zoe!zoe@s JOIN #room * :zoe
    """)


def test_who_joins_while_away(world):
    """away-notify: "as well as when a user joins and has an away message set"."""
    world.enter("alice", "away-notify")
    world.enter("bob")
    world.channel("#room", "alice")
    world.actors["bob"].ask("AWAY :eating")
    world.actors["bob"].ask("JOIN #room")
    world.play("""
        alice< :bob!bob@s JOIN #room
        alice< :bob!bob@s AWAY :eating
    """)


@pytest.mark.parametrize(
    ("name", "shown", "numeric"),
    [
        ("#", "#", "476"),
        ("room", "room", "403"),
        ("&room", "&room", "403"),
        ("+room", "+room", "403"),
        (":", "*", "403"),
        (":#a b", "*", "476"),
        ("#" + "x" * 64, "#" + "x" * 64, "476"),
        ("#" + "x" * 400, "*", "476"),
        ("#a\x07b", "#a\x07b", "476"),
        ("#\u202eroom", "#\u202eroom", "476"),
    ],
)
def test_what_is_no_channel(world, name, shown, numeric):
    """It is said what a channel's name is."""
    world.enter("alice")
    world.play(f"""
        alice> JOIN {name}
        alice< :s {numeric} alice {shown} :{CHANNEL_RULE}
        alice> LIST
        alice< :s 321 alice Channel :...
        alice< :s 323 alice :...
    """)


def test_names_in_all_alphabets(world):
    """ "Channel names may be any printable Unicode": 64 characters of four bytes are the longest."""
    world.enter("alice")
    name = "#" + "𝄞" * 63
    world.play(f"""
        alice> JOIN {name}
        alice< :alice!alice@s JOIN {name}
        alice< :s 353 alice = {name} :~alice
        alice< :s 366 alice {name} :End of NAMES list.
    """)


def test_the_longest_lines_there_are(make_world):
    """Nothing that is sent is over 512 bytes, and nothing is cut: what is not vital is left out where it would be."""
    long, host = "a" * 32, ".".join(["abcdefghi"] * 6)
    world = make_world(accounts=f"{long} bob", server_name=host)
    name = "#" + "𝄞" * 63
    alice = world.connect("alice", says=f"PASS {long}:sesame\nCAP REQ extended-join\nNICK x\nUSER x 0 * :x\nCAP END")
    alice.ask("SETNAME :" + "r" * 128)
    bob = world.connect("bob", says="PASS bob:sesame\nCAP REQ extended-join\nNICK x\nUSER x 0 * :x\nCAP END")
    bob.ask(f"JOIN {name}")
    heard = alice.ask(f"JOIN {name}")
    assert heard[0] == f":{long}!{long}@{host} JOIN {name} {long} :"
    assert bob.hear() == heard[:1]
    for line in ("WHO " + name, "WHO *", "NAMES " + name, "LIST"):
        assert alice.ask(line)
    assert world.violations == []


def test_names_of_many_members(make_world):
    """As many lines as it takes, and every member in one of them."""
    names = [f"{number:03}".join("ab") + "c" * 27 for number in range(100)]
    world = make_world(accounts=" ".join(["alice", *names]), lobby="#" + "é" * 63)
    heard = world.connect("alice", says="PASS alice:sesame\nNICK a\nUSER a 0 * :a").hear()
    lines = [line for line in heard if " 353 " in line]
    assert len(lines) > 8
    assert [name for line in lines for name in line.partition(" :")[2].split()] == ["alice", *names]


def test_too_many_channels(make_world):
    """405; what one is in already does not count."""
    world = make_world(accounts="alice", channels_per_user_max=2)
    world.enter("alice")
    world.channel("#a,#b", "alice")
    world.play("""
        alice> JOIN #c
        alice< :s 405 alice #c :You are in too many channels. Leave one first.
        alice> JOIN #a
    """)


def test_a_server_full_of_channels(make_world):
    """No more are made; those that exist can be joined."""
    world = make_world(accounts="alice bob", channels_max=1)
    world.enter("alice")
    world.enter("bob")
    world.channel("#a", "alice")
    world.play("""
        bob> JOIN #b
        bob< :s 405 bob #b :This server has as many channels as it can hold. Join one that exists.
        bob> JOIN #a
        bob< :bob!bob@s JOIN #a
        bob< :s 353 bob = #a :~alice bob
        bob< :s 366 bob #a :End of NAMES list.
        alice< :bob!bob@s JOIN #a
    """)


def test_leaving_all(world):
    """ "JOIN 0 ... requests that the sending client leave all channels"."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b", "alice bob")
    world.play("""
        alice> JOIN 0
        alice< :alice!alice@s PART #a
        alice< :alice!alice@s PART #b
        bob< :alice!alice@s PART #a
        bob< :alice!alice@s PART #b
        alice> JOIN 0
        alice> PING 1
        alice< :s PONG s :1
    """)


def test_what_comes_behind_waits(world):
    """ "A session waits for its own state changes before its next command, ..."."""
    world.enter("alice")
    world.play("""
        alice>> JOIN #room
        alice>> PRIVMSG #room :hi
        alice>> TOPIC #room :x
        alice>> PART #room
        alice>> PRIVMSG #room :hi
        alice> PING end
        alice< :alice!alice@s JOIN #room
        alice< :s 353 alice = #room :~alice
        alice< :s 366 alice #room :End of NAMES list.
        alice< :alice!alice@s TOPIC #room :x
        alice< :alice!alice@s PART #room
        alice< :s 403 alice #room :There is no such channel.
        alice< :s PONG s :end
    """)


def test_the_channel_dies_before_the_join_is_applied(world):
    """It is made anew, and who joined it then is its operator."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice")
    world.log.held = True
    world.actors["alice"].say("PART #room")
    world.actors["bob"].say("JOIN #room")
    world.log.held = False
    world.settle()
    world.play("""
        alice< :alice!alice@s PART #room
        bob< :bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~bob
        bob< :s 366 bob #room :End of NAMES list.
    """)


def test_a_join_that_cannot_be_stored(world):
    """ "What could not be stored is refused with a clear error, and nobody has seen it"."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "bob")
    world.log.failure = FULL_DISK
    world.play("""
        alice> JOIN #room,#new
        alice< :s FAIL JOIN CHANGE_NOT_STORED #room :Not stored: the server's disk is full.
        alice< :s FAIL JOIN CHANGE_NOT_STORED #new :Not stored: the server's disk is full.
    """)
    world.log.failure = None
    world.play("""
        alice> JOIN #room
        alice< :alice!alice@s JOIN #room
        alice< :s 353 alice = #room :~bob alice
        alice< :s 366 alice #room :End of NAMES list.
        bob< :alice!alice@s JOIN #room
    """)


def test_the_account_goes_while_it_joins(world):
    """It hears why, and the channel does not know it."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "bob")
    world.log.held = True
    world.services.accounts._file.remove("alice")
    world.advance(1)
    world.actors["alice"].say("JOIN #room,#b")
    world.log.held = False
    world.settle()
    world.play("""
        alice< ERROR :Your account was removed
        alice< <closed>
        bob> NAMES #room
        bob< :s 353 bob = #room :~bob
        bob< :s 366 bob #room :End of NAMES list.
    """)


def test_leaving_all_twice_at_once(world):
    """Two connections of an account may leave all at the same time: each channel is left once, nobody is thrown out."""
    phone, desk = world.enter("alice", as_="phone"), world.enter("alice", as_="desk")
    world.enter("bob")
    world.channel("#a", "phone bob")
    world.channel("#c", "phone")  # which is gone when both have left it
    world.channel("#b", "phone bob")
    world.deaf()
    world.log.held = True
    phone.say("JOIN 0")
    desk.say("PART #c,#b", "JOIN 0")
    world.log.held = False
    world.settle()
    assert sorted(world.actors["bob"].hear()) == [":alice!alice@s PART #a", ":alice!alice@s PART #b"]
    for connection in (phone, desk):
        left = [line.rpartition(" ")[2] for line in connection.hear() if " PART " in line]
        assert sorted(left) == ["#a", "#b", "#c"]
        assert connection.ask("PING x") == [":s PONG s :x"]


def test_a_channel_that_is_created_with_a_key_has_none(world):
    """irssi writes "x" in the place of a key that it does not have, so its autojoin must not lock a new channel."""
    world.enter("alice")
    world.enter("bob")
    world.play("""
        alice> JOIN #new,#locked x,secret
        alice< :alice!alice@s JOIN #new
        alice< :s 353 alice = #new :~alice
        alice< :s 366 alice #new :End of NAMES list.
        alice< :alice!alice@s JOIN #locked
        alice< :s 353 alice = #locked :~alice
        alice< :s 366 alice #locked :End of NAMES list.
        alice> MODE #locked
        alice< :s 324 alice #locked +nt
        alice< :s 329 alice #locked {when}
        bob> JOIN #new
        bob< :bob!bob@s JOIN #new
        bob< :s 353 bob = #new :~alice bob
        bob< :s 366 bob #new :End of NAMES list.
        alice< :bob!bob@s JOIN #new
        alice> MODE #new +k secret
        alice< :alice!alice@s MODE #new +k secret
        bob< :alice!alice@s MODE #new +k secret
        bob> PART #new
        bob< :bob!bob@s PART #new
        alice< :bob!bob@s PART #new
        bob> JOIN #new x
        bob< :s 475 bob #new :...
        bob> JOIN #new secret
        bob< :bob!bob@s JOIN #new
        bob< :s 353 bob = #new :~alice bob
        bob< :s 366 bob #new :End of NAMES list.
        alice< :bob!bob@s JOIN #new
    """)


@pytest.mark.parametrize("name", ["#r\u043eom", "#ro0m", "#\u0433oom".replace("\u0433", "r")[:3] + "\u03bfm"])
def test_a_channel_that_looks_like_another(world, name):
    """ "Names whose skeleton equals an existing channel's" are refused while that exists, and free afterwards."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice")
    world.play(f"""
        bob> JOIN {name}
        bob< :s 476 bob {name} :{name} looks like #room, which is another channel. ...
        alice> PART #room
        alice< :alice!alice@s PART #room
        bob> JOIN {name}
        bob< :bob!bob@s JOIN {name}
        bob< :s 353 bob = {name} :~bob
        bob< :s 366 bob {name} :...
    """)


@pytest.mark.parametrize("blank", ["\U0001d159", "\U00016fe4", "\ufffc", "\u3164", "\u2800", "\u115f"])
def test_blank_looking_characters(world, blank):
    """ "Refuse blank-looking characters"."""
    world.enter("alice")
    world.play(f"""
        alice> JOIN #room{blank}
        alice< :s 476 alice #room{blank} :A channel's name begins with #...
    """)


def test_roles_that_come_back_are_told(world):
    """As Ergo does for the roles of accounts: after the JOIN, the other members get a MODE of the server with them.

    It is no event, so it has no msgid. The user itself sees its roles in NAMES.
    """
    world.enter("alice", "message-tags server-time account-tag")
    world.enter("bob")
    world.enter("carol", "away-notify")
    world.channel("#devel", "alice bob carol")
    world.actors["alice"].say("MODE #devel +o-v+v bob bob bob")
    world.actors["bob"].say("PART #devel", "AWAY :lunch")
    world.deaf()
    world.play("""
        bob> JOIN #devel
        bob< :bob!bob@s JOIN #devel
        bob< :s 353 bob = #devel :~alice carol @bob
        bob< :s 366 bob #devel :End of NAMES list.
        alice< @time={t};msgid={m};account=bob :bob!bob@s JOIN #devel
        alice< @time={t} :s MODE #devel +ov bob bob
        carol< :bob!bob@s JOIN #devel
        carol< :s MODE #devel +ov bob bob
        carol< :bob!bob@s AWAY :lunch
    """)


def test_a_founder_of_a_new_channel_is_told_to_nobody(world):
    """Who creates a channel sees its role in NAMES, and there is nobody else; an operator that was kicked has none."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#devel", "alice bob")
    world.actors["alice"].say("MODE #devel +o bob", "KICK #devel bob")
    world.deaf()
    world.play("""
        bob> JOIN #devel
        bob< :bob!bob@s JOIN #devel
        bob< :s 353 bob = #devel :~alice bob
        bob< :s 366 bob #devel :End of NAMES list.
        alice< :bob!bob@s JOIN #devel
        alice> JOIN #new
        alice< :alice!alice@s JOIN #new
        alice< :s 353 alice = #new :~alice
        alice< :s 366 alice #new :End of NAMES list.
    """)


def test_the_real_name_of_who_may_not_write_is_not_told(world):
    """extended-join tells the real name: a user who changes it outside must not write to the members that way."""
    world.enter("alice", "extended-join")
    bob = world.enter("bob")
    world.channel("#room", "alice")
    world.actors["alice"].say("MODE #room +b ~m:bob")
    world.deaf()
    bob.ask("SETNAME :hear me", "JOIN #room")
    assert world.actors["alice"].hear() == [":bob!bob@s JOIN #room bob :"]
