"""The fingerprint of a server's public key, for people to compare: ``chat serve`` prints it, ``--trust`` takes it."""

from __future__ import annotations

import base64
import binascii
import hashlib

PREFIX = "SHA256:"
_DIGEST_BYTES = 32


def fingerprint(public_key_info: bytes) -> str:
    """Return the fingerprint of a public key (DER SubjectPublicKeyInfo): ``SHA256:`` and 44 characters of Base64.

    The fingerprint covers the key, not the certificate. So a new certificate with the same key is the same server.
    """
    return PREFIX + base64.b64encode(hashlib.sha256(public_key_info).digest()).decode()


def parse_fingerprint(text: str) -> str:
    """Return the full form of a fingerprint as typed, where the ``=`` at the end may be missing.

    Raises ValueError if the text is not a fingerprint.
    """
    if not text.startswith(PREFIX):
        raise ValueError(f"a fingerprint begins with {PREFIX}")
    digest = text.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(digest + "=" * (-len(digest) % 4), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != _DIGEST_BYTES:
        raise ValueError(f"a fingerprint is {PREFIX} and 43 characters of Base64, as the server shows it")
    return PREFIX + base64.b64encode(raw).decode()
