"""Token buckets that limit how many bytes each account and each address may add to the disk."""

from __future__ import annotations

import math

import msgspec

from chatapp.auth import address_key
from chatapp.config import Config
from chatapp.model import events
from chatapp.server.limits.allowances import Allowance, Rate, SharedAllowances

EVENT_BYTES = 240  # size of a short event on disk with its index entries, without its text, tags and target
# The search index takes at most 5 bytes for each byte of a direct message (random words of 3 or 4 letters), 2.5 in a
# channel, and a fifth of that for most texts. 3 bytes are between these figures.
_WORDS = 3  # bytes in the search index for each byte of a text
_FORM_BYTES = 120  # the part of EVENT_BYTES that the JSON form of the event takes; the rest is index entries
_SHORT_CHARS_MAX = 100  # of a text with its target; the size of a longer message is computed, not estimated
PAGE_BYTES = 4096  # size of a page of the database
_SHARES_BYTES_MAX = PAGE_BYTES // 4  # a longer row may leave much of a page unused
_HEADER_BYTES = 5  # of a row of the table `log`, before its text
_IN_PAGE_BYTES_MAX = PAGE_BYTES - 35  # a longer row has overflow pages
_OVERFLOW_BYTES = PAGE_BYTES - 4  # what an overflow page holds
_IN_PAGE_BYTES_MIN = (PAGE_BYTES - 12) * 32 // 255 - 23  # of a row with overflow pages
_GROWTH_BYTES = 130  # allowance over twice the length of a text, enough for a text with a colour code at each letter
_SOON_S = 1e-6  # a shorter wait is a rounding error

_as_json = msgspec.json.Encoder().encode


class DiskUse:
    """The token buckets of one session: its account's, its address's, and the share of its account.

    Many people may have one address. So that nobody there can keep all others from writing, an account whose address
    has used up its tokens still has a small share of its own. Guests have no share: a guest is nobody for long.
    ``now`` is in seconds.
    """

    __slots__ = ("_account", "_address", "_share")

    def __init__(self, account: Allowance, address: Allowance, share: Allowance | None) -> None:
        self._account = account
        self._address = address
        self._share = share

    def wait_s(self, now: float) -> float:
        """Return the seconds until the session may store something; 0 if it may now."""
        account, address, share = self._account, self._address, self._share
        account.take(0, now)
        address.take(0, now)
        wait = address.wait_s
        if wait and share is not None:
            share.take(0, now)
            wait = min(wait, share.wait_s)
        wait = max(wait, account.wait_s)
        return wait if wait > _SOON_S else 0.0

    def charge(self, size_bytes: int) -> None:
        """Take ``size_bytes`` from the account, and from its address or its share; a bucket may go below zero."""
        self._account.charge(size_bytes)
        if self._share is not None and self._address.wait_s:
            self._share.charge(size_bytes)
        else:
            self._address.charge(size_bytes)


class DiskLimits:
    """The buckets of all accounts and all addresses; of each kind, ``address_table_max`` are remembered."""

    def __init__(self, config: Config) -> None:
        rate, size = Rate(config.stored_bytes_burst, config.stored_bytes_per_s), config.address_table_max
        self._accounts = SharedAllowances(rate, size)
        self._addresses = SharedAllowances(rate, size)
        share = Rate(config.stored_bytes_share_burst, config.stored_bytes_share_per_s)
        self._shares = SharedAllowances(share, size)

    def of(self, uid: str, address: str, *, guest: bool = False) -> DiskUse:
        """Return the buckets for a session of the user ``uid`` from ``address``."""
        share = None if guest else self._shares.of(uid)
        return DiskUse(self._accounts.of(uid), self._addresses.of(address_key(address)), share)


def grows_on_disk(text: str) -> bool:
    """Return whether a text has too many control characters to be stored: each takes six bytes on disk."""
    if text.isprintable():
        return False
    return len(_as_json(text)) > 2 * len(text.encode()) + _GROWTH_BYTES


def message_bytes(message: events.MessageSent) -> int:
    """Return about how many bytes a message takes on disk.

    This is called for each message, so the sizes of a short message and of the search index are estimated. A message
    may take up to 50 % more bytes, for example if its text is full of quotation marks or random words.
    """
    text, target = message.text, message.target
    length = len(text) + len(target)
    if length <= _SHORT_CHARS_MAX and not message.tags and text.isascii() and target.isascii():
        return EVENT_BYTES + length + _WORDS * length
    size = EVENT_BYTES - _FORM_BYTES + row_bytes(len(events.encode(message)))
    size += _WORDS * (len(text) if text.isascii() else len(text.encode()))
    key = message.key
    return size if key is None else size + 2 * len(key.encode())  # pages of `keys` are about two thirds full


def event_bytes(event: events.AnyEvent) -> int:
    """Return about how many bytes an event takes on disk."""
    size = EVENT_BYTES + row_bytes(len(events.encode(event)))
    if isinstance(event, events.MessageEdited):  # the search index gets the new words, and notes that the old are gone
        size += 2 * _WORDS * len(event.text.encode())
    return size


def row_bytes(size: int) -> int:
    """Return an upper bound of the bytes that an event takes as a row of the log, in a file of many rows.

    ``size`` is the number of bytes of the event's JSON form. A row that does not fit into the rest of a page begins a
    new page, so it wastes less than its own size in the page before. A small row wastes little, because many rows share
    a page. The end of a very large row is in overflow pages, which hold nothing of any other row.

    Spec: SQLite, "Database File Format", "B-tree Cell Format" and "Cell Payload Overflow Pages": "Let X be U-35. If the
    payload size P is less than or equal to X then the entire payload is stored on the b-tree leaf page. Let M be
    ((U-12)*32/255)-23 and let K be M+((P-M)%(U-4)). If P is greater than X then the number of bytes stored on the table
    b-tree leaf page is K if K is less or equal to X or M otherwise."
    """
    if size <= _SHARES_BYTES_MAX:
        return size
    payload = size + _HEADER_BYTES
    if payload <= _IN_PAGE_BYTES_MAX:
        return 2 * payload
    in_page = _IN_PAGE_BYTES_MIN + (payload - _IN_PAGE_BYTES_MIN) % _OVERFLOW_BYTES
    if in_page > _IN_PAGE_BYTES_MAX:
        in_page = _IN_PAGE_BYTES_MIN
    return 2 * in_page + math.ceil((payload - in_page) / _OVERFLOW_BYTES) * PAGE_BYTES
