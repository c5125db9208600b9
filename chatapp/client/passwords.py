"""Pure: which passwords can be used."""

from __future__ import annotations

from chatapp.config import PASSWORD_BYTES_MAX


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
