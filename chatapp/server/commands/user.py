"""USER and PASS: take the real name and the password that a client sends before it is welcomed.

Spec: modern-irc, "USER message", "PASS message".
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.commands.setname import why_no_realname
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session


def user(session: Session, name: str, mode: str, third: str, realname: str | None) -> Coroutine[Any, Any, None] | None:
    """Take the real name, and welcome the session if it is ready. The user name is ignored: the nick serves as one."""
    told = session.registering
    assert told is not None
    if told.realname is not None:
        raise refusals.ALREADY_REGISTERED.of()
    if realname is None:
        # COMPAT(HexChat, 2.14): its third parameter is the server's address, and "::1" begins the trailing parameter.
        _, colon, realname = third.partition(" :")
        if not colon:
            raise refusals.NEED_MORE_PARAMS.of("USER")
    # The server cannot ask for another real name, so it drops an invalid one instead of refusing or cutting it.
    told.realname = "" if why_no_realname(session.services.config, realname) else realname
    return welcome_if_ready(session)


def password(session: Session, first: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Take ``name:password`` (or a password alone), and sign in with it now if the session is ready."""
    told = session.registering
    assert told is not None
    # COMPAT(irssi, 1.4): it sends a password with spaces without the colon, so as several parameters.
    told.password = " ".join(message.params)
    return welcome_if_ready(session)
