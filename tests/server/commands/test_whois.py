"""WHOIS: what the asker may know about a user."""

from __future__ import annotations

import pytest

from chatapp.server.commands import whois
from tests.server.support import make_admin


@pytest.fixture
def world(make_world):
    """alice and bob talk in #room, which alice made; carol has an account and is not connected; zoe is a guest."""
    world = make_world(accounts="alice bob carol", guests=True)
    world.enter("alice", address="10.0.0.1")
    world.enter("bob", address="2001:db8::1")
    world.guest("zoe")
    world.channel("#room", "alice bob")
    return world


def test_a_user(world):
    """311, 319, 312, 330, 317, 318. Nobody learns the address of somebody else."""
    world.advance(7)
    world.play("""
        bob> WHOIS ALICE
        bob< :s 311 bob alice alice s * :alice
        bob< :s 319 bob alice :~#room
        bob< :s 312 bob alice s :Net
        bob< :s 330 bob alice alice :is signed in as
        bob< :s 317 bob alice 7 1767226600 :seconds idle, signon time
        bob< :s 318 bob ALICE :End of WHOIS list.
    """)


def test_oneself(world):
    """ "Servers typically send some of these numerics only to the client itself": the address."""
    world.play("""
        bob> WHOIS bob
        bob< :s 311 bob bob bob s * :bob
        bob< :s 319 bob bob :#room
        bob< :s 312 bob bob s :Net
        bob< :s 330 bob bob bob :is signed in as
        bob< :s 338 bob bob 2001:db8::1 :connects from
        bob< :s 317 bob bob 0 1767226600 :seconds idle, signon time
        bob< :s 318 bob bob :End of WHOIS list.
    """)


def test_an_administrator(world):
    """ "... and to servers operators"; an administrator is shown as one (313), and a guest has no account (330)."""
    make_admin(world, "bob")
    zoe = world.guest("yan")
    zoe.hear()
    world.play("""
        bob> WHOIS zoe
        bob< :s 311 bob zoe zoe s * :zoe
        bob< :s 312 bob zoe s :Net
        bob< :s 338 bob zoe 127.0.0.1 :connects from
        bob< :s 317 bob zoe 0 1767226600 :seconds idle, signon time
        bob< :s 318 bob zoe :End of WHOIS list.
        zoe> WHOIS bob
        zoe< :s 311 zoe bob bob s * :bob
        zoe< :s 319 zoe bob :#room
        zoe< :s 312 zoe bob s :Net
        zoe< :s 313 zoe bob :is an administrator
        zoe< :s 330 zoe bob bob :is signed in as
        zoe< :s 317 zoe bob 0 1767226600 :seconds idle, signon time
        zoe< :s 318 zoe bob :End of WHOIS list.
    """)


def test_an_account_without_a_connection(world):
    """ "An account without a connection is still a member, is shown as away" (R3), and it is not signed in."""
    world.play("""
        bob> WHOIS carol
        bob< :s 311 bob carol carol s * :carol
        bob< :s 301 bob carol :not connected
        bob< :s 312 bob carol s :Net
        bob< :s 330 bob carol carol :is the account
        bob< :s 318 bob carol :End of WHOIS list.
    """)


def test_a_user_who_is_away(world):
    """ "RPL_AWAY, with the away message, in replies to WHOIS messages"."""
    world.actors["alice"].ask("AWAY :eating: soup")
    world.deaf()
    assert ":s 301 zoe alice :eating: soup" in world.actors["zoe"].ask("WHOIS alice")


def idle(asker, name):
    """Return the idle seconds and the sign-on time of a user, as WHOIS tells them."""
    (line,) = [line for line in asker.ask(f"WHOIS {name}") if line.startswith(f":s 317 {asker.name} ")]
    return tuple(map(int, line.split(" ")[4:6]))


def test_idle_ends_with_a_message(world):
    """ "<secs> is the number of seconds since the client has been active": a message counts, a PONG does not."""
    alice, bob, signed_on = world.actors["alice"], world.actors["bob"], 1767226600
    world.advance(30)
    alice.say("PING x", "WHO bob", "PONG :1.1")
    assert idle(bob, "alice") == (30, signed_on)
    alice.say("PRIVMSG #room :hi")
    assert idle(bob, "alice") == (0, signed_on)
    world.advance(12)
    alice.say("PRIVMSG #room :ho", "PRIVMSG #room :ha")
    world.advance(3)
    assert idle(bob, "alice") == (3, signed_on)


