"""``chat connect --line`` as a person uses it, read as a screen reader reads it: the text that comes to a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.cli.test_full_screen import restart
from tests.cli.test_full_texts import COMMANDS
from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, make_accounts, run_chat

CTRL_L, F4, ESC = "\x0c", "\x1bOS", "\x1b"
# What a line of the transcript is: a note, a message, the rest of a longer one, a numbered item, or what was typed.
LINE = re.compile(r"-- \S|\d\d:\d\d \S|  \S|\d+\. \S|[^ ]+( \(\w+\))?> |Find:|Number:|Password for \w+:")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server


def sit(server: Server, folder: Path, *options: str, rows: int = 24, columns: int = 80, **more: str) -> Screen:
    """Start the client of alice, with a configuration of her own."""
    env = {"CHAT_CONFIG": str(folder), "TERM_PROGRAM": "", "TMUX": "", **more}
    args = ("connect", server.address.host, str(server.address.port), "alice", *options)
    return Screen(*args, env=env, rows=rows, columns=columns, full=True)


def sign_in(alice: Screen) -> None:
    """Answer the question for the password, and the offer to stay signed in."""
    alice.shows("Password for alice:")
    alice.type(PASSWORD)
    alice.shows("Type y or n")
    alice.type("n")
    alice.shows("This device does not stay signed in.")


def read(alice: Screen) -> list[str]:
    """Return the lines of the text that has arrived, without escape sequences."""
    return [line for line in re.split(r"[\r\n]+", COMMANDS.sub("", alice.raw)) if line]


def messages(lines: list[str]) -> list[str]:
    """Return the messages, without their times."""
    return [line[6:] for line in lines if re.match(r"\d\d:\d\d ", line)]


def test_everything_is_a_line_of_text(server, tmp_path):
    """Talk, reply, react, correct, search, read history, see who is here, go to another conversation, leave."""
    with sit(server, tmp_path / "config", "--line") as alice, Client(server.address, "bob") as bob:
        bob.sign_in("bob")
        sign_in(alice)
        bob.send("PRIVMSG #lobby :hello, is anybody here?")
        alice.shows("bob: hello, is anybody here?")
        alice.type("/reply yes, what is it?")
        alice.shows("alice (answers bob: hello, is anybody here?): yes, what is it?")
        alice.press("half a tho")
        alice.shows("#lobby> half a tho")
        bob.send("PRIVMSG #lobby :this comes meanwhile")
        bob.send("PRIVMSG alice :only for you")
        alice.shows("bob (to you): only for you")
        alice.shows("#lobby> half a tho")
        alice.type("ught")
        alice.shows("alice: half a thought")
        alice.type("/react 👍")
        alice.shows("You reacted with 👍")
        alice.type("/edit a whole thought")
        alice.shows('You corrected "half a thought" in #lobby: a whole thought')
        alice.type("/who")
        alice.shows("-- Here: alice (you), bob")
        alice.press(F4)
        alice.shows("-- Now with bob.")
        alice.type("and back")
        alice.shows("alice: and back")
        alice.type("/search thought")
        alice.shows("Number:")
        alice.type("1")
        alice.shows("-- Found: ")
        alice.press(ESC)
        alice.press(CTRL_L)
        alice.shows("-- Everything is read.")
        alice.type("/history 2")
        alice.shows("-- End of them.")
        alice.type("/exit")
        assert alice.ended() == 0
        lines = read(alice)
        assert all(LINE.match(line) for line in lines), lines
        asked = lines.index("-- Earlier messages:")
        assert messages(lines[:asked]) == [
            "bob: hello, is anybody here?",
            "alice (answers bob: hello, is anybody here?): yes, what is it?",
            "bob: this comes meanwhile",
            "bob (to you): only for you",
            "alice: half a thought",
            "alice: and back",
        ]
        assert messages(lines[asked:]) == [
            "bob: this comes meanwhile [👍 1]",
            "alice: a whole thought (edited)",
        ]
        assert PASSWORD not in alice.raw


def test_the_server_goes_and_comes_back_while_somebody_types(server, tmp_path):
    """With ``line = true`` in config.toml: the typed text stays whole, nothing is lost, and nothing comes twice."""
    (tmp_path / "config").mkdir()
    shown = run_chat("connect", "--config", tmp_path / "config", "--show-config")
    (tmp_path / "config" / "config.toml").write_text(shown.stdout.replace("line = false", "line = true"))
    with sit(server, tmp_path / "config", rows=12, columns=40) as alice:
        sign_in(alice)
        alice.press("half a tho")
        alice.shows("#lobby> half a tho")
        server.kill()
        alice.shows("-- No connection.")
        alice.shows("#lobby> half a tho")
        alice.type("ught")
        alice.shows("half a thought (to #lobby): waits")
        alice.press("the next")
        restart(server)
        alice.shows("alice: half a thought")
        assert alice.shows("#lobby> the next")[-1] == "#lobby> the next"
        with Client(server.address, "bob") as bob:
            bob.sign_in("bob")
            bob.send("TOPIC #lobby :\x1b]0;evil\x07\x9bevil")
            bob.send("PRIVMSG #lobby :\x1b[2J\x1b]52;c;ZXZpbA==\x07\x1b[6n\x9b31m\u202etxt.exe \x0e\x8f\x08\x7f last")
            alice.shows("last")
        rows = alice.shows("#lobby> the next")
        alice.resize(14, 60)
        alice.press(" one")
        rows = alice.shows("#lobby> the next one")
        assert sum("#lobby> the next one" in row for row in rows) == 1
        assert messages(read(alice))[0] == "alice: half a thought"
        assert sum("alice: half a thought" in line for line in read(alice)) == 1
        left = COMMANDS.sub("", alice.raw)
        assert not re.search("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", left), repr(left)
        assert "\x1b]52" not in alice.raw
        assert "\x1b]0" not in alice.raw


def test_a_terminal_that_knows_no_commands(server, tmp_path):
    """With TERM=dumb it gets text, CR and LF alone, and reads why it is not the full screen."""
    with sit(server, tmp_path / "config", TERM="dumb") as alice:
        sign_in(alice)
        alice.press("helo")
        alice.press("\x7f\x7f")
        alice.type("llo")
        alice.shows("alice: hello")
        alice.type("/exit")
        assert alice.ended() == 0
        assert any(line.startswith("-- This terminal cannot draw a screen (TERM is dumb") for line in read(alice))
        assert not set(alice.raw) & set(map(chr, {*range(0x20), 0x7F} - {0x0D, 0x0A}))


@pytest.mark.parametrize("option", ["--classic", "--plain", "--json"])
def test_one_front_at_a_time(option):
    """The stream is a front of its own."""
    refused = run_chat("connect", "localhost", "5000", "alice", "--line", option)
    assert refused.returncode == 2
    assert "--line goes without --classic" in refused.stderr
