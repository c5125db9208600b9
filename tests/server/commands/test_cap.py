"""CAP: which capabilities there are, and which a session has."""

from __future__ import annotations

import pytest

from chatapp.protocol.caps import LIST_BYTES_MAX
from chatapp.server.capabilities import CAPABILITIES, offered

ALL = list(offered("open"))
RATIFIED_FIRST = [name for name in ALL if "/" not in name] + [name for name in ALL if "/" in name]
OLD = f"{' '.join(RATIFIED_FIRST)} "[: LIST_BYTES_MAX + 1].rpartition(" ")[0]
VALUES = {
    "chatapp/account": "tokens",
    "sasl": "PLAIN",
    "draft/account-registration": "before-connect,custom-account-name",
    "draft/metadata-2": "before-connect,max-subs=50,max-keys=20,max-key-bytes=64,max-value-bytes=300",
    "draft/metadata-3": "before-connect,max-subs=50,max-keys=20,max-key-bytes=64,max-value-bytes=300",
    "draft/multiline": "max-bytes=8192,max-lines=100",
}
LEFT_OUT = ("cap-notify", "draft/metadata-2")  # cannot be removed; excludes draft/metadata-3
OFFERED_302 = " ".join(f"{name}={VALUES[name]}" if name in VALUES else name for name in ALL)


def listed(actor, request):
    """Ask for a list, and put together the lines that it takes."""
    words, lines = "", actor.ask(request)
    for line in lines:
        head, _, text = line.partition(" :")
        assert head.endswith(" *") == (line is not lines[-1]), "all but the last one have a *"
        words += (" " if words else "") + text
    return words


@pytest.mark.parametrize(
    ("request_line", "words"),
    [
        ("CAP LS", OLD),
        ("CAP LS 301", OLD),
        ("cap ls 302", OFFERED_302),
        ("CAP LS 307", OFFERED_302),
        ("CAP LS nonsense", OLD),
        ("CAP LIST", ""),
    ],
)
def test_what_is_offered(world, request_line, words):
    """ "The server MAY specify additional data" to those who know 302, "but MUST NOT" to others."""
    assert listed(world.connect("x"), request_line) == words


def test_a_list_for_an_old_client_is_one_line(world):
    """Lists of several lines are a feature of 302, which "the server MUST NOT send" to others; drafts do not fit."""
    old = world.connect("x")
    (line,) = old.ask("CAP LS")
    assert {name for name in ALL if "/" not in name} <= set(line.partition(" :")[2].split(" ")) <= set(ALL)
    for row in CAPABILITIES:  # they can be had all the same
        assert old.ask(f"CAP REQ :-draft/metadata-2 {row.name}") == [f":s CAP * ACK :-draft/metadata-2 {row.name}"]
    (line,) = old.ask("CAP LIST")
    assert "message-tags" in line


def test_registration_is_not_offered_where_it_is_closed(make_world):
    """What cannot be done is not offered."""
    world = make_world(sign_up="closed")
    assert "draft/account-registration" not in listed(world.connect("x"), "CAP LS 302")


def test_negotiation_holds_up_the_welcome(world):
    """ "The server MUST not complete registration until the client sends a CAP END"."""
    world.connect("x")
    world.play("""
        x> PASS alice:sesame
        x> CAP LS 302
        x< :s CAP * LS * :...
        x< :s CAP * LS * :...
        x< :s CAP * LS :...
        x> NICK alice
        x> USER alice 0 * :Alice
        x> CAP REQ :echo-message server-time
        x< :s CAP alice ACK :echo-message server-time
        x> CAP LIST
        x< :s CAP alice LIST :cap-notify echo-message server-time
    """)
    assert any(line.startswith(":s 001 alice ") for line in world.actors["x"].ask("CAP END"))
    world.play("""
        x> CAP END
        x> CAP LIST
        x< :s CAP alice LIST :cap-notify echo-message server-time
    """)


