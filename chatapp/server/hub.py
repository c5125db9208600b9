"""What every session of one server shares, and the one clock that looks after them all."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp.config import Config, SignUp
from chatapp.errors import LogUnavailableError
from chatapp.model.state import State
from chatapp.protocol.timestamps import format_time
from chatapp.server.accounts import Accounts
from chatapp.server.activity import Activity
from chatapp.server.allowances import Allowances, Rate
from chatapp.server.capabilities import offered
from chatapp.server.channel_looks import ChannelLooks
from chatapp.server.clock import Stamps, doubts, now_ms
from chatapp.server.commands import COMMANDS
from chatapp.server.deadlines import Deadlines
from chatapp.server.delivery import Delivery
from chatapp.server.disk_use import DiskLimits
from chatapp.server.dispatch import Command
from chatapp.server.joining import Keys
from chatapp.server.last_seen import LastSeen
from chatapp.server.offers import tell_offers_changed
from chatapp.server.outbox import Outbox
from chatapp.server.presence import Presence
from chatapp.server.proposals import Proposals
from chatapp.server.receipts import Confirmations, note_attended, session_left
from chatapp.server.session import Session
from chatapp.server.settings import Settings
from chatapp.server.tally import Tally
from chatapp.server.turns import Turns
from chatapp.server.visitor import Visitor
from chatapp.storage.history import History
from chatapp.storage.log import EventLog

if TYPE_CHECKING:
    from chatapp.server.connection import Connection

log = logging.getLogger(__name__)

_CLOCK_LOOK_S = 60.0  # how often it is looked whether the clock can be right
_LOOK_S = 0.5  # how often deadlines are looked at
_LAST_SEEN_S = 60.0  # how often it is written when each account was last seen
_ARRIVAL_LOOK_S = 0.02  # how often it is looked whether what was sent has arrived


class Hub:
    """One server's parts, for its sessions."""

    def __init__(
        self,
        config: Config,
        state: State,
        event_log: EventLog,
        history: History,
        loop: asyncio.AbstractEventLoop,
        on_bug: Callable[[BaseException], None],
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self.config = config
        self.host = config.server_name
        self.rate_limits = config.rate_limits
        self.commands_rate = Rate(config.commands_burst, config.commands_per_s)  # of each session
        self.receive_bytes_burst = config.receive_bytes_burst if config.rate_limits else math.inf
        self.send_buffer_slow_bytes = min(config.send_buffer_slow_bytes, config.send_buffer_bytes_max)
        self.slow_readers: dict[Connection, int] = {}  # and how many bytes may wait for each
        self.loop = loop
        self.clock_ms = clock_ms
        self.started = format_time(clock_ms())
        self.addresses: list[str] = []  # it listens on, as written; known when it does
        self.keys: Callable[[], Keys]  # that clients can pin; set before anybody can connect
        self.settings = Settings(config)
        self.state = state
        self.log = event_log
        self.history = history
        self.commands: dict[str, Command] = {command.verb: command for command in COMMANDS}
        self.outbox = Outbox(loop)
        self.turns = Turns(loop)
        self.connects = Allowances(
            Rate(config.connects_per_address_burst, config.connects_per_address_per_s), config.address_table_max
        )
        self.channel_looks = ChannelLooks(state)
        self.guest_arrivals = Allowances(
            Rate(config.guests_per_address_burst, 1 / config.guests_per_address_s), config.address_table_max
        )
        self.disk_limits = DiskLimits(config) if config.rate_limits else None
        self.presence = Presence()
        self.delivery = Delivery(state, self.presence, self.outbox, self.host)
        stamps = Stamps(event_log.last_id, self.latest_ms, clock_ms)
        self.proposals = Proposals(config, state, event_log, self.delivery, stamps, on_bug, self._not_stored)
        self.activity = Activity(config, loop.time, lambda: self.proposals.messages_taken)
        self.last_seen = LastSeen(config.data)
        self.accounts = Accounts(config, state, self.proposals, loop.time, self.end_sessions, self.activity)
        self.sessions: dict[Session, None] = {}
        self._connections = Tally()
        self.visitors: Deadlines[Visitor] = Deadlines(config.visitor_s, config.newcomers_max)
        self._newcomers: Deadlines[Session] = Deadlines(config.newcomer_s, config.newcomers_max)
        self._quiet: Deadlines[Session] = Deadlines(config.ping_s, config.clients_max)
        self._asked: Deadlines[Session] = Deadlines(config.pong_s, config.clients_max)
        self._confirmations = Confirmations(self, self.outbox.told, self._asked.__contains__)
        self._flooding: Deadlines[Session] = Deadlines(config.flood_s, config.clients_max)
        self._batches = 0
        self._attended_ms = int(config.attended_s * 1000)
        self._refreshing: asyncio.Task[None] | None = None
        self._next_file_look = 0.0
        self._next_clock_look_s = loop.time() + _CLOCK_LOOK_S
        self._doubted_clock = False
        self._next_last_seen_s = loop.time() + _LAST_SEEN_S
        self._keeping: asyncio.Task[None] | None = None  # writes the file of when each account was last seen
        self._setting = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None  # waits for the last session to be gone

    @property
    def latest_ms(self) -> int:
        """The latest time of anything in the state (ms since 1970; 0 for nothing)."""
        times = [channel.time for channel in self.state.channels.values()]
        times += [conversation.time for conversation in self.state.conversations.values()]
        return max([self.state.time, *times])

    def _not_stored(self, error: LogUnavailableError, count: int) -> None:
        self.activity.not_stored(str(error), count)

    def start(self) -> None:
        """Begin to look after the sessions."""
        self._look()

    def batch_reference(self) -> str:
        """Make a reference for a batch, unlike any that is open."""
        self._batches += 1
        return f"{self._batches:x}"

    # The life of a session

    def newcomer(self, session: Session) -> None:
        """Take in a connection that has not said who it is."""
        self.sessions[session] = None
        address = session.connection.address
        if self._connections.add(address) > self.config.connections_per_address_max and self.rate_limits:
            session.close("Your address has too many connections to this server. Close one of them first.")
            text = f"one address has {self.config.connections_per_address_max} connections; no more are let in"
            self.activity.limit_reached("connections_per_address_max", address, text)
            return
        if len(self.sessions) > self.config.clients_max:
            session.close("The server is full. Try again later.")
            text = f"the server is full: {self.config.clients_max} connections"
            self.activity.limit_reached("clients_max", session.connection.address, text)
            return
        oldest = self._newcomers.add(session, self.loop.time())
        if oldest is not None:
            oldest.close("Too many connections are signing in; yours has waited longest. Try again.")
            text = f"more than {self.config.newcomers_max} connections are signing in; the oldest was closed"
            self.activity.limit_reached("newcomers_max", oldest.connection.address, text)

    def waited(self, session: Session) -> None:
        """Give a newcomer all of its time again: until now it has waited for the server."""
        if session in self._newcomers:
            self._newcomers.add(session, self.loop.time())

    def welcomed(self, session: Session) -> None:
        """Count a session as one that has a user."""
        self._newcomers.forget(session)
        session.heard_s = self.loop.time()
        self._quiet.add(session, session.heard_s)

    def session_gone(self, session: Session) -> None:
        """Forget a session whose connection is closed."""
        if session in self.sessions:
            del self.sessions[session]
            self._connections.remove(session.connection.address)
        self._newcomers.forget(session)
        self._quiet.forget(session)
        self._asked.forget(session)
        self._flooding.forget(session)
        self._confirmations.forget(session)
        self.closing(session)
        if self._emptied is not None and not self.sessions and not self._emptied.done():
            self._emptied.set_result(None)

    def end_sessions(self, uid: str, besides: Session | None = None) -> None:
        """End the sessions of an account whose password was changed, those that are about to be welcomed too."""
        for session in list(self.sessions):
            told = session.signing_in
            if (session.uid or (told is not None and told.uid)) == uid and session is not besides:
                session.close("The password of your account was changed. Sign in with the new one.")

    def closing(self, session: Session) -> None:
        """Count a session no more as one of its user's; its connection may take a while yet to be closed."""
        if session in self.presence.sessions(session.uid):
            session_left(session)

    def flooding(self, session: Session) -> None:
        """Note that a session has sent more than it may, and is slowed down; not for ever."""
        if self.rate_limits and session not in self._flooding:
            self._flooding.add(session, self.loop.time())

    def kept_up(self, session: Session) -> None:
        """Note that nothing of what a session has sent waits any more."""
        self._flooding.forget(session)

    def answered(self, session: Session, token: str) -> None:
        """Take the answer to our PING, which proves that all sent before it has arrived."""
        position, _, time = token.partition(".")
        if token.isascii() and position.isdigit() and time.isdigit() and len(token) < 40:
            answered = (int(position), int(time))
            if session in self._asked:
                self._asked.forget(session)
                self._quiet.add(session, self.loop.time())
            if session.alive < answered <= self.here_and_now() and not session.untold:
                session.alive = answered
                user = session.user
                if user is not None and not user.guest and answered[1] - user.attended_time > self._attended_ms:
                    note_attended(session, user, answered)
            self._confirmations.answered(session, self.loop.time())

    def ask(self, session: Session) -> None:
        """Ask whether a session is there, and has all that it was sent until now.

        It is asked however much it says itself: that shows that it is there, but not what it has received.
        """
        position, time = self.here_and_now()
        session.deliver(f":{self.host} PING :{position}.{time}\r\n".encode())
        self._quiet.forget(session)
        self._asked.add(session, self.loop.time())

    def here_and_now(self) -> tuple[int, int]:
        """Tell the position in the log that all sessions were told of, and the time (ms)."""
        return self.state.position, self.clock_ms()

    # Looking after them

    def _look(self) -> None:
        self._timer = self.loop.call_later(_LOOK_S, self._look)
        now = self.loop.time()
        self.activity.look()
        self._bound_memory()
        for visitor in self.visitors.late(now):
            visitor.close()
        for session in self._flooding.late(now):
            if session.connection.paused:
                session.close("Excess Flood: you send faster than this server takes it. Send less at once.")
        for session in self._newcomers.late(now):
            if session.is_pausing:  # it waits for us, in a queue that is bounded
                self._newcomers.add(session, now)
                continue
            session.close("You did not sign in in time. Connect again.")
        for session in self._asked.late(now):
            connection = session.connection
            # Where we do not read what it sends, the answer may be there; but one that does not read itself has none.
            if now - session.heard_s > self.config.pong_s and (connection.slow or not connection.paused):
                session.close("Ping timeout")
            else:
                self._quiet.add(session, now)
        for session in self._quiet.late(now):
            self.ask(session)
        self._confirmations.look(now)
        if now >= self._next_clock_look_s:
            self._next_clock_look_s = now + _CLOCK_LOOK_S
            self._look_at_clock()
        if now >= self._next_file_look:
            self._next_file_look = now + self.config.password_file_poll_s
            self.look_at_password_file()
        if now >= self._next_last_seen_s:
            self._next_last_seen_s = now + _LAST_SEEN_S
            self._keeping = self.loop.create_task(self._keep_last_seen())

    async def _keep_last_seen(self) -> None:
        """Write when each account was last seen; a full disk only makes that older."""
        entries = self.last_seen.take_entries(self.state.users, self.presence.uids(), self.clock_ms())
        if entries is not None:
            try:
                await asyncio.to_thread(self.last_seen.write, entries)
            except OSError as error:
                log.debug("when accounts were last seen could not be written: %s", error)

    @property
    def signing_in(self) -> int:
        """Count the connections that have no user yet."""
        return len(self._newcomers)

    async def set_sign_up(self, policy: SignUp) -> None:
        """Change the sign-up policy, now and for the next start, and tell the clients. Raises DataError."""
        async with self._setting:
            await asyncio.to_thread(self.settings.keep_sign_up, policy)
            if policy != self.settings.sign_up:
                before = list(offered(self.settings))
                self.settings.sign_up = policy
                tell_offers_changed(self.sessions, before, list(offered(self.settings)))
                self.activity.sign_up_changed(policy)

    def _look_at_clock(self) -> None:
        """Say, once, when the clock was set to a time that cannot be right."""
        words = doubts(self.clock_ms(), self.state.time) if self.state.time else ""
        if words and not self._doubted_clock:
            log.warning("%s", words)
        self._doubted_clock = bool(words)

    def _bound_memory(self) -> None:
        """Drop the slowest readers where all together hold too much; they catch up from history."""
        most = self.config.send_buffers_bytes_max
        if sum(self.slow_readers.values()) <= most:
            return
        waiting = sorted(((reader.waiting_bytes, reader) for reader in self.slow_readers), key=lambda each: each[0])
        total = sum(each[0] for each in waiting)
        while total > most:
            bytes_waiting, reader = waiting.pop()
            total -= bytes_waiting
            text = f"slow readers hold more than {most} bytes; the slowest was closed"
            self.activity.limit_reached("send_buffers_bytes_max", reader.address, text)
            reader.abort()

    def look_at_password_file(self) -> None:
        """Take in what other programs changed in the password file, if anything."""
        if (self._refreshing is None or self._refreshing.done()) and self.accounts.roster.changed():
            self._refreshing = self.loop.create_task(self._refresh())

    async def take_in_password_file(self) -> None:
        """Return when what other programs have changed in the password file until now is taken in."""
        for _ in range(2):  # one that is under way may have read the file before
            self.look_at_password_file()
            if self._refreshing is not None:
                await asyncio.shield(self._refreshing)

    async def _refresh(self) -> None:
        try:
            await self.accounts.roster.refresh()
        except LogUnavailableError as error:
            self.accounts.roster.put_off(error)
        except Exception:
            log.exception("the password file could not be taken in")

    async def stop(self, why: str) -> None:
        """Take nothing more, let what was said be stored and told, and tell every session that the server stops.

        Returns when all connections are closed, at the latest after ``drain_s``.
        """
        if self._timer is not None:
            self._timer.cancel()
        try:
            async with asyncio.timeout(self.config.drain_s):
                await self.proposals.stop()
                await self._close_all(why)
        except TimeoutError:
            log.warning("not everybody could be told in time that the server stops")
        for session in list(self.sessions):
            session.connection.abort()
        tasks = [task for task in (self._refreshing, self._keeping) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        await self._keep_last_seen()

    async def _until_arrived(self) -> None:
        """Give what was sent the time to reach its readers, so that they are not told again after the next start."""
        end = self.loop.time() + self.config.arrival_s
        asked = self._confirmations.ask_all(self.sessions)
        self.outbox.flush()
        while self.loop.time() < end and (
            any(session in self._asked for session in asked) or not all(session.has_all for session in self.sessions)
        ):
            await asyncio.sleep(_ARRIVAL_LOOK_S)

    async def _close_all(self, why: str) -> None:
        """Close all sessions and visitors, and wait until they are gone."""
        await self._until_arrived()
        self._emptied = self.loop.create_future()
        for visitor in self.visitors.late(float("inf")):
            visitor.close()
        for session in list(self.sessions):
            session.note_arrived()
            session.close(why)
        if self.sessions:
            await self._emptied
