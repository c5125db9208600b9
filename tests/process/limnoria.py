"""Limnoria, a bot that people run: it obeys its owner, and anybody may have it ``echo`` a text."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.process.irc_client import Program, read_lines
from tests.support.server import PASSWORD, Address

# No wait before it answers, asks or connects again; what is for it begins with "!".
SETTINGS = """
supybot.nick: {name}
supybot.user: {name}
supybot.networks: ours
supybot.networks.ours.servers: {address.host}:{address.port}
supybot.networks.ours.ssl: True
supybot.networks.ours.sasl.username: {name}
supybot.networks.ours.sasl.password: {password}
supybot.networks.ours.sasl.required: True
supybot.networks.ours.channels: {channels}
supybot.protocols.ssl.verifyCertificates: False
supybot.protocols.irc.throttleTime: 0.0
supybot.drivers.poll: 0.05
supybot.drivers.minReconnectWait: 0.2
supybot.drivers.maxReconnectWait: 0.2
supybot.reply.whenAddressedBy.chars: !
supybot.capabilities: -owner -admin
supybot.log.stdout: False
supybot.plugins: {plugins}
{loaded}
"""
PLUGINS = ("Admin", "Channel", "Misc", "Network", "Topic", "Utilities")
USERS = """user 1
  name {owner}
  ignore False
  secure False
  hashed False
  password unused
  capability owner
  hostmask {owner}!*@*

"""


class Limnoria(Program):
    """The bot."""

    program = "limnoria"

    def __init__(self, home: Path, name: str, address: Address, owner: str, channels: str) -> None:
        super().__init__(home, name)
        loaded = "\n".join(f"supybot.plugins.{plugin}: True" for plugin in PLUGINS)
        self._settings = SETTINGS.format(
            name=name,
            address=address,
            password=PASSWORD,
            channels=channels,
            plugins=" ".join(PLUGINS),
            loaded=loaded,
        )
        self._users = USERS.format(owner=owner)

    @staticmethod
    def is_installed() -> bool:
        """Tell whether the bot is installed, in the same Python as the tests."""
        return importlib.util.find_spec("supybot") is not None

    def command(self) -> Sequence[str]:
        """Write the settings, and who the owner is."""
        (self.home / "bot.conf").write_text(self._settings)
        (self.home / "conf").mkdir()
        (self.home / "conf" / "users.conf").write_text(self._users)
        return [sys.executable, "-c", "from supybot.scripts.limnoria import main; main()", "--allow-root", "bot.conf"]

    def ready(self) -> bool:
        """Tell whether it has joined its channels."""
        return any(" synced in " in line for line in self.shown())

    def shown(self) -> list[str]:
        """Return the lines of its log."""
        return read_lines(self.home / "logs" / "messages.log")
