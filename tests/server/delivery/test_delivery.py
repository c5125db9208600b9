"""A committed event -> who hears it -> bytes, once per batch."""

from __future__ import annotations

import pytest

from chatapp.server import proposals
from tests.server.world import FULL_DISK


def test_one_write_for_what_commits_together(world):
    """ "Each session gets its pieces in the order of the log, and one write for all of them."""
    alice, bob, carol = world.enter("alice", "echo-message"), world.enter("bob"), world.enter("carol", "echo-message")
    world.channel("#a,#b", "alice bob carol")
    world.log.held = True
    alice.say("PRIVMSG #a :1", "PRIVMSG #b :2", "PRIVMSG bob :3")
    carol.say("PRIVMSG #a :4", "PRIVMSG #a :5", "PRIVMSG bob :6")
    before = [actor.transport.writes for actor in (alice, bob, carol)]
    world.log.held = False
    world.settle()
    assert [actor.transport.writes - count for actor, count in zip((alice, bob, carol), before, strict=True)] == [
        1,
        1,
        1,
    ]
    said = [line.rpartition(":")[2] for line in bob.hear()]
    assert said == ["1", "2", "3", "4", "5", "6"]
    assert [line.rpartition(":")[2] for line in alice.hear()] == ["1", "2", "3", "4", "5"]
    assert [line.rpartition(":")[2] for line in carol.hear()] == ["1", "2", "4", "5", "6"]


def test_everyone_hears_one_order(world):
    """ "Order is log order": in a channel everybody, senders included, hears the same lines in the same order."""
    names = ("alice", "bob", "carol")
    for name in names:
        world.enter(name, "echo-message")
    world.channel("#room", "alice bob carol")
    world.log.held = True
    for number in range(5):
        for name in names:
            world.actors[name].say(f"PRIVMSG #room :{name}{number}")
    world.log.held = False
    world.settle()
    heard = [world.actors[name].hear() for name in names]
    assert heard[0] == heard[1] == heard[2]
    assert len(heard[0]) == 15


def test_somebody_outside_hears_no_more_than_its_own_echo(world):
    """A channel without n takes messages from outside; what members say at the same moment is for members only."""
    alice, bob, carol = world.enter("alice"), world.enter("bob", "echo-message"), world.enter("carol")
    world.channel("#open", "alice carol")
    alice.say("MODE #open -n")
    world.deaf()
    world.log.held = True
    alice.say("PRIVMSG #open :for members")
    bob.say("PRIVMSG #open :from outside")
    alice.say("PRIVMSG #open :for members too")
    world.log.held = False
    world.settle()
    assert bob.hear() == [":bob!bob@s PRIVMSG #open :from outside"]
    said = ["for members", "from outside", "for members too"]
    assert [line.rpartition(":")[2] for line in carol.hear()] == said
    assert alice.hear() == [":bob!bob@s PRIVMSG #open :from outside"]


@pytest.mark.parametrize(
    ("caps", "line"),
    [
        ("", ":bob!bob@s PRIVMSG #room :hi"),
        ("server-time", "@time={t} :bob!bob@s PRIVMSG #room :hi"),
        ("message-tags", "@msgid={m};+x :bob!bob@s PRIVMSG #room :hi"),
        ("account-tag", "@account=bob :bob!bob@s PRIVMSG #room :hi"),
        ("server-time account-tag", "@time={t};account=bob :bob!bob@s PRIVMSG #room :hi"),
        (
            "server-time message-tags account-tag batch echo-message extended-join",
            "@time={t};msgid={m};account=bob;+x :bob!bob@s PRIVMSG #room :hi",
        ),
    ],
)
def test_each_hears_it_as_it_negotiated(world, caps, line):
    """Every combination of the capabilities that change how a message is written."""
    world.enter("alice", caps)
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.play(f"""
        bob> @+x PRIVMSG #room :hi
        alice< {line}
    """)


