"""Addresses of machines, as text."""

from __future__ import annotations

import ipaddress


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is this machine's own, also an IPv4 address in IPv6 form; False for other text."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
