"""The pictures in README are those that the script draws from a real session now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli import pictures

DOCS = Path(__file__).parent.parent.parent / "docs"
MOMENT = re.compile(r"[0-9]{2}:[0-9]{2}|[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2}")


@pytest.mark.once
def test_the_pictures_are_of_today(tmp_path):
    """They differ in nothing but the time; otherwise run ``python -m tests.cli.pictures docs``."""
    pictures.main(tmp_path)
    drawn = sorted(tmp_path.iterdir())
    assert drawn
    readme = (DOCS.parent / "README.md").read_text()
    for path in drawn:
        assert f"docs/{path.name}" in readme
        assert MOMENT.sub("", path.read_text()) == MOMENT.sub("", (DOCS / path.name).read_text())
