"""REGISTER: making an account; ACCOUNT: whether a name has one."""

from __future__ import annotations

import pytest

from chatapp.errors import PasswordFileError
from chatapp.protocol.names import NICK_RULE
from chatapp.server import administrating
from tests.server.world import FULL_DISK, HASH, plain


def connect(world, name, address="127.0.0.1", *, says=""):
    """Open a connection of a client that knows the answers of the server; ``says`` are its first lines."""
    actor = world.connect(name, address)
    actor.ask("CAP REQ standard-replies", "CAP REQ chatapp/account", "CAP REQ draft/account-registration", "CAP END")
    for line in says.splitlines():
        actor.say(line)
    return actor


def test_signing_up_before_the_welcome(world):
    """ "Afterward, the client is assumed to be authenticated to the account as if it used SASL."""
    x = world.connect("x")
    world.play("""
        x> CAP REQ :sasl draft/account-registration
        x< :s CAP * ACK :sasl draft/account-registration
        x> NICK dave
        x> USER d 0 * :Dave
        x> REGISTER * * long-secret
        x< :s 900 dave dave!dave@s dave :You are signed in as dave.
        x< :s REGISTER SUCCESS dave :The account dave is made, and you are signed in.
    """)
    assert x.ask("CAP END")[0] == ":s 001 dave :Welcome to Net, dave."
    world.connect("y", says="CAP REQ sasl\nAUTHENTICATE PLAIN")
    world.deaf()
    world.play(f"""
        y> AUTHENTICATE {plain("DAVE", "long-secret")[0]}
        y< :s 900 * *!*@s dave :You are signed in as dave.
        y< :s 903 * :You have signed in.
    """)


def test_answers_in_sentences(world):
    """A client without the capability would show the lines of REGISTER and ACCOUNT as errors."""
    x = world.connect("x", says="CAP REQ :batch\nNICK dave\nUSER d 0 * :Dave")
    x.hear()
    assert x.ask("ACCOUNT alice", "ACCOUNT dave") == [
        ":s NOTICE dave :alice has an account.",
        ":s NOTICE dave :dave has no account. You can make it: REGISTER.",
    ]
    assert x.ask("REGISTER * * long-secret")[1] == (":s NOTICE dave :The account dave is made, and you are signed in.")


def test_verify(world):
    """ "FAIL VERIFY INVALID_CODE <account> <message>"; "Sent by the server if the client is already authenticated"."""
    x = connect(world, "x", says="NICK dave")
    x.hear()
    assert x.ask("VERIFY dave 1234") == [
        ":s FAIL VERIFY INVALID_CODE dave :No account here waits for a code. Make an account with REGISTER."
    ]
    assert world.enter("alice").ask("VERIFY a b", "VERIFY a") == [
        ":s FAIL VERIFY ALREADY_AUTHENTICATED a :You have signed in already.",
        ":s FAIL VERIFY NEED_MORE_PARAMS :Usage: VERIFY <account> <code>",
    ]


def test_signing_up_last(world):
    """Whoever has told all else is welcomed as soon as it has signed up; the account's name is the nick."""
    world.connect("x", says="CAP REQ draft/account-registration")
    world.play("""
        x< :s CAP * ACK :draft/account-registration
        x> NICK whoever
        x> USER d 0 * :Dave
        x> CAP END
        x< :s 464 whoever :...
    """)
    heard = world.actors["x"].ask("REGISTER Dave dave@example.org long-secret")
    assert [line.split()[1] for line in heard[:3]] == ["900", "REGISTER", "001"]
    assert heard[2] == ":s 001 Dave :Welcome to Net, Dave."


def test_a_new_account_joins_the_lobby(make_world):
    """ "The lobby ... which every account joins when it is made"."""
    world = make_world(accounts="alice", lobby="#lobby")
    world.enter("alice")
    connect(world, "x", says="NICK dave\nUSER d 0 * :Dave")
    world.deaf()
    assert world.actors["x"].ask("REGISTER * * long-secret")[-3:] == [
        ":dave!dave@s JOIN #lobby",
        ":s 353 dave = #lobby :alice dave",
        ":s 366 dave #lobby :End of NAMES list.",
    ]
    world.play("""
        alice< :dave!dave@s JOIN #lobby
    """)


