"""Signing in and up, and keeping the accounts of the state the same as those of the password file."""

from __future__ import annotations

import os

import pytest

from chatapp.auth import hash_password
from tests.server.support import make_admin
from tests.server.world import CLOSED, FULL_DISK, HASH, PASSWORD, World, account_id, plain


def attempt(world, name, password, address="192.0.2.1"):
    """Begin to sign in from an address, on a new connection."""
    actor = world.connect(
        f"{name}{len(world.actors)}", address, says="CAP REQ :sasl standard-replies\nAUTHENTICATE PLAIN"
    )
    actor.hear()
    actor.say(f"AUTHENTICATE {plain(name, password)[0]}")
    return actor


def seconds_until_heard(world, actor, most=60):
    """Let time go by until an actor hears something; return how many seconds that took, and what it was."""
    for tenth in range(most * 10):
        if actor.heard:
            return tenth / 10, actor.hear()[0].split()[1]
        world.advance(0.1)
    raise AssertionError("nothing was heard")


# Guessing


def test_guesses_are_slowed_more_and_more(world):
    """ "Wrong password: refused after a delay that grows per account and per address"."""
    delays = [seconds_until_heard(world, attempt(world, "alice", "wrong")) for _ in range(6)]
    assert [answer for _, answer in delays] == ["904"] * 6
    # One wrong password is forgotten each minute, so the later ones are a little less than twice those before.
    assert [seconds for seconds, _ in delays] == pytest.approx([0.5, 1, 2, 4, 7.5, 10], abs=0.3)


def test_an_unknown_name_is_slowed_alike(world):
    """Nothing tells a name that exists from one that does not."""
    delays = [seconds_until_heard(world, attempt(world, name, "wrong"))[0] for name in ("nobody", "alice", "nobody")]
    assert delays == pytest.approx([0.5, 1, 2], abs=0.2)


def test_guesses_at_the_same_time_do_not_get_around_it(world):
    """Ten connections guess no faster than one."""
    actors = [attempt(world, "alice", "wrong") for _ in range(10)]
    world.advance(5)
    assert len([actor for actor in actors if any(" 904 " in line for line in actor.heard)]) <= 4


def test_who_waits_for_the_guesses_of_others_is_told(world):
    """ "Every error says what happened, why": nobody waits for long without a word, and nobody for ever."""
    for _ in range(4):
        seconds_until_heard(world, attempt(world, "nobody", "wrong"))
    guesses = [attempt(world, "nobody", "wrong") for _ in range(3)]
    alice = attempt(world, "alice", PASSWORD)
    (notice,) = alice.hear()
    assert notice.startswith(":s NOTICE * :Signing in is slow after wrong passwords from your address, or for this")
    delay, answer = seconds_until_heard(world, alice)
    assert answer == "900"  # and no second notice before it
    assert delay <= 3 * 10 + 10
    assert all(guess.heard for guess in guesses)


def test_the_owner_is_not_locked_out(world):
    """From an address where the account has signed in before, it does not wait for the guesses of others."""
    assert seconds_until_heard(world, attempt(world, "alice", PASSWORD, "192.0.2.9")) == (0, "900")
    for _ in range(6):
        seconds_until_heard(world, attempt(world, "alice", "wrong", "203.0.113.1"))
    attempt(world, "alice", "wrong", "203.0.113.1")
    assert seconds_until_heard(world, attempt(world, "alice", PASSWORD, "192.0.2.9")) == (0, "900")
    elsewhere = attempt(world, "alice", PASSWORD, "192.0.2.10")
    assert elsewhere.hear()[0].startswith(":s NOTICE ")
    delay, answer = seconds_until_heard(world, elsewhere)
    assert answer == "900"
    assert delay > 1


def test_chatting_is_not_slowed(world):
    """ "Guessing is slowed per account and per address and never slows chatting"."""
    alice = world.enter("alice", address="192.0.2.1")
    for _ in range(5):
        attempt(world, "alice", "wrong")
    assert alice.ask("PING 1") == [":s PONG s :1"]


