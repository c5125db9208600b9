"""Pure: how styles look: attributes and the 16 colours of the terminal (SGR). Spec: ECMA-48, 8.3.117."""

from __future__ import annotations

from collections.abc import Mapping

STYLES = {
    "": "", "time": "2", "note": "2", "dim": "2", "away": "2", "rule": "2", "bad": "31", "new": "33", "mention": "1;33",
    "unread": "1", "picked": "7", "title": "1;7", "status": "7", "question": "1;7", "link": "4", "role": "32",
    "name": "36", "heading": "1", "prompt": "1", "good": "32",
    "nick0": "32", "nick1": "33", "nick2": "34", "nick3": "35", "nick4": "36",
    "nick5": "92", "nick6": "93", "nick7": "94", "nick8": "95", "nick9": "96",
}  # fmt: skip
_ATTRIBUTES = {"1", "2", "4", "7"}


def theme(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the SGR parameters of each style; without colours if NO_COLOR is set. Spec: no-color.org."""
    if not environment.get("NO_COLOR"):
        return STYLES
    plain = {name: ";".join(each for each in code.split(";") if each in _ATTRIBUTES) for name, code in STYLES.items()}
    return plain | {name: "1" for name in STYLES if name.startswith("nick")}