@pytest.fixture
def lobby(make_world):
    """A world with a lobby; alice, who hears everything, is in it, and x has sent NICK and USER."""
    world = make_world(accounts="alice bob", lobby="#lobby")
    world.enter("alice", "extended-join away-notify setname extended-monitor")
    connect(world, "x", says="CAP REQ sasl\nNICK dave\nUSER d 0 * :Dave D.")
    world.actors["alice"].ask("MONITOR + dave")
    world.deaf()
    return world


def test_how_a_new_account_is_shown(lobby):
    """The JOIN has the real name of USER, as every later JOIN; the account is not away until its welcome."""
    x = lobby.actors["x"]
    x.ask("REGISTER * * long-secret")
    assert lobby.actors["alice"].hear() == [":dave!dave@s JOIN #lobby dave :Dave D."]
    x.ask("CAP END")
    assert lobby.actors["alice"].hear() == [":s 730 alice :dave!dave@s"]
    assert lobby.actors["alice"].ask("WHOIS dave")[0] == ":s 311 alice dave dave s * :Dave D."
    assert lobby.services.presence.arriving == {}
    x.vanish()
    assert lobby.actors["alice"].hear() == [":s 731 alice :dave", ":dave!dave@s AWAY :not connected"]


def test_a_new_account_that_is_not_welcomed(lobby):
    """Its client goes before the welcome, or without having made the account: then it is away, or nobody is told."""
    x, alice = lobby.actors["x"], lobby.actors["alice"]
    assert x.ask("REGISTER bob * long-secret", "REGISTER * * short")
    assert lobby.services.presence.arriving == {}
    x.ask("REGISTER * * long-secret")
    alice.hear()
    x.vanish()
    assert alice.hear() == [":dave!dave@s AWAY :not connected"]
    assert lobby.services.presence.arriving == {}


def test_a_client_that_goes_while_it_signs_up(lobby):
    """The account is made, and away."""
    x, alice = lobby.actors["x"], lobby.actors["alice"]
    lobby.log.held = True
    x.say("REGISTER * * long-secret")
    x.vanish()
    lobby.log.held = False
    lobby.settle()
    assert alice.hear()[-1] == ":dave!dave@s AWAY :not connected"
    assert lobby.services.presence.arriving == {}


def test_another_client_is_welcomed_first(lobby):
    """What counts is whether the account is connected; the client that has signed up may go, and nobody is told."""
    x, alice = lobby.actors["x"], lobby.actors["alice"]
    x.ask("REGISTER * * long-secret")
    alice.hear()
    phone = lobby.connect("phone", says="PASS dave:long-secret\nNICK dave\nUSER d 0 * :d")
    assert alice.hear() == [":s 730 alice :dave!dave@s"]
    x.vanish()
    assert alice.hear() == []
    phone.vanish()
    assert alice.hear() == [":s 731 alice :dave", ":dave!dave@s AWAY :not connected"]


def test_a_new_account_that_is_muted_in_the_lobby(lobby):
    """A mask can be there before the account: then the members do not get its real name."""
    lobby.run(administrating.set_role(lobby.services, "alice", "#lobby", "o"))
    lobby.actors["alice"].ask("MODE #lobby +b ~m:dave")
    lobby.actors["x"].ask("REGISTER * * long-secret")
    assert lobby.actors["alice"].hear() == [":dave!dave@s JOIN #lobby dave :"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("REGISTER", "NEED_MORE_PARAMS :..."),
        ("REGISTER * *", "NEED_MORE_PARAMS :..."),
        ("REGISTER alice * long-secret", "ACCOUNT_EXISTS alice :alice has an account already. ..."),
        ("REGISTER ALICE * long-secret", "ACCOUNT_EXISTS ALICE :..."),
        ("REGISTER 1x * long-secret", f"BAD_ACCOUNT_NAME 1x :{NICK_RULE}"),
        ("REGISTER : * long-secret", "NEED_MORE_PARAMS :..."),
        (
            "REGISTER dave * 7-chars",
            "WEAK_PASSWORD dave :The password has 7 characters; a new one needs 8 at least. ...",
        ),
        ("REGISTER dave * :", "UNACCEPTABLE_PASSWORD dave :The password is empty. Choose one."),
        ("REGISTER dave * " + "p" * 73, "UNACCEPTABLE_PASSWORD dave :The password is 73 bytes long, ..."),
        ("REGISTER dave * " + "é" * 37, "UNACCEPTABLE_PASSWORD dave :The password is 74 bytes long, ..."),
        ("REGISTER " + "d" * 400 + " * long-secret", f"BAD_ACCOUNT_NAME * :{NICK_RULE}"),
    ],
)
def test_what_cannot_be_an_account(world, line, answer):
    """Each reason has its code, and words for people."""
    connect(world, "x", says="NICK dave")
    world.play(f"""
        x> {line}
        x< :s FAIL REGISTER {answer}
    """)


