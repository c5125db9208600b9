"""The line client as a person sees it: what is typed, what is shown, what is asked."""

from __future__ import annotations

import pytest

from chatapp.client.events import People, Person
from chatapp.client.ui import view
from chatapp.client.ui.questions import Ask
from chatapp.errors import SignInError
from tests.client.fake_server import FakeServer, Wire, signed_in
from tests.client.ui.desk import Desk

MENU = [
    "  DM   write to one person, or to a #CHANNEL",
    "  BM   write to everyone",
    "  WHO  who is here and who is away",
    "  EX   leave",
    "  /help shows all commands",
]


def lobby_of(server: FakeServer) -> list[str]:
    """Return what was said in the lobby."""
    return [entry.text for entry in server.log if entry.target == "#lobby"]


# On the way in


def test_signing_in(server):
    """A password, then who and where one is, and the menu of the original."""
    desk = Desk(server)
    desk.see()
    assert (desk.asked, desk.model.question.hidden) == ("Password for alice: ", True)
    assert desk.type("secret") == ["-- You are alice at Fake, in #lobby.", *MENU]
    assert desk.asked == "> "


def test_a_wrong_password_is_asked_again(server):
    """ "asked again until right"."""
    desk = Desk(server)
    for _ in range(4):
        assert desk.type("wrong") == ["-- The name or the password is wrong."]
        assert desk.asked == "Password for alice: "
    assert desk.type("secret")[1:] == MENU


def test_a_new_name(server):
    """ "an unknown name is offered to be created (password twice)"."""
    desk = Desk(server, "zoe")
    assert desk.type("maybe") == ["-- Nobody is called zoe here yet."]
    assert desk.asked == "Type y or n. Make a new account with this name? [y/n] "
    assert desk.type("Y") == []
    assert (desk.asked, desk.model.question.hidden) == ("New password for zoe: ", True)
    desk.type("pass")
    assert (desk.asked, desk.model.question.hidden) == ("The same again: ", True)
    assert desk.type("fail") == ["-- The two are not the same."]
    assert desk.type("x", "x") == ["-- The password is too short."]
    assert desk.asked == "New password for zoe: "
    assert desk.type("pass", "pass") == ["-- You are zoe at Fake, in #lobby.", *MENU]
    assert server.accounts["zoe"] == "pass"


def test_a_new_name_that_is_not_wanted(server):
    """A slip in typing one's name makes no account: exit code 4."""
    desk = Desk(server, "zoe")
    desk.see()
    with pytest.raises(SignInError, match="no account zoe"):
        desk.type("n")
    assert "zoe" not in server.accounts


@pytest.mark.parametrize("password", ["", "x" * 73, "ü" * 37])
def test_a_password_that_cannot_be(server, password):
    """ "A password over bcrypt's 72 bytes is refused, never cut", before it is sent anywhere."""
    desk = Desk(server, "zoe", new=True)
    (row,) = desk.type(password)
    assert row.startswith("-- ")
    assert desk.asked == "New password for zoe: "
    desk = Desk(server)
    (row,) = desk.type(password)
    assert desk.asked == "Password for alice: "


def test_new_says_so_at_once(server):
    """With --new nobody is asked whether; with a password from a file, nothing at all."""
    desk = Desk(server, "zoe", new=True, password="from a file")
    assert desk.see()[0] == "-- You are zoe at Fake, in #lobby."
    desk = Desk(server, "closed", new=True)
    assert desk.see()[0].startswith("-- Nobody can sign up on this server by themselves.")
    desk = Desk(server, "alice", new=True)
    assert desk.see() == ["-- alice has an account here already."]
    assert desk.asked == "Password for alice: "


def test_a_password_from_a_file_is_tried_first(server):
    """When it is wrong, a person is asked."""
    desk = Desk(server, password="old")
    assert desk.see() == ["-- The name or the password is wrong."]
    assert desk.asked == "Password for alice: "
    assert desk.type("secret")[1:] == MENU


@pytest.mark.parametrize(("answers", "trusted"), [(["y"], True), (["huh", "NO"], False)])
def test_a_new_server(server, answers, trusted):
    """ "shown as a fingerprint, asked once y/n"."""
    desk = Desk(server)
    desk.model.signing_in.ask_trust("host:1", "SHA256:abc")
    assert "     SHA256:abc" in [view.plain_text(row) for row in desk.model.take_rows()]
    for answer in answers:
        assert desk.model.question.ask is Ask.TRUST
        desk.model.typed(answer)
    assert desk.model.signing_in.trusted is trusted


