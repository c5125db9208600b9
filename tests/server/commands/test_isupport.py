"""ISUPPORT, and what 005 promises. The quotations are from IRCv3 extended-isupport where nothing else is said."""

from __future__ import annotations

import pytest

from chatapp.errors import ConfigError
from chatapp.protocol import isupport

BOTH = "CAP REQ :batch draft/extended-isupport"


def tokens(lines):
    """Put together the tokens of lines of 005."""
    known = {}
    for line in lines:
        assert line.endswith(" :are supported by this server")
        known = isupport.parse(line.partition(" 005 ")[2].split(" ")[1:-5], known)
    return known


def test_before_the_welcome(world):
    """ "the server MUST accept ISUPPORT commands before connection registration completes", in a batch."""
    x = world.connect("x")
    x.ask(BOTH)
    first, *lines, last = x.ask("ISUPPORT")
    reference = first.removeprefix(":s BATCH +").removesuffix(" draft/isupport")
    assert last == f":s BATCH -{reference}"
    assert all(line.startswith(f"@batch={reference} :s 005 * ") for line in lines)
    assert tokens(lines)["NICKLEN"] == "32"


def test_only_where_it_was_negotiated(world):
    """Before the welcome, the command needs the capability; afterwards everybody may ask."""
    x = world.connect("x")
    assert x.ask("ISUPPORT") == [":s 451 * :Sign in first."]
    alice = world.enter("alice", "batch")
    lines = alice.ask("ISUPPORT")
    assert all(line.startswith(":s 005 alice ") for line in lines)
    assert tokens(lines)["NICKLEN"] == "32"


def test_without_batch(world):
    """ "(grouped inside a draft/isupport batch if the batch and draft/extended-isupport capabilities are enabled)"."""
    x = world.connect("x")
    x.ask("CAP REQ draft/extended-isupport")
    assert all(line.startswith(":s 005 * ") for line in x.ask("ISUPPORT"))


@pytest.mark.parametrize("caps", ["batch", "draft/extended-isupport", "batch draft/extended-isupport", "echo-message"])
def test_the_welcome(world, caps):
    """ "The server MUST NOT send any unbatched RPL_ISUPPORT message while both of these capabilities are enabled"."""
    x = world.connect("x")
    x.ask(f"CAP REQ :{caps}", "NICK alice", "USER a 0 * :a", "PASS alice:sesame")
    heard = x.ask("CAP END")
    first = next(index for index, line in enumerate(heard) if " 004 " in line) + 1
    if caps == "batch draft/extended-isupport":
        reference = heard[first].removeprefix(":s BATCH +").removesuffix(" draft/isupport")
        last = heard.index(f":s BATCH -{reference}")
        assert all(line.startswith(f"@batch={reference} :s 005 alice ") for line in heard[first + 1 : last])
        assert heard[last + 1].startswith(":s 251 alice ")
    else:
        assert heard[first].startswith(":s 005 alice ")
        assert not any("BATCH" in line for line in heard)


def test_labelled(world):
    """The batch is part of the labelled response."""
    alice = world.enter("alice", "batch draft/extended-isupport labeled-response")
    first, *lines, last = alice.ask("@label=x ISUPPORT")
    assert first.startswith("@label=x :s BATCH +")
    assert first.endswith(" draft/isupport")
    assert all(" 005 " in line for line in lines)
    assert last.startswith(":s BATCH -")


def test_version_has_a_batch_too(world):
    """ "The server MUST NOT send any unbatched RPL_ISUPPORT message while both of these capabilities are enabled"."""
    version, first, *lines, last = world.enter("alice", "batch draft/extended-isupport").ask("VERSION")
    assert " 351 " in version
    assert first.endswith(" draft/isupport")
    assert all(line.startswith("@batch=") for line in lines)
    assert last.startswith(":s BATCH -")


@pytest.mark.parametrize("guests", [True, False])
def test_accounts_are_required(make_world, guests):
    """draft/ACCOUNTREQUIRED is there where nobody gets in without an account, and only there."""
    world = make_world(accounts="alice", guests=guests)
    assert ("draft/ACCOUNTREQUIRED" in tokens(world.enter("alice").ask("ISUPPORT"))) is not guests


def test_who_has_no_account_is_told_so(world):
    """IRCv3 standard-replies: "FAIL * ACCOUNT_REQUIRED_TO_CONNECT :An account is required to connect"; else 464."""
    x = world.connect("x")
    x.ask("CAP REQ standard-replies", "NICK x", "USER x 0 * :x")
    world.play("""
        x> CAP END
        x< :s FAIL * ACCOUNT_REQUIRED_TO_CONNECT :Sign in first: use SASL PLAIN, or send ...
    """)


def test_no_client_tag_is_denied(world):
    """IRCv3 message-tags, CLIENTTAGDENY: its value lists the blocked client-only tags; none is, whatever its name."""
    alice = world.enter("alice", "message-tags echo-message")
    world.enter("bob")
    assert tokens(alice.ask("ISUPPORT"))["CLIENTTAGDENY"] == ""
    for tag in "+typing=active", "+draft/typing=active", "+example.com/x", "+draft/unheard-of=1":
        (echo,) = alice.ask(f"@{tag} TAGMSG bob")
        assert echo.partition(" ")[0].endswith(f";{tag}")


def test_an_icon(make_world):
    """IRCv3 network-icon: "the value MUST be a URL to an image"; without an icon, there is no token."""
    assert "draft/ICON" not in tokens(make_world(accounts="alice").enter("alice").ask("ISUPPORT"))
    url = "https://example.net/icon.png?size={size}&a=b"
    world = make_world(accounts="alice", icon=url)
    assert tokens(world.enter("alice").ask("ISUPPORT"))["draft/ICON"] == url
    x = world.connect("x")
    x.ask(BOTH)
    assert any("draft/ICON=https://example.net/icon.png?size\\x3D{size}" in line for line in x.ask("ISUPPORT"))


@pytest.mark.parametrize(
    "url", ["icon.png", "ftp://x/y", "https://", "https://a b", "https://é", "javascript:x", "https://x/" + "=" * 75]
)
def test_what_is_no_icon(make_world, url):
    """A server with an icon that it could not announce does not start."""
    with pytest.raises(ConfigError, match="is not the URL of an icon"):
        make_world(icon=url)


def test_the_longest_icon(make_world):
    """It fits into a line."""
    url = "https://x/" + "=" * 72
    assert tokens(make_world(accounts="alice", icon=url).enter("alice").ask("ISUPPORT"))["draft/ICON"] == url
