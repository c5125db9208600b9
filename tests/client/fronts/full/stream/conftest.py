"""People at the stream."""

from __future__ import annotations

import pytest

from tests.client.fake_server import FakeServer
from tests.client.fronts.full.stream.desk import StreamDesk


@pytest.fixture
def alice(server: FakeServer) -> StreamDesk:
    """Be alice, signed in."""
    return StreamDesk(server).sign_in()  # type: ignore[return-value]
