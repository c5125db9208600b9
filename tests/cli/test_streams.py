"""Whatever is written to a standard stream of ``chat`` passes the filter for terminals."""

from __future__ import annotations

import ast
import contextlib
import io
import logging
import sys
import traceback
from collections.abc import Callable, Iterator

import click
import pytest

from chatapp.cli import streams
from tests.support.modules import MODULES, name_of, tree_of
from tests.support.server import run_chat

EVIL = "\x1b]0;t\x07\x9b\u202e\u2028\x85\r"
SHOWN = "␛]0;t␇<009B><202E><2028><0085>␍"


class Bytes(io.BytesIO):
    """Bytes that are there after the stream above is gone."""

    def close(self) -> None:
        """Keep them."""


ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])


@contextlib.contextmanager
def filtered(encoding: str, *, terminal: bool = False) -> Iterator[Callable[[], str]]:
    """Filter a standard error of an encoding; give what reads what was written."""
    data = Bytes()
    stream = io.TextIOWrapper(data, encoding=encoding)
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    before, sys.stderr = sys.stderr, stream
    try:
        with streams.filtering():
            yield lambda: (stream.flush(), data.getvalue().decode(stream.encoding))[1]
    finally:
        sys.stderr = before


def _fail() -> None:
    raise ValueError(EVIL)


def _log() -> None:
    handler = logging.StreamHandler()
    handler.emit(logging.LogRecord("a", logging.WARNING, "", 0, "%s", (EVIL,), None))


def _traceback() -> None:
    try:
        _fail()
    except ValueError:
        traceback.print_exc()


@pytest.mark.parametrize(
    "write",
    [
        lambda: click.echo(EVIL, err=True),
        lambda: click.UsageError(EVIL).show(),
        lambda: click.FileError(EVIL, EVIL).show(),
        lambda: print(EVIL, file=sys.stderr),
        lambda: sys.stderr.writelines([EVIL, EVIL]),
        _log,
        _traceback,
    ],
    ids=["echo", "usage", "click", "print", "writelines", "log", "traceback"],
)
@ENCODINGS
@pytest.mark.parametrize("terminal", [False, True])
def test_no_writer_goes_past_the_filter(write, encoding, terminal):
    """Errors of click, logs, warnings and tracebacks are harmless too, whatever the encoding of the terminal."""
    with filtered(encoding, terminal=terminal) as written:
        write()
    encoding = encoding if terminal else "utf-8"
    shown = SHOWN.encode(encoding, "backslashreplace").decode(encoding)
    assert shown in written()
    assert not [char for char in written() if not char.isprintable() and char != "\n"]


def test_lines_stay_lines():
    """LF ends a line of our own texts; a line that is written as one line stays one."""
    with filtered("utf-8") as written:
        click.echo("one\ntwo", err=True)
        streams.tell_line("three\nfour")
    assert written() == "one\ntwo\nchat: three␊four\n"


def test_errors_wrap_at_spaces(monkeypatch):
    """What a person reads at a terminal is wrapped at spaces; a script gets the line as it is."""
    monkeypatch.setattr(streams, "_columns", lambda stream: 20)
    for terminal, shown in [
        (True, "chat: nobody can\n  sign up here\nby now\n"),
        (False, "chat: nobody can sign up here\nby now\n"),
    ]:
        with filtered("utf-8", terminal=terminal) as written:
            click.echo(streams.wrapped("chat: nobody can sign up here\nby now", err=True), err=True)
        assert written() == shown


@ENCODINGS
def test_bytes_have_no_way_past_the_filter(encoding):
    """There is no buffer below to be found, as click and others look for it."""
    with filtered(encoding):
        assert not hasattr(sys.stderr, "buffer")
        with pytest.raises(TypeError):
            sys.stderr.write(EVIL.encode())  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            click.echo(EVIL.encode(), err=True)


def test_a_stream_is_filtered_once_and_given_back(monkeypatch):
    """A filter in a filter would only be slow; after the block the stream is what it was; a closed one stays closed."""
    before = sys.stderr
    monkeypatch.setattr(sys, "stdout", None)
    with streams.filtering():
        once = sys.stderr
        with streams.filtering():
            assert sys.stderr is once
        assert sys.stdout is None
    assert sys.stderr is before


def test_arguments_are_harmless_too():
    """A script may pass on what it has from a network: the usage error shows it, and does not obey it."""
    ran = run_chat("connect", "localhost", "5000", "a\x1b]0;t\x07\u2028b")
    assert ran.returncode == 2
    assert "\x1b" not in ran.stderr
    ran = run_chat("\x1b]0;t\x07")
    assert ran.returncode == 2
    assert "␛]0;t␇" in ran.stderr or r"\x1b]0;t\x07" in ran.stderr


WAYS_AROUND = ("sys.stdout.buffer", "sys.stderr.buffer", "os.write")


def test_who_may_command_the_terminal():
    """Four modules write where no filter is: one gives prompt_toolkit its output, one draws a bar of numbers, one a QR
    code, and one the first screen, which has the address of the server and filters it.
    """
    raw = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in ("__stdout__", "__stderr__")
    }
    assert raw == {
        "chatapp/client/fronts/person/terminal.py", "chatapp/cli/progress.py", "chatapp/cli/invite.py",
        "chatapp/client/fronts/full/opening.py",
    }  # fmt: skip
    outputs = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in WAYS_AROUND
    }
    # A pipe, a file, and the operational log, which filters its lines before its thread writes them.
    assert outputs <= {
        "chatapp/auth/hash_worker.py", "chatapp/auth/whole_file.py", "chatapp/cli/operational_log.py",
    }  # fmt: skip
