"""When each account had a connection last, in a file that ``chat users`` reads.

Connections never enter the log (DESIGN section 4), so the file ``last-seen.json`` beside the log has the time of the
last connection: for each folded name the account's uid and a time. It is written once a minute while it changes, and at
stop; after ``kill -9`` it is a minute old at most.
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
from chatapp.server.folder.data_folder import LAST_SEEN
from chatapp.server.folder.files import write_whole

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """An account's uid, and when it had a connection last (milliseconds since 1970)."""

    uid: str
    time: int


def read(folder: Path) -> dict[str, Seen]:
    """Read the file by folded name; empty where there is none, or none that can be read."""
    try:
        found = json.loads((folder / LAST_SEEN).read_bytes())
        return {name: Seen(str(uid), int(time)) for name, (uid, time) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


class LastSeen:
    """Remembers when each account was last here. At most one entry for each account of the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times = {seen.uid: seen.time for seen in read(folder).values()}  # uid -> ms
        self._changed = False

    def note(self, uid: str, time: int) -> None:
        """Note that an account has a connection at ``time``."""
        self._times[uid] = time
        self._changed = True

    def take_entries(self, users: Mapping[str, User], here: Iterable[str], now: int) -> dict[str, Seen] | None:
        """Return what is to be written, or ``None`` if that is in the file already.

        ``here`` are the uids of those who are connected now.
        """
        for uid in here:
            self.note(uid, now)
        if not self._changed:
            return None
        self._changed = False
        return self.entries(users)

    def entries(self, users: Mapping[str, User]) -> dict[str, Seen]:
        """Return when each account of ``users`` was seen last, by folded name; forget the others."""
        self._times = {uid: time for uid, time in self._times.items() if uid in users and not users[uid].guest}
        return {fold(users[uid].name): Seen(uid, time) for uid, time in self._times.items()}

    async def keep(self, users: Mapping[str, User], here: Iterable[str], now: int) -> None:
        """Write when each account was seen last, if that is news; a full disk only makes the file older."""
        entries = self.take_entries(users, here, now)
        if entries is not None:
            try:
                await asyncio.to_thread(self.write, entries)
            except OSError as error:
                log.debug("when accounts were last seen could not be written: %s", error)

    def write(self, entries: Mapping[str, Seen]) -> None:
        """Write the file (in a thread). Raises OSError."""
        write_whole(self._folder / LAST_SEEN, json.dumps(entries).encode() + b"\n", 0o600)
