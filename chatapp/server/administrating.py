"""What administrators do, for both ways to do it: IRC commands, and the control socket (``chat ban`` and others).

``actor`` is the administrator's user, or ``None`` for who uses the control socket: the owner of the server's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatapp.counting import counted
from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.administration import is_in_network, key_of_network
from chatapp.model.entities import ADMINISTRATOR, Ban, Channel, Token, User
from chatapp.model.outcome import Reason
from chatapp.protocol import addresses, modes
from chatapp.protocol.names import CHANNEL_PREFIX
from chatapp.server import refusals
from chatapp.server.delivery import render
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.services import Services
from chatapp.server.tokens import Made, NoPasswordError

REASON_BYTES_MAX = 300
NAMES_MAX = 10  # of users whose connections a ban ended, in the answer
_BITS_MIN = {4: 8, 6: 16}  # a network with fewer bits in its prefix is too large to be meant


class AdministrationError(ChatError):
    """Something that an administrator asked for is not possible; the text says why."""


def check_reason(reason: str) -> None:
    """Raise AdministrationError if a reason is too long."""
    if len(reason.encode()) > REASON_BYTES_MAX or grows_on_disk(reason) or not render.fits("x" * 180 + reason):
        raise AdministrationError(refusals.ORDER_REASON_TOO_LONG.format(most=REASON_BYTES_MAX))


def parse_network(text: str) -> str:
    """Return an IP address or a network in its usual form, an address without ``/32``; empty if the text is neither.

    Raises AdministrationError for a network that would ban far too many people, and for loopback.
    """
    network = addresses.parse_network(text)
    if network is None:
        return ""
    fewest = _BITS_MIN[network.version]
    if network.prefixlen < fewest:
        raise AdministrationError(refusals.NETWORK_TOO_LARGE.format(network=network, fewest=fewest))
    if network.is_loopback:
        raise AdministrationError(refusals.NETWORK_IS_HERE.format(network=network))
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def _account(services: Services, name: str) -> User:
    user = services.state.user_named(name)
    if user is None:
        raise AdministrationError(refusals.NOBODY_CALLED.format(name=name))
    return user


class Banning(NamedTuple):
    """A ban that was made, and the names of the users whose connections it ended."""

    ban: Ban
    ended: list[str]


async def ban(services: Services, actor: User | None, text: str, seconds: int, reason: str) -> Banning:
    """Ban an account, or an IP address or network, for a time (0 seconds: until it is taken back).

    Connections that the ban is about end. A network from which an administrator is connected is not banned.
    Raises AdministrationError, EventRefusedError and LogUnavailableError.
    """
    check_reason(reason)
    network = parse_network(text)
    stamp = services.proposals.stamps.new("")
    _, now_ms = stamp
    until = now_ms + seconds * 1000 if seconds else 0
    if network:
        concerned = _connected_from(services, network)
        for user, address in concerned:
            if user.role == ADMINISTRATOR:
                words = refusals.NETWORK_OF_ADMINISTRATOR.format(name=user.name, address=address)
                raise AdministrationError(words)
        target, uid = key_of_network(services.state, network), ""
    else:
        if services.state.user_named(text) is None:
            raise AdministrationError(refusals.NEITHER_USER_NOR_ADDRESS.format(name=text))
        user = _account(services, text)
        if user.guest:
            raise AdministrationError(refusals.BAN_OF_GUEST.format(name=user.name))
        if user.role == ADMINISTRATOR:
            raise AdministrationError(refusals.BAN_OF_ADMINISTRATOR.format(name=user.name))
        concerned = [(user, "")] if services.presence.is_connected(user.uid) else []
        target, uid = user.name, user.uid
    event = services.proposals.event(
        events.Banned, actor, stamp=stamp, target=target, uid=uid, until=until, reason=reason
    )
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"banned {event.target}", reason)
    return Banning(services.state.bans[event.uid or event.target], [user.name for user, _ in concerned])


def _connected_from(services: Services, network: str) -> list[tuple[User, str]]:
    """Return the users with a connection from a network to this server, each with the address."""
    found: list[tuple[User, str]] = []
    for uid in services.presence.uids():
        user = services.state.users.get(uid)
        theirs = (each.wire.address for each in services.presence.sessions(uid))
        address = next((each for each in theirs if is_in_network(each, network)), "")
        if user is not None and address:
            found.append((user, address))
    return found


def words_after(made: Banning) -> str:
    """Return what the maker of a ban should know: whose connections it ended, and the network of an IPv6 address."""
    network = None if made.ban.uid else addresses.parse_network(made.ban.target)
    hint = ""
    if network is not None and network.version == 6 and network.prefixlen == 128 and not network.is_link_local:
        hint = refusals.IPV6_ADDRESS_CHANGES.format(network=network.supernet(new_prefix=64))
    return f"{ended_words(made.ended)} {hint}".strip()


def ended_words(names: Sequence[str]) -> str:
    """Return a sentence about whose connections a ban ended, with NAMES_MAX names at most; empty if there are none."""
    if not names:
        return ""
    more = len(names) - NAMES_MAX
    parts = [*names[:NAMES_MAX], counted(more, "other")] if more > 0 else list(names)
    before = f"{', '.join(parts[:-1])} and " if len(parts) > 1 else ""
    return f"It ended the connections of {before}{parts[-1]}."


async def unban(services: Services, actor: User | None, text: str) -> Ban:
    """End a ban. Returns the ban. Raises AdministrationError, EventRefusedError and LogUnavailableError."""
    network = parse_network(text)
    if network:
        key = key_of_network(services.state, network)
    else:
        user = services.state.user_named(text)
        key = user.uid if user is not None else text
    found = services.state.bans.get(key)
    if found is None:
        raise AdministrationError(refusals.NO_BAN_OF.format(name=text))
    event = services.proposals.event(events.Unbanned, actor, banned=key, target=found.target)
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"unbanned {found.target}", "")
    return found


async def kill(services: Services, actor: User | None, name: str, reason: str) -> User:
    """End all connections of a user. Raises AdministrationError, EventRefusedError and LogUnavailableError."""
    check_reason(reason)
    user = _account(services, name)
    if not services.presence.is_connected(user.uid):
        raise AdministrationError(refusals.NOT_CONNECTED.format(name=user.name))
    event = services.proposals.event(events.Killed, actor, target=user.uid, target_nick=user.name, reason=reason)
    await services.proposals.settle(event)
    services.activity.order_kept(event.nick, f"ended the connections of {user.name}", reason)
    return user


def account_of(services: Services, name: str) -> User:
    """Return the account with a name. Raises AdministrationError, also for a guest."""
    user = services.state.user_named(name)
    if user is None or user.guest:
        words = refusals.NO_ACCOUNT_CALLED if user else refusals.NOBODY_CALLED
        raise AdministrationError(words.format(name=name))
    return user


async def remove_certificate(services: Services, user: User, fingerprint: str) -> None:
    """Remove a client certificate of a user. Raises EventRefusedError and LogUnavailableError."""
    event = services.proposals.event(events.CertificateRemoved, None, fingerprint=fingerprint)
    await services.proposals.settle(event)
    services.activity.order_kept("", f"removed a certificate of {user.name}", fingerprint)


async def add_token(services: Services, user: User, name: str, targets: tuple[str, ...]) -> Made:
    """Make a device token for a user. Raises AdministrationError and LogUnavailableError."""
    try:
        made = await services.tokens.add(user, name, targets)
    except EventRefusedError as error:
        if error.refusal.reason is Reason.TOKENS_FULL:
            raise AdministrationError(refusals.TOKENS_FULL_NOW.format(name=user.name)) from None
        raise AdministrationError(refusals.REMOVED_MEANWHILE.format(name=user.name)) from None
    except NoPasswordError:
        raise AdministrationError(refusals.PASSWORD_NOT_KNOWN.format(name=user.name)) from None
    services.activity.order_kept("", f"made the token {name} for {user.name}", "")
    return made


async def remove_token(services: Services, user: User, token: Token) -> None:
    """Revoke a device token of a user. Raises EventRefusedError and LogUnavailableError."""
    await services.tokens.remove(user, token)
    services.activity.order_kept("", f"revoked the token {token.name} of {user.name}", "")


def _channel(services: Services, name: str) -> Channel:
    """Return the channel with this name as typed, also without the ``#``: a shell takes ``#class`` for a comment."""
    name = name if name.startswith(CHANNEL_PREFIX) else CHANNEL_PREFIX + name
    channel = services.state.channel_named(name)
    if channel is None:
        raise AdministrationError(refusals.NO_CHANNEL_CALLED.format(name=name))
    return channel


