"""The options of all subcommands: what they take, what they refuse, and what is said then."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chatapp import cli
from chatapp.cli import serve
from chatapp.cli.connect import plain_words
from chatapp.server.joining import joins


def options() -> Iterator[tuple[str, click.Parameter]]:
    """Go through all parameters of all subcommands."""
    context = click.Context(cli.chat, auto_envvar_prefix="CHAT")
    for name in cli.SUBCOMMANDS:
        command = cli.chat.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            yield name, parameter


# Variables


def test_what_the_help_says_of_variables_is_true(monkeypatch):
    """What has a variable, by what Click does with the environment, and what ``chat --help`` says are the same."""
    with_variable: dict[str, set[str]] = {}
    for name, each in options():
        context = click.Context(click.Command(name), auto_envvar_prefix="CHAT")
        assert each.name is not None
        monkeypatch.setenv(f"CHAT_{each.name.upper()}", "1")
        if each.resolve_envvar_value(context) is not None:
            with_variable.setdefault(name, set()).add(each.name)
        else:
            with_variable.setdefault(name, set())
    assert with_variable.pop("serve") == {each.name for name, each in options() if name == "serve"}
    said = set(re.findall(r"CHAT_([A-Z_]+)", cli.chat.help or ""))
    told = {"port"} | set().union(*with_variable.values())
    assert {variable.lower() for variable in said} == told


def test_several_addresses_in_one_variable(monkeypatch):
    """ "in CHAT_LISTEN: a space between two"."""
    monkeypatch.setenv("CHAT_LISTEN", "127.0.0.1:5001 [::1]:5002")
    command = cli.chat.get_command(click.Context(cli.chat, auto_envvar_prefix="CHAT"), "serve")
    assert command is not None
    context = command.make_context("serve", ["0"])
    assert context.params["listen"] == ("127.0.0.1:5001", "[::1]:5002")


# How to join


def test_how_to_join():
    """One line for each way; a server on one address of this machine is reached by that address from here too."""
    everywhere = [("0.0.0.0", 5000), ("::", 5000)]
    own = ["127.0.0.1", "192.0.2.2"]
    here, elsewhere = "join from this machine", "join from other machines"
    assert joins(everywhere, own) == [(here, "localhost", 5000), (elsewhere, "192.0.2.2", 5000)]
    assert joins([("127.0.0.1", 1), ("::1", 2)], own) == [(here, "localhost", 1), (here, "::1", 2)]
    assert joins([("192.0.2.2", 5000)], own) == [("join", "192.0.2.2", 5000)]


# Hosts and ports


@pytest.mark.parametrize(
    ("command", "least"), [(["serve"], 0), (["connect", "localhost"], 1), (["send", "localhost"], 1)]
)
@pytest.mark.parametrize("port", ["abc", "65536", "-1", ""])
def test_what_is_no_port(chat, command, least, port):
    """It is said in words what a port is."""
    ran = chat(*command, "--", port, "alice", "bob", "hi")
    assert ran.exit_code == 2
    assert f"{port} is not a port: a number from {least} to 65535." in ran.err


@pytest.mark.parametrize("command", [["connect"], ["connect", "--plain"], ["send"]])
@pytest.mark.parametrize("host", ["", " "])
def test_no_host(chat, command, host):
    """A variable that is not set is told from a server that is not there."""
    ran = chat(*command, host, "5000", "alice", *(["bob", "hi"] if command == ["send"] else []))
    assert ran.exit_code == 2
    assert "it is empty. Give the name or the address of the server." in ran.err


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("[x]", "[x]"),
        ("", ""),
    ],
)
def test_an_address_in_brackets(text, host):
    """As beside a port, in --listen and in what the server prints, so alone."""
    hosts = [each for _, each in options() if each.name == "host"]
    assert len(hosts) == 7  # of serve, and of the six commands that connect
    for each in hosts:
        assert each.type.convert(text, each, None) == host


# Files and folders


def test_no_option_tells_before_the_attempt_that_something_cannot_be_read():
    """ "a certificate it cannot read: one clear line on stderr, exit code 1", which no usage error is."""
    paths = [(name, each.name, each.type) for name, each in options() if isinstance(each.type, click.Path)]
    known = {"data", "motd", "cert", "cert_key", "key", "password_file", "webirc_password_file", "config", "file"}
    assert known == {name for _, name, _ in paths}
    for command, name, kind in paths:
        checks = (kind.exists, kind.readable, kind.writable, kind.executable, not kind.file_okay, not kind.dir_okay)
        assert not any(checks), (command, name)


@pytest.fixture
def unreadable(tmp_path):
    """A file that nobody can read."""
    path = tmp_path / "unreadable"
    path.touch()
    path.chmod(0)
    if os.access(path, os.R_OK):  # root can read it: a folder is no file for anybody
        path.unlink()
        path.mkdir()
    return path


@pytest.mark.parametrize("option", ["--motd", "--key", "--cert"])
def test_a_server_with_a_file_that_cannot_be_read(chat, unreadable, tmp_path, option):
    """One line with the file and the reason, exit code 1."""
    pair = {"--key": ["--cert", str(tmp_path)], "--cert": ["--key", str(tmp_path)]}.get(option, [])
    ran = chat("serve", "0", "--host", "127.0.0.1", option, str(unreadable), *pair)
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith("chat: ")
    assert len(ran.err.splitlines()) == 1
    assert "cannot be" in ran.err


@pytest.mark.parametrize("command", [["connect", "--plain"], ["send"]])
@pytest.mark.parametrize("name", ["missing", "unreadable"])
def test_a_password_file_that_cannot_be_read(chat, unreadable, command, name):
    """Missing or not readable: no sign-in, exit code 4."""
    target = ["bob", "hi"] if command == ["send"] else []
    path = unreadable.with_name(name)
    ran = chat(*command, "127.0.0.1", "1", "alice", *target, "--password-file", str(path))
    assert (ran.exit_code, ran.out) == (4, "")
    assert ran.err.startswith(f"chat: The password file {path} cannot be read: ")


@pytest.mark.parametrize(
    "args",
    [
        ["serve", "0", "--data", ""],
        ["serve", "0", "--cert", "", "--key", "key.pem"],
        ["users", "--data", ""],
        ["connect", "localhost", "5000", "alice", "--password-file", ""],
        ["connect", "localhost", "5000", "alice", "--config", ""],
    ],
)
def test_an_empty_name_of_a_file_or_folder(chat, tmp_path, monkeypatch, args):
    """It is nobody's wish to use the folder one happens to be in: exit code 2, and nothing is made there."""
    monkeypatch.chdir(tmp_path)
    ran = chat(*args)
    assert (ran.exit_code, ran.out) == (2, "")
    assert "the name is empty" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_variable_counts_as_unset(chat, monkeypatch, tmp_path):
    """As with every other variable: the folder is the platform's, which the next command need not be told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_DATA", "")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **options: str(tmp_path / "platform"))
    ran = chat("users")
    assert f"no accounts in {tmp_path / 'platform'} yet" in ran.err
    assert ran.err.endswith(" chat adduser NAME\n")


@pytest.fixture
def homeless(monkeypatch):
    """Be a user who has no home folder: no HOME, and no entry in the list of users."""

    def nowhere(*args, **options):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("CHAT_DATA")
    monkeypatch.setattr("platformdirs.user_data_dir", nowhere)
    monkeypatch.setattr("platformdirs.user_config_dir", nowhere)


@pytest.mark.parametrize("args", [["serve", "0"], ["users"], ["adduser", "alice"], ["deluser", "alice", "--yes"]])
def test_no_home_folder_for_the_data(chat, homeless, args):
    """One line that says what to give, exit code 1."""
    ran = chat(*args)
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err == (
        "chat: There is no home folder to keep the data in. Name a folder with --data DIR, or in CHAT_DATA.\n"
    )


@pytest.mark.parametrize("args", [["connect", "--plain"], ["send"]])
def test_no_home_folder_for_the_keys_of_servers(chat, homeless, args, tmp_path):
    """No server can be known then: exit code 5, as where the keys cannot be read."""
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    target = ["bob", "hi"] if args == ["send"] else []
    ran = chat(*args, "127.0.0.1", "1", "alice", *target, "--password-file", str(tmp_path / "password"))
    assert (ran.exit_code, ran.out) == (5, "")
    assert ran.err == (
        "chat: There is no home folder with the keys of known servers."
        " Name a folder with --config DIR, or in CHAT_CONFIG.\n"
    )


def test_a_folder_that_is_named_needs_no_home(chat, homeless, tmp_path):
    """What is given is enough."""
    assert chat("users", "--data", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize("command", [["serve", "0"], ["users"]])
def test_a_file_in_place_of_the_folder(chat, tmp_path, command):
    """One line that says so, exit code 1."""
    (tmp_path / "file").touch()
    ran = chat(*command, "--data", str(tmp_path / "file"))
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith(f"chat: {tmp_path / 'file'} is a file, not a folder. Name a folder")


@pytest.mark.parametrize(
    ("command", "to_type"),
    [
        (["users"], "chat adduser NAME"),
        (["deluser", "bob", "--yes"], "chat users"),
        (["adduser", "alice", "--admin"], "chat adduser alice --admin --yes"),
        (["adduser", "alice"], "chat passwd alice"),
    ],
)
def test_what_to_type_next_is_for_the_same_folder(chat, tmp_path, monkeypatch, command, to_type):
    """The next command has the --data of this one; where a variable names the folder it need not."""
    folder = tmp_path / "other folder"
    if command != ["users"]:
        assert (
            chat("adduser", "alice", "--password-stdin", "--data", str(folder), input=b"long-secret\n").exit_code == 0
        )
    assert chat(*command, "--data", str(folder)).err.endswith(f"{to_type} --data '{folder}'\n")
    monkeypatch.setenv("CHAT_DATA", str(folder))
    assert chat(*command).err.endswith(f"{to_type}\n")


def test_a_message_of_the_day_from_a_program(chat, tmp_path, monkeypatch):
    """``--motd <(fortune)`` works; a pipe that no program writes to is no reason to wait for ever."""
    monkeypatch.setattr(serve, "_PIPE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    ran = chat("serve", "0", "--motd", str(tmp_path / "pipe"), "--lobby", "none")
    assert ran.exit_code == 1
    assert f"{tmp_path / 'pipe'} cannot be read: no program has written to it within 0.1 s." in ran.err
    reading, writing = os.pipe()
    os.write(writing, "grüß\r\ngott\n".encode())
    os.close(writing)
    try:
        assert serve._read_motd(Path(f"/dev/fd/{reading}")) == ("grüß", "gott")
    finally:
        os.close(reading)


def test_a_message_of_the_day_without_end(chat):
    """It is read up to its bound."""
    assert "is too long" in chat("serve", "0", "--motd", "/dev/zero").err


def test_what_a_person_reads_who_uses_the_front_for_programs():
    """At a terminal, --plain says where the lines go, also those that look like commands, and how to end."""
    assert plain_words("", commands=False) == (
        "Each line that you type is sent to the lobby, also what begins with / (but not with --commands). Ctrl-D ends."
    )
    assert plain_words("#dev", commands=True) == (
        "Each line that you type is sent to #dev, /help tells the commands. Ctrl-D ends."
    )
