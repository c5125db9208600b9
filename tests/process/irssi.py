"""irssi on a terminal, driven by its command line, read by its logs."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Sequence
from typing import ClassVar

import pytest

from tests.process.irc_client import IrcClient, read_lines
from tests.support.server import PASSWORD, Address

fcntl, termios = (pytest.importorskip(name, reason="drives a terminal") for name in ("fcntl", "termios"))

ROWS, COLUMNS = 40, 200
# Each window has a log, and one log has all that irssi prints.
SETTINGS = """
settings = {{
  core = {{ real_name = "{name}"; user_name = "{name}"; nick = "{name}"; }};
  "irc/core" = {{ cmd_queue_speed = "1msec"; cmds_max_at_once = "1000"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{home}/windows/$0"; autolog_level = "ALL";
    log_timestamp = "%H:%M "; log_day_changed = ""; }};
  "fe-text" = {{ paste_verify_line_count = "0"; }};
}};
logs = {{ "{home}/all" = {{ auto_open = "yes"; level = "ALL"; }}; }};
"""


class Irssi(IrcClient):
    """irssi, in which somebody types."""

    program = "irssi"
    WORDS: ClassVar = {
        "joined": r"-!- {who} \[{who}@\S+\] has joined {channel}$",
        "synced": r"Join to {channel} was synced",
        "text": r"<[ ~&@%+]?{who}> {text}$",
        "notice": r"-{who}(\({who}@\S+\))?- {text}$",
        "parted": r"-!- {who} \[{who}@\S+\] has left {channel} ",
        "topic": r"-!- {who} changed the topic of {channel} to: {text}$",
        "topic now": r"-!- Topic for {channel}: {text}$",
        "invitation": r"-!- {who} invites you to {channel}$",
        "invited": r"-!- (Inviting {target} to {channel}|{target} has been invited to {channel} by {who})$",
        "kicked": r"-!- {target} was kicked from {channel} by {who} \[{text}\]$",
        "mode": r"-!- mode/{channel} \[{text}\] by {who}$",
        "banned": r"-!- Cannot join to channel {channel} \(You are banned\)$",
        "cannot write": r"{channel}.* {text}$",
        "away": r"-!- {who} is away: {text}$",
        "whois account": r"-!-  account  : {who}$",
        "whois away": r"-!-  away     : {text}$",
        "whois channels": r"-!-  channels : .*{channel}\b",
        "whois secure": r"-!-           : uses a secure connection$",
        "lost": r"Irssi: Connection lost to ",
    }

    def command(self) -> Sequence[str]:
        """Write the settings, and open the terminal."""
        (self.home / "config").write_text(SETTINGS.format(name=self.name, home=self.home))
        self._terminal, self.stdin = os.openpty()
        self.stdout = self.stdin
        fcntl.ioctl(self.stdin, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return ["irssi", f"--home={self.home}"]

    def started(self) -> None:
        """Look at the terminal all the time: a program waits that writes to a terminal which nobody reads."""
        os.close(self.stdin)
        self.screen = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def ready(self) -> bool:
        """Irssi shows its version when it has started."""
        return b"Irssi v" in self.screen

    def connect(self, address: Address, sasl: bool = True) -> None:
        """Type what people type."""
        signing_in = f"-sasl_mechanism PLAIN -sasl_username {self.name} -sasl_password {PASSWORD}" if sasl else ""
        password = "" if sasl else f" {self.name}:{PASSWORD}"
        self.type(f"/network add -nick {self.name} {signing_in} ours")
        self.type(f"/server add -network ours -tls -notls_verify {address.host} {address.port}{password}")
        self.type("/connect ours")

    def type(self, line: str, at: str = "") -> None:
        """Type a line, in the window of a channel or a person if ``at`` names one."""
        os.write(self._terminal, (f"/window goto {at}\r" if at else "").encode() + line.encode() + b"\r")

    def shown(self, at: str = "") -> list[str]:
        """Return the lines of the log of a window, or of the log of all."""
        return read_lines(self.home / "windows" / at.lower() if at else self.home / "all")

    def close(self) -> None:
        """End the process, and the thread that reads its terminal."""
        super().close()
        self._reader.join()
        os.close(self._terminal)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the program has ended
            while data := os.read(self._terminal, 65536):
                self.screen += data
