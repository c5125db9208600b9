"""Writing in the full screen, at three sizes of a real terminal: completion, Emacs and vi keys, pastes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen, sign_in
from tests.support.irc import CAPS, Client
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]

# What is typed before Tab, and the text after it; ``|`` is the cursor.
COMPLETIONS = {
    "/jo": "/join |",
    "bo": "bob: |",
    "ask bo": "ask bob |",
    "/dm bo": "/dm bob |",
    "#lob": "#lobby |",
    "ask in #lob": "ask in #lobby |",
    ":tad": "🎉|",
    "/set vi": "/set vi|",
    "/set key": "/set keys |",
    "/theme li": "/theme light|",
}
# One key after the other, beginning with "one two last|".
EMACS = [
    (keys.ctrl("a"), "|one two last"),
    (keys.ctrl("e"), "one two last|"),
    (keys.HOME, "|one two last"),
    (keys.alt("f"), "one| two last"),
    (keys.CTRL_RIGHT, "one two| last"),
    (keys.ALT_RIGHT, "one two last|"),
    (keys.alt("b"), "one two |last"),
    (keys.CTRL_LEFT, "one |two last"),
    (keys.ALT_LEFT, "|one two last"),
    (keys.RIGHT, "o|ne two last"),
    (keys.ctrl("b"), "|one two last"),
    (keys.END, "one two last|"),
    (keys.LEFT, "one two las|t"),
    (keys.ctrl("t"), "one two lats|"),
    (keys.ctrl("_"), "one two las|t"),
    (keys.ctrl("e"), "one two last|"),
    (keys.ctrl("w"), "one two |"),
    (keys.alt(keys.BACKSPACE), "one |"),
    (keys.ctrl("y"), "one two last|"),
    (keys.ctrl("u"), "|"),
    (keys.ctrl("y"), "one two last|"),
    (keys.ctrl("a"), "|one two last"),
    (keys.alt("d"), "| two last"),
    (keys.CTRL_DELETE, "| last"),
    (keys.ctrl("_"), "| two last"),
    (keys.ctrl("d"), "|two last"),
    (keys.DELETE, "|wo last"),
    (keys.RIGHT, "w|o last"),
    (keys.BACKSPACE, "|o last"),
    (keys.alt("f"), "o| last"),
    (keys.alt("k"), "o|"),
    (keys.ctrl("y"), "o last|"),
    (keys.alt("b"), "o |last"),
    (keys.ctrl("x") + "k", "o |"),
    (keys.ctrl("u"), "|"),
]
# The same in the normal mode of vi.
VI = [
    ("0", "|one two last"),
    ("w", "one |two last"),
    ("dw", "one |last"),
    ("u", "one |two last"),
    ("$", "one two las|t"),
    ("b", "one two |last"),
    ("x", "one two |ast"),
    ("P", "one two |last"),
    ("2h", "one tw|o last"),
    ("r0", "one tw|0 last"),
    ("D", "one t|w"),
    ("ccfour", "four|"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server where alice and bob have accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def alice(server: Server, sit, rows: int, columns: int) -> Screen:
    """Alice, in the lobby."""
    return sign_in(sit(server, "alice", rows, columns), "alice")


def clear(screen: Screen) -> None:
    """Clear the text with Ctrl-C."""
    screen.press(keys.ctrl("c"))
    screen.has_typed("|")


def test_keys_for_the_text(alice):
    """Tab completes; the Emacs keys move and change; with a setting, the vi keys do."""
    for typed, completed in COMPLETIONS.items():
        alice.press(typed + keys.TAB)
        alice.has_typed(completed)
        clear(alice)
    alice.press("/re" + keys.TAB)
    alice.has_typed("/reply |")
    alice.shows("Tab: ")
    alice.press(keys.TAB)
    alice.has_typed("/react |")
    clear(alice)
    alice.press("one two last")
    for key, text in EMACS:
        alice.press(key)
        alice.has_typed(text)
    alice.type("/set keys vi")
    alice.shows("keys is now vi.")
    alice.press("one two last")
    alice.has_typed("one two last|")
    alice.press(keys.ESC)
    alice.shows(": one two last")
    for typed, text in VI:
        alice.press(typed)
        alice.has_typed(text)
    alice.press(keys.ENTER)
    alice.shows("alice: four")
    alice.type("/set keys emacs")
    alice.shows("keys is now emacs.")
    alice.press("o" + keys.ctrl("a"))
    alice.has_typed("|o")


def test_lines_and_pastes(alice, server):
    """The input grows; a paste sends nothing, and more than three lines ask once; Ctrl-C clears, and twice leaves."""
    with Client(server.address) as bob:
        bob.sign_in("bob", caps=f"{CAPS} draft/multiline")
        grows(alice)
        pastes(alice, bob)
    alice.press("a text" + keys.ctrl("c"))
    alice.has_typed("|")
    alice.press(keys.ctrl("c"))
    alice.shows("Press Ctrl-C again to leave.")
    alice.press("x")
    alice.has_typed("x|")
    for left in ("|", "|"):
        alice.press(keys.ctrl("c"))
        alice.has_typed(left)
    alice.shows("Press Ctrl-C again to leave.")
    alice.press(keys.ctrl("c"))
    assert alice.ended() == 0


def grows(alice: Screen) -> None:
    """Alt-Enter and its twin Ctrl-J begin a line; the input has up to 8 rows, and half of a small screen."""
    lines = [f"line {number}" for number in range(1, 11)]
    alice.press(lines[0])
    for number, line in enumerate(lines[1:]):
        alice.press((keys.alt(keys.ENTER) if number % 2 else keys.ctrl("j")) + line)
        alice.has_typed(f"  {line}|")
    seen = min(8, len(alice.emulated.display) // 2)
    alice.until(lambda rows: all(line in row for line, row in zip(lines[-seen:], rows[-seen:], strict=True)), "the end")
    assert not any(lines[-seen - 1] in row for row in alice.rows)
    alice.press(keys.UP * 9)
    alice.shows("> line 1")
    clear(alice)


def pastes(alice: Screen, bob: Client) -> None:
    """Nothing of a paste is sent, with or without marks, until Enter is pressed; four lines ask once."""
    alice.press("one\rtwo\r")  # a terminal that marks no pastes
    alice.shows("two")
    alice.shows("> one")
    alice.press(keys.pasted("\nthree\nfour\n"))
    alice.shows("four")
    assert not any("PRIVMSG" in line for line in bob.sync())
    alice.press(keys.ENTER)
    alice.shows("Send 4 lines to #lobby as")
    alice.shows("[y/n]")
    alice.press("n")
    alice.until(lambda rows: not any("[y/n]" in row for row in rows), "no question")
    alice.shows("> one")
    assert not any("PRIVMSG" in line for line in bob.sync())
    alice.press(keys.ENTER)
    alice.shows("[y/n]")
    alice.press("y")
    alice.has_typed("|")
    whole = bob.until(r" BATCH -\S+$")
    assert [line.rpartition(":")[2] for line in whole if "PRIVMSG" in line] == ["one", "two", "three", "four"]
    alice.press(keys.pasted("five\nsix\nseven"))
    alice.has_typed("  seven|")
    alice.press(keys.ENTER)
    alice.has_typed("|")
    bob.wait_for("PRIVMSG #lobby :seven$")
