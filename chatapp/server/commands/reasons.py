"""Reasons: the texts that go with AWAY, KICK, PART, QUIT, REDACT and RENAME. What has no room is cut off.

The sender is told, and the command takes effect all the same: who is to be removed is removed, and a client that shows
its user as away is right. A text that is what the command is for (a message, a topic, a real name) is refused instead.

Spec: modern-irc, "AWAYLEN", "KICKLEN": a reason with more characters "may be silently truncated by the server before
being passed on to other clients".
"""

from __future__ import annotations

from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import refusals
from chatapp.server.session.session import Session


def fitted(head: str, reason: str, bytes_max: int = LINE_BYTES_MAX) -> str:
    """Return a reason as far as it has ``bytes_max`` bytes at most and a line has room for it after ``head``.

    It ends with a whole character.
    """
    room = max(0, min(bytes_max, LINE_BYTES_MAX - 2 - len(head.encode())))
    return reason.encode()[:room].decode(errors="ignore")


def tell_if_cut(session: Session, verb: str, reason: str, told: str) -> None:
    """Tell a session if its ``reason`` was cut to ``told``."""
    if told != reason:
        session.standard_reply("WARN", verb, refusals.REASON_CUT, most=len(told.encode()))
