"""The full-screen client without a terminal: what a person types, what is told, and what is shown of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.client.core.events import Act, History, Kicked, NotSent, Said, TopicSet
from chatapp.client.core.missed import MissedActs
from chatapp.client.fronts.full import scrolling
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.greeting import greeting
from chatapp.client.fronts.full.model import GREETING_S
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from tests.client.fake_server import HOST, FakeServer
from tests.client.fronts.full.conftest import ALL
from tests.client.fronts.full.desk import Desk
from tests.client.fronts.menu.test_staying import FakeDevice
from tests.support.examples import examples


def names(desk: Desk) -> list[str]:
    """Return the conversations of the left column."""
    return [buffer.name for buffer in desk.state.buffers.listed]


def unread(desk: Desk, name: str) -> tuple[int, int]:
    """Return the unread messages and mentions of a conversation."""
    buffer = desk.state.buffers.find(name)
    assert buffer is not None
    return desk.state.buffers.unread(buffer)


def said(desk: Desk) -> list[str]:
    """Return the messages of the present conversation."""
    return [each.text for each in desk.state.buffer.entries if not each.note]


# The first contact


def test_an_unknown_name_becomes_an_account(server):
    """The person confirms, and types the password twice; then the lobby has three lines of help."""
    dave = Desk(server, "dave")
    dave.see()
    assert dave.state.asked.prompt == "Make a new account with this name? [y/n] "
    dave.type("y", "c-m")
    assert dave.state.asked.hidden
    dave.type("long-secret", "c-m")
    dave.type("long-secret", "c-m")
    assert server.accounts["dave"] == "long-secret"
    assert dave.state.buffer.name == "#lobby"
    assert [text.split(" ")[0] for text in dave.texts] == ["Nobody", "To", "F1"]


def test_the_first_words_are_below_the_history(server):
    """They are seen, although older messages come after them."""
    server.say("bob", "#lobby", "hello")
    server.markers["alice", "#lobby"] = server.time
    server.time += 1_000
    alice = Desk(server).sign_in()
    assert [text.split(" ")[0] for text in alice.texts] == ["hello", "Nobody", "To", "F1"]


def test_what_is_typed_before_the_question_is_dropped(server):
    """It may be a password, so it is not shown anywhere."""
    desk = Desk(server)
    desk.pressing.key("x", "x")
    assert "Dropped" in desk.state.hint
    desk.see()
    desk.type("secret", "c-m")
    assert desk.state.signed_in
    assert not desk.model.deeds.draft


def test_a_hidden_answer_is_never_on_the_screen(server):
    """Not its text, and not its length."""
    desk = Desk(server)
    desk.see()
    before = desk.screen()
    desk.type("secret")
    assert desk.screen() == before


@pytest.mark.parametrize(
    ("typed", "offered", "stays", "sent"),
    [
        (["y"], False, True, []),
        (["N"], False, False, []),
        (["yes"], False, False, ["yes"]),
        (["hello", "y"], False, False, ["hello", "y"]),
        (["/who"], True, False, []),
    ],
)
def test_the_offer_to_stay_signed_in(typed, offered, stays, sent):
    """The first text alone, and only y or n, answers it: whoever says yes to a person later says it to this person."""
    server = FakeServer({"alice": "secret"}, offers=ALL.replace("chatapp/account", "chatapp/account=tokens"))
    device = FakeDevice()
    alice = Desk(server, device=device).sign_in()
    assert alice.state.staying.offered
    for text in typed:
        alice.say(text)
    assert (alice.state.staying.offered, bool(device.token), said(alice)) == (offered, stays, sent)
    closed = [each for each in alice.texts if each.startswith("This device does not stay signed in.")]
    assert len(closed) == (not offered and not stays), "who passes the offer over reads that it is closed"


def test_a_reply_answers_no_offer():
    """A yes to a person is none to the client."""
    offers = ALL.replace("chatapp/account", "chatapp/account=tokens")
    server = FakeServer({"alice": "secret", "bob": "secret"}, offers=offers)
    alice = Desk(server, device=FakeDevice()).sign_in()
    server.say("bob", "#lobby", "lunch?")
    alice.see()
    alice.press("f6", "r")
    alice.say("y")
    assert said(alice) == ["lunch?", "y"]


# Talking


def test_a_text_is_dim_until_its_echo(alice):
    """It is shown once, first as waiting, then as said."""
    alice.type("hello")
    alice.pressing.key("c-m")
    assert [text.text for text in alice.state.waiting(alice.state.buffer)] == ["hello"]
    assert said(alice) == []
    alice.see()
    assert said(alice) == ["hello"]
    assert alice.state.waiting(alice.state.buffer) == []


def test_slashes(alice):
    """Two slashes send one; an unknown command is answered with the nearest, and is not lost."""
    alice.say("//etc is full")
    assert said(alice) == ["/etc is full"]
    alice.say("/histroy")
    assert "Did you mean /history?" in alice.texts[-1]
    alice.press("up")
    assert alice.model.deeds.draft.text == "/histroy"
    assert said(alice) == ["/etc is full"]


@pytest.mark.parametrize(("word", "command"), [("DM", "/dm"), ("bm", "/bm"), ("WHO", "/who"), ("Ex", "/exit")])
def test_the_menu_in_the_lobby(alice, word, command):
    """The words of the menu work in the lobby, and show the command that does the same."""
    alice.effects()
    alice.say(word)
    assert any(command in text for text in alice.texts)
    assert said(alice) == []
    assert (word == "Ex") == any(effect.do is Do.LEAVE for effect in alice.effects())
    assert (word == "DM") == (alice.state.box is not None)


def test_the_state_in_words(alice):
    """/status tells the connection, where one is, what waits, and what is unread."""
    alice.server.say("bob", "alice", "hello")
    alice.see()
    alice.say("/status")
    assert alice.texts[-3:] == ["Connected as alice at Fake.", "You are in #lobby.", "Unread: bob 1."]
    alice.press("f4")
    alice.drop()
    alice.say("hi")
    alice.say("/status")
    assert alice.texts[-4].startswith("No connection, ")
    assert alice.texts[-3:] == ["You are with bob.", "1 of your texts waits.", "Everything is read."]


def test_the_words_of_the_menu_elsewhere(alice):
    """ "EX always gets out". Somebody may write "who" to a friend, or ask what WHO is."""
    alice.say("/dm bob")
    alice.effects()
    alice.say("who")
    alice.say("WHO is that")
    assert said(alice) == ["who", "WHO is that"]
    alice.say("//EX")
    assert said(alice)[2:] == ["EX"]
    alice.say("EX")
    assert any(effect.do is Do.LEAVE for effect in alice.effects())
    assert said(alice)[3:] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [("quit", "To leave, type /exit."), ("Exit ", "To leave, type /exit."), ("help", "F1 shows the help.")],
)
def test_a_text_that_may_be_meant_as_a_command(alice, text, told):
    """It is a text, as every other; somebody who is new reads how to have what it is about."""
    alice.say("/dm bob")
    for other in ("help me", "quit it", "?", "who"):
        alice.say(other)
    assert not any("sent as a text" in each for each in alice.texts)
    alice.say(text)
    assert said(alice)[-1] == text
    assert f"This was sent as a text. {told}" in alice.texts


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dm bob between us", "/dm"),
        ("DM bob between us", "/dm"),
        ("BM hello all", "/bm"),
        ("WHO bob", "/who"),
        ("help", "/help"),
        ("?", "/help"),
    ],
)
def test_words_with_a_text_in_the_lobby(server, sit, line, told):
    """Issue: "`dm #dev text`, `WHO #dev` and `BM hi` do what the user meant": nothing private gets to everybody."""
    sit("bob")
    alice = sit("alice")
    alice.hears("353", "alice", "=", "#lobby", "alice bob")
    alice.hears("366", "alice", "#lobby", "End")
    alice.say(line)
    assert any(told in text for text in alice.texts) or alice.state.box is not None
    sent = [(entry.target, entry.text) for entry in server.log if entry.sender == "alice"]
    assert sent == {"dm": [("bob", "between us")], "bm": [("#lobby", "hello all")]}.get(line[:2].lower(), [])


@pytest.mark.parametrize("line", ["dm me later", "who is there", "bm", "help me please", "EX is a word of the menu"])
def test_texts_that_begin_like_the_menu(server, alice, line):
    """They are what people write."""
    alice.say(line)
    sent = [entry.text for entry in server.log if entry.sender == "alice"]
    assert sent == ([] if line == "bm" else [line])


def test_a_removed_account_can_be_read(alice):
    """The server names it ``eve~1`` when somebody else has the name."""
    alice.say("/dm eve~1")
    assert alice.state.buffer.name == "eve~1"
    alice.say("/dm eve~x")
    assert alice.state.buffer.name == "eve~1"


def test_a_user_who_was_replaced_while_the_connection_was_lost(server, sit):
    """What is typed in the conversation does not reach whoever has the name now; /dm begins anew (DESIGN R1)."""
    bob, alice = sit("bob"), sit("alice")
    bob.say("/dm alice")
    bob.say("hello")
    alice.see()
    alice.say("/dm bob")
    alice.drop()
    server.replaced("bob")
    alice.back()
    alice.say("still you?")
    assert [entry.text for entry in server.log if entry.sender == "alice"] == []
    assert "no longer on this server" in " ".join(alice.texts)
    alice.say("/dm bob")
    alice.say("who are you?")
    assert [entry.text for entry in server.log if entry.sender == "alice"] == ["who are you?"]


def in_no_conversation(alice: Desk) -> None:
    """Show the client's own buffer, as on a server without a lobby."""
    alice.model.deeds.show(alice.state.buffers.home)
    alice.type("to whom")