def test_hashing_is_bounded(make_world):
    """ "Sign-ins that wait for a hash; beyond it the last in fair order is told to try later"."""
    world = make_world(accounts="alice bob", hash_queue_max=2, hash_processes=1)
    world.loop.jobs_held = True
    waiting = [attempt(world, "alice", PASSWORD) for _ in range(4)]
    assert [actor.hear() for actor in waiting] == [
        [],
        [],
        [],
        [":s 904 * :Too many people are signing in at this moment. Try again in a few seconds."],
    ]
    x = world.connect("x", "192.0.2.1", says="NICK x\nUSER x 0 * :x")
    x.hear()
    x.say("PASS alice:sesame")
    assert x.hear()[0].split()[1] == "263"
    y = world.connect("y", "192.0.2.1", says="NICK dave")
    assert y.ask("REGISTER * * long-secret") == [
        ":s NOTICE dave :REGISTER dave: Too many people are signing in at this moment. Try again in a few seconds."
    ]
    innocent = attempt(world, "bob", PASSWORD, "192.0.2.2")
    assert innocent.hear() == []
    assert "904" in waiting[2].hear()[0], "the last in fair order makes room"
    world.loop.jobs_held = False
    world.settle()
    assert [actor.hear()[0].split()[1] for actor in (*waiting[:2], innocent)] == ["900", "900", "900"]


def test_who_has_gone_waits_no_more(make_world):
    """A sign-in whose connection has ended costs no hash: the next one's turn comes at once."""
    world = make_world(accounts="alice bob", hash_processes=1)
    world.loop.jobs_held = True
    crowd = [attempt(world, "alice", PASSWORD) for _ in range(50)]
    hashes = []
    judge = world.services.accounts._verify
    world.services.accounts._verify = lambda name, password: hashes.append(name) or judge(name, password)
    for actor in crowd[1:]:
        actor.vanish()
    bob = attempt(world, "bob", PASSWORD, "192.0.2.2")
    world.loop.jobs_held = False
    world.settle()
    assert bob.hear()[0].split()[1] == "900"
    assert hashes == ["bob"]


@pytest.mark.parametrize(
    ("account", "address"),
    [
        (lambda number: "alice", lambda number: "192.0.2.1"),  # one account from one address
        (lambda number: f"p{number}", lambda number: "192.0.2.1"),  # many accounts from one address
        (lambda number: "alice", lambda number: f"198.51.100.{number}"),  # one account from many addresses
    ],
)
def test_a_flood_of_sign_ins_keeps_nobody_waiting(make_world, account, address):
    """RoundRobin are fair by account and by address: an innocent user waits for the hash under way and one more."""
    world = make_world(accounts=" ".join(["alice", "bob", *(f"p{number}" for number in range(100))]), hash_processes=1)
    world.loop.jobs_held = True
    order = []
    judge = world.services.accounts._verify
    world.services.accounts._verify = lambda name, password: order.append(name) or judge(name, password)
    for number in range(100):
        attempt(world, account(number), PASSWORD, address(number))
    bob = attempt(world, "bob", PASSWORD, "192.0.2.2")
    world.loop.jobs_held = False
    world.settle()
    assert bob.hear()[0].split()[1] == "900"
    assert order.index("bob") <= 2


def test_who_waits_is_told_for_how_long(make_world):
    """A client that has to wait hears so, roughly for how long, again and again; then it is in."""
    world = make_world(accounts="alice bob", hash_processes=1, bcrypt_cost=12)
    world.loop.jobs_held = True
    crowd = [attempt(world, "alice", PASSWORD, "192.0.2.1") for _ in range(20)]
    (last,) = crowd[-1].hear()
    assert (
        last
        == ":s NOTICE * :Many people are signing in at this moment. Please wait: your turn comes in about 5 seconds."
    )
    assert crowd[1].hear() == [], "a moment is not worth words"
    world.advance(21)
    assert "Please wait" in crowd[-1].hear()[0]
    world.advance(200)
    assert not crowd[-1].closed, "it waits for us, so it is not late"
    world.loop.jobs_held = False
    world.settle()
    assert crowd[-1].hear()[-2].split()[1] == "900"


