"""Pure: tells HTTP from IRC by the first bytes of a connection (with TLS: by the first bytes inside).

Both may begin with an empty line, so that tells nothing.

Spec: RFC 9112, section 2.2, "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
"""

from __future__ import annotations

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE ", b"PRI ")


def looks_like_http(data: bytes) -> bool:
    """Return whether ``data`` begins an HTTP request. No IRC command has the name of an HTTP method."""
    return after_empty_line(data).startswith(_METHODS)


def may_become_http(data: bytes) -> bool:
    """Return whether ``data`` is an incomplete HTTP method, so that more bytes are needed to tell."""
    begin = after_empty_line(data)
    return data == b"\r" or any(len(begin) < len(method) and method.startswith(begin) for method in _METHODS)


def after_empty_line(data: bytes) -> bytes:
    """Return ``data`` without an empty line at its beginning."""
    return data.removeprefix(b"\r\n")
