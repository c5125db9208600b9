"""chatapp/cli/__init__.py: finding subcommands, and what a person sees when something goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import types

import click
import pytest

import chatapp
from chatapp import cli
from chatapp.errors import (
    CannotConnectError,
    ConfigError,
    DataError,
    DeliveryUnknownError,
    IdentityError,
    NoSuchAccountError,
    RefusedError,
    SignInError,
)
from tests.support.server import environment, make_accounts

HEAVY = {"asyncio", "bcrypt", "cryptography", "platformdirs", "prompt_toolkit", "sqlite3", "uvloop"}


@pytest.fixture
def does(monkeypatch, chat):
    """Run a subcommand that does what it is given, and return what the person got."""

    def does(what):
        module = types.ModuleType("chatapp.cli.example")
        module.example = click.command()(lambda: what())
        monkeypatch.setitem(sys.modules, "chatapp.cli.example", module)
        monkeypatch.setitem(cli.SUBCOMMANDS, "example", "Do it.")
        return chat("example")

    return does


@pytest.fixture
def fails(does):
    """Run a subcommand that raises what it is given, and return what the person got."""

    def fails(error):
        def fail():
            raise error

        return does(fail)

    return fails


def modules_after(*args: str) -> set[str]:
    """Return what is imported when ``chat`` ran with these arguments in a new process."""
    code = "import sys; from chatapp.cli import run; run(sys.argv[1:]); print('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


# Help


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_subcommand(chat, option):
    """``chat -h`` shows each subcommand with its line."""
    ran = chat(option)
    assert (ran.exit_code, ran.err) == (0, "")
    listed = [line.split(maxsplit=1) for line in ran.out.partition("Commands:\n")[2].splitlines()]
    assert listed == [[name, text] for name, text in cli.SUBCOMMANDS.items()]


def test_version(chat):
    """``chat --version`` is the version of the package."""
    assert chat("--version") == (0, f"chat {chatapp.__version__}\n", "")


@pytest.mark.parametrize("name", sorted(cli.SUBCOMMANDS))
def test_every_subcommand_has_help(chat, name):
    """Each name of the table is a subcommand that can be imported, and ``-h`` explains it."""
    ran = chat(name, "-h")
    assert (ran.exit_code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: chat {name} ")


@pytest.mark.parametrize("name", sorted(cli.SUBCOMMANDS))
def test_windows_has_the_client_alone(chat, monkeypatch, name):
    """The client runs there; whatever belongs to a server says in one line that it does not."""
    monkeypatch.setattr(sys, "platform", "win32")
    ran = chat(name, "-h")
    if name in {"connect", "send", "tail", "history", "search", "who", "completion"}:
        assert (ran.exit_code, ran.err) == (0, "")
    else:
        line = f"chat: chat {name} does not run on Windows: a server needs Linux or macOS.\n"
        assert ran == (1, "", line)


FILTER = {
    "chatapp.client",
    "chatapp.client.fronts",
    "chatapp.client.fronts.printable",
}  # what is written to a terminal passes it


# What takes long to import of the standard library, and is not needed to show the help.
SLOW = {
    "argparse", "asyncio", "concurrent", "configparser", "ctypes", "dataclasses", "email", "hashlib", "http", "json",
    "logging", "multiprocessing", "random", "secrets", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "traceback", "unittest", "urllib.request", "xml",
}  # fmt: skip


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["xyzzy"]])
def test_help_imports_no_subcommand(args):
    """ "`chat --help` under 150 ms (nothing heavy is imported before it is needed)": of ours and of others."""
    before = set(
        subprocess.run(
            [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    imported = modules_after(*args) - before
    assert {name for name in imported if name.startswith("chatapp")} == {
        "chatapp", "chatapp.cli", "chatapp.cli.streams", "chatapp.errors", *FILTER,
    }  # fmt: skip
    others = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert others - {"chatapp"} == {"click"}
    assert not imported & SLOW


FIRST_SCREEN = """
import os, sys
from chatapp.client.fronts.full.opening import Opening
def enter(opening):
    os.write(1, " ".join(sys.modules).encode())
    os._exit(0)
