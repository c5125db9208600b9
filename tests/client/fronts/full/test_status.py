"""The status line, the titles and the numbers of conversations in 80 columns."""

from __future__ import annotations

import pytest

from chatapp.client.core.events import Offline
from chatapp.client.fronts.full import columns
from chatapp.client.fronts.full.scrolling import UNSENT_S
from chatapp.client.fronts.full.status import summary, title_row
from tests.client.fronts.full.desk import Desk

MIDDLE = 57  # columns for the messages of a terminal of 80 columns
WHY = "Nothing answers at chat.example.org:5000 (Connection refused). Is the server running there?"


def status(desk: Desk) -> str:
    """Return the status line, without the column of conversations."""
    row = desk.screen().split("\n")[-2]
    return row.rpartition("│")[2].rstrip()


@pytest.mark.parametrize("retry_s", [0, 3, 30])
def test_no_connection_is_said_in_whole_words(alice, retry_s):
    """The row has the reason if all of it fits; else it says how to see the reason, and nothing is cut."""
    alice.wire.drop()
    alice.hear(Offline(WHY, retry_s))
    again = f"again in {retry_s} s" if retry_s else "trying again"
    assert status(alice) == f"No connection, {again} (/reconnect; why: /status)"
    assert len(status(alice)) <= MIDDLE
    alice.size = alice.size._replace(columns=200)
    assert WHY in alice.screen()
    alice.say("/status")
    assert any(each.endswith(WHY) for each in alice.texts)  # with one mark at the end
    alice.size = alice.size._replace(columns=20)
    assert status(alice) == "No connection"


def test_a_hint_hides_no_lost_connection(alice):
    """What the last key did is in the row until the next key, or until the connection is lost; not longer."""
    alice.press("c-c")
    assert "Press Ctrl-C again to leave." in status(alice)
    alice.wire.drop()
    alice.hear(Offline(WHY, 3))
    assert status(alice).startswith("No connection, again in 3 s")
    alice.press("f3")
    alice.hear(Offline(WHY, 6))  # another attempt has failed
    assert status(alice) == columns.NO_RIGHT


def test_leaving_is_said_in_whole_words(alice):
    """While the client waits for the server, it says how to leave at once; a narrow screen does not cut it."""
    alice.state.leaving = True
    assert "Ctrl-C leaves at once. Your text is on its way." in status(alice)
    alice.size = alice.size._replace(columns=40)
    assert status(alice) == "Ctrl-C leaves at once.           F1 help"


def test_older_messages_cut_no_connection(alice):
    """Beside a long text at the right, the state of the connection is said in fewer words."""
    for number in range(30):
        alice.server.say("bob", "#lobby", f"message {number}")
    alice.see()
    alice.press("pageup")
    assert status(alice) == "Connected as alice   older messages, End shows the newest"
    alice.size = alice.size._replace(columns=60)
    assert status(alice).startswith("Connected as alice ")
    alice.size = alice.size._replace(columns=50)
    assert status(alice).startswith("Connected ")


def test_40_columns(alice):
    """The state of the connection, what to do about a message, and how to answer a question are not cut."""
    for number in range(30):
        alice.server.say("bob", "#lobby", f"message {number}")
    alice.see()
    alice.size = alice.size._replace(columns=40)
    alice.press("pageup")
    assert status(alice) == "Connected as alice  End shows the newest"
    alice.server.say("bob", "#lobby", "the latest")
    alice.see()
    assert status(alice) == "Connected    1 new below, End shows them"
    alice.press("end", "c-f")
    alice.type("message 3", "c-m")
    alice.press("c-m")
    assert status(alice) == "F6 picks it         End shows the newest"
    alice.press("end")
    alice.pressing.paste("one\ntwo\nthree\nfour")
    alice.press("c-m")
    assert "Send 4 lines to #lobby as one mes… [y/n]" in alice.screen()


