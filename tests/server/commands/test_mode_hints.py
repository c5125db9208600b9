"""What who bans or mutes somebody is told if it does not do what it seems to do."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("mask", "answer"),
    [
        ("gast", "+R keeps guests out."),
        ("~t:5:gast!*@*", "+R keeps guests out."),
        ("~m:gast", "+M keeps guests from writing."),
    ],
)
def test_a_ban_of_a_guest(make_world, mask, answer):
    """A guest comes back under another name: who bans it learns which mode keeps guests out, once."""
    world = make_world(accounts="alice", guests=True)
    alice = world.enter("alice")
    world.guest("gast")
    world.channel("#room", "alice gast")
    text = f"gast has no account and can return under another name. MODE {answer}"
    assert alice.ask(f"MODE #room +b {mask}")[1:] == [f":s NOTE MODE GUEST_MAY_RETURN #room gast :{text}"]
    old = world.enter("alice", old=True, as_="alice2")
    assert old.ask(f"MODE #room -b {mask}", f"MODE #room +b {mask}")[2:] == [
        f":s NOTICE alice :MODE #room gast: {text}"
    ]
    alice.ask(f"MODE #room -b {mask}", "MODE #room +R")
    assert len(alice.ask(f"MODE #room +b {mask}")) == 1


@pytest.mark.parametrize(("mask", "does"), [("bob", "join"), ("~a:bob", "join"), ("~m:bob", "write")])
def test_a_ban_that_an_exception_undoes(world, mask, does):
    """ "Exception Channel Mode": it looks as if the ban worked, so who sets it learns of the exception."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice.ask("MODE #room +e b?b")
    text = f"bob can still {does}, because of an exception: MODE -e b?b!*@* removes it."
    assert alice.ask(f"MODE #room +b {mask}")[1:] == [f":s WARN MODE EXCEPTED #room bob :{text}"]
    alice.ask("MODE #room -e b?b")
    assert len(alice.ask(f"MODE #room -b {mask}", f"MODE #room +b {mask}")) == 2
