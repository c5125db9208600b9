"""PASSWD: an account changes its own password."""

from __future__ import annotations

import errno

import pytest

from chatapp.auth import whole_file
from tests.server.test_accounts import attempt, seconds_until_heard
from tests.server.world import CLOSED, PASSWORD, b64

NEW = "correct horse"
SUCCESS = ":s PASSWD SUCCESS :Your password is changed. Your other sessions have ended."
HINT = "INVALID_PASSWORD :Nothing changed: ... send PASSWD PLAIN <old> <new>, or use /passwd in chat connect."
SLOW = (
    ":s NOTICE alice :Signing in is slow after wrong passwords from your address, or for this account."
    " Yours waits for its turn."
)
ENDED = ["ERROR :The password of your account was changed. Sign in with the new one.", CLOSED]


def change(old: str = PASSWORD, new: str = NEW) -> str:
    """Write the command."""
    return f"PASSWD {b64(old)} {b64(new)}"


def test_the_other_sessions_end(world):
    """ "The account's other sessions end and say why, the session that changed it stays"; only the new one signs in."""
    alice, other = world.enter("alice"), world.enter("alice", as_="second")
    early = attempt(world, "alice", PASSWORD)  # signed in, not welcomed
    bob = world.enter("bob")
    world.deaf()
    assert alice.ask(change()) == [SUCCESS]
    world.advance(0.1)
    assert (other.hear(), early.hear(), bob.hear()) == (ENDED, ENDED, [])
    world.advance(2)  # the server sees the change of its file, and knows it for its own
    assert alice.ask("PING 1") == [":s PONG s :1"]
    assert seconds_until_heard(world, attempt(world, "alice", PASSWORD))[1] == "904"
    assert seconds_until_heard(world, attempt(world, "alice", NEW))[1] == "900"


def test_a_person_types_it(world):
    """ "PLAIN": both passwords are as they are; the last one may have spaces."""
    alice = world.enter("alice")
    assert alice.ask(f"PASSWD plain {PASSWORD} :{NEW}") == [SUCCESS]
    assert seconds_until_heard(world, attempt(world, "alice", NEW))[1] == "900"


def test_a_client_without_the_capability(world):
    """It gets the words alone, because it would show the line PASSWD as an error."""
    words = "Your password is changed. Your other sessions have ended."
    assert world.enter("alice", old=True).ask(change()) == [f":s NOTICE alice :{words}"]


def test_a_labelled_answer(world):
    """ "Labelled replies work as for every command"."""
    alice = world.enter("alice", "labeled-response batch")
    assert alice.ask(f"@label=7 {change()}") == [f"@label=7 {SUCCESS}"]
    (refused,) = alice.ask(f"@label=8 {change(new='short')}")
    assert refused.startswith("@label=8 :s FAIL PASSWD WEAK_PASSWORD :")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (change(new="7 chars"), "WEAK_PASSWORD :The password has 7 characters; a new one needs 8 at least. ..."),
        (change(new="x" * 73), "INVALID_PASSWORD :The password is 73 bytes long, ..."),
        (change(new="nul\0 inside"), "INVALID_PASSWORD :The password contains a NUL character. ..."),
        (change(new=""), "NEED_MORE_PARAMS :Usage: PASSWD [PLAIN] <old password> <new password>"),
        (f"PASSWD {b64(PASSWORD)} :", "INVALID_PASSWORD :The password is empty. ..."),
        (f"PASSWD {b64(PASSWORD)}", "NEED_MORE_PARAMS :Usage: ..."),
        ("PASSWD sesame long-secret", HINT),
        (f"PASSWD sesame {NEW}", HINT),
        (f"PASSWD {b64(PASSWORD)} {b64(NEW)} x", HINT),
        (f"PASSWD {b64(PASSWORD)} /////////w==", HINT),
        ("PASSWD PLAIN sesame", "INVALID_PARAMS :Nothing changed. Usage: PASSWD PLAIN <old password> :<new password>"),
        ("PASSWD PLAIN sesame long secret", "INVALID_PARAMS :Nothing changed. Usage: ..."),
        ("PASSWD PLAIN sesame short", "WEAK_PASSWORD :..."),
        ("PASSWD PLAIN sesame :", "INVALID_PASSWORD :The password is empty. ..."),
    ],
)
def test_what_cannot_be_a_password(world, line, answer):
    """It is refused before the old one is looked at, and nothing changes."""
    before = world.config.password_path.read_bytes()
    world.enter("alice")
    world.play(f"""
        alice> {line}
        alice< :s FAIL PASSWD {answer}
    """)
    assert world.config.password_path.read_bytes() == before


def test_wrong_guesses_are_throttled(world):
    """They count as those at sign-in do, and the session goes on."""
    alice = world.enter("alice")
    refused = ":s FAIL PASSWD WRONG_PASSWORD :The old password is wrong. Your password stays as it was."
    waits = []
    for _ in range(4):
        began_s = world.loop.time()
        alice.say(change("guess"))
        heard: list[str] = []
        while refused not in heard:
            world.advance(0.1)
            heard += alice.hear()
            assert set(heard) <= {refused, SLOW}
        waits.append(world.loop.time() - began_s)
    assert waits[0] >= 0.4
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]


def test_a_guesser_hangs_up_while_it_waits(world):
    """Nobody waits for the answer: the command is given up."""
    alice = world.enter("alice")
    alice.say(change("guess"))
    alice.vanish()
    world.advance(5)
    world.enter("alice")


def test_a_guest_has_no_password(make_world):
    """ "NEED_ACCOUNT"."""
    make_world(guests=True).guest("zoe").world.play(f"""
        zoe> {change()}
        zoe< :s FAIL PASSWD NEED_ACCOUNT :A guest has no password. ...
    """)


def test_before_signing_in(world):
    """There is no account whose password it could be."""
    world.connect("x", says="NICK x")
    world.play(f"""
        x> {change()}
        x< :s 451 x :...
    """)


def test_the_file_cannot_be_written(world, monkeypatch):
    """On a full disk the old password stays, and nobody's session ends."""
    alice, other = world.enter("alice"), world.enter("alice", as_="second")
    world.deaf()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(whole_file, "replace", full)
        (refused,) = alice.ask(change())
    assert refused.startswith(":s FAIL PASSWD TEMPORARILY_UNAVAILABLE :The server's disk is full")
    world.advance(2)
    assert other.ask("PING 1") == [":s PONG s :1"]
    assert alice.ask(change()) == [SUCCESS]
    world.complaints()


def test_a_reset_by_the_administrator_wins(world):
    """Who resets a password must not lose to a change that the thief has begun before: neither file nor memory."""
    thief = world.enter("alice")
    accounts = world.services.accounts
    hash_password = accounts._hasher.hash_password
    reset = hash_password("reset by the administrator", 4)

    def slow(password: str, cost: int) -> str:
        accounts._file.set_hash("alice", reset)  # while the thief's new password is being hashed
        return hash_password(password, cost)

    accounts._hasher.hash_password = slow
    world.deaf()
    heard = thief.ask(change())
    assert heard[0].startswith(":s FAIL PASSWD WRONG_PASSWORD ") or heard == ENDED
    world.advance(2)
    assert accounts._file.get("alice").hash == reset
    assert thief.hear()[-1:] == [CLOSED] or heard == ENDED
    assert seconds_until_heard(world, attempt(world, "alice", NEW))[1] == "904"
    assert seconds_until_heard(world, attempt(world, "alice", "reset by the administrator"))[1] == "900"
