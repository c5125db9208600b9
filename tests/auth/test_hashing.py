"""chatapp/auth/hashing.py: passwords and bcrypt."""

from __future__ import annotations

import unicodedata

import bcrypt
import pytest

from chatapp.auth import hashing
from chatapp.auth.lines import is_bcrypt
from chatapp.errors import PasswordError

from .support import HASH

LONGEST = ["x" * 72, "é" * 36, "€" * 24, "😀" * 18]
UNUSABLE = ["", "x" * 73, "é" * 36 + "x", "€" * 25, "a\0b", "\0", "\udc80"]


class Work:
    """How much bcrypt had to do: 2 to the power of its cost, for each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done = 0
        monkeypatch.setattr(hashing.bcrypt, "checkpw", self.checkpw)

    def checkpw(self, password: bytes, hashed: bytes) -> bool:
        self.done += 2 ** int(hashed[4:6])
        return bcrypt.hashpw(password, b"$2b$04" + hashed[6:])[6:] == hashed[6:]

    def of(self, hash: str | None, password: str, cost: int) -> int:
        """Return the work of one refusal."""
        self.done = 0
        assert not hashing.verify_evenly(hash, password, cost)
        return self.done


@pytest.mark.parametrize("password", ["a", " ", " a ", "pass:word", "Пароль", "a\nb", *LONGEST])
def test_the_right_password_and_no_other(password):
    """A hash is of one password; case, space and each byte count."""
    hash = hashing.hash_password(password, 4)
    assert is_bcrypt(hash)
    assert hash.startswith("$2b$04$")
    assert hashing.verify(hash, password)
    for other in (password.swapcase() + "b", password + " ", password[:-1] + "\x7f"):
        assert not hashing.verify(hash, other)


@pytest.mark.parametrize("version", ["$2a$", "$2b$", "$2y$"])
def test_every_kind_of_bcrypt_verifies(version):
    """What other programs wrote signs in too."""
    hash = version + HASH[4:]
    assert hashing.verify(hash, "correct horse")
    assert not hashing.verify(hash, "correct horsf")


def test_each_hash_has_a_salt_of_its_own():
    """Two accounts with one password do not show it."""
    assert hashing.hash_password("a", 4) != hashing.hash_password("a", 4)


@pytest.mark.parametrize("password", UNUSABLE)
def test_a_password_that_cannot_be_used_is_refused_never_cut(password):
    """ "A password over bcrypt's 72 bytes is refused, never cut." Bytes of UTF-8 count, not letters."""
    with pytest.raises(PasswordError):
        hashing.check_password(password)
    with pytest.raises(PasswordError):
        hashing.hash_password(password, 4)
    assert not hashing.verify(HASH, password)
    assert not hashing.verify_evenly(None, password, 4)


def test_what_follows_the_72nd_byte_is_not_ignored():
    """The 72 bytes that bcrypt reads do not open the account when more was typed."""
    hash = hashing.hash_password("x" * 72, 4)
    assert hashing.verify(hash, "x" * 72)
    assert not hashing.verify(hash, "x" * 73)
    assert not hashing.verify(hash, "x" * 71)


@pytest.mark.parametrize("password", LONGEST)
def test_72_bytes_are_a_password(password):
    """The limit itself is allowed."""
    hashing.check_password(password)


def test_the_refusal_says_how_long_the_password_is_and_not_what_it_is():
    """The text helps whoever typed it, and a log that holds it helps nobody else."""
    with pytest.raises(PasswordError, match=r"^The password is 74 bytes long") as caught:
        hashing.check_password("ö" * 37)
    assert "ö" not in str(caught.value)


def test_a_password_is_its_bytes_as_given():
    """Nothing is normalised: a letter with an accent and the letter followed by the accent are two passwords."""
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    hash = hashing.hash_password(composed, 4)
    assert hashing.verify(hash, composed)
    assert not hashing.verify(hash, decomposed)


@pytest.mark.parametrize("cost", [4, 5, 12, 16])
def test_the_hash_for_unknown_names_is_of_the_cost_asked_for(cost):
    """It is a hash like any other, and its cost is what verifying against it costs."""
    assert is_bcrypt(hashing.UNKNOWN_HASH(cost))
    assert hashing.cost_of(hashing.UNKNOWN_HASH(cost)) == cost


@pytest.mark.parametrize("password", ["a", "correct horse", *LONGEST])
def test_no_password_opens_an_unknown_name(password):
    """Nothing matches the hash for unknown names."""
    assert not hashing.verify(hashing.UNKNOWN_HASH(4), password)
    assert not hashing.verify_evenly(None, password, 4)


@pytest.mark.parametrize("cost", [4, 9, 12])
def test_unknown_name_and_wrong_password_are_the_same_work(cost, monkeypatch):
    """ "Unknown name and wrong password cost the same time." """
    work = Work(monkeypatch)
    known = f"$2b${cost:02}{HASH[6:]}"
    assert work.of(None, "wrong", cost) == work.of(known, "wrong", cost) == 2**cost
    work.done = 0
    assert not hashing.verify(known, "wrong")
    assert not hashing.verify(hashing.UNKNOWN_HASH(cost), "wrong")
    assert work.done == 2 * 2**cost


@pytest.mark.parametrize("cost", range(4, 13))
def test_a_cheap_hash_does_not_show_that_the_name_exists(cost, monkeypatch):
    """A hash of another cost (htpasswd makes them with 5) is refused with the same work as an unknown name."""
    assert Work(monkeypatch).of(f"$2y${cost:02}{HASH[6:]}", "wrong", 12) == 2**12


def test_even_work_accepts_the_right_password():
    """Whatever the cost of its hash, the right password is right."""
    assert hashing.verify_evenly(HASH, "correct horse", 4)
    assert hashing.verify_evenly(HASH, "correct horse", 6)
    assert not hashing.verify_evenly(HASH, "correct horsf", 6)
