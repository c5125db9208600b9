"""Looking up names: nobody waits for an answer that comes too late."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading

import pytest

from chatapp.cli.connecting import run_until_signal
from chatapp.client.network.link import open_link
from chatapp.client.network.pins import Address
from chatapp.errors import CannotConnectError
from tests.support.server import PATIENCE_S, environment

NOWHERE = Address("nowhere.example", 5000)

# A program whose look-up never ends, and which says when that has begun.
STUCK = """
import os, socket, threading
def stuck(*args, **options):
    os.write(1, b"asked\\n")  # with no lock that the end of the process needs
    threading.Event().wait()
socket.getaddrinfo = stuck
from chatapp.cli import main
main()
"""


def test_an_answer_is_taken(monkeypatch):
    """A name that there is not is a host that there is not, in words."""

    def unknown(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CannotConnectError, match="There is no host"):
        run_until_signal(open_link(NOWHERE, None, PATIENCE_S))


def test_no_answer_in_time(monkeypatch):
    """``--timeout`` is kept, and the end waits for nothing else; an answer that comes later is nobody's."""
    late, done = threading.Event(), threading.Event()

    def slow(*args: object, **options: object) -> list[object]:
        late.wait(PATIENCE_S)
        done.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(CannotConnectError, match="does not answer within"):
        run_until_signal(open_link(NOWHERE, None, 0.01))
    assert not done.is_set()
    late.set()
    assert done.wait(PATIENCE_S)


def test_the_loop_itself_can_look_up():
    """Answers come to the loop that asked."""

    async def story() -> int:
        return len(await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 5000, type=socket.SOCK_STREAM))

    assert run_until_signal(story()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_interrupted_while_a_name_is_looked_up(tmp_path):
    """Ctrl-C ends the process at once: 130."""
    args = ["connect", "--plain", "--config", str(tmp_path), NOWHERE.host, "5000", "alice"]
    with subprocess.Popen(
        [sys.executable, "-c", STUCK, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment()
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"asked\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130
        finally:
            process.kill()