def test_one_msgid_and_one_time_for_all(world):
    """ "Everybody, its sender included, sees it, with one msgid, one time"."""
    caps = "server-time message-tags echo-message"
    world.enter("alice", caps)
    world.enter("bob", caps)
    world.enter("bob", "message-tags server-time batch", as_="bob2")
    world.channel("#room", "alice bob")
    world.play("""
        alice> PRIVMSG #room :hi
        alice< @time={t};msgid={m} :alice!alice@s PRIVMSG #room :hi
        bob< @time={t};msgid={m} :alice!alice@s PRIVMSG #room :hi
        bob2< @time={t};msgid={m} :alice!alice@s PRIVMSG #room :hi
        alice> PRIVMSG bob :hi
        alice< @time={u};msgid={n} :alice!alice@s PRIVMSG bob :hi
        bob< @time={u};msgid={n} :alice!alice@s PRIVMSG bob :hi
        bob2< @time={u};msgid={n} :alice!alice@s PRIVMSG bob :hi
    """)


def test_times_that_never_meet(world):
    """Within a channel "no two messages share" a time, however fast they come; not even with a clock that goes back."""
    alice = world.enter("alice", "server-time echo-message")
    world.channel("#room", "alice")
    times = []
    for _ in range(3):
        alice.say(*["PRIVMSG #room :hi"] * 5)
        times += [line[6:30] for line in alice.hear()]
    now = world.services.proposals.stamps
    now._clock = lambda: 1_000  # the clock was set back, by half a century
    now._latest, now._at_latest = 0, set()
    alice.say(*["PRIVMSG #room :hi"] * 5)
    times += [line[6:30] for line in alice.hear()]
    assert times == sorted(set(times))
    assert len(times) == 20


def test_a_message_whose_time_was_moved_is_found_at_that_time(world):
    """What applying made of an event counts: what was echoed is what the history tells."""
    world.enter("alice", "server-time message-tags echo-message batch draft/chathistory")
    world.channel("#room", "alice")
    now = world.services.proposals.stamps
    now._clock = lambda: 1_000
    now._latest, now._at_latest = 0, set()
    world.play("""
        alice> PRIVMSG #room :hi
        alice< @time={t};msgid={m} :alice!alice@s PRIVMSG #room :hi
        alice> CHATHISTORY LATEST #room * 1
        alice< @draft/chathistory-end :s BATCH +{b} chathistory #room
        alice< @batch={b};time={t};msgid={m} :alice!alice@s PRIVMSG #room :hi
        alice< :s BATCH -{b}
    """)


def test_who_hears_may_change_from_one_message_to_the_next(world):
    """Sessions that come, go, are away or negotiate anew between two messages to one user."""
    world.enter("alice")
    world.play("""
        alice> PRIVMSG bob :one
        alice< :s 301 alice bob :not connected; will get it later
    """)
    world.enter("bob")
    world.deaf()
    world.play("""
        alice> PRIVMSG bob :two
        bob< :alice!alice@s PRIVMSG bob :two
    """)
    world.enter("bob", "message-tags", as_="phone")
    world.enter("alice", as_="desk")
    world.play("""
        alice> PRIVMSG bob :three
        bob< :alice!alice@s PRIVMSG bob :three
        phone< @msgid={m} :alice!alice@s PRIVMSG bob :three
        desk< :alice!alice@s PRIVMSG bob :three
        phone> AWAY *
        phone< :s 306 bob :...
        bob> AWAY :lunch
        bob< :s 306 bob :...
        alice> PRIVMSG bob :four
        alice< :s 301 alice bob :lunch
        bob< :alice!alice@s PRIVMSG bob :four
        phone< @msgid={n} :alice!alice@s PRIVMSG bob :four
        desk< :alice!alice@s PRIVMSG bob :four
        bob> AWAY
        bob< :s 305 bob :...
        alice> PRIVMSG bob :five
        bob< :alice!alice@s PRIVMSG bob :five
        phone< @msgid={o} :alice!alice@s PRIVMSG bob :five
        desk< :alice!alice@s PRIVMSG bob :five
        alice> CAP REQ echo-message
        alice< :s CAP alice ACK :echo-message
        alice> PRIVMSG bob :six
        alice< :alice!alice@s PRIVMSG bob :six
        bob< :alice!alice@s PRIVMSG bob :six
        phone< @msgid={p} :alice!alice@s PRIVMSG bob :six
        desk< :alice!alice@s PRIVMSG bob :six
        alice> CAP REQ -echo-message
        alice< :s CAP alice ACK :-echo-message
        phone> CAP REQ -message-tags
        phone< :s CAP bob ACK :-message-tags
        alice> PRIVMSG bob :seven
        bob< :alice!alice@s PRIVMSG bob :seven
        phone< :alice!alice@s PRIVMSG bob :seven
        desk< :alice!alice@s PRIVMSG bob :seven
    """)
    world.actors["bob"].hang_up()
    world.actors["phone"].vanish()
    world.play("""
        alice> PRIVMSG bob :eight
        alice< :s 301 alice bob :not connected; will get it later
        desk< :alice!alice@s PRIVMSG bob :eight
    """)


