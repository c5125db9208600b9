"""SEARCH: messages are found by their words, by those who may read them."""

from __future__ import annotations

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.protocol.timestamps import format_time
from chatapp.storage import sqlite_search
from chatapp.storage.search import Matches
from tests.server.world import HASH

CAPS = "batch message-tags server-time soju.im/search"


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """alice and bob are in #room, bob and carol in #secret; all have said something, a second apart."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")
    for name in ("alice", "bob", "carol"):
        world.enter(name, CAPS)
    world.channel("#room", "alice bob")
    world.channel("#secret", "bob carol")
    world.times = {}
    for who, target, text in (
        ("alice", "#room", "Hello room one"),
        ("bob", "#room", "hello room two https://x.org"),
        ("bob", "#secret", "hello treasure"),
        ("bob", "alice", "hello alice, in private"),
        ("carol", "bob", "hello bob, treasure"),
        ("alice", "alice", "note to self: hello"),
    ):
        world.advance(1)
        world.times[text] = world.now_ms()
        world.actors[who].say(f"PRIVMSG {target} :{text}")
    world.advance(1)
    world.deaf()
    return world


def found(actor, attributes):
    """Search; return the texts in the batch."""
    first, *lines, last = actor.ask(f"SEARCH {attributes}")
    _, batch, reference, *kind = first.split(" ")
    assert (batch, kind) == ("BATCH", ["soju.im/search"])
    assert last == f":s BATCH -{reference[1:]}"
    assert all(line.startswith(f"@batch={reference[1:]};time=") for line in lines)
    return [line.split(" :", 2)[2] for line in lines]


ALL = ["Hello room one", "hello room two https://x.org", "hello alice, in private", "note to self: hello"]


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ("text=hello", [0, 1, 2, 3]),
        ("text=HELLO\\sroom", [0, 1]),
        ('text="room\\stwo"', [1]),
        ("text=priv*", [2]),
        ("text=hello;limit=2", [2, 3]),
        ("text=hello;in=#room", [0, 1]),
        ("text=hello;in=#ROOM;from=Bob", [1]),
        ("text=hello\\sin:#room\\sfrom:bob", [1]),
        ("in=bob", [2]),
        ("in=alice", [3]),
        ("from=alice", [0, 3]),
        ("text=has:link", [1]),
        ("text=hello;in=#room;in=bob", []),
        ("from=alice;text=from:bob", []),
        ("text=nothing", []),
        ("limit=3", [1, 2, 3]),
        # What is not there, and what the reader may not read, are the same.
        ("text=treasure", []),
        ("in=#secret", []),
        ("in=#nowhere", []),
        ("in=carol", []),
        ("in=nobody", []),
        ("in=bad,name", []),
        ("from=carol", []),
        ("from=nobody", []),
    ],
)
def test_who_may_read_finds(world, attributes, numbers):
    """ "SEARCH covers everything that the asker may read ... and never reveals that something unreadable exists"."""
    assert found(world.actors["alice"], attributes) == [ALL[number] for number in numbers]


def test_times_and_pages(world):
    """Spec: `after`: "at or after this time"; `before`: "at or before this time"; after it "messages SHOULD be searched
    from that time".
    """
    alice, times = world.actors["alice"], [format_time(world.times[text]) for text in ALL]
    assert found(alice, f"before={times[2]};limit=2") == ALL[1:3]
    assert found(alice, f"after={times[1]};limit=2") == ALL[1:3]
    assert found(alice, f"after={times[1]};before={times[1]}") == ALL[1:2]
    assert found(alice, f"text=after:{times[1]};limit=2") == ALL[2:]
    assert found(alice, "text=after:2026-01-02") == []


def test_the_lines_are_those_of_history(world):
    """Spec: the server-time tag is the time of receipt; the msgid tag "MUST be the msgid tag as originally sent"."""
    _, line, _ = world.actors["alice"].ask("SEARCH text=two")
    (past,) = [each for each in world.actors["alice"].ask("CHATHISTORY LATEST #room * 1") if " PRIVMSG " in each]
    assert line.partition(";")[2] == past.partition(";")[2]


def test_who_has_left_finds_nothing(world):
    """A channel that was left cannot be searched; one that was joined can."""
    alice, carol = world.actors["alice"], world.actors["carol"]
    alice.ask("PART #room")
    assert found(alice, "text=room") == []
    carol.ask("JOIN #room")
    assert found(carol, "text=room") == ALL[:2]


def test_a_newcomer_finds_what_was_said_since(world):
    """In a channel with the mode W, members without a role find what was said after they joined."""
    world.actors["alice"].ask("MODE #room +W")
    carol = world.actors["carol"]
    carol.ask("JOIN #room")
    assert found(carol, "in=#room") == []
    world.advance(1)
    world.actors["bob"].ask("PRIVMSG #room :hello, newcomer")
    world.deaf()
    assert found(carol, "in=#room") == ["hello, newcomer"]


def test_who_is_silenced_is_not_found(world):
    """ "A blocked account's messages do not reach the blocker on any device"; and the page is full nevertheless."""
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.ask("SILENCE +bob")
    assert found(alice, "text=hello") == [ALL[0], ALL[3]]
    assert found(alice, "text=hello;limit=2") == [ALL[0], ALL[3]]
    assert found(alice, "text=hello;from=bob") == found(alice, "in=bob") == []
    assert found(bob, "text=hello;from=alice") == [ALL[0]]
    alice.ask("SILENCE -bob")
    assert found(alice, "text=hello") == ALL


def test_what_is_redacted_is_not_found(world):
    """ "Redacted text disappears from every answer"."""
    alice, bob = world.actors["alice"], world.actors["bob"]
    bob.ask("CAP REQ draft/message-redaction")
    line = bob.ask("SEARCH text=two")[1]
    msgid = line.partition("msgid=")[2].partition(";")[0].partition(" ")[0]
    bob.ask(f"REDACT #room {msgid}")
    for actor in (alice, bob):
        assert found(actor, "text=two") == found(actor, "text=has:link") == []
        assert found(actor, "text=hello;in=#room") == ALL[:1]


def test_what_is_edited(world):
    """A message is found, once and in its own place, by the words of its newest text, and comes as in the history."""
    alice, bob = world.actors["alice"], world.actors["bob"]
    bob.ask("CAP REQ :draft/message-edit draft/message-redaction")
    msgid = msgid_of(bob.ask("SEARCH text=two")[1])
    edited = "@draft/target-msgid={};draft/edit-text={} EDIT {}"
    bob.ask(edited.format(msgid, "hello\\sapple", "#room"))
    bob.ask(edited.format(msgid, "hello\\spear", "#room"))
    private = msgid_of(bob.ask("SEARCH text=private")[1])
    bob.ask(edited.format(private, "hello\\salice,\\sopenly", "alice"))
    world.deaf()
    assert alice.ask("CAP REQ draft/chathistory") != []
    for actor in (alice, bob):
        for words in ("two", "apple", "has:link", "Correction", "private", "two\\spear"):
            assert found(actor, f"text={words}") == [], words
        assert found(actor, "text=openly") == ["hello alice, openly"]
        (line,) = as_one(actor.ask("SEARCH text=pear"))
        assert "chatapp/edited=" in line
        assert line.endswith(":bob!bob@s PRIVMSG #room :hello pear")
    assert as_one(alice.ask("SEARCH text=pear")) == as_one(alice.ask("CHATHISTORY LATEST #room * 1"))
    assert found(alice, "text=hello") == [ALL[0], "hello pear", "hello alice, openly", ALL[3]]
    assert found(alice, "text=hello;limit=3") == ["hello pear", "hello alice, openly", ALL[3]]
    assert found(alice, "text=hello;in=#room;from=bob") == ["hello pear"]
    bob.ask(f"REDACT #room {msgid}")
    for actor in (alice, bob):
        for words in ("two", "apple", "pear"):
            assert found(actor, f"text={words}") == [], words
        assert found(actor, "text=hello;in=#room") == ALL[:1]


def msgid_of(line):
    """Return the msgid of a line."""
    return line.partition("msgid=")[2].partition(";")[0].partition(" ")[0]


def test_what_is_redacted_while_the_search_runs(make_world):
    """A page that was read before the redaction is sent without the text."""
    world = make_world(accounts="alice")
    alice = world.enter("alice", f"{CAPS} draft/message-redaction echo-message")
    phone = world.enter("alice", CAPS, as_="phone")
    alice.say("JOIN #room")
    alice.hear()
    (echo,) = alice.ask("PRIVMSG #room :secret")
    msgid = echo.partition("msgid=")[2].partition(";")[0].partition(" ")[0]
    phone.hear()
    world.history.held = True
    phone.say("SEARCH text=secret")
    world.services.redactions.add(msgid)
    world.history.held = False
    world.settle()
    assert len(phone.hear()) == 2  # the batch is empty


def test_a_message_of_several_lines(world):
    """It is found by the words of each line, and answered as history answers it."""
    alice, bob = world.actors["alice"], world.actors["bob"]
    bob.ask("CAP REQ draft/multiline")
    text = ["@batch=1 PRIVMSG #room :first apple", "@batch=1 PRIVMSG #room :", "@batch=1 PRIVMSG #room :second pear"]
    bob.ask("BATCH +1 draft/multiline #room", *text, "BATCH -1")
    world.deaf()
    for actor, lines in ((alice, 2), (bob, 5)):
        actor.ask("CAP REQ draft/chathistory")
        past = as_one(actor.ask("CHATHISTORY LATEST #room * 1"))
        assert len(past) == lines
        for words in ("apple", "pear", "first\\spear", '"apple\\ssecond"'):
            assert as_one(actor.ask(f"SEARCH text={words}")) == past
    assert found(alice, "text=apple\\sgrape") == []


def as_one(lines):
    """Return the lines of a page without the reference of the page's batch."""
    reference = lines[-1].rpartition("-")[2]
    return [line.replace(f"batch={reference}", "batch=page") for line in lines[1:-1]]


