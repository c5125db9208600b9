"""The account that gets the name of a removed account is not named for what the removed account did (DESIGN R1)."""

from __future__ import annotations

import re

import pytest

from chatapp.protocol.timestamps import format_time, parse_time
from chatapp.server.control.requests import REQUESTS
from tests.server.support import make_admin
from tests.server.world import CLOSED, HASH, plain


@pytest.fixture
def world(make_world):
    """The administrator eve has kept order; its account was removed, and another account got the name."""
    world = make_world(accounts="alice bob eve")
    for name in ("alice", "bob", "eve"):
        world.enter(name)
        make_admin(world, name)
    world.channel("#room", "eve alice")
    world.actors["eve"].say("MODE #room +beI zoe!*@* yan!*@* xia!*@*", "TOPIC #room :quiet", "UBAN ADD 203.0.113.7")
    world.actors["alice"].say("TOKEN ADD send=eve,#room :only")
    file = world.services.accounts._file
    file.remove("eve")
    world.advance(1)
    file.add("eve", HASH, reuse=True)
    world.advance(1)
    world.enter("eve", as_="another")
    make_admin(world, "alice")  # the password file, which was read again, has no administrator
    world.deaf()
    return world


@pytest.mark.parametrize(
    "line", ["MODE #room b", "MODE #room e", "MODE #room I", "TOPIC #room", "UBAN LIST", "STATS k"]
)
def test_an_answer_that_says_by_whom(world, line):
    """It names the removed account as history does, also after a restart."""
    names = lambda: set(re.findall(r"\beve[^\s!@,]*", "\n".join(world.actors["alice"].ask(line))))  # noqa: E731
    assert names() == {"eve~1"}
    world.start_again()
    world.enter("alice")
    make_admin(world, "alice")
    world.deaf()
    assert names() == {"eve~1"}


@pytest.mark.parametrize(("request_", "records"), [("bans", "bans"), ("log", "acts")])
def test_an_answer_on_the_servers_machine(world, request_, records):
    """``chat bans`` and ``chat log`` too."""
    found = world.run(REQUESTS[request_](world.watch, {}))[records]
    assert {each["nick"] for each in found} - {"s"} == {"eve~1"}


def test_what_was_done_to_the_removed_account(make_world):
    """``chat log`` names it as history does, and finds what is about it under that name."""
    world = make_world(accounts="alice eve")
    for name in ("alice", "eve"):
        world.enter(name)
    make_admin(world, "alice")
    world.channel("#room", "alice eve")
    world.actors["alice"].say("MODE #room +b ~t:5:~m:eve", "MODE #room +e Eve!e*@*", "MODE #room +b *eve*!*@*")
    world.actors["alice"].say("MODE #room +o eve", "KICK #room eve :out", "KILL eve", "UBAN ADD eve", "UBAN DEL eve")
    file = world.services.accounts._file
    file.remove("eve")
    world.advance(1)
    file.add("eve", HASH, reuse=True)
    world.advance(1)
    log = lambda about: [  # noqa: E731
        (act["verb"], act["target"]) for act in world.run(REQUESTS["log"](world.watch, {"about": about}))["acts"]
    ]
    masks = [("mode +b", "~t:5:~m:eve~1!*@*"), ("mode +e", "eve~1!e*@*"), ("mode +b", "*eve*!*@*")]
    old = ["mode +o", "kick", "kill", "ban", "unban", "deluser"]
    assert log("eve~1") == [("adduser", "eve~1"), *masks, *((verb, "eve~1") for verb in old)]
    assert log("eve") == [("mode +b", "*eve*!*@*"), ("adduser", "eve")]


def test_the_masks_of_the_removed_account(make_world):
    """The members are told that they end; the masks that can be about others too stay."""
    world = make_world(accounts="alice eve")
    alice, eve = world.enter("alice"), world.enter("eve")
    world.channel("#room", "alice eve")
    alice.ask("MODE #room +bbeI *!eve@* e*!*@* ~a:eve ~t:5:eve")
    state = world.services.state
    entries = state.channel_named("#room").lists
    assert {letter: list(masks) for letter, masks in entries.items()} == {
        "b": ["*!eve@*", "e*!*@*"], "e": ["~a:eve"], "I": ["~t:5:eve!*@*"],
    }  # fmt: skip
    eve.hear()
    world.services.accounts._file.remove("eve")
    world.advance(1)
    assert alice.hear() == [
        ":eve!eve@s QUIT :The account was removed",
        ":s MODE #room -beI *!eve@* ~a:eve ~t:5:eve!*@*",
    ]
    assert eve.hear() == ["ERROR :Your account was removed", CLOSED]
    assert list(entries["b"]) == ["e*!*@*"]


def test_a_token_restricted_to_the_removed_account(world):
    """It stays restricted, and does not reach the other account."""
    (token,) = world.services.state.user_named("alice").tokens
    assert token.targets == ("eve~1", "#room")
    assert "eve~1" in "\n".join(world.actors["alice"].ask("TOKEN LIST"))


def come_back(world, name):
    """Let an account sign in, and return what its client hears."""
    actor = world.connect(name)
    actor.say("CAP REQ :sasl server-time", f"NICK {name}", f"USER {name} 0 * :{name}", "AUTHENTICATE PLAIN")
    actor.say(*(f"AUTHENTICATE {part}" for part in plain(name)), "CAP END")
    return actor.hear()


