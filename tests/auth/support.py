"""Accounts and files for the tests of auth; bcrypt at its least cost, so that a hash takes a millisecond."""

from __future__ import annotations

from chatapp.auth.hashing import hash_password

HASH = hash_password("correct horse", 4)
OTHER_HASH = hash_password("battery staple", 4)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
