"""The shape of the project: who may import whom, what is pure, and what lies at the top."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "chatapp"

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

# Given the same arguments these do the same: a time or an id is an argument. A module is pure if its docstring, or that
# of a package around it, begins with this word. Whoever is pure imports nothing of ours that is not, besides:
PURE = "Pure:"
NOT_CALLED_PURE = {"chatapp", "chatapp.casemap", "chatapp.config", "chatapp.errors"}
PURE_MODULES = {
    "__future__", "base64", "binascii", "bisect", "chatapp", "collections", "confusable_homoglyphs", "dataclasses",
    "datetime", "difflib", "email.utils", "enum", "fnmatch", "functools", "h11", "hashlib", "heapq", "hmac", "html",
    "http.HTTPStatus", "ipaddress", "itertools", "json", "math", "msgspec", "posixpath", "prompt_toolkit.key_binding",
    "prompt_toolkit.keys", "re", "rjsmin", "textwrap", "tomllib", "types", "typing", "unicodedata", "wcwidth",
    "weakref", "zlib",
}  # fmt: skip
# Of datetime and email.utils, which are pure otherwise. ``formatdate`` takes the time as its first argument.
CLOCKS = {"now", "utcnow", "today", "localtime", "make_msgid"}
FORMATS_A_TIME = "formatdate"
# Built in. The ``hash`` of a text differs between processes.
IMPURE_NAMES = {"__builtins__", "__import__", "__loader__", "eval", "exec", "hash", "input", "open", "print"}

# Who chooses concrete parts. ``cli`` changes the password file itself, beside a running server. A backup copies and
# checks the files of a data folder, so it is about this file, whichever store the server has.
PASSWORD_FILE = {"chatapp/auth/", "chatapp/server/app.py", "chatapp/server/folder/backup.py", "chatapp/cli/"}
CONCRETE = {
    "chatapp.storage.sqlite": {"chatapp/storage/", "chatapp/server/app.py"},
    "chatapp.storage.sqlite_history": {"chatapp/storage/", "chatapp/server/app.py"},
    "chatapp.auth.password_file": PASSWORD_FILE,
    "chatapp.auth.PasswordFile": PASSWORD_FILE,
}

DOTTED = "{}.{}".format

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
    """Find the full names of all that a module imports, wherever in it; ``package`` is the one it lies in.

    An attribute of an imported name may be a module too: ``server.edge`` after ``from chatapp import server``.
    """
    full_names = {"chatapp": "chatapp"}  # of each imported name
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                first = alias.name.partition(".")[0]
                full_names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}"
                full_names[alias.asname or alias.name] = f"{base}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = dotted(node).partition(".")
            named = f"{full_names.get(first, '')}.{rest}"
            if named.startswith(("chatapp.", "sys.")):
                yield named


def dotted(node: ast.expr) -> str:
    """Return an attribute of a name as it is written, such as ``server.edge``; empty for another expression."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


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


def offences(found: dict[str, object]) -> dict[str, object]:
    """Leave out the files with which nothing is wrong."""
    return {name: wrong for name, wrong in found.items() if wrong}


def test_there_are_modules():
    """What the rules below are about is there, and of the parts that DESIGN.md names."""
    assert len(MODULES) > 100
    assert {room_of(path) for path in MODULES} == MAY_IMPORT.keys()


# They import what is named in a table, or what may not be installed, as late as they can.
IMPORTS_BY_NAME = {"chatapp.cli", "chatapp.client", "chatapp.client.network.kept_tokens"}
IMPORTERS = {"imp", "importlib", "pkgutil", "runpy", "sys.meta_path", "sys.modules", "zipimport"}
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
    for part, choosers in CONCRETE.items():
        others = [path for path in MODULES if not name_of(path).startswith(tuple(choosers))]
        found = {
            name_of(path): [name for name in imports_of(path) if f"{name}.".startswith(f"{part}.")] for path in others
        }
        assert not offences(found)


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
        "RULES": "model/test_policy", "_KINDS": "model/test_replay",
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


def modules_imported(path: Path) -> set[str]:
    """Return the names of the package's modules that a file imports, for type hints too."""
    return {module_of(name) for name in imports_of(path) if f"{name}.".startswith("chatapp.")} - {module_name(path)}


@cache
def module_of(name: str) -> str:
    """Return the module that a full name begins with: the name may be that of something in a module."""
    return max({*accumulate(name.split("."), DOTTED)} & module_names(), key=len)


