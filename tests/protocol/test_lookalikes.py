"""Names that could be mistaken for another name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import NameReservedError
from chatapp.protocol.lookalikes import check_new_nick, is_service, look_of, look_of_text, skeleton


@pytest.mark.parametrize(
    "name",
    [
        "NickServ",
        "chanserv",
        "xServ",
        "NickSerV",
        "admin",
        "ADMIN",
        "root",
        "rO0t",
        "adrnin",
        "server",
        "everyone",
        "DM",
        "EX",
        "bm",
    ],
)
def test_names_that_look_official(name):
    """ "Sign-up refuses names that look official (*Serv, admin, server, the menu words, and so on)"."""
    with pytest.raises(NameReservedError, match=f"{name} looks like a name of the server"):
        check_new_nick(name)


@pytest.mark.parametrize("name", ["You", "you", "Y0U", "The", "deleted", "SOMEBODY"])
def test_names_that_are_words_of_clients(name):
    """What an account with the name You does would be read as what one did oneself."""
    with pytest.raises(NameReservedError, match=f"{name} would be read as a word"):
        check_new_nick(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("aIice", "alice"), ("al1ce", "aIIce"), ("b0b", "bob"), ("B0B", "bOb"), ("tirn", "Tim"), ("Bamey", "barney")],
)
def test_names_that_look_like_an_account(name, other):
    """ "and names that look like an existing account (l/I/1, O/0)"; both names are told."""
    with pytest.raises(NameReservedError, match=f"{name} looks like {other}, "):
        check_new_nick(name, ["carol", other])


@pytest.mark.parametrize(
    "name",
    ["alice", "Alice", "alicia", "bob_", "b0bby", "servant", "administrata", "dmitri", "Rex", "Youssef", "Theo", "me"],
)
def test_names_like_nobodys(name):
    """All else may be had; upper and lower case are the same name, which is another matter."""
    check_new_nick(name, ["alice", "bob", "carol"])


def test_services():
    """Whom other networks' clients send passwords to."""
    assert [is_service(name) for name in ("NickServ", "nickserv", "Q", "server")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("#lobby", "#l\u03bfbby"),  # Greek omicron
        ("#lobby", "#Iobby"),
        ("#lobby", "#l0bby"),
        ("#lobby", "#\uff2cobby"),  # full width
        ("#ops", "#\u043e\u0440\u0455"),  # Cyrillic
        ("#intern", "#intem"),
        ("#LOBBY", "#lobby"),
    ],
)
def test_channels_that_look_alike(one, other):
    """ "names whose UTS #39 skeleton equals an existing channel's"."""
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("#a", "#b"), ("#cafe", "#caf\u00e9"), ("#日本", "#日木"), ("#team-a", "#team-b")]
)
def test_channels_that_do_not(one, other):
    """What people can tell apart stays apart."""
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=20))
def test_a_skeleton_is_its_own(text):
    """It says nothing of case, and is found again in itself."""
    assert skeleton(text.lower()) == skeleton(text.lower())
    assert skeleton(skeleton(text)) == skeleton(text)


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,31}", fullmatch=True))
def test_a_name_looks_like_itself_written_again(name):
    """Looks depend on the letters alone."""
    assert look_of(look_of(name)) == look_of(look_of(look_of(name)))


@pytest.mark.parametrize("text", ["AIice", " AIice ", "A\u200dIi\u200cce"])
def test_the_look_of_a_display_name(text):
    """ "Spaces around it and the two joiners do not count"."""
    assert look_of_text(text) == look_of("Alice")
