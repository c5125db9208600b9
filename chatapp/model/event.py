"""The record that the record of every kind of event extends.

Fields that every event has:

``id``      16 hexadecimal digits, unique, made once when the event is proposed. The id of a message is its msgid. The
            last two digits are the node that made the id (``streams.node_of``). The ids of one node grow in log order,
            with rare exceptions.
``time``    milliseconds since 1970 (UTC), as proposed; applying may move it forward (see ``state.py``).
``actor``   uid of the user who caused the event; empty if the server caused it.
``nick``    the user's name at that time, so that the past can be shown after names have changed owners.
``guest``   whether the user was a guest, not an account.
``stream``  the channel (its uid), the role in a channel (``streams.role_stream``) or the conversation
            (``streams.conversation``) that the event belongs to; this is its ordering key. Empty for all other events.

A uid is 16 hexadecimal digits. The uid of an account comes from the password file or from the event that created the
account; the uid of a guest or a channel is the id of the event that created it. A name may get a new owner; a uid never
does.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec


class Event(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """The fields of every event; see the module's docstring."""

    id: str
    time: int
    actor: str = ""
    nick: str = ""
    guest: bool = False
    stream: str = ""

    @property
    def key(self) -> str | None:
        """The idempotency key: the log stores at most one event with this key. ``None`` for most events."""
        return None


_AnEvent = TypeVar("_AnEvent", bound=Event)


def as_applied(event: _AnEvent, time: int) -> _AnEvent:
    """Return the event with the time (ms) at which it was applied."""
    return event if event.time == time else msgspec.structs.replace(event, time=time)
