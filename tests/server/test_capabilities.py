"""The table of capabilities."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from chatapp.config import Config, Listen
from chatapp.server import capabilities as cap
from chatapp.server.settings import Settings

CONFIG = {"listens": (Listen("", 0),), "data": Path("/")}


def test_each_has_a_bit_of_its_own():
    """So that they can be told apart, and none is the mark of version 302."""
    bits = [row.bit for row in cap.CAPABILITIES] + [cap.CAP_302]
    assert all(one & other == 0 for one, other in itertools.combinations(bits, 2))
    assert all(bit.bit_count() == 1 for bit in bits)


def test_each_has_one_row():
    """By its name."""
    assert [row.name for row in cap.CAPABILITIES] == sorted(cap.BY_NAME)


@pytest.mark.parametrize(("sign_up", "offered"), [("open", True), ("closed", False)])
def test_what_is_offered_depends(sign_up, offered):
    """Signing up where that is possible."""
    config = Config(**CONFIG, sign_up=sign_up)
    assert (cap.BY_NAME["draft/account-registration"] in list(cap.offered(Settings(config)))) is offered


def test_drafts_are_drafts():
    """ "Software implementing this work-in-progress specification MUST NOT use the unprefixed" names."""
    assert not {"chathistory", "read-marker", "account-registration", "register"} & set(cap.BY_NAME)
