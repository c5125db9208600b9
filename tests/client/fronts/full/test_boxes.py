"""Lists in the place of the messages: the help and others are read from the first row to the last one."""

from __future__ import annotations

import re

import pytest

from chatapp.client.fronts.full.boxes import Item
from chatapp.client.fronts.full.text import plain
from tests.client.fake_server import HOST
from tests.client.fronts.full.desk import Desk

SIZES = [(80, 24), (120, 40), (40, 12)]


def body(desk: Desk) -> list[str]:
    """Return the rows of the list that is open."""
    begin = 23 if desk.size.columns >= 70 else 0
    end = 99 if desk.size.columns >= 100 else None
    return [row[begin:end].rstrip() for row in desk.screen().split("\n")[1:-2]]


def place(desk: Desk) -> tuple[int, int, int]:
    """Return which rows the title names: the first, the last, and how many there are."""
    found = re.search(r"(\d+)-(\d+) of (\d+)", desk.screen().split("\n")[0])
    assert found is not None
    return int(found[1]), int(found[2]), int(found[3])


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_all_of_the_help_is_read_page_by_page(sit, columns, rows):
    """PgDn leaves out no row, and repeats one; the title says which rows are shown, and that there are more."""
    desk = sit("alice", columns, rows)
    desk.press("f1")
    assert "PgDn: more" in desk.screen()
    first, last, everything = place(desk)
    seen = body(desk)
    assert (first, last) == (1, len(seen))
    while last < everything:
        desk.press("pagedown")
        first, last, _ = place(desk)
        overlap = len(seen) + 1 - first
        assert overlap >= 1
        assert overlap == 1 or last == everything
        assert body(desk)[:overlap] == seen[first - 1 :]
        seen += body(desk)[overlap:]
    assert len(seen) == everything
    desk.press("home")
    assert place(desk)[0] == 1


def test_names_and_words():
    """The words stand in one column, or below the name on a narrow screen, and are never in shreds."""
    items = [Item([("", "does something with somebody")], name=f"  /{name}") for name in ("short", "x" * 30)]
    assert [plain(row) for item in items for row in item.rows(50)] == [
        "  /short                  does something with",
        "                          somebody",
        f"  /{'x' * 30}",
        "                          does something with",
        "                          somebody",
    ]
    assert [plain(row) for row in items[0].rows(30)] == ["  /short", "    does something with", "    somebody"]


@pytest.mark.parametrize("columns", [16, 20, 40, 80])
def test_a_long_title(sit, columns):
    """It is cut on a narrow screen; which rows are shown is not."""
    desk = sit("alice", columns, 8)
    for key in ("f1", "c-f", "c-k"):
        desk.press(key)
        assert all(len(row) <= columns for row in desk.screen().split("\n"))
        desk.press("escape")
    desk.press("c-k")
    desk.type(">")
    title = desk.screen().split("\n")[0]
    assert re.search(r" \d+-\d+ of \d+, PgDn: more$", title) or columns < 30


def test_a_row_at_a_time(alice):
    """Down moves by one row from the first press on, and Up back."""
    alice.press("f1")
    for number in range(2, 10):
        alice.press("down")
        assert place(alice)[0] == number
    alice.press("up")
    assert place(alice)[0] == 8


def test_pages_of_what_can_be_chosen(alice):
    """Ctrl-K: each page begins where the one before ended, and the selected row is in sight."""
    alice.press("c-k")
    alice.type(">")
    seen = set(body(alice))
    while (before := place(alice)) and before[1] < before[2]:
        alice.press("pagedown")
        assert place(alice)[0] <= before[1]
        assert any(row.startswith("> /") for row in body(alice))
        seen |= set(body(alice))
        if place(alice) == before:
            break
    assert len(seen) >= place(alice)[2]


def test_an_open_list_counts_on(server, alice):
    """Ctrl-K shows what is unread now, and who is away; the rows keep their places, and Enter does what it did."""
    alice.say("/dm bob")
    alice.say("/join #dev")
    alice.press("c-k", "down")
    before = [row.split("  ")[0] for row in body(alice)]
    chosen = next(row for row in before if row.startswith("> ")).removeprefix("> ")
    for _ in range(2):
        server.say("carol", "#lobby", "hello")
    server.say("bob", "alice", "hello")
    alice.hears("AWAY", "lunch", source=f"bob!b@{HOST}")
    alice.model.tick(1.0, server.time)
    rows = body(alice)
    assert [row.split("  ")[0] for row in rows] == before
    assert "  #lobby  2 unread" in [row.replace(">", " ") for row in rows]
    assert "  bob  1 unread  away" in [row.replace(">", " ") for row in rows]
    alice.press("c-m")
    assert alice.state.buffer.name == chosen
