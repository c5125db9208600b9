"""CERT, and SASL EXTERNAL with the certificates that it registers."""

from __future__ import annotations

import hashlib

import pytest

from chatapp.model.entities import CERTIFICATES_MAX
from tests.server.support import make_admin
from tests.server.world import CLOSED, HASH, PASSWORD, b64, plain

CARD, OTHER = b"a certificate", b"another certificate"
FINGERPRINT, OTHER_FINGERPRINT = (hashlib.sha256(each).hexdigest() for each in (CARD, OTHER))
ADDED = f":s NOTICE alice :The certificate {FINGERPRINT} signs in to your account now (SASL EXTERNAL)."
REMOVED = f":s NOTICE alice :The certificate {FINGERPRINT} does not sign in to your account any more."
NEW = "correct horse"


def register(world, name="alice", certificate=CARD):
    """Let an account register a certificate, and leave."""
    actor = world.enter(name, certificate=certificate, as_=f"{name} registering")
    assert len(actor.ask("CERT ADD")) == 1
    actor.hang_up()


def external(world, certificate=CARD, name="", as_="x"):
    """Connect with a certificate and sign in with it; return the numerics and texts of the answer."""
    actor = world.connect(as_, certificate=certificate, says="CAP REQ :sasl")
    actor.hear()
    (begun,) = actor.ask("AUTHENTICATE EXTERNAL")
    if begun != "AUTHENTICATE +":
        return [begun.split(" ", 3)[1::2]]
    actor.say(f"AUTHENTICATE {b64(name) if name else '+'}")
    world.advance(0.1)
    return [line.split(" ", 3)[1::2] for line in actor.hear()]


def test_signing_in_with_a_certificate(world):
    """Spec RFC 4422, appendix A: "If the client does not provide an authorization identity", it acts as the one that
    the server associates with its certificate.
    """
    register(world)
    assert [numeric for numeric, _ in external(world)] == ["900", "903"]
    x = world.actors["x"]
    x.say("NICK whoever", "USER x 0 * :x")
    assert x.ask("CAP END")[0] == ":s 001 alice :Welcome to Net, alice."


@pytest.mark.parametrize("name", ["alice", "ALICE"])
def test_signing_in_by_name(world, name):
    """The authorization identity may be the account of the certificate."""
    register(world)
    assert [numeric for numeric, _ in external(world, name=name)] == ["900", "903"]


@pytest.mark.parametrize("name", ["bob", "nobody", "x" * 200])
def test_another_name(world, name):
    """ "authzid must equal the account or be empty"; a certificate signs in to no other account."""
    register(world)
    text = ":Your certificate signs in to another account than the one you asked for."
    assert external(world, name=name) == [["904", text]]


def test_a_certificate_that_no_account_has(world):
    """It says what to do next."""
    text = ":No account has your certificate. Sign in with your password, then register it: CERT ADD."
    assert external(world) == [["904", text]]
    register(world)
    assert external(world, OTHER, as_="y") == [["904", text]]


def test_without_a_certificate(world):
    """ "If this fails, a 904 numeric will be sent and the session state remains unchanged": PLAIN goes on working."""
    text = ":Your client has sent no certificate. Connect with one, or sign in with PLAIN."
    assert external(world, b"") == [["904", text]]
    x = world.actors["x"]
    assert x.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    assert [line.split()[1] for line in x.ask(f"AUTHENTICATE {plain('alice')[0]}")] == ["900", "903"]


@pytest.mark.parametrize(
    ("certificate", "mechanisms"), [(None, "PLAIN"), (b"", "PLAIN,EXTERNAL"), (CARD, "PLAIN,EXTERNAL")]
)
def test_where_it_is_offered(world, certificate, mechanisms):
    """Spec IRCv3 sasl-3.2: "Servers SHOULD advertise the available SASL authentication mechanisms in the value of the
    sasl client capability": EXTERNAL only where the server has asked for a certificate.
    """
    x = world.connect("x", certificate=certificate)
    offered = " ".join(x.ask("CAP LS 302")).split()
    assert f"sasl={mechanisms}" in offered
    assert x.ask("AUTHENTICATE SCRAM-SHA-256")[0] == f":s 908 * {mechanisms} :are the ways to sign in here"
    answer = x.ask("AUTHENTICATE EXTERNAL")
    assert [line.split()[1] for line in answer] == {None: ["908", "904"], b"": ["904"], CARD: ["+"]}[certificate]


