"""How the full-screen client writes times, in the time zone of the person."""

from __future__ import annotations

import time

from chatapp.client.core.session import Session
from chatapp.client.fronts.full.lines import Look
from chatapp.protocol.timestamps import TIME_MS_MAX


def look(session: Session) -> Look:
    """Return how times are written; the nick is that of the session."""
    return Look(_clock, _day, lambda: session.nick)


def _clock(ms: int) -> str:
    return time.strftime("%H:%M", _local(ms))


def _day(ms: int) -> str:
    return time.strftime("%a %Y-%m-%d", _local(ms))


def _local(ms: int) -> time.struct_time:
    return time.localtime(min(max(ms, 0), TIME_MS_MAX) // 1000)
