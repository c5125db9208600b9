"""RENAME: give a channel another name.

Spec: IRCv3 draft/channel-rename.
"""

from __future__ import annotations

from chatapp.errors import NameNotAllowedError, NameReservedError
from chatapp.model import events
from chatapp.model.channels import is_founder, may_see, visible_channel
from chatapp.model.entities import Channel, User
from chatapp.model.outcome import Reason
from chatapp.protocol.names import ChannelName, parse_channel
from chatapp.server import refusals
from chatapp.server.commands.reasons import fitted, tell_if_cut
from chatapp.server.delivery import render
from chatapp.server.delivery.greeting import longest_topic_line
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


async def rename(session: Session, user: User, channel: Channel, name: str, reason: str) -> None:
    """Rename a channel; its members, history and modes stay. Raises StandardRefused and EventRefusedError.

    Spec: draft/channel-rename, "Errors": CHANNEL_NAME_IN_USE, CANNOT_RENAME. The name of a channel that the user may
    not know of is refused as a name that looks like another one, so nobody learns which of the two it is.
    """
    services = session.services
    try:
        new = parse_channel(name)
        head = f":{render.source(user.name, services.host)} RENAME {channel.name} {new} :"  # as the members see it
        told = fitted(head, reason)
        event = services.proposals.event(
            events.ChannelRenamed, user, channel.uid, old=channel.name, name=new, reason=told
        )
        refusal = services.state.refusal(event)
        if refusal is not None and refusal.reason is not Reason.CHANNEL_NAME_TAKEN:
            raise EventRefusedError(refusal)
        if not render.fits(head):
            raise _refused(session, refusals.NAMES_TOO_LONG_TO_RENAME, channel.name, new)
        _check_texts(session, channel, new, told)
        _check_name(session, user, channel, new)  # last: whoever asks which names are taken must really rename
    except (NameNotAllowedError, NameReservedError) as error:
        raise _refused(session, refusals.CANNOT_RENAME, channel.name, render.shown(name), why=error) from None
    old = channel.name
    try:
        await services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.CHANNEL_NAME_TAKEN:
            raise
        raise _in_use(session, old, new) from None
    tell_if_cut(session, "RENAME", reason, told)


def _check_texts(session: Session, channel: Channel, new: ChannelName, reason: str) -> None:
    """Raise StandardRefused for a reason with many control characters, or if the topic would not fit in a line."""
    host, topic = session.services.host, channel.topic
    if grows_on_disk(reason):
        raise _refused(session, refusals.RENAME_REASON_HAS_CONTROLS, channel.name, new)
    if topic is not None and not render.fits(longest_topic_line(new, topic.text, host)):
        raise _refused(session, refusals.NAME_TOO_LONG_FOR_TOPIC, channel.name, new)


def _check_name(session: Session, user: User, channel: Channel, new: ChannelName) -> None:
    """Raise StandardRefused or NameReservedError if another channel has the name, or a name that looks like it."""
    state = session.services.state
    other, former = state.channel_named(new), state.channel_formerly_named(new)
    if channel in (other, former):
        return
    if former is not None and not is_founder(state, user.uid, former):
        raise _in_use(session, channel.name, new)
    if visible_channel(state, user, new) is not None:
        raise _refused(session, refusals.CHANNEL_NAME_IN_USE, channel.name, new)
    session.services.channel_looks.check(new, user)  # also refuses the very name of a secret channel


def _in_use(session: Session, old: str, new: ChannelName) -> refusals.StandardRefused:
    """Return the refusal of a name that another channel has, or has had and keeps.

    For who may not know of that channel, the words are those for a name that only looks like another one.
    """
    state = session.services.state
    other = state.channel_named(new) or state.channel_formerly_named(new)
    if other is None or may_see(state, session.user, other):
        return _refused(session, refusals.CHANNEL_NAME_IN_USE, old, new)
    why = refusals.LOOKS_LIKE_SECRET_CHANNEL.format(name=new)
    return _refused(session, refusals.CANNOT_RENAME, old, new, why=why)


def _refused(
    session: Session, refusal: refusals.Standard, old: str, new: str, **fields: object
) -> refusals.StandardRefused:
    """Return a refusal with both names, or with ``*`` for the new name if a line has no room for it."""
    error = refusal.of(old, new, **fields)
    line = render.standard_line(session.services.host, "FAIL", "RENAME", refusal.code, old, new, text=str(error))
    return error if render.fits(line) else refusal.of(old, "*", **fields)
