"""METADATA SUB, UNSUB, SUBS and SYNC: of which keys a session is told, and all values of these keys.

Spec: IRCv3 draft/metadata-2; draft/metadata-3, "METADATA SUB", "METADATA UNSUB", "METADATA SUBS", "METADATA SYNC".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Sequence
from typing import Any

from chatapp.model.entities import Channel, User
from chatapp.model.metadata import may_read_metadata
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.names import fold
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.commands.metadata_target import (
    check_readable,
    find_target,
    invalid_target,
    is_key,
    is_old,
    line_about_part,
    refused,
)
from chatapp.server.delivery import greeting
from chatapp.server.delivery.metadata import (
    ALL_TARGETS,
    Told,
    later_line,
    news_line,
    of_channel,
    of_conversations,
    of_user,
    told,
)
from chatapp.server.delivery.recipient import BatchWriter
from chatapp.server.session.session import Session

_Work = Coroutine[Any, Any, None] | None


def _check(session: Session, name: str) -> None:
    """Raise StandardRefused unless the client knows metadata, and the target is its own user.

    Spec: draft/metadata-3: "Clients MUST request this capability in order to receive METADATA notifications"; "If the
    <Target> parameter is not an asterisk (*) or the client's nickname, the server MUST fail the request".
    """
    if not cap.knows_metadata(session.caps):
        raise refused(session, refusals.METADATA_NEEDS_CAPABILITIES)
    if name != "*" and fold(name) != fold(session.nick):
        raise invalid_target(session, name)


def _keys(session: Session) -> Collection[str]:
    """Return the keys that a session has subscribed to."""
    if session.registering is not None:
        return (session.registering.subscriptions or {}).keys()
    return session.services.presence.subscriptions.keys(session)


def _add(session: Session, key: str) -> None:
    registering = session.registering
    if registering is None:
        session.services.presence.subscriptions.add(session, key)
    else:
        registering.subscriptions = {**(registering.subscriptions or {}), key: None}


def _remove(session: Session, key: str) -> None:
    if session.registering is None:
        session.services.presence.subscriptions.remove(session, key)
    elif session.registering.subscriptions:
        session.registering.subscriptions.pop(key, None)


def _key_lines(session: Session, numeric: num.Numeric, keys: Iterable[str]) -> list[bytes]:
    """Write a numeric with keys, in as many lines as needed."""
    before = num.numeric_line(numeric, session.services.host, session.nick) + " "
    return [f"{before}{text}\r\n".encode() for text in greeting.packed(keys, LINE_BYTES_MAX - 2 - len(before))]


def _tell_invalid(session: Session, key: str) -> None:
    session.send_raw(line_about_part(session, "WARN", refusals.NOT_A_KEY, key))


def subscribe(session: Session, name: str, keys: Sequence[str]) -> _Work:
    """Subscribe to keys, in their order, as far as the limit allows. Raises StandardRefused.

    The values of new keys follow: in draft/metadata-3 the client is told to ask for them, as it may subscribe to more
    keys and join channels first.

    Spec: draft/metadata-3: "the server MUST then either send a metadata batch with *ALL as its parameter ... or a 774";
    draft/metadata-2: "clients SHOULD receive the current value of that key".
    """
    _check(session, name)
    most, accepted, new = session.services.config.metadata_subscriptions_max, dict[str, None](), list[str]()
    for key in keys:
        if not is_key(session, key):
            _tell_invalid(session, key)
            continue
        if key not in _keys(session):
            if len(_keys(session)) >= most:
                context = (key,) if is_old(session) else ("SUB", key, str(most))
                session.send_raw(line_about_part(session, "FAIL", refusals.TOO_MANY_SUBSCRIPTIONS, *context, most=most))
                break
            _add(session, key)
            new.append(key)
        accepted[key] = None
    session.send_all(_key_lines(session, num.RPL_METADATASUBOK, accepted))
    if session.registering is not None or not new:
        return None
    if is_old(session):
        return _send_values(session, ALL_TARGETS, _all_values(session, new), always=False)
    session.send_raw(later_line(session, ALL_TARGETS, session.services.host))
    return None


def unsubscribe(session: Session, name: str, keys: Sequence[str]) -> None:
    """End subscriptions; it is no error if there are none. Raises StandardRefused."""
    _check(session, name)
    ended = dict[str, None]()
    for key in keys:
        if is_key(session, key):
            _remove(session, key)
            ended[key] = None
        else:
            _tell_invalid(session, key)
    session.send_all(_key_lines(session, num.RPL_METADATAUNSUBOK, ended))


def show(session: Session, name: str, _: Sequence[str]) -> None:
    """Show the keys that the session has subscribed to. Raises StandardRefused."""
    _check(session, name)
    batch = session.begin_batch("metadata-subs")
    for line in _key_lines(session, num.RPL_METADATASUBS, _keys(session)):
        batch.send(line)
    batch.close()


def sync(session: Session, name: str, _: Sequence[str]) -> _Work:
    """Send all values of the subscribed keys of a user, of a channel and its members, or of all (``*ALL``).

    Raises StandardRefused.
    """
    if not cap.knows_metadata(session.caps):
        _check(session, "*")
    keys, user = list(_keys(session)), session.user
    if name == ALL_TARGETS and user is not None:
        return _send_values(session, ALL_TARGETS, _all_values(session, keys))
    target = find_target(session, name)
    if target.channel is not None:
        check_readable(session, target.channel)
        return _send_values(session, target.name, _channel_values(session, target.channel, keys, set()))
    values = of_user(target.user, user, keys) if target.user is not None and user is not None else []
    return _send_values(session, target.name, _of(values))


async def _of(values: list[Told]) -> AsyncIterator[list[Told]]:
    yield values


async def _send_values(
    session: Session, target: str, values: AsyncIterator[list[Told]], *, always: bool = True
) -> None:
    """Send values in a batch. Without values, send an empty batch only if ``always``."""
    batch: BatchWriter | None = session.begin_batch(f"metadata {target}") if always else None
    async for piece in values:
        for each in piece:
            line = news_line(each, session, session.services.host)
            if not line:
                continue
            if batch is None:
                batch = session.begin_batch(f"metadata {target}")
            batch.send(line)
        session.charge_lines(len(piece))
    if batch is not None:
        batch.close()


async def _channel_values(
    session: Session, channel: Channel, keys: Collection[str], seen: set[str]
) -> AsyncIterator[list[Told]]:
    """Yield the values of a channel and of its members, except those in ``seen`` (uids), which grows.

    The members of a channel are for its members; others get only the channel's own values.
    """
    state, user = session.services.state, session.user
    if user is None:
        return
    yield of_channel(channel, user, keys)
    members = [uid for uid in channel.members if uid not in seen] if keys and user.uid in channel.members else []
    seen.update(members)
    async for piece in session.pieces(members):
        # Other events may have happened meanwhile; a channel that was dropped has no members.
        if user.uid not in channel.members or not may_read_metadata(state, user, channel):
            return
        session.charge_lines(len(piece))
        users = [state.users[uid] for uid in piece if uid in channel.members]
        yield [each for member in users for each in told(member.name, member.metadata, keys)]


async def _all_values(session: Session, keys: Collection[str]) -> AsyncIterator[list[Told]]:
    """Yield the values of everything that the session is told of: its user, its channels, their members, and more.

    These are also the users that it monitors and that are connected, and the preferences about conversations.

    Spec: draft/metadata-3: "Visible channels or visible users (generally, visible target) mean channels or users that a
    client would receive metadata notifications about."
    """
    services, user = session.services, session.user
    if user is None:
        return
    state, seen = services.state, set[str]()
    for uid in list(user.channels):
        channel = state.channels.get(uid)
        if channel is not None and user.uid in channel.members:
            async for piece in _channel_values(session, channel, keys, seen):
                yield piece
    if session.user is not user:  # the account was removed meanwhile
        return
    monitored = (state.user_named(each) for each in services.presence.monitors.names(session))
    others = [each for each in monitored if each is not None and services.presence.is_online(each)]
    yield [
        each
        for other in dict.fromkeys(map(_uid, (user, *others)))
        if other not in seen and other in state.users
        for each in told(state.users[other].name, state.users[other].metadata, keys)
    ]
    yield of_conversations(state, user, keys)


def _uid(user: User) -> str:
    return user.uid