def correcting_without_a_connection(alice: Desk) -> None:
    """Correct a text while there is no connection."""
    alice.say("first")
    alice.press("f6", "E")
    alice.drop()


def to_somebody_who_has_gone(alice: Desk) -> None:
    """Write to a person whose name somebody else may have."""
    alice.server.say("bob", "alice", "hello")
    alice.say("/dm bob")
    alice.drop()
    alice.server.replaced("bob")
    alice.back()
    alice.say("still you?")
    alice.type("who are you?")


@pytest.mark.parametrize("begin", [in_no_conversation, correcting_without_a_connection, to_somebody_who_has_gone])
def test_why_a_draft_is_not_sent_is_shown_once(alice, begin):
    """However often Enter is pressed: the reason moves to the end, and the text stays in the input."""
    begin(alice)
    before, typed = alice.texts, alice.model.deeds.draft.text
    alice.press("c-m")
    assert (alice.texts[:-1], alice.model.deeds.draft.text) == (before, typed)
    reason = alice.texts[-1]
    alice.state.note("between")
    for _ in range(3):
        alice.press("c-m")
        assert (alice.texts, alice.model.deeds.draft.text) == ([*before, "between", reason], typed)
    assert reason.split()[0] in alice.screen()


def test_many_pasted_lines_are_asked_about_once(alice):
    """Pasting never sends; more than three lines are sent after one question, as one message."""
    alice.pressing.paste("one\rtwo\rthree\rfour\r")
    assert said(alice) == []
    alice.press("c-m")
    assert alice.state.question is not None
    alice.press("n")
    assert (said(alice), alice.model.deeds.draft.text) == ([], "one\ntwo\nthree\nfour")
    alice.press("c-m", "y")
    assert said(alice) == ["one\ntwo\nthree\nfour"]
    alice.pressing.paste("one\ntwo\nthree")
    alice.press("c-m")
    assert said(alice)[-1] == "one\ntwo\nthree"


@pytest.mark.parametrize(("typed", "sent"), [("//EX", "EX"), ("//etc", "/etc"), ("//who", "who")])
def test_two_slashes_send_what_would_be_run(alice, typed, sent):
    """ "To send the word, type //EX"."""
    alice.say(typed)
    assert said(alice) == [sent]


def test_what_many_lines_will_be_is_told(alice):
    """A server takes so many lines as one message (draft/multiline, max-lines)."""
    for count, words in ((100, "one message"), (120, "several messages")):
        alice.pressing.paste("\n".join(["line"] * count))
        alice.press("c-m")
        assert alice.state.question is not None
        assert alice.state.question.text == f"Send {count} lines to #lobby as {words}?"
        alice.press("n", "c-c")


def test_drafts_stay_in_their_conversations(alice):
    """A text that is typed in one conversation cannot be sent in another."""
    alice.type("for all")
    alice.press("c-k")
    alice.type("bob", "c-m")
    assert alice.model.deeds.draft.text == ""
    alice.say("for bob")
    alice.press("c-p")
    assert alice.model.deeds.draft.text == "for all"
    assert alice.server.log[-1].target == "bob"


def test_typing_is_told_to_others_rarely(alice):
    """Spec: IRCv3 typing: not more often than every 3 seconds, "done" when the text is cleared."""
    alice.wire.sent().clear()
    alice.now_s = 100
    alice.see()
    alice.type("hello")
    alice.press("c-u")
    alice.type("/who")
    alice.press("c-u")
    typing = [message.tags["+typing"] for message in alice.wire.sent() if message.verb == "TAGMSG"]
    assert typing == ["active", "done"]


@pytest.mark.parametrize(
    ("typed", "tabs", "completed"),
    [
        ("/jo", 1, "/join "),
        ("/kic", 1, "/kick "),
        ("bo", 1, "bob: "),
        ("hi bo", 1, "hi bob "),
        ("@bo", 1, "@bob "),
        ("hi (bo", 1, "hi (bob "),
        ("/topic ", 1, "/topic all about it"),
        ("line\nbo", 1, "line\nbob "),
        ("/dm ca", 1, "/dm carol "),
        ("#lo", 1, "#lobby "),
        ("/join #bo", 1, "/join #books "),
        (":tad", 1, "🎉"),
        ("so :hea", 1, "so ❤️"),
        ("/set be", 1, "/set bell "),
        ("/set bell o", 1, "/set bell on"),
        ("/set bell o", 2, "/set bell off"),
        ("/set keys v", 1, "/set keys vi"),
        ("/theme c", 1, "/theme calm"),
        ("/set nothing o", 1, "/set nothing o"),
        ("zzz", 1, "zzz"),
    ],
)
def test_completing(alice, typed, tabs, completed):
    """Tab completes the word at the cursor, and shows the next option when it is pressed again."""
    alice.hears("353", "alice", "=", "#lobby", "alice bob carol")
    alice.hears("366", "alice", "#lobby", "End")
    alice.hears("332", "alice", "#lobby", "all about it")
    alice.say("/join #books")
    alice.press("c-p")
    alice.model.deeds.draft.set(typed)
    alice.press(*tabs * ["c-i"])
    assert alice.model.deeds.draft.text == completed


