"""Pure: delays for sign-ins, so that guessing passwords is slow and nobody is ever locked out."""

from __future__ import annotations

import ipaddress
import itertools
import math
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.config import Config

PROVEN_ADDRESSES_MAX = 16  # per account: the addresses of its latest sign-ins
_CANDIDATES = 16  # how many of the oldest entries of a full table are compared to choose the entry to evict
_KEY_CHARS_MAX = 64  # longer than any valid name or address, so two valid names never share a truncated key


class _Guesses(NamedTuple):
    """The wrong passwords of one key: a leaky bucket that loses one wrong password per ``forget_s``."""

    level: float  # the number of wrong passwords in the bucket at the time ``at_s``
    at_s: float
    ready_s: float  # the time from which the next attempt is allowed


class _Table:
    """Counts wrong passwords by key, with exponential back-off; holds at most ``size`` keys.

    A full table evicts, among its ``_CANDIDATES`` oldest entries, the entry with the lowest level.
    """

    def __init__(self, first_s: float, longest_s: float, free: int, forget_s: float, size: int) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._free = free  # after more wrong passwords than this, each doubles the delay
        self._forget_s = forget_s
        self._size = size
        # The level at which the delay reaches ``longest_s``. The level never rises above it, so that minutes after an
        # attack all of its wrong passwords are forgotten.
        self._level_max = max(1, free) + (math.log2(longest_s / first_s) if longest_s > first_s > 0 else 0.0)
        self._guesses: dict[str, _Guesses] = {}

    def __len__(self) -> int:
        return len(self._guesses)

    def wait_s(self, key: str, now_s: float) -> float:
        guesses = self._guesses.get(key)
        return 0.0 if guesses is None else min(max(0.0, guesses.ready_s - now_s), self._longest_s)

    def count(self, key: str, now_s: float) -> None:
        guesses = self._guesses.pop(key, None)  # the key goes back in at the end: the dict is ordered by latest use
        if len(self._guesses) >= self._size:
            self._make_room(now_s)
        level = min(self._level(guesses, now_s) + 1, self._level_max) if guesses else 1.0
        delay_s = min(self._first_s * 2 ** max(0.0, level - max(1, self._free)), self._longest_s)
        ready_s = max(now_s + delay_s, guesses.ready_s if guesses else 0.0)
        self._guesses[key] = _Guesses(level, now_s, ready_s)

    def clear(self, key: str) -> None:
        self._guesses.pop(key, None)

    def _level(self, guesses: _Guesses, now_s: float) -> float:
        return max(0.0, guesses.level - max(0.0, now_s - guesses.at_s) / self._forget_s)

    def _make_room(self, now_s: float) -> None:
        oldest = list(itertools.islice(self._guesses, _CANDIDATES))
        del self._guesses[min(oldest, key=lambda key: self._level(self._guesses[key], now_s))]


class Throttle:
    """Computes how long a sign-in must wait, by account and by address. ``now`` is a monotonic time in seconds.

    A wrong password counts against the account and against the address (of IPv6, its /64). Either count delays the
    next attempt with exponential back-off: ``guess_delay_s`` first, then twice as long after each wrong password, up to
    a bound. The first ``guess_free`` wrong passwords of an account do not double its delay. One wrong password is
    forgotten every ``guess_forget_s``.

    An address is proven for an account that signed in from it. From a proven address, the account waits only for wrong
    passwords that were tried for this account from this address. So an attacker elsewhere cannot lock a person out, and
    neither can a neighbour behind the same address who guesses the passwords of other accounts.

    Attempts in parallel must not get around the delay. So the server verifies one attempt at a time (or as many as it
    has hash processes), and computes the delay again when an attempt gets its turn::

        began = clock()
        while True:
            while (wait := throttle.wait_s(account, address, clock(), clock() - began)) > 0:
                await sleep(wait)
            async with turn:  # waits in the queue for a hash process
                if throttle.wait_s(account, address, clock(), clock() - began) > 0:
                    continue  # another attempt failed meanwhile
                good = await in_thread(verify, ...)
                (throttle.succeeded if good else throttle.failed)(account, address, clock())
                break

    After a failed attempt the server also delays its refusal by ``wait_s``. In all methods, ``account`` is a name in
    any case, which need not exist, and ``address`` is the text of an IP address.
    """

    def __init__(self, config: Config) -> None:
        first_s, forget_s, size = config.guess_delay_s, config.guess_forget_s, config.address_table_max
        account_max_s, free = config.guess_delay_account_max_s, config.guess_free
        self._account_max_s = account_max_s
        self._accounts = _Table(first_s, account_max_s, free, forget_s, size)
        self._addresses = _Table(first_s, config.guess_delay_address_max_s, 1, forget_s, size)
        self._pairs = _Table(first_s, account_max_s, free, forget_s, size)
        # Account key -> keys of its proven addresses. In both dicts the latest sign-in is last.
        self._proven: dict[str, dict[str, None]] = {}
        self._proven_max = size

    def wait_s(self, account: str, address: str, now: float, waited_s: float = 0.0) -> float:
        """Return how many seconds an attempt for this account from this address must wait; 0.0 if it may run now.

        ``waited_s`` is how long the attempt has waited already. The account's delay ends after
        ``guess_delay_account_max_s`` of waiting; otherwise an attacker who guesses from ever new addresses could
        delay the owner without end. The address's delay has no such end.
        """
        who, where = _account_key(account), address_key(address)
        if where in self._proven.get(who, ()):
            return self._pairs.wait_s(f"{who} {where}", now)
        of_account = min(self._accounts.wait_s(who, now), max(0.0, self._account_max_s - waited_s))
        return max(of_account, self._addresses.wait_s(where, now))

    def failed(self, account: str, address: str, now: float) -> None:
        """Count a failed attempt: a wrong password, or an unknown account."""
        who, where = _account_key(account), address_key(address)
        self._accounts.count(who, now)
        self._addresses.count(where, now)
        if where in self._proven.get(who, ()):
            self._pairs.count(f"{who} {where}", now)

    def succeeded(self, account: str, address: str, now: float) -> None:
        """Remember the address as proven for this account, and forget the account's wrong passwords from there.

        Wrong passwords counted against the account as a whole, or against the address, stay counted.
        """
        who, where = _account_key(account), address_key(address)
        self._pairs.clear(f"{who} {where}")
        addresses = self._proven.pop(who, {})
        addresses.pop(where, None)
        addresses[where] = None
        if len(addresses) > PROVEN_ADDRESSES_MAX:
            del addresses[next(iter(addresses))]
        self._proven[who] = addresses
        if len(self._proven) > self._proven_max:
            del self._proven[next(iter(self._proven))]

    def is_proven(self, account: str, address: str) -> bool:
        """Return whether this address is proven for this account."""
        return address_key(address) in self._proven.get(_account_key(account), ())

    def __len__(self) -> int:
        """Return the number of entries in the largest table."""
        return max(len(self._accounts), len(self._addresses), len(self._pairs), len(self._proven))


def _account_key(account: str) -> str:
    return fold(account[:_KEY_CHARS_MAX])


def address_key(address: str) -> str:
    """Return the key under which ``address`` is counted: the IPv4 address, or the /64 of an IPv6 address.

    One household or host usually gets a whole /64. An IPv4-mapped IPv6 address has the key of its IPv4 address. Text
    that is no IP address is its own key, cut to 64 characters.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:_KEY_CHARS_MAX]
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{int(ip) >> 64:016x}/64"
    return str(ip)
