"""Batches put together, and answers matched to what was asked."""

from __future__ import annotations

import pytest

from chatapp.client.core.budget import Budget
from chatapp.client.core.replies import OPEN_BATCHES_MAX, Batches, Reply, is_error
from chatapp.errors import CannotConnectError, MalformedLineError
from chatapp.protocol.message import Message, parse


def feed(*lines: str) -> list[Reply]:
    """Return what comes of lines."""
    budget = Budget()
    batches = Batches(budget)
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


MULTILINE = (
    "@{tags} :b!b@h BATCH +m draft/multiline #a",
    "@batch=m :b!b@h PRIVMSG #a :one",
    "@batch=m :b!b@h PRIVMSG #a :",
    "@batch=m :b!b@h PRIVMSG #a :two ",
    "@batch=m;draft/multiline-concat :b!b@h PRIVMSG #a :and more",
    ":b!b@h BATCH -m",
)


def test_a_multiline_batch_is_one_message():
    """ "Line messages are joined by a single line feed", or "directly joined [...] with no separation"; the tags of the
    message are on the batch.
    """
    tags = {"msgid": "7", "label": "3"}
    (reply,) = feed(*(line.format(tags="msgid=7;label=3") for line in MULTILINE))
    assert reply == Reply("", "3", [Message("PRIVMSG", ["#a", "one\n\ntwo and more"], "b!b@h", tags)])


def test_a_multiline_batch_in_a_page_of_history():
    """It is one message of the page, in its place."""
    (reply,) = feed(
        "@label=7 BATCH +x labeled-response",
        "@batch=x BATCH +y chathistory #a",
        "@batch=y :b!b@h PRIVMSG #a :before",
        *(line.format(tags="msgid=7;batch=y") for line in MULTILINE),
        "@batch=y :b!b@h PRIVMSG #a :after",
        "BATCH -y",
        "BATCH -x",
    )
    assert (reply.kind, reply.label) == ("chathistory", "7")
    assert [message.param(1) for message in reply.messages] == ["before", "one\n\ntwo and more", "after"]


def test_a_multiline_batch_in_a_labelled_answer():
    """The answer stays a labelled answer."""
    lines = [line.format(tags="msgid=7;batch=x") for line in MULTILINE]
    (reply,) = feed("@label=7 BATCH +x labeled-response", *lines, "@batch=x :s 301 a b :away", "BATCH -x")
    assert (reply.kind, [message.verb for message in reply.messages]) == ("labeled-response", ["PRIVMSG", "301"])


@pytest.mark.parametrize("lines", [[], ["@batch=m 005 a :b"], ["@batch=m PRIVMSG", "@batch=m NOTICE"]])
def test_a_strange_multiline_batch(lines):
    """Lines of other verbs are left out; lines without a text are blank."""
    budget = Budget()
    batches = Batches(budget)
    for line in ["@msgid=7 BATCH +m draft/multiline #a", *lines]:
        assert batches.take(parse(line.encode())) is None
    reply = batches.take(parse(b"BATCH -m"))
    texts = [message.params for message in reply.messages]
    assert texts == ([["", "\n"]] if len(lines) == 2 else [])
    assert budget.used_bytes == 0


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
    budget = Budget(10_000)
    batches = Batches(budget)
    for number in range(OPEN_BATCHES_MAX):
        batches.take(Message("BATCH", [f"+{number}", "x"]))
    with pytest.raises(MalformedLineError):
        batches.take(Message("BATCH", ["+more", "x"]))
    long = Message("PING", ["x" * 2_000], tags={"batch": "1"})
    batches.take(long)
    with pytest.raises(CannotConnectError, match="Disconnected: the server sent more than"):
        batches.take(long)
    batches.clear()
    assert budget.used_bytes == 0


def test_what_is_handed_on_is_kept_no_longer():
    """The bytes of a batch are given back with it, or when it is replaced; a batch within it counts as part of it."""
    budget = Budget()
    batches = Batches(budget)
    lines = ["BATCH +a x", "@batch=a BATCH +b x", "@batch=b PING 1", "@batch=a PING 2", "BATCH -b"]
    for line in lines:
        assert batches.take(parse(line.encode())) is None
    assert budget.used_bytes > 0
    assert batches.take(parse(b"BATCH -a")) is not None
    assert budget.used_bytes == 0
    for line in ["BATCH +a x", "@batch=a PING 1", "BATCH +a x"]:
        batches.take(parse(line.encode()))
    assert budget.used_bytes == 0


@pytest.mark.parametrize(
    ("verb", "error"),
    [("401", True), ("FAIL", True), ("263", True), ("904", True), ("502", True)]
    + [("301", False), ("352", False), ("900", False), ("903", False), ("422", False), ("WARN", False)],
)
def test_which_lines_refuse(verb, error):
    """Numerics of errors and FAIL refuse; 422 (no message of the day) and 903 do not."""
    assert is_error(Message(verb, ["a"])) is error
