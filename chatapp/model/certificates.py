"""Client certificates that sign in to an account (SASL EXTERNAL): who may register and remove them.

A certificate signs in only while the account's password is the one of the moment when the certificate was registered.
So a new password keeps out every device that could sign in before. The state knows no password: each certificate has a
mark of the password (``Roster.password_mark``), and the server compares the marks.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.entities import CERTIFICATES_MAX, Certificate
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables


def may_add(tables: Tables, event: events.CertificateAdded) -> Refusal | None:
    """Judge a new certificate of an account: no other account has it, and the account has room for it."""
    user = tables.users.get(event.actor)
    if user is None or user.guest:
        return Refusal(Reason.NOT_HERE, event.nick)
    holder = tables.certificate_holder(event.fingerprint)
    if holder is not None and holder is not user:
        return Refusal(Reason.CERTIFICATE_TAKEN)
    same = [each for each in user.certificates if each.password_mark == event.password_mark]
    if any(each.fingerprint == event.fingerprint for each in same):
        return Refusal(Reason.CERTIFICATE_KNOWN)
    return Refusal(Reason.CERTIFICATES_FULL) if len(same) >= CERTIFICATES_MAX else None


def _add(tables: Tables, event: events.CertificateAdded) -> Applied:
    """Add a certificate; those registered under an older password are dropped."""
    user = tables.users[event.actor]
    kept = [each for each in user.certificates if each.password_mark == event.password_mark]
    added = Certificate(event.fingerprint, event.time, event.password_mark)
    tables.set_certificates(user, (*kept, added))
    return Applied(event, user)


def may_remove(tables: Tables, event: events.CertificateRemoved) -> Refusal | None:
    """Judge the removal of a certificate: it is the account's. Without ``actor`` it may be any account's."""
    if event.actor and event.actor not in tables.users:
        return Refusal(Reason.NOT_HERE, event.nick)
    holder = tables.certificate_holder(event.fingerprint)
    if holder is None or event.actor not in ("", holder.uid):
        return Refusal(Reason.NO_SUCH_CERTIFICATE)
    return None


def _remove(tables: Tables, event: events.CertificateRemoved) -> Applied:
    holder = tables.certificate_holder(event.fingerprint)
    assert holder is not None
    kept = tuple(each for each in holder.certificates if each.fingerprint != event.fingerprint)
    tables.set_certificates(holder, kept)
    if not event.actor:
        note_act(tables, event, "remove-certificate", holder, detail=event.fingerprint)
    return Applied(event, tables.users.get(event.actor), peer=holder)


STEPS: dict[type, Step] = {
    events.CertificateAdded: Step(may_add, _add),
    events.CertificateRemoved: Step(may_remove, _remove),
}
