"""MARKREAD: how far an account has read, the same on all its devices."""

from __future__ import annotations

import pytest

from chatapp.model import messages
from chatapp.protocol.timestamps import format_time
from tests.server.world import FULL_DISK

T = [f"2026-01-01T00:0{minute}:00.000Z" for minute in range(8)]


@pytest.fixture
def world(world):
    """alice is here twice, and talks with bob in #room and alone; it is past T[5]."""
    world.advance(60 * 5)
    world.enter("alice", "draft/read-marker")
    world.enter("alice", "draft/read-marker", as_="alice2")
    world.enter("bob", "draft/read-marker")
    world.enter("carol", "draft/read-marker")
    world.channel("#room", "alice bob")
    world.actors["bob"].ask("PRIVMSG alice :hi")
    world.deaf()
    return world


@pytest.mark.parametrize(("target", "shown"), [("#ROOM", "#room"), ("BOB", "bob")])
def test_it_goes_forward(world, target, shown):
    """ "After the last read timestamp of a target changes, the server SHOULD send a MARKREAD command for that target to
    all the clients of the user"; an older one is answered with the one that stands; nobody else hears of it.
    """
    world.play(f"""
        alice> MARKREAD {target}
        alice< :s MARKREAD {shown} *
        alice> MARKREAD {target} timestamp={T[2]}
        alice< :s MARKREAD {shown} timestamp={T[2]}
        alice2< :s MARKREAD {shown} timestamp={T[2]}
        alice2> MARKREAD {target} timestamp={T[1]}
        alice2< :s MARKREAD {shown} timestamp={T[2]}
        alice2> MARKREAD {target} timestamp={T[2]}
        alice2< :s MARKREAD {shown} timestamp={T[2]}
        alice2> MARKREAD {target} timestamp={T[3]}
        alice2< :s MARKREAD {shown} timestamp={T[3]}
        alice< :s MARKREAD {shown} timestamp={T[3]}
        alice> MARKREAD {target}
        alice< :s MARKREAD {shown} timestamp={T[3]}
    """)


def test_never_beyond_now(world):
    """ "It can clamp it between the last read timestamp and the current time"."""
    now = format_time(world.now_ms())
    world.play(f"""
        alice> MARKREAD #room timestamp=2099-01-01T00:00:00.000Z
        alice< :s MARKREAD #room timestamp={now}
        alice2< :s MARKREAD #room timestamp={now}
    """)


@pytest.mark.parametrize("target", ["#room", "bob"])
def test_what_was_said_ahead_of_the_clock(world, target):
    """No two messages of a stream share a millisecond, so of many at once the last ones are ahead; they can be read."""
    alice = world.actors["alice"]
    alice.ask(*[f"PRIVMSG {target} :{number}" for number in range(20)])
    (last,) = (
        [each.spoken for each in world.services.state.channels.values() if each.name == target]
        if target == "#room"
        else [each.time for each in world.services.state.conversations.values()]
    )
    assert last > world.now_ms()
    for actor in world.actors.values():
        actor.hear()
    assert alice.ask(f"MARKREAD {target} timestamp=2099-01-01T00:00:00.000Z") == [
        f":s MARKREAD {target} timestamp={format_time(last)}"
    ]


def test_it_lasts(world):
    """It is kept over disconnects and restarts, and comes with the channel."""
    world.actors["alice"].ask(f"MARKREAD #room timestamp={T[2]}", f"MARKREAD bob timestamp={T[3]}")
    world.crash()
    world.start_again()
    alice = world.connect("alice", says="PASS alice:sesame\nCAP REQ draft/read-marker\nNICK a\nUSER a 0 * :a\nCAP END")
    heard = alice.hear()
    assert heard[heard.index(":alice!alice@s JOIN #room") + 1] == f":s MARKREAD #room timestamp={T[2]}"
    world.play(f"""
        alice> MARKREAD bob
        alice< :s MARKREAD bob timestamp={T[3]}
    """)


def test_it_ends_with_the_membership(world):
    """Who leaves and joins again has read nothing yet."""
    world.actors["alice"].ask(f"MARKREAD #room timestamp={T[2]}", "PART #room", "JOIN #room")
    world.deaf()
    world.play("""
        alice> MARKREAD #room
        alice< :s MARKREAD #room *
    """)


