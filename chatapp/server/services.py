"""The record of the parts of one server that its sessions need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chatapp.auth import PasswordStore
from chatapp.config import Config
from chatapp.errors import LogUnavailableError
from chatapp.model.entities import User
from chatapp.model.events import node_of
from chatapp.model.state import State
from chatapp.server.accounts import Accounts
from chatapp.server.activity import Activity
from chatapp.server.channel_looks import ChannelLooks
from chatapp.server.delivery.delivery import Delivery
from chatapp.server.delivery.figures import Figures
from chatapp.server.delivery.flush_queue import FlushQueue
from chatapp.server.delivery.presence import Presence
from chatapp.server.folder.last_seen import LastSeen
from chatapp.server.folder.settings import Settings
from chatapp.server.gateways import Gateways
from chatapp.server.joining import Keys
from chatapp.server.lapses import Lapses
from chatapp.server.limits.limits import Limits
from chatapp.server.limits.recent import Recent
from chatapp.server.limits.round_robin import RoundRobin
from chatapp.server.proposals import Proposals
from chatapp.server.redactions import Redactions
from chatapp.server.stamps import Stamps, now_ms
from chatapp.server.tokens import Tokens
from chatapp.storage.history import HistoryStore
from chatapp.storage.log import EventLog

KNOCK_S = 60.0  # a user may knock at a channel once in this time
KNOCKS_KEPT_MAX = 10_000


class Services:
    """The parts of one server. ``running.py`` makes this record, with the log, history and passwords of ``app.py``."""

    def __init__(
        self,
        config: Config,
        state: State,
        event_log: EventLog,
        history: HistoryStore,
        passwords: PasswordStore,
        loop: asyncio.AbstractEventLoop,
        on_bug: Callable[[BaseException], None],
        clock_ms: Callable[[], int] = now_ms,
        node: int | None = None,
    ) -> None:
        """``on_bug`` is called when the state may be half changed; ``clock_ms`` returns the time (ms since 1970).

        ``node`` is the number of this server among the servers that share the log; ``None`` if no other server does.
        """
        self.config = config
        self.node = node
        self.host = config.server_name
        self.loop = loop
        self.system_clock_ms = clock_ms  # may show any time: for checks of the clock itself
        self.addresses: list[str] = []  # the server listens on these (host:port); empty until it listens
        self.read_files_again: Callable[[], None] = lambda: None  # reads the certificate and the password file again
        self.keys: Callable[[], Keys]  # returns the keys that clients can pin; set before any client can connect
        self.place: Callable[[], tuple[str, int]] = lambda: (self.host, config.listens[0].port)  # in invitations
        self.settings = Settings(config)
        self.state = state
        self.log = event_log
        self.history = history
        # Delivery
        self.flush_queue = FlushQueue(loop)
        self.presence = Presence()
        self.figures = Figures(state, self.presence, loop.time)
        self.delivery = Delivery(state, self.presence, self.flush_queue, self.host)
        self.knocks = Recent(KNOCK_S, KNOCKS_KEPT_MAX)  # (user, channel)
        stamps = Stamps(event_log.last_id, self.latest_ms, clock_ms, node or 0)
        self.clock_ms = stamps.now
        self.started_ms = self.clock_ms()
        self.redactions = Redactions()
        self.proposals = Proposals(
            config, state, event_log, history, self.delivery, stamps, on_bug, self._not_stored, self.redactions
        )
        self.lapses = Lapses(state, self.proposals, self.delivery, self.log_ms, self.host)
        self.activity = Activity(config, loop.time, lambda: self.proposals.messages_taken)
        self.last_seen = LastSeen(config.data)
        self.accounts = Accounts(
            config, state, self.proposals, passwords, loop.time, self.activity, shares_log=node is not None
        )
        self.tokens = Tokens(state, self.proposals, self.accounts.roster)
        self.rate_limits = config.rate_limits
        self.gateways = Gateways(config)
        self.limits = Limits(config, loop)
        self.web: asyncio.Future[object] | None = None  # what all HTTP connections share (``edge/http.py``)
        self.round_robin = RoundRobin(loop)
        self.channel_looks = ChannelLooks(state)

    @property
    def latest_ms(self) -> int:
        """Return the latest time of any event in the state (ms since 1970); 0 if there is none."""
        times = [channel.time for channel in self.state.channels.values()]
        times += [conversation.time for conversation in self.state.conversations.values()]
        return max([self.state.time, *times])

    def log_ms(self) -> int:
        """Return the time (ms since 1970) from which an event would be judged now: never before that of the last event.

        Ask this, and not the clock, whether something has ended whose end an event has set.
        """
        return max(self.clock_ms(), self.state.time)

    def in_thread(self, job: Callable[[], object]) -> asyncio.Future[object]:
        """Run a job that takes long in a thread, and return its result."""
        return self.loop.run_in_executor(None, job)

    def is_own(self, guest: User) -> bool:
        """Return whether a guest is connected to this server, and not to another server that shares the log."""
        return self.node is None or int(node_of(guest.uid), 16) == self.node

    def here_and_now(self) -> tuple[int, int]:
        """Return the position up to which all sessions have been sent everything, and the time (ms since 1970)."""
        return self.state.position, self.proposals.stamps.now()

    def _not_stored(self, error: LogUnavailableError, count: int) -> None:
        self.activity.not_stored(str(error), count)
