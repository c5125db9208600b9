"""WHOWAS: users who have gone."""

from __future__ import annotations

import pytest


@pytest.fixture
def world(make_world):
    """The account eve was removed, then the guest eve left, to whom alice had written; alice and bob are here."""
    world = make_world(accounts="alice bob eve", guests=True)
    world.write_passwords("alice", "bob")
    world.advance(2)
    world.enter("alice")
    world.enter("bob")
    world.guest("zoe")
    world.actors["alice"].ask("PRIVMSG zoe :hi")
    world.actors["zoe"].hang_up()
    world.deaf()
    return world


def test_a_removed_account(world):
    """ "Servers MUST reply with ... a non-empty list of WHOWAS entries, ... followed with RPL_ENDOFWHOWAS"."""
    world.play("""
        bob> WHOWAS EVE
        bob< :s 314 bob eve eve s * :eve
        bob< :s 312 bob eve s :The account was removed.
        bob< :s 369 bob EVE :End of WHOWAS list.
    """)


def test_a_guest_that_one_knew(world):
    """A guest is remembered for those who keep a conversation with it; others learn nothing of that."""
    world.play("""
        alice> WHOWAS zoe
        alice< :s 314 alice zoe zoe s * :zoe
        alice< :s 312 alice zoe s :The guest has left.
        alice< :s 369 alice zoe :End of WHOWAS list.
        bob> WHOWAS zoe
        bob< :s 406 bob zoe :There was nobody with that name.
        bob< :s 369 bob zoe :End of WHOWAS list.
    """)


def test_who_has_the_name_now(world):
    """An account that is not connected has not gone: the answer says where there is more about it."""
    world.actors["alice"].ask("SETNAME :Alice A.")
    world.actors["alice"].hang_up()
    world.deaf()
    world.guest("gus")
    world.play("""
        bob> WHOWAS ALICE
        bob< :s 314 bob alice alice s * :Alice A.
        bob< :s 312 bob alice s :This account exists. WHOIS shows more.
        bob< :s 369 bob ALICE :End of WHOWAS list.
        bob> WHOWAS gus
        bob< :s 314 bob gus gus s * :gus
        bob< :s 312 bob gus s :This is a guest who is here. WHOIS shows more.
        bob< :s 369 bob gus :End of WHOWAS list.
    """)
    world.write_passwords("alice", "bob", "eve")
    world.advance(2)
    world.play("""
        bob> WHOWAS eve 1
        bob< :s 314 bob eve eve s * :eve
        bob< :s 312 bob eve s :This account exists. WHOIS shows more.
        bob< :s 369 bob eve :End of WHOWAS list.
    """)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("nobody", ["406 bob nobody :There was nobody with that name.", "369 bob nobody :End of WHOWAS list."]),
        ("e*", ["406 bob e* :There was nobody with that name.", "369 bob e* :End of WHOWAS list."]),
        (":a b", ["406 bob * :There was nobody with that name.", "369 bob * :End of WHOWAS list."]),
        ("", ["431 bob :A name is needed."]),
        (":", ["431 bob :A name is needed."]),
    ],
)
def test_unknown_names(world, asked, answer):
    """ "Nicks which are lexically the same (no wild card matching here)", and only of users who have gone."""
    assert world.actors["bob"].ask(f"WHOWAS {asked}") == [f":s {line}" for line in answer]


@pytest.mark.parametrize(
    ("count", "shown"), [("", 3), ("2", 2), ("1", 1), ("0", 3), ("-1", 3), ("x", 3), ("9" * 400, 3), ("²", 3)]
)
def test_a_count(make_world, count, shown):
    """ "Up to <count> replies will be returned, most recent first"; "otherwise, a full search is done"; bounded."""
    world = make_world(accounts="alice", guests=True, whowas_max=3)
    alice = world.enter("alice")
    for _ in range(4):
        guest = world.guest("zoe")
        alice.ask("PRIVMSG zoe :hi")
        guest.hang_up()
    alice.hear()
    heard = alice.ask(f"WHOWAS zoe {count}")
    assert [line.split(" ")[1] for line in heard] == ["314", "312"] * shown + ["369"]
