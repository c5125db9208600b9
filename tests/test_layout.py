"""The shape of the project: who may import whom, and what lies at the top.

``test_purity.py`` has the rules of pure modules.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from itertools import accumulate

import pytest

from tests.support.modules import (
    DOTTED,
    MODULES,
    PACKAGE,
    ROOT,
    imports,
    imports_of,
    module_name,
    modules_imported,
    name_of,
    offences,
    room_of,
    tree_of,
)

pytestmark = pytest.mark.once

TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "README.md", "chatapp", "docs", "pyproject.toml", "setup.cfg", "tests",
}  # fmt: skip

# errors, config <- protocol <- model <- storage <- server <- cli, and protocol <- client <- cli; auth <- server, cli.
# Of the package itself (its version) anyone may know.
MAY_IMPORT = {
    "errors": set(),
    "casemap": set(),
    "counting": set(),
    "reading": set(),
    "config": {"errors"},
    "protocol": {"casemap", "errors", "config"},
    "model": {"casemap", "errors", "config", "protocol"},
    "storage": {"casemap", "reading", "errors", "config", "protocol", "model"},
    "auth": {"casemap", "reading", "errors", "config"},
    "server": {"casemap", "counting", "reading", "errors", "config", "protocol", "model", "storage", "auth"},
    "client": {"casemap", "reading", "errors", "config", "protocol"},
    "cli": {
        "casemap", "counting", "reading", "errors", "config", "protocol", "model", "storage", "auth", "server",
        "client",
    },
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip

# The same inside server and client: the rooms from the lowest to the highest. A room imports only rooms before it.
# Whoever imports a room of the server imports the package itself first, so it is the lowest. That of the client is the
# highest, because it offers a front to programs; it imports this front only when a program asks for it.
LAYERS = {
    "server": [
        "__init__", "refusals", "wire", "stamps", "redactions", "finding", "joining", "gateways", "client_certificates",
        "channel_looks", "display_names", "capabilities", "limits", "activity", "delivery",
        "proposals", "lapses", "roster", "invitation_uses", "accounts", "tokens", "folder", "services",
        "administrating", "inviting",
        "session", "commands", "edge", "watch", "control", "running", "app",
    ],
    "client": ["core", "network", "fronts", "__init__"],
}  # fmt: skip
# Python imports the packages around a module before the module. So when a package imports its own modules, an import of
# any of them imports them all. These packages do so, to offer under their own name what their modules have.
OFFERING = {
    "chatapp.auth", "chatapp.cli", "chatapp.client", "chatapp.server.commands", "chatapp.server.refusals",
}  # fmt: skip
# Fronts do not know each other, only what lies beside them.
FRONTS = PACKAGE / "client" / "fronts"

# Who chooses concrete parts. ``cli`` changes the password file itself, beside a running server. A backup copies and
# checks the files of a data folder, so it is about this file, whichever store the server has.
PASSWORD_FILE = {"chatapp/auth/", "chatapp/server/app.py", "chatapp/server/folder/backup.py", "chatapp/cli/"}
CONCRETE = {
    "chatapp.storage.sqlite": {"chatapp/storage/", "chatapp/server/app.py"},
    "chatapp.storage.sqlite_history": {"chatapp/storage/", "chatapp/server/app.py"},
    "chatapp.storage.opening": {"chatapp/storage/", "chatapp/server/app.py"},
    "chatapp.storage.sqlite_search": {"chatapp/storage/"},
    "chatapp.storage.writer": {"chatapp/storage/"},
    "chatapp.storage.database": {"chatapp/storage/"},
    "chatapp.auth.password_file": PASSWORD_FILE,
    "chatapp.auth.PasswordFile": PASSWORD_FILE,
}
# These names are about the files of a data folder, not about the parts of a server: ``chat status`` tells how much the
# disk of the folder can still take, and a backup reads from its copy of the log which log this is.
OF_FILES = {
    "chatapp/server/control/status.py": {"chatapp.storage.database.free_bytes"},
    "chatapp/server/folder/backup.py": {"chatapp.storage.database.read_id"},
}

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60  # "about 50", without the docstring


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
        ("import chatapp\nchatapp.model", ["chatapp", "chatapp.model"]),
        ("from chatapp import server\nserver.app", ["chatapp.server", "chatapp.server.app"]),
        ("from .. import server as s\ns.app", ["chatapp.server", "chatapp.server.app"]),
        ("import chatapp.server as s\ns.app", ["chatapp.server", "chatapp.server.app"]),
        ("def f():\n    s.app()\nimport chatapp.server as s", ["chatapp.server", "chatapp.server.app"]),
        ("from time import monotonic", ["time.monotonic"]),
    ],
)
def test_imports_are_seen_in_every_form(source, found):
    """What this file looks for is found however it is written."""
    assert list(imports(ast.parse(source), "chatapp.protocol")) == found


def test_there_are_modules():
    """What the rules below are about is there, and of the parts that DESIGN.md names."""
    assert len(MODULES) > 100
    assert {room_of(path) for path in MODULES} == MAY_IMPORT.keys()


# They import what is named in a table, or what may not be installed, as late as they can.
IMPORTS_BY_NAME = {"chatapp.cli", "chatapp.client", "chatapp.client.network.kept_tokens"}
IMPORTERS = {"builtins", "imp", "importlib", "pkgutil", "pydoc", "runpy", "sys.meta_path", "sys.modules", "zipimport"}
IMPORTING_NAMES = {"__builtins__", "__import__", "__loader__", "__spec__", "eval", "exec"}  # built in


def imports_by_name(tree: ast.AST) -> set[str]:
    """Return the names in a module with which it can import another module by a name that it makes."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found = {each for name in imports(tree, "chatapp.server") for each in accumulate(name.split("."), DOTTED)}
    return found & IMPORTERS | names & IMPORTING_NAMES


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module('time')",
        "from importlib import import_module as load",
        "import runpy",
        "__import__('time')",
        "import sys\nsys.modules['time']",
        "import sys as s\ns.modules.get('time')",
        "from sys import modules",
        "import pkgutil\npkgutil.resolve_name('time')",
        "from pkgutil import resolve_name",
        "exec('import time')",
        "import builtins\nbuiltins.__import__('time')",
        "from builtins import __import__ as load",
        "import pydoc\npydoc.locate('time')",
        "from pydoc import locate",
    ],
)
def test_imports_by_name_are_seen_in_every_form(source):
    """What the next test looks for is found however it is written."""
    assert imports_by_name(ast.parse(source))


