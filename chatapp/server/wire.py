"""What a session may ask of its connection, whatever kind of connection it is.

A wire only moves bytes. It calls its session when bytes arrive, when the peer has read what was sent, and when the
connection is closed; it knows nothing of what a session is.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol


class Wire(Protocol):
    """One connection, as its session sees it. The edge implements it (``edge/``)."""

    address: str  # the peer's IP address, as written
    tls: bool

    @property
    def slow(self) -> bool:
        """Tell whether the peer reads slower than it is sent to."""

    @property
    def paused(self) -> bool:
        """Tell whether nothing is read from the peer."""

    @property
    def waiting_bytes(self) -> int:
        """Count the bytes that wait to be written."""

    @property
    def all_arrived(self) -> bool:
        """Tell whether the peer's system has taken all that was written."""

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""

    def close(self) -> None:
        """Send what waits, then close; at once when the peer does not read."""

    def abort(self) -> None:
        """Close now; what waits is lost."""

    def pause(self) -> None:
        """Read no more from the peer until :meth:`resume`."""

    def resume(self) -> None:
        """Read on, as far as nothing else holds that up."""


class Closable(Hashable, Protocol):
    """A connection without a session, which is closed when its time is over."""

    def close(self) -> None:
        """End it now."""