def test_without_a_marker_a_member_has_read_up_to_its_join(world):
    """What is said since then is unread on each device of the account, also after a restart; before, nothing says it.

    Who was a member before the server noted the times of joins has no such time.
    """
    since = format_time(world.now_ms())
    world.advance(60)
    world.actors["bob"].ask("PRIVMSG #room :alice: urgent")
    alice = world.actors["alice"]
    alice.hear()
    assert alice.ask("MARKREAD #room") == [f":s MARKREAD #room timestamp={since}"]
    world.crash()
    world.start_again()
    for nick in ("a", "b"):
        says = f"PASS alice:sesame\nCAP REQ draft/read-marker\nNICK {nick}\nUSER a 0 * :a\nCAP END"
        alice = world.connect(nick, says=says)
        heard = alice.hear()
        assert heard[heard.index(":alice!alice@s JOIN #room") + 1] == f":s MARKREAD #room timestamp={since}"
    assert alice.ask(f"MARKREAD #room timestamp={T[1]}") == [f":s MARKREAD #room timestamp={since}"]
    (room,) = [each for each in world.services.state.channels.values() if each.name == "#room"]
    room.since.clear()
    assert alice.ask("MARKREAD #room") == [":s MARKREAD #room *"]


def test_a_nick_one_has_not_talked_with(world):
    """A client marks a conversation that it has opened, before anything is said: it is kept like any other."""
    world.play(f"""
        alice> MARKREAD CAROL
        alice< :s MARKREAD carol *
        alice> MARKREAD carol timestamp={T[2]}
        alice< :s MARKREAD carol timestamp={T[2]}
        alice2< :s MARKREAD carol timestamp={T[2]}
        alice> MARKREAD carol timestamp={T[1]}
        alice< :s MARKREAD carol timestamp={T[2]}
        carol> MARKREAD alice
        carol< :s MARKREAD alice *
    """)


def test_markers_are_bounded(world, monkeypatch):
    """ "Everything is bounded": beyond the bound a new target has no marker, and the client is told."""
    monkeypatch.setattr(messages, "MARKERS_PER_USER_MAX", 1)
    world.play(f"""
        alice> MARKREAD bob timestamp={T[2]}
        alice< :s MARKREAD bob timestamp={T[2]}
        alice2< :s MARKREAD bob timestamp={T[2]}
        alice> MARKREAD carol timestamp={T[2]}
        alice< :s FAIL MARKREAD INTERNAL_ERROR carol :You have as many read markers as one account can have. ...
        alice> MARKREAD bob timestamp={T[3]}
        alice< :s MARKREAD bob timestamp={T[3]}
        alice2< :s MARKREAD bob timestamp={T[3]}
    """)


def test_markers_of_a_person_who_is_gone_go_too(world):
    """What is kept for somebody with whom nothing was said ends with that account."""
    world.actors["alice"].say(f"MARKREAD carol timestamp={T[2]}")
    world.services.accounts._file.remove("carol")
    world.advance(1)
    alice = world.services.state.user_named("alice")
    assert alice.markers == {}


@pytest.mark.parametrize(("target", "shown", "others"), [("#room", "#room", ["bob"]), ("bob", "bob", ["bob"])])
def test_what_one_says_one_has_read(world, target, shown, others):
    """Who writes into a conversation has read what came before: all of the account's devices are told, nobody else."""
    world.advance(60)
    world.deaf()
    alice, alice2 = world.actors["alice"], world.actors["alice2"]
    now = format_time(world.now_ms())
    assert alice.ask(f"PRIVMSG {target} :one") == [f":s MARKREAD {shown} timestamp={now}"]
    assert alice2.hear() == [f":alice!alice@s PRIVMSG {target} :one", f":s MARKREAD {shown} timestamp={now}"]
    assert world.actors["bob"].hear() == [f":alice!alice@s PRIVMSG {target} :one"]
    assert alice.ask(f"MARKREAD {target} timestamp={T[1]}") == [f":s MARKREAD {shown} timestamp={now}"]


def test_many_messages_move_a_marker_once(world):
    """What is stored together is told together: one MARKREAD for all of it."""
    alice = world.actors["alice"]
    heard = alice.ask("PRIVMSG #room :one", "PRIVMSG #room :two", "PRIVMSG #room :three")
    assert len(heard) == 1
    assert heard[0].startswith(":s MARKREAD #room timestamp=")


