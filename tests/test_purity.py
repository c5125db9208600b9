"""Pure modules: given the same arguments they do the same."""

from __future__ import annotations

import ast
import re
from itertools import accumulate
from pathlib import Path

import pytest

from tests.support.modules import (
    DOTTED,
    MODULES,
    dotted,
    imports,
    module_name,
    modules_imported,
    name_of,
    offences,
    room_of,
    taken_through,
    tree_of,
)

pytestmark = pytest.mark.once

# Given the same arguments these do the same: a time or an id is an argument. A module is pure if its docstring, or that
# of a package around it, begins with this word. Whoever is pure imports nothing of ours that is not, besides:
PURE = "Pure:"
NOT_CALLED_PURE = {"chatapp", "chatapp.casemap", "chatapp.config", "chatapp.errors"}
# What these use all the same: an administrator chooses files, and how many processes hash depends on the machine.
EXCEPTIONS = {"chatapp.config": {"os", "pathlib.Path"}}
OF_OS = {"cpu_count"}
PURE_MODULES = {
    "__future__", "base64", "binascii", "bisect", "chatapp", "collections", "confusable_homoglyphs", "dataclasses",
    "datetime", "difflib", "email.utils", "enum", "fnmatch", "functools", "h11", "hashlib", "heapq", "hmac", "html",
    "http.HTTPStatus", "ipaddress", "itertools", "json", "math", "msgspec", "posixpath.dirname", "posixpath.join",
    "posixpath.normpath", "prompt_toolkit.key_binding", "prompt_toolkit.keys", "re", "rjsmin", "string", "textwrap",
    "tomllib", "types", "typing", "unicodedata", "wcwidth", "weakref", "zlib",
}  # fmt: skip
# Of datetime and email.utils, which are pure otherwise.
CLOCKS = {"now", "utcnow", "today", "localtime", "make_msgid"}
# These are pure with one argument, whose place and name are here. Without it, they take the time from a clock, or the
# time zone from the machine.
PURE_WITH = {"formatdate": (0, "timeval"), "fromtimestamp": (1, "tz"), "astimezone": (0, "tz")}
# Built in. The ``hash`` of a text differs between processes.
IMPURE_NAMES = {
    "__builtins__", "__import__", "__loader__", "breakpoint", "eval", "exec", "globals", "hash", "input", "open",
    "print",
}  # fmt: skip


def says_pure(path: Path) -> bool:
    """Tell whether a module calls itself pure, or a package around it does."""
    packages = [folder / "__init__.py" for folder in path.parents]
    files = [path, *(package for package in packages if package.exists())]
    return any((ast.get_docstring(tree_of(file)) or "").startswith(PURE) for file in files)


@pytest.mark.parametrize("packages", [("",), ("", "deep"), ("", "deep", "deep/deeper")])
def test_a_pure_package_is_pure_however_deep(tmp_path, packages):
    """What a package says of its modules counts in the folders inside it too, packages or not."""
    module = tmp_path / "package" / "deep" / "deeper" / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text("import time")
    assert not says_pure(module)
    for package in packages:
        (tmp_path / "package" / package / "__init__.py").write_text("" if package else '"""Pure: a package."""')
    assert says_pure(module)


