"""USER and PASS, and what else a connection tells before it is welcomed."""

from __future__ import annotations

import pytest

from tests.server.world import PASSWORD, plain


@pytest.mark.parametrize(
    "lines",
    [
        ["PASS alice:sesame", "NICK alice", "USER a 0 * :Alice"],
        ["PASS alice:sesame", "USER a 0 * :Alice", "NICK nobody"],
        ["USER a 0 * :Alice", "NICK alice", "PASS sesame"],
        ["PASS wrong", "PASS ALICE:sesame", "NICK x", "USER a 0 * Alice"],
        ["CAP LS", "PASS alice:sesame", "NICK alice", "USER a 0 * :Alice", "CAP END"],
    ],
)
def test_signing_in_with_pass(world, lines):
    """In any order; "only the last one sent is used"; the name of the account is the nick, whatever NICK said."""
    x = world.connect("x")
    x.say(*lines)
    welcome = [line for line in x.hear() if " 001 " in line]
    assert welcome == [":s 001 alice :Welcome to Net, alice."]


def test_a_password_of_only_colons(world):
    """All behind the first colon is the password."""
    world.connect("x", says="NICK alice \n USER a 0 * :a")
    world.deaf()
    world.play("""
        x> PASS alice:sesame:
    """)
    world.advance(1)
    world.play("""
        x< :s 464 alice :The name or the password is wrong. Send PASS name:password again.
    """)


def test_a_wrong_password_may_be_sent_again(world):
    """464 after a delay; the connection stays, and may try again."""
    x = world.connect("x")
    world.play("""
        x> PASS alice:wrong
        x> NICK alice
        x> USER a 0 * :a
    """)
    world.advance(1)
    world.play("""
        x< :s 464 alice :The name or the password is wrong. Send PASS name:password again.
        x> NICK alice
        x< :s 464 alice :Sign in first: ...
    """)
    assert " 001 alice " in x.ask(f"PASS alice:{PASSWORD}")[0]


def test_without_an_account(world):
    """ "Accounts are required unless the server runs with --guests": it is said how to get one."""
    world.connect("x")
    world.play("""
        x> NICK alice
        x> USER a 0 * :a
        x< :s 464 alice :Sign in first: ... /quote REGISTER NAME * PASSWORD makes one, and ...
    """)


def test_without_an_account_where_nobody_can_sign_up(make_world):
    """REGISTER is not advised where it does not work."""
    world = make_world(sign_up="closed")
    world.connect("x")
    world.play("""
        x> NICK alice
        x> USER a 0 * :a
        x< :s 464 alice :Sign in first: ... If you have no account yet, ask who runs this server.
    """)


def test_what_has_to_come_first(world):
    """Most commands are for those who have signed in (451); who is not known has no name (``*``)."""
    world.connect("x")
    world.play("""
        x> JOIN #room
        x< :s 451 * :Sign in first.
        x> PRIVMSG alice :hi
        x< :s 451 * :Sign in first.
        x> NONSENSE
        x< :s 451 * :Sign in first.
        x> PONG x
        x> PING 1
        x< :s PONG s :1
        x> NICK alice
        x> WHO *
        x< :s 451 alice :Sign in first.
    """)


def test_what_comes_once(world):
    """ "If a client tries to send the USER command after they have already completed registration" - 462."""
    world.connect("x")
    world.play("""
        x> USER a 0 * :a
        x> USER a 0 * :a
        x< :s 462 * :You are registered already.
    """)
    world.enter("alice")
    world.play("""
        alice> USER a 0 * :a
        alice< :s 462 alice :You are registered already.
        alice> PASS x
        alice< :s 462 alice :You are registered already.
    """)


@pytest.mark.parametrize("line", ["USER", "USER a 0 *", "PASS"])
def test_parameters_are_needed(world, line):
    """461 names the command."""
    world.connect("x")
    world.play(f"""
        x> {line}
        x< :s 461 * {line.split()[0]} :...
    """)


@pytest.mark.parametrize(
    ("told", "shown"),
    [("Alice A.", "Alice A."), ("", "alice"), ("x" * 129, "alice"), ("\x02bold", "alice"), (" ", "alice")],
)
def test_the_real_name(make_world, told, shown):
    """What is too long or cannot be seen is left out, whole; then the name is shown."""
    world = make_world(accounts="alice bob")
    world.connect("alice", says="PASS alice:sesame\nNICK alice")
    world.actors["alice"].ask(f"USER a 0 * :{told}")
    world.enter("bob")
    world.play(f"""
        bob> WHO alice
        bob< :s 352 bob * alice s s alice H :0 {shown}
        bob< :s 315 bob alice :End of WHO list.
    """)


