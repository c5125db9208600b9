"""The standard streams of ``chat``, with a filter that makes all text safe for a terminal.

A stream can be missing: ``chat ... <&-`` starts with standard input closed, ``chat ... >&-`` without standard output.

While ``chat`` runs, ``sys.stdout`` and ``sys.stderr`` are :class:`Filtered`. The filter makes harmless everything that
any code writes to these streams: messages, errors, usage errors of click, log records, warnings, tracebacks. Only code
that controls the terminal writes to ``sys.__stdout__`` or ``sys.__stderr__``, and this code never writes text from the
network there.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, cast

import click

from chatapp.client.fronts.printable import printable, printable_lines

_COLUMNS = 80  # the assumed width of a terminal that reports no width


def occupy() -> None:
    """Open the null device on each of the file descriptors 0 to 2 that is closed.

    Otherwise the next file that the process opens would get that number, and a library that writes to standard output
    or standard error would write into the file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is ``number``
            os.set_inheritable(number, True)  # standard streams are inheritable


class Filtered:
    """A text stream that replaces every character that a terminal would obey, except LF and tab.

    It has no ``buffer`` attribute, because writing bytes would bypass the filter. Output that does not go to a terminal
    is encoded as UTF-8.
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
        """Whether the underlying stream is closed."""
        return self._stream.closed

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Write the filtered text; return the number of characters of ``text``. Raises TypeError for bytes."""
        if not isinstance(text, str):  # click writes b"" to test whether a stream takes bytes
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        self._stream.write(printable_lines(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write the texts one after another, without adding line ends."""
        for line in lines:
            self.write(line)


def install_filter() -> None:
    """Replace ``sys.stdout`` and ``sys.stderr`` with filtered streams, for the rest of the process."""
    sys.stdout, sys.stderr = _filtered(sys.stdout), _filtered(sys.stderr)


@contextlib.contextmanager
def filtering() -> Iterator[None]:
    """Replace ``sys.stdout`` and ``sys.stderr`` with filtered streams within a ``with`` block.

    A stream that other code has replaced meanwhile is not restored: click replaces a stream that nobody reads.
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
    """Return the stream with the filter; return None (closed) and an already filtered stream as they are."""
    return stream if stream is None or isinstance(stream, Filtered) else cast(TextIO, Filtered(stream))


def takes_more(descriptor: int) -> bool:
    """Tell whether a write to a file, terminal or pipe does not wait."""
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))


def write_line(line: str) -> None:
    """Write one line to standard output and flush it. An LF in ``line`` is made visible instead. Raises OSError."""
    out = stdout()
    out.write(printable(line) + "\n")
    out.flush()


def tell_line(line: str) -> None:
    """Write one line to standard error, after ``chat: ``. An LF in ``line`` is made visible instead."""
    click.echo(f"chat: {printable(line)}", err=True)


def wrapped(text: str, *, err: bool = False) -> str:
    """Return ``text`` wrapped at spaces to the width of the terminal; unchanged if the output is not a terminal.

    The output is standard error if ``err`` is true, otherwise standard output.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None or not stream.isatty():
        return text
    from chatapp.client.fronts.person.rows import plain_text, wrap

    columns = _columns(stream)
    return "\n".join(plain_text(row).rstrip(" ") for line in text.split("\n") for row in wrap([("", line)], columns))


def _columns(stream: TextIO) -> int:
    """Return the width of a terminal in columns. The variable COLUMNS is ignored; it may be of another terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def stdin() -> TextIO:
    """Return standard input. Raises OSError if it is closed."""
    return _open(sys.stdin, "standard input")


def stdout() -> TextIO:
    """Return standard output. Raises OSError if it is closed."""
    return _open(sys.stdout, "standard output")


def _open(stream: TextIO | None, name: str) -> TextIO:
    if stream is None:
        raise OSError(errno.EBADF, f"{name} is closed")
    return stream
