"""From a new connection to being signed in."""

from __future__ import annotations

import pytest

from chatapp.client.core.events import AccountGone, CertificateRefused, SignedIn, SignInNeeded, Unusable
from chatapp.client.core.session import Session
from tests.client.fake_server import OFFERS, FakeServer, Wire


def opened(server: FakeServer, name: str = "alice") -> Wire:
    """Connect a new session."""
    return Wire(server, Session(name, "run")).open()


def test_a_known_name_needs_its_password():
    """The server says that the account exists; the password goes by SASL PLAIN; then we are who we are there."""
    wire = opened(FakeServer({"Alice": "secret"}))
    assert wire.pump() == [SignInNeeded("known")]
    wire.session.sign_in("secret")
    assert wire.pump()[0] == SignedIn("Alice", "Fake", "#lobby", ("#lobby",), again=False)
    assert wire.session.nick == "Alice"
    assert wire.session.signed_in


def test_nothing_secret_is_sent_before_it_is_asked_for():
    """Up to the question only names go over the wire."""
    wire = opened(FakeServer({"alice": "secret"}))
    wire.pump()
    assert [message.verb for message in wire.sent()] == ["CAP", "NICK", "USER", "CAP", "ACCOUNT"]


def test_a_wrong_password_is_asked_for_again_on_the_same_connection():
    """904 is not the end: the next try goes over the same connection."""
    wire = opened(FakeServer({"alice": "secret"}))
    wire.pump()
    for _ in range(3):
        wire.session.sign_in("wrong")
        assert wire.pump() == [SignInNeeded("known", "The name or the password is wrong.")]
    wire.session.sign_in("secret")
    assert wire.pump()
    assert wire.session.signed_in


def test_a_new_name_makes_an_account():
    """An unknown name is told so, and REGISTER signs in."""
    server = FakeServer({})
    wire = opened(server, "zoe")
    assert wire.pump() == [SignInNeeded("unknown")]
    wire.session.sign_up("long enough: with spaces")
    assert isinstance(wire.pump()[0], SignedIn)
    assert server.accounts == {"zoe": "long enough: with spaces"}


def test_a_password_that_the_server_does_not_take():
    """The same question again, with the server's reason; the name is still a new one."""
    wire = opened(FakeServer({}), "zoe")
    wire.pump()
    wire.session.sign_up("x")
    assert wire.pump() == [SignInNeeded("unknown", "The password is too short.")]


@pytest.mark.parametrize(
    "why",
    [
        "Too many. Try again in a minute.",
        "No account was made. Not stored: the server's disk is full.",
        "zoe has an account now, but cannot sign in yet: the server's disk is full.",
    ],
)
def test_a_server_that_makes_no_more_accounts_just_now(why):
    """No other password would help, so none is asked for: its words, said once, and that is the end."""
    server = FakeServer({})
    server.sign_ups_max, server.why_no_account = 0, why
    wire = opened(server, "zoe")
    wire.pump()
    wire.session.sign_up("long enough")
    assert wire.pump() == [Unusable(f"Sign-up: {why}")]


def test_a_name_that_somebody_else_took_meanwhile():
    """Between the question and the answer the account may have been made: then its password is needed."""
    server = FakeServer({})
    wire = opened(server, "zoe")
    wire.pump()
    server.accounts["zoe"] = "theirs"
    wire.session.sign_up("mine, I thought")
    assert wire.pump() == [SignInNeeded("known", "zoe has an account already.")]


def test_a_server_where_nobody_can_sign_up():
    """A server that does not know REGISTER says so, and that is the end."""
    wire = opened(FakeServer({}, offers=OFFERS.replace("chatapp/account", "")), "zoe")
    wire.pump()
    wire.session.sign_up("long enough")
    wire.collect()
    (event,) = wire.session.received(b":s 421 zoe REGISTER :Unknown command", 0)
    assert isinstance(event, Unusable)
    assert "long enough" not in event.text


