"""INVITATION: making, showing, listing and revoking invitations to the server, and signing up with one."""

from __future__ import annotations

import hashlib
import json
import logging

import pytest

from chatapp.errors import PasswordFileError
from chatapp.model import events
from chatapp.model.entities import SERVER_INVITATIONS_OF_MEMBER_MAX
from chatapp.protocol.invitation_link import parse_link
from chatapp.server.commands.topics import TOPICS
from tests.server.conftest import MakeWorld
from tests.server.world import CLOSED, FULL_DISK, KEYS, World

UNKNOWN = "abcdefghijklmnopqrstuv"  # a code that nobody has
USAGE = f"Usage: {TOPICS['INVITATION'].syntax}"
INVALID = (
    ":s FAIL INVITATION INVALID_INVITATION :There is no such invitation. Check that the link is whole, or ask for a"
    " new one."
)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Make a server where people sign up with invitations; alice is its administrator, and she is there."""
    return begin(make_world)


def begin(make_world: MakeWorld, **settings: object) -> World:
    """Make such a server, with settings of its own."""
    world = make_world(**{"accounts": "alice bob carol", "sign_up": "invite", **settings})
    world.enter("alice", "chatapp/account").answers_pings = True
    world.services.accounts._file.set_admin("alice", True)
    world.advance(1)
    world.deaf()
    return world


def invite(world: World, words: str = "", name: str = "alice") -> str:
    """Let somebody make an invitation; return its code."""
    (answer,) = world.actors[name].ask(f"INVITATION ADD {words}".rstrip())
    assert answer.startswith(":s INVITATION ADDED "), answer
    return parse_link(answer.partition(" :")[2]).code


def comes(world: World, name: str = "dave", address: str = "127.0.0.1", caps: str = "chatapp/account"):
    """Open a connection of somebody who has no account."""
    actor = world.connect(name, address, secure=True)
    actor.say(f"CAP REQ :sasl standard-replies {caps}", f"NICK {name}", f"USER {name} 0 * :{name}")
    actor.hear()
    return actor


def signs_up(world: World, code: str, name: str = "dave", **connection: str):
    """Let somebody sign up with an invitation; return the actor, and what it heard from its welcome on."""
    actor = comes(world, name, **connection)
    assert actor.ask(f"INVITATION {code}")[0].startswith(":s INVITATION VALID Net :")
    heard = actor.ask("REGISTER * * long-secret", "CAP END")
    assert heard[1] == f":s REGISTER SUCCESS {name} :The account {name} is made, and you are signed in."
    return actor, heard[2:]


# Signing up


def test_from_an_invitation_to_the_channel(world):
    """The code, a name and a password: the account is a member of the lobby and of the invitation's channels."""
    world.channel("#room", "alice")
    world.channel("#tea", "alice")
    code = invite(world, "join=#room,#tea")
    dave = comes(world)
    assert dave.ask(f"INVITATION {code}") == [":s INVITATION VALID Net :#room,#tea"]
    heard = dave.ask("REGISTER * * long-secret", "CAP END")
    assert heard[:2] == [
        ":s 900 dave dave!dave@s dave :You are signed in as dave.",
        ":s REGISTER SUCCESS dave :The account dave is made, and you are signed in.",
    ]
    joins = [line for line in heard if " JOIN " in line or " INVITE " in line]
    assert joins == [":dave!dave@s JOIN #room", ":dave!dave@s JOIN #tea"]
    assert world.actors["alice"].hear() == [":dave!dave@s JOIN #room", ":dave!dave@s JOIN #tea"]


def test_without_an_invitation(world):
    """It says what is needed, before anybody has chosen a password in vain."""
    dave = comes(world)
    assert dave.ask("ACCOUNT dave", "ACCOUNT alice") == [":s ACCOUNT dave invitation", ":s ACCOUNT alice known"]
    assert dave.ask("REGISTER * * long-secret") == [
        ":s FAIL REGISTER NEED_INVITATION * :You need an invitation to sign up here. Ask somebody who is here for its"
        " link, then: chat connect LINK, or /quote INVITATION LINK and then /quote REGISTER NAME * PASSWORD."
    ]
    dave.ask(f"INVITATION {invite(world)}")
    assert dave.ask("ACCOUNT dave", "ACCOUNT alice") == [":s ACCOUNT dave unknown", ":s ACCOUNT alice known"]
    assert dave.ask("ACCOUNT admin")[0].startswith(":s FAIL ACCOUNT BAD_ACCOUNT_NAME admin :")
    assert not world.services.accounts.knows("dave")


