"""What is typed while nothing is asked, in a real terminal: never shown, and for the next question only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.screen import Screen
from tests.support.server import PASSWORD, Server, make_accounts

pytestmark = pytest.mark.once

DROPPED = "-- What you typed before you were asked was dropped: it could have been a password."


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Callable[[str], Screen]]:
    """Start ``chat connect`` in a terminal, with a server where alice and bob have accounts."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data") as server, ExitStack() as stack:

        def sit(name: str) -> Screen:
            env = {"CHAT_CONFIG": str(tmp_path / f"config-{name}")}
            return stack.enter_context(Screen("connect", server.address.host, str(server.address.port), name, env=env))

        yield sit


def in_order(rows: list[str], *parts: str) -> bool:
    """Tell whether the parts stand in rows one below the other."""
    left = iter(rows)
    return all(any(part in row for row in left) for part in parts)


def test_passwords_typed_while_a_refusal_is_delayed(sit):
    """Each goes to the next question, which is for a password too; nothing of any is shown."""
    alice = sit("alice")
    alice.asks("Password for alice:")
    wrong = ["first-guess", "second-guess", "third-guess"]
    for guess in wrong:
        asked = alice.raw.count("\r\n")
        alice.type(guess)
        # The question has ended, and its answer is not there yet: nothing is asked.
        alice.until(lambda rows, asked=asked: alice.raw.count("\r\n") > asked)
    alice.type(PASSWORD)
    alice.asks(">")
    assert alice.raw.count("The name or the password is wrong.") == 3
    assert not any(secret in alice.raw for secret in [*wrong, PASSWORD, "guess"])
    assert DROPPED not in alice.rows


def test_a_password_typed_twice(sit):
    """The second is neither shown nor taken for a command when the first was right; it is said that it was dropped."""
    alice = sit("alice")
    alice.asks("Password for alice:")
    alice.type(f"{PASSWORD}\r{PASSWORD}")
    alice.sees(DROPPED)
    alice.asks(">")
    assert PASSWORD not in alice.raw


def test_a_password_typed_before_the_question_for_a_new_account(sit):
    """Yes or no is answered by nothing that was typed before it was asked."""
    zoe = sit("zoe")
    zoe.type("y\rsecret-word")
    zoe.asks("Make a new account with this name? [y/n]")
    # What comes before the program has the terminal, the terminal shows by itself; after that nothing is shown.
    zoe.answer("Make a new account with this name? [y/n]", "y")
    zoe.answer("New password for zoe:", "long-secret")
    zoe.answer("The same again:", "long-secret")
    zoe.asks(">")


def test_commands_typed_during_the_sign_in(sit):
    """What is a command is one, however early."""
    alice = sit("alice")
    alice.asks("Password for alice:")
    alice.type(f"{PASSWORD}\rDM\rbob\rhello")
    rows = alice.sees("Sent to bob, who is away")
    assert DROPPED not in rows
    assert in_order(rows, "You are alice", "> DM", "1  bob  away", "To whom", "bob> hello", "Sent to bob, who is away")


def test_many_lines_at_once(sit):
    """Each line goes to the question of its turn, and what is shown has its rows whole."""
    alice = sit("alice")
    alice.answer("Password for alice:", PASSWORD)
    alice.asks(">")
    alice.type("/history\rDM\rbob\rhello bob\r/bm hello all\rWHO\rEX\rgarbage")
    for answer in ("-- Sent to nobody.", "-- 2 people, 1 of them here:", "-- Sent to everyone (#lobby)."):
        alice.sees(answer)  # the server's answers come in their own time
    rows = alice.asks(">")
    assert in_order(rows, "> /history", "> DM", "  1  bob  away", "To whom", "-- To bob, who is away", "bob> hello bob")
    assert in_order(
        rows, "bob> /bm hello all", "bob> WHO", "bob> EX", "> garbage", "-- Sent to nobody.", "  DM   write"
    )
    assert in_order(rows, "> WHO", "-- 2 people, 1 of them here:", "  alice  here (you)", "  bob  away")
    assert in_order(rows, "-- Sent to bob, who is away", "-- To everyone", "-- Sent to everyone (#lobby).")
    starts = ("> ", ">", "bob>", "-- ", "  ", "To whom", "Password")
    assert [row for row in rows if not row.startswith(starts)] == []


def test_interrupted_while_a_refusal_is_delayed(sit):
    """Ctrl-C leaves at once, also where nothing is asked."""
    alice = sit("alice")
    alice.asks("Password for alice:")
    for _ in range(4):
        asked = alice.raw.count("\r\n")
        alice.type("wrong")
        alice.until(lambda rows, asked=asked: alice.raw.count("\r\n") > asked)
    alice.type("\x03", end="")
    assert alice.ended() == 130


@pytest.mark.parametrize("ahead", ["", "DM\r", "wrong\r"])
def test_interrupted_in_the_moment_in_which_a_question_ends(sit, ahead):
    """Ctrl-C counts, whether the terminal makes a signal or a key of it, and whatever else was typed ahead."""
    alice = sit("alice")
    alice.asks("Password for alice:")
    alice.type(f"wrong\r{ahead}\x03", end="")
    assert alice.ended() == 130
    assert not any(row.startswith("--") for row in alice.rows)
