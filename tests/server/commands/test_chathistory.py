"""CHATHISTORY: pages of what was said."""

from __future__ import annotations

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.protocol.timestamps import format_time
from chatapp.server.session.session import Session
from tests.server.world import HASH

CAPS = "batch message-tags server-time draft/chathistory"


class Told:
    """What was said in #room and between alice and bob: five messages each, a second apart."""

    def __init__(self, world):
        self.world = world
        self.texts = {}
        world.advance(1)
        for number in range(1, 6):
            self.say("bob", "#room", f"r{number}")
            self.say("bob" if number % 2 else "alice", "alice" if number % 2 else "bob", f"d{number}")
            world.advance(1)
        world.deaf()

    def say(self, who, target, text, verb="PRIVMSG", tags=""):
        """Let somebody say something, and remember when, and by which id."""
        time = self.world.now_ms()
        self.world.actors[who].ask(f"{tags}{verb} {target} :{text}")
        row = self.world.log.disk.rows[-1]
        assert row.event.text == text
        self.texts[text] = (row.event.id, time)

    def ref(self, text, kind):
        """Refer to a message by its text: by its msgid or its time."""
        if text not in self.texts:
            return text
        msgid, time = self.texts[text]
        return f"msgid={msgid}" if kind == "msgid" else f"timestamp={format_time(time)}"


@pytest.fixture(params=["memory", "sqlite"])
def any_world(request, make_world):
    """Make the world with either log."""
    return make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")


def people(world):
    """alice and bob are in #room; carol is not."""
    world.enter("alice", CAPS)
    world.enter("bob", "draft/chathistory")
    world.enter("carol", "draft/chathistory")
    world.channel("#room", "alice bob")
    return world


@pytest.fixture
def world(world):
    """As above, in memory."""
    return people(world)


@pytest.fixture
def told(world):
    """Something was said."""
    return Told(world)


def page(actor, command):
    """Ask for a page; return the target that it is of, and its texts."""
    first, *lines, last = actor.ask(f"CHATHISTORY {command}")
    _, batch, reference, kind, *target = first.removeprefix("@draft/chathistory-end ").split(" ")
    assert (batch, kind) == ("BATCH", "chathistory")
    assert last == f":s BATCH -{reference[1:]}"
    assert all(line.startswith(f"@batch={reference[1:]};time=") for line in lines)
    return target[0], " ".join(line.split(" :", 2)[2] for line in lines)


@pytest.mark.parametrize("kind", ["msgid", "timestamp"])
@pytest.mark.parametrize(
    ("command", "texts"),
    [
        ("LATEST # * 3", "3 4 5"),
        ("LATEST # * 10", "1 2 3 4 5"),
        ("LATEST # 3 10", "4 5"),
        ("LATEST # 1 2", "4 5"),
        ("LATEST # 5 2", ""),
        ("BEFORE # 4 2", "2 3"),
        ("BEFORE # 4 10", "1 2 3"),
        ("BEFORE # 1 10", ""),
        ("AFTER # 2 2", "3 4"),
        ("AFTER # 2 10", "3 4 5"),
        ("AFTER # 5 10", ""),
        ("AROUND # 3 3", "2 3 4"),
        ("AROUND # 3 1", "3"),
        ("AROUND # 1 3", "1 2 3"),
        ("AROUND # 5 3", "3 4 5"),
        ("AROUND # 3 10", "1 2 3 4 5"),
        ("BETWEEN # 1 5 10", "2 3 4"),
        ("BETWEEN # 1 5 2", "2 3"),
        ("BETWEEN # 5 1 2", "3 4"),
        ("BETWEEN # 5 1 10", "2 3 4"),
        ("BETWEEN # 2 3 10", ""),
        ("BETWEEN # 3 3 10", ""),
    ],
)
@pytest.mark.parametrize(("target", "letter"), [("#room", "r"), ("bob", "d")])
def test_pages(told, command, texts, target, letter, kind):
    """Bounds are exclusive, by msgid and by time alike; the limit counts from where the subcommand says; all ascend."""
    subcommand, _, *refs, limit = command.split()
    refs = [told.ref(f"{letter}{ref}", kind) if ref != "*" else ref for ref in refs]
    expected = " ".join(f"{letter}{number}" for number in texts.split())
    assert page(told.world.actors["alice"], f"{subcommand} {target} {' '.join(refs)} {limit}") == (target, expected)


