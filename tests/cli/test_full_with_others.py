"""What the full screen shows of others and of a text on its way, at three sizes of a real terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen, middle, sign_in
from tests.cli.test_full_screen import restart
from tests.support.irc import Client
from tests.support.server import Server, make_accounts

pytestmark = pytest.mark.once

NAMES = ("alice", "bob", "carol")
DIM = "\x1b[0;2m"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with three accounts, which may be stopped and killed."""
    make_accounts(tmp_path / "data", NAMES)
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server
        server.tell(signal.SIGCONT)  # a test that fails may leave the server stopped


@pytest.mark.parametrize(("rows", "columns"), keys.SIZES)
def test_what_others_do(server, sit, rows, columns):
    """Who comes and goes is folded into one row until somebody writes; the status line tells who is typing."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.type("/join #dev")
    alice.reads("Nobody else is in #dev")
    with ExitStack() as stack:
        bob, carol = (stack.enter_context(Client(server.address)).sign_in(name) for name in ("bob", "carol"))
        comes_and_goes(alice, bob, carol)
        is_typing(alice, bob, carol)


def folds(rows: list[str]) -> list[str]:
    """Return the rows that tell who came and who went."""
    return [row for row in (middle([row]) for row in rows) if row.startswith(("-- came:", "-- left:"))]


def comes_and_goes(alice: Screen, bob: Client, carol: Client) -> None:
    """One row has what each person did last; what comes after a message has a row of its own."""
    for client, line, row in (
        (bob, "JOIN #dev", "-- came: bob"),
        (carol, "JOIN #dev", "-- came: bob, carol"),
        (bob, "PART #dev", "-- came: carol; left: bob"),
        (carol, "PART #dev", "-- left: bob, carol"),
        (carol, "JOIN #dev", "-- came: carol; left: bob"),
    ):
        client.send(line)
        alice.until(lambda rows, row=row: folds(rows) == [row], row)
    carol.say("#dev", "a word")
    bob.ask("JOIN #dev", " 366 ")
    alice.until(lambda rows: folds(rows) == ["-- came: carol; left: bob", "-- came: bob"], "two rows")


def is_typing(alice: Screen, bob: Client, carol: Client) -> None:
    """Who types is named until the message comes, or the text is cleared; others hear the same of alice."""
    bob.send("@+typing=active TAGMSG #dev")
    alice.shows("bob is typing")
    carol.send("@+typing=active TAGMSG #dev")
    alice.shows("bob, carol are typing")
    bob.send("PRIVMSG #dev :this was it")
    alice.shows("carol is typing")
    carol.send("@+typing=done TAGMSG #dev")
    alice.until(lambda rows: not any("typing" in row for row in rows), "nobody typing")
    alice.press("a")
    bob.wait_for(r"\+typing=active \S*alice\S* TAGMSG #dev")
    alice.press(keys.ctrl("c"))
    bob.wait_for(r"\+typing=done \S*alice\S* TAGMSG #dev")


def test_a_text_on_its_way(server, sit):
    """It is dim until the server's echo; after 10 s without, it says so, and r sends it again, d drops it.

    Three people at three sizes wait together.
    """
    screens = {name: sign_in(sit(server, name, *size), name) for name, size in zip(NAMES, keys.SIZES, strict=True)}
    server.tell(signal.SIGSTOP)
    for name, screen in screens.items():
        waits(screen, name, f"early {name}")
    server.tell(signal.SIGCONT)
    for screen in screens.values():
        for name in NAMES:
            arrives(screen, name, f"early {name}")
    server.tell(signal.SIGSTOP)
    for name, screen in screens.items():
        waits(screen, name, f"late {name}")
    for screen in screens.values():
        screen.reads("not sent yet: the server has not answered yet (F6, then r sends it again, d drops it)")
        screen.press(keys.F6)
        screen.shows("not sent: r resend, d drop, Esc")
    for screen, key in zip(screens.values(), ("d", "r", keys.ESC), strict=True):
        screen.press(key)
    screens["alice"].until(lambda rows: "late alice" not in middle(rows), "the text dropped")
    screens["bob"].until(lambda rows: "not sent" not in middle(rows), "the text sent again")
    screens["carol"].reads("... carol: late carol", "not sent yet: the server has not answered yet")
    server.kill()
    for screen in screens.values():
        screen.shows("No connection")
    restart(server)
    for screen in screens.values():
        arrives(screen, "bob", "late bob")
        arrives(screen, "carol", "late carol")
        assert "late alice" not in middle(screen.rows)


def waits(screen: Screen, name: str, text: str) -> None:
    """Type a text: it is shown at once, dim and without a time."""
    screen.type(text)
    screen.reads(f"... {name}: {text}")
    assert f"{DIM}  ... {DIM}{name}: {DIM}{text}" in screen.raw


def arrives(screen: Screen, name: str, text: str) -> None:
    """Wait until a text has come once, with its time."""
    screen.until(lambda rows: middle(rows).count(text) == 1 and f"... {name}: {text}" not in middle(rows), text)
    screen.until(
        lambda rows: any(row[2:3] == ":" for row in (middle([row]) for row in rows) if text in row), "its time"
    )
