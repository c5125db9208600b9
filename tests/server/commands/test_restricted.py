"""A session that has signed in with a restricted token: it sends to the token's targets, and hears nothing."""

from __future__ import annotations

import pytest

from chatapp.server.commands import COMMANDS
from tests.server.commands.test_token import make, sign_in
from tests.server.support import make_admin
from tests.server.world import CLOSED, PASSWORD, b64, plain

ONLY = ":The token backup may only send to #ops, bob."
CAPS = "standard-replies echo-message labeled-response batch message-tags draft/multiline"


@pytest.fixture
def sender(make_world):
    """Let alice and bob talk in #ops and #lobby, and a program of alice come with a token for #ops and bob."""
    world = make_world(accounts="alice bob carol")
    alice, _ = world.enter("alice", "echo-message"), world.enter("bob", "echo-message")
    world.channel("#ops", "alice bob")
    world.channel("#lobby", "alice bob")
    token_id, text = make(alice, "backup", "#ops,bob")
    actor = sign_in(world, text, as_="sender", caps=CAPS)
    actor.text, actor.token_id = text, token_id
    actor.welcome = actor.hear()
    world.deaf()
    return actor


def test_the_welcome(sender):
    """It has what every client waits for, and nothing about the account and its channels."""
    assert [line.split()[1] for line in sender.welcome if " 005 " not in line] == [
        "+", "900", "903", "001", "002", "003", "004", "422",
    ]  # fmt: skip


def test_it_sends_to_its_targets(sender):
    """Each kind of message; the echo is the receipt, as for everybody."""
    bob = sender.world.actors["bob"]
    for line in (
        "PRIVMSG #ops :done", "NOTICE #OPS :done", "PRIVMSG Bob :done", "PRIVMSG bob,#ops :done",
        "@+x=y TAGMSG #ops", "PRIVMSG #ops :again", "PRIVMSG #ops :and again",
    ):  # fmt: skip
        heard = sender.ask(line)
        assert all(":alice!alice@s " in each for each in heard), heard
        assert len(heard) == (2 if "bob,#ops" in line else 1)
    assert len(bob.hear()) == 7  # it has no message-tags, so no TAGMSG
    assert [line.partition(" ")[2] for line in sender.ask("@label=1 PRIVMSG #ops :x")] == [
        ":alice!alice@s PRIVMSG #ops :x"
    ]


def test_it_sends_several_lines(sender):
    """A message of several lines is one message to one target."""
    echo = sender.ask(
        "BATCH +1 draft/multiline #ops", "@batch=1 PRIVMSG #ops :a", "@batch=1 PRIVMSG #ops :b", "BATCH -1"
    )
    assert [line.split(" ")[2 if line[0] == "@" else 1] for line in echo] == ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"]
    refused = sender.ask("BATCH +2 draft/multiline #lobby", "@batch=2 PRIVMSG #lobby :a", "BATCH -2")
    assert refused[0] == f":s FAIL BATCH TOKEN_RESTRICTED +2 {ONLY}"
    assert all(" FAIL BATCH " in line for line in refused)
    swapped = sender.ask("BATCH +3 draft/multiline #ops", "@batch=3 PRIVMSG #lobby :a", "BATCH -3")
    assert [line.split()[3] for line in swapped] == ["MULTILINE_INVALID_TARGET"]
    assert [line for line in sender.world.actors["bob"].hear() if "#lobby" in line] == []


@pytest.mark.parametrize(
    "line",
    ["PRIVMSG #lobby :x", "PRIVMSG #ops,#lobby :x", "NOTICE carol :x", "@+typing=active TAGMSG #lobby",
     "PRIVMSG @#ops :x", "PRIVMSG *playback :play * 0", "PRIVMSG alice :x", "PRIVMSG", "JOIN #new", "JOIN #ops,#new",
     "JOIN 0", "PART #ops", "BATCH +1 draft/multiline #lobby", "BATCH +1"],
)  # fmt: skip
def test_what_is_refused(sender, line):
    """One target that is not listed is one too many; nobody hears anything, and nothing changes."""
    world = sender.world
    digest = world.services.state.digest()
    (refused,) = sender.ask(line)
    verb = line.split()[1 if line[0] == "@" else 0]
    assert refused.startswith(f":s FAIL {verb} TOKEN_RESTRICTED "), refused
    assert refused.endswith(ONLY)
    world.advance(10)
    assert world.services.state.digest() == digest
    assert [actor.hear() for actor in (world.actors["alice"], world.actors["bob"])] == [[], []]


ALLOWED = {"CAP", "PING", "PONG", "QUIT"}
BEFORE = {"PASS", "USER", "WEBIRC"}  # only before the welcome


