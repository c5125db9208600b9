"""WEBIRC: gateways tell for whom they connect."""

from __future__ import annotations

import pytest

from chatapp.server.commands.webirc import is_secure
from tests.server.support import make_admin
from tests.server.world import CLOSED, plain

GATEWAY, CLIENT = "192.0.2.7", "198.51.100.3"
PASSWORD = "hunter2-hunter2"
SETTINGS = {"accounts": "alice bob", "webirc_gateways": ("192.0.2.7", "2001:db8::/64"), "webirc_password": PASSWORD}
NOT_LISTED = "ERROR :Your address is not that of a WebIRC gateway of this server."
LATE = "ERROR :WEBIRC has to be the first command of a connection."
WRONG = "ERROR :Invalid WebIRC password"
NO_ADDRESS = "ERROR :The fourth parameter of WEBIRC is the IP address of the client."


@pytest.fixture
def world(make_world):
    """Make a server with two listed gateways."""
    return make_world(**SETTINGS)


def webirc(address=CLIENT, options="secure", password=PASSWORD):
    """Write the command."""
    return f"WEBIRC {password} ExampleGateway {address} {address} :{options}"


def through(world, name, address=CLIENT, *, options="secure", gateway=GATEWAY, tls=True, certificate=None):
    """Let an account sign in through a gateway."""
    actor = world.connect(name, gateway, tls=tls, certificate=certificate)
    assert actor.ask(webirc(address, options)) == []
    actor.say("CAP REQ :sasl", f"NICK {name}", f"USER {name} 0 * :{name}", "AUTHENTICATE PLAIN")
    actor.say(f"AUTHENTICATE {plain(name)[0]}", "CAP END")
    assert any(" 001 " in line for line in actor.hear())
    return actor


def address_of(world, actor, name):
    """Return the addresses that WHOIS shows to the user itself."""
    return [line.split()[4] for line in actor.ask(f"WHOIS {name}") if " 338 " in line]


def test_the_address_is_the_clients(world, caplog):
    """ "This information can be used by the network as if the user was connecting directly": WHOIS and the log."""
    caplog.set_level("INFO")
    alice = through(world, "alice")
    assert address_of(world, alice, "alice") == [CLIENT]
    assert f"alice signed in from {CLIENT} (TLS)" in caplog.text
    assert GATEWAY not in caplog.text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("198.51.100.3", "198.51.100.3"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("0::1", "0::1"),
        ("::ffff:198.51.100.3", None),
        ("0::ffff:198.51.100.3", "198.51.100.3"),
    ],
)
def test_forms_of_an_address(world, sent, shown):
    """ "If the IP address is an IPv6 address beginning with a colon, it MUST be sent with a ... preceding zero"."""
    if shown is None:  # the colon makes it the last parameter, so one is missing
        x = world.connect("x", GATEWAY, tls=True)
        heard = x.ask(f"WEBIRC {PASSWORD} gateway host {sent} secure")
        assert heard == [NO_ADDRESS, CLOSED]
        return
    alice = through(world, "alice", sent)
    assert address_of(world, alice, "alice") == [shown]


@pytest.mark.parametrize(
    "text", ["chat.example.org", "198.51.100", "198.51.100.300", "fe80::1%eth0", "0x7f.1", "198.51.100.3/32", "*", "1"]
)
def test_what_is_no_address(world, text):
    """ "If the connection fails to the IRC server": with an ERROR, so that the gateway can tell it."""
    x = world.connect("x", GATEWAY, tls=True)
    assert x.ask(webirc(text)) == [NO_ADDRESS, CLOSED]


