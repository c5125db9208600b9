"""A cache of verified passwords, so that the next sign-in with the same password needs no bcrypt.

The cache keeps only a keyed hash (HMAC-SHA-256) of each password. The key is random, never leaves the process and is
lost when the process ends. The input of the keyed hash includes the stored bcrypt hash, so a changed password no longer
matches.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


class VerifiedPasswords:
    """Keyed hashes of at most ``size`` passwords; when there are more, the least recently used is dropped."""

    __slots__ = ("_key", "_known", "_size")

    def __init__(self, size: int) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._size = size

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, account: str, stored: str, password: str) -> None:
        """Remember that ``password`` is right for ``account`` (casefolded), whose bcrypt hash is ``stored``."""
        digest = self._digest(account, stored, password)
        self._known.pop(digest, None)
        self._known[digest] = None
        if len(self._known) > self._size:
            del self._known[next(iter(self._known))]

    def knows(self, account: str, stored: str, password: str) -> bool:
        """Return whether ``password`` was verified for ``account`` (casefolded) while its hash was ``stored``."""
        digest = self._digest(account, stored, password)
        if digest not in self._known:
            return False
        del self._known[digest]  # moves the entry to the end, as the most recently used
        self._known[digest] = None
        return True

    def _digest(self, account: str, stored: str, password: str) -> bytes:
        data = f"{account}\0{stored}\0{password}".encode("utf-8", "surrogatepass")  # no part has a NUL
        return hmac.digest(self._key, data, hashlib.sha256().name)
