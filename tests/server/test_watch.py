"""What every session shares, and the one clock that looks after them all."""

from __future__ import annotations

import re

import pytest

from chatapp.protocol.timestamps import parse_time
from chatapp.server.session.receipts import CONFIRM_S
from chatapp.server.watch import ARRIVAL_S, DRAIN_S
from tests.server.world import CLOSED

DAY_MS = 24 * 3600 * 1000
LATE = "ERROR :You did not sign in in time. Connect again."
SILENT = "ERROR :Closed, because you have sent nothing. Connect again."


def hear_ping(actor):
    """Take the one line that was heard, a PING, and return its token."""
    (line,) = actor.hear()
    assert line.startswith("PING :")
    return line.removeprefix("PING :")


# Newcomers


@pytest.mark.parametrize(
    "says", ["NICK alice", "NICK alice\nUSER a 0 * :a", "CAP LS 302\nNICK alice\nUSER a 0 * :a\nPASS alice:sesame"]
)
def test_newcomers_have_a_deadline(world, says):
    """Who has not signed in in time is told so, whatever it said until then."""
    x = world.connect("x", says=says)
    x.hear()
    world.advance(119)
    x.say("PING 1")
    assert x.hear() == [":s PONG s :1"]
    world.advance(2)
    assert x.hear() == [LATE, CLOSED]


def test_a_connection_that_says_nothing_has_a_deadline(world):
    """It has no session, and is closed; a word in time begins its session."""
    silent, late = world.connect("silent"), world.connect("late")
    world.advance(119)
    late.say("PING 1")
    world.advance(2)
    assert silent.hear() == [SILENT, CLOSED]
    assert late.hear() == [":s PONG s :1"]
    assert len(world.watch.sessions) == 1


def test_too_many_that_say_nothing(make_world):
    """The one that has been silent longest makes room."""
    world = make_world(newcomers_max=2)
    one, two, three = (world.connect(name) for name in ("one", "two", "three"))
    assert one.hear() == [SILENT, CLOSED]
    assert not two.closed
    assert not three.closed
    assert world.watch.sessions == {}


def test_who_has_signed_in_has_none(world):
    """The deadline ends with the welcome."""
    alice = world.enter("alice")
    for _ in range(5):
        world.advance(60)
        alice.say("PONG :" + (hear_ping(alice) if alice.heard else ""))
    assert not alice.closed


def test_a_deadline_while_the_password_is_checked(world):
    """It holds in the middle of a command that waits, too, and the answer comes to nobody."""
    x = world.connect("x", says="CAP REQ sasl\nAUTHENTICATE PLAIN")
    x.hear()
    world.loop.jobs_held = True
    x.say("AUTHENTICATE AGFsaWNlAHNlc2FtZQ==")
    world.advance(121)
    assert x.hear() == [LATE, CLOSED]
    world.loop.jobs_held = False
    world.settle()
    assert x.hear() == []
    assert world.services.presence.count(world.services.state.user_named("alice").uid) == 0


def test_too_many_newcomers(make_world):
    """The one that has waited longest makes room; who has signed in is none of them."""
    world = make_world(accounts="alice", newcomers_max=2)
    world.enter("alice")
    one, two = world.connect("one", says="NICK one"), world.connect("two", says="NICK two")
    three = world.connect("three", says="NICK three")
    assert one.hear() == [
        "ERROR :Too many connections are signing in; yours has waited longest. Try again.",
        CLOSED,
    ]
    assert (two.closed, three.closed, world.actors["alice"].closed) == (False, False, False)


def test_a_full_server(make_world):
    """--max-clients: the next one is told; when one leaves, there is room again."""
    world = make_world(accounts="alice", clients_max=2)
    world.enter("alice")
    world.connect("x", says="NICK x")
    y = world.connect("y", says="NICK y")
    assert y.hear() == ["ERROR :The server is full. Try again later.", CLOSED]
    world.actors["x"].hang_up()
    assert not world.connect("z").closed


# Whether it is there


def test_ping(world):
    """Asked every 90 s; who answers stays, however silent it is otherwise."""
    alice = world.enter("alice")
    for _ in range(5):
        world.advance(89)
        assert alice.hear() == []
        world.advance(2)
        alice.say(f"PONG :{hear_ping(alice)}")


