"""Passwords on their way from a person or a file to the session: which can be used, and where they are read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chatapp.config import PASSWORD_BYTES_MAX
from chatapp.errors import SignInError

_FILE_BYTES_MAX = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def problem(password: str) -> str:
    """Return what is wrong with a password in plain words; empty when it can be used."""
    if not password:
        return "A password has at least one character."
    if "\0" in password or "\n" in password or "\r" in password:
        return "A password is one line, without NUL."
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        return "The password is not UTF-8. Set the terminal to UTF-8."
    if size > PASSWORD_BYTES_MAX:
        return f"The password has {size} bytes; {PASSWORD_BYTES_MAX} is the most that can be kept."
    return ""


def read_file(path: Path) -> tuple[str, str]:
    """Return the password in the first line of a file, and a warning (empty where there is nothing to warn of).

    Raises SignInError when it cannot be read or used.
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