def test_the_wait_for_a_turn_is_not_the_time_to_sign_in(make_world):
    """Who waits for the server is not late, neither in the queue nor while the password is checked at last."""
    world = make_world(accounts="alice bob", hash_processes=1)
    judge, began = world.services.accounts._verify, []

    def hold_the_next(name, password):
        began.append(name)
        world.loop.jobs_held = True
        return judge(name, password)

    world.services.accounts._verify = hold_the_next
    world.loop.jobs_held = True
    attempt(world, "alice", PASSWORD, "192.0.2.1")
    bob = attempt(world, "bob", PASSWORD, "192.0.2.2")
    world.advance(119)
    world.loop.jobs_held = False
    world.settle()
    assert began == ["alice"]
    world.advance(20)
    assert not bob.closed, "its password is being checked"
    world.loop.jobs_held = False
    world.settle()
    assert bob.hear()[-2].split()[1] == "900"


def test_signing_in_again_needs_no_hash(make_world):
    """A password that was found right here, for this account from this address, is known while the process lives."""
    world = make_world(accounts="alice bob")
    hashes = []
    judge = world.services.accounts._verify
    world.services.accounts._verify = lambda name, password: hashes.append(name) or judge(name, password)
    for _ in range(3):
        assert attempt(world, "alice", PASSWORD).hear()[0].split()[1] == "900"
    assert hashes == ["alice"]
    attempt(world, "alice", PASSWORD, "192.0.2.2")
    assert hashes == ["alice"], "its turn came, and the password was known"
    attempt(world, "alice", "wrong")
    world.advance(20)
    assert hashes == ["alice", "alice"]
    world.services.accounts._file.set_hash("alice", hash_password("another one", 4))
    refused = attempt(world, "alice", PASSWORD)
    world.advance(20)
    assert refused.hear()[0].split()[1] == "904"
    assert hashes == ["alice"] * 3


def test_guesses_side_by_side_are_judged_one_by_one(make_world):
    """While one guess is judged, no other for the account from this address is compared with what is known."""
    world = make_world(accounts="alice", hash_processes=1)
    attempt(world, "alice", PASSWORD)
    world.loop.jobs_held = True
    attempt(world, "alice", "wrong")
    right = attempt(world, "alice", PASSWORD)
    assert right.hear() == []
    world.loop.jobs_held = False
    world.settle()
    assert right.hear() == [], "the wrong one counts first"
    world.advance(5)
    assert right.hear()[0].split()[1] == "900"


def test_those_who_wait_for_their_delay_do_not_shut_others_out(make_world):
    """A crowd of guessers holds no places in the queue while it waits."""
    world = make_world(accounts="alice bob", hash_queue_max=2)
    for _ in range(10):
        attempt(world, "alice", "wrong")
    world.advance(0.3)
    assert seconds_until_heard(world, attempt(world, "bob", PASSWORD, "198.51.100.7")) == (0, "900")


def test_without_rate_limits(make_world):
    """For trusted networks and benchmarks."""
    world = make_world(accounts="alice", rate_limits=False)
    for _ in range(5):
        assert seconds_until_heard(world, attempt(world, "alice", "wrong")) == (0, "904")


# The file and the state


def test_an_account_that_is_added(make_world):
    """ "A running server honours them at once": it can sign in, and is in the lobby."""
    world = make_world(accounts="alice", lobby="#lobby")
    world.enter("alice")
    world.services.accounts._file.add("Dave", HASH)
    world.advance(0.6)
    world.play("""
        alice< :Dave!Dave@s JOIN #lobby
        alice> PRIVMSG dave :welcome
        alice< :s 301 alice Dave :not connected; will get it later
    """)
    dave = world.connect("dave", says="PASS dave:sesame\nNICK x\nUSER x 0 * :x")
    assert ":alice!alice@s PRIVMSG Dave :welcome" in dave.hear()


