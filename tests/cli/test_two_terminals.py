"""The main job as a new user does it, in real terminals with a real server."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.screen import COLUMNS, Screen
from tests.support.here import run_here
from tests.support.irc import Client
from tests.support.server import PASSWORD, Server, make_accounts, own_address

pytestmark = pytest.mark.once

Sit = Callable[..., Screen]
HEADER = " of them here:"


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Sit]:
    """Start ``chat connect`` in a terminal, for one person with a configuration of their own."""
    with ExitStack() as stack:

        def sit(server: Server, name: str, *options: str) -> Screen:
            env = {"CHAT_CONFIG": str(tmp_path / f"config-{name}")}
            args = ("connect", server.address.host, str(server.address.port), name, *options)
            return stack.enter_context(Screen(*args, env=env))

        yield sit


def sign_up(screen: Screen, name: str, password: str) -> None:
    """Make an account."""
    screen.answer("Make a new account with this name? [y/n]", "y")
    screen.answer(f"New password for {name}:", password)
    screen.answer("The same again:", password)
    screen.asks(">")


def who(screen: Screen) -> list[str]:
    """Type WHO and return what it says, each person in one row."""
    screen.asks(">")
    before = screen.raw.count(HEADER)
    screen.type("WHO")
    rows = screen.until(lambda rows: screen.raw.count(HEADER) > before and rows[-1] == ">", "WHO")
    header = max(at for at, row in enumerate(rows) if row.endswith(HEADER))
    return rows[header:-1]


def test_the_main_job(tmp_path, sit):
    """Sign up, sign in after a wrong password, DM both ways, to the absent and to nobody, BM, garbage, EX."""
    with Server(tmp_path / "data") as server:
        alice = sit(server, "alice")
        sign_up(alice, "alice", "alice's password")
        alice.sees("/help shows all commands")
        assert [row.split()[0] for row in alice.asks(">")[-6:-2]] == ["DM", "BM", "WHO", "EX"]
        assert who(alice) == ["-- 1 person, 1 of them here:", "  alice  here (you)"]

        bob = sit(server, "bob")
        sign_up(bob, "bob", "bob's password")
        assert who(alice)[1:] == ["  alice  here (you)", "  bob  here"]
        bob.type("ex")
        assert bob.ended() == 0
        assert who(alice)[1:] == ["  alice  here (you)", "  bob  away"]

        bob = sit(server, "bob")
        bob.answer("Password for bob:", "not bob's password")
        bob.sees("The name or the password is wrong.")
        bob.answer("Password for bob:", "bob's password")
        bob.asks(">")
        assert who(alice)[1:] == ["  alice  here (you)", "  bob  here"]

        # Both ways: by number, and by name while the other types.
        alice.type("dm")
        alice.answer("To whom (number or name, Enter goes back):", "1")
        alice.answer("bob>", "hello bob")
        alice.sees("-- Sent to bob.")
        bob.sees("to you <alice> hello bob")
        alice.asks("bob>")
        alice.type("half a tho", end="")
        alice.asks("bob> half a tho")
        bob.type("Dm")
        bob.answer("To whom (number or name, Enter for alice, EX goes back):", "ALICE")
        bob.answer("alice>", "hello alice")
        bob.sees("-- Sent to alice.")
        rows = alice.until(lambda rows: rows[-1] == "bob> half a tho" and "to you <bob> hello alice" in rows[-2])
        assert sum("half a tho" in row for row in rows) == 1
        alice.answer("bob> half a tho", "ught")
        bob.sees("to you <alice> half a thought")
        bob.answer("alice>", "")
        alice.answer("bob>", "EX")

        # To one who is away, and reads it later.
        carols = run_here("adduser", "carol", "--password-stdin", "--data", server.data, stdin="carol's password\n")
        assert carols.returncode == 0
        alice.until(lambda rows: rows[-1] == ">" and "-- carol is in #lobby now." in rows)
        alice.type("DM")
        alice.answer("To whom (number or name, Enter for bob, EX goes back):", "carol")
        alice.sees("-- To carol, who is away and will get it.")
        alice.answer("carol>", "hello carol")
        alice.sees("-- Sent to carol, who is away: not connected")
        alice.answer("carol>", "")
        assert "  carol  away" in who(alice)
        carol = sit(server, "carol")
        carol.answer("Password for carol:", "carol's password")
        carol.sees("to you <alice> hello carol")
        carol.sees("-- alice: 1 unread.")
        assert "  carol  here" in who(alice)

        # To nobody.
        alice.type("DM")
        alice.answer("To whom (number or name, Enter for bob, EX goes back):", "zed")
        alice.sees("-- Nobody is called zed; nothing was sent.")
        alice.answer("To whom (number or name, Enter for bob, EX goes back):", "EX")
        alice.answer(">", "/dm zed hello")
        alice.sees("-- Not sent: nobody is called zed.")

        # To everyone.
        alice.answer(">", "BM")
        alice.sees("-- To everyone (#lobby): 2 people, 2 here now.")
        alice.answer("everyone>", "hello all")
        alice.sees("-- Sent to everyone (#lobby).")
        for screen in (bob, carol):
            screen.sees("#lobby <alice> hello all")
        alice.answer("everyone>", "ex")

        # A text at the menu is answered, and nobody hears of it.
        alice.answer(">", "hello, is anybody there")
        alice.sees("-- Sent to nobody. This is the menu:")
        alice.asks(">")
        assert not any("is anybody there" in row for screen in (bob, carol) for row in screen.rows)

        # One after the other leaves.
        carol.answer(">", "EX")
        assert carol.ended() == 0
        assert who(alice)[1:] == ["  alice  here (you)", "  bob  here", "  carol  away"]
        bob.answer(">", "Ex")
        assert bob.ended() == 0
        alice.until(lambda rows: rows[-1] == ">")
        alice.type("ex")
        assert alice.ended() == 0
        for screen, secret in ((alice, "alice's password"), (bob, "bob's password"), (carol, "carol's password")):
            assert secret not in screen.raw


def test_the_server_goes_and_comes_back(tmp_path, sit):
    """What is written meanwhile arrives once, what is missed is told once, and nobody has to do anything."""
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        alice, bob = sit(server, "alice"), sit(server, "bob")
        sign_up(alice, "alice", "long-secret")
        sign_up(bob, "bob", "long-secret")
        server.kill()
        for screen in (alice, bob):
            screen.sees("Trying again until there is a connection.")
        alice.answer(">", "/dm bob written meanwhile")
        alice.sees("it is sent as soon as there is one.")
        server.command[server.command.index("serve") + 1] = str(server.address.port)
        server.start()
        for screen in (alice, bob):
            screen.sees("-- Connected again.")
        alice.until(lambda rows: any("Sent to bob" in row for row in rows))
        bob.sees("to you <alice> written meanwhile")
        bob.answer(">", "/bm after that")
        rows = alice.sees("#lobby <bob> after that")
        assert sum("after that" in row for row in rows) == 1
        bob.sees("-- Sent to everyone")
        assert sum("written meanwhile" in row for row in bob.rows) == 1


def test_an_account_is_removed(shared, sit):
    """Whoever is signed in to it reads that, and the client ends: 4; it asks for no password that opens nothing."""
    ruth = sit(shared, "ruth")
    sign_up(ruth, "ruth", "long-secret")
    gone = run_here("deluser", "ruth", "--yes", "--data", shared.data)
    assert gone.returncode == 0
    assert ruth.ended() == 4
    assert "The account ruth was removed from this server" in " ".join(ruth.rows)
    assert "Trying again" not in ruth.raw


def test_an_account_is_banned(shared, sit):
    """Whoever is signed in reads why, once, and the client ends: 4. A later sign-in ends in the same way."""
    lena = sit(shared, "lena")
    sign_up(lena, "lena", "long-secret")
    assert run_here("ban", "lena", "--reason", "too loud.", "--data", shared.data).returncode == 0
    again = sit(shared, "lena")
    again.answer("Password for lena:", "long-secret")
    for screen in (lena, again):
        assert screen.ended() == 4
        assert " ".join(screen.rows).count("You are banned from this server: too loud.") == 1
        assert "Trying again" not in screen.raw


def test_the_servers_key(tmp_path, sit):
    """On this machine a new key is pinned without asking; when it is another one, nothing is sent: exit code 5."""
    with Server(tmp_path / "one") as server:
        port = str(server.address.port)
        alice = sit(server, "alice")
        sign_up(alice, "alice", "long-secret")
        alice.type("ex")
        assert alice.ended() == 0
        fingerprint = next(word for word in " ".join(server.greeting).split() if word.startswith("SHA256:"))
        pins = tmp_path / "config-alice" / "pins"
        assert pins.read_text() == f"127.0.0.1:{port} {fingerprint}\n"
    other = Server(tmp_path / "two", port=port)
    with other as server:
        alice = sit(server, "alice")
        assert alice.ended() == 5
        shown = "".join(alice.raw.split())
        theirs = next(word for word in " ".join(server.greeting).split() if word.startswith("SHA256:"))
        assert f"--trust{theirs}" in shown
        assert "haschanged" in shown
        alice = sit(server, "alice", "--trust", theirs)
        alice.asks("Make a new account with this name? [y/n]")
        assert pins.read_text() == f"127.0.0.1:{port} {theirs}\n"


def test_a_new_server_elsewhere(tmp_path, sit):
    """Its fingerprint is shown and asked about once; then it is known."""
    with Server(tmp_path / "data", host="0.0.0.0") as server:
        elsewhere = own_address()
        if elsewhere is None:
            pytest.skip("this machine has no address but loopback")
        server.addresses[0] = server.addresses[0]._replace(host=elsewhere)
        fingerprint = next(word for word in " ".join(server.greeting).split() if word.startswith("SHA256:"))
        alice = sit(server, "alice")
        alice.sees(fingerprint)
        alice.answer("Is it the right one? [y/n]", "n")
        assert alice.ended() == 5
        alice = sit(server, "alice")
        alice.answer("Is it the right one? [y/n]", "y")
        sign_up(alice, "alice", "long-secret")
        alice.type("ex")
        assert alice.ended() == 0
        alice = sit(server, "alice")
        alice.asks("Password for alice:")


def test_a_new_name_where_nobody_can_sign_up(tmp_path, sit):
    """ "Say it once and end": no password is asked for that cannot be right; exit code 4."""
    with Server(tmp_path / "data", "--sign-up", "closed") as server:
        for zoe in [sit(server, "zoe"), sit(server, "zoe", "--new")]:
            assert zoe.ended() == 4
            assert zoe.raw.lower().count("nobody can sign up") == 1
            assert "Password" not in zoe.raw


KEYS = {"\x03": 130, "\x04": 4}  # Ctrl-C; and Ctrl-D, a sign-in that failed


def test_giving_up_at_the_password(shared, sit):
    """Ctrl-C is 130, Ctrl-D is a sign-in that failed: 4."""
    screens = {key: sit(shared, "zoe") for key in KEYS}
    for key, screen in screens.items():
        screen.asks("Make a new account with this name? [y/n]")
        screen.type(key, end="")
        assert screen.ended() == KEYS[key]


@pytest.fixture
def nameless(shared: Server, tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Start ``chat connect`` in a terminal, without a name."""
    with ExitStack() as stack:

        def nameless(columns: int = COLUMNS, **env: str) -> Screen:
            args = ("connect", shared.address.host, str(shared.address.port))
            env["CHAT_CONFIG"] = str(tmp_path / "config")
            return stack.enter_context(Screen(*args, env=env, columns=columns))

        yield nameless


