"""The page's model has tests of its own, which Node runs on the scripts as they are served."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chatapp.server.edge.files import FOLDER, Files

HERE = Path(__file__).parent
UNIT = HERE / "unit"
PARSE = """
const { readFileSync } = require("node:fs");
for (const path of process.argv.slice(1)) new (require("node:vm").SourceTextModule)(readFileSync(path, "utf8"));
"""


@pytest.fixture(scope="module")
def node() -> str:
    """Node, which needs no browser."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node here, so the page's model is tested only in the browser")
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests beside the files of the page as browsers get them: without comments."""
    root = tmp_path_factory.mktemp("served")
    shutil.copytree(UNIT, root / "tests/web/unit")
    shutil.copytree(HERE / "cases", root / "tests/web/cases")
    files = Files()
    for path in (*FOLDER.rglob("*.js"), *FOLDER.rglob("*.json")):
        name = path.relative_to(FOLDER).as_posix()
        file = files.named(name)
        assert file is not None
        target = root / "chatapp/web" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    (root / "package.json").write_text('{"type": "module"}')
    return root


def run(*command: str | Path) -> None:
    """Run Node to its end."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", sorted(path.name for path in UNIT.glob("*.mjs")))
def test_the_model_in_node(node: str, served: Path, name: str):
    """The model has no DOM, no clock and no socket."""
    run(node, "--test", served / "tests/web/unit" / name)


def test_what_is_served_is_a_program(node: str, served: Path):
    """Each script can be parsed as it is served."""
    scripts = sorted((served / "chatapp/web").rglob("*.js"))
    assert len(scripts) > 20
    run(node, "--experimental-vm-modules", "--no-warnings", "-e", PARSE, *scripts)
