"""The full screen in its surroundings, at three sizes: colours, the clipboard, the keyring, and the exit codes."""

from __future__ import annotations

import base64
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import keys
from tests.cli.screen import Screen, sign_in
from tests.support.irc import Client
from tests.support.server import PASSWORD, REPOSITORY, Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), keys.SIZES)]

SKIPPING = "tests.cli.skipping"
COLOURS = {str(base + number) for base in (30, 40, 90, 100) for number in range(9) if base + number != 39}
KEYRING = """import threading
def get_password(*args):
    open({0!r}, "w").close()
    threading.Event().wait()
set_password = delete_password = get_password
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts, which may be killed, and stopped."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server
        server.tell(signal.SIGCONT)


def colours(screen: Screen) -> set[str]:
    """Return the colours of the characters on the screen, also of the spaces."""
    cells = [cell for line in screen.emulated.buffer.values() for cell in line.values()]
    return {colour for cell in cells for colour in (cell.fg, cell.bg)} - {"default"}


def styles(screen: Screen, text: str) -> set[tuple[str, bool]]:
    """Return the colours of a text, and whether it is bold."""
    for at, row in enumerate(screen.emulated.display):
        if text in row:
            begin = row.index(text)
            cells = [screen.emulated.buffer[at][begin + number] for number in range(len(text))]
            return {(cell.fg, cell.bold) for cell in cells}
    return set()


def test_themes(server, sit, tmp_path, rows, columns):
    """The theme of config.toml counts from the start, and /theme draws all anew, also what was there before."""
    (tmp_path / "config-alice").mkdir()
    (tmp_path / "config-alice" / "config.toml").write_text('theme = "mono"\n')
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.type("/nonsense")
    alice.shows("There is no command")
    assert colours(alice) == set()
    for name, bad in (("dark", ("red", False)), ("mono", ("default", True)), ("light", ("red", False))):
        alice.type(f"/theme {name}")
        alice.shows(f"theme is now {name}.")
        alice.until(lambda _, bad=bad: styles(alice, "There is no command") == {bad}, f"{name}: {bad}")
    alice.type("/exit")
    assert alice.ended() == 0


def test_no_colours(server, sit, rows, columns):
    """With NO_COLOR, nothing that the terminal gets has a colour, whatever the theme is. Spec: no-color.org."""
    alice = sign_in(sit(server, "alice", rows, columns, env={"NO_COLOR": "1"}), "alice")
    with Client(server.address) as bob:
        bob.sign_in("bob").send("PRIVMSG #lobby :alice: see https://example.org")
        alice.shows("bob: alice: see")
    for typed, shown in (("/nonsense", "There is no command"), ("/theme light", "theme is now light.")):
        alice.type(typed)
        alice.shows(shown)
    alice.press(keys.F1)
    alice.shows("Help")
    codes = {code for sequence in re.findall(r"\x1b\[([0-9;]*)m", alice.raw) for code in sequence.split(";")}
    assert codes & {"1", "2", "7"}
    assert not codes & COLOURS


def test_copying_through_tmux(server, sit, rows, columns):
    """In tmux, y gives it the text in both forms: for its own clipboard, and for the terminal around it."""
    alice = sign_in(sit(server, "alice", rows, columns, env={"TMUX": "/tmp/tmux,1,0"}), "alice")
    with Client(server.address) as bob:
        bob.sign_in("bob").send("PRIVMSG #lobby :copy me ✂")
        alice.shows("bob: copy me")
    alice.press(keys.F6)
    alice.shows("r reply")
    alice.press("y")
    command = f"\x1b]52;c;{base64.b64encode('copy me ✂'.encode()).decode()}\x07"
    wrapped = "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    alice.until(lambda _: command + wrapped in alice.raw, "both forms")


def test_a_keyring_that_hangs(server, sit, tmp_path, rows, columns):
    """The person goes on meanwhile, and then stays signed in with the token in a file of mode 0600."""
    modules, asked = tmp_path / "modules", tmp_path / "asked"
    modules.mkdir()
    (modules / "keyring.py").write_text(KEYRING.format(str(asked)))
    env = {"PYTHONPATH": f"{modules}:{REPOSITORY}"}
    alice = sign_in(sit(server, "alice", rows, columns, env=env, module=SKIPPING), "alice")
    alice.reads("Stay signed in on this device")
    alice.type("y")
    alice.until(lambda _: asked.exists(), "the keyring is asked")
    alice.type("meanwhile")
    alice.reads(":", "alice: meanwhile")
    assert "You stay signed in" not in alice.raw
    alice.skip()
    alice.reads("You stay signed in on this device.")
    alice.type("/exit")
    assert alice.ended() == 0
    file = tmp_path / "config-alice" / "tokens"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = sit(server, "alice", rows, columns, env=env)
    again.shows("Connected as alice")
    assert "Password for alice" not in again.raw


# The exit codes that README names. 0, 1 (config.toml) and 5 are in other tests of the full screen.


def test_nobody_signs_in(server, sit, rows, columns):
    """Who gives up at the question for the password gets 4; Ctrl-C gives 130, and no server 3, with the reason."""
    for key, code in ((keys.ctrl("d"), 4), ("EX\r", 4), (keys.ctrl("c"), 130)):
        alice = sit(server, "alice", rows, columns)
        alice.shows("Password for alice:")
        alice.press(key)
        assert alice.ended() == code
    server.kill()
    alice = sit(server, "alice", rows, columns)
    assert alice.ended() == 3
    assert "Nothing answers at" in alice.raw
    server.start()


@pytest.mark.parametrize(
    ("was_sent", "code", "words"), [(True, 6, "may not have arrived"), (False, 3, "Not sent: 1 line")]
)
def test_a_text_without_an_acknowledgement(server, sit, rows, columns, was_sent, code, words):
    """6: it was sent, and may have arrived or not; 3: it was not sent. Either way it is shown at the end."""
    alice = sign_in(sit(server, "alice", rows, columns, module=SKIPPING), "alice")
    if was_sent:
        server.tell(signal.SIGSTOP)
    else:
        server.kill()
        alice.shows("No connection")
    alice.type("is it there?")
    alice.reads("... alice: is it there?")
    alice.type("/exit")
    alice.shows("Ctrl-C leaves at once.")
    alice.skip()
    assert alice.ended() == code
    assert words in re.sub(r"\s+", " ", alice.raw)
    assert "is it there?" in alice.raw.rpartition("\x1b[?1049l")[2]
    assert PASSWORD not in alice.raw
    if not was_sent:
        server.start()
