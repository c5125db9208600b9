"""Who is connected now: the sessions of each user, and who hears which channel. Nothing of it enters the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chatapp.model.entities import Channel, User
from chatapp.server.capabilities import EVENT_PROFILE, READ_MARKER
from chatapp.server.delivery.recipient import Recipient

Groups = dict[int, dict[Recipient, None]]  # capabilities that change rendering -> sessions that have just these

NOT_CONNECTED = "not connected"

_NO_GROUPS: Groups = {}


class Presence:
    """The sessions that are connected to this process, by user and by channel.

    ``by_user`` and ``away_words`` are to be read only: a message looks at them without a call.
    """

    def __init__(self) -> None:
        self.by_user: dict[str, tuple[Recipient, ...]] = {}  # uid of a user -> its sessions; nearly all have one
        self._channels: dict[str, Groups] = {}  # uid of a channel
        self.away_words: dict[str, str] = {}  # uid of a user -> its own words
        # Tells whether a user is connected to another server that shares the log; this one has the log for itself.
        self.is_elsewhere: Callable[[str], bool] = lambda uid: False
        self.marker_sessions = 0  # sessions that negotiated draft/read-marker

    def sessions(self, uid: str) -> tuple[Recipient, ...]:
        """Tell a user's sessions, as of now."""
        return self.by_user.get(uid, ())

    def uids(self) -> list[str]:
        """List the uids of all users with a session, as of now."""
        return list(self.by_user)

    def count(self, uid: str) -> int:
        """Count a user's sessions."""
        return len(self.by_user.get(uid, ()))

    def listeners(self, channel_uid: str) -> Groups:
        """Tell who hears a channel, grouped by what they negotiated."""
        return self._channels.get(channel_uid, _NO_GROUPS)

    def neighbours(self, channels: Iterable[Channel], besides: str = "") -> Iterator[tuple[int, Recipient]]:
        """Go through all who hear any of the channels, each once, with its capabilities; not the user ``besides``."""
        seen: set[Recipient] = set()
        for channel in channels:
            for caps, group in self.listeners(channel.uid).items():
                for session in group:
                    if session not in seen and session.uid != besides:
                        seen.add(session)
                        yield caps, session

    def away(self, uid: str) -> str:
        """Tell why a user is away: its own words, or that it is not connected; empty when it is here."""
        if uid not in self.by_user:
            return "" if self.is_elsewhere(uid) else NOT_CONNECTED
        return self.away_words.get(uid, "")

    def set_away(self, uid: str, text: str) -> None:
        """Note a user's own words for being away; empty when it is back."""
        if text:
            self.away_words[uid] = text
        else:
            self.away_words.pop(uid, None)

    def attach(self, session: Recipient, user: User) -> None:
        """Count a session as one of its user's, hearing the user's channels."""
        self.marker_sessions += session.caps & READ_MARKER > 0
        self.by_user[user.uid] = (*self.sessions(user.uid), session)
        for channel_uid in user.channels:
            self._listen(session, channel_uid)

    def detach(self, session: Recipient, user: User | None) -> None:
        """Forget a session; ``user`` is ``None`` when it is no more (its channels are forgotten already)."""
        sessions = self.sessions(session.uid)
        if session not in sessions:
            return
        self.marker_sessions -= session.caps & READ_MARKER > 0
        for channel_uid in user.channels if user is not None else ():
            self._unlisten(session, channel_uid)
        remaining = tuple(other for other in sessions if other is not session)
        if remaining:
            self.by_user[session.uid] = remaining
        else:
            del self.by_user[session.uid]
            self.away_words.pop(session.uid, None)

    def joined(self, uid: str, channel: Channel) -> None:
        """Let all of a user's sessions hear a channel."""
        for session in self.sessions(uid):
            self._listen(session, channel.uid)

    def left(self, uid: str, channel: Channel) -> None:
        """Let none of a user's sessions hear a channel any more."""
        for session in self.sessions(uid):
            self._unlisten(session, channel.uid)

    def regroup(self, session: Recipient, user: User, caps: int) -> None:
        """Change what a session has negotiated."""
        for channel_uid in user.channels:
            self._unlisten(session, channel_uid)
        self.marker_sessions += (caps & READ_MARKER > 0) - (session.caps & READ_MARKER > 0)
        session.caps = caps
        for channel_uid in user.channels:
            self._listen(session, channel_uid)

    def _listen(self, session: Recipient, channel_uid: str) -> None:
        groups = self._channels.setdefault(channel_uid, {})
        groups.setdefault(session.caps & EVENT_PROFILE, {})[session] = None

    def _unlisten(self, session: Recipient, channel_uid: str) -> None:
        groups = self._channels.get(channel_uid)
        if groups is None:
            return
        caps = session.caps & EVENT_PROFILE
        group = groups.get(caps)
        if group is None:
            return
        group.pop(session, None)
        if not group:
            del groups[caps]
            if not groups:
                del self._channels[channel_uid]
