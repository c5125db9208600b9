"""What administrators do, for both ways to do it: IRC commands, and the control socket (``chat ban`` and others).

``actor`` is the administrator's user, or ``None`` for who uses the control socket: the owner of the server's files.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, Ban, Channel, User
from chatapp.protocol import modes
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.services import Services

REASON_BYTES_MAX = 300
_BITS_MIN = {4: 8, 6: 16}  # a network with fewer bits in its prefix is too large to be meant


class AdministrationError(ChatError):
    """Something that an administrator asked for is not possible; the text says why."""


def _fields(services: Services, actor: User | None, stream: str = "") -> dict[str, Any]:
    """Return the fields of a new event by an administrator."""
    event_id, time = services.proposals.stamps.new(stream)
    by = {"actor": actor.uid, "nick": actor.name} if actor is not None else {}
    return {"id": event_id, "time": time, "stream": stream, **by}


def check_reason(reason: str) -> None:
    """Raise AdministrationError if a reason is too long."""
    if len(reason.encode()) > REASON_BYTES_MAX or grows_on_disk(reason) or not render.fits("x" * 180 + reason):
        raise AdministrationError(f"A reason has {REASON_BYTES_MAX} bytes at most, and no formatting.")


def parse_network(text: str) -> str:
    """Return an IP address or a network in its usual form, an address without ``/32``; empty if the text is neither.

    Raises AdministrationError for a network that would ban far too many people, and for loopback.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    if network.prefixlen < _BITS_MIN[network.version]:
        raise AdministrationError(f"{network} is too large. The prefix has at least {_BITS_MIN[network.version]} bits.")
    if network.is_loopback:
        raise AdministrationError(f"{network} is this machine itself. Ban the account instead.")
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def _key_of(services: Services, network: str) -> str:
    """Return the key of the ban of a network. Older versions banned an address as a network, with ``/32``."""
    older = str(ipaddress.ip_network(network))
    return older if older in services.state.bans else network


def _account(services: Services, name: str) -> User:
    user = services.state.user_named(name)
    if user is None:
        raise AdministrationError(f"There is nobody called {name}, and it is no IP address.")
    return user


async def ban(services: Services, actor: User | None, text: str, seconds: int, reason: str) -> events.Banned:
    """Ban an account, or an IP address or network, for a time (0 seconds: until it is taken back).

    Connections that the ban is about end. Raises AdministrationError, EventRefusedError and LogUnavailableError.
    """
    check_reason(reason)
    network = parse_network(text)
    fields = _fields(services, actor)
    until = fields["time"] + seconds * 1000 if seconds else 0
    if network:
        event = events.Banned(**fields, target=_key_of(services, network), until=until, reason=reason)
    else:
        user = _account(services, text)
        if user.guest:
            raise AdministrationError(f"{user.name} is a guest and has no account. Ban the address.")
        if user.role == ADMINISTRATOR:
            raise AdministrationError(f"{user.name} is an administrator. Take that role away first.")
        event = events.Banned(**fields, target=user.name, uid=user.uid, until=until, reason=reason)
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"banned {event.target}", reason)
    return event


async def unban(services: Services, actor: User | None, text: str) -> Ban:
    """End a ban. Returns the ban. Raises AdministrationError, EventRefusedError and LogUnavailableError."""
    network = parse_network(text)
    if network:
        key = _key_of(services, network)
    else:
        user = services.state.user_named(text)
        key = user.uid if user is not None else text
    found = services.state.bans.get(key)
    if found is None:
        raise AdministrationError(f"There is no ban of {text}.")
    event = events.Unbanned(**_fields(services, actor), banned=key, target=found.target)
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"unbanned {found.target}", "")
    return found


async def kill(services: Services, actor: User | None, name: str, reason: str) -> User:
    """End all connections of a user. Raises AdministrationError, EventRefusedError and LogUnavailableError."""
    check_reason(reason)
    user = _account(services, name)
    event = events.Killed(**_fields(services, actor), target=user.uid, target_nick=user.name, reason=reason)
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"ended the connections of {user.name}", reason)
    return user


def account_of(services: Services, name: str) -> User:
    """Return the account with a name. Raises AdministrationError, also for a guest."""
    user = services.state.user_named(name)
    if user is None or user.guest:
        raise AdministrationError(f"There is {'no account' if user else 'nobody'} called {name}.")
    return user


async def remove_certificate(services: Services, user: User, fingerprint: str) -> None:
    """Remove a client certificate of a user. Raises EventRefusedError and LogUnavailableError."""
    event = events.CertificateRemoved(**_fields(services, None), fingerprint=fingerprint)
    await services.proposals.settle(event)
    services.activity.order_kept("", f"removed a certificate of {user.name}", fingerprint)


def _channel(services: Services, name: str) -> Channel:
    channel = services.state.channel_named(name)
    if channel is None:
        raise AdministrationError(f"There is no channel {name}.")
    return channel


async def kick(services: Services, name: str, channel_name: str, reason: str) -> None:
    """Remove a member from a channel. Raises AdministrationError, EventRefusedError and LogUnavailableError."""
    check_reason(reason)
    user, channel = _account(services, name), _channel(services, channel_name)
    fields = _fields(services, None, channel.uid)
    event = events.Kicked(**fields, target=user.uid, target_nick=user.name, reason=reason)
    await services.proposals.settle(event)


async def set_role(services: Services, name: str, channel_name: str, role: str) -> None:
    """Give a member of a channel a role (its letter, such as ``o``) instead of all roles that it has; empty: none.

    Raises AdministrationError, EventRefusedError and LogUnavailableError.
    """
    user, channel = _account(services, name), _channel(services, channel_name)
    flags = channel.members.get(user.uid)
    if flags is None:
        raise AdministrationError(f"{user.name} is not in {channel.name}.")
    wanted = modes.BY_LETTER[role].bit if role else 0
    changes = [
        ("+" if wanted & each.bit else "-", each.letter, user.uid)
        for each in modes.ROLES
        if (flags & each.bit) != (wanted & each.bit)
    ]
    if changes:
        event = events.ModesChanged(**_fields(services, None, channel.uid), changes=tuple(changes))
        await services.proposals.settle(event)
