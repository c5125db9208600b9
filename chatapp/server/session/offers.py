"""CAP NEW and CAP DEL, which tell connected clients that the server's capabilities have changed.

Spec: IRCv3 capability-negotiation, "The CAP NEW subcommand", "The CAP DEL subcommand".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatapp.protocol import caps
from chatapp.server.capabilities import CAP_302, CAP_NOTIFY, Capability
from chatapp.server.session.session import Session


def tell_offers_changed(sessions: Iterable[Session], before: Sequence[Capability], now: Sequence[Capability]) -> None:
    """Send CAP DEL and CAP NEW to the sessions with cap-notify, and take removed capabilities from all sessions.

    ``before`` and ``now`` are the capabilities that the server offered before the change, and offers now.
    """
    gone = [row for row in before if row not in now]
    new = [row for row in now if row not in before]
    for session in sessions:
        if session.caps & CAP_NOTIFY and gone:
            _tell(session, "DEL", [row.name for row in gone])
        if session.caps & CAP_NOTIFY and new:
            config, shown = session.services.config, session.caps & CAP_302
            values = [row.value_for(config, session.wire) if shown else None for row in new]
            _tell(session, "NEW", [caps.format_offer(row.name, value) for row, value in zip(new, values, strict=True)])
        for row in gone:
            session.caps &= ~row.bit


def _tell(session: Session, subcommand: str, words: list[str]) -> None:
    for text in caps.split(words):
        session.deliver(f":{session.services.host} CAP {session.nick} {subcommand} :{text}\r\n".encode())
