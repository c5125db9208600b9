"""Staying signed in on a device, as a person sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp.client.core.answers import TokenMade
from chatapp.client.fronts.person.staying import OFFER
from tests.client.fake_server import OFFERS, FakeServer, token_id
from tests.client.fronts.menu.desk import Desk
from tests.client.fronts.menu.test_model import MENU

SHOWN = f"-- {OFFER}"
STAYS = [
    "-- You stay signed in on this device. To end that, type /tokens forget",
    "-- (The token is in the cupboard; a new password ends it.)",
]
OUT = (
    "-- This device is not signed in any more: its token was revoked, or your password is a new one. Sign in, then"
    " /tokens stay keeps you signed in again."
)


class FakeDevice:
    """A device that keeps one token in memory."""

    name = "chat on laptop"

    def __init__(self) -> None:
        self.asked = False
        self.id = self.token = ""
        self.problem = ""
        self.waiting: list[Callable[[], None]] | None = None  # what is kept later

    def keep(self, token_id: str, token: str, done: Callable[[str, str], None]) -> None:
        self.id, self.token = ("", "") if self.problem else (token_id, token)
        if self.waiting is None:
            done("the cupboard", self.problem)
        else:
            self.waiting.append(lambda: done("the cupboard", self.problem))

    def forget(self) -> None:
        self.asked, self.id, self.token = True, "", ""


@pytest.fixture
def server() -> FakeServer:
    """A server that has device tokens."""
    return FakeServer({"alice": "secret"}, offers=OFFERS.replace("chatapp/account", "chatapp/account=tokens"))


@pytest.fixture
def device() -> FakeDevice:
    """A device on which nobody was asked yet."""
    return FakeDevice()


def test_the_offer(server, device):
    """ "Asked once": above the menu, after the first sign-in with a typed password."""
    desk = Desk(server, device=device)
    assert desk.type("secret") == ["-- You are alice at Fake, in #lobby.", SHOWN, *MENU]
    assert desk.asked == "> "
    assert device.asked
    assert Desk(server, device=device).type("secret")[1:] == MENU


def test_yes(server, device):
    """A token is kept, and the next start signs in with it, without a question."""
    desk = Desk(server, device=device)
    desk.type("secret")
    assert desk.type("y") == STAYS
    assert server.tokens == {device.token: ("alice", "chat on laptop")}
    assert token_id(device.token) == device.id
    again = Desk(server, device=device)
    assert again.see() == ["-- You are alice at Fake, in #lobby.", *MENU]
    assert again.asked == "> "


def test_no(server, device):
    """Nothing is kept, and it is said how to do it later."""
    desk = Desk(server, device=device)
    desk.type("secret")
    assert desk.type("n") == [
        "-- This device does not stay signed in. You are not asked again. To do it later, type /tokens stay"
    ]
    assert (server.tokens, device.token) == ({}, "")
    assert desk.type("y")[0].startswith("-- Sent to nobody."), "the offer is over"
    assert desk.type("/tokens stay") == STAYS


def test_it_disturbs_nothing(server, device):
    """The offer is no question: every command works, and what is typed in a conversation is sent."""
    desk = Desk(server, device=device)
    desk.type("secret")
    server.accounts["bob"] = "secret"
    desk.type("dm bob", "y", "")
    assert [entry.text for entry in server.log] == ["y"]
    assert server.tokens == {}
    assert desk.type("yes") == STAYS


@pytest.mark.parametrize("how", ["no tokens", "no device", "a password file", "asked before"])
def test_where_nothing_is_offered(server, device, how):
    """Only a person who types a password at a server that has tokens is asked, and only once."""
    options = {"device": device}
    if how == "no tokens":
        server.offers = OFFERS
    elif how == "no device":
        options = {}
    elif how == "a password file":
        options["password"] = "secret"
    else:
        device.asked = True
    desk = Desk(server, **options)
    rows = desk.see() if how == "a password file" else desk.type("secret")
    assert rows == ["-- You are alice at Fake, in #lobby.", *MENU]
    assert desk.type("y")[0].startswith("-- Sent to nobody.")


def test_a_new_account(server, device):
    """Who makes an account has typed a password too."""
    desk = Desk(server, "zoe", device=device)
    desk.see()
    assert desk.type("y", "long enough", "long enough")[-6:] == [SHOWN, *MENU]
    assert desk.type("y") == STAYS


def test_a_token_that_was_revoked(server, device):
    """ "Falls back to asking the password if it was revoked, and forgets it"."""
    Desk(server, device=device).type("secret", "y")
    server.tokens.clear()
    desk = Desk(server, device=device)
    assert desk.see() == [OUT]
    assert (desk.asked, device.token, device.id) == ("Password for alice: ", "", "")
    assert desk.type("secret")[1:] == MENU
    assert desk.type("/tokens stay") == STAYS


def test_it_is_revoked_while_we_are_here(server, device):
    """The server ends the connection; the client asks for the password at once."""
    Desk(server, device=device).type("secret", "y")
    desk, other = Desk(server, device=device), Desk(server)
    desk.see()
    other.type("secret", f"/tokens del {device.id}")
    assert desk.see()[-1] == "-- The token of this connection was revoked: you are signed out here."
    assert (desk.asked, device.token) == ("Password for alice: ", "")


def test_a_reconnect_uses_the_token(server, device):
    """ "Ten thousand clients return within seconds of a restart": also in the run in which the token was made."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    server.accounts["alice"] = "another"
    desk.drop()
    desk.wire.open()
    assert desk.see() == ["-- Connected again."]
    assert desk.wire.peer.token == device.token


