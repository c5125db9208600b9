"""Tracks all sessions of a server: checks their deadlines and limits, and ends them all when the server stops."""

from __future__ import annotations

import asyncio
import logging

from chatapp.config import SignUp
from chatapp.model.administration import ban_of_address
from chatapp.server import refusals
from chatapp.server.delivery.endings import banned_words
from chatapp.server.folder.precautions import close_files
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.limits.tally import Tally
from chatapp.server.services import Services
from chatapp.server.session import arriving, senders
from chatapp.server.session.offers import tell_offers_changed
from chatapp.server.session.parts import Question
from chatapp.server.session.receipts import Confirmations, note_attended, session_left
from chatapp.server.session.session import Session
from chatapp.server.stamps import AHEAD_MS, doubts, stepped

log = logging.getLogger(__name__)

DRAIN_S = 3.0  # how long a stop may take until connections are cut
ARRIVAL_S = 0.5  # how long of DRAIN_S a stop waits until clients have what they were sent
_FILE_LOOK_S = 0.5  # interval of the check whether another program changed the password file
_ATTENDED_S = 300.0  # shortest time between two events that store the position up to which an account has all messages
_CLOCK_LOOK_S = 60.0  # interval of the check whether the clock can be right
_MODES_LOOK_S = 5.0  # interval of the check of our files' permissions: another program may replace a file
_LOOK_S = 0.5  # interval of the check of deadlines
_LAST_SEEN_S = 60.0  # interval of writing last-seen.json
_ARRIVAL_LOOK_S = 0.02  # interval of the check, while stopping, whether sent lines have arrived