def test_a_server_that_does_not_answer_about_names():
    """Without the question the password is asked for as if the name were known."""
    wire = opened(FakeServer({"alice": "secret"}, offers=OFFERS.replace("chatapp/account", "")))
    assert wire.pump() == [SignInNeeded("unasked")]


@pytest.mark.parametrize("missing", ["echo-message", "labeled-response", "sasl=PLAIN", "batch", "message-tags"])
def test_a_server_that_cannot_say_what_arrived(missing):
    """ "must never wonder whether a message arrived": without receipts we do not begin, and no password was sent."""
    wire = opened(FakeServer({"alice": "secret"}, offers=OFFERS.replace(missing, "")))
    (event,) = wire.pump()
    assert isinstance(event, Unusable)
    assert missing.partition("=")[0] in event.text
    assert {message.verb for message in wire.sent()} == {"CAP", "NICK", "USER"}


def test_a_server_without_capabilities():
    """A server that ignores CAP (InspIRCd without that module) lets us in after NICK and USER: that is its answer."""
    session = Session("alice", "run")
    session.opened(tls=True)
    sent = [line.split(b" ")[0] for line in session.take().split(b"\r\n")[:-1]]
    assert sent == [b"CAP", b"NICK", b"USER"]  # at once: some servers answer CAP only after the others
    (event,) = session.received(b":s 001 alice :Welcome", 0)
    assert isinstance(event, Unusable)
    assert "offers no capabilities" in event.text


@pytest.mark.parametrize(
    ("value", "can"),
    [
        ("=before-connect", True),
        ("=custom-account-name,before-connect", True),
        ("", False),
        ("=before-connect,email-required", False),
    ],
)
def test_a_server_that_makes_accounts_and_tells_of_none(value, can):
    """Without the question the name may be a new one: that is told where the server could make it."""
    offers = OFFERS.replace("chatapp/account", "").replace("-registration", f"-registration{value}")
    wire = opened(FakeServer({}, offers=offers), "zoe")
    assert wire.pump() == [SignInNeeded("unasked", can_sign_up=can)]


def test_no_password_in_the_clear_where_the_server_wants_tls():
    """A server that offers sts over a connection without TLS takes no password there; none is sent."""
    server = FakeServer({"alice": "secret"}, offers="sts=port=6697")
    wire = Wire(server, Session("alice", "run"))
    wire.peer = server.connect()
    wire.session.opened(tls=False)
    wire.session.sign_in("secret")
    (event,) = wire.pump()
    assert isinstance(event, Unusable)
    assert "TLS" in event.text


def test_the_password_is_used_again_on_the_next_connection():
    """Reconnecting asks nobody, and does not ask the server about the name."""
    wire = opened(FakeServer({"alice": "secret"}))
    wire.pump()
    wire.session.sign_in("secret")
    wire.pump()
    wire.drop()
    assert not wire.session.waits_for_person
    events = wire.open().pump()
    assert events[0] == SignedIn("alice", "Fake", "#lobby", ("#lobby",), again=True)
    assert "ACCOUNT" not in [message.verb for message in wire.sent()]


def test_a_password_that_was_changed_while_we_were_gone():
    """The old one is refused: a person has to type the new one."""
    server = FakeServer({"alice": "secret"})
    wire = opened(server)
    wire.pump()
    wire.session.sign_in("secret")
    wire.pump()
    wire.drop()
    server.accounts["alice"] = "other"
    why = "It was right before: it has been changed since, or the account was removed."
    assert wire.open().pump() == [SignInNeeded("known", f"The name or the password is wrong. {why}")]
    assert wire.session.waits_for_person
    wire.session.sign_in("mistyped")
    assert wire.pump() == [SignInNeeded("known", "The name or the password is wrong.")]
    wire.session.sign_in("other")
    assert isinstance(wire.pump()[0], SignedIn)


def test_an_account_that_was_removed_while_we_were_gone():
    """Nobody is asked for a password that no longer opens anything."""
    server = FakeServer({"alice": "secret"})
    wire = opened(server)
    wire.pump()
    wire.session.sign_in("secret")
    wire.pump()
    wire.drop()
    del server.accounts["alice"]
    (event,) = wire.open().pump()
    assert isinstance(event, AccountGone)
    assert "The account alice was removed" in event.text
    assert not wire.session.waits_for_person


