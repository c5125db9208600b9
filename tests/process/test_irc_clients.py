"""IRC clients that people use, driven on a terminal: they sign in over TLS, join, talk, leave, and meet no surprise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

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
    make_accounts(data, ["alice", "bob"])
    with (
        Server(data) as server,
        Client(server.address) as bob,
        Recorder(server.address, make_pair(tmp_path, "recorder")) as recorder,
    ):
        bob.sign_in("bob").ask("JOIN #room", " 366 ")
        bob.say("#lobby", "said before")
        terminal = Terminal(program(home, recorder.address, sasl), home)
        try:
            use(terminal, recorder, bob)
        finally:
            terminal.close()
        hold_that_all_was_well(recorder.said(True))


def use(terminal: Terminal, recorder: Recorder, bob: Client) -> None:
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
    terminal.type("/topic #room all about nothing")
    bob.wait_for(" TOPIC #room :all about nothing$")
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
