"""Keys pinned on first use."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from chatapp.client.network.pins import CA, Address, Pins, changed, parse_fingerprint, unknown
from chatapp.errors import IdentityError
from chatapp.protocol.addresses import is_loopback

ONE = "SHA256:" + base64.b64encode(bytes(32)).decode()
TWO = "SHA256:" + base64.b64encode(bytes([255]) * 32).decode()


def test_a_pin_is_for_a_host_and_a_port(tmp_path):
    """Another port is another server; a host's name is the same in capitals."""
    pins = Pins(tmp_path / "config")
    assert pins.get(Address("chat.example", 5000)) is None
    pins.set(Address("Chat.example", 5000), ONE)
    pins.set(Address("chat.example", 5001), CA)
    assert pins.get(Address("chat.EXAMPLE", 5000)) == ONE
    assert pins.get(Address("chat.example", 5001)) == CA
    assert pins.get(Address("chat.example", 500)) is None


def test_a_new_pin_takes_the_place_of_the_old_one(tmp_path):
    """There is one key for a server; what else is in the file stays as it is."""
    (tmp_path / "pins").write_text(f"# mine\nother:1 {TWO}\n[::1]:5000 {ONE}\nwhatever\n")
    pins = Pins(tmp_path)
    pins.set(Address("::1", 5000), TWO)
    assert pins.path.read_text() == f"# mine\nother:1 {TWO}\nwhatever\n[::1]:5000 {TWO}\n"


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_only_its_owner_can_read_it(tmp_path):
    """Whom one talks to is nobody else's business."""
    pins = Pins(tmp_path / "config")
    pins.set(Address("h", 1), ONE)
    assert stat.S_IMODE(pins.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(pins.path.parent.stat().st_mode) == 0o700


def test_nothing_is_left_beside_it(tmp_path):
    """The file is replaced whole; no half of it stays behind."""
    pins = Pins(tmp_path)
    for port in range(1, 5):
        pins.set(Address("h", port), ONE)
    assert {path.name for path in tmp_path.iterdir()} == {"pins", "pins.lock"}


def test_two_clients_at_once_lose_no_pin(tmp_path):
    """Each reads and writes the file while no other does."""

    def pin(first: int) -> None:
        for port in range(first, first + 20):
            Pins(tmp_path).set(Address("h", port), ONE)

    threads = [threading.Thread(target=pin, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(Pins(tmp_path).path.read_text().splitlines()) == 60


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    """Without the pins nobody can say whether a key has changed."""
    (tmp_path / "pins").write_bytes(b"\xff\xff")
    with pytest.raises(IdentityError, match=r"cannot be read: [^[]*with --config"):
        Pins(tmp_path).get(Address("h", 1))


def test_a_folder_that_cannot_be_written(tmp_path):
    """One sentence, with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(IdentityError, match="--config"):
        Pins(tmp_path / "file").set(Address("h", 1), ONE)


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
