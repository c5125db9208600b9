"""IP addresses and networks as text.

An IPv4-mapped IPv6 address (``::ffff:203.0.113.7``) counts as its IPv4 address, and a network of such addresses as the
network of their IPv4 addresses. So a client has one address, whichever socket it comes from.

Spec: RFC 4291, section 2.5.5.2.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED_BITS = 96  # of the prefix that IPv4-mapped addresses begin with


def parse_address(text: str) -> Address | None:
    """Return the IP address of a text, without its zone (``%eth0``); None for text that is no IP address."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed


def parse_network(text: str) -> Network | None:
    """Return the network of a text, which may also be one of its addresses; None for other text. Zones are ignored."""
    address, slash, bits = text.partition("/")
    try:
        network = ipaddress.ip_network(address.partition("%")[0] + slash + bits, strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def is_loopback(address: str) -> bool:
    """Return whether ``address`` is a loopback IP address; False for text that is no IP address."""
    parsed = parse_address(address)
    return parsed is not None and parsed.is_loopback
