"""The server's certificate: its own, also one made while the clock is wrong, and one that cannot be used."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp.errors import ConfigError
from chatapp.server.folder.certificate import Identity, own_identity
from chatapp.server.folder.precautions import time_for_certificates
from chatapp.server.joining import Keys
from chatapp.server.stamps import LATEST_MS
from tests.support.certificate import make_pair, only_openssl_reads

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


def _key_with_a_password(cert: Path, key: Path) -> None:
    key.write_bytes(make_pair(cert.parent, "one", password="secret").key.read_bytes())


def _key_of_another(cert: Path, key: Path) -> None:
    key.write_bytes(make_pair(cert.parent, "one").key.read_bytes())


def _folder_as_certificate(cert: Path, key: Path) -> None:
    cert.unlink()
    cert.mkdir()


DAMAGE: list[tuple[Callable[[Path, Path], object], str]] = [
    (lambda cert, key: cert.write_text("no certificate"), "cert.pem is not a certificate in PEM"),
    (lambda cert, key: cert.write_text(""), "cert.pem is not a certificate in PEM"),
    (lambda cert, key: key.write_text("no key"), "key.pem is not a key in PEM"),
    (_key_with_a_password, r"key.pem has a password\. Give one without: openssl pkey -in "),
    (_key_of_another, r"cert.pem cannot be used with the key .*key.pem: they do not belong together\."),
    (_folder_as_certificate, r"The certificate .*cert\.pem cannot be read: "),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGE)
def test_files_that_cannot_be_used(tmp_path, damage, words):
    """They are refused at the start with the fault and the file, own or not; SIGHUP keeps what there was."""
    first = own_identity(tmp_path, ["localhost"])
    had = (first.context, first.asking, first.fingerprint, first.not_after)
    damage(first.cert, tmp_path / "key.pem")
    with pytest.raises(ConfigError, match=words):
        own_identity(tmp_path, ["localhost"])
    with pytest.raises(ConfigError, match=words):
        Identity(first.cert, tmp_path / "key.pem")
    with pytest.raises(ConfigError, match=words):
        first.load()
    assert (first.context, first.asking, first.fingerprint, first.not_after) == had


def test_what_is_read_late_is_from_the_first_reading(tmp_path):
    """The certificate is what it was at the start, whatever is put in its place, until SIGHUP."""
    own = own_identity(tmp_path, ["localhost"])
    given = Identity(own.cert, tmp_path / "key.pem")
    given.check()
    other = make_pair(tmp_path, "other", days=-2)
    own.cert.write_bytes(other.cert.read_bytes())
    (tmp_path / "key.pem").write_bytes(other.key.read_bytes())
    assert (own.keys, own.not_before, own.not_after) == (given.keys, given.not_before, given.not_after)
    assert own.keys.self_signed
    own.load()
    assert (own.fingerprint, own.keys.public_key) == (other.fingerprint, other.fingerprint)
    assert own.not_after < given.not_before


def test_what_only_openssl_reads(tmp_path):
    """A start takes it: its dates cannot be told, and IRC clients cannot pin it."""
    fingerprint = own_identity(tmp_path, ["localhost"]).fingerprint
    only_openssl_reads(tmp_path / "cert.pem")
    own = own_identity(tmp_path, ["localhost"])
    assert own.keys == Keys(fingerprint, b"", self_signed=False)
    with pytest.raises(ConfigError, match=r"cert\.pem is not a certificate in PEM"):
        _ = own.not_after
    for read in (own.load, own.check):
        with pytest.raises(ConfigError, match=r"cert\.pem is not a certificate in PEM"):
            read()
