"""CHATHISTORY: send a page of stored messages. Policy decides which streams a user may read.

Spec: IRCv3 draft/chathistory.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from chatapp.errors import LogUnavailableError, MalformedLineError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import Readable, last_in, may_read, streams_in
from chatapp.model.state import State
from chatapp.model.tables import Tables
from chatapp.protocol.message import Message
from chatapp.protocol.modes import PREFIXES
from chatapp.protocol.names import is_channel
from chatapp.protocol.timestamps import format_short, format_time, parse_time
from chatapp.server import refusals
from chatapp.server.capabilities import BATCH, CHATHISTORY, EVENT_PLAYBACK
from chatapp.server.commands.page_batch import send_page
from chatapp.server.commands.page_notices import tell_page
from chatapp.server.commands.remarked import with_context
from chatapp.server.session.pages import Pages
from chatapp.server.session.session import Session

_USAGE = {
    "LATEST": "CHATHISTORY LATEST <target> <* or reference> <limit>",
    "BEFORE": "CHATHISTORY BEFORE <target> <reference> <limit>",
    "AFTER": "CHATHISTORY AFTER <target> <reference> <limit>",
    "AROUND": "CHATHISTORY AROUND <target> <reference> <limit>",
    "BETWEEN": "CHATHISTORY BETWEEN <target> <reference> <reference> <limit>",
    "TARGETS": "CHATHISTORY TARGETS <timestamp> <timestamp> <limit>",
}


class _Target(NamedTuple):
    """A channel or conversation that has messages: its name for the reader, and the time (ms) of its last message."""

    name: str
    time: int


# While all messages of a page are of silenced users, the next page is read, up to this number of the longest pages.
_HIDDEN_PAGES_MAX = 50
_FOREVER_MS = 1 << 62


class _Page(NamedTuple):
    """Events for one answer, and whether there are no more in the direction that the subcommand pages in.

    ``rest`` has the times (ms) between which the others are, the nearer first; ``None``: in two directions.
    """

    found: list[events.PastEvent]
    is_last: bool
    rest: tuple[int, int] | None = None


class Source(NamedTuple):
    """What a page is read from: a stream, its name for the reader, and the time (ms) after which it may be read.

    ``streams`` has the stream, and if it is a channel the streams of the roles in it that the reader may read.
    """

    stream: str
    name: str
    after: int
    streams: list[str]


def source_of(
    state: State,
    reader: User,
    target: str,
    may: Callable[[Tables, User, str], Readable | None] = may_read,
) -> Source | None:
    """Return what ``target`` names, as typed; ``None`` if the reader may read no such stream.

    ``may`` is another rule instead of ``may_read``.
    """
    if is_channel(target):
        channel = state.channel_named(target)
        stream = channel.uid if channel is not None else ""
    else:
        stream = state.conversation_named(reader, target)
    readable = may(state, reader, stream) if stream else None
    if readable is None:
        return None
    return Source(stream, state.name_of(stream, reader), readable.after, streams_in(state, reader, stream))


def place_of(
    state: State, user: User, target: str, may: Callable[[Tables, User, str], Readable | None]
) -> Source | None:
    """Return what the ``target`` (as typed) of a command about one message names, as :func:`source_of` does.

    ``@#channel`` names the channel, because a message to a role in a channel is found in the channel.
    """
    name = target.lstrip(PREFIXES)
    return source_of(state, user, name if is_channel(name) else target, may)


async def chathistory(session: Session, message: Message) -> None:
    """Answer with one page of messages, or of targets, as a batch. Raises StandardRefused."""
    subcommand, params = message.param(0).upper(), message.params[1:]
    usage = _USAGE.get(subcommand)
    if usage is None:
        raise refusals.UNKNOWN_SUBCOMMAND.of(message.param(0), known=", ".join(_USAGE))
    if len(params) != usage.count("<"):
        raise refusals.WRONG_PARAMS.of(subcommand, usage=usage)
    limit = _limit(session, subcommand, params[-1])
    if subcommand == "TARGETS":
        _targets(session, _time_of(subcommand, params[0]), _time_of(subcommand, params[1]), limit)
        return
    async with session.turn(session.services.limits.pages):
        user, state = session.user, session.services.state
        if user is None or session.closed:
            return
        source = source_of(state, user, params[0])
        if source is not None:
            await _answer(session, subcommand, source, params[1:-1], limit)
            return
        # The history with a user that the reader has never talked with is empty; it is not an error.
        other = None if is_channel(params[0]) else state.user_named(params[0])
        if other is None:
            raise refusals.NO_SUCH_STREAM.of(subcommand, params[0])
        await _send(session, other.name, _Page([], is_last=True), ())


async def _answer(session: Session, subcommand: str, source: Source, refs: list[str], limit: int) -> None:
    """Read a page and send it, in the session's turn. Raises StandardRefused."""
    with session.services.redactions.watched() as redacted:
        try:
            page = await _shown_page(session, subcommand, source, refs, limit)
            page = page._replace(found=await with_context(session, page.found))
            await session.hold(page.found)
            session.fetched(source.stream)
            await _send(session, source.name, page, redacted)
        except LogUnavailableError as error:
            raise refusals.HISTORY_NOT_READ.of(subcommand, source.name, why=error) from None