@pytest.mark.parametrize(
    ("key", "wide", "name", "says"),
    [
        ("f2", 69, "#lobby", columns.NO_LEFT),
        ("f2", 70, "#lobby", ""),
        ("f2", 70, "bob", ""),
        ("f3", 99, "#lobby", columns.NO_RIGHT),
        ("f3", 100, "#lobby", ""),
        ("f3", 99, "bob", columns.NO_MEMBERS),
        ("f3", 100, "bob", columns.NO_MEMBERS),
    ],
)
def test_a_side_column_without_room(alice, key, wide, name, says):
    """F2 and F3 change nothing where they can show nothing, and say why in whole words; else the screen changes."""
    alice.say(f"/buffer {name}")
    alice.size = alice.size._replace(columns=wide)
    alice.see()
    before = alice.screen()
    alice.press(key)
    assert (alice.state.left_shown and alice.state.right_shown) is bool(says)
    if says:
        alice.size = alice.size._replace(columns=40)
        assert status(alice) == says
    else:
        assert alice.screen().count("│") < before.count("│")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_keys_of_a_picked_message_are_whole(alice, columns):
    """A narrow terminal has fewer of them; none is cut."""
    alice.size = alice.size._replace(columns=columns)
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.press("f6")
    assert status(alice).startswith("r reply e react E edit d delete Esc")
    assert "…" not in status(alice)


def test_the_title_of_the_reactions_fits(alice):
    """Nothing of it is cut in 80 columns."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.press("c-@", "e")
    assert "…" not in alice.screen().split("\n")[0]


def test_every_conversation_has_its_number(alice):
    """The left column shows the number that Ctrl-K, /buffer and (up to ten) Alt take."""
    for number in range(2, 13):
        alice.say(f"/join #c{number}")
    rows = alice.screen().split("\n")
    assert [row.split("│")[0].rstrip() for row in rows[8:12]] == [" 9 #c9", "10 #c10", "11 #c11", " > #c12"]
    alice.press("escape 0")
    assert alice.state.buffer.name == "#c10"
    alice.press("escape j")
    alice.type("11", "c-m")
    assert alice.state.buffer.name == "#c11"
    alice.say("/buffer 12")
    assert alice.state.buffer.name == "#c12"


@pytest.mark.parametrize("typed", ["/whois bob", "/nonsense", "WHO", "/topic"])
def test_the_answer_to_a_command_is_on_the_screen(alice, typed):
    """Who reads older messages and sends a command sees the newest messages, where the answer appears."""
    for number in range(60):
        alice.server.say("bob", "#lobby", f"message {number}")
    alice.see()
    alice.press("pageup")
    assert alice.state.buffer.anchor is not None
    alice.say(typed)
    assert alice.state.buffer.anchor is None
    assert alice.texts[-1] in alice.screen().replace("\n", " ") or "--" in alice.screen()


def test_what_was_not_sent_has_no_time(alice):
    """A refused text was never sent: no time stands before it, in particular not that of another message."""
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.server.refuse["bad words"] = "BLOCKED"
    alice.say("bad words")
    (row,) = (row for row in alice.screen().split("\n") if "alice: bad words" in row)
    assert row.rpartition("│")[2] == "      alice: bad words"


def test_what_is_sent_elsewhere_says_that_it_arrived(alice):
    """A text of /dm is not in the present conversation: when the server has it, the status line says so until a key."""
    alice.say("/dm bob see you at nine")
    assert alice.state.buffer.name == "#lobby"
    assert status(alice) == "Sent to bob: see you at nine"
    alice.type("x")
    assert "Sent to" not in alice.screen()
    alice.press("c-u")
    alice.say("to everyone")
    assert "Sent to" not in alice.screen()
    alice.server.refuse["bad words"] = "BLOCKED"
    alice.say("/dm bob bad words")
    assert "Sent to" not in alice.screen()


def test_the_title_counts_only_what_is_unread_elsewhere(alice):
    """A conversation with more unread messages than were counted adds a ``+`` only to the title of the others."""
    alice.server.say("carol", "alice", "for you")
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.state.session.conversations.get("#lobby").more = True
    assert title_row(alice.state, 60, alone=True)[-1][1].strip() == "1 unread, 1 for you"
    alice.state.session.conversations.get("carol").more = True
    assert title_row(alice.state, 60, alone=True)[-1][1].strip() == "1+ unread, 1 for you"


def test_what_was_missed_is_still_on_its_way(alice):
    """Over a slow link, an empty screen after the sign-in does not look like a conversation in which all is read."""
    alice.drop()
    alice.say("written meanwhile")
    alice.wire.open()
    while not alice.session.catching_up.active:
        assert alice.wire.step_up() or alice.wire.step_down()
    assert "fetching ..." in status(alice)
    assert summary(alice.state)[-1] == "What was missed is being fetched."
    alice.now_s += UNSENT_S
    alice.state.now_s = alice.now_s
    assert "not sent yet: what you missed is fetched first" in " ".join(alice.screen().split())
    alice.see()
    assert "written meanwhile" in [each.text for each in alice.server.log]
    assert "fetching ..." not in status(alice)
    assert summary(alice.state)[-1] == "Everything is read."
