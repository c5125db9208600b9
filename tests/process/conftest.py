"""What holds for tests with real processes."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks of these tests."""
    config.addinivalue_line("markers", "irc_clients: drives IRC clients of others, where they are installed")
