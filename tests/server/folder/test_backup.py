"""Making and restoring a backup, and what is left when either ends halfway."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatapp.auth import PasswordFile, hash_password
from chatapp.errors import BackupError, ChatError, DataError, DataLockedError, LostLogError
from chatapp.server.folder import archive, backup, data_folder
from chatapp.server.folder.backup import make, restore
from chatapp.server.folder.certificate import own_identity
from chatapp.server.folder.data_folder import LOG, RESTORING, lock_data_folder, refuse_half_restored
from chatapp.storage.database import open_writer
from chatapp.storage.writer import Writer
from tests.storage.support import message

HASH = hash_password("correct-horse", 4)


def make_folder(folder: Path, name: str, events: int) -> Path:
    """Make the data folder of a server that has one account and some messages."""
    folder.mkdir(0o700)
    writer = Writer(folder / LOG, open_writer(folder / LOG))
    writer.write([message(number, f"{name} {number}") for number in range(1, events + 1)], [])
    writer.close()
    PasswordFile(folder / "passwords").add(name, HASH)
    own_identity(folder, ["localhost"])
    (folder / "settings.json").write_text('{"sign_up": "closed"}\n')
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Read the files of a backup that are in a folder."""
    return {name: (folder / name).read_bytes() for name in archive.MEMBERS if (folder / name).is_file()}


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    """A data folder."""
    return make_folder(tmp_path / "alice", "alice", 10)


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    """Another one, without settings."""
    folder = make_folder(tmp_path / "bob", "bob", 20)
    (folder / "settings.json").unlink()
    return folder


def test_everything_comes_back(alice: Path, tmp_path: Path) -> None:
    """A backup has the log, the accounts, certificate and key, and settings; a new folder gets all of it."""
    manifest = make(alice, tmp_path / "b.tar", overwrite=False)
    assert (manifest.position, manifest.accounts) == (10, 1)
    restored = restore(tmp_path / "b.tar", tmp_path / "deep" / "new", replace=False)
    assert (restored.manifest, restored.old) == (manifest, None)
    before, after = content(alice), content(tmp_path / "deep" / "new")
    assert len(before) == 5
    del before[LOG], after[LOG]  # the same events, in a file of its own
    assert after == before
    with closing(sqlite3.connect(tmp_path / "deep" / "new" / LOG)) as db:
        assert db.execute("select count(*) from log").fetchone() == (10,)
    assert {path.name for path in (tmp_path / "deep" / "new").iterdir()} == {
        LOG, "made-chat.db", "passwords", "passwords.lock", "cert.pem", "key.pem", "settings.json",
    }  # fmt: skip


@pytest.mark.parametrize("replace", [False, True])
def test_a_restored_folder_knows_that_it_has_a_log(alice: Path, bob: Path, tmp_path: Path, replace: bool) -> None:
    """A log that is lost after a restore is missed at the next start, though no server ran on the folder before."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    folder = bob if replace else tmp_path / "new"
    restore(tmp_path / "b.tar", folder, replace=replace)
    open_writer(folder / LOG).close()  # the restored log is the folder's own
    (folder / LOG).unlink()
    with pytest.raises(LostLogError, match="is missing"):
        open_writer(folder / LOG)


def test_settings_that_cannot_be_read(alice: Path, tmp_path: Path) -> None:
    """A backup is checked as a start checks the files: settings that the server would refuse are refused."""
    (alice / "settings.json").write_text("{{{")
    with pytest.raises(ChatError, match=r"settings\.json cannot be read"):
        make(alice, tmp_path / "b.tar", overwrite=False)


def test_what_an_interrupted_restore_left_is_removed(alice: Path, tmp_path: Path) -> None:
    """A restore that was killed while it checked leaves a folder; the next one removes it."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    (left := tmp_path / "new" / ".chat-restore-x").mkdir(parents=True)
    (left / "passwords").touch()
    restore(tmp_path / "b.tar", tmp_path / "new", replace=False)
    assert not left.exists()