def test_nobody_else_hears_of_it(world):
    """Who is not in a channel, or not one of the two, hears nothing."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.play("""
        alice> PRIVMSG #room :1
        bob< :alice!alice@s PRIVMSG #room :1
        alice> PRIVMSG bob :2
        bob< :alice!alice@s PRIVMSG bob :2
        alice> TOPIC #room :3
        alice< :alice!alice@s TOPIC #room :3
        bob< :alice!alice@s TOPIC #room :3
        alice> PART #room
        alice< :alice!alice@s PART #room
        bob< :alice!alice@s PART #room
        alice> AWAY :x
        alice< :s 306 alice :...
        alice> SETNAME :x
    """)


def test_a_bug_in_applying_stops_the_server(world, monkeypatch):
    """ "The state may be half changed, so nothing may go on from here"; what is on disk is whole."""
    world.enter("alice", "echo-message")

    def broken(*args):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(world.services.state, "apply", broken)
    alice = world.actors["alice"]
    alice.say("PRIVMSG bob :hi", "PRIVMSG bob :again")
    assert [type(bug) for bug in world.bugs] == [ZeroDivisionError]
    alice.say("PRIVMSG bob :more")
    assert not any("PRIVMSG bob :" in line and "FAIL" not in line for line in alice.hear())
    world.bugs.clear()
    monkeypatch.undo()
    world.crash()
    world.start_again()
    bob = world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    assert next(line for line in bob.hear() if " PRIVMSG bob :" in line) == ":alice!alice@s PRIVMSG bob :hi"


def test_a_batch_that_fails_and_one_that_does_not(world):
    """Each is answered for itself, and the one that failed is nowhere."""
    world.enter("alice", "echo-message batch draft/chathistory")
    world.channel("#room", "alice")
    alice = world.actors["alice"]
    for number, failure in enumerate([None, FULL_DISK, None, FULL_DISK, FULL_DISK, None]):
        world.log.failure = failure
        heard = alice.ask(f"PRIVMSG #room :{number}")
        assert heard[0].startswith(":s FAIL PRIVMSG MESSAGE_NOT_STORED #room" if failure else ":alice!alice@s PRIVMSG")
    world.log.failure = None
    page = [line.rpartition(":")[2] for line in alice.ask("CHATHISTORY LATEST #room * 10")[1:-1]]
    assert page == ["0", "2", "5"]


def test_a_snapshot_now_and_then(make_world, monkeypatch):
    """ "Between two snapshots, at least"; a restart from one is the same as from the beginning."""
    monkeypatch.setattr(proposals, "SNAPSHOT_EVENTS", 10)
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.channel("#room", "alice")
    for number in range(25):
        world.actors["alice"].ask(f"PRIVMSG #room :{number}")
    positions = [position for position, _ in world.disk.snapshots]
    assert positions == [10, 20, 30]
    digest = world.services.state.digest()
    world.crash()
    world.start_again()
    assert world.services.state.digest() == digest
    world.crash()
    world.disk.snapshots.clear()
    world.start_again()
    assert world.services.state.digest() == digest
