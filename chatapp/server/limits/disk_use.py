"""Token buckets that limit how many bytes each account and each address may add to the disk."""

from __future__ import annotations

import msgspec

from chatapp.auth import address_key
from chatapp.config import Config
from chatapp.model import events
from chatapp.server.limits.allowances import Allowance, Rate

EVENT_BYTES = 240  # size of an event on disk with its index entries, without its text and tags
_GROWTH_BYTES = 130  # allowance over twice the length of a text, enough for a text with a colour code at each letter
_SOON_S = 1e-6  # a shorter wait is a rounding error

_as_json = msgspec.json.Encoder().encode


class DiskUse:
    """The two token buckets of one session: its account's and its address's. ``now`` is in seconds."""

    __slots__ = ("_buckets",)

    def __init__(self, *buckets: Allowance) -> None:
        self._buckets = buckets

    def wait_s(self, now: float) -> float:
        """Return the seconds until the session may store something; 0 if it may now."""
        wait = 0.0
        for bucket in self._buckets:
            bucket.take(0, now)
            wait = max(wait, bucket.wait_s)
        return wait if wait > _SOON_S else 0.0

    def charge(self, size_bytes: int) -> None:
        """Take ``size_bytes`` from both buckets, even if a bucket goes below zero."""
        for bucket in self._buckets:
            bucket.charge(size_bytes)


class DiskLimits:
    """The buckets of all accounts and all addresses.

    Each of the two tables keeps ``address_table_max`` buckets, and forgets the least recently used bucket beyond that.
    """

    def __init__(self, config: Config) -> None:
        self._rate = Rate(config.stored_bytes_burst, config.stored_bytes_per_s)
        self._size = config.address_table_max
        self._accounts: dict[str, Allowance] = {}  # uid -> bucket, least recently used first
        self._addresses: dict[str, Allowance] = {}

    def of(self, uid: str, address: str) -> DiskUse:
        """Return the buckets for a session of the user ``uid`` (account or guest) from ``address``."""
        return DiskUse(self._bucket(self._accounts, uid), self._bucket(self._addresses, address_key(address)))

    def _bucket(self, table: dict[str, Allowance], key: str) -> Allowance:
        bucket = table.pop(key, None) or Allowance(self._rate)
        table[key] = bucket
        if len(table) > self._size:
            del table[next(iter(table))]
        return bucket


def grows_on_disk(text: str) -> bool:
    """Return whether a text has too many control characters to be stored: each takes six bytes on disk."""
    if text.isprintable():
        return False
    return len(_as_json(text)) > 2 * len(text.encode()) + _GROWTH_BYTES


def message_bytes(message: events.MessageSent) -> int:
    """Return about how many bytes a message takes on disk.

    A control character counts as one byte, not as six: :func:`grows_on_disk` lets only a few of them in.
    """
    text, tags = message.text, message.tags
    size = EVENT_BYTES + (len(text) if text.isascii() else len(text.encode()))
    if tags:
        size += len(events.encode(message))
    return size


def event_bytes(event: events.AnyEvent) -> int:
    """Return about how many bytes an event takes on disk."""
    return EVENT_BYTES + len(events.encode(event))