async def _shown_page(session: Session, subcommand: str, source: Source, refs: list[str], limit: int) -> _Page:
    """Read the first page on which not all is of users whom the reader has silenced.

    A client asks for the next page from the first or the last line of a page, so it needs one.
    """
    page = await _page(session, subcommand, source, refs, limit)
    history, upto = Pages(session.services.history, source.streams), session.services.state.position
    most = session.services.config.history_page_max
    for _ in range(_HIDDEN_PAGES_MAX):
        if page.is_last or page.rest is None or _shown(session, page.found):
            break
        begin, end = page.rest
        found = await history.between(begin, end, most + 1, upto, session.caps & EVENT_PLAYBACK > 0)
        session.charge_lines(len(found))
        page = _cut(found, most, begin, end)
        shown = _cut(_shown(session, page.found), limit, begin, end)
        if shown.found:
            return shown._replace(is_last=page.is_last and shown.is_last)
    return page


def _shown(session: Session, found: list[events.PastEvent]) -> list[events.PastEvent]:
    """Return the events of users whom the reader has not silenced."""
    silenced = session.user.silenced if session.user is not None else ()
    return [event for event in found if event.actor not in silenced]


def _cut(found: list[events.PastEvent], limit: int, begin: int, end: int) -> _Page:
    """Return a page of the events between two times (ms): the ``limit`` that are nearest to ``begin``."""
    forth = begin <= end
    page = found[:limit] if forth else found[-limit:]
    edge = page[-1 if forth else 0].time if page else end
    return _Page(page, len(found) <= limit, (edge, end))


async def _page(session: Session, subcommand: str, source: Source, refs: list[str], limit: int) -> _Page:
    """Read a page; nothing in it is from before ``source.after``.

    The history is asked for one message more than the page has, to see if there is one.

    Spec: IRCv3 draft/chathistory, "If the client has negotiated draft/event-playback, the server SHOULD send additional
    lines relevant to the chat history".
    """
    history, upto = Pages(session.services.history, source.streams), session.services.state.position
    start = source.after
    more = session.caps & EVENT_PLAYBACK > 0
    if subcommand == "LATEST":
        after = -1 if refs[0] == "*" else await _place(session, subcommand, source, refs[0])
        found = await history.latest(after=max(after, start), limit=limit + 1, upto_seq=upto, events=more)
        return _cut(found, limit, _FOREVER_MS, max(after, start))
    time = await _place(session, subcommand, source, refs[0])
    if subcommand == "BEFORE":
        found = await history.between(time, min(start, time), limit + 1, upto, more)
        return _cut(found, limit, time, min(start, time))
    if subcommand == "AFTER":
        found = await history.after(max(time, start), limit + 1, upto, more)
        return _cut(found, limit, time, _FOREVER_MS)
    if subcommand == "AROUND":
        found = await history.around(time, limit, upto, more, start)
        return _Page(found, len(found) < limit)
    end = await _place(session, subcommand, source, refs[1])
    begin, end = max(time, start), max(end, start)
    return _cut(await history.between(begin, end, limit + 1, upto, more), limit, begin, end)


