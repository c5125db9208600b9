"""The conversations of ``tests/scripts``: what each person sends, and exactly what everybody sees (DESIGN R1 to R9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.script_file import FOLDER, read
from tests.server.stage import HAPPENINGS, IN_MEMORY_ONLY, Stage

SCRIPTS = sorted(FOLDER.glob("*.txt"))


PLAYS = [
    pytest.param(path, log, id=f"{path.stem}-{log}")
    for path in SCRIPTS
    for log in ("memory", "sqlite")
    if log == "memory" or not any(f"-- {form}\n" in path.read_text() for form in IN_MEMORY_ONLY)
]


@pytest.mark.parametrize(("path", "log"), PLAYS)
def test_script(path: Path, log: str, tmp_path: Path) -> None:
    """Everybody sees what the script says, in this order, and nothing else."""
    __tracebackhide__ = True
    steps = read(path)
    stage = Stage(tmp_path, sqlite=log == "sqlite")
    try:
        stage.play(steps)
    except BaseException:
        stage.abandon()
        raise
    stage.close()


@pytest.mark.parametrize("rule", range(1, 10))
def test_every_rule_has_a_script(rule: int) -> None:
    """ "Conversations as scripts ... cover rules R1 to R9" (DESIGN section 2)."""
    assert [path for path in SCRIPTS if path.name.startswith(f"r{rule}-")]


def test_the_readme_tells_what_may_happen() -> None:
    """Its table has each form, and no other."""
    readme = (FOLDER / "README.md").read_text()
    assert [line.split("`")[1] for line in readme.splitlines() if line.startswith("| `-- ")] == [
        f"-- {form}" for form in HAPPENINGS
    ]
