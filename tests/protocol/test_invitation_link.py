"""The links of invitations to a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import InvitationLinkError
from chatapp.protocol.invitation_link import InvitationLink, code_of, format_link, is_link, parse_link

CODE = "aB3_-xYz0123456789ABCD"
KEY = "SHA256:+/+/abcdefghijklmnopqrstuvwxyz0123456789ABA="
LINK = f"https://chat.example.org:5000/#invite={CODE}&key={KEY.rstrip('=').replace('+', '%2B')}"
PARTS = InvitationLink("chat.example.org", 5000, CODE, KEY)


def test_the_form():
    """ "``https://<host>:<port>/#invite=<code>&key=<pin of the server's public key>``". A browser decodes the fields as
    a form, in which ``+`` is a space.
    """
    assert format_link("chat.example.org", 5000, CODE, KEY) == LINK
    assert LINK.partition("&key=")[2] == "SHA256:%2B/%2B/abcdefghijklmnopqrstuvwxyz0123456789ABA"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (LINK, "chat.example.org", 5000),
        (f"  <{LINK}>\n", "chat.example.org", 5000),
        (f"'{LINK}'", "chat.example.org", 5000),
        (LINK.replace("https", "HTTPS"), "chat.example.org", 5000),
        (LINK.replace(":5000", ""), "chat.example.org", 443),
        (LINK.replace("/#", "#"), "chat.example.org", 5000),
        (LINK.replace("chat.example.org", "192.0.2.7"), "192.0.2.7", 5000),
        (LINK.replace("chat.example.org", "[2001:db8::1]"), "2001:db8::1", 5000),
        (LINK.replace("chat.example.org", "[fe80::1%eth0]"), "fe80::1%eth0", 5000),
        (LINK.replace("chat.example.org", "bücher.example"), "bücher.example", 5000),
        (LINK.replace("%2B", "+") + "=", "chat.example.org", 5000),
        (LINK.replace("/", "%2F").replace(":%2F%2F", "://").replace("%2F#", "/#"), "chat.example.org", 5000),
        (LINK.replace("#invite", "#later=1&invite"), "chat.example.org", 5000),
        (LINK + "&later=x", "chat.example.org", 5000),
    ],
)
def test_what_is_read(text, host, port):
    """As it is printed, and as people paste it; fields of a later version are passed over."""
    assert is_link(text)
    assert parse_link(text) == InvitationLink(host, port, CODE, KEY)
    assert code_of(text) == CODE


@pytest.mark.parametrize("host", ["chat.example.org", "localhost", "192.0.2.7", "2001:db8::1"])
def test_what_is_written_is_read(host):
    """Also an IPv6 address, which stands in brackets."""
    assert parse_link(format_link(host, 5000, CODE, KEY)) == InvitationLink(host, 5000, CODE, KEY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no link of an invitation"),
        ("chat.example.org", "no link of an invitation"),
        ("https://chat.example.org:5000/", "no link of an invitation"),
        ("https://chat.example.org:5000/#key=x", "no link of an invitation"),
        (LINK.replace("https", "http"), "no link of an invitation"),
        (LINK.replace("https", "javascript"), "no link of an invitation"),
        (LINK.replace("#", "?"), "no link of an invitation"),
        (LINK.partition("&")[0], "in quotes"),
        (LINK.partition("&")[0] + "&key=", "in quotes"),
        (LINK[:-1], "in quotes"),
        (LINK + "A", "in quotes"),
        (LINK + LINK[LINK.index("&") :], "in quotes"),
        (LINK + "&key=", "in quotes"),
        (LINK + f"&invite={CODE}", "in quotes"),
        (LINK.replace("SHA256", "MD5"), "in quotes"),
        (LINK.replace(CODE, CODE[:-1]), "in quotes"),
        (LINK.replace(CODE, CODE + "!"), "in quotes"),
        (LINK.replace(CODE, "x" * 65), "in quotes"),
        (LINK.replace(":5000", ":0"), "port"),
        (LINK.replace(":5000", ":65536"), "port"),
        (LINK.replace(":5000", ":x"), "address in the link"),
        (LINK.replace("chat.example.org", ""), "address in the link"),
        (LINK.replace("chat.example.org", "bob@chat.example.org"), "address in the link"),
        (LINK.replace("chat.example.org", "a b"), "address in the link"),
        (LINK.replace("chat.example.org", "a\x1bb"), "address in the link"),
        (LINK.replace("chat.example.org", "2001:db8::1"), "address in the link"),
        (LINK.replace("/#", "/page#"), "address in the link"),
        (LINK + "x" * 1_000, "too long"),
    ],
)
def test_what_is_refused(text, words):
    """Each says what is wrong, and nothing of the link, which may be a secret."""
    with pytest.raises(InvitationLinkError, match=words) as raised:
        parse_link(text)
    assert CODE[:10] not in str(raised.value)
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_the_code_is_in_no_repr():
    """A record may come into a traceback."""
    assert CODE not in repr(PARTS)
    assert "chat.example.org" in repr(PARTS)


@pytest.mark.parametrize("text", ["", CODE, "chat.example.org", "#invite=short", f"x#invite={CODE}?", "invite=" + CODE])
def test_a_text_that_is_no_link(text):
    """``INVITATION`` takes a code as it is; of a link it takes the code."""
    assert code_of(text) == (CODE if text.startswith("x#") else text)


@given(st.text(max_size=60), st.integers(0, len(LINK)), st.integers(0, 30))
def test_any_damage(text, at, gone):
    """A link that something happened to is read or refused, and nothing else."""
    for damaged in (text, LINK[:at] + text + LINK[at + gone :], LINK[:at]):
        code_of(damaged)
        try:
            parts = parse_link(damaged)
        except InvitationLinkError:
            continue
        assert 0 < parts.port < 65_536
        assert parse_link(format_link(parts.host, parts.port, parts.code, parts.key)) == parts
