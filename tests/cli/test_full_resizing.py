"""Resizing a real terminal in the middle of everything: the screen is whole at every size, and what was open stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen, middle, sign_in
from tests.support.irc import Client
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]

SMALL = (5, 20)
LEFT_FROM, RIGHT_FROM = 70, 100  # columns of the terminal from which on a side column is shown
LEFT, RIGHT = 22, 20  # columns of a side column

# What a person is in the middle of: the keys that lead there, what is seen of it at every size, and the keys back.
OPEN = {
    "a list": (keys.ctrl("k"), "Go to:", keys.ESC),
    "a list of commands": (keys.ctrl("k") + ">to", "Go to: >to", keys.ESC),
    "the help": (keys.F1 + keys.PAGE_DOWN, "Up, Down, PgUp", keys.ESC),
    "a picked message": (keys.ctrl("@") + keys.UP, "r reply", keys.ESC),
    "an answer": (keys.F6 + "r" + "yes", "reply> yes", keys.ESC),
    "the reactions": (keys.F6 + "e", "React:", keys.ESC),
    "older messages": (keys.PAGE_UP, "End shows the", keys.END),
    "a question": (keys.pasted("one\ntwo\nthree\nfour") + keys.ENTER, "[y/n]", "n" + keys.ctrl("c")),
    "a search": (keys.ctrl("f") + "text", "Find: text", keys.ESC),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts, where bob may write as fast as he can."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", "--no-rate-limits") as server:
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that shows each line."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        yield bob


def other_sizes(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return four sizes: the last has as many rows as the terminal at the beginning, and fewer columns."""
    return [*(size for size in keys.SIZES if size != (rows, columns)), SMALL, (rows, columns - 14)]


def is_whole(screen: Screen) -> Callable[[list[str]], bool]:
    """Return a condition: the title has its whole width, the status line is there, and the rules are in all rows."""

    def whole(_: list[str]) -> bool:
        terminal = screen.emulated
        first = LEFT + 1 if terminal.columns >= LEFT_FROM else 0
        end = terminal.columns - RIGHT - 1 if terminal.columns >= RIGHT_FROM else terminal.columns
        rules = {first - 1, end} & set(range(terminal.columns))
        title, *others = (terminal.buffer[row] for row in range(terminal.lines))
        return (
            all(title[column].reverse for column in range(first, end))
            and any(row[first].reverse for row in others)
            and all(rules == {at for at in range(terminal.columns) if row[at].data == "│"} for row in (title, *others))
        )

    return whole


def test_in_the_middle_of_everything(server, sit, bob, rows, columns):
    """At the question for the password, and in each list and question, another size shows the same, whole."""
    bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in range(60)))
    bob.sync()
    alice = sit(server, "alice", rows, columns)
    alice.shows("Password for alice:")
    sizes = [*other_sizes(rows, columns), (rows, columns)]
    for size in sizes:
        alice.resize(*size)
        alice.shows("ssword for alice:")
    sign_in(alice, "alice")
    for what, (there, seen, back) in OPEN.items():
        alice.press(there)
        alice.shows(seen)
        for size in sizes:
            alice.resize(*size)
            alice.until(is_whole(alice), f"{what} at {size}")
            alice.shows(seen)
        alice.press(back)
        alice.has_typed("|")
        alice.shows("text 59 ends")
    alice.press(keys.F9)
    alice.shows("-- Enter goes back to the chat.")
    alice.resize(*sizes[0])
    alice.press(keys.ENTER)
    alice.until(is_whole(alice), "the screen after the bare messages")


def test_while_messages_arrive(server, sit, bob, rows, columns):
    """Messages, keys and other sizes come together: then everything is in its place, as if drawn anew."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    typed = ""
    for number, letter in enumerate("never torn"):
        bob.send(*(f"PRIVMSG #lobby :text {number}.{at} 漢字 👍🏽 ends" for at in range(30)))
        alice.resize(*other_sizes(rows, columns)[number % 4])
        alice.press(letter)
        typed += letter
    alice.resize(rows, columns)
    alice.shows("text 9.29 ")
    alice.has_typed(f"{typed}|")
    alice.until(is_whole(alice), "a whole screen")
    shown, seen = alice.emulated.display, len(alice.raw)
    assert middle(shown).count("text 9.29 ") == 1
    alice.press(keys.ctrl("l"))
    alice.until(lambda _: "\x1b[2J" in alice.raw[seen:], "all drawn anew")
    assert alice.emulated.display == shown
