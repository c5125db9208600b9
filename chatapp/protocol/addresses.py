"""IP addresses as text."""

from __future__ import annotations

import ipaddress


def is_loopback(address: str) -> bool:
    """Return whether ``address`` is a loopback IP address; False for text that is no IP address.

    An IPv4-mapped IPv6 address counts as its IPv4 address. An IPv6 zone (``%eth0``) is ignored.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