def test_who_keeps_order_in_the_lobby(make_world):
    """A new lobby has the modes nt, as every new channel: administrators, and whom they give a role, set the topic."""
    world = make_world(accounts="alice bob", lobby="#lobby")
    world.enter("alice")
    world.enter("bob")
    make_admin(world, "alice")
    world.deaf()
    world.play("""
        bob> MODE #lobby
        bob< :s 324 bob #lobby +nt
        bob< :s 329 bob #lobby ...
        bob> TOPIC #lobby :mine
        bob< :s 482 bob #lobby :Only half-operators of the channel and higher roles can do that.
        alice> TOPIC #lobby :ours
        alice< :alice!alice@s TOPIC #lobby :ours
        bob< :alice!alice@s TOPIC #lobby :ours
    """)


def test_an_account_that_is_added_may_sign_in_at_once(make_world):
    """Even before the server has looked at the file."""
    world = make_world(accounts="alice", lobby="#lobby")
    world.services.accounts._file.add("dave", HASH)
    assert any(
        " 001 dave " in line for line in world.connect("x", says="PASS dave:sesame\nNICK x\nUSER x 0 * :x").hear()
    )


def test_an_account_that_is_deleted(world):
    """ "A deleted account's connections end", its memberships with it, and its name is free."""
    world.enter("alice")
    world.enter("alice", as_="alice2")
    world.enter("bob")
    world.channel("#room,#b", "alice bob")
    world.services.accounts._file.remove("alice")
    world.advance(0.6)
    world.play("""
        alice< ERROR :Your account was removed
        alice< <closed>
        alice2< ERROR :Your account was removed
        alice2< <closed>
        bob< :alice!alice@s QUIT :The account was removed
        bob> NAMES #room
        bob< :s 353 bob = #room :bob
        bob< :s 366 bob #room :...
        bob> PRIVMSG alice :hi
        bob< :s 401 bob alice :...
    """)
    assert seconds_until_heard(world, attempt(world, "alice", PASSWORD))[1] == "904"


