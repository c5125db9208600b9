"""The shape of the project: who may import whom, what is pure, and what lies at the top."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "chatapp"

TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "README.md", "chatapp", "pyproject.toml", "setup.cfg", "tests",
}  # fmt: skip

# errors, config <- protocol <- model <- storage <- server <- cli, and protocol <- client <- cli; auth <- server, cli.
# Of the package itself (its version) anyone may know.
MAY_IMPORT = {
    "errors": set(),
    "config": {"errors"},
    "protocol": {"errors", "config"},
    "model": {"errors", "config", "protocol"},
    "storage": {"errors", "config", "protocol", "model"},
    "auth": {"errors", "config"},
    "server": {"errors", "config", "protocol", "model", "storage", "auth"},
    "client": {"errors", "config", "protocol"},
    "cli": {"errors", "config", "protocol", "model", "storage", "auth", "server", "client"},
    "__main__": {"cli"},
    "__init__": set(),
}

# Given the same arguments these do the same: a time or an id is an argument.
PURE = ["protocol", "model", "server/render.py", "client/session.py"]
IMPURE_MODULES = {
    "asyncio", "concurrent", "contextvars", "logging", "multiprocessing", "os", "pathlib", "queue", "random", "secrets",
    "select", "selectors", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
    "uuid", "uvloop",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}  # of datetime, which is pure without these

# Who chooses concrete parts.
CONCRETE = {"chatapp.storage.sqlite": {"chatapp/storage", "chatapp/server/app.py"}}

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60  # "about 50", without the docstring

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return a file's path from the top, as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file, once for all that is looked for in it."""
    return ast.parse(path.read_text())


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Find the full names of all that a module imports, wherever in it; ``package`` is the one it lies in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def imports_of(path: Path) -> list[str]:
    """Find the full names of all that a file of the package imports."""
    return list(imports(tree_of(path), ".".join(path.relative_to(ROOT).parent.parts)))


def room_of(path: Path) -> str:
    """Return the part of the package that a file belongs to: ``errors``, ``protocol``, ``server`` ..."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms(imported: list[str]) -> set[str]:
    """Return which parts of the package are among the names imported."""
    inner = {name.split(".")[1] for name in imported if name.startswith("chatapp.")}
    return {room for room in inner if room in MAY_IMPORT}


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import chatapp.server.app", ["chatapp.server.app"]),
        ("from chatapp import server", ["chatapp.server"]),
        ("from chatapp.server import app as x", ["chatapp.server.app"]),
        ("from ..server import app", ["chatapp.server.app"]),
        ("from .. import server", ["chatapp.server"]),
        ("from . import message", ["chatapp.protocol.message"]),
        ("def f():\n    if x:\n        import time", ["time"]),
        ("from time import monotonic", ["time.monotonic"]),
    ],
)
def test_imports_are_seen_in_every_form(source, found):
    """What this file looks for is found however it is written."""
    assert list(imports(ast.parse(source), "chatapp.protocol")) == found


def offences(found: dict[str, object]) -> dict[str, object]:
    """Leave out the files with which nothing is wrong."""
    return {name: wrong for name, wrong in found.items() if wrong}


def test_there_are_modules():
    """What the rules below are about is there, and of the parts that DESIGN.md names."""
    assert len(MODULES) > 100
    assert {room_of(path) for path in MODULES} == MAY_IMPORT.keys()


def test_imports_point_up():
    """ "Arrows point up only"; server and client never import each other; auth knows only errors and config."""
    imported = {path: rooms(imports_of(path)) - {room_of(path)} for path in MODULES}
    assert not offences({name_of(path): found - MAY_IMPORT[room_of(path)] for path, found in imported.items()})


def test_concrete_parts_are_chosen_in_one_place():
    """ "Only server/app.py chooses concrete parts (which log ...)"."""
    for part, choosers in CONCRETE.items():
        others = [path for path in MODULES if not name_of(path).startswith(tuple(choosers))]
        found = {
            name_of(path): [name for name in imports_of(path) if f"{name}.".startswith(f"{part}.")] for path in others
        }
        assert not offences(found)


def test_pure_rooms_know_no_outer_world():
    """ "PURE rooms import no asyncio, socket, clock, random source or logging. Time and ids are arguments." """
    pure = [path for path in MODULES if path.relative_to(PACKAGE).as_posix().startswith(tuple(PURE))]
    assert len(pure) > len(PURE)
    imported = {name_of(path): {name.split(".")[0] for name in imports_of(path)} for path in pure}
    assert not offences({name: found & IMPURE_MODULES for name, found in imported.items()})
    used = {
        name_of(path): {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
        for path in pure
    }
    assert not offences({name: found & CLOCKS for name, found in used.items()})


# Bytes, of which splitlines() splits at CR and LF alone; and what a person types, in words.
MAY_SPLIT_AT_WHITE_SPACE = {
    "chatapp/auth/lines.py", "chatapp/client/commands.py", "chatapp/client/plain.py", "chatapp/client/ui/model.py",
}  # fmt: skip


def test_only_lf_ends_a_line_and_only_a_space_ends_a_word():
    """``str.splitlines()`` splits at U+2028, U+0085 and others, ``str.split()`` at more: a peer could forge lines."""
    found = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr == "splitlines" or (node.func.attr in ("split", "rsplit") and not node.args))
    }
    assert found <= MAY_SPLIT_AT_WHITE_SPACE


def test_files_are_short():
    """ "Files under about 400" lines. "Past that, look for the missing idea"."""
    lines = {name_of(path): path.read_text().count("\n") for path in MODULES}
    assert not {name: count for name, count in lines.items() if count > FILE_LINES_MAX}


def test_functions_are_short():
    """ "Functions under about 50 lines"."""
    functions = [
        (name_of(path), node)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [(name, node.name) for name, node in functions if function_lines(node) > FUNCTION_LINES_MAX]


def test_a_module_begins_with_what_it_is_for():
    """ "A module's first docstring sentence names its one responsibility." """
    assert not [name_of(path) for path in MODULES if not ast.get_docstring(tree_of(path))]


def test_the_top_level_is_small():
    """What lies at the top is known by name, and there is nothing else that git would keep."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("only git knows which files are kept")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    paths = [path for path in listed if path and (ROOT / path).exists()]
    assert {path.split("/")[0] for path in paths} <= TOP_LEVEL
    assert [path for path in paths if path.startswith(".ci/")] == [".ci/run"]
