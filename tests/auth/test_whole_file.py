"""chatapp/auth/whole_file.py: what is left of a change after a crash, and among several writers."""

from __future__ import annotations

import errno
import os
import select
import signal
import stat
import subprocess
import sys
import threading

import pytest

from chatapp.auth import password_file, whole_file
from chatapp.auth.password_file import PasswordFile
from chatapp.auth.whole_file import Stamp
from chatapp.errors import PasswordFileError

from .support import HASH

needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="Windows knows neither kill -9 nor owners")


class PowerCut(BaseException):
    """The end of the process, as far as its code can tell."""


class Kernel:
    """The calls of ``os`` that whole_file makes: they are listed, and before number ``last`` the power is cut.

    Files are closed also then, as they are at the end of a process.
    """

    def __init__(self, last: int | None = None) -> None:
        self.calls: list[str] = []
        self._last = last

    def __getattr__(self, name: str) -> object:
        real = getattr(os, name)
        if name in ("O_NOFOLLOW", "O_BINARY") or not callable(real):
            return real

        def call(*args: object, **kwargs: object) -> object:
            if len(self.calls) == self._last and name != "close":
                raise PowerCut
            if len(self.calls) != self._last:
                self.calls.append(name)
            return real(*args, **kwargs)

        return call


def accounts_of(path):
    """Return the names in a file, as a program that starts now reads them."""
    return set(PasswordFile(path).accounts())


def test_a_crash_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch):
    """Power may fail before any call: the file is whole then, the lock is free, and the next change works."""
    finished = False
    last = 0
    while not finished:
        path = tmp_path / f"{last}" / "passwords"
        PasswordFile(path).add("alice", HASH)
        with monkeypatch.context() as patch:
            patch.setattr(whole_file, "os", Kernel(last))
            try:
                PasswordFile(path).add("bob", HASH)
                finished = True
            except PowerCut:
                pass
        assert accounts_of(path) in ({"alice"}, {"alice", "bob"})
        PasswordFile(path).add("carol", HASH)
        assert accounts_of(path) - {"bob"} == {"alice", "carol"}
        assert sorted(entry.name for entry in path.parent.iterdir()) == ["passwords", "passwords.lock"]
        last += 1
    assert last > 10


def test_the_new_file_is_on_disk_before_it_takes_the_place_of_the_old_one(tmp_path, monkeypatch):
    """Content first, then the name, then the folder that holds the name: what was reported as done survives."""
    kernel = Kernel()
    monkeypatch.setattr(whole_file, "os", kernel)
    PasswordFile(tmp_path / "passwords").add("alice", HASH)
    steps = [call for call in kernel.calls if call in ("fsync", "replace", "close")]
    assert steps == ["fsync", "replace", "fsync", "close", "close"]  # the last one gives the lock back


def test_a_lock_that_is_kept_is_not_waited_for_without_end(tmp_path, monkeypatch):
    """The text says which file another program keeps, and that nothing was done."""
    path = tmp_path / "passwords"
    monkeypatch.setattr(password_file, "LOCK_TIMEOUT_S", 0.02)
    with whole_file.locked(path, 1), pytest.raises(PasswordFileError, match=r"has kept .*passwords\.lock for"):
        PasswordFile(path).add("alice", HASH)
    assert not path.exists()
    PasswordFile(path).add("alice", HASH)


def test_a_file_is_whole_until_somebody_writes_to_it(tmp_path):
    """What :func:`replace` put in place is known by its stamp; nothing else is."""
    path = tmp_path / "passwords"
    path.write_text("old")
    assert not whole_file.is_whole(path, Stamp.of(path.stat()))
    with whole_file.locked(path, 1) as lock:
        stamp = whole_file.replace(path, b"new", lock)
    assert stamp == Stamp.of(path.stat())
    assert whole_file.is_whole(path, stamp)
    path.write_text("longer")
    assert not whole_file.is_whole(path, Stamp.of(path.stat()))


