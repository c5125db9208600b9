"""The standard streams of ``chat``: which there are, and the filter that all text to a terminal passes.

``chat ... <&-`` and ``>&-`` start without some of the streams.

While ``chat`` runs, ``sys.stdout`` and ``sys.stderr`` are :class:`Filtered`. Whatever is written to them (messages,
errors, usage errors of click, log records, warnings, tracebacks) is harmless for a terminal, whoever writes it and
wherever the text comes from. Only code that has to command the terminal itself writes to ``sys.__stdout__`` or
``sys.__stderr__``, and that code never writes text from the network there.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, cast

import click

from chatapp.client.fronts.printable import printable, printable_lines

_COLUMNS = 80  # of a terminal that does not tell


def occupy() -> None:
    """Let no other file get the numbers of standard streams that are closed: libraries take these for what they say."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
            os.set_inheritable(number, True)  # as such streams are


class Filtered:
    """A text stream that a terminal can show safely: each control character in it is replaced, except LF.

    It has no ``buffer``: a writer of bytes would go past the filter. What is not for a terminal is written as UTF-8.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
        self.encoding = stream.encoding
        self.errors = stream.errors
        self.flush = stream.flush
        self.fileno = stream.fileno
        self.isatty = stream.isatty

    @property
    def closed(self) -> bool:
        """Tell whether the stream below is closed."""
        return self._stream.closed

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Write text, harmless; return how many characters of ``text`` were taken."""
        if not isinstance(text, str):  # click asks so whether bytes can be written
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        self._stream.write(printable_lines(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts, one behind the other."""
        for line in lines:
            self.write(line)


def install_filter() -> None:
    """Put the filter into standard output and standard error, for the rest of the process."""
    sys.stdout, sys.stderr = _filtered(sys.stdout), _filtered(sys.stderr)


@contextlib.contextmanager
def filtering() -> Iterator[None]:
    """Put the filter into standard output and standard error, for the time of a ``with`` block.

    A stream that somebody else has replaced meanwhile stays replaced: click does that where nobody reads the output.
    """
    before = sys.stdout, sys.stderr
    install_filter()
    ours = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = before[0] if sys.stdout is ours[0] else sys.stdout
        sys.stderr = before[1] if sys.stderr is ours[1] else sys.stderr


def _filtered(stream: TextIO) -> TextIO:
    """Return the stream with the filter; a stream that is closed (None) or has the filter already is returned as is."""
    return stream if stream is None or isinstance(stream, Filtered) else cast(TextIO, Filtered(stream))


def write_line(line: str) -> None:
    """Write a line to standard output and flush it; an LF in ``line`` is shown, and ends nothing. Raises OSError."""
    out = stdout()
    out.write(printable(line) + "\n")
    out.flush()


def tell_line(line: str) -> None:
    """Write a line to standard error, as a notice of ``chat``; an LF in ``line`` is shown, and ends nothing."""
    click.echo(f"chat: {printable(line)}", err=True)


def wrapped(text: str, *, err: bool = False) -> str:
    """Return a text wrapped at spaces for the terminal that it is written to; as it is where there is no terminal.

    ``err``: it is written to standard error.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None or not stream.isatty():
        return text
    from chatapp.client.fronts.menu.rows import plain_text, wrap

    columns = _columns(stream)
    return "\n".join(plain_text(row).rstrip(" ") for line in text.split("\n") for row in wrap([("", line)], columns))


def _columns(stream: TextIO) -> int:
    """Return the width of a terminal; the terminal is asked, as the variable COLUMNS may be of another one."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def stdin() -> TextIO:
    """Give standard input. Raises OSError where it is closed."""
    return _open(sys.stdin, "standard input")


def stdout() -> TextIO:
    """Give standard output. Raises OSError where it is closed."""
    return _open(sys.stdout, "standard output")


def _open(stream: TextIO | None, name: str) -> TextIO:
    if stream is None:
        raise OSError(errno.EBADF, f"{name} is closed")
    return stream
