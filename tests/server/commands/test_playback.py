"""ZNC's playback, for clients that know only that, and znc.in/self-message.

The quotations are from https://wiki.znc.in/Playback.
"""

from __future__ import annotations

import pytest

from tests.server.world import MIDNIGHT_MS

CAPS = "znc.in/playback server-time"
S = MIDNIGHT_MS // 1000


@pytest.fixture
def told(make_world):
    """Make a world where alice and bob have talked in #room, #other and with each other; bob is gone."""
    world = make_world(accounts="alice bob carol", replay_max=6)
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room,#other", "alice bob")
    for number in range(3):
        world.advance(10)
        alice.say(f"PRIVMSG #room :r{number}", f"PRIVMSG bob :d{number}")
        bob.say(f"PRIVMSG alice :a{number}", "PRIVMSG alice :\x01VERSION\x01")
    alice.say("PRIVMSG #other :o")
    bob.hang_up()
    world.advance(1)
    alice.say("PRIVMSG bob :missed")
    world.deaf()
    return world


def back(world, caps=CAPS):
    """Let bob come back; return the actor and what it heard after the welcome."""
    bob = world.connect("bob", says=f"CAP REQ :{caps}\nPASS bob:sesame\nNICK bob\nUSER b 0 * :b\nCAP END")
    return bob, [line for line in bob.hear() if " PRIVMSG " in line]


def texts(lines):
    """Return the texts of messages."""
    return [line.rpartition(" :")[2] for line in lines if " PRIVMSG " in line]


def test_nothing_comes_by_itself(told):
    """ "makes it possible for IRC clients to avoid undesired repetitive buffer playback": it asks."""
    bob, heard = back(told)
    assert heard == []
    assert sorted(texts(bob.ask("PRIVMSG *playback :play * 0"))) == ["d1", "d2", "missed", "o", "r0", "r1", "r2"]
    told.advance(10)
    assert bob.hear() == []  # it has asked


def test_who_does_not_ask_gets_direct_messages(told):
    """R5: its reader notices a direct message, whatever its client promises."""
    bob, _ = back(told)
    told.advance(10)
    assert texts(bob.hear()) == ["missed"]


def test_play_since(told):
    """ "optional last two arguments are number of seconds (floating point for millisecond precision)"."""
    bob, _ = back(told)
    everything = bob.ask("PRIVMSG *playback :PLAY #room 0")
    assert texts(everything) == ["r0", "r1", "r2"]
    second = everything[1].partition("@time=2026-01-01T00:")[2].partition("Z")[0].split(":")
    at = S + 60 * int(second[0]) + float(second[1])
    assert texts(bob.ask(f"PRIVMSG *playback :play #room {at:.3f}")) == ["r2"]
    assert texts(bob.ask(f"PRIVMSG *playback :play #room {at - 0.001:.3f} {at + 0.001:.3f}")) == ["r1"]
    assert texts(bob.ask(f"PRIVMSG *playback :play #room 0 {at}")) == ["r0"]
    assert bob.ask(f"PRIVMSG *playback :play * {S + 100_000}") == []
    assert bob.ask("PRIVMSG *playback :play nobody 0") == []


def test_patterns_and_limits(told):
    """ "a comma-separated list of channels (supports wildcards)"; at most replay_max messages each, the newest."""
    bob, _ = back(told, f"{CAPS} znc.in/self-message batch")
    heard = bob.ask("PRIVMSG *PLAYBACK :play #o*,ALICE 0")
    assert texts(heard) == ["o", "a0", "d1", "a1", "d2", "a2", "missed"]
    assert [line.split(" ")[-1] for line in heard if " BATCH +" in line] == ["#other", "alice"]
    assert heard[-3].endswith(" :bob!bob@s PRIVMSG alice :a2")
    (refusal,) = bob.ask("PRIVMSG *playback :play " + ",".join("abcdefghijklmnopqrstuvwxyz"))
    assert refusal.startswith(":s 407 bob *playback ")


