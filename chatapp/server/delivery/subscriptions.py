"""The subscriptions: of which keys of metadata a session wants to be told. They end with the session.

Spec: IRCv3 draft/metadata-3, "Notifications".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chatapp.server.delivery.recipient import Recipient

_NO_KEYS: Mapping[str, None] = {}
_NOBODY: Mapping[Recipient, None] = {}


class Subscriptions:
    """The keys that each session has subscribed to, and the subscribers of each key."""

    def __init__(self) -> None:
        self._keys: dict[Recipient, dict[str, None]] = {}  # in the order of subscribing
        self._subscribers: dict[str, dict[Recipient, None]] = {}

    def keys(self, session: Recipient) -> Collection[str]:
        """Return the keys that a session has subscribed to."""
        return self._keys.get(session, _NO_KEYS).keys()

    def subscribers(self, key: str) -> Collection[Recipient]:
        """Return the sessions that have subscribed to a key."""
        return self._subscribers.get(key, _NOBODY).keys()

    def add(self, session: Recipient, key: str) -> None:
        """Subscribe a session to a key. The caller has checked the number of the session's keys."""
        self._keys.setdefault(session, {})[key] = None
        self._subscribers.setdefault(key, {})[session] = None

    def remove(self, session: Recipient, key: str) -> None:
        """End a session's subscription to a key, if there is one."""
        keys = self._keys.get(session, {})
        if key not in keys:
            return
        del keys[key]
        if not keys:
            del self._keys[session]
        subscribers = self._subscribers[key]
        del subscribers[session]
        if not subscribers:
            del self._subscribers[key]

    def clear(self, session: Recipient) -> None:
        """End all subscriptions of a session."""
        for key in list(self.keys(session)):
            self.remove(session, key)
