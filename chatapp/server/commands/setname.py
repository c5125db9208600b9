"""SETNAME: change the user's own display name (the "realname" of IRC).

Spec: IRCv3 setname.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from chatapp.config import Config
from chatapp.errors import LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.outcome import Reason
from chatapp.protocol.names import has_invisible
from chatapp.server import refusals
from chatapp.server.capabilities import SETNAME
from chatapp.server.commands.refuse import why_muted
from chatapp.server.delivery import render
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

# Zero-width non-joiner and joiner: invisible, but needed by some languages (Persian) and in many emoji. The two
# variation selectors say whether the character before them is an emoji.
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d\ufe0e\ufe0f"))


def is_unseen(text: str) -> bool:
    """Return whether a text has characters that nobody can see, beyond those that writing and emoji need."""
    return has_invisible(text.translate(_JOINERS))


def why_no_realname(config: Config, text: str) -> str:
    """Return the reason why ``text`` cannot be a display name, or an empty text if it can be one."""
    if not text.translate(_JOINERS).strip() or is_unseen(text):
        return refusals.REALNAME_UNSEEN
    most = config.realname_bytes_max
    return refusals.REALNAME_TOO_LONG.format(most=most) if len(text.encode()) > most else ""


def setname(session: Session, user: User, realname: str) -> Coroutine[Any, Any, None] | None:
    """Change the user's display name. Raises StandardRefused."""
    if why := why_no_realname(session.services.config, realname):
        raise refusals.UNUSABLE_REALNAME.of(why=why)
    if user.realname == realname:
        if session.caps & SETNAME:  # "Until the server confirms this change, the client MUST assume" there was none
            session.send(f":{render.source(user.name, session.services.host)} SETNAME :{realname}")
        return None
    return _set(session, session.services.proposals.event(events.RealnameSet, user, realname=realname))


async def _set(session: Session, event: events.RealnameSet) -> None:
    try:
        await session.services.proposals.settle(event, session, session.response)
    except LogUnavailableError as error:
        raise refusals.REALNAME_NOT_STORED.of(why=error) from None
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.MUTED_ELSEWHERE:
            raise
        raise refusals.REALNAME_NOT_STORED.of(why=why_muted(error.refusal)) from None
