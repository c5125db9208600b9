"""Going from place to place in the full screen, at three sizes of a real terminal with a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen, middle, sign_in
from tests.support.irc import Client
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]

CHANNELS = [f"#c{number}" for number in range(2, 11)]  # with the lobby, ten conversations
TEXTS = 230  # more than two pages of the server have


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with three accounts, where bob may write as fast as he can."""
    make_accounts(tmp_path / "data", ["alice", "bob", "carol"])
    with Server(tmp_path / "data", "--no-rate-limits") as server:
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that shows each line."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        yield bob


def chosen(screen: Screen, text: str) -> None:
    """Wait until an item of the list is selected."""
    screen.until(lambda rows: any(re.search(rf"(?:│|^)> {re.escape(text)}", row) for row in rows), text)


def numbers(rows: list[str]) -> list[int]:
    """Return the numbers of the texts on the screen."""
    return [int(number) for number in re.findall(r"text (\d+) ends", middle(rows))]


def test_from_conversation_to_conversation(server, sit, bob, rows, columns):
    """The keys with Alt, and their twins without, lead to the next, the nth, and what is unread; Ctrl-K to any."""
    with Client(server.address) as before:
        before.sign_in("alice").send(f"JOIN {','.join(CHANNELS)}")
        before.sync()
    bob.send(f"JOIN {','.join(CHANNELS)}")
    bob.sync()
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.is_in("#lobby")
    to_the_next(alice)
    to_what_is_unread(alice, bob)
    to_a_name(alice)


def to_the_next(alice: Screen) -> None:
    """Ctrl-N and Ctrl-P go round; Alt-1 to Alt-9 and Alt-0 have the order of the list."""
    for key, there in (
        (keys.ctrl("n"), "#c2"),
        (keys.ALT_DOWN, "#c3"),
        (keys.ctrl("p"), "#c2"),
        (keys.ALT_UP, "#lobby"),
        (keys.ctrl("p"), "#c10"),
    ):
        alice.press(key)
        alice.is_in(there)
    for number, there in enumerate(["#lobby", *CHANNELS], 1):
        alice.press(keys.alt(f"{number % 10}"))
        alice.is_in(there)
    for number, there in enumerate(["#lobby", *CHANNELS], 1):
        alice.press(keys.ctrl("x") + f"{number % 10}")
        alice.is_in(there)


def to_what_is_unread(alice: Screen, bob: Client) -> None:
    """Alt-A or F4: messages for alice first; then Alt-U or F5: where she stopped to read."""
    alice.press(keys.alt("1"))
    alice.is_in("#lobby")
    for key_unread, key_stopped in ((keys.alt("a"), keys.alt("u")), (keys.F4, keys.F5)):
        for number in range(60):
            bob.send(f"PRIVMSG #c3 :text {number} ends")
        bob.say("#c7", "alice: this is for you")
        alice.until(lambda rows: re.search(r"@1 1\b|1 for you", "\n".join(rows)) is not None, "a mention")
        alice.press(keys.ctrl("k") + "c7")
        chosen(alice, "#c7  1 unread")
        alice.press(keys.ESC)
        alice.until(lambda rows: "Go to:" not in rows[-1], "no list")
        alice.press(key_unread)
        alice.is_in("#c7")
        alice.press(key_unread)
        alice.is_in("#c3")
        alice.shows("text 59 ends")
        alice.press(key_unread)
        alice.shows("Everything is read.")
        alice.press(key_stopped)
        alice.until(lambda rows: re.search("── new ─+ [0-9:]+ bob: text 0 ends", middle(rows)) is not None, "the line")
        alice.press(keys.END)
        alice.shows("text 59 ends")
        alice.press(keys.alt("1"))
        alice.is_in("#lobby")


def to_a_name(alice: Screen) -> None:
    """Ctrl-K or Alt-J finds by a part of a name or a number, begins what is new, and with ``>`` runs a command."""
    for key in (keys.ctrl("k"), keys.alt("j")):
        alice.press(key)
        alice.shows("Go to:")
        alice.press("car")
        chosen(alice, "carol  away")
        alice.press(keys.ENTER)
        alice.is_in("carol")
        alice.press(key + "1")
        chosen(alice, "#lobby")
        alice.press(keys.ENTER)
        alice.is_in("#lobby")
    alice.press(keys.ctrl("k") + "#new")
    alice.shows("Enter joins #new, or makes it.")
    alice.press(keys.ENTER)
    alice.is_in("#new")
    alice.press(keys.ctrl("k") + ">topi")
    chosen(alice, "/topic")
    alice.press(keys.ENTER)
    alice.has_typed("/topic |")
    alice.type("about the new")
    alice.until(lambda rows: re.search("#new +about the new", rows[0]) is not None, "the topic")
    alice.press(keys.ctrl("k") + "nobody")
    alice.reads("Enter begins a conversation with", "nobody.")
    alice.press(keys.ENTER)
    alice.reads("Nobody is called nobody")


def test_to_older_messages(server, sit, bob, rows, columns):
    """A search finds on the server; PgUp at the top fetches older messages, all of them once and in order."""
    bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in range(TEXTS)))
    bob.sync()
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.shows(f"text {TEXTS - 1} ends")
    finds_on_the_server(alice)
    pages_up(alice)


def finds_on_the_server(alice: Screen) -> None:
    """What is found leads to its place, where F6 picks it; Esc, and End, show the newest messages."""
    alice.press(keys.ctrl("f"))
    alice.shows("Find:")
    alice.type('"text 7 ends"')
    alice.shows("#lobby bob: text")
    alice.press(keys.ENTER)
    alice.shows("F6 picks it")
    assert {6, 7} <= set(numbers(alice.rows))
    alice.press(keys.F6)
    alice.shows("r reply")
    alice.press(keys.UP + "r")
    alice.shows("You answer bob: text 6")
    alice.press(keys.ESC)
    alice.shows(f"text {TEXTS - 1} ends")


def pages_up(alice: Screen) -> None:
    """Each page has all texts from its first to its last, and misses none between it and the page before."""
    first = numbers(alice.rows)[0]

    def is_above(rows: list[str]) -> bool:
        page = numbers(rows)
        return bool(page) and page[0] < first <= page[-1] + 1 and page == [*range(page[0], page[-1] + 1)]

    while first:
        alice.press(keys.PAGE_UP)
        first = numbers(alice.until(is_above, f"what is before text {first}"))[0]
    alice.press(keys.PAGE_UP)
    alice.until(lambda rows: re.search(r"── \w+ \d{4}-", rows[1]) is not None and "fetching" not in rows[-2], "the top")
    alice.press(keys.PAGE_UP)
    alice.shows("Nothing is older here.")
    alice.press(keys.PAGE_DOWN)
    alice.until(lambda rows: numbers(rows)[0] > 0, "what is below")
    alice.press(keys.END)
    alice.shows(f"text {TEXTS - 1} ends")
