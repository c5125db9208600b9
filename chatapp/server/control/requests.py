"""The table of requests to a running server.

A new request is one function, here or in a file beside this one, and one row in the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from itertools import takewhile
from typing import Any, get_args

from chatapp.config import SignUp
from chatapp.errors import ControlError
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.control import invitations, order, tokens
from chatapp.server.control.status import status
from chatapp.server.watch import SessionWatch

# The function of a request. Its parameters are the watch and the request's arguments, which it must check. It returns
# the ``ok`` object of the answer, or raises ChatError with a text for the user of the command.
Request = Callable[[SessionWatch, Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def sign_up(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Set the sign-up policy if the request has a ``policy``. Return the policy that holds now.

    ``given_at_start`` is the policy from the option of ``chat serve``, or None. An option given at the next start
    overrides the policy that is set here.
    """
    policy = arguments.get("policy")
    if policy is not None:
        if policy not in get_args(SignUp):
            raise ControlError(refusals.UNKNOWN_SIGN_UP)
        await watch.set_sign_up(policy)
    services = watch.services
    return {"policy": services.settings.sign_up, "given_at_start": services.config.sign_up}


async def last_seen(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return which accounts are ``here``, and for each account its uid and when it was last ``seen`` (ms since 1970).

    Both are by casefolded name.
    """
    services = watch.services
    users = services.state.users
    here = [user.uid for uid in services.presence.uids() if (user := users.get(uid)) is not None and not user.guest]
    return {"here": [fold(users[uid].name) for uid in here], "seen": services.last_seen.entries(users)}


async def take_in(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Refresh the accounts from the password file; return the ``problem`` that prevented it, or an empty text.

    ``removed`` is the name of an account that was removed from the file, if any. Then the answer has the ``heirs``: the
    names of members who have become founders by that, each with the channel; and ``without_founder``: the channels of
    which no member has a role any more. The server may have noticed the removal before it was asked.
    """
    services = watch.services
    await services.accounts.roster.take_in()
    acts, removed = services.state.acts, arguments.get("removed")
    at = [index for index, act in enumerate(acts, 1) if act.verb == "deluser" and act.target == removed]
    acts = list(takewhile(lambda act: act.verb in ("heir", "no-heir"), acts[at[-1] :])) if at else []
    heirs = [[act.target, act.channel] for act in acts if act.verb == "heir"]
    without = [act.channel for act in acts if act.verb == "no-heir"]
    return {"problem": services.accounts.roster.problem, "heirs": heirs, "without_founder": without}


REQUESTS: Mapping[str, Request] = {
    "status": status,
    "sign-up": sign_up,
    "last-seen": last_seen,
    "take-in": take_in,
    "ban": order.ban,
    "unban": order.unban,
    "bans": order.bans,
    "kick": order.kick,
    "role": order.role,
    "cert": order.cert,
    "tokens": tokens.tokens,
    "add-token": tokens.add_token,
    "remove-token": tokens.remove_token,
    "rooms": order.rooms,
    "log": order.log,
    "invite": invitations.invite,
    "invites": invitations.invites,
    "revoke-invitation": invitations.revoke,
}
