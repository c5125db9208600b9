"""The terminal: hides keys that are typed while no question is open, and filters all text that is written to it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import TracebackType
from typing import Any

from prompt_toolkit.output import Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from wcwidth import wcswidth

from chatapp.client.fronts.printable import printable_lines

if sys.platform != "win32":
    import termios


_UNSURE_FROM = "\u0300"  # terminals agree about the letters before it
_WIDEST = 2  # columns of a character


def terminal_output() -> Output:
    """Return the output to the terminal."""
    output = create_output(stdout=sys.__stdout__)  # not sys.stdout: its filter would replace terminal commands too
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # do not query the cursor position: some terminals do not answer
    return output


def filtered(output: Output) -> Output:
    """Make ``Output.write`` filter its text (:func:`printable_lines`); return the same output.

    The terminal commands of prompt_toolkit do not use ``write`` and are not filtered. There is one exception: to move
    the cursor to the first column, it writes a single CR, which is let through.

    prompt_toolkit writes the typed text character by character, and counts the columns of each. Terminals count the
    columns of some characters in another way. So the columns of such a character are erased first, and then the cursor
    is set to where prompt_toolkit takes it to be.
    """
    write = output.write
    has_commands = isinstance(output, Vt100_Output)

    def write_filtered(data: str) -> None:
        if data != "\r":
            data = printable_lines(data.replace("\r\n", "\n")).replace("\n", "\r\n")
        if not has_commands or not _is_unsure(data):
            write(data)
            return
        columns = wcswidth(data)
        output.write_raw(f"\x1b7\x1b[{columns}X")
        write(data)
        output.write_raw("\x1b8")
        output.cursor_forward(columns)

    output.write = write_filtered  # type: ignore[method-assign]
    return output


def _is_unsure(data: str) -> bool:
    """Tell whether a text is a grapheme whose columns terminals count in different ways."""
    if data.isascii() or max(data) < _UNSURE_FROM or "\n" in data:
        return False
    return 0 < wcswidth(data) <= _WIDEST


class Quiet:
    """Turns off the echo of a terminal during a ``with`` block; Ctrl-C still interrupts.

    While a question is open, prompt_toolkit controls the terminal and shows the typed text unless it is secret. At
    other times the terminal itself would echo every key, also those of a password that is typed too early.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None

    def __enter__(self) -> Quiet:
        if sys.platform == "win32":  # a Windows console does not echo by itself
            return self
        self._before = termios.tcgetattr(self._descriptor)
        mode = termios.tcgetattr(self._descriptor)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)  # Enter is \r, as at a question
        mode[3] = mode[3] & ~(termios.ECHO | termios.ICANON | termios.IEXTEN) | termios.ISIG
        mode[6] = list(mode[6])
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        off = os.fpathconf(self._descriptor, "PC_VDISABLE")
        for key in (termios.VSUSP, termios.VQUIT):  # these signals would leave the terminal without echo
            mode[6][key] = bytes([off & 0xFF])
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Restore the terminal's settings.

        After an exception, drop the input that was not read: it may be a password, which the shell would run as a
        command and keep in its history.
        """
        if sys.platform != "win32" and self._before is not None:
            when = termios.TCSADRAIN if kind is None else termios.TCSAFLUSH
            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(self._descriptor, when, self._before)

    def suspend(self) -> None:
        """Stop the process group, as Ctrl-Z does, with the terminal's settings restored; set them again afterwards."""
        if sys.platform != "win32" and self._before is not None:
            now = termios.tcgetattr(self._descriptor)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            os.kill(0, signal.SIGTSTP)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, now)