def test_a_client_that_knows_nothing_of_it(world):
    """irssi: it is told how at the refusal of its sign-in; it sends the link, and reads sentences."""
    world.channel("#room", "alice")
    (answer,) = world.actors["alice"].ask("INVITATION ADD join=#room")
    link = answer.partition(" :")[2]
    dave = world.connect("dave")
    (refusal,) = dave.ask("NICK dave", "USER dave 0 * :d")
    assert refusal.startswith(":s 464 dave :Sign in first: ")
    assert "/quote INVITATION LINK and then /quote REGISTER NAME * PASSWORD" in refusal
    assert dave.ask(f"INVITATION {link}") == [
        ":s NOTICE dave :You are invited to Net, to join #room. Now choose a name and a password: /quote REGISTER NAME"
        " * PASSWORD"
    ]
    heard = dave.ask("REGISTER * * long-secret")
    assert heard[2].startswith(":s 001 dave ")
    assert ":dave!dave@s JOIN #room" in heard


def test_where_everybody_signs_up(make_world):
    """ "With ``open``, an invitation still works": it joins its channels, and is used."""
    world = begin(make_world, sign_up="open")
    world.channel("#room", "alice")
    code = invite(world, "join=#room")
    _, heard = signs_up(world, code)
    assert ":dave!dave@s JOIN #room" in heard
    erin = comes(world, "erin")
    assert erin.ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_USED_UP :")
    assert erin.ask("REGISTER * * long-secret")[1].startswith(":s REGISTER SUCCESS erin :")


def test_where_nobody_signs_up(make_world):
    """``closed`` is closed: nobody makes an invitation, and no code is looked at."""
    world = begin(make_world)
    code = invite(world)
    world.run(world.watch.set_sign_up("closed"))
    dave = comes(world)
    refusal = ":s FAIL INVITATION DISALLOWED :Nobody can sign up here by themselves, not even with an invitation."
    assert dave.ask(f"INVITATION {code}", f"INVITATION {UNKNOWN}") == [refusal] * 2
    assert dave.ask("ACCOUNT dave") == [":s ACCOUNT dave closed"]
    assert (
        world.actors["alice"]
        .ask("INVITATION ADD")[-1]
        .startswith(":s FAIL INVITATION INVALID_PARAMS :Nobody can sign up here, not even with an invitation. ")
    )
    world.run(world.watch.set_sign_up("invite"))
    dave.ask(f"INVITATION {code}")
    world.run(world.watch.set_sign_up("closed"))
    assert dave.ask("REGISTER * * long-secret")[-1].startswith(":s FAIL REGISTER DISALLOWED * :")


def test_a_guest_signs_up(make_world):
    """It keeps its name, and joins the channels while it is connected."""
    world = begin(make_world, guests=True)
    world.channel("#room", "alice")
    code = invite(world, "join=#room")
    zoe = world.guest("zoe", "chatapp/account")
    assert zoe.ask("REGISTER * * long-secret")[0].startswith(":s FAIL REGISTER NEED_INVITATION ")
    assert zoe.ask(f"INVITATION {code}") == [":s INVITATION VALID Net :#room"]
    heard = zoe.ask("REGISTER * * long-secret")
    assert ":zoe!zoe@s JOIN #room" in heard
    assert any(" REGISTER SUCCESS zoe " in line for line in heard)


def test_who_has_an_account_needs_none(world):
    """Before the welcome and after it. The code is not looked at."""
    code = invite(world)
    refusal = ":s FAIL INVITATION ALREADY_AUTHENTICATED :You have an account; an invitation is for somebody new."
    bob = world.enter("bob", "chatapp/account")
    assert bob.ask(f"INVITATION {code}", f"INVITATION {UNKNOWN}") == [refusal] * 2
    _, other = comes(world), invite(world)
    dave = comes(world)
    dave.ask(f"INVITATION {code}", "REGISTER * * long-secret")
    assert dave.ask(f"INVITATION {other}") == [refusal]


def test_a_name_that_cannot_be_had_uses_nothing(world):
    """The client chooses another name, with the invitation that it has shown."""
    dave = comes(world)
    dave.ask(f"INVITATION {invite(world)}")
    assert dave.ask("REGISTER alice * long-secret")[0].startswith(":s FAIL REGISTER ACCOUNT_EXISTS alice :")
    assert dave.ask("REGISTER dave * short")[0].startswith(":s FAIL REGISTER WEAK_PASSWORD dave :")
    assert dave.ask("REGISTER dave * long-secret")[1].startswith(":s REGISTER SUCCESS dave :")


