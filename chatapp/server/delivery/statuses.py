"""Statuses: tells sessions that a user connects, disconnects, is away, is back, or has become an account.

Three kinds of sessions are told: those that monitor the user's name (MONITOR), those that share a channel with the user
(away-notify, account-notify), and those that monitor the name with extended-monitor.

Spec: IRCv3 monitor, extended-monitor, away-notify, account-notify.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatapp.model.channels import may_write_now, muting_in
from chatapp.model.entities import Channel, User
from chatapp.model.state import State
from chatapp.protocol.names import fold
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.metadata import MetadataNews
from chatapp.server.delivery.monitors import offline_lines, online_lines
from chatapp.server.delivery.presence import NOT_CONNECTED, Presence, Status
from chatapp.server.delivery.recipient import Recipient

WORDLESS = "away"  # the away message for who does not get that of the user


class Statuses:
    """Tells the sessions of this process how the statuses of users change."""

    def __init__(self, state: State, presence: Presence, host: str, metadata: MetadataNews) -> None:
        self._state = state
        self._metadata = metadata
        self._presence = presence
        self._host = host

    def changed(self, user: User, before: Status) -> None:
        """Tell how a user's status differs from ``before``.

        A session that monitors the name learns from 730 that the user is here, and from 731 that it is not. It gets an
        AWAY only if that says more.
        """
        now, channels = self._presence.status(user), self._state.channels_of(user)
        if now.online and not before.online:
            self.came_online(user)
        if before.online and not now.online:
            self.went_offline(user.name)
        if now.away != before.away:
            self._tell_neighbours(user, now.away, channels)
        if now.online and now.away != (before.away if before.online else ""):
            self._tell_away(user, now.away, self._presence.distant_watchers(user, channels))

    def joined(self, user: User, channels: Sequence[Channel]) -> None:
        """Tell the members of channels that their new member is away, if it is."""
        if away := self._presence.status(user).away:
            self._tell_neighbours(user, away, channels)

    def came_online(self, user: User) -> None:
        """Send RPL_MONONLINE (730) to the sessions that monitor the user."""
        for session in self._presence.monitors.watchers(user.name):
            for line in online_lines(self._host, session.nick, (user,)):
                session.deliver(line)
            self._metadata.appeared(session, user)

    def went_offline(self, name: str) -> None:
        """Send RPL_MONOFFLINE (731) to the sessions that monitor the name."""
        for session in self._presence.monitors.watchers(name):
            for line in offline_lines(self._host, session.nick, (name,)):
                session.deliver(line)

    def renamed(self, user: User, old: str) -> None:
        """Tell the sessions that monitor the old or the new name of a guest."""
        if fold(old) != fold(user.name):
            self.went_offline(old)
            self.came_online(user)

    def removed(self, user: User) -> None:
        """Tell the sessions that monitor a removed account, if it was online."""
        if self._presence.is_online(user):
            self.went_offline(user.name)

    def became_account(self, user: User) -> None:
        """Tell neighbours, watchers with extended-monitor, and the user itself that a guest has become an account.

        Spec: IRCv3 account-notify, "including themselves".
        """
        presence, channels = self._presence, self._state.channels_of(user)
        line = f":{render.source(user.name, self._host)} ACCOUNT {user.name}\r\n".encode()
        own = ((recipient.caps, recipient) for recipient in presence.sessions(user.uid))
        others = presence.neighbours(channels, besides=user.uid)
        for caps, recipient in (*others, *presence.distant_watchers(user, channels), *own):
            if caps & cap.ACCOUNT_NOTIFY:
                recipient.deliver(line)

    def _tell_neighbours(self, user: User, text: str, channels: Sequence[Channel]) -> None:
        """Tell the members of channels of an away message; where the user may not write, only that it is away.

        The members of a channel where the user is muted or banned never get the text. Who shares only channels with the
        mode ``m`` or ``M`` with a user who may not write there does not get it either. Mutes count as of the last
        event.
        """
        state, neighbours = self._state, self._presence.neighbours
        told = neighbours(channels, besides=user.uid)
        if text in ("", NOT_CONNECTED) or not any(channel.restricted for channel in channels):
            self._tell_away(user, text, told)
            return
        heard = [each for each in channels if may_write_now(state, user, each, each.name, state.time) is None]
        muted = [each for each in channels if muting_in(state, user, each, state.time) is not None]
        reading = {recipient for _, recipient in neighbours(heard)} - {recipient for _, recipient in neighbours(muted)}
        for each in told:
            self._tell_away(user, text if each[1] in reading else WORDLESS, (each,))

    def _tell_away(self, user: User, text: str, recipients: Iterable[tuple[int, Recipient]]) -> None:
        """Tell recipients that a user is away, or back; who silences the user does not get the text."""
        silencers = self._state.silenced_by.get(user.uid, ())
        for caps, recipient in recipients:
            if caps & cap.AWAY_NOTIFY:
                shown = WORDLESS if text not in ("", NOT_CONNECTED) and recipient.uid in silencers else text
                recipient.deliver(render.away(user.name, shown, caps, self._host))
