"""AUTHENTICATE: signing in by SASL PLAIN."""

from __future__ import annotations

import pytest

from tests.server.world import PASSWORD, b64, plain

LONG = "x" * 72


def ready(world, name="x"):
    """Connect, and be about to authenticate."""
    actor = world.connect(name, says="CAP REQ :sasl")
    actor.hear()
    return actor


def test_signing_in(world):
    """ "If authentication is successful, a 900 and 903 numeric will be sent."""
    x = ready(world)
    world.play(f"""
        x> NICK whoever
        x> USER x 0 * :x
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("ALICE")[0]}
        x< :s 900 whoever whoever!whoever@s alice :You are signed in as alice.
        x< :s 903 whoever :You have signed in.
    """)
    assert x.ask("CAP END")[0] == ":s 001 alice :Welcome to Net, alice."


def test_signing_in_before_anything_else(world):
    """Neither a name nor CAP is needed first; the mechanism is known in lower case too."""
    world.connect("x")
    world.play(f"""
        x> AUTHENTICATE plain
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("alice", authzid="Alice")[0]}
        x< :s 900 * *!*@s alice :You are signed in as alice.
        x< :s 903 * :You have signed in.
        x> NICK alice
    """)
    assert " 001 alice " in world.actors["x"].ask("USER a 0 * :a")[0]


def test_signing_in_last(world):
    """Whoever has told all else is welcomed as soon as it has signed in."""
    x = world.connect("x")
    world.play("""
        x> NICK alice
        x> USER a 0 * :a
        x< :s 464 alice :...
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
    """)
    heard = x.ask(f"AUTHENTICATE {plain('alice')[0]}")
    assert [line.split()[1] for line in heard[:3]] == ["900", "903", "001"]


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("alice", LONG + "x")])
def test_a_wrong_password(world, name, password):
    """An unknown name and a wrong password look the same, come after a delay, and the client "MAY retry"."""
    ready(world)
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain(name, password)[0]}
    """)
    world.advance(0.4)
    world.play("x> PING waits")
    world.advance(0.2)
    world.play(f"""
        x< :s 904 * :The name or the password is wrong. No account yet? /quote REGISTER NAME * PASSWORD
        x< :s PONG s :waits
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("alice")[0]}
        x< :s 900 * *!*@s alice :You are signed in as alice.
        x< :s 903 * :You have signed in.
    """)


@pytest.mark.parametrize(("sign_up", "caps"), [("closed", ""), ("invite", ""), ("open", " chatapp/account")])
def test_no_hint_to_sign_up(make_world, sign_up, caps):
    """Where not everybody signs up, and to a client that offers to sign up by itself, 904 has no more words."""
    world = make_world(accounts="alice", sign_up=sign_up)
    x = world.connect("x", says=f"CAP REQ :sasl{caps}\nAUTHENTICATE PLAIN")
    x.hear()
    x.say(f"AUTHENTICATE {plain('alice', 'wrong')[0]}")
    world.advance(1)
    assert x.hear() == [":s 904 * :The name or the password is wrong."]


def test_a_payload_in_chunks(make_world):
    """ "Split to 400-byte chunks ... If the last chunk was exactly 400 bytes long, it must also be followed by +"."""
    world = make_world(accounts="alice")
    ready(world)
    name = "a" * (300 - len("\0\0sesame"))  # no account, but 400 characters of Base64
    chunks = plain(name)
    assert [len(chunk) for chunk in chunks] == [400, 1]
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {chunks[0]}
        x> AUTHENTICATE {chunks[1]}
    """)
    world.advance(10)
    world.play("x< :s 904 * :The name or the password is wrong. No account yet? /quote REGISTER NAME * PASSWORD")


def test_giving_up(world):
    """ "The client can abort an authentication by sending an asterisk as the data. The server will send a 906"."""
    ready(world)
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE *
        x< :s 906 * :Signing in was given up.
        x> AUTHENTICATE *
        x< :s 906 * :Signing in was given up.
        x> AUTHENTICATE {plain("alice")[0]}
        x< :s 908 * PLAIN :are the ways to sign in here
        x< :s 904 * :...
    """)


def test_ending_the_negotiation_gives_up_too(world):
    """ "If the client completes registration ... while the SASL authentication is still in progress, the server SHOULD
    abort it and send a 906 numeric".
    """
    ready(world)
    world.play("""
        x> NICK alice
        x> USER a 0 * :a
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> CAP END
        x< :s 906 alice :Signing in was given up.
        x< :s 464 alice :Sign in first: ...
    """)


@pytest.mark.parametrize(
    ("chunk", "answer"),
    [
        ("+", ":s 904 * :..."),
        ("====", ":s 904 * :..."),
        ("no-base64!", ":s 904 * :..."),
        (b64("alice"), ":s 904 * :..."),
        (b64("\0alice\0"), ":s 904 * :..."),
        (b64("\0alice\0sesame\0"), ":s 904 * :..."),
        (b64("bob\0alice\0sesame"), ":s 904 * :..."),
        ("A" * 401, ":s 905 * :..."),
    ],
)
def test_what_is_no_payload(world, chunk, answer):
    """Bytes that say nobody are refused at once, and the next try is a new one."""
    ready(world)
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {chunk}
        x< {answer}
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("alice")[0]}
        x< :s 900 * *!*@s alice :You are signed in as alice.
        x< :s 903 * :You have signed in.
    """)


