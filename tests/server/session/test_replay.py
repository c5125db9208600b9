"""Telling what was missed: in batches, without what was of its moment, and to clients that could ask and do not."""

from __future__ import annotations

import pytest

from chatapp.server.session.replay import FETCH_S
from tests.server.session.test_registration import come_back, missed

ALL_TIMES = "timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
FETCHES = "batch message-tags draft/chathistory draft/read-marker"


@pytest.fixture(params=["memory", "sqlite"])
def gone(request, make_world):
    """alice and bob are in #a; bob, whose client can fetch history, has left."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")
    for name in ("alice", "bob", "carol"):
        world.enter(name, FETCHES)
    world.channel("#a", "alice bob")
    world.deaf()
    world.actors["bob"].quit()
    return world


def test_one_batch_for_each_target(gone):
    """A client that knows batches gets one `chathistory` batch for each target: its bot does not answer old messages.

    Spec: IRCv3 batch: "BATCH +reference type [params]"; chathistory: "the target ... as parameter".
    """
    gone.actors["alice"].ask("PRIVMSG #a :one", "PRIVMSG bob :two", "PRIVMSG #a :three")
    bob = gone.connect("bob", says="PASS bob:sesame\nCAP REQ :batch\nNICK x\nUSER x 0 * :x\nCAP END")
    heard = bob.hear()
    start = next(index for index, line in enumerate(heard) if line.startswith(":s BATCH +"))
    first, second = (line.split()[2][1:] for line in heard if line.startswith(":s BATCH +"))
    assert heard[start:-1] == [
        f":s BATCH +{first} chathistory #a",
        f"@batch={first} :alice!alice@s PRIVMSG #a :one",
        f"@batch={first} :alice!alice@s PRIVMSG #a :three",
        f":s BATCH -{first}",
        f":s BATCH +{second} chathistory alice",
        f"@batch={second} :alice!alice@s PRIVMSG bob :two",
        f":s BATCH -{second}",
    ]
    assert heard[-1].startswith("PING :")


MULTILINE = "batch message-tags draft/multiline znc.in/playback znc.in/self-message"
POEM = ["@batch=p PRIVMSG #a :The fog comes", "@batch=p PRIVMSG #a :on little cat feet.", "BATCH -p"]


@pytest.mark.parametrize("caps", ["batch draft/multiline", "batch draft/multiline znc.in/playback"])
def test_a_message_of_several_lines_is_in_a_batch_of_its_own(gone, caps):
    """WeeChat shows the lines of an outer batch before its inner batches, so no line is beside an inner batch.

    Spec: IRCv3 batch: "Client MAY delay processing messages of inner batches to the end of outermost batch"; "Start and
    end messages of one batch MAY refer to another batch. If they do, they both MUST have batch tag".
    """
    alice = gone.enter("alice", MULTILINE, as_="writer")
    alice.ask("PRIVMSG #a :one", "BATCH +p draft/multiline #a", *POEM, "PRIVMSG #a :two", "PRIVMSG #a :three")
    bob = gone.connect("bob", says=f"PASS bob:sesame\nCAP REQ :{caps}\nNICK x\nUSER x 0 * :x\nCAP END")
    if "playback" in caps:
        bob.hear()
        bob.say("PRIVMSG *playback :play #a 0")
    heard = [line for line in bob.hear() if "batch=" in line or ":s BATCH " in line]
    gone.deaf()
    gone.actors["bob"] = bob
    bob.heard.extend(heard)
    gone.play("""
        bob< :s BATCH +{r1} chathistory #a
        bob< @batch={r1} :alice!alice@s PRIVMSG #a :one
        bob< :s BATCH -{r1}
        bob< :s BATCH +{r2} chathistory #a
        bob< @batch={r2} :alice!alice@s BATCH +{p} draft/multiline #a
        bob< @batch={p} :alice!alice@s PRIVMSG #a :The fog comes
        bob< @batch={p} :alice!alice@s PRIVMSG #a :on little cat feet.
        bob< @batch={r2} :alice!alice@s BATCH -{p}
        bob< :s BATCH -{r2}
        bob< :s BATCH +{r3} chathistory #a
        bob< @batch={r3} :alice!alice@s PRIVMSG #a :two
        bob< @batch={r3} :alice!alice@s PRIVMSG #a :three
        bob< :s BATCH -{r3}
    """)


@pytest.mark.parametrize("caps", ["message-tags", "batch message-tags"])
def test_what_was_of_its_moment_is_not_replayed(gone, caps):
    """A CTCP query would be answered too late, and so is an answer; nobody is typing any more; "/me" is a message."""
    gone.actors["alice"].ask(
        "PRIVMSG bob :\x01VERSION\x01",
        "PRIVMSG bob :\x01ACTION waves\x01",
        "NOTICE bob :\x01PING 1\x01",
        "@+typing=done;+draft/reply=x TAGMSG bob",
        "@+typing=done;+x=1 PRIVMSG bob :typed",
        "@+typing=done;+draft/typing=done PRIVMSG bob :typed too",
        "PRIVMSG #a :\x01DCC SEND x\x01",
    )
    bob = gone.connect("bob", says=f"PASS bob:sesame\nCAP REQ :{caps}\nNICK x\nUSER x 0 * :x\nCAP END")
    assert not [line for line in bob.heard if "typing" in line or ("BATCH" in line and "#a" in line)]
    assert missed(bob) == [
        "alice bob \x01ACTION waves\x01",
        "alice bob None",
        "alice bob typed",
        "alice bob typed too",
    ]


def test_a_client_that_could_ask_and_does_not(gone):
    """R5: "A client that could fetch what it missed but does not ask gets it replayed after a few seconds"."""
    gone.actors["alice"].ask("PRIVMSG bob :one", "PRIVMSG #a :public")
    assert come_back(gone, caps=FETCHES) == []
    gone.advance(FETCH_S - 0.1)
    assert missed(gone.actors["bob"]) == []
    gone.actors["alice"].ask("PRIVMSG bob :meanwhile")
    assert missed(gone.actors["bob"]) == ["alice bob meanwhile"]
    gone.advance(0.2)
    assert missed(gone.actors["bob"]) == ["alice bob one"]
    gone.actors["bob"].quit()
    come_back(gone, caps=FETCHES)
    gone.advance(FETCH_S + 0.1)
    assert missed(gone.actors["bob"]) == []


@pytest.mark.parametrize("line", ["CHATHISTORY LATEST alice * 10", f"CHATHISTORY TARGETS {ALL_TIMES} 1"])
def test_a_client_that_asks(gone, line):
    """A client that asks for the conversation, or for all of them, finds what it missed, now and the next time."""
    gone.actors["alice"].ask("PRIVMSG bob :one")
    come_back(gone, caps=FETCHES)
    gone.actors["bob"].ask(line)
    gone.advance(60)
    assert missed(gone.actors["bob"]) == []
    gone.actors["bob"].quit()
    come_back(gone, caps=FETCHES)
    gone.advance(60)
    assert missed(gone.actors["bob"]) == []


@pytest.mark.parametrize(
    "line",
    [
        "CHATHISTORY TARGETS x y 1",
        "CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=1970-01-01T00:00:00.001Z 10",
        "CHATHISTORY LATEST alice x=1 10",
        "CHATHISTORY LATEST alice msgid=none 10",
        "CHATHISTORY LATEST alice * 0",
    ],
)
def test_a_client_that_asks_and_learns_nothing(gone, line):
    """A question that is refused, or whose answer does not name the conversation, shows the client nothing."""
    gone.actors["alice"].ask("PRIVMSG bob :one")
    come_back(gone, caps=FETCHES)
    gone.actors["bob"].ask(line)
    gone.advance(60)
    assert missed(gone.actors["bob"]) == ["alice bob one"]


def test_a_client_that_asks_for_some(gone):
    """A client that asks for channels and some conversations is told the others: it does not know of them."""
    for name in ("alice", "carol"):
        gone.actors[name].ask(f"PRIVMSG bob :from {name}")
    gone.actors["alice"].ask("PRIVMSG #a :public")
    come_back(gone, caps=FETCHES)
    bob = gone.actors["bob"]
    bob.ask("CHATHISTORY LATEST #a * 10", "CHATHISTORY LATEST alice * 10")
    bob.heard.clear()
    gone.advance(FETCH_S + 0.1)
    assert missed(bob) == ["carol bob from carol"]
    bob.quit()
    assert come_back(gone) == []


def test_a_client_that_leaves_before_it_asks(gone):
    """What was neither fetched nor replayed is told the next time."""
    gone.actors["alice"].ask("PRIVMSG bob :one")
    come_back(gone, caps=FETCHES)
    gone.advance(FETCH_S - 1)
    gone.actors["bob"].ask("QUIT")
    gone.advance(10)
    assert come_back(gone) == ["alice bob one"]


def test_only_what_is_unread(gone):
    """What another device has marked as read is not told again."""
    alice = gone.actors["alice"]
    alice.ask("PRIVMSG bob :one")
    gone.advance(1)
    read = gone.now_ms()
    gone.advance(1)
    alice.ask("PRIVMSG bob :two")
    bob = gone.services.state.user_named("bob")
    bob.markers[next(iter(bob.conversations))] = read
    come_back(gone, caps=FETCHES)
    gone.advance(FETCH_S + 0.1)
    assert missed(gone.actors["bob"]) == ["alice bob two"]
