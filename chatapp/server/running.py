"""The running server: it rebuilds the state from the log, listens, runs until a signal arrives, and stops.

Importing this module takes long, so ``app.py`` does it while a thread opens the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chatapp.auth import PasswordStore
from chatapp.config import Config
from chatapp.errors import ChatError, ConfigError, LogUnavailableError
from chatapp.model import events
from chatapp.model.editing import is_late_edit
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.server import refusals
from chatapp.server.commands import COMMANDS
from chatapp.server.commands.dispatch import Dispatcher
from chatapp.server.control.listener import ControlListener
from chatapp.server.edge.listener import Listener, bind, written
from chatapp.server.folder import precautions
from chatapp.server.joining import place_in_links
from chatapp.server.services import Services
from chatapp.server.session.session import Session
from chatapp.server.stamps import BEYOND, LATEST_MS, doubts
from chatapp.server.watch import SessionWatch
from chatapp.server.wire import Wire
from chatapp.storage.history import HistoryStore
from chatapp.storage.log import EventLog, LogDiedError

if TYPE_CHECKING:
    from chatapp.server.folder.certificate import Identity

log = logging.getLogger(__name__)

_EXPIRY_LOOK_S = 600.0  # interval between two checks whether the certificate expires soon
_UNREADABLE_LOOK_S = 86_400.0  # the same if the certificate cannot be checked: a day, because each check logs an error
_REPLAYED_BEFORE_SNAPSHOT = 1_000  # a shorter replay is not worth a snapshot


def replay(event_log: EventLog, history: HistoryStore) -> tuple[State, int]:
    """Rebuild the state from the last snapshot and the events after it. Return the state and the number of events.

    What these events redact is erased again, because the last server may have died before it had erased the text. The
    log saves no snapshot after a redaction whose erasure has failed (``EventLog.erase``). So every redaction that still
    needs an erasure is among these events.
    """
    snapshot = history.load_snapshot()
    state = State() if snapshot is None else State.restore(snapshot[1])
    count = 0
    redacted: dict[int, str] = {}  # the msgids of messages, by position
    for records in event_log.read(state.position):
        for record in records:
            outcome = state.apply(record.seq, record.event)
            count += 1
            if not isinstance(outcome, Applied):
                history.place(record.seq, None)
                if is_late_edit(outcome):
                    redacted[record.seq] = record.event.id
            elif outcome.event is not record.event:
                history.place(record.seq, outcome.event)
            if isinstance(outcome, Applied) and type(record.event) is events.Redacted:
                redacted[record.event.position] = record.event.msgid
    if redacted:
        event_log.erase(redacted)
    return state, count


class Sessions:
    """Makes the session of each new connection; ``watch`` tracks all sessions of the server."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.watch = SessionWatch(services)
        services.accounts.roster.on_new_password = self.watch.end_sessions
        self._commands = Dispatcher(COMMANDS, services.config.unsettled_max)

    def begin(self, wire: Wire) -> Session:
        """Return a new session for a connection."""
        return Session(self.services, wire, self.watch, self._commands)


async def settle_in(services: Services) -> None:
    """Store events for what changed while the server was down: guests have left, limits and accounts may have changed.

    Events stored here never get a time that is days ahead of the last event (``Stamps.doubting``). The clock may be
    wrong, and the administrator has had no time yet to read the warning and stop the server.
    """
    new, config, roster = services.proposals, services.config, services.accounts.roster
    roster.check_file()
    new.stamps.doubting = True
    try:
        for guest in [user for user in services.state.users.values() if user.guest and services.is_own(user)]:
            await new.settle(new.event(events.GuestLeft, guest, reason="The server was restarted"))
        limits = new.event(
            events.LimitsSet,
            None,
            channels=config.channels_max,
            channels_per_user=config.channels_per_user_max,
            members_per_channel=config.members_per_channel_max,
        )
        for event in (limits, new.event(events.TimesAscend, None)):
            if services.state.refusal(event) is None:
                await new.settle(event)
        await roster.refresh()
        await services.accounts.invitations.give_back_unused()
    except LogUnavailableError as error:  # start anyway: clients can still read the history
        roster.put_off(error)
    finally:
        new.stamps.doubting = False


def check_clock(services: Services) -> None:
    """Log a warning when the clock is probably wrong.

    Raises ConfigError when the clock is past LATEST_MS and the log has no event whose time could be used instead.
    """
    now, latest = services.system_clock_ms(), services.latest_ms
    if now >= LATEST_MS and not latest:
        raise ConfigError(BEYOND)
    if words := doubts(now, latest):
        log.warning("%s", words)


