"""Reads pages of history: the messages in them, and what was done in the channel.

With the capability draft/event-playback a page also has JOIN, PART, TAGMSG and others, each of which counts as a line.
The client leaves these out, so a page may have fewer messages than were asked for.

Spec: IRCv3 draft/chathistory, "draft/event-playback".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatapp.client.core import reading
from chatapp.client.core.announced import Announced
from chatapp.client.core.events import Act, Event, History, Kicked, ModesChanged, Said, TopicSet
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Context, Request
from chatapp.client.core.unacknowledged import ID_TAG, Outbox
from chatapp.protocol.message import Message
from chatapp.protocol.timestamps import TIME_MS_MAX, format_time

PAGES_MAX = 5  # pages to ask for, one after the other, to have enough messages and acts for one answer
PAGE_LINES_MAX = 1_000  # lines in one page, if the server does not say how many it gives
_LINES_MORE = 20  # lines in the first page beside those that are wanted
_CONTEXT = "draft/chathistory-context"  # the tag of a line that is later than the page, and does not count
ACTS = ("KICK", "MODE", "TOPIC")


class Page(NamedTuple):
    """The messages and the acts of a page, oldest first; ``lines`` is the number of all lines in it.

    ``first`` and ``last`` are the times (ms) of its first and its last line; 0 if the page is empty. ``is_last``: the
    server has said that the range that was asked for has nothing more.
    """

    said: list[Said]
    acts: list[Act]
    lines: int = 0
    first: int = 0
    last: int = 0
    is_last: bool = False


class Known(NamedTuple):
    """What a session knows when it reads a page: our nick, the time (ms), and the settings of the server."""

    me: str
    now_ms: int
    announced: Announced


class Pages:
    """Reads pages. An echo in a page acknowledges its line in the ``outbox``, as a live echo does.

    ``late``: the results of our texts whose echoes were found in pages.
    """

    def __init__(self, outbox: Outbox, known: Callable[[], Known]) -> None:
        self.late: list[Event] = []
        self._outbox = outbox
        self._known = known

    def said(self, message: Message, *, missed: bool = False) -> Said:
        """Return a message line as an event; ``missed``: the line comes from the history."""
        known, ours = self._known(), self._outbox.is_ours(message.tags.get(ID_TAG, ""))
        return reading.said(message, known.me, known.now_ms, ours=ours, missed=missed)

    def read(self, reply: Reply) -> Page:
        """Read a page of history."""
        known = self._known()
        lines = [message for message in reply.messages if _CONTEXT not in message.tags and message.verb != "FAIL"]
        times = [reading.time(message, 0) for message in lines]
        acts = [
            Act(time, what)
            for message, time in zip(lines, times, strict=True)
            if message.verb in ACTS
            for what in reading.news(message, known.me, known.announced) or ()
            if isinstance(what, Kicked | ModesChanged | TopicSet)
        ]
        first, last = min(times, default=0), max(times, default=0)
        return Page(self.messages(reply), acts, len(lines), first, last, reply.is_last)

    def messages(self, reply: Reply) -> list[Said]:
        """Read the messages of a page of history, or of a search."""
        page = []
        for message in reply.messages:
            if reading.is_said(message):
                said = self.said(message, missed=True)
                page.append(said)
                text = self._outbox.echoed(message.tags[ID_TAG]) if said.ours else None
                self.late += [text.result] if text is not None else []
        return page


class Wanted(NamedTuple):
    """What /history asks for: how many of the latest messages of a conversation, ``before`` a time (ms).

    ``acts``: what was done in the channel is wanted too, and each act counts as a message.
    """

    conversation: str
    messages: int
    before: int | None = None
    acts: bool = False


def history(wanted: Wanted, read: Callable[[Reply], Page], ask: Callable[[Request], None], most: int) -> Request:
    """Ask for the latest messages of a conversation. The answer is History. Spec: IRCv3 draft/chathistory.

    ``most``: how many lines a page has at most if pages may have other lines than messages; 0 if they have none. As
    long as the pages have fewer messages than are wanted, ``ask`` sends requests for further pages (PAGES_MAX at most).
    """
    found: list[Said | Act] = []

    def page(before: int | None, lines: int, left: int) -> Request:
        def answer(reply: Reply, context: Context) -> list[Event]:
            part = read(reply)
            acts = tuple(part.acts) if wanted.acts else ()
            found[:0] = History(wanted.conversation, tuple(part.said), acts).in_order()
            if most and left and part.first and part.lines >= lines and len(found) < wanted.messages:
                ask(page(part.first, most, left - 1))
                return []
            kept = found[-wanted.messages :]
            said = tuple(each for each in kept if isinstance(each, Said))
            since = 0 if part.is_last else part.first or (TIME_MS_MAX if before is None else before)
            if len(kept) < len(found):
                since = kept[0].time
            return [History(wanted.conversation, said, tuple(each for each in kept if isinstance(each, Act)), since)]

        until = None if before is None else "timestamp=" + format_time(before)
        where = ["LATEST", wanted.conversation, "*"] if until is None else ["BEFORE", wanted.conversation, until]
        message = Message("CHATHISTORY", [*where, str(lines)])
        return Request(message, f"the history of {wanted.conversation}", answer)

    first = min(2 * wanted.messages + _LINES_MORE, most) if most else wanted.messages
    return page(wanted.before, first, PAGES_MAX - 1)


def following(
    conversation: str, messages: int, after: int, read: Callable[[Reply], Page], ask: Callable[[Request], None]
) -> Request:
    """Ask for the first messages of a conversation after a time (ms). The answer is History, empty if there are none.

    While a page has lines and no message, ``ask`` sends the request for the next page.
    """

    def answer(reply: Reply, context: Context) -> list[Event]:
        part = read(reply)
        if not part.said and part.last > after:
            ask(following(conversation, messages, part.last, read, ask))
            return []
        return [History(conversation, tuple(part.said))]

    params = ["AFTER", conversation, f"timestamp={format_time(after)}", str(messages)]
    return Request(Message("CHATHISTORY", params), f"the history of {conversation}", answer)
