"""What Tab makes of a word."""

from __future__ import annotations

import pytest

from chatapp.client.fronts.person.completion import candidates, complete, slot
from chatapp.client.fronts.person.questions import Ask

NAMES = ["Alice", "alan", "bob", "student2", "student10"]
CHANNELS = ["#lobby", "#projekt", "#project2"]


def tab(line: str, ask: Ask = Ask.COMMAND) -> str | list[str]:
    """Press Tab at the end of a line; return the line, or what is offered where it stays the same."""
    found = slot(line, ask)
    options = candidates(found, NAMES, CHANNELS)
    word = complete(found.word, options)
    return line.removesuffix(found.word) + word if word != found.word else options


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("", ["DM", "BM", "WHO", "EX", "help"]),
        ("d", "DM "),
        ("/j", "/join "),
        ("/h", ["/history", "/help"]),
        ("/dm a", "/dm Al"),
        ("/dm al", ["Alice", "alan"]),
        ("/dm ali", "/dm Alice "),
        ("DM BO", "DM bob "),
        ("/dm #p", "/dm #proje"),
        ("/msg bob stu", "/msg bob student"),
        ("/who #l", "/who #lobby "),
        ("/leave #", CHANNELS),
        ("/history b", "/history bob "),
        ("/bm hello bo", "/bm hello bob "),
        ("/kick al", ["Alice", "alan"]),
        ("/kick #l", "/kick #lobby "),
        ("/kick #lobby b", "/kick #lobby bob "),
        ("/kick bob who told ali", "/kick bob who told Alice "),
        ("/op #lobby b", "/op #lobby bob "),
        ("/op bob b", "/op bob bob "),
        ("/op alan,b", "/op alan,bob "),
        ("/kick alan, b", "/kick alan, bob "),
        ("/mute b", "/mute bob "),
        ("/mute #lobby b", "/mute #lobby bob "),
        ("/bans #l", "/bans #lobby "),
        ("/invite b", "/invite bob "),
        ("/invite bob #l", "/invite bob #lobby "),
        ("/topic #l", "/topic #lobby "),
        ("/topic #lobby for ali", "/topic #lobby for Alice "),
        ("/me greets ali", "/me greets Alice "),
        ("/me ali", "/me Alice "),
        ("/whois ali", "/whois Alice "),
        ("/join #lobby b", []),
        ("/mute bob b", "/mute bob bob "),
        ("/unmute bob b", "/unmute bob bob "),
        ("/dm alan,b", []),
        ("/list #l", []),
        ("/exit b", []),
        ("/nope b", []),
        ("hello b", []),
        ("//dm b", "//dm bob "),
        ("//d", []),
    ],
)
def test_at_the_menu(line, result):
    """ "Tab completes names, channels and commands", each where it fits, in any case."""
    assert tab(line) == result


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("", []),
        ("hello al", ["Alice", "alan"]),
        ("bo", "bob "),
        ("see #lo", "see #lobby "),
        ("/d", ["/dm", "/delete", "/deop", "/devoice"]),
        ("dm", []),
    ],
)
def test_in_a_conversation(line, result):
    """A text may name somebody; the words of the menu are no part of it."""
    assert tab(line, Ask.TALK) == result


def test_where_a_name_is_asked_for():
    """Names and channels."""
    assert tab("student1", Ask.PICK) == "student10 "
    assert tab("#l", Ask.PICK) == "#lobby "
    assert tab("bob b", Ask.PICK) == []
    assert tab("y", Ask.MANY) == []


@pytest.mark.parametrize("ask", [Ask.PASSWORD, Ask.NEW_PASSWORD, Ask.CHANGE_OLD, Ask.CREATE])
def test_nowhere_else(ask):
    """A password is no command, though it begins with a slash."""
    assert tab("/d", ask) == []
    assert tab("bo", ask) == []
