"""Pure: keys as prompt_toolkit reads them, as keys of ``keys.py``; pastes and focus reports among them.

A terminal that does not mark pastes sends them as keys. They are recognized by their timing: a person does not press
Enter, and go on, within a few milliseconds. An Enter that comes so soon after a character is held back for PASTE_S: if
more characters come meanwhile, all of it is a paste, otherwise it was the key.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

PASTE_S = 0.05  # characters that come so soon after a paste belong to it
FAST_S = 0.01  # nobody presses Enter so soon after another key

_NEVER = -math.inf
_ENTER = (Keys.ControlM, Keys.ControlJ)
_IN_TEXT = (*_ENTER, Keys.ControlI)


class Pressed(NamedTuple):
    """A key (``key``, and what it types), a paste, a report of the focus (``focused``), or an answer (``cursor``)."""

    key: str = ""
    data: str = ""
    paste: str = ""
    focused: bool | None = None
    is_cursor: bool = False


class Reading:
    """Reads batches of keys; ``now_s`` is the time (s) of a batch."""

    def __init__(self) -> None:
        self._pasted_s = _NEVER  # when a part of a paste came
        self._typed_s = _NEVER  # when a character came
        self._held: list[KeyPress] = []  # the Enters at the end of what came last
        self._held_s = _NEVER

    @property
    def due_s(self) -> float | None:
        """When to call ``release``; None: nothing is held back."""
        return self._held_s + PASTE_S if self._held else None

    def release(self) -> Iterator[Pressed]:
        """Yield the keys that were held back: nothing has followed them."""
        held, self._held = self._held, []
        if self._pasted_s < self._held_s:  # at the end of a paste, an Enter sends nothing
            yield from map(_pressed, held)

    def read(self, keys: Sequence[KeyPress], now_s: float) -> Iterator[Pressed]:
        """Yield what was pressed."""
        if now_s - self._held_s >= PASTE_S:
            yield from self.release()
        yield from (_pressed(key) for key in keys if key.key is Keys.CPRResponse)
        keys = [key for key in keys if key.key not in (Keys.Ignore, Keys.CPRResponse) and not _is_idle_mouse(key)]
        if not keys:
            return
        if all(map(_is_text, keys)):
            yield from self._read_text(keys, now_s)
            return
        yield from self.release()
        self._pasted_s = self._typed_s = _NEVER  # a paste has no other keys
        at = 0
        while at < len(keys):
            if _is_report(keys, at):
                yield Pressed(focused=keys[at + 2].data == "I")
                at += 3
                continue
            yield _pressed(keys[at])
            at += 1

    def _read_text(self, keys: Sequence[KeyPress], now_s: float) -> Iterator[Pressed]:
        is_paste = self._is_paste(keys, now_s)
        is_fast = len(keys) > 1 or now_s - self._typed_s < FAST_S
        self._typed_s = now_s
        text = [*self._held, *keys]
        ending = next((at for at, key in enumerate(reversed(text)) if key.key not in _ENTER), len(text))
        self._held, held = text[len(text) - ending :], text[: len(text) - ending]
        if is_paste:
            self._held_s = self._pasted_s = now_s
            if held:
                yield Pressed(paste="".join("\n" if key.key in _ENTER else key.data for key in held))
            return
        self._held_s = now_s
        yield from map(_pressed, held)
        if not is_fast:
            yield from self.release()

    def _is_paste(self, keys: Sequence[KeyPress], now_s: float) -> bool:
        """Tell whether characters are a paste, or a part of it: lines that come faster than a person types."""
        if now_s - self._pasted_s < PASTE_S:
            return True
        if self._held and not all(key.key in _ENTER for key in keys):
            return True
        enters = [at for at, key in enumerate(keys) if key.key in _ENTER]
        return bool(enters) and (enters[0] > 0 or now_s - self._typed_s < FAST_S) and enters[0] < len(keys) - 1


def _is_text(key: KeyPress) -> bool:
    return not isinstance(key.key, Keys) or key.key in _IN_TEXT


def _is_report(keys: Sequence[KeyPress], at: int) -> bool:
    """Tell whether the terminal reports that it has the focus (CSI I) or has lost it (CSI O)."""
    sequence = [key.data for key in keys[at : at + 3]]
    return len(sequence) == 3 and keys[at].key is Keys.Escape and sequence[1] == "[" and sequence[2] in ("I", "O")


def _wheel(key: KeyPress) -> str:
    """Return the key for a turn of the mouse wheel; empty for all else. Spec: xterm, "SGR (1006)"."""
    button = key.data.removeprefix("\x1b[<").partition(";")[0] if key.key is Keys.Vt100MouseEvent else ""
    return {"64": Keys.ScrollUp.value, "65": Keys.ScrollDown.value}.get(button, "")


def _is_idle_mouse(key: KeyPress) -> bool:
    """Tell whether it is a report of the mouse that means nothing here, such as a click."""
    return key.key is Keys.Vt100MouseEvent and not _wheel(key)


def _pressed(key: KeyPress) -> Pressed:
    if wheel := _wheel(key):
        return Pressed(wheel)
    if key.key is Keys.CPRResponse:
        return Pressed(is_cursor=True)
    if key.key is Keys.BracketedPaste:
        return Pressed(paste=key.data)
    if isinstance(key.key, Keys):
        return Pressed(key.key.value)
    return Pressed(key.key, key.key)
