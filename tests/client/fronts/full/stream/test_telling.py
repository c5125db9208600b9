"""The stream: each message once, in order, and everything else as text when it changes or is asked for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.keys import KEYS
from chatapp.client.fronts.full.stream.deeds import HELP
from chatapp.protocol.message import Message
from tests.client.fake_server import HOST, FakeServer
from tests.client.fronts.full.conftest import ALL
from tests.client.fronts.full.stream.desk import StreamDesk, differs
from tests.support.examples import examples

F2, F3, F4, F5 = "f2", "f3", "f4", "f5"


def test_a_conversation_reads_like_a_transcript(server):
    """The sign-in, messages of several people and days, one for us from elsewhere, a reply, reactions, corrections."""
    hello = server.say("bob", "#lobby", "hello, is anybody here?")
    alice = StreamDesk(server)
    alice.see()
    alice.type("wrong", "c-m")
    alice.type("secret", "c-m")
    alice.say("yes, what is it?")
    peer = alice.wire.peer
    assert peer is not None
    peer.send(Message("TAGMSG", ["#lobby"], f"carol!c@{HOST}", {"+draft/react": "👍", "+reply": hello.msgid}))
    tags = {"draft/target-msgid": hello.msgid, "draft/edit-text": "hello, is anybody there?"}
    peer.send(Message("EDIT", ["#lobby"], f"bob!b@{HOST}", tags))
    for nick in ("dave", "erin"):
        alice.hears("JOIN", "#lobby", source=f"{nick}!x@{HOST}")
    alice.hears("PART", "#lobby", source=f"dave!x@{HOST}")
    server.say("carol", "alice", "only for you")
    alice.see()
    server.time += 86_400_000
    server.say("carol", "#lobby", "\x01ACTION waves\x01")
    server.say("bob", "#lobby", "two\nlines")
    alice.see()
    alice.say("/reply good morning")
    alice.say("/dm carol and for you")
    alice.press(F4)
    alice.say("more")
    assert not differs("conversation", alice.transcript)


def test_an_idle_terminal_gets_the_message_and_nothing_else(alice):
    """Without a typed text there is no prompt: no redraw, no movement of the cursor, no escape sequence."""
    before = len(alice.written)
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    assert alice.written[before:] == f"{alice.written[before:][:5]} bob: hello\r\n"


def test_a_message_while_somebody_types(alice):
    """The message takes the place of the typed text, which follows whole; the cursor is where it was."""
    alice.type("half a thought", "left", "left")
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    assert alice.transcript[-2].endswith("bob: hello")
    assert alice.transcript[-1] == "#lobby> half a thought"
    assert alice.terminal.cursor.x == len("#lobby> half a thoug")


def test_a_key_at_the_end_is_one_byte(alice):
    """Of the typed text, only what is new is written."""
    alice.type("hell")
    alice.see()
    before = len(alice.written)
    alice.press("o", "c-h")
    assert alice.written[before:] == "o\b\x1b[K"


def test_other_conversations(alice):
    """Messages for us are told at once, with their place; of others, the first is mentioned; all follow on the way."""
    alice.say("/join #dev")
    alice.server.say("bob", "#lobby", "for everyone")
    alice.server.say("bob", "#lobby", "for everyone again")
    alice.server.say("bob", "#lobby", "alice: for you")
    alice.server.say("bob", "alice", "secretly")
    alice.see()
    assert alice.transcript[-3] == "-- Unread messages in #lobby."
    assert [line[6:] for line in alice.transcript[-2:]] == ["bob (in #lobby): alice: for you", "bob (to you): secretly"]
    alice.press("escape 1")
    assert alice.transcript[-3] == "-- Now in #lobby."
    assert [line[6:] for line in alice.transcript[-2:]] == ["bob: for everyone", "bob: for everyone again"]
    for text in ("for everyone", "for everyone again", "alice: for you", "secretly"):
        assert sum(line.endswith(f": {text}") for line in alice.transcript) == 1


def test_earlier_messages_on_request(alice):
    """PgUp and /history fetch and tell them, the oldest first; at the beginning there is nothing more."""
    server = alice.server
    for number in range(250):
        server.say("bob", "#lobby", f"text {number}")
    carol = StreamDesk(server, "carol", rows=300)
    carol.sign_in()
    assert [line[-8:] for line in carol.transcript if "bob: text" in line] == [f"text {n}" for n in range(240, 250)]
    carol.press("pageup")
    assert carol.transcript[-2].endswith("text 239")
    assert carol.transcript[-21].endswith("text 220")
    carol.say("/history 120")
    assert carol.transcript[-2].endswith("text 249")
    assert carol.transcript[-121].endswith("text 130")
    for _ in range(8):
        carol.press("pageup")
    assert carol.transcript[-1] == "-- Nothing is older here."
    assert {f"text {number}" for number in range(250)} == {
        line.partition("bob: ")[2] for line in carol.transcript if "bob: text" in line
    }


def test_a_second_start(server):
    """What was read before is told as earlier messages, before the first words of the client."""
    first = StreamDesk(server).sign_in()
    for number in range(12):
        server.say("bob", "#lobby", f"text {number}")
    first.see()
    server.markers["alice", "#lobby"] = server.time
    again = StreamDesk(server)
    again.sign_in()
    said = [line for line in again.transcript if "bob: text" in line]
    assert [line[6:] for line in said] == [f"bob: text {number}" for number in range(2, 12)]
    assert again.transcript.index(said[-1]) < again.transcript.index("-- F1 shows the keys and commands.")


def test_where_reading_stopped(alice):
    """F5 tells the messages that came while the terminal had not the focus."""
    alice.server.say("bob", "#lobby", "seen")
    alice.see()
    alice.state.focused = False
    alice.server.say("bob", "#lobby", "not seen")
    alice.see()
    alice.press(F5)
    assert alice.transcript[-4] == "-- You stopped to read here:"
    assert alice.transcript[-2].endswith("not seen")


def test_the_state_on_request(alice):
    """Ctrl-L and /status tell the connection and what is unread; F2 the conversations; F3 and /names who is here."""
    alice.server.say("bob", "alice", "hi")
    alice.see()
    alice.say("/dm bob")
    alice.hears("AWAY", "lunch", source=f"bob!b@{HOST}")
    alice.server.say("carol", "#lobby", "one")
    alice.see()
    alice.hears("TAGMSG", "alice", source=f"bob!b@{HOST}", **{"+typing": "active"})
    for ask in (lambda: alice.press("c-l"), lambda: alice.say("/status")):
        ask()
        assert alice.transcript[-4:] == [
            "-- Connected as alice at Fake.", "-- You are with bob.", "-- bob is typing.", "-- Unread: #lobby 1.",
        ]  # fmt: skip
    alice.press(F2)
    assert alice.transcript[-3:] == ["-- Conversations:", "1. #lobby, 1 unread", "2. bob, you are here, away"]
    alice.press("escape 1", F3)
    assert alice.transcript[-1].startswith("-- Here in #lobby: ") or alice.transcript[-2].startswith("-- Here in")


def test_who_is_typing(alice):
    """It is told once until the next message, with one person; in a channel it is told on request."""
    alice.server.say("bob", "alice", "hi")
    alice.see()
    alice.say("/dm bob")
    for _ in range(3):
        alice.hears("TAGMSG", "alice", source=f"bob!b@{HOST}", **{"+typing": "active"})
        alice.hears("TAGMSG", "alice", source=f"bob!b@{HOST}", **{"+typing": "done"})
    alice.see()
    alice.hears("TAGMSG", "alice", source=f"bob!b@{HOST}", **{"+typing": "active"})
    assert alice.transcript.count("-- bob is typing.") == 1


def test_a_list_is_numbered(alice):
    """Ctrl-K tells names with numbers; a number, a part of a name, or Up and Down choose; Tab tells more."""
    alice.hears("353", "alice", "=", "#lobby", " ".join(["alice", "bob", *(f"user{number}" for number in range(20))]))
    alice.hears("366", "alice", "#lobby", "End")
    alice.press("c-k")
    assert alice.transcript[-3].startswith("10. user")
    assert alice.transcript[-2] == "-- 12 more; Tab tells them."
    assert alice.transcript[-1] == "Go to:"
    third = next(line for line in alice.transcript if line.startswith("3. "))
    alice.press("c-i")
    assert alice.transcript[-3].startswith("20. user")
    alice.type("3", "c-m")
    assert third.startswith(f"3. {alice.state.buffer.name}")
    assert alice.state.buffer.name.startswith("user")
    alice.press("c-k")
    alice.type("bo", "c-m")
    assert alice.state.buffer.name == "bob"
    alice.press("c-k", "down", "down")
    assert alice.transcript[-2].startswith("2 of ")
    alice.press("escape")
    assert alice.transcript[-1] == "-- The list is closed."
    assert alice.state.buffer.name == "bob"


def test_searching(alice):
    """What was found has numbers; the chosen message is told, and F6, Up and Down read on from there."""
    for number in range(3):
        alice.server.say("bob", "#lobby", f"plan {number}")
    alice.see()
    alice.say("/dm bob")
    alice.say("/search plan")
    assert [line.split(" ", 1)[0] for line in alice.transcript[-4:]] == ["1.", "2.", "3.", "Number:"]
    alice.type("7", "c-m")
    assert "-- There is no number 7 in the list. Esc closes it." in alice.transcript
    alice.type("2", "c-m")
    assert alice.transcript[-3] == "-- Now in #lobby."
    assert alice.transcript[-2].startswith("-- Found: ")
    assert alice.transcript[-2].endswith("bob: plan 1")
    assert alice.transcript[-1].startswith("-- F6 picks it")
    alice.type("d", "y")
    assert alice.transcript[-1] == "#lobby> dy"
    alice.press("c-u", "f6", "up")
    assert alice.transcript[-1].endswith("bob: plan 0")
    alice.press("escape")
    alice.say("/search nothing")
    assert alice.transcript[-1] == "-- Nothing was found for nothing"
    assert alice.state.box is None


def test_a_text_at_a_list_is_a_text(alice):
    """Nothing that is typed is thrown away: what is no number closes the list, and is typed in the conversation."""
    for number in range(3):
        alice.server.say("bob", "#lobby", f"plan {number}")
    alice.see()
    alice.say("/search plan")
    alice.press("q")
    alice.say("uick question")
    assert "-- The list is closed." in alice.transcript
    alice.say("/search plan")
    alice.say("2 questions")
    assert [each.text for each in alice.server.log[3:]] == ["quick question", "2 questions"]
    assert alice.state.box is None


def test_ex_at_a_list_goes_back(alice):
    """It closes the list, as at every question, and does not leave chat; the next EX does."""
    alice.server.say("bob", "#lobby", "plan")
    alice.see()
    alice.say("/search plan")
    alice.say("EX")
    assert alice.transcript[-1] == "-- The list is closed."
    assert Do.LEAVE not in [each.do for each in alice.effects()]
    assert not alice.state.buffer.draft.text
    alice.say("/search plan")
    alice.type("EX")
    alice.press("c-c")
    alice.say("EX")
    assert Do.LEAVE in [each.do for each in alice.effects()]


def test_the_help_is_told_and_closed(alice):
    """Each key and command has a line; keys that draw something tell what they tell here."""
    alice.press("f1")
    assert alice.state.box is None
    assert "F2: tell the conversations, and what is unread" in alice.transcript
    assert any(line.startswith("/search WORDS: ") for line in alice.transcript)
    assert set(HELP) <= {row.action for row in KEYS}
    alice.say("/help react")
    assert alice.transcript[-3] == "-- Help" or any(line.startswith("/react") for line in alice.transcript[-3:])


def test_a_picked_message(alice):
    """F6 tells the message and what can be done with it; r, e, E and d do it."""
    alice.say("hi")
    alice.press("f6")
    assert alice.transcript[-2].startswith("-- Picked: ")
    assert alice.transcript[-1].startswith("-- r reply, e react")
    alice.press("r")
    assert "-- Esc: no answer. You answer alice: hi" in alice.transcript
    assert alice.transcript[-1] == "#lobby (reply)>"
    alice.press("escape", "f6", "E")
    assert alice.transcript[-1] == "#lobby (edit)> hi"
    alice.type(" there", "c-m")
    alice.press("f6", "d")
    assert alice.transcript[-2:] == ['-- Delete for everyone? "hi" Type y and Enter, or n.', "y or n:"]
    alice.press("y")
    assert alice.transcript[-1] == "y or n: y"
    alice.press("c-m")
    assert [each.verb for each in alice.wire.sent() if each.verb in ("EDIT", "REDACT")] == ["EDIT", "REDACT"]
    assert [each.do for each in alice.effects() if each.do is Do.COPY] == []


def test_a_refused_text(alice):
    """It is told with the reason, and F6 takes it back."""
    alice.server.refuse["bad words"] = "BLOCKED"
    alice.say("bad words")
    assert alice.transcript[-1].endswith("alice: bad words (not sent: It could not be stored; F6 picks it)")
    alice.press("f6")
    assert alice.transcript[-1].startswith("-- r takes it back")
    alice.press("r")
    assert alice.transcript[-1] == "#lobby> bad words"


def test_what_others_do_to_us(alice):
    """To be removed elsewhere is told at once; to be removed here, an invitation, another name of the channel too."""
    alice.say("/join #dev")
    alice.press("escape 1")
    alice.hears("KICK", "#dev", "alice", "spam", source=f"bob!b@{HOST}")
    alice.hears("INVITE", "alice", "#secret", source=f"bob!b@{HOST}")
    alice.hears("RENAME", "#lobby", "#hall", "", source=f"bob!b@{HOST}")
    assert alice.transcript[-3:] == [
        "-- You were removed from #dev by bob: spam",
        "-- You are invited to #secret (by bob). To join, type /join #secret",
        "-- #lobby is now #hall (by bob).",
    ]


def test_without_a_connection(alice):
    """The loss is told once; what is written says that it waits; after that, it comes once, and what was missed."""
    alice.type("in the mid")
    alice.drop()
    alice.drop()
    alice.see()
    assert alice.transcript[-1] == "#lobby> in the mid"
    assert sum(line.startswith("-- No connection.") for line in alice.transcript) == 1
    alice.type("dle", "c-m")
    assert alice.transcript[-1] == "-- in the middle (to #lobby): waits for the connection"
    alice.type("next")
    alice.server.say("bob", "#lobby", "missed")
    alice.back()
    assert alice.transcript[-1] == "#lobby> next"
    assert alice.transcript[-4] == "-- Connected again as alice at Fake."
    assert [line[6:] for line in alice.transcript[-3:-1]] == ["bob: missed", "alice: in the middle"]
    assert sum("in the middle" in line for line in alice.transcript if line[:1].isdigit()) == 1


def test_an_old_text_is_not_sent_without_asking(alice):
    """It says so when the connection is back."""
    alice.drop()
    alice.say("old")
    alice.pass_s(61)
    alice.back()
    assert any("older than a minute" in line for line in alice.transcript)
    alice.press("f6")
    assert alice.transcript[-1] == "-- Waits: old r sends it, d drops it, Esc."
    alice.press("r")
    assert alice.transcript[-1].endswith("alice: old")


def test_people_who_come_and_go_are_one_line(alice):
    """It is told with the next message, or after two seconds."""
    for nick in ("dave", "erin"):
        alice.hears("JOIN", "#lobby", source=f"{nick}!x@{HOST}")
    assert not any("came" in line for line in alice.transcript)
    alice.pass_s(3)
    assert alice.transcript[-1] == "-- came: dave, erin"


@pytest.mark.parametrize("text", ["\x1b[2J\x07\x9b31m\u202eevil", "one\n12:00 carol: forged", "‮⁦x"])
def test_a_hostile_sender(alice, text):
    """No control character reaches the terminal, and no line of a message looks like another message."""
    peer = alice.wire.peer
    assert peer is not None
    alice.server.say("bob", "#lobby", text)
    peer.send(Message("PRIVMSG", ["alice", "\x1b]0;x\x07 hi"], f"ev\x1bil!x@{HOST}", {"msgid": "y"}))
    peer.send(Message("TOPIC", ["#lobby", "\x1b[2J"], f"ev\x1bil!x@{HOST}"))
    before = len(alice.written)
    alice.see()
    written = alice.written[before:].replace("\r\n", "\n")
    assert all(letter == "\n" or (letter >= " " and not "\x7f" <= letter < "\xa0") for letter in written)
    assert not set("\u202e\u2066") & set(written)
    assert not any(line.startswith("12:00 carol") for line in alice.transcript)


STEPS = ["bob", "dm", "type", "send", "lobby", "next", "drop", "erase", "left", "enter", "pick", "time"]


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=25))
def test_any_events(steps):
    """Whatever happens, each message is there once, in order, and the typed text is whole, at the end."""
    server = FakeServer({"alice": "secret", "bob": "secret"}, offers=ALL)
    alice = StreamDesk(server, columns=60, rows=12)
    alice.sign_in()
    for number, step in enumerate(steps):
        if step in ("bob", "dm"):
            server.say("bob", "alice" if step == "dm" else "#lobby", f"said-{number:02}")
        elif step == "send":
            alice.say(f"said-{number:02}")
        elif step == "type":
            alice.type(f"typed {number} 漢字 é and so on ")
        elif step == "drop":
            alice.drop()
            server.say("bob", "#lobby", f"said-{number:02}")
            alice.back()
        elif step == "time":
            alice.pass_s(10)
        else:
            alice.press(*{"lobby": ["escape 1"], "next": ["c-n"], "erase": ["c-u"], "left": ["left"] * 5,
                          "enter": ["c-j"], "pick": ["f6", "escape"]}[step])  # fmt: skip
        alice.see()
    for number in range(len(alice.state.buffers.listed)):
        alice.press(f"c-x {number + 1}", "c-c")
    whole = re.sub(r"(?m)^-- .*(\n(  .*)?$)*", "", "\n".join(alice.transcript))  # without the notes
    told = re.findall(r"said-\d\d", whole)
    assert len(told) == len(set(told))
    for name in ("#lobby", "bob"):
        log = [entry.text for entry in server.log if server.conversation("alice", entry) == name]
        said = re.findall(r"said-\d\d", "\n".join(log))
        assert [each for each in told if each in said] == said


def test_a_word_of_the_menu_at_a_question_is_told_as_it_is_typed(alice):
    """At "Send 4 lines?", what is typed is on the terminal, and EX sends nothing; neither does another word."""
    alice.pressing.paste("one\rtwo\rthree\rfour")
    alice.press("c-m")
    assert alice.transcript[-1] == "-- Send 4 lines to #lobby as one message? Press y or n."
    alice.press(*"what")
    assert alice.transcript[-1] == "y or n: what"
    alice.press("c-m")
    assert "-- Type y or n." in alice.transcript
    alice.press(*"EX")
    assert alice.transcript[-1] == "y or n: EX"
    alice.press("c-m")
    assert (alice.state.question, list(alice.server.log)) == (None, [])
