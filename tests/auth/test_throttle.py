"""chatapp/auth/throttle.py: guessing is slow, and nobody is locked out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.auth.throttle import PROVEN_ADDRESSES_MAX, Throttle
from chatapp.config import Config, Listen

CONFIG = Config(
    listens=(Listen("", 0),),
    data=Path("data"),
    guess_delay_s=0.5,
    guess_delay_address_max_s=30.0,
    guess_delay_account_max_s=8.0,
    guess_free=3,
    guess_forget_s=60.0,
    address_table_max=10_000,
)
SMALL = Config(listens=(Listen("", 0),), data=Path("data"), address_table_max=5)
HOUR_S = 3600.0
ROUNDING_S = 1e-9  # of sums of floats

accounts = st.sampled_from(["alice", "bob", "carol"]) | st.text(max_size=100)
addresses = (
    st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1", "::1"]) | st.ip_addresses().map(str) | st.text(max_size=9)
)
attempts = st.lists(
    st.tuples(st.sampled_from(["failed", "succeeded"]), accounts, addresses, st.floats(0, 100)), max_size=60
)


def live_through(throttle: Throttle, history: list[tuple[str, str, str, float]]) -> float:
    """Let attempts happen, each some seconds after the last one; return the time."""
    now = 0.0
    for what, account, address, after_s in history:
        now += after_s
        getattr(throttle, what)(account, address, now)
    return now


def delays(throttle: Throttle, account: str, address: str, count: int) -> list[float]:
    """Guess wrong ``count`` times, at the same time so that nothing is forgotten; return the delay after each."""
    waits = []
    for _ in range(count):
        throttle.failed(account, address, 0.0)
        waits.append(throttle.wait_s(account, address, 0.0))
    return waits


# What one person meets


def test_the_first_attempt_waits_for_nothing():
    """Who signs in rightly is never delayed."""
    throttle = Throttle(CONFIG)
    for now in range(100):
        assert throttle.wait_s("alice", "192.0.2.1", now) == 0.0
        throttle.succeeded("alice", "192.0.2.1", now)


def test_delays_of_an_address_double_up_to_the_bound():
    """ "guess_delay_s: after the first wrong password; doubles with each"; other names do not help."""
    throttle = Throttle(CONFIG)
    waits = []
    for number in range(9):
        throttle.failed(f"user{number}", "192.0.2.1", 0.0)
        waits.append(throttle.wait_s("alice", "192.0.2.1", 0.0))
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_delays_of_an_account_double_after_the_first_few():
    """ "guess_free: wrong passwords of an account that cost only the first delay"; other addresses do not help."""
    throttle = Throttle(CONFIG)
    waits = []
    for number in range(9):
        throttle.failed("alice", f"192.0.2.{number}", 0.0)
        waits.append(throttle.wait_s("alice", "198.51.100.1", 0.0))
    assert waits == [0.5, 0.5, 0.5, 1, 2, 4, 8, 8, 8]


def test_the_wait_ends():
    """Each second that passes is one second less to wait; then the attempt may be made."""
    throttle = Throttle(CONFIG)
    for _ in range(4):
        throttle.failed("alice", "192.0.2.1", 10.0)
    assert [throttle.wait_s("alice", "192.0.2.1", 10.0 + s) for s in range(6)] == [4, 3, 2, 1, 0, 0]


def test_others_do_not_wait():
    """A wrong password delays its account and its address, nothing else."""
    throttle = Throttle(CONFIG)
    for _ in range(20):
        throttle.failed("alice", "192.0.2.1", 0.0)
    assert throttle.wait_s("bob", "192.0.2.2", 0.0) == 0.0


def test_one_wrong_password_is_forgotten_each_minute():
    """ "guess_forget_s: one wrong password is forgotten each"."""
    throttle = Throttle(CONFIG)
    assert delays(throttle, "alice", "192.0.2.1", 4) == [0.5, 1, 2, 4]
    throttle.failed("alice", "192.0.2.1", 120.0)
    assert throttle.wait_s("alice", "192.0.2.1", 120.0) == 2  # the third, as it were


def test_a_name_counts_in_either_case():
    """ALICE and alice are one account."""
    throttle = Throttle(CONFIG)
    for name in ("alice", "ALICE", "Alice", "aLiCe"):
        throttle.failed(name, f"192.0.2.{len(throttle)}", 0.0)
    assert throttle.wait_s("AlicE", "198.51.100.1", 0.0) == 1.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:DB8:0001:2::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("/run/chat.sock", "/run/chat.sock", True),
        ("/run/chat.sock", "192.0.2.1", False),
        ("", "192.0.2.1", False),
    ],
)
def test_what_counts_as_one_address(one, other, same):
    """An address of IPv6 counts "by /64", one of IPv4 by itself however it is written."""
    throttle = Throttle(CONFIG)
    throttle.failed("alice", one, 0.0)
    assert (throttle.wait_s("bob", other, 0.0) > 0) is same


# What an attacker can do to others


@given(attempts.map(lambda history: [step for step in history if step[0] == "failed"]))
def test_nobody_is_locked_out_from_where_they_signed_in_before(history):
    """ "An attacker cannot lock a person out": guesses from elsewhere, or at others from there, delay nothing."""
    throttle = Throttle(CONFIG)
    throttle.succeeded("alice", "192.0.2.1", 0.0)
    elsewhere = [
        (what, account, address, after_s)
        for what, account, address, after_s in history
        if not (account.lower() == "alice" and address == "192.0.2.1")
    ]
    assert throttle.wait_s("alice", "192.0.2.1", live_through(throttle, elsewhere)) == 0.0


def test_what_one_guesses_at_home_is_delayed_at_home():
    """A proven address may not guess without end either, and it does not free the others."""
    throttle = Throttle(CONFIG)
    throttle.succeeded("alice", "192.0.2.1", 0.0)
    assert delays(throttle, "alice", "192.0.2.1", 8) == [0.5, 0.5, 0.5, 1, 2, 4, 8, 8]
    assert throttle.wait_s("alice", "198.51.100.1", 0.0) == 8


def test_the_right_password_ends_the_delay_at_home_only():
    """After it the person is as good as new there; what others guessed elsewhere stays counted."""
    throttle = Throttle(CONFIG)
    throttle.succeeded("alice", "192.0.2.1", 0.0)
    for _ in range(9):
        throttle.failed("alice", "192.0.2.1", 0.0)
    throttle.succeeded("alice", "192.0.2.1", 0.0)
    assert throttle.wait_s("alice", "192.0.2.1", 0.0) == 0.0
    assert throttle.wait_s("alice", "198.51.100.1", 0.0) == 8.0
    assert throttle.wait_s("bob", "192.0.2.1", 0.0) == 30.0


def test_an_account_of_ones_own_does_not_buy_guesses():
    """Signing in rightly in between neither shortens the delays of the address nor those of another account."""
    throttle = Throttle(CONFIG)
    waits = []
    for _ in range(8):
        throttle.succeeded("mallory", "192.0.2.1", 0.0)
        throttle.failed("alice", "192.0.2.1", 0.0)
        waits.append(throttle.wait_s("alice", "192.0.2.1", 0.0))
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_many_addresses_of_one_account_do_not_push_out_those_of_others():
    """Who signs in from everywhere makes nobody else a stranger at home."""
    throttle = Throttle(SMALL)
    throttle.succeeded("alice", "192.0.2.1", 0.0)
    for number in range(10 * PROVEN_ADDRESSES_MAX):
        throttle.succeeded("mallory", f"198.51.100.{number}", 0.0)
    for _ in range(9):
        throttle.failed("alice", "203.0.113.1", 0.0)
    assert throttle.wait_s("alice", "192.0.2.1", 0.0) == 0.0
    for number, proven in ((0, False), (10 * PROVEN_ADDRESSES_MAX - 1, True)):
        throttle.failed("mallory", "203.0.113.1", 0.0)
        assert (throttle.wait_s("mallory", f"198.51.100.{number}", 0.0) == 0.0) is proven


def test_the_accounts_that_signed_in_last_are_remembered():
    """When the table is full, who did not sign in for the longest time is forgotten."""
    throttle = Throttle(SMALL)
    for name in ("alice", "a", "b", "c", "d", "alice", "e"):
        throttle.succeeded(name, "192.0.2.1", 0.0)
    for name in ("alice", "a"):
        throttle.failed(name, "203.0.113.1", 0.0)
    assert throttle.wait_s("alice", "192.0.2.1", 0.0) == 0.0
    assert throttle.wait_s("a", "192.0.2.1", 0.0) > 0


def test_an_attacker_with_many_addresses_gets_few_guesses_at_one_account():
    """A thousand addresses guess at one account: once in 8 seconds, after the first few."""
    throttle = Throttle(CONFIG)
    now, guesses = 0.0, 0
    while now < HOUR_S:
        throttle.failed("alice", f"10.0.{guesses // 250}.{guesses % 250}", now)
        guesses += 1
        now += throttle.wait_s("alice", f"10.0.{guesses // 250}.{guesses % 250}", now)
    assert guesses <= HOUR_S / CONFIG.guess_delay_account_max_s + 10


def test_an_attacker_with_one_address_gets_few_guesses_at_all_accounts():
    """One address guesses at a thousand accounts: once in 30 seconds, after the first few."""
    throttle = Throttle(CONFIG)
    now, guesses = 0.0, 0
    while now < HOUR_S:
        throttle.failed(f"user{guesses}", "192.0.2.1", now)
        guesses += 1
        now += throttle.wait_s(f"user{guesses}", "192.0.2.1", now)
    assert guesses <= HOUR_S / CONFIG.guess_delay_address_max_s + 10


def test_guesses_at_many_names_do_not_make_one_forgotten():
    """When the table is full, the entry that would be forgotten first leaves: not the account under attack."""
    throttle = Throttle(SMALL)
    for _ in range(6):
        throttle.failed("alice", "192.0.2.1", 0.0)
    for number in range(100):
        throttle.failed(f"user{number}", f"198.51.100.{number}", 0.0)
    assert throttle.wait_s("alice", "203.0.113.1", 0.0) == 4.0
    assert throttle.wait_s("user99", "203.0.113.1", 0.0) == 0.5


# What holds always


@given(attempts, accounts, addresses, st.floats(0, HOUR_S))
def test_waits_are_never_negative_and_never_long(history, account, address, later_s):
    """Whatever happened, the next attempt is at most ``guess_delay_address_max_s`` away, even if a clock went back."""
    throttle = Throttle(CONFIG)
    now = live_through(throttle, history)
    for when in (now, now + later_s, now - later_s):
        assert 0.0 <= throttle.wait_s(account, address, when) <= CONFIG.guess_delay_address_max_s


@given(attempts)
def test_the_tables_are_bounded(history):
    """ "Bounded everything": no table outgrows ``address_table_max``."""
    throttle = Throttle(SMALL)
    now = live_through(throttle, history)
    assert len(throttle) <= SMALL.address_table_max
    for number in range(20):
        throttle.failed(f"user{number}", f"198.51.100.{number}", now)
        throttle.succeeded(f"user{number}", f"198.51.100.{number}", now)
        throttle.failed(f"user{number}", f"198.51.100.{number}", now)
    assert len(throttle) == SMALL.address_table_max


@given(attempts, accounts, addresses)
def test_everything_is_forgotten(history, account, address):
    """An hour after an attack all is as before it: no wait, and the next wrong password costs the first delay."""
    throttle = Throttle(CONFIG)
    later = live_through(throttle, history) + HOUR_S
    assert throttle.wait_s(account, address, later) == 0.0
    throttle.failed(account, address, later)
    assert throttle.wait_s(account, address, later) == pytest.approx(CONFIG.guess_delay_s, abs=ROUNDING_S)


@given(attempts, accounts, addresses)
def test_a_wrong_password_never_shortens_a_wait(history, account, address):
    """Guessing on does not pay."""
    throttle = Throttle(CONFIG)
    now = live_through(throttle, history)
    before = throttle.wait_s(account, address, now)
    throttle.failed(account, address, now)
    assert throttle.wait_s(account, address, now) >= max(before, CONFIG.guess_delay_s) - ROUNDING_S


def test_delays_can_be_turned_off():
    """A server for tests may have no delays at all."""
    throttle = Throttle(Config(listens=(Listen("", 0),), data=Path("data"), guess_delay_s=0.0))
    assert delays(throttle, "alice", "192.0.2.1", 5) == [0.0] * 5
