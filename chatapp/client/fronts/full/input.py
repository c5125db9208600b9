"""Pure: keys as prompt_toolkit reads them, as keys of ``keys.py``; pastes and focus reports among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

PASTE_S = 0.05  # keys that come so soon after a paste without marks belong to it

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
        self._pasted_s = -PASTE_S

    def read(self, keys: Sequence[KeyPress], now_s: float) -> Iterator[Pressed]:
        """Yield what was pressed."""
        keys = [key for key in keys if key.key is not Keys.Ignore]
        if keys and self._is_paste(keys, now_s):
            self._pasted_s = now_s
            yield Pressed(paste="".join("\n" if key.key in _ENTER else key.data for key in keys))
            return
        at = 0
        while at < len(keys):
            if _is_report(keys, at):
                yield Pressed(focused=keys[at + 2].data == "I")
                at += 3
                continue
            yield _pressed(keys[at])
            at += 1

    def _is_paste(self, keys: Sequence[KeyPress], now_s: float) -> bool:
        """Tell whether keys are a paste that the terminal does not mark: lines that come in one go."""
        if not all(_is_text(key) for key in keys):
            return False
        if now_s - self._pasted_s < PASTE_S:
            return True
        enters = [at for at, key in enumerate(keys) if key.key in _ENTER]
        return bool(enters) and 0 < enters[0] < len(keys) - 1


def _is_text(key: KeyPress) -> bool:
    return not isinstance(key.key, Keys) or key.key in _IN_TEXT


def _is_report(keys: Sequence[KeyPress], at: int) -> bool:
    """Tell whether the terminal reports that it has the focus (CSI I) or has lost it (CSI O)."""
    sequence = [key.data for key in keys[at : at + 3]]
    return len(sequence) == 3 and keys[at].key is Keys.Escape and sequence[1] == "[" and sequence[2] in ("I", "O")


def _pressed(key: KeyPress) -> Pressed:
    if key.key is Keys.CPRResponse:
        return Pressed(is_cursor=True)
    if key.key is Keys.BracketedPaste:
        return Pressed(paste=key.data)
    if isinstance(key.key, Keys):
        return Pressed(key.key.value)
    return Pressed(key.key, key.key)