def test_a_page_as_it_comes(any_world):
    """ "The msgid tag ... MUST be the msgid tag as originally sent", and so are the time, the tags, verb and sender."""
    world = people(any_world)
    world.play("""
        bob> @+reply=1;+chatapp/id=7 PRIVMSG #room :one
        alice< @time={t};msgid={m};+reply=1;+chatapp/id=7 :bob!bob@s PRIVMSG #room :one
        bob> NOTICE #room :two
        alice< @time={u};msgid={n} :bob!bob@s NOTICE #room :two
        alice> PRIVMSG #room :three
        bob< :alice!alice@s PRIVMSG #room :three
        alice> chathistory latest #ROOM * 10
        alice< @draft/chathistory-end :s BATCH +{a} chathistory #room
        alice< @batch={a};time={t};msgid={m};+reply=1;+chatapp/id=7 :bob!bob@s PRIVMSG #room :one
        alice< @batch={a};time={u};msgid={n} :bob!bob@s NOTICE #room :two
        alice< @batch={a};time={v};msgid={o} :alice!alice@s PRIVMSG #room :three
        alice< :s BATCH -{a}
        alice> CHATHISTORY AFTER #room msgid={n} 10
        alice< @draft/chathistory-end :s BATCH +{b} chathistory #room
        alice< @batch={b};time={v};msgid={o} :alice!alice@s PRIVMSG #room :three
        alice< :s BATCH -{b}
        alice> CHATHISTORY BETWEEN #room timestamp={v} timestamp={t} 10
        alice< @draft/chathistory-end :s BATCH +{c} chathistory #room
        alice< @batch={c};time={u};msgid={n} :bob!bob@s NOTICE #room :two
        alice< :s BATCH -{c}
        alice> CHATHISTORY LATEST #room * 0
        alice< :s FAIL CHATHISTORY INVALID_PARAMS LATEST 0 :A limit is a number from 1 to 1000.
    """)


def test_without_batch_and_tags(world):
    """ "Limited functionality is available to clients without support for these CAPs": bare lines."""
    world.actors["bob"].ask("CAP REQ draft/chathistory")
    world.actors["alice"].ask("PRIVMSG #room :one")
    world.deaf()
    world.play("""
        bob> CHATHISTORY LATEST #room * 10
        bob< :alice!alice@s PRIVMSG #room :one
        bob> CHATHISTORY LATEST alice * 10
        bob> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10
        bob< :s CHATHISTORY TARGETS #room {t}
    """)


def test_a_person_who_types_it(world):
    """A client that knows neither batches nor CHATHISTORY shows bare lines as said now, so it gets NOTICEs."""
    world.actors["bob"].ask("CAP REQ :-draft/chathistory -batch -chatapp/account")
    world.actors["alice"].ask("PRIVMSG #room :one", "PRIVMSG #room :two", "PRIVMSG bob :three")
    world.deaf()
    world.play("""
        bob> CHATHISTORY LATEST #room * 10
        bob< :s NOTICE bob :[2026-01-01 00:16] #room <alice> one
        bob< :s NOTICE bob :[2026-01-01 00:16] #room <alice> two
        bob< :s NOTICE bob :2 messages in #room.
        bob> CHATHISTORY LATEST #room * 1
        bob< :s NOTICE bob :[2026-01-01 00:16] #room <alice> two
        bob< :s NOTICE bob :1 message in #room; there are more.
        bob> CHATHISTORY LATEST alice * 10
        bob< :s NOTICE bob :[2026-01-01 00:16] alice <alice> three
        bob< :s NOTICE bob :1 message in alice.
        bob> CHATHISTORY LATEST bob * 10
        bob< :s NOTICE bob :Nothing found.
        bob> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10
        bob< :s NOTICE bob :[2026-01-01 00:16] #room
        bob< :s NOTICE bob :[2026-01-01 00:16] alice
        bob< :s NOTICE bob :Channels and conversations with messages: 2.
        bob> SILENCE +alice
        bob< :s NOTICE bob :alice is silenced: ...
        bob> CHATHISTORY LATEST #room * 10
        bob< :s NOTICE bob :Nothing found.
    """)


def test_only_what_was_said(any_world):
    """ "The server MUST NOT send any lines other than PRIVMSG and NOTICE in the reply batch"; and a
    page has as many of them as were asked for, whatever else there is.
    """
    world = people(any_world)
    alice, bob = world.actors["alice"], world.actors["bob"]
    bob.ask("PRIVMSG #room :one")
    for number in range(5):
        bob.ask(f"@+react={number} TAGMSG #room")
    bob.ask("TOPIC #room :x", "PRIVMSG #room :two")
    reacted = [line for line in alice.hear() if "TAGMSG" in line]
    assert page(alice, "LATEST #room * 2") == ("#room", "one two")
    assert page(alice, "AROUND #room timestamp=2026-01-01T00:00:00.000Z 1") == ("#room", "one")
    msgid = reacted[2].partition("msgid=")[2].partition(";")[0]
    assert page(alice, f"BEFORE #room msgid={msgid} 1") == ("#room", "one")
    assert page(alice, f"AFTER #room msgid={msgid} 1") == ("#room", "two")