# DM


def test_dm_by_number(server, alice):
    """DM "shows who is here and who is away, by number; pick, write, and read whether it was sent"."""
    signed_in(server, "carol").pump()
    assert alice.type("dm") == ["  1  carol  here", "  2  bob  away"]
    assert alice.asked == "To whom (number or name, Enter goes back): "
    assert alice.type("1") == []
    assert alice.asked == "Text to carol: "
    assert alice.type("hello") == ["-- Sent to carol."]
    assert alice.asked == "> "


def test_dm_to_somebody_away(alice):
    """ "bob is away and will get it"."""
    alice.type("DM", "Bob")
    assert alice.asked == "Text to bob (away): "
    assert alice.type("hello") == ["-- bob is away and will get it."]


def test_dm_to_nobody(alice):
    """An unknown name is said to be that before anything is written, and by the server for /dm."""
    assert alice.type("DM", "zed")[-1:] == ["-- Nobody is called zed; nothing was sent."]
    assert alice.asked.startswith("To whom")
    assert alice.type("9") == ["-- There is no number 9 in the list."]
    assert alice.type("a b")[0].startswith("-- A name has 1 to 32 characters")
    assert alice.type("", "/dm zed hello") == ["-- Not sent: nobody is called zed."]


def test_dm_to_somebody_who_signed_up_meanwhile(server, alice):
    """The list may be old; the server knows."""
    alice.type("DM")
    server.accounts["zoe"] = "secret"
    alice.type("zoe")
    assert alice.asked == "Text to zoe (away): "


def test_dm_with_nobody_else(server):
    """There is nobody to write to yet, and that is said."""
    desk = Desk(FakeServer({"alice": "secret"}))
    assert desk.type("secret", "DM")[-1] == "-- Nobody else has an account here yet."
    assert desk.asked == "> "


def test_what_is_text_where_text_is_asked_for(server, alice):
    """A text may be EX, or begin with a slash that is typed twice; an empty one is not sent."""
    alice.type("DM", "bob", "EX", "DM", "bob", "//exit")
    assert [entry.text for entry in server.log] == ["EX", "/exit"]
    assert alice.type("DM", "bob", "  ")[-1] == "-- Nothing was sent."
    assert len(server.log) == 2
    assert not alice.model.leaving


def test_going_back(alice):
    """Enter, or Ctrl-C, goes back to the menu; there, and with nothing typed, Ctrl-C leaves."""
    alice.type("DM", "")
    assert alice.asked == "> "
    alice.type("DM", "1")
    assert not alice.model.interrupted("half a te")
    assert alice.asked == "> "
    assert not alice.model.interrupted("half a comm")
    assert alice.model.interrupted()


# BM


def test_bm(server, alice):
    """BM goes "to everyone: the lobby; says how many people that is"."""
    signed_in(server, "bob").pump()
    assert alice.type("BM") == ["-- To everyone in #lobby: 2 people, 1 of them here now."]
    assert alice.asked == "Text to everyone: "
    assert alice.type("hello") == ["-- Sent to everyone: 2 people."]
    assert alice.type("/bm again")[-1] == "-- Sent to everyone: 2 people."
    assert lobby_of(server) == ["hello", "again"]


def test_bm_without_a_lobby(server):
    """A server may have none; then there is nobody to write to at once."""
    server.lobby = ""
    desk = Desk(server)
    assert desk.type("secret", "BM")[-1] == "-- This server has no channel of everyone."


def test_bm_after_leaving_the_lobby(alice):
    """Who left it has to come back first, and is told how."""
    alice.type("/leave #lobby")
    assert alice.type("BM") == ["-- You have left #lobby. Type /join #lobby first."]


# The rest


@pytest.mark.parametrize("line", ["hello everybody", "dm bob hi", "exit", "/nope", "who?", "", "   "])
def test_what_is_not_a_command(server, alice, line):
    """ "whatever is not a command is answered with the menu and never sent anywhere"."""
    assert alice.type(line)[-5:] == MENU
    assert server.log == []
    assert not alice.model.leaving


