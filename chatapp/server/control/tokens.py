"""The requests of ``chat tokens``: list, make and revoke the device tokens of any account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chatapp.errors import ControlError
from chatapp.model.entities import Token, User
from chatapp.protocol.tokens import parse_token_name
from chatapp.server import administrating, refusals
from chatapp.server.control.order import refused_in_words, text_of
from chatapp.server.services import Services
from chatapp.server.tokens import parse_targets
from chatapp.server.watch import SessionWatch

_USERS_IN_A_TURN = 200  # users looked at in one turn of the event loop


async def tokens(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tokens of the account ``account``, or of all accounts if that is empty, by name and then the oldest.

    ``used`` is 0 if nobody has signed in with a token yet; ``connected`` tells whether it has a connection now.
    """
    services = watch.services
    name = text_of(arguments, "account")
    await services.accounts.roster.take_in()  # a new password ends the tokens
    found = [
        {
            "account": user.name,
            "id": token.id,
            "name": token.name,
            "time": token.time,
            "used": token.used,
            "targets": list(token.targets),
            "connected": token.id in _connected(services, user),
        }
        for user, token in await _all(services, name)
    ]
    return {"tokens": found}


def _connected(services: Services, user: User) -> set[str]:
    """Return the ids of the tokens with which the connections of a user have signed in."""
    presence = services.presence
    return {each.token for each in (*presence.sessions(user.uid), *presence.senders(user.uid))}


async def _all(services: Services, name: str) -> list[tuple[User, Token]]:
    """Return the tokens that sign in to the account ``name``, or to any account if ``name`` is empty."""
    if name:
        user = administrating.account_of(services, name)
        return [(user, token) for token in services.tokens.of(user)]
    found: list[tuple[User, Token]] = []
    for count, user in enumerate(list(services.state.users.values()), 1):
        if user.tokens:
            found += [(user, token) for token in services.tokens.of(user)]
        if count % _USERS_IN_A_TURN == 0:
            await asyncio.sleep(0)
    return sorted(found, key=lambda each: (each[0].name.lower(), each[1].time))


async def add_token(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make a token called ``name`` for ``account``, restricted to the ``targets`` unless there are none.

    Returns the account's name, the id, and the ``token`` itself, which nobody is told again.
    """
    services = watch.services
    targets = arguments.get("targets", [])
    if not isinstance(targets, list) or not all(isinstance(each, str) for each in targets):
        raise ControlError(refusals.UNUSABLE_TARGETS)
    await services.accounts.roster.take_in()
    user = administrating.account_of(services, text_of(arguments, "account"))
    name, only = parse_token_name(text_of(arguments, "name")), parse_targets(targets)
    made = await administrating.add_token(services, user, name, only)
    return {"account": user.name, "id": made.id, "token": made.text, "name": name, "targets": list(only)}


@refused_in_words
async def remove_token(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Revoke the token of ``account`` (empty: of any account) whose id or name is ``token``; its connections end."""
    services = watch.services
    account, wanted = text_of(arguments, "account"), text_of(arguments, "token")
    known = await _all(services, account)
    found = [each for each in known if each[1].id == wanted.lower()] or [
        each for each in known if each[1].name == wanted
    ]
    if not found and account:
        name = administrating.account_of(services, account).name
        raise ControlError(refusals.HAS_NO_SUCH_TOKEN.format(name=name, token=wanted))
    if not found:
        raise ControlError(refusals.NO_TOKEN_CALLED.format(token=wanted))
    if len(found) > 1:
        ids = ", ".join(f"{token.id} ({user.name})" for user, token in found[:10])
        raise ControlError(refusals.SEVERAL_TOKENS.format(count=len(found), token=wanted, ids=ids))
    ((user, token),) = found
    await administrating.remove_token(services, user, token)
    return {"account": user.name, "id": token.id, "name": token.name}
