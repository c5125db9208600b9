"""SETNAME: the display name.

Spec: IRCv3 setname.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.model import events
from chatapp.protocol.message import Message
from chatapp.server.capabilities import SETNAME
from chatapp.server.dispatch import StandardRefused
from chatapp.server.session import Session


def setname(session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Change one's own display name."""
    realname, user = message.params[0], session.user
    most = session.hub.config.realname_bytes_max
    if not realname.strip() or not realname.isprintable():
        raise StandardRefused("INVALID_REALNAME", text="A display name is text that can be seen.")
    if len(realname.encode()) > most:
        raise StandardRefused("INVALID_REALNAME", text=f"A display name has {most} bytes at most.")
    if user is None or user.realname == realname:
        return None
    new = session.hub.proposals
    return _set(
        session,
        events.RealnameSet(
            id=new.new_id(), time=new.new_time(""), actor=user.uid, nick=user.name, guest=user.guest, realname=realname
        ),
    )


async def _set(session: Session, event: events.RealnameSet) -> None:
    await session.hub.proposals.settle(event, session, session.response)
    if not session.caps & SETNAME:
        session.send(f":{session.hub.host} NOTICE {session.nick} :Your display name is now: {event.realname}")
