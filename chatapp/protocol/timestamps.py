"""Convert times between milliseconds since 1970 (UTC) and the text of IRCv3.

Spec: IRCv3 server-time: ``YYYY-MM-DDThh:mm:ss.sssZ``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from chatapp.errors import MalformedLineError

TIME_MS_MAX = 253_402_300_799_999  # the last millisecond of the year 9999

_EPOCH = datetime(1970, 1, 1)
_MILLISECONDS = tuple(f".{number:03}Z" for number in range(1000))
_TIME = r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,9}))?Z"


def format_time(ms: int) -> str:
    """Return the text of ``ms``, a time in milliseconds since 1970, from 0 to TIME_MS_MAX.

    Spec: IRCv3 server-time.
    """
    return _second(ms // 1000) + _MILLISECONDS[ms % 1000]


def format_minute(ms: int) -> str:
    """Return a time (ms since 1970) as people read it, such as ``2026-01-31 23:59 UTC``."""
    return f"{format_short(ms)} UTC"


def format_short(ms: int) -> str:
    """Return a time (ms since 1970) to the minute, in UTC, where a line has no room to say so: ``2026-01-31 23:59``."""
    return format_time(ms)[:16].replace("T", " ")


@lru_cache(maxsize=256)
def _second(s: int) -> str:
    """Return the text of a whole second. The cache pays off because most messages share their second with others."""
    assert s >= 0
    return (_EPOCH + timedelta(seconds=s)).isoformat()


def parse_time(text: str) -> int:
    """Parse a time; return milliseconds since 1970. A finer fraction is truncated; a leap second is the next second.

    Raises MalformedLineError for another format, for a date or time that does not exist, and for a time before 1970 or
    after TIME_MS_MAX.

    Spec: IRCv3 server-time.
    """
    match = re.fullmatch(_TIME, text)
    if match is None:
        raise MalformedLineError("A time is written like 2026-01-31T23:59:59.000Z.")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction = (match[7] or "")[:3].ljust(3, "0")
    # A leap second is valid: the specification has the example 2012-06-30T23:59:60.419Z.
    leap = second == 60
    try:
        moment = datetime(year, month, day, hour, minute, second - leap)
    except ValueError:
        raise MalformedLineError("There is no such day or time.") from None
    ms = (moment - _EPOCH) // timedelta(milliseconds=1) + 1000 * leap + int(fraction)
    if not 0 <= ms <= TIME_MS_MAX:
        raise MalformedLineError("A time is from 1970 to 9999.")
    return ms
