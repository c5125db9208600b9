"""The fingerprint of a server's public key, for people to compare: ``chat serve`` prints it, ``--trust`` takes it."""

from __future__ import annotations

import base64
import hashlib

PREFIX = "SHA256:"


def fingerprint(public_key_info: bytes) -> str:
    """Return the fingerprint of a public key (DER SubjectPublicKeyInfo): ``SHA256:`` and 44 characters of Base64.

    The fingerprint covers the key, not the certificate. So a new certificate with the same key is the same server.
    """
    return PREFIX + base64.b64encode(hashlib.sha256(public_key_info).digest()).decode()
