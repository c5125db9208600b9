"""Pure: how many bytes a session may keep because of what its server sends.

Every table that a server can make longer takes its bytes from here, so that no server can fill the memory of its
clients. Sizes are estimates from above of what CPython needs.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.config import CLIENT_KEPT_BYTES_MAX
from chatapp.errors import CannotConnectError
from chatapp.protocol.message import Message

_TEXT_BYTES, _CHARACTER_BYTES = 90, 4  # of a string: its head and its place in a list, and each character at most
_MESSAGE_BYTES = 400  # of a message without its texts
_TAG_BYTES = 120  # of an entry in a dictionary


class Budget:
    """Counts bytes; ``bytes_max`` is what may be kept at once."""

    def __init__(self, bytes_max: int = CLIENT_KEPT_BYTES_MAX) -> None:
        self.bytes_max = bytes_max
        self.used_bytes = 0

    def take(self, size_bytes: int) -> None:
        """Count bytes that are kept from now on. Raises CannotConnectError when that is more than may be."""
        self.used_bytes += size_bytes
        if self.used_bytes > self.bytes_max:
            raise CannotConnectError(
                f"Disconnected: the server sent more than the {self.bytes_max >> 20} MB that can be kept in memory."
                " A chat server that works does not do that; tell whoever runs it."
            )

    def give(self, size_bytes: int) -> None:
        """Count bytes as kept no longer."""
        self.used_bytes -= size_bytes
        assert self.used_bytes >= 0


def texts_bytes(texts: Iterable[str]) -> int:
    """Return how many bytes texts need at most."""
    return sum(_TEXT_BYTES + _CHARACTER_BYTES * len(text) for text in texts)


def message_bytes(message: Message) -> int:
    """Return how many bytes a message needs at most."""
    tags = message.tags
    texts = texts_bytes(message.params) + texts_bytes(tags) + texts_bytes(tags.values())
    return _MESSAGE_BYTES + _TAG_BYTES * len(tags) + texts + texts_bytes((message.source or "", message.verb))
