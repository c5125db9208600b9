"""The two ways to check a server in TLS: by the authorities that this machine knows, or by a pinned key."""

from __future__ import annotations

import ssl


def verifying() -> ssl.SSLContext:
    """Return a TLS context that accepts the certificates of authorities that this machine knows."""
    return ssl.create_default_context()


def trusting() -> ssl.SSLContext:
    """Return a TLS context that accepts any certificate; the caller checks the key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