def test_the_longest_password(world):
    """ "A password over bcrypt's 72 bytes is refused, never cut", and one of 72 bytes is not over it."""
    connect(world, "x", says="NICK dave")
    assert "SUCCESS dave" in world.actors["x"].ask("REGISTER * * " + "é" * 36)[-1]


def test_a_name_is_needed_first(world):
    """ "FAIL REGISTER NEED_NICK: sent by the server if the client sends REGISTER before sending a NICK"."""
    connect(world, "x")
    world.play("""
        x> REGISTER * * long-secret
        x< :s FAIL REGISTER NEED_NICK * :...
    """)


def test_nobody_signs_up_twice(world):
    """ "ALREADY_AUTHENTICATED: sent by the server if the client is already authenticated."""
    connect(world, "x", says="CAP REQ sasl\nNICK dave\nREGISTER * * long-secret")
    world.deaf()
    world.play("""
        x> REGISTER erin * long-secret
        x< :s FAIL REGISTER ALREADY_AUTHENTICATED erin :You have signed in already.
    """)
    world.enter("alice")
    world.play("""
        alice> REGISTER * * long-secret
        alice< :s FAIL REGISTER ALREADY_AUTHENTICATED alice :You have signed in already.
    """)


def test_where_nobody_can_sign_up(make_world):
    """With ``--sign-up closed`` it is said whom to ask."""
    world = make_world(sign_up="closed")
    connect(world, "x", says="NICK dave")
    world.play("""
        x> REGISTER * * long-secret
        x< :s FAIL REGISTER DISALLOWED * :Nobody can sign up here by themselves. ...
    """)


def test_a_guest_becomes_an_account(make_world):
    """It keeps its name and channels; account-notify tells "clients on common channels ..., including themselves"."""
    world = make_world(accounts="alice bob carol", guests=True)
    world.enter("alice", "account-notify account-tag")
    world.enter("bob")
    world.enter("carol", "account-notify")
    world.guest("zoe", "account-notify")
    world.channel("#room", "alice bob zoe")
    world.play("""
        zoe> PRIVMSG #room :guest
        alice< :zoe!zoe@s PRIVMSG #room :guest
        bob< :zoe!zoe@s PRIVMSG #room :guest
        zoe> REGISTER alice * long-secret
        zoe< :s FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK alice :...
        zoe> REGISTER Zoe * long-secret
        zoe< :zoe!zoe@s ACCOUNT zoe
        zoe< :s 900 zoe zoe!zoe@s zoe :You are signed in as zoe.
        zoe< :s REGISTER SUCCESS zoe :The account zoe is made, and you are signed in.
        alice< :zoe!zoe@s ACCOUNT zoe
        zoe> PRIVMSG #room :member
        alice< @account=zoe :zoe!zoe@s PRIVMSG #room :member
        bob< :zoe!zoe@s PRIVMSG #room :member
    """)
    world.actors["zoe"].hang_up()
    world.play("""
        bob> NAMES #room
        bob< :s 353 bob = #room :~alice bob zoe
        bob< :s 366 bob #room :End of NAMES list.
    """)


def test_a_guest_in_no_channel_hears_of_its_account_too(make_world):
    """ "Including themselves"."""
    world = make_world(guests=True)
    world.guest("zoe", "account-notify")
    world.play("""
        zoe> REGISTER * * long-secret
        zoe< :zoe!zoe@s ACCOUNT zoe
        zoe< :s 900 zoe zoe!zoe@s zoe :You are signed in as zoe.
        zoe< :s REGISTER SUCCESS zoe :...
    """)


