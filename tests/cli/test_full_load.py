"""The full screen when very much comes, at three sizes of a real terminal. ``busy.py`` measures the same."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.client.fronts.full.opening import LEAVE
from chatapp.client.fronts.full.pacing import FRAME_S
from chatapp.client.fronts.full.painting import ASK_CURSOR, CLEAR
from tests.cli.flooding import flooding
from tests.cli.keys import END, F9, PAGE_UP, SIZES, ctrl
from tests.cli.screen import Screen, middle

pytestmark = pytest.mark.once

HELD = 100_000
NUMBER = re.compile(r"message (\d+) with")


@pytest.fixture
def alice(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Screen]:
    """Alice, at a server where bob says very much; the parameter is the size of the terminal."""
    rows, columns = request.param
    env = {"CHAT_CONFIG": str(tmp_path / "config"), "TERM_PROGRAM": "", "TMUX": ""}
    with (
        flooding() as port,
        Screen(
            "connect", "127.0.0.1", port, "alice", "--plaintext", env=env, rows=rows, columns=columns, full=True
        ) as alice,
    ):
        alice.shows("Password for alice:")
        alice.type("secret")
        alice.shows("F1 shows the keys")
        yield alice


def numbers(text: str) -> list[int]:
    """Return the numbers of bob's messages."""
    return [int(number) for number in NUMBER.findall(text)]


@pytest.mark.parametrize("alice", SIZES, indirect=True)
def test_a_thousand_messages_a_second(alice):
    """Each key is shown all the same, at most 20 frames a second are drawn without a key, and no message is lost."""
    alice.type("begin")
    alice.shows("message ")
    before, begin_s = alice.raw.count(ASK_CURSOR), time.monotonic()
    for _ in range(4):
        for length in range(1, 16):
            alice.press("abcdefghijklmno"[length - 1])
            alice.shows(f"> {'abcdefghijklmno'[:length]}")
        alice.press(ctrl("u"))
        alice.has_typed("|")
    alice.until(lambda rows: alice.raw.count(ASK_CURSOR) > before + 3, "a few frames")
    assert alice.raw.count(ASK_CURSOR) - before <= (time.monotonic() - begin_s) / FRAME_S + 2
    alice.type("end")
    alice.reads("that was all of ")
    count = int(re.search(r"that was all of (\d+)", middle(alice.rows))[1])
    told = bare(alice)
    assert told == list(range(count - len(told) + 1, count + 1))
    assert told


def bare(alice: Screen) -> list[int]:
    """Return the numbers of the last messages, as F9 shows them."""
    alice.press(F9)
    alice.shows("-- Enter goes back to the chat.")
    return numbers(alice.raw.rpartition(LEAVE)[2])


@pytest.mark.parametrize("alice", SIZES[-1:], indirect=True)
def test_a_hundred_thousand_messages(alice):
    """They come in their order, each once; at each size, a page back has all messages before the last page."""
    alice.type(f"fill {HELD}")
    alice.reads(f"that was all of {HELD}")
    for rows, columns in SIZES:
        seen = len(alice.raw)
        alice.resize(rows, columns)
        alice.press(END)
        alice.until(lambda _, seen=seen: CLEAR in alice.raw[seen:], "all drawn again")
        pages_back(alice)
    alice.press(END)
    alice.reads(f"that was all of {HELD}")
    told = bare(alice)
    assert told == list(range(HELD - len(told) + 1, HELD + 1))


def pages_back(alice: Screen) -> None:
    """Go some pages back from the newest messages."""
    alice.reads(f"that was all of {HELD}")
    top = numbers(middle(alice.rows))[0]
    for _ in range(20):
        alice.press(PAGE_UP)
        alice.until(lambda rows, top=top: numbers(middle(rows))[:1] < [top], f"what is before {top}")
        shown = numbers(middle(alice.rows))
        assert shown == list(range(shown[0], shown[-1] + 1))
        assert shown[-1] >= top - 1
        top = shown[0]
