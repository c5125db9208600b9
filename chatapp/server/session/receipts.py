"""Receipts: the log position up to which a user has received everything, so that a replay repeats and omits nothing.

A message counts as received in these cases:

- The client has answered a later PING. So the server sends a PING within seconds after a delivery
  (:class:`Confirmations`).
- The client's system has received everything when the client closes its side, the server stops, or another session of
  the account signs in; but not while a PING is unanswered for over 2 s (``Session.note_arrived``).
- The client's system has received everything when the client says QUIT or sends the close frame of a WebSocket, and the
  message was sent at least ``READ_S`` before (``Session.note_read``).
- The message was missed, the client can fetch what it missed and had ``FETCH_S`` for it, and the server has sent the
  unread direct messages for which the client did not ask (``replay.py``).

A receipt is a position and a time (ms). Receipts are compared by position, because a clock that is set back must not
hide a message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Container

from chatapp.model import events
from chatapp.model.conversations import departures_since
from chatapp.model.entities import User
from chatapp.model.invitations import invitations_since
from chatapp.model.messages import last_in
from chatapp.model.moderation import removals_since
from chatapp.model.tables import Tables
from chatapp.server import capabilities as cap
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.services import Services
from chatapp.server.session.session import Session, sessions_of

CONFIRM_S = 5.0  # time from a delivery to the PING whose answer confirms it
READ_S = 2.0  # a client that says QUIT has read what was sent this long before
_CONFIRMS_AT_ONCE = 500  # PINGs sent each time the deadlines are checked (twice a second)


def reached(session: Session, user: User) -> tuple[int, int]:
    """Return the position and the time (ms) up to which at least one of the user's connections has received everything.

    A connected session counts up to its last answered PING, or up to now if its system has received everything. A guest
    starts at the current position.
    """
    if user.guest:
        return session.services.here_and_now()
    others = sessions_of(session.services, user.uid)
    best = max([(user.attended, user.attended_time), *(other.received_upto for other in others)])
    for other in others:
        if best[0] >= session.services.state.position:  # note_arrived is a system call for each session
            break
        other.note_arrived()
        best = max(best, other.received_upto)
    return best


def spoken_since(tables: Tables, user: User, position: int) -> list[str]:
    """Return the uids of the user's streams that may have messages after ``position``."""
    channels = [tables.channels[stream] for stream in user.channels]
    streams = [
        each.uid
        for each in channels
        if each.last > position
        or (each.spoken and not each.last)
        or (each.told and last_in(tables, user, each)[0] > position)
    ]
    conversations = (tables.conversations[stream] for stream in user.conversations)
    return streams + [each.stream for each in conversations if each.last > position or not each.last]


def session_left(session: Session) -> None:
    """Handle the end of a session for its user. A guest leaves.

    The other sessions of an account take over its receipt. If there are none, the receipt is stored, and the account is
    away. The session's token was used until now.
    """
    services, user = session.services, session.user
    before = services.presence.status(user) if user is not None else None
    if user is not None and session.token:
        services.tokens.note_use(user, session.token)
    services.presence.detach(session, user)
    _tell_signed_out(session, user)
    if user is None or before is None:
        return
    if user.guest:
        guest_left(session, user.uid, user.name, session.quit_reason or "Connection closed")
        return
    if others := sessions_of(services, user.uid):
        for other in others:
            other.received_upto = max(other.received_upto, session.received_upto)
    else:
        note_attended(session, user, session.received_upto)
    services.delivery.statuses.changed(user, before)


def _tell_signed_out(session: Session, user: User | None) -> None:
    """Tell the operational log that a session has ended; ``user`` is ``None`` if the account was removed."""
    services, now_ms = session.services, session.services.clock_ms()
    name, guest = (user.name, user.guest) if user is not None else ("", False)
    if user is not None and not guest:
        services.last_seen.note(user.uid, now_ms)
    # The QUIT text is a message of the user, so it does not belong in the operational log.
    reason = "quit" if session.quit_reason else session.why_closed or "the connection ended"
    seconds = max(0, now_ms - session.since_ms) // 1000
    left = services.presence.count(session.uid)
    services.activity.signed_out(name, guest, session.wire.address, seconds, reason, left)


