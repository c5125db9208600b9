"""The line client as a person sees it: what is typed, what is shown, what is asked."""

from __future__ import annotations

import json

import pytest

from chatapp.client.core import events
from chatapp.client.core.answers import Mask, Masks
from chatapp.client.core.events import Gone, Joined, Kicked, People, Person
from chatapp.client.fronts import output
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.person.questions import Ask
from chatapp.client.fronts.person.rows import plain_text
from chatapp.errors import SignInError
from chatapp.protocol.message import Message
from tests.client.fake_server import OFFERS, FakeServer, Peer, Wire, signed_in
from tests.client.fronts.menu.desk import Desk

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


def invite(desk: Desk, *channels: str) -> list[str]:
    """Let bob invite somebody, or the server tell invitations of bob; return what is shown."""
    assert desk.wire.peer is not None
    for channel in channels:
        desk.wire.peer.send(Message("INVITE", ["alice", channel], "bob!bob@fake.example"))
    return desk.see()


def test_invitations_at_the_sign_in(server, monkeypatch):
    """Who was invited while away reads so after who and where one is; after a reconnect, only what is new."""
    open_channels = ["#staff", "#staff", "#lab"]
    welcome = Peer.welcome

    def and_invitations(peer: Peer) -> None:
        welcome(peer)
        for channel in open_channels:
            peer.send(Message("INVITE", ["alice", channel], "bob!bob@fake.example"))

    monkeypatch.setattr(Peer, "welcome", and_invitations)
    desk = Desk(server)
    words = "-- You are invited to {0} (by bob). To join, type /join {0}"
    told = [words.format("#staff"), words.format("#lab")]
    assert desk.type("secret")[:3] == ["-- You are alice at Fake, in #lobby.", *told]
    open_channels.append("#new")
    desk.drop()
    desk.wire.open()
    assert desk.see() == ["-- Connected again.", words.format("#new")]
    assert invite(desk, "#staff", "#staff") == [told[0], told[0]]  # bob does it again, and does not only wait
    desk.type("/join #staff", "/leave #staff")
    desk.drop()
    desk.wire.open()
    assert desk.see() == ["-- Connected again.", told[0]]
    for start in range(0, 3_000, 100):
        invite(desk, *(f"#{number}" for number in range(start, start + 100)))
    desk.drop()
    desk.wire.open()
    assert len(desk.see()) == 4  # R9: it does not remember everything


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


REGISTERS = OFFERS.replace("chatapp/account ", "").replace(
    "account-registration", "account-registration=before-connect"
)


@pytest.mark.parametrize("new", [False, True])
def test_a_new_name_on_a_server_that_tells_of_none(new):
    """Where the server does not say whether an account exists, a refused password may mean that it does not."""
    server = FakeServer({}, offers=REGISTERS)
    desk = Desk(server, "zoe", new=new)
    if not new:
        assert desk.type("mistyped") == ["-- The name or the password is wrong."]
        assert desk.asked == "Is zoe a new name, for which to make an account? [y/n] "
        desk.type("n")
        assert desk.asked == "Password for zoe: "
        desk.type("mistyped", "y")
    desk.see()
    assert desk.asked == "New password for zoe: "
    assert desk.type("x", "x") == ["-- The password is too short."]
    assert desk.asked == "New password for zoe: "
    assert desk.type("long enough", "long enough")[1:] == MENU
    assert server.accounts == {"zoe": "long enough"}


@pytest.mark.parametrize("new", [False, True])
def test_a_known_name_on_a_server_that_tells_of_none(new):
    """The right password signs in, also after the question for a new account; with --new its owner is told."""
    desk = Desk(FakeServer({"alice": "secret"}, offers=REGISTERS), new=new)
    if new:
        assert desk.type("long enough", "long enough")[0] == "-- alice has an account already."
    else:
        desk.type("mistyped", "n")
    assert desk.asked == "Password for alice: "
    assert desk.type("secret")[1:] == MENU


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Nothing was sent: only accounts may write.", "Not sent to #dev: only accounts may write."),
        ("Nothing was sent.", "Not sent to #dev."),
        ("No. Nothing was sent: say it in parts.", "Not sent to #dev: No; say it in parts."),
        ("", "Not sent to #dev."),
    ],
)
def test_that_nothing_was_sent_is_said_once(alice, reason, words):
    """ "Not sent", and the server's reason, which may begin with the same."""
    event = events.NotSent("#dev", "x", "404", reason, 1, 0, member=True)
    alice.model.heard([event])
    assert alice.see() == [f"-- {words}"]
    assert output.notices(event) == [f"{words} [404]"]
    assert view.told(event, "")[0][0][1].endswith(words)
    part = events.NotSent("#dev", "x", "404", "Nothing was sent: it is closed.", 3, 1, member=True)
    alice.model.heard([part])
    assert alice.see() == ["-- Only 1 of 3 lines were sent to #dev: it is closed. Send the rest again."]
    assert output.notices(part) == ["Not sent to #dev (1 of 3 lines were): it is closed. [404]"]


