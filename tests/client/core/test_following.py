"""Pages after a moment, and the pace at which a front takes them."""

from __future__ import annotations

from chatapp.client.core.events import Event
from chatapp.client.core.following import FROM_NOW, Following
from chatapp.client.core.pages import Page, following
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Request


def test_a_page_without_messages():
    """A page of JOIN and PART is no end: the next page is asked for, until there are messages or no lines."""
    pages = iter([Page([], [], 200, 1, 1000), Page([], [], 200, 1001, 2000), Page([], [])])
    asked: list[Request] = []
    request = following("#dev", 200, 500, lambda reply: next(pages), asked.append)
    events: list[Event] = []
    while not events:
        events = request.read(Reply("chathistory", "", []), None)  # type: ignore[arg-type]
        request = asked[-1]
    assert [each.message.params[2] for each in asked] == [
        "timestamp=1970-01-01T00:00:01.000Z", "timestamp=1970-01-01T00:00:02.000Z",
    ]  # fmt: skip
    (history,) = events
    assert history.messages == ()  # type: ignore[union-attr]


def test_pages_wait_for_room():
    """While the front has no room, one page is due at most; a lost connection forgets it."""
    asked: list[int] = []
    pace = Following()
    pace.next_page(lambda: asked.append(1))
    pace.pause()
    pace.next_page(lambda: asked.append(2))
    assert asked == [1]
    pace.resume()
    pace.resume()
    assert asked == [1, 2]
    pace.pause()
    pace.next_page(lambda: asked.append(3))
    pace.closed()
    pace.resume()
    assert asked == [1, 2]


def test_from_now_on():
    """It begins after the latest message that there is; without a list of conversations nothing is asked for."""
    start = Following()
    start.begin(FROM_NOW, "#Dev")
    assert start.wanted(["#dev"], {}, refused=True) == []
    assert start.wanted(["#dev", "bob"], {"#dev": 5, "bob": 7}, refused=False) == ["#dev"]
    assert start.since == 7
