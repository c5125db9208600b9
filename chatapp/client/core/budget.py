"""Pure: the bound on the memory that a server can make its client use.

Every table that a server can make longer takes its bytes from a budget, so that no server can fill the memory of its
clients. The sizes are upper estimates of what CPython needs.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.errors import CannotConnectError
from chatapp.protocol.message import Message

KEPT_BYTES_MAX = 64 * 1024 * 1024  # what a client keeps of a server's lines; beyond it, the client disconnects
_TEXT_BYTES = 90  # a string's header, and its place in a list
_CHARACTER_BYTES = 4  # a character of a string, at most
_MESSAGE_BYTES = 400  # a message without its texts
_TAG_BYTES = 120  # an entry of a dictionary


class Budget:
    """Counts the bytes that are kept; at most ``bytes_max`` at once."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.used_bytes = 0

    def take(self, size_bytes: int) -> None:
        """Count bytes that are kept from now on. Raises CannotConnectError beyond ``bytes_max``."""
        self.used_bytes += size_bytes
        if self.used_bytes > self.bytes_max:
            raise CannotConnectError(
                f"Disconnected: the server sent more than the {self.bytes_max >> 20} MB that can be kept in memory."
                " A chat server that works does not do that; tell whoever runs it."
            )

    def give(self, size_bytes: int) -> None:
        """Give back bytes that are no longer kept."""
        self.used_bytes -= size_bytes
        assert self.used_bytes >= 0


def texts_bytes(texts: Iterable[str]) -> int:
    """Return how many bytes the texts need at most, together."""
    return sum(_TEXT_BYTES + _CHARACTER_BYTES * len(text) for text in texts)


def message_bytes(message: Message) -> int:
    """Return how many bytes a message needs at most."""
    tags = message.tags
    texts = texts_bytes(message.params) + texts_bytes(tags) + texts_bytes(tags.values())
    return _MESSAGE_BYTES + _TAG_BYTES * len(tags) + texts + texts_bytes((message.source or "", message.verb))
