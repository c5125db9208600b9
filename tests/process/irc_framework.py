"""irc-framework, the library of web clients (npm), over its WebSocket: it obeys lines of JSON, and shows its events."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tests.process.irc_client import Program, read_lines
from tests.support.server import Address

# Node has WebSocket under a flag before version 22. The certificate of the server is its own.
_FLAGS = ("--experimental-websocket", "--no-warnings")
_SCRIPT = """
const fs = require("fs"), irc = require("irc-framework");
const settings = JSON.parse(process.argv[2]);
const client = new irc.Client();
const events = ["registered", "join", "privmsg", "topic", "whois", "kick", "irc error", "socket close"];
for (const name of events)
  client.on(name, event => fs.appendFileSync("events", JSON.stringify([name, event ?? null]) + "\\n"));
client.connect({...settings, transport: require("irc-framework/src/transports/websocket"), auto_reconnect: false});
require("readline").createInterface({input: process.stdin}).on("line", line => {
  const [method, ...args] = JSON.parse(line);
  client[method](...args);
});
"""


class IrcFramework(Program):
    """A program of a few lines around the library."""

    program = "irc-framework"
    stdin = subprocess.PIPE

    def __init__(self, home: Path, name: str, address: Address, subprotocol: str | None, password: str) -> None:
        super().__init__(home, name)
        self._settings = {
            "host": address.host,
            "port": address.port,
            "tls": True,
            "path": "/ws",
            "nick": name,
            "username": name,
            "account": {"account": name, "password": password},
            "websocket_protocol": subprotocol,
        }

    @classmethod
    def is_installed(cls) -> bool:
        """Tell whether node is there and finds the library (in NODE_PATH)."""
        if shutil.which("node") is None:
            return False
        return not subprocess.run(["node", "-e", "require('irc-framework')"], capture_output=True).returncode

    def command(self) -> Sequence[str]:
        """Write the program."""
        (self.home / "client.js").write_text(_SCRIPT)
        variables = [f"NODE_PATH={os.environ.get('NODE_PATH', '')}", "NODE_TLS_REJECT_UNAUTHORIZED=0"]
        return ["env", *variables, "node", *_FLAGS, "client.js", json.dumps(self._settings)]

    def ready(self) -> bool:
        """Tell whether it is signed in."""
        return any('"registered"' in line for line in self.shown())

    def shown(self, at: str = "") -> list[str]:
        """Return the events of the library."""
        return read_lines(self.home / "events")

    def do(self, method: str, *args: str) -> None:
        """Call a method of the client."""
        pipe: IO[bytes] | None = self.process.stdin
        assert pipe is not None
        pipe.write(json.dumps([method, *args]).encode() + b"\n")
        pipe.flush()

    def close(self) -> None:
        """End the process."""
        super().close()
        if self.process.stdin is not None:
            self.process.stdin.close()
