"""Remembers when each account last had a connection, in the file ``last-seen.json`` that ``chat users`` reads.

Connections never enter the log, so this file in the data folder has the times: for each casefolded name, the account's
uid and the time of its last connection. The server writes the file once a minute if something changed, and when it
stops. After ``kill -9`` the file is at most a minute old.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from chatapp.model.entities import User
from chatapp.protocol.names import fold
from chatapp.reading import read_regular
from chatapp.server.folder.data_folder import LAST_SEEN
from chatapp.server.folder.files import write_whole

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """An account's uid, and when it last had a connection (milliseconds since 1970)."""

    uid: str
    time: int


def read(folder: Path) -> dict[str, Seen]:
    """Return the entries of the file by casefolded name; an empty dict if the file is missing or unreadable."""
    try:
        found = json.loads(read_regular(folder / LAST_SEEN))
        return {name: Seen(str(uid), int(time)) for name, (uid, time) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


class LastSeen:
    """The time when each account last had a connection. At most one entry for each account of the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times = {seen.uid: seen.time for seen in read(folder).values()}  # uid -> ms
        self._changed = False

    def note(self, uid: str, time: int) -> None:
        """Note that an account has a connection at ``time``."""
        self._times[uid] = time
        self._changed = True

    def take_entries(self, users: Mapping[str, User], here: Iterable[str], now: int) -> dict[str, Seen] | None:
        """Return the entries to write, or ``None`` if the file has them already.

        ``here`` has the uids of the users that are connected now.
        """
        for uid in here:
            self.note(uid, now)
        if not self._changed:
            return None
        self._changed = False
        return self.entries(users)

    def entries(self, users: Mapping[str, User]) -> dict[str, Seen]:
        """Return the entries of the accounts in ``users``, by casefolded name; forget all others."""
        self._times = {uid: time for uid, time in self._times.items() if uid in users and not users[uid].guest}
        return {fold(users[uid].name): Seen(uid, time) for uid, time in self._times.items()}

    async def keep(self, users: Mapping[str, User], here: Iterable[str], now: int) -> None:
        """Write the file if something changed. If that fails, such as on a full disk, the next call tries again."""
        entries = self.take_entries(users, here, now)
        if entries is not None:
            try:
                await asyncio.to_thread(self.write, entries)
            except OSError as error:
                self._changed = True
                log.debug("when accounts were last seen could not be written: %s", error)

    def write(self, entries: Mapping[str, Seen]) -> None:
        """Write the file (in a thread). Raises OSError."""
        write_whole(self._folder / LAST_SEEN, json.dumps(entries).encode() + b"\n", 0o600)
