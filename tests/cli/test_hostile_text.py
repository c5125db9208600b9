"""A server that means harm cannot command a terminal, or forge a line, through any front of ``chat``."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.here import run_here
from tests.support.hostile import HostileServer, Visit
from tests.support.server import run_chat

pytestmark = pytest.mark.once

# OSC, CSI, C1, bidirectional controls, line separators and other controls, where a parameter may be.
EVIL = (
    "PW\x1b]0;NED\x07\x1b[5mNED\x9b5mNED\x9d0;NED\x9c\u202eNED\u2066NED\u2028NED\u2029NED\x85NED\x1c\x1d\x1eNED"
    "\x0b\x0cNED\x08NED"
)
LINE_ENDS = ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")  # as str.splitlines() has them
FORGED = "h2" + "".join(f"{end}chat: Signed in as root." for end in LINE_ENDS)
NO_CONTROL = r"[\x80-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\u2028\u2029]"


def harmless(text: str) -> None:
    """Make sure that there is nothing in an output of lines that a terminal obeys; only LF ends a line."""
    assert not re.search(NO_CONTROL, text), ascii(text)
    assert not [char for char in text if unicodedata.category(char) in ("Cc", "Zl", "Zp") and char != "\n"], ascii(text)


def harmless_screen(raw: str) -> None:
    """Make sure that of what a terminal got, nothing comes from the server but text.

    The menu commands the terminal itself: it moves the cursor and colours text, and does none of what is looked for.
    """
    assert "NED" in raw
    assert not re.search(NO_CONTROL, raw), ascii(raw)
    assert "\x1b]" not in raw
    assert "\x1b[5m" not in raw
    assert not re.search("[\x07\x0b\x0c\x1c-\x1e]", raw), ascii(raw)


def refused_first(visit: Visit) -> None:
    """The first line ends it."""
    visit.send(f"ERROR :{EVIL}")


def refused_name(visit: Visit) -> None:
    """The name is refused as soon as the password is right."""
    visit.offer()
    visit.authenticate()
    visit.send(":s 903 * :ok")
    visit.until("CAP")
    visit.send(f":s 433 * alice :{EVIL}")


def refused_lookup(visit: Visit) -> None:
    """The name is refused before anything is asked."""
    visit.offer()
    visit.until("ACCOUNT")
    visit.send(f":s 432 * alice :{EVIL}")


def refused_password(visit: Visit) -> None:
    """904, with another nick in it."""
    visit.offer()
    visit.authenticate()
    visit.send(f":s 904 {EVIL} :{EVIL}")


def refused_sign_in(visit: Visit) -> None:
    """FAIL while signing in."""
    visit.offer()
    visit.authenticate()
    visit.send(f":s FAIL AUTHENTICATE {EVIL} {EVIL} :{EVIL}")


def refused_capabilities(visit: Visit) -> None:
    """Offers that cannot be used."""
    visit.until("USER")
    visit.send(f":s CAP {EVIL} LS :{EVIL} {EVIL}={EVIL}")


def gone(visit: Visit) -> None:
    """The account is removed while its user is signed in."""
    visit.sign_in()
    visit.send(f"ERROR :Your account was removed {EVIL}")


SIGN_INS = [refused_first, refused_name, refused_lookup, refused_password, refused_sign_in, refused_capabilities, gone]


def everything(evil: str) -> list[str]:
    """Return each line that a server can say by itself, with ``evil`` in each of its fields."""
    user = f":{evil}!{evil}@{evil}"
    tags = f"@account={evil};msgid={evil};time=2026-01-02T10:11:12.000Z;{evil}={evil}"
    tags = tags.replace("\x1b]0;", "\x1b]0,").replace("\x9d0;", "\x9d0,")  # a ; would end the tag
    return [
        f"{tags} {user} PRIVMSG alice :{evil}",
        f"{tags} {user} PRIVMSG #lobby :{evil}",
        f"{tags} {user} PRIVMSG #{evil} :{evil}",
        f"{tags} {user} NOTICE @#lobby :{evil}",
        f"{tags} {user} PRIVMSG alice :\x01ACTION {evil}\x01",
        f"{tags} {user} PRIVMSG alice :\x01{evil} {evil}\x01",
        f"{tags} {user} NOTICE alice :\x01VERSION {evil}\x01",
        f"{tags} :{evil} NOTICE {evil} :{evil}",
        f"{user} JOIN #{evil} {evil} :{evil}",
        f":alice!u@h JOIN #{evil} {evil} :{evil}",
        f"{user} PART #{evil} :{evil}",
        f"{user} KICK #{evil} {evil} :{evil}",
        f"{user} KICK #{evil} alice :{evil}",
        f"{user} TOPIC #{evil} :{evil}",
        f"{user} AWAY :{evil}",
        f"{user} NICK {evil}",
        f"{user} QUIT :{evil}",
        f"{user} SETNAME :{evil}",
        f"{user} ACCOUNT {evil}",
        f"{user} INVITE {evil} #{evil}",
        f":{evil} MODE #{evil} {evil} {evil}",
        f":{evil} FAIL {evil} {evil} {evil} :{evil}",
        f":{evil} WARN {evil} {evil} {evil} :{evil}",
        f":{evil} NOTE {evil} {evil} {evil} :{evil}",
        f":{evil} 372 {evil} :{evil}",
        f":{evil} 404 {evil} #{evil} :{evil}",
        f":{evil} 999 {evil} {evil} :{evil}",
        f":{evil} MARKREAD #{evil} {evil}",
        f":{evil} REDACT #{evil} {evil} :{evil}",
        f":{evil} BATCH +{evil} {evil} {evil}",
        f":{evil} CAP {evil} NEW :{evil}",
        f":{evil} CAP {evil} DEL :{evil}",
    ]


def tells(evil: str) -> Callable[[Visit], None]:
    """Return a script that says everything, and refuses or answers each request with more of it."""

    def script(visit: Visit) -> None:
        escaped = evil.replace("\\", "").replace("\x07", r"\x07\x0A\x0D")
        visit.sign_in("LOBBY=#lobby", f"NETWORK={escaped}", f"{escaped}={escaped}")
        visit.send(*everything(evil))
        message = visit.until("PRIVMSG")
        label = message.tags["label"]
        visit.send(f"@label={label} :{evil} FAIL PRIVMSG {evil} {evil} :{evil}", f":{evil} 301 alice {evil} :{evil}")
        visit.send(f"ERROR :{evil}")
        visit.linger()

    return script


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """What each of the fronts needs."""
    file = tmp_path / "password"
    file.write_text("secret\n")
    file.chmod(0o600)
    return ["--plaintext", "--password-file", str(file), "--config", str(tmp_path / "config"), "--timeout", "20"]


Run = Callable[..., subprocess.CompletedProcess[str]]
LINES = [("connect", "--plain", "--to", "bob"), ("connect", "--json", "--to", "bob"), ("send", "bob", "hi")]
FRONTS = ["plain", "json", "send"]


def lines_of(
    server: HostileServer, front: tuple[str, ...], options: list[str], run: Run = run_here
) -> tuple[int, str, str]:
    """Run a front that writes lines; return its exit code and what it wrote."""
    command, *more = front
    stdin = '{"text": "hi"}\n' if "--json" in front else "hi\n"
    ran = run(command, *server.args, *more, *options, stdin=stdin)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("script", SIGN_INS)
@pytest.mark.parametrize("front", LINES, ids=FRONTS)
def test_a_sign_in_that_is_refused_shows_no_control(front, script, options):
    """ "All text from the network passes one filter before it reaches a terminal", the last words of ``chat`` too."""
    with HostileServer(script) as server:
        exit_code, out, err = lines_of(server, front, options, run_chat if script is refused_first else run_here)
    assert exit_code in (1, 3, 4)
    harmless(out)
    harmless(err)
    assert "NED" in err or script in (refused_capabilities, gone)


@pytest.mark.parametrize("front", LINES, ids=FRONTS)
@pytest.mark.parametrize("evil", [EVIL, FORGED.replace(" ", "\xa0")], ids=["controls", "forged"])
def test_no_field_of_any_line_shows_a_control(front, evil, options):
    """Each field of each line that a server can say is harmless, and ends no line, on both outputs."""
    with HostileServer(tells(evil)) as server:
        exit_code, out, err = lines_of(server, front, options, run_chat if evil == EVIL else run_here)
    assert exit_code == 1, err
    harmless(out)
    harmless(err)
    assert not [line for line in err.split("\n") if line and not line.startswith("chat: ")]
    if "--json" in front:
        objects = [json.loads(line) for line in out.removesuffix("\n").split("\n")]
        assert evil in [each.get("text") for each in objects if each["type"] == "message"]
    elif front[0] == "connect":
        assert "NED" in out + err or "root" in out


@pytest.mark.parametrize("script", SIGN_INS)
def test_the_menu_shows_no_control_of_a_sign_in(script, options):
    """The same in a terminal, where prompt_toolkit writes too."""
    with HostileServer(script) as server, Screen("connect", *server.args, *options) as screen:
        if script in (refused_password, refused_sign_in):
            screen.answer("Password for alice:", "\x04")
        screen.ended()
    if script not in (refused_capabilities, gone):
        harmless_screen(screen.raw)
    assert not re.search(NO_CONTROL, screen.raw)


def test_the_menu_shows_no_control_of_any_field(options):
    """Rows above the question and the question itself are harmless."""

    def script(visit: Visit) -> None:
        visit.sign_in("LOBBY=#lobby", rf"NETWORK={EVIL}\x1B]0\x0A")
        visit.send(*everything(EVIL))
        label = visit.until("WHO").tags["label"]
        visit.send(f"@label={label} BATCH +w labeled-response", f"@batch=w :s 352 a * u h s {EVIL} H :0 {EVIL}")
        visit.send("@batch=w :s 315 a * :End", "BATCH -w")
        visit.linger()

    with HostileServer(script) as server, Screen("connect", *server.args, *options) as screen:
        screen.sees("You are alice")
        screen.type("DM")
        screen.until(lambda rows: "To whom" in rows[-1], "To whom")
        screen.type("1")
        screen.until(lambda rows: rows[-1].startswith("PW"), "the prompt of the conversation")
        screen.type("/exit")
        assert screen.ended() == 0
    harmless_screen(screen.raw)


def answers(evil: str) -> Callable[[Visit], None]:
    """Return a server that answers with ``evil`` in each field, says all that it can, and bans the client."""

    def script(visit: Visit) -> None:
        user, tags = f":{evil}!{evil}@{evil}", f"msgid={evil};time=2026-01-02T10:11:12.000Z"
        visit.sign_in(f"NETWORK={evil}", "LOBBY=#lobby")
        verb = visit.until("CHATHISTORY", "SEARCH", "WHO")
        label = verb.tags["label"]
        kind = {"CHATHISTORY": "chathistory", "SEARCH": "soju.im/search", "WHO": "labeled-response"}[verb.verb]
        visit.send(
            f"@label={label} :s BATCH +1 {kind} #lobby",
            f"@batch=1;{tags} {user} PRIVMSG #lobby :{evil}",
            f"@batch=1 :s 352 alice * {evil} {evil} {evil} {evil} H@ :0 {evil}",
            f"@batch=1 :s CHATHISTORY TARGETS {evil} timestamp=2026-01-02T10:11:12.000Z",
            ":s BATCH -1",
            *everything(evil),
            f":s 465 alice :{evil}",
        )
        visit.linger()

    return script


LOOKS = [("tail",), ("tail", "--json"), ("history", "--limit", "1"), ("search", "x", "--limit", "1"), ("who",)]


@pytest.mark.parametrize("front", LOOKS, ids=" ".join)
@pytest.mark.parametrize("evil", [EVIL, FORGED.replace(" ", "\xa0")], ids=["controls", "forged"])
def test_what_scripts_read_shows_no_control(front, evil, options):
    """ "Output filtered for control characters": every field of every answer is harmless, on both outputs."""
    with HostileServer(answers(evil)) as server:
        exit_code, out, err = lines_of(server, front, options, run_chat if evil == EVIL else run_here)
    assert exit_code in (0, 1, 3, 4), err
    harmless(out.replace("\t", "") if front[0] == "who" else out)
    harmless(err)
    assert "NED" in out or "root" in out
    if front[0] == "who":
        assert (out.count("\n"), out.count("\t")) == (1, 1)