def test_more_than_is_shown_at_once(told):
    """Who is not shown everything is told so, and how to ask for the part before."""
    bob, _ = back(told, f"{CAPS} znc.in/self-message")
    more, before, *heard = bob.ask("PRIVMSG *playback :play alice 0")
    assert more == ":s NOTICE bob :More was said in alice; the last 6 messages follow."
    assert texts(heard) == ["a0", "d1", "a1", "d2", "a2", "missed"]
    request = before.removeprefix(":s NOTICE bob :To see what was said before: /msg *playback ")
    assert texts(bob.ask(f"PRIVMSG *playback :{request}")) == ["d0"]
    since = f"{S + 1005}.500"
    told.actors["alice"].say(*(f"PRIVMSG bob :{number}" for number in range(8)))
    bob.hear()
    more, before, *heard = bob.ask(f"PRIVMSG *playback :play alice {since}")
    assert texts(heard) == ["2", "3", "4", "5", "6", "7"]
    request = before.partition("*playback ")[2]
    assert request.split(" ")[:3] == ["play", "alice", since]
    heard = bob.ask(f"PRIVMSG *playback :{request}")
    assert texts(heard[2:]) == ["a1", "d2", "a2", "missed", "0", "1"]


def test_list_and_clear(told):
    """LIST shows the buffers with the times of their first and last message; nothing can be cleared."""
    bob, _ = back(told)
    lines = bob.ask("PRIVMSG *playback :LIST")
    assert [line.split(" ")[:4] for line in lines] == [
        [":*playback!playback@s", "PRIVMSG", "bob", f":{name}"] for name in ("#room", "#other", "alice")
    ]
    first, last = map(float, lines[0].split(" ")[4:])
    assert last - first == pytest.approx(20, abs=1)
    assert bob.ask("PRIVMSG *playback :CLEAR #room") == []
    assert bob.ask("PRIVMSG *playback :list #r*") == lines[:1]


@pytest.mark.parametrize(
    "text", ["play", "", " ", "play * x", "play * -1", "play * nan", "play * 1e99", "play * 1 2 3", "x"]
)
def test_mistakes(told, text):
    """Each is told what is wrong, and nothing else happens."""
    bob, _ = back(told)
    heard = bob.ask(f"PRIVMSG *playback :{text}")
    assert len(heard) == 1
    assert heard[0].startswith(
        (":s NOTICE bob :PRIVMSG *playback: ", ":*playback!playback@s PRIVMSG bob :Usage: ", ":s 412 ")
    )


def test_only_who_negotiated_it(told):
    """For everybody else there is nobody of this name, and a NOTICE is no request."""
    assert told.actors["alice"].ask("PRIVMSG *playback :play * 0")[0].startswith(":s 401 alice *playback ")
    bob, _ = back(told)
    assert bob.ask("NOTICE *playback :play * 0") == []


def test_labelled(told):
    """The answer is one response, with the batches inside."""
    bob, _ = back(told, f"{CAPS} batch labeled-response message-tags")
    first, *lines, last = bob.ask("@label=7 PRIVMSG *playback :play #room,#other 0")
    assert first.startswith("@label=7 :s BATCH +")
    assert last.startswith(":s BATCH -")
    assert texts(lines) == ["r0", "r1", "r2", "o"]
    assert all(line.split(" ")[0].count("batch=") == 1 for line in lines)


def test_what_may_not_be_read(told):
    """May_read decides: not a channel that was left, nor the past of a channel with W, nor what is silenced."""
    alice = told.actors["alice"]
    bob, _ = back(told)
    alice.say("KICK #other bob")
    bob.ask("SILENCE +alice", "JOIN #room")
    assert texts(bob.ask("PRIVMSG *playback :play * 0")) == []
    carol = told.enter("carol", CAPS)
    alice.say("MODE #room +W")
    carol.ask("JOIN #room")
    alice.say("PRIVMSG #room :new")
    carol.hear()
    assert texts(carol.ask("PRIVMSG *playback :play * 0")) == ["new"]


def test_self_message(world):
    """Each connection gets what the other connections of its account send, from it and to its target."""
    one, two, three = (
        world.enter("alice", caps, as_=caps or "old") for caps in ("", "znc.in/self-message", "echo-message")
    )
    world.enter("bob")
    one.say("PRIVMSG bob :hi")
    assert two.hear() == three.hear() == [":alice!alice@s PRIVMSG bob :hi"]
    assert not any(" PRIVMSG " in line for line in one.hear())
