"""Other programs: the editor for the draft, and what opens links."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatapp.client.fronts.full.programs import edited, opened


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('printf "%s!\\n\\n" "$(cat "$1")" > "$1.new" && mv "$1.new" "$1"', ("héllo\nyou!", "")),
        ("exit 3", ("héllo\nyou", "The editor ended with 3; the text stays as it was.")),
        (None, ("héllo\nyou", "The editor /nowhere/editor cannot be started: No such file or directory.")),
    ],
)
def test_editing(monkeypatch, tmp_path, script, found):
    """The text that the editor leaves is the draft, without line ends; if it fails, the text stays."""
    editor = Path("/nowhere/editor")
    if script is not None:
        editor = tmp_path / "an editor"
        editor.write_text(f"#!/bin/sh\n{script}\n")
        editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", f"'{editor}'")
    monkeypatch.delenv("VISUAL", raising=False)
    assert asyncio.run(edited("héllo\nyou")) == found


def test_a_wrong_variable(monkeypatch):
    """A variable that is no command is told of."""
    monkeypatch.setenv("VISUAL", "vi 'unfinished")
    assert asyncio.run(edited("hello")) == ("hello", "$EDITOR or $VISUAL cannot be read: No closing quotation.")


def test_opening(monkeypatch, tmp_path):
    """A program of the system opens a link; where there is none, the client says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "There is no program" in asyncio.run(opened("https://example.org"))
    for name in ("xdg-open", "open"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 4\n")
        (tmp_path / name).chmod(0o700)
    assert asyncio.run(opened("https://example.org")).endswith("ended with 4.")
