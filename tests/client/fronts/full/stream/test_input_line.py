"""The typed text at the end of the stream: the terminal always shows it whole, and gets as few bytes as possible."""

from __future__ import annotations

import unicodedata

import pyte
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.stream.input_line import InputLine, PlainLine, typed
from chatapp.client.fronts.full.text import columns

WIDTH, HEIGHT = 20, 10
KEYS = [
    "a",
    " ",
    "long word ",
    "漢",
    "e\u0301",
    "\n",
    "left",
    "right",
    "up",
    "line_begin",
    "line_end",
    "backspace",
    "line",
]


def rows_of(draft: Draft) -> tuple[list[str], tuple[int, int]]:
    """Lay out a text."""
    return typed("> ", draft, WIDTH, 8)


@given(st.lists(st.sampled_from(KEYS), max_size=40))
def test_the_terminal_shows_the_text(keys):
    """After any keys and lines between them: the lines, then the text, and the cursor in its place."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    draft, shown, said = Draft(), InputLine(), []
    for number, key in enumerate(keys):
        if key == "line":
            said.append(f"line {number}")
            stream.feed(f"{shown.erase()}line {number}\r\n")
        elif hasattr(draft, key):
            getattr(draft, key)()
        else:
            draft.insert(key)
        rows, cursor = rows_of(draft) if draft else ([], (0, 0))
        stream.feed(shown.paint(rows, cursor))
        seen = [unicodedata.normalize("NFC", row.rstrip()) for row in screen.display]
        whole = [*said, *(unicodedata.normalize("NFC", row.rstrip()) for row in rows)]
        filled = seen[: screen.cursor.y - cursor[0] + len(rows)]
        assert filled == whole[len(whole) - len(filled) :]
        assert not any(seen[len(filled) :])
        assert screen.cursor.x == cursor[1]


def test_few_bytes():
    """What is typed at the end is written alone; what changes in the middle is written from there on."""
    draft, shown = Draft(), InputLine()
    draft.set("hello world")
    assert shown.paint(*rows_of(draft)) == "> hello world"
    draft.insert("!")
    assert shown.paint(*rows_of(draft)) == "!"
    draft.left()
    assert shown.paint(*rows_of(draft)) == "\b"
    draft.backspace()
    assert shown.paint(*rows_of(draft)) == "\b\x1b[K!\b"
    assert shown.finish() == "\x1b[1C\r\n"
    assert shown.paint([], (0, 0)) == ""


def test_another_width():
    """A text that fits both widths is not written again."""
    draft, shown = Draft(), InputLine()
    draft.set("hello")
    shown.paint(*rows_of(draft))
    assert shown.fits(columns("> hello") + 1)
    assert not shown.fits(columns("> hello"))


@given(st.lists(st.sampled_from(KEYS), max_size=40))
def test_a_terminal_that_knows_no_commands(keys):
    """It gets text, CR and LF alone; the typed text is at its end after every key, and the lines are whole."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    draft, shown = Draft(), PlainLine()
    for number, key in enumerate(keys):
        if key == "line":
            written = f"{shown.erase()}line {number}\r\n"
        elif hasattr(draft, key):
            getattr(draft, key)()
            written = ""
        else:
            draft.insert(key)
            written = ""
        rows, cursor = rows_of(draft) if draft else ([], (0, 0))
        written += shown.paint(rows, cursor)
        assert not {each for each in written if ord(each) < 0x20} - {"\r", "\n"}
        stream.feed(written)
        seen = [unicodedata.normalize("NFC", row.rstrip()) for row in screen.display[: screen.cursor.y + 1]]
        whole = [unicodedata.normalize("NFC", row.rstrip()) for row in rows]
        assert not whole or seen[-len(whole) :] == whole[-len(seen) :]
        assert not any(row.strip() for row in screen.display[screen.cursor.y + 1 :])
        assert cursor[0] != len(rows) - 1 or screen.cursor.x == cursor[1]
        if key == "line":
            above = seen[: len(seen) - len(whole)] if whole else [each for each in seen if each]
            assert not above or above[-1] == f"line {number}"