def test_what_a_killed_backup_left_is_removed(alice: Path, tmp_path: Path) -> None:
    """It has the passwords and the key. The folder of a backup that runs is locked, and stays."""
    left, used = tmp_path / ".chat-backup-left", tmp_path / ".chat-backup-used"
    for each in (left, used):
        each.mkdir()
        (each / "key.pem").touch()
        os.utime(each, (0, 0))
    with data_folder.FolderLock(used):
        make(alice, tmp_path / "b.tar", overwrite=False)
    assert (left.exists(), used.exists()) == (False, True)


def test_a_link_is_moved_aside_and_not_followed(alice: Path, bob: Path, tmp_path: Path) -> None:
    """Whoever owns the folder may have put a link to a file of root there."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    (victim := tmp_path / "victim").write_text("eve:$2b$04$" + "a" * 53 + "\n")
    (bob / "passwords").unlink()
    (bob / "passwords").symlink_to(victim)
    before = victim.read_text()
    old = restore(tmp_path / "b.tar", bob, replace=True).old
    assert victim.read_text() == before
    assert old is not None
    assert (old / "passwords").is_symlink()
    assert (bob / "passwords").read_bytes() == (alice / "passwords").read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_root_gives_no_file_of_its_own_away(link: Callable[[Path, Path], None], tmp_path: Path) -> None:
    """The owner of the folder may put a link in place of a file that root has just made there."""
    (folder := tmp_path / "data").mkdir()
    os.chown(folder, 1000, 1000)
    (victim := tmp_path / "victim").touch()
    link(victim, folder / "made-chat.db")
    with pytest.raises(OSError, match="links"):
        data_folder.give_to_owner(folder / "made-chat.db", folder)
    assert victim.stat().st_uid == 0


def test_what_was_there_is_moved_aside(alice: Path, bob: Path, tmp_path: Path) -> None:
    """With ``replace`` the old files are kept in a folder; none is left beside the new ones."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    (bob / f"{LOG}-wal").write_bytes(b"of another log")
    bobs = content(bob)
    restored = restore(tmp_path / "b.tar", bob, replace=True)
    assert restored.old is not None
    assert restored.old.parent == bob
    assert content(restored.old) == bobs
    assert (restored.old / f"{LOG}-wal").read_bytes() == b"of another log"
    assert not (bob / f"{LOG}-wal").exists()
    assert content(bob).keys() == content(alice).keys()
    assert (bob / "passwords").read_bytes() == (alice / "passwords").read_bytes()
    again = restore(tmp_path / "b.tar", bob, replace=True)  # in the same second, maybe
    assert again.old != restored.old


def test_the_search_index_is_of_one_log(alice: Path, bob: Path, tmp_path: Path) -> None:
    """A backup leaves out the search index, which a server can make again. A restore moves the old log's aside."""
    (alice / "search.db").write_bytes(b"words of alice")
    assert "search.db" not in make(alice, tmp_path / "b.tar", overwrite=False).files
    (bob / "search.db").write_bytes(b"words of bob")
    restored = restore(tmp_path / "b.tar", bob, replace=True)
    assert restored.old is not None
    assert (restored.old / "search.db").read_bytes() == b"words of bob"
    assert not (bob / "search.db").exists()


def test_a_used_folder_is_refused(alice: Path, bob: Path, tmp_path: Path) -> None:
    """ "never overwrites a used data folder without an explicit option": one file of a server is enough."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    for name in (*archive.MEMBERS, *data_folder.BESIDE_LOG):
        used = tmp_path / f"with-{name}"
        used.mkdir()
        (used / name).write_bytes(b"")
        with pytest.raises(BackupError, match=f"has data of a server \\({name}\\); nothing was changed"):
            restore(tmp_path / "b.tar", used, replace=False)
        assert (used / name).read_bytes() == b""
    bobs = content(bob)
    with pytest.raises(BackupError, match="add --replace"):
        restore(tmp_path / "b.tar", bob, replace=False)
    assert content(bob) == bobs


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_in_use_is_refused(replace: bool, alice: Path, bob: Path, tmp_path: Path) -> None:
    """While a server holds the folder's lock, nothing in it is touched."""
    make(alice, tmp_path / "b.tar", overwrite=False)
    bobs = content(bob)
    with lock_data_folder(bob), pytest.raises(DataLockedError, match=r"A server is running on .*Stop it, then restore"):
        restore(tmp_path / "b.tar", bob, replace=replace)
    assert content(bob) == bobs


