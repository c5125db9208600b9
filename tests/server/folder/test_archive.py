"""The archive of a backup: what goes in comes out, and nothing else is ever taken from one."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from chatapp.errors import BackupError
from chatapp.server.folder import archive
from chatapp.server.folder.archive import FORMAT, MANIFEST, MEMBERS, Manifest, describe, pack, unpack

CONTENT = {name: name.encode() * 1000 for name in MEMBERS}


def manifest_of(folder: Path, **changes: object) -> Manifest:
    """Describe the files in a folder."""
    files = {path.name: describe(path) for path in sorted(folder.iterdir())}
    told = {"format": FORMAT, "version": "1.2", "made": "2026-01-02T03:04:05+00:00", "position": 7, "accounts": 2}
    return Manifest(**{**told, "files": files, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all files that a backup may have."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o666)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder."""
    target = tmp_path / "target"
    target.mkdir()
    return target


def test_what_goes_in_comes_out(folder: Path, target: Path, tmp_path: Path) -> None:
    """All files come out as they were, and only their owner can read them, or the archive."""
    umask = os.umask(0)
    try:
        manifest = manifest_of(folder)
        pack(folder, manifest, tmp_path / "a.tar")
        assert unpack(tmp_path / "a.tar", None) == manifest
        assert list(target.iterdir()) == []
        assert unpack(tmp_path / "a.tar", target) == manifest
    finally:
        os.umask(umask)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == CONTENT
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "a.tar", *target.iterdir()]}
    assert modes == {0o600}


def test_any_tar_program_reads_it(folder: Path, target: Path, tmp_path: Path) -> None:
    """Without chatapp, its files can be had with tar."""
    pack(folder, manifest_of(folder), tmp_path / "a.tar")
    subprocess.run(["tar", "xf", tmp_path / "a.tar", "-C", target], check=True)
    assert {path.name for path in target.iterdir()} == {MANIFEST, *MEMBERS}


Members = list[tuple[tarfile.TarInfo, bytes]]


def write_archive(path: Path, members: Members) -> None:
    """Write any archive."""
    with tarfile.open(path, "w") as tar:
        for header, content in members:
            tar.addfile(header, io.BytesIO(content))


