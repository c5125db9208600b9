"""The one table of menu words and slash commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatapp.client.core.recent import Which
from chatapp.client.fronts import commands
from chatapp.client.fronts.commands import COMMANDS, MENU, UsageError, find, menu_word
from chatapp.protocol.message import serialize

README = Path(commands.__file__).parent.parent / "README.md"


class Recorder:
    """A front that writes down what it is to do."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def __getattr__(self, name: str) -> object:
        return lambda *arguments: self.done.append((name, *arguments))


def did(line: str, *, menu: bool = True) -> list[object] | None:
    """Return what a line makes a front do; None for what is no command."""
    found, front = find(line, menu=menu), Recorder()
    if found is None:
        return None
    found[0].run(front, found[1])  # type: ignore[arg-type]
    return front.done


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("DM", ("write_to", "", "")),
        ("  dm ", ("write_to", "", "")),
        ("Bm", ("write_to_all", "")),
        ("who", ("list_people", "")),
        ("eX", ("exit",)),
        ("/dm bob hi  there", ("write_to", "bob", "hi  there")),
        ("/DM bob", ("write_to", "bob", "")),
        ("/msg #dev x", ("write_to", "#dev", "x")),
        ("/bm hello all", ("write_to_all", "hello all")),
        ("/who", ("list_people", "")),
        ("/who #dev", ("list_people", "#dev")),
        ("/join #dev", ("join", "#dev", "")),
        ("/join #dev s3cret", ("join", "#dev", "s3cret")),
        ("/me  waves a lot", ("act", "waves a lot")),
        ("/leave #dev", ("leave", "#dev")),
        ("/reply yes", ("reply", Which(), "yes")),
        ("/reply -2 yes", ("reply", Which(2), "yes")),
        ("/reply @bob yes", ("reply", Which(sender="bob"), "yes")),
        ("/reply -x @", ("reply", Which(), "-x @")),
        ("/history", ("show_history", "", 20)),
        ("/history bob", ("show_history", "bob", 20)),
        ("/history bob 50", ("show_history", "bob", 50)),
        ("/history 5", ("show_history", "", 5)),
        ("/history bob 9999", ("show_history", "bob", 1000)),
        ("/older", ("show_older",)),
        ('/search  "next  week" in:#dev', ("search", '"next  week" in:#dev')),
        ("/help", ("help",)),
        ("/menu", ("menu",)),
        ("/passwd", ("change_password",)),
        ("/exit", ("exit",)),
        ("help", ("help",)),
        ("?", ("help",)),
        ("dm #dev text", ("write_to", "#dev", "text")),
        ("WHO #dev", ("list_people", "#dev")),
        ("BM hi", ("write_to_all", "hi")),
        ("quit", ("exit",)),
        ("/quit", ("exit",)),
    ],
)
def test_what_a_line_means(line, done):
    """ "Case does not matter"; the rest of a line is the command's."""
    assert did(line) == [done]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("/kick bob", "KICK #here bob"),
        ("/kick bob  far too loud", "KICK #here bob :far too loud"),
        ("/kick #dev bob :)", "KICK #dev bob ::)"),
        ("/ban bob", "MODE #here +b bob!*@*"),
        ("/ban #dev ~t:60:~m:bob", "MODE #dev +b ~t:60:~m:bob"),
        ("/unban bob", "MODE #here -b bob!*@*"),
        ("/unban  #dev  *!*@h", "MODE #dev -b *!*@h"),
        ("/op bob", "MODE #here +o bob"),
        ("/deop #dev bob", "MODE #dev -o bob"),
        ("/voice bob", "MODE #here +v bob"),
        ("/devoice bob", "MODE #here -v bob"),
        ("/invite bob", "INVITE bob #here"),
        ("/invite bob #dev", "INVITE bob #dev"),
        ("/invite #dev bob", "INVITE bob #dev"),
        ("/invite", "INVITE"),
        ("/topic", "TOPIC #here"),
        ("/topic #dev", "TOPIC #dev"),
        ("/topic the news", "TOPIC #here :the news"),
        ("/topic #dev  the  news", "TOPIC #dev :the  news"),
        ("/topic -", "TOPIC #here :"),
        ("/mode", "MODE #here"),
        ("/mode +m", "MODE #here +m"),
        ("/mode #dev +l-m 20", "MODE #dev +l-m 20"),
        ("/mode b", "MODE #here b"),
        ("/whois bob", "WHOIS bob"),
        ("/block eve", "SILENCE +eve!*@*"),
        ("/block", "SILENCE"),
        ("/unblock eve", "SILENCE -eve!*@*"),
        ("/knock #dev", "KNOCK #dev"),
        ("/knock #dev let me in", "KNOCK #dev :let me in"),
        ("/cert add", "CERT ADD"),
        ("/cert list", "CERT LIST"),
        ("/cert DEL  AB:cd", "CERT DEL AB:cd"),
        ("/list", "LIST"),
        ("/react 👍", "@+draft/react=👍;+reply=m1;+draft/reply=m1 TAGMSG #here"),
        ("/react -2 well done", "@+draft/react=well\\sdone;+reply=m2;+draft/reply=m2 TAGMSG #here"),
        ("/react @bob off 👍", "@+draft/unreact=👍;+reply=bob;+draft/reply=bob TAGMSG #here"),
        ("/edit all  right", "@draft/target-msgid=own1;draft/edit-text=all\\s\\sright EDIT #here"),
        ("/edit -3 @bob is here", "@draft/target-msgid=own3;draft/edit-text=@bob\\sis\\shere EDIT #here"),
        ("/delete", "REDACT #here own1"),
        ("/delete -2 not so nice", "REDACT #here own2 :not so nice"),
        ("/delete @bob spam", "REDACT #here bob spam"),
        ("/list #pro*", "LIST #pro*"),
    ],
)
def test_what_a_command_asks_the_server(line, sent):
    """ "Commands act on the current channel (conversation) unless one is named"."""
    ((name, *arguments),) = did(line)
    if name == "ask_in":
        channel, request = arguments
        message = request(channel or "#here").message
    elif name == "ask_about":
        which, request = arguments
        message = request("#here", which.sender or f"{'own' if which.own else 'm'}{which.back}").message
    else:
        assert name == "ask"
        message = arguments[0].message
    assert serialize(message) == f"{sent}\r\n".encode()


