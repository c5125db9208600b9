"""Drafts outlive the client: what was typed and not sent is there again at the next start."""

from __future__ import annotations

import asyncio
import os
import signal
import stat

import pytest

from chatapp.cli.drafts_file import FILE, DraftsFile
from chatapp.client.fronts.full.leaving import ended_by_signals
from tests.client.fronts.full.desk import Desk
from tests.client.net import run

SERVER = "chat.example.org:5000"


def leave(desk: Desk, folder, account: str = "alice") -> None:
    """Let the client end."""

    async def story() -> None:
        async with DraftsFile(folder, SERVER, account).kept(desk.state):
            pass

    run(story)


def arrive(desk: Desk, folder, account: str = "alice") -> Desk:
    """Let the client begin, and sign in; another one may begin when this returns."""

    async def story() -> None:
        async with DraftsFile(folder, SERVER, account).kept(desk.state):
            desk.sign_in()
            assert desk.state.signed_in
            desk.seen = (folder / FILE).read_text()  # type: ignore[attr-defined]

    run(story)
    return desk


def test_drafts_are_there_again(sit, server, tmp_path):
    """Each at its place, with what it answers, once; the client says where they are."""
    alice = sit("alice")
    alice.say("/join #dev")
    alice.type("for dev", "c-j")
    alice.type("and a second line")
    alice.press("escape 1")
    alice.server.say("bob", "#lobby", "who comes?")
    alice.see()
    alice.press("c-@", "r")
    alice.type("me")
    leave(alice, tmp_path)
    path = tmp_path / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = arrive(Desk(server), tmp_path)
    assert any("Texts that you had not sent are there again: #lobby" in each for each in again.texts)
    assert again.state.buffer.draft.text == "me"
    assert again.state.buffer.draft.about == "bob: who comes?"
    assert again.state.buffers.get("#dev").draft.text == "for dev\nand a second line"
    assert again.seen == ""  # another client that begins meanwhile does not have them too


def test_a_person_with_a_draft_is_listed(sit, server, tmp_path):
    """The conversation is in the left column, with a mark, also if it has no message yet."""
    alice = sit("alice")
    alice.say("/dm bob")
    alice.type("dear bob")
    leave(alice, tmp_path)
    again = arrive(Desk(server), tmp_path)
    assert again.state.buffers.find("bob") is not None
    assert again.state.buffers.get("bob").draft.text == "dear bob"


def test_what_cannot_be_placed_waits(sit, server, tmp_path):
    """A draft of a channel that one is not in, and those of other accounts, stay in the file."""
    alice = sit("alice")
    alice.type("mine")
    leave(alice, tmp_path)
    leave(sit("bob"), tmp_path, "bob")
    other = arrive(Desk(server, "bob"), tmp_path, "bob")
    assert not other.state.buffer.draft
    again = Desk(server)
    again.state.buffers.wait_with({"#gone": alice.state.buffer.draft})
    arrive(again, tmp_path)
    assert again.state.buffer.draft.text == "mine"
    again.model.deeds.draft.clear()
    leave(again, tmp_path)
    assert '"#gone"' in (tmp_path / FILE).read_text()


@pytest.mark.parametrize("text", ["/quote PASS secret", "/passwd", "", "  "])
def test_a_command_is_not_kept(sit, tmp_path, text):
    """Its words can be a password. Without a draft, no file is made."""
    alice = sit("alice")
    alice.model.deeds.draft.set(text)
    leave(alice, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_broken_file(sit, server, tmp_path):
    """The client says so and begins; the file stays as it is."""
    (tmp_path / FILE).write_text("broken\n")
    leave(sit("alice"), tmp_path)
    assert (tmp_path / FILE).read_text() == "broken\n"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_closed_terminal_ends_the_client_as_exit_does(name):
    """So drafts are kept, and what was sent arrives."""

    async def story() -> None:
        ended = asyncio.Event()
        async with ended_by_signals(ended.set):
            os.kill(os.getpid(), getattr(signal, name))
            await ended.wait()

    run(story)
