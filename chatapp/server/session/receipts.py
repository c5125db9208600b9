"""What has reached a user: up to which position of the log, so that nothing is replayed twice and nothing is left out.

A message counts as received when a PING that was sent after it has been answered, or when the client ended the
connection and its system had taken everything. So a PING follows a delivery within seconds (:class:`Confirmations`),
one at a time for each session. Positions, not times: a clock that is set back must not hide a message.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.tables import Tables
from chatapp.server import capabilities as cap
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.services import Services
from chatapp.server.session.session import Session, sessions_of


def reached(session: Session, user: User) -> tuple[int, int]:
    """Return the position and the time (ms) up to which everything has reached one of the user's connections.

    A session that is still here counts up to its last answer, or up to now when its system has taken everything.
    A guest begins with now.
    """
    if user.guest:
        return session.services.here_and_now()
    others = sessions_of(session.services, user.uid)
    for other in others:
        other.note_arrived()
    return max([(user.attended, user.attended_time), *(other.alive for other in others)])


def spoken_since(tables: Tables, user: User, position: int) -> list[str]:
    """List the streams of a user in which something was said behind a position, or may have been."""
    channels = (tables.channels[stream] for stream in user.channels)
    streams = [each.uid for each in channels if each.last > position or (each.spoken and not each.last)]
    conversations = (tables.conversations[stream] for stream in user.conversations)
    return streams + [each.stream for each in conversations if each.last > position or not each.last]


def session_left(session: Session) -> None:
    """Note what the end of a connection means for its user: a guest is gone; an account is away."""
    services, user = session.services, session.user
    services.presence.detach(session, user)
    _tell_signed_out(session, user)
    if user is None:
        return
    if others := sessions_of(services, user.uid):
        for other in others:
            other.alive = max(other.alive, session.alive)
        return
    if user.guest:
        guest_left(session, user.uid, user.name, session.quit_reason or "Connection closed")
        return
    note_attended(session, user, session.alive)
    if away := services.presence.away(user.uid):  # it may be connected to another server
        services.delivery.away(user, away)


def _tell_signed_out(session: Session, user: User | None) -> None:
    """Tell the operational log that a session has ended; ``user`` is ``None`` where the account was removed."""
    services, now_ms = session.services, session.services.clock_ms()
    name, guest = (user.name, user.guest) if user is not None else ("", False)
    if user is not None and not guest:
        services.last_seen.note(user.uid, now_ms)
    # What the user says at QUIT is a message.
    reason = "quit" if session.quit_reason else session.why_closed or "the connection ended"
    seconds = max(0, now_ms - session.since_ms) // 1000
    left = services.presence.count(session.uid)
    services.activity.signed_out(name, guest, session.wire.address, seconds, reason, left)


def guest_left(session: Session, uid: str, nick: str, reason: str = "Connection closed") -> None:
    """Note that a guest is gone."""
    new = session.services.proposals
    new.note(events.GuestLeft(**new.stamp(), actor=uid, nick=nick, guest=True, reason=reason))


def note_attended(session: Session, user: User, upto: tuple[int, int]) -> None:
    """Let the log know up to which position and time (ms) everything has reached an account, if that is news."""
    new = session.services.proposals
    position, time = upto
    if position > user.attended and spoken_since(session.services.state, user, user.attended):
        new.note(new.event(events.Attended, user, until=time, position=position))


class Confirmations:
    """Asks sessions, by PING, whether what they were sent has reached them.

    A session is asked ``confirm_s`` after it was sent something, and again as long as more was said since; never while
    an answer is awaited. Sessions that nobody has said anything to are not asked.
    """

    def __init__(
        self,
        services: Services,
        sessions: Container[object],
        ask: Callable[[Session], None],
        is_asked: Callable[[Session], bool],
    ) -> None:
        """``sessions`` are all that are here; ``ask`` sends a PING; ``is_asked`` tells if its answer is awaited."""
        self._state = services.state
        self._sessions = sessions
        self._told = services.outbox.told  # to whom the outbox has written; it is emptied here
        self._ask = ask
        self._is_asked = is_asked
        self._at_once = services.config.confirms_at_once
        self._due: Deadlines[Session] = Deadlines(services.config.confirm_s, services.config.clients_max)

    def look(self, now: float) -> None:
        """Ask the sessions that are due at the loop's time ``now`` (s), ``confirms_at_once`` of them at most."""
        if self._told:
            for session in [each for each in self._told if isinstance(each, Session) and each in self._sessions]:
                if session not in self._due and session.uid and not self._is_asked(session):
                    self._due.add(session, now)
            self._told.clear()
        for session in self._due.late(now, self._at_once):
            if not self._is_asked(session) and self.is_unconfirmed(session):
                self._ask(session)

    def answered(self, session: Session, now: float) -> None:
        """Look at a session again: more may have been said since it was asked."""
        if self.is_unconfirmed(session):
            self._due.add(session, now)

    def forget(self, session: Session) -> None:
        """Forget a session that is gone."""
        self._due.forget(session)
        self._told.discard(session)

    def is_unconfirmed(self, session: Session) -> bool:
        """Tell whether something was said to an account's session of which it is not known that it has arrived."""
        user = session.user
        if user is None or user.guest or session.closed or session.untold:
            return False
        return bool(spoken_since(self._state, user, session.alive[0]))

    def ask_all(self, sessions: Collection[Session]) -> list[Session]:
        """Ask every session of which that is not known, for the server stops; return them."""
        unconfirmed = [session for session in sessions if self.is_unconfirmed(session)]
        for session in unconfirmed:
            self._ask(session)
        return unconfirmed


def can_fetch(session: Session) -> bool:
    """Tell whether a client can ask for what it missed."""
    return bool(session.caps & cap.CHATHISTORY)
