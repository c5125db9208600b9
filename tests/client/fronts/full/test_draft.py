"""The text that is typed: the cursor moves and deletes by graphemes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from chatapp.client.fronts.full.draft import Draft

FAMILY, FLAG, E_ACUTE = "👨‍👩‍👧", "🇯🇵", "e\u0301"
MOVES = (
    "left", "right", "word_left", "word_right", "line_begin", "line_end", "up", "down", "backspace", "delete",
    "delete_word_left", "delete_word_right", "delete_to_begin", "delete_to_end", "put_back", "older", "newer",
)  # fmt: skip


def typed(text: str) -> Draft:
    """Type a text, a character at a time, as a terminal sends it."""
    draft = Draft()
    for letter in text:
        draft.insert(letter)
    return draft


def test_a_family_and_a_flag_are_one_character_each():
    """What the person sees as one character is one step, and is deleted whole."""
    draft = typed(f"ab{FAMILY}cd{FLAG}ef")
    for _ in range(4):
        draft.left()
    draft.backspace()
    draft.insert("X")
    assert draft.text == f"ab{FAMILY}Xd{FLAG}ef"
    draft.left()
    draft.backspace()
    assert draft.text == f"abXd{FLAG}ef"


@given(
    st.text(st.sampled_from([*"ab \n", *FAMILY, *FLAG, *E_ACUTE, "漢", "ש"]), max_size=20),
    st.lists(st.sampled_from([*MOVES, "type"]), max_size=20),
)
def test_a_key_never_moves_the_cursor_into_a_character(text, moves):
    """After any keys but those that insert, the cursor is between two graphemes."""
    draft = typed(text)
    inserted = False
    for move in moves:
        inserted = move in ("type", "put_back") or (inserted and move in ("up", "down", "older", "newer"))
        draft.insert("x") if move == "type" else getattr(draft, move)()
        edges, at = {0}, 0
        for each in iter_graphemes(draft.text):
            at += len(each)
            edges.add(at)
        assert inserted or draft.at in edges


@pytest.mark.parametrize(
    ("text", "before"), [(FLAG, "🇩🇪"), ("👍", FAMILY), ("🏽", "👍"), (E_ACUTE, FLAG), (FLAG, "🇩🇪🇮🇹")]
)
def test_what_is_typed_before_a_character_stays_whole(text, before):
    """Its code points come one by one, and each of them may make a character with what follows."""
    draft = typed(text)
    draft.line_begin()
    for letter in before:
        draft.insert(letter)
    assert (draft.text, draft.at) == (before + text, len(before))


def test_half_a_flag_before_a_flag_can_be_taken_back():
    """The keys work inside of a character too."""
    for key, result in (("backspace", FLAG), ("swap", None), ("left", None), ("right", None), ("word_left", None)):
        draft = typed(FLAG)
        draft.line_begin()
        draft.insert("🇩")
        getattr(draft, key)()
        assert result is None or draft.text == result


@pytest.mark.parametrize(
    ("text", "keys", "result"),
    [
        ("one two", ["delete_word_left"], "one |"),
        ("one two", ["word_left", "delete_to_end"], "one |"),
        ("one two", ["word_left", "delete_to_begin"], "|two"),
        ("one two", ["delete_word_left", "line_begin", "put_back"], "two|one "),
        ("one\ntwo", ["up", "line_end", "delete"], "one|two"),
        ("one\ntwo", ["line_begin", "backspace"], "one|two"),
        ("one two", ["line_begin", "word_right"], "one| two"),
        ("long line\nx", ["up"], "l|ong line\nx"),
        ("x\nlong line", ["up", "down"], "x\nl|ong line"),
        ("one", ["up", "down"], "one|"),
        ("one two three", ["delete_word_left", "delete_word_left", "put_back"], "one two three|"),
        ("one two", ["delete_word_left", "left", "delete_word_left", "line_begin", "put_back"], "one| "),
        ("one two", ["line_begin", "delete_word_right", "delete_word_right", "put_back"], "one two|"),
        ("abc", ["swap"], "acb|"),
        ("abc", ["left", "swap"], "acb|"),
        ("a", ["swap"], "a|"),
        ("", ["swap"], "|"),
    ],
)
def test_editing(text, keys, result):
    """The keys of Emacs."""
    draft = typed(text)
    for key in keys:
        getattr(draft, key)()
    assert f"{draft.before}|{draft.text[draft.at :]}" == result


def test_what_was_sent_before():
    """Up shows it, Down leads back to what was typed."""
    draft = Draft()
    for text in ("one", "two", "two"):
        draft.set(text)
        assert draft.sent() == text
    draft.set("three")
    shown = []
    for move in ("older", "older", "older", "newer", "newer", "newer"):
        getattr(draft, move)()
        shown.append(draft.text)
    assert shown == ["two", "one", "one", "two", "three", "three"]


def test_what_was_edited_on_the_way_is_kept():
    """Up, an edit, Up, Down: the edit is there; what was sent stays as it was for the next time."""
    draft = Draft()
    for text in ("one", "two"):
        draft.set(text)
        draft.sent()
    draft.older()
    draft.insert("!")
    draft.older()
    assert draft.text == "one"
    draft.newer()
    assert draft.text == "two!"
    draft.clear()
    draft.older()
    assert draft.text == "two"
    assert draft.sent_before("O") == ["two", "one"]


def test_changes_are_taken_back():
    """Word by word as typed, and each deletion; at the beginning nothing happens."""
    draft = Draft()
    for letter in "one two":
        draft.remember(letter)
        draft.insert(letter)
    draft.remember()
    draft.delete_to_begin()
    texts = []
    for _ in range(4):
        draft.undo()
        texts.append(draft.text)
    assert texts == ["one two", "one", "", ""]
    draft.set("x" * 10_000)
    draft.remember()
    draft.clear()
    draft.undo()
    assert draft.text == ""


def test_a_change_is_taken_back_where_it_was_made():
    """The cursor returns to where it stood before the change, also if it was moved there from elsewhere."""
    draft = Draft()
    for action in (lambda: draft.insert("one two"), draft.line_begin, draft.word_right, draft.delete_to_end):
        draft.remember()
        action()
    draft.undo()
    assert (draft.text, draft.at) == ("one two", 3)


def test_a_paste_has_no_control_characters():
    """Line ends become line feeds; the last one is left out; what a terminal would obey is shown."""
    draft = Draft()
    draft.paste("one\r\ntwo\rthree\x1b[2J\n\n")
    assert draft.text == "one\ntwo\nthree␛[2J"
    assert draft.pasted_lines == 3