def test_a_channel_that_is_new_here(alice):
    """Ctrl-K and the name of a channel in which we are not joins it; another name begins a conversation."""
    alice.press("c-k")
    alice.type("#garden")
    assert "Enter joins #garden, or makes it." in alice.screen()
    alice.press("c-m")
    assert alice.state.buffer.name == "#garden"
    assert "#garden" in alice.session.channels
    alice.press("c-k")
    alice.type("dave")
    assert "Enter begins a conversation with dave." in alice.screen()
    alice.press("c-m")
    assert alice.state.buffer.name == "dave"


@pytest.mark.parametrize("typed", ["gard", "#gard"])
def test_a_part_of_the_name_of_a_channel_that_is_new_here(alice, typed):
    """Nobody has to make a channel, or begin a conversation, to find out that the name is longer."""
    alice.press("c-k")
    alice.type(typed)
    assert "Or look for a channel with gard in its name." in alice.screen()
    alice.press("down", "c-m")
    assert alice.model.deeds.draft.text == "/list *gard* "
    alice.press("c-m")
    assert alice.wire.sent()[-1].params == ["*gard*"]


# Reading


def test_unread_until_it_is_seen(alice):
    """What comes elsewhere is unread; going there reads it, and tells the server."""
    for text in ("one", "alice: two"):
        alice.server.say("bob", "#lobby", text)
    assert unread(alice, "#lobby") == (0, 0)
    alice.see()
    assert unread(alice, "#lobby") == (0, 0)  # the person sees it
    alice.server.say("carol", "alice", "for you")
    alice.see()
    assert unread(alice, "carol") == (1, 1)
    alice.session.mark_read()
    alice.see()
    assert ("alice", "carol") not in alice.server.markers
    alice.press("f4")
    assert alice.state.buffer.name == "carol"
    assert unread(alice, "carol") == (0, 0)
    alice.session.mark_read()
    alice.see()
    assert alice.server.markers["alice", "carol"] == alice.server.log[-1].time


def test_what_is_unread_beyond_the_ends_of_the_list(sit):
    """The first and the last row of the list tell of it; the row of the present conversation stays."""
    alice = sit()
    channels = [f"#c{number:02}" for number in range(1, 31)]
    for channel in channels:
        alice.hears("JOIN", channel, source=f"alice!a@{HOST}")
    alice.press("escape 1")

    def ends() -> tuple[str, str]:
        rows = [row[:22].strip() for row in alice.screen().split("\n")]
        return rows[0], rows[-1]

    assert ends() == ("> #lobby", "8 more below")
    alice.server.say("bob", "#c30", "hi")
    alice.server.say("bob", "#c24", "hi")
    alice.see()
    assert ends() == ("> #lobby", "2 unread below")
    alice.server.say("bob", "#c23", "alice: urgent")
    alice.see()
    assert ends() == ("> #lobby", "3 below, 1 for you")
    alice.press("escape a")
    assert alice.state.buffer.name == "#c23"
    assert ends()[0] == "8 more above"
    assert ends()[1].startswith("31 #c30")
    alice.server.say("bob", "#c02", "hi")
    alice.see()
    assert ends()[0] == "1 unread above"


def test_what_was_read_is_told_although_the_person_goes_on(alice):
    """The markers are sent later than a person can look through two conversations."""
    server = alice.server
    for name in ("bob", "carol"):
        server.say(name, "alice", "for you")
    alice.see()
    first, second = (entry.time for entry in server.log)
    alice.press("f4", "f4")
    assert alice.state.buffer.name == "carol"
    server.say("bob", "alice", "one more")
    alice.see()
    alice.session.mark_read()
    alice.see()
    assert (server.markers["alice", "bob"], server.markers["alice", "carol"]) == (first, second)
    assert unread(alice, "bob") == (1, 1)


def test_without_the_focus_nothing_is_read(alice):
    """Messages are unread while the person looks at another window; the desktop is told of those for us."""
    alice.state.focused = False
    alice.effects()
    alice.server.say("bob", "#lobby", "for all")
    alice.server.say("bob", "#lobby", "for Alice only")
    alice.see()
    assert unread(alice, "#lobby") == (2, 1)
    assert [(each.title, each.text) for each in alice.effects() if each.do is Do.NOTIFY] == [
        ("bob in #lobby", "for Alice only")
    ]
    alice.say("/quiet")
    assert unread(alice, "#lobby") == (0, 0)  # whoever presses keys is there, whatever the terminal says
    alice.state.focused = False
    alice.server.say("bob", "#lobby", "alice!")
    alice.see()
    assert not [each for each in alice.effects() if each.do is Do.NOTIFY]
    assert unread(alice, "#lobby") == (1, 1)


def test_read_elsewhere_is_read_here(alice):
    """Another device moves the marker."""
    alice.server.say("carol", "alice", "for you")
    alice.see()
    when = alice.server.log[-1].line().tags["time"]
    alice.hears("MARKREAD", "carol", f"timestamp={when}")
    assert unread(alice, "carol") == (0, 0)
    alice.press("c-n")
    assert alice.state.buffer.name == "carol"
    assert "── new" not in alice.screen()


def test_pages_of_history(alice):
    """PgUp at the top fetches what is older, until there is nothing more."""
    server = alice.server
    for number in range(1, 351):
        server.say("bob", "#lobby", f"text {number}")
    carol = Desk(server, "carol").sign_in()
    for _ in range(60):
        carol.press("pageup")
    assert said(carol) == [f"text {number}" for number in range(1, 351)]
    assert "text 1" in carol.screen()
    assert "Nothing is older" in carol.screen()
    carol.press("left")
    assert "End shows the newest" in carol.screen()
    server.say("bob", "#lobby", "text 351")
    carol.see()
    assert "1 new below" in carol.screen()
    carol.press("end")
    assert "text 351" in carol.screen()


def test_what_was_done_is_in_the_history(alice):
    """Bans, topics and removals stand among the messages, at their time."""
    buffer = alice.state.buffer
    alice.session.catching_up.acts = MissedActs()
    alice.session.catching_up.acts.begin("#lobby", 35)  # what was done later was told live
    said = [Said(time, "#lobby", "#lobby", "bob", f"text {time}", f"m{time}", missed=True) for time in (10, 30)]
    alice.hear(said[1])
    buffer.is_whole = False
    act = Act(20, Kicked("#lobby", "eve", me=False, by="bob", reason="spam"))
    late = Act(40, TopicSet("#lobby", "bob", "told before"))
    alice.hear(History("#lobby", (said[0],), (act, late)))
    assert [each.text for each in buffer.entries if each.time in (10, 20, 30, 40)] == [
        "text 10", "eve was removed from #lobby by bob: spam", "text 30",
    ]  # fmt: skip
    assert (buffer.oldest, buffer.is_whole) == (10, False)
    alice.hear(History("#lobby", (), ()))
    assert buffer.is_whole


