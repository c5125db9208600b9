"""The terminal between two questions: quiet, and given back as it was."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator

import pytest

from chatapp.client.fronts.person.terminal import Quiet

termios = pytest.importorskip("termios")


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Make a terminal: the end of the person, and that of the program."""
    person, program = os.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def waiting(descriptor: int, patience_s: float = 0) -> bool:
    """Tell whether there is something to read."""
    return bool(select.select([descriptor], [], [], patience_s)[0])


def type_at(ends: tuple[int, int], text: bytes) -> None:
    """Type, and wait until it has come to the program's end."""
    os.write(ends[0], text)
    assert waiting(ends[1], 30)


def test_nothing_is_shown_and_all_is_kept(ends):
    """What is typed comes to whoever reads next, Enter as at a question; the terminal is as before afterwards."""
    person, program = ends
    before = termios.tcgetattr(program)
    with Quiet(program):
        type_at(ends, b"secret\r")
        assert os.read(program, 100) == b"secret\r"
        assert not waiting(person)
    assert termios.tcgetattr(program) == before


def test_control_c_interrupts_and_nothing_leaves_the_terminal_quiet(ends):
    """Ctrl-C is a signal as ever; Ctrl-Z and Ctrl-\\ are none, for they would leave the terminal as it is."""
    _, program = ends
    with Quiet(program):
        mode = termios.tcgetattr(program)
        assert mode[3] & termios.ISIG
        assert mode[6][termios.VINTR] == b"\x03"
        assert mode[6][termios.VSUSP] == mode[6][termios.VQUIT] == b"\x00"


def test_after_a_failure_what_was_typed_is_dropped(ends):
    """It may be a password, which would come to the shell; after a good end it is the shell's."""
    _, program = ends
    with Quiet(program):
        type_at(ends, b"ls\r")
    assert os.read(program, 100) == b"ls\r"

    def interrupted() -> None:
        with Quiet(program):
            type_at(ends, b"secret\r")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not waiting(program)


def test_suspended(ends, monkeypatch):
    """While the process is stopped the terminal is as it was before, and quiet again when it goes on."""
    _, program = ends
    before = termios.tcgetattr(program)
    stopped = []
    monkeypatch.setattr(os, "kill", lambda pid, sign: stopped.append((pid, sign, termios.tcgetattr(program))))
    with Quiet(program) as quiet:
        now = termios.tcgetattr(program)
        quiet.suspend()
        assert stopped == [(0, signal.SIGTSTP, before)]
        assert termios.tcgetattr(program) == now