def test_a_renamed_channel(world):
    """A channel is found under its new name, and its old messages are shown under it."""
    alice = world.actors["alice"]
    alice.ask("RENAME #room #garden")
    assert found(alice, "text=room;in=#garden") == ALL[:2]
    assert found(alice, "text=room\\sin:#GARDEN") == ALL[:2]
    assert found(alice, "text=room;in=#room") == []
    assert " PRIVMSG #garden :" in alice.ask("SEARCH text=two")[1]


def test_who_has_gone(world):
    """The messages of a removed account are found under the name that history shows."""
    alice, file = world.actors["alice"], world.services.accounts._file
    file.remove("bob")
    world.advance(1)
    world.deaf()
    assert found(alice, "text=hello;from=bob") == found(alice, "text=hello;from=bob~1") == ALL[1:3]
    assert found(alice, "in=bob") == ALL[2:3]
    file.add("bob", HASH, reuse=True)
    world.advance(1)
    world.enter("bob", CAPS, as_="another").say("JOIN #room", "PRIVMSG #room :hello, I am new")
    world.deaf()
    assert found(alice, "text=hello;from=bob") == ["hello, I am new"]
    assert found(alice, "text=hello;from=bob~1") == ALL[1:3]
    assert ":bob~1!bob~1@s PRIVMSG #room :" in alice.ask("SEARCH text=two")[1]
    assert found(alice, "text=hello;from=bob~2") == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("SEARCH", "NEED_MORE_PARAMS :Usage: SEARCH <attribute>=<value>[;<attribute>=<value> ...]"),
        ("SEARCH text=a b", r"INVALID_PARAMS b :Write a space in an attribute as \s."),
        (
            "SEARCH colour=red",
            "INVALID_PARAMS colour :SEARCH has no such attribute. It has in, from, after, before, text, limit.",
        ),
        ("SEARCH limit=0", "INVALID_PARAMS limit :A limit is a number from 1 on."),
        ("SEARCH text=!", "INVALID_PARAMS text :A search is for words: give each at least one letter or digit."),
    ],
)
def test_bad_searches(world, line, answer):
    """Spec: "FAIL SEARCH INVALID_PARAMS [invalid_parameters] :Invalid parameters"."""
    assert world.actors["alice"].ask(line) == [f":s FAIL SEARCH {answer}"]