def test_an_account_that_was_deleted_and_made_again(world):
    """It is another one, though the server looks only afterwards: the old one's connections end."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.services.accounts._file.remove("alice")
    world.services.accounts._file.add("alice", HASH, reuse=True)
    world.advance(0.6)
    world.play("""
        alice< ERROR :Your account was removed
        alice< <closed>
        bob< :alice!alice@s QUIT :The account was removed
    """)
    world.enter("alice")
    world.play("""
        bob> NAMES #room
        bob< :s 353 bob = #room :bob
        bob< :s 366 bob #room :...
    """)


def test_a_new_password_from_outside_ends_all_sessions(world):
    """ "chat passwd by the administrator ends all of them", those too that have not been welcomed yet."""
    alice, bob = world.enter("alice"), world.enter("bob")
    early = attempt(world, "alice", PASSWORD)
    assert early.hear()[0].split()[1] == "900"
    world.services.accounts._file.set_hash("alice", "$2b$04$" + "." * 53)
    world.advance(0.6)
    ended = ["ERROR :The password of your account was changed. Sign in with the new one.", CLOSED]
    assert (alice.hear(), early.hear()[-2:], bob.hear()) == (ended, ended, [])
    assert world.services.state.user_named("alice") is not None
    assert seconds_until_heard(world, attempt(world, "alice", PASSWORD))[1] == "904"


def write_in_place(world, text):
    """Write the password file as an editor or htpasswd does."""
    path = world.config.password_path
    path.write_text(text)
    os.utime(path, (1, 1))  # long ago


def test_accounts_of_htpasswd(make_world):
    """Lines without an id are accounts all the same, the same ones for as long as they stand there."""
    world = make_world()
    write_in_place(world, f"erin:{HASH.replace('$2b$', '$2y$')}\n")
    world.advance(1)
    assert any(
        " 001 erin " in line for line in world.connect("x", says="PASS erin:sesame\nNICK x\nUSER x 0 * :x").hear()
    )
    uid = world.services.state.user_named("erin").uid
    write_in_place(world, f"# ours\nerin:{HASH}\nfred:{HASH}\n")
    world.advance(1)
    assert world.services.state.user_named("erin").uid == uid
    assert world.services.accounts.knows("fred")


def test_an_account_that_was_just_made_can_be_written_to(world):
    """ "They work while the server runs, and a running server honours them at once": the very next message arrives."""
    alice = world.enter("alice", "echo-message")
    path = world.config.password_path
    write_in_place(world, f"{path.read_text()}dave:{HASH}:id={account_id('dave')}\n")
    alice.say("PRIVMSG alice :before", "PRIVMSG dave :hi", "PRIVMSG nobody :hi", "PRIVMSG alice :after")
    assert alice.hear() == [
        *[":alice!alice@s PRIVMSG alice :before"] * 2,
        ":alice!alice@s PRIVMSG dave :hi",
        ":s 301 alice dave :not connected; will get it later",
        ":s 401 alice nobody :There is nobody with that name.",
        *[":alice!alice@s PRIVMSG alice :after"] * 2,
    ]


def test_what_htpasswd_drops_is_put_back(make_world):
    """ "``htpasswd -B`` can manage it too": a new password takes nothing else away, neither from an administrator."""
    world = make_world(accounts="alice")
    path = world.config.password_path
    line = f"alice:{HASH}:id={account_id('alice')},admin,theirs=1\n"
    write_in_place(world, line)
    world.advance(1)
    write_in_place(world, f"# a comment\nalice:{HASH.replace('$2b$', '$2y$')}\nerin:{HASH}\n")
    world.advance(1)
    erin = world.services.state.user_named("erin").uid
    assert path.read_text() == f"# a comment\n{line.replace('$2b$', '$2y$')}erin:{HASH}:id={erin}\n"
    assert world.services.state.user_named("alice").uid == account_id("alice")
    world.enter("alice")


def test_a_file_with_a_mistake(world):
    """Nothing changes until it is mended, and it is complained of once."""
    alice = world.enter("alice")
    good = world.config.password_path.read_text()
    write_in_place(world, "alice\n")
    world.advance(5)
    assert not alice.closed
    assert ["the accounts stay as they were" in text for text in world.complaints()] == [True]
    write_in_place(world, good + f"dave:{HASH}\n")
    world.advance(1)
    assert world.services.accounts.knows("dave")
    assert not alice.closed


def test_a_file_that_is_gone(world):
    """It is a mistake, not the end of all accounts; an empty one is."""
    alice = world.enter("alice")
    text = world.config.password_path.read_text()
    world.config.password_path.unlink()
    world.advance(5)
    assert not alice.closed
    assert ["Restore it from a backup" in complaint for complaint in world.complaints()] == [True]
    write_in_place(world, text)
    world.advance(1)
    assert not alice.closed
    write_in_place(world, "")
    world.advance(1)
    assert alice.hear() == ["ERROR :Your account was removed", CLOSED]


def test_a_name_that_cannot_be_one(make_world):
    """An account whose name is not allowed is left out; the others are there."""
    world = make_world()
    write_in_place(world, f"1abc:{HASH}\nalice:{HASH}\n")
    world.advance(1)
    assert (world.services.accounts.knows("1abc"), world.services.accounts.knows("alice")) == (False, True)


def test_a_change_that_could_not_be_stored(world):
    """It is made as soon as the log can be written; it is complained of once."""
    alice = world.enter("alice")
    world.log.failure = FULL_DISK
    world.services.accounts._file.remove("alice")
    world.advance(5)
    assert not alice.closed
    assert len(world.complaints()) == 1
    world.log.failure = None
    world.advance(1)
    assert alice.hear() == ["ERROR :Your account was removed", CLOSED]


def test_a_new_password_counts_where_nothing_can_be_stored(world):
    """A password needs no room in the log: the sessions of the old one end, whatever else has to wait."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.log.failure = FULL_DISK
    world.services.accounts._file.add("zoe", HASH)
    world.services.accounts._file.set_hash("alice", "$2b$04$" + "." * 53)
    world.advance(1)
    assert alice.hear() == ["ERROR :The password of your account was changed. Sign in with the new one.", CLOSED]
    assert bob.hear() == []
    world.log.failure = None
    world.advance(1)
    zoe = world.enter("zoe")
    world.services.accounts._file.set_hash("zoe", "$2b$04$" + "." * 53)
    world.advance(1)
    assert zoe.hear()[-1] == CLOSED
    assert len(world.complaints()) == 1