def test_leaving_when_asked_for_a_name(nameless):
    """Ctrl-C is 130, Ctrl-D is a sign-in that failed: 4."""
    screens = {key: nameless() for key in KEYS}
    for key, screen in screens.items():
        screen.sees("Your name")
        screen.type(key, end="")
        assert screen.ended() == KEYS[key]


def test_ex_gets_out_before_the_sign_in(shared, sit, nameless):
    """ "EX always gets out": where a name is asked for, and where yes or no is."""
    screen, zoe = nameless(), sit(shared, "zoe")
    screen.sees("Your name")
    screen.type("ex")
    assert screen.ended() == 4
    zoe.answer("Make a new account with this name? [y/n]", "n")
    zoe.sees("Your name")
    zoe.type("Admin")
    zoe.sees("Take another name.")
    zoe.type("zoe")
    zoe.answer("Make a new account with this name? [y/n]", "EX")
    assert zoe.ended() == 4


def test_no_name_is_asked_for(nameless):
    """ "NAME missing: ask"; one that cannot be is asked for again."""
    screen = nameless()
    screen.sees("Your name")
    screen.type("1st")
    screen.sees("A name has 1 to 32 characters")
    screen.type("zoe")
    screen.asks("Make a new account with this name? [y/n]")


def test_the_name_that_is_suggested(nameless):
    """The login name is suggested, unless a server refuses such a name; what is said about a name wraps at spaces."""
    screens = {
        asked: nameless(columns=40, LOGNAME=login)
        for login, asked in (("zoe", "Your name [zoe]:"), ("root", "Your name:"))
    }
    for asked, screen in screens.items():
        screen.answer(asked, "1st")
        screen.sees("A name has 1 to 32")
        rows = screen.until(lambda rows, asked=asked: rows[1:] and rows[-1] == asked)
        assert "A name has 1 to 32 characters: letters a" in rows
        assert "      does not begin with a digit or" in rows


