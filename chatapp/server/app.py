"""Wiring: configuration -> state, log, listeners; start, run until told to stop, stop.

The only place that chooses concrete parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gc
import logging
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chatapp.config import Config
from chatapp.errors import ChatError, ConfigError, LogUnavailableError
from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol.names import parse_channel
from chatapp.server.commands import COMMANDS
from chatapp.server.commands.dispatch import Dispatcher
from chatapp.server.control.listener import ControlListener
from chatapp.server.edge.listener import Listener, bind, written
from chatapp.server.folder import precautions
from chatapp.server.folder.data_folder import lock_data_folder, refuse_half_restored
from chatapp.server.services import Services
from chatapp.server.session.session import Session
from chatapp.server.stamps import LATEST_MS, doubts
from chatapp.server.watch import SessionWatch
from chatapp.server.wire import Wire
from chatapp.storage.log import EventLog, LogDiedError
from chatapp.storage.sqlite import SqliteLog
from chatapp.storage.sqlite_history import SqliteHistory

if TYPE_CHECKING:
    from chatapp.server.folder.certificate import Identity

log = logging.getLogger(__name__)

_SWITCH_INTERVAL_S = 0.0005  # the log's thread must not make the event loop wait for Python's lock
_OWN_FILES = 100  # of the log, the threads and so on
_EXPIRY_LOOK_S = 600.0  # how often the time is compared with that at which the certificate expires
_REPLAYED_BEFORE_SNAPSHOT = 1_000  # a shorter replay is not worth a snapshot


def replay(event_log: EventLog) -> tuple[State, int]:
    """Add up the log: the last snapshot and the events after it. Return the state and the number of those."""
    snapshot = event_log.load_snapshot()
    state = State() if snapshot is None else State.restore(snapshot[1])
    count = 0
    for records in event_log.read(state.position):
        for record in records:
            outcome = state.apply(record.seq, record.event)
            count += 1
            if not isinstance(outcome, Applied):
                event_log.place(record.seq, None)
            elif outcome.event is not record.event:
                event_log.place(record.seq, outcome.event)
    return state, count


class Sessions:
    """What begins the sessions of a server, and what looks after them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.watch = SessionWatch(services)
        services.accounts.roster.on_new_password = self.watch.end_sessions
        self._commands = Dispatcher(COMMANDS, services.config.unsettled_max)

    def begin(self, wire: Wire) -> Session:
        """Begin the session of a connection."""
        return Session(self.services, wire, self.watch, self._commands)


async def settle_in(services: Services) -> None:
    """Bring the state up to what is true at a start: its guests are gone, and the accounts are those of the file.

    What is stored here gets no time that is days ahead of the last event: the clock may be wrong, and nobody has had
    the time to stop the server.
    """
    new, config, roster = services.proposals, services.config, services.accounts.roster
    roster.check_file()
    new.stamps.doubting = True
    try:
        for guest in [user for user in services.state.users.values() if user.guest and services.is_own(user)]:
            await new.settle(new.event(events.GuestLeft, guest, reason="The server was restarted"))
        limits = events.LimitsSet(
            **new.stamp(),
            channels=config.channels_max,
            channels_per_user=config.channels_per_user_max,
            members_per_channel=config.members_per_channel_max,
        )
        for event in (limits, events.TimesAscend(**new.stamp())):
            if services.state.refusal(event) is None:
                await new.settle(event)
        await roster.refresh()
    except LogUnavailableError as error:  # what is there can be read all the same
        roster.put_off(error)
    finally:
        new.stamps.doubting = False


def check_clock(services: Services) -> None:
    """Say when the clock cannot be right. Raises ConfigError when nothing can be dated."""
    now, latest = services.clock_ms(), services.latest_ms
    if now >= LATEST_MS and not latest:
        raise ConfigError("The clock of this machine shows a time after the year 2100. Set it, then start again.")
    if words := doubts(now, latest):
        log.warning("%s", words)


