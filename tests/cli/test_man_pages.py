"""The manual pages: one for each command, and each command and option is in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chatapp.cli import SUBCOMMANDS, man_pages
from tests.support.server import environment
from tests.test_docs import commands

pytestmark = pytest.mark.once

PAGES = man_pages.pages()


def plain(page: str) -> str:
    """Return the text of a page without the language of roff."""
    text = re.sub(r"\\f[BR]|\\&", "", page).replace(r"\-", "-").replace(r"\e", "\\")
    return text.replace(r"\(aq", "'").replace(r"\(ha", "^").replace(r"\(ti", "~")


def test_there_is_a_page_for_each_command():
    """And one for ``chat`` itself, which names them all."""
    assert PAGES.keys() == {"chat.1", *(f"chat-{name}.1" for name in SUBCOMMANDS)}
    for name, summary in SUBCOMMANDS.items():
        assert f"chat-{name}(1)\n{summary.replace('`', '')}" in plain(PAGES["chat.1"]).replace("`", "")


@pytest.mark.parametrize("name", sorted(SUBCOMMANDS))
def test_a_page_has_everything(name):
    """ "They cover each command and option": the usage, each argument and option, and its help."""
    page, context = plain(PAGES[f"chat-{name}.1"]), commands()[name]
    assert f".SH NAME\nchat-{name} - " in page
    for param in context.command.params:
        if isinstance(param, click.Option):
            for option in [*param.opts, *param.secondary_opts]:
                assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page), option
            assert param.help is not None
            assert " ".join(param.help.split()).replace("`", "") in page.replace("`", "")
        else:
            assert param.make_metavar(context) in page
    assert "Exit codes" not in page
    if "Exit codes" in (context.command.help or ""):
        codes = re.findall(r"^([0-9]+)$", page.partition(".SH EXIT STATUS\n")[2], re.MULTILINE)
        assert codes == re.findall(r"\b([0-9]+)\s+[a-z]", context.command.help.partition("Exit codes")[2])


def test_the_script(tmp_path: Path) -> None:
    """``python -m`` writes them; without a folder it says what to give."""
    command = [sys.executable, "-P", "-m", "chatapp.cli.man_pages"]
    ran = subprocess.run(
        [*command, tmp_path / "man" / "man1"], env=environment(), capture_output=True, check=False, cwd="/"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert {path.name: path.read_text() for path in (tmp_path / "man" / "man1").iterdir()} == PAGES
    ran = subprocess.run(command, env=environment(), capture_output=True, check=False, cwd="/")
    assert (ran.returncode, ran.stderr.count(b"FOLDER")) == (1, 1)


CHECKS = {
    "man": ["man", "--warnings", "-l"],
    "mandoc": ["mandoc", "-T", "lint", "-W", "warning"],
}


@pytest.mark.parametrize("program", CHECKS)
def test_the_pages_can_be_read(tmp_path: Path, program: str) -> None:
    """No complaint about any page; and what a person reads has each option as one can copy it."""
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    man_pages.main(str(tmp_path))
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat", "MAN_KEEP_FORMATTING": ""}
    for path in sorted(tmp_path.iterdir()):
        ran = subprocess.run([*CHECKS[program], path], env=env, capture_output=True, text=True, check=False)
        complaints = [line for line in (ran.stderr + ran.stdout * (program == "mandoc")).splitlines() if line]
        # A page has no date, so that the same commands always give the same pages.
        assert not [line for line in complaints if "missing date" not in line], path
        if program == "man":
            assert ran.returncode == 0
            if path.name == "chat-send.1":
                assert "--password-file FILE" in ran.stdout
                assert "EXIT STATUS" in ran.stdout
