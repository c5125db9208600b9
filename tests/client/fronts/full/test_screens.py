"""The whole screen, as a person sees it: each drawing is a file in ``screens``."""

from __future__ import annotations

import pytest

from chatapp.client.fronts.full import view
from chatapp.protocol.message import Message
from tests.client.fake_server import HOST
from tests.client.fronts.full.desk import Desk, mismatch

FAMILY, FLAG = "👨‍👩‍👧", "🇯🇵"
SHALOM, MARHABA = "שלום", "مرحبا"


def drawing(desk: Desk) -> list[list[view.Segment]]:
    """Return the rows of the screen, with their styles."""
    return view.draw(desk.state, desk.size, desk.model.deeds.look).rows


def members(desk: Desk, *names: str, channel: str = "#lobby") -> None:
    """Tell who is in a channel."""
    desk.hears("353", desk.session.nick, "=", channel, " ".join(names))
    desk.hears("366", desk.session.nick, channel, "End")


def talk(desk: Desk) -> None:
    """Let people talk."""
    server = desk.server
    desk.sign_in()
    members(desk, "~alice", "bob", "@carol")
    desk.hears("AWAY", "lunch", source=f"carol!c@{HOST}")
    desk.hears("332", "alice", "#lobby", "Good morning everybody")
    server.say("bob", "#lobby", "hello, is anybody here? I have a question about the plan for tomorrow")
    desk.see()
    desk.say("yes, what is it?")
    server.say("bob", "#lobby", "alice: see https://example.org/plan (page 2)")
    server.say("carol", "alice", "only for you")
    desk.see()
    server.time += 86_400_000
    server.say("carol", "#lobby", "\x01ACTION waves\x01")
    desk.see()


@pytest.mark.parametrize(("columns", "rows"), [(120, 20), (80, 16), (40, 12), (20, 6)])
def test_a_conversation(server, columns, rows):
    """Three columns on a wide terminal, two on a middle one, one on a narrow one."""
    desk = Desk(server, columns=columns, rows=rows)
    talk(desk)
    assert not mismatch(f"conversation-{columns}x{rows}", desk.screen())


def test_the_first_moments(server):
    """The password, then the lobby with three lines of help."""
    desk = Desk(server, columns=60, rows=10)
    assert not mismatch("connecting", desk.screen())
    desk.see()
    desk.type("wrong", "c-m")
    desk.type("hidden")
    assert not mismatch("password", desk.screen())
    desk.press("c-u")
    desk.type("secret", "c-m")
    assert not mismatch("signed-in", desk.screen())


def test_what_is_said_about_messages(alice):
    """Replies, reactions, edits and deletions are at their message; joins and parts are one row."""
    server, hello = alice.server, alice.server.say("bob", "#lobby", "shall we meet at ni")
    alice.see()
    alice.size = alice.size._replace(columns=60, rows=14)
    for nick in ("dave", "erin", "frank"):
        alice.hears("JOIN", "#lobby", source=f"{nick}!x@{HOST}")
    alice.hears("PART", "#lobby", source=f"erin!x@{HOST}")
    tags = {"draft/target-msgid": hello.msgid, "draft/edit-text": "shall we meet at nine"}
    peer = alice.wire.peer
    assert peer is not None
    peer.send(Message("EDIT", ["#lobby"], f"bob!b@{HOST}", tags))
    for nick in ("carol", "dave"):
        peer.send(Message("TAGMSG", ["#lobby"], f"{nick}!x@{HOST}", {"+draft/react": "👍", "+reply": hello.msgid}))
    answer = server.say("carol", "#lobby", "yes, in the room on the first floor, as always on Mondays")
    wrong = server.say("carol", "#lobby", "this was wrong")
    peer.out[-2:-1] = [peer.out[-2].replace(b"@time=", b"@+reply=" + hello.msgid.encode() + b";time=")]
    peer.send(Message("REDACT", ["#lobby", wrong.msgid, "wrong room"], f"carol!x@{HOST}"))
    alice.see()
    assert answer.text in alice.texts
    assert not mismatch("remarks", alice.screen())


def test_what_is_not_sent(alice):
    """A text without its echo is dim; after 10 seconds the row says so, and what can be done."""
    alice.size = alice.size._replace(columns=60, rows=12)
    alice.say("this arrives")
    alice.drop()
    alice.say("this has to wait")
    alice.now_s = 1
    alice.see()
    waiting = alice.screen()
    alice.now_s = 12
    alice.see()
    assert not mismatch("not-sent", f"{waiting}\n{'=' * 60}\n{alice.screen()}")


