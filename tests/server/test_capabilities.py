"""The table of capabilities."""

from __future__ import annotations

import itertools

import pytest

from chatapp.server import capabilities as cap

NAMES = [row.name for row in cap.CAPABILITIES]


def test_each_has_a_bit_of_its_own():
    """So that they can be told apart, and none is the mark of version 302."""
    bits = [row.bit for row in cap.CAPABILITIES] + [cap.CAP_302]
    assert all(one & other == 0 for one, other in itertools.combinations(bits, 2))
    assert all(bit.bit_count() == 1 for bit in bits)


def test_each_has_one_row():
    """By its name."""
    assert sorted(set(NAMES)) == NAMES


@pytest.mark.parametrize(("sign_up", "offered"), [("open", True), ("closed", False)])
def test_what_is_offered_depends(sign_up, offered):
    """Signing up where that is possible."""
    assert ("draft/account-registration" in [row.name for row in cap.offered(sign_up)]) is offered


def test_drafts_are_drafts():
    """ "Software implementing this work-in-progress specification MUST NOT use the unprefixed" names."""
    assert not {"chathistory", "read-marker", "account-registration", "register"} & set(NAMES)