def test_a_payload_that_is_no_name(world):
    """Spec RFC 4422, appendix A.1: ``extern-resp = *( UTF8-char-no-nul )``."""
    x = world.connect("x", certificate=CARD)
    for chunk in ("====", "/////w==", b64("alice\0"), b64("\0alice\0sesame")):
        x.say("AUTHENTICATE EXTERNAL")
        assert [line.split()[1] for line in x.hear()] == ["+"]
        assert [line.split()[1] for line in x.ask(f"AUTHENTICATE {chunk}")] == ["904"], chunk


def test_all_connections_learn_of_it(world):
    """Whoever has got at an open connection must not add a certificate unnoticed."""
    alice, second = world.enter("alice", certificate=CARD), world.enter("alice", as_="second")
    bob = world.enter("bob")
    assert alice.ask("CERT ADD") == [ADDED]
    assert second.hear() == [ADDED]
    assert second.ask(f"CERT DEL {FINGERPRINT}") == [REMOVED]
    assert alice.hear() == [REMOVED, "ERROR :The certificate of this connection was removed from your account.", CLOSED]
    assert bob.hear() == []


def test_labelled_answers(world):
    """As for every command."""
    alice = world.enter("alice", "labeled-response batch", certificate=CARD)
    assert alice.ask("@label=1 CERT ADD") == [f"@label=1 {ADDED}"]
    (refused,) = alice.ask("@label=2 CERT ADD")
    assert refused.startswith("@label=2 :s FAIL CERT CERTIFICATE_EXISTS :")


def test_the_list(world):
    """It shows all, with the day, and says which do not sign in any more."""
    alice = world.enter("alice", certificate=CARD)
    assert alice.ask("CERT LIST") == [":s NOTICE alice :You have no certificates."]
    alice.ask("CERT ADD")
    shown = alice.ask("cert list")
    assert shown == [
        f":s NOTICE alice :{FINGERPRINT}, registered on 2026-01-01 00:16 UTC",
        ":s NOTICE alice :Certificates: 1.",
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("CERT", "FAIL CERT NEED_MORE_PARAMS :Usage: CERT ..."),
        ("CERT WHAT", "FAIL CERT INVALID_PARAMS WHAT :Usage: CERT ADD, or DEL [<fingerprint>], or LIST"),
        (f"CERT ADD {FINGERPRINT}", "FAIL CERT INVALID_PARAMS ADD :..."),
        ("CERT ADD", "FAIL CERT NO_CERTIFICATE :..."),
        ("CERT DEL", "FAIL CERT NO_CERTIFICATE :..."),
        ("CERT DEL xyz", "FAIL CERT NO_SUCH_CERTIFICATE :..."),
        (f"CERT DEL {FINGERPRINT}", "FAIL CERT NO_SUCH_CERTIFICATE :..."),
    ],
)
def test_what_is_refused(world, line, answer):
    """Without a certificate there is nothing to add; a fingerprint alone proves nothing, and registers nothing."""
    world.enter("alice")
    world.play(f"""
        alice> {line}
        alice< :s {answer}
    """)


def test_certificates_of_others(world):
    """Nobody takes the certificate of another account, or removes it."""
    register(world)
    world.enter("bob", certificate=CARD)
    world.play(f"""
        bob> CERT ADD
        bob< :s FAIL CERT CERTIFICATE_TAKEN :...
        bob> CERT DEL {FINGERPRINT}
        bob< :s FAIL CERT NO_SUCH_CERTIFICATE :...
    """)
    assert [numeric for numeric, _ in external(world)] == ["900", "903"]


def test_too_many(world):
    """There is a limit."""
    for number in range(CERTIFICATES_MAX):
        register(world, certificate=f"card {number}".encode())
    world.enter("alice", certificate=CARD)
    world.play("""
        alice> CERT ADD
        alice< :s FAIL CERT LIMIT_REACHED :...
    """)


