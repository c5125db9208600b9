"""Presence: the sessions of each user, the listeners of each channel and name, and away messages; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from chatapp.model.entities import Channel, User
from chatapp.protocol.names import fold
from chatapp.server.capabilities import EVENT_PROFILE, EXTENDED_MONITOR, READ_MARKER
from chatapp.server.delivery.arrivals import Arrival
from chatapp.server.delivery.monitors import Monitors
from chatapp.server.delivery.recipient import Recipient
from chatapp.server.delivery.subscriptions import Subscriptions

Groups = dict[int, dict[Recipient, None]]  # set of capabilities that change rendering -> the sessions with that set

NOT_CONNECTED = "not connected"
NOT_PRESENT = "*"  # the away message of a connection that a program has opened by itself, without its user


class Status(NamedTuple):
    """Whether a user is online, and its away message, which is empty if the user is here."""

    online: bool
    away: str


_NO_GROUPS: Groups = {}


class Presence:
    """The sessions that are connected to this process, by user and by channel.

    Other modules may read ``by_user`` and ``away_words``, but not change them. They are public because delivery reads
    them for each direct message, without the cost of a call.
    """

    def __init__(self) -> None:
        self.by_user: dict[str, tuple[Recipient, ...]] = {}  # uid of a user -> its sessions; nearly all have one
        self._channels: dict[str, Groups] = {}  # uid of a channel -> its listeners
        self.away_words: dict[str, str] = {}  # uid of a user whose sessions are all away -> its away message
        self._away: dict[str, dict[Recipient, str]] = {}  # uid of a user -> its sessions that are away, the latest last
        # Returns whether a user is connected to another server that shares the log; by default there is no other.
        self.is_elsewhere: Callable[[str], bool] = lambda uid: False
        self.arriving: dict[str, Arrival] = {}  # casefolded name of an account -> who is about to be welcomed as it
        self.monitors = Monitors()
        self.notified: dict[Recipient, None] = {}  # sessions of administrators that want server notices (mode s)
        self.subscriptions = Subscriptions()
        self._senders: dict[str, tuple[Recipient, ...]] = {}  # uid of a user -> its sessions that only send
        self.users_most = 0  # the largest number of users that had a session here at one time
        self.marker_sessions = 0  # sessions that negotiated draft/read-marker

    def sessions(self, uid: str) -> tuple[Recipient, ...]:
        """Return the current sessions of a user."""
        return self.by_user.get(uid, ())

    def senders(self, uid: str) -> tuple[Recipient, ...]:
        """Return the sessions of a user that only send. They are not among its :meth:`sessions`, and hear nothing."""
        return self._senders.get(uid, ())

    def add_sender(self, session: Recipient) -> None:
        """Add a session that only sends."""
        self._senders[session.uid] = (*self.senders(session.uid), session)

    def remove_sender(self, session: Recipient) -> None:
        """Remove a session that only sends."""
        remaining = tuple(each for each in self._senders.pop(session.uid, ()) if each is not session)
        if remaining:
            self._senders[session.uid] = remaining

    def uids(self) -> list[str]:
        """Return the uids of all users that have a session now."""
        return list(self.by_user)

    def count(self, uid: str) -> int:
        """Return the number of a user's sessions."""
        return len(self.by_user.get(uid, ()))

    def listeners(self, channel_uid: str) -> Groups:
        """Return the sessions of a channel's members, grouped by their capabilities of EVENT_PROFILE."""
        return self._channels.get(channel_uid, _NO_GROUPS)

    def neighbours(self, channels: Iterable[Channel], besides: str = "") -> Iterator[tuple[int, Recipient]]:
        """Yield each listener of any of the channels once, with its capabilities; leave out the user ``besides``."""
        seen: set[Recipient] = set()
        for channel in channels:
            for caps, group in self.listeners(channel.uid).items():
                for session in group:
                    if session not in seen and session.uid != besides:
                        seen.add(session)
                        yield caps, session

    def distant_watchers(self, user: User, channels: Iterable[Channel]) -> list[tuple[int, Recipient]]:
        """Return each session with extended-monitor that monitors a user and listens to none of the user's channels.

        Each comes with its capabilities. With :meth:`neighbours`, each session learns of a change once.

        Spec: IRCv3 extended-monitor, "the client will get AWAY notifications for monitored nicks".
        """
        watchers = [each for each in self.monitors.watchers(user.name) if each.caps & EXTENDED_MONITOR]
        if not watchers:
            return []
        near = {session for _, session in self.neighbours(channels)}
        return [(each.caps, each) for each in watchers if each not in near and each.uid != user.uid]

    def status(self, user: User) -> Status:
        """Return whether a user is online, and its away message; a new account is not away before its welcome."""
        if self.is_online(user):
            return Status(True, self.away_words.get(user.uid, ""))
        return Status(False, "" if self.arriving and fold(user.name) in self.arriving else NOT_CONNECTED)

    def is_online(self, user: User) -> bool:
        """Return whether a user is connected, to this server or to another one. A guest exists only while it is."""
        return user.guest or self.is_connected(user.uid)

    def is_connected(self, uid: str) -> bool:
        """Return whether a user has a session, here or on another server that shares the log."""
        return uid in self.by_user or self.is_elsewhere(uid)

    def away(self, uid: str) -> str:
        """Return a user's away message, or ``NOT_CONNECTED``, or an empty text if the user is here.

        ``NOT_CONNECTED`` also stands for a user all of whose connections are without their user (``AWAY *``).
        """
        if uid not in self.by_user:
            return "" if self.is_elsewhere(uid) else NOT_CONNECTED
        return self.away_words.get(uid, "")

    def set_away(self, session: Recipient, text: str) -> None:
        """Set the away message of one session of a user; an empty text means that the user is back at this session."""
        away = self._away.setdefault(session.uid, {})
        away.pop(session, None)
        if text:
            away[session] = text
        self._sum_up_away(session.uid)

    def _sum_up_away(self, uid: str) -> None:
        """Set a user's away message from its sessions': the user is away if all of them are.

        The latest message counts, but ``NOT_PRESENT`` only if there is no other.

        Spec: IRCv3 pre-away, "an away message of * should be treated as though the connection did not exist at all (for
        example, it should not supersede a human-readable AWAY message set by another connection, even if it is more
        recent)".
        """
        away = self._away.get(uid, {})
        if not away:
            self._away.pop(uid, None)
        if away and len(away) == self.count(uid):
            texts = [text for text in away.values() if text != NOT_PRESENT]
            self.away_words[uid] = texts[-1] if texts else NOT_CONNECTED
        else:
            self.away_words.pop(uid, None)

    def attach(self, session: Recipient, user: User, away: str = "") -> None:
        """Add a session with its away message, and make it a listener of the user's channels."""
        self.marker_sessions += session.caps & READ_MARKER > 0
        self.by_user[user.uid] = (*self.sessions(user.uid), session)
        self.set_away(session, away)
        self.users_most = max(self.users_most, len(self.by_user))
        for channel_uid in user.channels:
            self._listen(session, channel_uid)

    def detach(self, session: Recipient, user: User | None) -> None:
        """Remove a session. ``user`` is ``None`` if the user was removed, and then has no channels any more."""
        sessions = self.sessions(session.uid)
        if session not in sessions:
            return
        self.marker_sessions -= session.caps & READ_MARKER > 0
        self.monitors.clear(session)
        self.notified.pop(session, None)
        self.subscriptions.clear(session)
        for channel_uid in user.channels if user is not None else ():
            self._unlisten(session, channel_uid)
        remaining = tuple(other for other in sessions if other is not session)
        if remaining:
            self.by_user[session.uid] = remaining
        else:
            del self.by_user[session.uid]
        self.set_away(session, "")

    def joined(self, uid: str, channel: Channel) -> None:
        """Make all sessions of a user listeners of a channel."""
        for session in self.sessions(uid):
            self._listen(session, channel.uid)

    def left(self, uid: str, channel: Channel) -> None:
        """Remove all sessions of a user from the listeners of a channel."""
        for session in self.sessions(uid):
            self._unlisten(session, channel.uid)

    def regroup(self, session: Recipient, user: User, caps: int) -> None:
        """Change the capabilities of a session, and so its group in each of the user's channels."""
        if not session.hears:
            session.caps = caps
            return
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
