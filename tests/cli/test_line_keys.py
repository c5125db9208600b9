"""The keys of ``chat connect --line``, at three sizes of a real terminal with a real server.

In the stream a person reads what was told, so the tests look for texts in the order in which they were told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen
from tests.cli.test_full_keys import LINK
from tests.cli.test_full_returning import numbers
from tests.cli.test_full_screen import restart
from tests.cli.test_full_texts import COMMANDS
from tests.cli.test_full_writing import COMPLETIONS, EMACS, VI
from tests.cli.test_line import sign_in
from tests.support.irc import CAPS, Client, text_of
from tests.support.server import Server, make_accounts, run_chat

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts, which may be killed."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that shows each line."""
    with Client(server.address) as bob:
        bob.sign_in("bob", caps=f"{CAPS} draft/multiline draft/message-redaction")
        yield bob


@pytest.fixture
def alice(server: Server, sit, rows: int, columns: int, tmp_path: Path) -> Stream:
    """Alice, in the lobby."""
    (tmp_path / "editor").write_text('#!/bin/sh\nprintf "%s and more" "$(cat "$1")" > "$1.new" && mv "$1.new" "$1"\n')
    (tmp_path / "editor").chmod(0o700)
    env = {"EDITOR": str(tmp_path / "editor"), "VISUAL": ""}
    screen = sit(server, "alice", rows, columns, "--line", env=env)
    sign_in(screen)
    return Stream(screen)