def test_a_member_is_not_told_to_join(server, alice):
    """404 to somebody in the channel has another cause (+m, a ban): only others are told how to join."""
    in_lobby = events.NotSent("#lobby", "x", "404", "Cannot send to channel (+m)", 1, 0, member=True)
    alice.model.heard([in_lobby, events.NotSent("#dev", "x", "404", "Cannot send to channel", 1, 0)])
    assert alice.see() == [
        "-- Not sent to everyone (#lobby): Cannot send to channel (+m)",
        "-- Not sent to #dev: Cannot send to channel (/join #dev)",
    ]


@pytest.mark.parametrize(
    ("text", "notice", "shown"),
    [
        ("\x01VERSION\x01", False, "* bob sends the CTCP query VERSION, which chat does not answer"),
        ("\x01PING 123", False, "* bob sends the CTCP query PING, which chat does not answer"),
        ("\x01\x01", False, "* bob sends an empty CTCP query"),
        ("\x01VERSION irssi 1.4\x01", True, "* bob answers the CTCP query VERSION: irssi 1.4"),
        ("\x01ACTION waves\x01", False, "* bob waves"),
    ],
)
def test_ctcp(alice, text, notice, shown):
    """What one client asks another is shown in words."""
    said = events.Said(0, "bob", "alice", "bob", text, "m1", notice=notice)
    alice.model.heard([said])
    assert shown in alice.see()[0]
    assert shown in output.message(said)
    assert json.loads(output.as_json(said))["text"] == text


def test_a_message_of_several_lines(alice):
    """Each line that is not empty is shown; in JSON the text is exact."""
    said = events.Said(0, "bob", "alice", "bob", "one\n\ntwo", "m1")
    alice.model.heard([said])
    assert [line.partition(" ")[2] for line in alice.see()] == ["to you <bob> one", "to you <bob> two"]
    for event in (said, events.History("bob", (said,))):
        assert output.messages(event) == [
            "1970-01-01T00:00:00Z alice <bob> one",
            "1970-01-01T00:00:00Z alice <bob> two",
        ]
    assert json.loads(output.as_json(said))["text"] == said.text


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


def test_ex_at_a_question_of_the_sign_in(server):
    """ "EX always gets out"."""
    for name, answers in (("alice", []), ("zoe", []), ("zoe", ["y"]), ("zoe", ["y", "password"])):
        desk = Desk(server, name)
        desk.type(*answers)
        desk.see()
        with pytest.raises(SignInError, match="Not signed in"):
            desk.type("ex")
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
    desk = Desk(server, "alice", new=True)
    assert desk.see() == ["-- The name alice is taken: it has an account here. If it is yours, sign in to it."]
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
    assert "     SHA256:abc" in [plain_text(row) for row in desk.model.take_rows()]
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
    assert alice.type("1") == ["-- To carol. Enter goes back to the menu."]
    assert alice.asked == "carol> "
    assert alice.type("hello") == ["-- Sent to carol."]
    assert alice.type("again") == ["-- Sent to carol."]
    assert alice.asked == "carol> "
    assert [(entry.target, entry.text) for entry in server.log] == [("carol", "hello"), ("carol", "again")]


def test_dm_by_number_in_one_line(server, alice):
    """A number of the list that was shown last stands for the person there; without a list it stands for nobody."""
    assert alice.type("dm 1 hello") == ["-- There is no number 1 in a list. Type DM alone to see one."]
    alice.type("dm", "")
    assert alice.type("dm 1 hello") == ["-- Sent to bob, who is away: not connected; will get it later"]
    assert alice.type("/dm 9 hello") == ["-- There is no number 9 in a list. Type DM alone to see one."]
    alice.type("DM 1")
    assert alice.asked == "bob> "
    assert [(entry.target, entry.text) for entry in server.log] == [("bob", "hello")]


def test_dm_to_somebody_away(server, alice):
    """R5: the sender is told "the reader's own away message, or that the reader is not connected"; each once."""
    assert alice.type("DM", "Bob")[-1] == "-- To bob, who is away and will get it. Enter goes back to the menu."
    assert alice.asked == "bob> "
    assert alice.type("hello") == ["-- Sent to bob, who is away: not connected; will get it later"]
    assert alice.type("again") == ["-- bob is away and will get it."]
    server.away["bob"] = "gone \x1b[2Jfishing"
    assert alice.type("why?") == ["-- Sent to bob, who is away: gone ␛[2Jfishing"]
    assert alice.type("ah") == ["-- bob is away and will get it."]
    alice.model.heard(alice.session.received(b":bob!bob@h AWAY :lunch", 0))
    assert alice.see() == ["-- bob is away: lunch"]
    assert alice.type("a", "b")[0] == "-- Sent to bob, who is away: gone ␛[2Jfishing"


