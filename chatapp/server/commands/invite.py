"""INVITE: invite a user to a channel, or list one's own invitations. KNOCK: ask to be invited.

Spec: modern-irc, "INVITE message"; IRCv3 invite-notify. KNOCK is in no specification; its numerics are those of
InspIRCd and Ergo.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.model.bans import is_banned
from chatapp.model.channel_invitations import invitations_since
from chatapp.model.entities import Channel, User
from chatapp.protocol import modes
from chatapp.protocol import numerics as num
from chatapp.server.commands.arguments import CHANNEL, MEMBER
from chatapp.server.commands.refusals import CommandRefused
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
        raise CommandRefused(num.ERR_NEEDMOREPARAMS, "INVITE")
    return _invite(session, user, MEMBER.read(session, nick), CHANNEL.read(session, name))


async def _invite(session: Session, user: User, target: User, channel: Channel) -> None:
    services = session.services
    event = services.proposals.event(events.Invited, user, channel.uid, target=target.uid)
    await services.proposals.settle(event, session, session.response)
    session.reply(num.RPL_INVITING, target.name, channel.name)
    away = services.presence.away(target.uid)
    if away:
        session.reply(num.RPL_AWAY, target.name, text=services.delivery.away_words(away))


def knock(session: Session, user: User, channel: Channel, words: list[str]) -> None:
    """Ask the operators of an invite-only channel for an invitation. Raises CommandRefused.

    ``words`` are all words after the channel: irssi and WeeChat send them without a colon.
    """
    services, text = session.services, " ".join(words)
    if user.uid in channel.members:
        raise CommandRefused(num.ERR_KNOCKONCHAN, channel.name)
    if is_banned(channel, user, services.log_ms()):
        raise CommandRefused(num.ERR_CANNOTKNOCK, channel.name)
    if "i" not in channel.modes and not channel.key:
        raise CommandRefused(num.ERR_CHANOPEN, channel.name)
    if len(text.encode()) > KNOCK_BYTES_MAX:
        raise CommandRefused(num.ERR_INPUTTOOLONG, text=f"Say it in {KNOCK_BYTES_MAX} bytes.")
    if not services.knocks.first((user.uid, channel.uid), services.loop.time()):
        raise CommandRefused(num.ERR_TOOMANYKNOCK, channel.name)
    source = render.source(user.name, services.host)
    told = f"{num.RPL_KNOCK.text} {text}".rstrip()
    for uid, flags in channel.members.items():
        if modes.rank_of(flags) >= modes.HALFOP.rank and user.uid not in services.state.users[uid].silenced:
            for recipient in services.presence.sessions(uid):
                name = services.state.users[uid].name
                line = num.numeric_line(num.RPL_KNOCK, services.host, name, channel.name, source, text=told)
                recipient.deliver(line.encode() + b"\r\n")
    session.reply(num.RPL_KNOCKDLVR, channel.name)