@pytest.mark.parametrize("verb", sorted({command.verb for command in COMMANDS} - ALLOWED - BEFORE))
def test_every_other_command(sender, verb):
    """ "Nothing else that changes or reads": also of a new command, whatever its parameters are."""
    world = sender.world
    digest = world.services.state.digest()
    for rest in ("", " #lobby", " LIST", " * SET avatar :x", f" {b64(PASSWORD)} {b64('correct horse')}"):
        (refused,) = sender.ask(f"{verb}{rest}")
        assert refused.startswith(f":s FAIL {verb} TOKEN_RESTRICTED "), refused
    world.advance(10)
    assert world.services.state.digest() == digest


def test_what_is_allowed(sender):
    """PING, PONG, CAP and QUIT are about the connection only."""
    assert sender.ask("PING 1") == [":s PONG s :1"]
    assert sender.ask("PONG 1") == []
    assert sender.ask("CAP REQ :server-time away-notify draft/read-marker extended-join") == [
        ":s CAP alice ACK :server-time away-notify draft/read-marker extended-join"
    ]
    assert sender.ask("NONSENSE") == [":s 421 alice NONSENSE :There is no such command."]
    sender.world.actors["bob"].say("PRIVMSG #ops :x", "PRIVMSG alice :x", "AWAY :x")
    assert sender.hear() == [], "a change of capabilities does not let it hear"
    assert sender.ask("QUIT")[-1] == CLOSED


def test_joining(sender):
    """It may join a channel that it sends to, for its account, and is told of that, without a look into the channel."""
    world = sender.world
    alice = world.actors["alice"]
    alice.say("PART #ops")
    assert any(" 404 " in line for line in sender.ask("PRIVMSG #ops :x"))
    world.deaf()
    assert sender.ask("JOIN #OPS,#ops") == [":alice!alice@s JOIN #ops"]
    assert alice.hear()[0] == ":alice!alice@s JOIN #ops"
    assert sender.ask("JOIN #ops") == [":alice!alice@s JOIN #ops"]
    world.actors["bob"].say("PRIVMSG #ops :hi")
    assert sender.hear() == []


def test_it_hears_nothing(sender):
    """A stolen token of a program does not read what the account gets."""
    world = sender.world
    alice, bob = world.actors["alice"], world.actors["bob"]
    bob.say("PRIVMSG #ops :x", "PRIVMSG alice :x", "TOPIC #ops :x", "AWAY :x", "PART #ops", "NICK bert", "JOIN #ops")
    alice.say("PRIVMSG #ops :x", "PRIVMSG bob :x", "PRIVMSG alice :x", "AWAY :x", "SETNAME :A", "MODE alice +B")
    alice.say("METADATA * SET avatar :x", "INVITE bob #lobby", "MARKREAD #ops timestamp=2026-01-01T00:16:40.000Z")
    carol = world.enter("carol")
    make_admin(world, "carol")
    carol.say("WALLOPS :x", "JOIN #ops")
    world.advance(30)
    assert sender.hear() == []
    world.log.held = True
    bob.say("PRIVMSG #ops :of another")
    sender.say("PRIVMSG #ops :own")
    carol.say("PRIVMSG #ops :of another")
    world.log.held = False
    world.settle()
    assert [line.rpartition(":")[2] for line in sender.hear()] == ["own"], "also in the same batch of the log"


def told(actor, *lines):
    """Say lines; return what is heard, without the tags."""
    return [line.partition(" ")[2] if line[0] == "@" else line for line in actor.ask(*lines)]


def test_it_is_not_told_that_somebody_is_away(sender):
    """Neither that bob is away, nor the words, nor that he is not connected."""
    bob = sender.world.actors["bob"]
    bob.say("AWAY :at the lawyer's")
    assert told(sender, "PRIVMSG bob :x") == [":alice!alice@s PRIVMSG bob :x"]
    lines = told(
        sender, "BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG bob :a", "@batch=1 PRIVMSG bob :b", "BATCH -1"
    )
    assert len(lines) == 4
    assert " 301 " not in "".join(lines)
    bob.hang_up()
    assert told(sender, "PRIVMSG bob :x") == [":alice!alice@s PRIVMSG bob :x"]


def test_a_repeated_message_of_another_session(sender):
    """The echo has the words that the program sends, and none of the message that has the key."""
    world = sender.world
    page, bob = world.enter("alice", "message-tags", as_="page"), world.actors["bob"]
    page.say("@+chatapp/id=1;+x=secret PRIVMSG #lobby :the code is 1234", "@+chatapp/id=2 PRIVMSG bob :the code")
    world.deaf()
    for key in "12":
        (echo,) = sender.ask(f"@+chatapp/id={key} PRIVMSG #ops :guess")
        assert echo.endswith(" :alice!alice@s PRIVMSG #ops :guess")
        assert f"+chatapp/id={key}" in echo
        assert "+x" not in echo
    (first,) = sender.ask("@+chatapp/id=3 PRIVMSG #ops :done")
    assert sender.ask("@+chatapp/id=3 PRIVMSG #ops :done") == [first]
    assert len(bob.hear()) == 1, "a repeat is not sent again"


