"""One connection as a partner in talk: its commands one after the other, and what is bounded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.server.world import CLOSED, FULL_DISK, World, plain
from tests.support.examples import examples

# Order


def test_answers_come_in_the_order_of_the_questions(world):
    """ "The PONG to a PING sent after a PRIVMSG comes after that message's echo"; a refusal after earlier echoes."""
    world.enter("alice", "echo-message")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.play("""
        alice>> PRIVMSG #room :one
        alice>> PING 1
        alice>> PRIVMSG nobody :two
        alice>> PRIVMSG #room,nobody :three
        alice>> NONSENSE
        alice>> PRIVMSG #room :four
        alice>> PRIVMSG #none :five
        alice>> @+typing=active TAGMSG nobody
        alice>> PRIVMSG #room
        alice>> @+typing=active TAGMSG #room
        alice> PING 2
        alice< :alice!alice@s PRIVMSG #room :one
        alice< :s PONG s :1
        alice< :s 401 alice nobody :...
        alice< :s 401 alice nobody :...
        alice< :alice!alice@s PRIVMSG #room :three
        alice< :s 421 alice NONSENSE :...
        alice< :alice!alice@s PRIVMSG #room :four
        alice< :s 403 alice #none :...
        alice< :s 401 alice nobody :...
        alice< :s 412 alice :...
        alice< :s PONG s :2
        bob< :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :three
        bob< :alice!alice@s PRIVMSG #room :four
    """)


def test_typing_does_not_overtake(world):
    """What is not stored waits for what is."""
    world.enter("alice", "message-tags echo-message")
    world.enter("bob", "message-tags")
    world.channel("#room", "alice bob")
    world.play("""
        alice>> PRIVMSG #room :one
        alice>> @+typing=active TAGMSG #room
        alice> PRIVMSG #room :two
        alice< @msgid={a} :alice!alice@s PRIVMSG #room :one
        alice< @msgid={t};+typing=active :alice!alice@s TAGMSG #room
        alice< @msgid={b} :alice!alice@s PRIVMSG #room :two
        bob< @msgid={a} :alice!alice@s PRIVMSG #room :one
        bob< @msgid={t};+typing=active :alice!alice@s TAGMSG #room
        bob< @msgid={b} :alice!alice@s PRIVMSG #room :two
    """)


def test_refusals_of_the_disk_come_in_order_too(world):
    """Whatever becomes of them, answers stand where their questions stood."""
    world.enter("alice", "echo-message")
    world.channel("#room", "alice")
    world.log.failure = FULL_DISK
    world.play("""
        alice>> PRIVMSG #room :one
        alice>> PRIVMSG nobody :two
        alice>> PRIVMSG #room :three
        alice>> PING 4
        alice> PRIVMSG #room :five
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :...
        alice< :s 401 alice nobody :...
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :...
        alice< :s PONG s :4
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :...
    """)


def test_messages_do_not_wait_for_each_other(make_world):
    """All that came in one piece is on its way to the disk at once, up to a bound; then the rest waits."""
    world = make_world(accounts="alice", unsettled_max=3)
    world.enter("alice", "echo-message")
    world.channel("#room", "alice")
    world.log.held = True
    world.actors["alice"].say(*(f"PRIVMSG #room :{number}" for number in range(7)))
    assert len(world.log._pending) == 3
    world.log.held = False
    world.settle()
    said = [line.rpartition(":")[2] for line in world.actors["alice"].hear()]
    assert said == [str(number) for number in range(7)]


# Splits

CONVERSATION = (
    "CAP LS 302",
    "NICK alice",
    "USER a 0 * :Alice",
    "CAP REQ :echo-message message-tags labeled-response batch sasl",
    "AUTHENTICATE PLAIN",
    f"AUTHENTICATE {plain('alice')[0]}",
    "CAP END",
    "JOIN #room",
    "@+a=1;label=x PRIVMSG #room :hé",
    "",
    "PRIVMSG #room :" + "x" * 500,
    "@" + "y" * 5000 + " PRIVMSG #room :hi",
    "z" * 6000,
    "TOPIC #room :été",
    "NAMES #room",
    "NONSENSE",
    "@label=y PING 🎉",
    "PART #room",
    "PRIVMSG bob :bye",
    "QUIT",
)
RECORDED = "\r\n".join([*CONVERSATION, "PING late"]).encode() + b"\r\n"


def heard_of(folder, pieces):
    """Play the conversation in pieces; return what is answered, without what is different each time."""
    folder.mkdir(mode=0o700)
    with World(folder, accounts="alice bob") as world:
        x = world.connect("x")
        for piece in pieces:
            x.feed(piece)
        world.advance(1)
        return [line if "msgid=" not in line else "@" + line.partition("msgid=")[2][16:] for line in x.hear()]


@given(cuts=st.lists(st.integers(0, len(RECORDED)), max_size=12))
@settings(max_examples=examples(40))
def test_any_split_of_the_bytes_gives_the_same(tmp_path_factory, cuts):
    """ "Any split of the incoming bytes gives the same result"."""
    folder = tmp_path_factory.mktemp("split")
    edges = [0, *sorted(cuts), len(RECORDED)]
    pieces = [RECORDED[start:end] for start, end in itertools.pairwise(edges)]
    whole = heard_of(folder / "whole", [RECORDED])
    assert whole[-1] == CLOSED
    assert len(whole) > 20
    assert heard_of(folder / "pieces", [piece for piece in pieces if piece]) == whole


def test_byte_by_byte(tmp_path):
    """The smallest pieces there are."""
    whole = heard_of(tmp_path / "whole", [RECORDED])
    assert heard_of(tmp_path / "bytes", [bytes([byte]) for byte in RECORDED]) == whole


# Rates


def limited(make_world, **settings):
    """Make a world in which alice has few commands."""
    world = make_world(accounts="alice bob", **{"commands_burst": 20, "commands_per_s": 2.0, **settings})
    world.enter("alice", "echo-message")
    world.enter("bob")
    world.advance(60)
    world.deaf()
    return world


def test_a_flood_is_slowed(make_world):
    """So many at once, then so many a second; nothing is lost, and others are not slowed."""
    world = limited(make_world)
    alice = world.actors["alice"]
    alice.say(*(f"PING {number}" for number in range(30)))
    assert [line.rpartition(":")[2] for line in alice.hear()] == [str(number) for number in range(20)]
    world.advance(0.6)
    assert [line.rpartition(":")[2] for line in alice.hear()] == ["20"]
    assert world.actors["bob"].ask("PING 1") == [":s PONG s :1"]
    world.advance(10)
    assert [line.rpartition(":")[2] for line in alice.hear()] == [str(number) for number in range(21, 30)]


def test_every_line_costs_the_same(make_world):
    """Lines that are no messages too, and none costs twice because it waited."""
    world = limited(make_world)
    alice = world.actors["alice"]
    alice.feed(b"PRIVMSG bob :x\r\n" + b"PING 1\r\n" + b"\xff\r\n" + b"x" * 6000 + b"\r\n" + b"PRIVMSG bob :y\r\n" * 6)
    alice.feed(b"PING 2\r\n" * 20)
    assert len([line for line in alice.hear() if "PONG" in line]) == 1 + 10


FLOOD = "ERROR :Excess Flood: you send faster than this server takes it. Send less at once."


def test_a_greater_flood_ends_the_connection(make_world):
    """ "A flood is slowed, then dropped": when enough waits nothing more is read, and that may not last for ever."""
    world = limited(make_world, receive_queue_bytes_max=4096, flood_s=100.0)
    alice = world.actors["alice"]
    alice.feed(b"PING 1\r\n" * 40)
    assert not alice.transport._paused
    alice.feed(b"PING 1\r\n" * 10_000)
    assert alice.transport._paused
    world.advance(99)
    assert not alice.closed
    world.advance(2)
    assert alice.hear()[-2:] == [FLOOD, CLOSED]
    world.advance(60)


def test_a_flood_that_ends_is_forgiven(make_world):
    """Who sends much at once, and then waits until it is done, stays; nothing of it is lost."""
    world = limited(make_world, receive_queue_bytes_max=4096, flood_s=100.0)
    alice = world.actors["alice"]
    alice.feed(b"".join(b"PING %d\r\n" % number for number in range(150)))
    assert alice.transport._paused
    world.advance(150)
    pongs = [line.rpartition(":")[2] for line in alice.hear() if " PONG " in line]
    assert pongs == [str(number) for number in range(150)]
    assert not alice.transport._paused


def test_a_flood_is_not_counted_with_the_one_before(make_world):
    """Who has caught up has as long for the next one; nothing of it is lost."""
    world = limited(make_world, receive_queue_bytes_max=4096, flood_s=100.0)
    alice = world.actors["alice"]
    for _ in range(2):
        alice.feed(b"".join(b"PING %d\r\n" % number for number in range(150)))
        assert alice.transport._paused
        world.advance(80)
        pongs = [line.rpartition(":")[2] for line in alice.hear() if " PONG " in line]
        assert pongs == [str(number) for number in range(150)]


@pytest.mark.parametrize("line", [b"A\n", b"x" * 6000 + b"\n", b"\xff\n"])
def test_small_lines_and_long_ones_are_a_flood_too(make_world, line):
    """What a line costs the server counts, not only its bytes."""
    world = limited(make_world, receive_queue_bytes_max=4096, flood_s=30.0)
    for _ in range(100):
        world.actors["alice"].feed(line * 2)
    assert world.actors["alice"].transport._paused
    world.advance(31)
    assert world.actors["alice"].closed


@pytest.mark.parametrize("data", [b"\n", b"x", b"\r\n"])
def test_what_is_no_line_is_slowed_too(make_world, data):
    """Bytes that never become a command have an allowance of their own."""
    world = limited(make_world, receive_bytes_burst=10_000, receive_bytes_per_s=1_000.0)
    alice = world.actors["alice"]
    for _ in range(21):
        alice.feed(data * (1_000 // len(data)))
    assert alice.transport._paused
    world.advance(1.1)
    assert not alice.transport._paused


def test_what_is_read_is_looked_at_in_pieces(make_world):
    """However much comes in one read, other sessions have their turn in between, and all of it is done in order."""
    world = make_world(accounts="alice bob", rate_limits=False)
    world.enter("alice")
    alice = world.actors["alice"]
    alice.feed(b"".join(b"PING %d\r\n" % number for number in range(5_000)))
    assert [line.rpartition(":")[2] for line in alice.hear()] == [str(number) for number in range(5_000)]
    assert not alice.transport._paused


def test_without_rate_limits(make_world):
    """Nothing is slowed but by the disk, and then the peer is read no further until there is room."""
    world = make_world(accounts="alice bob", rate_limits=False, receive_queue_bytes_max=2048, unsettled_max=4)
    world.enter("alice", "echo-message")
    alice = world.actors["alice"]
    world.log.held = True
    for number in range(100):
        alice.feed(f"PRIVMSG alice :{number:050}\r\nPING {number}\r\n".encode())
    assert alice.transport._paused
    assert not alice.hear()
    world.log.held = False
    world.settle()
    heard = [int(line.rpartition(":")[2]) for line in alice.hear() if "PONG" in line]
    assert heard == list(range(100))
    assert not alice.transport._paused


def test_signing_in_is_limited_as_well(make_world):
    """Before the welcome the same allowance holds."""
    world = make_world(commands_burst=20, commands_per_s=2.0)
    x = world.connect("x")
    x.say(*["PING 1"] * 30)
    assert len(x.hear()) == 20
    world.advance(10)
    assert len(x.hear()) == 10


@pytest.mark.parametrize(
    "line",
    [
        "KICK #room n1,n2,n3,n4",
        "JOIN #a,#b,#c,#d k1",
        "PART #a,#b,#c,#d",
        "NAMES #a,#b,#c,#d",
        "PRIVMSG n1,n2,n3,n4 :x,y",
    ],
)
def test_each_item_of_a_list_counts(make_world, line):
    """ "A list of four is no cheaper than four commands", whichever parameter it is; commas in a text are none."""

    def answered_after(line):
        world = make_world(accounts="alice", commands_burst=100, commands_per_s=0.001, channels_per_user_max=0)
        alice = world.enter("alice")
        world.channel("#room", "alice")
        alice.say(line)
        alice.hear()
        alice.say(*["PING 1"] * 100)
        return len(alice.hear())

    assert answered_after("TIME") - answered_after(line) == 3


# The end


def test_nothing_is_sent_after_the_end(world):
    """A connection that is closing hears nothing more, whatever happens; and it is forgotten."""
    world.enter("alice", "echo-message")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice = world.actors["alice"]
    alice.transport.reads = False
    alice.say("QUIT")
    world.actors["bob"].ask("PRIVMSG #room :hi", "PRIVMSG alice :hi")
    alice.transport.reads = True
    world.settle()
    assert alice.hear() == ["ERROR :Bye.", CLOSED]
    assert len(world.watch.sessions) == 1


def test_gone_with_messages_on_their_way(world):
    """What was said is stored and heard by the others, though its sender is gone."""
    world.enter("alice", "echo-message labeled-response batch")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.log.held = True
    world.actors["alice"].say("PRIVMSG #room :one", "@label=1 PRIVMSG #room :two", "PING 1", "PRIVMSG #room :three")
    world.actors["alice"].vanish()
    world.log.held = False
    world.settle()
    world.play("""
        bob< :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :two
    """)


def test_gone_in_the_middle_of_a_command(world):
    """What it had begun ends by itself; what it had not is not done."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b,#c", "bob")
    world.log.held = True
    world.actors["alice"].say("JOIN #a,#b,#c", "PRIVMSG #a :hi")
    world.actors["alice"].vanish()
    world.log.held = False
    world.settle()
    world.play("""
        bob< :alice!alice@s JOIN #a
    """)


