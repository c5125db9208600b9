"""Pure: what the first bytes of a connection say: whether it begins with an HTTP request."""

from __future__ import annotations

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE ", b"PRI ")


def looks_like_http(data: bytes) -> bool:
    """Return whether ``data`` begins an HTTP request. No IRC command has the name of an HTTP method."""
    return data.startswith(_METHODS)


def may_become_http(data: bytes) -> bool:
    """Return whether ``data`` is an incomplete HTTP method, so that more bytes are needed to tell."""
    return any(len(data) < len(method) and method.startswith(data) for method in _METHODS)
