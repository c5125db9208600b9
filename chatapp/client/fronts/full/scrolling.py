"""Pure: the rows of a conversation that are on the screen, laid out from the bottom up, and moves through them.

Only what is visible is laid out, so a conversation may be long.
"""

from __future__ import annotations

from typing import NamedTuple

from chatapp.client.core.unacknowledged import Text
from chatapp.client.fronts.full import lines
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.state import UNSENT_S, State
from chatapp.client.fronts.full.text import Row

OVERLAP = 2  # rows that stay on the screen when a page is turned
ABOVE = 2  # rows that stay above the first unread message


class Place(NamedTuple):
    """A row on the screen: the entry it belongs to, and how many rows of the entry are below it."""

    entry: Entry
    below: int


class Visible(NamedTuple):
    """The rows on the screen; ``places`` has an item for each row of an entry, from the top."""

    rows: list[Row]
    places: list[Place]


def visible(state: State, look: Look, width: int, height: int) -> Visible:
    """Lay out a conversation from the bottom up until the screen is full."""
    buffer = state.buffer
    found: list[Row] = []
    places: list[Place] = []
    entries = buffer.entries.all
    skip = 0
    if buffer.anchor is None:
        found = _waiting(state, buffer, look, width)[-height:][::-1]
        at = len(entries) - 1
    else:
        entry, skip = buffer.anchor
        at = buffer.entries.position(entry) if entries else -1
    while at >= 0 and len(found) < height:
        rows = lines.rows(buffer, at, look, width)
        skip = min(skip, len(rows) - 1)
        for below in range(skip, len(rows)):
            if len(found) >= height:
                break
            found.append(rows[len(rows) - 1 - below])
            places.append(Place(entries[at], below))
        skip = 0
        at -= 1
    return Visible(found[::-1], places[::-1])


def _waiting(state: State, buffer: Buffer, look: Look, width: int) -> list[Row]:
    rows: list[Row] = []
    for text in state.waiting(buffer):
        said = [line for unit in state.session.outbox.units if unit.whole is text for line in unit.lines]
        laid_out = lines.waiting_rows(said, mark(state, text), look, width)
        rows += lines.picked(laid_out) if text is state.picked_text else laid_out
    return rows


def mark(state: State, text: Text) -> str:
    """Return what is said of a text without an echo: whether it waits, or has to be confirmed."""
    age_s = state.age_s(text)
    if state.session.outbox.is_held(text):
        return "not sent, as it is older than a minute (F6, then r sends it, d drops it)"
    if age_s < UNSENT_S:
        return ""
    if not state.session.signed_in:
        return "not sent yet: there is no connection; it is sent when there is one (F6, then d drops it)"
    if state.session.catching_up.active:
        return "not sent yet: what you missed is fetched first (F6, then d drops it)"
    return "not sent yet: the server has not answered yet (F6, then r sends it again, d drops it)"


def up(state: State, look: Look, width: int, height: int, count: int) -> bool:
    """Move up by some rows, less than a screen has; False if there is nothing above what is shown."""
    seen = visible(state, look, width, height)
    entries = state.buffer.entries.all
    if not seen.places or len(seen.rows) < height:
        return False
    top = seen.places[0]
    bottom = seen.places[max(0, len(seen.places) - 1 - count)]
    is_first = top.entry is entries[0] and top.below == len(lines.rows(state.buffer, 0, look, width)) - 1
    if is_first:
        return False
    state.buffer.anchor = (bottom.entry, bottom.below)
    _fill(state, look, width, height)
    return True


def _fill(state: State, look: Look, width: int, height: int) -> None:
    """Move down if there are fewer rows above the anchor than the screen has."""
    seen = visible(state, look, width, height)
    missing = height - len(seen.rows)
    if missing > 0:
        down(state, look, width, missing)


def page_down(state: State, look: Look, width: int, height: int) -> None:
    """Show the rows below."""
    down(state, look, width, max(1, height - OVERLAP))


def down(state: State, look: Look, width: int, count: int) -> None:
    """Move down by some rows; at the end, the newest messages are shown."""
    buffer = state.buffer
    if buffer.anchor is None:
        return
    entry, below = buffer.anchor
    at = buffer.entries.position(entry)
    while count > below:
        count -= below
        at += 1
        if at >= len(buffer.entries):
            buffer.to_bottom()
            return
        below = len(lines.rows(buffer, at, look, width))
    below -= count
    if at == len(buffer.entries) - 1 and not below:
        buffer.to_bottom()
    else:
        buffer.anchor = (buffer.entries.all[at], below)


def show_from(state: State, entry: Entry, look: Look, width: int, height: int) -> None:
    """Show an entry near the top of the screen, below ABOVE rows; if less than a screen follows, the newest rows."""
    buffer = state.buffer
    at = buffer.entries.position(entry)
    room = height - ABOVE
    while at < len(buffer.entries):
        rows = len(lines.rows(buffer, at, look, width))
        if rows >= room:
            buffer.anchor = (buffer.entries.all[at], rows - room)
            _fill(state, look, width, height)
            return
        room -= rows
        at += 1
    buffer.to_bottom()


def show_entry(state: State, entry: Entry, look: Look, width: int, height: int) -> None:
    """Make sure that an entry is on the screen."""
    seen = visible(state, look, width, height)
    if any(place.entry is entry and not place.below for place in seen.places):
        return
    entries = state.buffer.entries.all
    if entries and entry is entries[-1]:
        state.buffer.to_bottom()
    else:
        state.buffer.anchor = (entry, 0)
        _fill(state, look, width, height)
