"""Signing in with a device token: without bcrypt, and no way to guess or to learn anything."""

from __future__ import annotations

import pytest

from chatapp.protocol.tokens import SECRET_BYTES, digest_of, token_of
from tests.server.commands.test_token import make, numerics, sign_in
from tests.server.test_accounts import attempt, seconds_until_heard
from tests.server.world import FULL_DISK, PASSWORD

UNKNOWN = token_of(bytes(SECRET_BYTES))
DAY_MS = 86_400_000


def text_of(world, name="alice", **options):
    """Let an account make a token, and leave; return its text."""
    actor = world.enter(name, as_=f"{name} making")
    _, text = make(actor, **options)
    actor.hang_up()
    return text


def test_no_hash_and_no_queue(world):
    """ "No bcrypt, no hash worker, no queue behind hashing": it signs in while nothing can be hashed."""
    text = text_of(world)
    world.loop.jobs_held = True
    waiting = [attempt(world, "bob", PASSWORD, f"192.0.2.{number}") for number in range(20)]
    assert "001" in numerics(sign_in(world, text))
    assert not any(actor.heard for actor in waiting)
    world.loop.jobs_held = False


def test_guessing_is_slowed_like_passwords(world):
    """The same answer, the same delays and the same count, whether there is such an account or not."""
    delays = [seconds_until_heard(world, attempt(world, name, UNKNOWN)) for name in ("alice", "nobody", "alice")]
    assert [answer for _, answer in delays] == ["904"] * 3
    assert [seconds for seconds, _ in delays] == pytest.approx([0.5, 1, 2], abs=0.2)
    assert seconds_until_heard(world, attempt(world, "alice", "wrong"))[0] == pytest.approx(4, abs=0.3)


def test_many_guesses_at_the_same_time(world):
    """Ten connections guess no faster than one."""
    actors = [attempt(world, "alice", token_of(bytes([number] * SECRET_BYTES))) for number in range(10)]
    world.advance(5)
    assert len([actor for actor in actors if any(" 904 " in line for line in actor.heard)]) <= 4


def test_the_token_of_another_account(world):
    """It is a wrong password, like any other."""
    text = text_of(world)
    for name in ("bob", "nobody"):
        delay, answer = seconds_until_heard(world, attempt(world, name, text))
        assert (answer, delay >= 0.5) == ("904", True)


def test_the_guesses_of_others_delay_no_token(world):
    """Who has a token is not locked out."""
    text = text_of(world)
    for _ in range(6):
        seconds_until_heard(world, attempt(world, "alice", "wrong"))
    attempt(world, "alice", "wrong")
    assert seconds_until_heard(world, attempt(world, "alice", text)) == (0, "900")


def test_a_token_does_not_help_to_guess_the_password(world):
    """Who has a program's token could otherwise clear the count of wrong passwords between two guesses."""
    text = text_of(world, send="#ops")
    delays = []
    for _ in range(5):
        delays.append(seconds_until_heard(world, attempt(world, "alice", "wrong", "203.0.113.1"))[0])
        assert seconds_until_heard(world, attempt(world, "alice", text, "203.0.113.1")) == (0, "900")
    assert delays == pytest.approx([0.5, 1, 2, 4, 7.5], abs=0.3)


def test_a_password_that_looks_like_a_token(world):
    """Somebody may have chosen one: it signs in as before."""
    accounts = world.services.accounts
    accounts._file.set_hash("alice", accounts._hasher.hash_password(UNKNOWN, 4))
    world.advance(1)
    assert "001" in numerics(sign_in(world, UNKNOWN))
    assert world.services.state.user_named("alice").tokens == ()


def test_the_old_password_of_passwd_and_oper_is_the_password(world):
    """A token signs in, and proves nothing else."""
    text = text_of(world)
    x = sign_in(world, text)
    x.hear()
    x.say(f"PASSWD PLAIN {text} another-password")
    world.advance(2)
    assert x.hear()[-1].startswith(":s FAIL PASSWD WRONG_PASSWORD :")


def test_the_last_use_is_one_event_a_day(world):
    """ "Not a write per sign-in"."""
    text = text_of(world)
    before = len(world.disk.rows)
    for number in range(5):
        sign_in(world, text, as_=f"x{number}").hang_up()
    assert len(world.disk.rows) == before + 1
    world.clock_error_ms += DAY_MS
    for number in range(5):
        sign_in(world, text, as_=f"y{number}").hang_up()
    assert len(world.disk.rows) == before + 2


def test_a_full_disk(world):
    """Tokens sign in also while nothing can be stored; a new one cannot be made, and that is said."""
    text = text_of(world)
    alice = world.enter("alice", as_="alice again")
    world.clock_error_ms += DAY_MS
    world.log.failure = FULL_DISK
    x = sign_in(world, text)
    assert "001" in numerics(x)
    alice.hear()
    (refused,) = alice.ask("TOKEN ADD another")
    assert refused.startswith(":s FAIL TOKEN CHANGE_NOT_STORED ")
    world.log.failure = None
    assert len(x.ask("TOKEN LIST")) == 2


def test_the_operational_log(world, caplog):
    """It names the token that somebody has signed in with."""
    caplog.set_level("INFO")
    alice = world.enter("alice")
    _, text = make(alice, "my laptop")
    _, restricted = make(alice, "backup", "#ops")
    sign_in(world, text, as_="x")
    sign_in(world, restricted, as_="y").hang_up()
    assert "alice signed in from 127.0.0.1 (plain text, token my laptop); 2 connections now" in caplog.text
    assert "alice signed in from 127.0.0.1 (plain text, token backup); 2 connections now" in caplog.text
    assert "alice signed out from 127.0.0.1 after 0 s: the connection ended; 2 connections left" in caplog.text


def test_a_token_is_nowhere(make_world, tmp_path, caplog):
    """ "None appears in a log, argv, error, repr or event ... a stolen data folder reveals none"."""
    caplog.set_level("DEBUG")
    world = make_world(accounts="alice bob", sqlite=True)
    alice = world.enter("alice")
    token_id, text = make(alice, "laptop")
    _, restricted = make(alice, "backup", "#ops")
    for number, token in enumerate((text, restricted)):
        sign_in(world, token, as_=f"x{number}")
        sign_in(world, token, "bob", as_=f"y{number}")
    world.advance(10)
    alice.ask("TOKEN LIST")
    alice.ask(f"TOKEN DEL {token_id}")
    sign_in(world, text, as_="late")
    world.advance(10)
    said = [line for actor in world.actors.values() for line in actor.hear()]
    snapshot = world.services.state.snapshot()
    world.stop()
    files = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    assert any(digest_of(restricted).encode() in data for data in files.values()), "the hash is what is stored"
    for token in (text, restricted):
        for secret in (token, token.removeprefix("chat_")):
            assert secret not in caplog.text
            assert not any(secret in line for line in said)
            assert secret.encode() not in snapshot
            assert not [path for path, data in files.items() if secret.encode() in data]
    world.start_again()


def test_a_token_is_in_no_repr(world):
    """What is made is shown without its text."""
    user = world.services.state.user_named("alice")
    made = world.run(world.services.tokens.add(user, "laptop"))
    assert made.text not in f"{made!r} {made} {[made]}"
    assert made.id in repr(made)
