"""CERT: the client certificates with which the session's own account signs in (SASL EXTERNAL).

``CERT ADD`` registers the certificate of this connection: the TLS handshake has proved that the client has its key.
Nobody can register a fingerprint alone, because then somebody else's certificate could be taken.

Spec: our own; chatapp/server/README.md, "Extensions". Ergo and other servers have ``NickServ CERT`` with these words.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.outcome import Reason
from chatapp.protocol.timestamps import format_minute
from chatapp.server import refusals
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

_REFUSALS: dict[Reason, refusals.Standard] = {
    Reason.CERTIFICATE_TAKEN: refusals.CERTIFICATE_TAKEN,
    Reason.CERTIFICATE_KNOWN: refusals.CERTIFICATE_KNOWN,
    Reason.CERTIFICATES_FULL: refusals.CERTIFICATES_FULL,
    Reason.NO_SUCH_CERTIFICATE: refusals.NO_SUCH_CERTIFICATE,
}


async def cert(session: Session, user: User, action: str, fingerprint: str) -> None:
    """Register this connection's certificate (ADD), remove a certificate (DEL), or show them (LIST).

    Raises StandardRefused and LogUnavailableError. ``fingerprint`` is as typed; empty for that of this connection.
    """
    if user.guest:
        raise refusals.GUEST_HAS_NO_CERTIFICATES.of()
    action = action.upper()
    if action == "LIST":
        _list(session, user)
    elif action == "ADD" and not fingerprint:
        if session.by_token:  # the certificate would outlive the token
            raise refusals.CERTIFICATE_NEEDS_PASSWORD.of()
        await add(session, user, _own(session))
    elif action == "DEL":
        await _remove(session, user, fingerprint.replace(":", "").lower() or _own(session))
    else:
        raise refusals.WRONG_PARAMS.of(render.shown(action), usage=TOPICS["CERT"].syntax)


def _own(session: Session) -> str:
    """Return the fingerprint of the certificate of this connection. Raises StandardRefused if there is none."""
    if not session.wire.certificate:
        raise refusals.NO_CERTIFICATE.of()
    return session.wire.certificate


def _list(session: Session, user: User) -> None:
    mark = session.services.accounts.roster.password_mark(user)
    for each in user.certificates:
        lapsed = "" if each.password_mark == mark else "; it does not sign in any more, as your password is a new one"
        session.notice(f"{each.fingerprint}, registered on {format_minute(each.time)}{lapsed}")
    session.notice(f"Certificates: {len(user.certificates)}." if user.certificates else "You have no certificates.")


async def add(session: Session, user: User, fingerprint: str) -> None:
    """Register a certificate for a user. All its sessions are told. Raises StandardRefused and LogUnavailableError."""
    mark = session.services.accounts.roster.password_mark(user)
    if not mark:
        raise refusals.CERTIFICATE_NOT_NOW.of()
    new = session.services.proposals
    await _settle(session, new.event(events.CertificateAdded, user, fingerprint=fingerprint, password_mark=mark))


async def _remove(session: Session, user: User, fingerprint: str) -> None:
    """Remove a certificate. The event ends the other sessions that have it (``Delivery``)."""
    new = session.services.proposals
    await _settle(session, new.event(events.CertificateRemoved, user, fingerprint=fingerprint))


async def _settle(session: Session, event: events.CertificateAdded | events.CertificateRemoved) -> None:
    try:
        await session.services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:
        if error.refusal.reason not in _REFUSALS:
            raise
        raise _REFUSALS[error.refusal.reason].of() from None
