"""NICK: choose a nick before the welcome, or change it later.

An account's name is its nick, in every client (DESIGN R1). If a client asks for another nick, it learns the account's
name from 001. Only guests can change their nick. An account's own name in another case is accepted, and changes
nothing.

Spec: modern-irc, "NICK message".
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import NameNotAllowedError, NameReservedError
from chatapp.model import events
from chatapp.protocol.names import fold, parse_nick
from chatapp.server import refusals
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session


def nick(session: Session, name: str) -> Coroutine[Any, Any, None] | None:
    """Take the nick for the sign-in, or change the nick of a guest. ``name`` is as typed; raises CommandRefused."""
    if not name:
        raise refusals.NO_NICK_GIVEN.of()
    try:
        parse_nick(name)
    except NameNotAllowedError as error:
        raise refusals.NOT_A_NICK.of(name, why=error) from None
    if session.registering is not None:
        session.registering.nick = name
        return welcome_if_ready(session)
    user = session.user
    if user is None or user.name == name:
        return None
    if not user.guest and fold(name) == fold(user.name):
        session.notice(f"Your name stays as it is written: {user.name}.")
        return None
    if user.guest:
        try:
            session.services.accounts.check_new_name(name)
        except NameReservedError as error:
            raise refusals.NOT_A_NICK.of(name, why=error) from None
    return _rename(session, session.services.proposals.event(events.Renamed, user, name=name))


async def _rename(session: Session, event: events.Renamed) -> None:
    await session.services.proposals.settle(event, session, session.response)
