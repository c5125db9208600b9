"""What happened to a user while no client of it was connected.

These are invitations to channels, removals from channels, and departures of users with whom it has a conversation. The
welcome sends each once; it counts as sent when the client has received it (``receipts.py``).
"""

from __future__ import annotations

from chatapp.model.conversations import departures_since
from chatapp.model.entities import User
from chatapp.model.invitations import invitations_since
from chatapp.model.moderation import removals_since
from chatapp.protocol.timestamps import format_minute
from chatapp.server.delivery import render
from chatapp.server.session.session import Session


def tell_departures(session: Session, user: User, position: int) -> None:
    """Send a QUIT for each conversation partner of the user who has gone after a position of the log.

    Call this before the channels are sent: a member may have the partner's name by then.
    """
    for gone in reversed(departures_since(session.services.state, user, position)):
        session.deliver(render.departed(gone, session.caps, session.services.host))


def tell(session: Session, user: User, position: int) -> None:
    """Send a session the user's invitations (INVITE) and removals (NOTICE) after a position of the log."""
    state, host = session.services.state, session.services.host
    for channel, invitation in invitations_since(state, user, position):
        nick = state.name_shown(invitation.uid, invitation.nick)
        session.deliver(render.invite(nick, user.name, channel.name, invitation.time, session.caps, host))
    for removal in removals_since(user, position):
        by = state.name_shown(removal.uid, removal.nick) or "the server"
        words = f"You were removed from {removal.channel} by {by} on {format_minute(removal.time)}"
        for line in _notices(f":{host} NOTICE {user.name} :", words, removal.reason):
            session.deliver(line.encode() + b"\r\n")


def _notices(head: str, words: str, reason: str) -> list[str]:
    """Write words and a reason as one line, or as two.

    A reason that does not fit into a line of its own is left out.
    """
    whole = f"{head}{words}: {reason}"
    if reason and render.fits(whole):
        return [whole]
    why = f"{head}Why: {reason}"
    return [f"{head}{words}.", *([why] if reason and render.fits(why) else [])]