def test_not_more_than_is_announced(make_world):
    """CHATHISTORY in ISUPPORT is the most that is sent."""
    world = make_world(accounts="alice", history_page_max=2)
    world.enter("alice", CAPS)
    world.channel("#room", "alice")
    world.actors["alice"].say("PRIVMSG #room :1", "PRIVMSG #room :2", "PRIVMSG #room :3")
    assert page(world.actors["alice"], "LATEST #room * 100") == ("#room", "2 3")


@pytest.mark.parametrize("sqlite", [False, True])
def test_a_page_is_not_empty_before_the_end(make_world, sqlite):
    """A client goes on from the first or the last line of a page, so it has one, however much a silenced user said."""
    world = people(make_world(accounts="alice bob carol", history_page_max=4, sqlite=sqlite))
    alice, bob = world.actors["alice"], world.actors["bob"]
    times = []
    for number in range(23):
        world.advance(1)
        times.append(f"timestamp={format_time(world.now_ms())}")
        (bob if 0 < number < 22 else alice).ask(f"PRIVMSG #room :{number}")
    world.deaf()
    alice.ask("SILENCE +bob")
    world.deaf()
    begin, first, last, end = f"timestamp={format_time(0)}", times[0], times[-1], "timestamp=2027-01-01T00:00:00.000Z"
    for command, text in [
        (f"LATEST #room {first} 4", "22"), (f"BEFORE #room {last} 4", "0"), (f"AFTER #room {first} 3", "22"),
        (f"BETWEEN #room {last} {begin} 2", "0"), (f"BETWEEN #room {first} {end} 2", "22"),
        (f"BETWEEN #room {first} {last} 2", ""), (f"BETWEEN #room {last} {first} 2", ""), (f"AFTER #room {last} 2", ""),
    ]:  # fmt: skip
        assert page(alice, command) == ("#room", text)
    bob.ask("PRIVMSG #room :23", "PRIVMSG #room :24", "PRIVMSG #room :25", "PRIVMSG #room :26")
    assert page(alice, "LATEST #room * 2") == ("#room", "22")
    assert page(alice, f"LATEST #room {last} 2") == ("#room", "")


def test_what_is_hidden_costs_as_much_as_what_is_shown(make_world, monkeypatch):
    """The server reads it as well: who silences many gets no more for the same tokens."""
    world = people(make_world(accounts="alice bob carol", history_page_max=4))
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.ask("PRIVMSG #room :0", "SILENCE +bob")
    for number in range(20):
        world.advance(1)
        bob.ask(f"PRIVMSG #room :{number}")
    world.deaf()
    charged = []
    monkeypatch.setattr(Session, "charge_lines", lambda session, lines: charged.append(lines))
    assert page(alice, "LATEST #room * 4") == ("#room", "0")
    assert sum(charged) >= 17  # all but the first page, whose lines would be charged as they are sent


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("", "INVALID_PARAMS * :The subcommands are LATEST, BEFORE, AFTER, AROUND, BETWEEN, TARGETS."),
        ("NONSENSE #room * 1", "INVALID_PARAMS NONSENSE :The subcommands are ..."),
        (":a b", "INVALID_PARAMS * :The subcommands are ..."),
        ("LATEST", "INVALID_PARAMS LATEST :Usage: CHATHISTORY LATEST <target> <* or reference> <limit>"),
        ("LATEST #room *", "INVALID_PARAMS LATEST :Usage: ..."),
        ("LATEST #room * 1 2", "INVALID_PARAMS LATEST :Usage: ..."),
        ("BETWEEN #room * 1", "INVALID_PARAMS BETWEEN :Usage: ..."),
        ("TARGETS * 1", "INVALID_PARAMS TARGETS :Usage: ..."),
        ("LATEST #room * x", "INVALID_PARAMS LATEST x :A limit is a number from 1 to 1000."),
        ("LATEST #room * -1", "INVALID_PARAMS LATEST -1 :A limit ..."),
        ("LATEST #room * 0", "INVALID_PARAMS LATEST 0 :A limit ..."),
        ("LATEST #room * ٣", "INVALID_PARAMS LATEST ٣ :A limit ..."),
        ("LATEST #room * 99999999999", "INVALID_PARAMS LATEST 99999999999 :A limit ..."),
        ("BEFORE #room timestamp=soon 1", "INVALID_PARAMS BEFORE timestamp=soon :A time is written like ..."),
        ("BEFORE #room timestamp= 1", "INVALID_PARAMS BEFORE timestamp= :A time is written like ..."),
        ("BEFORE #room * 1", "INVALID_MSGREFTYPE BEFORE #room :A reference is timestamp=... or msgid=..."),
        ("BEFORE #room 5 1", "INVALID_MSGREFTYPE BEFORE #room :A reference is ..."),
        ("AFTER #room id=5 1", "INVALID_MSGREFTYPE AFTER #room :A reference is ..."),
        ("AFTER #room msgid=none 1", "MESSAGE_ERROR AFTER #room :There is no such message here."),
        ("AFTER #room msgid= 1", "MESSAGE_ERROR AFTER #room :There is no such message here."),
        ("LATEST #none * 1", "INVALID_TARGET LATEST #none :You have no channel or conversation of this name."),
        ("LATEST #other * 1", "INVALID_TARGET LATEST #other :You have no channel or conversation of this name."),
        ("LATEST nobody * 1", "INVALID_TARGET LATEST nobody :You have no channel or conversation of this name."),
        ("LATEST * * 1", "INVALID_TARGET LATEST * :You have no channel or conversation of this name."),
        ("TARGETS * * 1", "INVALID_PARAMS TARGETS * :A time is written like ..."),
        ("TARGETS msgid=1 timestamp=2026-01-01T00:00:00.000Z 1", "INVALID_PARAMS TARGETS msgid=1 :A time ..."),
    ],
)
def test_what_cannot_be_asked(world, command, answer):
    """Each of the specification's errors, with its context and in words."""
    world.channel("#other", "carol")
    world.play(f"""
        alice> CHATHISTORY {command}
        alice< :s FAIL CHATHISTORY {answer}
    """)


