"""IRC clients that people use, driven on a terminal: they sign in over TLS, join, talk, leave, and meet no surprise."""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp.server.control.asking import ask
from tests.support.certificate import make_pair
from tests.support.irc import Client
from tests.support.recorder import Recorder
from tests.support.server import PASSWORD, PATIENCE_S, Address, Server, make_accounts

pexpect = pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients

Command = list[str]

# Numerics from 400 on that are no trouble: there is no message of the day (422); and irssi sends "JOIN :" to find out
# whether the server makes it wait for CAP END, as any answer but silence tells it (451).
FINE = {"422"}
FINE_BEFORE_SIGN_IN = {"451"}


def irssi(folder: Path, address: Address, sasl: bool) -> Command:
    """Write irssi's settings; it connects by itself."""
    signing_in = f'sasl_mechanism = "PLAIN"; sasl_username = "alice"; sasl_password = "{PASSWORD}";' if sasl else ""
    password = "" if sasl else f'password = "alice:{PASSWORD}";'
    (folder / "config").write_text(
        f"""
servers = ({{ address = "{address.host}"; port = "{address.port}"; chatnet = "ours"; use_tls = "yes"; tls_verify = "no";
  autoconnect = "yes"; {password} }});
chatnets = {{ ours = {{ type = "IRC"; nick = "alice"; {signing_in} }}; }};
settings = {{ core = {{ real_name = "Alice"; user_name = "alice"; nick = "alice"; }};
  "irc/core" = {{ cmd_queue_speed = "1msec"; }}; }};
"""
    )
    return ["irssi", f"--home={folder}", f"--config={folder}/config"]


def weechat(folder: Path, address: Address, sasl: bool) -> Command:
    """Tell weechat what to do."""
    major = int(subprocess.run(["weechat", "--version"], capture_output=True, text=True).stdout.split(".")[0])
    tls = "tls" if major >= 4 else "ssl"
    commands = [
        f"/server add ours {address.host}/{address.port} -{tls} -no{tls}_verify -nicks=alice -realname=Alice",
        "/set irc.server_default.anti_flood_prio_high 0",
        "/set irc.server_default.anti_flood_prio_low 0",
        "/set irc.server_default.anti_flood 0",
        *(
            ["/set irc.server.ours.sasl_username alice", f"/set irc.server.ours.sasl_password {PASSWORD}"]
            if sasl
            else [f"/set irc.server.ours.password alice:{PASSWORD}"]
        ),
        "/connect ours",
    ]
    return ["weechat", "-d", str(folder), *(word for command in commands for word in ("-r", command))]


