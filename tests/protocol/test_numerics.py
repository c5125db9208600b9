"""Tests of chatapp.protocol.numerics."""

from __future__ import annotations

import string

import pytest

from chatapp.protocol import numerics
from chatapp.protocol.numerics import ErrorNumeric, Numeric

ALL = [(name, value) for name, value in vars(numerics).items() if isinstance(value, Numeric | ErrorNumeric)]


def test_every_numeric_stands_once():
    """Each is known by the name of its variable, and no two have the same code."""
    assert [name for name, _ in ALL] == [numeric.name for _, numeric in ALL]
    codes = [numeric.code for _, numeric in ALL]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("numeric", [numeric for _, numeric in ALL], ids=lambda numeric: numeric.name)
def test_form(numeric):
    """A code is three digits; what is no error has a text for people, and lines have room for it."""
    assert len(numeric.code) == 3
    assert set(numeric.code) <= set(string.digits)
    assert numeric.name.startswith(("RPL_", "ERR_"))
    if isinstance(numeric, ErrorNumeric):  # ``server/refusals`` has the texts
        return
    fields = [field for _, field, _, _ in string.Formatter().parse(numeric.text) if field is not None]
    assert all(field.isidentifier() for field in fields)
    assert len(numeric.text) <= 100
    assert numeric.name.startswith("RPL_")


def test_the_numerics_of_signing_in():
    """The codes that clients wait for."""
    assert numerics.RPL_WELCOME.code == "001"
    assert numerics.RPL_ISUPPORT.code == "005"
    assert numerics.RPL_SASLSUCCESS.code == "903"
    assert numerics.ERR_SASLFAIL.code == "904"
    assert numerics.ERR_INPUTTOOLONG.code == "417"
