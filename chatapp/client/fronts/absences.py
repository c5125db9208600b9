"""Pure: tells which away messages a person has not been shown yet: each is shown once, until it changes."""

from __future__ import annotations

from chatapp.client.core.events import Event, Presence, Sent
from chatapp.client.fronts.partners import Partners
from chatapp.protocol.names import fold

ABSENCES_MAX = 1_000  # beyond this number, the away message that was shown first is forgotten


class Absences:
    """The away messages that a front has shown, by nick."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self._shown: dict[str, str] = {}  # folded nick -> away message

    def take(self, event: Event) -> str:
        """Take an event; return the away message that is to be shown with it, or an empty text.

        It is shown after a text of ours to the user, and when a partner goes away. A user who has come back, and is
        away again, is shown again.
        """
        if not isinstance(event, Presence | Sent):
            return ""
        nick = fold(event.nick if isinstance(event, Presence) else event.target)
        before = self._shown.pop(nick, "")
        if not event.away or (isinstance(event, Presence) and event.nick not in self._partners):
            return ""
        if len(self._shown) >= ABSENCES_MAX:
            del self._shown[next(iter(self._shown))]
        self._shown[nick] = event.away
        return event.away if event.away != before else ""
