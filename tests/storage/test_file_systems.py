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
        with pytest.raises(DataError, match=r"is on a network file system \((NFS|SMB|NCP|AFS|Coda).*local disk"):
            refuse_network(path)
        with pytest.raises(DataError, match="is on a network file system"):
            open_writer(path)
    assert os.listdir(there) == []
