"""METADATA SET and CLEAR: change the metadata of a user or channel, or a preference of the user's own.

A change that changes nothing is answered as if it had been made, and nothing is stored.

Spec: IRCv3 draft/metadata-2; draft/metadata-3, "METADATA SET", "METADATA CLEAR".
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from chatapp.model import events
from chatapp.model.entities import PREFERENCES_MAX, User
from chatapp.model.metadata import DISPLAY_NAME, PREFERENCES
from chatapp.model.outcome import Reason
from chatapp.protocol import numerics as num
from chatapp.protocol.names import NICK_CHARS_MAX
from chatapp.server import refusals
from chatapp.server.commands.metadata_target import Target, find_target, invalid_target, is_key, is_old, refused
from chatapp.server.commands.refuse import why_muted
from chatapp.server.commands.setname import is_unseen, why_no_realname
from chatapp.server.delivery import render
from chatapp.server.delivery.metadata import Told, answer_line
from chatapp.server.display_names import why_no_channel_display_name, why_no_display_name
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.registering import Registering
from chatapp.server.session.session import Session

SET_COSTS = 1  # further commands for the rate limit: many may be told of a change


def set_key(session: Session, name: str, params: Sequence[str]) -> Coroutine[Any, Any, None] | None:
    """Set a key, or remove it if the value is missing or empty. Raises StandardRefused."""
    key, value = params[0], params[1] if len(params) > 1 else ""
    target = find_target(session, name)
    if not is_key(session, key):
        raise refused(session, refusals.NOT_A_KEY_TO_SET, key)
    _check_value(session, target, key, value)
    session.charge(SET_COSTS)
    if session.registering is not None:
        _set_early(session, session.registering, key, value)
        return None
    user = session.user
    assert user is not None, "find_target refuses a session without a user"
    if key in PREFERENCES:
        return _prefer(session, user, target, key, value)
    return _set(session, user, target, key, value)


def _check_value(session: Session, target: Target, key: str, value: str) -> None:
    """Raise StandardRefused if a value is too long, or not possible for its key."""
    config, why = session.services.config, ""
    longest = Told(target.name, key, value)
    line = num.data_line(num.RPL_KEYVALUE, session.services.host, "n" * NICK_CHARS_MAX, *longest[:2], "*", last=value)
    if len(value.encode()) > config.metadata_value_bytes_max:
        why = refusals.VALUE_TOO_LONG.format(most=config.metadata_value_bytes_max)
    elif not render.fits(line):
        why = refusals.VALUE_TOO_LONG_HERE
    elif grows_on_disk(value):
        why = refusals.VALUE_HAS_CONTROLS
    elif value and key == DISPLAY_NAME:
        why = why_no_realname(config, value)
    elif value and key in PREFERENCES and value not in ("0", "1"):
        why = refusals.VALUE_NOT_A_SWITCH
    elif is_unseen(value):
        why = refusals.VALUE_UNSEEN
    if why:
        raise _invalid(session, key, why)


def _invalid(session: Session, key: str, why: str) -> refusals.StandardRefused:
    return refused(session, refusals.UNUSABLE_VALUE, *(() if is_old(session) else (key,)), why=why)


def _set_early(session: Session, told: Registering, key: str, value: str) -> None:
    """Keep a value until the welcome.

    Spec: draft/metadata-3, "Setting keys and subscribing with before-connect".
    """
    values, most = told.metadata if told.metadata is not None else {}, session.services.config.metadata_keys_max
    if key in PREFERENCES:
        raise _no_permission(session, "*", key)
    if key not in values and len(values) >= most:
        raise _full(session, "*", most)
    values[key] = value
    told.metadata = values
    session.send_raw(answer_line(Told("*", key, value), session.nick, session.services.host))


def _event(session: Session, user: User, target: Target, changes: Sequence[tuple[str, str]]) -> events.MetadataSet:
    """Return the event of a change."""
    uid = target.user.uid if target.user is not None else ""
    stream = target.channel.uid if target.channel is not None else ""
    most = session.services.config.metadata_keys_max
    new = session.services.proposals
    return new.event(events.MetadataSet, user, stream, target=uid, changes=tuple(changes), most=most)


async def _set(session: Session, user: User, target: Target, key: str, value: str) -> None:
    if key == DISPLAY_NAME and (why := _why_no_name(session, user, target, value)):
        raise _invalid(session, key, why)
    event = _event(session, user, target, [(key, value)])
    try:
        await session.services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.UNCHANGED:
            raise _refused(session, error, target, key, event.most) from None
        if not value and is_old(session):
            # Spec: draft/metadata-2: "If the key is valid, but not set, and the client tries to remove the key".
            raise refused(session, refusals.KEY_NOT_SET, target.name, key) from None
    session.send_raw(answer_line(Told(target.name, key, value), session.nick, session.services.host))


def _why_no_name(session: Session, user: User, target: Target, text: str) -> str:
    """Return why ``text`` cannot be the display name of a target, or an empty text. The model judges other users."""
    services = session.services
    if target.channel is not None:
        return why_no_channel_display_name(services.channel_looks, user, target.channel, text)
    if target.user is not user:
        return ""
    return why_no_display_name(services.state, services.config, user, text, services.accounts.roster.names_like)


async def _prefer(session: Session, user: User, target: Target, key: str, value: str) -> None:
    """Set a preference about a channel or conversation. The value 0 is the same as no value."""
    event = session.services.proposals.event(events.PreferenceSet, user, target.stream(user), name=key, value=value)
    try:
        await session.services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.UNCHANGED:
            raise _refused(session, error, target, key, PREFERENCES_MAX) from None
    session.send_raw(answer_line(Told(target.name, key, value, private=True), session.nick, session.services.host))


def clear(session: Session, name: str, _: Sequence[str]) -> Coroutine[Any, Any, None] | None:
    """Remove all metadata of a target. The user's preferences stay. Raises StandardRefused."""
    target = find_target(session, name)
    session.charge(SET_COSTS)
    told, user = session.registering, session.user
    if told is not None:
        keys, told.metadata = [key for key, value in (told.metadata or {}).items() if value], None
        _tell_cleared(session, target, keys)
        return None
    assert user is not None, "find_target refuses a session without a user"
    return _clear(session, user, target)


