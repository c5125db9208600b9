"""USER and PASS: what else a connection tells before it is welcomed."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.commands.setname import why_no_realname
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session


def user(session: Session, name: str, mode: str, third: str, realname: str | None) -> Coroutine[Any, Any, None] | None:
    """Take the real name; the user name is not used (it is the nick)."""
    told = session.registering
    assert told is not None
    if told.realname is not None:
        raise CommandRefused(num.ERR_ALREADYREGISTERED)
    if realname is None:
        # COMPAT(HexChat, 2.14): its third parameter is the server's address, and "::1" begins a trailing parameter
        _, colon, realname = third.partition(" :")
        if not colon:
            raise CommandRefused(num.ERR_NEEDMOREPARAMS, "USER")
    # A client cannot be asked again for this one, so what cannot be is left out, whole, rather than refused or cut.
    told.realname = "" if why_no_realname(session.services.config, realname) else realname
    return welcome_if_ready(session)


def password(session: Session, first: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Take ``name:password``; where all else is told, sign in with it now."""
    told = session.registering
    assert told is not None
    # COMPAT(irssi, 1.4): a password with spaces comes without the colon before it, in several parameters.
    told.password = " ".join(message.params)
    return welcome_if_ready(session)
