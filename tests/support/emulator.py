"""Emulated terminals that know XTRESTORE (``CSI ? Pm r``), which pyte takes for another command."""

from __future__ import annotations

from typing import Any

import pyte


class _Restores:
    def set_margins(self, *arguments: int, private: bool = False, **options: Any) -> None:
        """Set margins, but not for XTRESTORE. Spec: xterm, "CSI ? Pm r"."""
        if not private:
            super().set_margins(*arguments, **options)  # type: ignore[misc]


class Emulator(_Restores, pyte.Screen):
    """A terminal."""


class EmulatorWithHistory(_Restores, pyte.HistoryScreen):
    """A terminal that remembers the rows that have left it at its top."""