def test_all_sessions_of_a_user(make_world):
    """Idle is since the last message of any session; sign-on is that of the first; 671 needs TLS everywhere."""
    world = make_world(accounts="alice bob")
    bob = world.enter("bob")
    first = world.connect("one", "10.0.0.1", tls=True, says="PASS alice:sesame\nNICK a\nUSER a 0 * :a")
    assert ":s 671 bob alice :uses a secure connection" in bob.ask("WHOIS alice")
    world.advance(20)
    world.connect("two", "::1", says="PASS alice:sesame\nNICK a\nUSER a 0 * :a")
    bob.hear()
    heard = bob.ask("WHOIS alice")
    assert not [line for line in heard if " 671 " in line]
    first.say("PRIVMSG bob :hi")
    world.advance(5)
    bob.hear()
    assert idle(bob, "alice") == (5, 1767226600)
    first.hear()
    shown = [line for line in first.ask("WHOIS alice") if " 338 " in line]
    assert shown == [":s 338 alice alice 10.0.0.1 :connects from", ":s 338 alice alice 0::1 :connects from"]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("nobody", ["401 zoe nobody :There is nobody with that name.", "318 zoe nobody :End of WHOIS list."]),
        ("#room", ["401 zoe #room :There is nobody with that name.", "318 zoe #room :End of WHOIS list."]),
        ("a*", ["401 zoe a* :There is nobody with that name.", "318 zoe a* :End of WHOIS list."]),
        (":a b", ["401 zoe * :There is nobody with that name.", "318 zoe * :End of WHOIS list."]),
        ("s nobody", ["401 zoe nobody :There is nobody with that name.", "318 zoe nobody :End of WHOIS list."]),
        ("other.example alice", ["402 zoe other.example :There is no such server."]),
        (":", ["431 zoe :A name is needed."]),
        ("", ["431 zoe :A name is needed."]),
    ],
)
def test_unknown_names(world, asked, answer):
    """ "Servers MUST end their reply with" 402, 431 or RPL_ENDOFWHOIS; an unknown nick gets 401 before it."""
    assert world.actors["zoe"].ask(f"WHOIS {asked}") == [f":s {line}" for line in answer]


@pytest.mark.parametrize("target", ["s", "S", "*", "alice", "carol"])
def test_a_server_or_its_user(world, target):
    """ "<target> SHOULD be a server name or the nick of a user"."""
    heard = world.actors["zoe"].ask(f"WHOIS {target} bob")
    assert heard[0] == ":s 311 zoe bob bob s * :bob"
    assert heard[-1] == ":s 318 zoe bob :End of WHOIS list."


def test_channels_that_the_asker_may_not_see(world, monkeypatch):
    """ "Secret channels will not show up in the RPL_WHOISCHANNELS numeric unless the user ... is joined"."""
    monkeypatch.setattr(whois, "may_see", lambda tables, viewer, channel: viewer.uid in channel.members)
    assert not [line for line in world.actors["zoe"].ask("WHOIS alice") if " 319 " in line]
    assert ":s 319 bob alice :~#room" in world.actors["bob"].ask("WHOIS alice")


def test_many_channels(world):
    """Each line keeps to 512 bytes, whatever the names are."""
    names = [f"#{chr(0x4E00 + number) * 60}" for number in range(20)]
    for name in names:
        world.actors["alice"].say(f"JOIN {name}")
    world.deaf()
    lines = [line for line in world.actors["bob"].ask("WHOIS alice") if " 319 " in line]
    shown = " ".join(line.partition(" :")[2] for line in lines).split(" ")
    assert shown == ["~#room", *("~" + name for name in names)]


def test_an_account_that_is_removed(make_world):
    """401: who was there is WHOWAS."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.write_passwords("alice")
    world.advance(2)
    assert world.actors["alice"].ask("WHOIS bob")[0] == ":s 401 alice bob :There is nobody with that name."


def test_an_answer_of_a_program_does_not_end_idling(world):
    """A client answers CTCP by itself, whoever asks; a query and a NOTICE of its user count."""
    alice, bob = world.actors["alice"], world.actors["bob"]
    world.advance(30)
    for line, seconds in (
        ("NOTICE bob :\x01PING 1\x01", 30),
        ("NOTICE #room :\x01PING 1\x01", 30),
        ("PRIVMSG bob :\x01PING 1\x01", 0),
        ("NOTICE bob :hello", 0),
    ):
        alice.say(line)
        assert idle(bob, "alice")[0] == seconds, line
