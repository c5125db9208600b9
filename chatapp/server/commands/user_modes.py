"""MODE with the session's own nick: change the modes of its user.

Spec: modern-irc, "User mode"; RFC 2812, section 3.1.5.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.protocol import modes
from chatapp.server import refusals
from chatapp.server.commands.refuse import refuse
from chatapp.server.delivery import render
from chatapp.server.delivery.greeting import CHANGES_MAX
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session
from chatapp.server.session.user_modes import watch


def change(session: Session, user: User, changes: str) -> Coroutine[Any, Any, None] | None:
    """Make the changes, such as ``+iB-w``, that are possible. The last change of a letter counts.

    Spec: modern-irc, "MODE message": "If <modestring> is given, the supplied modes will be applied, and a MODE message
    will be sent to the user containing the changed modes. If one or more modes sent are not implemented on the server,
    the server MUST apply the modes that are implemented, and then send the ERR_UMODEUNKNOWNFLAG (501) in reply along
    with the MODE message."
    """
    wanted = {each.letter: each.sign for each in modes.parse(changes, ())}
    unknown = [letter for letter in wanted if letter not in modes.USER_LETTERS][:CHANGES_MAX]
    notices, role = wanted.pop(modes.NOTICES, ""), wanted.get(modes.ADMINISTRATOR)
    if notices:
        _watch(session, user, notices == "+")
    held = user.modes + (modes.ADMINISTRATOR if user.role == ADMINISTRATOR else "")
    added = "".join(sorted(each for each in modes.OF_USERS if wanted.get(each) == "+" and each not in held))
    removed = "".join(sorted(each for each in modes.OF_USERS if wanted.get(each) == "-" and each in held))
    if role == "-" and modes.ADMINISTRATOR in held:
        removed += modes.ADMINISTRATOR
    if added or removed:
        return _settle(session, user, added, removed, unknown)
    _refuse_unknown(session, unknown)
    return None


def _refuse_unknown(session: Session, letters: Iterable[str]) -> None:
    """Answer each unknown letter, as InspIRCd does; modern-irc has no letter in 501."""
    for letter in letters:
        session.reply(refusals.UNKNOWN_USER_MODE, render.shown_letter(letter))


def _watch(session: Session, user: User, on: bool) -> None:
    """Set or remove the mode ``s`` of this session. Only administrators set it."""
    if on and user.role != ADMINISTRATOR:
        refuse(session, "MODE", user.name, refusals.NOT_AN_ADMINISTRATOR.of())
    elif watch(session, on):
        added, removed = (modes.NOTICES, "") if on else ("", modes.NOTICES)
        session.send(render.user_mode_line(user.name, added, removed, session.services.host))


async def _settle(session: Session, user: User, added: str, removed: str, unknown: Iterable[str]) -> None:
    event = session.services.proposals.event(events.UserModesChanged, user, added=added, removed=removed)
    try:
        await session.services.proposals.settle(event, session, session.response)
    except EventRefusedError as error:  # another session of the user changed them meanwhile
        refuse(session, "MODE", user.name, error)
    _refuse_unknown(session, unknown)
