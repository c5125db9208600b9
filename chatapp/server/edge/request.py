"""Pure: an HTTP request, as h11 has parsed it: its path, and by which name it calls the server."""

from __future__ import annotations

import ipaddress
import re

import h11

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,64})\]|([A-Za-z0-9.-]{1,255}))(?::([0-9]{1,5}))?")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)([^#]*)", re.IGNORECASE)


class Request:
    """A request. ``host`` and ``port`` are those of its Host field, or the server's own if that is not valid."""

    def __init__(self, parsed: h11.Request, own_host: str, own_port: int) -> None:
        self.fields = {name.decode("ascii"): value.decode("latin-1") for name, value in parsed.headers}
        self.method = parsed.method.decode("ascii")
        self.target = parsed.target.decode("ascii")
        self.version = parsed.http_version
        self.authority = self.fields.get("host", "")
        # "a server MUST accept the absolute-form in requests", and then ignores Host (section 3.2.2).
        if absolute := _ABSOLUTE.fullmatch(self.target):
            self.authority, self.target = absolute[1], absolute[2] if absolute[2].startswith("/") else "/"
        self.path = self.target.partition("?")[0]
        found = _HOST.fullmatch(self.authority)
        self.host, self.port, self._names_host, self._own_host = own_host, own_port, False, own_host
        # The port differs from the server's if it is forwarded.
        if found is not None and (port := int(found[3] or own_port)) <= 65535:
            self.host, self.port, self._names_host = found[1] or found[2], port, True

    @property
    def has_content(self) -> bool:
        """Return whether the request announces content, were it of 0 bytes."""
        return "content-length" in self.fields or "transfer-encoding" in self.fields

    @property
    def uses_own_name(self) -> bool:
        """Return whether the request calls this machine by a name that no other web site can have."""
        if not self.authority:  # no browser: these always send a name
            return True
        if not self._names_host:
            return False
        name = self.host.lower().rstrip(".")
        return name in ("localhost", self._own_host.lower()) or name.endswith(".localhost") or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