def _damaged_log(folder: Path) -> None:
    data = (folder / LOG).read_bytes()
    (folder / LOG).write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def _empty_log(folder: Path) -> None:
    (folder / LOG).write_bytes(b"")


def _mistake_in_passwords(folder: Path) -> None:
    (folder / "passwords").write_bytes(b"what is this\n")


def _key_of_another(folder: Path) -> None:
    (folder / "key.pem").unlink()
    (folder / "cert.pem").rename(folder / "kept")
    own_identity(folder, ["localhost"])
    (folder / "kept").rename(folder / "cert.pem")


def _certificate_without_key(folder: Path) -> None:
    (folder / "key.pem").unlink()


def _no_accounts(folder: Path) -> None:
    (folder / "passwords").write_bytes(b"")


SPOILT: list[tuple[Callable[[Path], None], str]] = [
    (_damaged_log, "The file is damaged, or it is not a log of chatapp"),
    (_empty_log, "it is empty"),
    (_mistake_in_passwords, "passwords, line 1: "),
    (_key_of_another, "they do not belong together"),
    (_certificate_without_key, r"key\.pem is missing"),
    (_no_accounts, r"other accounts than its backup\.json says"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT[:-1], ids=lambda value: getattr(value, "__name__", ""))
def test_no_backup_is_made_of_what_cannot_be_used(
    spoil: Callable[[Path], None], words: str, alice: Path, tmp_path: Path
) -> None:
    """A backup is checked before it gets its name; what is wrong is said of the folder, and the last backup stays."""
    spoil(alice)
    (tmp_path / "b.tar").write_bytes(b"the last good one")
    with pytest.raises(ChatError, match=words) as caught:
        make(alice, tmp_path / "b.tar", overwrite=True)
    assert str(alice) in str(caught.value)
    assert ".chat-backup-" not in str(caught.value)
    assert (tmp_path / "b.tar").read_bytes() == b"the last good one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alice", "b.tar"]


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=lambda value: getattr(value, "__name__", ""))
def test_what_cannot_be_used_is_not_restored(
    spoil: Callable[[Path], None], words: str, alice: Path, bob: Path, tmp_path: Path
) -> None:
    """ "verifies before it replaces anything": a backup whose sums are right, and whose files a server refuses."""
    manifest = make(alice, tmp_path / "b.tar", overwrite=False)
    spoil(alice)
    files = {path.name: archive.describe(path) for path in alice.iterdir() if path.name in archive.MEMBERS}
    (tmp_path / "b.tar").unlink()
    archive.pack(alice, archive.Manifest(1, "1", manifest.made, 10, 1, files), tmp_path / "b.tar")
    bobs = content(bob)
    with pytest.raises(ChatError, match=words) as caught:
        restore(tmp_path / "b.tar", bob, replace=True)
    assert ".chat-restore-" not in str(caught.value)
    assert content(bob) == bobs
    assert not [path for path in bob.iterdir() if path.is_dir()]
    with pytest.raises(ChatError, match=words):
        restore(tmp_path / "b.tar", tmp_path / "new", replace=False)
    assert not (tmp_path / "new").exists()


