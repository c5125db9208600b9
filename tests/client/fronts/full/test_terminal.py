"""What the shell writes to the terminal and reads from it: pacing, painting, keys, notices."""

from __future__ import annotations

import re
from itertools import pairwise

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress

from chatapp.client.fronts.full import opening, outside, view
from chatapp.client.fronts.full.input import Pressed, Reading
from chatapp.client.fronts.full.pacing import ANSWER_S, FRAME_S, UNANSWERED_MAX, Pacing
from chatapp.client.fronts.full.painting import CLEAR, Painter, harmless
from chatapp.client.fronts.full.settings import Settings
from chatapp.client.fronts.full.text import FSI, PDI, columns, cut, isolated, plain, slices, wrapped
from chatapp.client.fronts.full.themes import THEMES, theme
from chatapp.client.fronts.full.view import Screen, Segment
from tests.client.fake_server import HOST, FakeServer
from tests.client.fronts.full.desk import Desk

STYLES = THEMES["dark"]
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


def test_an_answer_on_its_way():
    """Before the end it is waited for, also the first one; of several, each one."""
    pacing = Pacing()
    assert not pacing.answer_s
    pacing.drawn(10.0)
    assert pacing.answer_s == pytest.approx(10.0 + ANSWER_S)
    pacing.drawn(20.0)
    pacing.answered()
    assert pacing.answer_s == pytest.approx(20.0 + ANSWER_S)
    pacing.answered()
    assert not pacing.answer_s
    pacing.is_ending = True
    pacing.drawn(30.0)
    assert not pacing.answer_s


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
    assert painter.frame(screen("one", "new", "three")) == ""
    assert painter.frame(screen("one", "new", "three", cursor=(1, 1)))
    painter.forget()
    assert "one" in painter.frame(screen("one", "new", "three"))


def test_a_key_draws_the_input_alone():
    """The rest of the screen is drawn with the next paced frame."""
    painter = Painter(STYLES)
    painter.frame(screen("one", "status", "> "))
    assert "later" not in painter.frame(screen("later", "status", "> x"), only_typing=True)
    assert "later" in painter.frame(screen("later", "status", "> x"))


COLUMNS = 12
TEXTS = st.text("ab漢", max_size=COLUMNS)


@st.composite
def divided_rows(draw):
    """Draw a row of the screen, divided at any columns."""
    cuts = [0, *sorted(draw(st.sets(st.integers(1, COLUMNS - 1), max_size=2))), COLUMNS]
    parts = pairwise(cuts)
    return [Segment(begin, end - begin, [(draw(st.sampled_from(["", "picked"])), draw(TEXTS))]) for begin, end in parts]


def emulated(*frames: str) -> list[object]:
    """Return what a terminal shows after some frames: each cell with its style, and the cursor."""
    terminal = pyte.Screen(COLUMNS, 3)
    stream = pyte.Stream(terminal)
    for frame in frames:
        stream.feed(frame)
    cells = [[terminal.buffer[row][column] for column in range(COLUMNS)] for row in range(3)]
    return [cells, terminal.cursor.y, terminal.cursor.x]