def test_a_message_without_text_is_not_reading(world):
    """A reaction, or that somebody types, moves no marker."""
    world.enter("alice", "draft/read-marker message-tags", as_="alice3")
    alice = world.actors["alice3"]
    assert alice.ask("@+react=x TAGMSG #room", "@+typing=active TAGMSG #room") == []
    assert alice.ask("MARKREAD #room") == [":s MARKREAD #room *"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MARKREAD", "NEED_MORE_PARAMS :..."),
        ("MARKREAD :", "NEED_MORE_PARAMS :..."),
        ("MARKREAD nobody", "INVALID_PARAMS nobody :You have no channel or conversation of this name."),
        ("MARKREAD #none", "INVALID_PARAMS #none :You have no channel or conversation of this name."),
        ("MARKREAD #other", "INVALID_PARAMS #other :You have no channel or conversation of this name."),
        (
            f"MARKREAD #other timestamp={T[1]}",
            "INVALID_PARAMS #other :You have no channel or conversation of this name.",
        ),
        ("MARKREAD :a b", "INVALID_PARAMS * :You have no channel or conversation of this name."),
        ("MARKREAD #room *", "INVALID_PARAMS * :A read marker begins with timestamp="),
        (f"MARKREAD #room {T[1]}", f"INVALID_PARAMS {T[1]} :A read marker begins with timestamp="),
        ("MARKREAD #room timestamp=soon", "INVALID_PARAMS timestamp=soon :A time is written like ..."),
        ("MARKREAD #room timestamp=2026-02-30T00:00:00.000Z", "INVALID_PARAMS ... :There is no such day or time."),
        ("MARKREAD #room :timestamp= x", "INVALID_PARAMS * :A time is written like ..."),
        ("MARKREAD #room timestamp=" + "9" * 400, "INVALID_PARAMS * :A time is written like ..."),
    ],
)
def test_what_cannot_be(world, line, answer):
    """ "If the selectors were invalid, the INVALID_PARAMS error code SHOULD be returned."""
    world.channel("#other", "carol")
    world.play(f"""
        alice> {line}
        alice< :s FAIL MARKREAD {answer}
    """)


def test_two_devices_at_once(world):
    """The lower one comes late: it "MUST reply" with the value that is stored."""
    world.log.held = True
    world.actors["alice"].say(f"MARKREAD #room timestamp={T[3]}")
    world.actors["alice2"].say(f"MARKREAD #room timestamp={T[2]}")
    world.log.held = False
    world.settle()
    world.play(f"""
        alice< :s MARKREAD #room timestamp={T[3]}
        alice2< :s MARKREAD #room timestamp={T[3]}
        alice2< :s MARKREAD #room timestamp={T[3]}
    """)


def test_without_the_capability(world):
    """It works, and the answer comes as a sentence; what others change does not come."""
    world.enter("alice", as_="plain")
    world.play(f"""
        plain> MARKREAD #room
        plain< :s NOTICE alice :#room has no read marker.
        plain> MARKREAD #room timestamp={T[1]}
        plain< :s NOTICE alice :You have read #room up to 2026-01-01 00:01 UTC.
        alice< :s MARKREAD #room timestamp={T[1]}
        alice2< :s MARKREAD #room timestamp={T[1]}
        alice> MARKREAD #room timestamp={T[2]}
        alice< :s MARKREAD #room timestamp={T[2]}
        alice2< :s MARKREAD #room timestamp={T[2]}
    """)


def test_left_meanwhile(world):
    """A marker of a channel that one has left by then is none."""
    world.log.held = True
    world.actors["alice"].say("PART #room")
    world.actors["alice2"].say(f"MARKREAD #room timestamp={T[3]}")
    world.log.held = False
    world.settle()
    world.play("""
        alice< :alice!alice@s PART #room
        alice2< :alice!alice@s PART #room
        alice2< :s FAIL MARKREAD INVALID_PARAMS #room :You have no channel or conversation of this name.
        bob< :alice!alice@s PART #room
    """)


def test_not_stored(world):
    """ "If the read timestamp cannot be set or returned due to an error, the INTERNAL_ERROR error code"."""
    world.log.failure = FULL_DISK
    world.play(f"""
        alice> MARKREAD #room timestamp={T[1]}
        alice< :s FAIL MARKREAD INTERNAL_ERROR #room :Not stored: the server's disk is full.
    """)