def test_where_reading_stopped(alice):
    """Alt-U leads to the first unread message, F4 to the conversation."""
    alice.say("/dm bob")
    for number in range(60):
        alice.server.say("carol", "#lobby", f"text {number}")
    alice.see()
    alice.press("f4")
    assert "── new" not in alice.screen()
    alice.press("f5")
    rows = alice.screen().split("\n")
    new = next(at for at, row in enumerate(rows) if "── new" in row)
    assert new <= 4
    assert all(f"text {number}" in rows[new + 1 + number] for number in range(16))


def test_where_reading_stopped_is_fetched(alice):
    """Of very many missed messages, the first ones are not here: Alt-U fetches them."""
    server = alice.server
    server.say("bob", "#lobby", "old")
    alice.see()
    again = away_and_back(alice, *[lambda: server.say("bob", "#lobby", f"text {len(server.log)}.")] * 1_500)
    assert "text 1." not in said(again)
    again.press("escape u")
    rows = again.screen().split("\n")
    assert "old" in rows[next(at for at, row in enumerate(rows) if "── new" in row) - 1]
    assert "text 1." in again.screen()


def away_and_back(alice: Desk, *others: Callable[[], object], focused: bool | None = None) -> Desk:
    """Let alice read all and go; then ``others`` happens, and she comes back with a new client."""
    alice.session.mark_read()
    alice.see()
    alice.drop()
    for other in others:
        other()
    again = Desk(alice.server, "alice")
    again.see()
    for key in (*"secret", "c-m"):
        again.pressing.key(key, key if len(key) == 1 else "")
    again.state.focused = focused
    again.see()
    return again


def test_what_was_missed_is_new_where_one_begins(alice):
    """The conversation that is open at the start shows its messages at once: a line says which of them are new."""
    server = alice.server
    server.say("bob", "#lobby", "old")
    alice.see()
    again = away_and_back(alice, *[lambda: server.say("bob", "#lobby", "missed")] * 3)
    rows = again.screen().split("\n")
    new = next(at for at, row in enumerate(rows) if "── new" in row)
    assert ["missed" in row for row in rows[new + 1 : new + 4]] == [True] * 3
    assert not any("missed" in row for row in rows[:new])
    again.press("f5")
    assert "Everything here is read" not in again.screen()
    again.drop()
    server.say("bob", "#lobby", "missed later")
    again.back()
    rows = again.screen().split("\n")
    assert "missed later" in rows[next(at for at, row in enumerate(rows) if "── new" in row) + 1]


def test_many_missed_messages(alice):
    """Only the newest are told at the start: the count has them all, and "new" stands before the first of them."""
    server = alice.server
    server.say("bob", "#lobby", "old")
    alice.see()
    again = away_and_back(alice, *[lambda: server.say("bob", "#lobby", "missed")] * 130, focused=False)
    buffer = again.state.buffer
    assert unread(again, "#lobby") == (130, 0)
    again.model.actions.fetch(buffer)
    again.see()
    assert said(again) == ["old", *["missed"] * 130]
    assert [each.text for each in buffer.entries if not each.note and each.time <= buffer.stopped] == ["old"]


def test_more_missed_messages_than_the_client_counts(alice):
    """The number has a plus."""
    server = alice.server
    server.say("bob", "#lobby", "old")
    alice.see()
    server.page_max = 50
    again = away_and_back(alice, *[lambda: server.say("bob", "#lobby", "missed")] * 60, focused=False)
    assert "50+" in again.screen()
    again.state.focused = True
    again.press("escape")
    assert unread(again, "#lobby") == (0, 0)
    assert "50" not in again.screen()


def test_the_status_names_keys_that_work(alice):
    """With a text in the input, End moves the cursor in it."""
    for number in range(60):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.press("pageup")
    assert "End shows the newest" in alice.screen()
    alice.type("a draft")
    assert "Esc shows the newest" in alice.screen()
    alice.press("escape")
    assert "text 59" in alice.screen()
    assert alice.model.deeds.draft.text == "a draft"


def test_what_a_key_does_with_a_text_that_was_not_sent(alice):
    """Neither a reply nor a reaction is possible."""
    alice.drop()
    alice.say("waits")
    alice.press("f6")
    assert "not sent: r resend, d drop" in alice.screen()
    assert "react" not in alice.screen()
    alice.press("escape")
    alice.hear(NotSent("#lobby", "refused", "404", "No.", 1, 0))
    alice.session.outbox.drop(alice.session.outbox.texts[0])
    alice.press("f6")
    assert "not sent: r to the input, y copy, d drop, Esc" in alice.screen()


def test_a_flag_that_is_written_with_tags(alice):
    """The flag of Scotland comes as seven characters, six of which are not seen; no other text has these."""
    flag = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    for letter in f"a{flag}b\U000e0067c":
        alice.press(letter)
    assert alice.model.deeds.draft.text == f"a{flag}bc"
    assert f"> a{flag}bc" in alice.screen()
    alice.press("left", "left", "c-h")
    assert alice.model.deeds.draft.text == "abc"


def test_a_text_for_nobody_does_not_go_to_a_channel(alice):
    """What was refused stands where the person was; taken back to the input, it still says to whom it goes."""
    alice.say("/dm nobodyx a secret")
    assert alice.state.buffer.name == "#lobby"
    alice.press("f6", "r")
    assert alice.model.deeds.draft.text == "/dm nobodyx a secret"
    alice.press("c-c")
    alice.hear(NotSent("#lobby", "for all", "404", "No.", 1, 0))
    alice.press("f6", "r")
    assert alice.model.deeds.draft.text == "for all"


def test_who_types_is_not_known_without_a_connection(alice):
    """Nor after it, until the server says so again."""
    typing = {"source": f"bob!b@{HOST}", "+typing": "active"}
    alice.hears("TAGMSG", "#lobby", **typing)
    assert "bob is typing" in alice.screen()
    alice.drop()
    assert "is typing" not in alice.screen()
    alice.back()
    assert "is typing" not in alice.screen()


def test_going_in_and_out(alice):
    """A channel's # may be left out; /leave and /part leave the present channel."""
    for command in ("/leave", "/part"):
        alice.say("/join garden")
        assert alice.state.buffer.name == "#garden"
        alice.say(command)
        assert names(alice) == ["#lobby"]
    alice.say("/dm bob")
    alice.say("/leave")
    assert "/close" in alice.texts[-1]


