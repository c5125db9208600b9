"""STATS: how long the server runs, and what an administrator needs."""

from __future__ import annotations

import pytest

from chatapp.server.delivery.figures import COUNT_S
from tests.server.support import make_admin


@pytest.fixture
def world(make_world):
    """alice is an administrator, bob is not."""
    world = make_world(accounts="alice bob")
    make_admin(world, "alice")
    world.enter("alice", address="10.0.0.1")
    world.enter("bob", address="10.0.0.2")
    world.advance(COUNT_S)
    world.deaf()
    return world


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_uptime(world, who):
    """ "u - returns a string showing how long the server has been up": everybody may know that."""
    world.advance(62 - COUNT_S)
    world.services.activity.started_s -= 2 * 86_400 + 3 * 3_600
    assert world.actors[who].ask("STATS u") == [
        f":s 242 {who} :Server Up 2 days 3:01:02",
        f":s 219 {who} u :End of STATS.",
    ]


@pytest.mark.parametrize("query", ["t", "o", "l", "x", "U", "*", "k", "K", "p", "P"])
def test_only_for_administrators(world, query):
    """ERR_NOPRIVILEGES, also for queries that do not exist."""
    assert world.actors["bob"].ask(f"STATS {query}") == [":s 481 bob :Only an administrator can do that."]


def test_figures(world):
    """t: connections, users, messages, and who reads slowly."""
    world.actors["bob"].say("PRIVMSG alice :hi")
    world.deaf()
    world.play("""
        alice> STATS t
        alice< :s 249 alice t :users connected: 2, at most so far 2
        alice< :s 249 alice t :connections: 2, of which 0 have not signed in
        alice< :s 249 alice t :users known: 2, channels: 0
        alice< :s 249 alice t :messages in the last minute: 1
        alice< :s 249 alice t :log position: {position}
        alice< :s 249 alice t :slow readers: 0
        alice< :s 219 alice t :End of STATS.
    """)


def test_administrators(world):
    """o: the accounts with the role."""
    assert world.actors["alice"].ask("STATS o") == [":s 243 alice O * * alice", ":s 219 alice o :End of STATS."]


def test_connections(world):
    """l: "the server's connections, showing how long each connection has been established", with addresses."""
    assert world.actors["alice"].ask("STATS l s") == [
        ":s 249 alice l :alice from 10.0.0.1 (plain text) for 5 s, 0 bytes wait",
        ":s 249 alice l :bob from 10.0.0.2 (plain text) for 5 s, 0 bytes wait",
        ":s 219 alice l :End of STATS.",
    ]


def test_many_connections(make_world):
    """An answer is bounded, and says so."""
    world = make_world(accounts="alice bob", who_max=1)
    make_admin(world, "alice")
    world.enter("bob")
    heard = world.enter("alice").ask("STATS l")
    assert [line.split(" ")[1] for line in heard] == ["249", "416", "219"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("", "461 alice STATS :Usage: STATS <letter> [<server>]"),
        (":", "461 alice STATS :Usage: STATS <letter> [<server>]"),
        ("x", "219 alice x :End of STATS."),
        ("u other.example", "402 alice other.example :There is no such server."),
    ],
)
def test_bad_queries(world, asked, answer):
    """ERR_NEEDMOREPARAMS, ERR_NOSUCHSERVER; an unknown letter has no figures."""
    assert world.actors["alice"].ask(f"STATS {asked}") == [f":s {answer}"]


def test_bans(world):
    """k: who is banned, by whom, until when and why; a long reason is cut, and a ban that has ended is left out."""
    alice = world.actors["alice"]
    assert alice.ask("STATS k") == [":s 219 alice k :End of STATS."]
    alice.say(
        "UBAN ADD bob 2h :noise", f"UBAN ADD 192.0.2.0/24 :{'x' * 300}", "UBAN ADD ::2 1s", "UBAN ADD 2001:db8::/32"
    )
    world.advance(2)
    alice.hear()
    account, network, six, end = alice.ask("STATS K")
    assert account.startswith(":s 216 alice K * * bob :The account bob is banned until 2026-")
    assert account.endswith(": noise")
    assert network.startswith(":s 216 alice K 192.0.2.0/24 * * :The network 192.0.2.0/24 is banned, by alice on 2026-")
    assert six.startswith(":s 216 alice K 2001:db8::/32 * * :The network 2001:db8::/32 is banned, by alice on 2026-")
    assert end == ":s 219 alice K :End of STATS."


def test_who_is_in_charge_now(world):
    """p: the administrators who are connected, and how long each was silent."""
    world.advance(10)
    line, end = world.actors["alice"].ask("STATS p")
    assert line == f":s 249 alice p :alice, silent for {round(10 + COUNT_S)} s"
    assert end == ":s 219 alice p :End of STATS."
