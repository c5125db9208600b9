"""Pure: how styles look: attributes and the 16 colours of the terminal (SGR). Spec: ECMA-48, 8.3.117.

A terminal chooses the 16 colours itself, so a theme fits to its other programs.
"""

from __future__ import annotations

from collections.abc import Mapping

_BASE = {
    "": "", "time": "2", "note": "2", "dim": "2", "away": "2", "rule": "2", "bad": "31", "new": "33", "mention": "1;33",
    "unread": "1", "picked": "7", "title": "1;7", "status": "7", "question": "1;7", "link": "4", "role": "32",
    "name": "36", "heading": "1", "prompt": "1",
}  # fmt: skip
NICK_COLOURS = 10


def _nicks(*codes: str) -> dict[str, str]:
    """Return a style for each nick; there may be fewer codes than styles."""
    return {f"nick{number}": codes[number % len(codes)] for number in range(NICK_COLOURS)}


THEMES: Mapping[str, Mapping[str, str]] = {
    "dark": _BASE | _nicks("32", "33", "34", "35", "36", "92", "93", "94", "95", "96"),
    "light": _BASE
    | _nicks("34", "35", "31", "36", "32", "1;34", "1;35", "1;31", "1;36", "1;32")
    | {"new": "31", "mention": "1;31"},
    "calm": _BASE | _nicks("1") | {"role": "2", "name": "1"},
    "mono": _BASE | _nicks("1") | {"role": "2", "name": "1", "new": "1", "bad": "1", "mention": "1;4"},
}


def theme(name: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the SGR parameters of each style; without colours if NO_COLOR is set. Spec: no-color.org."""
    return THEMES["mono" if environment.get("NO_COLOR") else name]