def test_an_account_that_is_removed_while_we_are_signed_in():
    """The server's last words are understood: it is of no use to come back."""
    wire = opened(FakeServer({"alice": "secret"}))
    wire.session.sign_in("secret")
    wire.pump()
    (event,) = wire.session.received(b"ERROR :Your account was removed", 0)
    assert isinstance(event, AccountGone)


@pytest.mark.parametrize(
    "line", [b":s 465 alice :You are banned from this server", b"ERROR :You are banned from this server: x."]
)
def test_an_account_that_is_banned(line):
    """465, or the server's last words: coming back is of no use, before the sign-in and after it."""
    wire = opened(FakeServer({"alice": "secret"}))
    (event,) = wire.session.received(line, 0)
    assert isinstance(event, AccountGone)
    assert event.text.startswith("You are banned from this server")
    if b" 465 " in line:
        assert wire.session.received(b"ERROR :Closing link: banned", 0) == []
    wire = opened(FakeServer({"alice": "secret"}))
    wire.session.sign_in("secret")
    wire.pump()
    (event,) = wire.session.received(line, 0)
    assert isinstance(event, AccountGone)


def test_a_password_that_was_changed_is_asked_for_at_once():
    """Whoever is told to sign in with the new password types it next: it must not go to a conversation."""
    server = FakeServer({"alice": "secret"})
    wire = opened(server)
    wire.session.sign_in("secret")
    wire.pump()
    words = "The password of your account was changed. Sign in with the new one."
    assert wire.session.received(f"ERROR :{words}".encode(), 0) == [SignInNeeded("known", words)]
    assert wire.session.waits_for_person
    wire.drop()
    server.accounts["alice"] = "another"
    wire.session.sign_in("another")
    assert any(isinstance(event, SignedIn) for event in wire.open().pump())


def test_a_connection_that_ends_while_a_person_thinks():
    """The server does not wait for ever; the password typed later goes over the next connection."""
    wire = opened(FakeServer({"alice": "secret"}))
    wire.pump()
    assert wire.session.waits_for_person
    wire.drop()
    assert wire.session.waits_for_person
    wire.session.sign_in("secret")
    assert not wire.session.waits_for_person
    assert isinstance(wire.open().pump()[0], SignedIn)


def test_the_server_says_no_before_the_sign_in():
    """ERROR before we are anybody: the reason is told, and that is the end."""
    session = Session("alice", "run")
    session.opened(tls=True)
    assert session.received(b"ERROR :Too many connections.", 0) == [Unusable("Too many connections.")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("closed", "nobody can sign up on this server"),
        ("NickServ", "looks like a name of the server"),
        ("crowded", "Too many accounts were made from your address. Try again in 60 seconds."),
    ],
)
def test_a_name_that_no_password_helps(name, text):
    """It is told at once, and nobody is asked for a password."""
    wire = Wire(FakeServer({}), Session(name, "run")).open()
    (told,) = wire.pump()
    assert isinstance(told, Unusable)
    assert text in told.text
    assert not wire.session.waits_for_person


# With a certificate

EXTERNAL = OFFERS.replace("sasl=PLAIN", "sasl=PLAIN,EXTERNAL")
REFUSED = CertificateRefused("No account has your certificate.")


def with_certificate(server: FakeServer, name: str = "alice") -> Wire:
    """Connect a new session whose connection presents a certificate."""
    return Wire(server, Session(name, "run", certificate=True)).open()


def authenticate(wire: Wire) -> list[str]:
    """Return the parameters of the AUTHENTICATE lines that were sent."""
    return [message.param(0) for message in wire.sent() if message.verb == "AUTHENTICATE"]