def test_the_account_is_recorded(world):
    """``chat log``: who let whom in."""
    signs_up(world, invite(world, "uses=5"))
    told = [(act.nick, act.verb, act.target, act.detail) for act in world.services.state.acts[-2:]]
    assert told == [("alice", "invitation-made", "1", "5"), ("alice", "invitation-used", "dave", "1")]


def test_many_sign_up_from_one_address(make_world):
    """A class behind one address: an invitation bounds how many, so they do not wait for the bucket of the address."""
    world = begin(make_world, sign_ups_per_address_burst=2)
    code = invite(world, "uses=5")
    for number in range(5):
        signs_up(world, code, f"pupil{number}", address="192.0.2.1")
    assert comes(world, "dave", "192.0.2.1").ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION ")


# Exactly as often as allowed


def test_two_people_at_the_same_moment(world):
    """Both have shown the code; both send REGISTER before anything is stored. One is let in, the other one not."""
    code = invite(world)
    people = [comes(world, name) for name in ("dave", "erin")]
    for person in people:
        assert person.ask(f"INVITATION {code}") == [":s INVITATION VALID Net :"]
    world.log.held = True
    for person in people:
        person.say("REGISTER * * long-secret")
    world.log.held = False
    world.settle()
    heard = [person.hear() for person in people]
    assert heard[0][1].startswith(":s REGISTER SUCCESS dave :")
    assert heard[1] == [
        ":s FAIL REGISTER INVITATION_USED_UP erin :This invitation has been used as often as it may be. Ask for a new"
        " one. If you have an account, sign in."
    ]
    assert not world.services.accounts.knows("erin")
    assert world.services.accounts._file.get("erin") is None, "only after the use is the account written"


def test_a_password_file_that_cannot_be_written(world, monkeypatch):
    """ "If writing the password file fails the use is given back"."""
    code = invite(world)
    dave = comes(world)
    dave.ask(f"INVITATION {code}")

    def broken(*args, **kwargs):
        raise PasswordFileError("Cannot write the password file /data/passwords: Read-only file system.")

    with monkeypatch.context() as patch:
        patch.setattr(world.services.accounts._file, "add", broken)
        assert dave.ask("REGISTER * * long-secret")[0].startswith(":s FAIL REGISTER TEMPORARILY_UNAVAILABLE dave :")
    assert len(world.complaints()) == 1
    assert world.services.state.server_invitations.uses == {}
    assert dave.ask("REGISTER * * long-secret")[1].startswith(":s REGISTER SUCCESS dave :")


def test_a_full_disk(world):
    """The use cannot be stored, so no account is made. When there is room, the invitation counts as before."""
    dave = comes(world)
    dave.ask(f"INVITATION {invite(world)}")
    world.log.failure = FULL_DISK
    assert dave.ask("REGISTER * * long-secret") == [
        ":s FAIL REGISTER TEMPORARILY_UNAVAILABLE dave :Not stored: the server's disk is full."
    ]
    world.log.failure = None
    assert world.services.accounts._file.get("dave") is None
    assert dave.ask("REGISTER * * long-secret")[1].startswith(":s REGISTER SUCCESS dave :")


def fills_up(world, monkeypatch):
    """Let the disk be full from the moment on when an account is written."""
    add = world.services.accounts._file.add

    def full(*args, **kwargs):
        world.log.failure = FULL_DISK
        return add(*args, **kwargs)

    monkeypatch.setattr(world.services.accounts._file, "add", full)


def test_a_disk_that_fills_up_in_the_middle(world, monkeypatch):
    """The use is stored and the account is not: the use is given back as soon as that can be stored."""
    code = invite(world)
    dave = comes(world)
    dave.ask(f"INVITATION {code}")
    with monkeypatch.context() as patch:
        fills_up(world, patch)
        (answer,) = dave.ask("REGISTER * * long-secret")
    assert "No account was made." in answer
    assert len(world.services.state.server_invitations.uses) == 1
    world.log.failure = None
    world.advance(1)
    world.complaints()
    assert comes(world, "erin").ask(f"INVITATION {code}") == [":s INVITATION VALID Net :"]
    assert world.services.state.server_invitations.uses == {}
    assert dave.ask("REGISTER * * long-secret")[1].startswith(":s REGISTER SUCCESS dave :")