def test_who_is_sent_on_is_there(alice):
    """The channel to which the server sends a person is shown, whatever comes first; a refused one is forgotten."""
    alice.say("/join #full")
    assert alice.state.buffer.name == "#next"
    assert any("You were sent to #next." in text for text in alice.texts)
    alice.say("/menu")
    alice.say("/join #full2")
    assert alice.state.buffer.name == "#next2"
    alice.say("/menu")
    alice.say("/join #locked")
    alice.hears("JOIN", "#elsewhere", source=f"alice!a@{HOST}")
    assert alice.state.buffer.name == "#lobby"


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("/wc", "/close"),
        ("/disconnect", "/exit"),
        ("/grep", "/search"),
        ("/nicklist", "/names"),
        ("/users", "/who"),
        ("/mee", "/me"),
    ],
)
def test_commands_of_other_clients(alice, typed, ours):
    """They are answered with ours."""
    alice.say(typed)
    assert f"Did you mean {ours}?" in alice.texts[-1]


def test_a_command_that_fails(alice):
    """What is typed next is not appended to it; Up shows it again. A text that was refused stays."""
    alice.say("/nick")
    alice.say("hello")
    assert alice.server.log[-1].text == "hello"
    alice.say("/kickk bob")
    alice.press("up")
    assert alice.model.deeds.draft.text == "/kickk bob"


def test_finding_what_was_sent_before(alice):
    """Ctrl-R lists it, the latest first; Enter puts a text into the input. Ctrl-G goes back, as Esc does."""
    for text in ("one", "two", "three"):
        alice.say(text)
    alice.press("c-r")
    alice.type("t")
    assert "three" in alice.screen()
    alice.press("down", "c-m")
    assert (alice.state.box, alice.model.deeds.draft.text) == (None, "two")
    alice.press("c-r", "c-g")
    assert alice.state.box is None


def test_ctrl_c_counts_for_a_while(alice):
    """The hint goes with it; later, Ctrl-C is the first one again."""
    alice.press("c-c")
    assert "Ctrl-C again" in alice.screen()
    alice.now_s += 10
    alice.model.tick(alice.now_s, alice.server.time)
    assert "Ctrl-C again" not in alice.screen()
    alice.effects()
    alice.press("c-c")
    assert Do.LEAVE not in [each.do for each in alice.effects()]
    alice.press("c-c")
    assert Do.LEAVE in [each.do for each in alice.effects()]


def test_a_farewell(alice):
    """``/quit`` takes one; the server tells the others, if it tells them of a departure at all."""
    alice.say("/quit bye all")
    assert Do.LEAVE in [each.do for each in alice.effects()]
    alice.session.quit()
    alice.wire.collect()
    assert alice.wire.up[-1] == b"QUIT :bye all\r\n"


def test_an_answer_to_a_line_as_it_is(alice):
    """All its words are told, not the last parameter alone, also where no event tells the line."""
    alice.say("/quote MARKREAD bob")
    assert alice.texts[-1] == "MARKREAD bob *"
    alice.say("/quote WHOWAS bob")
    label = alice.wire.sent()[-1].tags["label"]
    alice.hears("314", "alice", "bob", "b", "host", "*", "Bob", label=label)
    assert alice.texts[-1] == "bob b host * Bob"


def test_the_messages_are_cleared_and_come_back(alice):
    """/clear empties the screen; PgUp fetches them again."""
    alice.say("hello")
    alice.say("/clear")
    assert alice.texts == []
    alice.press("pageup")
    assert "hello" in alice.texts


def test_ignoring_where_the_server_cannot(server):
    """The client drops the messages, and the settings keep that; SILENCE in RPL_ISUPPORT says that the server can."""
    server.silences = False
    alice = Desk(server).sign_in()
    alice.say("/ignore")
    assert alice.texts[-1] == "You ignore nobody."
    alice.say("/ignore bob")
    assert "chat drops what bob writes" in alice.texts[-1]
    assert Do.SETTINGS in [each.do for each in alice.effects()]
    assert alice.state.settings.ignored == (f"bob {HOST}",)
    alice.say("/block bob")
    assert "Nothing changed" in alice.texts[-1]
    alice.server.say("bob", "alice", "psst")
    alice.see()
    assert "bob" not in names(alice)
    alice.say("/ignore")
    assert alice.texts[-1] == "You ignore bob."
    alice.say("/unignore bob")
    assert alice.texts[-1] == "What bob writes is shown again."
    alice.server.say("bob", "alice", "psst")
    alice.see()
    assert "bob" in names(alice)
    alice.hears("005", "alice", "SILENCE=32", "are supported")
    alice.say("/ignore bob")
    assert alice.wire.sent()[-1].params == ["+bob!*@*"]


def test_another_nick(server, alice):
    """Here the name is that of the account; elsewhere the server is asked, and the next connection begins with it."""
    alice.say("/nick wallace")
    assert "your name is that of your account, alice" in alice.texts[-1]
    other = Desk(FakeServer({"alice": "secret"}, offers=ALL.replace("chatapp/account ", ""))).sign_in()
    other.say("/nick")
    assert other.texts[-1] == "Type /nick NAME"
    other.press("c-u")
    other.say("/nick wallace")
    assert ["wallace"] in [each.params for each in other.wire.sent() if each.verb == "NICK"]
    other.hears("NICK", "wallace", source=f"alice!a@{HOST}")
    assert other.texts[-1] == "You are now called wallace."
    assert other.session.nick == "wallace"
    other.hears("NICK", "Guest7", source=f"wallace!a@{HOST}")
    other.drop()
    other.wire.open()
    other.wire.collect()
    assert b"NICK wallace\r\n" in other.wire.up


def test_away_is_answered_once(alice):
    """By the server."""
    before = len(alice.texts)
    alice.say("/away lunch")
    assert alice.texts[before:] == ["You have been marked as being away", "To be here again, type /away alone."]


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (["dave"], "dave is in #lobby."),
        (["dave", "eve", "fay"], "dave, eve and fay are in #lobby."),
        ([f"u{number}" for number in range(1, 8)], "u1, u2, u3, u4, u5 and 2 others are in #lobby."),
        (["bob", "dave"], "dave is in #lobby (1 is away)."),  # bob is not connected
        (["bob", "carol"], "Nobody else is in #lobby (2 are away)."),
    ],
)
def test_the_first_words_say_who_is_here(alice, people, words):
    """By name, as far as the line has room."""
    alice.hears("353", "alice", "=", "#lobby", " ".join(["@alice", *people]))
    alice.hears("366", "alice", "#lobby", "End")
    assert greeting(alice.state)[0].startswith(words)


def test_the_first_words_on_a_small_screen(sit):
    """They fit, so that none of them is out of sight."""
    screen = " ".join(sit(columns=40, rows=12).screen().split())
    assert "To write to everyone, type" in screen
    assert "Ctrl-K writes to somebody. -- F1 shows the keys." in screen


def test_the_first_words_wait_for_who_is_here(server):
    """For a bounded time: a server may not answer."""
    desk = Desk(server)
    desk.model.actions.asking.people("#lobby", lambda people: None, waits=False)  # nobody answers this one
    desk.sign_in()
    assert desk.texts == []
    desk.now_s = GREETING_S
    desk.model.tick(desk.now_s, server.time)
    assert "F1 shows the keys and commands." in desk.texts


