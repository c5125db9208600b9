"""Pure: joins the modules of the page into a few scripts, so that a browser asks for them at once and not in turns.

Each module is a plain ES module, with imports and exports that have a line of their own:

- ``import { one, two } from "./module.js";`` The module is joined as it is, so a name at its top level is the name of
  nothing else in the script. Names are never changed.
- ``import * as module from "./module.js";`` The module keeps its names to itself, and gives its exports as an object.

``main.js`` has the modules that it imports. Each module that these import later (``import("./later.js")``) becomes a
script with what the other one does not have; it imports the rest from ``main.js``, which exports that. A script that
nobody imports stands alone. Comments, and the spaces that mean nothing, are left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MAIN = "main.js"

_WHAT = r"(?:\{ (?P<names>[\w, ]+) \}|\* as (?P<alias>\w+))"
_IMPORT = re.compile(rf'^import {_WHAT} from "(?P<path>\.[^"]+)";\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_TOP = re.compile(r"^(?:async function|function|class|const|let) (\w+)", re.MULTILINE)
_COMMENTS = re.compile(r"^[ \t]*(?://|/\*\*|\*(?:[ /]|$)).*$", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
# A text, a template without another one in it, or a regular expression; a sign of division has spaces beside it.
_LITERAL = re.compile(
    r"""(
        "(?:[^"\\]|\\.)*"
        | `(?:[^`\\$]|\\.|\$(?!\{)|\$\{[^`"{}]*\})*`
        | /(?![ /])(?:\[(?:[^\]\\]|\\.)*\]|[^/\\\[]|\\.)+/[a-z]*
    )""",
    re.VERBOSE,
)
_MAY_BE_LITERAL = re.compile(r'["`/]')
_SPACE = re.compile(r" +(?=[{}()\[\],;:?=<>&|!])|(?<=[{}()\[\],;:?=<>&|!]) +")


class Module(NamedTuple):
    """One module: what it imports, and its text without its imports."""

    names: dict[str, list[str]]  # of a module -> the names that are imported
    aliases: dict[str, str]  # of a module -> the name of the object with its exports
    later: list[str]  # modules that are imported later
    text: str

    @property
    def exports(self) -> list[str]:
        """The exported names."""
        return _EXPORT.findall(self.text)


def joined(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the scripts that a browser asks for: name -> text. ``sources``: path of each module -> its text."""
    modules = {name: _read(name, text) for name, text in sources.items()}
    main = list(_needed(MAIN, modules, {})) if MAIN in modules else []
    wrapped = {path: alias for each in modules.values() for path, alias in each.aliases.items()}
    later = sorted({path for each in modules.values() for path in each.later})
    scripts: dict[str, str] = {}
    shared: set[str] = set()
    reached = {*main}
    for entry in later:
        own = [name for name in _needed(entry, modules, {}) if name not in main]
        taken = {name for each in own for name in _taken(modules[each], main)}
        path = f"./{'../' * entry.count('/')}{MAIN}"
        rest = f'import {{ {", ".join(sorted(taken))} }} from "{path}";\n' if taken else ""
        scripts[entry] = cleaned(rest + _script(own, modules, wrapped))
        shared |= taken
        reached |= {*own}
    if main:
        exported = f"export {{ {', '.join(sorted(shared))} }};\n" if shared else ""
        scripts[MAIN] = cleaned(_script(main, modules, wrapped) + exported)
    return scripts | {name: cleaned(text) for name, text in sources.items() if name not in reached}


def _read(name: str, text: str) -> Module:
    names: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    folder = posixpath.dirname(name)
    for found in _IMPORT.finditer(text):
        path = posixpath.normpath(posixpath.join(folder, found["path"]))
        if found["alias"]:
            aliases[path] = found["alias"]
        else:
            names[path] = found["names"].split(", ")
    later: list[str] = []

    def seen_from_main(found: re.Match[str]) -> str:
        later.append(posixpath.normpath(posixpath.join(folder, found[1])))
        return f'import("./{later[-1]}")'

    return Module(names, aliases, later, _LATER.sub(seen_from_main, _IMPORT.sub("", text)))


def _needed(name: str, modules: Mapping[str, Module], state: dict[str, bool]) -> Iterator[str]:
    """Give the modules that a module needs, each after those that it needs itself. ``state``: whether it was given."""
    if state.get(name):
        return
    assert name not in state, f"{name} needs itself"
    state[name] = False
    module = modules[name]
    for path in (*module.names, *module.aliases):
        yield from _needed(path, modules, state)
    state[name] = True
    yield name


def _taken(module: Module, main: list[str]) -> Iterator[str]:
    """Give the names that a module takes from modules of ``main``."""
    for path, names in module.names.items():
        yield from names if path in main else ()
    for path, alias in module.aliases.items():
        yield from [alias] if path in main else ()


def _script(names: list[str], modules: Mapping[str, Module], wrapped: Mapping[str, str]) -> str:
    """Return modules as one script. The last is what it is for: its exports stay."""
    parts: list[str] = []
    tops: dict[str, str] = {}
    for name in names:
        module = modules[name]
        text = module.text if name == names[-1] else _EXPORT.sub("", module.text)
        found = _TOP.findall(text)
        if alias := wrapped.get(name):
            found = [alias]
            text = f"const {alias} = (() => {{\n{text}return {{ {', '.join(module.exports)} }};\n}})();\n"
        for top in found:
            other = tops.setdefault(top, name)
            assert other == name, f"{name} and {other} have the name {top} in common"
        parts.append(text)
    return "".join(parts)


def cleaned(text: str) -> str:
    """Return a script without comments, indentation, empty lines and the spaces beside brackets and signs.

    It knows lines and literals, and no more of the language; ``tests/web/test_model.py`` compares the programs.
    """
    lines = map(_squeezed, _INDENTATION.sub("", _COMMENTS.sub("", text)).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)


def _squeezed(line: str) -> str:
    """Return a line without needless spaces, and without a comment at its end."""
    parts = _LITERAL.split(line) if _MAY_BE_LITERAL.search(line) else [line]
    if "`" in "".join(parts[::2]):
        return line  # a template of several lines, or within another
    kept: list[str] = []
    for at, part in enumerate(parts):
        if at % 2:
            kept.append(part)
            continue
        code, comment, _ = part.partition(" // ")
        kept.append(_SPACE.sub("", code))
        if comment:
            break
    return "".join(kept).rstrip()
