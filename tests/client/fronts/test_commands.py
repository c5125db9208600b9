"""The one table of menu words and slash commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatapp.client.core import requests
from chatapp.client.core.recent import Which
from chatapp.client.fronts import arguments, commands
from chatapp.client.fronts.arguments import NAMES_MAX
from chatapp.client.fronts.commands import COMMANDS, MENU, UsageError, find, help_on, menu_word
from chatapp.protocol.message import serialize
from chatapp.protocol.modes import LETTERS

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
        ("/leave", ("leave", "")),
        ("/join dev", ("join", "#dev", "")),
        ("/j #dev", ("join", "#dev", "")),
        ("/query bob", ("write_to", "bob", "")),
        ("/part #dev bye all", ("leave", "#dev", "bye all")),
        ("/lastlog plan", ("search", "plan")),
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
        ("/help", ("help", "")),
        ("/help mode", ("help", "mode")),
        ("help /kick", ("help", "/kick")),
        ("/menu", ("menu",)),
        ("/passwd", ("change_password",)),
        ("/exit", ("exit",)),
        ("help", ("help", "")),
        ("?", ("help", "")),
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


def test_several_channels_at_once():
    """As other clients have it: names with commas, and keys in the same order."""
    assert did("/join #a,b") == [("join", "#a", ""), ("join", "#b", "")]
    assert did("/join #a,#b x,y,z") == [("join", "#a", "x"), ("join", "#b", "y")]
    assert did("/join #a one,key") == [("join", "#a", "one,key")]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("/kick bob", "KICK #here bob"),
        ("/kick bob  far too loud", "KICK #here bob :far too loud"),
        ("/kick #dev bob :)", "KICK #dev bob ::)"),
        ("/ban bob", "MODE #here +b bob!*@*"),
        ("/ban #dev ~t:60:~m:bob", "MODE #dev +b ~t:60:~m:bob"),
        ("/ban bob 2h spam", "@+chatapp/reason=spam MODE #here +b ~t:120:bob!*@*"),
        ("/ban e*!*@* 1h spam", "@+chatapp/reason=spam MODE #here +b ~t:60:e*!*@*"),
        ("/mute bob 5m too loud", "@+chatapp/reason=too\\sloud MODE #here +b ~t:5:~m:bob!*@*"),
        ("/mute bob for 5m", "MODE #here +b ~t:5:~m:bob!*@*"),
        ("/mute bob For 5m too loud", "@+chatapp/reason=too\\sloud MODE #here +b ~t:5:~m:bob!*@*"),
        ("/mute bob for good", "MODE #here +b ~m:bob!*@*"),
        ("/mute bob for good reason", "@+chatapp/reason=reason MODE #here +b ~m:bob!*@*"),
        ("/mute bob for shouting", "@+chatapp/reason=for\\sshouting MODE #here +b ~m:bob!*@*"),
        ("/mute bob for", "@+chatapp/reason=for MODE #here +b ~m:bob!*@*"),
        ("/mute bob too loud", "@+chatapp/reason=too\\sloud MODE #here +b ~m:bob!*@*"),
        ("/unban bob", "MODE #here -bbbbbb bob!*@* ~a:bob *!*bob@* ~m:bob!*@* ~m:~a:bob ~m:*!*bob@*"),
        ("/unban  #dev  *!*@h", "MODE #dev -b *!*@h"),
        ("/unban ~m:bob", "MODE #here -b ~m:bob"),
        ("/mute bob", "MODE #here +b ~m:bob!*@*"),
        ("/mute #dev bob 1h30m", "MODE #dev +b ~t:90:~m:bob!*@*"),
        ("/mute bob 20s", "MODE #here +b ~t:1:~m:bob!*@*"),
        ("/mute ~a:bob 1d", "MODE #here +b ~t:1440:~m:~a:bob"),
        ("/unmute bob", "MODE #here -bbb ~m:bob!*@* ~m:~a:bob ~m:*!*bob@*"),
        ("/unmute e*!*@*", "MODE #here -b ~m:e*!*@*"),
        ("/op bob #dev", "MODE #dev +o bob"),
        ("/bans", "MODE #here b"),
        ("/bans #dev", "MODE #dev b"),
        ("/op bob", "MODE #here +o bob"),
        ("/deop #dev bob", "MODE #dev -o bob"),
        ("/voice bob", "MODE #here +v bob"),
        ("/devoice bob", "MODE #here -v bob"),
        ("/invite bob", "INVITE bob #here"),
        ("/invite bob #dev", "INVITE bob #dev"),
        ("/invite #dev bob", "INVITE bob #dev"),
        ("/invite", "INVITE"),
        ("/uninvite bob", "UNINVITE bob #here"),
        ("/uninvite bob #dev", "UNINVITE bob #dev"),
        ("/topic", "TOPIC #here"),
        ("/topic #dev", "TOPIC #dev"),
        ("/topic the news", "TOPIC #here :the news"),
        ("/topic #dev  the  news", "TOPIC #dev :the  news"),
        ("/topic -", "TOPIC #here :"),
        ("/topic -delete", "TOPIC #here :"),
        ("/mode", "MODE #here"),
        ("/mode +m", "MODE #here +m"),
        ("/mode #dev +l-m 20", "MODE #dev +l-m 20"),
        ("/mode b", "MODE #here b"),
        ("/mode +k key", "MODE #here +k key"),
        ("/mode +ob bob eve", "MODE #here +ob bob eve"),
        ("/mode +o carol +b x!*@*", "MODE #here +o+b carol x!*@*"),
        ("/mode +k +secret", "MODE #here +k +secret"),
        ("/mode +Y two words", "MODE #here +Y two words"),
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
        ("/delete -0", "REDACT #here own0"),
        ("/delete -1000", "REDACT #here own1000"),
        ("/list #pro*", "LIST #pro*"),
        ("/uban bob", "UBAN ADD bob"),
        ("/uban bob 90m far too loud", "UBAN ADD bob 90m :far too loud"),
        ("/uban 203.0.113.0/24 7d", "UBAN ADD 203.0.113.0/24 10080m"),
        ("/uban 2001:db8::7 spam", "UBAN ADD 2001:db8::7 spam"),
        ("/uban ::7 1h spam", "UBAN ADD :::7 60m spam"),
        ("/unuban ::7", "UBAN DEL :::7"),
        ("/unuban bob", "UBAN DEL bob"),
        ("/ubans", "UBAN LIST"),
        ("/kill bob", "KILL bob"),
        ("/kill bob far too loud", "KILL bob :far too loud"),
        ("/rename #here #there", "RENAME #here #there"),
        ("/rename #here  #there  it moved", "RENAME #here #there :it moved"),
    ],
)
def test_what_a_command_asks_the_server(line, sent):
    """ "Commands act on the current channel (conversation) unless one is named"."""
    assert asked(line) == [sent]


@pytest.mark.parametrize(
    ("line", "which", "rest"),
    [
        ("@eve -3 too loud", Which(3, "eve"), "too loud"),
        ("-3  @eve  too loud", Which(3, "eve"), "too loud"),
        ("@eve -3", Which(3, "eve"), ""),
        ("-3 @eve", Which(3, "eve"), ""),
        ("-3 -4", Which(3, own=True), "-4"),
        ("@eve @bob", Which(1, "eve"), "@bob"),
        ("too -3 loud", Which(own=True), "too -3 loud"),
        ("@ -3", Which(own=True), "@ -3"),
        ("-" + "9" * 5000, Which(999_999_999, own=True), ""),
    ],
)
def test_which_message_a_command_is_about(line, which, rest):
    """The number and the name may stand in any order; a number is never taken for the reason of a deletion."""
    assert arguments.which(line, own=True) == (which, rest)


def asked(line: str) -> list[str]:
    """Return the lines that a command sends in #here; the first line of each of its requests."""
    ((name, *arguments),) = did(line)
    if name == "delete":
        which, reason = arguments
        name, arguments = "ask_about", [which, lambda where, msgid: requests.delete(where, msgid, reason)]
    assert name in ("ask", "ask_about", "ask_in")
    if name == "ask_in":
        channel, *wanted = arguments
        arguments = [request(channel or "#here") for request in wanted]
    elif name == "ask_about":
        which, request = arguments
        arguments = [request("#here", which.sender or f"{'own' if which.own else 'm'}{which.back}")]
    return [serialize(request.message).decode().removesuffix("\r\n") for request in arguments]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("/voice bob carol", ["MODE #here +v bob", "MODE #here +v carol"]),
        ("/op #dev bob,carol, dave", ["MODE #dev +o bob", "MODE #dev +o carol", "MODE #dev +o dave"]),
        ("/deop bob carol #dev", ["MODE #dev -o bob", "MODE #dev -o carol"]),
        ("/kick bob,carol far too loud", ["KICK #here bob :far too loud", "KICK #here carol :far too loud"]),
        ("/kick bob , carol far, far", ["KICK #here bob :far, far", "KICK #here carol :far, far"]),
        ("/kick bob, carol too loud", ["KICK #here bob :too loud", "KICK #here carol :too loud"]),
        ("/kick bob bob,", ["KICK #here bob bob,"]),
        ("/ban bob,carol 1h", ["MODE #here +b ~t:60:bob!*@*", "MODE #here +b ~t:60:carol!*@*"]),
        ("/mute bob,carol 5m", ["MODE #here +b ~t:5:~m:bob!*@*", "MODE #here +b ~t:5:~m:carol!*@*"]),
        ("/invite bob carol #dev", ["INVITE bob #dev", "INVITE carol #dev"]),
        ("/invite bob,carol", ["INVITE bob #here", "INVITE carol #here"]),
        ("/unmute a b", ["MODE #here -bbb ~m:a!*@* ~m:~a:a ~m:*!*a@*", "MODE #here -bbb ~m:b!*@* ~m:~a:b ~m:*!*b@*"]),
        ("/op bob carol BOB", ["MODE #here +o BOB", "MODE #here +o carol"]),
    ],
)
def test_several_names(line, sent):
    """Names stand between commas; where no text follows the names, spaces are enough."""
    assert asked(line) == sent