def test_it_is_not_its_account(sender):
    """The account is away when only its program is here, and what it missed waits for it."""
    world = sender.world
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.hang_up()
    assert any(" 301 bob alice :not connected" in line for line in bob.ask("PRIVMSG alice :are you here?"))
    assert bob.ask("ISON alice")[-1] == ":s 303 bob :"
    sender.say("PRIVMSG #ops :still running")
    sender.answers_pings = True
    world.advance(400)
    sender.hang_up()
    back = world.connect("back", says="CAP REQ :sasl\nNICK alice\nUSER a 0 * :a\nAUTHENTICATE PLAIN")
    back.say(f"AUTHENTICATE {plain('alice')[0]}", "CAP END")
    assert any(line.endswith("PRIVMSG alice :are you here?") for line in back.hear())


def test_it_changes_nothing_before_the_welcome(world):
    """What a client may tell of itself before the welcome is dropped."""
    alice = world.enter("alice")
    _, text = make(alice, "backup", "#ops")
    x = world.connect("x", says="CAP REQ :sasl batch draft/metadata-3\nNICK alice\nUSER a 0 * :Another name")
    x.say("METADATA * SET avatar :x", "METADATA * SUB avatar", "AWAY :x", "AUTHENTICATE PLAIN")
    x.say(f"AUTHENTICATE {plain('alice', text)[0]}")
    x.hear()
    x.say("CAP END")
    assert "metadata" not in " ".join(x.hear())
    user = world.services.state.user_named("alice")
    assert (user.metadata, user.realname) == ({}, "alice")


def test_what_ends_its_account_ends_it(make_world):
    """A ban, KILL, a new password, the end of the account, and the revocation of the token."""

    def killed(world, token_id):
        carol = world.enter("carol")
        make_admin(world, "carol")
        carol.say("KILL alice :x")

    def banned(world, token_id):
        carol = world.enter("carol")
        make_admin(world, "carol")
        carol.say("UBAN ADD alice :x")

    def removed(world, token_id):
        world.services.accounts._file.remove("alice")
        world.advance(1)

    def changed(world, token_id):
        world.actors["alice"].say(f"PASSWD {b64(PASSWORD)} {b64('correct horse')}")

    def revoked(world, token_id):
        world.actors["alice"].say(f"TOKEN DEL {token_id}")

    for end in (killed, banned, removed, changed, revoked):
        world = make_world(accounts="alice bob carol")
        token_id, text = make(world.enter("alice"), "backup", "#ops")
        x = sign_in(world, text)
        x.hear()
        end(world, token_id)
        assert x.hear()[-1] == CLOSED, end.__name__
        assert world.services.presence._senders == {}


def test_it_cannot_become_more(sender):
    """Neither another sign-in on the connection nor OPER lifts the restriction."""
    assert sender.ask("AUTHENTICATE PLAIN")[0].startswith(":s FAIL AUTHENTICATE TOKEN_RESTRICTED ")
    world = sender.world
    full = world.enter("alice", as_="full")
    full.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', sender.text)[0]}")
    assert [line.split()[1] for line in full.hear()] == ["+", "900", "903"]
    assert full.ask("TOPIC #lobby :x")[0].endswith("TOPIC #lobby :x"), "a session stays what it was at the welcome"


def test_the_last_sign_in_before_the_welcome_counts(world):
    """Who proves the password on the same connection may do everything."""
    _, text = make(world.enter("alice"), "backup", "#ops")
    x = world.connect("x", says="CAP REQ :sasl chatapp/account\nNICK alice\nUSER a 0 * :a\nAUTHENTICATE PLAIN")
    x.say(
        f"AUTHENTICATE {plain('alice', text)[0]}", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')[0]}", "CAP END"
    )
    x.hear()
    assert x.ask("TOKEN LIST")[-1] == ":s TOKEN END"


def test_programs_do_not_keep_their_account_out(make_world):
    """Their connections have a limit of their own."""
    world = make_world(accounts="alice", sessions_per_account_max=2)
    _, text = make(world.enter("alice"), "backup", "#ops")
    first, second, third = (sign_in(world, text, as_=f"x{number}") for number in range(3))
    assert third.hear()[-2:] == ["ERROR :Your account has too many connections. Close one of them first.", CLOSED]
    assert not first.closed
    assert not second.closed
    world.enter("alice", as_="second alice")
    first.hang_up()
    assert any(" 001 " in line for line in sign_in(world, text, as_="x4").hear())


def test_a_join_is_not_sent_on(sender):
    """ "Such a session only sends to its targets": a forward (mode ``f``) leads to a channel that is none of them."""
    world, bob = sender.world, sender.world.actors["bob"]
    bob.say("JOIN #to", "JOIN #from", "MODE #from +i", "MODE #from +f #to")
    world.actors["alice"].hear()
    _, text = make(world.actors["alice"], "other", "#from")
    other = sign_in(world, text, as_="other", caps=CAPS)
    other.hear()
    assert other.ask("JOIN #from")[0].split()[1] == "473"
    assert " alice" not in bob.ask("NAMES #to")[-2]