class Running:
    """One running server. ``bug`` is the exception of the bug that stopped it, or ``None``."""

    def __init__(
        self,
        config: Config,
        identity: Identity,
        event_log: EventLog,
        history: HistoryStore,
        passwords: PasswordStore,
    ) -> None:
        """Rebuild the state from the open log, then start the log. Raises ConfigError and DataError."""
        self.config = config
        self.identity = identity
        self.bug: BaseException | None = None
        self._stopping = asyncio.Event()
        self._expiry = precautions.ExpiryWatch(identity)
        self._history = history
        state, self._replayed = replay(event_log, history)
        loop = asyncio.get_running_loop()
        services = Services(config, state, event_log, history, passwords, loop, self._on_bug)
        self.sessions = Sessions(services)
        services.loop.set_exception_handler(self._unhandled)
        event_log.start(services.proposals.committed, services.proposals.failed)

    async def run(self, ready: Callable[[Running], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until a bug; call ``ready`` when the server accepts connections.

        Raises ChatError if the server cannot start.
        """
        sessions, services = self.sessions, self.sessions.services
        if self._replayed >= _REPLAYED_BEFORE_SNAPSHOT:
            services.proposals.snapshot()
        check_clock(services)
        await settle_in(services)
        sockets = bind(self.config)
        self.addresses = [sock.getsockname()[:2] for sock in sockets]
        self._listeners = [Listener(services, sock, self._tls_context, sessions.begin) for sock in sockets]
        self._take_signals()
        sessions.watch.start()
        for listener in self._listeners:
            listener.start()
        services.keys = lambda: self.identity.keys
        services.place = self._place
        services.read_files_again = self._reload
        self._tell_started(services)
        control = ControlListener(sessions.watch, self.config.data)
        await control.start()
        self._history.start()
        ready(self)
        with contextlib.suppress(ConfigError):  # the watch tells it
            await asyncio.to_thread(self.identity.check)  # a thread, so that its slow import delays no client
        self._watch_certificate()
        gc.collect()
        gc.freeze()  # the objects made so far live until the end, so the garbage collector can skip them
        gc.enable()
        await self._stopping.wait()
        await control.stop()
        await self._stop()
        services.accounts.close()
        await self._history.close()
        services.activity.stopped()

    def _place(self) -> tuple[str, int]:
        from chatapp.server.folder.certificate import own_addresses  # a slow import, unless the server has been started

        return place_in_links(self.addresses, own_addresses(), self.config.link_host)

    def _tls_context(self, asks: bool) -> ssl.SSLContext:
        """Return the TLS context for a new connection; ``asks``: the server asks the client for a certificate."""
        return self.identity.asking if asks else self.identity.context

    def _tell_started(self, services: Services) -> None:
        services.addresses = [written(host, port) for host, port in self.addresses]
        accounts = sum(not user.guest for user in services.state.users.values())
        if self.identity.made:
            services.activity.certificate_made(self.identity.fingerprint)
        services.activity.started(", ".join(services.addresses), accounts, services.state.position)
        precautions.check_user(port for _, port in self.addresses)

    def _watch_certificate(self) -> None:
        """Check now, and again every _EXPIRY_LOOK_S, whether the certificate expires soon."""
        services, again_s = self.sessions.services, _EXPIRY_LOOK_S
        try:
            self._expiry.look(precautions.time_for_certificates(services.clock_ms()))
        except ConfigError as error:
            services.activity.certificate_refused(str(error))
            again_s = _UNREADABLE_LOOK_S
        asyncio.get_running_loop().call_later(again_s, self._watch_certificate)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, words in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C")):
            loop.add_signal_handler(number, self._stop_for, words)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _stop_for(self, reason: str) -> None:
        """Begin to stop, and log why. Further signals do nothing."""
        if not self._stopping.is_set():
            self.sessions.services.activity.stopping(reason, len(self.sessions.watch.sessions))
            self._stopping.set()

    def _reload(self) -> None:
        """Read the certificate and the password file again (SIGHUP).

        If a file cannot be read, log an error and keep the old certificate or accounts.
        """
        services = self.sessions.services
        try:
            self.identity.load()
            services.activity.files_read_again(self.identity.fingerprint)
            self._expiry.look(precautions.time_for_certificates(services.clock_ms()), read=True)
        except ChatError as error:
            services.activity.certificate_refused(str(error))
        precautions.check_files(self.config)
        services.accounts.roster.look()

    async def _stop(self) -> None:
        """Stop accepting connections, store the pending events, end all sessions, save a snapshot."""
        for listener in self._listeners:
            await listener.stop()
        await self.sessions.watch.stop(refusals.STOPPING)
        if self.bug is None:
            self.sessions.services.proposals.snapshot()

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an exception that no task handled; stop the server if the exception says that the log died."""
        loop.default_exception_handler(context)
        error = context.get("exception")
        if isinstance(error, LogDiedError):
            self._on_bug(error)

    def _on_bug(self, error: BaseException) -> None:
        """Stop the server, because the state may be half changed.

        The log on disk is consistent, and the next start rebuilds the state from it.
        """
        log.critical("a bug; the server stops", exc_info=error)
        self.bug = error
        self._stopping.set()
