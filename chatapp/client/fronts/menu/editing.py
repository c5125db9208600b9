"""Lets a person edit by graphemes: the keys move over a grapheme, and delete it, as one character.

prompt_toolkit moves, deletes and counts columns by code points, of which a family or a flag has several.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, has_selection
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from wcwidth import iter_graphemes, wcswidth

_HAS_TEXT = Condition(lambda: bool(get_app().current_buffer.text))  # without a text, Ctrl-D is the end


def add_keys(keys: KeyBindings) -> None:
    """Add the keys that move the cursor and delete."""
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
    """Return where the cursor is after moving by ``by`` graphemes (below 0: back)."""
    buffer = event.current_buffer
    edges = _edges(buffer.text)
    at = bisect_left(edges, buffer.cursor_position) if by < 0 else bisect_right(edges, buffer.cursor_position) - 1
    return edges[min(max(0, at + by), len(edges) - 1)]


def _edges(text: str) -> list[int]:
    """Return where the graphemes of a text begin, and the end of the text."""
    return list(accumulate(map(len, iter_graphemes(text)), initial=0))


class Graphemes(Processor):
    """Shows graphemes: prompt_toolkit takes what a text iterates over for its characters."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return the line with a piece for each grapheme; its first code point decides its style."""
        fragments = transformation_input.fragments
        text = "".join(fragment[1] for fragment in fragments)
        if text.isascii():
            return Transformation(fragments)
        styles = [fragment[0] for fragment in fragments for _ in fragment[1]]
        edges = _edges(text)
        last = len(edges) - 1
        pieces: StyleAndTextTuples = [(styles[begin], _Piece(text[begin:end])) for begin, end in pairwise(edges)]
        return Transformation(
            pieces,
            source_to_display=lambda at: bisect_right(edges, at) - 1 + max(0, at - len(text)),
            display_to_source=lambda at: edges[min(at, last)] + max(0, at - last),
        )


class _Piece(str):
    """A text that is one character."""

    def __iter__(self) -> Iterator[str]:
        yield str(self) if len(self) == 1 else _Grapheme(self)


class _Grapheme(str):
    """A character whose columns prompt_toolkit counts right: it adds up those of what a text iterates over."""

    def __iter__(self) -> Iterator[str]:
        return iter(" " * max(0, wcswidth(str(self))))
