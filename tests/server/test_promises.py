"""What ISUPPORT and CAP LS promise is so: each token and each capability is tried, with the value that is announced.

A token or a capability without a case here fails ``test_every_token_has_a_case`` or
``test_every_capability_has_a_case``. The cases are in ``isupport_cases.py`` and ``capability_cases.py``.
"""

from __future__ import annotations

import pytest

from chatapp.protocol import caps, isupport
from tests.server.capability_cases import CAPABILITIES
from tests.server.conftest import MakeWorld
from tests.server.isupport_cases import TOKENS
from tests.server.world import World

# Everything that a server may announce, and limits that a test reaches soon.
SETTINGS = {
    "accounts": "alice bob carol",
    "lobby": "#lobby",
    "icon": "https://example.net/icon.png",
    "rate_limits": False,
    "topic_bytes_max": 40,
    "away_bytes_max": 30,
    "realname_bytes_max": 30,
    "channels_per_user_max": 4,
    "targets_max": 2,
    "monitor_max": 3,
    "history_page_max": 3,
    "list_items_max": 3,
    "userhost_max": 2,
    "metadata_keys_max": 2,
    "metadata_key_bytes_max": 8,
    "metadata_value_bytes_max": 10,
    "metadata_subscriptions_max": 3,
    "multiline_bytes_max": 40,
    "multiline_lines_max": 3,
}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Make a server that announces all that a server may announce."""
    return make_world(**SETTINGS)


def tokens(world: World) -> dict[str, str | None]:
    """Return the tokens of 005 as a client without an account reads them."""
    known: dict[str, str | None] = {}
    for line in world.connect("reader", says="CAP REQ draft/extended-isupport").ask("ISUPPORT")[1:]:
        known = isupport.parse(
            line.partition(" 005 * ")[2].removesuffix(" :are supported by this server").split(" "), known
        )
    return known


def offers(world: World, **connection: object) -> dict[str, str]:
    """Return the capabilities of CAP LS with their values, as a connection is offered them."""
    known: dict[str, str] = {}
    for line in world.connect("offered", **connection).ask("CAP LS 302"):  # type: ignore[arg-type]
        if line.startswith(":s CAP * LS "):
            known |= caps.parse_offers(line.partition(" :")[2])
    return known


def all_offers(world: World) -> dict[str, str]:
    """Return what is offered with TLS and a certificate, and what is offered over a plain connection from elsewhere."""
    return offers(world, address="192.0.2.1", secure=False) | offers(world, certificate=b"a card")


def test_every_token_has_a_case(world: World, make_world: MakeWorld) -> None:
    """A token that nobody tries is no promise; a case for a token that is not announced tries nothing."""
    assert set(tokens(world)) == set(TOKENS)
    assert set(tokens(make_world(guests=True))) <= set(TOKENS)


def test_every_capability_has_a_case(world: World) -> None:
    """The same of CAP LS."""
    assert set(all_offers(world)) == set(CAPABILITIES)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token(world: World, name: str) -> None:
    """What the token says of the server is so."""
    TOKENS[name](world, tokens(world)[name] or "")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability(world: World, name: str) -> None:
    """The capability can be had, and then does what its specification says; without it, nothing changes."""
    value = all_offers(world)[name]
    if name != "sts":  # "Clients MUST NOT request this capability with CAP REQ"
        assert world.connect("requester").ask(f"CAP REQ :{name}") == [f":s CAP * ACK :{name}"]
    CAPABILITIES[name](world, value)
