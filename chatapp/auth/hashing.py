"""Hash passwords with bcrypt, and verify passwords against bcrypt hashes.

bcrypt gets the UTF-8 bytes of the password as typed. Nothing is normalised (no NFC, no SASLprep), so that every program
that reads the password file, Apache included, accepts the same password.

A bcrypt computation takes a quarter of a second at cost 12 and releases the GIL meanwhile: call ``hash_password``,
``verify`` and ``verify_evenly`` in a thread, never in an event loop.
"""

from __future__ import annotations

import bcrypt

from chatapp.auth.lines import cost_of, is_bcrypt
from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN, PASSWORD_BYTES_MAX
from chatapp.errors import PasswordError, WeakPasswordError


def _encode(password: str) -> bytes:
    """Return the bytes that bcrypt hashes. Raises PasswordError if ``password`` cannot be a password."""
    try:
        data = password.encode()
    except UnicodeEncodeError:
        raise PasswordError("The password is not UTF-8 text. Choose another.") from None
    if not data:
        raise PasswordError("The password is empty. Choose one.")
    if len(data) > PASSWORD_BYTES_MAX:
        raise PasswordError(
            f"The password is {len(data)} bytes long, and bcrypt reads no further than {PASSWORD_BYTES_MAX}. "
            "Choose a shorter one (letters outside English take 2 bytes or more)."
        )
    if b"\0" in data:
        raise PasswordError("The password contains a NUL character. Choose another.")
    return data


def check_password(password: str) -> None:
    """Raise PasswordError if ``password`` is empty, not encodable as UTF-8, over 72 bytes in UTF-8, or contains a NUL.

    bcrypt reads only the first 72 bytes, and other programs stop at a NUL. So two different passwords would open the
    same account.
    """
    _encode(password)


def check_new_password(password: str, chars_min: int) -> None:
    """Raise PasswordError if ``password`` cannot be a new password.

    Raises WeakPasswordError if the password has fewer than ``chars_min`` characters, and the errors of
    :func:`check_password`.
    """
    check_password(password)
    if len(password) < chars_min:
        raise WeakPasswordError(
            f"The password has {len(password)} characters; a new one needs {chars_min} at least. Choose a longer one."
        )


def hash_password(password: str, cost: int) -> str:
    """Return the bcrypt hash (``$2b$``) of ``password``, with a random salt.

    ``cost`` is from BCRYPT_COST_MIN to BCRYPT_COST_MAX; each step doubles the time. Raises PasswordError, as
    :func:`check_password` does.
    """
    assert BCRYPT_COST_MIN <= cost <= BCRYPT_COST_MAX, cost
    return bcrypt.hashpw(_encode(password), bcrypt.gensalt(cost)).decode()


def verify(hash: str, password: str) -> bool:
    """Return whether ``hash`` (``$2a$``, ``$2b$`` or ``$2y$``) is a hash of ``password``.

    Returns False at once, without bcrypt, if :func:`check_password` refuses the password. This speed does not depend
    on the account, so it reveals nothing about the account.
    """
    assert is_bcrypt(hash)
    try:
        data = _encode(password)
    except PasswordError:
        return False
    return bcrypt.checkpw(data, hash.encode())


def UNKNOWN_HASH(cost: int) -> str:
    """Return a hash that no password matches, and that takes as long to verify as any other hash of ``cost``.

    An unknown account name is verified against this hash, so that the refusal takes as long as for a known name.
    """
    return f"$2b${cost:02}$" + "." * 53


def verify_evenly(hash: str | None, password: str, cost: int) -> bool:
    """Return whether ``password`` matches ``hash`` (``None`` for an unknown name); every False takes the same work.

    ``cost`` is the bcrypt cost whose work every refusal takes (``PasswordFile.refusal_cost``). Other programs make
    cheaper hashes (``htpasswd``: cost 5); a faster refusal would reveal that the name exists. Each step of the cost
    doubles the work. So after a failed verification at cost ``c``, one more verification for each cost from ``c`` to
    ``cost - 1`` fills the gap: ``2**c + 2**c + 2**(c+1) + ... + 2**(cost-1) == 2**cost``.
    """
    if hash is None:
        verify(UNKNOWN_HASH(cost), password)
        return False
    if verify(hash, password):
        return True
    for step in range(cost_of(hash), cost):
        verify(UNKNOWN_HASH(step), password)
    return False
