"""The table of requests to a running server. A new request is a function here (or in a file beside) and one row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from chatapp.errors import ControlError
from chatapp.protocol.names import fold
from chatapp.server.control.status import status

if TYPE_CHECKING:
    from chatapp.server.hub import Hub

# A request gets the arguments that came with it, not yet checked. It returns what is answered, as JSON, or raises
# ChatError in words for who asked.
Request = Callable[["Hub", Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def sign_up(hub: Hub, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Set the sign-up policy where ``policy`` is given; tell the policy, and whether the next start keeps it."""
    policy = arguments.get("policy")
    if policy is not None:
        if policy not in ("open", "closed"):
            raise ControlError("The sign-up policy is open or closed.")
        await hub.set_sign_up(policy)
    return {"policy": hub.settings.sign_up, "given_at_start": hub.config.sign_up}


async def last_seen(hub: Hub, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Tell by folded name which accounts are ``here``, and when each was ``seen`` last: its uid and a time (ms)."""
    users = hub.state.users
    here = [user.uid for uid in hub.presence.uids() if (user := users.get(uid)) is not None and not user.guest]
    return {"here": [fold(users[uid].name) for uid in here], "seen": hub.last_seen.entries(users)}


async def take_in(hub: Hub, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take in the password file as it is now; tell the ``problem`` that kept the server from it, or an empty text."""
    await hub.take_in_password_file()
    return {"problem": hub.accounts.roster.problem}


REQUESTS: Mapping[str, Request] = {
    "status": status,
    "sign-up": sign_up,
    "last-seen": last_seen,
    "take-in": take_in,
}