Opening.__enter__ = enter
import chatapp.cli.connect
chatapp.cli.connect._is_terminal = lambda stream: True
from chatapp.cli import run
run(["connect", "127.0.0.1", "1", "alice"])
"""


def test_the_first_screen_is_drawn_before_the_client_is_imported(tmp_path):
    """ "First paint under 200 ms more than `python -c pass`": what takes long to import comes after it."""
    env = {**os.environ, "TERM": "xterm", "CHAT_CONFIG": str(tmp_path)}
    line = [sys.executable, "-c", FIRST_SCREEN]
    done = subprocess.run(line, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, env=env)
    imported = set(done.stdout.split())
    assert "chatapp.client.fronts.full.opening" in imported
    assert not imported & {"prompt_toolkit", "wcwidth", "cryptography", "bcrypt", "uvloop", "keyring"}
    assert not {name for name in imported if name.startswith("chatapp.client.core")}


def test_a_subcommand_for_accounts_starts_without_the_server():
    """Making an account needs neither an event loop nor the server's parts."""
    imported = modules_after("adduser", "--help")
    assert not imported & (HEAVY - {"bcrypt"})
    others = ("chatapp.server", "chatapp.client", "chatapp.storage")
    assert {name for name in imported if name.startswith(others)} == FILTER


def test_a_setting_that_cannot_be_used_is_refused_at_once():
    """``chat serve`` looks at its settings before it imports the server."""
    imported = modules_after("serve", "0", "--listen", "somewhere")
    assert not imported & HEAVY
    assert not {name for name in imported if name.startswith(("chatapp.server", "chatapp.storage"))}


def test_without_arguments_the_help_is_shown(chat):
    """Who types only ``chat`` learns what there is."""
    ran = chat()
    assert ran.exit_code == 2
    assert "adduser" in ran.out + ran.err


# Variables


def test_options_are_read_from_variables(chat, monkeypatch, tmp_path):
    """ "All also as CHAT_* variables", whichever subcommand it is; what is typed counts more."""
    monkeypatch.setenv("CHAT_DATA", str(tmp_path / "one"))
    assert f"no accounts in {tmp_path / 'one'} yet" in chat("users").err
    assert f"no accounts in {tmp_path / 'two'} yet" in chat("users", "--data", str(tmp_path / "two")).err
    monkeypatch.setenv("CHAT_BCRYPT_COST", "17")
    ran = chat("adduser", "alice", "--password-stdin", input=b"long-secret\n")
    assert ran.exit_code == 2
    assert "CHAT_BCRYPT_COST" in ran.err


@pytest.mark.parametrize("variable", ["CHAT_VERSION", "CHAT_ADMIN", "CHAT_YES", "CHAT_PASSWORD_STDIN"])
def test_what_one_asks_for_once_is_no_variable(chat, monkeypatch, variable, file):
    """A variable cannot make each new account an administrator, or take the question away."""
    monkeypatch.setenv(variable, "1")
    assert chat("adduser", "alice").exit_code == 2  # it would ask for the password
    assert chat("adduser", "alice", "--password-stdin", input=b"long-secret\n").exit_code == 0
    assert not file.accounts()["alice"].admin
    assert chat("deluser", "alice").exit_code == 2  # it would ask
    assert "alice" in file.accounts()