def test_a_payload_without_end(world):
    """ "The server MAY place a limit on the total length of a response."""
    x = ready(world)
    x.ask("AUTHENTICATE PLAIN")
    for _ in range(4):
        assert x.ask("AUTHENTICATE " + "A" * 400) == []
    assert [line.split()[1] for line in x.ask("AUTHENTICATE " + "A" * 400)] == ["905"]


@pytest.mark.parametrize("mechanism", ["EXTERNAL", "SCRAM-SHA-256", "A" * 490, ":two words"])
def test_another_mechanism(world, mechanism):
    """ "908 MAY be sent in reply to an AUTHENTICATE command which requests an unsupported mechanism"."""
    ready(world)
    world.play(f"""
        x> AUTHENTICATE {mechanism}
        x< :s 908 * PLAIN :are the ways to sign in here
        x< :s 904 * :...
    """)


def test_signing_in_again(world):
    """Spec sasl-3.2: "Servers SHOULD allow a client, authenticated or otherwise, to reauthenticate by sending a new
    AUTHENTICATE message at any time": to the same account, before the welcome and after it.
    """
    x = ready(world)
    for _ in range(2):
        world.play(f"""
            x> AUTHENTICATE PLAIN
            x< AUTHENTICATE +
            x> AUTHENTICATE {plain("alice")[0]}
            x< :s 900 * *!*@s alice :You are signed in as alice.
            x< :s 903 * :You have signed in.
        """)
    x.ask("NICK alice", "USER a 0 * :a", "CAP END")
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("ALICE")[0]}
        x< :s 900 alice alice!alice@s alice :You are signed in as alice.
        x< :s 903 alice :You have signed in.
        x> PING 1
        x< :s PONG s :1
    """)


def test_a_wrong_password_later(world):
    """A failed attempt of a client that has signed in is delayed and refused, and changes nothing."""
    alice = world.enter("alice")
    world.play(f"""
        alice> AUTHENTICATE PLAIN
        alice< AUTHENTICATE +
        alice> AUTHENTICATE {plain("alice", "wrong")[0]}
    """)
    world.advance(0.6)
    assert alice.hear() == [":s 904 alice :The name or the password is wrong."]
    assert alice.ask("PING 1") == [":s PONG s :1"]


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
@pytest.mark.parametrize("name", ["bob", "nobody"])
def test_another_account(world, name, password):
    """Spec sasl-3.2: "ERR_SASLALREADY is appropriate if changing accounts is not supported". The answer does not depend
    on the password, which is not even checked.
    """
    x = ready(world)
    refused = ":You have signed in as alice already. Connect again to sign in to another account."
    again = f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain(name, password)[0]}
    """
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("alice")[0]}
        x< :s 900 * *!*@s alice :...
        x< :s 903 * :...
        {again}
        x< :s 907 * {refused}
    """)
    x.ask("NICK alice", "USER a 0 * :a", "CAP END")
    world.play(f"""
        {again}
        x< :s 907 alice {refused}
    """)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["*"], "906"),
        (["A" * 401], "905"),
        (["A" * 400] * 5, "905"),
        (["no-base64!"], "904"),
        (["+"], "904"),
        (["A" * 400, "+"], "904"),
    ],
)
def test_a_payload_that_is_refused_later(world, lines, answer):
    """After the welcome the same is refused in the same way, and the next try is a new one."""
    alice = world.enter("alice")
    assert alice.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    heard = [line.split()[1] for line in alice.ask(*(f"AUTHENTICATE {line}" for line in lines))]
    assert heard == [answer]
    assert alice.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]


def test_a_payload_of_exactly_400_characters(make_world):
    """ "If the last chunk was exactly 400 bytes long, it must also be followed by AUTHENTICATE + to signal end of
    response": before it nothing is answered.
    """
    world = make_world(accounts="alice")
    x = ready(world)
    chunks = plain("alice", "p" * (300 - len("\0alice\0")))
    assert [len(chunk) for chunk in chunks] == [400, 1]
    assert x.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    assert x.ask(f"AUTHENTICATE {chunks[0]}") == []
    x.say("AUTHENTICATE +")
    world.advance(1)
    assert [line.split()[1] for line in x.hear()] == ["904"]


def test_a_guest_stays_one(make_world):
    """A guest has a name of its own on this connection: it connects again to sign in."""
    world = make_world(guests=True, accounts="alice")
    world.guest("zoe")
    world.play("""
        zoe> AUTHENTICATE PLAIN
        zoe< :s 904 zoe :You are a guest on this connection. To sign in, connect again.
        zoe> AUTHENTICATE *
        zoe< :s 906 zoe :Signing in was given up.
    """)


def test_nothing_is_needed_after_the_verb_but_a_word(world):
    """A mechanism or a chunk is needed."""
    world.connect("x")
    world.play("""
        x> AUTHENTICATE
        x< :s 461 * AUTHENTICATE :...
    """)


def test_the_account_goes_while_its_password_is_checked(world):
    """What was true when the password was checked may not be true any more."""
    ready(world)
    world.loop.jobs_held = True
    world.play(f"""
        x> AUTHENTICATE PLAIN
        x< AUTHENTICATE +
        x> AUTHENTICATE {plain("alice")[0]}
    """)
    world.services.accounts._file.remove("alice")
    world.loop.jobs_held = False
    world.advance(10)
    world.play("x< :s 904 * :...")


def test_hanging_up_while_the_password_is_checked(world):
    """An answer that nobody waits for any more is no mistake."""
    x = ready(world)
    world.loop.jobs_held = True
    x.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')[0]}", "CAP END")
    x.hang_up()
    world.loop.jobs_held = False
    world.advance(1)
    assert world.watch.sessions == {}