def test_imports_are_written_out():
    """What is imported by a name that a program makes cannot be checked here."""
    assert {module_name(path) for path in MODULES if imports_by_name(tree_of(path))} == IMPORTS_BY_NAME


def test_imports_point_up():
    """ "Arrows point up only"; server and client never import each other; auth knows only the lowest modules."""
    imported = {path: rooms(imports_of(path)) - {room_of(path)} for path in MODULES}
    assert not offences({name_of(path): found - MAY_IMPORT[room_of(path)] for path, found in imported.items()})


def test_concrete_parts_are_chosen_in_one_place():
    """ "Only server/app.py chooses concrete parts (which log, which password store)"."""
    found = {name_of(path): concrete_parts(name_of(path), imports_of(path)) for path in MODULES}
    assert not offences(found)
    assert all(names <= set(imports_of(ROOT / file)) for file, names in OF_FILES.items())


def concrete_parts(file: str, imported: list[str]) -> list[str]:
    """Return which of the names imported are of concrete parts that this file does not choose."""
    parts = [f"{part}." for part, choosers in CONCRETE.items() if not file.startswith(tuple(choosers))]
    others = [name for name in imported if name not in OF_FILES.get(file, ())]
    return [name for name in others if f"{name}.".startswith(tuple(parts))]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chatapp/server/session/session.py", "chatapp.storage.writer.Writer"),
        ("chatapp/server/session/session.py", "chatapp.storage.sqlite_search"),
        ("chatapp/server/app.py", "chatapp.storage.sqlite_search.SqliteSearch"),
        ("chatapp/server/proposals.py", "chatapp.storage.database.free_bytes"),
        ("chatapp/server/control/status.py", "chatapp.storage.database.open_writer"),
        ("chatapp/server/control/status.py", "chatapp.storage.database"),
        ("chatapp/server/folder/backup.py", "chatapp.storage.database.open_reader"),
        ("chatapp/server/proposals.py", "chatapp.auth.PasswordFile"),
    ],
)
def test_a_concrete_part_is_seen_wherever_it_is_chosen(file, name):
    """What the last test looks for is found, also in the files that may have a name of the same module."""
    assert concrete_parts(file, [name]) == [name]


def test_rooms_inside_a_part_have_an_order():
    """ "Inside server: limits, wire <- delivery <- session <- commands <- edge <- app", also for type hints."""
    for part, order in LAYERS.items():
        inside = [path for path in MODULES if room_of(path) == part]
        found = {path: path.relative_to(PACKAGE / part).parts[0].removesuffix(".py") for path in inside}
        assert set(found.values()) == set(order)
        assert not offences({name_of(path): rooms_above(part, room, imports_of(path)) for path, room in found.items()})


