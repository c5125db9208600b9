"""Passwords that were found right while this process lives, so that signing in again needs no bcrypt.

Nothing of a password is kept but a keyed hash (HMAC-SHA-256); its key is random, never leaves the process and is gone
with it. The stored bcrypt hash is part of what is hashed, so a password that was changed is not found any more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


class VerifiedPasswords:
    """Keyed hashes of ``size`` passwords at most; of too many the one not used for longest is forgotten."""

    __slots__ = ("_key", "_known", "_size")

    def __init__(self, size: int) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._size = size

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, account: str, stored: str, password: str) -> None:
        """Note that ``password`` is the one of ``account`` (a folded name), whose bcrypt hash is ``stored``."""
        digest = self._digest(account, stored, password)
        self._known.pop(digest, None)
        self._known[digest] = None
        if len(self._known) > self._size:
            del self._known[next(iter(self._known))]

    def knows(self, account: str, stored: str, password: str) -> bool:
        """Tell whether ``password`` was found to be the one of ``account``, whose bcrypt hash is ``stored`` now."""
        digest = self._digest(account, stored, password)
        if digest not in self._known:
            return False
        del self._known[digest]  # used last
        self._known[digest] = None
        return True

    def _digest(self, account: str, stored: str, password: str) -> bytes:
        data = f"{account}\0{stored}\0{password}".encode("utf-8", "surrogatepass")  # none of them holds a NUL
        return hmac.digest(self._key, data, hashlib.sha256().name)