@pytest.mark.parametrize("without", ["-soju.im/search", "-batch", "-batch -soju.im/search -message-tags -server-time"])
def test_without_the_capabilities(world, without):
    """A person who types SEARCH gets NOTICEs: a PRIVMSG of the sender would look as if it was said now."""
    alice = world.actors["alice"]
    alice.ask(f"CAP REQ :{without}")
    assert alice.ask("SEARCH text=hello") == [
        ":s NOTICE alice :[2026-01-01 00:16] #room <alice> Hello room one",
        ":s NOTICE alice :[2026-01-01 00:16] #room <bob> hello room two https://x.org",
        ":s NOTICE alice :[2026-01-01 00:16] bob <bob> hello alice, in private",
        ":s NOTICE alice :[2026-01-01 00:16] alice <alice> note to self: hello",
        ":s NOTICE alice :4 messages found.",
    ]
    assert alice.ask("SEARCH text=two")[1:] == [":s NOTICE alice :1 message found."]
    assert alice.ask("SEARCH text=treasure") == [":s NOTICE alice :Nothing found."]
    assert alice.ask("SEARCH in=#secret") == [":s NOTICE alice :Nothing found."]


def test_the_page_is_bounded(make_world):
    """The server MAY return fewer messages than `limit`."""
    alice = make_world(accounts="alice", search_page_max=3).enter("alice", CAPS)
    alice.ask("JOIN #room", *(f"PRIVMSG #room :word {number}" for number in range(5)))
    assert found(alice, "text=word;limit=1000") == ["word 2", "word 3", "word 4"]