def test_dm_to_nobody(alice):
    """An unknown name is said to be that before anything is written, and by the server for a text to it."""
    assert alice.type("DM", "zed")[-1:] == ["-- Nobody is called zed; nothing was sent."]
    assert alice.asked.startswith("To whom")
    assert alice.type("9") == ["-- There is no number 9 in the list."]
    for line in ("1a", "hello bob", "//EX"):
        assert alice.type(line)[0].startswith("-- A name has 1 to 32 characters")
    assert alice.asked.startswith("To whom")
    assert alice.type("", "/dm zed hello") == ["-- Not sent: nobody is called zed."]
    assert alice.type("/dm zed") == ["-- Nobody is called zed; nothing was sent."]
    assert alice.asked == "> "


def test_dm_to_somebody_who_signed_up_meanwhile(server, alice):
    """The list may be old; the server knows."""
    alice.type("DM")
    server.accounts["zoe"] = "secret"
    alice.type("zoe")
    assert alice.asked == "zoe> "


def test_enter_picks_who_wrote_last(server, alice):
    """ "An empty DM offers the person who wrote last", and then EX goes back."""
    server.say("bob", "alice", "hello")
    server.say("carol", "alice", "hello")
    server.say("bob", "#lobby", "hello all")
    alice.type("DM")
    assert alice.asked == "To whom (number or name, Enter for carol, EX goes back): "
    alice.type("")
    assert alice.asked == "carol> "
    alice.type("DM", "EX")
    assert alice.asked == "> "


def test_who_wrote_last_and_is_gone_is_not_offered(server, alice):
    """A removed account cannot be written to."""
    server.say("carol", "alice", "hello")
    alice.see()
    alice.model.heard([Gone("carol", "The account was removed")])
    alice.type("DM")
    assert alice.asked == "To whom (number or name, Enter goes back): "


def test_dm_with_nobody_else(server):
    """There is nobody to write to yet, and that is said."""
    desk = Desk(FakeServer({"alice": "secret"}))
    assert desk.type("secret", "DM")[-1] == "-- Nobody else has an account here yet."
    assert desk.asked == "> "


def test_a_word_of_the_menu_as_a_text(server, alice):
    """ "to send the word, type //EX"; any other text that begins with a slash is typed with two."""
    alice.type("DM", "bob", "//EX", "//exit", "///etc", "//dm", "dm me later", "who else?")
    assert [entry.text for entry in server.log] == ["EX", "/exit", "//etc", "dm", "dm me later", "who else?"]
    assert not alice.model.leaving


@pytest.mark.parametrize("where", [["DM"], ["DM", "bob"], ["BM"], ["/join #dev"], ["BM", "x\n" * 21]])
def test_ex_always_gets_out(server, alice, where):
    """ "EX: back to the menu; at the menu: leave", at every question, and it is sent to nobody."""
    alice.type(*where)
    alice.type("ex")
    assert (alice.asked, alice.model.leaving) == ("> ", False)
    alice.type("EX")
    assert alice.model.leaving
    assert server.log == []


@pytest.mark.parametrize("word", ["DM", "BM", "WHO"])
def test_a_word_of_the_menu_in_a_conversation(server, alice, word):
    """ "A menu word alone on a line means the same at every question"."""
    at_menu = Desk(FakeServer(server.accounts))
    at_menu.type("secret")
    expected = at_menu.type(word)
    assert alice.type("/dm bob", word)[1:] == expected
    assert alice.asked == ("bob> " if word == "WHO" else at_menu.asked)
    assert server.log == []


@pytest.mark.parametrize("line", ["", "  ", "/menu", "/MENU "])
def test_the_end_of_a_conversation(server, alice, line):
    """ "until an empty Enter or /menu"."""
    alice.type("DM", "1", line)
    assert alice.asked == "> "
    alice.type("hello")
    assert server.log == []


def test_going_back(alice):
    """Ctrl-C drops what is typed, then the question, then the conversation; at the menu it leaves."""
    alice.type("DM", "1", "DM")
    assert not alice.model.interrupted("half a na")
    assert alice.asked.startswith("To whom")
    assert not alice.model.interrupted()
    assert alice.asked == "bob> "
    assert not alice.model.interrupted("half a te")
    assert alice.asked == "bob> "
    assert not alice.model.interrupted()
    assert alice.asked == "> "
    assert not alice.model.interrupted("half a comm")
    assert alice.model.interrupted()


# BM


def test_bm(server, alice):
    """BM goes "to everyone: the lobby; says how many people that is"."""
    signed_in(server, "bob").pump()
    assert alice.type("BM") == ["-- To everyone (#lobby): 2 people, 1 here now. Enter goes back to the menu."]
    assert alice.asked == "everyone> "
    assert alice.type("hello", "again") == ["-- Sent to everyone (#lobby).", "-- Sent to everyone (#lobby)."]
    assert alice.type("", "/bm third")[-2:] == [
        "-- To everyone (#lobby): 2 people, 1 here now.",
        "-- Sent to everyone (#lobby).",
    ]
    assert lobby_of(server) == ["hello", "again", "third"]


