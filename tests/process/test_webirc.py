"""WEBIRC with a real server: a gateway on this machine, and somebody who is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import Server, make_accounts, run_chat

PASSWORD = "hunter2-hunter2"
WEBIRC = f"WEBIRC {PASSWORD} Gateway 198.51.100.3 198.51.100.3 :secure"


def password_file(folder: Path, text: str = PASSWORD + "\n", mode: int = 0o600) -> Path:
    """Write the password of the gateways."""
    path = folder / "webirc-password"
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text)
    return path


def test_a_gateway(tmp_path: Path) -> None:
    """The client's address is in WHOIS and in ``chat status``; another address of this machine is no gateway."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    options = ("--webirc-gateway", "127.0.0.1", "--webirc-password-file", password_file(tmp_path))
    with Server(data, *options) as server, Client(server.address, tls=True) as alice:
        alice.send(WEBIRC)
        alice.sign_in("alice")
        alice.ask("WHOIS alice", " 338 alice alice 198.51.100.3 ")
        status = run_here("status", "--json", "--data", data)
        assert '"address": "198.51.100.3"' in status.stdout
        with Client(server.address, tls=True, source="127.0.0.2") as other:
            other.send(WEBIRC, "NICK alice")
            assert other.end() == ["ERROR :Your address is not that of a WebIRC gateway of this server."]
        assert PASSWORD not in Path(f"/proc/{server.process.pid}/cmdline").read_text()


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("", 0o600, "is empty"),
        ("\n", 0o600, "is empty"),
        ("short", 0o600, "8 to 128"),
        (PASSWORD, 0o644, "chmod o="),
        (PASSWORD, 0o602, "chmod o="),
    ],
)
def test_a_password_file_that_cannot_be_used(tmp_path: Path, text: str, mode: int, words: str) -> None:
    """The server does not start, says why in one line, and does not show the password."""
    file = password_file(tmp_path, text, mode)
    options = ("--webirc-gateway", "192.0.2.7", "--webirc-password-file", file)
    ended = run_chat("serve", "0", "--data", tmp_path / "data", *options)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert PASSWORD not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--webirc-gateway", "192.0.2.7"], "go together"),
        (["--webirc-gateway", "example.org", "--webirc-password-file", "{file}"], "address or network"),
        (["--webirc-password-file", "{file}"], "go together"),
        (["--webirc-gateway", "192.0.2.7", "--webirc-password-file", "{file}.not"], "cannot be read"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, options: list[str], words: str) -> None:
    """In one line too."""
    file = password_file(tmp_path)
    ended = run_chat("serve", "0", "--data", tmp_path / "data", *(each.format(file=file) for each in options))
    assert ended.returncode == 1
    assert words in ended.stderr