def test_ping_timeout(world):
    """Who says nothing at all for 60 s then is gone; its neighbours hear that it is away."""
    alice = world.enter("alice")
    bob = world.enter("bob", "away-notify")
    world.channel("#room", "alice bob")
    world.advance(91)
    hear_ping(alice)
    bob.say(f"PONG :{hear_ping(bob)}")
    world.advance(58)
    assert alice.hear() == []
    world.advance(2)
    assert alice.hear() == ["ERROR :Ping timeout", CLOSED]
    world.play("""
        bob< :alice!alice@s AWAY :not connected
    """)


def test_who_talks_is_there(world):
    """Anything that is said shows that somebody is there, if not what has reached it."""
    alice = world.enter("alice")
    for _ in range(30):
        world.advance(20)
        alice.say("PING 1")
    assert not alice.closed
    assert len([line for line in alice.hear() if line.startswith("PING :")]) == 4


def test_a_ping_in_the_middle_of_a_response(make_world):
    """What the server asks is no part of an answer."""
    world = make_world(accounts="alice")
    alice = world.enter("alice", "labeled-response batch draft/chathistory")
    alice.ask("PRIVMSG alice :note")
    world.history.held = True
    alice.say("@label=1 CHATHISTORY LATEST alice * 1")
    world.advance(CONFIRM_S + 1)
    assert alice.hear()[0].startswith("PING :")
    world.history.held = False
    world.settle()
    assert alice.hear()[0].startswith("@label=1;draft/chathistory-end :s BATCH +")


# Who does not read


def test_a_slow_reader(make_world):
    """ "A slow reader loses its connection, never the server's memory"; nothing is lost for its account."""
    world = make_world(accounts="alice bob", send_buffer_bytes_max=10_000, rate_limits=False)
    alice = world.enter("alice")
    bob = world.enter("bob")
    bob.transport.reads = False
    for number in range(30):
        alice.ask(f"PRIVMSG bob :{number} {'x' * 400}")
    assert bob.closed
    assert bob.hear() == [CLOSED]
    back = world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    said = [line for line in back.hear() if "PRIVMSG bob" in line]
    assert [int(line.split(" :")[1].split()[0]) for line in said] == list(range(30))


def test_a_reader_that_takes_its_time(make_world):
    """What fits into the bound waits for it."""
    world = make_world(accounts="alice bob", send_buffer_bytes_max=10_000)
    alice, bob = world.enter("alice"), world.enter("bob")
    bob.transport.reads = False
    for number in range(20):
        alice.ask(f"PRIVMSG bob :{number} {'x' * 400}")
    bob.transport.reads = True
    assert len(bob.hear()) == 20


def test_a_slow_reader_that_catches_up(make_world):
    """Who is slow for a while is one like the others afterwards."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000)
    alice, bob = world.enter("alice"), world.enter("bob")
    for _ in range(3):
        bob.transport.reads = False
        for number in range(20):
            alice.ask(f"PRIVMSG bob :{number} {'x' * 400}")
        assert len(world.services.limits.slow_readers) == 1
        bob.transport.reads = True
        assert not world.services.limits.slow_readers
        assert len([line for line in bob.hear() if " PRIVMSG " in line]) == 20
        world.advance(30)


def test_a_slow_reader_is_not_answered_faster_than_it_reads(make_world):
    """Its commands wait until it has caught up, so that they cost nothing; nothing of them is lost."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000)
    alice = world.enter("alice")
    alice.transport.reads = False
    numbers = [f"{number:0400}" for number in range(40)]
    for number in numbers:
        alice.say(f"PING {number}")
    assert 2_000 < alice.transport.get_write_buffer_size() < 3_000
    assert not alice.closed
    assert world.enter("bob").ask("PING 1") == [":s PONG s :1"]
    alice.transport.reads = True
    world.settle()
    assert [line.rpartition(":")[2] for line in alice.hear()] == numbers


