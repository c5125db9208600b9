"""WHO: who is in a channel, or on the server, and whether they are here or away."""

from __future__ import annotations

import pytest

from chatapp.server.commands import who
from tests.server.support import make_admin


@pytest.fixture
def world(make_world):
    """alice and zoe, a guest, are here; bob has set himself away; carol has an account and is not connected."""
    world = make_world(accounts="alice bob carol", guests=True)
    world.enter("alice")
    world.enter("bob")
    world.guest("zoe")
    world.channel("#room", "alice bob")
    world.actors["bob"].ask("AWAY :eating")
    world.actors["alice"].ask("SETNAME :Alice A.")
    world.deaf()
    return world


ALICE, BOB, CAROL, ZOE = (
    "* alice s s alice H :0 Alice A.",
    "* bob s s bob G :0 bob",
    "* carol s s carol G :0 carol",
    "* zoe s s zoe H :0 zoe",
)
IN_ROOM = ["#room alice s s alice H~ :0 Alice A.", "#room bob s s bob G :0 bob"]


@pytest.mark.parametrize(
    ("asked", "found", "end"),
    [
        ("*", [ALICE, BOB, CAROL, ZOE], "*"),
        ("", [ALICE, BOB, CAROL, ZOE], "*"),
        ("0", [ALICE, BOB, CAROL, ZOE], "0"),
        ("#room", IN_ROOM, "#room"),
        ("#ROOM x", IN_ROOM, "#ROOM"),
        ("#ROOM :", IN_ROOM, "#ROOM"),
        ("#none", [], "#none"),
        ("CAROL", [CAROL], "CAROL"),
        ("nobody", [], "nobody"),
        ("*o*", [BOB, CAROL, ZOE], "*o*"),
        ("?o?", [BOB, ZOE], "?o?"),
        ("[a]*", [], "[a]*"),
        ("b*!*@*", [BOB], "b*!*@*"),
        ("*!Z*@S", [ZOE], "*!Z*@S"),
        ("*@other", [], "*@other"),
        ("bob!bob@s", [BOB], "bob!bob@s"),
        ("*!", [], "*!"),
        (":a b", [], "*"),
    ],
)
def test_who(world, asked, found, end):
    """ "WHO * shows everyone, accounts without a connection included (they are away)"."""
    lines = "".join(f"zoe< :s 352 zoe {line}\n" for line in found)
    world.play(f"""
        zoe> WHO {asked}
        {lines}
        zoe< :s 315 zoe {end} :End of WHO list.
    """)


def test_only_so_many(make_world):
    """The lines of an answer are bounded, and the answer says so."""
    world = make_world(accounts="alice bob carol", who_max=2)
    world.enter("alice")
    world.play("""
        alice> WHO *
        alice< :s 352 alice * alice s s alice H :0 alice
        alice< :s 352 alice * bob s s bob G :0 bob
        alice< :s 416 alice WHO :That is not all: answers have a limit. Ask for less.
        alice< :s 315 alice * :End of WHO list.
    """)


@pytest.mark.parametrize("options", ["o", "ox", "xo", "o%"])
def test_only_administrators(world, options):
    """ "If the "o" parameter is passed only operators are returned"; they have a ``*`` in their flags."""
    make_admin(world, "bob")
    heard = world.actors["zoe"].ask(f"WHO * {options}")
    assert [line.split(" ")[1] for line in heard] == ["352" if "%" not in options else "354", "315"]
    if "%" not in options:
        assert heard[0] == ":s 352 zoe * bob s s bob G* :0 bob"
    assert world.actors["zoe"].ask(f"WHO alice {options}") == [":s 315 zoe alice :End of WHO list."]


def test_prefixes_of_an_administrator(world):
    """H or G, then ``*``, then the prefix."""
    make_admin(world, "alice")
    assert world.actors["zoe"].ask("WHO #room")[0] == ":s 352 zoe #room alice s s alice H*~ :0 Alice A."


def test_a_channel_that_the_asker_may_not_see(world):
    """A secret channel is as one that does not exist; nor does its size make the answer slower."""
    world.actors["alice"].ask("MODE #room +s")
    for asked in ("#room", "#room o", "#room %cn"):
        assert world.actors["zoe"].ask(f"WHO {asked}") == [":s 315 zoe #room :End of WHO list."]
    assert who._candidates(world.actors["zoe"].connection._session, "#room") == []
    assert len(world.actors["alice"].ask("WHO #room")) == 3


