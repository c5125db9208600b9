"""The keys and notices of the full-screen client, as a person uses them in a real terminal with a real server."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.client.fronts.full.columns import NO_LEFT, NO_RIGHT
from chatapp.client.fronts.full.opening import ENTER, LEAVE
from tests.cli import keys
from tests.cli.screen import Screen, sign_in
from tests.support.irc import Client
from tests.support.server import Server, make_accounts

EDITOR = '#!/bin/sh\nprintf "%s and more\\nof it\\n" "$(cat "$1")" > "$1.new" && mv "$1.new" "$1"\n'
OPENER = '#!/bin/sh\nprintf %s "$1" > "{0}/part" && mv "{0}/part" "{0}/opened"\n'
LINK = "https://example.org/a_(b)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with three accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob", "carol"])
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """Bob, with a client that shows each line."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        yield bob


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """An editor that adds to the text, and a program that notes which link it opens, in ``opened``."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "editor").write_text(EDITOR)
    for name in ("xdg-open", "open"):
        (folder / name).write_text(OPENER.format(tmp_path))
    for program in folder.iterdir():
        program.chmod(0o700)
    return {"PATH": f"{folder}:/usr/bin:/bin", "EDITOR": str(folder / "editor"), "VISUAL": ""}


def clear(screen: Screen) -> None:
    """Clear the text."""
    screen.press(keys.ctrl("c"))
    screen.until(lambda rows: re.search(r"(?:│|^)>\s*(?:│|$)", "".join(rows[-1:])) is not None, "an empty input")


@pytest.mark.once
@pytest.mark.parametrize(("rows", "columns"), keys.SIZES)
def test_every_key(server, sit, bob, programs, tmp_path, rows, columns):
    """Each of the keys that a person uses, on terminals of three sizes."""
    alice = sign_in(sit(server, "alice", rows, columns, env=programs), "alice")
    assert alice.raw.startswith(ENTER)
    writing(alice)
    picking(alice, bob, tmp_path / "opened")
    moving(alice, bob)
    screen_keys(alice, columns)
    alice.press(keys.ctrl("c"))
    alice.shows("Press Ctrl-C again to leave.")
    alice.press(keys.ctrl("c"))
    assert alice.ended() == 0
    assert alice.raw.endswith(LEAVE)
    assert alice.raw.count("\x1b[?1049h") == alice.raw.count("\x1b[?1049l")


def writing(alice: Screen) -> None:
    """Tab completes; Alt-Enter and Ctrl-J make lines; $EDITOR has the text."""
    alice.press("/jo\t")
    alice.shows("> /join")
    clear(alice)
    alice.press("bo\t")
    alice.shows("> bob:")
    alice.press(":tad\t")
    alice.shows("> bob: 🎉")
    clear(alice)
    alice.press(f"one{keys.alt(keys.ENTER)}two")
    alice.press("\n")
    alice.press("three")
    alice.until(
        lambda rows: [each in row for each, row in zip(("one", "two", "three"), rows[-3:], strict=False)] == 3 * [True]
    )
    clear(alice)
    alice.press("draft")
    alice.press(keys.ctrl("x") + keys.ctrl("e"))
    alice.shows("> draft and more")
    alice.press("\r")
    alice.shows("alice: draft and more")


def picking(alice: Screen, bob: Client, opened: Path) -> None:
    """What can be done with a message: o, y, r, e, E and d."""
    echo = bob.say("#lobby", f"see {LINK}")
    msgid = re.search(r"msgid=([^; ]+)", echo)[1]
    alice.shows("bob: see")
    for key, done in (("o", opened.exists), ("y", lambda: "\x1b]52;c;" in alice.raw)):
        alice.press(keys.ctrl("@"))
        alice.shows("r reply")
        alice.press(key)
        alice.until(lambda rows, done=done: done(), key)
    assert opened.read_text() == LINK
    assert f"\x1b]52;c;{base64.b64encode(f'see {LINK}'.encode()).decode()}\x07" in alice.raw
    assert f";{LINK}\x1b\\" in alice.raw
    alice.press(keys.ctrl("@"))
    alice.press("r")
    alice.shows("reply>")
    alice.type("yes")
    alice.shows("alice: yes")
    assert msgid in bob.wait_for("PRIVMSG #lobby :yes$")
    alice.press(keys.ctrl("@"))
    alice.shows("r reply")
    alice.press(keys.UP)
    alice.press("e")
    alice.shows("React:")
    alice.press("\r")
    alice.shows("[👍 1]")
    assert msgid in bob.wait_for("draft/react=👍")
    alice.press(keys.ctrl("@"))
    alice.press("E")
    alice.shows("edit> yes")
    alice.type(" indeed")
    alice.shows("yes indeed (edited)")
    alice.press(keys.ctrl("@"))
    alice.press("d")
    alice.shows("for everyone? y Enter, or n:")
    alice.press("y\r")
    alice.shows("alice: deleted")


def moving(alice: Screen, bob: Client) -> None:
    """From conversation to conversation, to what is unread, to where reading stopped, to what is found."""
    alice.type("/dm bob")
    alice.is_in("bob")
    for number in range(50):
        bob.send(f"PRIVMSG #lobby :text {number} ends")
    alice.until(lambda rows: any(re.search(r"(?<!:)\b50\b", row) for row in rows), "50 unread messages")
    alice.press(keys.alt("a"))
    alice.is_in("#lobby")
    alice.shows("text 49 ends")
    assert not any("── new" in row for row in alice.rows)
    alice.press(keys.alt("u"))
    alice.shows("── new")
    alice.shows("text 0 ends")
    alice.press(keys.END)
    alice.shows("text 49 ends")
    for key, there in (
        (keys.ctrl("n"), "bob"),
        (keys.ctrl("p"), "#lobby"),
        (keys.alt("2"), "bob"),
        (keys.ctrl("x") + "1", "#lobby"),
    ):
        alice.press(key)
        alice.is_in(there)
    alice.press(keys.ctrl("f"))
    alice.shows("Find:")
    alice.type("draft and")
    alice.until(lambda rows: "draft and more of it" in " ".join(rows), "what is found")
    alice.press(keys.ESC)
    alice.is_in("#lobby")
    alice.press(keys.ctrl("k"))
    alice.shows("Go to:")
    alice.press(">them")
    alice.shows("/theme")
    alice.press("\r")
    alice.shows("/theme [NAME]: other colours")
    alice.type("light")
    alice.shows("theme is now light.")


def screen_keys(alice: Screen, columns: int) -> None:
    """F1, F2, F3, Ctrl-L and F9."""
    alice.press(keys.F1)
    alice.until(lambda rows: "Help" in "".join(rows[:1]), "the help")
    alice.press(keys.ESC)
    alice.is_in("#lobby")
    for key, least, why in ((keys.F2, 70, NO_LEFT), (keys.F3, 100, NO_RIGHT)):
        rules = "".join(alice.rows).count("│")
        alice.press(key)
        if columns < least:
            alice.shows(why)
            assert "".join(alice.rows).count("│") == rules
        else:
            alice.until(lambda rows, rules=rules: "".join(rows).count("│") < rules, "a column hidden")
            alice.press(key)
            alice.until(lambda rows, rules=rules: "".join(rows).count("│") == rules, "the column again")
    alice.press(keys.ctrl("l"))
    seen = len(alice.raw)
    alice.until(lambda _: "\x1b[2J" in alice.raw[seen:], "all drawn again")
    alice.press(keys.F9)
    alice.shows("-- Enter goes back to the chat.")
    bare = alice.raw.rpartition(LEAVE)[2]
    assert "bob: text 49 ends\r" in bare
    assert f" bob: see {LINK}\r" in bare  # in one line, on a narrow terminal too
    assert "\x1b" not in bare
    alice.press("\r")
    alice.until(lambda _: ENTER in alice.raw.rpartition(LEAVE)[2], "the screen again")
    alice.is_in("#lobby")


@pytest.mark.once
@pytest.mark.parametrize(("rows", "columns"), keys.SIZES)
def test_notices_to_the_desktop(server, sit, bob, rows, columns):
    """While the terminal has not the focus, also through tmux; not in quiet hours, and not of a quiet conversation."""
    size = rows, columns
    alice = sign_in(sit(server, "alice", *size, env={"TERM_PROGRAM": "WezTerm"}), "alice")
    carol = sign_in(sit(server, "carol", *size, env={"TMUX": "/tmp/tmux,1,0", "VTE_VERSION": "7000"}), "carol")
    for screen in (alice, carol):
        screen.press(keys.FOCUS_OUT)
    bob.send("PRIVMSG #lobby :for all")
    for screen in (alice, carol):
        screen.shows("bob: for all")  # so it has read the report of the focus too, which came before
    bob.send("PRIVMSG #lobby :alice, carol: hello")
    alice.until(lambda _: "\x1b]9;bob in #lobby: alice, carol: hello\x1b\\\x07" in alice.raw, "a notice")
    told = "\x1bPtmux;\x1b\x1b]777;notify;bob in #lobby;alice, carol: hello\x1b\x1b\\\x1b\\\x07"
    carol.until(lambda _: told in carol.raw, "a notice through tmux")
    hours = [time.strftime("%H:00", time.localtime(time.time() + hours * 3_600)) for hours in (-2, 3)]
    alice.type(f"/set quiet_hours {'-'.join(hours)}")
    alice.shows("quiet_hours is now")
    carol.type("/quiet")
    carol.shows("No notices of this conversation")
    for screen in (alice, carol):
        screen.press(keys.FOCUS_OUT)
    bob.say("#lobby", "alice, carol: late")
    for screen in (alice, carol):
        screen.shows("carol: late")
    alice.type("/set quiet_hours off")
    alice.shows("quiet_hours is now off")
    alice.press(keys.FOCUS_OUT)
    bob.send("PRIVMSG #lobby :between")
    alice.shows("bob: between")
    bob.send("PRIVMSG alice :early", "PRIVMSG carol :early")
    alice.until(lambda _: "\x1b]9;bob: early\x1b\\\x07" in alice.raw, "a notice of a message for one person")
    carol.until(lambda _: "notify;bob;early" in carol.raw, "a notice of another conversation")
    for screen in (alice, carol):
        assert not re.search(r"\x1b\](?:9|777)[^\x1b]*(?:late|for all)", screen.raw)
        before = screen.raw.count("early")
        screen.press(keys.FOCUS_IN)
        screen.type("/dm bob")
        screen.until(lambda rows, screen=screen, before=before: screen.raw.count("early") > before, "the message")


@pytest.mark.once
@pytest.mark.parametrize(("rows", "columns"), keys.SIZES)
def test_the_notice_and_the_bell(server, sit, bob, rows, columns):
    """kitty has its own notice, and a terminal that has none hears the bell; /set turns off one or the other."""
    alice = sign_in(sit(server, "alice", rows, columns, env={"KITTY_WINDOW_ID": "1"}), "alice")
    carol = sign_in(sit(server, "carol", rows, columns), "carol")
    for settings, of_alice, of_carol in (
        ((), "\x1b]99;;bob: {}\x1b\\\x07", "\x07"),
        (("bell off",), "\x1b]99;;bob: {}\x1b\\", ""),
        (("notices off", "bell on"), "\x07", "\x07"),
    ):
        text = f"words {len(settings)}"
        for screen, name, rings in ((alice, "alice", of_alice), (carol, "carol", of_carol)):
            for setting in settings:
                screen.type(f"/set {setting}")
                screen.shows(f"{setting.replace(' ', ' is now ')}.")
            screen.press(keys.FOCUS_OUT)
            bob.send(f"PRIVMSG #lobby :before {name[0]} {text}")
            screen.shows(f"before {name[0]} {text}")  # so it has read the report of the focus too, which came before
            seen = len(screen.raw)
            bob.send(f"PRIVMSG {name} :{text}", f"PRIVMSG #lobby :after {name[0]} {text}")
            screen.shows(f"after {name[0]} {text}")
            came = "".join(re.findall(r"\x1b\]9[^\x1b\x07]*\x1b\\|\x07", screen.raw[seen:]))
            assert came == rings.format(text)
            screen.press(keys.FOCUS_IN)