async def _place(session: Session, subcommand: str, source: Source, reference: str) -> int:
    """Return the time (ms) of a reference, ``timestamp=`` or ``msgid=``.

    A msgid must be of a message in the stream that the reader may read.
    """
    name = source.name
    kind, _, value = reference.partition("=")
    if kind == "timestamp":
        return _time_of(subcommand, reference)
    if kind != "msgid":
        raise refusals.UNKNOWN_REFERENCE.of(subcommand, name)
    found = await session.services.history.find(value, source.stream)
    if found is None or found.stream not in source.streams or found.time <= source.after:
        raise refusals.NO_SUCH_REFERENCE.of(subcommand, name)
    return found.time


def _time_of(subcommand: str, reference: str) -> int:
    kind, _, value = reference.partition("=")
    try:
        return parse_time(value if kind == "timestamp" else "")
    except MalformedLineError as error:
        raise refusals.UNUSABLE_TIME.of(subcommand, reference, why=error) from None


def _limit(session: Session, subcommand: str, text: str) -> int:
    most = session.services.config.history_page_max
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise refusals.UNUSABLE_LIMIT_OF_PAGE.of(subcommand, text, most=most)
    return min(int(text), most)


def _end_tag(session: Session, is_last: bool) -> str:
    """Return the tag of a batch's first line: it says that the range that was asked for has nothing more.

    Spec: IRCv3 draft/chathistory, "draft/chathistory-end".
    """
    return "draft/chathistory-end" if is_last and session.caps & CHATHISTORY else ""


async def _send(session: Session, target: str, page: _Page, redacted: Container[str]) -> None:
    """Send a page as a batch, or as text to a person whose client knows nothing of it (:func:`_as_text`)."""
    if _as_text(session):
        more = "." if page.is_last else "; there are more."
        await tell_page(session, page.found, redacted, f"{{messages}} in {target}{more}")
    else:
        tag = _end_tag(session, page.is_last)
        await send_page(session, f"chathistory {target}", page.found, redacted, tag=tag)


def _as_text(session: Session) -> bool:
    """Return whether to answer with NOTICEs, because the client would take bare lines for new messages.

    Spec: IRCv3 draft/chathistory, "limited functionality is available to clients without support for" batch: a client
    with draft/chathistory alone gets bare lines.
    """
    return not session.caps & (BATCH | CHATHISTORY)


def _page_of(ordered: list[_Target], limit: int) -> list[_Target]:
    """Return the first ``limit`` targets, and all further targets with the same time as the last of them.

    A client asks for the next page after that time, exclusively. If a page ended between targets with the same time,
    the client would never see the others.
    """
    end = limit
    while 0 < end < len(ordered) and ordered[end].time == ordered[end - 1].time:
        end += 1
    return ordered[:end]


def _targets(session: Session, start: int, end: int, limit: int) -> None:
    """Send the channels and conversations whose last message is between two times (ms, exclusive).

    If there are more than ``limit``, send those nearest to ``start``.
    """
    services, user = session.services, session.user
    if user is None:
        return
    low, high = min(start, end), max(start, end)
    state = services.state
    found = []
    for channel in state.channels_of(user):
        readable = may_read(state, user, channel.uid)
        _, spoken = last_in(state, user, channel)
        if readable is not None and spoken > readable.after:
            found.append(_Target(channel.name, spoken))
    latest: dict[str, int] = {}  # by name, because a new account may have the name of a removed one
    streams: dict[str, list[str]] = {}  # likewise
    for stream in user.conversations:
        if events.peer(stream, user.uid) in user.silenced:
            continue
        name, time = state.name_of(stream, user), state.conversations[stream].newest
        latest[name] = max(time, latest.get(name, 0))
        streams.setdefault(name, []).append(stream)
    found += [_Target(name, time) for name, time in latest.items()]
    found = sorted((each for each in found if each.time and low < each.time < high), key=lambda each: each.time)
    page = _page_of(found, limit) if start <= end else _page_of(found[::-1], limit)[::-1]
    if _as_text(session):
        for each in page:
            session.notice(f"[{format_short(each.time)}] {each.name}")
        session.notice(f"Channels and conversations with messages: {len(page)}.")
        return
    batch = session.begin_batch("draft/chathistory-targets", _end_tag(session, len(page) == len(found)))
    for each in page:
        line = f":{services.host} CHATHISTORY TARGETS {each.name} {format_time(each.time)}\r\n"
        batch.send(line.encode())
        for stream in streams.get(each.name, ()):  # the client knows of the conversation now
            session.fetched(stream)
    batch.close()