def test_a_conversation_over_a_lost_connection(tmp_path, sit):
    """The conversation and what is being typed in it are still there, and the text goes where it was meant for."""
    with Server(tmp_path / "data", complaints=[".*"]) as server:
        alice, bob = sit(server, "alice"), sit(server, "bob")
        sign_up(alice, "alice", "alice's password")
        sign_up(bob, "bob", "bob's password")
        alice.answer(">", "/dm bob")
        alice.asks("bob>")
        alice.type("half", end="")
        server.kill()
        alice.sees("Trying again until there is a connection.")
        server.command[server.command.index("serve") + 1] = str(server.address.port)
        server.start()
        alice.sees("-- Connected again.")
        alice.answer("bob> half", " a text")
        bob.sees("to you <alice> half a text")


def test_a_newcomer_and_somebody_who_was_away(tmp_path, sit):
    """ "summed up once, at the end, correctly"; "a new account has missed nothing", and sees the menu last."""
    with Server(tmp_path / "data") as server:
        bob = sit(server, "bob")
        sign_up(bob, "bob", "bob's password")
        bob.sees("/help shows all commands")  # he has seen that nothing was said yet
        bob.type("EX")
        assert bob.ended() == 0
        alice = sit(server, "alice")
        sign_up(alice, "alice", "alice's password")
        alice.answer(">", "/dm bob hello")
        alice.sees("-- Sent to bob, who ")
        with Client(server.address) as phone:
            phone.sign_in("alice", "alice's password")
            for number in range(110):
                phone.say("#lobby", f"line {number}")

        bob = sit(server, "bob")
        bob.answer("Password for bob:", "bob's password")
        bob.sees("/help shows all commands")
        bob.asks(">")
        rows = bob.scrolled
        summary = "-- #lobby: 110 unread, the newest 100 shown (/history #lobby 110); alice: 1."
        assert rows.count(summary) == 1
        assert rows.index(summary) > max(at for at, row in enumerate(rows) if "<alice>" in row)
        assert rows[-1] == ">"

        carol = sit(server, "carol")
        sign_up(carol, "carol", "carol's password")
        carol.sees("/help shows all commands")
        carol.asks(">")
        rows = carol.scrolled
        earlier = rows.index("-- Earlier in #lobby:")
        assert [row.partition("<alice> ")[2] for row in rows[earlier + 1 : earlier + 21]] == [
            f"line {number}" for number in range(90, 110)
        ]
        assert not any("unread" in row for row in rows)
        assert [row.split()[0] for row in carol.asks(">")[-6:-1]] == ["DM", "BM", "WHO", "EX", "/help"]