def test_a_message_of_elsewhere_is_no_reference(told):
    """Whether a message exists in what one may not read is not told."""
    world = told.world
    world.channel("#other", "carol")
    told.say("carol", "#other", "secret")
    for text in ("secret", "d1"):
        reference = told.ref(text, "msgid")
        world.play(f"""
            alice> CHATHISTORY BEFORE #room {reference} 10
            alice< :s FAIL CHATHISTORY MESSAGE_ERROR BEFORE #room :There is no such message here.
        """)


def test_only_members_may_read(told):
    """A member reads all of a channel's past; who has left reads nothing of it, nor who never was there."""
    world = told.world
    carol = world.actors["carol"]
    assert "INVALID_TARGET" in carol.ask("CHATHISTORY LATEST #room * 10")[0]
    carol.ask("JOIN #room")
    assert len(carol.ask("CHATHISTORY LATEST #room * 10")) == 5
    carol.ask("PART #room")
    assert "INVALID_TARGET" in carol.ask("CHATHISTORY LATEST #room * 10")[0]


def test_only_ones_own_conversations(told):
    """What others said to each other is nobody else's; with whom one has not talked there is nothing, and no error."""
    world = told.world
    world.actors["carol"].ask("CAP REQ :batch server-time")
    assert page(world.actors["carol"], "LATEST bob * 10") == ("bob", "")
    assert page(world.actors["carol"], "LATEST ALICE * 10") == ("alice", "")
    assert page(world.actors["carol"], f"AFTER bob {told.ref('d1', 'timestamp')} 10") == ("bob", "")


def test_ones_own_notes(world):
    """A conversation with oneself is one."""
    world.actors["alice"].ask("PRIVMSG alice :note")
    assert page(world.actors["alice"], "LATEST Alice * 10") == ("alice", "note")


def test_a_channel_made_again_is_another_one(told):
    """ "A channel that died and was made again by others is another channel: its past stays closed."""
    world = told.world
    reference = told.ref("r3", "msgid")
    for name in ("alice", "bob"):
        world.actors[name].ask("PART #room")
    world.channel("#room", "carol alice")
    assert page(world.actors["alice"], "LATEST #room * 10") == ("#room", "")
    world.play(f"""
        alice> CHATHISTORY AROUND #room {reference} 10
        alice< :s FAIL CHATHISTORY MESSAGE_ERROR AROUND #room :There is no such message here.
    """)


def test_an_account_made_again_is_another_one(told):
    """ "Deleted and re-made accounts do not see the old account's DMs"; the other one keeps its side."""
    world = told.world
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.deaf()
    assert page(world.actors["alice"], "LATEST bob * 10") == ("bob", "d1 d2 d3 d4 d5")
    world.services.accounts._file.add("bob", HASH, reuse=True)
    world.advance(1)
    world.deaf()
    bob = world.enter("bob", CAPS)
    assert page(bob, "LATEST alice * 10") == ("alice", "")
    assert page(world.actors["alice"], "LATEST bob * 10") == ("bob", "")
    bob.ask("PRIVMSG alice :new here")
    world.deaf()
    assert page(bob, "LATEST alice * 10") == ("alice", "new here")
    assert page(world.actors["alice"], "LATEST bob * 10") == ("bob", "new here")
    assert page(world.actors["alice"], "LATEST bob~1 * 10") == ("bob~1", "d1 d2 d3 d4 d5")


