"""Counts the open connections of each address."""

from __future__ import annotations

from chatapp.auth import address_key


class Tally:
    """The number of connections by IPv4 address or IPv6 /64; bounded by the number of open connections."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, address: str) -> int:
        """Count one more connection of ``address``; return how many the address has now."""
        key = address_key(address)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return count

    def remove(self, address: str) -> None:
        """Count one connection of ``address`` less; the address must have one."""
        key = address_key(address)
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]

    def __len__(self) -> int:
        """Return how many addresses have a connection."""
        return len(self._counts)