class App:
    """One server, from start to stop. ``ready`` is called when it accepts connections, with this app."""

    def __init__(self, config: Config, ready: Callable[[App], None] = lambda app: None) -> None:
        self.config = config
        self._ready = ready
        self._bug: BaseException | None = None
        if config.lobby is not None:
            try:
                parse_channel(config.lobby)
            except ChatError as error:
                raise ConfigError(f"--lobby {config.lobby}: {error}") from error

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises ChatError when it cannot start, and any bug it stopped for."""
        with contextlib.ExitStack() as stack:
            stack.callback(lock_data_folder(self.config.data).close)
            refuse_half_restored(self.config.data)
            await self._serve()
        if self._bug is not None:
            raise self._bug

    async def _serve(self) -> None:
        config = self.config
        self._stopping = asyncio.Event()
        # SQLite checks the log while Python reads what certificates need, which takes as long.
        opening = asyncio.create_task(asyncio.to_thread(SqliteLog, config.log_path, config.log_pending_max))
        try:
            identity = self.identity = _identity_of(config)
        except BaseException:
            with contextlib.suppress(ChatError):
                await (await opening).close()
            raise
        event_log = await opening
        try:
            self._expiry = precautions.ExpiryWatch(identity)
            precautions.check_files(config)  # not before it is known that the log is one
            state, replayed = replay(event_log)
            history = SqliteHistory(config.log_path, event_log.tail, config.history_threads, config.history_queue_max)
            services = Services(config, state, event_log, history, asyncio.get_running_loop(), self._on_bug)
            services.loop.set_exception_handler(self._unhandled)
            event_log.start(services.proposals.committed, services.proposals.failed)
            if replayed >= _REPLAYED_BEFORE_SNAPSHOT:
                services.proposals.snapshot()
            check_clock(services)
            sessions = self.sessions = Sessions(services)
            await settle_in(services)
            sockets = bind(config)
            self.addresses = [sock.getsockname()[:2] for sock in sockets]
            self._listeners = [Listener(services, sock, lambda: identity.context, sessions.begin) for sock in sockets]
            self._take_signals()
            sessions.watch.start()
            gc.collect()
            gc.freeze()  # what is here now stays; the collector need not look at it again
            for listener in self._listeners:
                listener.start()
            services.keys = lambda: identity.keys
            self._tell_started(services)
            self._watch_certificate()
            control = ControlListener(sessions.watch, config.data)
            await control.start()
            self._ready(self)
            await self._stopping.wait()
            await control.stop()
            await self._stop()
            services.accounts.close()
            await history.close()
            services.activity.stopped()
        finally:
            await event_log.close()

    def _tell_started(self, services: Services) -> None:
        services.addresses = [written(host, port) for host, port in self.addresses]
        accounts = sum(not user.guest for user in services.state.users.values())
        if self.identity.made:
            services.activity.certificate_made(self.identity.fingerprint)
        services.activity.started(", ".join(services.addresses), accounts, services.state.position)
        precautions.check_user(port for _, port in self.addresses)

    def _watch_certificate(self) -> None:
        """Warn of a certificate that expires, now and from now on."""
        self._expiry.look(datetime.datetime.now(datetime.UTC))
        asyncio.get_running_loop().call_later(_EXPIRY_LOOK_S, self._watch_certificate)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, words in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C")):
            loop.add_signal_handler(number, self._stop_for, words)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _stop_for(self, reason: str) -> None:
        """Begin to stop, and say so, once."""
        if not self._stopping.is_set():
            self.sessions.services.activity.stopping(reason, len(self.sessions.watch.sessions))
            self._stopping.set()

    def _reload(self) -> None:
        """Read certificate and password file again; what cannot be read is complained of, and stays as it was."""
        services = self.sessions.services
        try:
            self.identity.load()
            services.activity.files_read_again(self.identity.fingerprint)
            self._expiry.look(datetime.datetime.now(datetime.UTC), read=True)
        except ChatError as error:
            services.activity.certificate_refused(str(error))
        precautions.check_files(self.config)
        services.accounts.roster.look()

    async def _stop(self) -> None:
        """Stop accepting, commit what is pending, tell the clients."""
        for listener in self._listeners:
            await listener.stop()
        await self.sessions.watch.stop("The server is stopping. Your client will find it again when it is back.")
        if self._bug is None:
            self.sessions.services.proposals.snapshot()

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note an exception that nobody took; stop where it means that nothing is stored any more."""
        loop.default_exception_handler(context)
        error = context.get("exception")
        if isinstance(error, LogDiedError):
            self._on_bug(error)

    def _on_bug(self, error: BaseException) -> None:
        """Stop: the state may be half changed. What is on disk is whole, and the next start begins from there."""
        log.critical("a bug; the server stops", exc_info=error)
        self._bug = error
        self._stopping.set()


def _identity_of(config: Config) -> Identity:
    """Read the certificate and its key, or make them. Raises ConfigError."""
    from chatapp.server.folder import certificate  # takes as long as all the rest together

    if config.cert is not None and config.key is not None:
        return certificate.Identity(config.cert, config.key)
    return certificate.own_identity(config.data, certificate.own_names())


def serve(config: Config, ready: Callable[[App], None]) -> None:
    """Run a server until it is told to stop. Raises ChatError when it cannot start."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _raise_file_limit(config)
    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:  # Windows has none
        runner = asyncio.Runner()
    with runner:
        runner.run(App(config, ready).run())


def _raise_file_limit(config: Config) -> None:
    """Ask the system for as many open files as there may be connections, as far as it lets us."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Besides the clients: on each listening address, connections that say nothing and that shake hands; and in all,
    # those at the entrance and those that are answered once. "All addresses" are two, of v4 and of v6.
    strangers = (config.silent_max + config.newcomers_max) * 2 * len(config.listens) + 2 * config.newcomers_max
    wanted = config.clients_max + strangers + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
        clients = max(0, most - _OWN_FILES)
        if clients < config.clients_max:
            log.warning("the system allows %d open files; about %d clients can be here at once", most, clients)


__all__ = ["App", "replay", "serve"]