# Mistakes of the person


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["addusr"], "There is no command 'addusr'. Did you mean 'adduser'?"),
        (["xyzzy"], "There is no command 'xyzzy'."),
        (["--nonsense"], "No such option"),
        (["users", "--nonsense"], "No such option"),
        (["adduser"], "Missing argument 'NAME'"),
        (["adduser", "alice", "bob"], "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_exit_code_2(chat, args, text):
    """What was typed wrong is said on standard error, with where to find help."""
    ran = chat(*args)
    assert (ran.exit_code, ran.out) == (2, "")
    assert text in ran.err
    assert "--help' for help" in ran.err


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ConfigError("There is no address to listen on."), 1),
        (DataError("The log is damaged."), 1),
        (NoSuchAccountError("bob has no account."), 1),
        (RefusedError("The server said no."), 1),
        (CannotConnectError("Nobody listens."), 3),
        (SignInError("Wrong password."), 4),
        (IdentityError("The key has changed."), 5),
        (DeliveryUnknownError("It may have arrived or not."), 6),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(fails, error, exit_code):
    """ "ChatError -> one line 'chat: ...' on stderr, exit code 1 (ClientError: its exit_code)"."""
    assert fails(error) == (exit_code, "", f"chat: {error}\n")
    assert fails(ExceptionGroup("tasks", [error])) == (exit_code, "", f"chat: {error}\n")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermissionError(13, "Permission denied", "/srv/chat"), "chat: /srv/chat: Permission denied.\n"),
        (OSError(98, "Address already in use"), "chat: Address already in use.\n"),
        (TimeoutError("no answer"), "chat: no answer.\n"),
    ],
)
def test_what_the_system_refuses_is_one_line(fails, error, text):
    """No traceback for a full disk or a missing right."""
    assert fails(error) == (1, "", text)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort(), EOFError()])
def test_an_interrupted_command_is_exit_code_130(fails, error):
    """ "130 interrupted", and nothing but an end of the line is said."""
    ran = fails(error)
    assert (ran.exit_code, ran.out) == (130, "")
    assert ran.err in ("", "\n")


@pytest.mark.parametrize(("result", "exit_code"), [(None, 0), (0, 0), (7, 7), (True, 0), ("text", 0)])
def test_a_command_ends_with_the_code_that_it_returns(does, result, exit_code):
    """A subcommand may return an exit code; nothing else that it returns is taken for one."""
    assert does(lambda: result) == (exit_code, "", "")


def test_a_command_ends_with_the_code_that_it_raises(fails):
    """``click.exceptions.Exit`` carries an exit code."""
    assert fails(click.exceptions.Exit(7)) == (7, "", "")


def test_a_mistake_of_ours_is_no_traceback_on_the_screen(fails, monkeypatch, tmp_path):
    """ "No traceback ever reaches a person who did nothing wrong": it is kept in a file for who repairs it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ran = fails(ZeroDivisionError("division by zero"))
    (kept,) = tmp_path.glob("chat-mistake-*.txt")
    assert ran.exit_code == 70
    assert ran.err == (
        f"chat: a mistake in chat itself, not yours (ZeroDivisionError). Please report it with the file {kept}.\n"
    )
    assert "raise error\nZeroDivisionError: division by zero" in kept.read_text()


def test_main_exits_with_the_code(monkeypatch):
    """``main`` is the entry point of the command and of ``python -m chatapp``."""
    monkeypatch.setattr(sys, "argv", ["chat", "--version"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0
    done = subprocess.run([sys.executable, "-m", "chatapp", "xyzzy"], capture_output=True, check=False)
    assert done.returncode == 2


@pytest.mark.parametrize("args", [["users"], ["--help"]])
def test_a_reader_that_left_is_no_error(file, args):
    """``chat users | head``: who has read enough meets no complaint."""
    file.add("alice", "$2b$04$" + "." * 53)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "chatapp", *args], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("args", "number", "stream"),
    [
        (["send", "127.0.0.1", "1", "alice", "bob", "-"], 0, "input"),
        (["adduser", "zoe", "--password-stdin"], 0, "input"),
        (["users"], 1, "output"),
    ],
)
def test_standard_streams_that_are_closed(tmp_path, args, number, stream):
    """What cannot go on without one says so."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    (tmp_path / "password").write_text("sesame")
    env = environment({"CHAT_DATA": str(data), "CHAT_PASSWORD_FILE": str(tmp_path / "password")})
    done = subprocess.run(
        [sys.executable, "-m", "chatapp", *args],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env, preexec_fn=lambda: os.close(number),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, f"chat: standard {stream} is closed.\n".encode())
