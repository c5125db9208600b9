"""AUTHENTICATE: sign in with SASL. A refused client may try again on the same connection.

PLAIN needs a password or a device token (``token.py``). EXTERNAL needs a client certificate that an account has
registered (``cert.py``).

Who has signed in may sign in again, to the same account only: a name belongs to a connection as long as it lasts.

Spec: IRCv3 sasl-3.1 and sasl-3.2.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import ChatError, LineTooLongError, MalformedLineError, ProtocolError
from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.protocol import sasl
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.capabilities import ACCOUNT_LOOKUP, sasl_mechanisms
from chatapp.server.delivery import render
from chatapp.server.session.registration import check_certificate, check_credentials, welcome_if_ready
from chatapp.server.session.session import Session
from chatapp.server.tokens import SignedIn


def authenticate(session: Session, word: str) -> Coroutine[Any, Any, None] | None:
    """Start, continue or abort a sign-in. ``word`` is the mechanism, a chunk of Base64, or ``*`` to abort."""
    if word == sasl.ABORT:
        session.sasl = None
        session.reply(refusals.SASL_ABORTED)
    elif session.sasl is None:
        _start(session, word.upper())
    else:
        return _go_on(session, session.sasl, word)
    return None


def _start(session: Session, mechanism: str) -> None:
    """Start a sign-in with a mechanism.

    Spec: IRCv3 sasl-3.1: "908 MAY be sent in reply to an AUTHENTICATE command which requests an unsupported mechanism".
    """
    mechanisms = sasl_mechanisms(session.wire.certificate is not None)
    user = session.user
    if mechanism not in mechanisms.split(","):
        session.reply(num.RPL_SASLMECHS, mechanisms)
        session.reply(refusals.UNKNOWN_MECHANISM, known=mechanisms.replace(",", " or "))
    elif mechanism == sasl.EXTERNAL and not session.wire.certificate:
        session.reply(refusals.NO_CERTIFICATE_SENT)
    elif user is not None and user.guest:
        session.reply(refusals.GUEST_STAYS)
    else:
        session.sasl = sasl.Exchange(mechanism)
        session.send("AUTHENTICATE +")


def _go_on(session: Session, exchange: sasl.Exchange, word: str) -> Coroutine[Any, Any, None] | None:
    """Add a chunk; after the last one, sign in.

    Spec: IRCv3 sasl-3.1: "If authentication fails, a 904 or 905 numeric will be sent and the client MAY retry".
    """
    try:
        payload = exchange.chunks.feed(word)
        if payload is None:
            return None
        session.sasl = None
        if exchange.mechanism == sasl.EXTERNAL:
            return _sign_in_by_certificate(session, sasl.decode_external(payload))
        plain = sasl.decode_plain(payload)
        # No account may act for another one here.
        # Spec: RFC 4616, section 2: "verify that the authentication credentials permit the client to act as the ...
        # authorization identity".
        if plain.authzid and fold(plain.authzid) != fold(plain.authcid):
            raise MalformedLineError(refusals.FOR_OTHER_ACCOUNT)
        return _sign_in(session, plain)
    except LineTooLongError:
        session.sasl = None
        session.reply(refusals.SASL_TOO_LONG)
    except ProtocolError as error:
        session.sasl = None
        session.reply(refusals.SASL_REFUSED, why=error)
    return None


async def _sign_in(session: Session, plain: sasl.Plain) -> None:
    now = _signed_in_as(session)
    if now is not None and fold(plain.authcid) != fold(now.name):
        _refuse_other_account(session, now)
        return
    try:
        found = await check_credentials(session, plain.authcid, plain.password)
    except WrongPasswordError as error:  # the same words whether the name has an account or not
        tells = session.services.settings.sign_up == "open" and not session.caps & ACCOUNT_LOOKUP
        session.reply(refusals.SASL_REFUSED, why=refusals.HOW_TO_SIGN_UP.format(why=error) if tells else error)
        return
    except ChatError as error:
        session.reply(refusals.SASL_REFUSED, why=error)
        return
    await _succeed(session, found)


async def _sign_in_by_certificate(session: Session, name: str) -> None:
    """Sign in to the account of the client's certificate.

    Spec: RFC 4422, appendix A: without an authorization identity, the client acts "as the identity the server
    associates with the client's (external) authentication credentials".
    """
    try:
        found = await check_certificate(session, name)
    except ChatError as error:
        session.reply(refusals.SASL_REFUSED, why=error)
        return
    await _succeed(session, found)


async def _succeed(session: Session, found: SignedIn) -> None:
    """Answer credentials that are right, and welcome the client if it has sent all else."""
    now = _signed_in_as(session)
    if now is not None and now.uid != found.uid:
        _refuse_other_account(session, now)
        return
    signed_in(session, found)
    session.reply(num.RPL_SASLSUCCESS)
    await welcome_if_ready(session)  # NICK, USER and CAP END may have come before


def _signed_in_as(session: Session) -> User | None:
    """Return the account that the session has signed in to, before the welcome or after it."""
    told = session.registering
    return session.services.state.users.get(session.uid if told is None else told.uid)


def _refuse_other_account(session: Session, now: User) -> None:
    """Refuse to sign in to another account than ``now``.

    Spec: IRCv3 sasl-3.2: "ERR_SASLALREADY is appropriate if changing accounts is not supported".
    """
    session.reply(refusals.SIGNED_IN_AS_OTHER, name=now.name)


def signed_in(session: Session, found: SignedIn) -> None:
    """Record that a session has signed in, and send RPL_LOGGEDIN (900)."""
    user = session.services.state.users.get(found.uid)
    if user is None:
        return
    if session.registering is not None:
        session.registering.signed_in(*found)
    who = render.source(session.nick, session.services.host)
    session.reply(num.RPL_LOGGEDIN, who, user.name, account=user.name)