def test_a_refused_text(alice):
    """A text that the server refuses is shown with the reason."""
    alice.size = alice.size._replace(columns=60, rows=8)
    alice.server.refuse["bad words"] = "BLOCKED"
    alice.say("bad words")
    assert not mismatch("refused", alice.screen())


def test_where_reading_stopped(alice):
    """A line shows where reading stopped; other conversations have counts."""
    alice.size = alice.size._replace(columns=80, rows=10)
    alice.say("/dm bob hello")
    alice.say("/dm bob")
    for text in ("one", "alice: two", "three"):
        alice.server.say("carol", "#lobby", text)
    alice.see()
    before = alice.screen()
    alice.press("f4")
    assert not mismatch("unread", f"{before}\n{'=' * 80}\n{alice.screen()}")


def test_jumping(alice):
    """Ctrl-K lists conversations and people by what is typed."""
    alice.size = alice.size._replace(columns=72, rows=10)
    members(alice, "alice", "bob", "carol", "Bobby")
    alice.hears("AWAY", "lunch", source=f"carol!c@{HOST}")
    alice.say("/join #books")
    alice.press("c-k")
    everything = alice.screen()
    alice.type("bo")
    assert not mismatch("jump", f"{everything}\n{'=' * 72}\n{alice.screen()}")


@pytest.mark.parametrize("typed", ["", "DM"])
def test_a_word_of_the_menu_means_the_same_at_every_question(alice, typed):
    """At "To whom?" and at Ctrl-K too, EX is no person: it goes back, and leaves no text in the input."""
    if typed:
        alice.type(typed, "c-m")
    else:
        alice.press("c-k")
    alice.type("EX")
    assert "> EX: go back" in alice.screen()
    assert "conversation with EX" not in alice.screen()
    alice.press("c-m")
    assert not alice.state.buffers.find("EX")
    assert alice.state.box is None
    assert alice.state.buffer.draft.text == ""
    alice.say("still here")
    assert alice.texts[-1] == "still here"


def test_other_words_of_the_menu_at_a_question(alice):
    """DM asks again, WHO tells who is here, and BM goes to everyone; a text that was begun stays."""
    alice.say("/dm carol")
    alice.type("half a text")
    alice.press("c-k")
    alice.type("DM", "c-m")
    assert "To whom?" in alice.screen()
    alice.type("WHO", "c-m")
    assert "Go to:" not in alice.screen()
    alice.press("c-k")
    alice.type("BM", "c-m")
    assert alice.state.buffer.name == "#lobby"
    assert alice.state.buffers.get("carol").draft.text == "half a text"


@pytest.mark.parametrize("keys", [["f6", "e"], ["c-f"], ["c-r"]])
def test_ex_is_no_answer_at_any_list(alice, keys):
    """EX is no reaction, and nothing to find: it goes back, and nobody reads it. //EX is the word itself."""
    alice.say("hello")
    before = alice.wire.sent()
    alice.press(*keys)
    alice.type("EX")
    assert "EX: go back" in alice.screen()
    alice.press("c-m")
    assert (alice.state.box, alice.model.deeds.draft.text, alice.wire.sent()) == (None, "", before)
    alice.say("/dm bob")
    alice.say("a word for bob")
    alice.press("f6", "e")
    alice.type("//EX", "c-m")
    assert alice.wire.sent()[-1].tags["+draft/react"] == "EX"


def test_a_word_of_the_menu_answers_no_yes_or_no(alice):
    """At "Send 4 lines?" and "Delete for everyone?", EX and the other words mean no, and then what they always mean."""
    alice.say("/dm carol")
    alice.pressing.paste("one\rtwo\rthree\rfour")
    for word, said in (("EX", ""), ("WHO", "Here: "), ("BM", "What you type here goes to everyone.")):
        alice.press("c-m")
        alice.type(word, "c-m")
        assert alice.state.question is None
        assert said in " ".join(alice.texts)
        assert list(alice.server.log) == []
    assert alice.state.buffer.name == "#lobby"
    assert alice.state.buffers.get("carol").draft.text == "one\ntwo\nthree\nfour"
    alice.say("hello")
    alice.press("f6", "d")
    alice.type("DM", "c-m")
    assert "To whom?" in alice.screen()
    assert [each.verb for each in alice.wire.sent() if each.verb == "REDACT"] == []