@pytest.mark.parametrize("offers", [EXTERNAL, OFFERS.replace("sasl=PLAIN", "sasl")])
def test_a_certificate_signs_in(offers):
    """Nobody is asked for a password. IRCv3 sasl-3.1: a server may offer sasl without its mechanisms."""
    server = FakeServer({"alice": "secret"}, offers=offers)
    server.certificates.add("alice")
    wire = with_certificate(server)
    assert isinstance(wire.pump()[0], SignedIn)
    assert authenticate(wire) == ["EXTERNAL", "YWxpY2U="]  # RFC 4422, appendix A: the authorization identity, alice


def test_a_certificate_goes_before_the_password():
    """A password that was given is not sent when the certificate signs in."""
    server = FakeServer({"alice": "secret"}, offers=EXTERNAL)
    server.certificates.add("alice")
    wire = with_certificate(server)
    wire.session.sign_in("secret")
    assert isinstance(wire.pump()[0], SignedIn)
    assert authenticate(wire) == ["EXTERNAL", "YWxpY2U="]


def test_a_certificate_that_the_server_does_not_know():
    """904: that is told, once, and the password is needed; the next connection tries the certificate again."""
    server = FakeServer({"alice": "secret"}, offers=EXTERNAL)
    wire = with_certificate(server)
    assert wire.pump() == [REFUSED, SignInNeeded("known")]
    wire.session.sign_in("wrong")
    assert wire.pump() == [SignInNeeded("known", "The name or the password is wrong.")]
    wire.session.sign_in("secret")
    assert isinstance(wire.pump()[0], SignedIn)
    wire.drop()
    wire.open()
    assert isinstance(wire.pump()[0], SignedIn)
    assert authenticate(wire)[:3] == ["EXTERNAL", "YWxpY2U=", "PLAIN"]
    server.certificates.add("alice")
    wire.drop()
    wire.open()
    assert isinstance(wire.pump()[0], SignedIn)
    assert authenticate(wire) == ["EXTERNAL", "YWxpY2U="]
    server.certificates.clear()
    wire.drop()
    wire.open()
    assert wire.pump()[0] == REFUSED


def test_a_certificate_and_a_new_name():
    """The certificate cannot be registered yet; the account can be made."""
    server = FakeServer({}, offers=EXTERNAL)
    wire = with_certificate(server)
    assert wire.pump() == [REFUSED, SignInNeeded("unknown")]
    wire.session.sign_up("long enough")
    assert isinstance(wire.pump()[0], SignedIn)


def test_a_server_that_takes_no_certificates():
    """It does not offer EXTERNAL, so it is not asked for it."""
    wire = with_certificate(FakeServer({"alice": "secret"}))
    assert wire.pump() == [CertificateRefused("This server takes none."), SignInNeeded("known")]
    assert authenticate(wire) == []


@pytest.mark.parametrize("line", [b":s 905 a :no", b":s 906 a :no", b":s 902 a :no", b":s FAIL AUTHENTICATE X :no"])
def test_other_refusals_of_a_certificate(line):
    """They lead to the password too; RPL_SASLMECHS (908), which may come before 904, says nothing by itself."""
    wire = with_certificate(FakeServer({"alice": "secret"}, offers=EXTERNAL))
    while "AUTHENTICATE" not in [message.verb for message in wire.sent()]:
        assert wire.step_up() or wire.step_down()
    assert wire.session.received(b":s 908 a PLAIN :are available SASL mechanisms", 0) == []
    assert wire.session.received(line, 0) == [CertificateRefused("no")]


def test_a_question_that_is_open_stays_open():
    """The password was changed: until a person has given the new one, a certificate does not sign in behind it."""
    server = FakeServer({"alice": "secret"}, offers=EXTERNAL)
    server.certificates.add("alice")
    wire = with_certificate(server)
    wire.pump()
    changed = "The password of your account was changed."
    assert wire.session.received(f"ERROR :{changed}".encode(), 0) == [SignInNeeded("known", changed)]
    wire.drop()
    wire.open()
    assert not [event for event in wire.pump() if isinstance(event, SignedIn)]
    wire.session.sign_in("secret")
    assert isinstance(wire.pump()[0], SignedIn)
