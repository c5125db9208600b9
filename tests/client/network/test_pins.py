"""Keys pinned on first use."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.client.network import pins as pins_module
from chatapp.client.network.pins import CA, Address, Pins, changed, parse_fingerprint, unknown
from chatapp.errors import IdentityError
from chatapp.protocol.addresses import is_loopback

ONE = "SHA256:" + base64.b64encode(bytes(32)).decode()
TWO = "SHA256:" + base64.b64encode(bytes([255]) * 32).decode()


def pin(pins: Pins, address: Address, key: str) -> None:
    """Pin a key, as a client does in its event loop."""
    asyncio.run(pins.set(address, key))


def test_a_pin_is_for_a_host_and_a_port(tmp_path):
    """Another port is another server; a host's name is the same in capitals."""
    pins = Pins(tmp_path / "config")
    assert pins.get(Address("chat.example", 5000)) is None
    pin(pins, Address("Chat.example", 5000), ONE)
    pin(pins, Address("chat.example", 5001), CA)
    assert pins.get(Address("chat.EXAMPLE", 5000)) == ONE
    assert pins.get(Address("chat.example", 5001)) == CA
    assert pins.get(Address("chat.example", 500)) is None


def test_a_new_pin_takes_the_place_of_the_old_one(tmp_path):
    """There is one key for a server; what else is in the file stays as it is."""
    (tmp_path / "pins").write_text(f"# mine\nother:1 {TWO}\n[::1]:5000 {ONE}\nwhatever\n")
    pins = Pins(tmp_path)
    pin(pins, Address("::1", 5000), TWO)
    assert pins.path.read_text() == f"# mine\nother:1 {TWO}\nwhatever\n[::1]:5000 {TWO}\n"


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_only_its_owner_can_read_it(tmp_path):
    """Whom one talks to is nobody else's business."""
    pins = Pins(tmp_path / "config")
    pin(pins, Address("h", 1), ONE)
    assert stat.S_IMODE(pins.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(pins.path.parent.stat().st_mode) == 0o700


def test_nothing_is_left_beside_it(tmp_path):
    """The file is replaced whole; no half of it stays behind."""
    pins = Pins(tmp_path)
    for port in range(1, 5):
        pin(pins, Address("h", port), ONE)
    assert {path.name for path in tmp_path.iterdir()} == {"pins", "pins.lock"}


def test_two_clients_at_once_lose_no_pin(tmp_path):
    """Each reads and writes the file while no other does."""

    def pin_some(first: int) -> None:
        for port in range(first, first + 20):
            pin(Pins(tmp_path), Address("h", port), ONE)

    threads = [threading.Thread(target=pin_some, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(Pins(tmp_path).path.read_text().splitlines()) == 60


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """Hold the lock of the pins, as a client does that was stopped while it wrote them; return its path."""
    path = tmp_path / "pins.lock"
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def test_a_lock_that_is_never_released(tmp_path, locked, monkeypatch):
    """After LOCK_S the client says who is to blame and what to do; it does not wait for ever."""
    monkeypatch.setattr(pins_module, "LOCK_S", 0.1)
    with pytest.raises(IdentityError, match=rf"another program has held {locked} for 0.1 s\. End that program"):
        pin(Pins(tmp_path), Address("h", 1), ONE)
    assert Pins(tmp_path).get(Address("h", 1)) is None


def test_waiting_for_the_lock_keeps_to_a_deadline(tmp_path, locked):
    """ "How long all of it may take" (--timeout) holds also while another client has the lock."""

    async def within() -> None:
        async with asyncio.timeout(0.1):
            await Pins(tmp_path).set(Address("h", 1), ONE)

    with pytest.raises(TimeoutError):
        asyncio.run(within())


@pytest.mark.parametrize("name", ["pins", "pins.lock"])
def test_a_named_pipe_in_place_of_a_file(tmp_path, name):
    """It is refused at once: nobody may ever write to it."""
    os.mkfifo(tmp_path / name)
    with pytest.raises(IdentityError, match="it is a named pipe, not a file"):
        pin(Pins(tmp_path), Address("h", 1), ONE)


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    """Without the pins nobody can say whether a key has changed."""
    (tmp_path / "pins").write_bytes(b"\xff\xff")
    with pytest.raises(IdentityError, match=r"cannot be read: [^[]*with --config"):
        Pins(tmp_path).get(Address("h", 1))


def test_a_folder_that_cannot_be_written(tmp_path):
    """One sentence, with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(IdentityError, match="--config"):
        pin(Pins(tmp_path / "file"), Address("h", 1), ONE)


@pytest.mark.parametrize("text", [ONE, ONE.removesuffix("=")])
def test_fingerprints_as_typed(text):
    """The ``=`` at the end gets lost when it is copied by double click."""
    assert parse_fingerprint(text) == ONE


@pytest.mark.parametrize("text", ["", "SHA256:", "SHA256:abc", "MD5:ab", ONE[7:], ONE + "AAAA", "SHA256:" + "!" * 44])
def test_what_is_no_fingerprint(text):
    """A slip in typing is told, not compared."""
    with pytest.raises(ValueError, match="a fingerprint "):
        parse_fingerprint(text)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.0.1.1", True), ("::1", True), ("::1%1", True)]
    + [("192.0.2.1", False), ("localhost", False), ("", False)],
)
def test_which_addresses_are_of_this_machine(host, loopback):
    """It goes by the address of the other end, never by a name."""
    assert is_loopback(host) is loopback


def test_what_a_person_is_told():
    """What happened, why it matters, and what to do; exit code 5."""
    error = changed(Address("h", 1), TWO, ONE, Path("/config/pins"))
    for part in ("h:1", ONE, TWO, "has changed", "No password was sent", f"--trust {TWO}", "/config/pins"):
        assert part in str(error)
    assert f"--trust {ONE}" in str(unknown(Address("h", 1), ONE))
    assert error.exit_code == 5
