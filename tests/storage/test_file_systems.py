"""No log on a network file system."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chatapp.errors import DataError
from chatapp.storage import file_systems
from chatapp.storage.database import open_writer
from chatapp.storage.file_systems import refuse_network


def test_what_linux_says() -> None:
    """The number is that of ``stat -f``."""
    for path in ("/", "/proc", "/dev/shm"):
        told = subprocess.run(["stat", "-f", "-c", "%t", path], capture_output=True, text=True, check=True).stdout
        assert file_systems._type_of(Path(path)) == int(told, 16)


def test_a_local_folder(tmp_path: Path) -> None:
    """A folder on a local disk is good, also when it is not there yet, or cannot be."""
    for path in (tmp_path, tmp_path / "a" / "b", Path("/proc/1/no/such"), tmp_path / ("x" * 300)):
        refuse_network(path)


@pytest.mark.parametrize("number", sorted(file_systems.NETWORK))
def test_a_network(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind is refused by name with what to do; a link leads there too, and nothing is made."""
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (here / "chat.db").symlink_to(there / "chat.db")
    monkeypatch.setattr(file_systems, "_type_of", lambda path: number if path == there else 0xEF53)
    refuse_network(here)
    for path in (there, there / "new" / "folder", here / "chat.db"):
        with pytest.raises(DataError, match=r"is on a network file system \(\w.*local disk"):
            refuse_network(path)
        with pytest.raises(DataError, match="is on a network file system"):
            open_writer(path)
    assert os.listdir(there) == []


KINDS = [
    ("fuse.sshfs x", "sshfs"),
    ("fuse.rclone x", "rclone"),
    ("fuse.gvfsd-fuse x", "gvfsd-fuse"),
    ("fuse https://host/dav", "https://host/dav"),
    ("fuse.ntfs-3g /dev/sda1", None),
    ("fuse /dev/fuse", None),
]


@pytest.mark.parametrize(("kind", "refused"), KINDS)
def test_a_file_system_of_a_program(
    kind: str, refused: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those that a program provides (FUSE), the ones that are known to be of a network are refused."""
    there = tmp_path / "a mount"
    there.mkdir()
    written = str(there).replace(" ", r"\040")
    mounts = f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:44 / {written} rw shared:1 - {kind} rw\n"
    read_text = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, **kw: mounts if path.name == "mountinfo" else read_text(path, **kw)
    )
    monkeypatch.setattr(file_systems, "_type_of", lambda path: 0x65735546 if path == there else 0xEF53)
    refuse_network(tmp_path)
    if refused is not None:
        with pytest.raises(DataError, match=refused):
            refuse_network(there)
    else:
        refuse_network(there)
