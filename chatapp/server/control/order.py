"""The requests of ``chat ban``, ``chat kick`` and the like: they do what an administrator may do, by the same rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from chatapp.errors import ControlError
from chatapp.model.acts import as_shown, is_about
from chatapp.model.administration import lives
from chatapp.model.entities import Act, Ban
from chatapp.model.outcome import Reason, Refusal
from chatapp.protocol import modes
from chatapp.protocol.names import fold
from chatapp.server import administrating, refusals
from chatapp.server.proposals import EventRefusedError
from chatapp.server.watch import SessionWatch

_Handler = Callable[[SessionWatch, Mapping[str, Any]], Awaitable[dict[str, Any]]]

ROLES = {
    "founder": "q", "protected": "a", "operator": "o", "half-operator": "h", "voice": "v", "none": "",
}  # fmt: skip


# The words of the refusals that name somebody. The others are the reason's own words (``model/outcome.py``).
_WORDS = {
    Reason.NOT_IN_CHANNEL: refusals.NOT_A_MEMBER,
    Reason.IN_CHANNEL: refusals.MEMBER_ALREADY,
    Reason.NO_SUCH_NICK: refusals.NOBODY_CALLED,
    Reason.NOT_HERE: refusals.NOBODY_CALLED,
    Reason.NO_SUCH_BAN: refusals.NO_BAN_OF,
    Reason.IS_ADMINISTRATOR: refusals.IS_ADMINISTRATOR_STILL,
    Reason.NO_SUCH_TOKEN: refusals.TOKEN_REVOKED_NOW,
    Reason.BANS_FULL: refusals.BANS_FULL_NOW,
    Reason.NO_SUCH_INVITATION: refusals.NO_INVITATION_NUMBERED,
    Reason.INVITATIONS_FULL: refusals.INVITATIONS_FULL_NOW,
}


def refusal_words(refusal: Refusal) -> str:
    """Return a sentence for the user of a command that policy refuses."""
    words = _WORDS.get(refusal.reason)
    if words is not None:
        return words.format(name=refusal.subject, channel=refusal.channel)
    text = refusal.reason.value
    return f"{text[0].upper()}{text[1:]}."


def refused_in_words(handler: _Handler) -> _Handler:
    """Let a request that policy refuses fail with a sentence that has the names."""

    async def run(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await handler(watch, arguments)
        except EventRefusedError as error:
            raise ControlError(refusal_words(error.refusal)) from error

    return run


def text_of(arguments: Mapping[str, Any], name: str) -> str:
    """Return a text among the arguments of a request, empty if it is missing. Raises ControlError."""
    value = arguments.get(name, "")
    if not isinstance(value, str) or not value.isprintable():
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument=name))
    return value


def _with_nick(watch: SessionWatch, record: Act | Ban) -> dict[str, Any]:
    """Return a record as JSON has it. Without a nick, it has the server's name, which clients show too."""
    nick = record.nick if isinstance(record, Act) else watch.services.state.name_shown(record.by, record.nick)
    return {**msgspec.to_builtins(record), "nick": nick or watch.services.host}


@refused_in_words
async def ban(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Ban ``target`` (an account, an address or a network) for ``seconds`` (0: no end).

    Returns the ban, and what its maker should know: whose connections it ended, for example.
    """
    seconds = arguments.get("seconds", 0)
    if type(seconds) is not int or seconds < 0:
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument="seconds"))
    services = watch.services
    made = await administrating.ban(services, None, text_of(arguments, "target"), seconds, text_of(arguments, "reason"))
    return {**_with_nick(watch, made.ban), "ended": administrating.words_after(made)}


@refused_in_words
async def unban(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """End the ban of ``target``."""
    return {"target": (await administrating.unban(watch.services, None, text_of(arguments, "target"))).target}


async def bans(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bans that have not ended, the oldest first."""
    now = watch.services.log_ms()
    return {"bans": [_with_nick(watch, ban) for ban in watch.services.state.bans.values() if lives(ban.until, now)]}


@refused_in_words
async def kick(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Remove ``name`` from ``channel``, and return the channel's name; without one, end all its connections."""
    name, channel, reason = (text_of(arguments, each) for each in ("name", "channel", "reason"))
    if channel:
        return {"channel": await administrating.kick(watch.services, name, channel, reason)}
    await administrating.kill(watch.services, None, name, reason)
    return {}


@refused_in_words
async def role(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``name`` the ``role`` in ``channel``. Returns the channel's name, and whether ``name`` is a ``member``."""
    letter = ROLES.get(text_of(arguments, "role"))
    if letter is None:
        raise ControlError(refusals.UNKNOWN_ROLE.format(known=", ".join(ROLES)))
    name, channel = text_of(arguments, "name"), text_of(arguments, "channel")
    channel, is_member = await administrating.set_role(watch.services, name, channel, letter)
    return {"channel": channel, "member": is_member}


async def cert(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the client certificates of the account ``name``; ``remove`` a fingerprint, or all of them, first.

    ``removed`` has the fingerprints of those that were removed; their connections have ended. A certificate that does
    not sign in (``signs_in``) was registered under an older password.
    """
    services = watch.services
    name, remove = text_of(arguments, "name"), text_of(arguments, "remove").replace(":", "").lower()
    await services.accounts.roster.take_in()  # a new password ends the certificates
    user = administrating.account_of(services, name)
    known = [each.fingerprint for each in user.certificates]
    removed = known if remove == "all" else [each for each in known if each == remove]
    if remove and not known:
        raise ControlError(refusals.HAS_NO_CERTIFICATES.format(name=user.name))
    if remove and not removed:
        raise ControlError(refusals.HAS_NO_SUCH_CERTIFICATE.format(name=user.name, fingerprint=remove))
    for fingerprint in removed:
        await administrating.remove_certificate(services, user, fingerprint)
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
    """Return the acts that kept order, the newest last; with ``about``, only those about it (``acts.is_about``)."""
    about, host = text_of(arguments, "about"), watch.services.host
    by_server = fold(about) == fold(host)  # its acts have no nick in the state
    state = watch.services.state
    acts = [as_shown(state, act) for act in state.acts]
    found = [act for act in acts if not about or is_about(act, about) or (by_server and not act.nick)]
    return {"acts": [_with_nick(watch, act) for act in found]}
