"""Passwords that were found right while the process lives."""

from __future__ import annotations

from chatapp.auth import VerifiedPasswords, hash_password

STORED = hash_password("correct horse", 4)


def test_what_was_remembered_is_known():
    """The same password for the same stored hash, and nothing else."""
    verified = VerifiedPasswords(10)
    assert not verified.knows("alice", STORED, "correct horse")
    verified.remember("alice", STORED, "correct horse")
    assert verified.knows("alice", STORED, "correct horse")
    assert not verified.knows("alice", STORED, "correct horsE")
    assert not verified.knows("alice", hash_password("correct horse", 4), "correct horse")
    assert not verified.knows("bob", STORED, "correct horse")
    assert not verified.knows("alice", STORED, "half a character \udc80")


def test_it_is_bounded():
    """Of too many the one not used for longest is forgotten."""
    verified = VerifiedPasswords(2)
    for password in ("a", "b"):
        verified.remember("alice", STORED, password)
    assert verified.knows("alice", STORED, "a")
    verified.remember("alice", STORED, "c")
    assert [verified.knows("alice", STORED, password) for password in "abc"] == [True, False, True]
    assert len(verified) == 2


def test_nothing_of_a_password_is_kept():
    """What is kept is of no use without the key, which differs in each process."""
    one, other = VerifiedPasswords(1), VerifiedPasswords(1)
    one.remember("alice", STORED, "correct horse")
    other.remember("alice", STORED, "correct horse")
    assert one._known.keys() != other._known.keys()
    assert "correct horse" not in repr(one._known)
