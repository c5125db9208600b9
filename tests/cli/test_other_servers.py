"""The full-screen client on servers of others, which have neither accounts nor receipts: fewer features, no errors."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.keys import ESC, F6, PAGE_UP, SIZES, ctrl
from tests.cli.screen import Screen, middle
from tests.support.server import PATIENCE_S

pytestmark = pytest.mark.once

HOST = "127.0.0.1"
PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
NGIRCD = """[Global]
Name = other.example
Info = other
Listen = {host}
Ports = {port}
MotdPhrase = hello
PidFile =
[Options]
DNS = no
Ident = no
PAM = no
"""
INSPIRCD = """<server name="other.example" description="other" network="Other">
<admin name="a" nick="a" email="a@other.example">
<bind address="{host}" port="{port}" type="clients">
{modules}
<connect name="all" allow="*" resolvehostnames="no" localmax="50" globalmax="50">
<class name="none"><type name="none" classes="none">
<dns server="127.0.0.1" timeout="1">
<files motd="">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
"""
MODULES = ("cap", "ircv3", "ircv3_ctctags", "ircv3_servertime", "ircv3_msgid", "ircv3_echomessage", "ircv3_batch")


def command(name: str, folder: Path, port: int) -> list[str]:
    """Write the configuration of a server, and tell how it is started."""
    program = shutil.which("inspircd" if name.startswith("inspircd") else name, path=PATH)
    if program is None:
        pytest.skip(f"{name} is not installed")
    conf = folder / f"{name}.conf"
    if name == "ngircd":
        conf.write_text(NGIRCD.format(host=HOST, port=port))
        return [program, "-n", "-f", str(conf)]
    modules = "".join(f'<module name="{each}">\n' for each in MODULES) if name == "inspircd" else ""
    conf.write_text(INSPIRCD.format(host=HOST, port=port, folder=folder, modules=modules))
    root = ["--runasroot"] if os.geteuid() == 0 else []
    return [program, "--config", str(conf), "--nofork", "--nopid", *root]


@pytest.fixture(params=["ngircd", "inspircd", "inspircd-bare"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], int]]:
    """Start a server; the function starts it again on the same port, and returns the port."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    line = command(request.param, tmp_path, port)
    running: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        for process in running:
            process.kill()
            process.wait()
        running.append(subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
            except OSError:
                assert time.monotonic() < deadline
            else:
                return port

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_talking(place, tmp_path):
    """Come in under a name, enter a channel, talk, be answered, lose the connection, and go on; bob at the stream."""
    port = place()
    with ExitStack() as stack:

        def sit(name: str, joined: str, *options: str) -> Screen:
            env = {"CHAT_CONFIG": str(tmp_path / f"config-{name}"), "TERM_PROGRAM": "", "TMUX": ""}
            args = ("connect", HOST, str(port), name, "--plaintext", *options)
            screen = Screen(*args, env=env, rows=30, columns=110, full=True)
            stack.enter_context(screen)
            screen.shows("/list shows the channels")
            screen.type("/join #dev")
            screen.shows(joined)
            return screen

        alice, bob = sit("alice", "here: "), sit("bob", "-- Now in #dev.", "--line")
        alice.shows("here: 2")
        alice.type("hello everybody")
        bob.shows("alice: hello everybody")
        alice.shows(" alice: hello everybody")
        bob.type("/me waves")
        alice.shows("* bob waves")
        bob.type("/dm alice only for you")
        alice.shows("3 bob")
        alice.type("/dm bob")
        alice.shows("bob: only for you")
        alice.type("/dm nobodyhere hello")
        alice.shows("nobody is called nobodyhere")
        alice.type("/who #dev")
        alice.shows("Here in #dev: ")
        alice.type("/list")
        alice.shows("#dev: 2 people")
        alice.type("/bm")
        alice.shows("This server has no channel of everyone.")
        alice.press("\x15")
        place()
        for screen in (alice, bob):
            screen.until(lambda _, screen=screen: "No connection" in screen.raw, "No connection")
            screen.shows("Connected again as" if screen is bob else "Connected as")
        bob.type("/msg #dev after that")
        alice.press("\x10")
        alice.shows("bob: after that")
        for screen in (alice, bob):
            assert "Traceback" not in screen.raw
            screen.type("/exit")
            assert screen.ended() == 0


CANNOT = "Not done: this server cannot do that."
NONE_OF_BOB = "Not done: no such message in #dev is known here."
FOUND_HERE = "This server has no search: searched only what is here of #dev."
# What is typed, and what a person reads then: of servers without message tags (by default), and of one that has them.
ANSWERS: list[tuple[str, str, dict[str, str]]] = [
    ("/react 👍", CANNOT, {"inspircd": NONE_OF_BOB}),
    ("/reply yes", CANNOT, {"inspircd": NONE_OF_BOB}),
    ("/edit hello all", CANNOT, {}),
    ("/delete", CANNOT, {}),
    ("/history", "This server keeps no messages.", {}),
    ("/tokens", CANNOT, {}),
    ("/tokens stay", "This server has no tokens, so there is nothing to keep on this device.", {}),
    ("/passwd", "People cannot change their password on this server with chat.", {}),
    ("/ignore bob", "This server cannot block bob, so chat drops what bob writes, on this device.", {}),
    ("/rename #dev #new", CANNOT, {}),
    ("/mute bob", "This server cannot mute people.", {}),
    ("/knock #dev", "asking to join #dev: this server has no command KNOCK.", {}),
    ("/invite", "You have no invitations.", {"ngircd": "This server does not tell to which channels you are invited."}),
]
RAW = re.compile("Unknown command|Syntax error|Traceback|Error:|[0-9]{3} alice")  # no words for a person


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_what_the_server_lacks(place, tmp_path, request, rows, columns):
    """Each key and command does what the server can do, or a sentence of ours says that it cannot; none is silent."""
    kind = request.node.callspec.params["place"]
    env = {"CHAT_CONFIG": str(tmp_path / "config"), "TERM_PROGRAM": "", "TMUX": ""}
    line = ("connect", HOST, str(place()), "alice", "--plaintext")
    with Screen(*line, env=env, rows=rows, columns=columns, full=True) as alice:
        alice.reads("/list shows the channels")
        alice.type("/join #dev")
        alice.reads("Nobody else is in #dev yet.")
        for typed, answer, others in ANSWERS:
            alice.type("/clear")
            alice.until(lambda rows: "--" not in middle(rows), "an empty screen")
            alice.type(typed)
            alice.reads(others.get(kind, answer))
        alice.type("hello everybody")
        alice.reads(":", "alice: hello everybody")
        alice.press(PAGE_UP)
        alice.reads("Nothing is older here.")
        for key, typed in (("", "/search hello"), (ctrl("f"), "hello")):
            alice.press(key)
            alice.shows("Find:" if key else ">")
            alice.type(typed)
            alice.reads(FOUND_HERE)
            alice.press(ESC)
            alice.until(lambda rows: FOUND_HERE not in middle(rows), "the list is closed")
        alice.press(F6)
        alice.shows("y copy o open Esc")
        for key in "reEd":
            alice.press(key)
            alice.reads("This server cannot do that.")
            alice.press("k")  # takes the sentence away
            alice.shows("y copy o open Esc")
        alice.press(F6)
        alice.shows("Connected as alice")
        alice.type("/exit")
        assert alice.ended() == 0
        assert not RAW.search(alice.raw)


@pytest.mark.parametrize("place", ["ngircd"], indirect=True)
@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_a_gap(place, tmp_path, rows, columns):
    """Where a server keeps no messages, a row stands where there was no connection; what waited is sent once."""
    port = place()
    env = {"CHAT_CONFIG": str(tmp_path / "config"), "TERM_PROGRAM": "", "TMUX": ""}
    line = ("connect", HOST, str(port), "alice", "--plaintext")
    with Screen(*line, env=env, rows=rows, columns=columns, full=True) as alice:
        alice.reads("/list shows the channels")
        alice.type("/join #dev")
        alice.reads("Nobody else is in #dev")
        alice.type("before")
        alice.reads(":", "alice: before")
        alice.type("/search befo")
        alice.reads(
            "Found for befo", "#dev alice:", "before", "This server has no search: searched", "what is here of #dev."
        )
        alice.press(ESC)
        alice.is_in("#dev")
        alice.press("half a tho")
        place()
        alice.until(lambda _: "No connection" in alice.raw, "No connection")
        alice.press("ught\r")
        gap = "-- There was no connection. This server keeps no messages, so some may be missing."
        alice.reads("alice: before", gap, "alice: half a thought")
        alice.until(lambda rows: middle(rows).count("half a thought") == 1, "the text, once")
        alice.type("/exit")
        assert alice.ended() == 0
