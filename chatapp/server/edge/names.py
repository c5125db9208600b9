"""Pure: gives the variables of scripts short names, because half of the bytes of a script are names.

Scopes do not matter here: a variable gets the same short name everywhere in all scripts, and no two variables get the
same one, nor one that stays. So each use still finds the declaration that it found before. The names of properties
stay: ``x.name``, ``{ name: x }``, and ``name() {}`` in a class. ``{ name }`` names a property and a variable, and
becomes ``{ name: x }``. The names of private methods, ``#name() {}``, become short too, each the same everywhere.
``true`` and ``false`` become ``!0`` and ``!1``, and ``const`` becomes ``let``, which means the same where nothing is
assigned to the variable.

This module reads what ``scripts.py`` makes of our own modules, not any script. In these there are no labels, no fields
of classes and no braces within ``${}``, and each statement ends with ``;`` or a block. A test compares the programs
before and after with a parser of the language, and fails if this module has misread one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from string import ascii_letters
from typing import NamedTuple

_LANGUAGE = """
    arguments as async await break case catch class const continue default delete do else eval export extends false
    finally for from function get if import in instanceof let new null of return set static super switch this throw
    true try typeof undefined void while yield
"""
_BROWSER = """
    Array Boolean CSS Date Error Infinity Intl JSON Map Math Notification Number Object Promise RegExp ResizeObserver
    Set String TextEncoder URL URLSearchParams Uint8Array WebSocket addEventListener btoa clearTimeout crypto document
    fetch getComputedStyle history innerHeight isSecureContext localStorage location matchMedia navigator queueMicrotask
    requestAnimationFrame scrollTo setInterval setTimeout visualViewport window
"""  # a test fails if a script uses another global name
_SHORTER = {"const": "let", "false": "!1", "true": "!0"}
_LOADED = "later"  # main.js takes it as a property of later.js
_WORD = r"[A-Za-z_$][\w$]*"
_KEPT = frozenset(re.findall(_WORD, f"{_LANGUAGE} {_BROWSER} {_LOADED}"))
_TOKEN = re.compile(
    rf"#?{_WORD}|\d[\w.]*|\.\.\.|=>|"
    r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|'
    r"(?<![\w$)\]`])/(?:[^/\\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+/\w*|"  # a regular expression: no value is before it
    r".",
    re.DOTALL,
)
_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_OPENING, _CLOSING = "({[", ")}]"
# After these a brace begins an object, or a pattern in the form of an object; after others it begins a block.
_BEFORE_OBJECT = frozenset(["(", ",", "=", ":", "[", "?", "&", "|", "...", "return", "const", "let"])
_ONE_LETTER_NAMES = 50  # at most, so that some letters may stay the names of others


class _Places(NamedTuple):
    """Where the tokens of a script are names of variables: ``alone``, or (``{ name }``) those of properties ``too``."""

    alone: list[int]
    too: list[int]


def shortened(scripts: Mapping[str, str]) -> dict[str, str]:
    """Return scripts with short names, and with one ``let`` for several declarations; they may import each other."""
    tokens = {script: _tokens(text) for script, text in scripts.items()}
    places = {script: _places(each) for script, each in tokens.items()}
    short = _short_names(
        Counter(tokens[script][at] for script, found in places.items() for at in (*found.alone, *found.too)),
        Counter(tokens[script][at] for script, found in places.items() for at in found.too),
    )
    private = Counter(token for each in tokens.values() for token in each if token[0] == "#")
    short |= {name: f"#{new}" for (name, _), new in zip(private.most_common(), _fresh(frozenset()), strict=False)}
    for script, each in tokens.items():
        each[:] = [short.get(token, token) if token[0] == "#" else _SHORTER.get(token, token) for token in each]
        for at in places[script].alone:
            each[at] = short.get(each[at], each[at])
        for at in places[script].too:
            each[at] += f":{short[each[at]]}" if each[at] in short else ""
        _join_declarations(each)
    return {script: "".join(each) for script, each in tokens.items()}


def _short_names(uses: Counter[str], too: Counter[str]) -> dict[str, str]:
    """Return the new names, the shortest for the most used. A name that would gain nothing stays."""
    ordered = [name for name, _ in uses.most_common()]
    gaining = ordered[:_ONE_LETTER_NAMES]
    gaining += [name for name in ordered[_ONE_LETTER_NAMES:] if uses[name] * (len(name) - 2) > too[name] * len(":xy")]
    return dict(zip(gaining, _fresh(_KEPT | uses.keys() - {*gaining}), strict=False))


def _fresh(taken: frozenset[str]) -> Iterator[str]:
    for length in (1, 2):
        for letters in product(ascii_letters, repeat=length):
            if (name := "".join(letters)) not in taken:
                yield name


def _tokens(text: str) -> list[str]:
    """Return the words, signs, texts and regular expressions of a script; joined, they are the script.

    The text of a template is cut at its expressions: ```a ${``, ``name``, ``} b```.
    """
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token[0] != "`":
            tokens.append(token)
            continue
        first, *others = _EXPRESSION.split(token)
        tokens.append(first)
        for expression, part in zip(others[::2], others[1::2], strict=True):
            tokens[-1] += "${"
            tokens += [*_tokens(expression), f"}}{part}"]
    return tokens


def _places(tokens: list[str]) -> _Places:
    """Find the names of variables."""
    places = _Places([], [])
    methods: set[int] = set()  # places of the names of methods, which are known only at the end of their parameters
    inside = [(0, False)]  # of each open bracket: where it is, and whether it is that of an object
    before = ""
    for at, token in enumerate(tokens):
        if token[0] in _CLOSING:
            start, _ = inside.pop()
            if token == ")" and tokens[at + 1 : at + 2] == ["{"] and tokens[start - 3 : start - 1] != ["function", " "]:
                methods.add(start - 1)
        if token[-1] in _OPENING:
            inside.append((at, token == "{" and before in _BEFORE_OBJECT))
        elif token[0].isidentifier() and token not in _KEPT and before != ".":
            after = tokens[at + 1] if at + 1 < len(tokens) else ""
            in_object = inside[-1][1] and before in ("{", ",")
            if in_object and after in (",", "}", "="):
                places.too.append(at)
            elif not (in_object and after == ":"):
                places.alone.append(at)
        before = token
    return _Places([at for at in places.alone if at not in methods], places.too)


def _join_declarations(tokens: list[str]) -> None:
    """Make ``let a = 1; let b = 2;`` one declaration, ``let a = 1, b = 2;``, unless a script exports one."""
    words = [""]  # of each open bracket: with which word the statement in it begins, if that declares
    for at, token in enumerate(tokens):
        if token == ";":
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            if words[-1] and words[-1] == following:
                tokens[at], tokens[at + 1] = ",", ""
                tokens[at + 2] = tokens[at + 2].lstrip()
            else:
                words[-1] = ""
        elif token == "let" and (not at or tokens[at - 1] in (";", "{", "}")):
            words[-1] = token
        if token and token[0] in _CLOSING:
            words.pop()
        if token and token[-1] in _OPENING:
            words.append("")
