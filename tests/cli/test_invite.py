"""``chat invite``: its QR code, its words, its options, and what it looks like in a real terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno

from chatapp.cli.invite import _place
from chatapp.cli.qr import QUIET_ZONE, paint
from chatapp.protocol.invitation_link import parse_link
from tests.cli.screen import Screen
from tests.support.server import Server

BLOCKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
COLOURS = "\x1b[38;5;16;48;5;231m"


def matrix(rows: list[str]) -> list[list[int]]:
    """Return the modules that rows of half blocks show."""
    return [[BLOCKS[each][half] for each in row] for row in rows for half in (0, 1)]


def expected(link: str) -> list[list[int]]:
    """Return the modules of the QR code of a link, with the quiet zone of four modules; dark is 1."""
    return [[int(each) for each in row] for row in segno.make_qr(link, error="l").matrix_iter(border=4)]


@pytest.mark.parametrize("size", range(1, 12))
def test_each_module_is_half_a_character(size):
    """Of codes of all sizes. Every row begins with black on white and ends with the terminal's own colours."""
    modules = [[(at * 7 + line) % 3 % 2 for at in range(size)] for line in range(size)]
    rows = paint(modules)
    assert len(rows) == (size + 1) // 2
    assert all(row.startswith(COLOURS) and row.endswith("\x1b[0m") for row in rows)
    shown = matrix([row.removeprefix(COLOURS).removesuffix("\x1b[0m") for row in rows])
    assert shown[:size] == modules
    assert shown[size:] == [[0] * size] * (size % 2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server where people sign up with invitations; it writes nothing while they do."""
    with Server(tmp_path_factory.mktemp("invites") / "data", "--sign-up", "invite") as server:
        yield server


def test_the_code_on_a_terminal(server):
    """It is the link, with its quiet zone: each module as segno makes it, black on white whatever the terminal is."""
    with Screen("invite", "--data", str(server.data)) as screen:
        assert screen.ended() == 0
        link = screen.rows[0] + screen.rows[1] if len(screen.rows[0]) == 100 else screen.rows[0]
        assert parse_link(link).key.startswith("SHA256:")
        wanted = expected(link)
        display, buffer = screen._screen.display, screen._screen.buffer
        first = next(at for at, row in enumerate(display) if buffer[at][0].bg == "ffffff")
        height, width = (len(wanted) + 1) // 2, len(wanted)
        shown = matrix([display[at][:width] for at in range(first, first + height)])
        assert shown[: len(wanted)] == wanted
        assert all(not any(row[:QUIET_ZONE]) and not any(row[-QUIET_ZONE:]) for row in wanted)
        for at in range(first, first + height):
            assert {(buffer[at][column].fg, buffer[at][column].bg) for column in range(width)} == {("000000", "ffffff")}
            assert buffer[at][width].bg == "default"
        assert buffer[first + height][0].bg == "default"


def test_a_terminal_that_is_too_narrow(server):
    """It says so, and shows no half of a code."""
    with Screen("invite", "--data", str(server.data), columns=40) as screen:
        assert screen.ended() == 0
        assert "█" not in screen.raw
        assert re.search(r"The QR code needs \d+ columns; this\s+terminal has 40\.", screen.raw)


def test_a_character_set_without_blocks(server):
    """It says so too."""
    with Screen("invite", "--data", str(server.data), env={"PYTHONIOENCODING": "ascii"}) as screen:
        assert screen.ended() == 0
        assert "This terminal cannot show a QR code" in screen.raw
        assert "\x1b[" not in screen.raw


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ("", 0)),
        ("chat.example.org", ("chat.example.org", 0)),
        ("chat.example.org:6697", ("chat.example.org", 6697)),
        ("192.0.2.7:5000", ("192.0.2.7", 5000)),
        ("2001:db8::1", ("2001:db8::1", 0)),
        ("[2001:db8::1]", ("2001:db8::1", 0)),
        ("[2001:db8::1]:5000", ("2001:db8::1", 5000)),
    ],
)
def test_the_address_in_the_link(text, place):
    """HOST or HOST:PORT."""
    assert _place(text) == place


@pytest.mark.parametrize(
    "text", ["a b", "x:y", "https://x", "x/", "x#y", "bob@x", "[x", ":5000", "x:123456", "x:", " "]
)
def test_an_address_that_is_none(chat, server, text):
    """A usage error, before anything is made."""
    ran = chat("invite", "--host", text, "--data", str(server.data))
    assert (ran.exit_code, ran.out) == (2, "")
    assert "give it as HOST or HOST:PORT" in ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--uses", "0"], "1<=x<=1000"),
        (["--uses", "1001"], "1<=x<=1000"),
        (["--uses", "x"], "not a valid integer"),
        (["--expires", "soon"], "A duration is like 30m, 12h, 7d"),
        (["--expires", "0s"], "A duration is like 30m, 12h, 7d"),
    ],
)
def test_options_that_cannot_be_used(chat, server, options, words):
    """Each is a usage error that says what may be."""
    ran = chat("invite", *options, "--data", str(server.data))
    assert (ran.exit_code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--expires", "2y"], "An invitation is good for a year at most."),
        (["--join", "none"], "There is no channel #none. Make it first, by joining it."),
        (["--join", "#none"], "There is no channel #none. Make it first, by joining it."),
        ([word for number in range(11) for word in ("--join", f"c{number}")], "to 10 channels at most"),
        (["--host", "x:65536"], "usable port"),
        (["--host", "x" * 256], "usable host"),
    ],
)
def test_what_the_server_refuses(chat, server, options, words):
    """It says why, in one line."""
    ran = chat("invite", *options, "--data", str(server.data))
    assert (ran.exit_code, ran.out) == (1, "")
    assert words in ran.err


def test_the_lobby_needs_no_mention(chat, server):
    """Every new account joins it; before the first account it does not even exist."""
    ran = chat("invite", "--join", "#LOBBY", "--data", str(server.data))
    assert ran.exit_code == 0
    assert "join" not in ran.err


@pytest.mark.parametrize("command", [["invite"], ["invites"], ["invites", "revoke", "1"]])
def test_without_a_server(chat, tmp_path: Path, command):
    """It says that none runs."""
    ran = chat(*command, "--data", str(tmp_path / "none"))
    assert (ran.exit_code, ran.out) == (1, "")
    assert ran.err.startswith("chat: No server is running on ")


def test_which_one_to_revoke(chat, server):
    """A usage error says where the numbers are."""
    for words in (["revoke"], ["revoke", "x"], ["revoke", "0"], ["forget", "1"]):
        ran = chat("invites", *words, "--data", str(server.data))
        assert (ran.exit_code, ran.out) == (2, "")
    assert "chat invites lists them" in chat("invites", "revoke", "--data", str(server.data)).err
    ran = chat("invites", "revoke", "99999", "--data", str(server.data))
    assert (ran.exit_code, ran.err) == (1, "chat: There is no such invitation. chat invites lists them.\n")
