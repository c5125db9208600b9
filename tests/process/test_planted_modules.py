"""No process of ours loads code from the folder that it was started in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, environment, make_accounts, run_chat

# What a server, its workers and the other commands import, early and late: of the standard library and of others.
NAMES = [
    "_bcrypt", "argparse", "asyncio", "base64", "bcrypt", "cffi", "chatapp", "click", "concurrent", "contextlib",
    "cryptography", "ctypes", "datetime", "encodings", "enum", "fcntl", "functools", "gettext", "hashlib", "html",
    "inspect", "io", "ipaddress", "itertools", "json", "locale", "logging", "msgspec", "multiprocessing", "os",
    "pathlib", "platformdirs", "prompt_toolkit", "queue", "random", "re", "readline", "resource", "secrets", "select",
    "selectors", "shutil", "signal", "site", "sitecustomize", "socket", "sqlite3", "ssl", "stat", "string", "struct",
    "subprocess",
    "tempfile", "termios", "threading", "time", "traceback", "tty", "typing", "usercustomize", "uuid", "uvloop",
    "warnings", "wcwidth", "weakref", "zlib",
]  # fmt: skip
PLANTED = 'open(__file__ + ".loaded", "w").close()\ncheckpw = lambda *_: True\nhashpw = lambda *_: b""\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A current folder full of modules that would give everything away."""
    folder = tmp_path / "current"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(PLANTED)
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(PLANTED)
    return folder


def loaded(folder: Path) -> list[str]:
    """List the planted files that were run."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.loaded"))


def test_a_server_and_its_workers(folder, tmp_path):
    """A wrong password stays wrong, a right one right, and nothing planted was run: DESIGN R7."""
    make_accounts(tmp_path / "data", ["alice"])
    (folder / "chatapp.py").unlink()
    (folder / "chatapp" / "__init__.py").unlink()  # `-m chatapp` itself is found in the current folder, if it is there
    with Server(tmp_path / "data", cwd=folder) as server:
        address = server.addresses[0]
        with Client(address) as irc:
            irc.send("PASS alice:wrong", "NICK alice", "USER a 0 * :a")
            irc.wait_for(" 464 ")
            irc.send(f"PASS alice:{PASSWORD}")
            irc.until(" 001 ")
        with Client(address) as irc:
            irc.send("CAP REQ :draft/account-registration", "REGISTER bob * correct-horse", "NICK bob")
            irc.until(" is made, and you are signed in")
    assert loaded(folder) == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["users", "--data", "{data}"], ["adduser", "bob", "--data", "{data}", "--password-stdin"]]
)
def test_the_other_commands(folder, tmp_path, arguments):
    """What is run by hand, from whatever folder, is no other."""
    make_accounts(tmp_path / "data", ["alice"])
    (folder / "chatapp.py").unlink()
    (folder / "chatapp" / "__init__.py").unlink()
    words = [word.format(data=tmp_path / "data") for word in arguments]
    ran = run_chat(*words, stdin="correct-horse\n", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert loaded(folder) == []


def test_the_command_as_it_is_installed(folder):
    """The command ``chat`` looks nowhere but where it is installed, not even for the package itself."""
    script = Path(sys.executable).with_name("chat")
    if not script.exists():
        pytest.skip("chat is not installed beside this Python")
    ran = subprocess.run(
        [script, "--version"], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert (ran.returncode, loaded(folder)) == (0, [])