def pure_elsewhere(tree: ast.Module) -> list[str]:
    """Return the docstrings that call something pure where nobody checks it: not as the first word of the module."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    texts = {node: ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)}
    texts[tree] = texts[tree].removeprefix(PURE)
    return [text for text in texts.values() if re.search(r'(?<!")\bpure\s*:', text, re.IGNORECASE)]


@pytest.mark.parametrize(
    "source",
    [
        '"""PURE: a module."""',
        '"""A module. Pure: the time is an argument."""',
        'class Some:\n    """A class. Pure: the time is an argument."""',
        'def some():\n    """Pure: the time is an argument."""',
    ],
)
def test_pure_is_seen_in_every_place(source):
    """What the next test looks for is found wherever it is written."""
    assert pure_elsewhere(ast.parse(source))


def test_only_modules_call_themselves_pure():
    """A docstring that calls something pure begins with it, and is that of a module or package, which is checked."""
    assert not offences({name_of(path): pure_elsewhere(tree_of(path)) for path in MODULES})


def impure_in(tree: ast.AST) -> set[str]:
    """Return the names of modules, methods and functions in a module that a pure module does not use."""
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and not has_its_argument(node.attr, calls.get(id(node)))
    }
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    imported = set(imports(tree, "chatapp.model"))
    through = {name for name in imports(tree, "chatapp.model", outside=True) if taken_through(name)}
    attributes |= {name.rpartition(".")[2] for name in imported}  # of a module, in ``from module import attribute``
    return (
        {name for name in imported if not {*accumulate(name.split("."), DOTTED)} & PURE_MODULES}
        | through
        | attributes & {*CLOCKS, *PURE_WITH}
        | names & IMPURE_NAMES
    )


def has_its_argument(function: str, call: ast.Call | None) -> bool:
    """Tell whether a function of PURE_WITH is called with the argument that makes it pure."""
    if function not in PURE_WITH or call is None:
        return False
    place, name = PURE_WITH[function]
    return len(call.args) > place or any(each.arg == name for each in call.keywords)


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "def f():\n    from time import monotonic",
        "import os.path as p",
        "datetime.now()",
        "from datetime import datetime as d\nbegin = d.utcnow",
        "__import__('time')",
        "load = __import__",
        "import importlib\nimportlib.import_module('time')",
        "from importlib import import_module",
        "import builtins",
        "import http.client",
        "from urllib.request import urlopen",
        "import email.utils\nemail.utils.localtime()",
        "import email.utils\nemail.utils.formatdate()",
        "import email.utils\nemail.utils.formatdate(usegmt=True)",
        "import email.utils\nstamp = email.utils.formatdate",
        "import email.utils\nemail.utils.make_msgid()",
        "from email.utils import localtime",
        "from email.utils import formatdate",
        "hash(name)",
        "key = hash",
        "from prompt_toolkit import application",
        "exec('import time')",
        "open('/etc/hostname')",
        "__builtins__['open']",
        "from chatapp.config import os",
        "from chatapp.config import os as system",
        "from chatapp.config import Config, Path",
        "from chatapp.config import *",
        "from chatapp import config\nconfig.os.listdir()",
        "from fnmatch import os",
        "import email.utils\nemail.utils.time.time()",
        "import email.utils as u\nu.random.random()",
        "import posixpath\nposixpath.exists('/etc')",
        "from posixpath import getmtime",
        "datetime.fromtimestamp(0)",
        "moment.astimezone()",
        "globals()['__builtins__']",
        "breakpoint()",
        "import chatapp.config as settings\nsettings.os",
    ],
)
def test_what_is_not_pure_is_seen_in_every_form(source):
    """What the next test looks for is found however it is written."""
    assert impure_in(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "import email.utils\nemail.utils.formatdate(time_s, usegmt=True)",
        "import datetime\ndatetime.datetime.fromtimestamp(time_s, datetime.UTC)",
        "import datetime\ndatetime.datetime.fromtimestamp(time_s, tz=datetime.UTC)",
        "from datetime import UTC\nmoment.astimezone(UTC)",
    ],
)
def test_a_time_that_is_an_argument_is_pure(source):
    """ "Times and ids are arguments": a date is made of a time, and of a time zone, that is given."""
    assert not impure_in(ast.parse(source))


@pytest.mark.parametrize("source", ["from chatapp.config import Config", "from chatapp import config\nconfig.Listen"])
def test_what_a_module_of_ours_has_itself_is_pure(source):
    """A pure module takes from a module of the package what this defines, or has from the package."""
    assert not impure_in(ast.parse(source))


def test_what_pure_modules_call_is_pure_too():
    """ "Pure" holds for the modules below that do not say it, besides the stated exceptions, which they all use."""
    below = {module_name(path): tree_of(path) for path in MODULES if module_name(path) in NOT_CALLED_PURE}
    assert below.keys() == NOT_CALLED_PURE
    found = {name: impure_in(tree) for name, tree in below.items()}
    assert offences(found) == EXCEPTIONS
    nodes = list(ast.walk(below["chatapp.config"]))
    of_os = [node for node in nodes if isinstance(node, ast.Attribute) and dotted(node.value) == "os"]
    assert {node.attr for node in of_os} == OF_OS
    assert len(of_os) == sum(isinstance(node, ast.Name) and node.id == "os" for node in nodes)


def test_what_says_that_it_is_pure_is_pure():
    """ "PURE modules import no asyncio, socket, clock, random source or logging. Times and ids are arguments." """
    pure = [path for path in MODULES if says_pure(path)]
    assert {room_of(path) for path in pure} >= {"protocol", "model", "server", "client"}
    assert not offences({name_of(path): impure_in(tree_of(path)) for path in pure})
    names = {module_name(path) for path in pure} | NOT_CALLED_PURE
    assert not offences({name_of(path): modules_imported(path) - names for path in pure})