def test_bm_without_a_lobby(server):
    """A server may have none; then there is nobody to write to at once."""
    server.lobby = ""
    desk = Desk(server)
    assert desk.type("secret", "BM")[-1] == "-- This server has no channel of everyone."


def test_bm_after_leaving_the_lobby(alice):
    """Who left it has to come back first, and is told how."""
    alice.type("/leave #lobby")
    assert alice.type("BM") == ["-- You are not in #lobby. Type /join #lobby first."]


REMOVED = "you were removed from #lobby. Type /join #lobby to come back, unless you are banned."


def kick(desk: Desk, nick: str = "alice", channel: str = "#lobby") -> list[str]:
    """Let bob remove somebody from a channel; return what is shown."""
    assert desk.wire.peer is not None
    desk.wire.peer.send(Message("KICK", [channel, nick, "too loud"], "bob!bob@fake.example"))
    return desk.see()


def test_writing_after_being_removed(alice):
    """Who was removed has not left: every answer to a text says what happened."""
    alice.type("BM")
    assert kick(alice) == [
        "-- You were removed from #lobby by bob: too loud",
        "-- What you type here now goes to nobody. Enter goes back to the menu.",
    ]
    alice.server.refuse["hello"] = "404"
    words = f"-- Not sent: {REMOVED}"
    assert alice.type("hello") == [words]
    assert alice.type("", "BM")[-1] == f"-- Y{REMOVED[1:]}"
    assert alice.type("/dm #lobby") == [f"-- Y{REMOVED[1:]}"]
    alice.type("/join #lobby", "")
    alice.type("/leave #lobby")
    assert alice.type("BM") == ["-- You are not in #lobby. Type /join #lobby first."]


def test_being_removed_twice(alice):
    """A server may tell it once as what we did, and once as what happened to us."""
    kick(alice)
    assert kick(alice) == []
    alice.model.heard([events.SignedIn("alice", "", "#lobby", ("#lobby",), True)])  # we joined on another device
    assert len(kick(alice)) == 2
    assert kick(alice, "carol") == ["-- carol was removed from #lobby by bob: too loud"]


def test_being_removed_from_channels_without_end(alice):
    """R9: a server can name any number of channels."""
    for number in range(1_100):
        kick(alice, channel=f"#c{number}")
    assert alice.type("/dm #c1099")[0].startswith("-- You were removed from #c1099.")
    assert alice.type("/dm #c0") == ["-- You are not in #c0. Type /join #c0 first."]


# The rest


@pytest.mark.parametrize("line", ["hello everybody", "who? me", "//EX", "1", "a\nb"])
def test_what_is_not_a_command(server, alice, line):
    """ "At the menu, text is still sent nowhere, and gets a one-line answer (the full menu the first time"."""
    answer = "-- Sent to nobody. This is the menu: DM or BM writes to people, EX leaves, /help shows all."
    assert alice.type(line) == [answer, *MENU]
    assert alice.type(line) == [answer]
    assert server.log == []
    assert not alice.model.leaving


def test_nothing_and_an_unknown_command(server, alice):
    """Enter alone is answered with where one is; an unknown command is refused by its name."""
    assert alice.type(" ") == ["-- This is the menu: DM or BM writes to people, EX leaves, /help shows all."]
    assert alice.type("/nope x") == ["-- There is no command /nope; nothing was sent. /help shows all."]


@pytest.mark.parametrize("line", ["help", "?", "/help", "HELP", "/?"])
@pytest.mark.parametrize("before", ["", "DM"])
def test_help_at_the_menu_and_where_a_name_is_asked_for(alice, line, before):
    """ "help, ? ... do what the user meant"."""
    alice.type(*filter(None, [before]))
    assert "  DM   write to one person, or to a #CHANNEL" in alice.type(line)


def test_help_on_one_command(alice):
    """At the menu, and where a name is asked for."""
    assert alice.type("help kick") == ["-- /kick [#CHANNEL] NAME [REASON]: remove a member"]
    alice.type("DM")
    rows = alice.type("/help mode")
    assert rows[0].startswith("-- /mode [#CHANNEL] [CHANGES]: ")
    assert "  +m         only members with a role can write" in rows
    assert alice.type("/help nope") == ["-- There is no command nope. /help shows all."]


def test_commands_without_a_slash(server, alice):
    """ "dm #dev text, WHO #dev and BM hi do what the user meant", at the menu and where a name is asked for."""
    alice.type("join #dev", "", "dm #dev first", "DM", "dm #dev second", "BM hi")
    assert [(entry.target, entry.text) for entry in server.log] == [
        ("#dev", "first"), ("#dev", "second"), ("#lobby", "hi"),
    ]  # fmt: skip
    assert alice.type("WHO #dev")[0].startswith("-- 3 people in #dev")
    assert alice.asked == "> "


