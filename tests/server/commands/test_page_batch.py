"""Pages of the past as batches: history and search send them alike."""

from __future__ import annotations

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.server.commands import remarked
from tests.server.commands.test_redact import say

CAPS = "batch message-tags draft/chathistory soju.im/search chatapp/aggregate draft/message-redaction"
QUESTIONS = {"history": "CHATHISTORY LATEST #room * 10", "search": "SEARCH in=#room"}


@pytest.fixture(params=QUESTIONS)
def question(request):
    """Return a command that asks for the same messages."""
    return QUESTIONS[request.param]


@pytest.fixture
def world(world):
    """Let alice say three things in #room; bob reacts to each."""
    world.enter("alice", f"{CAPS} echo-message")
    bob = world.enter("bob", CAPS)
    world.channel("#room", "alice bob")
    world.ids = [say(world, "alice", "#room", f"text {number}") for number in range(3)]
    for msgid in world.ids:
        bob.say(f"@+draft/react=x;+reply={msgid} TAGMSG #room")
    world.deaf()
    return world


def lines(world, question):
    """Return what bob is sent for each message, without what differs between two batches."""
    _, *inside, _ = world.actors["bob"].ask(question)
    return [line.partition(";")[2] for line in inside]


def test_the_lines(world, question):
    """Each message has its tags and its reactions."""
    assert lines(world, question) == [
        f"msgid={msgid};chatapp/reactions=1\\sbob\\sx :alice!alice@s PRIVMSG #room :text {number}"
        for number, msgid in enumerate(world.ids)
    ]


def test_a_page_without_messages(world, question):
    """ "If no content exists to return, the server SHOULD return an empty batch"."""
    for msgid in world.ids:
        world.actors["alice"].say(f"REDACT #room {msgid}")
    world.deaf()
    first, last = world.actors["bob"].ask(question)
    assert first.partition(" BATCH +")[2].split()[0] == last.partition(" BATCH -")[2]


def test_a_page_that_cannot_be_read_to_its_end(world, question, monkeypatch):
    """The batch ends, and FAIL follows it; without any message there is no batch."""
    monkeypatch.setattr(remarked, "_PART", 1)
    ask, left = world.history.remarks, 0

    async def remarks(*arguments, **bounds):
        nonlocal left
        left -= 1
        if left < 0:
            raise LogUnavailableError("The disk is gone.")
        return await ask(*arguments, **bounds)

    world.history.remarks = remarks
    bob = world.actors["bob"]
    (fail,) = bob.ask(question)
    assert fail.startswith(":s FAIL ")
    assert fail.endswith(" :The disk is gone.")
    left = 2
    first, *inside, last, told = bob.ask(question)
    assert [line.rpartition(" :")[2] for line in inside] == ["text 0", "text 1"]
    assert (" BATCH +" in first, " BATCH -" in last, told) == (True, True, fail)