def test_messages_of_a_removed_account_do_not_name_its_successor(world):
    """ "account= tags of old messages must not name the new account", nor do source and target, on restarts too."""
    alice, bob = world.enter("alice", f"{CAPS} account-tag"), world.enter("bob")
    world.channel("#room", "alice bob")
    full = "x" * (512 - len(":bob!bob@s PRIVMSG alice :\r\n"))  # the longest that fits
    alice.say("MODE #room -t")
    bob.say("PRIVMSG #room :hello", f"PRIVMSG alice :{full}")
    alice.say("PRIVMSG bob :hello bob", "TOPIC #room :ours")
    bob.say("TOPIC #room :mine")
    world.deaf()
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.services.accounts._file.add("bob", HASH, reuse=True)
    world.advance(1)
    world.enter("bob")
    world.channel("#room", "bob")
    for _ in range(2):
        world.play(
            """
            alice> CHATHISTORY LATEST #room * 10
            alice< @draft/chathistory-end :s BATCH +{a} chathistory #room
            alice< @batch={a};time={t};msgid={m} :bob~1!bob~1@s PRIVMSG #room :hello
            alice< :s BATCH -{a}
            alice> CHATHISTORY LATEST bob~1 * 10
            alice< @draft/chathistory-end :s BATCH +{b} chathistory bob~1
            alice< @batch={b};time={t2};msgid={m2} :bob~1!*@* PRIVMSG alice :FULL
            alice< @batch={b};time={t3};msgid={m3};account=alice :alice!alice@s PRIVMSG bob~1 :hello bob
            alice< :s BATCH -{b}
            alice> TOPIC #room
            alice< :s 332 alice #room :mine
            alice< :s 333 alice #room bob~1!bob~1@s {t4}
        """.replace("FULL", full)
        )
        world.stop()
        world.start_again()
        world.enter("alice", f"{CAPS} account-tag")


def test_what_is_on_its_way_is_in_it_or_not_yet(world):
    """A page asked for behind a message has it."""
    world.play("""
        alice>> PRIVMSG #room :one
        alice>> CHATHISTORY LATEST #room * 1
        alice> PING end
        alice< @draft/chathistory-end :s BATCH +{a} chathistory #room
        alice< @batch={a};time={t};msgid={m} :alice!alice@s PRIVMSG #room :one
        alice< :s BATCH -{a}
        alice< :s PONG s :end
        bob< :alice!alice@s PRIVMSG #room :one
    """)


def test_a_history_that_cannot_be_read(told):
    """ "If no message history can be returned due to an error, the MESSAGE_ERROR error code SHOULD be returned"."""
    world = told.world
    world.history.failure = LogUnavailableError("The history cannot be read.")
    for command in ("LATEST #room *", f"BEFORE #room {told.ref('r3', 'msgid')}"):
        world.play(f"""
            alice> CHATHISTORY {command} 10
            alice< :s FAIL CHATHISTORY MESSAGE_ERROR {command.split()[0]} #room :The history cannot be read.
        """)


@pytest.mark.parametrize("sqlite", [False, True])
@pytest.mark.parametrize("caps", ["", " draft/event-playback"])
def test_ctcp_is_left_out(make_world, sqlite, caps):
    """As in Ergo, which does not store CTCP: clients would answer old queries again. A page has as many others."""
    world = make_world(accounts="alice bob", sqlite=sqlite)
    alice = world.enter("alice", f"batch draft/chathistory soju.im/search echo-message message-tags{caps}")
    world.enter("bob")
    world.channel("#room", "alice bob")
    bob = world.actors["bob"]
    bob.say("PRIVMSG #room :one", "PRIVMSG #room :\x01ACTION waves\x01", "PRIVMSG #room :two")
    bob.say(*["PRIVMSG #room :\x01PING 1\x01", "NOTICE #room :\x01PING 1\x01", "PRIVMSG alice :\x01PING 2\x01"] * 5)
    ctcp = alice.hear()[-1].partition(";")[0].partition(" ")[0].removeprefix("@msgid=")
    for command in ("LATEST #room * 2", f"BEFORE #room msgid={ctcp} 2"):
        target = "#room" if "LATEST" in command else "bob"
        heard = alice.ask(f"CHATHISTORY {command.replace('#room', target)}")
        texts = [line.rpartition(" :")[2] for line in heard[1:-1]]
        assert texts == (["\x01ACTION waves\x01", "two"] if target == "#room" else []), command
        assert ("draft/chathistory-end" in heard[0]) == (target == "bob")
    assert [line for line in alice.ask("SEARCH text=ping") if "PRIVMSG" in line or "NOTICE" in line] == []
    assert len(alice.ask("SEARCH text=waves")) == 3