def test_who(server, alice):
    """Who is here and who is away."""
    assert alice.type("Who") == [
        "-- 3 people, 1 of them here:", "  alice  here (you)", "  bob  away", "  carol  away",
    ]  # fmt: skip
    assert alice.type("/who #lobby")[0] == "-- 3 people in #lobby, 1 of them here:"


def test_who_of_many(server, alice):
    """Where a row for each would scroll away who is here, there are only names, in natural order."""
    server.accounts |= {f"student{number}": "secret" for number in range(30, 0, -1)}
    rows = alice.type("WHO")
    assert rows[:2] == ["-- 33 people, 1 of them here:", "  here: alice (you)"]
    assert rows[2].startswith("  away: bob, carol, student1, student2, student3,")
    assert rows[2].endswith(", student29, student30")


def test_who_has_which_role():
    """Who is to keep order in a channel sees who may do it."""
    people = (Person("bob", True, False, "founder"), Person("zoe", True, True, "voice"), Person("carol", False, False))
    event = People("#dev", people)
    assert [plain_text(row) for row in view.who(event, 20)[1:]] == [
        "  bob  here  founder", "  zoe  here  voice (you)", "  carol  away",
    ]  # fmt: skip
    assert [plain_text(row) for row in view.who(event, 1)[1:]] == [
        "  here: bob (founder), zoe (voice) (you)", "  away: carol",
    ]  # fmt: skip
    assert output.notices(event) == ["bob here founder", "zoe here voice", "carol away"]


def test_who_is_nowhere():
    """Of a channel that is not there, or has nobody in it."""
    assert view.who(People("#nowhere", ()), 20) == [view.note("There is nobody in #nowhere.")]
    assert view.who(People("bobby", ()), 20) == [view.note("There is nobody called bobby.")]
    assert view.who(People("bob", (Person("bob", True, False),)), 20)[0] == view.note("1 person, 1 of them here:")


def test_channels(server, alice):
    """Join, write, leave; a refusal says why."""
    assert alice.type("/join #dev")[0] == "-- You are in #dev now."
    assert alice.asked == "#dev> "
    assert alice.type("hi") == ["-- Sent to #dev."]
    assert alice.type("", "/dm #dev hi") == ["-- Sent to #dev."]
    alice.type("/dm #dev")
    assert alice.asked == "#dev> "
    assert alice.type("/leave #dev")[-1] == "-- You are no longer in #dev."
    assert alice.asked == "> "
    assert alice.type("DM", "#dev")[-1] == "-- You are not in #dev. Type /join #dev first."
    assert alice.type("/join dev", "/leave")[-1] == "-- You are no longer in #dev."
    assert alice.type("/leave")[-1] == "-- Which channel? Type /leave #CHANNEL"
    assert alice.type("/join #locked")[0] == "-- joining #locked: One has to be invited."
    assert alice.asked == "> "
    assert alice.type("/join") == ["-- Type /join #CHANNEL or /join #CHANNEL KEY"]
    assert {"-- You are in #a now.", "-- You are in #b now."} <= {*alice.type("/join #a,b")}
    assert alice.type("/join #a:\a")[0].endswith("Type /join #CHANNEL.")


def sent(desk: Desk, *lines: str) -> list[str]:
    """Type lines; return what they send to the server, without labels and without lists of people."""
    assert desk.wire.peer is not None
    before = len(desk.wire.peer.heard)
    desk.type(*lines)
    heard = desk.wire.peer.heard[before:]
    return [" ".join([line.verb, *line.params]) for line in heard if line.verb not in ("WHO", "JOIN")]


def test_commands_about_a_channel(alice):
    """ "About the channel of the present conversation, unless you name another one"."""
    nowhere = ["-- In which channel? Type its name after the command, or /join it first."]
    assert alice.type("/kick bob") == nowhere
    assert sent(alice, "/kick #dev bob", "topic #dev") == ["KICK #dev bob", "TOPIC #dev"]
    assert sent(alice, "/join #dev", "/kick bob no", "/mode +m") == ["KICK #dev bob no", "MODE #dev +m"]
    assert sent(alice, "/op #lobby bob") == ["MODE #lobby +o bob"]
    alice.type("", "/dm bob")
    assert alice.asked == "bob> "
    assert alice.type("/topic new") == nowhere
    assert sent(alice, "/whois bob", "/list") == ["WHOIS bob", "LIST"]


def test_several_names_in_one_command(alice):
    """Each is a request of its own; who has no connection is told once."""
    assert sent(alice, "/voice #lobby bob carol") == ["MODE #lobby +v bob", "MODE #lobby +v carol"]
    assert alice.type("/kick #lobby alice") == ["-- Not done: that is you."]
    alice.drop()
    assert len(alice.type("/voice #lobby bob carol")) == 1