def test_a_guest_hangs_up_while_it_becomes_an_account(make_world):
    """The account is made, and stays; only its connection is gone."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    zoe = world.actors["zoe"]
    world.loop.jobs_held = True
    zoe.say("REGISTER * * long-secret")
    world.loop.jobs_held = False
    world.log.held = True
    world.settle()
    zoe.hang_up()
    world.log.held = False
    world.settle()
    assert zoe.hear()[-1] == ":s REGISTER SUCCESS zoe :The account zoe is made, and you are signed in."
    world.play("""
        alice> WHO #room
        alice< :s 352 alice #room alice s s alice H~ :0 alice
        alice< :s 352 alice #room zoe s s zoe G :0 zoe
        alice< :s 315 alice #room :End of WHO list.
    """)


def test_the_name_of_a_guest_that_is_here_is_not_to_be_had(make_world):
    """Signing up with the name of a guest would throw the guest out."""
    world = make_world(guests=True)
    world.guest("zoe")
    connect(world, "x")
    world.play("""
        x> NICK zoe
        x> REGISTER * * long-secret
        x< :s FAIL REGISTER BAD_ACCOUNT_NAME zoe :A guest goes by that name just now. Take another one.
        zoe> PING 1
        zoe< :s PONG s :1
    """)


def test_a_guest_makes_way_for_an_account_that_was_added(make_world):
    """ "A guest can never hold an account's name": whoever runs the server decides."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#room", "alice zoe")
    world.services.accounts._file.add("Zoe", HASH)
    world.advance(1)
    world.play("""
        zoe< ERROR :The name belongs to an account now
        zoe< <closed>
        alice< :zoe!zoe@s QUIT :The name belongs to an account now
    """)


def test_sign_ups_from_one_address_are_counted(make_world):
    """So many at once, then one more each minute; another address is another."""
    world = make_world(sign_ups_per_address_burst=2, sign_ups_per_address_s=60.0)

    def sign_up(number, address):
        actor = connect(world, f"x{number}", address, says=f"NICK n{number}")
        return actor.ask("REGISTER * * long-secret")[-1]

    assert "SUCCESS" in sign_up(1, "192.0.2.1")
    assert "SUCCESS" in sign_up(2, "192.0.2.1")
    assert sign_up(3, "192.0.2.1").startswith(":s FAIL REGISTER TEMPORARILY_UNAVAILABLE n3 :Too many accounts")
    assert "SUCCESS" in sign_up(4, "192.0.2.2")
    world.advance(61)
    assert "SUCCESS" in sign_up(5, "192.0.2.1")
    assert "TEMPORARILY_UNAVAILABLE" in sign_up(6, "192.0.2.1")
    assert "SUCCESS" in sign_up(7, "2001:db8::1")
    assert "SUCCESS" in sign_up(8, "2001:db8::2")
    assert "TEMPORARILY_UNAVAILABLE" in sign_up(9, "2001:db8::3")  # one household has them all
    assert "SUCCESS" in sign_up(10, "2001:db8:0:1::1")


def test_a_sign_up_that_could_not_be_stored(world):
    """No account is made, in the password file neither: the name is free for another try."""
    connect(world, "x", says="NICK dave\nUSER d 0 * :d")
    world.deaf()
    before = world.config.password_path.read_bytes()
    world.log.failure = FULL_DISK
    for _ in range(2):
        world.play("""
            x> REGISTER * * long-secret
            x< :s FAIL REGISTER TEMPORARILY_UNAVAILABLE dave :No account was made. Not stored: the server's disk is ...
        """)
        world.advance(1)
    assert world.config.password_path.read_bytes() == before
    world.log.failure = None
    world.advance(1)
    assert not world.services.accounts.knows("dave")
    heard = [line.split()[1] for line in world.actors["x"].ask("REGISTER * * long-secret")]
    assert heard[:3] == ["900", "REGISTER", "001"]


