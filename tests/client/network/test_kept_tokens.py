"""The tokens that a device keeps: in a file that only its owner reads, or in the keyring of the system."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatapp.client.network import kept_tokens
from chatapp.client.network.kept_tokens import Kept, KeptTokenError, KeptTokens
from chatapp.client.network.pins import Address

HOST, OTHER = Address("Chat.example", 5000), Address("::1", 5000)
TOKEN, SECOND = "chat_" + "a" * 43, "chat_" + "b" * 43
ID = "0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never touch the keyring of the person who runs the tests."""
    monkeypatch.setitem(sys.modules, "keyring", None)  # type: ignore[arg-type]


class Ring(types.ModuleType):
    """The module keyring."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        self.kept[service, user] = password

    def delete_password(self, service: str, user: str) -> None:
        del self.kept[service, user]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """A system with a keyring."""
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    return ring


def get(folder: Path, address: Address = HOST, name: str = "alice") -> Kept:
    """Return what is kept."""
    return asyncio.run(KeptTokens(folder).get(address, name))


def keep(folder: Path, token: str = TOKEN, address: Address = HOST, name: str = "alice") -> str:
    """Keep a token; return where."""
    return asyncio.run(KeptTokens(folder).keep(address, name, ID, token))


def forget(folder: Path) -> None:
    """Keep no token any more."""
    asyncio.run(KeptTokens(folder).note_asked(HOST, "alice"))


def test_a_file(tmp_path):
    """Without a keyring, a file of mode 0600 in a folder of mode 0700; a token for each account of a server."""
    folder = tmp_path / "new"
    assert get(folder) == Kept()
    assert keep(folder) == str(folder / "tokens")
    keep(folder, SECOND, OTHER)
    keep(folder, SECOND, name="bob")
    assert (get(folder).id, get(folder).token, get(folder).asked) == (ID, TOKEN, True)
    assert get(folder, Address("chat.EXAMPLE", 5000), "ALICE").token == TOKEN
    assert get(folder, OTHER).token == get(folder, name="bob").token == SECOND
    assert get(folder, Address("chat.example", 5001)) == Kept()
    assert stat.S_IMODE((folder / "tokens").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"tokens", "tokens.lock"}


def test_forgetting(tmp_path):
    """The token is gone from the file; that the person was asked is remembered."""
    keep(tmp_path)
    keep(tmp_path, SECOND, name="bob")
    forget(tmp_path)
    assert get(tmp_path) == Kept(asked=True)
    assert TOKEN not in (tmp_path / "tokens").read_text()
    assert get(tmp_path, name="bob").token == SECOND
    keep(tmp_path, SECOND)
    assert get(tmp_path).token == SECOND


def test_a_keyring(tmp_path, ring):
    """The token is in the keyring, and nothing of it in the file."""
    assert keep(tmp_path) == "the keyring of this system"
    assert ring.kept == {("chatapp", "alice@chat.example:5000"): TOKEN}
    assert TOKEN not in (tmp_path / "tokens").read_text()
    assert (get(tmp_path).id, get(tmp_path).token) == (ID, TOKEN)
    forget(tmp_path)
    assert (ring.kept, get(tmp_path)) == ({}, Kept(asked=True))


def test_a_keyring_that_has_lost_it(tmp_path, ring):
    """Then the password is asked."""
    keep(tmp_path)
    ring.kept.clear()
    assert get(tmp_path) == Kept(asked=True)
    forget(tmp_path)
    ring.kept["chatapp", "alice@chat.example:5000"] = "not a token"


def raises(*args: str) -> Any:
    """Fail as a backend does, with the secret in the text."""
    raise RuntimeError(f"no backend for {args}")


@pytest.mark.parametrize("broken", [raises, lambda *args: None])
def test_a_keyring_that_keeps_nothing(tmp_path, ring, broken: Callable[..., Any], caplog, capfd):
    """A backend that fails, or that does nothing: the token is in the file."""
    ring.set_password = broken  # type: ignore[method-assign]
    assert keep(tmp_path) == str(tmp_path / "tokens")
    assert get(tmp_path).token == TOKEN
    assert TOKEN not in caplog.text + "".join(capfd.readouterr())


def test_a_keyring_that_does_not_answer(tmp_path, ring, monkeypatch):
    """ "Answers within a timeout in a thread": the client goes on, and ends although the thread still waits."""
    monkeypatch.setattr(kept_tokens, "KEYRING_S", 0.05)
    go_on = threading.Event()
    ring.set_password = lambda *args: go_on.wait() and None  # type: ignore[assignment,method-assign]
    assert keep(tmp_path) == str(tmp_path / "tokens")
    assert get(tmp_path).token == TOKEN
    waiting = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    assert all(thread.daemon for thread in waiting)
    go_on.set()
    for thread in waiting:
        thread.join(10)


def join_threads() -> None:
    """Wait for what the keyring still does."""
    for thread in [thread for thread in threading.enumerate() if thread.name == "keyring"]:
        thread.join(10)


def test_a_keyring_that_answers_too_late(tmp_path, ring, monkeypatch):
    """It may "hang or fail late": what it keeps after the token went to the file is removed from it."""
    monkeypatch.setattr(kept_tokens, "KEYRING_S", 0.05)
    go_on = threading.Event()
    store = ring.set_password

    def slowly(service: str, user: str, password: str) -> None:
        go_on.wait(10)
        store(service, user, password)

    ring.set_password = slowly  # type: ignore[method-assign]
    assert keep(tmp_path) == str(tmp_path / "tokens")
    go_on.set()
    join_threads()
    assert ring.kept == {}
    assert get(tmp_path).token == TOKEN


@pytest.mark.parametrize("late", [None, raises])
def test_a_keyring_that_does_not_give_it_back(tmp_path, ring, monkeypatch, late: Callable[..., Any] | None):
    """It hangs, or fails late: then the password is asked, and the client goes on."""
    keep(tmp_path)
    monkeypatch.setattr(kept_tokens, "KEYRING_S", 0.05)
    go_on = threading.Event()
    ring.get_password = lambda *args: go_on.wait(10) and late and late(*args)  # type: ignore[assignment,method-assign]
    assert get(tmp_path) == Kept(asked=True)
    go_on.set()
    join_threads()


def test_a_keyring_that_cannot_be_imported(tmp_path, monkeypatch):
    """A package that fails while it is imported, as without a desktop it may, counts as none."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "keyring.py").write_text("raise RuntimeError('no D-Bus')")
    monkeypatch.delitem(sys.modules, "keyring")
    monkeypatch.syspath_prepend(str(folder))
    assert keep(tmp_path) == str(tmp_path / "tokens")
    assert get(tmp_path).token == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_read(tmp_path, mode):
    """ "Refused if others can read it", with what to do."""
    keep(tmp_path)
    (tmp_path / "tokens").chmod(mode)
    with pytest.raises(KeptTokenError, match=r"Others can read .*chmod 600 .*/tokens") as raised:
        get(tmp_path)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "# mine\n", "chat.example:5000 alice\n", f"chat.example:5000 alice {ID} nonsense\n", f"x {TOKEN}\n"]
)
def test_a_file_with_something_else(tmp_path, text):
    """What is no token is none, and other lines stay."""
    (tmp_path / "tokens").write_text(text)
    (tmp_path / "tokens").chmod(0o600)
    assert get(tmp_path).token == ""
    keep(tmp_path, SECOND, OTHER)
    assert text in (tmp_path / "tokens").read_text()


