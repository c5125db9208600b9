"""Reads a password from a file, which may be a pipe: ``--password-file <(pass show chat)``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chatapp.client.core.passwords import problem
from chatapp.errors import SignInError
from chatapp.reading import read_within

PIPE_S = 60.0  # how long a pipe may take: the program that writes to it may ask a person for a passphrase
_FILE_BYTES_MAX = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read(path: Path, wait_s: float = PIPE_S) -> tuple[str, str]:
    """Return the password in the first line of a file, and a warning if other users can read the file (else empty).

    Raises SignInError if the file cannot be read, if it is a pipe that has no line within ``wait_s``, or if the
    password cannot be used.
    """
    try:
        data, found = read_within(path, _FILE_BYTES_MAX, wait_s, end=b"\n")
        password = data.decode().partition("\n")[0].removesuffix("\r")
    except TimeoutError:
        raise SignInError(
            f"The password file {path} is a pipe, and no program has written a line to it within {wait_s:g} s."
            " Start that program first, or name a regular file."
        ) from None
    except OSError as error:
        raise SignInError(f"The password file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SignInError(f"The password file {path} is not UTF-8 text.") from None
    wrong = problem(password)
    if wrong:
        raise SignInError(f"The first line of the password file {path} cannot be used. {wrong}")
    exposed = os.name == "posix" and stat.S_ISREG(found.st_mode) and found.st_mode & _OTHERS
    return password, f"Others can read the password file {path}; `chmod 600` prevents it." if exposed else ""