def test_threads_wait_for_each_other(tmp_path):
    """A server that signs several people up at once loses none of them."""
    file = PasswordFile(tmp_path / "passwords")
    threads = [threading.Thread(target=file.add, args=(f"user{number}", HASH)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(file.accounts()) == accounts_of(file.path) == {f"user{number}" for number in range(12)}


WRITER = """
import sys
from pathlib import Path
from chatapp.auth import PasswordFile
file, hash, prefix, count = PasswordFile(Path(sys.argv[1])), *sys.argv[2:4], int(sys.argv[4])
sys.stdin.readline()
for number in range(count):
    file.add(f"{prefix}{number}", hash)
    print(f"{prefix}{number}", flush=True)
    if number % 3 == 2:
        file.remove(f"{prefix}{number}")
"""


def start_writer(path, prefix, count):
    """Start a process that waits for a line and then makes accounts, deleting each third; it prints what it made."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), HASH, prefix, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_processes_wait_for_each_other(tmp_path):
    """Several programs change the file at the same time: no change is lost, and a reader never sees half of one."""
    path = tmp_path / "passwords"
    file = PasswordFile(path)
    file.add("old", HASH)
    writers = [start_writer(path, prefix, 10) for prefix in "abc"]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    while any(writer.poll() is None for writer in writers):
        assert "old" in accounts_of(path)
        assert "old" in file.accounts()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    left = {f"{prefix}{number}" for prefix in "abc" for number in (0, 1, 3, 4, 6, 7, 9)}
    assert accounts_of(path) == set(file.accounts()) == {"old", *left}


@needs_posix
@pytest.mark.parametrize("reported", [0, 1, 4])
def test_what_was_reported_survives_kill_9(tmp_path, reported):
    """A writer is killed while it writes: what it said it did is there, and others can go on."""
    path = tmp_path / "passwords"
    PasswordFile(path).add("old", HASH)
    with start_writer(path, "a", 10_000) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
        said = [writer.stdout.readline() for _ in range(reported)]
        select.select([writer.stdout], [], [])
        writer.send_signal(signal.SIGKILL)
        said = [line.decode().strip() for line in said + writer.stdout.readlines() if line.endswith(b"\n")]
    done = {name for name in said if int(name[1:]) % 3 != 2}
    left = accounts_of(path)
    assert {"old", *done} <= left
    assert len(left) <= len(said) + 2
    PasswordFile(path).add("new", HASH)
    assert accounts_of(path) == left | {"new"}
    assert not path.with_name("passwords.new").exists()


def test_a_folder_that_cannot_be_synced(tmp_path, monkeypatch, caplog):
    """The change is in effect, so nobody is told that nothing was changed; what is not sure is a warning."""
    file = PasswordFile(tmp_path / "passwords")
    file.add("alice", HASH)
    real = os.fsync

    def fsync(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(whole_file.os, "fsync", fsync)
    file.add("bob", HASH)
    assert set(file.accounts()) == accounts_of(file.path) == {"alice", "bob"}
    (warning,) = caplog.messages
    assert warning.startswith(f"{file.path} was changed, but its folder could not be written to the disk (Input/output")
    assert "If the machine loses power now, the change may be undone." in warning


@needs_root
def test_root_leaves_files_to_whom_they_belong(tmp_path):
    """``sudo chat adduser`` beside a server that runs as somebody else: the server can still read and change them."""
    os.chown(tmp_path, 4321, 4322)
    path = tmp_path / "passwords"
    PasswordFile(path).add("alice", HASH)
    for file in (path, path.with_name("passwords.lock")):
        assert (file.stat().st_uid, file.stat().st_gid) == (4321, 4322)
    os.chown(path, 4323, 4324)
    PasswordFile(path).add("bob", HASH)
    assert (path.stat().st_uid, path.stat().st_gid) == (4323, 4324)


@needs_root
@pytest.mark.parametrize("there", [True, False])
def test_root_follows_no_link_to_a_file_of_somebody_else(tmp_path, there):
    """Who owns the data folder cannot make ``sudo chat adduser`` change a file of root, but one of theirs."""
    folder, roots, theirs = tmp_path / "data", tmp_path / "roots", tmp_path / "theirs"
    for each, owner in ((folder, 4321), (roots, 0), (theirs, 4321)):
        each.mkdir()
        os.chown(each, owner, owner)
    target, path = roots / "target", folder / "passwords"
    if there:
        target.write_text(f"root:{HASH}\n")
        target.chmod(0o644)
    path.symlink_to(target)
    before = sorted(roots.iterdir()), target.stat() if there else None
    file = PasswordFile(path)
    changes = [lambda: file.add("alice", HASH), lambda: file.write_whole(b"", tmp_path / "old")]
    changes += [file.tighten, lambda: file.set_hash("root", HASH), lambda: file.remove("root")] if there else []
    for change in changes:
        with pytest.raises(PasswordFileError, match=f"it is a link to {target}, which does not belong to the owner"):
            change()
    assert (sorted(roots.iterdir()), target.stat() if there else None) == before
    path.unlink()
    path.symlink_to(theirs / "target")
    file.add("alice", HASH)
    assert path.is_symlink()
    assert (theirs / "target").stat().st_uid == 4321


@needs_posix
@pytest.mark.parametrize("suffix", [".lock", ".new"])
def test_a_link_laid_in_the_way_is_not_followed(tmp_path, suffix):
    """Who may write in the folder cannot make root write elsewhere."""
    target = tmp_path / "target"
    target.write_text("mine")
    path = tmp_path / "data" / "passwords"
    path.parent.mkdir()
    path.with_name("passwords" + suffix).symlink_to(target)
    if suffix == ".lock":
        with pytest.raises(PasswordFileError, match="Cannot write the password file"):
            PasswordFile(path).add("alice", HASH)
    else:
        PasswordFile(path).add("alice", HASH)
    assert target.read_text() == "mine"