class Terminal:
    """A program on a terminal, which has somebody to look at what it writes."""

    def __init__(self, command: Command, folder: Path) -> None:
        environment = {"TERM": "xterm", "HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self._process = pexpect.spawn(command[0], command[1:], env=environment, dimensions=(40, 120), cwd=folder)
        self.screen = b""

    def type(self, text: str) -> None:
        """Type a line."""
        self._process.send(text + "\r")

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Look on until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < deadline, f"{what} did not happen; on the screen: {self.screen[-2000:]!r}"
            try:
                self.screen += self._process.read_nonblocking(65536, 0.02)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                time.sleep(0.01)  # the program has ended, and the last that it said is still on its way

    def close(self) -> None:
        """End the program."""
        self._process.close(force=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
@pytest.mark.parametrize("sasl", [True, False], ids=["sasl", "pass"])
@pytest.mark.parametrize("program", [irssi, weechat])
def test_a_client_of_others(program: Callable[[Path, Address, bool], Command], sasl: bool, tmp_path: Path) -> None:
    """ "Never be locked out of a client they like better": nothing that it sends is unknown or wrong to the server."""
    if shutil.which(program.__name__) is None:
        pytest.skip(f"{program.__name__} is not installed")
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    make_accounts(data, ["alice", "bob", "carol"])
    with (
        Server(data) as server,
        Client(server.address) as bob,
        Client(server.address) as carol,
        Recorder(server.address, make_pair(tmp_path, "recorder")) as recorder,
    ):
        bob.sign_in("bob").ask("JOIN #room", " 366 ")
        carol.sign_in("carol").ask("JOIN #room", " 366 ")
        bob.say("#lobby", "said before")
        terminal = Terminal(program(home, recorder.address, sasl), home)
        try:
            use(terminal, recorder, bob, carol)
        finally:
            terminal.close()
        hold_that_all_was_well(recorder.said(True))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_irssi_learns_of_every_channel(tmp_path: Path) -> None:
    """irssi asks for modes, members and bans after each JOIN, and waits for the answers before the next channel."""
    if shutil.which("irssi") is None:
        pytest.skip("irssi is not installed")
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    make_accounts(data, ["alice"])
    with Server(data) as server, Recorder(server.address, make_pair(tmp_path, "recorder")) as recorder:
        terminal = Terminal(irssi(home, recorder.address, True), home)
        try:
            terminal.until(lambda: "MODE #lobby b" in recorder.said(False), "the question for bans")
            terminal.type("/join #room")
            terminal.until(lambda: "MODE #room b" in recorder.said(False), "the question for bans of the next channel")
            terminal.until(lambda: any(" 368 alice #room " in line for line in recorder.said(True)), "the answer")
        finally:
            terminal.close()
        hold_that_all_was_well(recorder.said(True))


def use(terminal: Terminal, recorder: Recorder, bob: Client, carol: Client) -> None:
    """Do with a client what people do."""

    def told(pattern: str) -> None:
        terminal.until(lambda: any(re.search(pattern, line) for line in recorder.said(True)), pattern)

    told(" PRIVMSG #lobby :said before$")  # what was missed, the last of what comes by itself
    terminal.type("/join #room")
    told(" 366 alice #room ")
    terminal.type("/msg #room hello, room")
    bob.wait_for("^[^ ]* :alice!alice@[^ ]+ PRIVMSG #room :hello, room$")
    bob.say("#room", "hello, alice")
    told(" PRIVMSG #room :hello, alice$")
    terminal.type("/msg bob just for you")
    bob.wait_for(" PRIVMSG bob :just for you$")
    bob.send("MODE #room +o alice")
    told(" MODE #room \\+o alice$")
    terminal.type("/topic #room all about nothing")
    bob.wait_for(" TOPIC #room :all about nothing$")
    terminal.type("/mode #room +m")
    bob.wait_for(" MODE #room \\+m$")
    terminal.type("/ban carol")
    bob.wait_for(" MODE #room \\+b [^ ]*carol[^ ]*@\\*$")
    terminal.type("/kick carol too loud")
    carol.wait_for(" KICK #room carol :too loud$")
    carol.send("JOIN #room")
    carol.wait_for(" 474 carol #room ")
    terminal.type("/invite carol #room")
    carol.wait_for(" INVITE carol #room$")
    carol.ask("JOIN #room", " 366 ")
    bob.send("MODE #room -m")
    terminal.type("/part #room")
    bob.wait_for("^[^ ]* :alice!alice@[^ ]+ PART #room")
    terminal.type("/quit")
    terminal.until(lambda: any(line.startswith("QUIT") for line in recorder.said(False)), "QUIT")


def hold_that_all_was_well(lines: list[str]) -> None:
    """Hold that the server had nothing to complain of."""
    signed_in = False
    for line in lines:
        command = re.sub(r"^(@\S+ )?(:\S+ )?", "", line).split(" ")[0]
        signed_in = signed_in or command == "001"
        fine = FINE if signed_in else FINE | FINE_BEFORE_SIGN_IN
        assert command not in ("FAIL", "WARN"), line
        assert not (command.isdigit() and 400 <= int(command) < 700) or command in fine, line
        assert command != "ERROR" or line == "ERROR :Bye.", line


# What the page on the port tells people to paste


def pasted(address: Address, heading: str) -> list[str]:
    """Fetch the page with a browser's request; return the lines under a heading, filled in."""
    with Client(address) as browser:
        browser.send(f"GET / HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n")
        page = "\n".join(browser.end())
    found = re.search(rf"<h2>{re.escape(heading)}</h2>\n<pre>(.*?)</pre>", page, re.DOTALL)
    assert found is not None, page
    return html.unescape(found[1]).replace("NAME", "alice").replace("PASSWORD", PASSWORD).splitlines()


def paste_into_irssi(folder: Path, lines: list[str]) -> tuple[Command, list[str]]:
    """Return how irssi is started, and what is typed."""
    return ["irssi", f"--home={folder}"], lines


def paste_into_weechat(folder: Path, lines: list[str]) -> tuple[Command, list[str]]:
    """Return how WeeChat is started without a terminal; it runs what is pasted by itself."""
    return ["weechat-headless", "-d", str(folder), *(word for line in lines for word in ("-r", line))], []


def weechat_heading() -> str:
    """Tell which lines are for the WeeChat that is installed."""
    version = subprocess.run(["weechat-headless", "--version"], capture_output=True, text=True).stdout
    return "WeeChat 4 or later" if int(version.split(".")[0]) >= 4 else "WeeChat 3"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
@pytest.mark.parametrize("right", [True, False], ids=["right-key", "other-key"])
@pytest.mark.parametrize("program", ["irssi", "weechat-headless"])
def test_the_lines_of_the_page(program: str, right: bool, tmp_path: Path) -> None:
    """ "The IRC recipes as complete lines": pasted as they are they sign in; to a server with another key they do not,
    and it is not told the password.
    """
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    make_accounts(data, ["alice", "bob", "carol"])
    with Server(data, port="0", complaints=[".*"]) as server, contextlib.ExitStack() as stack:
        heading = "irssi" if program == "irssi" else weechat_heading()
        lines = pasted(server.address, heading)
        reached = server
        if not right:
            make_accounts(tmp_path / "other", ["alice", "bob"])
            reached = stack.enter_context(Server(tmp_path / "other", "--log-level", "debug", complaints=[".*"]))
            port = str(server.address.port)
            lines = [re.sub(rf"([ /]){port}( |$)", rf"\g<1>{reached.address.port}\g<2>", line) for line in lines]
        bob = stack.enter_context(Client(reached.address)).sign_in("bob")
        bob.send("JOIN #lobby")
        paste = paste_into_irssi if program == "irssi" else paste_into_weechat
        command, typed = paste(home, lines)
        terminal = Terminal(command, home)
        try:
            if typed:
                terminal.until(lambda: b"Irssi v" in terminal.screen, "its start")
            for line in typed:
                terminal.type(line)
            if right:
                terminal.until(lambda: len(ask_here(data)) == 2, "alice's sign-in")
                assert ask_here(data)["alice"][0]["tls"]
            else:
                terminal.until(lambda: "did not begin" in reached.stderr() or no_match(terminal, home), "its refusal")
                assert "alice" not in ask_here(tmp_path / "other")
                assert "sign-in to" not in reached.stderr()
        finally:
            terminal.close()


def ask_here(data: Path) -> dict[str, list[dict[str, object]]]:
    """Ask the server who is here; return the sessions by name."""
    return {user["name"]: user["sessions"] for user in ask(data, "status")["here"]}


def no_match(terminal: Terminal, home: Path) -> bool:
    """Tell whether the program has said that the key is another one."""
    logs = "".join(path.read_text(errors="replace") for path in home.glob("logs/*"))
    return b"mismatch" in terminal.screen or "does NOT match" in logs
