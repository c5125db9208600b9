"""Makes and revokes invitations to the server, for both ways to do it: INVITATION, and ``chat invite`` and others.

``actor`` is the user, or ``None`` for who uses the control socket: the owner of the server's files.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.channels import may_see, visible_channel
from chatapp.model.entities import (
    SERVER_INVITATION_CHANNELS_MAX,
    SERVER_INVITATION_MS_MAX,
    SERVER_INVITATION_USES_MAX,
    ServerInvitation,
    User,
)
from chatapp.protocol.invitation_link import format_link
from chatapp.protocol.names import CHANNEL_PREFIX, fold
from chatapp.server import refusals
from chatapp.server.delivery.origin import Proposer
from chatapp.server.invitation_uses import hash_of
from chatapp.server.services import Services

EXPIRES_S = 7 * 86_400  # if the maker says nothing else
_CODE_BYTES = 16  # random


class InvitingError(ChatError):
    """An invitation cannot be made or revoked; the text says why."""


class Wish(NamedTuple):
    """What an invitation is to be: for how many people, for how many seconds, and the names of channels to join.

    The names are as typed, also without the ``#``: a shell takes that for a comment.
    """

    uses: int = 1
    seconds: int = EXPIRES_S
    channels: Sequence[str] = ()

    def check(self) -> None:
        """Raise InvitingError if an invitation cannot be like that."""
        if not 1 <= self.uses <= SERVER_INVITATION_USES_MAX:
            raise InvitingError(refusals.INVITATION_USES.format(most=SERVER_INVITATION_USES_MAX))
        if not 1 <= self.seconds <= SERVER_INVITATION_MS_MAX // 1000:
            raise InvitingError(refusals.INVITATION_TOO_LONG)
        if len(self.channels) > SERVER_INVITATION_CHANNELS_MAX:
            raise InvitingError(refusals.INVITATION_CHANNELS.format(most=SERVER_INVITATION_CHANNELS_MAX))


async def make(
    services: Services, actor: User | None, wish: Wish, place: tuple[str, int] | None, proposer: Proposer | None = None
) -> tuple[ServerInvitation, str]:
    """Make an invitation, and return it with its link: only the link has the code.

    ``place`` is the host and port in the link (None: those by which this machine is reached). Raises InvitingError,
    EventRefusedError and LogUnavailableError.
    """
    wish.check()
    if services.settings.sign_up == "closed":
        raise InvitingError(refusals.SIGN_UP_CLOSED_TO_ALL)
    names = [name if name.startswith(CHANNEL_PREFIX) else CHANNEL_PREFIX + name for name in wish.channels]
    lobby = services.config.lobby  # every new account joins it, and until then it may not exist
    wanted = [name for name in names if lobby is None or fold(name) != fold(lobby)]
    channels = tuple(dict.fromkeys(_channel(services, actor, name) for name in wanted))
    code = secrets.token_urlsafe(_CODE_BYTES)
    stamp = services.proposals.stamps.new("")
    _, now_ms = stamp
    event = services.proposals.event(
        events.ServerInvitationMade,
        actor,
        stamp=stamp,
        code=hash_of(code),
        uses=wish.uses,
        until=now_ms + wish.seconds * 1000,
        channels=channels,
        members_may=services.config.invites == "members",
    )
    await services.proposals.settle(event, proposer)
    made = services.state.server_invitations.open[event.code]
    services.activity.order_kept(event.nick, f"made invitation {made.number}", "")
    host, port = place or services.place()
    return made, format_link(host, port, code, services.keys().public_key)


async def revoke(services: Services, actor: User | None, number: int, proposer: Proposer | None = None) -> None:
    """Take an invitation back. Raises EventRefusedError and LogUnavailableError."""
    event = services.proposals.event(events.ServerInvitationRevoked, actor, number=number)
    await services.proposals.settle(event, proposer)
    services.activity.order_kept(event.nick, f"revoked invitation {number}", "")


def channel_names(services: Services, viewer: User | None, invitation: ServerInvitation) -> list[str]:
    """Return the names of the channels of an invitation that its viewer may know of."""
    found = (services.state.channels.get(uid) for uid in invitation.channels)
    return [
        channel.name
        for channel in found
        if channel is not None and (viewer is None or may_see(services.state, viewer, channel))
    ]


def _channel(services: Services, actor: User | None, name: str) -> str:
    """Return the uid of a channel. One that the actor may not know of is as unknown as one that does not exist."""
    state = services.state
    channel = visible_channel(state, actor, name) if actor is not None else state.channel_named(name)
    if channel is None:
        raise InvitingError(refusals.CHANNEL_TO_JOIN.format(name=name))
    return channel.uid
