"""Hashing in processes of their own: the same answers, and no process that outlives its server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.auth import hash_worker, hasher
from chatapp.auth.hasher import Hasher
from chatapp.auth.hashing import verify
from chatapp.errors import AuthError, PasswordError
from tests.auth.support import HASH


@pytest.fixture
def made():
    """A hasher, of which no process is left at the end."""
    made = Hasher()
    yield made
    processes = set(made._processes)
    made.close()
    assert all(process.returncode is not None for process in processes)


def only_process(made: Hasher) -> subprocess.Popen[bytes]:
    """The one process that is there."""
    (process,) = made._processes
    return process


def test_the_answers_are_those_of_hashing(made):
    """A hash and a judgement are what they would be here."""
    assert verify(made.hash_password("pässword", 4), "pässword")
    assert made.verify_evenly(HASH, "correct horse", 4)
    assert not made.verify_evenly(HASH, "wrong", 5)
    assert not made.verify_evenly(None, "correct horse", 4)
    with pytest.raises(PasswordError, match="empty"):
        made.hash_password("", 4)
    assert not made.verify_evenly(HASH, "x" * 100, 4)  # it can be nobody's


def test_one_process_serves_one_after_the_other(made):
    """A process is kept; two at once are two."""
    for _ in range(3):
        made.verify_evenly(HASH, "wrong", 4)
    assert len(made._processes) == 1
    with ThreadPoolExecutor(2) as threads:
        both = threading.Barrier(2)

        def ask() -> bool:
            both.wait()
            return made.verify_evenly(None, "wrong", 10)

        assert [job.result() for job in [threads.submit(ask) for _ in range(2)]] == [False, False]
    assert len(made._processes) == 2


def test_a_process_that_ended_is_replaced(made):
    """One that was killed, or had nothing to do for long, costs nobody an answer."""
    made.verify_evenly(HASH, "wrong", 4)
    first = only_process(made)
    first.kill()
    first.wait()
    assert made.verify_evenly(HASH, "correct horse", 4)
    assert only_process(made) is not first


def test_several_processes_that_ended_are_replaced(made):
    """After a quiet minute all of them have ended: the next one who signs in must not pay for it."""
    processes = [made._take() for _ in range(4)]
    for process in processes:
        made._idle.put(process)
        process.kill()
        process.wait()
    assert made.verify_evenly(HASH, "correct horse", 4)
    assert only_process(made) not in processes


def test_processes_that_are_about_to_end_are_replaced(made):
    """They are still there when they are asked, and all of them at once: a new one answers."""
    for _ in range(4):
        made._idle.put(subprocess.Popen(["sleep", "0.3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    assert made.verify_evenly(HASH, "correct horse", 4)


# A process that answers once, and then hashes for ever.
ENDLESS = """
import sys, threading
sys.stdin.readline()
print("false", flush=True)
sys.stdin.readline()
threading.Event().wait()
"""


def test_closing_does_not_wait(made, monkeypatch):
    """Who waits for a hash is told that it cannot be done; nothing is started after that."""
    monkeypatch.setattr(hasher, "command", lambda: [sys.executable, "-c", ENDLESS])
    with ThreadPoolExecutor(1) as threads:
        made.verify_evenly(HASH, "wrong", 4)
        asked = threading.Event()
        process = only_process(made)

        def ask() -> bool:
            asked.set()
            return made.verify_evenly(HASH, "wrong", 4)

        job = threads.submit(ask)
        asked.wait()
        made.close()
        with pytest.raises(AuthError, match="cannot be checked"):
            job.result()
        assert process.returncode == -signal.SIGKILL
    with pytest.raises(AuthError):
        made.verify_evenly(HASH, "wrong", 4)


def test_what_cannot_be_started_is_said(made, monkeypatch):
    """Where there is no process to be had, it is an error in plain words, without a path of the server's."""
    monkeypatch.setattr(hasher, "command", lambda: ["/nowhere/python"])
    with pytest.raises(AuthError) as raised:
        made.verify_evenly(HASH, "wrong", 4)
    assert "/nowhere" not in str(raised.value)
    monkeypatch.setattr(hasher, "command", lambda: [sys.executable, "-c", "pass"])
    with pytest.raises(AuthError):
        made.verify_evenly(HASH, "wrong", 4)


def test_two_processes_that_are_killed_cost_nobody_an_answer(made, monkeypatch):
    """The third answers; a hash that is computed again changes nothing."""
    start = hasher.command
    commands = iter([[sys.executable, "-c", "pass"]] * 2)
    monkeypatch.setattr(hasher, "command", lambda: next(commands, start()))
    assert made.verify_evenly(HASH, "correct horse", 4)
    assert len(made._processes) == 1


def test_no_password_is_in_the_process_list(made):
    """The password goes over a pipe."""
    made.verify_evenly(HASH, "correct horse", 4)
    process = only_process(made)
    assert "correct horse" not in " ".join(map(str, process.args))  # type: ignore[arg-type]


def test_it_ends_with_the_server():
    """A process whose server is gone, even by SIGKILL, reads the end of its input, and ends."""
    process = subprocess.Popen(hasher.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_it_ends_when_there_is_nothing_to_do(monkeypatch):
    """A server in which nobody signs in has no process for it."""
    read, write = os.pipe()
    monkeypatch.setattr(hash_worker, "IDLE_S", 0.0)
    monkeypatch.setattr(hash_worker, "NICENESS", 0)
    with os.fdopen(read, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", type("Input", (), {"buffer": pipe}))
        hash_worker.main()
    os.close(write)