def test_a_guest_whose_sign_up_could_not_be_stored(make_world):
    """It stays the guest that it is, and can try again."""
    world = make_world(guests=True)
    zoe = world.guest("zoe")
    world.log.failure = FULL_DISK
    assert zoe.ask("REGISTER * * long-secret")[0].endswith(
        ":No account was made. Not stored: the server's disk is full."
    )
    world.log.failure = None
    world.advance(1)
    assert not world.services.accounts.knows("zoe")
    zoe.say("REGISTER * * long-secret")
    assert any(" REGISTER SUCCESS zoe " in line for line in zoe.hear())


def test_a_sign_up_that_can_neither_be_stored_nor_undone(world, monkeypatch):
    """It says that the account is made and what is missing, which comes by itself when there is room."""
    connect(world, "x", says="NICK dave\nUSER d 0 * :d")
    world.deaf()

    def full(account):
        raise PasswordFileError("Cannot write the password file: No space left on device.")

    monkeypatch.setattr(world.services.accounts._file, "withdraw", full)
    world.log.failure = FULL_DISK
    (answer,) = world.actors["x"].ask("REGISTER * * long-secret")
    assert answer == (
        ":s FAIL REGISTER TEMPORARILY_UNAVAILABLE dave :dave has an account now, but cannot sign in yet: the server's"
        " disk is full. Sign in later, with the password that you chose."
    )
    world.log.failure = None
    world.advance(1)
    assert world.services.accounts.knows("dave")
    assert len(world.complaints()) == 2


def test_a_sign_up_that_was_stored_before_it_was_undone(world, monkeypatch):
    """Where room is made in that moment, another look at the password file has stored it: it is a success."""
    connect(world, "x", says="NICK dave\nUSER d 0 * :d")
    world.deaf()
    roster, withdraw = world.services.accounts.roster, world.services.accounts.roster.withdraw

    async def late(entry, in_thread):
        world.log.failure = None
        await roster.refresh()
        return await withdraw(entry, in_thread)

    monkeypatch.setattr(roster, "withdraw", late)
    world.log.failure = FULL_DISK
    heard = [line.split()[1] for line in world.actors["x"].ask("REGISTER * * long-secret")]
    assert heard[:3] == ["900", "REGISTER", "001"]


def test_a_password_file_that_cannot_be_written(world, monkeypatch):
    """A stranger is not told about the server's files; whoever runs it is."""
    connect(world, "x", says="NICK dave")

    def broken(*args, **kwargs):
        raise PasswordFileError("Cannot write the password file /data/passwords: Read-only file system.")

    monkeypatch.setattr(world.services.accounts._file, "add", broken)
    world.play("""
        x> REGISTER * * long-secret
        x< :s FAIL REGISTER TEMPORARILY_UNAVAILABLE dave :The server cannot get at its accounts at the moment. ...
    """)
    assert ["/data/passwords" in text for text in world.complaints()] == [True]


def test_a_password_file_that_cannot_be_read(world, monkeypatch):
    """The accounts stay as they were until that is mended, and the administrator is told."""
    connect(world, "x", says="CAP REQ sasl\nAUTHENTICATE PLAIN\n")
    world.deaf()

    def broken(*args, **kwargs):
        raise PasswordFileError("Cannot read the password file /data/passwords: Input/output error.")

    monkeypatch.setattr(world.services.accounts._file, "get", broken)
    world.play(f"""
        x> AUTHENTICATE {plain("alice")[0]}
        x< :s 900 * *!*@s alice :You are signed in as alice.
        x< :s 903 * :You have signed in.
    """)
    assert ["/data/passwords" in text for text in world.complaints()] == [True]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("alice", "ACCOUNT alice known"),
        ("ALICE", "ACCOUNT ALICE known"),
        ("dave", "ACCOUNT dave unknown"),
        ("1x", f"FAIL ACCOUNT BAD_ACCOUNT_NAME 1x :{NICK_RULE}"),
        (":a b", f"FAIL ACCOUNT BAD_ACCOUNT_NAME * :{NICK_RULE}"),
        ("a" * 500, f"FAIL ACCOUNT BAD_ACCOUNT_NAME * :{NICK_RULE}"),
    ],
)
def test_asking_whether_a_name_has_an_account(world, name, answer):
    """For clients that offer to make one: before and after signing in."""
    connect(world, "x")
    world.enter("bob")
    world.play(f"""
        x> ACCOUNT {name}
        x< :s {answer}
        bob> ACCOUNT {name}
        bob< :s {answer}
    """)


