"""Times in milliseconds since 1970 (UTC), and their text in IRCv3.

Spec: IRCv3 server-time: ``YYYY-MM-DDThh:mm:ss.sssZ``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from chatapp.errors import MalformedLineError

TIME_MS_MAX = 253_402_300_799_999  # the last one of the year 9999

_EPOCH = datetime(1970, 1, 1)
_MILLISECONDS = tuple(f".{number:03}Z" for number in range(1000))
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,9}))?Z", re.ASCII)


def format_time(ms: int) -> str:
    """Write a time in milliseconds since 1970, 0 to TIME_MS_MAX.

    Spec: IRCv3 server-time.
    """
    return _second(ms // 1000) + _MILLISECONDS[ms % 1000]


@lru_cache(maxsize=256)
def _second(s: int) -> str:
    """Write seconds since 1970; nearly all messages share theirs with others."""
    assert s >= 0
    return (_EPOCH + timedelta(seconds=s)).isoformat()


def parse_time(text: str) -> int:
    """Read a time to milliseconds since 1970; a finer fraction is cut, a leap second is the next one.

    Raises MalformedLineError for another form, a date that does not exist, and times before 1970.

    Spec: IRCv3 server-time.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise MalformedLineError("A time is written like 2026-01-31T23:59:59.000Z.")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction = (match[7] or "")[:3].ljust(3, "0")
    # The example of the specification is 2012-06-30T23:59:60.419Z.
    leap = second == 60
    try:
        moment = datetime(year, month, day, hour, minute, second - leap)
    except ValueError:
        raise MalformedLineError("There is no such day or time.") from None
    ms = (moment - _EPOCH) // timedelta(milliseconds=1) + 1000 * leap + int(fraction)
    if not 0 <= ms <= TIME_MS_MAX:
        raise MalformedLineError("A time is from 1970 to 9999.")
    return ms
