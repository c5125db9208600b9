"""KICK: members who have to go."""

from __future__ import annotations

import pytest


def test_all_members_hear_it_and_the_target_too(world):
    """The target hears who and why, and then nothing of the channel any more, on none of its connections."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.enter("bob", as_="phone")
    world.enter("carol")
    world.channel("#room", "alice bob carol")
    world.play("""
        alice> KICK #room BOB :too loud
        alice< :alice!alice@s KICK #room bob :too loud
        bob< :alice!alice@s KICK #room bob :too loud
        phone< :alice!alice@s KICK #room bob :too loud
        carol< :alice!alice@s KICK #room bob :too loud
        alice> PRIVMSG #room :quiet now
        carol< :alice!alice@s PRIVMSG #room :quiet now
        bob> PRIVMSG #room :hey
        bob< :s 404 bob #room :...
        alice> KICK #room carol
        alice< :alice!alice@s KICK #room carol :alice
        carol< :alice!alice@s KICK #room carol :alice
    """)


def test_who_removes_itself_hears_it_once(world):
    """On each of its connections, as everybody else."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.enter("alice", as_="phone")
    world.channel("#room", "alice bob")
    world.play("""
        alice> KICK #room alice :I am off
        alice< :alice!alice@s KICK #room alice :I am off
        phone< :alice!alice@s KICK #room alice :I am off
        bob< :alice!alice@s KICK #room alice :I am off
    """)


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("KICK", ["461 bob KICK :..."]),
        ("KICK #room", ["461 bob KICK :..."]),
        ("KICK #none alice", ["403 bob #none :..."]),
        ("KICK #room alice", ["482 bob #room :..."]),
        ("KICK #room nobody", ["401 bob nobody :..."]),
        ("KICK #own carol", ["441 bob carol #own :..."]),
        ("KICK #other alice", ["442 bob #other :..."]),
        ("KICK #own,#room,#x a,b", ["461 bob KICK :..."]),
        ("KICK #own a,b,c,d,e", ["407 bob a :..."]),
        ("KICK #own alice :" + "\x02" * 300, ["417 bob :The reason has too many control characters. ..."]),
        ("KICK #own,#room alice,alice", ["482 bob #room :..."]),
    ],
)
def test_mistakes(world, line, answers):
    """Each gets its numeric."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.channel("#own", "bob alice")
    world.channel("#other", "alice")
    heard = world.actors["bob"].ask(line)
    kicked = [each for each in heard if " KICK " in each and not each.startswith(":s ")]
    assert kicked == ([":bob!bob@s KICK #own alice :bob"] if "#own,#room alice" in line else [])
    assert [each.split(" :")[0] for each in heard if each not in kicked] == [
        f":s {answer}".split(" :")[0] for answer in answers
    ]


def test_a_reason_that_is_too_long(world):
    """ "It may be [...] truncated by the server": who is to be removed is removed; the operator is told once."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#own", "bob alice carol")
    most = world.services.config.topic_bytes_max
    world.play(f"""
        bob> KICK #own alice,carol,nobody :{"x" * (most - 1)}é
        bob< :bob!bob@s KICK #own alice :{"x" * (most - 1)}
        alice< :bob!bob@s KICK #own alice :{"x" * (most - 1)}
        carol< :bob!bob@s KICK #own alice :{"x" * (most - 1)}
        bob< :bob!bob@s KICK #own carol :{"x" * (most - 1)}
        carol< :bob!bob@s KICK #own carol :{"x" * (most - 1)}
        bob< :s 401 bob nobody :...
        bob< :s WARN KICK REASON_CUT :Only the first {most - 1} bytes of the text fit. The rest is left out.
    """)


def test_an_administrator_needs_no_membership(world):
    """ "Rights in any channel": and hears what it did."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.services.accounts._file.set_admin("carol", True)
    world.advance(1)
    world.play("""
        carol< :s MODE carol :+o
        carol> KICK #room alice :order
        carol< :carol!carol@s KICK #room alice :order
        alice< :carol!carol@s KICK #room alice :order
        bob< :carol!carol@s KICK #room alice :order
        carol> TOPIC #room :be kind
        carol< :carol!carol@s TOPIC #room :be kind
        bob< :carol!carol@s TOPIC #room :be kind
    """)


def test_a_banned_member_does_not_come_back(world):
    """Ban and kick, as people do it."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.play("""
        alice> MODE #room +b ~a:bob
        alice< :alice!alice@s MODE #room +b ~a:bob
        bob< :alice!alice@s MODE #room +b ~a:bob
        bob> PRIVMSG #room :still here
        bob< :s 404 bob #room :Nothing was sent: you are banned from this channel.
        alice> KICK #room bob
        alice< :alice!alice@s KICK #room bob :alice
        bob< :alice!alice@s KICK #room bob :alice
        bob> JOIN #room
        bob< :s 474 bob #room :...
        alice> MODE #room -b ~a:bob
        alice< :alice!alice@s MODE #room -b ~a:bob
        bob> JOIN #room
        bob< :bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~alice bob
        bob< :s 366 bob #room :End of NAMES list.
        alice< :bob!bob@s JOIN #room
    """)
