"""PASSWD: change the password of the session's own account.

``PASSWD <old> <new>`` is our own command (capability ``chatapp/account``). Both passwords are Base64 of UTF-8, because
a password may contain spaces. The answer is ``PASSWD SUCCESS :<text>`` or ``FAIL PASSWD <code> :<text>``. The account's
other sessions end, and its client certificates end, except that of this connection.

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
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.commands.cert import add
from chatapp.server.commands.refusals import StandardRefused
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)


def passwd(session: Session, user: User, old: str, new: str) -> Coroutine[Any, Any, None]:
    """Change the password if ``old`` is right. Both are Base64, as typed. Raises StandardRefused."""
    if user.guest:
        raise StandardRefused("NEED_ACCOUNT", text="A guest has no password. Make an account first (REGISTER).")
    return _change(session, user.uid, _decoded(old), _decoded(new))


def _decoded(param: str) -> str:
    try:
        return base64.b64decode(param, validate=True).decode()
    except (binascii.Error, ValueError):
        raise StandardRefused("INVALID_PASSWORD", text="A password comes as Base64 of its UTF-8 text.") from None


async def _change(session: Session, uid: str, old: str, new: str) -> None:
    services = session.services
    try:
        await services.accounts.change_password(uid, old, new, session.wire.address, session.pause)
    except WrongPasswordError:
        text = "The old password is wrong. Your password stays as it was."
        raise StandardRefused("WRONG_PASSWORD", text=text) from None
    except WeakPasswordError as error:
        raise StandardRefused("WEAK_PASSWORD", text=str(error)) from None
    except PasswordError as error:
        raise StandardRefused("INVALID_PASSWORD", text=str(error)) from None
    except (AuthError, BusyError) as error:
        raise StandardRefused("TEMPORARILY_UNAVAILABLE", text=str(error)) from None
    if session.disk is not None:
        session.disk.charge(min(services.accounts.file_bytes, services.config.stored_bytes_burst))
    await _keep_certificate(session, uid)
    session.watch.end_sessions(uid, besides=session)
    session.send(f":{services.host} PASSWD SUCCESS :Your password is changed. Your other sessions have ended.")


async def _keep_certificate(session: Session, uid: str) -> None:
    """Register the certificate of this connection under the new password, if it was the account's."""
    services, fingerprint = session.services, session.wire.certificate
    user = services.state.users.get(uid)
    if user is not None and fingerprint and services.state.certificate_holder(fingerprint) is user:
        try:
            await add(session, user, fingerprint)
        except ChatError:  # the password counts; LIST shows that the certificate does not sign in any more
            log.debug("a certificate could not be kept")