class SessionWatch:
    """The sessions of one server, and the timer that checks their deadlines every _LOOK_S."""

    def __init__(self, services: Services) -> None:
        config = services.config
        self.services = services
        self.sessions: dict[Session, None] = {}
        self._config = config
        self._loop = services.loop
        self._connections = Tally()
        self._newcomers: Deadlines[Session] = Deadlines(config.newcomer_s, config.newcomers_max)
        self._quiet: Deadlines[Session] = Deadlines(config.ping_s, config.clients_max)
        self._asked: Deadlines[Session] = Deadlines(config.pong_s, config.clients_max)
        self._flooding: Deadlines[Session] = Deadlines(config.flood_s, config.clients_max)
        self._confirmations = Confirmations(services, self.sessions, self.ask, self._asked.__contains__)
        self._attended_ms = int(_ATTENDED_S * 1000)
        self._next_file_look_s = 0.0
        self._next_modes_look_s = self._loop.time() + _MODES_LOOK_S  # the start itself checked them
        self._next_clock_look_s = self._loop.time() + _CLOCK_LOOK_S
        self._next_last_seen_s = self._loop.time() + _LAST_SEEN_S
        self._doubted_clock = False
        self._clock_offset_ms = self._clock_offset()
        self._keeping: asyncio.Task[None] | None = None  # writes last-seen.json
        self._setting = asyncio.Lock()
        services.delivery.on_network_ban = self._end_all_banned
        services.delivery.on_certificate_removed = self._end_certificate
        self._timer: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None  # done when the last session has ended

    def start(self) -> None:
        """Start the timer."""
        self._look()

    def a_moment_ago(self) -> tuple[int, int]:
        """Return the position and time (ms) up to which everything was sent a moment ago (``receipts.READ_S``)."""
        return self._confirmations.a_moment_ago()

    # The life of a session

    def begun(self, session: Session) -> None:
        """Add a session that has not signed in yet. End it, or the oldest such session, if a limit is exceeded."""
        self.sessions[session] = None
        address, config, activity = session.wire.address, self._config, self.services.activity
        if self._end_if_too_many(session) or self._end_if_banned(session):
            return
        if len(self.sessions) > config.clients_max:
            session.end(refusals.SERVER_FULL)
            activity.limit_reached("clients_max", address, f"the server is full: {config.clients_max} connections")
            return
        oldest = self._newcomers.add(session, self._loop.time())
        if oldest is not None:
            oldest.end(refusals.TOO_MANY_NEWCOMERS)
            text = f"more than {config.newcomers_max} connections are signing in; the oldest was closed"
            activity.limit_reached("newcomers_max", oldest.wire.address, text)

    def move(self, session: Session, address: str) -> None:
        """Give a session the address of the client behind its gateway; end it if a limit or a ban says so."""
        self._connections.remove(session.wire.address)
        session.wire.address = address
        if not self._end_if_too_many(session):
            self._end_if_banned(session)

    def _end_if_too_many(self, session: Session) -> bool:
        """Count a connection of the session's address. Return whether it was ended, as one too many.

        A gateway (WEBIRC) may have any number of connections: each of them soon gets the address of a client.
        """
        address, most = session.wire.address, self._config.connections_per_address_max
        count = self._connections.add(address)
        if count <= most or not self._config.rate_limits or self.services.gateways.lists(address):
            return False
        session.end(refusals.TOO_MANY_OF_ADDRESS)
        text = f"one address has {most} connections; no more are let in"
        self.services.activity.limit_reached("connections_per_address_max", address, text)
        return True

    def _end_if_banned(self, session: Session) -> bool:
        """End a session from a banned address. Return whether it was ended."""
        services, address = self.services, session.wire.address
        ban = ban_of_address(services.state, address, services.log_ms()) if services.state.bans else None
        if ban is None:
            return False
        session.reply(refusals.YOU_ARE_BANNED, text=banned_words(ban.reason, ban.until))
        session.end(refusals.BANNED)
        services.activity.limit_reached("banned", address, f"a connection from {ban.target}, which is banned")
        return True

    def _end_all_banned(self) -> None:
        for session in list(self.sessions):
            self._end_if_banned(session)

    def waited(self, session: Session) -> None:
        """Start the sign-in deadline of a session again, because the session has waited for the server until now."""
        if session in self._newcomers:
            self._newcomers.add(session, self._loop.time())

    def welcomed(self, session: Session) -> None:
        """Note that a session has signed in: the sign-in deadline ends, and the PING interval begins."""
        self._newcomers.forget(session)
        session.heard_s = self._loop.time()
        self._quiet.add(session, session.heard_s)

    def flooding(self, session: Session) -> None:
        """Note that more lines of a session wait than ``receive_queue_bytes_max``; all must have run in ``flood_s``."""
        if self.services.rate_limits and session not in self._flooding:
            self._flooding.add(session, self._loop.time())

    def kept_up(self, session: Session) -> None:
        """Note that no line of a session waits any more, so that its flood deadline ends."""
        self._flooding.forget(session)

    def answered(self, session: Session, token: str) -> None:
        """Handle a PONG: the answer to our PING proves that everything sent before the PING has arrived.

        ``token`` is as the client sent it. It is ignored unless it is the token of the session's last PING.
        """
        question = session.question
        if question is None or token != question.token:
            return
        session.question = None
        if session in self._asked:
            self._asked.forget(session)
            self._quiet.add(session, self._loop.time())
        answered = (question.position, question.time)
        if session.received_upto < answered and not session.untold:
            session.received_upto = answered
            user = session.user
            if user is not None and not user.guest and answered[1] - user.attended_time > self._attended_ms:
                note_attended(session, user, answered)
        self._confirmations.answered(session, self._loop.time())

    def ask(self, session: Session) -> None:
        """Send a PING, and keep the current position and time with its token.

        The token counts the session's PINGs. A position in it would tell the client how much others write, also in
        channels and conversations that it must not know of.

        Lines that the client sends prove that it is there, but not what it has received. So the server sends a PING
        also to a client that is busy sending.

        The line has no source, because simple bots look for PING at its beginning.

        Spec: RFC 2812, section 3.7.2, shows the PING of a server so: "PING :irc.funet.fi".
        """
        session.pings += 1
        session.question = question = Question(str(session.pings), *self.services.here_and_now())
        session.deliver(f"PING :{question.token}\r\n".encode())
        self._quiet.forget(session)
        self._asked.add(session, self._loop.time())

    def ending(self, session: Session) -> None:
        """Detach a session from its user. Its connection may be closed some time later."""
        if session in self.services.presence.sessions(session.uid):
            session_left(session)
        elif session in self.services.presence.senders(session.uid):
            senders.end(session)

    def ended(self, session: Session) -> None:
        """Forget a session whose connection is closed."""
        if session in self.sessions:
            del self.sessions[session]
            self._connections.remove(session.wire.address)
        for deadlines in (self._newcomers, self._quiet, self._asked, self._flooding, self._confirmations):
            deadlines.forget(session)
        arriving.end(session)
        self.ending(session)
        if self._emptied is not None and not self.sessions and not self._emptied.done():
            self._emptied.set_result(None)

    def end_sessions(self, uid: str, besides: Session | None = None) -> None:
        """End the sessions of an account whose password was changed, except ``besides``.

        This includes sessions that have given the old password but are not welcomed yet.
        """
        for session in self._sessions_of(uid):
            if session is not besides:
                session.end(refusals.PASSWORD_CHANGED)

    def _end_certificate(self, uid: str, fingerprint: str, besides: object) -> None:
        """End the sessions of an account that have a client certificate which was removed, except ``besides``."""
        for session in self._sessions_of(uid):
            if session.wire.certificate == fingerprint and session is not besides:
                session.end(refusals.CERTIFICATE_REMOVED)

    def _sessions_of(self, uid: str) -> list[Session]:
        """Return the sessions that have signed in to an account, also those that are not welcomed yet."""
        return [
            session
            for session in self.sessions
            if (session.uid or (session.registering is not None and session.registering.uid)) == uid
        ]

    @property
    def connections(self) -> int:
        """Return how many sessions there are."""
        return len(self.sessions)

    @property
    def signing_in(self) -> int:
        """Return how many sessions have not signed in yet."""
        return len(self._newcomers)

    async def set_sign_up(self, policy: SignUp) -> None:
        """Change the sign-up policy, now and for the next start, and tell the clients.

        Raises DataError, and changes nothing, if the settings file cannot be written.
        """
        settings = self.services.settings
        async with self._setting:
            await asyncio.to_thread(settings.keep_sign_up, policy)
            if policy != settings.sign_up:
                before, settings.sign_up = settings.sign_up, policy
                tell_offers_changed(self.sessions, before, policy)
                self.services.activity.sign_up_changed(policy)
                self.services.accounts.roster.note_act("sign-up", policy)

    # Deadlines

    def _look(self) -> None:
        self._timer = self._loop.call_later(_LOOK_S, self._look)
        now = self._loop.time()
        self.services.activity.look()
        self.bound_memory()
        self._end_late(now)
        self.services.lapses.look()
        for session in self._quiet.late(now):
            self.ask(session)
        self._confirmations.look(now)
        self._look_around(now)

    def _end_late(self, now: float) -> None:
        """End connections and sessions whose deadline has passed."""
        for table in (self.services.limits.one_shots, self.services.limits.entrants):
            for connection in table.late(now):
                connection.close()
        for session in self._flooding.late(now):
            if session.wire.paused:
                session.end(refusals.EXCESS_FLOOD)
        for session in self._newcomers.late(now):
            if session.is_pausing:  # it waits for the server, in a queue that is bounded
                self._newcomers.add(session, now)
                continue
            session.end(refusals.NOT_SIGNED_IN_IN_TIME)
        for session in self._asked.late(now):
            wire = session.wire
            # While the server does not read from a session, the PONG may be waiting unread, so the session gets more
            # time. A slow reader gets none: it may not even have read the PING.
            if now - session.heard_s > self._config.pong_s and (wire.slow or not wire.paused):
                session.end(refusals.PING_TIMEOUT)
            else:
                self._quiet.add(session, now)

    def _look_around(self, now: float) -> None:
        """Check the clock, the password file and our files' permissions, and write last-seen.json, each when due."""
        if now >= self._next_clock_look_s:
            self._next_clock_look_s = now + _CLOCK_LOOK_S
            self._look_at_clock()
        if now >= self._next_file_look_s:
            self._next_file_look_s = now + _FILE_LOOK_S
            self.services.accounts.roster.look()
        if now >= self._next_modes_look_s:
            self._next_modes_look_s = now + _MODES_LOOK_S
            close_files(self._config.data)
        if now >= self._next_last_seen_s:
            self._next_last_seen_s = now + _LAST_SEEN_S
            self._keeping = self._loop.create_task(self._keep_last_seen())

    async def _keep_last_seen(self) -> None:
        services = self.services
        await services.last_seen.keep(services.state.users, services.presence.uids(), services.clock_ms())

    def _clock_offset(self) -> int:
        """Return by how many ms the clock is ahead of the event loop's time, which nobody can set."""
        return self.services.system_clock_ms() - round(self._loop.time() * 1000)

    def _look_at_clock(self) -> None:
        """Log one warning when the clock was set to a time that cannot be right.

        A step forward is measured against the event loop's time, and not against the last event: events since the step
        have the clock's new time already.
        """
        services = self.services
        before, self._clock_offset_ms = self._clock_offset_ms, self._clock_offset()
        now, latest = services.system_clock_ms(), services.state.time
        step = self._clock_offset_ms - before
        if step > AHEAD_MS and latest:
            log.warning("%s", stepped(now, now - step, latest))
            self._doubted_clock = True
            return
        words = doubts(now, latest) if latest else ""
        if words and not self._doubted_clock:
            log.warning("%s", words)
        self._doubted_clock = bool(words)

    def bound_memory(self) -> None:
        """Drop the slowest readers while more than ``send_buffers_bytes_max`` waits for all of them.

        The pages that are being made count as well. A dropped client can fetch from history what it missed.
        """
        most, readers, held = (
            self._config.send_buffers_bytes_max,
            self.services.limits.slow_readers,
            self.services.limits.pages_held,
        )
        if sum(readers.values()) + sum(held.values()) <= most:
            return
        sizes = dict(held)
        for wire in readers:
            sizes[wire] = sizes.get(wire, 0) + wire.waiting_bytes
        waiting = sorted(sizes.items(), key=lambda each: each[1])
        total = sum(sizes.values())
        while total > most:
            wire, bytes_waiting = waiting.pop()
            total -= bytes_waiting
            text = f"slow readers hold more than {most} bytes; the slowest was closed"
            self.services.activity.limit_reached("send_buffers_bytes_max", wire.address, text)
            wire.abort()

    # The end

    async def stop(self, why: str) -> None:
        """Refuse new proposals, store and deliver pending ones, and end every session with the text ``why``.

        Return when all connections are closed. After DRAIN_S the remaining connections are aborted.
        """
        if self._timer is not None:
            self._timer.cancel()
        try:
            async with asyncio.timeout(DRAIN_S):
                await self.services.proposals.stop()
                await self._close_all(why)
        except TimeoutError:
            log.warning("not everybody could be told in time that the server stops")
        for session in list(self.sessions):
            session.abort()
        await self.services.accounts.roster.end(1.0)
        if self._keeping is not None:
            await asyncio.wait([self._keeping], timeout=1.0)
        await self._keep_last_seen()

    async def _until_arrived(self) -> None:
        """Wait at most ARRIVAL_S until sent lines have arrived, so that they are not replayed after a restart."""
        end = self._loop.time() + ARRIVAL_S
        asked = self._confirmations.ask_all(self.sessions)
        self.services.flush_queue.flush()
        while self._loop.time() < end and (
            any(session in self._asked for session in asked) or not all(session.has_all for session in self.sessions)
        ):
            await asyncio.sleep(_ARRIVAL_LOOK_S)

    async def _close_all(self, why: str) -> None:
        """Close all connections, with a session or without, and wait until all sessions have ended."""
        await self._until_arrived()
        self._emptied = self._loop.create_future()
        for table in (self.services.limits.one_shots, self.services.limits.entrants):
            for connection in table.late(float("inf")):
                connection.close()
        for session in list(self.sessions):
            session.note_arrived()
            session.end(why)
        if self.sessions:
            await self._emptied