def test_the_real_name_of_the_first_client_stays(world):
    """Later connections leave it as it is; SETNAME changes it."""
    for number, realname in enumerate(["First", "Second"]):
        world.connect(f"a{number}", says="PASS alice:sesame\nNICK alice").ask(f"USER a 0 * :{realname}")
    world.actors["a0"].hang_up()
    world.actors["a1"].hang_up()
    world.connect("a2", says="PASS alice:sesame\nNICK alice").ask("USER a 0 * :Third")
    assert world.actors["a2"].ask("WHO alice")[0].endswith(":0 First")


def test_an_account_that_is_removed_before_the_welcome(world):
    """Nobody is welcomed to an account that is no more."""
    world.connect("x", says="CAP REQ sasl\nPASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    world.actors["x"].hear()
    world.loop.jobs_held = True
    world.actors["x"].say("CAP END")
    world.services.accounts._file.remove("alice")
    world.loop.jobs_held = False
    world.advance(2)
    world.play("""
        x< :s 464 alice :The name or the password is wrong. ...
    """)


def test_an_account_that_is_removed_after_it_has_signed_in(world):
    """Signed in is not welcomed: what has happened in between counts."""
    x = world.connect("x", says="CAP REQ sasl\nNICK alice\nUSER a 0 * :a\nAUTHENTICATE PLAIN")
    x.ask(f"AUTHENTICATE {plain('alice')[0]}")
    world.services.accounts._file.remove("alice")
    world.advance(1)
    world.deaf()
    world.play("""
        x> CAP END
        x< ERROR :Your account was removed
        x< <closed>
    """)


def test_too_many_connections_of_one_account(make_world):
    """Everything is bounded; it is said what to do."""
    world = make_world(accounts="alice", sessions_per_account_max=2)
    world.enter("alice")
    world.enter("alice", as_="second")
    world.connect("x", says="PASS alice:sesame\nNICK alice")
    world.play("""
        x> USER a 0 * :a
        x< ERROR :Your account has too many connections. Close one of them first.
        x< <closed>
    """)


def test_an_address_with_colons_as_the_third_parameter(world):
    """HexChat writes the server's address there: ``::1`` begins a trailing parameter, and the real name is in that."""
    x = world.connect("x", says="PASS alice:sesame\nNICK alice")
    assert " 001 alice " in x.ask("USER me me ::1 :Alice A.")[0]
    assert world.services.state.user_named("alice").realname == "Alice A."


def test_the_first_real_name_at_once(world):
    """The JOIN of the channels in the welcome (extended-join) has the real name that WHO shows a moment later."""
    world.enter("alice")
    world.channel("#room", "alice")
    world.actors["alice"].hang_up()
    world.deaf()
    says = "CAP REQ extended-join\nPASS alice:sesame\nNICK alice\nUSER a 0 * :Alice A."
    x = world.connect("x", says=says)
    heard = x.ask("CAP END", "WHO alice")
    assert ":alice!alice@s JOIN #room alice :Alice A." in heard
    assert heard[-2].startswith(":s 352 alice ")
    assert heard[-2].endswith(" :0 Alice A.")
    x.hang_up()
    y = world.connect("y", says=says.replace("Alice A.", "Other"))
    assert ":alice!alice@s JOIN #room alice :Alice A." in y.ask("CAP END")


def test_the_first_real_name_is_no_news(world):
    """An account takes the real name of its first client, and nobody is told: SETNAME tells of a change."""
    world.enter("bob", "setname")
    world.channel("#room", "bob")
    x = world.connect("x", says="CAP REQ setname\nPASS alice:sesame\nNICK alice\nUSER a 0 * :Alice A.")
    x.say("CAP END", "JOIN #room")
    assert not [line for line in x.hear() if " SETNAME " in line]
    world.play("""
        bob< :alice!alice@s JOIN #room
        bob> WHO alice
        bob< :s 352 bob * alice s s alice H :0 Alice A.
        bob< :s 315 bob alice :...
    """)