@pytest.mark.parametrize("kind", ["pipe", "folder", "bytes"])
def test_a_file_that_cannot_be_read(tmp_path, kind):
    """One sentence, at once."""
    path = tmp_path / "tokens"
    if kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir(0o700)
    else:
        path.write_bytes(b"\xff")
        path.chmod(0o600)
    with pytest.raises(KeptTokenError, match=r"The file of tokens, .*, cannot be read: "):
        get(tmp_path)
    with pytest.raises(KeptTokenError, match=r"The file of tokens, .*, cannot be written: "):
        keep(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    """One sentence, without the token."""
    (tmp_path / "file").write_text("")
    with pytest.raises(KeptTokenError, match="cannot be written") as raised:
        keep(tmp_path / "file")
    assert TOKEN not in str(raised.value)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """Hold the lock, as a client does that was stopped while it wrote."""
    path = tmp_path / "tokens.lock"
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def test_a_lock_that_is_never_released(tmp_path, locked, monkeypatch):
    """It waits for a bounded time."""
    monkeypatch.setattr(kept_tokens, "_LOCK_S", 0.05)
    with pytest.raises(KeptTokenError, match=rf"Another program has held {locked} for 0.05 s"):
        keep(tmp_path)


def test_two_clients_at_once_lose_nothing(tmp_path):
    """Each reads and writes the file while no other does."""

    def keep_some(first: int) -> None:
        for port in range(first, first + 10):
            keep(tmp_path, TOKEN, Address("h", port))

    threads = [threading.Thread(target=keep_some, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len((tmp_path / "tokens").read_text().splitlines()) == 30


def test_a_token_is_in_no_repr():
    """What is kept is shown without the secret."""
    assert TOKEN not in f"{Kept(ID, TOKEN)!r} {Kept(ID, TOKEN)} {[Kept(ID, TOKEN)]}"
