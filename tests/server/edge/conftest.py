"""What the tests of connections share."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from chatapp.server.edge import site
from chatapp.server.edge.files import FOLDER, Files

_ours = functools.cache(Files)


def _files(folder: Path) -> Files:
    return _ours(folder) if folder == FOLDER else Files(folder)


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the files of the page once for all worlds: that takes ten times as long as to make a world."""
    monkeypatch.setattr(site, "Files", _files)
