"""The page's model has tests of its own, which Node runs: the shared cases, and its parts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent / "unit"


@pytest.mark.parametrize("path", sorted(UNIT.glob("*.mjs")), ids=lambda path: path.stem)
def test_the_model_in_node(path: Path):
    """Node needs no browser: the model has no DOM, no clock and no socket."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node here, so the page's model is tested only in the browser")
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
