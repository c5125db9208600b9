"""Messages as lines, and lines as rows of the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core.events import Reaction
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.stream.output_lines import CHARACTERS_MAX, LINES_MAX, OutputLines
from chatapp.client.fronts.full.stream.words import divided, said, where
from chatapp.client.fronts.full.stream.writing import PAUSE_S, WAIT_S, Pause
from chatapp.client.fronts.full.text import FSI, PDI, columns
from tests.client.fronts.full.desk import clock, day

LOOK = Look(clock, day, lambda: "alice")
SHALOM = "שלום"


def entry(text: str, **more: object) -> Entry:
    """Return a message of bob."""
    return Entry(43_500_000, "bob", text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (entry("hello"), "12:05 bob: hello"),
        (entry("\x01ACTION waves\x01"), "12:05 * bob waves"),
        (entry("hello", notice=True), "12:05 bob (notice): hello"),
        (entry("two\nlines"), "12:05 bob: two\n  lines"),
        (entry("yes", reply_to="m1", about="alice: shall we?"), "12:05 bob (answers alice: shall we?): yes"),
        (entry("yes", reply_to="m1"), "12:05 bob (answers an earlier message): yes"),
        (entry("hi", edited=True, reactions=(Reaction("👍", 2, ()),)), "12:05 bob: hi (edited) [👍 2]"),
        (entry("\x1b[2Jhi"), "12:05 bob: ␛[2Jhi"),
        (entry(SHALOM), f"12:05 bob: {FSI}{SHALOM}{PDI}"),
    ],
)
def test_a_message_as_a_line(message, line):
    """The time, who says it, and what; what it answers, and what others did to it."""
    assert said(message, LOOK) == line


def test_the_place_of_a_message():
    """A message of another conversation says where it is."""
    assert said(entry("hi"), LOOK, where(Buffer("#dev"), entry("hi"))) == "12:05 bob (in #dev): hi"
    assert where(Buffer("bob"), entry("hi")) == " (to you)"
    assert where(Buffer("bob"), entry("hi", own=True)) == " (to bob)"


@given(
    st.lists(st.sampled_from(["word", "a", "漢字", "e\u0301", "👨‍👩‍👧", f"{FSI}{SHALOM} {SHALOM}{PDI}"]), max_size=30),
    st.integers(20, 60),
)
def test_rows_fit_the_terminal(parts, width):
    """Each row is narrower than the terminal, no text is lost, and isolates end in their row."""
    line = " ".join(parts)
    rows = divided(line, width)
    assert all(columns(row) < width for row in rows)
    kept = "".join(rows).replace(FSI, "").replace(PDI, "").replace(" ", "")
    assert kept == line.replace(FSI, "").replace(PDI, "").replace(" ", "")
    assert all(row.count(FSI) == row.count(PDI) for row in rows)
    assert all(row.startswith("  ") for row in rows[1:])


def test_a_link_stays_whole():
    """The terminal divides it, so that a person can copy it."""
    link = "https://example.org/" + "x" * 80
    assert divided(f"12:05 bob: see {link} there", 40) == ["12:05 bob: see", f"  {link}", "  there"]


def test_lines_for_a_terminal_that_is_too_slow():
    """A slow link gets a part at a time; beyond a number, the oldest lines are dropped and counted."""
    lines = OutputLines()
    for number in range(LINES_MAX + 5):
        lines.add(f"line {number} {'x' * 90}")
    first = lines.take()
    assert first[0].startswith("-- 5 messages came too fast")
    assert first[1].startswith("line 5 ")
    assert len(first) < 100
    lines.add("an answer", urgent=True)
    while lines:
        assert lines.is_urgent
        last = lines.take()
    assert last[-1] == "an answer"
    assert not lines.is_urgent


def test_long_lines_are_bounded_too():
    """The oldest are dropped when all lines together are too long."""
    lines = OutputLines()
    for number in range(5):
        lines.add(f"{number} {'x' * (CHARACTERS_MAX // 3)}")
    first, second = lines.take()
    assert first.startswith("-- 3 messages came too fast")
    assert second.startswith("3 ")
    assert len(lines) == 1


def test_lines_wait_for_a_pause():
    """They wait until a moment after the last key, but not for ever."""
    pause = Pause()
    pause.key(10.0)
    assert pause.until_s == 0
    pause.waiting(10.0, lines=True)
    assert pause.until_s == 10.0 + PAUSE_S
    for now_s in range(11, 30):
        pause.key(now_s)
        pause.waiting(now_s, lines=True)
    assert pause.until_s == 10.0 + WAIT_S
    pause.waiting(30.0, lines=False)
    assert pause.until_s == 0