def test_an_account_that_is_in_the_password_file_keeps_its_use(world, monkeypatch):
    """It can neither be stored nor be taken out again: it comes into the log later, and then it has used it."""
    world.channel("#room", "alice")
    code = invite(world, "join=#room")
    dave = comes(world)
    dave.ask(f"INVITATION {code}")

    def broken(account):
        raise PasswordFileError("Cannot write the password file: No space left on device.")

    with monkeypatch.context() as patch:
        fills_up(world, patch)
        patch.setattr(world.services.accounts._file, "withdraw", broken)
        assert "dave has an account now, but cannot sign in yet" in dave.ask("REGISTER * * long-secret")[0]
    world.log.failure = None
    world.advance(1)
    world.complaints()
    assert world.services.accounts.knows("dave")
    assert comes(world, "erin").ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_USED_UP :")
    assert [act.verb for act in world.services.state.acts][-1] == "invitation-used"


@pytest.mark.parametrize("end", ["stop", "crash"])
def test_a_restart_in_between(world, end):
    """Invitations survive; a use for an account that was never written is given back at the start."""
    world.channel("#room", "alice")
    code = invite(world, "uses=2 join=#room")
    new, hashed = world.services.proposals, hashlib.sha256(code.encode()).hexdigest()
    world.run(new.settle(new.event(events.ServerInvitationUsed, None, code=hashed, uid="d" * 16, name="dave")))
    assert len(world.services.state.server_invitations.uses) == 1
    getattr(world, end)()
    world.start_again()
    assert world.services.state.server_invitations.uses == {}
    for name in ("dave", "erin"):
        _, heard = signs_up(world, code, name)
        assert f":{name}!{name}@s JOIN #room" in heard
    assert comes(world, "frank").ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_USED_UP :")


def test_a_server_that_ends_within_a_sign_up(world):
    """What signs up is ended where nothing can be awaited any more; the next sign-up gives the use back."""
    hashed = hashlib.sha256(invite(world).encode()).hexdigest()
    using = world.services.accounts.invitations.using(hashed, "d" * 16, "dave")
    world.run(using.__aenter__())
    with pytest.raises(StopIteration):  # it has ended, and has awaited nothing
        using.gen.aclose().send(None)
    signs_up(world, invite(world), "erin")
    assert {use.name for use in world.services.state.server_invitations.uses.values()} == set()


def test_a_crash_before_the_channels_are_joined(world, monkeypatch):
    """The account's invitation to the channel stands, also to an invite-only one, and it is told of it."""
    world.channel("#room", "alice")
    world.actors["alice"].ask("MODE #room +i")
    code = invite(world, "join=#room")

    async def nothing(uid, invitation):
        return None

    monkeypatch.setattr(world.services.accounts.invitations, "join_channels", nothing)
    dave, heard = signs_up(world, code)
    assert ":alice!alice@s INVITE dave #room" in heard
    assert ":dave!dave@s JOIN #room" in dave.ask("JOIN #room")


def test_whoever_closes_the_connection_uses_nothing(world):
    """The sign-up waits for its turn; its client goes; the use is given back."""
    code = invite(world)
    dave = comes(world)
    dave.ask(f"INVITATION {code}")
    queue = world.services.accounts._queue
    free, queue._free = queue._free, 0
    dave.say("REGISTER * * long-secret")
    assert len(world.services.state.server_invitations.uses) == 1
    dave.vanish()
    queue._free = free
    world.advance(1)
    assert world.services.state.server_invitations.uses == {}
    signs_up(world, code, "erin")


# What a code is answered


def test_codes_that_do_not_count(world):
    """ "The answer is the same for unknown, expired, used up and revoked codes unless the code was right once (then
    say which)".
    """
    used, late, gone = invite(world), invite(world, "expires=1h"), invite(world)
    signs_up(world, used)
    world.actors["alice"].ask("INVITATION DEL 3")
    world.advance(3_600)
    erin = comes(world, "erin")
    codes = {"INVITATION_USED_UP": used, "INVITATION_EXPIRED": late, "INVITATION_REVOKED": gone}
    for answer, code in codes.items():
        (told,) = erin.ask(f"INVITATION {code}")
        assert told.startswith(f":s FAIL INVITATION {answer} :This invitation "), told
    for code in (UNKNOWN, "x", used[:-1], f"{used}A", used.swapcase(), "é" * 22, "1", f"#invite={used[:-1]}"):
        guesser = comes(world, "guesser")
        guesser.say(f"INVITATION {code}")
        world.advance(20)
        assert guesser.hear() == [INVALID], code
    world.deaf()
    invite(world)  # the expired one is dropped, and is remembered
    frank = comes(world, "frank", "192.0.2.1")
    assert frank.ask(f"INVITATION {late}")[0].startswith(":s FAIL INVITATION INVITATION_EXPIRED :")