def test_how_many_names():
    """R9: one line asks for a limited number of things."""
    names = [f"p{number}" for number in range(NAMES_MAX + 1)]
    assert len(asked(f"/voice {' '.join(names[1:])}")) == NAMES_MAX
    with pytest.raises(UsageError, match=f"at most {NAMES_MAX} names"):
        did(f"/voice {','.join(names)}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/mute bob for 5", "Type 5m, 5h or 5d"),
        ("/mute bob 5", "Type 5m, 5h or 5d"),
        ("/mute bob 5 loud", "Type 5m, 5h or 5d"),
        ("/mute bob 5 m", "Type 5m, 5h or 5d"),
        ("/ban bob 30 days", "Type 30m, 30h or 30d"),
        ("/ban bob 5min loud", '"5min" is no time. A time is like 5m, 2h or 7d'),
        ("/uban bob 90 x", "Type 90m, 90h or 90d"),
        ("/uban bob 99y", "at most ten years"),
        ("/mute bob 99y", "at most ten years"),
        ("/ban bob 0m", "at most ten years"),
    ],
)
def test_a_time_that_is_none(line, words):
    """A number without a unit would count as the reason, and the mute would have no end."""
    with pytest.raises(UsageError, match=re.escape(words)):
        did(line)


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
        *("/join", "/join #a #b", "/leave a b", "/history a b", "/history a 0", "/history a 99999"),
        *("/exit now", "/quit now", "/help dm bm", "/older 5", "/menu now", "/passwd secret"),
        *("who is there", "ex libris", "/join #a b c", "/me", "/search"),
        *(
            "/kick",
            "/kick #dev",
            "/kick :x",
            "/ban",
            "/ban #dev",
            "/unban",
            "/unban #a #b c",
            "/op",
            "/op a #b #c",
            "/op a, , b",
            "/kick ,",
            "/kick ,a",
            "/kick a,:b",
            "/mute",
            "/mute #a",
            "/mute 5m",
            "/mute #a 5m too loud",
            "/mute 5m bob",
            "/ban 7d",
            "/kick 5m",
            "/op 5",
            "/voice bob 5m",
            "/uban",
            "/uban 5m bob",
            "/unuban",
            "/unuban a b",
            "/ubans bob",
            "/kill",
            "/kill 5m",
            "/kill :x",
            "/kill #a",
            "/rename #a",
            "/rename #a b",
            "/rename b #a",
            "/unmute",
            "/bans a",
            "/voice #a",
        ),
        *("/invite #a", "/invite #a #b c", "/invite :x", "/whois", "/whois a b", "/whois :x"),
        *("/reply", "/reply -2", "/reply @bob", "/react", "/react -2", "/react off ", "/edit", "/edit -2"),
        *("/mode alice +i", "/mode :x", "/mode bob", "/mode b x", "/list a b", "/list :x"),
        *("/mode +k two words", "/mode +m bob", "/mode #dev +kl one 20 more", "/mode -f #other"),
        *("/cert", "/cert now", "/cert del", "/cert add x", "/cert list x", "/cert del a b", "/cert del :x"),
        *("/knock", "/knock dev", "/block a b", "/block :x", "/unblock", "/unblock a b"),
    ],
)
def test_how_to_type_it(line):
    """What a command cannot take is answered with how to type it."""
    with pytest.raises(UsageError, match="Type /"):
        did(line)


