"""Accounts and their passwords: the password file, its hashes, and the delays that make guessing slow."""

from chatapp.auth.hasher import Hasher
from chatapp.auth.hashing import (
    UNKNOWN_HASH,
    check_new_password,
    check_password,
    hash_password,
    verify,
    verify_evenly,
)
from chatapp.auth.lines import Account, Tombstone, check_not_removed, removed_before
from chatapp.auth.password_file import NO_ROOM, PasswordFile
from chatapp.auth.password_store import PasswordStore
from chatapp.auth.throttle import Throttle, address_key
from chatapp.auth.verified import VerifiedPasswords

__all__ = [
    "NO_ROOM",
    "UNKNOWN_HASH",
    "Account",
    "Hasher",
    "PasswordFile",
    "PasswordStore",
    "Throttle",
    "Tombstone",
    "VerifiedPasswords",
    "address_key",
    "check_new_password",
    "check_not_removed",
    "check_password",
    "hash_password",
    "removed_before",
    "verify",
    "verify_evenly",
]