def member(
    name: str, content: bytes = b"", type: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """Make a member of an archive."""
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname, header.mode = len(content), type, link, 0o4777
    return header, content


def whole(folder: Path, **changes: object) -> Members:
    """Make the members of an archive of a folder."""
    text = msgspec.json.encode(manifest_of(folder, **changes))
    return [member(MANIFEST, text), *(member(path.name, path.read_bytes()) for path in sorted(folder.iterdir()))]


def _nothing(members: Members) -> Members:
    return []


def _no_manifest(members: Members) -> Members:
    return members[1:]


def _manifest_last(members: Members) -> Members:
    return members[1:] + members[:1]


def _manifest_that_is_none(members: Members) -> Members:
    return [member(MANIFEST, b"{"), *members[1:]]


def _huge_manifest(members: Members) -> Members:
    return [member(MANIFEST, b" " * 1_000_000 + members[0][1]), *members[1:]]


def _missing_file(members: Members) -> Members:
    return members[:-1]


def _another_file(members: Members) -> Members:
    return [*members, member("authorized_keys", b"x")]


def _twice(members: Members) -> Members:
    return [*members, members[-1]]


def _other_content(members: Members) -> Members:
    header, content = members[-1]
    return [*members[:-1], member(header.name, content[:-1] + b"!")]


def _shorter(members: Members) -> Members:
    header, content = members[-1]
    return [*members[:-1], member(header.name, content[:-1])]


def _outside(members: Members) -> Members:
    return [*members, member("../escaped", b"x")]


def _absolute(members: Members) -> Members:
    return [*members, member("/tmp/escaped", b"x")]


def _symbolic_link(members: Members) -> Members:
    return [*members[:-1], member(members[-1][0].name, b"", tarfile.SYMTYPE, "/etc/passwd")]


def _hard_link(members: Members) -> Members:
    return [*members[:-1], member(members[-1][0].name, b"", tarfile.LNKTYPE, members[1][0].name)]


def _device(members: Members) -> Members:
    return [*members[:-1], member(members[-1][0].name, b"", tarfile.CHRTYPE)]


def _folder(members: Members) -> Members:
    return [*members[:-1], member(members[-1][0].name, b"", tarfile.DIRTYPE)]


def _sparse(members: Members) -> Members:
    header, content = member(members[-1][0].name, b"0\n")
    header.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
    return [*members[:-1], (header, content)]


@pytest.mark.parametrize(
    "spoil",
    [
        _nothing, _no_manifest, _manifest_last, _manifest_that_is_none, _huge_manifest, _missing_file, _another_file,
        _twice, _other_content, _shorter, _outside, _absolute, _symbolic_link, _hard_link, _device, _folder, _sparse,
    ],
)  # fmt: skip
def test_any_other_archive_is_refused(
    spoil: Callable[[Members], Members], folder: Path, target: Path, tmp_path: Path
) -> None:
    """What is not exactly the files of the manifest is refused, and nothing gets anywhere but into the folder."""
    write_archive(tmp_path / "a.tar", spoil(whole(folder)))
    before = sorted(tmp_path.iterdir())
    for into in (None, target):
        with pytest.raises(BackupError, match=r"a\.tar is not a whole backup that can be used: .*Nothing was changed"):
            unpack(tmp_path / "a.tar", into)
    assert sorted(tmp_path.iterdir()) == before
    assert {path.name for path in target.iterdir()} <= MEMBERS.keys()
    assert all(path.is_file() and not path.is_symlink() for path in target.iterdir())
    assert not Path("/tmp/escaped").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": FORMAT + 1}, "a newer chatapp made it; install version '1.2'"),
        ({"format": "1"}, "its backup.json cannot be read"),
        ({"files": {}}, "chat.db is missing"),
    ],
)
def test_a_manifest_that_is_refused(
    changes: dict[str, object], words: str, folder: Path, target: Path, tmp_path: Path
) -> None:
    """An archive of a newer form is refused with what to do, and one without a log."""
    write_archive(tmp_path / "a.tar", whole(folder, **changes))
    with pytest.raises(BackupError, match=words):
        unpack(tmp_path / "a.tar", target)
    assert list(target.iterdir()) == []


def test_a_file_over_its_bound(folder: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is taken that is larger than its kind may be."""
    write_archive(tmp_path / "a.tar", whole(folder))
    monkeypatch.setitem(archive.MEMBERS, "passwords", 8_999)
    with pytest.raises(BackupError, match="'passwords' has more than 8,999 bytes"):
        unpack(tmp_path / "a.tar", target)


def test_an_archive_that_was_cut_or_changed_anywhere(folder: Path, target: Path, tmp_path: Path) -> None:
    """Whatever is lost at the end, or changed in the middle, is found, or was not part of a file."""
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:700])
    manifest = manifest_of(folder)
    pack(folder, manifest, tmp_path / "a.tar")
    data = (tmp_path / "a.tar").read_bytes()
    changed = tmp_path / "b.tar"
    for place in range(0, len(data), 97):
        for spoilt in (data[:place], data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :]):
            changed.write_bytes(spoilt)
            try:
                found = unpack(changed, None)
            except BackupError:
                continue
            assert found.files == manifest.files


def test_no_archive(tmp_path: Path) -> None:
    """A missing file, a folder, and a file that is no archive are refused in plain words."""
    (tmp_path / "text").write_text("no archive " * 1000)
    (tmp_path / "empty").touch()
    for name, words in (
        ("missing", "cannot be read: No such file"),
        ("", "cannot be read: it is a folder, not a file"),
        ("text", "is not a whole backup that can be used"),
        ("empty", "is not a whole backup that can be used"),
    ):
        with pytest.raises(BackupError, match=words):
            unpack(tmp_path / name, None)
