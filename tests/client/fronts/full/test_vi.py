"""The vi keys: what they make of a text; "|" is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.text import graphemes
from chatapp.client.fronts.full.vi import ROWS, Vi

FAMILY = "👨‍👩‍👧"
ESC = "\x1b"


def after(text: str, keys: str) -> tuple[str, list[str]]:
    """Press Esc and keys, with the cursor at "|"; return the text with the cursor, and the actions."""
    draft, vi, actions = Draft(), Vi(), []
    draft.set(text.replace("|", ""))
    draft.at = text.index("|")
    vi.normal = True
    for key in keys:
        name, data = ("escape", "") if key == ESC else ("c-h", "") if key == "\b" else (key, key)
        action = vi.press(draft, name, data)
        if action:
            actions.append(action)
        elif action is None and data:
            assert not vi.normal
            draft.insert(data)
    return f"{draft.text[: draft.at]}|{draft.text[draft.at :]}", actions


@pytest.mark.parametrize(
    ("text", "keys", "there"),
    [
        ("|one two", "w", "one |two"), ("|one two", "e", "on|e two"), ("one |two", "b", "|one two"),
        ("|one, two", "w", "one|, two"), ("|one two", "2w", "one tw|o"), ("|one two", "$", "one tw|o"),
        ("one tw|o", "0", "|one two"), ("  o|ne", "^", "  |one"), ("  o|ne", "0", "|  one"),
        ("|abc", "l", "a|bc"), ("|abc", "9l", "ab|c"), ("ab|c", "h", "a|bc"), ("ab|c", "\b", "a|bc"),
        (f"|a{FAMILY}b", "ll", f"a{FAMILY}|b"), (f"a{FAMILY}|b", "h", f"a|{FAMILY}b"),
        ("|abc", "x", "|bc"), ("a|bc", "2x", "|a"), ("ab|c", "X", "a|c"), (f"a|{FAMILY}b", "x", "a|b"),
        ("|one two three", "dw", "|two three"), ("|one two three", "2dw", "|three"), ("|one two", "d2w", "|"),
        ("one |two", "db", "|two"), ("|one two", "de", "| two"), ("on|e two", "d0", "|e two"),
        ("one| two", "d$", "on|e"), ("one| two", "D", "on|e"), ("|one", "dl", "|ne"),
        ("|one two", "cwsix" + ESC, "si|x two"), ("one |two", "Csix" + ESC, "one si|x"), ("|abc", "sx" + ESC, "|xbc"),
        ("one |two", "Ssix" + ESC, "si|x"), ("one |two", "ccsix" + ESC, "si|x"), ("|abc", "rx", "|xbc"),
        ("a|b\nc", "dd", "|c"), ("a\n|b", "dd", "|a"), ("a\n|b\nc", "dd", "a\n|c"), ("|a", "dd", "|"),
        ("a|b\ncd", "dw", "|a\ncd"), ("a|b\nc", "x", "|a\nc"), ("|ab\nc", "$", "a|b\nc"),
        ("|b", "ia" + ESC, "|ab"), ("|ab", "ax" + ESC, "a|xb"), ("a|b", "Ix" + ESC, "|xab"),
        ("|ab", "Ax" + ESC, "ab|x"), ("a|b\nc", "ox" + ESC, "ab\n|x\nc"), ("a\n|b", "Ox" + ESC, "a\n|x\nb"),
        ("|one two", "dwP", "one| two"), ("|ab", "xp", "b|a"), ("|ab cd", "yw$p", "ab cdab| "), ("|", "p", "|"),
        ("|one two", "dwu", "|one two"), ("|ab", "xxuu", "|ab"), ("|ab", "ix" + ESC + "u", "|ab"), ("|ab", "u", "|ab"),
        ("|ab", "dzx", "|b"), ("|ab", "d" + ESC + "l", "a|b"), ("|ab", "3" + ESC + "l", "a|b"), ("|ab", "zq", "|ab"),
        ("|", "xXdwcc" + ESC, "|"), ("|", "rxhl$0webD", "|"),
    ],
)  # fmt: skip
def test_what_keys_do(text, keys, there):
    """As in vi."""
    assert after(text, keys)[0] == there


def test_actions():
    """Some keys are about the screen and not about the text."""
    assert after("|ab", "jk/:G") == ("|ab", ["down", "up", "search", "jump_to_command", "escape"])


def test_every_key_of_the_help_is_there():
    """No key of the table is typed as text, and each does something."""
    for keys, _ in ROWS:
        for key in keys.split(" "):
            again = {
                "d": "dd",
                "c": "cc",
                "y": "yyP",
                "r": "rx",
                "p": "xp",
                "P": "xxP",
                "u": "xxu",
                "i": "ix",
                "a": "ax",
            }.get(key, key)
            done = [after(text, again) != (text, []) for text in ("one t|wo", "|one two", "  o|ne two")]
            assert any(done), key


@given(st.text("ab, \n" + FAMILY[0], max_size=12), st.text("hl0^$wbexXDCsSrdcypPuioIAaO23z" + ESC, max_size=20))
def test_the_cursor_is_always_in_the_text(text, keys):
    """Whatever is pressed: it is at the edge of a character."""
    found, _ = after(f"{text}|", keys)
    before, _, _ = found.partition("|")
    assert len("".join(graphemes(found.replace("|", "")))) == len(found) - 1
    assert len(before) <= len(found) - 1


def test_esc_and_enter(alice):
    """With the setting, Esc leads to the normal mode and Enter sends; without it, Esc goes back as always."""
    alice.type("hello", "escape", "0", "x")
    assert alice.model.deeds.draft.text == "hello0x"
    alice.press("c-u")
    alice.say("/set keys vi")
    alice.type("hello", "escape")
    assert alice.screen().split("\n")[-1].endswith(": hello")
    alice.press("0", "x", "c-m")
    assert alice.texts[-1] == "ello"
    assert alice.screen().split("\n")[-1].endswith(">")
    alice.press("escape", "/")
    assert "Find:" in alice.screen()
    alice.press("escape", ":")
    assert "Go to: >" in alice.screen()
