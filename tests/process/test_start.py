"""How a server starts, or says in one line why it cannot (STYLE "Refuse at start-up", DESIGN R10)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.support.certificate import make_pair
from tests.support.here import run_here, run_several
from tests.support.irc import Client
from tests.support.server import Server, environment, make_accounts, run_chat

Args = list[str | Path]


def refusal(*args: str | Path, data: Path, wrapped_in: list[str] | None = None) -> str:
    """Start a server that cannot start; return the one line it says, after its exit code 1 and nothing on stdout."""
    return said_by(run_chat("serve", "0", "--data", data, "--host", "127.0.0.1", *args, wrapped_in=wrapped_in or []))


def refusals(rows: Iterable[tuple[Path, Args]]) -> list[str]:
    """Return what servers with these data folders and options say that cannot start, one after another."""
    words = [["serve", "0", "--data", data, "--host", "127.0.0.1", *args] for data, args in rows]
    return [said_by(done) for done in run_several(words)]


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of a server that could not start."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("chat: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Errno" not in done.stderr
    return done.stderr.removeprefix("chat: ").rstrip("\n")


SETTINGS: list[tuple[Args, str]] = [
    (["--listen", "somewhere"], "--listen somewhere: give it as ADDR:PORT, such as 192.168.1.5:6697"),
    (["--listen", "127.0.0.1:99999"], "A port is a number from 0 to 65535, not 99999."),
    (["--listen", f"127.0.0.1:{'9' * 5000}"], "give it as ADDR:PORT"),
    (["--listen", "[::1:6697"], "give it as ADDR:PORT"),
    (["--listen", "::1:6697"], "give it as ADDR:PORT"),
    (["--host", "192.0.2.77"], "Cannot listen on 192.0.2.77"),
    (["--host", "a..b"], "Cannot listen on a..b: that is neither an address nor the name of a host."),
    (["--lobby", "lobby"], "--lobby lobby: A channel's name begins with #"),
    (["--lobby", "#a b"], "--lobby #a b: A channel's name begins with #"),
    (["--motd", "/no/such/file"], "The message of the day /no/such/file cannot be read: No such file"),
    (["--motd", "/"], "The message of the day / cannot be read: Is a directory."),
    (["--server-name", "my server"], "'my server' is not a server name"),
    (["--server-name", "x" * 64], "is not a server name"),
    (["--name", "My Chat"], "'My Chat' is not a network name"),
    (["--cert", "/x"], "--cert and --key go together"),
    (["--cert", "/no/cert", "--key", "/no/key"], "The certificate /no/cert cannot be read: No such file"),
]


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """ "Refuse at start-up: bad config ..." in one line, with exit code 1."""
    said = refusals((tmp_path / f"data{number}", args) for number, (args, _) in enumerate(SETTINGS))
    for (args, words), line in zip(SETTINGS, said, strict=True):
        assert words in line, args


def test_a_motd_that_is_no_text(tmp_path: Path) -> None:
    """A message of the day must be text that can be sent."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long").write_text("x" * 401)
    said = refusals((tmp_path / "data", ["--motd", tmp_path / name]) for name in ("binary", "long"))
    assert "it is not UTF-8 text" in said[0]
    assert "is too long" in said[1]