class Stream:
    """What is told on a terminal: each text is looked for after the text before."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._seen = len(screen.raw)

    def _told(self) -> str:
        return " ".join(COMMANDS.sub("", self.screen.raw[self._seen :]).split())

    def tells(self, *texts: str) -> str:
        """Wait until texts were told since the last call, in this order; return what was told."""
        pattern = re.compile(".*".join(map(re.escape, texts)))
        self.screen.until(lambda _: pattern.search(self._told()) is not None, " ... ".join(texts))
        told = self._told()
        self._seen = len(self.screen.raw)
        return told

    def press(self, pressed: str, *texts: str) -> str:
        """Press keys, and wait for what they tell."""
        self.screen.press(pressed)
        return self.tells(*texts)

    def writes(self, pressed: str, text: str, prompt: str = "#lobby> ") -> None:
        """Press keys, and wait until the line that is typed has a text, with ``|`` at the cursor."""
        self.screen.press(pressed)
        self.screen.has_typed(prompt + text)
        self._seen = len(self.screen.raw)

    def leaves_it(self) -> None:
        """Press the twin of Esc (after Esc itself a key that comes at once is Alt); what is typed then is a text."""
        self.writes(keys.ctrl("g") + "word", "word|")
        self.clears()

    def clears(self) -> None:
        """Clear the text."""
        self.screen.press(keys.ctrl("c"))
        self.screen.has_typed("|")
        self._seen = len(self.screen.raw)


def test_writing(alice, bob):
    """Tab completes; the keys of Emacs, and those of vi; lines; the texts before; $EDITOR; Ctrl-C clears."""
    for typed, completed in COMPLETIONS.items():
        alice.writes(typed + keys.TAB, completed)
        alice.clears()
    alice.press("/re" + keys.TAB, "-- Tab: /react", "#lobby> /reply")
    alice.writes(keys.TAB, "/react |")
    alice.clears()
    alice.writes("one two last", "one two last|")
    for key, text in EMACS:
        alice.writes(key, text, "#lobby> " if text != "|" else "")
    alice.press("/set keys vi\r", "keys is now vi.")
    alice.writes("one two last", "one two last|")
    for typed, text in (keys.ESC, "one two las|t"), *VI:
        alice.writes(typed, text)
    alice.press(keys.ENTER, "alice: four")
    alice.press("/set keys emacs\r", "keys is now emacs.")
    alice.writes("one" + keys.alt(keys.ENTER) + "two", "two|", " " * 8)
    alice.writes(keys.ctrl("j") + "three", "three|", " " * 8)
    alice.writes(keys.UP + keys.UP, "one|")
    alice.writes(keys.DOWN, "two|", " " * 8)
    alice.clears()
    alice.writes(keys.UP, "/set keys emacs|")
    alice.writes(keys.UP, "four|")
    alice.writes(keys.ctrl("x") + keys.ctrl("e"), "four and more|")
    alice.press(keys.ENTER, "alice: four and more")
    alice.press(keys.ctrl("r"), "1. four and more", "3. four", "Find:")
    alice.writes("more" + keys.ENTER, "four and more|")
    alice.writes(keys.ctrl("a") + keys.ctrl("d"), "|our and more")
    alice.clears()
    bob.wait_for("PRIVMSG #lobby :four and more$")


def test_pastes(alice, bob):
    """Nothing of a paste is sent, with or without marks, until Enter is pressed; four lines ask once."""
    alice.writes("one\rtwo\r", "two|", " " * 8)
    alice.writes(keys.pasted("\nthree\nfour\n"), "four|", " " * 8)
    for answer in ("n", keys.ESC, keys.ctrl("g"), keys.ctrl("c"), "EX\r"):
        alice.press(keys.ENTER, "Send 4 lines to #lobby as one message? Press y or n.")
        alice.writes(answer, "four|", " " * 8)
    assert not any("PRIVMSG" in line for line in bob.sync())
    alice.press(keys.ENTER, "Press y or n.")
    alice.press("y", "alice: one two three four")
    whole = bob.until(r" BATCH -\S+$")
    assert [line.rpartition(":")[2] for line in whole if "PRIVMSG" in line] == ["one", "two", "three", "four"]
    alice.writes(keys.pasted("five\nsix\nseven"), "seven|", " " * 8)
    alice.press(keys.ENTER, "alice: five six seven")
    alice.press(keys.pasted("word"), "#lobby> word")
    alice.clears()
    alice.press(keys.ctrl("c"), "Press Ctrl-C again to leave.")
    alice.screen.press(keys.ctrl("c"))
    assert alice.screen.ended() == 0


def test_a_message(alice, bob):
    """F6 picks a message, Up and Down read others; r, e, E, y, o and d do something with it, and Esc nothing."""
    msgid = re.search(r"msgid=([^; ]+)", bob.say("#lobby", f"see {LINK}"))[1]
    alice.tells(f"bob: see {LINK}")
    alice.press("mine\r", "alice: mine")
    for pick in (keys.F6, keys.ctrl("@")):
        alice.press(pick, "-- Picked: ", "alice: mine", "r reply, e react, E edit")
        alice.press(keys.UP, "-- Picked: ", f"bob: see {LINK}")
        alice.press(keys.DOWN, "-- Picked: ", "alice: mine")
        alice.leaves_it()
    alice.press(keys.F6 + keys.UP, "-- Picked: ", "bob: see")
    alice.writes("r", "|", "#lobby (reply)> ")
    alice.press("yes\r", "alice (answers bob: see ", "yes")
    assert msgid in bob.wait_for("PRIVMSG #lobby :yes$")
    alice.press(keys.F6 + keys.UP + keys.UP, "-- Picked: ", "bob: see")
    alice.press("e", "1. ", "React:")
    alice.press("2\r", "-- You reacted with ")
    assert msgid in bob.wait_for("draft/react=")
    alice.press(keys.F6, "alice (answers bob: see", "yes")
    alice.writes("E", "yes|", "#lobby (edit)> ")
    alice.press(" indeed\r", '-- You corrected "yes"', "yes indeed")
    bob.wait_for("yes indeed")
    alice.press(keys.F6, "yes indeed (edited)")
    alice.screen.press("y")
    alice.screen.until(lambda _: "\x1b]52;c;" in alice.screen.raw, "a copy")
    for answer in ("n\r", "EX\r", keys.ctrl("g")):
        alice.press(keys.F6, "-- Picked: ", "yes indeed (edited)")
        alice.press("d", "-- Delete for everyone?", "y or n:")
        alice.screen.press(answer)
        alice.leaves_it()
    assert not any("REDACT" in line for line in bob.sync())
    alice.press(keys.F6, "-- Picked: ")
    alice.press("d", "y or n:")
    alice.press("y\r", '-- You deleted "yes indeed"')
    bob.wait_for("REDACT #lobby")


def test_going_elsewhere(alice, bob):
    """Keys lead to conversations, to what is unread, and to what is found; others tell who is here and where one is."""
    bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in range(30)))
    alice.tells("bob: text 29 ends")
    bob.send("PRIVMSG alice :for you")
    alice.tells("bob (to you): for you")
    alice.press(keys.ctrl("k"), "1. bob", "2. #lobby: you are here", "Go to:")
    alice.press(keys.ESC, "The list is closed.")
    alice.press(keys.ctrl("k"), "Go to:")
    alice.press("bo\r", "-- Now with bob.")
    for key, told in (
        (keys.ctrl("n"), "-- Now in #lobby."),
        (keys.ctrl("p"), "-- Now with bob."),
        (keys.alt("1"), "-- Now in #lobby."),
        (keys.ctrl("x") + "2", "-- Now with bob."),
        (keys.alt("j"), "Go to:"),
        ("1\r", "-- Now in #lobby."),
        (keys.ALT_DOWN, "-- Now with bob."),
        (keys.ALT_UP, "-- Now in #lobby."),
        (keys.F2, "-- Conversations: 1. #lobby, you are here 2. bob"),
        (keys.F3, "-- Here in #lobby: alice (you), bob"),
        (keys.F9, "scrollback"),
        (keys.ctrl("l"), "-- Everything is read."),
        (keys.PAGE_DOWN, "The newest messages come by themselves."),
    ):
        alice.press(key, told)
    alice.press("/dm bob\r", "-- Now with bob.")
    bob.send("PRIVMSG #lobby :new here")
    bob.send("PRIVMSG #lobby :alice: look")
    alice.tells("bob (in #lobby): alice: look")
    alice.press(keys.alt("a"), "-- Now in #lobby.", "bob: new here")
    assert "new here" in alice.press(keys.F5, "bob: new here")
    alice.press(keys.ctrl("f"), "Find:")
    alice.press("in:#lobby 17 ends\r", "-- Found for ", "1. ", "text 17 ends", "Number:")
    alice.press("9\r", "There is no number 9 in the list.")
    alice.press("1\r", "-- Found: ", "bob: text 17 ends")
    alice.press(keys.F1, "Enter", "F6", "MASK")
    alice.press(keys.ctrl("k"), "Go to:")
    alice.press(">them\r", "#lobby> /theme")
    alice.press("light\r", "theme is now light.")


def test_what_waits(server, sit, rows, columns):
    """Without a connection a text waits; after a minute it is sent when alice says so (F6 r), and F6 d drops it."""
    screen = sit(server, "alice", rows, columns, "--line", module="tests.cli.skipping")
    sign_in(screen)
    alice = Stream(screen)
    server.kill()
    alice.tells("-- No connection.")
    alice.press("old and good\r", "old and good (to #lobby): waits")
    alice.press("old and bad\r", "old and bad (to #lobby): waits")
    screen.skip()
    alice.tells("not sent, as it is older than a minute")
    alice.press(keys.F6, "-- Waits: old and bad", "r sends it, d drops it")
    alice.press("d", "-- Dropped.")
    restart(server)
    alice.press("/reconnect\r", "-- Connected again as alice")
    alice.press(keys.F6, "-- Waits: old and good", "r sends it, d drops it")
    alice.press("r", "alice: old and good")
    with Client(server.address) as bob:
        bob.sign_in("bob")
        assert [text_of(line) for line in bob.history("#lobby")] == ["old and good"]


def test_first_contact(server, sit, rows, columns, tmp_path):
    """A new name makes an account, stays signed in, and is asked nothing the next time; passwords are never told."""
    screen = sit(server, "dave", rows, columns, "--line")
    dave = Stream(screen)
    dave.tells("Nobody is called dave here yet.", "[y/n]")
    dave.press("y\r", "New password for dave:")
    dave.press("long-secret\r", "The same again:")
    dave.press("another\r", "The two are not the same.", "New password for dave:")
    dave.press("long-secret\r", "The same again:")
    dave.press("long-secret\r", "-- Now in #lobby.", "Type y or n")
    dave.press("y\r", "You stay signed in on this device.")
    dave.press("/exit\r")
    assert screen.ended() == 0
    assert "long-secret" not in screen.raw
    again = Stream(sit(server, "dave", rows, columns, "--line"))
    assert "Password" not in again.tells("-- Now in #lobby.")


def test_an_invitation(server, bob, rows, columns, tmp_path):
    """Whoever has a link picks a name and a password, and is in the channel of the link; no key is asked about."""
    bob.send("JOIN #garden")
    bob.sync()
    place = f"{server.address.host}:{server.address.port}"
    made = run_chat("invite", "--host", place, "--join", "#garden", "--data", server.data)
    assert made.returncode == 0, made.stderr
    link = made.stdout.strip()
    env = {"CHAT_CONFIG": str(tmp_path / "config-erin"), "TERM_PROGRAM": "", "TMUX": ""}
    with Screen("connect", link, "--line", env=env, rows=rows, columns=columns, full=True) as screen:
        erin = Stream(screen)
        erin.tells("Your name")
        erin.press("erin\r", "New password for erin:")
        erin.press("long-secret\r", "The same again:")
        told = erin.press("long-secret\r", "-- Now in #lobby.", "Type y or n")
        assert "Is it the right one?" not in told
        erin.press("n\r", "does not stay signed in.")
        erin.press(keys.alt("2"), "-- Now in #garden.")
        erin.press("/exit\r")
        assert screen.ended() == 0


def test_older_messages(server, sit, rows, columns):
    """PgUp tells what is before the messages that were told, 20 at a time, and in the end that nothing is older."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in range(70)))
        bob.sync()
    screen = sit(server, "alice", rows, columns, "--line")
    alice = Stream(screen)
    sign_in(screen)
    first = min(numbers(alice.tells("text 69 ends")))
    while first:
        told = numbers(alice.press(keys.PAGE_UP, f"text {first - 1} ends"))
        assert told == list(range(max(0, first - 20), first))
        first = told[0]
    alice.press(keys.PAGE_UP, "-- Nothing is older here.")
