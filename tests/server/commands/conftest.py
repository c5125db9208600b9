"""What several tests of commands begin with."""

from __future__ import annotations

import pytest

from tests.server.world import World


@pytest.fixture
def room(world: World) -> World:
    """Let alice (draft/metadata-3) and bob (draft/metadata-2) be in #room, of which alice is the founder."""
    world.enter("alice", "batch draft/metadata-3")
    world.enter("bob", "batch draft/metadata-2")
    world.channel("#room", "alice bob")
    return world
