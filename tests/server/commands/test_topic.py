"""TOPIC: what a channel is about."""

from __future__ import annotations

from chatapp.protocol.timestamps import parse_time
from tests.server.world import FULL_DISK


def test_setting_and_showing(world):
    """ "Every client in that channel (including the author of the topic change) will receive a TOPIC command"."""
    world.enter("alice")
    world.enter("bob", "server-time message-tags account-tag")
    world.enter("carol")
    world.channel("#room", "alice bob")
    world.actors["alice"].say("MODE #room -t")
    world.deaf()
    names = world.play("""
        alice> TOPIC #room
        alice< :s 331 alice #room :No topic is set.
        alice> TOPIC #ROOM :what we do: this
        alice< :alice!alice@s TOPIC #room :what we do: this
        bob< @time={t};msgid={m};account=alice :alice!alice@s TOPIC #room :what we do: this
        bob> TOPIC #room
        bob< :s 332 bob #room :what we do: this
        bob< :s 333 bob #room alice!alice@s {when}
        bob> TOPIC #room :
        alice< :bob!bob@s TOPIC #room :
        bob< @time={u};msgid={n};account=bob :bob!bob@s TOPIC #room :
        alice> TOPIC #room
        alice< :s 331 alice #room :No topic is set.
    """)
    assert int(names["when"]) == parse_time(names["t"]) // 1000


def test_a_topic_that_is_the_same_is_no_change(world):
    """Nobody hears of it."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["alice"].say("MODE #room -t")
    world.deaf()
    world.play("""
        alice> TOPIC #room :
        alice> TOPIC #room x
        alice< :alice!alice@s TOPIC #room :x
        bob< :alice!alice@s TOPIC #room :x
        bob> TOPIC #room :x
    """)


def test_who_may_not_set_the_topic_that_stands(world):
    """ "If ... the client doesn't have permission": ERR_CHANOPRIVSNEEDED, for each text alike."""
    world.enter("alice")
    world.enter("bob")
    world.enter("carol")
    world.channel("#room", "alice bob")
    world.play("""
        bob> TOPIC #room :
        bob< :s 482 bob #room :...
        alice> TOPIC #room x
        alice< :alice!alice@s TOPIC #room :x
        bob< :alice!alice@s TOPIC #room :x
        bob> TOPIC #room :x
        bob< :s 482 bob #room :...
        carol> TOPIC #room :x
        carol< :s 442 carol #room :You are not in that channel.
        alice> TOPIC #room :x
    """)


def test_only_members(world):
    """ "If the client ... is not joined to the given channel ..., the server MAY return ERR_NOTONCHANNEL"."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice")
    world.play("""
        bob> TOPIC #room
        bob< :s 442 bob #room :You are not in that channel.
        bob> TOPIC #room :mine
        bob< :s 442 bob #room :You are not in that channel.
        bob> TOPIC #none :x
        bob< :s 403 bob #none :There is no such channel.
        bob> TOPIC :#a b
        bob< :s 403 bob * :There is no such channel.
        bob> TOPIC
        bob< :s 461 bob TOPIC :...
    """)


def test_too_long(world):
    """ "Nothing is ever shortened silently": TOPICLEN counts bytes, and a long name of the channel leaves less."""
    world.enter("alice")
    name = "#" + "é" * 63
    world.channel(f"#room,{name}", "alice")
    topic = "ö" * 195
    world.play(f"""
        alice> TOPIC #room :{topic}
        alice< :alice!alice@s TOPIC #room :{topic}
        alice> TOPIC #room :{topic}x
        alice< :s 417 alice :A topic has 390 bytes at most. It stays as it was.
        alice> TOPIC {name} :{"x" * 320}
        alice< :s 417 alice :A topic here has 306 bytes at most. It stays as it was.
        alice> TOPIC {name} :{"x" * 306}
        alice< :alice!alice@s TOPIC {name} :{"x" * 306}
    """)


def test_judged_again_when_applied(world):
    """Who has left meanwhile changes nothing any more."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.log.held = True
    world.actors["alice"].say("PART #room")
    world.actors["alice2"].say("TOPIC #room :x")
    world.log.held = False
    world.settle()
    world.play("""
        alice< :alice!alice@s PART #room
        alice2< :alice!alice@s PART #room
        alice2< :s 442 alice #room :You are not in that channel.
        bob< :alice!alice@s PART #room
        bob> TOPIC #room
        bob< :s 331 bob #room :No topic is set.
    """)


def test_not_stored(world):
    """It stays as it was, and nobody has seen it."""
    world.enter("alice")
    world.channel("#room", "alice")
    world.log.failure = FULL_DISK
    world.play("""
        alice> TOPIC #room :x
        alice< :s FAIL TOPIC CHANGE_NOT_STORED #room :Not stored: the server's disk is full.
        alice> TOPIC #room
        alice< :s 331 alice #room :No topic is set.
    """)


def test_it_lasts(world):
    """Through a restart."""
    world.enter("alice")
    world.channel("#room", "alice")
    world.actors["alice"].ask("TOPIC #room :x")
    world.crash()
    world.start_again()
    world.enter("alice")
    world.play("""
        alice> TOPIC #room
        alice< :s 332 alice #room :x
        alice< :s 333 alice #room alice!alice@s {when}
    """)


def test_who_may_not_write(world):
    """Without ``t``, who is muted or banned sets no topic, and the reasons of REDACT and PART are dropped."""
    world.enter("alice", "message-tags draft/message-redaction echo-message")
    world.enter("bob", "message-tags draft/message-redaction echo-message")
    world.channel("#room", "alice bob")
    (said,) = world.actors["bob"].ask("PRIVMSG #room :one")
    world.actors["alice"].say("MODE #room -t+b ~m:bob")
    world.deaf()
    world.play(
        """
        bob> TOPIC #room :buy
        bob< :s 404 bob #room :Nothing was sent: you are muted in this channel.
        bob> REDACT #room {said} :buy
        bob< @msgid={m} :bob!bob@s REDACT #room {said}
        alice< @msgid={m} :bob!bob@s REDACT #room {said}
        bob> PART #room :buy
        bob< @msgid={p} :bob!bob@s PART #room
        alice< @msgid={p} :bob!bob@s PART #room
        """,
        said=said.partition("msgid=")[2].partition(" ")[0].partition(";")[0],
    )
