"""INVITATION: show the code of an invitation to the server before REGISTER; make, list and revoke such invitations.

The answers are lines of our own for clients with ``chatapp/account``, and sentences (NOTICE) for all others. A code is
in no answer but that to ADD, which goes to this session only.

Spec: our own; chatapp/server/README.md, "Extensions". INVITE, which invites a user to a channel, is in ``invite.py``.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from chatapp.errors import MalformedLineError
from chatapp.model.entities import ServerInvitation, User
from chatapp.model.outcome import Reason
from chatapp.model.server_invitations import channels_opened, open_invitations
from chatapp.protocol.durations import parse_duration
from chatapp.protocol.invitation_link import code_of
from chatapp.protocol.message import Message
from chatapp.protocol.timestamps import format_minute, format_time
from chatapp.server import inviting, refusals
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.inviting import InvitingError, Wish
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

_DIGITS_MAX = 9  # of a number that a client sends
_REFUSALS: dict[Reason, refusals.Standard] = {
    Reason.NO_SUCH_INVITATION: refusals.NO_SUCH_INVITATION,
    Reason.INVITATION_EXPIRED: refusals.INVITATION_EXPIRED,
    Reason.INVITATION_USED_UP: refusals.INVITATION_USED_UP,
    Reason.INVITATION_REVOKED: refusals.INVITATION_REVOKED,
    Reason.NO_ADMINISTRATOR: refusals.ADMINISTRATORS_INVITE,
    Reason.INVITATIONS_FULL: refusals.INVITATIONS_FULL,
    Reason.NOT_A_MEMBER: refusals.INVITE_TO_OWN_CHANNELS,
    Reason.RANK_TOO_LOW: refusals.INVITE_ONLY_BY_HALFOP,
    Reason.NOT_HERE: refusals.CANNOT_INVITE_NOW,
}
_WHY: dict[Reason, str] = {
    Reason.INVITATION_TOO_LARGE: refusals.INVITATION_TOO_LARGE,
    Reason.NO_SUCH_CHANNEL: refusals.CHANNEL_GONE,
}


def refused(error: EventRefusedError, *context: str) -> Exception:
    """Return the refusal that a client is sent when policy refuses an invitation, or its use."""
    reason = error.refusal.reason
    if reason in _WHY:
        return refusals.UNUSABLE_INVITATION.of(why=_WHY[reason])
    if reason not in _REFUSALS:
        return error
    return _REFUSALS[reason].of(*context, *filter(None, [error.refusal.subject]))


def invitation(session: Session, word: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Run ADD, LIST or DEL, or take a code, or the link that has it. Raises StandardRefused."""
    action = word.upper()
    if action not in ("ADD", "LIST", "DEL"):
        return _show(session, word)
    user = session.user
    if user is None or user.guest:
        raise refusals.ACCOUNT_FIRST.of()
    if action == "LIST":
        _list(session, user)
        return None
    return (_add if action == "ADD" else _revoke)(session, user, message.params[1:])


async def _show(session: Session, text: str) -> None:
    """Check a code, and keep it for REGISTER. ``text`` is as typed: the code, or the whole link."""
    services, told = session.services, session.registering
    session.invitation = ""
    if told.uid if told is not None else session.user is not None and not session.user.guest:
        raise refusals.HAS_ACCOUNT.of()
    if services.settings.sign_up == "closed":
        raise refusals.NOBODY_SIGNS_UP.of()
    invitations = services.accounts.invitations
    try:
        found = await invitations.check(code_of(text), session.wire.address, session.pause)
    except EventRefusedError as error:
        services.activity.sign_up_refused(session.wire.address, error.refusal.reason.value)
        raise refused(error) from None
    session.invitation = found.code
    names = [channel.name for channel in channels_opened(services.state, found.uid, found.channels)]
    network = services.config.network_name
    begin = f":{services.host} INVITATION VALID {network} :"
    while not render.fits(begin + ",".join(names)):
        names.pop()
    to = f", to join {', '.join(names)}" if names else ""
    session.tell(
        "INVITATION",
        begin + ",".join(names),
        f"You are invited to {network}{to}. Now choose a name and a password: /quote REGISTER NAME * PASSWORD",
    )


async def _add(session: Session, user: User, words: Sequence[str]) -> None:
    """Make an invitation, and show its link to this session."""
    wish = _wish(words)
    try:
        made, link = await inviting.make(session.services, user, wish, None, session)
    except InvitingError as error:
        raise refusals.UNUSABLE_INVITATION.of(why=error) from None
    except EventRefusedError as error:
        raise refused(error) from None
    host = session.services.host
    people = "1 person" if made.uses == 1 else f"{made.uses} people"
    session.tell(
        "INVITATION",
        f":{host} INVITATION ADDED {made.number} :{link}",
        f"Invitation {made.number}, for {people} until {format_minute(made.until)}: {link}",
    )


def _wish(words: Sequence[str]) -> Wish:
    """Read ``uses=3 expires=7d join=#a,#b``, in any order. Raises StandardRefused."""
    fields: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name.lower() not in ("uses", "expires", "join") or name.lower() in fields or not value:
            raise refusals.WRONG_PARAMS.of(render.shown(name), usage=TOPICS["INVITATION"].syntax)
        fields[name.lower()] = value
    wish = Wish()
    if "uses" in fields:
        wish = wish._replace(uses=_number(fields["uses"]))
    if "expires" in fields:
        try:
            wish = wish._replace(seconds=parse_duration(fields["expires"]))
        except MalformedLineError as error:
            raise refusals.UNUSABLE_INVITATION.of("expires", why=error) from None
    if "join" in fields:
        wish = wish._replace(channels=fields["join"].split(","))
    return wish


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0


async def _revoke(session: Session, user: User, words: Sequence[str]) -> None:
    if len(words) != 1:
        raise refusals.PARAMS_MISSING.of(usage=TOPICS["INVITATION"].syntax)
    number = _number(words[0].removeprefix("#"))
    try:
        await inviting.revoke(session.services, user, number, session)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.NO_SUCH_INVITATION:
            raise refused(error) from None
        raise refusals.NOT_YOUR_INVITATION.of(render.shown(words[0])) from None
    host = session.services.host
    session.tell("INVITATION", f":{host} INVITATION DELETED {number}", f"Invitation {number} lets nobody in any more.")


def _list(session: Session, user: User) -> None:
    """Show the open invitations that a user may see. Nobody can see their codes again."""
    services = session.services
    found = open_invitations(services.state, user, services.log_ms())
    for each in found:
        session.tell("INVITATION", _row(session, user, each), _sentence(session, user, each))
    session.tell(
        "INVITATION", f":{services.host} INVITATION END", f"Invitations: {len(found)}." if found else "No invitations."
    )
    session.charge_lines(len(found))


def _row(session: Session, user: User, each: ServerInvitation) -> str:
    names = inviting.channel_names(session.services, user, each)
    numbers = f"{each.number} {format_time(each.time)} {format_time(each.until)} {each.uses - each.left} {each.uses}"
    begin = f":{session.services.host} INVITATION {numbers} {each.nick or '*'} :"
    while not render.fits(begin + ",".join(names)):
        names.pop()
    return begin + ",".join(names)


def _sentence(session: Session, user: User, each: ServerInvitation) -> str:
    names = inviting.channel_names(session.services, user, each)
    to = f", to join {len(names)} channels" if len(names) > 2 else f", to join {' and '.join(names)}" if names else ""
    used = f"used {each.uses - each.left} of {each.uses} times"
    return f"{each.number}, by {each.nick or session.services.host}, until {format_minute(each.until)}, {used}{to}"