# WHOX


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("alice %tcuihsnfdlaor,42", "42 * alice 255.255.255.255 s s alice H 0 5 alice n/a :Alice A."),
        ("alice %roaldfnshiuct,42", "42 * alice 255.255.255.255 s s alice H 0 5 alice n/a :Alice A."),
        ("alice %cuhnar", "* alice s alice alice :Alice A."),
        ("ALICE %nf", "alice H"),
        ("alice %n", "alice"),
        ("alice %r", ":Alice A."),
        ("alice %nnn", "alice"),
        ("alice %nxyz7,", "alice"),
        ("alice x%n", "alice"),
        ("alice %tn,123", "123 alice"),
        ("alice %n,123", "alice"),
        ("alice %tn", "0 alice"),
        ("alice %tn,", "0 alice"),
        ("alice %tn,1234", "0 alice"),
        ("alice %tn,1a", "0 alice"),
        ("alice %tn,²", "0 alice"),
        ("alice :%tn,1 2", "0 alice"),
        ("alice :%tn,:1", "0 alice"),
        ("zoe %na", "zoe 0"),
        ("zoe %i", "127.0.0.1"),
        ("carol %nfl", "carol G 0"),
        ("bob %fna", "bob G bob"),
    ],
)
def test_whox(world, asked, reply):
    """ "Exactly the fields requested by the client MUST be returned", in the order of the specification.

    "MUST ignore any non-standard field they don't support"; "0 is used for [account] when the user is logged out";
    "The token MUST contain only digit characters and MUST contain at most 3 characters".
    """
    world.advance(5)
    world.deaf()
    end = asked.split(" ")[0]
    assert world.actors["zoe"].ask(f"WHO {asked}") == [f":s 354 zoe {reply}", f":s 315 zoe {end} :End of WHO list."]


def test_whox_without_fields(world):
    """ "Servers MUST NOT send RPL_WHOREPLY replies"."""
    assert world.actors["zoe"].ask("WHO alice %") == [":s 354 zoe", ":s 315 zoe alice :End of WHO list."]


def test_whox_of_a_channel(world):
    """The channel that was asked for, and the prefixes in it; as in the example of the specification."""
    assert world.actors["zoe"].ask("WHO #ROOM %cafnt,42") == [
        ":s 354 zoe 42 #room alice H~ alice",
        ":s 354 zoe 42 #room bob G bob",
        ":s 315 zoe #ROOM :End of WHO list.",
    ]


def test_addresses(make_world):
    """ "255.255.255.255 is used for [ip] when the server refuses": all but the user and administrators get that."""
    world = make_world(accounts="alice bob carol")
    make_admin(world, "carol")
    for name, address in (("alice", "10.0.0.1"), ("bob", "::1"), ("carol", "10.0.0.3")):
        world.enter(name, address=address)

    def seen(name):
        return [line.split(" ")[3] for line in world.actors[name].ask("WHO * %i")[:-1]]

    assert seen("alice") == ["10.0.0.1", "255.255.255.255", "255.255.255.255"]
    assert seen("bob") == ["255.255.255.255", "0::1", "255.255.255.255"]
    assert seen("carol") == ["10.0.0.1", "0::1", "10.0.0.3"]


def test_lines_that_would_be_too_long(make_world):
    """A line keeps to 512 bytes: it leaves out the real name first, then the host."""
    name = "n" * 32
    world = make_world(accounts=name, server_name="s" * 63, realname_bytes_max=400)
    actor = world.connect(name, says=f"PASS {name}:sesame\nNICK a\nUSER a 0 * :a\nJOIN #{chr(0x4E00) * 63}")
    actor.say("SETNAME :" + "r" * 300)
    actor.hear()
    (line, _) = actor.ask(f"WHO #{chr(0x4E00) * 63} %tcuihsnfdlaor,1")
    assert len(line.encode()) <= 510
    assert line.endswith(f" {name} H~ 0 0 {name} n/a :")
    assert "r" * 300 in actor.ask(f"WHO {name} %nr")[0]
