"""Every default and every limit, in one frozen, validated record.

Names end with their unit. Where a limit belongs to IRC itself (the 512 bytes of a line), it stands in
``chatapp/protocol``; everything that we chose stands here.
"""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Literal

from chatapp.errors import ConfigError

SignUp = Literal["open", "closed"]
Plaintext = Literal["loopback", "any", "never"]

LOG_NAME, PASSWORDS_NAME, SETTINGS_NAME = "chat.db", "passwords", "settings.json"  # in the data folder
PASSWORD_BYTES_MAX = 72  # bcrypt reads no further; a longer one is refused, never cut
CLIENT_KEPT_BYTES_MAX = 64 * 1024 * 1024  # what our client keeps of what a server sends; beyond it, it disconnects
CLIENT_SEND_BUFFER_BYTES_MAX = 4 * 1024 * 1024  # of our client, for a server that asks and does not read
HASH_PROCESSES_MAX = 8
BCRYPT_COST_MIN, BCRYPT_COST_MAX = 4, 16


@dataclasses.dataclass(frozen=True, slots=True)
class Listen:
    """An address to accept connections on; ``host`` empty means every address, v4 and v6; port 0 means any free one."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"A port is a number from 0 to 65535, not {self.port}.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How one server runs. Raises ConfigError when a value cannot be used."""

    # What `chat serve` is told
    listens: tuple[Listen, ...]
    data: Path
    network_name: str = "Chat"
    server_name: str = "chat.local"
    motd: tuple[str, ...] = ()
    guests: bool = False
    sign_up: SignUp | None = None  # None: as `chat sign-up` has set it, or else open
    lobby: str | None = "#lobby"
    cert: Path | None = None
    key: Path | None = None
    plaintext: Plaintext = "loopback"
    bcrypt_cost: int = 12
    clients_max: int = 10_000
    rate_limits: bool = True

    # Connections
    backlog: int = 4096
    newcomers_max: int = 2_000  # connections that have not signed in yet; beyond it the oldest is dropped
    newcomer_s: float = 120.0  # how long one may take to sign in
    first_byte_s: float = 20.0  # how long one may say nothing at all
    silent_max: int = 10_000  # connections that have said nothing yet; beyond it the oldest is dropped
    tls_handshake_s: float = 15.0
    ping_s: float = 90.0  # how often we ask whether a connection is there, and has all that it was sent
    confirm_s: float = 5.0  # how long after a delivery we ask whether it has arrived
    confirms_at_once: int = 500  # sessions asked in half a second
    fetch_s: float = 4.0  # how long a client that can fetch what it missed has time to begin
    pong_s: float = 60.0  # and how long we wait for an answer
    send_buffer_bytes_max: int = 2 * 1024 * 1024  # a reader slower than this is dropped
    send_buffer_slow_bytes: int = 64 * 1024  # beyond it one is called slow, and watched
    send_buffers_bytes_max: int = 256 * 1024 * 1024  # for all slow readers together; beyond it the slowest are dropped
    system_receive_buffer_bytes: int = 32 * 1024  # of the system, for each connection: what one read may bring,
    system_send_buffer_bytes: int = 128 * 1024  # and what it holds for one that reads slowly
    receive_queue_bytes_max: int = 16 * 1024  # lines that wait for their turn, beyond which nothing more is read
    connects_per_address_burst: int = 200  # connections of one address that may begin at once,
    connects_per_address_per_s: float = 50.0  # and then in a second; more of them wait,
    connect_wait_s: float = 20.0  # as long at most
    connections_per_address_max: int = 2_000  # beyond it a new one is told so, and closed
    accepts_at_once: int = 4  # connections accepted in one turn of the event loop,
    accept_pause_s: float = 0.001  # before those who talk have their turns
    drops_at_once: int = 16  # of those that say nothing, in one turn
    unsettled_max: int = 512  # messages of one session on their way to the disk
    sessions_per_account_max: int = 50
    linger_s: float = 2.0  # how long what waits may still be written to a connection that we close
    one_shot_s: float = 10.0  # how long a request of HTTP may take, or one without TLS where that is needed
    drain_s: float = 3.0  # how long stopping may take
    arrival_s: float = 0.5  # how long of that what was sent may take to reach its readers

    # Rates (off with --no-rate-limits)
    commands_per_s: float = 10.0
    commands_burst: int = 60
    receive_bytes_per_s: float = 64 * 1024.0  # what is no command counts too
    receive_bytes_burst: int = 1024 * 1024
    flood_s: float = 120.0  # how long one may send more than that, and be slowed down for it, before it is dropped

    stored_bytes_burst: int = 4 * 1024 * 1024  # that one account, or one address, may add to the disk at once,
    stored_bytes_per_s: float = 64 * 1024.0  # and then in a second; what is beyond it waits
    guests_per_address_burst: int = 100  # guests of one address that may arrive at once,
    guests_per_address_s: float = 1.0  # and then one more each

    # Signing in
    hash_queue_max: int = 5_000  # sign-ins that wait for a hash; beyond it the heaviest users try again later
    hash_processes: int = dataclasses.field(default_factory=lambda: min(os.cpu_count() or 1, HASH_PROCESSES_MAX))
    verified_passwords_max: int = 20_000  # passwords of which it is remembered that they are right
    guess_delay_s: float = 0.5  # after the first wrong password; doubles with each
    guess_delay_address_max_s: float = 10.0
    guess_delay_account_max_s: float = 8.0
    guess_free: int = 3  # wrong passwords of an account that cost only the first delay
    guess_forget_s: float = 60.0  # one wrong password is forgotten each
    address_table_max: int = 10_000  # addresses, or accounts, of which such things are remembered
    sign_ups_per_address_burst: int = 20
    sign_ups_per_address_s: float = 60.0  # one more each
    password_file_poll_s: float = 0.5
    password_chars_min: int = 8  # of a new password; an older, shorter one still signs in

    # What people may make
    channels_per_user_max: int = 200
    channels_max: int = 50_000
    members_per_channel_max: int = 100_000
    topic_bytes_max: int = 390
    realname_bytes_max: int = 128
    away_bytes_max: int = 200
    targets_max: int = 4  # of one PRIVMSG or NOTICE
    client_tags_max: int = 64  # of one message
    list_masks_max: int = 20  # of one LIST
    who_max: int = 5_000  # lines of one answer to WHO, NAMES or LIST

    # History
    history_page_max: int = 1_000
    replay_max: int = 500  # messages replayed per channel to a client without chathistory,
    replay_bytes_max: int = 8 * 1024 * 1024  # and of all channels together, about
    history_threads: int = 1
    history_queue_max: int = 1_000

    # The operational log
    log_lines_max: int = 100  # of one kind of event (sign-ins, new accounts and so on) in one window
    log_refusals_max: int = 10  # of one kind of refusal, or of one limit that was reached
    log_window_s: float = 10.0  # what goes beyond that is counted, and told in one line at the end of the window

    # The log
    snapshot_events: int = 50_000  # at least this many between two snapshots
    log_pending_max: int = 100_000  # proposed and not yet stored; beyond it: refused
    attended_s: float = 300.0  # how often it is noted, while talk goes on, what an account has been sent

    def __post_init__(self) -> None:
        if not self.listens:
            raise ConfigError("There is no address to listen on.")
        if (
            not re.fullmatch(
                r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*", self.server_name
            )
            or len(self.server_name) > 63
        ):
            raise ConfigError(f"{self.server_name!r} is not a server name: letters, digits, '-' and '.', 63 at most.")
        if not re.fullmatch(r"[!-~]{1,30}", self.network_name):
            raise ConfigError(
                f"{self.network_name!r} is not a network name: ASCII without spaces, 30 characters at most."
            )
        if (self.cert is None) != (self.key is None):
            raise ConfigError("--cert and --key go together: give both, or none and one is made.")
        if not BCRYPT_COST_MIN <= self.bcrypt_cost <= BCRYPT_COST_MAX:
            raise ConfigError(f"The bcrypt cost is a number from {BCRYPT_COST_MIN} to {BCRYPT_COST_MAX}.")
        if self.clients_max < 1:
            raise ConfigError("--max-clients is at least 1.")
        if self.sign_up not in (None, "open", "closed"):
            raise ConfigError("--sign-up is open or closed.")
        if self.plaintext not in ("loopback", "any", "never"):
            raise ConfigError("--plaintext is loopback, any or never.")

    @property
    def log_path(self) -> Path:
        """The log (SQLite)."""
        return self.data / LOG_NAME

    @property
    def settings_path(self) -> Path:
        """What an administrator has set while the server ran (JSON)."""
        return self.data / SETTINGS_NAME

    @property
    def password_path(self) -> Path:
        """The bcrypt password file."""
        return self.data / PASSWORDS_NAME
