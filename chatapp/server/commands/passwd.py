"""PASSWD: change the password of the session's own account.

``PASSWD <old> <new>`` is our own command (capability ``chatapp/account``). Both passwords are Base64 of UTF-8, because
a password may contain spaces. ``PASSWD PLAIN <old> <new>`` is for people: both are as typed. The answer is ``PASSWD
SUCCESS :<text>`` (without the capability, a NOTICE with the text) or ``FAIL PASSWD <code> :<text>``. The account's
other sessions end, and its client certificates and device tokens end, except those of this connection.

Spec: our own; chatapp/server/README.md, "Our own".
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Coroutine
from typing import Any

from chatapp.errors import AuthError, ChatError, PasswordError, WeakPasswordError
from chatapp.model.entities import User
from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.commands.cert import add
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)


def passwd(session: Session, user: User, first: str, second: str, message: Message) -> Coroutine[Any, Any, None]:
    """Change the password if the old one is right. Raises StandardRefused.

    The parameters are both passwords in Base64; or the word PLAIN and both passwords as they are.
    """
    if user.guest:
        raise refusals.GUEST_HAS_NO_PASSWORD.of()
    if first.upper() == "PLAIN":
        if len(message.params) != 3:  # a password with spaces must not lose what follows the first space
            raise refusals.PASSWD_PLAIN_USAGE.of()
        return _change(session, user.uid, second, message.params[2])
    if len(message.params) > 2:
        raise refusals.PASSWORD_NOT_BASE64.of()
    return _change(session, user.uid, _decoded(first), _decoded(second))


def _decoded(param: str) -> str:
    try:
        return base64.b64decode(param, validate=True).decode()
    except (binascii.Error, ValueError):
        raise refusals.PASSWORD_NOT_BASE64.of() from None


async def _change(session: Session, uid: str, old: str, new: str) -> None:
    services = session.services
    try:
        await services.accounts.change_password(uid, old, new, session.wire.address, session.pause)
    except WrongPasswordError:
        raise refusals.WRONG_OLD_PASSWORD.of() from None
    except WeakPasswordError as error:
        raise refusals.WEAK_PASSWORD.of(why=error) from None
    except PasswordError as error:
        raise refusals.UNUSABLE_PASSWORD.of(why=error) from None
    except (AuthError, BusyError) as error:
        raise refusals.TEMPORARILY_UNAVAILABLE.of(why=error) from None
    if session.disk is not None:
        session.disk.charge(min(services.accounts.file_bytes, services.config.stored_bytes_burst))
    await _keep_certificate(session, uid)
    session.watch.end_sessions(uid, besides=session)
    await _keep_token(session, uid)
    words = "Your password is changed. Your other sessions have ended."
    session.tell("PASSWD", f":{services.host} PASSWD SUCCESS :{words}", words)


async def _keep_token(session: Session, uid: str) -> None:
    """Let the device token that this connection signed in with sign in with the new password too."""
    user = session.services.state.users.get(uid)
    if user is not None and session.token:
        try:
            await session.services.tokens.keep(user, session.token, session)
        except ChatError:  # the password counts; the client asks for it when it comes back
            log.debug("a token could not be kept")


async def _keep_certificate(session: Session, uid: str) -> None:
    """Register the certificate of this connection under the new password, if it was the account's."""
    services, fingerprint = session.services, session.wire.certificate
    user = services.state.users.get(uid)
    if user is not None and fingerprint and services.state.certificate_holder(fingerprint) is user:
        try:
            await add(session, user, fingerprint)
        except ChatError:  # the password counts; LIST shows that the certificate does not sign in any more
            log.debug("a certificate could not be kept")
