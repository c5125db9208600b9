"""The type of options that name a moment, such as ``--since``: ``2h`` ago, a date, or a date and a time."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import click

from chatapp.errors import MalformedLineError
from chatapp.protocol.durations import is_duration, parse_duration
from chatapp.protocol.timestamps import TIME_MS_MAX


class Moment(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no arguments for it
    """A moment in the past: ``2h``, ``2026-01-31``, ``2026-01-31T10:00``; as ms since 1970.

    A date or a time without an offset (``Z``, ``+02:00``) is that of this machine's time zone.
    """

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the moment in milliseconds since 1970."""
        if isinstance(value, int):
            return value
        text = str(value)
        try:
            if is_duration(text):
                ms = time.time_ns() // 1_000_000 - parse_duration(text) * 1000
            else:
                ms = int(datetime.fromisoformat(text).timestamp() * 1000)
        except (ValueError, OverflowError, OSError, MalformedLineError):
            self.fail(f"{text!r} is no moment. Give 30m, 2h, 7d, 2026-01-31, or 2026-01-31T10:00.", param, ctx)
        if not 0 <= ms <= TIME_MS_MAX:
            self.fail("A moment is from 1970 to 9999.", param, ctx)
        return ms