def test_who(server, alice):
    """Who is here and who is away."""
    assert alice.type("Who") == [
        "-- 3 people, 1 of them here:", "  alice  here (you)", "  bob  away", "  carol  away",
    ]  # fmt: skip
    assert alice.type("/who #lobby")[0] == "-- 3 people in #lobby, 1 of them here:"


def test_who_is_nowhere():
    """Of a channel that is not there, or has nobody in it."""
    assert view.who(People("#nowhere", ())) == [view.note("There is nobody in #nowhere.")]
    assert view.who(People("bobby", ())) == [view.note("There is nobody called bobby.")]
    assert view.who(People("bob", (Person("bob", True, False),)))[0] == view.note("1 person, 1 of them here:")


def test_channels(alice):
    """Join, write, leave; a refusal says why."""
    assert alice.type("/join #dev") == ["-- You are in #dev; write with /dm #dev TEXT."]
    assert alice.type("/dm #dev hi") == ["-- Sent to #dev."]
    alice.type("/dm #dev")
    assert alice.asked == "Text to #dev: "
    assert alice.type("", "/leave #dev")[-1] == "-- You are no longer in #dev."
    assert alice.type("DM", "#dev")[-1] == "-- You are not in #dev. Type /join #dev first."
    assert alice.type("/join #locked") == ["-- joining #locked: One has to be invited."]
    assert alice.type("/join") == ["-- Type /join #CHANNEL"]


def test_how_many_people_is_said_of_what_was_for_everyone(server, alice):
    """Of a text to the lobby by its name it is not known: the number of an earlier BM says nothing of it."""
    alice.type("BM")
    assert alice.type("hello")[-1] == "-- Sent to everyone: 2 people."
    assert alice.type("/dm #lobby hello again") == ["-- Sent to #lobby."]
    assert alice.type("/bm third")[-1] == "-- Sent to everyone: 2 people."
    alice.type("/dm #lobby")
    assert alice.type("fourth") == ["-- Sent to #lobby."]


def test_long_garbage_is_cut_and_that_is_shown(alice):
    """What was typed is repeated so far that it can be recognised."""
    assert alice.type("x" * 41)[0].startswith(f"-- '{'x' * 39}…' is not a command")
    assert alice.type("x" * 40)[0].startswith(f"-- '{'x' * 40}' is not a command")


def test_incoming_messages(server, alice):
    """A channel's, one's own from elsewhere, an action, a notice; nothing in them can command the terminal."""
    server.say("bob", "#lobby", "to all \x1b[2J")
    server.say("bob", "alice", "to you")
    server.say("alice", "bob", "from my phone")
    server.say("bob", "alice", "\x01ACTION waves\x01")
    assert alice.see() == [
        "12:00 #lobby <bob> to all ␛[2J",
        "12:00 to you <bob> to you",
        "12:00 to bob <alice> from my phone",
        "12:00 to you * bob waves",
    ]


def test_a_name_from_the_network_is_made_harmless(alice):
    """A bad server may call people what it likes."""
    alice.model.heard(alice.session.received(b":e\x1b[2Jvil!x@h PRIVMSG alice :hi", 0))
    assert alice.see() == ["12:00 to you <e␛[2Jvil> hi"]


def test_presence_of_those_one_writes_with(server, alice):
    """That bob is here now is worth a line to who writes with bob; of all people it would be noise."""
    away, back = b":bob!bob@h AWAY :gone", b":bob!bob@h AWAY"
    alice.model.heard(alice.session.received(away, 0))
    assert alice.see() == []
    alice.type("/dm bob hi")
    for line, row in ((back, "-- bob is here."), (away, "-- bob is away.")):
        alice.model.heard(alice.session.received(line, 0))
        assert alice.see() == [row]


def test_a_long_text_says_in_how_many_lines(server, alice):
    """It arrives whole, as several lines."""
    text = "word " * 200
    (row,) = alice.type(f"/dm bob {text}")
    assert row == "-- bob is away and will get it in 3 lines."
    assert "".join(entry.text for entry in server.log) == text.strip(" ")


def test_a_lost_connection(server, alice):
    """It is said once; what is written meanwhile goes out later; a question for a list goes back to the menu."""
    alice.type("DM")
    assert alice.drop() == ["-- The connection was lost. Trying again until there is a connection."]
    assert alice.asked == "> "
    assert alice.drop() == []
    assert alice.type("/dm bob later", "/bm all")[0].endswith("it is sent as soon as there is one.")
    assert alice.type("WHO")[0].startswith("-- There is no connection just now.")
    server.say("bob", "alice", "missed")
    alice.wire.open()
    rows = alice.see()
    assert rows[0] == "-- Connected again."
    assert "12:00 to you <bob> missed" in rows
    assert "-- bob is away and will get it." in rows
    assert rows.count("12:00 to you <bob> missed") == 1
    assert [entry.text for entry in server.log if entry.sender == "alice"] == ["later", "all"]


