"""IP addresses and networks as text, in each of their forms."""

from __future__ import annotations

import pytest

from chatapp.protocol.addresses import parse_address, parse_network


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("0:0:0:0:0:FFFF:cb00:7107", "203.0.113.7"),
        ("::ffff:203.0.113.7%eth0", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("203.0.113.07", None),
        ("203.0.113.7/32", None),
        ("eve", None),
        ("", None),
    ],
)
def test_addresses(text, address):
    """ "An IPv4-mapped IPv6 address counts as its IPv4 address; a zone is ignored"."""
    parsed = parse_address(text)
    assert (None if parsed is None else str(parsed)) == address


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7/128", "203.0.113.7/32"),
        ("::ffff:203.0.113.7/120", "203.0.113.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::203.0.113.7", "::cb00:7107/128"),
        ("203.0.113.7/33", None),
        ("fe80::1%eth0", "fe80::1/128"),
        ("fe80::1%eth0/64", "fe80::/64"),
        ("203.0.113.7/", None),
        ("eve", None),
        ("", None),
    ],
)
def test_networks(text, network):
    """The same for networks: a network of IPv4-mapped addresses is one of IPv4 addresses."""
    parsed = parse_network(text)
    assert (None if parsed is None else str(parsed)) == network
