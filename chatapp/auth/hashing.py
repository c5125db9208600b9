"""bcrypt: passwords to hashes, and whether a password is the one of a hash.

A password is the bytes of its text in UTF-8, as given. Nothing is normalised (no NFC, no SASLprep), so that every
program which reads the file, Apache's included, sees the same password.

Everything here takes as long as bcrypt does (a quarter of a second at cost 12) and releases the GIL meanwhile: call
it in a thread.
"""

from __future__ import annotations

import bcrypt

from chatapp.auth.lines import cost_of, is_bcrypt
from chatapp.config import BCRYPT_COST_MAX, BCRYPT_COST_MIN, PASSWORD_BYTES_MAX
from chatapp.errors import PasswordError, WeakPasswordError


def _encode(password: str) -> bytes:
    """Return what bcrypt hashes; raise PasswordError for what can be no password."""
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
    """Raise PasswordError if ``password`` cannot be used: empty, over 72 bytes in UTF-8, or with a NUL.

    bcrypt itself would cut it at 72 bytes, and other programs at a NUL: two passwords would open the same account.
    """
    _encode(password)


def check_new_password(password: str, chars_min: int) -> None:
    """Raise PasswordError if ``password`` cannot be chosen: what :func:`check_password` refuses, and a short one.

    ``chars_min`` counts characters. Raises WeakPasswordError for fewer.
    """
    check_password(password)
    if len(password) < chars_min:
        raise WeakPasswordError(
            f"The password has {len(password)} characters; a new one needs {chars_min} at least. Choose a longer one."
        )


def hash_password(password: str, cost: int) -> str:
    """Return the bcrypt hash of ``password`` (``$2b$``), which takes twice as long for each step of ``cost``.

    Raises PasswordError for what :func:`check_password` refuses.
    """
    assert BCRYPT_COST_MIN <= cost <= BCRYPT_COST_MAX, cost
    return bcrypt.hashpw(_encode(password), bcrypt.gensalt(cost)).decode()


def verify(hash: str, password: str) -> bool:
    """Return whether ``password`` is the one of ``hash`` (``$2a$``, ``$2b$`` or ``$2y$``).

    A password that can be nobody's is answered at once; that tells nothing about an account.
    """
    assert is_bcrypt(hash)
    try:
        data = _encode(password)
    except PasswordError:
        return False
    return bcrypt.checkpw(data, hash.encode())


def UNKNOWN_HASH(cost: int) -> str:
    """Return a hash to verify against when the name is unknown, so that it costs the same; nothing matches it."""
    return f"$2b${cost:02}$" + "." * 53


def verify_evenly(hash: str | None, password: str, cost: int) -> bool:
    """Return what :func:`verify` does (False for ``None``, an unknown name), with the same work for every refusal.

    ``cost`` is what a refusal has to cost (``PasswordFile.refusal_cost``). Hashes that came from elsewhere are cheaper
    (``htpasswd`` makes them with cost 5), and would show by their speed that the name exists. Each step of the cost
    doubles the work, and so ``2**c + 2**c + 2**(c+1) + ... + 2**(cost-1) == 2**cost``: one more try of each cost in
    between makes up for it.
    """
    if hash is None:
        verify(UNKNOWN_HASH(cost), password)
        return False
    if verify(hash, password):
        return True
    for step in range(cost_of(hash), cost):
        verify(UNKNOWN_HASH(step), password)
    return False
