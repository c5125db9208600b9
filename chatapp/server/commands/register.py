"""REGISTER creates an account; ACCOUNT asks whether a name has an account.

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
from chatapp.server.commands.authenticate import signed_in
from chatapp.server.commands.invitation import refused
from chatapp.server.commands.refusals import StandardRefused
from chatapp.server.delivery import render
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session

_SIGNED_IN = "You have signed in already."
_CLOSED = "Nobody can sign up here by themselves. Ask who runs this server for an account."
_NEED_INVITATION = (
    "You need an invitation to sign up here. Ask somebody who is here for its link, then: chat connect LINK,"
    " or INVITATION LINK and then REGISTER."
)
_CODES: tuple[tuple[type[ChatError], str], ...] = (
    (AccountExistsError, "ACCOUNT_EXISTS"),
    (WeakPasswordError, "WEAK_PASSWORD"),
    (PasswordError, "UNACCEPTABLE_PASSWORD"),
    (NameNotAllowedError, "BAD_ACCOUNT_NAME"),
)


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
            raise StandardRefused("BAD_ACCOUNT_NAME", name, text=str(error)) from None
        except BusyError as error:
            raise StandardRefused("TEMPORARILY_UNAVAILABLE", name, text=str(error)) from None
        answer = "unknown"
    session.send(f":{session.services.host} ACCOUNT {render.shown(name)} {answer}")


def register(session: Session, name: str, email: str, password: str) -> Coroutine[Any, Any, None]:
    """Create an account and sign the session in to it. Raises StandardRefused.

    ``name`` is as typed; ``*`` stands for the session's nick. ``email`` is not used. A guest becomes the account, which
    keeps the guest's name.
    """
    told, user = session.registering, session.user
    policy = session.services.settings.sign_up
    if policy == "closed":
        raise StandardRefused("DISALLOWED", name, text=_CLOSED)
    if policy == "invite" and not session.invitation:
        raise StandardRefused("NEED_INVITATION", name, text=_NEED_INVITATION)
    if told is not None:
        if told.uid:
            raise StandardRefused("ALREADY_AUTHENTICATED", name, text=_SIGNED_IN)
        if name == "*":
            name = told.nick
        if not name:
            raise StandardRefused("NEED_NICK", "*", text="Send NICK first; the account gets that name.")
        return _register(session, name, password, "")
    if user is None or not user.guest:
        raise StandardRefused("ALREADY_AUTHENTICATED", session.nick, text=_SIGNED_IN)
    if name not in ("*", user.name) and fold(name) != fold(user.name):
        text = "Your account gets the name you go by. Change it first with NICK."
        raise StandardRefused("ACCOUNT_NAME_MUST_BE_NICK", name, text=text)
    return _register(session, user.name, password, user.uid)


async def _register(session: Session, name: str, password: str, guest_uid: str) -> None:
    address, accounts = session.wire.address, session.services.accounts
    invitation = accounts.invitations.find(session.invitation) if session.invitation else None
    try:
        if isinstance(invitation, Refusal):
            raise EventRefusedError(invitation)
        uid = await accounts.sign_up(name, password, address, session.pause, guest_uid, invitation)
    except EventRefusedError as error:
        session.invitation = ""
        raise refused(error, name) from None
    except BusyError as error:
        session.services.activity.sign_up_refused(address, str(error))
        raise StandardRefused("TEMPORARILY_UNAVAILABLE", name, text=str(error)) from None
    except ChatError as error:
        for kind, code in _CODES:
            if isinstance(error, kind):
                raise StandardRefused(code, name, text=str(error)) from None
        raise StandardRefused("TEMPORARILY_UNAVAILABLE", name, text=str(error)) from None
    session.invitation = ""
    signed_in(session, uid)
    session.send(
        f":{session.services.host} REGISTER SUCCESS {name} :The account {name} is made, and you are signed in."
    )
    await welcome_if_ready(session)  # NICK, USER and CAP END may have come before