def test_another_password(tmp_path, sit):
    """The other terminal of the account says why it was signed out, and goes on with the new password."""
    with Server(tmp_path / "data") as server:
        alice = sit(server, "alice")
        sign_up(alice, "alice", "alice's password")
        other = sit(server, "alice")
        other.answer("Password for alice:", "alice's password")
        other.asks(">")
        other.type("half a ", end="")
        alice.answer(">", "/passwd")
        alice.answer("Old password:", "alice's password")
        alice.answer("New password:", "short")
        alice.answer("The same again:", "short")
        alice.sees("-- The password has 5 characters")
        alice.answer("New password:", "another password")
        alice.answer("The same again:", "another password")
        alice.sees("-- Your password is changed. Your other sessions have ended.")
        other.sees("-- The password of your account was changed.")
        other.answer("Password for alice:", "another password")
        other.sees("-- Connected again.")
        other.asks("> half a")
        assert not any("another password" in screen.raw for screen in (alice, other))


def test_keeping_order_in_a_channel(tmp_path, sit):
    """Who makes a channel keeps order in it; both read in a sentence what was done, and why something was not."""
    with Server(tmp_path / "data") as server:
        alice, bob = sit(server, "alice"), sit(server, "bob")
        sign_up(alice, "alice", "long-secret")
        sign_up(bob, "bob", "long-secret")
        alice.answer(">", "/join #room")
        alice.answer("#room>", "/mode +i")
        alice.sees("-- alice changed #room: people have to be invited to join now.")
        bob.answer(">", "/join #room")
        bob.sees("-- joining #room: You cannot join: one has to be invited to that channel.")
        alice.answer("#room>", "/invite bob")
        bob.sees("-- You are invited to #room (by alice). To join, type /join #room")
        bob.answer(">", "/join #room")
        alice.sees("-- bob is in #room now.")
        alice.answer("#room>", "/me waves")
        bob.sees("#room * alice waves")
        bob.answer("#room>", "/topic mine")
        bob.sees("-- the topic of #room: ")
        alice.answer("#room>", "/op bob")
        bob.sees("-- You are now an operator of #room (by alice).")
        bob.answer("#room>", "/topic mine")
        alice.sees("-- bob set the topic of #room: mine")
        bob.answer("#room>", "/kick alice")
        bob.sees("-- removing alice from #room: ")
        bob.answer("#room>", "/whois alice")
        bob.sees("  channels: #lobby, ~#room")
        alice.answer("#room>", "/ban bob too loud")
        alice.sees("-- alice banned bob from #room for good: too loud")
        alice.sees("-- bob was removed from #room by alice: too loud")
        bob.sees("-- You were removed from #room by alice: too loud")
        bob.answer("#room>", "let me in")
        bob.sees("-- Not sent: you were removed from #room.")
        bob.answer("#room>", "/join #room")
        bob.sees("-- joining #room: You cannot join: you are banned from that channel: too loud")
        assert "let me in" not in alice.raw