# draft/event-playback

PAGED = ("BEFORE", "AFTER", "AROUND")
PLAYBACK = "batch message-tags draft/chathistory draft/event-playback"


@pytest.mark.parametrize("sqlite", [False, True])
def test_event_playback(make_world, sqlite):
    """ "the server SHOULD send additional lines relevant to the chat history, including ... TAGMSG, JOIN, PART, ...
    TOPIC"; whoever did not negotiate it gets "only PRIVMSG and NOTICE".
    """
    world = make_world(accounts="alice bob", sqlite=sqlite)
    world.enter("alice", f"{PLAYBACK} extended-join account-tag")
    world.enter("alice", "batch draft/chathistory", as_="plain")
    world.enter("bob", "message-tags")
    world.channel("#room", "alice bob")
    bob = world.actors["bob"]
    world.actors["plain"].ask("TOPIC #room :what we do")
    bob.ask("PRIVMSG #room :hi", "@+draft/react=x TAGMSG #room", "PART #room :bye")
    bob.ask("JOIN #room", "PART #room", "SETNAME :Robert")
    world.deaf()
    known = world.play("""
        alice> CHATHISTORY LATEST #room * 20
        alice< @draft/chathistory-end :s BATCH +{a} chathistory #room
        alice< @batch={a};msgid={m};account=alice :alice!alice@s JOIN #room alice :alice
        alice< @batch={a};msgid={n};account=bob :bob!bob@s JOIN #room bob :Robert
        alice< @batch={a};msgid={o};account=alice :alice!alice@s TOPIC #room :what we do
        alice< @batch={a};msgid={p};account=bob :bob!bob@s PRIVMSG #room :hi
        alice< @batch={a};msgid={q};account=bob;+draft/react=x :bob!bob@s TAGMSG #room
        alice< @batch={a};msgid={r};account=bob :bob!bob@s PART #room :bye
        alice< @batch={a};msgid={t};account=bob :bob!bob@s JOIN #room bob :Robert
        alice< @batch={a};msgid={u};account=bob :bob!bob@s PART #room
        alice< :s BATCH -{a}
        plain> CHATHISTORY LATEST #room * 20
        plain< @draft/chathistory-end :s BATCH +{b} chathistory #room
        plain< @batch={b} :bob!bob@s PRIVMSG #room :hi
        plain< :s BATCH -{b}
    """)
    world.play(
        """
        alice> CHATHISTORY BETWEEN #room msgid={n} msgid={r} 2
        alice< :s BATCH +{c} chathistory #room
        alice< @batch={c};msgid={o};account=alice :alice!alice@s TOPIC #room :what we do
        alice< @batch={c};msgid={p};account=bob :bob!bob@s PRIVMSG #room :hi
        alice< :s BATCH -{c}
        alice> CHATHISTORY BEFORE #room msgid={n} 5
        alice< @draft/chathistory-end :s BATCH +{d} chathistory #room
        alice< @batch={d};msgid={m};account=alice :alice!alice@s JOIN #room alice :alice
        alice< :s BATCH -{d}
        alice> CHATHISTORY AFTER #room msgid={t} 5
        alice< @draft/chathistory-end :s BATCH +{e} chathistory #room
        alice< @batch={e};msgid={u};account=bob :bob!bob@s PART #room
        alice< :s BATCH -{e}
    """,
        **known,
    )


@pytest.mark.parametrize("sqlite", [False, True])
def test_playback_of_kicks_and_modes(make_world, sqlite):
    """Roles are shown by the names of now; a removed account keeps a name that nobody else has."""
    world = make_world(accounts="alice bob", sqlite=sqlite)
    world.enter("alice", PLAYBACK)
    world.enter("bob", PLAYBACK)
    world.channel("#room", "alice bob")
    world.actors["alice"].ask("MODE #room +vs bob", "KICK #room bob :enough", "MODE #room -o alice")
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.services.accounts._file.add("bob", HASH, reuse=True)
    world.advance(1)
    world.deaf()
    world.play("""
        alice> CHATHISTORY AFTER #room timestamp=2026-01-01T00:00:00.000Z 10
        alice< @draft/chathistory-end :s BATCH +{a} chathistory #room
        alice< @batch={a};msgid={m} :alice!alice@s JOIN #room
        alice< @batch={a};msgid={n} :bob~1!bob~1@s JOIN #room
        alice< @batch={a};msgid={o} :alice!alice@s MODE #room +vs bob~1
        alice< @batch={a};msgid={p} :alice!alice@s KICK #room bob~1 :enough
        alice< :s BATCH -{a}
        alice> CHATHISTORY AFTER #room msgid={o} 10
        alice< @draft/chathistory-end :s BATCH +{b} chathistory #room
        alice< @batch={b};msgid={p} :alice!alice@s KICK #room bob~1 :enough
        alice< :s BATCH -{b}
    """)