def test_signing_out(server, device):
    """/tokens forget revokes the token; this connection stays, and the next start asks for the password."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    token_id = device.id
    assert desk.type("/tokens forget") == [
        "-- This device is signed out: chat connect asks for your password the next time.",
        f"-- The token {token_id} does not sign in any more.",
    ]
    assert (server.tokens, device.token, desk.asked) == ({}, "", "> ")
    assert desk.type("/tokens forget") == [
        "-- This device does not stay signed in. To see all your tokens, type /tokens"
    ]
    next_time = Desk(server, device=device)
    next_time.see()
    assert next_time.asked == "Password for alice: "


def test_revoked_in_the_run_that_made_it(server, device):
    """ "Stay signed in on this device" is about this connection: who revokes the token ends it."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    other = Desk(server)
    other.type("secret", f"/tokens del {device.id}")
    assert desk.see()[-1] == "-- The token of this connection was revoked: you are signed out here."
    assert (desk.asked, device.token) == ("Password for alice: ", "")


def test_a_token_for_a_program_is_not_of_this_connection(server, device):
    """/tokens add makes a token for something else."""
    desk = Desk(server, device=device)
    desk.type("secret", "n", "/tokens add backup")
    ((token, _),) = server.tokens.items()
    other = Desk(server)
    other.type("secret", f"/tokens del {token_id(token)}")
    assert desk.type("/tokens")[-1].startswith("-- backup: "), "it is still connected"


def test_staying_twice(server, device):
    """One device has one token."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    (row,) = desk.type("/tokens stay")
    assert row == "-- You stay signed in on this device already. To end that: /tokens forget"


def test_it_cannot_be_kept(server, device):
    """Then the token is revoked: nobody can use it."""
    device.problem = "The file of tokens, /x, cannot be written: Permission denied."
    desk = Desk(server, device=device)
    desk.type("secret")
    rows = desk.type("y")
    assert rows[0] == f"-- This device does not stay signed in. {device.problem}"
    assert (server.tokens, desk.asked) == ({}, "> ")


def test_the_server_refuses(server, device):
    """Too many tokens: that is said, and the menu goes on."""
    desk = Desk(server, device=device)
    desk.type("secret", *["/tokens add x"] * 3)
    assert desk.type("y") == ["-- the token: You have too many."]
    assert (device.token, desk.asked) == ("", "> ")


def test_while_it_is_being_kept(server, device):
    """There is no question until the keyring has answered, so that nobody leaves too early; a lost connection ends
    the wait for the server.
    """
    device.waiting = []
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    assert desk.asked == ""
    device.waiting.pop()()
    assert (desk.see(), desk.asked) == (STAYS, "> ")
    desk.type("/tokens forget")
    desk.model.typed("/tokens stay")
    assert desk.asked == ""
    desk.drop()
    assert desk.asked == "> "


def test_without_a_connection(server, device):
    """It says so."""
    desk = Desk(server, device=device)
    desk.type("secret")
    desk.drop()
    for line in ("y", "/tokens stay", "/tokens", "/tokens del x"):
        (row,) = desk.type(line)
        assert "There is no connection just now." in row


@pytest.mark.parametrize("by_token", [False, True])
def test_a_new_password(server, device, by_token):
    """/passwd on this device keeps it signed in: the server keeps the token of this connection."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    before = device.token
    if by_token:
        desk = Desk(server, device=device)
        desk.see()
    rows = desk.type("/passwd", "secret", "new secret", "new secret")
    assert rows[0] == "-- Your password is changed. Your other sessions have ended."
    assert device.token == before
    assert list(server.tokens) == [device.token]
    desk.drop()
    desk.wire.open()
    assert desk.see() == ["-- Connected again."]
    assert desk.wire.peer.token == device.token


def test_the_list(server, device):
    """Each with its times, what it may do, and whether this connection has it."""
    desk = Desk(server, device=device)
    desk.type("secret", "y")
    again = Desk(server, device=device)
    again.see()
    assert again.type("/tokens") == [
        f"-- chat on laptop: made 12:00, not used yet, this connection (id {device.id})",
        f"-- backup: made 12:00, last used 12:00, only sends to #ops, bob (id {'0' * 16})",
    ]


def test_a_token_for_a_program(server, device):
    """It is shown once."""
    desk = Desk(server, device=device)
    desk.type("secret")
    rows = desk.type("/tokens add send=#ops,bob my backup")
    (text,) = server.tokens
    assert rows[0].startswith("-- The token my backup signs in to your account now")
    assert rows[1] == f"--   {text}"
    assert desk.wire.sent()[-1].params == ["ADD", "send=#ops,bob", "my backup"]
    assert desk.type(f"/tokens del {token_id(text)}") == [f"-- The token {token_id(text)} does not sign in any more."]
    for wrong in (
        "/tokens x",
        "/tokens add",
        "/tokens add send=#ops",
        "/tokens del",
        "/tokens del a b",
        "/tokens stay x",
    ):
        (row,) = desk.type(wrong)
        assert row.startswith("-- Type /tokens, /tokens stay, /tokens forget,"), wrong


def test_a_token_is_in_no_repr():
    """What the session tells is shown without the secret."""
    event = TokenMade("0123456789abcdef", "laptop", "chat_secret")
    assert "secret" not in f"{event!r} {event} {[event]}"
