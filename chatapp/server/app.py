"""The server process: open the log, read the certificate, run the server, close the log.

Only this module chooses concrete parts: SQLite for the log and the history, a file for the passwords, uvloop for the
event loop.
"""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp.config import Config
from chatapp.errors import ChatError, ConfigError
from chatapp.protocol.names import parse_channel
from chatapp.server.folder.data_folder import FolderLock, lock_data_folder, refuse_half_restored
from chatapp.storage.opening import Opening

if TYPE_CHECKING:
    from chatapp.server.folder.certificate import Identity
    from chatapp.server.running import Running

log = logging.getLogger(__name__)

_SWITCH_INTERVAL_S = 0.0005  # short, so that the log's thread does not make the event loop wait for the GIL
_OPENING_SWITCH_INTERVAL_S = 0.000_05  # shorter, because the thread that opens the log runs many short statements
_OWN_FILES = 100  # open files that the server needs besides connections: the log, threads and so on


def serve(config: Config, ready: Callable[[Running], None]) -> None:
    """Run a server until SIGTERM or SIGINT; call ``ready`` when it accepts connections.

    Raises ChatError if the server cannot start. Raises the exception of the bug if a bug stopped the server.
    """
    sys.setswitchinterval(_OPENING_SWITCH_INTERVAL_S)
    _raise_file_limit(config)
    if config.lobby is not None:
        try:
            parse_channel(config.lobby)
        except ChatError as error:
            raise ConfigError(f"--lobby {config.lobby}: {error}") from error
    with lock_data_folder(config.data) as lock:
        refuse_half_restored(config.data)
        bug = _run(config, lock, Opening(config.log_path), ready)
    if bug is not None:
        raise bug


def _run(config: Config, lock: FolderLock, opening: Opening, ready: Callable[[Running], None]) -> BaseException | None:
    """Run the server in the locked folder, and return the exception of the bug that stopped it, if one did."""
    try:
        # These imports take long: meanwhile a thread opens the log, and checks its index.
        import asyncio

        import uvloop

        from chatapp.auth import PasswordFile
        from chatapp.server.folder import precautions
        from chatapp.server.running import Running
        from chatapp.storage.sqlite import SqliteLog
        from chatapp.storage.sqlite_history import SqliteHistory

        identity = _identity_of(config)
    except BaseException:
        opening.give_up()
        raise
    event_log = SqliteLog(config.log_path, config.log_pending_max, opening)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)

    async def run() -> BaseException | None:
        try:
            lock.add_log(config.log_path)  # at the first start the file did not exist before
            precautions.check_files(config)  # only now: opening the log proved that the file is a log
            passwords = PasswordFile(config.password_path)
            running = Running(config, identity, event_log, SqliteHistory(event_log), passwords)
            await running.run(ready)
        finally:
            await event_log.close()
        return running.bug

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def _identity_of(config: Config) -> Identity:
    """Read the certificate and its key, or make them. Raises ConfigError."""
    from chatapp.server.folder import certificate  # a slow import

    if config.cert is not None and config.key is not None:
        return certificate.Identity(config.cert, config.key)
    return certificate.own_identity(config.data, certificate.own_names())


def _raise_file_limit(config: Config) -> None:
    """Raise the limit of open files to the greatest number of connections, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Connections without a session: each listening socket has silent connections and TLS handshakes, and the whole
    # server has entrants and one-shot connections. A listen on all addresses makes two sockets: IPv4 and IPv6.
    strangers = (config.silent_max + config.newcomers_max) * 2 * len(config.listens) + 2 * config.newcomers_max
    wanted = config.clients_max + strangers + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
        clients = max(0, most - _OWN_FILES)
        if clients < config.clients_max:
            log.warning("the system allows %d open files; about %d clients can be here at once", most, clients)


__all__ = ["serve"]
