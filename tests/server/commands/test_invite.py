"""INVITE and KNOCK: how people come into a channel that not everybody may join."""

from __future__ import annotations

import pytest


def test_inviting(world):
    """The target hears of it on all connections; so do members with invite-notify; 341 confirms it."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.enter("bob", as_="phone")
    world.enter("carol", "invite-notify")
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +i-W")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 473 bob #room :...
        bob> INVITE
        bob< :s 337 bob :...
        alice> INVITE BOB #ROOM
        alice< :s 341 alice bob #room
        bob< :alice!alice@s INVITE bob #room
        phone< :alice!alice@s INVITE bob #room
        carol< :alice!alice@s INVITE bob #room
        bob> INVITE
        bob< :s 336 bob #room
        bob< :s 337 bob :...
        carol> INVITE bob #room
        carol< :s 482 carol #room :...
        bob> JOIN #room
        bob< :bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~alice carol bob
        bob< :s 366 bob #room :End of NAMES list.
        phone< :bob!bob@s JOIN #room
        phone< :s 353 bob = #room :~alice carol bob
        phone< :s 366 bob #room :End of NAMES list.
        alice< :bob!bob@s JOIN #room
        carol< :bob!bob@s JOIN #room
        bob> INVITE
        bob< :s 337 bob :...
    """)


def test_the_inviter_gets_341_and_no_invite(world):
    """Clients show a line for each of both; whatever other capabilities the inviter has, 341 is enough."""
    alice = world.enter("alice", "invite-notify server-time setname message-tags batch")
    world.enter("bob")
    world.channel("#room", "alice")
    assert alice.ask("INVITE bob #room") == [":s 341 alice bob #room"]


def test_somebody_who_is_not_there_is_invited(world):
    """The invitation waits; who invites is told that the other one is away."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    bob.hang_up()
    assert alice.ask("INVITE bob #room") == [
        ":s 341 alice bob #room",
        ":s 301 alice bob :not connected; will get it later",
    ]
    bob = world.enter("bob", as_="again")
    assert bob.ask("INVITE")[0] == ":s 336 bob #room"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("INVITE bob", "461 alice INVITE"),
        ("INVITE nobody #room", "401 alice nobody"),
        ("INVITE bob #none", "403 alice #none"),
        ("INVITE bob room", "403 alice room"),
        ("INVITE bob #room", "443 alice bob #room"),
        ("INVITE carol #other", "442 alice #other"),
        ("KNOCK", "461 alice KNOCK"),
        ("KNOCK #none", "403 alice #none"),
        ("KNOCK #room", "714 alice #room"),
        ("KNOCK #other", "713 alice #other"),
        ("KNOCK #shut :" + "x" * 300, "417 alice"),
    ],
)
def test_mistakes(world, line, answer):
    """Each gets its numeric."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.channel("#other,#shut", "carol")
    world.actors["carol"].say("MODE #shut +i")
    assert [each.split(" :")[0] for each in world.actors["alice"].ask(line)] == [f":s {answer}"]


def test_knocking(world):
    """The operators hear it, once in a while; somebody who is banned cannot."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +i")
    world.deaf()
    world.play("""
        bob> KNOCK #room :it is me
        alice< :s 710 alice #room bob!bob@s :asks to be invited. it is me
        bob< :s 711 bob #room :...
        bob> KNOCK #room
        bob< :s 712 bob #room :...
    """)
    world.advance(61)
    world.actors["alice"].say("MODE #room +b bob")
    world.deaf()
    world.play("""
        bob> KNOCK #room
        bob< :s 480 bob #room :...
    """)


def test_a_full_channel_sends_people_on(world):
    """ "470": who may not join #room joins the channel that it forwards to."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#waiting", "alice")
    world.actors["alice"].say("MODE #room +lf 1 #waiting")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 470 bob #room #waiting :...
        bob< :bob!bob@s JOIN #waiting
        bob< :s 353 bob = #waiting :~alice bob
        bob< :s 366 bob #waiting :End of NAMES list.
        alice< :bob!bob@s JOIN #waiting
    """)


def test_a_secret_channel_is_not_there_for_others(world):
    """ "A secret channel is invisible everywhere": the same answers as for a channel that does not exist."""
    for name in ("alice", "bob"):
        world.enter(name, "draft/chathistory batch labeled-response draft/read-marker")
    world.channel("#room", "alice bob")
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.say("MODE #room +s", "KICK #room bob")
    world.deaf()
    for line in (
        "MODE {}", "MODE {} b", "MODE {} +m", "TOPIC {}", "TOPIC {} :x", "NAMES {}", "WHO {}", "LIST {}", "LIST",
        "INVITE bob {}", "KNOCK {}", "KICK {} alice", "PART {}", "PRIVMSG {} :x", "NOTICE {} :x",
        "@+typing=active TAGMSG {}", "CHATHISTORY LATEST {} * 5", "MARKREAD {}",
        "MARKREAD {} timestamp=2026-01-01T00:00:00.000Z", "@label=7 PRIVMSG {} :x",
    ):  # fmt: skip
        secret = [each.replace("#room", "#none") for each in bob.ask(line.format("#room"))]
        assert secret == bob.ask(line.format("#none")), line
    assert alice.hear() == []
    assert alice.ask("LIST")[1].startswith(":s 322 alice #room 1 ")
    assert alice.ask("NAMES #room")[0] == ":s 353 alice @ #room :~alice"
