"""``chat`` in a real terminal, of which a test sees what a person sees."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

from tests.support.emulator import EmulatorWithHistory
from tests.support.server import PASSWORD, PATIENCE_S, environment

ROWS, COLUMNS = 50, 100
HISTORY_ROWS = 10_000
_FRAME = "\x1b[?2026"  # begins (h) and ends (l) a frame, which a terminal shows at once: synchronized output
_SIDE_COLUMNS = re.compile(r"^.{22}│|│.{0,20}$")  # of the full screen: the conversations, and who is here


def sign_in(screen: Screen, name: str) -> Screen:
    """Answer the question of the full screen for the password."""
    screen.shows(f"Password for {name}:")
    screen.type(PASSWORD)
    screen.shows("F1 shows the keys")
    return screen


def middle(rows: list[str]) -> str:
    """Return what stands between the side columns of the full screen, as one line."""
    return " ".join(" ".join(_SIDE_COLUMNS.sub("", row) for row in rows).split())


class Screen:
    """One terminal, for the time of a ``with`` block; whatever is not seen in ``PATIENCE_S`` fails the test.

    ``module`` is what runs: ``chat``, or a module of the tests that runs it.
    """

    def __init__(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        rows: int = ROWS,
        columns: int = COLUMNS,
        full: bool = False,
        module: str = "chatapp",
    ) -> None:
        args = args if full or args[0] != "connect" else (*args, "--classic")
        self._columns = columns
        self._screen = EmulatorWithHistory(columns, rows, history=HISTORY_ROWS)
        self._stream = pyte.Stream(self._screen)
        self._drawn = [""] * rows  # each row as it was last looked at
        self._above: list[str] = []  # the rows that have left the screen at its top
        self.raw = ""
        self._folder = tempfile.TemporaryDirectory(prefix="screen-")  # of the client's temporary files
        env = {"TMPDIR": self._folder.name, **(env or {})}
        self._is_drawing = False  # the end of a frame has not come yet
        with warnings.catch_warnings():
            # Python 3.12 warns of fork() beside threads, which pytest-xdist has; the child runs nothing but exec().
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = pexpect.spawn(
                sys.executable,
                ["-m", module, *args],
                env={**environment(env), "TERM": env.get("TERM", "xterm-256color")},  # type: ignore[arg-type]
                cwd="/",
                encoding="utf-8",
                dimensions=(rows, columns),
            )
        self._process.delaybeforesend = None  # what is waited for is on the screen
        self._screen.write_process_input = self._process.send  # answers to questions about the cursor

    @property
    def emulated(self) -> pyte.Screen:
        """The terminal, with the styles of each character."""
        return self._screen

    @property
    def rows(self) -> list[str]:
        """The rows that are not empty."""
        buffer, dirty = self._screen.buffer, self._screen.dirty
        for at in dirty:  # only these have changed, and every row takes time
            if at < len(self._drawn):
                self._drawn[at] = self._text(buffer[at])
        dirty.clear()
        return [row for row in self._drawn if row]

    @property
    def scrolled(self) -> list[str]:
        """The rows that have left the screen at its top, and those that are on it, without empty rows."""
        top = self._screen.history.top
        assert len(top) < HISTORY_ROWS
        if len(top) < len(self._above):  # the screen was cleared
            self._above.clear()
        self._above += [self._text(line) for line in islice(top, len(self._above), None)]
        return [row for row in self._above if row] + self.rows

    def _text(self, line: Mapping[int, pyte.screens.Char]) -> str:
        """Return the text of a row; the second cell of a wide character is empty."""
        return "".join([line[at].data for at in range(self._columns)]).rstrip()

    @property
    def typed(self) -> str:
        """What stands in the row of the cursor after the prompt of the full screen, with ``|`` at the cursor."""
        at, line = self._screen.cursor, self._screen.buffer[self._screen.cursor.y]
        cells = [line[column].data for column in range(self._columns)]
        cells.insert(at.x, "|")
        return re.sub(r"^[>:] ", "", _SIDE_COLUMNS.sub("", "".join(cells))).rstrip()

    def has_typed(self, text: str) -> None:
        """Wait until the row of the cursor has a text, with ``|`` at the cursor."""
        self.until(lambda _: self.typed == text, text)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return int(self._process.pid)

    def read(self, patience_s: float) -> str:
        """Return what the terminal gets next, empty if nothing comes. Raises EOF at its end."""
        try:
            return str(self._process.read_nonblocking(65536, patience_s))
        except pexpect.TIMEOUT:
            return ""

    def until(self, condition: Callable[[list[str]], bool], what: str = "") -> list[str]:
        """Wait until the screen is as it should be; return its rows."""
        deadline = time.monotonic() + PATIENCE_S
        while self._is_drawing or not condition(self.rows):
            assert time.monotonic() < deadline, f"not seen: {what}\n" + "\n".join(self.rows)
            try:
                data = self.read(0.1)
            except pexpect.EOF:
                assert condition(self.rows), f"ended without: {what}\n" + "\n".join(self.rows)
                break
            self.raw += data
            self._stream.feed(data)
            _, found, after = self.raw[-len(data) - len(_FRAME) :].rpartition(_FRAME)
            self._is_drawing = after.startswith("h") if found else self._is_drawing
        return self.rows

    def sees(self, text: str) -> list[str]:
        """Wait until a text is on the screen, or has left it at its top: output may be faster than the test."""
        return self.until(lambda _: any(text in row for row in self.scrolled), text)

    def asks(self, prompt: str) -> list[str]:
        """Wait until the last row is a question."""
        return self.until(lambda rows: bool(rows) and rows[-1] == prompt.rstrip(), prompt)

    def type(self, text: str, end: str = "\r") -> None:
        """Type, and press Enter."""
        self._process.send(text + end)

    def press(self, keys: str) -> None:
        """Press keys."""
        self._process.send(keys)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the terminal."""
        self._screen.resize(rows, columns)
        self._columns, self._drawn = columns, [""] * rows
        self._screen.dirty.update(range(rows))
        self._process.setwinsize(rows, columns)

    def skip(self) -> None:
        """Let a minute pass for ``tests.cli.skipping``."""
        os.kill(self.pid, signal.SIGUSR1)

    def shows(self, text: str) -> list[str]:
        """Wait until a text is on the screen."""
        return self.until(lambda rows: any(text in row for row in rows), text)

    def reads(self, *texts: str) -> list[str]:
        """Wait until texts follow each other between the side columns; a narrow screen divides them into rows."""
        pattern = re.compile(".*".join(map(re.escape, texts)))
        return self.until(lambda rows: pattern.search(middle(rows)) is not None, " ... ".join(texts))

    def is_in(self, name: str) -> None:
        """Wait until the full screen shows a conversation."""
        self.until(lambda rows: re.search(rf"(?:│|^){name}\b", "".join(rows[:1])) is not None, f"{name} at the top")

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a question and answer it."""
        self.asks(prompt)
        self.type(text)

    def ended(self) -> int:
        """Wait for the end; return the exit code."""
        self._process.timeout = PATIENCE_S
        self._process.expect(pexpect.EOF)
        self.raw += self._process.before
        self._stream.feed(self._process.before)
        self._process.close()
        assert self._process.exitstatus is not None, f"ended by signal {self._process.signalstatus}"
        return int(self._process.exitstatus)

    def hang_up(self) -> None:
        """Close the terminal, and wait for the end of the client."""
        process = self._process.ptyproc
        process.fileobj.close()  # os.close() would leave an object that closes the number again
        self._process.child_fd, self._process.closed = -1, True
        process.closed = True
        os.waitpid(process.pid, 0)
        process.terminated = True

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._process.close(force=True)
        except pexpect.ExceptionPexpect:  # it was killed, which takes its time on a busy machine
            self._process.ptyproc.wait()
        mistakes = [path.read_text() for path in Path(self._folder.name).glob("chat-mistake-*")]
        self._folder.cleanup()
        if error is not None:
            error.add_note("The screen:\n" + "\n".join([*self.rows, *mistakes]))
        else:
            assert not mistakes, "\n".join(mistakes)
