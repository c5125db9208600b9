"""SILENCE: block users, so that their messages do not reach any device of the blocker.

A blocked user learns nothing: its messages are stored and echoed as always. In no specification; the numerics are those
of InspIRCd and UnrealIRCd, and a mask must name one user.

These servers tell the user of a change with a SILENCE line, as we do for our own client (``chatapp/account``). Others,
such as WeeChat and irssi, do not know that line and call it an error, so they get a NOTICE.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.server.capabilities import ACCOUNT_LOOKUP
from chatapp.server.commands.arguments import USER
from chatapp.server.delivery import render
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
    await services.proposals.settle(services.proposals.event(events.Silenced, user, target=target.uid, on=on), session)
    words = "is silenced: you get no messages of theirs, on any device." if on else "is not silenced any more."
    notice = f":{services.host} NOTICE {user.name} :{target.name} {words}\r\n".encode()
    line = f":{render.source(user.name, services.host)} SILENCE {'+' if on else '-'}{target.name}!*@*\r\n".encode()
    for recipient in services.presence.sessions(user.uid):
        told = line if recipient.caps & ACCOUNT_LOOKUP else notice
        if recipient is session:
            session.send_raw(told)
        else:
            recipient.deliver(told)
