"""Worlds for the tests of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.world import World

pytest.register_assert_rewrite("tests.server.isupport_cases", "tests.server.capability_cases")

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Make worlds with settings of their own."""
    worlds: list[World] = []

    def make(**settings: Any) -> World:
        folder = tmp_path / str(len(worlds))
        folder.mkdir(mode=0o700)
        worlds.append(World(folder, **settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Make a world with the accounts alice, bob and carol, nobody of them connected, and no channel."""
    return make_world(accounts="alice bob carol")
