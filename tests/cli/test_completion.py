"""``chat completion``, in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from chatapp import cli
from tests.support.here import run_here
from tests.support.server import PATIENCE_S, environment

pytestmark = pytest.mark.once

Complete = Callable[..., list[str]]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``chat`` is a program, and two servers are known."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "chat"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m chatapp "$@"\n')
    program.chmod(0o755)
    config = tmp_path / "config"
    config.mkdir()
    (config / "pins").write_text(f"chat.example.org:5000 SHA256:{'A' * 43}\n[::1]:6697 ca\nchat.example.org:6000 ca\n")
    path = f"{folder}:{os.environ['PATH']}"
    return environment({"PATH": path, "CHAT_CONFIG": str(config), "HOME": str(tmp_path), "TERM": "dumb"})


@pytest.fixture
def complete(env: dict[str, str]) -> Complete:
    """Return a function that returns the completions of the last word, as bash gets them."""

    def complete(*words: str) -> list[str]:
        asked = {"COMP_WORDS": " ".join(["chat", *words]), "COMP_CWORD": str(len(words))}
        ran = run_here(env={**env, **asked, "_CHAT_COMPLETE": "bash_complete"})
        assert (ran.returncode, ran.stderr) == (0, "")
        return [line.partition(",")[2] for line in ran.stdout.splitlines() if line]

    return complete


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["hist"], ["history"]),
        (["se"], ["serve", "send", "search"]),
        (["xyzzy"], []),
        (["xyzzy", "--v"], ["--version"]),
        (["send", "--pass"], ["--password-file"]),
        (["serve", "--plaintext", ""], ["loopback", "any", "never"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["send", "ch"], ["chat.example.org"]),
        (["connect", ""], ["chat.example.org", "::1"]),
        (["tail", "chat.example.org", ""], ["5000", "6000"]),
        (["tail", "nowhere.example", ""], []),
    ],
)
def test_what_is_completed(complete, words, found):
    """Commands, options, the values of an option, and the servers that are known."""
    assert complete(*words) == found


def test_every_command_and_option(complete):
    """Nothing that ``--help`` shows is left out."""
    assert complete("") == list(cli.SUBCOMMANDS)
    for name in cli.SUBCOMMANDS:
        assert "--help" in complete(name, "--")


def test_a_server_list_that_cannot_be_read(complete, env):
    """Then nothing is completed, and nothing is said in the middle of a line."""
    (Path(env["CHAT_CONFIG"]) / "pins").write_bytes(b"\xff")
    assert complete("send", "ch") == []


@pytest.mark.parametrize("value", ["bash_xyzzy", "csh_complete", "1"])
def test_a_variable_that_asks_for_nothing(env, value):
    """It is no completion of ours: nothing is written, and nothing else is done."""
    ran = run_here("--version", env={**env, "_CHAT_COMPLETE": value})
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "")


@pytest.mark.parametrize("args", [[], ["csh"]])
def test_usage(chat, args):
    """Exit code 2: which shell?"""
    assert chat("completion", *args).exit_code == 2


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(chat completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -Uz compinit; compinit -u; eval "$(chat completion zsh)"'),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_in_a_real_shell(env, shell):
    """The Tab key completes a command, an option and the name of a server."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    command, setup = SHELLS[shell]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork() beside threads; the child runs only exec()
        process = pexpect.spawn(
            command[0], command[1:], encoding="utf-8", timeout=PATIENCE_S, dimensions=(24, 200), cwd=env["HOME"],
            env={**env, "PS1": "> ", "INPUTRC": "/dev/null"},
        )  # fmt: skip
    try:
        process.delaybeforesend = None
        process.sendline(f"{setup}; echo rea''dy")
        process.expect("ready\r\n")
        process.expect("> ")
        process.send("echo ; chat compl\t")
        process.expect("chat completion ")
        process.send("\x15chat send --password-f\t")
        process.expect("chat send --password-file ")
        process.send("\x15chat tail chat.ex\t")
        process.expect(r"chat tail chat\.example\.org ")
    finally:
        process.close(force=True)


def test_in_fish(env):
    """It completes, with the text of the help beside a command."""
    if shutil.which("fish") is None:
        pytest.skip("there is no fish here")
    code = "chat completion fish | source; complete -C 'chat compl'; complete -C 'chat send --password-f'"
    ran = subprocess.run(["fish", "--no-config", "-c", code], capture_output=True, text=True, env=env, check=True)
    assert [line.split("\t")[0] for line in ran.stdout.splitlines()] == ["completion", "--password-file"]
    assert cli.SUBCOMMANDS["completion"] in ran.stdout