async def _clear(session: Session, user: User, target: Target) -> None:
    holder = target.channel or target.user
    assert holder is not None
    keys = list(holder.metadata)
    event = _event(session, user, target, [(key, "") for key in keys])
    try:
        await session.services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.UNCHANGED:
            raise _refused(session, error, target, "*", event.most) from None
    _tell_cleared(session, target, keys)


def _tell_cleared(session: Session, target: Target, keys: Sequence[str]) -> None:
    """Answer CLEAR.

    Spec: draft/metadata-3: "a metadata batch containing one 766 RPL_KEYNOTSET message per cleared key";
    draft/metadata-2: "one RPL_KEYVALUE event per cleared key".
    """
    batch = session.begin_batch(f"metadata {target.name}")
    for key in keys:
        line = answer_line(Told(target.name, key, ""), session.nick, session.services.host, cleared=is_old(session))
        if line:
            batch.send(line)
    batch.close()


def _refused(
    session: Session, error: EventRefusedError, target: Target, key: str, most: int
) -> refusals.StandardRefused:
    """Return the refusal of a change."""
    reason = error.refusal.reason
    if reason in (Reason.METADATA_FULL, Reason.TOO_MANY_PREFERENCES):
        return _full(session, target.name, most)
    if reason in (Reason.NOT_HERE, Reason.NO_SUCH_CHANNEL, Reason.NO_SUCH_NICK):
        return invalid_target(session, target.name)
    if reason is Reason.LOOKS_LIKE_ACCOUNT:
        return _invalid(session, key, refusals.LOOKS_LIKE_ACCOUNT.format(name=error.refusal.subject))
    if reason is Reason.MUTED_ELSEWHERE:
        return refused(session, refusals.MUTED_METADATA, target.name, key, why=why_muted(error.refusal))
    return _no_permission(session, target.name, key)


def _full(session: Session, name: str, most: int) -> refusals.StandardRefused:
    context = (name,) if is_old(session) else ("SET", name, str(most))
    return refused(session, refusals.TOO_MANY_KEYS, *context, most=most)


def _no_permission(session: Session, name: str, key: str) -> refusals.StandardRefused:
    return refused(session, refusals.KEY_NOT_ALLOWED, name, key)
