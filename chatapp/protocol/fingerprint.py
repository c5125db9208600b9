"""A server's public key in a line that people can compare: what ``chat serve`` prints and ``--trust`` takes."""

from __future__ import annotations

import base64
import hashlib

PREFIX = "SHA256:"


def fingerprint(public_key_info: bytes) -> str:
    """Write the fingerprint of a public key (DER SubjectPublicKeyInfo): ``SHA256:`` and 44 characters of Base64.

    It is of the key, not of the certificate, so that a new certificate with the same key is the same server.
    """
    return PREFIX + base64.b64encode(hashlib.sha256(public_key_info).digest()).decode()
