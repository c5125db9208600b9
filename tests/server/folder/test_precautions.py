"""The warnings of what makes a server unsafe though it runs."""

from __future__ import annotations

import datetime
import logging
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from chatapp.config import Config, Listen
from chatapp.server.folder import precautions
from chatapp.server.folder.certificate import Identity
from chatapp.server.folder.precautions import ExpiryWatch, check_files, check_user
from tests.support.certificate import make_pair

DAY = datetime.timedelta(days=1)
BEGIN = datetime.datetime(2026, 1, 1, 9, 0, tzinfo=datetime.UTC)
END = datetime.datetime(2026, 4, 1, 12, 0, tzinfo=datetime.UTC)
OWN_FILES = [
    "chat.db", "chat.db-wal", "chat.db-shm", "chat.db-journal", "chat.db-made", "made-chat.db", "passwords",
    "passwords.lock", "key.pem", "settings.json", "last-seen.json", "lock", "key.pem.new", "passwords.new",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that only its owner can use."""
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    return folder


def config(folder: Path, cert: Path | None = None, key: Path | None = None) -> Config:
    """Return the configuration of a server."""
    return Config(listens=(Listen("", 0),), data=folder, cert=cert, key=key)


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("name", OWN_FILES)
@pytest.mark.parametrize("before", [0o666, 0o644, 0o640, 0o604, 0o660, 0o622])
def test_our_own_files_are_closed(name: str, before: int, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ "Fix our own files": nobody but the owner can read or change them, and it is said once."""
    (folder / name).touch()
    (folder / name).chmod(before)
    check_files(config(folder))
    assert mode(folder / name) == 0o600
    can = {0o666: "read and change", 0o660: "read and change", 0o622: "change"}.get(before, "read")
    assert caplog.messages == [f"others could {can} {folder / name}; now only its owner can"]
    check_files(config(folder))
    assert len(caplog.messages) == 1


def test_files_that_a_restore_moved_aside_are_closed(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They are as secret as those in their place."""
    old = folder / "before-restore-20260101T000000Z-x"
    old.mkdir()
    (old / "key.pem").touch()
    (old / "key.pem").chmod(0o644)
    check_files(config(folder))
    assert mode(old / "key.pem") == 0o600


def test_a_folder_with_the_name_of_a_file(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is not a file is not ours."""
    (folder / "passwords").mkdir(0o755)
    check_files(config(folder))
    assert (caplog.messages, mode(folder / "passwords")) == ([], 0o755)


def test_a_certificate_may_be_read_and_not_changed(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A certificate is public; but whoever can change it can stop the server."""
    cert = folder / "cert.pem"
    cert.touch()
    cert.chmod(0o644)
    check_files(config(folder))
    assert (caplog.messages, mode(cert)) == ([], 0o644)
    cert.chmod(0o666)
    check_files(config(folder))
    assert mode(cert) == 0o644
    assert caplog.messages == [f"others could change {cert}; now only its owner can"]


@pytest.mark.parametrize("name", ["lock", "passwords", "key.pem", "chat.db-wal", "chat.db"])
def test_a_link_to_a_file_of_somebody_else(name: str, folder: Path, tmp_path: Path) -> None:
    """Root changes no file of its own for whoever owns the folder, and may have put a link there."""
    victim = tmp_path / "victim"
    victim.touch()
    victim.chmod(0o644)
    (folder / name).symlink_to(victim)
    if os.geteuid() == 0:
        os.chown(folder, 1000, 1000)
    elif name == "chat.db":
        pytest.skip("only root can give the folder to somebody else")
    check_files(config(folder))
    assert mode(victim) == 0o644


def test_what_cannot_be_closed(folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that belongs to somebody else, or is on a file system without modes, is warned of."""

    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    (folder / "key.pem").touch()
    (folder / "key.pem").chmod(0o644)
    monkeypatch.setattr(os, "chmod", refuse)
    check_files(config(folder))
    assert caplog.messages == [
        f"others can read {folder / 'key.pem'} (mode 0644), and its mode cannot be changed (Operation not permitted):"
        " let the file belong to the user who runs the server"
    ]


@pytest.mark.parametrize(("before", "warned"), [(0o777, True), (0o770, True), (0o1777, True), (0o755, False)])
def test_the_folder_is_warned_of(before: int, warned: bool, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ "Warn about the rest": the folder may have been made for more than this server, so its mode stays."""
    folder.chmod(before)
    check_files(config(folder))
    assert mode(folder) == before
    text = f"others can change the data folder {folder} (mode {before:04o}): chmod go-w {folder}"
    assert caplog.messages == ([text] if warned else [])


def test_a_folder_above(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever can rename the data folder can exchange it; in a sticky folder (/tmp) others cannot."""
    above = tmp_path / "it's above"
    (above / "data").mkdir(0o700, parents=True)
    above.chmod(0o1777)
    check_files(config(above / "data"))
    assert caplog.messages == []
    above.chmod(0o777)
    check_files(config(above / "data"))
    (text,) = caplog.messages
    assert text.startswith(f"others can change a folder above the data folder {above} (mode 0777): chmod o-w '")


def test_a_folder_of_another_user(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the folder can exchange its files."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder, 12_345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    check_files(config(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    check_files(config(folder))
    (text,) = caplog.messages
    assert text.startswith(f"the data folder {folder} belongs to another user (number 12345)")


@pytest.mark.parametrize(
    ("key_mode", "cert_mode", "words"),
    [
        (0o600, 0o644, []),
        (0o640, 0o644, []),  # a group that may read keys is usual (ssl-cert)
        (0o644, 0o644, ["others can read the key of the certificate {key} (mode 0644): chmod o=,g-w {key}"]),
        (0o660, 0o644, ["others can change the key of the certificate {key} (mode 0660): chmod o=,g-w {key}"]),
        (0o600, 0o666, ["others can change the certificate {cert} (mode 0666): chmod go-w {cert}"]),
    ],
)
def test_a_certificate_from_elsewhere(
    key_mode: int, cert_mode: int, words: list[str], folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is given with --cert and --key is not ours: it is warned of, and stays."""
    cert, key = tmp_path / "cert", tmp_path / "key"
    for path, before in ((cert, cert_mode), (key, key_mode)):
        path.touch()
        path.chmod(before)
    check_files(config(folder, cert, key))
    assert (mode(cert), mode(key)) == (cert_mode, key_mode)
    assert caplog.messages == [text.format(cert=cert, key=key) for text in words]


@pytest.mark.parametrize(
    ("user", "ports", "warned"),
    [(0, [5000], True), (0, [1024, 6697], True), (0, [443], False), (0, [1023, 5000], False), (1000, [5000], False)],
)
def test_needless_rights(
    user: int, ports: list[int], warned: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "Warn when running as root on a port above 1023"; only lower ones need it."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    check_user(ports)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warned
    assert all("runs as root" in text for text in caplog.messages)


def watch(own: bool = False) -> ExpiryWatch:
    """Watch a certificate that is valid from BEGIN to END."""
    identity = SimpleNamespace(cert=Path("/c.pem"), own=own, not_before=BEGIN, not_after=END)
    return ExpiryWatch(cast("Identity", identity))


def test_the_days_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """ "Warn about an expired --cert at start and daily, and count down from 14 days": one line each day."""
    watched = watch()
    now = END - 17 * DAY
    while now < END + 3 * DAY:
        watched.look(now)
        now += datetime.timedelta(minutes=10)
    said = [text.removeprefix("the certificate /c.pem ").partition(":")[0] for text in caplog.messages]
    counted = [text.partition(",")[0] for text in said]
    expected = [f"expires in {days} days" for days in range(14, 1, -1)]
    expired = ["expired on 2026-04-01; clients may refuse it"] * 2
    assert counted == [*expected, *["expires within a day"] * 2, *expired]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert caplog.messages[0].endswith(": put a new one in its place, then send the server SIGHUP")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (BEGIN - DAY, "is not valid before 2026-01-01 09:00 UTC; clients may refuse it"),
        (BEGIN, None),
        (END - 15 * DAY, None),
        (END - 14 * DAY - datetime.timedelta(seconds=1), None),
        (END - 14 * DAY, "expires in 14 days, on 2026-04-01 12:00 UTC"),
        (END - 1.5 * DAY, "expires in 2 days, on 2026-04-01 12:00 UTC"),
        (END, "expires within a day, on 2026-04-01 12:00 UTC"),
        (END + datetime.timedelta(seconds=1), "expired on 2026-04-01; clients may refuse it"),
        (END + 1000 * DAY, "expired on 2026-04-01; clients may refuse it"),
    ],
)
def test_at_start(now: datetime.datetime, words: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """A start says what is wrong with the times of the certificate, if anything."""
    watch().look(now)
    assert len(caplog.messages) == (words is not None)
    assert all(f"the certificate /c.pem {words}: " in text for text in caplog.messages)


def test_a_certificate_that_is_read_again(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever puts a certificate in place and sends SIGHUP learns at once that it is no better."""
    watched = watch()
    watched.look(END)
    watched.look(END, read=True)
    assert len(caplog.messages) == 2


def test_a_clock_that_steps_back(caplog: pytest.LogCaptureFixture) -> None:
    """A clock that was ahead for a moment does not silence the warnings until then."""
    watched = watch()
    watched.look(END + 1000 * DAY)
    watched.look(END)
    assert len(caplog.messages) == 2


def test_our_own_certificate(caplog: pytest.LogCaptureFixture) -> None:
    """One that the server made can be made again by it, with the same key."""
    watch(own=True).look(END)
    assert "delete /c.pem and start the server again: it makes a new one with the same key" in caplog.messages[0]


def test_the_times_come_from_the_file(tmp_path: Path) -> None:
    """They are those of the certificate, and new ones when it is read again."""
    first, second = make_pair(tmp_path, "one"), make_pair(tmp_path, "two", days=1)
    identity = Identity(first.cert, first.key)
    before = identity.not_after
    assert identity.not_before < before
    first.cert.write_bytes(second.cert.read_bytes())
    first.key.write_bytes(second.key.read_bytes())
    identity.load()
    assert identity.not_after < before - 20 * DAY


def test_a_chain_expires_with_its_first_certificate(tmp_path: Path) -> None:
    """A certificate file may have those that signed it; clients refuse it when any of them has expired."""
    own, above = make_pair(tmp_path, "own", days=100), make_pair(tmp_path, "above", days=-1)
    own.cert.write_bytes(own.cert.read_bytes() + above.cert.read_bytes())
    identity = Identity(own.cert, own.key)
    assert identity.not_after < datetime.datetime.now(datetime.UTC)
    assert identity.fingerprint == own.fingerprint


def test_no_name_of_a_file_is_forgotten() -> None:
    """Every file of the folder that is in a backup has its mode looked at."""
    from chatapp.server.folder.archive import MEMBERS

    assert MEMBERS.keys() <= precautions._OWN.keys()
    assert precautions.log.getEffectiveLevel() <= logging.WARNING