def test_a_command_under_way_ends_though_its_session_does_not_read(make_world):
    """What comes after it waits as well."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000)
    alice, bob = world.enter("alice"), world.enter("bob")
    alice.transport.reads = False
    for number in range(6):
        bob.say(f"PRIVMSG alice :{'x' * 440}")
        alice.say("WHO *", f"PING {number}")
    assert not alice.closed
    alice.transport.reads = True
    world.settle()
    heard = alice.hear()
    assert len([line for line in heard if " 315 " in line]) == 6
    assert [line.rpartition(":")[2] for line in heard if " PONG " in line] == list("012345")


def test_a_long_answer_waits_for_its_reader(make_world):
    """However long it is, no more than a part of it waits to be read, and what is asked next comes after it."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=40_000)
    bob = world.enter("bob", "draft/chathistory batch")
    world.enter("alice")
    for number in range(350):
        bob.ask(f"PRIVMSG alice :{number} {'x' * 400}")
        world.advance(0.2)
    bob.transport.reads = False
    bob.say("CHATHISTORY LATEST alice * 1000", "PING 1")
    assert 40_000 < bob.transport.get_write_buffer_size() < 60_000  # a hundred lines
    bob.transport.reads = True
    world.settle()
    heard = bob.hear()
    told = [line.partition(" PRIVMSG alice :")[2] for line in heard]
    assert [int(text.split()[0]) for text in told if text] == list(range(350))
    assert heard[-1] == ":s PONG s :1"


def test_who_leaves_in_the_middle_of_a_long_answer(make_world):
    """Nothing waits for it any more."""
    world = make_world(accounts="alice", send_buffer_slow_bytes=2_000)
    alice = world.enter("alice", "draft/chathistory")
    for number in range(250):
        alice.ask(f"PRIVMSG alice :{number} {'x' * 400}")
        world.advance(0.2)
    alice.transport.reads = False
    alice.say("CHATHISTORY LATEST alice * 1000")
    (session,) = world.watch.sessions
    assert session._reading is not None
    alice.vanish()
    assert session._task is None
    assert world.watch.sessions == {}