def test_it_ends_between_the_code_and_the_name(world):
    """REGISTER judges it again. Then the client may show another one."""
    dave = comes(world)
    dave.ask(f"INVITATION {invite(world)}")
    world.actors["alice"].ask("INVITATION DEL 1")
    assert dave.ask("REGISTER * * long-secret")[0].startswith(":s FAIL REGISTER INVITATION_REVOKED dave :")
    assert dave.ask("REGISTER * * long-secret")[0].startswith(":s FAIL REGISTER NEED_INVITATION ")
    dave.ask(f"INVITATION {invite(world)}")
    assert dave.ask("REGISTER * * long-secret")[1].startswith(":s REGISTER SUCCESS dave :")


def test_a_wrong_code_after_a_right_one(world):
    """The last word counts: nobody signs up with an invitation that they did not mean."""
    dave = comes(world)
    dave.ask(f"INVITATION {invite(world)}")
    dave.say(f"INVITATION {UNKNOWN}")
    world.advance(1)
    assert dave.hear() == [INVALID]
    assert dave.ask("REGISTER * * long-secret")[0].startswith(":s FAIL REGISTER NEED_INVITATION ")


def test_guessing_is_slowed(world):
    """ "Guessing is slowed per address (and as sign-in guesses are)": each wrong code waits longer than the last, on
    all connections of the address; others wait for nothing.
    """
    code = invite(world)
    waits = []
    for number in range(6):
        guesser = comes(world, f"g{number}", "192.0.2.66")
        before = world.loop.time()
        guesser.say(f"INVITATION {UNKNOWN}")
        while not (heard := guesser.hear()):
            world.advance(0.25)
        assert heard == [INVALID]
        waits.append(world.loop.time() - before)
    assert waits == sorted(waits)
    assert waits[0] < 1 < 7 < waits[-1]
    assert comes(world, "dave", "192.0.2.1").ask(f"INVITATION {code}") == [":s INVITATION VALID Net :"]
    several = [comes(world, f"h{number}", "192.0.2.67") for number in range(20)]
    for each in several:
        each.say(f"INVITATION {UNKNOWN}")
    world.advance(60)
    assert sum(bool(each.hear()) for each in several) < 12, "many at once gain nothing"


def test_wrong_codes_delay_wrong_passwords(world):
    """They count for the address like wrong passwords, so that nobody guesses twice as fast with both."""
    guesser = comes(world, "g", "192.0.2.66")
    for _ in range(5):
        guesser.say(f"INVITATION {UNKNOWN}")
        world.advance(20)
    guesser.hear()
    assert world.services.accounts._throttle.wait_s("alice", "192.0.2.66", world.loop.time() - 20) > 0
    world.advance(600)


def test_an_old_code_is_no_guess(world):
    """Whoever opens an old link again and again is told at once, and delays nobody behind the same address."""
    code = invite(world)
    signs_up(world, code)
    erin = comes(world, "erin", "192.0.2.1")
    for _ in range(10):
        assert erin.ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_USED_UP :")


# Making, listing, revoking


def test_the_link(make_world):
    """ "``https://<host>:<port>/#invite=<code>&key=<pin of the server's public key>``", with 128 random bits."""
    world = begin(make_world)
    world.services.place = lambda: ("chat.example.org", 6697)
    links = [world.actors["alice"].ask("INVITATION ADD")[0].partition(" :")[2] for _ in range(2)]
    first, second = (parse_link(link) for link in links)
    assert (first.host, first.port, first.key) == ("chat.example.org", 6697, KEYS.public_key)
    assert len(first.code) == 22
    assert first.code != second.code


def test_only_the_asking_session_sees_the_link(world):
    """Another device of the maker, and everybody else, hears nothing."""
    phone, bob = world.enter("alice", "chatapp/account", as_="phone"), world.enter("bob")
    invite(world)
    assert phone.hear() == bob.hear() == []


