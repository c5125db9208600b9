"""What of the client knows no outer world, and so can be tested and shared without one."""

from __future__ import annotations

import ast

import pytest

from tests.test_layout import CLOCKS, IMPURE_MODULES, PACKAGE, imports_of

PURE = [
    "announced", "batches", "budget", "catchup", "commands", "events", "outbox", "passwords", "plain_format",
    "printable", "reading", "session", "signin", "splitting", "unacknowledged", "ui/actions", "ui/asking",
    "ui/browsing", "ui/bursts", "ui/changing", "ui/completion", "ui/model", "ui/pasting",
    "ui/questions", "ui/roster", "ui/rows", "ui/signing_in", "ui/talk", "ui/view",
]  # fmt: skip


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_know_no_outer_world(name):
    """ "PURE rooms import no asyncio, socket, clock, random source or logging. Time and ids are arguments." """
    path = PACKAGE / "client" / f"{name}.py"
    assert not {name.split(".")[0] for name in imports_of(path)} & IMPURE_MODULES
    calls = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not calls & CLOCKS


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_import_no_impure_ones_of_the_client(name):
    """A pure module that imports one that is not would not be pure."""
    path = PACKAGE / "client" / f"{name}.py"
    ours = {each.removeprefix("chatapp.client.") for each in imports_of(path) if each.startswith("chatapp.client.")}
    modules = {each.replace(".", "/") for each in ours} | {each.rpartition(".")[0].replace(".", "/") for each in ours}
    impure = {file.relative_to(PACKAGE / "client").with_suffix("").as_posix() for file in _modules()} - set(PURE)
    assert not modules & (impure - {"__init__", "ui/__init__"})


def _modules():
    return (PACKAGE / "client").rglob("*.py")
