"""The modes of channels: how changes are parsed and written, and how members are shown."""

from __future__ import annotations

import pytest

from chatapp.protocol import modes


@pytest.mark.parametrize(
    ("changes", "parameters", "found"),
    [
        ("+o-v", ["alice", "bob"], [("+", "o", "alice"), ("-", "v", "bob")]),
        ("b", ["eve!*@*"], [("+", "b", "eve!*@*")]),
        ("-k", ["old"], [("-", "k", "old")]),
        ("-l+l", ["5"], [("-", "l", None), ("+", "l", "5")]),
        ("+i-t+x", [], [("+", "i", None), ("-", "t", None), ("+", "x", None)]),
        ("+oo", ["alice"], [("+", "o", "alice"), ("+", "o", None)]),
        ("+-+", ["alice"], []),
        ("", [], []),
    ],
)
def test_parsing(changes, parameters, found):
    """ "Type A and B: always have a parameter; C: only when set; D: never" (modern-irc, CHANMODES)."""
    assert modes.parse(changes, parameters) == found


def test_every_letter_has_one_meaning():
    """A letter that were a role and a flag would be parsed as one of them only."""
    letters = modes.LISTS + modes.KEYED + modes.WITH_VALUE + modes.FLAGS + "".join(modes.BY_LETTER)
    assert len(letters) == len(set(letters))
    assert sorted(letters) == list(modes.LETTERS)


def test_writing():
    """Signs are not repeated, and parameters follow in the order of their letters."""
    changes = [("+", "o", "alice"), ("+", "m", ""), ("-", "b", "eve!*@*"), ("-", "t", ""), ("+", "l", "5")]
    assert modes.written(changes) == "+om-bt+l alice eve!*@* 5"


def test_prefixes():
    """ "In order of 'rank', from highest to lowest" (multi-prefix); without it, the highest."""
    flags = modes.VOICE.bit | modes.FOUNDER.bit | modes.OPERATOR.bit
    assert (modes.prefixes(flags, True), modes.prefixes(flags, False), modes.prefixes(0, True)) == ("~@+", "~", "")
    assert [modes.rank_of(role.bit) for role in modes.ROLES] == [5, 4, 3, 2, 1]
    assert modes.rank_of(0) == 0
