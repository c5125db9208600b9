"""Keys that move the cursor and delete by graphemes, by what a person sees as one character.

prompt_toolkit does both by code points, of which a family or a flag has several.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, has_selection
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from wcwidth import iter_graphemes

_HAS_TEXT = Condition(lambda: bool(get_app().current_buffer.text))  # without a text, Ctrl-D is the end


def add(keys: KeyBindings) -> None:
    """Add the keys."""
    for key in ("left", "c-b"):
        keys.add(key, filter=~has_selection)(_left)
    for key in ("right", "c-f"):
        keys.add(key, filter=~has_selection)(_right)
    keys.add("backspace", filter=~has_selection, save_before=_is_first)(_delete_before)
    for key in ("delete", "c-d"):
        keys.add(key, filter=_HAS_TEXT & ~has_selection, save_before=_is_first)(_delete_after)


def _is_first(event: KeyPressEvent) -> bool:
    """Tell whether undo should come back to the text before this key: a run of the same key is undone at once."""
    return not event.is_repeat


def _left(event: KeyPressEvent) -> None:
    event.current_buffer.cursor_position = _edge(event, -event.arg)


def _right(event: KeyPressEvent) -> None:
    event.current_buffer.cursor_position = _edge(event, event.arg)


def _delete_before(event: KeyPressEvent) -> None:
    event.current_buffer.delete_before_cursor(event.current_buffer.cursor_position - _edge(event, -event.arg))


def _delete_after(event: KeyPressEvent) -> None:
    event.current_buffer.delete(_edge(event, event.arg) - event.current_buffer.cursor_position)


def _edge(event: KeyPressEvent, by: int) -> int:
    """Return where the cursor is after moving by some graphemes (below 0: back)."""
    buffer = event.current_buffer
    edges = list(accumulate(map(len, iter_graphemes(buffer.text)), initial=0))
    at = bisect_left(edges, buffer.cursor_position) if by < 0 else bisect_right(edges, buffer.cursor_position) - 1
    return edges[min(max(0, at + by), len(edges) - 1)]