def test_the_list_of_bans_has_the_times_of_the_person(alice):
    """A mute of some minutes ends at a time of the clock that the person looks at."""
    alice.model.heard([Masks("#lobby", "b", (Mask("~t:5:~m:bob!*@*", "alice", 1_700_000_000_000),))])
    assert alice.see() == ["-- #lobby, bans and mutes:", "--   bob is muted until 12:00 (by alice, 12:00)"]


def test_doing_something(server, alice):
    """An action goes to the present conversation; at the menu there is none."""
    assert alice.type("/me waves") == ["-- To whom? Begin a conversation first, with DM, BM or /join #CHANNEL."]
    assert alice.type("BM", "/me waves")[-1] == "-- Sent to everyone (#lobby)."
    assert server.log[-1].text == "\x01ACTION waves\x01"
    assert server.log[-1].target == "#lobby"
    alice.type("/me " + "many " * 2000)
    assert alice.asked.startswith("Send ")
    alice.type("y")
    assert server.log[-1].text.startswith("\x01ACTION many")


def test_commands_without_a_connection(alice):
    """Nothing is kept for later, and the person is told so."""
    alice.type("BM")
    alice.drop()
    words = "-- There is no connection just now. BM and /dm NAME are sent as soon as there is one."
    assert alice.type("/kick bob", "/whois bob", "/list", "/mode") == [words] * 4


@pytest.mark.parametrize("line", ["/topic " + "x" * 600, "/kick bob a\0b", "/whois \ud800"])
def test_a_command_that_cannot_be_sent(alice, line):
    """It is refused in words, and the client goes on."""
    alice.type("BM")
    (row,) = alice.type(line)
    assert row.startswith("-- ")
    assert alice.session.unsettled == 0


def test_what_a_stranger_chooses_is_harmless(alice):
    """R7: "all text from the network passes one filter" - names, reasons, topics and masks too."""
    hostile = "\x1b]0;x\x07\u202e\u2028"
    for line in (
        f":b{hostile}!b@h KICK #lobby carol :{hostile}",
        f":bob!b@h KICK #lobby alice :{hostile}",
        f":bob!b@h MODE #lobby +b {hostile}",
        f":bob!b@h INVITE alice #{hostile}",
        f":h 710 alice #lobby b{hostile}!z@h :{hostile}",
        f":bob!b@h TOPIC #lobby :{hostile}",
        f":bob!b@h PART #lobby :{hostile}",
    ):
        alice.model.heard(alice.session.received(line.encode(), 0))
    rows = alice.see()
    assert len(rows) == 8
    assert not set("".join(rows)) & set(hostile.replace("]0;x", ""))


def test_joining_where_one_is_already(alice):
    """The server has nothing to say then; the conversation begins all the same."""
    alice.type("/join #LOBBY")
    assert alice.asked == "everyone> "


def test_a_conversation_stays_when_others_end_it(server, alice):
    """What is typed next goes nowhere else: the text is refused in words."""
    alice.type("/join #dev")
    alice.model.heard(alice.session.received(b":bob!b@h KICK #dev alice :out", 0))
    assert alice.see() == [
        "-- You were removed from #dev by bob: out",
        "-- What you type here now goes to nobody. Enter goes back to the menu.",
    ]
    assert alice.asked == "#dev> "
    alice.type("/join #dev", "")
    alice.model.heard(alice.session.received(b":bob!b@h KICK #dev alice", 0))
    assert alice.see() == ["-- You were removed from #dev by bob."]


def test_one_wording_for_everyone(server, alice):
    """ "'Sent to everyone' and 'Sent to #lobby' are one wording", whichever way a text goes to the lobby."""
    rows = alice.type("BM", "1", "", "/dm #lobby 2", "/bm 3", "/dm #lobby", "4", "", "dm #LOBBY 5")
    assert [row for row in rows if row.startswith("-- Sent")] == ["-- Sent to everyone (#lobby)."] * 5
    server.refuse["x"] = "INTERNAL_ERROR"
    assert alice.type("/bm x")[-1] == "-- Not sent to everyone (#lobby): It could not be stored."


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
    for line, rows in (
        (back, ["-- bob is here."]),
        (away, ["-- bob is away: gone"]),
        (away, []),  # it is told once
        (b":bob!bob@h AWAY :lunch", ["-- bob is away: lunch"]),
        (b":s 301 alice bob :lunch", []),
        (b":s 301 alice bob :gone", ["-- bob is away: gone"]),
    ):
        alice.model.heard(alice.session.received(line, 0))
        assert alice.see() == rows


def test_a_long_text_says_in_how_many_lines(server, alice):
    """It arrives whole, as several lines."""
    text = "word " * 200
    (row,) = alice.type(f"/dm bob {text}")
    assert row == "-- Sent in 3 lines to bob, who is away: not connected; will get it later"
    assert alice.type(f"/dm bob {text}") == ["-- bob is away and will get it in 3 lines."]
    assert "".join(entry.text for entry in server.log) == 2 * text.strip(" ")