@pytest.mark.parametrize("restarted", [False, True])
def test_an_account_that_was_replaced_while_its_partner_was_away(make_world, restarted):
    """The next client of the partner is told once, before it hears of the other account; so is who was there."""
    world = make_world(accounts="alice bob eve zoe", sqlite=restarted)
    for name in ("alice", "bob", "eve"):
        world.enter(name, "server-time")
    world.channel("#room", "alice eve")
    world.actors["alice"].say("PRIVMSG eve :hello")
    world.actors["bob"].say("PRIVMSG zoe :hello")
    world.actors["alice"].quit()
    world.deaf()
    file = world.services.accounts._file
    file.remove("eve")
    world.advance(1)
    gone_ms = world.now_ms()
    file.add("eve", HASH, reuse=True)
    world.advance(1)
    world.enter("eve", as_="another").say("JOIN #room")
    if restarted:
        world.start_again()
    heard = come_back(world, "alice")
    quits = [line for line in heard if " QUIT " in line]
    assert [line.partition(" ")[2] for line in quits] == [":eve!eve@s QUIT :The account was removed"]
    assert parse_time(quits[0].partition(" ")[0].removeprefix("@time=")) <= gone_ms
    assert heard.index(quits[0]) < min(number for number, line in enumerate(heard) if " JOIN " in line)
    world.advance(60)
    world.actors["alice"].quit()
    assert not [line for line in come_back(world, "alice") if " QUIT " in line]


def test_a_guest_who_left_while_its_partner_was_away(make_world):
    """Another guest may have the name."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    zoe = world.guest("zoe")
    zoe.say("PRIVMSG alice :hello")
    world.actors["alice"].quit()
    zoe.quit()
    world.guest("zoe2").say("NICK zoe")
    quits = [line for line in come_back(world, "alice") if " QUIT " in line]
    assert [line.partition(" ")[2] for line in quits] == [":zoe!zoe@s QUIT :Quit"]


@pytest.mark.parametrize("kind", ["account", "guest", "renamed"])
def test_a_message_to_whoever_had_the_name_at_a_time(make_world, kind):
    """``+chatapp/since``: who has got the name later does not get it; recipients do not see the tag."""
    world = make_world(accounts="alice bob", guests=True)
    caps = "message-tags server-time labeled-response batch draft/multiline echo-message"
    alice = world.enter("alice", caps)
    if kind == "account":
        world.enter("bob", caps)
    else:
        world.guest("bob2" if kind == "renamed" else "zoe")
        world.actors["bob2" if kind == "renamed" else "zoe"].say("NICK zoe")
    name = "bob" if kind == "account" else "zoe"
    world.advance(1)
    known = format_time(world.now_ms())
    (echo,) = alice.ask(f"@+chatapp/since={known} PRIVMSG {name} :first")
    assert "chatapp/since" not in echo
    if kind == "account":
        world.services.accounts._file.remove("bob")
        world.advance(1)
        world.services.accounts._file.add("bob", HASH, reuse=True)
        world.advance(1)
        other = world.enter("bob", caps, as_="another")
    else:
        world.actors["bob2" if kind == "renamed" else "zoe"].quit()
        other = world.guest("next", caps)
        other.say("NICK zoe")
    alice.hear()
    other.hear()
    refused = f":s FAIL {{}} OTHER_USER {name} :Nothing was sent: whoever had this name is no longer on this server."
    batch = (f"@+chatapp/since={known} BATCH +1 draft/multiline {name}", f"@batch=1 PRIVMSG {name} :a", "BATCH -1")
    for lines, verb in [
        ((f"@+chatapp/since={known} PRIVMSG {name} :a secret",), "PRIVMSG"),
        ((f"@+chatapp/since={known} PRIVMSG #none,{name} :a secret",), "PRIVMSG"),
        ((f"@+chatapp/since={known};+chatapp/id=7 NOTICE {name} :a secret",), "NOTICE"),
        ((f"@+chatapp/since={known};+x=y TAGMSG {name}",), "TAGMSG"),
        (batch, "BATCH"),
    ]:
        assert alice.ask(*lines)[-1].startswith(refused.format(verb)), lines
    assert other.hear() == []
    world.advance(1)
    alice.ask(f"@+chatapp/since={format_time(world.now_ms())} PRIVMSG {name} :who are you?")
    assert [line.partition(" PRIVMSG ")[2] for line in other.hear()] == [f"{name} :who are you?"]


def test_a_since_that_is_no_time(make_world):
    """It is refused: the sender wanted to be sure."""
    alice = make_world(accounts="alice").enter("alice", "message-tags")
    (answer,) = alice.ask("@+chatapp/since=yesterday PRIVMSG alice :hello")
    assert answer.startswith(":s FAIL PRIVMSG INVALID_TAG +chatapp/since :The value of this tag is not a time")


def test_the_masks_of_the_past(make_world):
    """The history of a channel does not say that the successor was banned."""
    world = make_world(accounts="alice mal")
    alice = world.enter("alice", "batch draft/chathistory draft/event-playback server-time message-tags")
    alice.say("JOIN #room")
    alice.say("MODE #room +beI ~a:mal mal!*@* ~m:Mal", "MODE #room +b *mal*!*@*")
    world.services.accounts._file.remove("mal")
    world.advance(1)
    world.services.accounts._file.add("mal", HASH, reuse=True)
    world.advance(1)
    alice.say("MODE #room +b mal!*@*")
    alice.hear()
    shown = [
        line.partition(" MODE #room ")[2] for line in alice.ask("CHATHISTORY LATEST #room * 50") if " MODE " in line
    ]
    assert shown == ["+beI ~a:mal~1 mal~1!*@* ~m:mal~1!*@*", "+b *mal*!*@*", "+b mal!*@*"]