def test_searching(alice):
    """Ctrl-F finds messages of all conversations; Enter goes there."""
    for number in range(30):
        alice.server.say("bob", "alice", f"plan {number}")
    for number in range(60):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.press("c-f")
    alice.type("plan 3", "c-m")
    assert "with bob bob: plan 3" in alice.screen()
    alice.press("c-m")
    assert alice.state.buffer.name == "bob"
    assert alice.state.buffer.found is not None
    assert alice.state.buffer.found.text == "plan 3"
    assert "F6 picks it" in alice.screen()
    alice.press("f6")
    assert alice.state.buffer.picked is alice.state.buffer.found


def test_a_search_without_the_server(alice):
    """What the server was not asked for is said; Ctrl-F and Ctrl-K lead on from what was found."""
    alice.say("I am waiting")
    alice.drop()
    alice.say("/search elsewhere")
    screen = alice.screen()
    assert "Nothing was found for elsewhere" in screen
    assert "No connection: searched only what is here of #lobby." in screen
    alice.press("c-f")
    alice.type("waiting", "c-m")
    assert "alice: I am waiting" in alice.screen()
    alice.press("c-k")
    assert "Go to:" in alice.screen()


def test_a_question_leaves_room_for_its_answer(server):
    """On a narrow screen, a long question of the sign-in loses its beginning: the answer stays in sight."""
    zed = Desk(server, "zed", columns=40, rows=12)
    zed.see()
    zed.type("no")
    assert zed.screen().split("\n")[-1].endswith("with this name? [y/n] no")


def test_the_last_message_was_deleted(alice):
    """Who reacts to the last message does not mean the one before it, without a word."""
    first, last = alice.server.say("bob", "#lobby", "first"), alice.server.say("bob", "#lobby", "last")
    alice.see()
    alice.hears("REDACT", "#lobby", last.msgid, source=f"bob!b@{HOST}")
    alice.say("/react 👍")
    assert "the last message, of bob, was deleted" in alice.texts[-1]
    alice.press("c-u")
    alice.say("/react @bob 👍")
    assert [each.tags["+reply"] for each in alice.wire.sent() if "+draft/react" in each.tags] == [first.msgid]


def test_being_away(alice):
    """The status line shows it, and what ends it; on the next connection it is said again."""
    alice.server.obeys = True
    alice.say("/away lunch")
    assert "To be here again, type /away alone." in alice.texts
    assert "Away (/away ends it) as alice" in alice.screen()
    alice.drop()
    alice.back()
    assert [each.params for each in alice.wire.sent() if each.verb == "AWAY"] == [["lunch"]]
    alice.say("/away")
    assert "Connected as alice" in alice.screen()


def test_a_channel_of_our_own(alice):
    """A word of other chats leads to ours; an empty new channel says how others come."""
    alice.say("/create team")
    assert "Did you mean /join?" in alice.texts[-1]
    alice.press("c-u")
    alice.say("/accept")
    assert "Did you mean /invite?" in alice.texts[-1]
    alice.press("c-u")
    alice.server.accounts = {"alice": "secret"}
    alice.say("/join team")
    assert "Nobody else is in #team yet. /invite NAME invites somebody." in alice.texts


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 12)])
def test_the_status_line_has_the_useful_part(sit, columns, rows):
    """What a person can do next stands first: nothing that matters is cut, in the screens that people have."""
    alice = sit(columns=columns, rows=rows)
    alice.say("hello")
    shown = {
        ("f6",): ["r reply e react E edit d delete Esc"],
        ("f6", "r"): ["Esc: no answer"],
        ("f6", "E"): ["Enter sends the right text"],
        ("f6", "d"): ["Delete for everyone? y Enter, or n:"],
        ("/", "x", "y", "z"): ["No such command. F1 shows all"],
    }
    for keys, parts in shown.items():
        alice.press(*keys)
        status = alice.screen()
        assert all(part in status for part in parts)
        alice.press("escape", "escape", "c-u")


def test_where_one_is_and_who_is_not_there(alice):
    """Ctrl-K has the present conversation, too; a conversation with a name that nobody has says so."""
    alice.press("c-k")
    assert "#lobby  you are here" in alice.screen()
    alice.type("lob", "c-m")
    assert alice.state.buffer.name == "#lobby"
    alice.say("/dm bob")
    assert not any("Nobody is called" in each for each in alice.texts)
    alice.press("c-k")
    alice.type("zzz")
    assert "Enter begins a conversation with zzz." in alice.screen()
    alice.press("c-m")
    assert alice.texts == ["Nobody is called zzz here. /close takes the name off the list."]


def test_typing_after_a_search_writes_a_text(alice):
    """What a search leads to is only shown: a text that begins with the letters of deeds is a text."""
    alice.say("I am glad")
    alice.say("/search glad")
    alice.press("c-m")
    alice.type("dynamite", "c-m")
    assert [each.text for each in alice.server.log] == ["I am glad", "dynamite"]
    assert [each.verb for each in alice.wire.sent() if each.verb == "REDACT"] == []
    assert alice.state.buffer.found is None


@pytest.mark.parametrize("keys", [["c-m"], [*"ynamite", "c-m"], ["n"], ["y", "escape"], ["y", "c-h", "c-m"]])
def test_only_y_and_enter_delete(alice, keys):
    """Neither Enter alone nor a word that begins with y deletes; what was typed goes nowhere else."""
    alice.say("hi")
    alice.press("f6", "d")
    assert 'Delete for everyone? y Enter, or n: "hi"' in alice.screen()
    alice.press(*keys)
    assert "Nothing was deleted." in alice.screen()
    assert not alice.model.deeds.draft
    alice.press("f6", "d", "y", "c-m")
    assert [each.verb for each in alice.wire.sent() if each.verb == "REDACT"] == ["REDACT"]


def test_the_command_shows_what_it_deletes(alice):
    """/delete asks as the key does; the reason goes with it."""
    alice.say("hi")
    alice.say("/delete")
    assert 'Delete for everyone? y Enter, or n: "hi"' in alice.screen()
    alice.press("n")
    alice.say("/delete -1 too early")
    alice.press("y", "c-m")
    assert [each.params[2:] for each in alice.wire.sent() if each.verb == "REDACT"] == [["too early"]]


def test_esc_shows_what_the_screen_showed(sit):
    """On a small screen, F6 scrolls to the message; Esc leaves it, and the newest rows are there again."""
    alice = sit(columns=40, rows=12)
    alice.say("hi")
    for number in range(12):
        alice.state.note(f"note {number}")
    before = alice.screen()
    alice.press("f6")
    assert alice.state.buffer.anchor is not None
    alice.press("escape")
    assert alice.screen() == before


def test_who_reads_older_messages_picks_what_is_on_the_screen(sit):
    """F6 picks the last message that is shown, not the newest one far below; Esc leaves the place as it was."""
    alice = sit(columns=40, rows=12)
    for number in range(60):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.press(*["pageup"] * 3)
    before, anchor = alice.screen(), alice.state.buffer.anchor
    assert anchor is not None
    alice.press("f6")
    assert alice.state.buffer.picked is anchor[0]
    assert alice.state.buffer.anchor == anchor
    alice.press("escape")
    assert alice.screen() == before
    alice.press("f6", "r")
    assert f"You answer bob: {anchor[0].text}" in alice.screen()


