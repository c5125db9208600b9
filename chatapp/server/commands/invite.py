"""INVITE: invite a user to a channel, or list one's own invitations. UNINVITE: take it back. KNOCK: ask for it.

Spec: modern-irc, "INVITE message"; IRCv3 invite-notify. UNINVITE and KNOCK are in no specification; their numerics are
those of InspIRCd (and Ergo).
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.model.bans import is_banned, muting_of
from chatapp.model.channels import rank_in
from chatapp.model.entities import ADMINISTRATOR, Channel, User
from chatapp.model.invitations import invitations_since
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.commands.arguments import CHANNEL, USER
from chatapp.server.delivery import render
from chatapp.server.session.session import Session

KNOCK_BYTES_MAX = 200


def invite(session: Session, user: User, nick: str, name: str) -> Coroutine[Any, Any, None] | None:
    """Invite the user called ``nick`` to a channel; without a nick, list the user's invitations that it may see."""
    if not nick:
        for channel, _ in invitations_since(session.services.state, user, 0):
            session.reply(num.RPL_INVITELIST, channel.name)
        session.reply(num.RPL_ENDOFINVITELIST)
        return None
    if not name:
        raise refusals.NEED_MORE_PARAMS.of("INVITE")
    target, channel = USER.read(session, nick), CHANNEL.read(session, name)
    _check_rate(session, user)
    return _invite(session, user, target, channel)


def _check_rate(session: Session, user: User) -> None:
    """Take a token for an invitation, which its target is told on all devices. Raises CommandRefused if there is none.

    Spec: none; the numeric is that of UnrealIRCd. Administrators have no limit.
    """
    services, now = session.services, session.services.loop.time()
    if not services.rate_limits or user.role == ADMINISTRATOR:
        return
    if (wait_s := services.limits.inviting.wait_s(user.uid, now)) > 0:
        text = f"{user.name} invites too many users at once"
        services.activity.limit_reached("invitations_per_user_burst", session.wire.address, text)
        raise refusals.TOO_MANY_INVITATIONS.of("INVITE", wait=refusals.seconds(wait_s))
    services.limits.inviting.take(user.uid, now)


async def _invite(session: Session, user: User, target: User, channel: Channel) -> None:
    services = session.services
    event = services.proposals.event(events.Invited, user, channel.uid, target=target.uid)
    await services.proposals.settle(event, session, session.response)
    session.reply(num.RPL_INVITING, target.name, channel.name)
    if is_banned(channel, target, services.log_ms()):
        opens = rank_in(services.state, user.uid, channel) >= modes.HALFOP.rank  # as the invitation does
        words = refusals.INVITED_BANNED if opens else refusals.INVITED_SHUT_OUT
        session.notice(words.format(name=target.name, channel=channel.name))
    away = services.presence.away(target.uid)
    if away:
        session.reply(num.RPL_AWAY, target.name, text=services.delivery.away_words(away))


async def uninvite(session: Session, user: User, nick: str, channel: Channel) -> None:
    """Take back the invitation of the user called ``nick`` to a channel.

    Spec: none; the command and its numerics are those of InspIRCd.
    """
    services, target = session.services, USER.read(session, nick)
    event = services.proposals.event(events.Uninvited, user, channel.uid, target=target.uid)
    await services.proposals.settle(event, session, session.response)
    session.reply(num.RPL_INVITEREMOVED, channel.name, target.name)


def knock(session: Session, user: User, channel: Channel, words: list[str]) -> None:
    """Ask the operators of an invite-only channel for an invitation. Raises CommandRefused.

    ``words`` are all words after the channel: irssi and WeeChat send them without a colon.
    """
    services, text = session.services, " ".join(words)
    if user.uid in channel.members:
        raise refusals.ALREADY_INSIDE.of(channel.name)
    if is_banned(channel, user, services.log_ms()):
        raise refusals.CANNOT_KNOCK.of(channel.name)
    if "i" not in channel.modes and not channel.key:
        raise refusals.CHANNEL_OPEN.of(channel.name)
    if len(text.encode()) > KNOCK_BYTES_MAX:
        raise refusals.KNOCK_TOO_LONG.of(most=KNOCK_BYTES_MAX)
    if not services.knocks.first((user.uid, channel.uid), services.loop.time()):
        raise refusals.TOO_MANY_KNOCKS.of(channel.name)
    source = render.source(user.name, services.host)
    if muting_of(channel, user, services.log_ms()) is not None:
        text = ""  # who is muted may ask to come in, but says nothing to the operators that way
    told = f"{num.RPL_KNOCK.text} {text}".rstrip()
    for uid, flags in channel.members.items():
        if modes.rank_of(flags) >= modes.HALFOP.rank and user.uid not in services.state.users[uid].silenced:
            for recipient in services.presence.sessions(uid):
                name = services.state.users[uid].name
                line = num.numeric_line(num.RPL_KNOCK, services.host, name, channel.name, source, text=told)
                recipient.deliver(line.encode() + b"\r\n")
    session.reply(num.RPL_KNOCKDLVR, channel.name)
