"""chatapp/auth/password_file.py: what programs that write the file where it stands show of it meanwhile."""

from __future__ import annotations

import os
import time
import types

import pytest

from chatapp.auth import password_file
from chatapp.auth.password_file import SETTLE_S, PasswordFile
from chatapp.errors import PasswordFileError

from .support import HASH, OTHER_HASH, Clock, put

ID = "0123456789abcdef"
ALICE, BOB, CAROL = (f"{name}:{HASH}:id={number}{ID[1:]}\n" for number, name in enumerate(("alice", "bob", "carol")))


@pytest.fixture
def path(tmp_path):
    """A file with two accounts."""
    path = tmp_path / "passwords"
    put(path, ALICE + BOB)
    return path


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def file(path, clock):
    """The file, read once."""
    file = PasswordFile(path, clock=clock)
    assert set(file.accounts()) == {"alice", "bob"}
    return file


def half_written() -> list[str]:
    """Return what a reader may find while the file is copied over."""
    return ["", ALICE, ALICE[:20], ALICE + BOB[:-1], ALICE + BOB[:-9] + "\n", ALICE + BOB[:-21] + "\n"]


@pytest.mark.parametrize("found", half_written())
def test_half_a_file_is_not_believed_at_once(path, clock, file, found):
    """Accounts that a program is just writing are not gone, and not broken."""
    before = file.accounts()
    path.write_text(found)
    for _ in range(3):
        assert file.changed()
        assert file.accounts() is before
        assert file.get("bob") is before["bob"]
        clock.now_s += SETTLE_S / 4
    path.write_text(ALICE + BOB + CAROL)
    assert set(file.accounts()) == {"alice", "bob", "carol"}


def test_a_file_that_is_away_for_a_moment(path, clock, file):
    """An editor may move the old file away before it writes the new one."""
    path.rename(path.with_name("passwords~"))
    assert file.changed()
    assert set(file.accounts()) == {"alice", "bob"}
    clock.now_s += SETTLE_S / 2
    path.write_text("")
    assert set(file.accounts()) == {"alice", "bob"}
    path.write_text(ALICE + BOB + CAROL)
    assert set(file.accounts()) == {"alice", "bob", "carol"}
    clock.now_s += 2 * SETTLE_S
    assert set(file.accounts()) == {"alice", "bob", "carol"}
    assert not file.changed()


@pytest.mark.parametrize("found", [ALICE, ALICE[:-1], ""])
def test_what_stays_lost_is_believed(path, clock, file, found):
    """``htpasswd -D`` works too, and who polls hears of it: a moment later."""
    path.write_text(found)
    assert set(file.accounts()) == {"alice", "bob"}
    clock.now_s += 2 * SETTLE_S
    assert file.changed()
    assert set(file.accounts()) == ({"alice"} if found else set())
    assert not file.changed()


def test_a_file_that_stays_away_is_believed(path, clock, file):
    """A missing file has no accounts."""
    path.unlink()
    assert set(file.accounts()) == {"alice", "bob"}
    clock.now_s += 2 * SETTLE_S
    assert file.accounts() == {}
    assert not file.changed()


def test_a_loss_counts_from_when_the_file_last_changed(path, clock, file):
    """A slow writer is waited for as long as it writes."""
    for length in range(0, len(ALICE), 10):
        path.write_text(ALICE[:length])
        assert set(file.accounts()) == {"alice", "bob"}
        clock.now_s += SETTLE_S * 0.9
        assert set(file.accounts()) == {"alice", "bob"}


def test_what_is_gained_counts_at_once(path, file):
    """An account that was added, or a password that was changed, is there for the next sign-in."""
    path.write_text(ALICE.replace(HASH, OTHER_HASH) + BOB + CAROL)
    assert file.accounts()["alice"].hash == OTHER_HASH
    assert file.get("carol") is not None


def test_a_change_that_looks_like_none_is_seen(path, clock, file):
    """Two changes in place may leave size and time the same: while the first is new the file is read every time."""
    path.write_text(ALICE + BOB.replace(HASH, OTHER_HASH))
    assert file.accounts()["bob"].hash == OTHER_HASH
    times = path.stat()
    path.write_text(ALICE.replace(HASH, OTHER_HASH) + BOB)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.changed()
    assert file.accounts()["alice"].hash == OTHER_HASH
    clock.now_s += 2 * SETTLE_S
    assert file.accounts()["bob"].hash == HASH
    assert not file.changed()


