"""The bot of client/README.md, as people run it, with a real server that is killed in the middle."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from pathlib import Path

from tests.support.irc import Client, text_of
from tests.support.server import PASSWORD, PATIENCE_S, REPOSITORY, Server, environment, make_accounts

EXAMPLE = REPOSITORY / "docs" / "bot.py"


def test_the_example_is_that_of_the_readme():
    """The program in client/README.md is the file that the tests run, and has twenty lines."""
    readme = (REPOSITORY / "chatapp" / "client" / "README.md").read_text()
    (shown,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert shown == EXAMPLE.read_text()
    assert len(shown.splitlines()) <= 20


def test_a_server_that_is_killed(tmp_path: Path) -> None:
    """Each question is answered once: also what was asked just before the end, and while the bot was not connected."""
    make_accounts(tmp_path / "data", ["alice", "echo"])
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(PASSWORD)
    with Server(tmp_path / "data", "--no-rate-limits") as server, contextlib.ExitStack() as stack:
        address = server.address
        server.command[server.command.index("serve") + 1] = str(address.port)
        with Client(address) as alice:
            alice.sign_in("alice")
            alice.send("PRIVMSG #lobby :!echo before", "MONITOR + echo")
            process = subprocess.Popen(
                [sys.executable, str(EXAMPLE), address.host, str(address.port), "echo", str(password)],
                env=environment({"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}),
                stderr=subprocess.PIPE, cwd="/",
            )  # fmt: skip
            stack.callback(process.communicate)
            stack.callback(process.kill)
            alice.until(" 730 .*echo")
            alice.send("PRIVMSG echo :!echo live")
            alice.until(r":echo!.* PRIVMSG alice :live")
            alice.send("PRIVMSG #lobby :!echo last", "PRIVMSG #lobby :no question")
            alice.until("no question")
            server.kill()
        server.start()
        with Client(address) as alice:
            alice.sign_in("alice")
            alice.send("PRIVMSG #lobby :!echo missed")
            alice.until(r":echo!.* PRIVMSG #lobby :missed")
            alice.send("PRIVMSG echo :!echo live again")
            alice.until(r":echo!.* PRIVMSG alice :live again")
            said = [text_of(line) for line in alice.history("#lobby") if " :echo!" in line]
            direct = [text_of(line) for line in alice.history("echo") if " :echo!" in line]
        assert said == ["last", "missed"]
        assert direct == ["live", "live again"]
        assert process.poll() is None
        process.kill()
        assert process.stderr is not None
        words = process.communicate(timeout=PATIENCE_S)[1].decode()
        assert "The connection was lost." in words
        assert "Traceback" not in words