@cache
def module_names() -> frozenset[str]:
    """Return the full names of all modules of the package."""
    return frozenset(map(module_name, MODULES))


def module_name(path: Path) -> str:
    """Return the full name of a file of the package as a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_there_is_no_circle():
    """ "No cycles, not even for type hints": every module can be understood after the ones that it imports."""
    waiting = {module_name(path): modules_imported(path) for path in MODULES}
    assert sum(map(len, waiting.values())) > len(waiting)
    while ready := {name for name, imported in waiting.items() if not imported & waiting.keys()}:
        waiting = {name: imported for name, imported in waiting.items() if name not in ready}
    assert not waiting


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
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    with_a_time = {id(call.func) for call in calls if call.args or any(each.arg == "timeval" for each in call.keywords)}
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and not (node.attr == FORMATS_A_TIME and id(node) in with_a_time)
    }
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    imported = set(imports(tree, "chatapp.model"))
    attributes |= {name.rpartition(".")[2] for name in imported}  # of a module, in ``from module import attribute``
    return (
        {name for name in imported if not {*accumulate(name.split("."), DOTTED)} & PURE_MODULES}
        | attributes & {*CLOCKS, FORMATS_A_TIME}
        | names & IMPURE_NAMES
    )


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
    ],
)
def test_what_is_not_pure_is_seen_in_every_form(source):
    """What the next test looks for is found however it is written."""
    assert impure_in(ast.parse(source))


def test_a_time_that_is_an_argument_is_pure():
    """ "Times and ids are arguments": a date is made of a time that is given."""
    assert not impure_in(ast.parse("import email.utils\nemail.utils.formatdate(time_s, usegmt=True)"))


def test_what_says_that_it_is_pure_is_pure():
    """ "PURE modules import no asyncio, socket, clock, random source or logging. Times and ids are arguments." """
    pure = [path for path in MODULES if says_pure(path)]
    assert {room_of(path) for path in pure} >= {"protocol", "model", "server", "client"}
    assert not offences({name_of(path): impure_in(tree_of(path)) for path in pure})
    names = {module_name(path) for path in pure} | NOT_CALLED_PURE
    assert not offences({name_of(path): modules_imported(path) - names for path in pure})


# Where a refusal is meant for who starts the server or runs ``chat``, at a start or on a terminal: no client gets it.
NOT_FOR_CLIENTS = (
    "chatapp/server/folder/", "chatapp/server/control/asking.py", "chatapp/server/control/place.py",
    "chatapp/server/edge/listener.py", "chatapp/server/roster.py", "chatapp/server/app.py",
)  # fmt: skip
# Texts of NOTICEs that answer or tell something. Any other is a refusal, until somebody adds it here.
ANSWERS = {
    "Bans: x.", "Certificates: x.", "Channels and conversations with messages: x.", "Nothing found.",
    "The ban of x has ended.", "The connections of x were ended. To keep somebody out, use UBAN.",
    "Your name stays as it is written: x.",
    "The message was redacted.", "There are no bans.", "You have no certificates.", "x messages", "x, registered on xx",
    "; it does not sign in any more, as your password is a new one",
}  # fmt: skip
# The functions that answer a refusal, or make a refusal or its exception. ``end`` ends a connection.
REFUSING = {
    "CommandRefused", "Numbered", "Standard", "StandardRefused", "end", "fail", "of", "refuse", "refuse_within",
    "line_about_part", "refused", "standard_line", "standard_reply",
}  # fmt: skip
TWO_WORDS = re.compile(r"[A-Za-z]['.,:]? [A-Za-z]")
ONE_WORD = re.compile(r"[A-Za-z]{2}")
NOTICE = re.compile(r"NOTICE [^ ]+ :(.*)", re.DOTALL)


def all_words_in(node: ast.AST, named: dict[str, str], people: re.Pattern[str] = TWO_WORDS) -> Iterator[str]:
    """Find the texts for people that stand in an expression, also by their names in ``named``.

    A text is for people if it has what ``people`` finds.
    """
    for part in ast.walk(node):
        text = text_of(part)
        if isinstance(part, ast.Name | ast.Subscript):
            text = named.get(ast.unparse(part.value) + "[]" if isinstance(part, ast.Subscript) else part.id, "")
        if people.search(text):
            yield text


def words_in(node: ast.AST, named: dict[str, str], people: re.Pattern[str] = TWO_WORDS) -> str:
    """Return the first text for people that stands in an expression; empty if there is none."""
    return next(all_words_in(node, named, people), "")


def text_of(node: ast.AST) -> str:
    """Return the text of a literal, with ``x`` for each field of an f-string; empty if it has no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else "x" for each in node.values)
    value = node.value if isinstance(node, ast.Constant) else ""
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""


