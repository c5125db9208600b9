"""The terminal: its keys between two questions, which are never shown, and a filter for all text that it gets."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import TracebackType
from typing import Any

from prompt_toolkit.output import Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output

from chatapp.client.fronts.printable import printable_lines

if sys.platform != "win32":
    import termios


def terminal_output() -> Output:
    """Return the terminal, which is not asked where its cursor is: nothing here needs to know, and some cannot tell."""
    output = create_output(stdout=sys.__stdout__)  # sys.stdout would replace the commands for the terminal too
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False
    return output


def filtered(output: Output) -> Output:
    """Let no text reach a terminal unfiltered; commands of prompt_toolkit's own go past ``Output.write``.

    One command does not: to get to the first column, prompt_toolkit writes a CR and nothing else.
    """
    write = output.write

    def write_filtered(data: str) -> None:
        if data != "\r":
            data = printable_lines(data.replace("\r\n", "\n")).replace("\n", "\r\n")
        write(data)

    output.write = write_filtered  # type: ignore[method-assign]
    return output


class Quiet:
    """Keeps a terminal from showing what is typed, for the time of a ``with`` block; Ctrl-C interrupts as ever.

    While a question is asked, prompt_toolkit has the terminal and shows what may be seen. In between, the terminal
    itself would show every key, a password that is typed too early among them.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None

    def __enter__(self) -> Quiet:
        if sys.platform == "win32":  # a console there shows nothing by itself
            return self
        self._before = termios.tcgetattr(self._descriptor)
        mode = termios.tcgetattr(self._descriptor)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)  # Enter is \r, as at a question
        mode[3] = mode[3] & ~(termios.ECHO | termios.ICANON | termios.IEXTEN) | termios.ISIG
        mode[6] = list(mode[6])
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        off = os.fpathconf(self._descriptor, "PC_VDISABLE")
        for key in (termios.VSUSP, termios.VQUIT):  # they would leave the terminal as it is now
            mode[6][key] = bytes([off & 0xFF])
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the terminal back as it was.

        After a failure what was typed too early is dropped: it may be a password, which the shell would run and keep.
        """
        if sys.platform != "win32" and self._before is not None:
            when = termios.TCSADRAIN if kind is None else termios.TCSAFLUSH
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, when, self._before)

    def suspend(self) -> None:
        """Stop this process, as Ctrl-Z does, with the terminal as it was; go on when the shell says so."""
        if sys.platform != "win32" and self._before is not None:
            now = termios.tcgetattr(self._descriptor)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            os.kill(0, signal.SIGTSTP)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, now)
