"""Pure: tells which away messages a person has not been shown yet: each is shown once, until it changes."""

from __future__ import annotations

from chatapp.client.core.events import Event, Presence, Sent
from chatapp.protocol.names import fold

ABSENCES_MAX = 1_000  # beyond this number, the away message that was shown first is forgotten


class Absences:
    """The away messages that a front has shown, by recipient."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}  # folded nick -> away message

    def take(self, event: Event) -> str:
        """Take an event; return the away message that is to be shown with it, or an empty text.

        A user who has come back, or is away again, is shown again.
        """
        if isinstance(event, Presence):
            self._shown.pop(fold(event.nick), None)
        if not isinstance(event, Sent):
            return ""
        before = self._shown.pop(fold(event.target), "")
        if not event.away:
            return ""
        if len(self._shown) >= ABSENCES_MAX:
            del self._shown[next(iter(self._shown))]
        self._shown[fold(event.target)] = event.away
        return event.away if event.away != before else ""
