"""CAP NEW and CAP DEL, which tell connected clients that the server's capabilities have changed.

Spec: IRCv3 capability-negotiation, "The CAP NEW subcommand", "The CAP DEL subcommand".
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.config import SignUp
from chatapp.protocol import caps
from chatapp.server.capabilities import CAP_302, CAP_NOTIFY, Capability, offered
from chatapp.server.session.session import Session


def tell_offers_changed(sessions: Iterable[Session], before: SignUp, now: SignUp) -> None:
    """Send CAP DEL and CAP NEW to the sessions with cap-notify, and take removed capabilities from all sessions.

    ``before`` and ``now`` are the sign-up policies before the change and after it. A client that knows values is also
    told of a capability that has another value now.
    """
    rows_before, rows_now = offered(before).values(), offered(now).values()
    gone = [row for row in rows_before if row not in rows_now]
    for session in sessions:
        if session.caps & CAP_NOTIFY and gone:
            _tell(session, "DEL", [row.name for row in gone])
        if session.caps & CAP_NOTIFY:
            new = [row for row in rows_now if row not in rows_before or _differs(session, row, before, now)]
            shown = session.caps & CAP_302
            values = [_value(session, row, now) if shown else None for row in new]
            if new:
                words = [caps.format_offer(row.name, value) for row, value in zip(new, values, strict=True)]
                _tell(session, "NEW", words)
        for row in gone:
            session.caps &= ~row.bit


def _differs(session: Session, row: Capability, before: SignUp, now: SignUp) -> bool:
    """Return whether a session that knows values is shown another value of a capability than before."""
    return bool(session.caps & CAP_302) and _value(session, row, before) != _value(session, row, now)


def _value(session: Session, row: Capability, sign_up: SignUp) -> str:
    return row.value_for(session.services.config, session.wire.certificate is not None, sign_up)


def _tell(session: Session, subcommand: str, words: list[str]) -> None:
    for text in caps.split(words):
        session.deliver(f":{session.services.host} CAP {session.nick} {subcommand} :{text}\r\n".encode())