def test_a_fingerprint_as_other_programs_write_it(world):
    """``openssl x509 -fingerprint`` writes capitals and colons."""
    alice = world.enter("alice", certificate=CARD)
    alice.ask("CERT ADD")
    text = bytes.fromhex(FINGERPRINT).hex(":").upper()
    assert alice.ask(f"CERT DEL {text}") == [REMOVED]


def test_a_guest(make_world):
    """A guest cannot sign in, so it has no certificates."""
    make_world(guests=True).guest("zoe").world.play("""
        zoe> CERT ADD
        zoe< :s FAIL CERT NEED_ACCOUNT :...
    """)


def test_a_removed_account(world):
    """Its certificate signs in to nothing, not even to a new account of its name."""
    register(world)
    world.services.accounts._file.remove("alice")
    assert external(world)[0][0] == "904"
    world.services.accounts._file.add("alice", HASH, reuse=True)
    assert external(world, as_="y")[0][0] == "904"


def test_a_new_password_ends_them(world):
    """A thief that has registered a certificate is out too, when the administrator gives the account a password."""
    register(world)
    file = world.services.accounts._file
    file.set_hash("alice", world.services.accounts._hasher.hash_password(NEW, 4))
    text = ":Your password has changed. Sign in with it, then register your certificate again: CERT ADD."
    assert external(world) == [["904", text]]
    world.advance(1)
    x = world.connect("again", certificate=CARD, says="CAP REQ :sasl\nNICK alice\nUSER a 0 * :a")
    x.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', NEW)[0]}", "CAP END")
    world.advance(0.1)
    x.hear()
    (first, _) = x.ask("CERT LIST")
    assert first.endswith("; it does not sign in any more, as your password is a new one")
    assert x.ask("CERT ADD") == [ADDED]
    assert [numeric for numeric, _ in external(world, as_="y")] == ["900", "903"]


def test_who_changes_its_password_keeps_its_own(world):
    """PASSWD ends the certificates of other devices, as it ends their connections, and keeps that of this one."""
    register(world, certificate=OTHER)
    alice = world.enter("alice", certificate=CARD)
    alice.ask("CERT ADD")
    answer = alice.ask(f"PASSWD {b64(PASSWORD)} {b64(NEW)}")
    assert [line.split()[1] for line in answer] == ["NOTICE", "PASSWD"]
    assert [numeric for numeric, _ in external(world)] == ["900", "903"]
    assert external(world, OTHER, as_="y")[0][0] == "904"


def test_after_a_restart(world):
    """What was registered stays."""
    register(world)
    world.stop()
    world.start_again()
    assert [numeric for numeric, _ in external(world)] == ["900", "903"]


def test_a_password_that_changed_while_the_server_was_down(world):
    """It ends the certificates too."""
    register(world)
    world.stop()
    world.services.accounts._file.set_hash("alice", world.services.accounts._hasher.hash_password(NEW, 4))
    world.start_again()
    assert external(world)[0][0] == "904"


def test_whois(world):
    """Spec modern-irc, RPL_WHOISCERTFP: "Clients MUST only be sent this numeric if they are either using the WHOIS
    command on themselves or they are an operator."
    """
    alice, bob, carol = world.enter("alice", certificate=CARD), world.enter("bob"), world.enter("carol")
    make_admin(world, "carol")
    shown = f" 276 {{}} alice :has client certificate fingerprint {FINGERPRINT}"
    for asker, sees in ((alice, True), (bob, False), (carol, True)):
        answer = asker.ask("WHOIS alice")
        assert any(line.endswith(shown.format(asker.name)) for line in answer) is sees, asker.name
        assert any(" 276 " in line for line in answer) is sees
    assert not any(" 276 " in line for line in bob.ask("WHOIS bob"))


def test_the_operational_log(world, caplog):
    """A refused certificate is told as every refused sign-in."""
    caplog.set_level("INFO")
    external(world, name="alice")
    assert "a sign-in to alice was refused for 127.0.0.1: No account has your certificate." in caplog.text