def guest_left(session: Session, uid: str, nick: str, reason: str = "Connection closed") -> None:
    """Propose the event that a guest has left."""
    new = session.services.proposals
    new.note(new.event(events.GuestLeft, None, actor=uid, nick=nick, guest=True, reason=reason))


def note_attended(session: Session, user: User, upto: tuple[int, int]) -> None:
    """Store up to where an account has received everything, if anything was sent to it after the stored position.

    ``upto``: a position and a time (ms).
    """
    new = session.services.proposals
    position, time = upto
    state = session.services.state
    if position > user.attended and (
        spoken_since(state, user, user.attended)
        or invitations_since(state, user, user.attended)
        or removals_since(user, user.attended)
        or departures_since(state, user, user.attended)
    ):
        new.note(new.event(events.Attended, user, until=time, position=position), session)


class Confirmations:
    """Sends PINGs to learn what sessions have received.

    A session gets a PING ``CONFIRM_S`` after a message, and another while messages are unconfirmed. Until it answers,
    it gets no other PING from here (except from :meth:`ask_all`). Without new messages it gets none. ``replay.py`` and
    ``watch.py`` send PINGs for other reasons.
    """

    def __init__(
        self,
        services: Services,
        sessions: Container[object],
        ask: Callable[[Session], None],
        is_asked: Callable[[Session], bool],
    ) -> None:
        """``sessions``: all connected sessions. ``ask`` sends a PING. ``is_asked``: whether a PING is unanswered."""
        self._services = services
        self._state = services.state
        self._moments: deque[tuple[float, tuple[int, int]]] = deque()  # see a_moment_ago; the oldest first
        self._sessions = sessions
        self._told = services.flush_queue.told  # the recipients written to; emptied here
        self._ask = ask
        self._is_asked = is_asked
        self._at_once = _CONFIRMS_AT_ONCE
        self._due: Deadlines[Session] = Deadlines(CONFIRM_S, services.config.clients_max)

    def look(self, now: float) -> None:
        """Send a PING to the sessions that are due at the loop time ``now`` (s), at most ``_CONFIRMS_AT_ONCE``."""
        self._moments.append((now, self._services.here_and_now()))
        while len(self._moments) > 1 and self._moments[1][0] <= now - READ_S:
            self._moments.popleft()
        if self._told:
            for session in [each for each in self._told if isinstance(each, Session) and each in self._sessions]:
                if session not in self._due and session.uid and not self._is_asked(session):
                    self._due.add(session, now)
            self._told.clear()
        for session in self._due.late(now, self._at_once):
            if not self._is_asked(session) and self.is_unconfirmed(session):
                self._ask(session)

    def a_moment_ago(self) -> tuple[int, int]:
        """Return the position and time (ms) of the latest look that is at least ``READ_S`` old.

        In the first seconds of the server, this is the position of its first look.
        """
        return self._moments[0][1]

    def answered(self, session: Session, now: float) -> None:
        """Schedule another PING if more messages were sent since the PING that the session has answered."""
        if self.is_unconfirmed(session):
            self._due.add(session, now)

    def forget(self, session: Session) -> None:
        """Forget a session whose connection is closed."""
        self._due.forget(session)
        self._told.discard(session)

    def is_unconfirmed(self, session: Session) -> bool:
        """Return whether an account's session perhaps lacks a message, or the news of a removal or a departure."""
        user = session.user
        if user is None or user.guest or session.closed or session.untold:
            return False
        position = session.received_upto[0]
        return bool(
            spoken_since(self._state, user, position)
            or removals_since(user, position)
            or departures_since(self._state, user, position)
        )

    def ask_all(self, sessions: Collection[Session]) -> list[Session]:
        """Send a PING to every unconfirmed session, because the server stops; return these sessions."""
        unconfirmed = [session for session in sessions if self.is_unconfirmed(session)]
        for session in unconfirmed:
            self._ask(session)
        return unconfirmed


def can_fetch(session: Session) -> bool:
    """Return whether the client has negotiated CHATHISTORY or ZNC's playback, so that it can fetch what it missed."""
    return bool(session.caps & (cap.CHATHISTORY | cap.ZNC_PLAYBACK))
