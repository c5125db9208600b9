"""REGISTER creates an account; VERIFY has nothing to verify; ACCOUNT asks whether a name has an account.

ACCOUNT is our own command (capability ``chatapp/account``), for clients that offer to create an account for a new name.
The answer to ``ACCOUNT <name>`` is ``ACCOUNT <name> known``, ``unknown``, ``invitation`` (unknown, and signing up needs
an INVITATION), or ``closed`` (unknown, and nobody can sign up). If REGISTER would refuse the name, the answer is that
refusal, so that nobody chooses a password in vain.

Spec: IRCv3 draft/account-registration, with ``before-connect`` and ``custom-account-name``; ACCOUNT:
chatapp/server/README.md, "Our own".
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.errors import AccountExistsError, ChatError, NameNotAllowedError, PasswordError, WeakPasswordError
from chatapp.model.outcome import Refusal
from chatapp.protocol.names import fold
from chatapp.server import refusals
from chatapp.server.commands.authenticate import signed_in
from chatapp.server.commands.invitation import refused
from chatapp.server.delivery import render
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session import arriving
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session
from chatapp.server.tokens import SignedIn

_REFUSALS: tuple[tuple[type[ChatError], refusals.Standard], ...] = (
    (AccountExistsError, refusals.ACCOUNT_EXISTS),
    (WeakPasswordError, refusals.WEAK_PASSWORD),
    (PasswordError, refusals.UNACCEPTABLE_PASSWORD),
    (NameNotAllowedError, refusals.BAD_ACCOUNT_NAME),
)

_ANSWERS = {
    "known": "has an account.",
    "unknown": "has no account. You can make it: REGISTER.",
    "invitation": "has no account. To make it, you need an invitation: INVITATION.",
    "closed": "has no account, and nobody can sign up here.",
}
"""The answers to ACCOUNT, as sentences that begin with the name."""


async def account(session: Session, name: str) -> None:
    """Answer whether ``name`` (as typed) has an account, or could get one. Raises StandardRefused."""
    accounts = session.services.accounts
    await accounts.roster.take_in()
    policy = session.services.settings.sign_up
    if accounts.knows(name):
        answer = "known"
    elif policy == "closed":
        answer = "closed"
    elif policy == "invite" and not session.invitation:
        answer = "invitation"
    else:
        try:
            accounts.check_new_name(name)
            if not session.invitation:
                accounts.check_may_sign_up(session.wire.address)
        except NameNotAllowedError as error:
            raise refusals.BAD_ACCOUNT_NAME.of(name, why=error) from None
        except BusyError as error:
            raise refusals.TEMPORARILY_UNAVAILABLE.of(name, why=error) from None
        answer = "unknown"
    shown = render.shown(name)
    session.tell("ACCOUNT", f":{session.services.host} ACCOUNT {shown} {answer}", f"{shown} {_ANSWERS[answer]}")


def register(session: Session, name: str, email: str, password: str) -> Coroutine[Any, Any, None]:
    """Create an account and sign the session in to it. Raises StandardRefused.

    ``name`` is as typed; ``*`` stands for the session's nick. ``email`` is not used. A guest becomes the account, which
    keeps the guest's name.
    """
    told, user = session.registering, session.user
    policy = session.services.settings.sign_up
    if policy == "closed":
        raise refusals.SIGN_UP_CLOSED.of(name)
    if policy == "invite" and not session.invitation:
        raise refusals.NEED_INVITATION.of(name)
    if told is not None:
        if told.uid:
            raise refusals.SIGNED_IN_ALREADY.of(name)
        if name == "*":
            name = told.nick
        if not name:
            raise refusals.NICK_FIRST.of("*")
        return _register(session, name, password, "")
    if user is None or not user.guest:
        raise refusals.SIGNED_IN_ALREADY.of(session.nick)
    if name not in ("*", user.name) and fold(name) != fold(user.name):
        raise refusals.ACCOUNT_IS_NICK.of(name)
    return _register(session, user.name, password, user.uid)


def verify(session: Session, name: str, code: str) -> None:
    """Refuse a code: no account needs a verification. Raises StandardRefused.

    Spec: IRCv3 draft/account-registration, "FAIL VERIFY INVALID_CODE <account> <message>".
    """
    told, user = session.registering, session.user
    if told.uid if told is not None else user is not None and not user.guest:
        raise refusals.SIGNED_IN_ALREADY.of(render.shown(name))
    raise refusals.NO_VERIFICATION.of(render.shown(name))


async def _register(session: Session, name: str, password: str, guest_uid: str) -> None:
    address, accounts = session.wire.address, session.services.accounts
    invitation = accounts.invitations.find(session.invitation) if session.invitation else None
    arriving.begin(session, name)
    uid = ""
    try:
        if isinstance(invitation, Refusal):
            raise EventRefusedError(invitation)
        uid = await accounts.sign_up(name, password, address, session.pause, guest_uid, invitation)
    except EventRefusedError as error:
        session.invitation = ""
        raise refused(error, name) from None
    except BusyError as error:
        session.services.activity.sign_up_refused(address, str(error))
        raise refusals.TEMPORARILY_UNAVAILABLE.of(name, why=error) from None
    except ChatError as error:
        for kind, refusal in _REFUSALS:
            if isinstance(error, kind):
                raise refusal.of(name, why=error) from None
        raise refusals.TEMPORARILY_UNAVAILABLE.of(name, why=error) from None
    finally:
        if not uid or session.closed:
            arriving.end(session)
    session.invitation = ""
    signed_in(session, SignedIn(uid))
    words = f"The account {name} is made, and you are signed in."
    session.tell("REGISTER", f":{session.services.host} REGISTER SUCCESS {name} :{words}", words)
    await welcome_if_ready(session)  # NICK, USER and CAP END may have come before
