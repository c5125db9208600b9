"""Standard input and output, where there are any: ``chat ... <&-`` and ``>&-`` begin without."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO


def occupy() -> None:
    """Let no other file get the numbers of standard streams that are closed: libraries take these for what they say."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
            os.set_inheritable(number, True)  # as such streams are


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
