"""ADMIN, INFO, LINKS, TIME and VERSION: what this server is."""

from __future__ import annotations

import pytest

from chatapp.server.commands.about import check_server
from chatapp.server.commands.refusals import CommandRefused


@pytest.mark.parametrize(
    ("target", "known"),
    [("", True), ("s", True), ("S", True), ("*", True), ("?", True), ("carol", True), ("x", False), ("c*", False)],
)
def test_the_server_that_is_meant(world, target, known):
    """A server's name, a mask of it, or a user, connected or not; "If ... cannot be found, ... ERR_NOSUCHSERVER"."""
    session = world.enter("alice").connection._session
    if known:
        check_server(session, target)
        return
    with pytest.raises(CommandRefused) as refused:
        check_server(session, target)
    assert refused.value.numeric.code == "402"