def texts_named(tree: ast.Module) -> dict[str, str]:
    """Return the texts for people that have a name in a module, by name; a table of texts has ``[]`` after its name."""
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            table = "[]" if isinstance(node.value, ast.Dict) else ""
            named |= {ast.unparse(each) + table: words_in(node.value, {}) for each in node.targets}
    return named


def words_of_refusals(tree: ast.Module) -> set[str]:
    """Find the texts of refusals in a module: in what it raises, answers, or tells a connection that it ends."""
    named, found = texts_named(tree), set()
    for node in ast.walk(tree):
        text = text_of(node)
        found.add(text if text.startswith("ERROR :") and TWO_WORDS.search(text[7:]) else "")
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            found |= {words_in(each, named) for each in (*node.exc.args, *node.exc.keywords)}
        if isinstance(node, ast.Call) and is_refusal(node):
            people = ONE_WORD if name_called(node) == "end" else TWO_WORDS
            found |= {words_in(each, named, people) for each in (*node.args, *node.keywords)}
    return found - {""}


def words_of_notices(tree: ast.Module) -> set[str]:
    """Find the texts of the server's NOTICEs in a module: some of them say that something was refused."""
    named, found = texts_named(tree), set()
    for node in ast.walk(tree):
        notice = NOTICE.search(text_of(node))
        if notice is not None and TWO_WORDS.search(notice[1]):
            found.add(notice[1].strip())
        if isinstance(node, ast.Call) and name_called(node) == "notice":
            found |= {text for each in (*node.args, *node.keywords) for text in all_words_in(each, named)}
    whole = {text for text in found if not any(text != other and text in other for other in found)}
    return {text for text in whole if not re.fullmatch(r"[x\W]*", text)}  # a text of fields alone has no words


def name_called(call: ast.Call) -> str:
    """Return the name of the function or the method that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_refusal(call: ast.Call) -> bool:
    """Tell whether a call makes or answers a refusal; a reply does so with the refusal as its first argument."""
    first = ast.unparse(call.args[0]) if call.args else ""
    name = name_called(call)
    return name in REFUSING or (name == "reply" and first.startswith(("refusals.", "num.ERR_")))


@pytest.mark.parametrize(
    "source",
    [
        "raise CommandRefused('No text here.')",
        "raise StandardRefused('CODE', text=f'{most} is too much')",
        "raise AnyError(f'The {name}')",
        "words = 'No text here.'\nraise AnyError(words)",
        "session.fail('VERB', 'CODE', text='No text here.')",
        "session.end('No text here.')",
        "session.reply(num.ERR_X, text='No text here.')",
        "session.reply(refusals.X, text=_WORDS)\n_WORDS = 'No text here.'",
        "session.reply(refusals.X, text=_WORDS[reason])\n_WORDS = {reason: 'No text here.'}",
        "raise refusals.X.of(why='No text here.')",
        "silent = b'ERROR :No text here.'",
        "NONE = Numbered(num.ERR_X, 'No text here.')",
        "NONE = refusals.Standard('CODE', 'No text here.')",
        "session.end('Banned')",
        "session.end(b'Banned'.decode())",
        "session.notice('No text here.')",
        "session.notice(f'No {name} here.')",
        "head = f'NOTICE {nick} :No text here.'",
    ],
)
def test_words_of_refusals_are_seen_in_every_form(source):
    """What the next test looks for is found however it is written."""
    tree = ast.parse(source)
    assert len(words_of_refusals(tree) | words_of_notices(tree)) == 1


def test_the_words_of_refusals_stand_in_one_place():
    """The folder ``server/refusals`` has every text that the server says when it refuses something."""
    server = {name_of(path): path for path in MODULES if room_of(path) == "server"}
    elsewhere = {
        name: path
        for name, path in server.items()
        if not name.startswith(("chatapp/server/refusals/", *NOT_FOR_CLIENTS))
    }
    assert len(elsewhere) > 100
    assert not offences({name: words_of_refusals(tree_of(path)) for name, path in elsewhere.items()})
    notices = set().union(*(words_of_notices(tree_of(path)) for path in elsewhere.values()))
    assert notices == ANSWERS


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
