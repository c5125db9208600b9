"""``PRIVMSG *playback :play ...``: what was said, for clients that know ZNC's playback but not CHATHISTORY.

A client that negotiated ``znc.in/playback`` asks after its welcome for what was said since the last message that it
has, and so the server does not replay by itself. The client may ask for everything that there was: for each channel or
conversation it gets at most ``replay_max`` messages, the newest, and is told how to ask for the part before.

Spec: https://wiki.znc.in/Playback: "PLAY <buffer(s)> [from] [to]", "LIST [buffer(s)]", "CLEAR <buffer(s)> [from] [to]".
Nothing can be cleared here, so CLEAR does nothing.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Container, Iterator

from chatapp.errors import LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import Readable, last_in, may_read, only_readable, streams_in
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.names import fold
from chatapp.protocol.wildcards import matcher
from chatapp.server import refusals
from chatapp.server.capabilities import ECHO_MESSAGE, SELF_MESSAGE, ZNC_PLAYBACK
from chatapp.server.session.pages import Pages
from chatapp.server.session.replay import missed_items, without_mixing
from chatapp.server.session.session import Session

MODULE = "*playback"
_EVER = 1 << 62  # later than every time (ms)


def is_for_playback(session: Session, verb: str, target: str) -> bool:
    """Return whether a message is a request to the module, and not to a user."""
    return verb == "PRIVMSG" and bool(session.caps & ZNC_PLAYBACK) and fold(target) == MODULE


async def ask(session: Session, text: str) -> None:
    """Run a request: ``play``, ``list`` or ``clear``, in any case. Raises CommandRefused or StandardRefused."""
    verb, *words = [word for word in text.split(" ") if word] or [""]
    verb, wanted = verb.lower(), words[0] if words else "*"
    if verb == "play" and 1 <= len(words) <= 3:
        start = _time(words[1]) if len(words) > 1 else 0
        end = _time(words[2]) if len(words) > 2 else 0
        await _play(session, wanted, start, end or _EVER)
    elif verb == "list":
        await _list(session, wanted)
    elif verb != "clear":
        _answer(session, refusals.PLAYBACK_USAGE)


def _time(text: str) -> int:
    """Return a time in ms; Spec: "number of seconds (floating point for millisecond precision) elapsed since" 1970."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < _EVER / 1000:
        raise refusals.UNUSABLE_SECONDS.of(MODULE)
    return round(seconds * 1000)


def _answer(session: Session, text: str) -> None:
    """Say something as ZNC's module does."""
    head = f":{MODULE}!playback@{session.services.host} PRIVMSG {session.nick} :"
    room = LINE_BYTES_MAX - 2 - len(head.encode())
    session.send(head + text.encode()[:room].decode(errors="ignore"))


def _streams(session: Session, user: User, wanted: str, start: int) -> Iterator[tuple[str, str]]:
    """Yield the channels and conversations that match, each with its name, if anything was said after ``start``."""
    state, patterns = session.services.state, wanted.split(",")
    if len(patterns) > session.services.config.list_items_max:
        raise refusals.TOO_MANY_TARGETS.of(MODULE)
    matches: list[Callable[[str], object]] = [matcher(each) for each in patterns if each]
    for channel in state.channels_of(user):
        if last_in(state, user, channel)[1] > start and any(match(fold(channel.name)) for match in matches):
            yield channel.uid, channel.name
    for stream in user.conversations:
        name = state.name_of(stream, user)
        if events.peer(stream, user.uid) in user.silenced or not any(match(fold(name)) for match in matches):
            continue
        if state.conversations[stream].newest > start:
            yield stream, name


async def _readable(session: Session, wanted: str, start: int) -> AsyncIterator[tuple[str, str, User, Readable]]:
    """Yield each wanted stream with its name, the user, and what the user may read of it by the time of its turn."""
    services, user = session.services, session.user
    for stream, name in list(_streams(session, user, wanted, start)) if user is not None else ():
        await services.round_robin.wait()
        user = session.user
        readable = may_read(services.state, user, stream) if user is not None else None
        if user is not None and readable is not None and not session.closed:
            yield stream, name, user, readable


async def _play(session: Session, wanted: str, start: int, end: int) -> None:
    """Send what was said between two times (ms, exclusive)."""
    services = session.services
    most = services.config.replay_max
    user = session.user
    for stream, name in list(_streams(session, user, wanted, start)) if user is not None else ():
        async with session.turn(services.limits.pages):
            user = session.user
            readable = may_read(services.state, user, stream) if user is not None else None
            if user is None or readable is None or session.closed:
                continue
            pages, upto = Pages(services.history, streams_in(services.state, user, stream)), services.state.position
            after = max(start, readable.after)
            with services.redactions.watched() as redacted:
                try:
                    found = await pages.between(max(end, after), after, most + 1, upto)
                except LogUnavailableError as error:
                    raise refusals.HISTORY_NOT_READ.of(MODULE, name, why=error) from None
                session.fetched(stream)
                if len(found) > most:
                    found = found[1:]
                    _tell_of_more(session, name, most, start, found[0].time)
                messages = [event for event in found if isinstance(event, events.MessageSent)]
                await session.hold(messages)
                await _send(session, name, messages, redacted)


def _tell_of_more(session: Session, name: str, most: int, start: int, before: int) -> None:
    """Say that messages are left out, and how to ask for those between two times (ms)."""
    session.notice(refusals.PLAYBACK_MORE.format(name=name, most=most))
    session.notice(
        refusals.PLAYBACK_BEFORE.format(module=MODULE, name=name, start=_seconds(start), end=_seconds(before))
    )


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03}" if ms else "0"


async def _send(session: Session, name: str, found: list[events.MessageSent], redacted: Container[str]) -> None:
    """Send messages of a channel or conversation in batches, so that bots do not answer them.

    Left out are, at the time of sending, messages whose msgid is in ``redacted``, messages of users that the reader has
    silenced, what it may not read, and its own direct messages if its client does not know these.
    """
    shows_own = bool(session.caps & (ECHO_MESSAGE | SELF_MESSAGE))
    async for piece in session.pieces(found):
        user = session.user
        if user is None:
            return
        told = [
            event
            for event in only_readable(session.services.state, user, piece)
            if event.id not in redacted
            and event.actor not in user.silenced
            and (shows_own or event.actor != user.uid or not events.is_conversation(event.stream))
        ]
        for part in without_mixing(missed_items(session, told)):
            batch = session.begin_batch(f"chathistory {name}")
            for item in part:
                batch.send(item)
            batch.close()
        session.charge_lines(len(told))


async def _list(session: Session, wanted: str) -> None:
    """Send the channels and conversations, each with the times of its first and last message (s since 1970)."""
    services = session.services
    async for stream, name, user, readable in _readable(session, wanted, 0):
        pages, upto = Pages(services.history, streams_in(services.state, user, stream)), services.state.position
        try:
            first = await pages.after(readable.after, 1, upto)
            last = await pages.latest(after=readable.after, limit=1, upto_seq=upto)
        except LogUnavailableError as error:
            raise refusals.HISTORY_NOT_READ.of(MODULE, name, why=error) from None
        if len(only_readable(services.state, session.user, (*first, *last))) == 2:
            _answer(session, f"{name} {first[0].time / 1000:.3f} {last[0].time / 1000:.3f}")
        session.charge_lines(10)
