"""Pure: joins the modules of the page into two scripts, so that a browser asks for all of them at once.

Each request costs a slow phone a round trip, and over HTTP/1.1 a browser has only six connections for them.
``main.js`` comes with all the modules that it imports, and ``later.js`` with those that ``main.js`` does not have: it
imports from ``main.js`` what it needs of the others. A script that belongs to neither stands alone.

The text of a module is joined unchanged, except that its imports are left out, and the word ``export`` before each name
that no other script imports; ``main.js`` ends with the names that ``later.js`` imports. So an import must have a line
of its own, ``import { one, two } from "./module.js";``, and no two modules of a script may have a name in common at
their top level. Comments and spaces are left out too (:func:`smaller`). ``names.py`` shortens the names after that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import dirname, join, normpath

from rjsmin import jsmin

MAIN, LATER = "main.js", "later.js"

_EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function) (\w+))", re.MULTILINE)
_COMMA = re.compile(r",(?=[)}])")
_END = re.compile(r";?\}\n?")
_PARAMETER = re.compile(r"(?<![\w$)])\((\w+)\)=>")
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "(\.[^"]+)";\n', re.MULTILINE)


def joined(modules: Mapping[str, str]) -> dict[str, str]:
    """Return the scripts that a browser asks for: name -> text. ``modules``: path of each module -> its text."""
    main = list(dict.fromkeys(_needed(MAIN, modules)))
    later = [name for name in dict.fromkeys(_needed(LATER, modules)) if name not in main]
    taken = {one for name in later for path, names in _imports(name, modules) if path in main for one in names}
    scripts = {
        MAIN: _exporting((), "".join(_without_imports(modules[name]) for name in main)),
        LATER: f'import {{ {", ".join(sorted(taken))} }} from "./{MAIN}";\n' if taken else "",
    }
    if taken:
        scripts[MAIN] += f"export {{ {', '.join(sorted(taken))} }};\n"
    scripts[LATER] += _exporting({"later"}, "".join(_without_imports(modules[name]) for name in later))
    alone = {name: text for name, text in modules.items() if name not in (*main, *later)}
    return {name: smaller(text) for name, text in (scripts | alone).items() if text}


def smaller(text: str) -> str:
    """Leave out what means nothing: comments, spaces, ``;`` and line ends around ``}``, ``()`` of a name, last commas.

    It is for scripts in which every statement ends with ``;`` or a block. ``rjsmin`` does not know templates within
    templates, so there are none. A test compares the programs before and after.
    """
    return _PARAMETER.sub(r"\1=>", _END.sub("}", _COMMA.sub("", jsmin(text))))


def _needed(name: str, modules: Mapping[str, str]) -> Iterator[str]:
    """Give the modules that a module needs, each after those that it needs itself; a module may come several times."""
    if name in modules:
        for path, _ in _imports(name, modules):
            yield from _needed(path, modules)
        yield name


def _imports(name: str, modules: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return the path of each module that a module imports, and the names that it takes."""
    folder = dirname(name)
    found = _IMPORT.findall(modules[name])
    return [(normpath(join(folder, path)), names.split(", ")) for names, path in found]


def _exporting(names: Collection[str], text: str) -> str:
    """Leave out the word ``export`` where it means nothing: no other script takes the name."""
    return _EXPORT.sub(lambda found: found[0] if found[1] in names else "", text)


def _without_imports(text: str) -> str:
    return _IMPORT.sub("", text)
