"""Apache's ``htpasswd -B`` manages our password file, and we manage its own."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from chatapp.auth.hashing import verify
from chatapp.auth.lines import Tombstone
from chatapp.auth.password_file import SETTLE_S, PasswordFile

from .support import HASH, Clock, long_ago

pytestmark = pytest.mark.skipif(shutil.which("htpasswd") is None, reason="htpasswd (apache2-utils) is not here")


def htpasswd(*args):
    """Run htpasswd and return its exit code."""
    return subprocess.run(["htpasswd", *map(str, args)], capture_output=True, check=False).returncode


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def file(tmp_path, clock):
    """A password file that is not there yet."""
    return PasswordFile(tmp_path / "passwords", clock=clock)


@pytest.mark.parametrize("password", ["secret", "pass:word # 1", "Пароль", "x" * 72])
def test_its_accounts_are_ours(file, password):
    """A file that htpasswd made is read, and its passwords sign in."""
    assert htpasswd("-cbBC4", file.path, "alice", password) == 0
    long_ago(file.path)
    alice = file.get("alice")
    assert alice is not None
    assert (alice.name, alice.admin, alice.id) == ("alice", False, "")
    assert verify(alice.hash, password)
    assert not verify(alice.hash, password[:-1] + "?")


def test_our_hashes_are_its_own(file, tmp_path):
    """htpasswd verifies what we wrote; with fields after the hash ``-v`` cannot, so it is asked about a bare line."""
    file.path.write_text(f"alice:{HASH}\n")
    assert htpasswd("-vb", file.path, "alice", "correct horse") == 0
    assert htpasswd("-vb", file.path, "alice", "wrong") == 3


def test_it_adds_to_our_file(file):
    """A running server knows the new account at once, and the others are what they were."""
    alice = file.add("alice", HASH, admin=True)
    file.accounts()
    before = file.path.read_text()
    assert htpasswd("-bBC4", file.path, "bob", "secret") == 0
    assert file.path.read_text().startswith(before)
    assert file.changed()
    assert file.get("alice") == alice
    bob = file.get("bob")
    assert bob is not None
    assert verify(bob.hash, "secret")


def test_it_sets_a_password_in_our_file(file, clock):
    """The new password signs in a moment later; the line has lost its fields, which can only take rights away."""
    file.add("alice", HASH, admin=True)
    bob = file.add("bob", HASH)
    assert htpasswd("-bBC4", file.path, "alice", "secret") == 0
    file.accounts()
    clock.now_s += 2 * SETTLE_S
    alice = file.get("alice")
    assert alice is not None
    assert verify(alice.hash, "secret")
    assert (alice.admin, alice.id) == (False, "")
    assert file.get("bob") == bob


def test_it_deletes_from_our_file(file, clock):
    """An account that htpasswd deleted is gone a moment later."""
    file.add("alice", HASH)
    bob = file.add("bob", HASH)
    assert htpasswd("-D", file.path, "alice") == 0
    file.accounts()
    clock.now_s += 2 * SETTLE_S
    assert file.changed()
    assert file.accounts() == {"bob": bob}


def test_we_change_its_file(file):
    """What we do to a file of htpasswd's, htpasswd reads."""
    assert htpasswd("-cbBC4", file.path, "alice", "secret") == 0
    assert htpasswd("-bBC4", file.path, "bob", "secret") == 0
    long_ago(file.path)
    file.set_hash("alice", HASH)
    file.remove("bob")
    assert htpasswd("-vb", file.path, "alice", "correct horse") == 0
    assert htpasswd("-vb", file.path, "bob", "secret") == 6  # no such user


def test_it_passes_over_tombstones(file):
    """A removed account's tombstone survives what htpasswd does, and a new account of that name is another one."""
    eve = file.add("eve", HASH)
    file.remove("eve")
    assert htpasswd("-bBC4", file.path, "eve", "secret") == 0
    assert htpasswd("-bBC4", file.path, "bob", "secret") == 0
    assert htpasswd("-D", file.path, "bob") == 0
    long_ago(file.path)
    file.complete({"eve": eve})
    assert file.removed() == (Tombstone("eve", eve.id),)
    assert file.accounts()["eve"].id not in ("", eve.id)
    assert htpasswd("-vb", file.path, "bob", "secret") == 6