@pytest.mark.parametrize("key", ["escape", "r"])
def test_a_picked_message_stays_on_the_screen(sit, key):
    """Messages that come meanwhile wait below; what is done with it, or Esc, shows them."""
    alice = sit(columns=40, rows=12)
    alice.server.say("bob", "#lobby", "the one")
    alice.see()
    alice.press("f6")
    for number in range(30):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    assert "the one" in alice.screen()
    assert "text 29" not in alice.screen()
    alice.press(key)
    assert "text 29" in alice.screen()
    assert (alice.state.buffer.anchor, alice.state.buffer.below) == (None, 0)


def test_a_hundred_thousand_messages(sit, monkeypatch):
    """They take less than 120 MB, and a page of them is laid out without looking at the others.

    Measured: 68 MB for the whole process, and 2.5 ms for a page.
    """
    alice = sit(columns=120, rows=40)
    entries = alice.state.buffer.entries

    def hear(begin: int, end: int) -> None:
        for number in range(begin, end):
            text = f"message {number} with the words that people write in a chat, about so long as these are usually"
            entries.say(Said(number + 1, "#lobby", "#lobby", f"nick{number % 200}", text, f"{number:016x}"))

    tracemalloc.start()
    try:
        hear(0, 10_000)
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes * 10 < 120_000_000
    assert held_bytes / 2 < entries.size_bytes < held_bytes * 2  # the bound of the client is about real bytes
    hear(10_000, 100_000)
    laid_out: list[int] = []
    rows = scrolling.lines.rows

    def counted(buffer, at, look, width):
        laid_out.append(at)
        return rows(buffer, at, look, width)

    monkeypatch.setattr(scrolling.lines, "rows", counted)
    for key in ("pageup", "pageup", "pagedown", "f5"):
        laid_out.clear()
        alice.press(key)
        alice.screen()
        assert 0 < len(laid_out) < 400


# Messages that are picked


def test_what_is_copied_is_what_is_seen(alice):
    """A shell obeys the control characters of a text that is pasted into it."""
    alice.server.say("bob", "#lobby", "rm \x1b[201~-r\x02f\x02")
    alice.see()
    alice.press("f6", "up", "y")
    (copied,) = [each.text for each in alice.effects() if each.do is Do.COPY]
    assert copied.isprintable()


def test_a_reply_a_reaction_a_correction_and_a_deletion(alice):
    """Ctrl-Space picks a message; each key says what to do with it."""
    hello = alice.server.say("bob", "#lobby", "hello")
    alice.say("hi")
    own = alice.server.log[-1]
    heard = alice.wire.sent()
    heard.clear()
    alice.press("f6", "up", "r")
    alice.say("good morning")
    alice.press("f6", "up", "up", "e", "c-m")
    alice.press("f6", "up", "E")
    assert alice.model.deeds.draft.text == "hi"
    alice.say(" there")
    alice.press("f6", "up", "d", "y", "c-m")
    alice.press("f6", "y")
    told = [(each.verb, each.tags.get("+reply", "") or each.tags.get("draft/target-msgid", "") or each.param(1))
            for each in heard if each.verb in ("PRIVMSG", "EDIT", "REDACT") or "+draft/react" in each.tags]  # fmt: skip
    assert told == [
        ("PRIVMSG", hello.msgid), ("TAGMSG", hello.msgid), ("EDIT", own.msgid), ("REDACT", own.msgid),
    ]  # fmt: skip
    assert [each.text for each in alice.effects() if each.do is Do.COPY] == ["good morning"]


def test_the_same_reaction_again_takes_it_back(alice):
    """As a click on it does elsewhere."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    msgid = alice.server.log[-1].msgid
    alice.press("f6", "e")
    alice.type("qqq", "c-m")
    alice.hears("TAGMSG", "#lobby", source=f"alice!a@{HOST}", **{"+draft/react": "qqq", "+reply": msgid})
    assert "[qqq 1]" in alice.screen()
    alice.press("f6", "e")
    alice.type("qqq", "c-m")
    tags = [message.tags for message in alice.wire.sent() if message.verb == "TAGMSG"]
    assert [("+draft/react" in each, "+draft/unreact" in each) for each in tags[-2:]] == [(True, False), (False, True)]


def test_a_picked_text_arrives(alice):
    """A text that was picked while it waited stays picked when it is a message, and nothing else is done to it."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.type("hi")
    alice.pressing.key("c-m")
    alice.pressing.key("f6")
    assert alice.state.picked_text is not None
    alice.see()
    assert alice.state.picked_text is None
    assert alice.state.buffer.picked is not None
    assert alice.state.buffer.picked.text == "hi"
    alice.press("up", "r")
    alice.say("and you?")
    assert [each.tags["+reply"] for each in alice.wire.sent() if "+reply" in each.tags] == [alice.server.log[0].msgid]


def test_each_text_that_waits_is_picked(alice):
    """Up and Down lead from one to the next, and to the messages above them."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    for text in ("one", "two", "three"):
        alice.state.buffer.draft.set(text)
        alice.pressing.key("c-m")
    seen = []
    for key in ("f6", "up", "up", "up", "down", "down"):
        alice.pressing.key(key)
        picked = alice.state.picked_text or alice.state.buffer.picked
        seen.append(picked.text)
    assert seen == ["three", "two", "one", "hello", "one", "two"]
    alice.pressing.key("d")
    assert [each.text for each in alice.state.waiting(alice.state.buffer)] == ["one", "three"]


def test_only_own_messages_are_edited(alice):
    """E on another person's message says so."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.press("f6", "E")
    assert "Only your own" in alice.state.hint
    assert not alice.model.deeds.draft


def test_a_conversation_ends_with_the_person(alice):
    """Whoever gets the name next is somebody else: nothing is sent to it without asking."""
    alice.say("/dm bob")
    alice.say("hello")
    alice.hears("QUIT", "Bye", source=f"bob!b@{HOST}")
    alice.say("a secret")
    assert "Somebody else may get the name" in alice.texts[-1]
    assert alice.model.deeds.draft.text == "a secret"
    assert [each.text for each in alice.server.log] == ["hello"]
    alice.press("c-u")
    alice.say("/dm bob")
    alice.say("hello again")
    assert [each.text for each in alice.server.log] == ["hello", "hello again"]


def test_nothing_reaches_whoever_has_the_name_next(alice):
    """Whatever it is: an action, an answer, a reaction, a typing notice; the text that was typed stays."""
    alice.server.say("bob", "alice", "hi")
    alice.see()
    alice.say("/dm bob")
    alice.hears("QUIT", "Bye", source=f"bob!b@{HOST}")
    for typed in ("/me waves", "/reply yes", "/react +", "a secret"):
        alice.say(typed)
        assert "Somebody else may get the name" in alice.texts[-1], typed
        alice.press("c-u")
    alice.press("f6")
    alice.press("e")
    alice.press("c-m")
    assert "Somebody else may get the name" in alice.texts[-1]
    assert [each.text for each in alice.server.log] == ["hi"]
    assert "TAGMSG" not in [each.verb for each in alice.wire.sent()]