@pytest.mark.parametrize("address", ["192.0.2.8", "127.0.0.1", "2001:db8:0:1::1"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_who_is_not_listed(world, address, password, caplog):
    """ "If the WEBIRC command does not originate from a whitelisted IP address ... SHOULD close any connections with an
    ERROR command": whatever the password, and told in the log without it.
    """
    caplog.set_level("INFO")
    x = world.connect("x", address, tls=True)
    assert x.ask(webirc(password=password), "NICK alice") == [NOT_LISTED, CLOSED]
    assert f"WEBIRC was refused for {address}: Your address is not" in caplog.text
    assert password not in caplog.text


def test_a_server_without_gateways(make_world):
    """Nobody may."""
    world = make_world(accounts="alice")
    assert world.connect("x").ask(webirc()) == [NOT_LISTED, CLOSED]


@pytest.mark.parametrize("password", ["wrong", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), "é", ":"])
def test_a_wrong_password(world, password, caplog):
    """ "... or uses an incorrect password": ERROR, after a delay as for every wrong password."""
    caplog.set_level("INFO")
    x = world.connect("x", GATEWAY, tls=True)
    assert x.ask(f"WEBIRC {password} g h {CLIENT} secure" if password != ":" else f"WEBIRC * g h {CLIENT}") == []
    world.advance(0.6)
    assert x.hear() == [WRONG, CLOSED]
    assert f"WEBIRC was refused for {GATEWAY}: Invalid WebIRC password" in caplog.text
    assert PASSWORD not in caplog.text


def test_guesses_are_slowed_down(world):
    """Each wrong password makes the next attempt from that address wait longer; a right one after it is right."""
    waits = []
    for number in range(4):
        began_s = world.loop.time()
        x = world.connect(f"x{number}", GATEWAY, tls=True)
        x.say(webirc(password=f"guess {number}".replace(" ", "-")))
        while not x.closed:
            world.advance(0.1)
        waits.append(world.loop.time() - began_s)
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0] > 0.5
    x = world.connect("right", GATEWAY, tls=True)
    x.say(webirc(), "NICK alice")
    world.advance(12)
    assert not x.closed


def test_guesses_do_not_slow_down_accounts_elsewhere(world):
    """The name under which they are counted is not one that a client can send."""
    for number in range(4):
        world.connect(f"x{number}", GATEWAY, tls=True).say(webirc(password="guessing"))
    world.advance(20)
    x = world.connect("x", "203.0.113.9", tls=True)
    x.say("PASS *:guess", "NICK x", "USER x 0 * :x")
    world.advance(0.6)
    assert any(" 464 " in line for line in x.hear())


@pytest.mark.parametrize("first", ["NICK x", "USER x 0 * :x", "CAP LS 302", "PASS alice:x", "PING 1", webirc()])
def test_it_has_to_be_the_first_command(world, first):
    """ "The WEBIRC command MUST be the first command sent ... and MUST be sent before capability negotiation"."""
    x = world.connect("x", GATEWAY, tls=True)
    x.say(first)
    x.hear()
    assert x.ask(webirc("203.0.113.66")) == [LATE if first != webirc() else NOT_LISTED, CLOSED]


def test_after_the_welcome(world):
    """It is no command of somebody who is there already."""
    alice = through(world, "alice")
    refused, pong = alice.ask(webirc("203.0.113.66"), "PING 1")
    assert refused.startswith(":s 462 alice :")
    assert pong == ":s PONG s :1"
    assert address_of(world, alice, "alice") == [CLIENT]


@pytest.mark.parametrize("line", ["WEBIRC", f"WEBIRC {PASSWORD}", f"WEBIRC {PASSWORD} g {CLIENT}"])
def test_what_is_missing(world, line):
    """461, and the connection ends: the client must not go on under the gateway's address."""
    x = world.connect("x", GATEWAY, tls=True)
    heard = x.ask(line)
    assert heard[0].startswith(":s 461 * WEBIRC :")
    assert heard[1:] == ["ERROR :WEBIRC needs a password, a gateway, a hostname and an IP address.", CLOSED]


# Is the connection secure?


@pytest.mark.parametrize(
    ("options", "secure"),
    [
        (["secure"], True),
        (["secure=examplevalue123"], True),
        (["secure=examplevalue local-port=6697 remote-port=21726"], True),
        (["remote-port=1", "secure"], True),
        (["local-port=6697"], False),
        (["insecure"], False),
        (["SECURE"], False),
        ([""], False),
        ([], False),
    ],
)
def test_the_option(options, secure):
    """ "They MUST treat the options secure and secure=examplevalue123 in exactly the same way"."""
    assert is_secure(options) is secure


def test_both_ways_have_to_be_secure(make_world):
    """ "Servers MUST ONLY treat the connection as secure if this flag is sent and the connection from the gateway to
    the server is also secure with TLS": else WHOIS does not say 671.
    """
    world = make_world(**{**SETTINGS, "plaintext": "any"})
    for number, (tls, options) in enumerate([(True, "secure"), (True, ""), (False, "secure"), (False, "")]):
        alice = through(world, "alice", options=options, tls=tls)
        told = [line for line in alice.ask("WHOIS alice") if " 671 " in line]
        assert bool(told) is (number == 0)
        alice.hang_up()


def test_a_client_that_is_not_secure(world):
    """Passwords travel over TLS or loopback only (DESIGN R7), also on the way to the gateway."""
    x = world.connect("x", GATEWAY, tls=True)
    heard = x.ask(webirc(options=""))
    assert heard == [
        "ERROR :The gateway did not say that your connection to it is encrypted (option secure)."
        " Use https to reach it.",
        CLOSED,
    ]
    assert world.connect("y", GATEWAY, tls=True).ask(webirc("127.0.0.1", options="")) == []


