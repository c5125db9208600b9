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


def test_away_is_who_is_away_from_all_connections(world):
    """Each connection has its own away message; the user is here while it is here at one of them."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.play("""
        alice> AWAY :eating
        alice< :s 306 alice :...
        bob> WHO alice
        bob< :s 352 bob * alice s s alice H :0 alice
        bob< :s 315 bob alice :...
        alice2> AWAY :sleeping
        alice2< :s 306 alice :...
        bob< :alice!alice@s AWAY :sleeping
        alice> AWAY :eating again
        alice< :s 306 alice :...
        bob< :alice!alice@s AWAY :eating again
        alice2> AWAY
        alice2< :s 305 alice :...
        bob< :alice!alice@s AWAY
        alice> AWAY
        alice< :s 305 alice :...
    """)


def test_connections_that_come_and_go(world):
    """The end of the only connection where the user is here makes it away; a new connection makes it here."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.actors["alice"].ask("AWAY :eating")
    world.actors["alice2"].hang_up()
    world.play("bob< :alice!alice@s AWAY :eating")
    world.enter("alice", as_="alice3")
    world.play("bob< :alice!alice@s AWAY")
    world.actors["alice3"].hang_up()
    world.play("bob< :alice!alice@s AWAY :eating")
    world.actors["alice"].hang_up()
    world.play("bob< :alice!alice@s AWAY :not connected")
    world.enter("alice")
    world.play("""
        bob< :alice!alice@s AWAY
        bob> PRIVMSG alice :hi
        alice< :bob!bob@s PRIVMSG alice :hi
    """)