def test_many_people_come_and_one_goes(tmp_path, sit):
    """Many new accounts print few lines, and a removed account prints a line."""
    with Server(tmp_path / "data", complaints=["read again"]) as server:
        alice = sit(server, "alice")
        sign_up(alice, "alice", "alice's password")
        make_accounts(server.data, [f"student{number}" for number in range(1, 31)])
        server.tell(signal.SIGHUP)
        alice.sees("-- student1 is in #lobby now.")
        alice.sees("student2, student3, student4 and 26 more are in #lobby now.")
        assert len(alice.rows) < 15
        assert run_here("deluser", "student7", "--yes", "--data", server.data).returncode == 0
        alice.sees("-- student7 is no longer on this server (The account was removed).")


def test_a_narrow_terminal(tmp_path):
    """The list to pick from is in view as a whole, words wrap at spaces, and wide characters do not tear the screen."""
    make_accounts(tmp_path / "data", ["alice", "bob", *(f"student{number}" for number in range(1, 40))])
    with Server(tmp_path / "data") as server, ExitStack() as stack:

        def narrow(name: str) -> Screen:
            env = {"CHAT_CONFIG": str(tmp_path / f"config-{name}")}
            args = ("connect", server.address.host, str(server.address.port), name)
            screen = stack.enter_context(Screen(*args, env=env, rows=16, columns=44))
            screen.answer(f"Password for {name}:", PASSWORD)
            screen.asks(">")
            return screen

        alice, bob = narrow("alice"), narrow("bob")
        alice.type("DM")
        rows = alice.until(lambda rows: rows[-1].startswith("To whom"))
        assert "   1  bob  here" in rows
        alice.type("1")
        alice.answer("bob>", "漢字漢字漢字 and words that wrap at spaces, " + "漢字" * 11)
        rows = bob.until(lambda rows: rows[-1] == ">" and any("spaces," in row for row in rows))
        at = next(at for at, row in enumerate(rows) if "<alice>" in row)
        assert [row.split("> ")[-1] for row in rows[at:-1]] == [
            "漢字漢字漢字 and words",
            "      that wrap at spaces, 漢字漢字漢字漢字",
            "      漢字漢字漢字漢字漢字漢字漢字",
        ]