def test_one_long_answer_does_not_make_a_slow_reader(make_world):
    """A piece of an answer may be longer than what may wait: more has to come."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=20_000)
    bob = world.enter("bob", "draft/chathistory batch labeled-response")
    world.enter("alice")
    for number in range(150):
        bob.ask(f"PRIVMSG alice :{number} {'x' * 400}")
        world.advance(0.2)
    bob.transport.reads = False
    bob.say("@label=1 CHATHISTORY LATEST alice * 1000")
    assert bob.transport.get_write_buffer_size() > 40_000
    world.actors["alice"].ask("PRIVMSG bob :hi")
    bob.transport.reads = True
    world.settle()
    assert len([line for line in bob.hear() if "PRIVMSG" in line]) == 151


def test_long_messages_of_the_day(make_world):
    """However many are asked for at once, they come as they are read."""
    world = make_world(accounts="alice", motd=("x" * 400,) * 100, send_buffer_slow_bytes=2_000, rate_limits=False)
    alice = world.enter("alice")
    alice.transport.reads = False
    alice.say(*["MOTD"] * 60, "PING 1")
    assert alice.transport.get_write_buffer_size() < 60_000
    alice.transport.reads = True
    world.settle()
    heard = alice.hear()
    assert len([line for line in heard if " 376 " in line]) == 60
    assert heard[-1] == ":s PONG s :1"


def test_who_never_reads_what_it_asks_for(make_world):
    """It cannot answer a PING, however much it says: it is not waited for for ever, without limits of rates either."""
    bounds = {"send_buffer_slow_bytes": 2_000, "receive_queue_bytes_max": 4_096, "rate_limits": False}
    world = make_world(accounts="alice", **bounds)
    alice = world.enter("alice")
    alice.transport.reads = False
    alice.feed(b"PING %s\r\n" % (b"x" * 400) * 40)
    assert alice.transport._paused
    world.advance(90 + 59)
    assert not alice.closed
    world.advance(5)
    assert alice.closed


def test_all_slow_readers_together(make_world):
    """What all of them make the server hold is bounded too; of them the slowest go."""
    bounds = {"send_buffer_slow_bytes": 1_000, "send_buffer_bytes_max": 20_000, "send_buffers_bytes_max": 40_000}
    world = make_world(accounts="alice bob carol dave", rate_limits=False, **bounds)
    alice = world.enter("alice")
    others = [world.enter(name) for name in ("bob", "carol", "dave")]
    for other, count in zip(others, (25, 30, 35), strict=True):
        other.transport.reads = False
        for number in range(count):
            alice.ask(f"PRIVMSG {other.name} :{number} {'x' * 440}")
    world.advance(1)
    assert [other.closed for other in others] == [False, False, True]
    assert len(world.services.limits.slow_readers) == 2


def test_closing_does_not_wait_for_ever(world):
    """ "How long what waits may still be written to a connection that we close"."""
    alice = world.enter("alice")
    alice.transport.reads = False
    alice.say("QUIT")
    assert not alice.closed
    world.advance(2.5)
    assert alice.closed
    assert world.watch.sessions == {}


# The end


def test_stopping(world):
    """Everyone is told, in words; what was said is stored before; nothing more is taken."""
    alice = world.enter("alice", "echo-message")
    x = world.connect("x", says="NICK x")
    silent = world.connect("silent")
    world.log.held = True
    alice.say("PRIVMSG bob :last words")
    stopping = world.loop.create_task(world.watch.stop("The server is stopping."))
    world.settle()
    alice.say("PRIVMSG bob :too late")
    assert alice.hear() == []
    world.log.held = False
    world.settle()
    world.advance(ARRIVAL_S + 0.1)
    heard = alice.hear()
    assert heard[:2] == [
        ":alice!alice@s PRIVMSG bob :last words",
        ":s 301 alice bob :not connected; will get it later",
    ]
    assert " FAIL PRIVMSG SERVER_STOPPING bob " in heard[2]
    assert heard[3].startswith("PING :")  # to know what has arrived
    assert heard[4:] == ["ERROR :The server is stopping.", CLOSED]
    assert x.hear() == ["ERROR :The server is stopping.", CLOSED]
    assert silent.hear() == [SILENT, CLOSED]
    assert stopping.done()


def test_stopping_with_a_disk_that_hangs(world):
    """It does not take for ever."""
    alice = world.enter("alice")
    world.log.held = True
    alice.say("PRIVMSG bob :never stored")
    stopping = world.loop.create_task(world.watch.stop("The server is stopping."))
    world.advance(DRAIN_S + 1)
    assert stopping.done()
    assert alice.closed


# The clock


def test_a_clock_that_steps_ahead_is_told_though_somebody_writes_at_once(world, caplog):
    """What is said after the step has the new time, so the last message cannot show it; the loop's time does."""
    alice = world.enter("alice")
    alice.say("JOIN #room", "PRIVMSG #room :before")
    world.advance(61)
    assert [text for text in caplog.messages if "clock" in text] == []
    clock = world.services.system_clock_ms
    world.services.system_clock_ms = lambda: clock() + 1200 * DAY_MS
    world.services.proposals.stamps._clock = world.services.system_clock_ms
    alice.say("PRIVMSG #room :after")
    world.advance(61)
    (words,) = [text for text in caplog.messages if "clock" in text]
    told = re.search(
        r"moved 1200 days ahead at once: it shows (\S+), and without that step it would show (\S+)\. ", words
    )
    assert told is not None
    shown, before = (parse_time(text) for text in told.groups())
    assert shown - before == 1200 * DAY_MS
    assert clock() - 61_000 <= before <= clock()
    assert "the last message" not in words  # nobody knows when the last message before the step was
    world.advance(120)
    assert len([text for text in caplog.messages if "clock" in text]) == 1


def test_what_a_start_stores_is_not_dated_by_a_doubtful_clock(make_world):
    """An account that was added while the server was stopped gets the time of the last event, not of years ahead."""
    world = make_world(accounts="alice")
    world.enter("alice").say("JOIN #room", "PRIVMSG #room :hi")
    latest = world.services.latest_ms
    world.stop()
    world.write_passwords("alice", "bob")
    now_ms = world.now_ms
    world.now_ms = lambda: now_ms() + 1200 * DAY_MS
    world.start_again()
    assert world.services.state.user_named("bob") is not None
    assert world.services.latest_ms < latest + DAY_MS
