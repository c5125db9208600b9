"""Reads the conversations of ``tests/scripts``: their steps, and where each stands. README.md there has the form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "scripts"
INDENT = "    "

_LINE = re.compile(r"(?P<who>\w+(?:\.\w+)?)(?P<sign>>>|>|<)(?: (?P<text>.*))?")
_LOOKS_LIKE_A_STEP = re.compile(r"--|\w+(?:\.\w+)?(?:>>|>|<)(?: |$)")
_REPEATED = re.compile(r"\{(\d+) (\S)\}")
_PICTURES = {picture: picture - 0x2400 for picture in range(0x2400, 0x2421)}  # ␀ to ␠
_CONTROLS = {control: picture for picture, control in _PICTURES.items() if control != 0x20}


class ScriptError(Exception):
    """A script has not the form that README.md describes, or says something that cannot be done."""


class Step(NamedTuple):
    """One line of a conversation: what an actor sends (``>``, ``>>``) or sees (``<``), or what happens (``--``)."""

    place: str  # file and line, as in "r1-names.txt:12"
    who: str  # empty for what happens
    sign: str
    text: str


def read(path: Path) -> list[Step]:
    """Read the steps of a script; raises ScriptError with file and line if it has not the form."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if not lines[0] or lines[0] != lines[0].strip() or lines[1:2] != [""]:
        raise ScriptError(f"{path.name}:1: A script begins with a title and an empty line.")
    places = [(f"{path.name}:{number}", line) for number, line in enumerate(lines, 1)]
    steps = [_step(place, line) for place, line in places if _is_step(place, line)]
    if not any(step.sign == "<" or " sees " in step.text for step in steps):
        raise ScriptError(f"{path.name}:{len(lines)}: Nobody sees anything in this script.")
    return steps


def shown(text: str) -> str:
    """Write a line as scripts do."""
    return text.translate(_CONTROLS)


def _is_step(place: str, line: str) -> bool:
    if line != line.rstrip():
        raise ScriptError(f"{place}: White space ends this line; write ␠ for a space that is sent or seen.")
    if _LOOKS_LIKE_A_STEP.match(line):
        raise ScriptError(f"{place}: A step stands four spaces from the margin.")
    return line[:1].isspace()


def _step(place: str, line: str) -> Step:
    text = line.removeprefix(INDENT)
    if text == line or text[0].isspace():
        raise ScriptError(f"{place}: A step stands four spaces from the margin.")
    if text.startswith("-- "):
        return Step(place, "", "--", _said(text[3:]))
    match = _LINE.fullmatch(text)
    if match is None:
        raise ScriptError(f"{place}: This is no step: {text}")
    return Step(place, match["who"], match["sign"], _said(match["text"] or ""))


def _said(text: str) -> str:
    return _REPEATED.sub(lambda match: match[2] * int(match[1]), text).translate(_PICTURES)
