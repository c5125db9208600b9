"""Reads a password from a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chatapp.client.core.passwords import problem
from chatapp.errors import SignInError

_FILE_BYTES_MAX = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read(path: Path) -> tuple[str, str]:
    """Return the password in the first line of a file, and a warning if other users can read the file (else empty).

    Raises SignInError if the file cannot be read, or the password cannot be used.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_FILE_BYTES_MAX)
        password = data.decode().partition("\n")[0].removesuffix("\r")
    except OSError as error:
        raise SignInError(f"The password file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SignInError(f"The password file {path} is not UTF-8 text.") from None
    wrong = problem(password)
    if wrong:
        raise SignInError(f"The first line of the password file {path} cannot be used. {wrong}")
    exposed = os.name == "posix" and stat.S_ISREG(mode) and mode & _OTHERS
    return password, f"Others can read the password file {path}; `chmod 600` prevents it." if exposed else ""
