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


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_up(path):
    """ "Arrows point up only"; server and client never import each other; auth knows only errors and config."""
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is not a part that DESIGN.md names"
    assert rooms(imports_of(path)) - {room} <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_concrete_parts_are_chosen_in_one_place(path):
    """ "Only server/app.py chooses concrete parts (which log ...)"."""
    for part, choosers in CONCRETE.items():
        if not name_of(path).startswith(tuple(choosers)):
            assert not [name for name in imports_of(path) if name == part or name.startswith(part + ".")]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.relative_to(PACKAGE).as_posix().startswith(tuple(PURE))], ids=name_of
)
def test_pure_rooms_know_no_outer_world(path):
    """ "PURE rooms import no asyncio, socket, clock, random source or logging. Time and ids are arguments." """
    assert not {name.split(".")[0] for name in imports_of(path)} & IMPURE_MODULES
    calls = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    assert not calls & CLOCKS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_short(path):
    """ "Functions under about 50 lines, files under about 400. Past that, look for the missing idea"."""
    assert path.read_text().count("\n") <= FILE_LINES_MAX
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not {node.name: lines for node in functions if (lines := function_lines(node)) > FUNCTION_LINES_MAX}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_begins_with_what_it_is_for(path):
    """ "A module's first docstring sentence names its one responsibility." """
    assert ast.get_docstring(tree_of(path))


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
