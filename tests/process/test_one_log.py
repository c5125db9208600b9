"""One file of a log has one server, in whichever data folders the file is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.process.test_start import refusal
from tests.support.irc import Client
from tests.support.server import Server, make_accounts, run_chat

# Runs a command in a namespace in which the file $1 is also the file $2.
BIND = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", 'mount --bind "$1" "$2"; shift 2; exec "$@"']


def bound(file: Path, place: Path) -> list[str]:
    """Return the beginning of a command that sees ``file`` at ``place`` too; skip the test if that cannot be."""
    command = [*BIND, "sh", str(file), str(place)]
    place.touch()
    try:
        done = subprocess.run([*command, "cmp", file, place], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if done.returncode:
        pytest.skip("this user cannot mount a file")
    return command


def test_a_log_in_two_folders(tmp_path: Path) -> None:
    """ "A second server on the same data is refused", though a bind mount shows the log in a second folder.

    It is so at the first start, which makes the file, and at later starts. A restore there is refused too.
    """
    data, other = tmp_path / "data", tmp_path / "other"
    for folder in (data, other):
        make_accounts(folder, ["alice"])
    for _ in range(2):
        with Server(data) as server:
            assert run_chat("backup", tmp_path / "b.tar", "--overwrite", "--data", data).returncode == 0
            command = bound(data / "chat.db", other / "chat.db")
            assert f"Another server uses the log {other / 'chat.db'}. Stop it" in refusal(
                data=other, wrapped_in=command
            )
            restored = run_chat("restore", tmp_path / "b.tar", "--replace", "--data", other, wrapped_in=command)
            assert restored.returncode == 1
            assert "A server is running on" in restored.stderr
            with Client(server.address) as client:
                client.ask("PING :still here", "PONG .*still here")
        assert sorted(os.listdir(other)) == ["chat.db", "passwords"]
