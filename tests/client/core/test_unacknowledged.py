"""What we said and the server has not acknowledged: in order, paced, and once."""

from __future__ import annotations

import pytest

from chatapp.client.core import multiline
from chatapp.client.core.events import Gone, NotSent, Sent
from chatapp.client.core.multiline import Room
from chatapp.client.core.splitting import Continuation, pieces
from chatapp.client.core.unacknowledged import OUTBOX_LINES_MAX, Outbox
from chatapp.errors import RefusedError

GONE = "The bob you wrote to is no longer on this server."


def due(outbox: Outbox) -> list[str]:
    """Return the texts of the lines to send now."""
    return [unit.text for unit in outbox.due()]


def test_lines_go_out_in_order_and_in_a_window():
    """Only so many lines are on their way; an echo lets the next one out."""
    outbox = Outbox("run", window=2)
    for text in "abcd":
        outbox.add("bob", text, [text])
    first = outbox.due()
    assert [line.text for line in first] == ["a", "b"]
    assert due(outbox) == []
    outbox.echoed(first[0].id)
    assert due(outbox) == ["c"]
    assert len(outbox) == 3


def test_what_was_not_echoed_goes_out_again_in_order_under_the_same_ids():
    """After a lost connection the same lines come, before those that never went."""
    outbox = Outbox("run", window=3)
    for text in "abcd":
        outbox.add("bob", text, [text])
    first = outbox.due()
    outbox.echoed(first[1].id)
    outbox.closed()
    again = outbox.due()
    assert [(line.id, line.text) for line in again[:2]] == [(first[0].id, "a"), (first[2].id, "c")]
    assert again[2].text == "d"


def test_ids_are_unique_and_short():
    """A client's id has 64 bytes at most, and no two are the same."""
    outbox = Outbox("0123456789abcdef", window=100)
    outbox.add("bob", "x", ["x"] * 100)
    ids = [line.id for line in outbox.due()]
    assert len(set(ids)) == 100
    assert max(map(len, ids)) <= 64
    assert all(map(outbox.is_ours, ids))
    assert not outbox.is_ours("0123456789abcdef")


def test_a_text_is_sent_when_its_last_line_is_echoed():
    """The receipt is for the whole text."""
    outbox = Outbox("run")
    outbox.add("bob", "long text", ["long ", "text"])
    one, two = outbox.due()
    assert outbox.echoed(one.id, away="out") is None
    text = outbox.echoed(two.id)
    assert text is not None
    assert text.result == Sent("bob", "long text", lines=2, away="out")
    assert len(outbox) == 0


def test_a_refused_line_ends_its_text_and_no_other():
    """The rest of a text whose line was refused is not sent; the person learns how much was."""
    outbox = Outbox("run", window=2)
    outbox.add("bob", "abc", ["a", "b", "c"])
    outbox.add("bob", "other", ["other"])
    one, two = outbox.due()
    assert outbox.echoed(one.id) is None
    text = outbox.refused(two.id, "404", "No.")
    assert text is not None
    assert text.result == NotSent("bob", "abc", "404", "No.", lines=3, stored=1)
    assert due(outbox) == ["other"]


def test_an_echo_found_before_the_line_goes_again():
    """The history may show that a line had arrived: then it does not go out again."""
    outbox = Outbox("run")
    outbox.add("bob", "a", ["a"])
    line = outbox.due()[0]
    outbox.closed()
    assert outbox.echoed(line.id) is not None
    assert due(outbox) == []


def test_a_second_echo_says_nothing_new():
    """What is acknowledged is done with."""
    outbox = Outbox("run")
    outbox.add("bob", "a", ["a"])
    line = outbox.due()[0]
    assert outbox.echoed(line.id) is not None
    assert outbox.echoed(line.id) is None
    assert outbox.refused(line.id, "ACK", "") is None


def test_it_is_bounded():
    """What cannot be held is refused whole, and what waits is untouched."""
    outbox = Outbox("run")
    outbox.add("bob", "x", ["x"] * (OUTBOX_LINES_MAX - 1))
    with pytest.raises(RefusedError, match=r"^Not sent: "):
        outbox.add("bob", "y", ["y", "y"])
    assert len(outbox) == OUTBOX_LINES_MAX - 1


def test_what_is_not_acknowledged():
    """Each text of which a line is missing, once, in the order in which they were said."""
    outbox = Outbox("run", window=2)
    outbox.add("bob", "one\ntwo\nthree", ["one", "two", "three"])
    outbox.add("#lobby", "four", ["four"])
    outbox.due()
    outbox.echoed("run.1")
    assert [(text.target, text.open) for text in outbox.texts] == [("bob", 2), ("#lobby", 1)]
    for line in ("run.2", "run.3", "run.4"):
        outbox.echoed(line)
    assert outbox.texts == []


def joined(texts: list[str], room: Room, window: int = 100) -> list[list[str]]:
    """Return the lines of each message of a text that is sent at once."""
    outbox = Outbox("run", window)
    outbox.add("bob", "\n".join(texts), texts)
    return [line.lines for line in outbox.due(room)]