def test_a_port_in_use(tmp_path: Path) -> None:
    """ "A port in use ...: one clear line on stderr, exit code 1"; also of a second address."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        words = f"Port {port} is in use on 127.0.0.1"
        assert words in refusal("--listen", f"127.0.0.1:{port}", data=tmp_path / "data")
        done = run_chat("serve", str(port), "--data", tmp_path / "data", "--host", "127.0.0.1")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"chat: {words}")


def _damaged_key(folder: Path) -> Args:
    pair = make_pair(folder, "one")
    pair.key.write_text("-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----\n")
    return ["--cert", pair.cert, "--key", pair.key]


def _key_with_a_password(folder: Path) -> Args:
    pair = make_pair(folder, "one", password="secret")
    return ["--cert", pair.cert, "--key", pair.key]


def _key_of_another(folder: Path) -> Args:
    return ["--cert", make_pair(folder, "one").cert, "--key", make_pair(folder, "two").key]


def _certificate_that_is_none(folder: Path) -> Args:
    pair = make_pair(folder, "one")
    pair.cert.write_text("no certificate")
    return ["--cert", pair.cert, "--key", pair.key]


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    """ "A certificate it cannot read: one clear line", which names the file and the fault; nobody is asked for a
    password.
    """
    cases: list[tuple[Callable[[Path], Args], str]] = [
        (_damaged_key, "one.key is not a key in PEM"),
        (_key_with_a_password, "one.key has a password. Give one without: openssl pkey -in "),
        (_key_of_another, "they do not belong together"),
        (_certificate_that_is_none, "one.crt is not a certificate in PEM"),
    ]
    rows: list[tuple[Path, Args]] = []
    for make, _ in cases:
        folder = tmp_path / make.__name__
        folder.mkdir()
        rows.append((folder / "data", make(folder)))
    for (make, words), line in zip(cases, refusals(rows), strict=True):
        assert words in line, make.__name__


def _not_writable(folder: Path) -> Path:
    data = folder / "data"
    data.mkdir(0o500)
    return data


def _below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "data"


def _a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


@pytest.mark.parametrize("make", [_not_writable, _below_a_file, _a_file])
def test_a_data_folder_that_cannot_be_used(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """ "A folder it cannot write ...: one clear line on stderr, exit code 1"."""
    wrapped_in = []
    if os.geteuid() == 0 and make is _not_writable:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere")
        wrapped_in = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    data = make(tmp_path)
    words = "is a file, not a folder" if make is _a_file else "cannot be used: "
    said = refusal(data=data, wrapped_in=wrapped_in)
    assert str(data) in said
    assert words in said


@pytest.fixture(scope="module")
def some_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 30 messages in its log."""
    data = tmp_path_factory.mktemp("some_talk") / "data"
    make_accounts(data, ["alice"])
    with Server(data) as server, Client(server.address) as alice:
        alice.sign_in("alice")
        for number in range(30):
            alice.say("#lobby", f"{number} {'x' * 300}")
    return data


def _newer(data: Path) -> None:
    with sqlite3.connect(data / "chat.db") as db:
        db.execute("pragma user_version = 9999")
    db.close()


def _of_another_program(data: Path) -> None:
    (data / "chat.db").unlink()
    with sqlite3.connect(data / "chat.db") as db:
        db.execute("create table recipe (name)")
    db.close()


def _no_database(data: Path) -> None:
    (data / "chat.db").write_bytes(b"not a database, but long enough to be asked " * 100)


