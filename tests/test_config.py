"""Every setting does something."""

from __future__ import annotations

import ast
from pathlib import Path

from chatapp.config import Config

PACKAGE = Path(__file__).parent.parent / "chatapp"


def test_every_setting_is_read():
    """A limit that nothing reads protects nobody, and lets people believe that it does."""
    read = {
        node.attr
        for path in PACKAGE.rglob("*.py")
        if path.name != "config.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    assert set(Config.__struct_fields__) - read == set()
