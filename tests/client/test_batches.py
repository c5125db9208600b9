"""Batches put together, and answers matched to what was asked."""

from __future__ import annotations

import pytest

from chatapp.client.batches import BATCH_MESSAGES_MAX, OPEN_BATCHES_MAX, Batches, Reply, is_error
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message, parse


def feed(*lines: str) -> list[Reply]:
    """Return what comes of lines."""
    batches = Batches()
    replies = [batches.take(parse(line.encode())) for line in lines]
    return [reply for reply in replies if reply is not None]


def test_a_line_stands_for_itself():
    """Without a batch, a line is a whole answer; its label says to what."""
    assert feed("@label=7 :s ACK") == [Reply("", "7", [Message("ACK", [], "s", {"label": "7"})])]


def test_a_batch_is_one_answer():
    """ "Servers MUST include the label tag in exactly one logical message": on the batch's start."""
    (reply,) = feed("@label=7 BATCH +x labeled-response", "@batch=x :s 352 a", "@batch=x :s 315 a", "BATCH -x")
    assert (reply.kind, reply.label) == ("labeled-response", "7")
    assert [message.verb for message in reply.messages] == ["352", "315"]


def test_a_batch_in_a_batch():
    """A page of history within a labelled answer is that answer, and a page of history."""
    (reply,) = feed(
        "@label=7 BATCH +x labeled-response",
        "@batch=x BATCH +y chathistory #a",
        "@batch=y :b!b@h PRIVMSG #a :one",
        "BATCH -y",
        "BATCH -x",
    )
    assert (reply.kind, reply.label) == ("chathistory", "7")
    assert [message.param(1) for message in reply.messages] == ["one"]


def test_other_lines_go_past_an_open_batch():
    """Lines of no batch may come between those of one."""
    first, second = feed("BATCH +x chathistory #a", "PING a", "@batch=x PRIVMSG #a :one", "BATCH -x")
    assert first.messages[0].verb == "PING"
    assert len(second.messages) == 1


def test_an_end_without_a_beginning_is_nothing():
    """What was never begun cannot end."""
    assert feed("BATCH -x") == []


def test_what_is_kept_is_bounded():
    """A server cannot fill our memory with batches that never end."""
    batches = Batches()
    for number in range(OPEN_BATCHES_MAX):
        batches.take(Message("BATCH", [f"+{number}", "x"]))
    with pytest.raises(MalformedLineError):
        batches.take(Message("BATCH", ["+more", "x"]))
    for _ in range(BATCH_MESSAGES_MAX):
        batches.take(Message("PING", ["x"], tags={"batch": "1"}))
    with pytest.raises(MalformedLineError):
        batches.take(Message("PING", ["x"], tags={"batch": "1"}))


@pytest.mark.parametrize(
    ("verb", "error"),
    [("401", True), ("FAIL", True), ("263", True), ("904", True), ("502", True)]
    + [("301", False), ("352", False), ("900", False), ("903", False), ("422", False), ("WARN", False)],
)
def test_which_lines_refuse(verb, error):
    """Numerics of errors and FAIL refuse; 422 (no message of the day) and 903 do not."""
    assert is_error(Message(verb, ["a"])) is error