def test_who_cannot_sign_in_yet_is_told_why(world):
    """An account that the log cannot take is refused in words that are for its owner."""
    world.log.failure = FULL_DISK
    world.services.accounts._file.add("zoe", HASH)
    (answer,) = attempt(world, "zoe", PASSWORD).hear()
    assert answer == ":s 904 * :You cannot sign in yet: the server's disk is full. Try again later."
    world.log.failure = None
    world.advance(1)
    assert attempt(world, "zoe", PASSWORD).hear()[0].split()[1] == "900"
    assert len(world.complaints()) == 1


def test_the_successor_of_a_removed_account_waits_for_its_end(world):
    """While the removal cannot be stored, the new account of the name is not signed in to the old one."""
    alice = world.enter("alice")
    old = world.services.state.user_named("alice").uid
    world.log.failure = FULL_DISK
    world.services.accounts._file.remove("alice")
    world.services.accounts._file.add("alice", hash_password("another", 4), reuse=True)
    successor = attempt(world, "alice", "another")
    assert successor.hear()[0].split()[1] == "904"
    world.log.failure = None
    world.advance(1)
    assert alice.hear()[-1] == CLOSED
    assert attempt(world, "alice", "another").hear()[0].split()[1] == "900"
    assert world.services.state.user_named("alice").uid != old
    assert len(world.complaints()) == 1


def test_over_a_restart(make_world):
    """What changed while the server was down counts when it starts; an account is the same one by its id."""
    world = make_world(accounts="alice bob", lobby="#lobby")
    world.crash()
    world.write_passwords("alice", "carol")
    world.start_again()
    state = world.services.state
    assert [user.name for user in state.users.values()] == ["alice", "carol"]
    assert state.user_named("alice").uid == account_id("alice")
    assert list(state.channel_named("#lobby").members) == [account_id("alice"), account_id("carol")]


def test_guests_do_not_outlive_a_restart(make_world):
    """ "A guest is a user whose name ends with the connection"."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("zoe")
    world.channel("#a", "alice zoe")
    world.channel("#b", "zoe")
    world.crash()
    world.start_again()
    assert world.services.state.user_named("zoe") is None
    assert world.services.state.channel_named("#b") is None
    assert len(world.services.state.channel_named("#a").members) == 1


def test_the_state_knows_who_is_an_administrator(tmp_path):
    """The role is an event: it follows the password file, while the server runs and at a start."""
    with World(tmp_path, accounts="alice bob") as world:
        path = world.config.password_path
        assert [user.role for user in world.services.state.users.values()] == ["", ""]
        path.write_text(path.read_text().replace(":id=", ":admin,id=", 1))
        world.advance(2)
        assert {user.name: user.role for user in world.services.state.users.values()} == {
            "alice": "administrator",
            "bob": "",
        }


@pytest.mark.parametrize("stored", [True, False])
def test_an_account_is_replaced_while_its_old_password_is_checked(world, stored):
    """The password of a removed account never signs in to its successor (DESIGN R1), however late it is found right."""
    accounts, verify, tasks = world.services.accounts, world.services.accounts._verify, []

    def replaced_meanwhile(name, password):
        good = verify(name, password)
        if accounts._file.get("alice").id == account_id("alice"):
            accounts._file.remove("alice")
            accounts._file.add("alice", hash_password("another", 4), reuse=True)
            if stored:  # the state has the new account before the check has ended
                tasks.append(world.loop.create_task(accounts.roster.refresh()))
        return good

    accounts._verify = replaced_meanwhile
    late = attempt(world, "alice", PASSWORD)
    late.say("NICK alice", "USER alice 0 * :alice", "CAP END")
    world.advance(5)
    assert not [line for line in late.hear() if " 001 " in line]
    assert attempt(world, "alice", "another").hear()[0].split()[1] == "900"
