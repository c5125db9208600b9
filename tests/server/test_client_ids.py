"""``+chatapp/id``: the sender's own id of a message, with which it is stored at most once (DESIGN R4)."""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK

CAPS = "message-tags server-time echo-message labeled-response batch"


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """alice and bob are in #room; the log is one in memory, and the real one."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")
    world.enter("alice", CAPS)
    world.enter("bob", "message-tags server-time")
    world.channel("#room", "alice bob")
    return world


@pytest.mark.parametrize("target", ["#room", "bob"])
def test_a_second_copy(world, target):
    """ "The second copy is answered with the first one's echo, same msgid, and reaches nobody again."""
    world.play(f"""
        alice> @+chatapp/id=7 PRIVMSG {target} :once
        alice< @time={{t}};msgid={{m}};+chatapp/id=7 :alice!alice@s PRIVMSG {target} :once
        bob< @time={{t}};msgid={{m}};+chatapp/id=7 :alice!alice@s PRIVMSG {target} :once
        alice> @+chatapp/id=7 PRIVMSG {target} :once
        alice< @time={{t}};msgid={{m}};+chatapp/id=7 :alice!alice@s PRIVMSG {target} :once
        alice> @+chatapp/id=7;label=9 PRIVMSG {target} :changed
        alice< @label=9;time={{t}};msgid={{m}};+chatapp/id=7 :alice!alice@s PRIVMSG {target} :once
        alice> @+chatapp/id=8 PRIVMSG {target} :twice
        alice< @time={{u}};msgid={{n}};+chatapp/id=8 :alice!alice@s PRIVMSG {target} :twice
        bob< @time={{u}};msgid={{n}};+chatapp/id=8 :alice!alice@s PRIVMSG {target} :twice
    """)


def test_both_at_once(world):
    """In one piece, with something else between: each is answered in its place."""
    world.play("""
        alice>> @+chatapp/id=7 PRIVMSG #room :once
        alice>> PRIVMSG #room :between
        alice>> @+chatapp/id=7 PRIVMSG #room :once
        alice> PING end
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice< @time={u};msgid={n} :alice!alice@s PRIVMSG #room :between
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice< :s PONG s :end
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob< @time={u};msgid={n} :alice!alice@s PRIVMSG #room :between
    """)


def test_the_id_is_the_accounts(world):
    """Another connection of the account repeats, another account does not."""
    world.enter("alice", CAPS, as_="alice2")
    names = world.play("""
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice2< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice2> @+chatapp/id=7 PRIVMSG #room :once
        alice2< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob> @+chatapp/id=7 PRIVMSG #room :mine
        alice< @time={u};msgid={n};+chatapp/id=7 :bob!bob@s PRIVMSG #room :mine
        alice2< @time={u};msgid={n};+chatapp/id=7 :bob!bob@s PRIVMSG #room :mine
    """)
    assert names["m"] != names["n"]


@pytest.mark.parametrize("how", ["stop", "crash"])
def test_across_a_restart(world, how):
    """ "A sender that lost the connection before the echo may send again"."""
    names = world.play("""
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
    """)
    getattr(world, how)()
    world.start_again()
    world.enter("alice", CAPS)
    world.enter("bob", "message-tags server-time draft/chathistory")
    world.deaf()
    world.play(
        """
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        """,
        **names,
    )


def test_what_was_refused_may_be_sent_again(world):
    """What did not take place has used up no id, wherever it was refused."""
    world.actors["alice"].ask("PART #room")
    world.deaf()
    world.play("""
        alice> @+chatapp/id=7 PRIVMSG #room :hi
        alice< :s 404 alice #room :...
        alice> @+chatapp/id=7 PRIVMSG #room :hi
        alice< :s 404 alice #room :...
        alice> @+chatapp/id=7 PRIVMSG bob :hi
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG bob :hi
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG bob :hi
    """)


