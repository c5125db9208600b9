"""Pure: paints a QR code with the half blocks of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

# Black on white, whatever the colours of the terminal are: these two of the 256 colours are the same in every palette.
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}  # upper and lower module
QUIET_ZONE = 4  # modules; Spec: ISO/IEC 18004, section "Quiet zone"


def paint(modules: Sequence[Sequence[int]]) -> list[str]:
    """Return the rows of a terminal that show a QR code; ``modules`` are its rows, with the quiet zone, dark is 1.

    A character shows two modules, one above the other. An odd last row has a row of the quiet zone below it.
    """
    light = [0] * len(modules[0])
    rows = [*modules, light] if len(modules) % 2 else list(modules)
    return [
        _BLACK_ON_WHITE
        + "".join(_BLOCKS[bool(upper), bool(lower)] for upper, lower in zip(rows[at], rows[at + 1], strict=True))
        + _RESET
        for at in range(0, len(rows), 2)
    ]
