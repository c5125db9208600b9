"""The events that end the sessions of a user, and what the user is told."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.model import events
from chatapp.protocol.numerics import numeric_line
from chatapp.protocol.timestamps import format_minute
from chatapp.server import refusals
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.recipient import Recipient


def banned_words(reason: str, until: int) -> str:
    """Return what a banned user is told. ``until`` is the end of the ban (ms; 0: none)."""
    end = f" until {format_minute(until)}" if until else ""
    return refusals.YOU_ARE_BANNED.text.format(until=end, why=f": {reason}" if reason else ".")


def _ended_by(event: events.AnyEvent, host: str) -> tuple[str, str] | None:
    """Return the uid of the user whose sessions an event ends, and what they are told."""
    if isinstance(event, events.GuestLeft):
        return event.actor, event.reason
    if isinstance(event, events.AccountRemoved):
        return event.actor, refusals.ACCOUNT_REMOVED
    if isinstance(event, events.Banned):
        return event.uid, refusals.BANNED
    if isinstance(event, events.Killed):
        why = f": {event.reason}" if event.reason else ""
        return event.target, refusals.KILLED.format(by=event.nick or host, why=why)
    if isinstance(event, events.TokenRemoved):
        return event.account, refusals.TOKEN_REVOKED
    return None


def end_sessions(
    presence: Presence,
    host: str,
    event: events.AnyEvent,
    on_network_ban: Callable[[], None],
    proposer: Recipient | None,
) -> None:
    """End the sessions that an event ends.

    ``on_network_ban`` ends the sessions from banned addresses. The ``proposer`` that revokes its own token stays.
    """
    ended = _ended_by(event, host)
    if ended is None:
        return
    uid, why = ended
    for recipient in (*presence.sessions(uid), *presence.senders(uid)):
        if isinstance(event, events.TokenRemoved) and (recipient.token != event.token or recipient is proposer):
            continue
        if isinstance(event, events.Banned):  # a program must know that it need not come back
            words = banned_words(event.reason, event.until)
            line = numeric_line(refusals.YOU_ARE_BANNED, host, recipient.nick, text=words)
            recipient.deliver(f"{line}\r\n".encode())
        recipient.end(why)
    if isinstance(event, events.Banned) and not uid:
        on_network_ban()
