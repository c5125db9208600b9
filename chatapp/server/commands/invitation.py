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
from chatapp.server import capabilities as cap
from chatapp.server import inviting
from chatapp.server.commands.refusals import StandardRefused
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery import render
from chatapp.server.inviting import InvitingError, Wish
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.session import Session

_DIGITS_MAX = 9  # of a number that a client sends
# The code and the text of the FAIL for each reason. Whoever has a code that was never right learns nothing from it.
_REFUSED: dict[Reason, tuple[str, str]] = {
    Reason.NO_SUCH_INVITATION: (
        "INVALID_INVITATION",
        "There is no such invitation. Check that the link is whole, or ask for a new one.",
    ),
    Reason.INVITATION_EXPIRED: ("INVITATION_EXPIRED", "This invitation has expired. Ask for a new one."),
    Reason.INVITATION_USED_UP: (
        "INVITATION_USED_UP",
        "This invitation has been used as often as it may be. Ask for a new one. If you have an account, sign in.",
    ),
    Reason.INVITATION_REVOKED: ("INVITATION_REVOKED", "This invitation was taken back. Ask for a new one."),
    Reason.NO_ADMINISTRATOR: (
        "NOT_ALLOWED",
        "Only administrators make invitations here. Ask one, or who runs this server (chat serve --invites members).",
    ),
    Reason.INVITATIONS_FULL: (
        "LIMIT_REACHED",
        "There are as many invitations as there may be. Revoke one first: INVITATION LIST, INVITATION DEL.",
    ),
    Reason.INVITATION_TOO_LARGE: ("INVALID_PARAMS", "That is more than an invitation can be."),
    Reason.NOT_A_MEMBER: ("NOT_ALLOWED", "You can invite only to channels that you are in."),
    Reason.RANK_TOO_LOW: ("NOT_ALLOWED", "Only half-operators and higher roles invite to an invite-only channel."),
    Reason.NO_SUCH_CHANNEL: ("INVALID_PARAMS", "There is no such channel."),
    Reason.NOT_HERE: ("NOT_ALLOWED", "Your account cannot make invitations now."),
}


def refused(error: EventRefusedError, *context: str) -> Exception:
    """Return the refusal that a client is sent when policy refuses an invitation, or its use."""
    if error.refusal.reason not in _REFUSED:
        return error
    code, text = _REFUSED[error.refusal.reason]
    subject = [error.refusal.subject] if error.refusal.subject else []
    return StandardRefused(code, *context, *subject, text=text)


def invitation(session: Session, word: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Run ADD, LIST or DEL, or take a code, or the link that has it. Raises StandardRefused."""
    action = word.upper()
    if action not in ("ADD", "LIST", "DEL"):
        return _show(session, word)
    user = session.user
    if user is None or user.guest:
        raise StandardRefused("NEED_ACCOUNT", text="Sign in to an account first.")
    if action == "LIST":
        _list(session, user)
        return None
    return (_add if action == "ADD" else _revoke)(session, user, message.params[1:])


async def _show(session: Session, text: str) -> None:
    """Check a code, and keep it for REGISTER. ``text`` is as typed: the code, or the whole link."""
    services, told = session.services, session.registering
    session.invitation = ""
    if told.uid if told is not None else session.user is not None and not session.user.guest:
        raise StandardRefused("ALREADY_AUTHENTICATED", text="You have an account; an invitation is for somebody new.")
    if services.settings.sign_up == "closed":
        raise StandardRefused("DISALLOWED", text="Nobody can sign up here by themselves, not even with an invitation.")
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
    _tell(
        session,
        begin + ",".join(names),
        f"You are invited to {network}{to}. Now choose a name and a password: /quote REGISTER NAME * PASSWORD",
    )


async def _add(session: Session, user: User, words: Sequence[str]) -> None:
    """Make an invitation, and show its link to this session."""
    wish = _wish(words)
    try:
        made, link = await inviting.make(session.services, user, wish, None, session)
    except InvitingError as error:
        raise StandardRefused("INVALID_PARAMS", text=str(error)) from None
    except EventRefusedError as error:
        raise refused(error) from None
    host = session.services.host
    people = "1 person" if made.uses == 1 else f"{made.uses} people"
    _tell(
        session,
        f":{host} INVITATION ADDED {made.number} :{link}",
        f"Invitation {made.number}, for {people} until {format_minute(made.until)}: {link}",
    )


def _wish(words: Sequence[str]) -> Wish:
    """Read ``uses=3 expires=7d join=#a,#b``, in any order. Raises StandardRefused."""
    fields: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name.lower() not in ("uses", "expires", "join") or name.lower() in fields or not value:
            raise StandardRefused("INVALID_PARAMS", render.shown(name), text=f"Usage: {TOPICS['INVITATION'].syntax}")
        fields[name.lower()] = value
    wish = Wish()
    if "uses" in fields:
        wish = wish._replace(uses=_number(fields["uses"]))
    if "expires" in fields:
        try:
            wish = wish._replace(seconds=parse_duration(fields["expires"]))
        except MalformedLineError as error:
            raise StandardRefused("INVALID_PARAMS", "expires", text=str(error)) from None
    if "join" in fields:
        wish = wish._replace(channels=fields["join"].split(","))
    return wish


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0


async def _revoke(session: Session, user: User, words: Sequence[str]) -> None:
    if len(words) != 1:
        raise StandardRefused("NEED_MORE_PARAMS", text=f"Usage: {TOPICS['INVITATION'].syntax}")
    number = _number(words[0].removeprefix("#"))
    try:
        await inviting.revoke(session.services, user, number, session)
    except EventRefusedError as error:
        if error.refusal.reason is not Reason.NO_SUCH_INVITATION:
            raise refused(error) from None
        text = "You have no such invitation. INVITATION LIST shows them."
        raise StandardRefused("NO_SUCH_INVITATION", render.shown(words[0]), text=text) from None
    host = session.services.host
    _tell(session, f":{host} INVITATION DELETED {number}", f"Invitation {number} lets nobody in any more.")


def _list(session: Session, user: User) -> None:
    """Show the open invitations that a user may see. Nobody can see their codes again."""
    services = session.services
    found = open_invitations(services.state, user, services.log_ms())
    for each in found:
        _tell(session, _row(session, user, each), _sentence(session, user, each))
    _tell(session, f":{services.host} INVITATION END", f"Invitations: {len(found)}." if found else "No invitations.")
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


def _tell(session: Session, line: str, notice: str) -> None:
    """Send a line of our own to a client that knows it; to any other, a sentence."""
    if session.caps & cap.ACCOUNT_LOOKUP:
        session.send(line)
    else:
        session.notice(notice)