def test_a_labelled_answer(world):
    """As for every command."""
    phone = world.enter("alice", "chatapp/account labeled-response batch", as_="phone")
    (answer,) = phone.ask("@label=7 INVITATION ADD")
    assert answer.startswith("@label=7 :s INVITATION ADDED 1 :https://")
    assert phone.ask("@label=8 INVITATION DEL 1") == ["@label=8 :s INVITATION DELETED 1"]


def test_who_may_make_one(make_world):
    """``--invites admins`` (the default) or ``members``; guests never, nor who has not signed in."""
    world = begin(make_world, guests=True)
    bob = world.enter("bob", "chatapp/account")
    assert bob.ask("INVITATION ADD") == [
        ":s FAIL INVITATION NOT_ALLOWED :Only administrators make invitations here. Ask one, or who runs this server"
        " (chat serve --invites members)."
    ]
    need = ":s FAIL INVITATION NEED_ACCOUNT :Sign in to an account first."
    assert comes(world).ask("INVITATION ADD", "INVITATION LIST", "INVITATION DEL 1") == [need] * 3
    assert world.guest("zoe").ask("INVITATION ADD") == [need]
    world = begin(make_world, invites="members", guests=True)
    world.enter("bob", "chatapp/account")
    signs_up(world, invite(world, name="bob"))
    assert world.guest("zoe").ask("INVITATION ADD") == [need]


def test_how_many_a_member_has(make_world):
    """There is a limit, and revoking one makes room."""
    world = begin(make_world, invites="members", rate_limits=False)
    bob = world.enter("bob", "chatapp/account")
    for _ in range(SERVER_INVITATIONS_OF_MEMBER_MAX):
        invite(world, name="bob")
    assert bob.ask("INVITATION ADD")[0].startswith(":s FAIL INVITATION LIMIT_REACHED :")
    assert bob.ask("INVITATION DEL #1") == [":s INVITATION DELETED 1"]
    invite(world, name="bob")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("INVITATION", f"NEED_MORE_PARAMS :{USAGE}"),
        ("INVITATION :", f"NEED_MORE_PARAMS :{USAGE}"),
        ("INVITATION ADD uses=0", "INVALID_PARAMS :An invitation is for 1 to 1000 people."),
        ("INVITATION ADD uses=1001", "INVALID_PARAMS :An invitation is for 1 to 1000 people."),
        ("INVITATION ADD uses=x", "INVALID_PARAMS :An invitation is for 1 to 1000 people."),
        ("INVITATION ADD uses=٣", "INVALID_PARAMS :An invitation is for 1 to 1000 people."),
        ("INVITATION ADD uses=99999999999", "INVALID_PARAMS :An invitation is for 1 to 1000 people."),
        ("INVITATION ADD expires=x", "INVALID_PARAMS expires :A duration is like 30m, 12h, 7d or 1d12h, ..."),
        ("INVITATION ADD expires=0s", "INVALID_PARAMS expires :A duration is like 30m, 12h, 7d or 1d12h, ..."),
        ("INVITATION ADD expires=2y", "INVALID_PARAMS :An invitation is good for a year at most."),
        ("INVITATION ADD uses=1 uses=2", f"INVALID_PARAMS uses :{USAGE}"),
        ("INVITATION ADD uses=", f"INVALID_PARAMS uses :{USAGE}"),
        ("INVITATION ADD often", f"INVALID_PARAMS often :{USAGE}"),
        ("INVITATION ADD :two words", f"INVALID_PARAMS * :{USAGE}"),
        ("INVITATION ADD join=#none", "INVALID_PARAMS :There is no channel #none. Make it first, by joining it."),
        ("INVITATION ADD join=" + ",".join("#room" for _ in range(11)), "INVALID_PARAMS :An invitation is to 10 ..."),
        ("INVITATION DEL", f"NEED_MORE_PARAMS :{USAGE}"),
        ("INVITATION DEL 1 2", f"NEED_MORE_PARAMS :{USAGE}"),
        ("INVITATION DEL 1", "NO_SUCH_INVITATION 1 :You have no such invitation. INVITATION LIST shows them."),
        ("INVITATION DEL x", "NO_SUCH_INVITATION x :You have no such invitation. INVITATION LIST shows them."),
        ("INVITATION DEL -1", "NO_SUCH_INVITATION -1 :You have no such invitation. INVITATION LIST shows them."),
    ],
)
def test_what_cannot_be_done(world, line, answer):
    """Each has its code, and words that say what to do."""
    world.channel("#room", "alice")
    world.play(f"""
        alice> {line}
        alice< :s FAIL INVITATION {answer}
    """)


