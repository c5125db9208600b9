"""AUTHENTICATE: sign in with SASL. A refused client may try again on the same connection.

Spec: IRCv3 sasl-3.2.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import ChatError, LineTooLongError, MalformedLineError, ProtocolError
from chatapp.protocol import numerics as num
from chatapp.protocol import sasl
from chatapp.protocol.names import fold
from chatapp.server.delivery import render
from chatapp.server.session.registration import check_password, welcome_if_ready
from chatapp.server.session.session import Session

MECHANISM = "PLAIN"


def authenticate(session: Session, word: str) -> Coroutine[Any, Any, None] | None:
    """Start, continue or abort a sign-in. ``word`` is the mechanism, a chunk of Base64, or ``*`` to abort."""
    told = session.registering
    if told is None or told.uid:
        session.reply(num.ERR_SASLALREADY)
    elif word == sasl.ABORT:
        told.sasl = None
        session.reply(num.ERR_SASLABORTED)
    elif told.sasl is None:
        if word.upper() != MECHANISM:
            session.reply(num.RPL_SASLMECHS, MECHANISM)
            session.reply(num.ERR_SASLFAIL, text=f"Sign in with {MECHANISM}; nothing else is known here.")
        else:
            told.sasl = sasl.ChunkBuffer()
            session.send("AUTHENTICATE +")
    else:
        return _go_on(session, told.sasl, word)
    return None


def _go_on(session: Session, buffer: sasl.ChunkBuffer, word: str) -> Coroutine[Any, Any, None] | None:
    told = session.registering
    assert told is not None
    try:
        payload = buffer.feed(word)
        if payload is None:
            return None
        plain = sasl.decode_plain(payload)
        # No account may act for another one here.
        # Spec: RFC 4616, section 2: "verify that the authentication credentials permit the client to act as the ...
        # authorization identity".
        if plain.authzid and fold(plain.authzid) != fold(plain.authcid):
            raise MalformedLineError("Nobody can sign in for another account here.")
    except LineTooLongError:
        told.sasl = None
        session.reply(num.ERR_SASLTOOLONG)
        return None
    except ProtocolError as error:
        told.sasl = None
        session.reply(num.ERR_SASLFAIL, text=str(error))
        return None
    told.sasl = None
    return _sign_in(session, plain)


async def _sign_in(session: Session, plain: sasl.Plain) -> None:
    try:
        uid = await check_password(session, plain.authcid, plain.password)
    except ChatError as error:
        session.reply(num.ERR_SASLFAIL, text=str(error))
        return
    signed_in(session, uid)
    session.reply(num.RPL_SASLSUCCESS)
    await welcome_if_ready(session)  # NICK, USER and CAP END may have come before


def signed_in(session: Session, uid: str) -> None:
    """Record that a session has signed in to the account ``uid``, and send RPL_LOGGEDIN (900)."""
    user = session.services.state.users.get(uid)
    if user is None:
        return
    if session.registering is not None:
        session.registering.uid = uid
    who = render.source(session.nick, session.services.host)
    session.reply(num.RPL_LOGGEDIN, who, user.name, account=user.name)
