"""How long a sign-in has to wait, so that guessing passwords is slow and nobody is ever locked out."""

from __future__ import annotations

import ipaddress
import itertools
import math
from typing import NamedTuple

from chatapp.casemap import fold
from chatapp.config import Config

PROVEN_ADDRESSES_MAX = 16  # of one account: addresses from which it signed in
_CANDIDATES = 16  # of the oldest entries, when one has to leave
_KEY_CHARS_MAX = 64  # no name is longer, so cutting what is not a name costs nothing


class _Guesses(NamedTuple):
    """Wrong passwords that are not forgotten yet."""

    level: float  # how many, at ``at_s``
    at_s: float
    ready_s: float  # when the next attempt may be made


class _Table:
    """Wrong passwords by key: at most ``size`` keys, of the oldest the one nearest to being forgotten leaves first."""

    def __init__(self, first_s: float, longest_s: float, free: int, forget_s: float, size: int) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._free = free  # of them cost only the first delay
        self._forget_s = forget_s
        self._size = size
        # More than it takes to reach the longest delay is not counted: after an attack it is forgotten in minutes.
        self._level_max = max(1, free) + (math.log2(longest_s / first_s) if longest_s > first_s > 0 else 0.0)
        self._guesses: dict[str, _Guesses] = {}

    def __len__(self) -> int:
        return len(self._guesses)

    def wait_s(self, key: str, now_s: float) -> float:
        guesses = self._guesses.get(key)
        return 0.0 if guesses is None else min(max(0.0, guesses.ready_s - now_s), self._longest_s)

    def count(self, key: str, now_s: float) -> None:
        guesses = self._guesses.pop(key, None)  # so that the latest are the last
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
    """Delays for sign-ins, by account and by address. Pure: ``now`` is a time in seconds that never goes back.

    A wrong password counts against the account and against the address (of IPv6, its /64), and each delays the next
    attempt: ``guess_delay_s`` first, then twice as long with each, up to a bound; one is forgotten every
    ``guess_forget_s``. An address from which an account signed in before is proven for it: there the account waits
    only for wrong passwords that came from the same address, so an attacker elsewhere cannot lock a person out,
    and neither can a neighbour behind the same address who guesses other people's passwords.

    Guesses made side by side must not get around it. So the server judges one attempt at a time (or as many as it has
    processes to hash), and asks for the delay again when an attempt's turn has come::

        began = clock()
        while True:
            while (wait := throttle.wait_s(account, address, clock(), clock() - began)) > 0:
                await sleep(wait)
            async with turn:  # in the order of asking
                if throttle.wait_s(account, address, clock(), clock() - began) > 0:
                    continue  # somebody guessed wrong meanwhile
                good = await in_thread(verify, ...)
                (throttle.succeeded if good else throttle.failed)(account, address, clock())
                break

    and holds a refusal back for ``wait_s`` after it. An account need not exist; its name may come in any case.
    """

    def __init__(self, config: Config) -> None:
        first_s, forget_s, size = config.guess_delay_s, config.guess_forget_s, config.address_table_max
        account_max_s, free = config.guess_delay_account_max_s, config.guess_free
        self._account_max_s = account_max_s
        self._accounts = _Table(first_s, account_max_s, free, forget_s, size)
        self._addresses = _Table(first_s, config.guess_delay_address_max_s, 1, forget_s, size)
        self._pairs = _Table(first_s, account_max_s, free, forget_s, size)
        self._proven: dict[str, dict[str, None]] = {}  # account -> addresses, both with the latest last
        self._proven_max = size

    def wait_s(self, account: str, address: str, now: float, waited_s: float = 0.0) -> float:
        """Return for how many seconds this account may not be tried from this address.

        ``waited_s`` is how long the attempt has waited already: for the account's sake it waits
        ``guess_delay_account_max_s`` at most, for others may guess from ever new addresses; for its address's sake as
        long as it takes.
        """
        who, where = _account_key(account), address_key(address)
        if where in self._proven.get(who, ()):
            return self._pairs.wait_s(f"{who} {where}", now)
        of_account = min(self._accounts.wait_s(who, now), max(0.0, self._account_max_s - waited_s))
        return max(of_account, self._addresses.wait_s(where, now))

    def failed(self, account: str, address: str, now: float) -> None:
        """Count a wrong password, or an unknown name."""
        who, where = _account_key(account), address_key(address)
        self._accounts.count(who, now)
        self._addresses.count(where, now)
        if where in self._proven.get(who, ()):
            self._pairs.count(f"{who} {where}", now)

    def succeeded(self, account: str, address: str, now: float) -> None:
        """Remember that this account signed in from this address. What others guessed stays counted."""
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
        """Tell whether this account has signed in from this address."""
        return address_key(address) in self._proven.get(_account_key(account), ())

    def __len__(self) -> int:
        """Return how many entries there are in the largest table."""
        return max(len(self._accounts), len(self._addresses), len(self._pairs), len(self._proven))


def _account_key(account: str) -> str:
    return fold(account[:_KEY_CHARS_MAX])


def address_key(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which is what one household or host gets."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:_KEY_CHARS_MAX]
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{int(ip) >> 64:016x}/64"
    return str(ip)