def rooms_above(part: str, room: str, imported: list[str]) -> set[str]:
    """Return which rooms above ``room``, in the same part, are among the names imported."""
    order = LAYERS[part]
    inner = {f"{name}.__init__".split(".")[2] for name in imported if f"{name}.".startswith(f"chatapp.{part}.")}
    others = {each if each in order else "__init__" for each in inner}  # else something that the package offers
    return {each for each in others if order.index(each) > order.index(room)}


@pytest.mark.parametrize(
    ("part", "room", "imported", "above"),
    [
        ("server", "__init__", "chatapp.server.edge.files", {"edge"}),
        ("server", "delivery", "chatapp.server.session.session.Session", {"session"}),
        ("server", "session", "chatapp.server.delivery.render", set()),
        ("client", "__init__", "chatapp.client.fronts.bot.Client", set()),
        ("client", "core", "chatapp.client.Client", {"__init__"}),
        ("client", "core", "chatapp.client", {"__init__"}),
    ],
)
def test_a_room_above_is_seen_in_every_form(part, room, imported, above):
    """What the last test looks for is found, and what a package itself imports or offers too."""
    assert rooms_above(part, room, [imported]) == above


def test_few_packages_import_their_own_modules():
    """A package that imports a module below it would be an arrow from each module beside it to that module."""
    packages = {module_name(path): imports_of(path) for path in MODULES if path.name == "__init__.py"}
    assert {name for name, found in packages.items() if any(each.startswith(f"{name}.") for each in found)} == OFFERING


def test_the_map_names_every_room():
    """A stranger finds each part of the package, of the server and of the client in the first docstring."""
    text = ast.get_docstring(tree_of(PACKAGE / "__init__.py")) or ""
    rooms_of_all = {*MAY_IMPORT, *LAYERS["server"], *LAYERS["client"]} - {"__init__", "__main__"}
    assert not {room for room in rooms_of_all if f"``{room}``" not in text}


def test_the_map_names_the_lists_in_tests():
    """ "What an addition touches": a test fails without a row in each of these lists, so the map names it."""
    text = ast.get_docstring(tree_of(PACKAGE / "__init__.py")) or ""
    lists = {
        "CASES": "server/secret_cases", "LINES": "server/test_two_servers", "STORED": "model/test_events",
        "RULES": "model/test_policy", "NAMING": "model/test_policy", "_KINDS": "model/test_replay",
    }  # fmt: skip
    for name, file in lists.items():
        assert re.search(rf"^{name}\b.* = ", (ROOT / f"tests/{file}.py").read_text(), re.MULTILINE), name
        assert f"``{name}`` (``{file.split('/')[1]}``)" in " ".join(text.split("\n"))
    assert "``server/commands/test_<verb>.py``" in text


def test_fronts_do_not_know_each_other():
    """A front is one way to use the client: removing it breaks nothing but itself. ``person`` is what they share."""
    folders = {path.name for path in FRONTS.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert {"menu", "plain", "full", "person"} <= folders
    found = {
        name_of(path): {
            name for name in imports_of(path)
            if name.startswith("chatapp.client.fronts.")
            and name.split(".")[3] in folders - {path.relative_to(FRONTS).parts[0], "person"}
        }
        for path in FRONTS.rglob("*.py")
    }  # fmt: skip
    assert not offences(found)


def test_there_is_no_circle():
    """ "No cycles, not even for type hints": every module can be understood after the ones that it imports."""
    waiting = {module_name(path): modules_imported(path) for path in MODULES}
    assert sum(map(len, waiting.values())) > len(waiting)
    while ready := {name for name, imported in waiting.items() if not imported & waiting.keys()}:
        waiting = {name: imported for name, imported in waiting.items() if name not in ready}
    assert not waiting


# Bytes, of which splitlines() splits at CR and LF alone; and what a person types, in words.
MAY_SPLIT_AT_WHITE_SPACE = {
    "chatapp/auth/lines.py", "chatapp/client/fronts/commands.py", "chatapp/client/fronts/plain/front.py",
    "chatapp/client/fronts/menu/model.py",
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


def test_names_are_those_of_the_field():
    """ "A metaphor (courtesy, visitor, hearer, boss) makes the reader learn a second language"."""
    assert not [name for name in classes() if name in {"Boss", "Courtesy", "Hearer", "Turns", "Visitor"}]


def test_two_ideas_have_two_names():
    """ "No two ideas under one name (``identity``, ``outbox``)": an outbox has texts, a line is one line."""
    outbox = "chatapp/client/core/unacknowledged.py"
    assert classes()["Outbox"] == [outbox]
    assert outbox not in classes().get("Line", [])


def classes() -> dict[str, list[str]]:
    """Return the modules that define each class, by the name of the class."""
    found: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(name_of(path))
    return found


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