def test_lines_are_joined_as_far_as_there_is_room():
    """ "max-bytes", "max-lines"; a message does not "consist entirely of blank lines"; a CTCP message is alone."""
    assert joined(["a", " ", "b"], Room(100, 10)) == [["a", " ", "b"]]
    assert joined(["a", " ", "b"], Room(100, 2)) == [["a", " "], ["b"]]
    assert joined(["aaa", "bbb", "cc"], Room(7, 10)) == [["aaa", "bbb"], ["cc"]]
    assert joined([" ", " ", " ", "b"], Room(100, 2)) == [[" "], [" "], [" ", "b"]]
    assert joined(["a", "\x01VERSION\x01", "b", "c"], Room(100, 10)) == [["a"], ["\x01VERSION\x01"], ["b", "c"]]
    assert joined(["a", "b"], Room()) == [["a"], ["b"]]


def test_texts_are_not_joined_and_the_window_counts_lines():
    """Each text is a message; a message larger than the window goes when nothing else is on its way."""
    outbox = Outbox("run", window=3)
    outbox.add("bob", "a\nb", ["a", "b"])
    outbox.add("bob", "c\nd\ne\nf", ["c", "d", "e", "f"])
    (first,) = outbox.due(Room(100, 10))
    assert (first.lines, outbox.due(Room(100, 10))) == (["a", "b"], [])
    whole = outbox.echoed(first.id)
    assert whole is not None
    assert whole.result == Sent("bob", "a\nb", lines=2)
    (second,) = outbox.due(Room(100, 10))
    assert second.lines == ["c", "d", "e", "f"]
    whole = outbox.refused(second.id, "404", "No.")
    assert whole is not None
    assert whole.result == NotSent("bob", "c\nd\ne\nf", "404", "No.", lines=4, stored=0)
    assert len(outbox) == 0


def test_the_lines_of_a_message():
    """ "The draft/multiline-concat tag" joins the pieces of a long line; a blank line is empty."""
    lines = pieces("a\n\n" + "x" * 20, 8)
    assert [isinstance(line, Continuation) for line in lines] == [False, False, False, True, True]
    told = multiline.messages("bob", lines, "1", {"+x": "y"})
    assert [(each.verb, each.params, each.tags) for each in told] == [
        ("BATCH", ["+1", "draft/multiline", "bob"], {"+x": "y"}),
        ("PRIVMSG", ["bob", "a"], {"batch": "1"}),
        ("PRIVMSG", ["bob", ""], {"batch": "1"}),
        ("PRIVMSG", ["bob", "x" * 8], {"batch": "1"}),
        ("PRIVMSG", ["bob", "x" * 8], {"batch": "1", "draft/multiline-concat": ""}),
        ("PRIVMSG", ["bob", "x" * 4], {"batch": "1", "draft/multiline-concat": ""}),
        ("BATCH", ["-1"], {}),
    ]


@pytest.mark.parametrize(
    ("value", "room"),
    [
        ("max-bytes=8192,max-lines=50", Room(8192, 50)),
        ("max-lines=5000,max-bytes=10,x", Room(10, 100)),
        ("max-bytes=10", Room(10, 100)),
        ("max-lines=50", Room()),
        ("max-bytes=lots", Room()),
        ("", Room()),
    ],
)
def test_the_limits_of_a_server(value, room):
    """ "max-bytes", "This key is REQUIRED"; "max-lines", "This key is OPTIONAL"."""
    assert multiline.room({"draft/multiline": value}, {"draft/multiline"}) == room
    assert multiline.room({"draft/multiline": value}, set()) == Room()


def test_a_text_that_is_held_waits_for_a_person():
    """Others go on; when it is released, it is sent."""
    outbox = Outbox("run")
    first, second = outbox.add("bob", "one", ["one"]), outbox.add("bob", "two", ["two"])
    outbox.hold(first)
    assert [line.text for line in outbox.due()] == ["two"]
    assert outbox.is_held(first)
    outbox.release(first)
    assert [line.text for line in outbox.due()] == ["one"]
    assert len(outbox) == 2
    outbox.drop(second)
    assert outbox.texts == [first]


def test_a_text_that_was_held_and_has_arrived():
    """The history has its echo."""
    outbox = Outbox("run")
    text = outbox.add("bob", "one", ["one"])
    line = outbox.due()[0]
    outbox.closed()
    outbox.hold(text)
    assert outbox.due() == []
    assert outbox.echoed(line.id) is text
    assert not outbox.is_held(text)


def test_a_text_that_is_dropped_is_not_sent_again():
    """Neither its lines that were sent, nor those that were not."""
    outbox = Outbox("run", window=1)
    text = outbox.add("bob", "one\ntwo", ["one", "two"])
    assert len(outbox.due()) == 1
    outbox.drop(text)
    outbox.closed()
    assert (len(outbox), outbox.due(), outbox.texts) == (0, [], [])


def test_a_user_who_is_no_longer_on_the_server():
    """What still waits for it is not sent: whoever gets the name is somebody else. What is on its way is answered."""
    outbox = Outbox("run", window=2)
    outbox.add("bob", "ab", ["a", "b"])
    outbox.add("carol", "c", ["c"])
    whole = outbox.add("Bob", "d", ["d"])
    outbox.hold(whole)
    first = outbox.due()
    assert outbox.take([Gone("bob", "bye")]) == [NotSent("Bob", "d", "GONE", GONE, 1, 0)]
    assert len(outbox) == 3
    outbox.echoed(first[0].id)
    outbox.closed()
    (told,) = outbox.take([Gone("BOB", "bye")])
    why = "The BOB you wrote to is no longer on this server. It may have arrived before."
    assert told == NotSent("bob", "ab", "GONE", why, 2, 1)
    assert due(outbox) == ["c"]
