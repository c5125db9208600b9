"""The requests of ``chat ban``, ``chat kick`` and the like: they do what an administrator may do, by the same rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from chatapp.errors import ControlError
from chatapp.model.administration import lives
from chatapp.protocol import modes
from chatapp.server import administrating
from chatapp.server.watch import SessionWatch

ROLES = {
    "founder": "q", "protected": "a", "operator": "o", "half-operator": "h", "voice": "v", "none": "",
}  # fmt: skip


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name, "")
    if not isinstance(value, str) or not value.isprintable():
        raise ControlError(f"The request has no usable {name}.")
    return value


async def ban(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Ban ``target`` (an account, an address or a network) for ``seconds`` (0: no end). Returns the ban."""
    seconds = arguments.get("seconds", 0)
    if type(seconds) is not int or seconds < 0:
        raise ControlError("The request has no usable seconds.")
    services = watch.services
    made = await administrating.ban(services, None, _text(arguments, "target"), seconds, _text(arguments, "reason"))
    ban: dict[str, Any] = msgspec.to_builtins(services.state.bans[made.uid or made.target])
    return ban


async def unban(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """End the ban of ``target``."""
    return {"target": (await administrating.unban(watch.services, None, _text(arguments, "target"))).target}


async def bans(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bans that have not ended, the oldest first."""
    now = watch.services.log_ms()
    return {"bans": [msgspec.to_builtins(ban) for ban in watch.services.state.bans.values() if lives(ban.until, now)]}


async def kick(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Remove ``name`` from ``channel``; without a channel, end all its connections."""
    name, channel, reason = (_text(arguments, each) for each in ("name", "channel", "reason"))
    if channel:
        await administrating.kick(watch.services, name, channel, reason)
    else:
        await administrating.kill(watch.services, None, name, reason)
    return {}


async def role(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``name`` the ``role`` in ``channel``."""
    letter = ROLES.get(_text(arguments, "role"))
    if letter is None:
        raise ControlError(f"A role is one of {', '.join(ROLES)}.")
    await administrating.set_role(watch.services, _text(arguments, "name"), _text(arguments, "channel"), letter)
    return {}


async def cert(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the client certificates of the account ``name``; ``remove`` a fingerprint, or all of them, first.

    ``removed`` has the fingerprints of those that were removed; their connections have ended. A certificate that does
    not sign in (``signs_in``) was registered under an older password.
    """
    services = watch.services
    name, remove = _text(arguments, "name"), _text(arguments, "remove").replace(":", "").lower()
    await services.accounts.roster.take_in()  # a new password ends the certificates
    user = administrating.account_of(services, name)
    known = [each.fingerprint for each in user.certificates]
    removed = known if remove == "all" else [each for each in known if each == remove]
    if remove and not known:
        raise ControlError(f"{user.name} has no certificates.")
    if remove and not removed:
        raise ControlError(f"{user.name} has no certificate {remove}. chat cert {user.name} lists them.")
    for fingerprint in removed:
        await administrating.remove_certificate(services, user, fingerprint)
        watch.end_certificate(user.uid, fingerprint)
    user = administrating.account_of(services, name)
    mark = services.accounts.roster.password_mark(user)
    certificates = [
        {"fingerprint": each.fingerprint, "time": each.time, "signs_in": each.password_mark == mark}
        for each in user.certificates
    ]
    return {"name": user.name, "removed": removed, "certificates": certificates}


async def rooms(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return all channels: name, modes, members with their prefixes (at most 1,000 names of each), topic."""
    services, found = watch.services, []
    for index, uid in enumerate(list(services.state.channels)):
        if index % 100 == 99:
            await asyncio.sleep(0)
        channel = services.state.channels.get(uid)
        if channel is None:
            continue
        users = services.state.users
        names = [
            modes.prefixes(flags, False) + users[each].name for each, flags in list(channel.members.items())[:1000]
        ]
        topic = channel.topic.text if channel.topic is not None else ""
        found.append(
            {
                "name": channel.name,
                "modes": channel.modes,
                "members": len(channel.members),
                "names": names,
                "topic": topic,
            }
        )
    return {"channels": found}


async def log(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the acts that kept order, the newest last; with ``about``, only those about this user or channel."""
    about = _text(arguments, "about")
    acts = [
        act
        for act in watch.services.state.acts
        if not about or about.lower() in (act.target.lower(), act.channel.lower(), act.nick.lower())
    ]
    return {"acts": [msgspec.to_builtins(act) for act in acts]}