def test_a_guest_who_leaves_is_not_back(make_world):
    """A guest that is away and quits is not shown as back before its QUIT."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice", "away-notify")
    world.guest("gast")
    world.channel("#room", "alice gast")
    world.play("""
        gast> AWAY :eating
        gast< :s 306 gast :...
        alice< :gast!gast@s AWAY :eating
        gast> QUIT :bye
        gast< ERROR :...
        gast< <closed>
        alice< :gast!gast@s QUIT :Quit: bye
    """)


# Before the welcome. The quotations are from IRCv3 pre-away.


def arrive(world, name, away):
    """Connect an account that is away from the beginning."""
    actor = world.connect(name)
    assert actor.ask("CAP REQ :draft/pre-away") == [":s CAP * ACK :draft/pre-away"]
    told = actor.ask(away)
    actor.say(f"PASS {name}:sesame", f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
    assert any(line.startswith(f":s 001 {name} ") for line in actor.hear())
    return told


def test_away_before_the_welcome(world):
    """ "servers MUST accept the AWAY command before connection registration has completed"."""
    world.enter("alice", "away-notify")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["bob"].hang_up()
    world.deaf()
    assert arrive(world, "bob", "AWAY :eating") == [":s 306 * :You are marked as away."]
    world.play("""
        alice< :bob!bob@s AWAY :eating
        alice> PRIVMSG bob :hi
        alice< :s 301 alice bob :eating
        bob< :alice!alice@s PRIVMSG bob :hi
        bob> AWAY
        bob< :s 305 bob :...
        alice< :bob!bob@s AWAY
    """)


def test_nobody_is_at_the_connection(world):
    """ "an away message of * should be treated as though the connection did not exist at all"."""
    world.enter("alice", "away-notify")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["bob"].hang_up()
    world.play("alice< :bob!bob@s AWAY :not connected")
    assert arrive(world, "bob", "AWAY *") == [":s 306 * :You are marked as away."]
    world.play("""
        alice> WHO bob
        alice< :s 352 alice * bob s s bob G :0 bob
        alice< :s 315 alice bob :...
        alice> PRIVMSG bob :hi
        alice< :s 301 alice bob :not connected; will get it later
        bob< :alice!alice@s PRIVMSG bob :hi
    """)
    world.actors["bob"].hang_up()
    world.play("")
    arrive(world, "bob", "AWAY *")
    world.play("""
        bob> AWAY
        bob< :s 305 bob :...
        alice< :bob!bob@s AWAY
    """)


def test_nobody_says_less_than_words(world):
    """ "it should not supersede a human-readable AWAY message set by another connection, even if it is more recent"."""
    world.enter("alice", "away-notify")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.enter("bob", as_="bob2")
    world.play("""
        bob> AWAY :eating
        bob< :s 306 bob :...
        bob2> AWAY *
        bob2< :s 306 bob :...
        alice< :bob!bob@s AWAY :eating
        bob> AWAY
        bob< :s 305 bob :...
        alice< :bob!bob@s AWAY
        bob> AWAY *
        bob< :s 306 bob :...
        alice< :bob!bob@s AWAY :not connected
    """)


def test_monitor_tells_of_it_all_the_same(world):
    """ "AWAY pre-registration sets the away message but does not inhibit reporting" of the status "via monitor"."""
    world.enter("alice", "extended-monitor away-notify")
    world.actors["alice"].ask("MONITOR + bob")
    arrive(world, "bob", "AWAY :eating")
    world.play("""
        alice< :s 730 alice :bob!bob@s
        alice< :bob!bob@s AWAY :eating
    """)
    world.actors["bob"].hang_up()
    world.play("alice< :s 731 alice :bob")


def test_back_before_the_welcome(world):
    """ "AWAY with no parameters indicates that the user is present"; the last AWAY counts."""
    bob = world.connect("bob")
    bob.ask("CAP REQ :draft/pre-away")
    world.play("""
        bob> AWAY :eating
        bob< :s 306 * :...
        bob> AWAY
        bob< :s 305 * :...
    """)
    bob.say("PASS bob:sesame", "NICK bob", "USER bob 0 * :bob", "CAP END")
    bob.hear()
    world.enter("alice")
    world.play("""
        alice> PRIVMSG bob :hi
        bob< :alice!alice@s PRIVMSG bob :hi
    """)


def test_only_where_it_was_negotiated(world):
    """Without the capability AWAY comes after the welcome; a text too long is cut there too."""
    bob = world.connect("bob")
    assert bob.ask("AWAY :eating") == [":s 451 * :Sign in first."]
    bob.ask("CAP REQ :draft/pre-away")
    assert bob.ask(f"AWAY :{'x' * 201}") == [
        ":s 306 * :You are marked as away.",
        ":s NOTICE * :AWAY: Only the first 200 bytes of the text fit. The rest is left out.",
    ]


def test_too_many_words(world):
    """ "It may be [...] truncated by the server": at a character, and who is away is told."""
    world.enter("alice")
    world.enter("bob", old=True)
    world.play(f"""
        alice> AWAY :{"é" * 100}
        alice< :s 306 alice :...
        alice> AWAY :x{"é" * 100}
        alice< :s 306 alice :...
        alice< :s WARN AWAY REASON_CUT :Only the first 199 bytes of the text fit. The rest is left out.
        bob> AWAY :{"y" * 300}
        bob< :s 306 bob :...
        bob< :s NOTICE bob :AWAY: Only the first 200 bytes of the text fit. The rest is left out.
        bob> PRIVMSG alice :hi
        bob< :s 301 bob alice :x{"é" * 99}
        alice< :bob!bob@s PRIVMSG alice :hi
    """)


def test_who_may_not_write_is_away_without_words(world):
    """Members of a channel where the user may not write learn that it is away, but not the text.

    Who shares only another channel with the user, or asks, gets the text.
    """
    for name in ("alice", "bob", "carol"):
        world.enter(name, "away-notify")
    world.channel("#room", "alice bob")
    world.channel("#other", "carol bob")
    world.actors["alice"].say("MODE #room +b ~m:bob")
    world.deaf()
    world.play("""
        bob> AWAY :hear me all the same
        bob< :s 306 bob :...
        alice< :bob!bob@s AWAY :away
        carol< :bob!bob@s AWAY :hear me all the same
        alice> PRIVMSG bob :hi
        bob< :alice!alice@s PRIVMSG bob :hi
        alice< :s 301 alice bob :hear me all the same
        bob> AWAY
        bob< :s 305 bob :...
        alice< :bob!bob@s AWAY
        carol< :bob!bob@s AWAY
    """)


def test_who_joins_away_without_words(world):
    """The same when a muted user joins; who shares both channels with it is told once, also without the text."""
    for name in ("alice", "bob", "carol"):
        world.enter(name, "away-notify")
    world.channel("#room", "alice carol")
    world.channel("#other", "carol bob")
    world.actors["alice"].say("MODE #room +b ~m:bob")
    world.actors["bob"].say("AWAY :hear me")
    world.deaf()
    world.actors["bob"].say("JOIN #room")
    assert world.actors["alice"].hear() == [":bob!bob@s JOIN #room", ":bob!bob@s AWAY :away"]
    world.deaf()
    world.actors["bob"].say("AWAY :and again")
    assert world.actors["alice"].hear() == [":bob!bob@s AWAY :away"]
    assert world.actors["carol"].hear() == [":bob!bob@s AWAY :away"]


def test_a_channel_for_announcements_hides_no_text_from_those_who_meet_elsewhere(world):
    """The modes m and M are about nobody: who shares another channel with the user gets the text."""
    for name in ("alice", "bob", "carol"):
        world.enter(name, "away-notify")
    world.channel("#room", "alice bob carol")
    world.channel("#other", "carol bob")
    world.actors["alice"].say("MODE #room +m")
    world.deaf()
    world.actors["bob"].say("AWAY :lunch")
    assert world.actors["alice"].hear() == [":bob!bob@s AWAY :away"]
    assert world.actors["carol"].hear() == [":bob!bob@s AWAY :lunch"]


def test_who_silences_a_user_does_not_get_its_text(world):
    """ "None of their messages arrives any more": it learns that the user is away, as lists of members show it."""
    world.enter("alice", "away-notify")
    world.enter("carol", "away-notify extended-monitor")
    world.enter("bob")
    world.channel("#room", "alice bob")
    for name in ("alice", "carol"):
        world.actors[name].say("SILENCE +bob", "MONITOR + bob")
    world.deaf()
    world.actors["bob"].say("AWAY :you cannot silence me", "AWAY")
    for name in ("alice", "carol"):
        assert world.actors[name].hear() == [":bob!bob@s AWAY :away", ":bob!bob@s AWAY"]
