"""SEARCH: find stored messages by their words, sender, target and time. Policy decides which streams a user may read.

Spec: soju.im/search.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from chatapp.errors import LogUnavailableError
from chatapp.model.entities import User
from chatapp.model.events import channel_uid
from chatapp.model.messages import may_read, streams_in
from chatapp.model.state import State
from chatapp.protocol.message import Message
from chatapp.protocol.names import is_channel
from chatapp.protocol.search_words import InvalidSearchError, Wanted, parse_attributes
from chatapp.server import refusals
from chatapp.server.capabilities import BATCH, SEARCH
from chatapp.server.commands.page_batch import send_page
from chatapp.server.commands.page_notices import tell_page
from chatapp.server.session.session import Session
from chatapp.storage.search import LATEST, Matches, Search


async def search(session: Session, user: User, attributes: str, message: Message) -> None:
    """Answer with one page of messages: as a batch, or as text if the client does not know such batches.

    Raises StandardRefused.

    Spec: "The soju.im/search capability MUST be negotiated", for the batch; "If the selectors were invalid, the
    INVALID_PARAMS error code SHOULD be returned"; "If the search cannot be run due to an internal error, the
    INTERNAL_ERROR error code SHOULD be returned".
    """
    if len(message.params) > 1:
        raise refusals.SPACE_IN_SEARCH.of(message.params[1])
    try:
        wanted = parse_attributes(attributes)
    except InvalidSearchError as error:
        raise refusals.UNUSABLE_SEARCH.of(error.name, why=error) from None
    with session.services.redactions.watched() as redacted:
        try:
            async with session.turn(session.services.limits.searches):
                matches = await _matches(session, user.uid, wanted)
                if matches is not None:
                    await session.hold(matches.found)
                    await _send(session, matches, redacted)
        except LogUnavailableError as error:
            raise refusals.NOT_SEARCHED.of(why=error) from None


async def _matches(session: Session, uid: str, wanted: Wanted) -> Matches | None:
    """Run the search. Return ``None`` if the session or its user has gone. Raises LogUnavailableError.

    The session has its turn, and each user has one at a time. So a user with many sessions delays no other user by more
    than one search.
    """
    services = session.services
    user = services.state.users.get(uid)
    if user is None or session.closed:
        return None
    question = _question(session, user, wanted)
    if question is None:
        return Matches([])
    return await services.history.search(question)


def _question(session: Session, user: User, wanted: Wanted) -> Search | None:
    """Return what to ask the history; ``None`` if nothing can match.

    What does not exist and what the reader may not read give the same answer: nothing.
    """
    state = session.services.state
    readable = dict(_readable(state, user))
    for target in wanted.targets:
        stream = _stream_of(state, user, target)
        readable = {each: after for each, after in readable.items() if channel_uid(each) == stream}
    authors = {state.uid_named(name) for name in wanted.authors}
    if not readable or "" in authors or len(authors) > 1 or not authors.isdisjoint(user.silenced):
        return None
    most = session.services.config.search_page_max
    return Search(
        reader=user.uid,
        readable=readable,
        limit=min(wanted.limit or most, most),
        upto_seq=state.position,
        terms=wanted.terms,
        author="".join(authors),
        after=wanted.after - 1,
        before=LATEST if wanted.before is None else wanted.before + 1,
        link=wanted.link,
        newest=not wanted.oldest_first,
        hidden=frozenset(user.silenced),
    )


def _readable(state: State, user: User) -> Iterator[tuple[str, int]]:
    """Yield each stream that a user may read, with the time (ms) after which it may be read."""
    for stream in (*user.channels, *user.conversations):
        for each in streams_in(state, user, stream):  # a channel, and the roles in it
            readable = may_read(state, user, each)
            if readable is not None:
                yield each, readable.after


def _stream_of(state: State, user: User, target: str) -> str:
    """Return the stream of a channel or of the user's conversation, by its name as typed; empty if unknown."""
    if is_channel(target):
        channel = state.channel_named(target)
        return channel.uid if channel is not None else ""
    return state.conversation_named(user, target)


async def _send(session: Session, matches: Matches, redacted: Container[str]) -> None:
    """Send the messages as CHATHISTORY does. Raises LogUnavailableError.

    Spec: "the server MUST reply to a successful SEARCH command using a batch"; "If no content exists to return, the
    server SHOULD return an empty batch"; the order of messages "SHOULD be ascending time order".
    """
    if not (session.caps & SEARCH and session.caps & BATCH):
        await tell_page(session, matches.found, redacted, "{messages} found.")
        if not matches.whole:
            session.notice(refusals.INDEX_INCOMPLETE.text)
        return
    if session.response is not None:
        session.response.is_one_batch = matches.whole
    await send_page(session, "soju.im/search", matches.found, redacted)
    if not matches.whole:  # about the index of all streams, so it tells nothing about unreadable ones
        session.standard_reply("WARN", "SEARCH", refusals.INDEX_INCOMPLETE)