def test_accounts_without_a_password_file(alice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose password file is gone, though there are accounts, is not backed up as one without accounts."""
    (alice / "passwords").unlink()
    monkeypatch.setattr(backup, "_count_accounts", lambda state: 1)
    with pytest.raises(BackupError, match="passwords is missing, though there are accounts in the log"):
        make(alice, tmp_path / "b.tar", overwrite=False)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("b.tar", r"is there already\. Choose another name, or replace it with --overwrite"),
        ("alice", "is a folder. Name a file in it"),
        ("pipe", "is not a regular file"),
        ("link", "is there already"),
        ("missing/b.tar", "No such file or directory"),
        ("alice/chat.db/b.tar", "Not a directory"),
    ],
)
def test_where_no_backup_can_be(place: str, words: str, alice: Path, tmp_path: Path) -> None:
    """A file that is there is not replaced without being asked to; and what is no file is not replaced at all."""
    (tmp_path / "b.tar").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackupError, match=words):
        make(alice, tmp_path / place, overwrite=place in ("alice", "pipe"))
    assert (tmp_path / "b.tar").read_bytes() == b"precious"


def test_a_small_disk(alice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that has no room is not begun: a full disk would stop a server that is on it."""
    usage = type("usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(BackupError, match=r"A backup needs 16 MiB for a while, and .* has 1 MiB free"):
        make(alice, tmp_path / "b.tar", overwrite=False)


def test_nothing_to_back_up(tmp_path: Path) -> None:
    """A folder without a log is refused, and not made."""
    with pytest.raises(BackupError, match=r"There is no log in .*, so there is nothing to back up"):
        make(tmp_path / "none", tmp_path / "b.tar", overwrite=False)
    assert list(tmp_path.iterdir()) == []


class Crash(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("call", ["rename", "replace", "unlink"])
def test_a_restore_that_ends_halfway(
    call: str, alice: Path, bob: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a restore ends, the folder has the old files, or the new ones, or is refused; a second one mends it.

    No file that was there is lost, however often it is tried.
    """
    make(alice, tmp_path / "b.tar", overwrite=False)
    bobs, alices = content(bob), content(alice)
    for name in (LOG, "settings.json"):
        alices.pop(name)
    refused = 0
    real: Callable[..., Any] = getattr(os, call)
    for steps in range(200):
        left = steps

        def crash(*args: Any, **keywords: Any) -> Any:
            nonlocal left
            left -= 1
            if left == -1:
                raise Crash
            return real(*args, **keywords)

        monkeypatch.setattr(os, call, crash)
        ended = True
        try:
            restore(tmp_path / "b.tar", bob, replace=True)
        except Crash:
            ended = False
        monkeypatch.setattr(os, call, real)
        try:
            refuse_half_restored(bob)
        except DataError:
            refused += 1
            with pytest.raises(DataError, match=r"was interrupted\. Run chat restore FILE --replace again"):
                make(bob, tmp_path / "c.tar", overwrite=False)
            restore(tmp_path / "b.tar", bob, replace=True)
            refuse_half_restored(bob)
        kept = [content(folder) for folder in [bob, *bob.glob("before-restore-*")]]
        for name, data in bobs.items():
            assert any(files.get(name) == data for files in kept), name
        now = content(bob)
        assert now == bobs or now.items() >= alices.items()
        if ended:
            break
    assert ended
    assert refused
    assert not (bob / RESTORING).exists()


def test_root_leaves_the_files_to_the_server(alice: Path, bob: Path, tmp_path: Path) -> None:
    """What root restores belongs to the owner of the folder, who runs the server; so do the old files."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    make(alice, tmp_path / "b.tar", overwrite=False)
    for path in (bob, *bob.iterdir()):
        os.chown(path, 12_345, 12_345)
    restored = restore(tmp_path / "b.tar", bob, replace=True)
    assert restored.old is not None
    assert {path.stat().st_uid for path in (*bob.iterdir(), *restored.old.iterdir())} == {12_345}


@pytest.mark.parametrize(
    "name", ["chat.db", "passwords", "key.pem", "chat.db-wal", "passwords.lock", "restore-unfinished", "lock"]
)
def test_a_backup_never_replaces_a_file_of_the_server(alice: Path, name: str) -> None:
    """Not even where it may replace a file, and whatever way leads there."""
    before = content(alice)
    way = alice.parent / "way"
    way.symlink_to(alice)
    for target in (alice / name, way / name):
        with pytest.raises(BackupError, match="is a file of the server itself"):
            make(alice, target, overwrite=True)
    assert content(alice) == before


def test_no_backup_of_the_log_of_another_folder(alice: Path, tmp_path: Path) -> None:
    """What a start would refuse is no backup that could replace a good one."""
    other = tmp_path / "other" / LOG
    writer = Writer(other, open_writer(other))
    writer.write([message(77)], [])
    writer.close()
    other.replace(alice / LOG)
    with pytest.raises(LostLogError, match="is not the one that this folder had"):
        make(alice, tmp_path / "b.tar", overwrite=False)
    assert not (tmp_path / "b.tar").exists()
