"""Pure: the form of a device token, which a program sends in the place of a password, and the hash that is stored.

A token is ``chat_`` and 32 random bytes in base64url: 48 characters. Nobody can guess 256 random bits, so a fast hash
is enough: who steals the hashes cannot find the tokens. The time of a look-up by the hash does not tell how much of a
guess is right, because every guess has another hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

from chatapp.errors import NameNotAllowedError

PREFIX = "chat_"
SECRET_BYTES = 32
NAME_BYTES_MAX = 100
NAME_RULE = (
    f"The name of a token has 1 to {NAME_BYTES_MAX} bytes: characters that can be seen, and spaces between them."
)

_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_JOINERS = {ord("\u200c"): None, ord("\u200d"): None}  # invisible, but needed by some languages and in many emoji


def is_token(text: str) -> bool:
    """Return whether a text has the form of a token. A password may have it too."""
    return _TOKEN.fullmatch(text) is not None


def token_of(secret: bytes) -> str:
    """Return the token of ``SECRET_BYTES`` random bytes."""
    assert len(secret) == SECRET_BYTES
    return PREFIX + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def digest_of(token: str) -> str:
    """Return the SHA-256 of a token, as 64 hexadecimal digits: this is all that the server stores of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def parse_token_name(text: str) -> str:
    """Return the name of a token, in Unicode's NFC and without spaces around it.

    Raises NameNotAllowedError, with the rule as its text, if the name is not allowed.
    """
    name = unicodedata.normalize("NFC", text.strip(" "))
    seen = name.translate(_JOINERS)
    if not seen or not seen.isprintable() or len(name.encode()) > NAME_BYTES_MAX:
        raise NameNotAllowedError(NAME_RULE)
    return name