@pytest.mark.parametrize("line", ["", " ", "hello", "hello dm", "bm!", "//ex", "/", "/nope", "/ dm"])
def test_what_is_no_command(line):
    """A line that does not begin with the name of a command is none."""
    assert did(line) is None


@pytest.mark.parametrize("line", ["dm bob", "BM hi", "help", "?", "ex libris", "exit", "/ex"])
def test_only_the_words_of_the_menu_alone_mean_the_same_everywhere(line):
    """ "A menu word alone on a line means the same at every question"; anything else may be a text."""
    assert menu_word(line) is None
    assert [menu_word(word) for word in (" dm", "Bm", "who", "EX ")] == list(MENU.values())


@pytest.mark.parametrize("word", MENU)
def test_without_the_menu_its_words_are_text(word):
    """In a script, "ex" may be what somebody wants to say."""
    assert did(word, menu=False) is None
    assert did(f"/{word}", menu=False) is not None


@pytest.mark.parametrize(
    "line",
    [
        *("/join", "/join #a #b", "/leave", "/history a b", "/history a 0", "/history a 99999"),
        *("/exit now", "/quit now", "/help dm", "/older 5", "/menu now", "/passwd secret"),
        *("who is there", "ex libris", "/join dev", "/join #a b c", "/me", "/search"),
        *(
            "/kick",
            "/kick #dev",
            "/kick :x",
            "/ban",
            "/ban #dev",
            "/unban",
            "/unban a b",
            "/op",
            "/op a b",
            "/voice #a",
        ),
        *("/invite a b", "/invite #a", "/invite #a #b c", "/invite :x", "/whois", "/whois a b", "/whois :x"),
        *("/reply", "/reply -2", "/reply @bob", "/react", "/react -2", "/react off ", "/edit", "/edit -2"),
        *("/mode alice +i", "/mode :x", "/mode bob", "/mode b x", "/list a b", "/list :x"),
        *("/cert", "/cert now", "/cert del", "/cert add x", "/cert list x", "/cert del a b", "/cert del :x"),
        *("/knock", "/knock dev", "/block a b", "/block :x", "/unblock", "/unblock a b"),
    ],
)
def test_how_to_type_it(line):
    """What a command cannot take is answered with how to type it."""
    with pytest.raises(UsageError, match="Type /"):
        did(line)


def test_the_menu_is_that_of_the_original():
    """DM, BM, WHO, EX, in this order."""
    assert list(MENU) == ["DM", "BM", "WHO", "EX"]


def test_every_name_means_one_command():
    """No two commands share a name."""
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.names[0])
def test_every_command_is_documented(command):
    """README tells of each, in the words of the table."""
    text = README.read_text()
    assert all(re.search(rf"`/?{re.escape(name)}[` ]", text) for name in command.names)
    assert command.help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.names[0])
def test_a_row_of_help_fits_into_a_terminal(command):
    """80 columns: two of indent, the longest usage, two of space, the help."""
    width = max(len(each.usage) for each in COMMANDS)
    assert 2 + width + 2 + len(command.help) <= 80
