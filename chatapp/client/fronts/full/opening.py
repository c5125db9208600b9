"""Takes the screen at once, before the rest of the client is imported: a person sees that something happens.

The terminal does not echo keys from here on: what is typed too early may be a password.
"""

from __future__ import annotations

import contextlib
import os
import sys
from types import TracebackType
from typing import Any

from chatapp.client.fronts.printable import printable

if sys.platform != "win32":
    import termios

CLEAR = "\x1b[0m\x1b[2J"
# The alternate screen, marked pastes, reports of the focus; no going on in the next row (see ``painting.py``). Without
# mode 1007 the mouse wheel is not Up and Down, which show texts sent before. Most terminals have it on; what it was is
# saved (s), and restored (r) at the end. Spec: xterm, "Alternate Scroll Mode", XTSAVE, XTRESTORE.
ENTER = "\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?7l\x1b[?1007s\x1b[?1007l" + CLEAR
LEAVE = "\x1b[?1006l\x1b[?1000l\x1b[?1007h\x1b[?1007r\x1b[?7h\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l"
STATUS = "Connecting ..."


def frame(place: str, columns: int, rows: int) -> str:
    """Return the commands for the first screen, as the view draws it later; ``place`` is the address of the server."""
    title = printable(f"chat {place}")[:columns].ljust(columns)
    status = STATUS[:columns].ljust(columns)
    return f"\x1b[1;1H\x1b[0;1;7m{title}\x1b[{max(rows - 1, 1)};1H\x1b[0;7m{status}\x1b[{rows};1H\x1b[0;1m> \x1b[0m"


class Opening:
    """The screen and the terminal's settings, for the time of a ``with`` block; a stream takes no screen."""

    def __init__(self, place: str, descriptor: int, *, is_stream: bool = False) -> None:
        self.is_stream = is_stream
        self._place = place
        self._descriptor = descriptor
        self._before: list[Any] | None = None
        self._is_mine = False  # the screen is to be given back here, and not by the shell

    def __enter__(self) -> Opening:
        if sys.platform != "win32":
            self._before = termios.tcgetattr(self._descriptor)
            quiet = termios.tcgetattr(self._descriptor)
            quiet[0] &= ~termios.ICRNL  # an early Enter is Enter, and not Ctrl-J
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, quiet)
        if self.is_stream:
            return self
        self._is_mine = True
        size = os.get_terminal_size(self._descriptor)
        self._write(ENTER + frame(self._place, size.columns or 80, size.lines or 24))
        return self

    def hand_over(self) -> None:
        """Let the shell give the screen back."""
        self._is_mine = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._is_mine:
            with contextlib.suppress(OSError):  # the terminal may be gone
                self._write(LEAVE)
        if sys.platform != "win32" and self._before is not None:
            when = termios.TCSADRAIN if kind is None else termios.TCSAFLUSH
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, when, self._before)

    def _write(self, text: str) -> None:
        assert sys.__stdout__ is not None  # it is a terminal
        sys.__stdout__.write(text)  # not ``sys.stdout``: its filter would replace commands; ``frame`` has its own
        sys.__stdout__.flush()
