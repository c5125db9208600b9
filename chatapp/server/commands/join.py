"""JOIN: become a member of channels.

Spec: modern-irc, "JOIN message"; IRCv3 extended-join.
"""

from __future__ import annotations

from chatapp.errors import ChatError, LogUnavailableError, NameNotAllowedError, NameReservedError
from chatapp.model import events
from chatapp.model.channels import forward_of, may_join, may_see
from chatapp.model.entities import Channel
from chatapp.model.outcome import Reason
from chatapp.protocol.names import ChannelName, parse_channel
from chatapp.server import refusals
from chatapp.server.commands.part import part_one
from chatapp.server.commands.refuse import refuse, why_not_joined
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

_FORWARDED = {
    Reason.BANNED,
    Reason.INVITE_ONLY,
    Reason.BAD_KEY,
    Reason.ACCOUNTS_ONLY,
    Reason.LIMIT_REACHED,
    Reason.CHANNEL_FULL,
}


async def join(session: Session, names: list[str], keys: list[str]) -> None:
    """Join each channel of a list with the key in its place, or leave all channels if the list is ``0``.

    A channel that the JOIN creates has no key, whatever key was given: clients put a word in the place of a key that
    they do not have (irssi writes ``x``). MODE sets a key.

    Spec: RFC 2812, section 3.2.1 (``JOIN 0``).
    """
    user = session.user
    if names == ["0"] and user is not None:
        await _leave_all(session, [session.services.state.channels[uid].name for uid in user.channels])
        return
    for index, name in enumerate(names):
        key = keys[index] if index < len(keys) else ""
        try:
            await _join_or_forward(session, parse_channel(name), key)
        except NameNotAllowedError as error:
            has_prefix = name.startswith("#")
            refusal = refusals.NOT_A_CHANNEL_NAME if has_prefix else refusals.NOT_A_CHANNEL_NAME_WITHOUT_PREFIX
            session.reply(refusal, name, why=error)
        except ChatError as error:
            refuse(session, "JOIN", name, error)


async def _leave_all(session: Session, names: list[str]) -> None:
    session.charge(max(0, len(names) - 1))
    for name in names:
        try:
            await part_one(session, name, "")
        except LogUnavailableError as error:
            refuse(session, "PART", name, error)
        except ChatError:  # another connection of the account has left the channel meanwhile
            continue


async def _join_or_forward(session: Session, name: ChannelName, key: str) -> None:
    """Join a channel, or the channel that it forwards to (mode ``f``) if its modes keep the user out.

    A former name of a channel leads to the channel, because clients join the channels of their list by themselves.

    A refusal tells that a secret channel is there, because a second channel of the name cannot be. It tells nothing
    else: the name is in it as typed. With a forward, an operator chose to send people on; a secret channel that keeps
    the user out too is not named.
    """
    former = session.services.state.channel_formerly_named(name)
    if former is not None:
        await _join_renamed(session, name, former, key)
        return
    try:
        await _join_one(session, name, key)
    except EventRefusedError as error:
        former = session.services.state.channel_formerly_named(name)
        if former is not None:  # it was renamed while the event was stored
            await _join_renamed(session, name, former, key)
            return
        channel = session.services.state.channel_named(name)
        is_sent_on = error.refusal.reason in _FORWARDED and session.hears  # a restricted token names its channels
        forward = _forward(session, channel) if channel is not None and is_sent_on else None
        if channel is None or forward is None:
            if channel is not None and not may_see(session.services.state, session.user, channel):
                raise EventRefusedError(error.refusal._replace(subject=name, until=0, why="")) from None
            raise
        knows = may_see(session.services.state, session.user, channel)
        why = why_not_joined(error.refusal) if knows else refusals.CANNOT_JOIN
        session.reply(refusals.SENT_TO_OTHER_CHANNEL, channel.name, forward.name, why=why, other=forward.name)
        await _join_one(session, ChannelName(forward.name), "")


def _forward(session: Session, channel: Channel) -> Channel | None:
    """Return the channel to which the user is sent on: it lets the user in. None for none.

    So channels that forward to each other send nobody on in vain, and a secret channel is only named to who gets in.
    """
    services, user = session.services, session.user
    forward = forward_of(services.state, channel)
    if user is None or forward is None:
        return None
    event = services.proposals.event(events.Joined, user, forward.uid, channel=forward.name)
    return forward if may_join(services.state, event) is None else None


async def _join_renamed(session: Session, name: ChannelName, channel: Channel, key: str) -> None:
    """Join the channel that was called ``name``. Who may not know of it is refused a name like that of another one."""
    if not may_see(session.services.state, session.user, channel):
        raise NameReservedError(refusals.LOOKS_LIKE_SECRET_CHANNEL.format(name=name))
    why = refusals.CALLED_OTHERWISE.format(name=name, new=channel.name)
    session.reply(refusals.SENT_TO_OTHER_CHANNEL, name, channel.name, why=why, other=channel.name)
    await _join_or_forward(session, ChannelName(channel.name), key)


async def _join_one(session: Session, name: ChannelName, key: str) -> None:
    services, user = session.services, session.user
    if user is None or session.closed:
        return
    channel = services.state.channel_named(name)
    if channel is None:  # the event creates the channel, and the event's id becomes the channel's uid
        services.channel_looks.check(name, user)
        event = services.proposals.event(events.Joined, user, channel=name, modes=events.NEW_MODES)
    else:
        event = services.proposals.event(events.Joined, user, channel.uid, channel=channel.name, with_key=key)
    await services.proposals.settle(event, session, session.response)