@given(st.lists(st.lists(divided_rows(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_frames_leave_nothing_behind(drawn):
    """After any frames, the terminal shows what the last frame alone shows: columns come and go, and the rest stays."""
    screens = [Screen(rows, (2, 1), 2) for rows in drawn]
    painter = Painter(STYLES)
    assert emulated(*map(painter.frame, screens)) == emulated(Painter(STYLES).frame(screens[-1]))


THUMB, KISS = "👍🏽", "👩‍❤️‍💋‍👨"


@pytest.mark.parametrize("text", [THUMB * 4, KISS + "ab", f"a {KISS} {THUMB}", SHALOM, "ab漢"])
def test_a_terminal_that_counts_other_columns(text):
    """Where the terminal gives an emoji more columns than we count, the right column and the next row stay whole."""

    def drawn(*rows: str) -> Screen:
        right = Segment(9, 3, [("", "|r"), ("", "x")])
        return Screen([[Segment(0, 9, [("", each)]), right] for each in rows], (2, 0), 2)

    steps = (("a", "b", "c"), (text, "b", "c"), ("a", text, "c"), (THUMB, KISS, text), ("d", "e", "f"))
    painter, terminal = Painter(STYLES), pyte.Screen(COLUMNS, 3)
    stream = pyte.Stream(terminal)
    stream.feed(opening.ENTER)
    for step in steps:
        stream.feed(painter.frame(drawn(*step)))
        for at, told in enumerate(step):
            assert [terminal.buffer[at][column].data for column in range(9, COLUMNS)] == ["|", "r", "x"]
            assert terminal.buffer[at][0].data.strip(FSI)[:1] == told[0]
    assert [row.split() for row in terminal.display] == [["d", "|rx"], ["e", "|rx"], ["f", "|rx"]]


def test_what_follows_an_emoji_is_seen_whole():
    """It may cover a part of the emoji, where the terminal gives the emoji more columns; no letter is lost."""
    painter, terminal = Painter(STYLES), pyte.Screen(COLUMNS, 1)
    frame = painter.frame(Screen([[Segment(0, COLUMNS, [("", f"{THUMB}{KISS}ab{THUMB}cdef")])]], (0, 0), 0))
    pyte.Stream(terminal).feed(opening.ENTER + frame)
    cells = [terminal.buffer[0][column].data for column in range(COLUMNS)]
    assert cells[4:6] == ["a", "b"]
    assert cells[8:] == ["c", "d", "e", "f"]


def test_the_mouse_is_reported_only_if_somebody_wants_it():
    """Then the wheel scrolls; otherwise the mouse selects text, and the wheel is not Up and Down."""
    painter = Painter(STYLES)
    assert "\x1b[?1000l" in painter.frame(screen("one"))
    painter.use(STYLES, links=False, mouse=True)
    assert "\x1b[?1000h\x1b[?1006h" in painter.frame(screen("one"))
    assert "1000" not in painter.frame(screen("two"))
    assert "\x1b[?1007l" in opening.ENTER
    assert "\x1b[?1000l" in opening.LEAVE


def test_the_terminal_is_given_back_as_it_was():
    """What the screen turns off, the end turns on again."""
    assert set(re.findall(r"\?([0-9]+)h", opening.ENTER)) - {"7"} <= set(re.findall(r"\?([0-9]+)l", opening.LEAVE))
    assert set(re.findall(r"\?([0-9]+)l", opening.ENTER)) <= set(re.findall(r"\?([0-9]+)h", opening.LEAVE))


@given(st.text(max_size=40))
def test_no_text_is_a_command(text):
    """Whatever the view hands over."""
    painted = Painter(STYLES).frame(screen(text.replace("\n", " ")))
    inside = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", painted)
    assert all(letter >= " " and not "\x7f" <= letter < "\xa0" for letter in inside)


@pytest.mark.parametrize("name", THEMES)
def test_themes(name):
    """Each has all styles, in attributes and the 16 colours of the terminal; with NO_COLOR, in attributes alone."""
    assert theme(name, {}).keys() == STYLES.keys()
    codes = {code for each in theme(name, {}).values() for code in each.split(";")}
    colours = {str(code) for base in (30, 90) for code in range(base + 1, base + 7)}
    attributes = {"", "1", "2", "4", "7"}
    assert codes <= attributes | (set() if name == "mono" else colours)
    plain = {code for each in theme(name, {"NO_COLOR": "1"}).values() for code in each.split(";")}
    assert plain <= attributes


def test_links_can_be_opened():
    """Each piece of a link has its whole address (OSC 8), so that a divided link works; the text is as without it."""
    address = "https://example.org/a-long-path"
    rows = [[Segment(0, 20, [(f"link {address}", piece)])] for piece in (address[:20], address[20:])]
    with_links = Painter(STYLES, links=True).frame(Screen(rows, (0, 0), 1))
    begin = re.findall("\x1b" + r"\]8;id=([0-9a-f]+);([!-~]+)\x1b\\", with_links)
    assert len(begin) == 2
    assert set(begin) == {(begin[0][0], address)}
    without = Painter(STYLES).frame(Screen(rows, (0, 0), 1))
    assert "\x1b]8" not in without
    assert re.sub("\x1b" + r"\]8;[^\x1b]*\x1b\\", "", with_links) == without


@pytest.mark.parametrize("address", ["https://a\x1b]0;evil\x07", "https://a b", "https://ü", "https://" + "a" * 3_000])
def test_only_addresses_are_links(address):
    """What a terminal could obey, and what it would not take, is text alone."""
    segment = Segment(0, 20, [(f"link {address}", "text")])
    assert "\x1b]8" not in Painter(STYLES, links=True).frame(Screen([[segment]], (0, 0), 1))


@pytest.mark.parametrize(("terminal", "given"), [("xterm-256color", True), ("linux", False), ("vt220", False)])
def test_not_every_terminal_is_given_links(terminal, given):
    """The Linux console would show the command; the setting ``links`` turns it off."""
    assert outside.opens_links({"TERM": terminal}) is given
    assert not outside.opens_links({"TERM": terminal}, Settings(links=False))


def test_the_first_screen_is_harmless():
    """The address of the server is text, and no command."""
    drawn = opening.frame("a\x1b]0;evil\x07\x9bb", 40, 5)
    assert "a␛]0;evil␇" in drawn
    assert not re.search("[\x00-\x1a\x1c-\x1f\x7f-\x9f]", drawn)


def test_the_first_screen():
    """It is drawn before the client is there, and looks as the client draws it then."""
    for wide, high in ((80, 24), (20, 6)):
        desk = Desk(FakeServer({"alice": "secret"}), columns=wide, rows=high)
        emulated = []
        for commands in (
            opening.ENTER + opening.frame(HOST, wide, high),
            Painter(STYLES).frame(view.draw(desk.state, desk.size, desk.model.deeds.look)),
        ):
            emulator = pyte.Screen(wide, high)
            pyte.Stream(emulator).feed(commands)
            emulated.append((emulator.display, emulator.buffer[0][1], emulator.cursor.y))
        assert emulated[0] == emulated[1]


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
        ("\x1b[<64;3;4M", [Pressed("<scroll-up>")]),
        ("\x1b[<65;3;4M", [Pressed("<scroll-down>")]),
        ("\x1b[<0;3;4M\x1b[<0;3;4m", []),
        ("\x1b[12;40R", [Pressed(is_cursor=True)]),
        ("\x1b[200~a\rb\x1b[201~", [Pressed(paste="a\nb")]),
        ("hi\r", [Pressed("h", "h"), Pressed("i", "i"), Pressed("c-m")]),
        ("\n", [Pressed("c-j")]),
        ("\r\r", [Pressed("c-m"), Pressed("c-m")]),
        ("\rx", [Pressed("c-m"), Pressed("x", "x")]),
        ("one\rtwo\r", [Pressed(paste="one\ntwo")]),
        ("one\r\x1b[12;40Rtwo", [Pressed(is_cursor=True), Pressed(paste="one\ntwo")]),
        ("one\rtwo", [Pressed(paste="one\ntwo")]),
    ],
)
def test_reading(text, pressed):
    """Keys, pastes with and without marks, reports of the terminal."""
    reading = Reading()
    found = [*reading.read(keys(text), 1.0), *reading.release()]
    assert [each._replace(paste=each.paste.replace("\r", "\n")) for each in found] == pressed


def pressed_at(*parts: tuple[float, str]) -> list[str]:
    """Return what keys are at their times, in the words of this test: a paste stands between brackets."""
    reading = Reading()
    found = []
    for at_s, text in parts:
        found += reading.read(keys(text), at_s)
    found += reading.release()
    return [f"[{each.paste}]" if each.paste else each.data or each.key for each in found]


@pytest.mark.parametrize(
    ("parts", "pressed"),
    [
        ([(1.0, "one\rtwo"), (1.01, " and\r"), (2.0, "x\r")], ["[one\ntwo]", "[ and]", "x", "c-m"]),
        ([(1.0, "one\r"), (1.01, "two\r")], ["o", "n", "e", "[\ntwo]"]),
        ([(1.0, "one"), (1.002, "\rtwo")], ["o", "n", "e", "[\ntwo]"]),
        ([(1.0, "one"), (1.002, "\r"), (1.004, "two")], ["o", "n", "e", "[\ntwo]"]),
        ([(1.0, "a\rb\r"), (1.01, "\rc\r"), (1.02, "\r")], ["[a\nb]", "[\n\nc]"]),
        ([(1.0, "a"), (1.03, "\r"), (1.06, "b"), (1.09, "\r")], ["a", "c-m", "b", "c-m"]),
        ([(1.0, "one\r"), (1.06, "two\r")], ["o", "n", "e", "c-m", "t", "w", "o", "c-m"]),
        ([(1.0, "one\r"), (1.01, "\x1b[A")], ["o", "n", "e", "c-m", "up"]),
        ([(1.0, "one\rtwo"), (1.01, "\x03"), (1.02, "x\r")], ["[one\ntwo]", "c-c", "x", "c-m"]),
        ([(1.0, "one\rtwo"), (1.01, "\x03"), (1.011, "\r")], ["[one\ntwo]", "c-c", "c-m"]),
    ],
)
def test_a_paste_without_marks(parts, pressed):
    """It is recognized by its timing, however the terminal divides it, and sends nothing; typing is no paste."""
    assert pressed_at(*parts) == pressed


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "\r"]), st.sampled_from([0.0, 0.001, 0.02])), min_size=4))
def test_no_line_of_a_paste_is_sent(steps):
    """A paste of several lines may come in any pieces: no Enter of it is a key, except before its first character."""
    text = "x" + "".join(letter for letter, _ in steps) + "y"
    parts, at_s, piece = [], 1.0, "x"
    for letter, pause_s in steps:
        if pause_s and piece[-1] != "\r" and letter != "\r":
            parts.append((at_s, piece))
            at_s, piece = at_s + pause_s, ""
        piece += letter
    found = pressed_at(*parts, (at_s, piece + "y"))
    assert "c-m" not in found
    assert "".join(each.strip("[]") for each in found) == text.replace("\r", "\n")


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
    assert outside.copy("hi", {"TMUX": "x"}) == "\x1b]52;c;aGk=\a\x1bPtmux;\x1b\x1b]52;c;aGk=\a\x1b\\"
    assert outside.copy("x" * 100_000, {}) == ""