def test_a_guest_is_no_account(make_world):
    """What counts is whether there is a password."""
    world = make_world(guests=True)
    world.guest("zoe")
    connect(world, "x")
    world.play("""
        x> ACCOUNT zoe
        x< :s ACCOUNT zoe unknown
        x> ACCOUNT
        x< :s 461 * ACCOUNT :...
    """)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("alice", "alice known"), ("dave", "dave closed"), (":a b", "* closed"), ("a" * 500, "* closed")],
)
def test_names_where_sign_up_is_closed(make_world, name, answer):
    """ "closed" is for names without an account: nobody need be asked for a password that cannot be right."""
    world = make_world(accounts="alice", sign_up="closed")
    connect(world, "x")
    world.play(f"""
        x> ACCOUNT {name}
        x< :s ACCOUNT {answer}
    """)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("NickServ", "NickServ looks like a name of the server"),
        ("admin", "admin looks like a name of the server"),
        ("aIice", "aIice looks like alice, which is somebody else's name"),
        ("eve", "eve was the name of an account that was removed"),
        ("wi1lis", "wi1lis looks like willis, which is somebody else's name"),
    ],
)
def test_names_that_could_mislead(make_world, name, why):
    """Nobody signs up with them, and a client is told before it asks for a password; guests cannot have them either."""
    world = make_world(accounts="alice eve willis", guests=True)
    for removed in ("eve", "willis"):
        world.services.accounts._file.remove(removed)
    world.advance(1)
    world.guest("zoe")
    connect(world, "x")
    world.play(f"""
        x> NICK {name}
        x> ACCOUNT {name}
        x< :s FAIL ACCOUNT BAD_ACCOUNT_NAME {name} :{why}...
        x> REGISTER * * long-secret
        x< :s FAIL REGISTER BAD_ACCOUNT_NAME {name} :{why}...
        x> USER x 0 * :x
        x< :s 432 * {name} :{why}...
        zoe> NICK {name}
        zoe< :s 432 zoe {name} :{why}...
    """)
    assert not world.services.accounts.knows(name)


def test_an_account_removed_before_the_server_knew_it(make_world):
    """Made and removed while it was stopped: a client is told before it asks for a password, and so is a guest."""
    world = make_world(accounts="alice", guests=True)
    file = world.services.accounts._file
    file.add("eve", file.get("alice").hash)
    file.remove("eve")
    world.advance(1)
    connect(world, "x")
    world.play("""
        x> ACCOUNT Eve
        x< :s FAIL ACCOUNT BAD_ACCOUNT_NAME Eve :Eve was the name of an account that was removed...
        x> NICK eve
        x> USER x 0 * :x
        x< :s 432 * eve :eve was the name of an account that was removed...
    """)


def test_an_account_that_an_administrator_has_named(make_world):
    """It signs in as any other does."""
    world = make_world(accounts="alice NickServ aIice admin")
    for name in ("NickServ", "aIice", "admin"):
        world.enter(name)


def test_the_limit_on_sign_ups_is_told_before(make_world):
    """ "Tell the limit on sign-ups per address before the password is typed twice"; asking costs nothing of it."""
    world = make_world(sign_ups_per_address_burst=1, sign_ups_per_address_s=60)
    connect(world, "x", says="NICK dave")
    connect(world, "y")
    world.play("""
        y> ACCOUNT zoe
        y< :s ACCOUNT zoe unknown
    """)
    world.actors["x"].say("REGISTER * * long-secret")
    world.deaf()
    world.play("""
        y> ACCOUNT zoe
        y< :s FAIL ACCOUNT TEMPORARILY_UNAVAILABLE zoe :Too many accounts were made from your address. ...
        y> ACCOUNT dave
        y< :s ACCOUNT dave known
    """)
    world.advance(61)
    assert world.actors["y"].ask("ACCOUNT zoe") == [":s ACCOUNT zoe unknown"]