def test_playback_to_newcomers(make_world):
    """In a channel with the mode W, who has just come sees no earlier event, as it sees no earlier message."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.enter("bob", PLAYBACK)
    world.channel("#room", "alice")
    world.actors["alice"].ask("MODE #room +W", "TOPIC #room :before", "@+x TAGMSG #room")
    world.channel("#room", "bob")
    world.actors["alice"].ask("TOPIC #room :after")
    world.deaf()
    bob = world.actors["bob"]
    for command in ("LATEST #room * 9", *(f"{each} #room timestamp=2026-01-01T00:16:41Z 9" for each in PAGED)):
        lines = [line.split(" ", 2)[2] for line in bob.ask(f"CHATHISTORY {command}") if "BATCH" not in line]
        assert lines in (["TOPIC #room :after"], []), command
        assert lines or "LATEST" not in command


def test_playback_of_those_who_are_gone(make_world):
    """The past is shown under names that nobody else has now; a guest has no account."""
    world = make_world(accounts="alice bob", guests=True)
    world.enter("alice", f"{PLAYBACK} extended-join account-tag")
    world.enter("bob")
    world.guest("gast")
    world.channel("#room", "alice bob gast")
    world.actors["gast"].ask("NICK gus")
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.services.accounts._file.add("bob", HASH, reuse=True)
    world.advance(1)
    world.deaf()
    world.play("""
        alice> CHATHISTORY LATEST #room * 2
        alice< :s BATCH +{a} chathistory #room
        alice< @batch={a};msgid={n} :bob~1!bob~1@s JOIN #room * :bob~1
        alice< @batch={a};msgid={o} :gast!gast@s JOIN #room * :gast
        alice< :s BATCH -{a}
    """)


def test_playback_shows_nothing_more_of_other_channels(make_world):
    """Who may not read the messages of a channel may not read its other events; its past stays closed (DESIGN R6)."""
    world = make_world(accounts="alice bob")
    world.enter("alice", PLAYBACK)
    world.enter("bob", PLAYBACK)
    world.channel("#room", "alice")
    world.actors["alice"].ask("PRIVMSG #room :old")
    world.play("""
        bob> CHATHISTORY LATEST #room * 5
        bob< :s FAIL CHATHISTORY INVALID_TARGET LATEST #room :...
        alice> PART #room
        alice< ...:alice!alice@s PART #room
        bob> JOIN #room
        bob< ...:bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~bob
        bob< :s 366 bob #room :...
        bob> CHATHISTORY LATEST #room * 5
        bob< @draft/chathistory-end :s BATCH +{a} chathistory #room
        bob< @batch={a};msgid={m} :bob!bob@s JOIN #room
        bob< :s BATCH -{a}
    """)


# draft/chathistory-end


@pytest.mark.parametrize(
    ("command", "ended"),
    [
        ("LATEST # * 5", True),
        ("LATEST # * 4", False),
        ("LATEST # 3 2", True),
        ("LATEST # 2 2", False),
        ("BEFORE # 4 3", True),
        ("BEFORE # 4 2", False),
        ("BEFORE # 1 5", True),
        ("AFTER # 3 2", True),
        ("AFTER # 2 2", False),
        ("AFTER # 5 1", True),
        ("BETWEEN # 1 5 3", True),
        ("BETWEEN # 1 5 2", False),
        ("BETWEEN # 5 1 3", True),
        ("BETWEEN # 5 1 2", False),
        ("BETWEEN # 3 3 1", True),
        ("AROUND # 3 6", True),
        ("AROUND # 3 5", False),
    ],
)
def test_the_end(told, command, ended):
    """The batch has draft/chathistory-end when the range has no more messages; a short page proves nothing."""
    subcommand, _, *refs, limit = command.split()
    refs = [told.ref(f"r{ref}", "msgid") if ref != "*" else ref for ref in refs]
    first = told.world.actors["alice"].ask(f"CHATHISTORY {subcommand} #room {' '.join(refs)} {limit}")[0]
    assert first.startswith("@draft/chathistory-end :s BATCH +") is ended
    assert first.startswith(":s BATCH +") is not ended


def test_the_end_of_targets(told):
    """TARGETS are a page too."""
    alice = told.world.actors["alice"]
    told.say("bob", "alice", "later")
    alice.hear()
    for limit, ended in (1, False), (2, True), (3, True):
        asked = f"CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z {limit}"
        assert alice.ask(asked)[0].startswith("@draft/chathistory-end ") is ended


def test_the_end_is_a_tag_for_those_who_know_it(told):
    """Without draft/chathistory there is no such tag; the end of an empty conversation has it."""
    alice = told.world.actors["alice"]
    assert alice.ask("CHATHISTORY LATEST carol * 5")[0].startswith("@draft/chathistory-end :s BATCH +")
    alice.ask("CAP REQ -draft/chathistory")
    assert alice.ask("CHATHISTORY LATEST #room * 5")[0].startswith(":s BATCH +")


# TARGETS


def targets(actor, start, end, limit=10):
    """Ask who there is to talk with; times are in seconds after the first."""
    first, *lines, last = actor.ask(f"CHATHISTORY TARGETS timestamp={start} timestamp={end} {limit}")
    first = first.removeprefix("@draft/chathistory-end ")
    reference = first.split()[2][1:]
    assert first == f":s BATCH +{reference} draft/chathistory-targets"
    assert last == f":s BATCH -{reference}"
    head = f"@batch={reference} :s CHATHISTORY TARGETS "
    assert all(line.startswith(head) for line in lines)
    return [tuple(line.removeprefix(head).split()) for line in lines]


def test_targets(told):
    """ "Ordered by the time of the latest message", counted as BETWEEN counts."""
    world, alice = told.world, told.world.actors["alice"]
    times = {"#room": format_time(told.texts["r5"][1]), "bob": format_time(told.texts["d5"][1])}
    world.advance(1)
    told.say("carol", "alice", "late")
    times["carol"] = format_time(told.texts["late"][1])
    alice.hear()
    start, end = format_time(told.texts["r1"][1] - 1), format_time(world.now_ms() + 1)
    everything = list(times.items())
    assert targets(alice, start, end) == everything
    assert targets(alice, end, start, 1) == everything[2:]
    assert targets(alice, end, start) == everything
    assert targets(alice, start, times["carol"]) == everything[:2]
    assert targets(alice, times["bob"], end) == everything[2:]
    assert targets(alice, end, end) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_a_page_of_targets_never_ends_inside_a_tie(world, limit):
    """Paging on from the last time, exclusively, finds every conversation once, also those of one moment."""
    world.write_passwords("alice", "bob", "carol", *(f"p{number}" for number in range(4)))
    world.advance(1)
    alice = world.actors["alice"]
    alice.say("PRIVMSG p0,p1,p2,p3 :hi")
    world.advance(1)
    alice.say("PRIVMSG bob :later")
    world.deaf()
    begin, end = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
    for start, stop in [(begin, end), (end, begin)]:
        found = []
        while page := targets(alice, start, stop, limit):
            found += page if start < stop else page[::-1]
            start = found[-1][1]
        assert sorted(name for name, _ in found) == ["bob", "p0", "p1", "p2", "p3"]


def test_targets_of_those_who_are_gone(told):
    """A conversation is found under the name that the other one had."""
    world = told.world
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.deaf()
    found = targets(world.actors["alice"], "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")
    assert [name for name, _ in found] == ["#room", "bob"]


def test_what_has_no_text_is_no_news(told):
    """A target has the time of the last message that a page would tell; messages without text (TAGMSG) are in none."""
    world, alice = told.world, told.world.actors["alice"]
    everything = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
    before = targets(alice, *everything)
    assert [name for name, _ in before] == ["#room", "bob"]
    world.advance(1)
    alice.ask(*[f"@+draft/react=x TAGMSG {target}" for target in ("#room", "bob", "carol")])
    world.deaf()
    assert targets(alice, *everything) == before


def test_a_name_that_came_into_other_hands(told):
    """An account that was made anew is one target, and the old one of that name another."""
    world = told.world
    everything = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
    world.services.accounts._file.remove("bob")
    world.advance(1)
    world.services.accounts._file.add("bob", HASH, reuse=True)
    world.advance(1)
    told.say("alice", "bob", "to the new one")
    world.deaf()
    first, last = (format_time(told.texts[text][1]) for text in ("d5", "to the new one"))
    assert targets(world.actors["alice"], *everything)[1:] == [("bob~1", first), ("bob", last)]


def test_a_silent_channel_is_no_target(world):
    """Only where something was said there is something to read."""
    assert targets(world.actors["alice"], "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z") == []
