"""A server, and somebody at its menu."""

from __future__ import annotations

import pytest

from tests.client.fake_server import FakeServer
from tests.client.fronts.menu.desk import Desk


@pytest.fixture
def server() -> FakeServer:
    """A server with three accounts."""
    return FakeServer({"alice": "secret", "bob": "secret", "carol": "secret"})


@pytest.fixture
def alice(server: FakeServer) -> Desk:
    """Be alice, at the menu."""
    desk = Desk(server)
    desk.type("secret")
    return desk
