"""Limits how many people whom a user does not know it may begin to write to.

A user knows the members of its channels, except of the lobby, which everybody joins; everybody with whom it has a
conversation; and the administrators. So an answer to a message is never limited. ``talk.py`` looks this up once for
each target, so further messages need no further look-up.

Spec: none; UnrealIRCd (max-concurrent-conversations) limits targets likewise, with the same numeric.
"""

from __future__ import annotations

from chatapp.auth import address_key
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.server import refusals
from chatapp.server.commands import talk
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.session import Session


def check(session: Session, to: Addressee) -> None:
    """Take a token if the target is a stranger. Call it before proposing.

    Later messages of the session to this user take the fast path and no token, even before the first is stored. A guest
    gets a new uid with each connection, so the guests of an address share their tokens. Raises CommandRefused if there
    is no token.
    """
    services, user = session.services, to.user
    if services.rate_limits and user.role != ADMINISTRATOR and to.stream not in user.conversations:
        _take(session, user, to)
    to.is_stranger, to.head = False, talk.head_of(to.verb, to.target)


def _take(session: Session, user: User, to: Addressee) -> None:
    services, now = session.services, session.services.loop.time()
    key = address_key(session.wire.address) if user.guest else user.uid
    wait_s = services.limits.strangers.wait_s(key, now)
    if wait_s > 0:
        text = f"{user.name} writes to too many people whom it does not know"
        services.activity.limit_reached("strangers_per_user_burst", session.wire.address, text)
        raise refusals.TOO_MANY_STRANGERS.of(to.shown, wait=refusals.seconds(wait_s))
    services.limits.strangers.take(key, now)
