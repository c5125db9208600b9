"""One log in memory that several servers share: each sees the same events in the same order, its own among them."""

from __future__ import annotations

import dataclasses

from chatapp.storage.log import Committed, Record
from tests.fakes.memory_log import MemoryDisk, MemoryLog


@dataclasses.dataclass
class SharedDisk(MemoryDisk):
    """The events, and the logs of the servers that are at work with them."""

    logs: list[SharedLog] = dataclasses.field(default_factory=list)


class SharedLog(MemoryLog):
    """One server's end of the log. While it ``lags``, the server does not hear what others have stored."""

    disk: SharedDisk

    def __init__(self, disk: SharedDisk) -> None:
        super().__init__(disk)
        self._lags = False
        self._unheard: list[Committed] = []
        self._others = disk.logs
        self._others.append(self)

    @property
    def lags(self) -> bool:
        """Whether what others store is kept from this server."""
        return self._lags

    @lags.setter
    def lags(self, lags: bool) -> None:
        self._lags = lags
        if not lags:
            unheard, self._unheard = self._unheard, []
            for batch in unheard:
                self._hear(batch)

    async def close(self) -> None:
        """See EventLog."""
        self.lags = False
        await super().close()
        self._others.remove(self)

    def _commit(self) -> None:
        self.lags = False  # order is log order: what was stored before is heard before
        super()._commit()

    def _hand_over(self, batch: Committed) -> None:
        super()._hand_over(batch)
        stored: Committed = [item for item in batch if isinstance(item, Record)]
        for log in self._others:
            if log is not self and stored:
                if log.lags:
                    log._unheard.append(stored)
                else:
                    log._hear(stored)

    def _hear(self, batch: Committed) -> None:
        self.last_seq = len(self.disk.rows)
        self._on_committed(batch)
