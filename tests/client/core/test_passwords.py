"""Passwords from people and files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from chatapp.client.core.passwords import problem
from chatapp.client.fronts import password_file
from chatapp.errors import SignInError


@pytest.mark.parametrize("password", ["x", "with spaces and ü", ":colons:", "ü" * 36])
def test_what_can_be_a_password(password):
    """Anything of one line that bcrypt can hold."""
    assert problem(password) == ""


@pytest.mark.parametrize("password", ["", "a\0b", "two\nlines", "x" * 73, "ü" * 37, "\ud800"])
def test_what_cannot_be_a_password(password):
    """ "A password over bcrypt's 72 bytes is refused, never cut"; the reason never repeats it."""
    reason = problem(password)
    assert reason
    assert not password or password not in reason


@pytest.mark.parametrize(
    ("data", "password"), [(b"secret\n", "secret"), (b"secret", "secret"), (b" a b \r\nrest", " a b ")]
)
def test_the_first_line_of_a_file(tmp_path, data, password):
    """Without its end, and with its spaces."""
    path = tmp_path / "password"
    path.write_bytes(data)
    path.chmod(0o600)
    assert password_file.read(path) == (password, "")


def test_a_file_that_others_can_read(tmp_path):
    """It works, with a warning that says what to do."""
    path = tmp_path / "password"
    path.write_text("secret\n")
    path.chmod(0o644)
    password, warning = password_file.read(path)
    assert password == "secret"
    assert "chmod 600" in warning


@pytest.mark.parametrize("data", [None, b"", b"\nsecond line", b"\xff\n", b"x" * 100])
def test_a_file_that_cannot_be_used(tmp_path, data):
    """Exit code 4, naming the file and never its content."""
    path = tmp_path / "password"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SignInError) as caught:
        password_file.read(path)
    assert caught.value.exit_code == 4
    assert str(path) in str(caught.value)
    assert "xxx" not in str(caught.value)


def test_a_pipe_that_a_program_writes_to(tmp_path):
    """As with ``<(pass show chat)``: the first line is taken as soon as it is there, though the pipe stays open."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    ended = threading.Event()

    def write() -> None:
        with open(path, "wb", buffering=0) as pipe:  # this waits until the pipe is read
            pipe.write(b"sec")
            pipe.write(b"ret\nsecond line\n")
            ended.wait(60)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert password_file.read(path, 30.0) == ("secret", "")
    finally:
        ended.set()
        writer.join()


def test_a_pipe_whose_program_has_ended():
    """``/dev/fd/63`` of a shell: what the program has written is there, and its end is the end of the line."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"secret")
        os.close(writing)
        assert password_file.read(Path(f"/dev/fd/{reading}"), 30.0) == ("secret", "")
        with pytest.raises(SignInError, match="at least one character"):
            password_file.read(Path(f"/dev/fd/{reading}"), 30.0)
    finally:
        os.close(reading)


def test_a_pipe_that_nobody_writes_to(tmp_path):
    """The wait has an end, and the error says what to do."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(SignInError, match=rf"{path} is a pipe, .* within 0.05 s\. Start that program first"):
        password_file.read(path, 0.05)
