"""WeeChat without a terminal, driven by its pipe (the plugin ``fifo``), read by its logs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import ClassVar

from tests.process.irc_client import IrcClient, read_lines
from tests.support.server import PASSWORD, Address

SETTINGS = (
    "/set logger.file.flush_delay 0",
    '/set logger.file.time_format ""',
    "/set irc.server_default.anti_flood_prio_high 0",
    "/set irc.server_default.anti_flood_prio_low 0",
    "/set irc.server_default.anti_flood 0",  # WeeChat 4
    "/set irc.server_default.autoreconnect off",
)


class WeeChat(IrcClient):
    """WeeChat, in which somebody types."""

    program = "weechat-headless"
    WORDS: ClassVar = {
        "joined": r"^\t-->\t{who} \[{who}\] .* has joined {channel}$",
        "text": r"^\t[~&@%+]?{who}\t{text}$",
        "notice": r"^\t--\tNotice\({who}\): {text}$",
        "parted": r"^\t<--\t{who} \({who}@\S+\) has left {channel}",
        "topic": r"^\t--\t{who} has changed topic for {channel} (from \".*\" )?to \"{text}\"$",
        "topic now": r"^\t--\tTopic for {channel} is \"{text}\"$",
        "invitation": r"^\t--\tYou have been invited to {channel} by {who}$",
        "invited": r"^\t--\t{who} has invited {target} to {channel}$",
        "kicked": r"^\t<--\t{who} has kicked {target} \({text}\)$",
        "mode": r"^\t--\tMode {channel} \[{text}\] by {who}$",
        "banned": r"^\t--\t{channel}: You cannot join: you are banned from that channel\.$",
        "cannot write": r"^\t--\t{channel}: {text}$",
        "away": r"^\t--\t\[{who}\] is away: {text}$",
        "whois account": r"^\t--\t\[{who}\] is signed in as {who}$",
        "whois away": r"^\t--\t\[{who}\] is away: {text}$",
        "whois channels": r"^\t--\t\[{who}\] .*{channel}\b",
        "whois secure": r"^\t--\t\[{who}\] uses a secure connection$",
        "lost": r"irc: disconnected from server",
    }

    def command(self) -> Sequence[str]:
        """Give the settings as commands that WeeChat runs at its start."""
        self._window = "core.weechat"
        run = [word for line in SETTINGS for word in ("-r", line)]
        return ["weechat-headless", "-d", str(self.home), *run]

    def ready(self) -> bool:
        """Tell whether WeeChat reads its pipe, which stays open from then on."""
        try:
            self._pipe = os.open(self.home / f"weechat_fifo_{self.process.pid}", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    def connect(self, address: Address, sasl: bool = True) -> None:
        """Type what people type."""
        tls = "tls" if major_version() >= 4 else "ssl"
        signing_in = f"-sasl_username={self.name} -sasl_password={PASSWORD}"
        password = f"-password={self.name}:{PASSWORD}"
        options = f"-{tls} -no{tls}_verify -nicks={self.name} -realname={self.name} {signing_in if sasl else password}"
        self.type(f"/server add ours {address.host}/{address.port} {options}")
        self.type("/connect ours")
        self._window = "irc.server.ours"

    def type(self, line: str, at: str = "") -> None:
        """Type a line, in the window of a channel or a person, of a server, or of WeeChat itself."""
        os.write(self._pipe, f"{'irc.ours.' + at if at else self._window} *{line}\n".encode())

    def shown(self, at: str = "") -> list[str]:
        """Return the lines of the log of a window, or of all logs."""
        logs = self.home / "logs"
        return read_lines(*([logs / f"irc.ours.{at.lower()}.weechatlog"] if at else sorted(logs.glob("*"))))

    def close(self) -> None:
        """End the process, and close its pipe."""
        super().close()
        if hasattr(self, "_pipe"):
            os.close(self._pipe)


def major_version() -> int:
    """Tell which WeeChat is installed."""
    version = subprocess.run(["weechat-headless", "--version"], capture_output=True, text=True).stdout
    return int(version.split(".")[0])
