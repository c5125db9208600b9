"""The work for a text of somebody else grows with its length, and not with the square of it."""

from __future__ import annotations

from time import process_time

import pytest

from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import ROWS_MAX, Look, entry_rows, links

LOOK = Look(clock=lambda _: "10:00", day=lambda _: "Today", me=lambda: "alice")


@pytest.mark.parametrize(
    ("begin", "end"),
    [("https://a", ")" * 1_000_000), ("", "https://a " * 60_000), ("", "https://a" * 60_000)],
)
def test_many_links_and_brackets_are_drawn_soon(begin: str, end: str):
    """A text with the square of its length in steps takes minutes here."""
    began = process_time()  # of this process, whatever else the machine does
    rows = entry_rows(Entry(1, "eve", begin + end), LOOK, 80)
    assert len(rows) <= ROWS_MAX + 2
    assert process_time() - began < 10


def test_brackets_at_the_end_of_a_link_are_part_of_it_only_if_one_is_open():
    """As in a link to a page whose name has brackets."""
    texts = ["https://a/b).", "(https://a/b)", "https://a/b_(c)", "https://a/b_(c)).,", "https://a)))"]
    assert [text[begin:end] for text in texts for begin, end in links(text)] == [
        "https://a/b", "https://a/b", "https://a/b_(c)", "https://a/b_(c))", "https://a"
    ]  # fmt: skip
