"""Pure: the interface of a connection as its session sees it, for every kind of connection.

A wire only moves bytes. It calls its session when bytes arrive (and sets ``heard_s``), when the peer has read what was
sent, when the peer closes its side, and when the connection is closed. It reads whether the session is ``closed`` and
whether its queue is full, and knows nothing else about the session.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol


class Wire(Protocol):
    """One connection, as its session sees it; ``edge/`` has the implementation."""

    address: str  # the client's IP address as text; behind a gateway, the address that the gateway has told
    tls: bool  # whether the way from the client to the server is encrypted
    certificate: str | None
    """The SHA-256 of the client's certificate (64 hexadecimal digits), or empty if the client has sent none.

    ``None`` if the server has not asked the client for a certificate.
    """

    @property
    def slow(self) -> bool:
        """Return whether the peer reads more slowly than the session writes."""

    @property
    def paused(self) -> bool:
        """Return whether reading from the peer is paused."""

    @property
    def waiting_bytes(self) -> int:
        """Return how many bytes wait to be written."""

    @property
    def all_arrived(self) -> bool:
        """Return whether the peer's operating system has acknowledged all bytes that were written."""

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""

    def close(self) -> None:
        """Send the waiting bytes, then close; close at once if the peer does not read."""

    def abort(self) -> None:
        """Close now, without sending the waiting bytes."""

    def pause(self) -> None:
        """Stop reading from the peer until :meth:`resume`."""

    def resume(self) -> None:
        """Read again, unless another limit still keeps the wire from reading."""


class Closable(Hashable, Protocol):
    """A connection without a session, which the server closes at its deadline."""

    def close(self) -> None:
        """Close the connection now."""
