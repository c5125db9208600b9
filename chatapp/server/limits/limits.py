"""The record of what bounds a server's work for each connection, account and address."""

from __future__ import annotations

import asyncio
import math

from chatapp.config import Config
from chatapp.server.limits.allowances import Allowances, Rate, SharedAllowances
from chatapp.server.limits.deadlines import Deadlines
from chatapp.server.limits.disk_use import DiskLimits
from chatapp.server.limits.fair_semaphore import FairSemaphore
from chatapp.server.wire import Closable, Wire


class Limits:
    """The limits of one server, by ``Config``, and what counts against them."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop) -> None:
        # Commands
        self.commands_rate = Rate(config.commands_burst, config.commands_per_s)  # of each session
        of_account = Rate(config.commands_per_account_burst, config.commands_per_account_per_s)
        self.account_commands = SharedAllowances(of_account, config.address_table_max)
        # Memory
        self.receive_bytes_burst = config.receive_bytes_burst if config.rate_limits else math.inf
        self.send_buffer_slow_bytes = min(config.send_buffer_slow_bytes, config.send_buffer_bytes_max)
        self.slow_readers: dict[Wire, int] = {}  # slow reader -> the bytes that may wait for it
        self.pages_held: dict[Wire, int] = {}  # connection -> memory (bytes) of the page that is being made for it
        # Semaphores and deadlines
        waiting_max = 2 * config.clients_max  # each session waits with a command, or with a replay, or with both
        self.pages = FairSemaphore(loop, config.pages_at_once_max, waiting_max)  # to make a page of the past
        self.searches = FairSemaphore(loop, config.pages_at_once_max, waiting_max)  # to search, and send what was found
        self.one_shots: Deadlines[Closable] = Deadlines(config.one_shot_s, config.newcomers_max)
        self.entrants: Deadlines[Closable] = Deadlines(config.newcomer_s, config.newcomers_max)
        # Rates, of each address or user

        def allowances(burst: int, per_s: float) -> Allowances:
            return Allowances(Rate(burst, per_s), config.address_table_max)

        self.connects = allowances(config.connects_per_address_burst, config.connects_per_address_per_s)
        self.http_requests = allowances(config.http_requests_per_address_burst, config.http_requests_per_address_per_s)
        self.guest_arrivals = allowances(config.guests_per_address_burst, 1 / config.guests_per_address_s)
        self.inviting = allowances(config.invitations_per_user_burst, 1 / config.invitations_per_user_s)
        self.strangers = allowances(config.strangers_per_user_burst, 1 / config.strangers_per_user_s)
        self.disk = DiskLimits(config) if config.rate_limits else None
