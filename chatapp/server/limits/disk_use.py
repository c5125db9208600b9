"""How many bytes each account and each address may add to the disk: token buckets."""

from __future__ import annotations

import msgspec

from chatapp.auth import address_key
from chatapp.config import Config
from chatapp.model import events
from chatapp.server.limits.allowances import Allowance, Rate

EVENT_BYTES = 240  # on disk, of an event with its index, beside the text and the tags
_GROWTH_BYTES = 130  # that a text may take on disk beyond twice its length: enough for a colour at each letter
_SOON_S = 1e-6  # a shorter wait is a rounding error

_as_json = msgspec.json.Encoder().encode


class DiskUse:
    """The token buckets that one session takes from: the account's and the address's. ``now`` is in seconds."""

    __slots__ = ("_buckets",)

    def __init__(self, *buckets: Allowance) -> None:
        self._buckets = buckets

    def wait_s(self, now: float) -> float:
        """Return after how many seconds the session may store something; 0 if it may now."""
        wait = 0.0
        for bucket in self._buckets:
            bucket.take(0, now)
            wait = max(wait, bucket.wait_s)
        return wait if wait > _SOON_S else 0.0

    def charge(self, size_bytes: int) -> None:
        """Take bytes from both buckets; a bucket may go below zero, and then has to fill again."""
        for bucket in self._buckets:
            bucket.charge(size_bytes)


class DiskLimits:
    """The buckets of all accounts and addresses. Forgets the one used longest ago beyond ``address_table_max`` each."""

    def __init__(self, config: Config) -> None:
        self._rate = Rate(config.stored_bytes_burst, config.stored_bytes_per_s)
        self._size = config.address_table_max
        self._accounts: dict[str, Allowance] = {}  # uid -> bucket; the latest used last
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
    """Tell whether a text has so many control characters, of six bytes each on disk, that it must not be stored."""
    if text.isprintable():
        return False
    return len(_as_json(text)) > 2 * len(text.encode()) + _GROWTH_BYTES


def message_bytes(message: events.MessageSent) -> int:
    """Return how many bytes a message takes on disk, about. Control characters count once, as few are let in."""
    text, tags = message.text, message.tags
    size = EVENT_BYTES + (len(text) if text.isascii() else len(text.encode()))
    if tags:
        size += len(events.encode(message))
    return size


def event_bytes(event: events.AnyEvent) -> int:
    """Return how many bytes an event takes on disk, about."""
    return EVENT_BYTES + len(events.encode(event))
