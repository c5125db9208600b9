"""Tests of chatapp.protocol.framing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.framing import LineBuffer

LIMIT = 12  # bytes, CR LF counted: ten of content


def fed(pieces: list[bytes], limit: int = LIMIT) -> list[bytes | None]:
    """Return all lines that the pieces make."""
    buffer = LineBuffer(limit)
    return [line for piece in pieces for line in buffer.feed(piece)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a", []),
        (b"a\r\n", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\nc", [b"a", b"b"]),
        (b"\r\n\n\r\na\r\n", [b"a"]),
        (b"a\rb\r\n", [b"a\rb"]),
        (b"a\r", []),
        (b"0123456789\r\n", [b"0123456789"]),
        (b"0123456789\n", [b"0123456789"]),
        (b"0123456789\r", []),
        (b"0123456789x", [None]),
        (b"0123456789x\r\na\r\n", [None, b"a"]),
        (b"0123456789\r\r\na\n", [None, b"a"]),
        (b"a\n" + b"x" * 100 + b"\nb\n" + b"y" * 100, [b"a", None, b"b", None]),
    ],
)
def test_lines(data, lines):
    """Lines end with CR LF or LF; empty ones are left out; None stands for one over the limit, however it is split."""
    assert fed([data]) == lines
    assert fed([data[at : at + 1] for at in range(len(data))]) == lines


@given(st.lists(st.text("ab\r\n", max_size=30).map(str.encode) | st.binary(max_size=30), max_size=8))
def test_any_split_gives_the_same_lines(pieces):
    """However the bytes arrive, the same lines come out, and no more than the limit is kept."""
    whole = b"".join(pieces)
    lines = fed([whole])
    buffer = LineBuffer(LIMIT)
    collected = []
    for piece in pieces:
        collected += buffer.feed(piece)
        assert len(buffer._pending) < LIMIT
    assert collected == lines
    assert fed([whole[at : at + 1] for at in range(len(whole))]) == lines


@given(st.text("abcdefghijklmnop\r\n", max_size=200).map(str.encode))
def test_lines_are_what_lies_between_the_line_ends(data):
    """The plain definition: split at LF, drop one CR, leave out what is empty, refuse what is too long."""
    *whole, rest = data.split(b"\n")
    expected = [
        line if len(line) <= LIMIT - 2 else None for line in (part.removesuffix(b"\r") for part in whole) if line
    ]
    if len(rest.removesuffix(b"\r")) > LIMIT - 2:
        expected.append(None)
    assert fed([data]) == expected


def test_a_million_bytes_without_a_newline():
    """An endless line is reported once and none of it is kept; the line after it is read."""
    buffer = LineBuffer(LIMIT)
    reported = []
    for _ in range(1_000):
        reported += buffer.feed(b"x" * 1_000)
        assert len(buffer._pending) == 0
    assert reported == [None]
    assert buffer.feed(b"x\r\nPING\r\n") == [b"PING"]


def test_pending_bytes():
    """What waits for the end of its line is counted."""
    buffer = LineBuffer(LIMIT)
    buffer.feed(b"a\r\nbcd\r")
    assert len(buffer._pending) == 4
    assert buffer.feed(b"\n") == [b"bcd"]
    assert len(buffer._pending) == 0
