"""NICK: choose a nick before the welcome, or change it later.

An account's name is its nick, in every client (DESIGN R1). If a client asks for another nick, it learns the account's
name from 001. Only guests can change their nick.

Spec: modern-irc, "NICK message".
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import NameNotAllowedError, NameReservedError
from chatapp.model import events
from chatapp.protocol import numerics as num
from chatapp.protocol.names import parse_nick
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session


def nick(session: Session, name: str) -> Coroutine[Any, Any, None] | None:
    """Take the nick for the sign-in, or change the nick of a guest. ``name`` is as typed; raises CommandRefused."""
    if not name:
        raise CommandRefused(num.ERR_NONICKNAMEGIVEN)
    try:
        parse_nick(name)
    except NameNotAllowedError as error:
        raise CommandRefused(num.ERR_ERRONEUSNICKNAME, name, text=str(error)) from None
    if session.registering is not None:
        session.registering.nick = name
        return welcome_if_ready(session)
    user = session.user
    if user is None or user.name == name:
        return None
    if user.guest:
        try:
            session.services.accounts.check_new_name(name)
        except NameReservedError as error:
            raise CommandRefused(num.ERR_ERRONEUSNICKNAME, name, text=str(error)) from None
    return _rename(session, session.services.proposals.event(events.Renamed, user, name=name))


async def _rename(session: Session, event: events.Renamed) -> None:
    await session.services.proposals.settle(event, session, session.response)