def test_to_which_channels(make_world):
    """The maker is in them, and to an invite-only channel at least a half-operator. A secret one is as if not there."""
    world = begin(make_world, invites="members")
    for name in ("bob", "carol"):
        world.enter(name, "chatapp/account")
    world.channel("#room", "bob carol")
    world.channel("#bobs", "bob")
    carol = world.actors["carol"]
    assert carol.ask("INVITATION ADD join=#bobs")[0].startswith(":s FAIL INVITATION NOT_ALLOWED #bobs :You can invite ")
    world.actors["bob"].ask("MODE #room +i", "MODE #bobs +s")
    world.deaf()
    assert carol.ask("INVITATION ADD join=#room")[0].startswith(":s FAIL INVITATION NOT_ALLOWED #room :Only half-op")
    none = ":s FAIL INVITATION INVALID_PARAMS :There is no channel {}. Make it first, by joining it."
    assert carol.ask("INVITATION ADD join=#bobs", "INVITATION ADD join=none") == [
        none.format("#bobs"), none.format("#none"),
    ]  # fmt: skip
    _, heard = signs_up(world, invite(world, "join=#room,bobs,#ROOM", name="bob"))
    assert [line for line in heard if " JOIN " in line] == [":dave!dave@s JOIN #room", ":dave!dave@s JOIN #bobs"]


def test_rights_are_judged_when_it_is_used(world):
    """The code tells only the channels that it opens now."""
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.channel("#tea", "alice")
    code = invite(world, "join=#room,#tea")
    world.actors["alice"].ask("PART #tea")
    dave = comes(world)
    assert dave.ask(f"INVITATION {code}") == [":s INVITATION VALID Net :#room"]
    heard = dave.ask("REGISTER * * long-secret", "CAP END")
    assert [line for line in heard if " JOIN " in line] == [":dave!dave@s JOIN #room"]


def test_listing(make_world):
    """Number, times, how often it was used and may be, the maker, the channels; one's own, and all for administrators.
    Never the code.
    """
    world = begin(make_world, invites="members")
    world.enter("bob", "chatapp/account")
    world.channel("#room", "bob")
    code = invite(world, "uses=3 expires=1d join=#room", name="bob")
    signs_up(world, code)
    world.deaf()
    invite(world, "expires=12h")
    bobs = ":s INVITATION 1 2026-01-01T{t1} 2026-01-02T{t1} 1 3 bob :#room"
    world.play(f"""
        bob> INVITATION LIST
        bob< {bobs}
        bob< :s INVITATION END
        alice> INVITATION LIST
        alice< {bobs}
        alice< :s INVITATION 2 2026-01-01T{{t2}} 2026-01-01T{{t3}} 0 1 alice :
        alice< :s INVITATION END
    """)
    assert code not in "".join(world.actors["bob"].ask("INVITATION LIST"))
    old = world.enter("bob", as_="old", old=True)
    (first, last) = old.ask("INVITATION list")
    assert first.startswith(":s NOTICE bob :1, by bob, until 2026-01-02 00:")
    assert first.endswith(" UTC, used 1 of 3 times, to join #room")
    assert last == ":s NOTICE bob :Invitations: 1."


def test_a_secret_channel_is_not_in_the_list_of_who_has_left(make_world):
    """Its name may be another one by now."""
    world = begin(make_world, invites="members")
    for name in ("bob", "carol"):
        world.enter(name, "chatapp/account")
    world.channel("#plan", "bob carol")
    world.actors["bob"].ask("MODE #plan +s")
    world.deaf()
    invite(world, "join=#plan", name="carol")
    carol = world.actors["carol"]
    carol.ask("PART #plan")
    assert carol.ask("INVITATION LIST")[0].endswith(" 0 1 carol :")


def test_revoking(make_world):
    """The maker and administrators; for others it is as if there was none. The code does not count any more."""
    world = begin(make_world, invites="members")
    for name in ("bob", "carol"):
        world.enter(name, "chatapp/account")
    code = invite(world, name="bob")
    assert world.actors["carol"].ask("INVITATION DEL 1")[0].startswith(":s FAIL INVITATION NO_SUCH_INVITATION 1 :")
    assert world.actors["alice"].ask("INVITATION DEL 1") == [":s INVITATION DELETED 1"]
    assert comes(world).ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_REVOKED :")
    assert world.enter("bob", as_="old").ask("INVITATION DEL 1")[0].startswith(":s FAIL INVITATION NO_SUCH_")