def test_a_lost_connection(server, alice):
    """It is said once; what is written meanwhile goes out later; whom to write to can still be picked."""
    alice.type("DM")
    assert alice.drop() == ["-- The connection was lost. Trying again until there is a connection."]
    assert alice.type("1") == ["-- To bob, who is away and will get it. Enter goes back to the menu."]
    assert alice.drop() == []
    assert alice.type("") == []
    assert alice.type("/dm bob later", "/bm all")[0].endswith("it is sent as soon as there is one.")
    assert alice.type("WHO")[0].startswith("-- There is no connection just now.")
    server.say("bob", "alice", "missed")
    alice.wire.open()
    rows = alice.see()
    assert rows[0] == "-- Connected again."
    assert "12:00 to you <bob> missed" in rows
    assert "-- Sent to bob, who is away: not connected; will get it later" in rows
    assert rows.count("12:00 to you <bob> missed") == 1
    assert [entry.text for entry in server.log if entry.sender == "alice"] == ["later", "all"]


def test_a_text_to_everyone_needs_no_connection(server, alice):
    """BM begins the conversation all the same; how many people that is, nobody can say then."""
    alice.drop()
    assert alice.type("BM") == ["-- To everyone (#lobby). Enter goes back to the menu."]
    assert alice.asked == "everyone> "
    assert alice.type("later") == ["-- There is no connection just now; it is sent as soon as there is one."]
    alice.wire.open()
    assert "-- Sent to everyone (#lobby)." in alice.see()
    assert [entry.text for entry in server.log] == ["later"]


@pytest.mark.parametrize(("line", "asked", "target"), [("BM", "everyone> ", "#lobby"), ("/dm bob", "bob> ", "bob")])
def test_a_conversation_begins_though_the_connection_is_lost_just_then(server, alice, line, asked, target):
    """Where the server does not answer any more, nobody has to type it again."""
    alice.model.typed(line)
    alice.drop()
    assert alice.asked == asked
    alice.type("later")
    alice.wire.open()
    alice.see()
    assert [(entry.target, entry.text) for entry in server.log] == [(target, "later")]


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


@pytest.mark.parametrize(("height", "listed"), [(24, 20), (10, 6), (3, 5), (1000, 200)])
def test_a_long_list_of_people(server, height, listed):
    """ "The DM list shows those who are here first and in view, in natural order"; the others can be typed."""
    server.accounts |= {f"student{number}": "secret" for number in range(300, 0, -1)}
    signed_in(server, "student250").pump()
    desk = Desk(server, height=lambda: height)
    desk.type("secret")
    rows = desk.type("DM")
    assert [row.split()[1] for row in rows[:5]] == ["student250", "bob", "carol", "student1", "student2"]
    assert len(rows) == listed + 1
    assert rows[-1] == f"-- and {302 - listed} more: type a name, or WHO to see all"
    assert desk.type(str(listed + 1)) == [f"-- There is no number {listed + 1} in the list."]
    desk.type("student299")
    assert desk.asked == "student299> "


def test_a_slash_command_is_never_sent_as_text(server, alice):
    """ "/dm NAME text ... work too", in every conversation: what is for one person must not go to everyone."""
    alice.type("bm")
    assert alice.type("/dm bob for you alone")[-1].startswith("-- Sent to bob, who is away")
    assert alice.asked == "everyone> "
    alice.type("/nonsense")
    alice.type("dm", "/help")
    alice.type("//etc is a folder")
    assert [(entry.target, entry.text) for entry in server.log] == [
        ("bob", "for you alone"),
        ("#lobby", "/etc is a folder"),
    ]


# Many lines


def many(lines: int) -> str:
    """Return a text of so many lines."""
    return "\n".join(f"line {number}" for number in range(lines))


def test_many_lines_to_everyone(server, alice):
    """ "ask before more than 20 lines go to everyone"; yes sends them, once."""
    assert alice.type("BM", many(20))[-1] == "-- Sent in 20 lines to everyone (#lobby)."
    assert alice.type(many(21)) == []
    assert alice.asked == "Send 21 lines to everyone (#lobby)? [y/n] "
    assert alice.type("perhaps") == ["-- Type y or n."]
    assert alice.type("y") == ["-- Sent in 21 lines to everyone (#lobby)."]
    assert alice.asked == "everyone> "
    assert [len(entry.text.split("\n")) for entry in server.log] == [20, 21]


@pytest.mark.parametrize("answer", ["n", "No", "EX", "/menu", "WHO", "/who"])
def test_many_lines_that_are_not_meant(server, alice, answer):
    """Any other way out sends nothing, and says so."""
    assert "-- Nothing was sent." in alice.type(f"/bm {many(21)}", answer)
    assert alice.asked == "> "
    assert server.log == []


