r"""Conversations with named actors, inside a test. Those of ``tests/scripts`` have a longer form: see ``stage.py``.

::

    alice> PRIVMSG #room :hi                                    what alice sends
    alice< @msgid={m} :alice!alice@s PRIVMSG #room :hi          what she hears, line by line
    bob< :alice!alice@s PRIVMSG #room :hi
    alice< <closed>                                             her connection has ended

Everybody hears exactly what the script says, in this order, and nothing else before the next line is sent. A ``>>``
keeps the line back until the actor's next ``>``, so that both are sent in one piece. ``{name}`` stands for a piece of
text without space and ``;``, the same one wherever the name comes again; ``...`` for any text. Lines that begin with
``--`` are comments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.server.world import World

_STEP = re.compile(r"(\w+)(>>|>|<) ?(.*)")
_HOLE = re.compile(r"\{(\w+)\}|(\.\.\.)")
_WORD = r"[^ ;]+"


def play(world: World, text: str, **known: str) -> dict[str, str]:
    """Play a script; returns what its names in braces stood for (some may be ``known`` before)."""
    __tracebackhide__ = True
    names = dict(known)
    kept: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("--"):
            continue
        step = _STEP.fullmatch(line)
        assert step is not None, f"line {number} is no step: {line}"
        actor, sign, what = step.groups()
        if sign == "<":
            _expect(world, actor, what, names, number)
            continue
        kept.setdefault(actor, []).append(fill(what, names))
        if sign == ">":
            _expect_silence(world, f"before line {number} ({line})")
            world.actors[actor].say(*kept.pop(actor))
    assert not kept, f"never sent: {kept}"
    _expect_silence(world, "at the end")
    return names


def _expect_silence(world: World, when: str) -> None:
    __tracebackhide__ = True
    heard = {name: list(actor.heard) for name, actor in world.actors.items() if actor.heard}
    assert not heard, f"{when}, more was heard than the script says: {heard}"


def _expect(world: World, actor: str, what: str, names: dict[str, str], number: int) -> None:
    __tracebackhide__ = True
    heard = world.actors[actor].heard
    assert heard, f"line {number}: {actor} heard nothing instead of: {what}"
    line = heard.popleft()
    match = re.fullmatch(pattern(what, names), line)
    assert match is not None, f"line {number}: {actor} heard\n  {line}\ninstead of\n  {what}\nwith {names}"
    names.update(match.groupdict())


def pattern(what: str, names: dict[str, str]) -> str:
    """Make the expression of a line with names in braces, of which some are known."""
    parts, at, new = [], 0, set()
    for hole in _HOLE.finditer(what):
        parts.append(re.escape(what[at : hole.start()]))
        at, name = hole.end(), hole[1]
        if name is None:
            parts.append(".+")
        elif name in names:
            parts.append(re.escape(names[name]))
        elif name in new:
            parts.append(f"(?P={name})")
        else:
            new.add(name)
            parts.append(f"(?P<{name}>{_WORD})")
    return "".join([*parts, re.escape(what[at:])])


def fill(what: str, names: dict[str, str]) -> str:
    """Put what is known for names in braces."""
    return re.sub(r"\{(\w+)\}", lambda hole: names.get(hole[1], hole[0]), what)
