"""Files are opened and read without waiting for ever."""

from __future__ import annotations

import os
import pty
import threading
from pathlib import Path

import pytest

from chatapp.reading import open_regular, read_regular, read_within


@pytest.mark.parametrize(
    ("make", "words"), [(os.mkfifo, "it is a named pipe, not a file"), (os.mkdir, "it is a folder, not a file")]
)
def test_what_is_not_a_regular_file(make, words, tmp_path):
    """It is refused at once, in words that follow "cannot be read: ", and its descriptor is closed."""
    make(tmp_path / "x")
    before = os.listdir("/dev/fd")
    for read in (read_regular, open_regular):
        with pytest.raises(OSError, match=words) as caught:
            read(tmp_path / "x")
        assert caught.value.filename == str(tmp_path / "x")
        assert caught.value.strerror == words
    assert os.listdir("/dev/fd") == before


def test_a_device_is_not_a_regular_file():
    """A device without end would fill the memory."""
    with pytest.raises(OSError, match="it is a device, not a file"):
        read_regular(Path("/dev/zero"))


def test_a_new_file_is_private(tmp_path):
    """ "A new file gets ``mode``", which is 0600 if it is not given."""
    os.close(open_regular(tmp_path / "new", os.O_RDWR | os.O_CREAT))
    assert (tmp_path / "new").stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("bytes_max", [1, 5, 100_000, 1_000_000])
def test_a_pipe_is_read_to_its_end_or_the_bound(bytes_max, tmp_path):
    """However the program divides what it writes."""
    data = bytes(range(256)) * 1_000
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        try:
            with open(tmp_path / "pipe", "wb", buffering=0) as pipe:
                for start in range(0, len(data), 10_007):
                    pipe.write(data[start : start + 10_007])
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    assert read_within(tmp_path / "pipe", bytes_max, 30.0)[0] == data[:bytes_max]
    writer.join()


def test_a_pipe_that_never_ends(tmp_path):
    """ "Raises TimeoutError if such data has not ended": some data is not all of it."""
    os.mkfifo(tmp_path / "pipe")
    with open(os.open(tmp_path / "pipe", os.O_RDWR), "wb", buffering=0) as writer:
        writer.write(b"half a line")
        with pytest.raises(TimeoutError, match=r"no program has written to it within 0\.05 s"):
            read_within(tmp_path / "pipe", 100, 0.05, end=b"\n")


def test_a_line_from_a_terminal():
    """A line that a person has typed ends the data, if a line is what is asked for."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"typed\n")
        assert read_within(Path(os.ttyname(theirs)), 100, 30.0, end=b"\n")[0] == b"typed\n"
    finally:
        os.close(ours)
        os.close(theirs)