def test_a_second_copy_where_nothing_may_be_said_any_more(world):
    """It was stored, and so it is answered, although it would be refused now."""
    world.play("""
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice> PART #room
        alice< @time={u};msgid={n} :alice!alice@s PART #room
        bob< @time={u};msgid={n} :alice!alice@s PART #room
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
    """)


def test_notices_and_tags(world):
    """All three verbs are messages, and have ids."""
    world.play("""
        alice> @+chatapp/id=7;+x TAGMSG #room
        alice< @time={t};msgid={m};+chatapp/id=7;+x :alice!alice@s TAGMSG #room
        bob< @time={t};msgid={m};+chatapp/id=7;+x :alice!alice@s TAGMSG #room
        alice> @+chatapp/id=7 NOTICE #room :other
        alice< @time={t};msgid={m};+chatapp/id=7;+x :alice!alice@s TAGMSG #room
    """)


def test_without_echo_a_label_is_answered(world):
    """A client that does not ask for echoes learns that it is stored by its label."""
    world.actors["alice"].ask("CAP REQ -echo-message")
    world.play("""
        alice> @+chatapp/id=7;label=1 PRIVMSG #room :once
        alice< @label=1 :s ACK
        bob< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice> @+chatapp/id=7;label=2 PRIVMSG #room :once
        alice< @label=2 :s ACK
        alice> @+chatapp/id=7 PRIVMSG #room :once
    """)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("@+chatapp/id=" + "x" * 65 + " PRIVMSG #room :hi", "The id of a message has 64 bytes at most."),
        ("@+chatapp/id=" + "é" * 33 + " NOTICE #room :hi", "The id of a message has 64 bytes at most."),
        ("@+chatapp/id=7 PRIVMSG #room,bob :hi", "One id is for one message: send to one target at a time."),
    ],
)
def test_what_is_no_id(world, line, answer):
    """ "Any text up to 64 bytes", for one message."""
    world.play(f"""
        alice> {line}
        alice< :s FAIL {line.split()[1]} INVALID_TAG +chatapp/id :{answer}
    """)


@pytest.mark.parametrize("text", ["x" * 64, r"a\sb\:", "é" * 32, "0", "a b".replace(" ", r"\s")])
def test_what_is_an_id(world, text):
    """It comes back as it was given."""
    world.play(rf"""
        alice> @+chatapp/id={text} PRIVMSG bob :hi
        alice< @time={{t}};msgid={{m}};+chatapp/id={text} :alice!alice@s PRIVMSG bob :hi
        bob< @time={{t}};msgid={{m}};+chatapp/id={text} :alice!alice@s PRIVMSG bob :hi
        alice> @+chatapp/id={text} PRIVMSG bob :hi
        alice< @time={{t}};msgid={{m}};+chatapp/id={text} :alice!alice@s PRIVMSG bob :hi
    """)


def test_an_empty_id_is_none(world):
    """ "Implementations MUST interpret empty tag values as equivalent to missing tag values"."""
    world.play("""
        alice> @+chatapp/id= PRIVMSG bob :hi
        alice< @time={t};msgid={m};+chatapp/id :alice!alice@s PRIVMSG bob :hi
        bob< @time={t};msgid={m};+chatapp/id :alice!alice@s PRIVMSG bob :hi
        alice> @+chatapp/id PRIVMSG bob :hi
        alice< @time={u};msgid={n};+chatapp/id :alice!alice@s PRIVMSG bob :hi
        bob< @time={u};msgid={n};+chatapp/id :alice!alice@s PRIVMSG bob :hi
    """)


def test_what_could_not_be_stored_may_be_sent_again(make_world):
    """Refused by a full disk, sent again when there is room."""
    world = make_world(accounts="alice")
    world.enter("alice", CAPS)
    world.log.failure = FULL_DISK
    world.play("""
        alice> @+chatapp/id=7 PRIVMSG alice :note
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED alice :...
    """)
    world.log.failure = None
    world.play("""
        alice> @+chatapp/id=7;label=1 PRIVMSG alice :note
        alice< @time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG alice :note
        alice< @label=1;time={t};msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG alice :note
    """)
