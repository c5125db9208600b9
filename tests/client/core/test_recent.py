"""The last messages of a conversation: which of them a command means, and what is known of a message."""

from __future__ import annotations

import pytest

from chatapp.client.core.budget import Budget
from chatapp.client.core.events import ChannelRenamed, Deleted, Edited, History, Joined, Reacted, Said
from chatapp.client.core.recent import CONVERSATIONS_MAX, MESSAGES_MAX, TEXT_CHARACTERS_MAX, Recent, Which


def said(number: int, sender: str = "bob", text: str = "", where: str = "#room", **fields: object) -> Said:
    """Make a message with a number as its time and msgid; alice is who we are."""
    return Said(number, where, where, sender, text or f"t{number}", f"m{number}", own=sender == "alice", **fields)  # type: ignore[arg-type]


@pytest.fixture
def recent() -> Recent:
    """What a session remembers of a few messages."""
    made = Recent(Budget())
    made.take([said(1), said(2, "alice"), said(3, "Carol"), said(4), said(5, "alice"), Joined("#room", "dave", False)])
    return made


@pytest.mark.parametrize(
    ("which", "msgid"),
    [
        (Which(), "m4"),
        (Which(2), "m3"),
        (Which(3), "m1"),
        (Which(4), None),
        (Which(0), None),
        (Which(own=True), "m5"),
        (Which(2, own=True), "m2"),
        (Which(sender="carol"), "m3"),
        (Which(2, sender="carol"), None),
        (Which(2, sender="bob"), "m1"),
        (Which(sender="alice"), "m5"),
        (Which(sender="dave"), None),
    ],
)
def test_which_message_is_meant(recent, which, msgid):
    """The last of others, the last of ours, or the last of somebody, counted backwards."""
    found = recent.find("#ROOM", which)
    assert (None if found is None else found.msgid) == msgid
    assert recent.find("#other", which) is None


@pytest.mark.parametrize("name", ["#club", "#ROOM"])
def test_a_renamed_channel(recent, name):
    """Its messages are those of the new name; the memory is counted once."""
    recent.take([said(9, where="#club"), ChannelRenamed("#Room", name, "bob", "")])
    found = recent.find(name, Which())
    assert found is not None
    assert found.msgid == "m4"
    assert (recent.find("#room", Which()) is None) == (name == "#club")
    recent.take([Deleted(name, "bob", False, f"m{each}", "") for each in range(1, 6)])
    recent.take([Deleted("#club", "bob", False, "m9", "")])
    assert recent._budget.used_bytes == 0


def test_what_is_known_of_a_message(recent):
    """A remark is told with the author and the text of its message; an answer with the message that it is about."""
    edited = Edited("#room", "bob", False, "m4", "new")
    assert recent.take([edited]) == [Edited("#room", "bob", False, "m4", "new", "bob", "t4")]
    (reacted,) = recent.take([Reacted("#room", "carol", False, "m4", "👍", True)])
    assert (reacted.author, reacted.was) == ("bob", "new")
    (answer,) = recent.take([said(6, reply_to="m4")])
    assert answer.about == "bob: new"
    (deleted,) = recent.take([Deleted("#room", "alice", True, "m4", "")])
    assert deleted.was == "new"
    assert recent.find("#room", Which(2)) is not None
    assert recent.find("#room", Which(2)).msgid == "m3", "the deleted message is meant no more"
    unknown = Reacted("#room", "carol", False, "m99", "👍", True)
    assert recent.take([unknown, said(7, reply_to="m99"), Edited("#x", "b", False, "m", "n")])[0] == unknown


def test_messages_of_the_history_count_in_their_order(recent):
    """A page of the history fills in what came before, and repeats nothing."""
    page = History("#room", (said(0, "zoe"), said(3, "Carol"), said(9, "zoe", reply_to="m0")))
    (told,) = recent.take([page])
    assert [each.about for each in told.messages] == ["", "", "zoe: t0"]
    assert [recent.find("#room", Which(back)).msgid for back in range(1, 6)] == ["m9", "m4", "m3", "m1", "m0"]


def test_long_texts_and_actions(recent):
    """What is kept of a text is short, in one line; an action is in words."""
    recent.take([said(7, text="x" * 99), said(8, text="one\ntwo"), said(9, text="\x01ACTION waves\x01")])
    texts = [recent.find("#room", Which(back)).text for back in (3, 2, 1)]
    assert texts == ["x" * (TEXT_CHARACTERS_MAX - 3) + "...", "one two", "waves"]


def test_memory_is_bounded():
    """The last messages of each conversation, of so many conversations; the budget gets back what is forgotten."""
    budget = Budget()
    recent = Recent(budget)
    for number in range(MESSAGES_MAX + 10):
        recent.take([said(number)])
    used = budget.used_bytes
    assert recent.find("#room", Which(MESSAGES_MAX)).msgid == "m10"
    assert recent.find("#room", Which(MESSAGES_MAX + 1)) is None
    for number in range(10):
        recent.take([said(100 + number)])
    assert abs(budget.used_bytes - used) < 1_000
    for number in range(CONVERSATIONS_MAX):
        recent.take([said(number, where=f"#r{number}")])
    assert recent.find("#room", Which()) is None
    assert recent.find("#r0", Which()) is not None
    for number in range(CONVERSATIONS_MAX):
        recent.take([Deleted(f"#r{number}", "bob", False, f"m{number}", "")])
    assert budget.used_bytes == 0
