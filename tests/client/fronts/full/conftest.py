"""A server, and people at the full-screen client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.client.fake_server import OFFERS, FakeServer
from tests.client.fronts.full.desk import Desk

ALL = f"{OFFERS} draft/message-edit draft/message-redaction soju.im/search"


@pytest.fixture
def server() -> FakeServer:
    """A server with three accounts."""
    return FakeServer({"alice": "secret", "bob": "secret", "carol": "secret"}, offers=ALL)


@pytest.fixture
def alice(server: FakeServer) -> Desk:
    """Be alice, signed in."""
    return Desk(server).sign_in()


@pytest.fixture
def sit(server: FakeServer) -> Callable[..., Desk]:
    """Be somebody, at a terminal of some size."""

    def sit(name: str = "alice", columns: int = 80, rows: int = 24) -> Desk:
        return Desk(server, name, columns, rows).sign_in()

    return sit