def test_a_text_to_everyone_needs_no_connection(server, alice):
    """BM asks for the text all the same; how many people that is, nobody can say then."""
    alice.drop()
    assert alice.type("BM") == []
    assert alice.asked == "Text to everyone: "
    assert alice.type("", "BM") == ["-- Nothing was sent."]
    assert alice.type("later") == ["-- There is no connection just now; it is sent as soon as there is one."]
    alice.wire.open()
    assert "-- Sent to #lobby." in alice.see()
    assert [entry.text for entry in server.log] == ["later"]


def test_everyone_is_written_to_though_the_connection_is_lost_just_then(server, alice):
    """The text is asked for, where the number of people does not come any more."""
    alice.model.typed("BM")
    alice.drop()
    assert alice.asked == "Text to everyone: "
    alice.type("later")
    alice.wire.open()
    alice.see()
    assert [entry.text for entry in server.log] == ["later"]


def test_a_text_to_everyone_is_not_lost_with_the_connection(server, alice):
    """It does not wait for the number of people, which may never come."""
    alice.model.typed("/bm all")
    alice.drop()
    assert server.log == []
    alice.wire.open()
    alice.see()
    assert [entry.text for entry in server.log] == ["all"]


def test_what_is_being_typed_survives_a_lost_connection(server, alice):
    """The question for a text stays the same question."""
    alice.type("DM", "bob")
    before = alice.model.question
    alice.drop()
    assert alice.model.question == before
    alice.wire.open()
    alice.see()
    assert alice.model.question == before
    alice.type("hello")
    assert [entry.text for entry in server.log] == ["hello"]


def test_a_password_that_changed_while_away(server, alice):
    """The new one is asked for, and then it goes on where it was."""
    alice.drop()
    server.accounts["alice"] = "changed"
    alice.wire.open()
    alice.see()
    assert alice.asked == "Password for alice: "
    assert "-- Connected again." in alice.type("changed")
    assert alice.asked == "> "


def test_leaving(alice):
    """EX leaves; with something not acknowledged yet it says that it waits."""
    alice.drop()
    alice.type("/dm bob later")
    assert alice.type("ex")[0].startswith("-- Waiting until what you wrote has arrived")
    assert alice.model.leaving


def test_help(alice):
    """All commands, from the one table."""
    rows = alice.type("/help")
    assert any("/history [NAME or #CHANNEL] [HOW MANY]" in row for row in rows)


def test_a_long_list_of_people(server, alice):
    """The first of them by number; the others can be typed."""
    for number in range(300):
        server.accounts[f"user{number:03}"] = "secret"
    rows = alice.type("DM")
    assert len(rows) == view.LISTED_MAX + 1
    assert rows[-1] == "-- and 102 more; a name can be typed in full"
    assert alice.type("201") == ["-- There is no number 201 in the list."]
    alice.type("user299")
    assert alice.asked == "Text to user299 (away): "


def test_a_slash_command_is_never_sent_as_text(server, alice):
    """ "/dm NAME text ... work too", at every question: what is for one person must not go to everyone."""
    alice.type("bm")
    assert alice.model.question.ask is Ask.TEXT
    assert alice.type("/dm bob for you alone")[-1].startswith("-- bob is away")
    assert alice.model.question.ask is Ask.COMMAND
    alice.type("bm", "/nonsense")
    alice.type("dm", "/help")
    assert alice.model.question.ask is Ask.COMMAND
    alice.type("bm", "//etc is a folder")
    assert [(entry.target, entry.text) for entry in server.log] == [
        ("bob", "for you alone"),
        ("#lobby", "/etc is a folder"),
    ]


def test_what_is_typed_while_the_connection_comes_back(server, alice):
    """ "sends again what was not echoed before the drop": the lobby stays known until the server names it anew."""
    alice.drop()
    alice.wire = Wire(server, alice.session).open()
    alice.model.typed("/bm in between")
    alice.see()
    assert lobby_of(server) == ["in between"]
