"""The prefixes of members."""

from __future__ import annotations

import pytest

from chatapp.model.entities import OPERATOR
from chatapp.protocol.modes import prefixes


@pytest.mark.parametrize("multi", [False, True])
def test_prefixes(multi):
    """An operator has ``@``; a member without a role has none."""
    assert prefixes(OPERATOR, multi) == "@"
    assert prefixes(0, multi) == ""
