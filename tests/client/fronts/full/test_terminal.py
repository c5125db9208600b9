"""What the shell writes to the terminal and reads from it: pacing, painting, keys, notices."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress

from chatapp.client.fronts.full import outside
from chatapp.client.fronts.full.input import Pressed, Reading
from chatapp.client.fronts.full.pacing import ANSWER_S, FRAME_S, UNANSWERED_MAX, Pacing
from chatapp.client.fronts.full.painting import CLEAR, Painter, harmless
from chatapp.client.fronts.full.text import FSI, PDI, columns, cut, isolated, plain, slices, wrapped
from chatapp.client.fronts.full.themes import STYLES, theme
from chatapp.client.fronts.full.view import Screen, Segment

SHALOM, FAMILY = "שלום", "👨‍👩‍👧"


def keys(text: str) -> list[KeyPress]:
    """Return what prompt_toolkit makes of the bytes of a terminal."""
    found: list[KeyPress] = []
    parser = Vt100Parser(found.append)
    parser.feed(text)
    parser.flush()
    return found


# Pacing


def test_at_most_twenty_frames_a_second():
    """The next frame is a twentieth of a second after the last one."""
    pacing = Pacing()
    assert pacing.due_s is None
    pacing.want()
    pacing.drawn(10.0)
    pacing.answered()
    assert pacing.due_s is None
    pacing.want()
    assert pacing.due_s == pytest.approx(10.0 + FRAME_S)


def test_the_terminal_has_to_keep_up():
    """Until it says that it has drawn a frame, the next one waits, for a second at most."""
    pacing = Pacing()
    pacing.drawn(10.0)
    pacing.want()
    assert pacing.due_s == pytest.approx(10.0 + ANSWER_S)
    pacing.answered()
    assert pacing.due_s == pytest.approx(10.0 + FRAME_S)


def test_a_terminal_that_never_answers_is_not_asked_for_ever():
    """It gets its 20 frames a second all the same."""
    pacing = Pacing()
    for number in range(UNANSWERED_MAX + 1):
        pacing.drawn(float(number))
    assert not pacing.asks
    pacing.want()
    assert pacing.due_s == pytest.approx(UNANSWERED_MAX + FRAME_S)


# Painting


def screen(*texts: str, cursor: tuple[int, int] = (0, 0)) -> Screen:
    """Return a screen of one column."""
    return Screen([[Segment(0, 20, [("", text)])] for text in texts], cursor, len(texts) - 1)


def test_only_what_differs_is_written():
    """The first frame clears the terminal; the next one has the changed row alone."""
    painter = Painter(STYLES)
    first = painter.frame(screen("one", "two", "three"))
    assert CLEAR in first
    assert all(text in first for text in ("one", "two", "three"))
    second = painter.frame(screen("one", "new", "three"))
    assert "new" in second
    assert "\x1b[2;1H" in second
    assert "one" not in second
    painter.forget()
    assert "one" in painter.frame(screen("one", "new", "three"))


def test_a_key_draws_the_input_alone():
    """The rest of the screen is drawn with the next paced frame."""
    painter = Painter(STYLES)
    painter.frame(screen("one", "status", "> "))
    assert "later" not in painter.frame(screen("later", "status", "> x"), only_typing=True)
    assert "later" in painter.frame(screen("later", "status", "> x"))


@given(st.text(max_size=40))
def test_no_text_is_a_command(text):
    """Whatever the view hands over."""
    painted = Painter(STYLES).frame(screen(text.replace("\n", " ")))
    inside = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", painted)
    assert all(letter >= " " and not "\x7f" <= letter < "\xa0" for letter in inside)


def test_without_colours():
    """NO_COLOR leaves attributes."""
    assert theme({}) == STYLES
    codes = {code for each in theme({"NO_COLOR": "1"}).values() for code in each.split(";")}
    assert codes <= {"", "1", "2", "4", "7"}


# Text


def test_right_to_left_texts_are_isolated():
    """They cannot rearrange the row; other texts stay as they are."""
    assert isolated([("", "abc")]) == [("", "abc")]
    assert isolated([("", SHALOM)]) == [("", f"{FSI}{SHALOM}{PDI}")]
    assert isolated([("", SHALOM), ("link", "x")]) == [("", f"{FSI}{SHALOM}"), ("link", f"x{PDI}")]
    assert harmless(f"{FSI}{SHALOM}{PDI}") == f"{FSI}{SHALOM}{PDI}"


@given(st.lists(st.sampled_from([*"ab cd \n", "漢", FAMILY, SHALOM[0], "e\u0301"]), max_size=40), st.integers(2, 12))
def test_rows_are_never_too_wide(parts, width):
    """Rows have at most ``width`` columns, and together all the text but the spaces between rows."""
    text = "".join(parts)
    rows = [text[begin:end] for begin, end in slices(text, width)]
    assert all(columns(row.rstrip(" ")) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(columns(cut(row, width)) <= width for row in rows)
    assert all(columns(plain(row).rstrip()) <= max(width, 3) for row in wrapped([("", text)], width, indent=1))


# Keys


@pytest.mark.parametrize(
    ("text", "pressed"),
    [
        ("a", [Pressed("a", "a")]),
        ("\r", [Pressed("c-m")]),
        ("\x00", [Pressed("c-@")]),
        ("\x1b\r", [Pressed("escape"), Pressed("c-m")]),
        ("\x1bOP", [Pressed("f1")]),
        ("\x1b[I", [Pressed(focused=True)]),
        ("\x1b[O", [Pressed(focused=False)]),
        ("\x1b[12;40R", [Pressed(is_cursor=True)]),
        ("\x1b[200~a\rb\x1b[201~", [Pressed(paste="a\nb")]),
        ("hi\r", [Pressed("h", "h"), Pressed("i", "i"), Pressed("c-m")]),
        ("one\rtwo\r", [Pressed(paste="one\ntwo\n")]),
        ("one\rtwo", [Pressed(paste="one\ntwo")]),
    ],
)
def test_reading(text, pressed):
    """Keys, pastes with and without marks, reports of the terminal."""
    found = [each._replace(paste=each.paste.replace("\r", "\n")) for each in Reading().read(keys(text), 1.0)]
    assert found == pressed


def test_a_paste_that_comes_in_pieces():
    """Keys that follow a paste at once belong to it; later ones do not."""
    reading = Reading()
    assert list(reading.read(keys("one\rtwo"), 1.0)) == [Pressed(paste="one\ntwo")]
    assert list(reading.read(keys(" and\r"), 1.01)) == [Pressed(paste=" and\n")]
    assert list(reading.read(keys("x\r"), 2.0)) == [Pressed("x", "x"), Pressed("c-m")]


# Outside the screen


@pytest.mark.parametrize(
    ("environment", "begin"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]99;;bob: hi"),
        ({"TERM": "foot"}, "\x1b]777;notify;bob;hi"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]9;bob: hi"),
        ({"TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;bob: hi"),
        ({"TERM": "xterm"}, "\a"),
    ],
)
def test_notices_to_the_desktop(environment, begin):
    """In the form that the terminal knows, and through tmux; the bell rings always."""
    written = outside.notice("bob", "hi", environment)
    assert written.startswith(begin)
    assert written.endswith("\a")


def test_a_notice_has_no_commands():
    """Neither control characters nor a semicolon, which would begin another part."""
    written = outside.notice("b\x1bob", "a\x07b;c\nd", {"TERM": "foot"})
    assert written == "\x1b]777;notify;b␛ob;a␇b,c d\x1b\\\a"


def test_the_clipboard():
    """OSC 52 with base64; nothing for a text that no terminal takes."""
    assert outside.copy("hi", {}) == "\x1b]52;c;aGk=\a"
    assert outside.copy("x" * 100_000, {}) == ""
