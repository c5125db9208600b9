"""The modules of the package, and what each imports, for tests of the code itself."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "chatapp"
MODULES = sorted(PACKAGE.rglob("*.py"))

DOTTED = "{}.{}".format


def name_of(path: Path) -> str:
    """Return a file's path from the top, as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file, once for all that is looked for in it."""
    return ast.parse(path.read_text())


def imports(tree: ast.AST, package: str, *, outside: bool = False) -> Iterator[str]:
    """Find the full names of all that a module imports, wherever in it; ``package`` is the one it lies in.

    An attribute of an imported name may be a module too: ``server.edge`` after ``from chatapp import server``. Of names
    from outside the package, attributes are found with ``outside``, and those of ``sys`` always.
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
            if named.startswith(("chatapp.", "sys.")) or (outside and not named.startswith(".")):
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


def modules_imported(path: Path) -> set[str]:
    """Return the names of the package's modules that a file imports, for type hints too."""
    return {module_of(name) for name in imports_of(path) if f"{name}.".startswith("chatapp.")} - {module_name(path)}


def taken_through(name: str) -> bool:
    """Tell whether a module has what a full name means only because it imports it.

    Of our modules, this is about all that is from outside the package, such as ``chatapp.config.os``; a star
    (``chatapp.config.*``) takes all that a module has. Of others, it is about modules, such as ``fnmatch.os``.
    """
    if not f"{name}.".startswith("chatapp."):
        return module_taken_through(name)
    module = module_of(name)
    attribute = name.removeprefix(module).removeprefix(".").partition(".")[0]
    outside = names_from_outside(module)
    return bool(outside) if attribute == "*" else attribute in outside


def module_taken_through(name: str) -> bool:
    """Tell whether a name from outside the package leads through one package to a module of another."""
    package, *parts = name.split(".")
    try:
        found: object = importlib.import_module(package)
    except ImportError:
        return False
    for part in parts:
        found = getattr(found, part, None)
        if isinstance(found, ModuleType) and found.__name__.partition(".")[0] != package:
            return True
    return False


@cache
def names_from_outside(module: str) -> frozenset[str]:
    """Return the names that a module has of what it imports from outside the package, such as ``os``."""
    (path,) = [each for each in MODULES if module_name(each) == module]
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            others = [alias for alias in node.names if alias.name.partition(".")[0] != "chatapp"]
            found |= {alias.asname or alias.name.partition(".")[0] for alias in others}
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] != "chatapp":
            found |= {alias.asname or alias.name for alias in node.names}
    return frozenset(found)


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


def offences(found: dict[str, object]) -> dict[str, object]:
    """Leave out the files with which nothing is wrong."""
    return {name: wrong for name, wrong in found.items() if wrong}
