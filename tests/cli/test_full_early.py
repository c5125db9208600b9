"""What is typed in a terminal while the full screen connects, at three sizes: the server is stopped meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.client.fronts.full.pressing import DROPPED, DROPPED_NARROW, WAITS
from tests.cli import keys
from tests.cli.screen import sign_in
from tests.support.server import PASSWORD, Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with one account, which answers nothing while it is stopped."""
    make_accounts(tmp_path / "data", ["alice"])
    with Server(tmp_path / "data") as server:
        yield server
        server.tell(signal.SIGCONT)


def test_a_text_on_a_device_that_stays_signed_in(server, sit, rows, columns):
    """It is a draft: Enter sends nothing yet, commands without a connection work, and it is sent after the sign-in."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.type("y")
    alice.reads("You stay signed in on this device.")
    alice.type("/exit")
    assert alice.ended() == 0
    server.tell(signal.SIGSTOP)
    alice = sit(server, "alice", rows, columns)
    alice.shows("Connecting ...")
    alice.type("/set bell off")
    alice.reads("bell is now off.")
    alice.type("hello all")
    alice.shows(WAITS)
    alice.shows("> hello all")
    server.tell(signal.SIGCONT)
    alice.is_in("#lobby")
    alice.has_typed("hello all|")
    alice.press(keys.ENTER)
    alice.reads("alice: hello all")
    alice.has_typed("|")


def test_what_may_be_a_password(server, sit, rows, columns):
    """It is dropped with a whole sentence, nothing of it is shown, and the client can be left."""
    server.tell(signal.SIGSTOP)
    alice = sit(server, "alice", rows, columns)
    alice.shows("Connecting ...")
    alice.type(PASSWORD)
    alice.shows(DROPPED_NARROW if columns < 60 else DROPPED)
    server.tell(signal.SIGCONT)
    sign_in(alice, "alice")
    assert PASSWORD not in alice.raw
    server.tell(signal.SIGSTOP)
    bob = sit(server, "bob", rows, columns)
    bob.shows("Connecting ...")
    bob.type("/exit")
    assert bob.ended() == 0