@pytest.mark.parametrize("how", ["banned", "removed"])
def test_whoever_is_thrown_out_lets_nobody_in(make_world, how):
    """A troublemaker who made invitations before does not come back with one."""
    world = begin(make_world, invites="members")
    world.enter("bob", "chatapp/account")
    code = invite(world, name="bob")
    if how == "banned":
        world.actors["alice"].ask("UBAN ADD bob")
    else:
        world.services.accounts._file.remove("bob")
        world.advance(1)
    assert world.actors["bob"].hear()[-1] == CLOSED
    assert comes(world).ask(f"INVITATION {code}")[0].startswith(":s FAIL INVITATION INVITATION_REVOKED :")


def test_the_longest_line(make_world):
    """Ten channels with the longest names are more than a line has room for: the rest is left out, and is joined."""
    world = begin(make_world)
    names = ["#" + "é" * 62 + str(number) for number in range(10)]
    for name in names:
        world.channel(name, "alice")
    code = ""
    words = ",".join(names[:3])
    code = invite(world, f"join={words}")
    (valid,) = comes(world).ask(f"INVITATION {code}")
    assert valid == f":s INVITATION VALID Net :{words}"


# What is offered


def test_the_capability_says_so(make_world):
    """Spec IRCv3 draft/account-registration: "Clients ... MUST ignore any unknown key"."""
    for policy, value in (
        ("open", "before-connect,custom-account-name"),
        ("invite", "before-connect,custom-account-name,chatapp/invitation-required"),
    ):
        offered = " ".join(make_world(sign_up=policy).connect("x").ask("CAP LS 302")).split()
        assert f"draft/account-registration={value}" in offered
    offered = " ".join(make_world(sign_up="closed").connect("x").ask("CAP LS 302"))
    assert "draft/account-registration" not in offered


def test_a_new_policy_changes_the_offer(make_world):
    """Clients that know values are told the new value; others have what they had."""
    world = make_world(sign_up="open")
    new, old = world.connect("new"), world.connect("old", says="CAP REQ :cap-notify draft/account-registration")
    new.ask("CAP LS 302", "CAP REQ draft/account-registration"), old.hear()
    name = "draft/account-registration"
    world.run(world.watch.set_sign_up("invite"))
    keys = "before-connect,custom-account-name"
    assert new.hear() == [f":s CAP * NEW :{name}={keys},chatapp/invitation-required"]
    assert old.hear() == []
    world.run(world.watch.set_sign_up("closed"))
    assert new.hear() == old.hear() == [f":s CAP * DEL :{name}"]
    world.run(world.watch.set_sign_up("invite"))
    assert new.hear() == [f":s CAP * NEW :{name}={keys},chatapp/invitation-required"]
    assert old.hear() == [f":s CAP * NEW :{name}"]


# No code anywhere


def test_a_code_is_nowhere(world, caplog):
    """ "No code in a log, ... error, repr or event; a stolen data folder reveals none": neither as it is, nor as a part
    of a link.
    """
    caplog.set_level(logging.DEBUG)
    world.channel("#room", "alice")
    code, other = invite(world, "uses=2 join=#room"), invite(world)
    dave = comes(world)
    for line in (f"INVITATION {UNKNOWN}", f"INVITATION {other}x", f"INVITATION {other}", f"INVITATION {code}"):
        dave.say(line)
        world.advance(20)
    heard = dave.hear()
    assert heard[-1] == ":s INVITATION VALID Net :#room"
    heard += dave.ask("REGISTER * * long-secret", "CAP END")
    heard += world.actors["alice"].ask("INVITATION LIST", "INVITATION DEL 2")
    session = dave.connection._session if hasattr(dave.connection, "_session") else dave.connection
    stored = [events.encode(row.event).decode() for row in world.disk.rows]
    world.stop()
    kept = [path.read_bytes().decode(errors="replace") for path in world.folder.rglob("*") if path.is_file()]
    everything = [
        *heard, *stored, *kept, caplog.text, repr(session), repr(world.services.state.server_invitations),
        world.services.state.snapshot().decode(errors="replace"), json.dumps([repr(row) for row in world.disk.rows]),
    ]  # fmt: skip
    for secret in (code, other, UNKNOWN):
        assert not any(secret in text for text in everything)
    assert any(hashlib.sha256(code.encode()).hexdigest() in text for text in stored)
    world.start_again()
