"""The table of requests to a running server. A new request is a function here (or in a file beside) and one row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from chatapp.errors import ControlError
from chatapp.protocol.names import fold
from chatapp.server.control.status import status
from chatapp.server.watch import SessionWatch

# A request gets the arguments that came with it, not yet checked. It returns what is answered, as JSON, or raises
# ChatError in words for who asked.
Request = Callable[[SessionWatch, Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def sign_up(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Set the sign-up policy where ``policy`` is given; tell the policy, and whether the next start keeps it."""
    policy = arguments.get("policy")
    if policy is not None:
        if policy not in ("open", "closed"):
            raise ControlError("The sign-up policy is open or closed.")
        await watch.set_sign_up(policy)
    services = watch.services
    return {"policy": services.settings.sign_up, "given_at_start": services.config.sign_up}


async def last_seen(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Tell by folded name which accounts are ``here``, and when each was ``seen`` last: its uid and a time (ms)."""
    services = watch.services
    users = services.state.users
    here = [user.uid for uid in services.presence.uids() if (user := users.get(uid)) is not None and not user.guest]
    return {"here": [fold(users[uid].name) for uid in here], "seen": services.last_seen.entries(users)}


async def take_in(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take in the password file as it is now; tell the ``problem`` that kept the server from it, or an empty text."""
    await watch.services.accounts.roster.take_in()
    return {"problem": watch.services.accounts.roster.problem}


REQUESTS: Mapping[str, Request] = {
    "status": status,
    "sign-up": sign_up,
    "last-seen": last_seen,
    "take-in": take_in,
}