def test_a_mistake_of_ours_ends_one_connection(world, monkeypatch):
    """The others go on; it is noted, and nobody sees a traceback."""
    world.enter("alice", "labeled-response batch")
    world.enter("bob")

    def broken(session, message):
        raise ZeroDivisionError("a bug")

    async def broken_later(session, message):
        raise ZeroDivisionError("a bug")

    commands = world.sessions._commands._commands
    for handler in (broken, broken_later):
        monkeypatch.setitem(commands, "LIST", structs.replace(commands["LIST"], handler=handler))
        world.play("""
            alice>> PING 1
            alice>> LIST
            alice> PING 2
            alice< :s PONG s :1
            alice< ERROR :This server made a mistake with your last command, and has noted it. Connect again to go on.
            alice< <closed>
            bob> PING 3
            bob< :s PONG s :3
        """)
        assert ["a bug in LIST" in text for text in world.complaints()] == [True]
        world.enter("alice")
        world.deaf()


def test_a_mistake_in_writing_ends_one_connection(world, monkeypatch):
    """What was to be written together is written to all the others."""
    alice = world.enter("alice")
    world.enter("bob")
    world.enter("carol")
    world.channel("#room", "alice bob carol")

    def broken(data):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(alice.transport, "write", broken)
    world.play("""
        bob> PRIVMSG #room :hi
        carol< :bob!bob@s PRIVMSG #room :hi
        alice< <closed>
    """)
    assert ["a bug in writing" in text for text in world.complaints()] == [True]


def test_all_sessions_of_an_account_have_one_rate(make_world):
    """ "Per connection and per account": many connections of one account say no more than a few; others may speak."""
    world = make_world(accounts="alice bob", commands_per_account_burst=100, commands_per_account_per_s=5.0)
    bob = world.enter("bob", address="192.0.2.2")
    devices = [world.enter("alice", as_=f"alice{number}") for number in range(10)]
    world.advance(60)
    bob.hear()
    for device in devices:
        device.say(*["PRIVMSG bob :spam"] * 50)
    assert sum("spam" in line for line in bob.hear()) == 100
    assert bob.ask("PING x") == [":s PONG s :x"]
    world.advance(10)
    assert 48 <= sum("spam" in line for line in bob.hear()) <= 52
