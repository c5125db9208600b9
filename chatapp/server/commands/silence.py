"""SILENCE: block users, so that their messages do not reach any device of the blocker.

A blocked user learns nothing: its messages are stored and echoed as always.

Spec: none; the numerics are those of InspIRCd and UnrealIRCd, and a mask must name one user.

These servers tell the user of a change with a SILENCE line, as we do for our own client (``chatapp/account``). Others,
such as WeeChat and irssi, do not know that line and call it an error, so they get a NOTICE.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.outcome import Reason
from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.capabilities import ACCOUNT_LOOKUP
from chatapp.server.commands.arguments import USER
from chatapp.server.delivery import render
from chatapp.server.delivery.recipient import Recipient
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session


def silence(session: Session, user: User, change: str) -> Coroutine[Any, Any, None] | None:
    """Block a user (``+nick``), unblock it (``-nick``), or list the blocked users. Raises CommandRefused."""
    name = change.lstrip("+-").partition("!")[0]
    if not name:
        users = session.services.state.users
        for uid in user.silenced:
            session.reply(num.RPL_SILELIST, user.name, f"{users[uid].name}!*@*")
        session.reply(num.RPL_ENDOFSILELIST, user.name)
        return None
    return _change(session, user, USER.read(session, name), not change.startswith("-"))


async def _change(session: Session, user: User, target: User, on: bool) -> None:
    services = session.services
    recipients: tuple[Recipient, ...]
    if target is user:
        raise refusals.SILENCE_SELF.of("SILENCE")
    event = services.proposals.event(events.Silenced, user, target=target.uid, on=on)
    try:
        await services.proposals.settle(event, session)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.UNCHANGED:
            raise
        recipients, words = (session,), "is silenced already." if on else "is not silenced."
    else:
        recipients = services.presence.sessions(user.uid)
        words = "is silenced: you get no messages of theirs, on any device." if on else "is not silenced any more."
    _tell(session, recipients, user, target, on, words)


def _tell(session: Session, recipients: Iterable[Recipient], user: User, target: User, on: bool, words: str) -> None:
    """Tell sessions of a user whether it silences ``target``: in ``words``, or with a SILENCE line."""
    services = session.services
    notice = f":{services.host} NOTICE {user.name} :{target.name} {words}\r\n".encode()
    line = f":{render.source(user.name, services.host)} SILENCE {'+' if on else '-'}{target.name}!*@*\r\n".encode()
    for recipient in recipients:
        told = line if recipient.caps & ACCOUNT_LOOKUP else notice
        if recipient is session:
            session.send_raw(told)
        else:
            recipient.deliver(told)