@pytest.mark.parametrize("keys", [["x"], [*"maybe"], [*"who"]])
def test_what_is_neither_yes_nor_no_sends_nothing(alice, keys):
    """Enter means yes if nothing else was typed; after another text, the question stays."""
    alice.pressing.paste("one\rtwo\rthree\rfour")
    alice.press("c-m", *keys, "c-m")
    assert (alice.state.question is not None, list(alice.server.log)) == (True, [])
    alice.press("c-m")
    assert [each.text for each in alice.server.log] == ["one\ntwo\nthree\nfour"]


@pytest.mark.parametrize("answers", [[], ["secret"], ["secret", "a new password"]])
def test_other_words_of_the_menu_end_the_questions_for_a_password(alice, answers):
    """WHO is no password either: it goes back, and tells who is here."""
    for text in ("/passwd", *answers, "WHO"):
        alice.say(text)
    assert "Your password stays as it was." in alice.texts
    assert alice.texts[-1].startswith(("Here: ", "Away: "))
    assert alice.state.changing.question is None


@pytest.mark.parametrize("answers", [[], ["secret"], ["secret", "a new password"]])
def test_ex_ends_the_questions_for_a_password(alice, answers):
    """EX is no password: at each question of /passwd it goes back, and the password stays as it was."""
    for text in ("/passwd", *answers, "EX"):
        alice.say(text)
    assert alice.texts[-1] == "Your password stays as it was."
    alice.say("still here")
    assert alice.texts[-1] == "still here"


def test_a_picked_message(alice):
    """The picked message is marked; the status line has the keys; a reply begins with its own prompt."""
    alice.size = alice.size._replace(columns=72, rows=10)
    for text in ("hello", "is the plan at https://example.org/plan still right?"):
        alice.server.say("bob", "#lobby", text)
    alice.see()
    alice.press("f6", "up")
    picked = alice.screen()
    styles = {style for row in drawing(alice) for segment in row for style, text in segment.row if "hello" in text}
    assert styles == {"picked"}
    alice.press("r")
    alice.type("good morning")
    assert not mismatch("picked", f"{picked}\n{'=' * 72}\n{alice.screen()}")


def test_what_a_search_finds(alice):
    """Each row has the day, the time, the place, the author and the text; the newest is selected."""
    alice.size = alice.size._replace(columns=72, rows=10)
    alice.server.say("bob", "alice", "the plan is ready")
    alice.server.say("carol", "#lobby", "which plan do you mean? There are at least two plans for tomorrow")
    alice.see()
    alice.press("c-f")
    alice.type("plan", "c-m")
    assert not mismatch("found", alice.screen())


def test_the_help_and_the_settings(alice):
    """F1 shows the keys; /set shows the settings; what is pinned has a mark."""
    alice.size = alice.size._replace(columns=96, rows=18)
    alice.say("/join #books")
    alice.say("/pin")
    alice.say("/set")
    settings = alice.screen()
    alice.press("f1")
    assert not mismatch("help", f"{settings}\n{'=' * 96}\n{alice.screen()}")


def test_all_alphabets(alice):
    """Wide characters, families and flags, and right-to-left letters keep their columns."""
    alice.size = alice.size._replace(columns=40, rows=12)
    alice.server.say("bob", "#lobby", f"漢字かな交じり文は二桁の幅です {FAMILY} {FLAG} fin")
    alice.server.say("carol", "#lobby", f"{SHALOM} abc {MARHABA}")
    alice.see()
    alice.type(f"ab{FAMILY}cd{FLAG}ef", "left", "left", "left", "left", "c-h")
    alice.type("X")
    assert alice.model.deeds.draft.text == f"ab{FAMILY}Xd{FLAG}ef"
    assert not mismatch("alphabets", alice.screen())


def test_a_long_text_grows_the_input(alice):
    """The input grows to 8 lines, and then scrolls."""
    alice.size = alice.size._replace(columns=40, rows=20)
    for number in range(1, 11):
        alice.type(f"line {number}", *(["escape c-m"] if number < 10 else []))
    assert not mismatch("long-input", alice.screen())
