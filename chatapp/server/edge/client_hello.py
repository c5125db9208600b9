"""Pure: what the first TLS record of a connection tells before the handshake: whether the peer is a browser.

The server asks a browser for no certificate. Otherwise a browser with certificates, such as those of a company, would
interrupt its user with a choice of them, and the page needs none.

Spec: RFC 8446, sections 4.1.2 (ClientHello) and 5.1 (record layer); RFC 7301 (ALPN).
"""

from __future__ import annotations

RECORD_BYTES_MAX = 4 * 1024  # more of a ClientHello is not looked at

_RECORD_HEADER_BYTES = 5
_BEFORE_SESSION_ID = _RECORD_HEADER_BYTES + 4 + 2 + 32  # the handshake header, the version, the random bytes
_ALPN = 16
_HTTP = {b"h2", b"http/1.1", b"http/1.0"}


def record_bytes(data: bytes) -> int:
    """Return how many bytes the record that begins with ``data`` has, at most RECORD_BYTES_MAX."""
    if len(data) < _RECORD_HEADER_BYTES:
        return _RECORD_HEADER_BYTES
    return min(_RECORD_HEADER_BYTES + int.from_bytes(data[3:5]), RECORD_BYTES_MAX)


def offers_http(record: bytes) -> bool:
    """Return whether a ClientHello offers HTTP (by ALPN). False for a record that is cut or is no ClientHello."""
    rest = record[_BEFORE_SESSION_ID:]
    for length_bytes in (1, 2, 1):  # session id, cipher suites, compression methods
        rest = _after(rest, length_bytes)
    rest = rest[2:]  # the length of all extensions
    while rest:
        kind, value = int.from_bytes(rest[:2]), rest[4 : 4 + int.from_bytes(rest[2:4])]
        if kind == _ALPN:
            return not _HTTP.isdisjoint(_names(value[2:]))
        rest = _after(rest[2:], 2)
    return False


def _after(data: bytes, length_bytes: int) -> bytes:
    """Return what follows a value that begins with its length."""
    return data[length_bytes + int.from_bytes(data[:length_bytes]) :]


def _names(data: bytes) -> list[bytes]:
    """Return values that each begin with one byte of length."""
    found = []
    while data:
        found.append(data[1 : 1 + data[0]])
        data = _after(data, 1)
    return found