def test_many_lines_to_one_person(server, alice):
    """Only where many people would read them, it is asked."""
    alice.type(f"/dm bob {many(30)}")
    assert [entry.text.count("\n") for entry in server.log] == [29]


def test_one_long_line_may_be_many_lines(server, alice):
    """What counts is how many messages others get."""
    alice.type("/join #dev", "x" * 20_000)
    assert alice.asked.startswith("Send 4")
    assert alice.asked.endswith(" lines to #dev? [y/n] ")


def test_progress(server, alice):
    """ "Show progress ... 61 of 211", while a long text is on its way."""
    alice.type("/dm bob x")
    assert alice.model.progress == ""
    alice.session.account.enabled.discard("draft/multiline")
    alice.model.typed(f"/dm bob {many(30)}")
    assert alice.model.progress == "0 of 30"
    for _ in range(11):
        alice.wire.step_up()
    for _ in range(4 * 5):
        alice.wire.step_down()
    stored, of, lines = alice.model.progress.split()
    assert (0 < int(stored) < 30, of, lines) == (True, "of", "30")
    alice.see()
    assert alice.model.progress == ""


def test_what_is_typed_while_the_connection_comes_back(server, alice):
    """ "sends again what was not echoed before the drop": the lobby stays known until the server names it anew."""
    alice.drop()
    alice.wire = Wire(server, alice.session).open()
    alice.model.typed("/bm in between")
    alice.see()
    assert lobby_of(server) == ["in between"]


def test_many_people_who_come_and_go(server, alice):
    """Those who come are counted until the next line is due; those who go likewise."""
    alice.model.heard([Joined("#lobby", f"new{number}", False) for number in range(40)], 1.0)
    assert alice.see() == ["-- new0 is in #lobby now."]
    assert alice.model.due_s == 6.0
    alice.model.heard([], 6.0)
    assert alice.see() == ["-- new1, new2, new3 and 36 more are in #lobby now."]
    alice.model.heard([Gone("new0", "The account was removed"), Gone("new1", "")], 7.0)
    assert alice.see() == ["-- new0 is no longer on this server (The account was removed)."]


def test_who_was_removed_is_not_there(alice):
    """Who came, and was removed before the next line is due, is not in that line."""
    alice.model.heard([Joined("#lobby", "first", False), Joined("#lobby", "lurker", False)], 1.0)
    alice.model.heard([Kicked("#lobby", "lurker", False, "teach", "")], 2.0)
    assert alice.see() == ["-- first is in #lobby now.", "-- lurker was removed from #lobby by teach."]
    alice.model.heard([], 60.0)
    assert alice.see() == []


def test_a_guest_takes_another_name(alice):
    """It is said, and the old name is nobody's: a text to it would go to a stranger."""
    alice.model.heard(alice.session.received(b":steve!~u@h PRIVMSG alice :hi", 0))
    alice.see()
    alice.model.heard(alice.session.received(b":steve!~u@h NICK Teacher", 0))
    assert alice.see() == ["-- steve is now called Teacher."]
    assert "steve" not in alice.type("/dm")[-1]
    assert alice.asked == "To whom (number or name, Enter goes back): "


def test_a_channel_gets_another_name(server):
    """Who is in the conversation stays in it: what is typed next goes to the new name."""
    desk = Desk(server)
    desk.see()
    desk.type("secret")
    desk.type("/join #old")
    assert desk.asked == "#old> "
    desk.model.heard(desk.session.received(b":bob!b@s RENAME #old #new :", 0))
    assert desk.see() == ["-- #old is now #new (by bob)."]
    assert desk.asked == "#new> "
    desk.session.say("#new", "hi")
    assert desk.session.outbox.texts[-1].target == "#new"


@pytest.mark.parametrize("crowd", [0, 5])
def test_a_conversation_with_somebody_who_is_gone(server, alice, crowd):
    """Who gets the name next is somebody else (DESIGN R1): nothing that is typed on reaches that person unasked."""
    alice.type("/dm bob hello", "/dm bob")
    alice.model.heard([Gone(f"new{number}", "") for number in range(crowd)], 1.0)
    alice.see()
    alice.model.heard([Gone("bob", "The account was removed")], 2.0)
    assert alice.see() == [
        "-- bob is no longer on this server (The account was removed).",
        "-- What you type here now goes to nobody. Enter goes back to the menu.",
    ]
    assert alice.asked == "bob> "
    refused = "-- Not sent: the bob you talked with is no longer on this server. Somebody else may get the name."
    assert alice.type("still there?") == [refused]
    assert alice.type("/me waves") == [refused]
    assert [entry.text for entry in server.log if entry.sender == "alice"] == ["hello"]
    alice.type("", "/dm bob new talk")
    assert [entry.text for entry in server.log if entry.sender == "alice"] == ["hello", "new talk"]