def test_req_alone_holds_up_the_welcome_too(world):
    """ "If a server receives a REQ ... it MUST suspend registration until an END subcommand is received."""
    x = world.connect("x")
    world.play("""
        x> PASS alice:sesame
        x> CAP REQ batch
        x< :s CAP * ACK :batch
        x> NICK alice
        x> USER alice 0 * :Alice
    """)
    assert any(" 001 " in line for line in x.ask("CAP END"))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (":batch labeled-response", "ACK :batch labeled-response"),
        (":batch ", "ACK :batch "),
        ("batch labeled-response", "ACK :batch labeled-response"),
        (":", "ACK :"),
        (":-batch", "ACK :-batch"),
        (":batch -batch", "ACK :batch -batch"),
        (":batch nonsense", "NAK :batch nonsense"),
        (":sasl=PLAIN", "NAK :sasl=PLAIN"),
        (":sts", "NAK :sts"),
        (":BATCH", "NAK :BATCH"),
        # "Servers MUST NOT accept these requests": more than one draft of metadata.
        (":draft/metadata-2 draft/metadata-3", "NAK :draft/metadata-2 draft/metadata-3"),
    ],
)
def test_requests_are_granted_whole_or_not_at_all(world, asked, answer):
    """ "The capability identifier set must be accepted as a whole, or rejected entirely."""
    world.connect("x")
    world.play(f"""
        x> CAP REQ {asked}
        x< :s CAP * {answer}
    """)


def test_a_refused_request_changes_nothing(world):
    """ "The server MUST NOT make any change to any capabilities if it replies with a NAK subcommand."""
    world.connect("x")
    world.play("""
        x> CAP REQ :batch sasl
        x< :s CAP * ACK :batch sasl
        x> CAP REQ :-batch echo-message nonsense
        x< :s CAP * NAK :-batch echo-message nonsense
        x> CAP LIST
        x< :s CAP * LIST :batch sasl
        x> CAP REQ :-batch
        x< :s CAP * ACK :-batch
        x> CAP LIST
        x< :s CAP * LIST :sasl
    """)


def test_cap_notify_comes_with_302_and_stays(world):
    """ "When CAP version 302 is enabled, the client also implicitly indicates support for the cap-notify"."""
    x = world.connect("x")
    world.play("""
        x> CAP REQ :cap-notify
        x< :s CAP * ACK :cap-notify
        x> CAP REQ :-cap-notify
        x< :s CAP * ACK :-cap-notify
    """)
    x.ask("CAP LS 302")
    world.play("""
        x> CAP LIST
        x< :s CAP * LIST :cap-notify
        x> CAP REQ :-cap-notify
        x< :s CAP * NAK :-cap-notify
    """)


def test_a_request_too_long_for_one_answer(world):
    """An answer is never cut: it takes as many lines as it needs."""
    x = world.connect("x")
    names = [f"-{name}" if turn % 2 else name for turn in range(3) for name in ALL if name not in LEFT_OUT]
    asked = " ".join(names)[:495].rpartition(" ")[0]
    heard = x.ask(f"CAP REQ :{asked}")
    assert all(line.startswith(":s CAP * ACK :") for line in heard)
    assert " ".join(line.partition(" :")[2] for line in heard) == asked
    heard = x.ask("CAP REQ :" + "n" * 500)
    assert [line.partition(" :")[0] for line in heard] == [":s CAP * NAK"]


@pytest.mark.parametrize(("line", "shown"), [("CAP FOO", "FOO"), ("CAP new", "new"), ("CAP :a b", "*")])
def test_an_unknown_subcommand(world, line, shown):
    """ "If a client sends a subcommand which is not in the list above ... numeric 410 should be sent."""
    world.connect("x")
    world.play(f"""
        x> {line}
        x< :s 410 * {shown} :...
    """)


def test_cap_alone(world):
    """A subcommand is needed."""
    world.connect("x")
    world.play("""
        x> CAP
        x< :s 461 * CAP :...
    """)


def test_capabilities_can_change_later(world):
    """ "The server MUST accept the CAP command at any time, including after registration."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.play("""
        alice> CAP LS 302
        alice< :s CAP alice LS * :...
        alice< :s CAP alice LS * :...
        alice< :s CAP alice LS :...
        alice> CAP REQ :message-tags echo-message
        alice< :s CAP alice ACK :message-tags echo-message
        alice> PRIVMSG #room :one
        alice< @msgid={m} :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :one
        bob> PRIVMSG #room :two
        alice< @msgid={n} :bob!bob@s PRIVMSG #room :two
        alice> CAP REQ :-message-tags -echo-message
        alice< :s CAP alice ACK :-message-tags -echo-message
        bob> PRIVMSG #room :three
        alice< :bob!bob@s PRIVMSG #room :three
        alice> PRIVMSG #room :four
        bob< :alice!alice@s PRIVMSG #room :four
    """)
    assert not alice.closed


def test_over_tls_sts_is_not_offered(world):
    """A connection that is secure needs no policy; ``test_plaintext.py`` tells of others."""
    x = world.connect("x", "203.0.113.5", tls=True)
    assert "sts" not in listed(x, "CAP LS 302")
    assert x.ask("CAP REQ :sts") == [":s CAP * NAK :sts"]