def test_the_end_of_a_connection_with_tls(make_world):
    """A connection that does not count as secure is still a TLS connection to the event loop."""
    world = make_world(**{**SETTINGS, "plaintext": "any"})
    alice = through(world, "alice", options="", certificate=b"the gateway's")
    world.log.held = True
    alice.say("PRIVMSG bob :hi")  # the session has something left to do, and asyncio cannot keep one half of TLS open
    alice.hang_up()
    assert alice.transport.lost
    world.log.held = False
    world.settle()


def test_the_gateways_certificate(world):
    """It is not the client's: it signs nobody in, cannot be registered, and WHOIS does not show it."""
    alice = through(world, "alice", certificate=b"the gateway's")
    assert not any(" 276 " in line for line in alice.ask("WHOIS alice"))
    (refused,) = alice.ask("CERT ADD")
    assert " NOTICE alice :CERT: This connection has no client certificate." in refused
    x = world.connect("x", GATEWAY, certificate=b"the gateway's", says=webirc())
    assert "sasl=PLAIN" in " ".join(x.ask("CAP LS 302")).split()


# Limits and bans


def test_bans_are_of_the_client(world):
    """A ban of a network keeps out the clients in it, new ones and those who are there, and nobody else."""
    bob = world.enter("bob")
    make_admin(world, "bob")
    alice = through(world, "alice")
    bob.say("UBAN ADD 198.51.100.0/24 :spam")
    assert alice.hear()[-2:] == ["ERROR :Closing link: banned", CLOSED]
    x = world.connect("x", GATEWAY, tls=True)
    assert x.ask(webirc("198.51.100.77"))[-2:] == ["ERROR :Closing link: banned", CLOSED]
    through(world, "alice", "203.0.113.5")


def test_the_connections_of_one_client(make_world):
    """They are counted by the client's address, whatever gateway it uses; the gateways may have any number."""
    world = make_world(**SETTINGS, connections_per_address_max=2)
    waiting = [world.connect(f"w{number}", GATEWAY, tls=True) for number in range(5)]
    for actor in waiting:
        actor.feed(b"\n")  # with its first byte, a connection is one of the gateway's
    assert not any(actor.closed for actor in waiting)
    assert [actor.ask(webirc()) for actor in waiting[:2]] == [[], []]
    full = ["ERROR :Your address has too many connections to this server. Close one of them first.", CLOSED]
    assert waiting[2].ask(webirc()) == full
    assert world.connect("other", "2001:db8::7", tls=True).ask(webirc()) == full
    assert world.connect("direct", CLIENT, tls=True).hear() == []  # no bytes, no session
    assert world.actors["direct"].ask("NICK x") == full
    assert waiting[3].ask(webirc("203.0.113.5")) == []
    waiting[0].hang_up()
    assert waiting[4].ask(webirc()) == []
    for actor in waiting[1:]:
        actor.hang_up()
    assert len(world.watch._connections) == 0


def test_how_often_a_client_connects(make_world):
    """The same limits as for direct connections: first they wait, then they are turned away."""
    world = make_world(
        **SETTINGS, connects_per_address_burst=2, connects_per_address_per_s=0.1, connect_wait_s=15.0, newcomer_s=60.0
    )
    came = [world.connect(f"x{number}", GATEWAY, tls=True) for number in range(4)]
    heard = [actor.ask(webirc(), "PING 1") for actor in came]
    pong = [":s PONG s :1"]
    too_fast = "ERROR :Too many connections from your address at once. Wait a moment, then try again."
    assert heard == [pong, pong, [], [too_fast, CLOSED]]
    world.advance(11)
    assert came[2].hear() == pong


def test_wrong_passwords_are_the_clients(world):
    """Guesses of one client delay only that client, not the others behind the gateway."""
    for number in range(3):
        x = world.connect(f"x{number}", GATEWAY, tls=True, says=webirc())
        x.say("PASS bob:wrong", "NICK x", "USER x 0 * :x")
        world.advance(0.1)
    began_s = world.loop.time()
    through(world, "alice", "203.0.113.5")
    assert world.loop.time() == began_s
    world.advance(60)


def test_a_client_that_goes_meanwhile(world):
    """Who hangs up while its password is delayed leaves nothing behind."""
    x = world.connect("x", GATEWAY, tls=True)
    x.say(webirc(password="guessing"))
    x.vanish()
    world.advance(5)
    assert world.watch.sessions == {}
    assert len(world.watch._connections) == 0
