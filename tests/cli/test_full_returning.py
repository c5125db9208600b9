"""The full screen when the server goes and comes back, and when another device reads, at three sizes of a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from chatapp.client.fronts.full import opening
from tests.cli.keys import ENTER, F5, F9, PAGE_UP, SIZES
from tests.cli.screen import Screen, middle, sign_in
from tests.cli.test_full_screen import restart
from tests.support.irc import CAPS, Client, text_of
from tests.support.server import Server, make_accounts

pytestmark = [pytest.mark.once, pytest.mark.parametrize(("rows", "columns"), SIZES)]

TEXT = re.compile(r"bob: text (\d+) ends")
HELD = "not sent, as it is older than a minute (F6, then r sends it, d drops it)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with two accounts, which may be killed."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        yield server


def bob_says(server: Server, numbers: Iterable[int]) -> None:
    """Let bob say texts in the lobby, and leave."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send(*(f"PRIVMSG #lobby :text {number} ends" for number in numbers))
        bob.sync()


def while_alice_is_gone(server: Server, numbers: Iterable[int]) -> None:
    """Let bob say texts that alice misses: the server has another port meanwhile."""
    port, place = str(server.address.port), server.command.index("serve") + 1
    server.command[place] = "0"
    server.start()
    bob_says(server, numbers)
    server.stop()
    server.command[place] = port
    server.start()


def numbers(text: str) -> list[int]:
    """Return the numbers of bob's texts."""
    return [int(number) for number in TEXT.findall(text)]


def arrives(alice: Screen, text: str) -> None:
    """Wait for the server's echo of a text of alice: it has a time then."""
    alice.until(lambda rows: re.search(rf":\d\d alice: {text}", middle(rows)) is not None, f"the echo of {text}")


def test_what_survives(server, sit, rows, columns):
    """The draft, the place in the text and where reading stopped survive; what was missed comes once, in its order."""
    bob_says(server, range(60))
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    alice.reads("text 59 ends")
    alice.type("all of it is read")
    arrives(alice, "all of it is read")
    alice.press(PAGE_UP + PAGE_UP)
    alice.press("half a tho")
    alice.shows("> half a tho")
    seen = numbers(middle(alice.rows))
    assert 0 < seen[-1] < 59
    server.kill()
    alice.shows("No connection")
    alice.press("ught")
    alice.shows("> half a thought")
    while_alice_is_gone(server, range(60, 70))
    alice.shows("10 new below")
    assert numbers(middle(alice.rows)) == seen
    assert "> half a thought" in middle(alice.rows)
    alice.press(F5)
    alice.reads("all of it is read", "── new", "text 60 ends")
    with Client(server.address) as bob:
        bob.sign_in("bob")
        alice.press(ENTER)
        arrives(alice, "half a thought")
        alice.press(F9)
        alice.shows("-- Enter goes back to the chat.")
        told = numbers(alice.raw.rpartition(opening.LEAVE)[2])
        assert told == list(range(told[0], 70))
        assert told[0] <= seen[0]
        assert [text_of(line) for line in bob.history("#lobby")][-2:] == ["text 69 ends", "half a thought"]
    alice.press(ENTER)
    alice.until(lambda _: opening.ENTER in alice.raw.rpartition(opening.LEAVE)[2], "the screen again")
    leaves(alice)


def test_what_waits(server, sit, rows, columns):
    """A text that waits for a connection is on the screen; after a minute, nothing is sent before alice says so."""
    alice = sign_in(sit(server, "alice", rows, columns, module="tests.cli.skipping"), "alice")
    server.kill()
    alice.shows("No connection")
    alice.type("an old text")
    alice.reads("... alice: an old text")
    alice.type("/dm bob an old secret")
    alice.reads("Your text to bob waits for a connection.")
    alice.skip()
    alice.reads("... alice: an old text", HELD)
    longest_pause(alice)
    alice.type("a young text")
    alice.reads("... alice: a young text")
    restart(server)
    alice.type("/reconnect")
    with Client(server.address) as bob:
        bob.sign_in("bob")
        arrives(alice, "a young text")
        alice.reads("... alice: an old text", HELD)
        alice.type("/resend")
        bob.wait_for("PRIVMSG #lobby :an old text$")
        alice.until(lambda rows: "..." not in middle(rows), "nothing that waits")
        alice.type("/dm bob")
        alice.reads("... alice: an old secret", HELD)
        alice.type("/drop")
        alice.until(lambda rows: "secret" not in middle(rows), "nothing that waits")
        alice.type("the last")
        bob.wait_for("PRIVMSG bob :the last$")
        assert [text_of(line) for line in bob.history("#lobby")] == ["a young text", "an old text"]
        assert [text_of(line) for line in bob.history("alice")] == ["the last"]
    leaves(alice)


def longest_pause(alice: Screen) -> None:
    """Let the client try again and again: the pauses before the next attempt grow, and none is longer than 30 s."""
    while not re.search(r"again in (1\d|2\d|30) s", alice.raw):
        seen = len(alice.raw)
        alice.skip()
        alice.until(lambda _, seen=seen: "again in" in alice.raw[seen:], "the next attempt")
    pauses = [int(pause) for pause in re.findall(r"again in (\d+) s", alice.raw)]
    assert max(pauses) <= 30


def test_another_device(server, sit, rows, columns):
    """What was read elsewhere is read here, and what is read here is read elsewhere."""
    alice = sign_in(sit(server, "alice", rows, columns), "alice")
    with Client(server.address) as phone, Client(server.address) as bob:
        phone.sign_in("alice", caps=f"{CAPS} draft/read-marker")
        bob.sign_in("bob")
        first = time_of(bob.say("alice", "only for you"))
        is_unread(alice, 1)
        phone.send(f"MARKREAD bob timestamp={first}")
        is_unread(alice, 0)
        second = time_of(bob.say("alice", "and one more"))
        is_unread(alice, 1)
        alice.type("/dm bob")
        alice.reads("bob: only for you", "bob: and one more")
        phone.wait_for(f"MARKREAD bob timestamp={second}")
    leaves(alice)


def leaves(alice: Screen) -> None:
    """Leave without an error."""
    alice.type("/exit")
    assert alice.ended() == 0


def time_of(line: str) -> str:
    """Return the time of a message."""
    found = re.search(r"time=([^; ]+)", line)
    assert found is not None, line
    return found[1]


def is_unread(alice: Screen, count: int) -> None:
    """Wait until as many messages of bob are unread, as the left column tells, or without it the title."""
    unread = re.compile(rf"^2 bob +{count or ''} *│|{count} unread" if count else r"^2 bob +│|^#lobby *$")
    alice.until(lambda rows: any(unread.search(row) for row in rows), f"{count} unread")