def test_a_mistake_that_stays_is_told_and_the_last_good_accounts_are_not_lost(path, clock, file):
    """Until the file is repaired each call raises; half a file after that is still not believed."""
    good = file.accounts()
    path.write_text(ALICE + "bob\n")
    assert file.accounts() is good
    clock.now_s += 2 * SETTLE_S
    assert file.changed()
    for _ in range(2):
        with pytest.raises(PasswordFileError, match="line 2"):
            file.accounts()
        assert not file.changed()
    with pytest.raises(PasswordFileError, match="line 2"):
        file.get("alice")

    path.write_text("")  # the editor begins to save
    with pytest.raises(PasswordFileError, match="line 2"):
        file.accounts()
    path.write_text(ALICE + BOB)
    assert file.changed()
    assert file.accounts() == good


def test_a_file_that_is_made_in_place(tmp_path, clock):
    """``htpasswd -c`` beside a server that runs: half of the first line is no mistake yet."""
    path = tmp_path / "passwords"
    file = PasswordFile(path, clock=clock)
    assert file.accounts() == {}
    path.write_text(ALICE[:20])
    assert file.accounts() == {}
    path.write_text(ALICE)
    assert set(file.accounts()) == {"alice"}


def test_our_own_programs_are_believed_at_once(path, file):
    """ "A running server honours them at once": what they put in place is whole, through a link too."""
    link = path.with_name("link")
    link.symlink_to("passwords")
    for other in (PasswordFile(path), PasswordFile(link)):
        other.remove("bob")
        assert file.changed()
        assert set(file.accounts()) == {"alice"}
        assert not file.changed()
        other.add("bob", HASH, reuse=True)
        assert set(file.accounts()) == {"alice", "bob"}
        assert not file.changed()


def test_what_is_written_over_one_of_our_files_is_in_doubt_again(path, file):
    """That a file was whole says nothing of what another program did to it since."""
    PasswordFile(path).add("carol", HASH)
    assert set(file.accounts()) == {"alice", "bob", "carol"}
    path.write_text(ALICE)
    assert file.changed()
    assert set(file.accounts()) == {"alice", "bob", "carol"}


def test_what_this_process_changed_it_knows_at_once(path, file):
    """Nobody waits for what is their own doing, whatever number the new file got."""
    for _ in range(5):
        file.remove("bob")
        assert set(file.accounts()) == {"alice"}
        file.add("bob", HASH, reuse=True)
        assert set(file.accounts()) == {"alice", "bob"}


# Waiting for others to finish


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen while a writer waits: what is appended to the list, one after the other."""
    events = []
    fake = types.SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda _: events.pop(0)())
    monkeypatch.setattr(password_file, "time", fake)
    return events


@pytest.mark.parametrize("found", half_written())
def test_what_another_program_is_writing_is_not_made_final(path, meanwhile, found):
    """A change waits until the file is whole: written back, half of it would be all of it."""
    path.write_text(found)
    meanwhile += [lambda: path.write_text(ALICE + BOB[:30]), lambda: put(path, ALICE + BOB + CAROL)]
    PasswordFile(path).add("dave", HASH)
    assert set(PasswordFile(path).accounts()) == {"alice", "bob", "carol", "dave"}
    assert not meanwhile


def test_a_file_that_is_away_for_a_moment_is_not_made_anew(path, meanwhile):
    """A change waits for a file that was there before; for one that never was there is nothing to wait for."""
    PasswordFile(path).add("carol", HASH)
    path.rename(path.with_name("passwords~"))
    meanwhile += [lambda: None, lambda: path.with_name("passwords~").rename(path)]
    PasswordFile(path).add("dave", HASH)
    assert set(PasswordFile(path).accounts()) == {"alice", "bob", "carol", "dave"}
    assert not meanwhile
    PasswordFile(path.with_name("other")).add("erin", HASH)


@pytest.mark.parametrize("found", half_written())
def test_who_starts_just_then_waits(path, meanwhile, found):
    """A server that starts has nothing to compare with, and must not believe half a file either."""
    path.write_text(found)
    meanwhile.append(lambda: put(path, ALICE + BOB))
    assert set(PasswordFile(path).accounts()) == {"alice", "bob"}
    assert not meanwhile


def test_who_writes_without_end_is_not_waited_for_without_end(path, monkeypatch, meanwhile):
    """The text says what is in the way; nothing is changed."""
    monkeypatch.setattr(password_file, "LOCK_TIMEOUT_S", 0.05)
    path.write_text(ALICE)
    meanwhile += [lambda: path.write_text(ALICE)] * 1_000_000
    for ask in (PasswordFile(path).accounts, lambda: PasswordFile(path).add("dave", HASH)):
        with pytest.raises(PasswordFileError, match="Another program has been writing"):
            ask()
    assert path.read_text() == ALICE
