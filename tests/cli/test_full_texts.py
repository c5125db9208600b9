"""Texts of all alphabets, and of a sender who means harm, on the full screen at three sizes of a real terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.client.fronts.full.text import FSI, PDI
from tests.cli.keys import BACKSPACE, ENTER, ESC, F9, LEFT, SIZES, ctrl
from tests.cli.screen import Screen, middle, sign_in
from tests.support.irc import CAPS, Client, msgid_of
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), SIZES)]

FAMILY, FLAG = "👨‍👩‍👧", "🇯🇵"
WIDE = "漢字とかなの長い文章は一行に収まらないので次の行に続きます"
COMBINED = "cafe\u0301 na\u0131\u0308ve q\u0323\u0307"
HEBREW, ARABIC = "שלום (abc) עולם 123", "مرحبا"
# What a sender may want the terminal to do: rename the window, clear the screen, fill the clipboard, answer, turn text
# around, ring, go back; as ESC and as C1 commands.
EVIL = (
    "\x1b]0;EVIL\x07\x1b[2J\x1b]52;c;RVZJTA==\x07\x1b[6n\x9b31m\x9d0;EVIL\x9c\u202etxt.exe\u2066 \x0e\x8f\x08\x7f\x07"
)
LINK = "https://example.org/\x1b]8;;https://evil.example/\x07\x9c;\x1b\\x"
# What the client itself may write: CSI and OSC commands, and what it enters and leaves the screen with.
COMMANDS = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]|\x1b\](?:8|52|9|99|777);[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that sends whatever he likes."""
    with Client(server.address) as bob:
        bob.sign_in("bob", caps=f"{CAPS} draft/message-edit")
        yield bob


def lines_up(alice: Screen, columns: int) -> bool:
    """Tell whether each row has the lines between the columns in the same cells, whatever stands before them."""
    buffer = alice.emulated.buffer
    places = {tuple(at for at in range(columns) if buffer[row][at].data == "│") for row in range(alice.emulated.lines)}
    return len(places) == 1


def has_room(alice: Screen, text: str) -> bool:
    """Tell whether each wide character of a text has two cells: what comes after it has not overwritten it."""
    lines = [alice.emulated.buffer[row] for row in range(alice.emulated.lines)]
    cells = [(line[at].data, line[at + 1].data) for line in lines for at in range(alice.emulated.columns)]
    return all((letter, "") in cells and not any(a == letter and b for a, b in cells) for letter in text)


def test_texts_of_all_alphabets(server, sit, bob, rows, columns):
    """Wide characters are divided between cells, marks stay on their letters, right-to-left text stays in its place."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    bob.send("TOPIC #lobby :漢字", f"PRIVMSG #lobby :{WIDE}", f"PRIVMSG #lobby :{COMBINED}")
    alice.until(lambda rows: WIDE in middle(rows).replace(" ", ""), WIDE)
    assert has_room(alice, WIDE)
    alice.reads("café na")
    assert "cafe\u0301 na\u0131\u0308ve q\u0323\u0307" in alice.raw
    bob.send(f"PRIVMSG #lobby :{HEBREW}", f"PRIVMSG #lobby :{FAMILY}{FLAG} and more")
    alice.reads("and more")
    assert f"{FSI}{HEBREW}{PDI}" in re.sub(r"\x1b\[[0-9;]*m", "", alice.raw)
    assert lines_up(alice, columns)
    alice.press(f"{WIDE}{BACKSPACE}{ARABIC} {COMBINED}{BACKSPACE}{ENTER}")
    bob.wait_for(f" PRIVMSG #lobby :{WIDE[:-1]}{ARABIC} {COMBINED[:-3]}$")
    alice.until(lambda rows: f"{WIDE[:-1]}" in middle(rows).replace(" ", ""), WIDE[:-1])
    alice.type("/exit")
    assert alice.ended() == 0


def test_typing_by_what_a_person_sees(server, sit, bob, rows, columns):
    """Left and Backspace move over and delete whole families and flags."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.press(f"ab{FAMILY}cd{FLAG}ef" + 4 * LEFT + BACKSPACE + "X\r")
    bob.wait_for(f" PRIVMSG #lobby :ab{FAMILY}Xd{FLAG}ef$")
    alice.until(lambda _: f"ab{FAMILY}Xd{FLAG}ef" in re.sub(r"\x1b\[[0-9;]+[Hm]", "", alice.raw), "the text")


def comes(alice: Screen, text: str) -> None:
    """Wait until the terminal has got a text, which a small screen may have pushed out at its top."""
    alice.until(lambda _: text in re.sub(r"\x1b\[[0-9;]*m", "", alice.raw), text)


def test_a_hostile_sender(server, sit, bob, rows, columns):
    """No control character of anything that somebody writes reaches the terminal."""
    alice = sign_in(sit(server, "alice", rows, columns, env={"TERM_PROGRAM": "WezTerm"}), "alice")
    bob.send(f"AWAY :{EVIL}", "JOIN #evil", f"TOPIC #evil :{EVIL}")
    alice.type("/join #evil")
    alice.reads("#evil")
    said = msgid_of(bob.say("#evil", LINK))
    bob.send(
        f"@+draft/react={EVIL.replace(';', ',')};+draft/reply={said};+reply={said} TAGMSG #evil",
        f"@+draft/reply={said};+reply={said} PRIVMSG #evil :{EVIL}",
        f"PRIVMSG #evil :\x01ACTION {EVIL} acts\x01",
        f"PRIVMSG #evil :\x01{EVIL}\x01",
    )
    comes(alice, " acts")
    alice.press("\x1b[O")  # the terminal loses the focus
    bob.send(f"NOTICE alice :{EVIL} notice", f"PRIVMSG alice :{EVIL} for you")
    alice.until(lambda _: "\x1b]9;bob: " in alice.raw, "a notice to the desktop")
    alice.press("\x1b[I")
    alice.type("/whois bob")
    comes(alice, "account: bob")
    alice.type("/list")
    comes(alice, "#evil: 2 people")
    alice.type("/dm bob")
    alice.is_in("bob")
    alice.press(ctrl("@"))
    alice.press("r")
    alice.shows("reply>")
    alice.press(ESC)
    alice.press(F9)
    alice.shows("-- Enter goes back to the chat.")
    left = COMMANDS.sub("", alice.raw)
    assert "EVIL" in left
    assert not re.search("[\x00-\x06\x08\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\u2066]", left), repr(left)
    assert left.count("\x07") == alice.raw.count("\x1b]9;")  # the bell rings for a notice alone
    assert "\x1b]52" not in alice.raw
    assert "\x1b]0" not in alice.raw
    shown = {"", "https://example.org/", "https://evil.example/"}  # addresses that are to be read, and no other
    assert set(re.findall(r"\x1b\]8;[^;]*;([^\x07\x1b]*)", alice.raw)) <= shown
