"""What an administrator chooses, and the limits that protect the server and its users: one frozen, validated record.

Names end with their unit. The limits of IRC itself (512 bytes a line) are in ``chatapp/protocol``. A constant that
tunes one module is in that module.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from chatapp.errors import ConfigError

SignUp = Literal["open", "invite", "closed"]
Invites = Literal["admins", "members"]
Plaintext = Literal["loopback", "any", "never"]

LOG_NAME, PASSWORDS_NAME, SETTINGS_NAME = "chat.db", "passwords", "settings.json"  # in the data folder
PASSWORD_BYTES_MAX = 72  # bcrypt reads no more bytes; a longer password is refused, never cut
HASH_PROCESSES_MAX = 8
ICON_BYTES_MAX = 300  # of the URL of an icon, as RPL_ISUPPORT has it
_ALL_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")  # the IPv4-mapped addresses, which count as all IPv4 addresses
BCRYPT_COST_MIN, BCRYPT_COST_MAX = 4, 16


class Listen(msgspec.Struct, frozen=True):
    """An address to accept connections on; ``host`` empty means every address, v4 and v6; port 0 means any free one."""

    host: str
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"A port is a number from 0 to 65535, not {self.port}.")


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs. Raises ConfigError when a value cannot be used."""

    # What `chat serve` is told
    listens: tuple[Listen, ...]
    data: Path
    network_name: str = "Chat"
    server_name: str = "chat.local"
    motd: tuple[str, ...] = ()
    icon: str = ""  # URL of an image that clients show for this chat; empty for none
    guests: bool = False
    sign_up: SignUp | None = None  # None: as `chat sign-up` has set it, or else open
    invites: Invites = "admins"  # who may make invitations to the server
    link_host: str = ""  # in links of invitations; empty: an address of this machine
    lobby: str | None = "#lobby"
    cert: Path | None = None
    key: Path | None = None
    plaintext: Plaintext = "loopback"
    web: bool = True  # whether the server has a web page and takes WebSockets
    bcrypt_cost: int = 12
    clients_max: int = 10_000
    rate_limits: bool = True
    webirc_gateways: tuple[str, ...] = ()  # IP addresses and networks whose WEBIRC counts
    webirc_password: str = ""  # of all gateways

    # Connections
    newcomers_max: int = 2_000  # connections that have not signed in; the server closes the oldest beyond this number
    newcomer_s: float = 120.0  # from a connection's first bytes until it must have signed in
    first_byte_s: float = 20.0  # from accepting a connection until its first byte, or its whole ClientHello, must come
    silent_max: int = 10_000  # connections without a first byte; the server closes the oldest beyond this number
    tls_handshake_s: float = 15.0
    ping_s: float = 90.0  # how often the server asks a quiet client for a PONG
    pong_s: float = 60.0  # how long the client has to answer
    send_buffer_bytes_max: int = 2 * 1024 * 1024  # waiting for one reader; beyond it the server closes the connection
    send_buffer_slow_bytes: int = 64 * 1024  # waiting for one reader; beyond it the server watches the reader as slow
    send_buffers_bytes_max: int = (
        256 * 1024 * 1024
    )  # waiting for all slow readers, with pages; beyond it the slowest are closed
    pages_at_once_max: int = 4  # pages of the past made at the same time, and searches; further ones wait
    receive_queue_bytes_max: int = 16 * 1024  # lines of a session that wait to run; beyond it the server reads no more
    connects_per_address_burst: int = 200  # connections that one address may begin at once
    connects_per_address_per_s: float = 50.0  # further connections of that address per second; the rest wait
    connect_wait_s: float = 20.0  # the longest such wait; a connection that would wait longer is closed
    connections_per_address_max: int = 2_000  # a further connection of that address is told so, and closed
    unsettled_max: int = 512  # messages of one session that are proposed and not yet on disk
    sessions_per_account_max: int = 50
    one_shot_s: float = 10.0  # that an HTTP request may take, or a client told to use TLS may stay

    # Rates (off with --no-rate-limits)
    commands_per_s: float = 10.0
    commands_burst: int = 60
    commands_per_account_per_s: float = 40.0  # of all connections of an account, or of a guest, together
    commands_per_account_burst: int = 600
    receive_bytes_per_s: float = 64 * 1024.0  # all bytes, also bytes that are no command
    receive_bytes_burst: int = 1024 * 1024
    http_requests_per_address_burst: int = 1_000  # that one address may send at once
    http_requests_per_address_per_s: float = 50.0  # further requests; more are refused
    flood_s: float = 120.0  # how long after lines exceed `receive_queue_bytes_max` until all must have run
    stored_bytes_burst: int = 4 * 1024 * 1024  # that one account, or one address, may add to the disk at once
    stored_bytes_per_s: float = 64 * 1024.0  # that it may then add per second; further messages wait
    stored_bytes_share_burst: int = 256 * 1024  # that an account may add though others at its address use up the above
    stored_bytes_share_per_s: float = 4 * 1024.0  # that it may then add per second beside them
    guests_per_address_burst: int = 100  # guests of one address that may arrive at once
    guests_per_address_s: float = 1.0  # from then on, the time between two guests of that address
    invitations_per_user_burst: int = 50  # that one user may make at once: a class, for example
    invitations_per_user_s: float = 10.0  # from then on, the time between two invitations by that user
    strangers_per_user_burst: int = 20  # people it does not know yet to whom one user may write at once
    strangers_per_user_s: float = 6.0  # from then on, the time between two such people

    # Signing in
    hash_queue_max: int = 5_000  # sign-ins that wait for a hash; beyond it the last in fair order is told to try later
    hash_processes: int = msgspec.field(default_factory=lambda: min(os.cpu_count() or 1, HASH_PROCESSES_MAX))
    guess_delay_s: float = 0.5  # after the first wrong password; each further one doubles it
    guess_delay_address_max_s: float = 10.0
    guess_delay_account_max_s: float = 8.0
    guess_free: int = 3  # wrong passwords for one account that cost only the first delay
    guess_forget_s: float = 60.0  # after each such time, one wrong password is forgotten
    address_table_max: int = 10_000  # addresses, or accounts, for which delays and rates are remembered
    sign_ups_per_address_burst: int = 20
    sign_ups_per_address_s: float = 60.0  # from then on, the time between two sign-ups of one address
    password_chars_min: int = 8  # of a new password; older, shorter passwords still sign in

    # What people may make
    channels_per_user_max: int = 200
    channels_max: int = 50_000
    members_per_channel_max: int = 100_000
    topic_bytes_max: int = 390
    realname_bytes_max: int = 128
    away_bytes_max: int = 200
    metadata_keys_max: int = 20  # keys of the metadata of one user or channel
    metadata_key_bytes_max: int = 64
    metadata_value_bytes_max: int = 300
    metadata_subscriptions_max: int = 50  # keys that one session may subscribe to
    multiline_bytes_max: int = 8_192  # text of one multiline message
    multiline_lines_max: int = 100  # lines (PRIVMSG) of one multiline message
    multiline_s: float = 60.0  # from the BATCH that begins such a message until the BATCH that ends it
    targets_max: int = 4  # of one PRIVMSG or NOTICE
    monitor_max: int = 100  # names that one session may monitor
    who_max: int = 5_000  # lines of one answer to WHO, NAMES or LIST
    list_items_max: int = 20  # channels, masks and conditions of one LIST
    userhost_max: int = 5  # names of one USERHOST
    whowas_max: int = 20  # users of one answer to WHOWAS

    # History and the log
    history_page_max: int = 1_000  # messages of one answer to CHATHISTORY
    redact_s: float = 86_400.0  # how long authors may redact their own messages; operators of a channel always may
    edit_s: float = 86_400.0  # how long authors may edit their own messages
    edits_per_message_max: int = 20
    reaction_bytes_max: int = 64  # of one reaction
    reactions_per_message_max: int = 500  # that were added to one message
    reactions_per_account_max: int = 10  # that one account has added to one message
    search_page_max: int = 100  # messages of one answer to SEARCH
    replay_max: int = 500  # messages of one channel, replayed to a client without chathistory
    replay_bytes_max: int = 8 * 1024 * 1024  # of the whole replay, roughly
    log_pending_max: int = 100_000  # events proposed and not yet on disk; further proposals are refused

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
        # In RPL_ISUPPORT, "=" and the backslash take four bytes each, and the token must fit into a line.
        icon_bytes = len(self.icon) + 3 * sum(map(self.icon.count, "=\\"))
        if self.icon and (not re.fullmatch(r"https?://[!-~]+", self.icon) or icon_bytes > ICON_BYTES_MAX):
            raise ConfigError(
                f"{self.icon!r} is not the URL of an icon: https:// and ASCII without spaces,"
                f" {ICON_BYTES_MAX} characters at most (each = counts as four)."
            )
        if (self.cert is None) != (self.key is None):
            raise ConfigError("--cert and --key go together: give both, or none and one is made.")
        if not BCRYPT_COST_MIN <= self.bcrypt_cost <= BCRYPT_COST_MAX:
            raise ConfigError(f"The bcrypt cost is a number from {BCRYPT_COST_MIN} to {BCRYPT_COST_MAX}.")
        if self.clients_max < 1:
            raise ConfigError("--max-clients is at least 1.")
        if self.sign_up not in (None, "open", "invite", "closed"):
            raise ConfigError("--sign-up is open, invite or closed.")
        if self.invites not in ("admins", "members"):
            raise ConfigError("--invites is admins or members.")
        if self.plaintext not in ("loopback", "any", "never"):
            raise ConfigError("--plaintext is loopback, any or never.")

        self._check_gateways()

    def __repr__(self) -> str:
        """Return all settings but the password of the gateways."""
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "webirc_password")
        return f"Config({', '.join(shown)})"

    def _check_gateways(self) -> None:
        """Raise ConfigError if the WebIRC gateways cannot be used."""
        if bool(self.webirc_gateways) != bool(self.webirc_password):
            raise ConfigError("--webirc-gateway and --webirc-password-file go together: give both, or none.")
        for text in self.webirc_gateways:
            try:
                network = ipaddress.ip_network(text)
            except ValueError:
                raise ConfigError(
                    f"--webirc-gateway {text[:80]}: give the address or network of a gateway, such as 192.0.2.7 or"
                    " 2001:db8::/64."
                ) from None
            if not network.prefixlen or network == _ALL_MAPPED:
                raise ConfigError(f"--webirc-gateway {text}: that is everybody. Name the gateways alone.")
        if self.webirc_password and not re.fullmatch(r"[^\s:]\S{7,127}", self.webirc_password):
            raise ConfigError(
                "The password of the WebIRC gateways has from 8 to 128 characters, without spaces, and does not begin"
                " with a colon."
            )

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
