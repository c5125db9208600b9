"""No command waits for ever for a named pipe, whether a person names it or it is in the data folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.process.test_start import refusals
from tests.support.here import run_here
from tests.support.server import Server, make_accounts


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that has run, with all its files."""
    data = tmp_path_factory.mktemp("used") / "data"
    make_accounts(data, ["alice"])
    with Server(data):
        assert run_here("sign-up", "closed", "--data", data).returncode == 0
    return data


@pytest.fixture
def data(used: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(used, tmp_path / "data"))


def pipe(path: Path) -> Path:
    """Put a pipe that nobody writes to in the place of a file."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def test_a_certificate_and_its_key(data: Path) -> None:
    """ "--cert" and "--key" take files that are read again and again, and so no pipes."""
    path = pipe(data.parent / "pipe")
    said, of_key = refusals((data, ["--cert", cert, "--key", path]) for cert in (path, data / "cert.pem"))
    assert said == (f"The certificate {path} cannot be read: it is a named pipe, not a file. Give a readable file.")
    assert f"The key of the certificate {path} cannot be read: it is a named pipe, not a file." in of_key


SPOILT = {
    "cert.pem": "cannot be read: it is a named pipe, not a file",
    "key.pem": "cannot be read: it is a named pipe, not a file",
    "settings.json": "cannot be read: it is a named pipe, not a file",
    "made-chat.db": "cannot be read: it is a named pipe, not a file. If the log is the folder's own, delete",
    "passwords": "is not a file. Move it away",
    "chat.db-journal": "is not a file, move it away",
}


def test_a_file_of_the_data_folder(used: Path, tmp_path: Path) -> None:
    """A server does not start on it, and a backup of it is not made; both say why, and name it."""
    folders = {name: Path(shutil.copytree(used, tmp_path / f"data-{name}")) for name in SPOILT}
    paths = {name: pipe(folder / name) for name, folder in folders.items()}
    said = refusals((folder, []) for folder in folders.values())
    for (name, words), line in zip(SPOILT.items(), said, strict=True):
        assert words in line, name
        assert str(paths[name]) in line
        done = run_here("backup", tmp_path / "b.tar", "--data", folders[name])
        assert done.returncode == 1, name
        assert words.partition(".")[0] in done.stderr
        assert str(paths[name]) in done.stderr
        assert not (tmp_path / "b.tar").exists()


def test_when_accounts_were_last_seen(data: Path) -> None:
    """The list of accounts does without this file."""
    pipe(data / "last-seen.json")
    done = run_here("users", "--data", data)
    assert (done.returncode, done.stdout, done.stderr) == (0, "alice\t-\tnever\n", "")


def test_the_lock_of_the_password_file(data: Path) -> None:
    """An account is not made where the lock cannot be."""
    path = pipe(data / "passwords.lock")
    done = run_here("adduser", "bob", "--password-stdin", "--data", data, stdin="correct-horse\n")
    assert done.returncode == 1
    assert "it is a named pipe, not a file" in done.stderr
    assert path.is_fifo()


def test_a_backup_that_is_a_pipe(data: Path, tmp_path: Path) -> None:
    """A restore reads a file twice, and so takes no pipe."""
    path = pipe(tmp_path / "b.tar")
    done = run_here("restore", path, "--data", tmp_path / "new")
    assert done.returncode == 1
    assert done.stderr == (
        f"chat: The backup {path} cannot be read: it is a named pipe, not a file. Nothing was changed."
        " Name a readable file.\n"
    )
    assert not (tmp_path / "new").exists()


def test_what_a_restore_replaces(data: Path, tmp_path: Path) -> None:
    """A pipe in the place of the accounts is moved aside with the rest."""
    assert run_here("backup", tmp_path / "b.tar", "--data", data).returncode == 0
    before = (data / "passwords").read_bytes()
    pipe(data / "passwords")
    done = run_here("restore", tmp_path / "b.tar", "--replace", "--data", data)
    assert (done.returncode, done.stderr) == (0, "")
    assert (data / "passwords").read_bytes() == before
    (old,) = data.glob("before-restore-*")
    assert (old / "passwords").is_fifo()