@pytest.mark.parametrize("about", ["kick", "/kick", "KICK"])
def test_help_on_a_command(about):
    """How to type it, and what it does."""
    assert help_on(about) == ["/kick [#CHANNEL] NAME [REASON]: remove a member"]
    assert help_on("part") == help_on("leave")
    assert "Operators of a channel delete the messages of others, too." in help_on("delete")[1]


@pytest.mark.parametrize("about", ["nope", "/", "#dev"])
def test_help_on_what_is_no_command(about):
    """It says where the names of the commands are."""
    with pytest.raises(UsageError, match="/help"):
        help_on(about)


def test_help_on_modes_explains_every_letter():
    """Nobody has to know IRC: each mode and role of this project's server is explained, in a row of a terminal."""
    rows = help_on("mode")
    explained = {row.split()[0][1:] for row in rows if row.startswith("  +")}
    assert explained == set(LETTERS)
    assert "  +k KEY     people need the key KEY to join" in rows
    assert all(len(row) <= 77 for row in rows)


def test_the_menu_is_that_of_the_original():
    """DM, BM, WHO, EX, in this order."""
    assert list(MENU) == ["DM", "BM", "WHO", "EX"]


def test_every_name_means_one_command():
    """No two commands share a name."""
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.names[0])
def test_every_command_is_documented(command):
    """README has a row for each, under its first name, and tells its other names somewhere."""
    text = README.read_text()
    rows = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    first, *others = (rf"{re.escape(name)}[` ]" for name in command.names)
    assert re.search(f"`/{first}", rows)
    assert all(re.search(f"`/?{name}", text) for name in others)
    assert command.help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.names[0])
def test_a_row_of_help_fits_into_a_terminal(command):
    """80 columns: two of indent, the longest usage, two of space, the help."""
    width = max(len(each.usage) for each in COMMANDS)
    assert 2 + width + 2 + len(command.help) <= 80
