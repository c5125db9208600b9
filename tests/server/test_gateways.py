"""Which gateways a server lists, and their password."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp.config import Config, Listen
from chatapp.errors import ConfigError
from chatapp.server.gateways import Gateways, client_address

PASSWORD = "hunter2-hunter2"


def config(*gateways: str, password: str = PASSWORD) -> Config:
    """Make a configuration."""
    return Config(listens=(Listen("", 0),), data=Path("unused"), webirc_gateways=gateways, webirc_password=password)


def test_which_addresses_are_listed():
    """Single addresses and networks, of both kinds, in every form that a socket gives them."""
    gateways = Gateways(config("192.0.2.7", "198.51.100.0/28", "2001:db8::/64", "fe80::1", "::ffff:203.0.113.0/120"))
    listed = ["192.0.2.7", "::ffff:192.0.2.7", "198.51.100.15", "2001:db8::5", "fe80::1%eth0", "203.0.113.9"]
    others = ["192.0.2.8", "198.51.100.16", "2001:db8:0:1::5", "fe80::2", "nonsense", ""]
    assert [gateways.lists(each) for each in listed] == [True] * len(listed)
    assert [gateways.lists(each) for each in others] == [False] * len(others)
    assert not Gateways(config(password="")).lists("192.0.2.7")


def test_the_password():
    """All of it, and without a password none is right."""
    gateways = Gateways(config("192.0.2.7"))
    assert gateways.is_password(PASSWORD)
    assert not any(gateways.is_password(text) for text in ("", PASSWORD[:-1], PASSWORD + "x", "pässword"))
    assert not Gateways(config(password="")).is_password("")


def test_the_configuration_does_not_show_it():
    """Nothing that prints the configuration prints the password."""
    assert PASSWORD not in repr(config("192.0.2.7"))


@pytest.mark.parametrize(
    ("gateways", "password", "words"),
    [
        (["192.0.2.7"], "", "go together"),
        ([], PASSWORD, "go together"),
        (["gateway.example.org"], PASSWORD, "address or network"),
        (["192.0.2.7/24"], PASSWORD, "address or network"),
        (["0.0.0.0/0"], PASSWORD, "everybody"),
        (["::/0"], PASSWORD, "everybody"),
        (["::ffff:0:0/96"], PASSWORD, "everybody"),
        (["192.0.2.7"], "short", "8 to 128"),
        (["192.0.2.7"], "with a space", "without spaces"),
        (["192.0.2.7"], ":begins-with-a-colon", "colon"),
        (["192.0.2.7"], "x" * 129, "128"),
    ],
)
def test_what_cannot_be_configured(gateways, password, words):
    """Refused at the start, in words that never have the password."""
    with pytest.raises(ConfigError, match=words) as refused:
        config(*gateways, password=password)
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.3", "198.51.100.3"),
        ("0::1", "::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:198.51.100.3", "198.51.100.3"),
        ("fe80::1%eth0", None),
        ("198.51.100.03", None),
        ("host", None),
        ("", None),
    ],
)
def test_the_address_of_a_client(text, address):
    """In one form, so that one client has one address."""
    assert client_address(text) == address
