"""The server's own certificate, made while the clock is wrong."""

from __future__ import annotations

import datetime

import pytest

from chatapp.errors import ConfigError
from chatapp.server.folder.certificate import own_identity
from chatapp.server.folder.precautions import time_for_certificates
from chatapp.server.stamps import LATEST_MS

YEAR_NS = 31_557_600 * 1_000_000_000


@pytest.mark.parametrize("year", [1900, 1949, 1960, 1970, 2000])
def test_a_clock_before_this_program(tmp_path, monkeypatch, year):
    """A machine without a battery for its clock starts in the past: the certificate is good when the clock is set."""
    monkeypatch.setattr("time.time_ns", lambda: (year - 1970) * YEAR_NS)
    made = own_identity(tmp_path, ["localhost"])
    today = datetime.datetime.now(datetime.UTC)
    assert made.not_before < min(today, time_for_certificates(0))
    assert made.not_after > today


@pytest.mark.parametrize("year", [2101, 9999, 12_000])
def test_a_clock_beyond_2100(tmp_path, monkeypatch, year):
    """Nothing is made that would be wrong when the clock is set; what to do is said in plain words."""
    monkeypatch.setattr("time.time_ns", lambda: (year - 1970) * YEAR_NS)
    with pytest.raises(ConfigError, match=r"shows a time after the year 2100\. Set it, then start again\.$"):
        own_identity(tmp_path, ["localhost"])
    assert not (tmp_path / "cert.pem").exists()

    """It is the clock's, unless that is before this program was written."""


def test_the_time_for_certificates():
    """It is the clock's, unless that is before this program was written."""
    assert time_for_certificates(0).year == 2026
    assert time_for_certificates(LATEST_MS) == datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