def test_another_name(alice):
    """The conversation and the channels say so; what is written goes to the person under the new name, with a draft."""
    alice.server.accounts["robert"] = "secret"
    alice.hears("JOIN", "#lobby", source=f"bob!b@{HOST}")
    alice.say("/dm bob")
    alice.type("a dra")
    alice.hears("NICK", "robert", source=f"bob!b@{HOST}")
    assert alice.state.buffer.name == "robert"
    assert alice.texts[-1] == "bob is now called robert."
    alice.say("ft")
    assert [(each.target, each.text) for each in alice.server.log] == [("robert", "a draft")]
    alice.press("escape 1")
    assert alice.texts[-1] == "bob is now called robert."
    alice.say("/dm bob")
    alice.hears("NICK", "bob", source=f"robert!b@{HOST}")
    assert names(alice).count("bob") == 1


def test_another_name_takes_its_reaction_back(alice):
    """The reactions of a user are those of the same user under another name: each counts once."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    reply = {"+reply": alice.server.log[-1].msgid}
    alice.hears("TAGMSG", "#lobby", source=f"bob!b@{HOST}", **{"+draft/react": "qqq"}, **reply)
    alice.hears("NICK", "robert", source=f"bob!b@{HOST}")
    alice.hears("TAGMSG", "#lobby", source=f"robert!b@{HOST}", **{"+draft/react": "qqq"}, **reply)
    assert "[qqq 1]" in alice.screen()
    alice.hears("TAGMSG", "#lobby", source=f"robert!b@{HOST}", **{"+draft/unreact": "qqq"}, **reply)
    assert "qqq" not in alice.screen()


def test_who_came_and_went_adds_up(alice):
    """Each channel in which somebody was tells that the person has left, whether it has spoken or not; all in a row."""
    alice.say("/join #dev")
    alice.hears("JOIN", "#dev", source=f"dan!d@{HOST}")
    alice.hears("QUIT", "Bye", source=f"dan!d@{HOST}")
    assert "left: dan" in alice.screen()
    assert "came: dan" not in alice.screen()
    crowd = [f"g{number}" for number in range(20)]
    for nick in crowd:
        alice.hears("JOIN", "#dev", source=f"{nick}!g@{HOST}")
    alice.hears("BATCH", "+n", "netsplit", "a.example", "b.example")
    for nick in crowd:
        alice.hears("QUIT", "a.example b.example", source=f"{nick}!g@{HOST}", batch="n")
    alice.hears("BATCH", "-n")
    rows = [row for row in alice.screen().split("\n") if "left:" in row]
    assert len(rows) == 1
    assert "10 more" in alice.screen()


# The connection


def test_what_is_written_without_a_connection_arrives_once(alice):
    """The input stays open; what waits is visible, and arrives after the reconnect, each once."""
    alice.drop()
    assert "No connection" in alice.screen()
    alice.say("written meanwhile")
    assert "written meanwhile" in alice.screen()
    alice.server.say("bob", "#lobby", "missed")
    alice.back()
    assert said(alice) == ["missed", "written meanwhile"]
    assert [each.text for each in alice.server.log] == ["missed", "written meanwhile"]


def test_nothing_old_is_sent_without_asking(alice):
    """A text that is older than a minute waits for r or d."""
    alice.drop()
    alice.say("first")
    alice.say("second")
    alice.now_s = 61
    alice.model.tick(alice.now_s, alice.server.time)
    alice.say("third")
    alice.back()
    assert said(alice) == ["third"]
    assert "older than a minute" in alice.screen()
    alice.press("f6", "d", "f6", "r")
    assert said(alice) == ["third", "first"]
    assert alice.session.outbox.texts == []


def test_draft_and_place_survive_a_reconnect(alice):
    """Neither the text that is typed nor the place in the messages changes."""
    for number in range(60):
        alice.server.say("bob", "#lobby", f"text {number}")
    alice.see()
    alice.type("half a tho")
    alice.press("pageup")
    before = [row for row in alice.screen().split("\n") if "text" in row]
    alice.drop()
    alice.server.say("bob", "#lobby", "missed")
    alice.back()
    alice.type("ught")
    assert [row for row in alice.screen().split("\n") if "text" in row] == before
    assert alice.model.deeds.draft.text == "half a thought"


def test_a_server_without_history_shows_the_gap(server):
    """What was said meanwhile is not there, and the channel says so."""
    server.offers = ALL.replace("draft/chathistory", "")
    alice = Desk(server).sign_in()
    alice.drop()
    alice.back()
    assert "some may be missing" in alice.texts[-1]


# Any order, any size


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.sampled_from(["bob", "lobby", "down", "up", "next", "drop", "resize", "say", "other"]), max_size=25))
def test_any_events_and_sizes(steps):
    """Whatever happens, each message is shown once in its conversation, and the screen can be drawn."""
    server = FakeServer({"alice": "secret", "bob": "secret"}, offers=ALL)
    alice = Desk(server).sign_in()
    for number, step in enumerate(steps):
        if step in ("bob", "other"):
            server.say("bob", "alice" if step == "bob" else "#lobby", f"{step} {number}")
        elif step == "lobby":
            alice.say("/bm")
        elif step in ("up", "down"):
            alice.press("pageup" if step == "up" else "pagedown")
        elif step == "next":
            alice.press("c-n")
        elif step == "say":
            alice.say(f"own {number}")
        elif step == "drop":
            alice.drop()
            server.say("bob", "#lobby", f"missed {number}")
            alice.back()
        else:
            alice.size = alice.size._replace(columns=16 + number * 7, rows=4 + number % 30)
        alice.see()
        alice.screen()
    for name in ("#lobby", "bob"):
        buffer = alice.state.buffers.find(name)
        shown = [each.text for each in buffer.entries if not each.note] if buffer is not None else []
        assert shown == [each.text for each in server.log if fold(server.conversation("alice", each)) == fold(name)]


def test_a_hostile_sender(alice):
    """No control character of a name or a text is on the screen."""
    peer = alice.wire.peer
    assert peer is not None
    nasty = "\x1b[2J\x07\x9b31m\x0e\u202eevil\u2066"
    peer.send(Message("PRIVMSG", ["#lobby", f"{nasty} {nasty}"], f"ev\x1b]0;il!x@{HOST}", {"msgid": "x\x1b"}))
    peer.send(Message("TOPIC", ["#lobby", nasty], f"ev\x1bil!x@{HOST}"))
    peer.send(Message("JOIN", ["#lobby"], f"\x1b[31mfoe!x@{HOST}"))
    alice.see()
    alice.size = alice.size._replace(columns=120)
    drawn = alice.screen()
    assert "evil" in drawn
    assert all(letter >= " " and not "\x7f" <= letter < "\xa0" for letter in drawn.replace("\n", ""))
    assert not set("\u202e\u2066") & set(drawn)