def test_a_search_that_fails_and_one_that_is_not_whole(world, monkeypatch):
    """Spec: "If the search cannot be run due to an internal error, the `INTERNAL_ERROR` ... SHOULD be returned"."""
    alice = world.actors["alice"]

    async def fail(search):
        raise LogUnavailableError("The disk is gone.")

    monkeypatch.setattr(world.history, "search", fail)
    assert alice.ask("SEARCH text=a") == [":s FAIL SEARCH INTERNAL_ERROR :The disk is gone."]

    async def half(search):
        return Matches([], whole=False)

    monkeypatch.setattr(world.history, "search", half)
    _, end, warning = alice.ask("SEARCH text=a")
    assert " BATCH -" in end
    assert warning.startswith(":s WARN SEARCH INDEX_INCOMPLETE :Not all messages are in the search index yet")


def test_one_search_of_an_account_at_a_time(make_world, monkeypatch):
    """An account with many sessions does not fill the queue of all: its second search waits, and others' do not."""
    world = make_world(accounts="alice bob")
    actors = [world.enter("alice", CAPS), world.enter("alice", CAPS, as_="phone"), world.enter("bob", CAPS)]
    alice, phone, bob = actors
    for actor in actors:
        actor.hear()
    asked, answer = [], world.history.search

    async def search(question):
        asked.append(question.reader)
        return await answer(question)

    monkeypatch.setattr(world.history, "search", search)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    asked.clear()
    world.history.held = True
    for actor in actors:
        actor.say("SEARCH text=a")
    uids = {name: world.services.state.uid_named(name) for name in ("alice", "bob")}
    assert asked == [uids["alice"], uids["bob"]]
    world.history.held = False
    world.settle()
    assert asked == [uids["alice"], uids["bob"], uids["alice"]]
    assert " BATCH -" in phone.hear()[-1]


def test_a_search_that_takes_too_long(make_world, monkeypatch):
    """Its answer comes in its turn, and what is asked next is answered as ever: in order, and not refused."""
    world = make_world(accounts="alice", sqlite=True)
    alice = world.enter("alice", f"{CAPS} labeled-response echo-message")
    alice.ask("JOIN #room", "PRIVMSG #room :hello")
    monkeypatch.setattr(sqlite_search, "SEARCH_CPU_S_MAX", -1.0)
    fail = ":s FAIL SEARCH INTERNAL_ERROR :This search takes too long."
    heard = alice.ask(
        "@label=1 SEARCH text=hello", "@label=2 PING x", "SEARCH text=hello", "SEARCH text=hello", "PING y"
    )
    assert [line.partition(" Narrow ")[0] for line in heard] == [
        f"@label=1 {fail}",
        "@label=2 :s PONG s :x",
        fail,
        fail,
        ":s PONG s :y",
    ]
    monkeypatch.setattr(sqlite_search, "SEARCH_CPU_S_MAX", 10.0)
    assert found(alice, "text=hello") == ["hello"]
