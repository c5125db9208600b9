"""How many connections each address holds."""

from __future__ import annotations

from chatapp.auth import address_key


class Tally:
    """Counts by address (of IPv6, by /64). Its size is bounded by what is counted."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, address: str) -> int:
        """Count one more; return how many there are now."""
        key = address_key(address)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return count

    def remove(self, address: str) -> None:
        """Count one less."""
        key = address_key(address)
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]

    def __len__(self) -> int:
        """Return how many addresses have any."""
        return len(self._counts)
