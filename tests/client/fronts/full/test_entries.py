"""The messages of a conversation: whatever the order of the same events, the same messages, none twice."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core.events import Deleted, Edited, Reacted, Reaction, Said
from chatapp.client.fronts.full.entries import Entries, Fold

TIME = 1_700_000_000_000


def said(number: int, text: str = "", *, missed: bool = False) -> Said:
    """Return a message; no two of a conversation have the same time."""
    return Said(TIME + number, "#a", "#a", f"u{number % 3}", text or f"text {number}", f"m{number}", missed=missed)


def shown(entries: Entries) -> list[tuple[int, str, str]]:
    """Return what is shown of the messages."""
    return [(each.time, each.sender, each.text) for each in entries if not each.note]


@given(st.sets(st.integers(0, 60), max_size=30), st.randoms(use_true_random=False), st.integers(0, 30))
def test_any_order_of_messages(numbers: set[int], chance: random.Random, again: int) -> None:
    """Live, from the history, or both: each message is there once, in the order of time."""
    events = [said(number, missed=chance.random() < 0.5) for number in numbers]
    events += chance.sample(events, min(again, len(events)))
    chance.shuffle(events)
    entries = Entries()
    for event in events:
        entries.say(event)
    assert shown(entries) == [(each.time, each.sender, each.text) for each in map(said, sorted(numbers))]
    assert all(entries.find(f"m{number}") is not None for number in numbers)
    assert [entries.position(each) for each in entries] == list(range(len(entries)))


@given(st.lists(st.sampled_from(["one", "two", "gone"]), max_size=8), st.integers(0, 8))
def test_remarks_and_a_page_that_has_them(remarks: list[str], paged: int) -> None:
    """A page of history shows a message as it is now: later remarks change it, earlier remarks change nothing."""
    entries, text, is_gone = Entries(), "text 1", False
    entries.say(said(1))
    for at, remark in enumerate([*remarks, "two"]):
        if at == paged and not is_gone:
            entries.say(msgspec.structs.replace(said(1, text, missed=True), edited=text != "text 1"))
        if remark == "gone":
            entries.delete(Deleted("#a", "u1", False, "m1", ""))
            is_gone = True
        else:
            entries.edit(Edited("#a", "u1", False, "m1", remark))
            text = text if is_gone else remark
        entries.say(said(1))  # the live copy, again
        assert [each.text for each in entries] == ["deleted" if is_gone else text]


@given(st.lists(st.tuples(st.sampled_from(["bob", "Bob", "carol"]), st.booleans()), max_size=12))
def test_each_user_reacts_once(steps: list[tuple[str, bool]]) -> None:
    """A reaction counts each user once, whatever is told twice."""
    entries, users = Entries(), set()
    entries.say(said(1))
    for nick, on in steps:
        entries.react(Reacted("#a", nick, False, "m1", "👍", on))
        (users.add if on else users.discard)(nick.lower())
    reactions = next(iter(entries)).reactions
    assert [(each.text, each.users) for each in reactions] == ([("👍", len(users))] if users else [])


def test_a_reaction_of_the_history_counts_on() -> None:
    """The history tells the number and some nicks; a nick that is among them does not count again."""
    entries = Entries()
    entries.say(msgspec.structs.replace(said(1, missed=True), reactions=(Reaction("👍", 7, ("bob", "carol")),)))
    for nick in ("bob", "dave"):
        entries.react(Reacted("#a", nick, False, "m1", "👍", True))
    assert next(iter(entries)).reactions[0].users == 8


def test_a_deleted_message_does_not_come_back() -> None:
    """A copy that was on its way when the message was deleted is not shown."""
    entries = Entries()
    entries.delete(Deleted("#a", "u1", False, "m1", ""))
    assert entries.say(said(1)) is None


def test_joins_and_parts_are_one_row_until_somebody_speaks() -> None:
    """Who comes and goes is told with the last news only."""
    entries = Entries()
    entries.say(said(1))
    for nick, there in (("bob", True), ("carol", True), ("bob", False)):
        entries.came(nick, there=there)
    entries.say(said(2))
    entries.came("dave", there=True)
    folds = [each.people for each in entries if isinstance(each, Fold)]
    assert folds == [{"carol": True, "bob": False}, {"dave": True}]


def test_the_oldest_messages_are_forgotten() -> None:
    """The size counts what is there."""
    entries = Entries()
    for number in range(10):
        entries.say(said(number))
    whole = entries.size_bytes
    entries.drop_oldest(5)
    assert len(entries) == 5
    assert entries.find("m0") is None
    assert entries.size_bytes == whole // 2
    entries.drop_oldest(5)
    assert entries.size_bytes == 0


def test_the_quote_of_a_deleted_message() -> None:
    """What was deleted is not readable in the messages that answer it, from before the deletion or after it."""
    entries = Entries()
    entries.say(said(1, "my secret"))
    first, second = (msgspec.structs.replace(said(number), reply_to="m1", about="u1: my secret") for number in (2, 3))
    entries.say(first)
    entries.delete(Deleted("#a", "u1", False, "m1", ""))
    entries.say(second)
    assert [each.about for each in entries] == ["", "a deleted message", "a deleted message"]


def test_the_quote_of_an_edited_message() -> None:
    """A message that answers another one quotes its present text."""
    entries = Entries()
    entries.say(said(1, "teh text"))
    entries.say(msgspec.structs.replace(said(2), reply_to="m1", about="u1: teh text"))
    entries.edit(Edited("#a", "u1", False, "m1", "the text"))
    assert [each.about for each in entries] == ["", "u1: the text"]


def test_an_answer_to_an_old_message_tells_what_it_answers():
    """The session remembers the last 50 messages; what is older is known here."""
    entries = Entries()
    entries.say(said(1, "the plan"))
    entries.say(msgspec.structs.replace(said(2), reply_to="m1"))
    entries.say(msgspec.structs.replace(said(3), reply_to="m9"))
    assert [each.about for each in entries] == ["", "u1: the plan", ""]