def _damaged(data: Path) -> None:
    """Overwrite everything behind the first page."""
    size = (data / "chat.db").stat().st_size
    with open(data / "chat.db", "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def _cut_short(data: Path) -> None:
    os.truncate(data / "chat.db", (data / "chat.db").stat().st_size // 2)


def _no_file(data: Path) -> None:
    (data / "chat.db").unlink()
    (data / "chat.db").mkdir()


def _pipe(data: Path) -> None:
    (data / "chat.db").unlink()
    os.mkfifo(data / "chat.db")


def test_logs_that_cannot_be_used(some_talk: Path, tmp_path: Path) -> None:
    """ "A newer data format ...: one clear line on stderr"; a log that is damaged is refused, and left as it is."""
    cases: list[tuple[Callable[[Path], None], str]] = [
        (_newer, "is from a newer version of chatapp: it has data format 9999"),
        (_of_another_program, "it is a database of another program"),
        (_no_database, "or it is not a log of chatapp. Restore the data folder from a backup"),
        (_damaged, "Restore the data folder from a backup"),
        (_cut_short, "Restore the data folder from a backup"),
        (_no_file, "it is a folder, not a file. Move it away and put the log in its place"),
        (_pipe, "it is a named pipe, not a file. Move it away and put the log in its place"),
    ]
    folders = [tmp_path / spoil.__name__ for spoil, _ in cases]
    for folder, (spoil, _) in zip(folders, cases, strict=True):
        shutil.copytree(some_talk, folder)
        spoil(folder)

    def logs() -> list[bytes]:
        return [log.read_bytes() if log.is_file() else b"" for log in (folder / "chat.db" for folder in folders)]

    before = logs()
    for (spoil, words), line in zip(cases, refusals((folder, []) for folder in folders), strict=True):
        assert words in line, spoil.__name__
    assert logs() == before


def test_a_password_file_with_a_mistake(tmp_path: Path) -> None:
    """A line of the password file that cannot be read is named, before anybody comes."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    with open(data / "passwords", "a") as file:
        file.write("what is this\n")
    assert f"{data}/passwords, line 2: " in refusal(data=data)


def test_a_second_server_on_the_same_folder(tmp_path: Path) -> None:
    """ "A second server on the same data folder is refused", and the first one does not mind."""
    with Server(tmp_path / "data") as server:
        assert "Another server uses the data folder" in refusal(data=tmp_path / "data")
        with Client(server.address) as client:
            client.ask("PING :still here", "PONG .*still here")


def test_a_second_server_after_files_were_removed(tmp_path: Path) -> None:
    """No file that is removed beside the log lets a second server start, or a restore replace the data."""
    data = tmp_path / "data"
    # It may be making the search index now, and looks now and then whether the control socket is there.
    complaints = ["The search index .* cannot be used", "Another program removed .*/control. It is there again."]
    with Server(data, complaints=complaints) as server:
        assert run_here("backup", tmp_path / "b.tar", "--data", data).returncode == 0
        for path in data.iterdir():
            if path.name not in ("chat.db", "chat.db-wal", "chat.db-shm"):
                path.unlink(missing_ok=True)  # the server itself removes files while it makes the search index
        assert "Another server uses the data folder" in refusal(data=data)
        restored = run_here("restore", tmp_path / "b.tar", "--replace", "--data", data)
        assert restored.returncode == 1
        assert "A server is running on" in restored.stderr
        with Client(server.address) as client:
            client.ask("PING :still here", "PONG .*still here")


def test_it_tells_how_to_join(tmp_path: Path) -> None:
    """It prints what to type to join, the key's fingerprint, and whether there is an administrator; no promise."""
    data = tmp_path / "data"
    pair = make_pair(tmp_path, "one")
    options = ("--cert", pair.cert, "--key", pair.key, "--name", "Ours")
    how, close = f"chat adduser NAME --admin --data {data}", f"chat sign-up closed --data {data}"
    with Server(data, *options) as server:
        assert server.greeting == [
            f"Ours: a chat server; its data is in {data}",
            f"  join from this machine:   chat connect localhost {server.address.port} --trust {pair.fingerprint}",
            f"  in a browser:             http://localhost:{server.address.port}",
            f"  with an IRC client:       http://localhost:{server.address.port}/clients has the lines to paste",
            f"  public key of the server: {pair.fingerprint}",
            f"  administrator:            none yet; {how} makes one",
            f"  sign-up:                  anybody who reaches this port can sign up; {close} ends that",
            f"ready on 127.0.0.1:{server.address.port}",
        ]
    assert (
        run_here("adduser", "boss", "--admin", "--password-stdin", "--data", data, stdin="xxxxxxxx\n").returncode == 0
    )
    with Server(data, *options) as server:
        assert "  administrator:            there is one" in server.greeting
    with Server(data, *options, "--sign-up", "closed", "--plaintext", "never") as server:
        assert "  sign-up:                  closed; chat adduser makes accounts" in server.greeting
        assert f"  in a browser:             https://localhost:{server.address.port}" in server.greeting
    with Server(data, *options, "--no-web") as server:
        assert not [line for line in server.greeting if "browser" in line or "paste" in line]


def test_every_option_is_a_variable_too(tmp_path: Path) -> None:
    """ "All also as CHAT_* variables"."""
    data = tmp_path / "data"
    pair = make_pair(tmp_path, "one")
    (tmp_path / "motd").write_text("good morning\n")
    variables = {
        "CHAT_PORT": "0",
        "CHAT_HOST": "127.0.0.1",
        "CHAT_LISTEN": "127.0.0.1:0",
        "CHAT_DATA": str(data),
        "CHAT_NAME": "Ours",
        "CHAT_SERVER_NAME": "irc.example.org",
        "CHAT_MOTD": str(tmp_path / "motd"),
        "CHAT_GUESTS": "1",
        "CHAT_SIGN_UP": "closed",
        "CHAT_LOBBY": "#hall",
        "CHAT_CERT": str(pair.cert),
        "CHAT_KEY": str(pair.key),
        "CHAT_PLAINTEXT": "any",
        "CHAT_BCRYPT_COST": "5",
        "CHAT_MAX_CLIENTS": "2",
        "CHAT_LOG_LEVEL": "warning",
        "CHAT_LOG_JSON": "1",
        "CHAT_NO_RATE_LIMITS": "1",
        "CHAT_NO_WEB": "1",
    }
    server = Server(data, host=None, bcrypt_cost=None, env=variables, complaints=["the server is full"])
    del server.command[server.command.index("serve") + 1 :]
    with server, Client(server.addresses[1]) as guest:
        assert [address.host for address in server.addresses] == ["127.0.0.1", "127.0.0.1"]
        assert pair.fingerprint in server.greeting[-4]
        assert not [line for line in server.greeting if "browser" in line]
        guest.send("CAP LS 302", "NICK guest", "USER g 0 * :g", "CAP END")
        seen = "\n".join(guest.until(" 376 "))
        assert "Welcome to Ours" in seen
        assert ":irc.example.org 001 guest " in seen
        assert "LOBBY=#hall" in seen
        assert " 372 guest :good morning" in seen
        assert "account-registration" not in seen
        guest.send(*["PING x"] * 200, "PING last")
        assert len(guest.until("PONG .*last$")) == 201  # no rate limit has ended it
        with Client(server.address) as second, Client(server.address) as third:
            second.ask("PING x", "PONG")
            third.send("PING x")
            assert third.end() == ["ERROR :The server is full. Try again later."]
        server.await_stderr("the server is full.*\n")
        assert json.loads(server.stderr())["limit"] == "clients_max"
        done = run_chat("adduser", "bob", "--password-stdin", stdin="xxxxxxxx\n", env=variables)
        assert (done.returncode, done.stderr) == (0, ""), done
    assert "bob:$2b$05$" in (data / "passwords").read_text()


# A statfs() that takes the folder NETWORK, and all in it, for one on NFS.
_STATFS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
int statfs(const char *path, struct statfs *answer) {
    int (*real)(const char *, struct statfs *) = dlsym(RTLD_NEXT, "statfs");
    int result = real(path, answer);
    const char *network = getenv("NETWORK");
    if (result == 0 && network != NULL && strncmp(path, network, strlen(network)) == 0) answer->f_type = 0x6969;
    return result;
}
"""


def test_a_data_folder_on_a_network(tmp_path: Path) -> None:
    """A data folder on NFS is refused before anything is made there; a backup may be there."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("there is no compiler for a statfs() that tells of NFS")
    (tmp_path / "statfs.c").write_text(_STATFS)
    library = tmp_path / "statfs.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "statfs.c", "-ldl"], check=True)
    network = tmp_path / "network"
    network.mkdir()
    env = {"LD_PRELOAD": str(library), "NETWORK": str(network)}
    with Server(tmp_path / "data", env=env):
        done = run_chat("backup", network / "b.tar", "--data", tmp_path / "data", env=env)
        assert (done.returncode, done.stderr) == (0, "")
    for folder in (network, network / "data"):
        for command in (["serve", "0"], ["restore", network / "b.tar"], ["adduser", "alice", "--password-stdin"]):
            done = run_chat(*command, "--data", folder, env=env, stdin="secret123\n")
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == (
                f"chat: {folder} is on a network file system (NFS), where the log can lose messages or be damaged."
                " Choose a folder on a local disk, with --data DIR or CHAT_DATA.\n"
            )
    assert os.listdir(network) == ["b.tar"]


def test_a_log_that_another_server_uses(tmp_path: Path) -> None:
    """One log has one server, whatever leads to it: a link to it, or a second name of the file."""
    data, other, third = tmp_path / "data", tmp_path / "other", tmp_path / "third"
    make_accounts(data, ["alice"])
    with Server(data):
        for folder in (other, third):
            make_accounts(folder, ["alice"])
        (other / "chat.db").symlink_to(data / "chat.db")
        assert f"Another server uses the log {data / 'chat.db'}." in refusal(data=other)
        (third / "chat.db").hardlink_to(data / "chat.db")
        assert f"{third / 'chat.db'} has a second name (a hard link)" in refusal(data=third)
        (third / "chat.db").unlink()


def test_nobody_reads_the_lines_to_join_with(tmp_path: Path) -> None:
    """``chat serve 5000 | head -1``: the server serves all the same."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    command = [sys.executable, "-m", "chatapp", "serve", "0", "--host", "127.0.0.1", "--data", str(data)]
    reading, writing = os.pipe()
    os.close(reading)
    env = environment({"CHAT_LOG_LEVEL": "info"})
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=env) as process:
        os.close(writing)
        assert process.stderr is not None
        told = ""
        while "could not be written" not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
        assert "started: listening on 127.0.0.1:" in told
        process.terminate()
        assert process.wait(30) == 0
