"""The client: a session core without I/O, and the fronts on it (terminal, lines, one message, programs in Python).

It imports ``protocol``, ``errors`` and ``config``, and never the server's code. README.md here says how to use it.

For programs: ``from chatapp.client import Client`` (``fronts/bot.py``), with ``Message`` (``core/events.Said``),
``Person`` and ``Sent``. They are imported when they are asked for, as ``chat --help`` needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatapp.client.core.events import Person, Sent
    from chatapp.client.core.events import Said as Message
    from chatapp.client.fronts.bot import Client

_PLACES = {
    "Client": ("chatapp.client.fronts.bot", "Client"),
    "Message": ("chatapp.client.core.events", "Said"),
    "Person": ("chatapp.client.core.events", "Person"),
    "Sent": ("chatapp.client.core.events", "Sent"),
}
__all__ = ["Client", "Message", "Person", "Sent"]


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, found = _PLACES[name]
    return getattr(importlib.import_module(module), found)