async def kick(services: Services, name: str, channel_name: str, reason: str) -> str:
    """Remove a member from a channel, and return the channel's name.

    Raises AdministrationError, EventRefusedError and LogUnavailableError.
    """
    check_reason(reason)
    user, channel = _account(services, name), _channel(services, channel_name)
    new = services.proposals
    await new.settle(new.event(events.Kicked, None, channel.uid, target=user.uid, target_nick=user.name, reason=reason))
    return channel.name


async def set_role(services: Services, name: str, channel_name: str, role: str) -> tuple[str, bool]:
    """Give an account a role in a channel (its letter, such as ``o``) instead of all roles that it has; empty: none.

    For an account that is no member, the channel keeps the role. What it keeps can be taken too, as with MODE.

    Returns the channel's name, and whether the user is a member. Raises AdministrationError, EventRefusedError and
    LogUnavailableError.
    """
    user, channel = _account(services, name), _channel(services, channel_name)
    is_member, flags = user.uid in channel.members, channel.members.get(user.uid, channel.roles.get(user.uid, 0))
    if not is_member and (user.guest if role else not flags):
        raise AdministrationError(refusals.NOT_A_MEMBER.format(name=user.name, channel=channel.name))
    wanted = modes.BY_LETTER[role].bit if role else 0
    changes = [
        ("+" if wanted & each.bit else "-", each.letter, user.uid)
        for each in modes.ROLES
        if (flags & each.bit) != (wanted & each.bit)
    ]
    if changes:
        event = services.proposals.event(events.ModesChanged, None, channel.uid, changes=tuple(changes))
        await services.proposals.settle(event)
    return channel.name, is_member
