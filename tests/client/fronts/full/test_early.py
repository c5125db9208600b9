"""What is typed while the client signs in, and asks nothing."""

from __future__ import annotations

import pytest

from chatapp.client.fronts.full.draft import Draft
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.pressing import DROPPED, DROPPED_NARROW, WAITS
from tests.client.fronts.full.desk import Desk
from tests.client.fronts.full.stream.desk import StreamDesk

WIDTHS = [40, 80]


def early(desk: Desk, text: str, *keys: str) -> str:
    """Type before anything comes from the server; return the screen."""
    desk.model.deeds.size = desk.size
    for letter in text:
        desk.pressing.key(letter, letter)
    for key in keys:
        desk.pressing.key(key)
    return desk.screen()


def said(desk: Desk) -> list[str]:
    """Return the texts that were sent."""
    return [entry.text for entry in desk.server.log]


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_text_waits_for_the_connection(server, columns):
    """Where no password is asked for, it stays in the input, Enter says so in whole words, and it is sent later."""
    alice = Desk(server, columns=columns, rows=12, password="secret")
    screen = early(alice, "hello all", "c-m").split("\n")
    assert (screen[-2].rstrip(), screen[-1]) == (WAITS, "> hello all")
    alice.see()
    assert alice.state.buffer.name == "#lobby"
    assert (alice.model.deeds.draft.text, said(alice)) == ("hello all", [])
    alice.press("c-m")
    assert said(alice) == ["hello all"]


@pytest.mark.parametrize(("columns", "words"), [(40, DROPPED_NARROW), (80, DROPPED)])
@pytest.mark.parametrize("is_pasted", [False, True])
def test_what_may_be_a_password_is_dropped(server, columns, words, is_pasted):
    """A password may be asked for: nothing of what is typed is shown or kept, and a whole sentence says so."""
    alice = Desk(server, columns=columns, rows=12)
    if is_pasted:
        alice.model.deeds.size = alice.size
        alice.pressing.paste("secret")
    else:
        early(alice, "secret", "c-m")
    screen = alice.screen()
    assert "secret" not in screen
    assert screen.split("\n")[-2].rstrip() == words
    alice.see()
    assert (alice.state.secret.text, alice.model.deeds.draft.text) == ("", "")
    alice.press("c-m")
    alice.sign_in()
    assert alice.model.deeds.draft.text == ""


def test_a_refused_password_ends_it(server):
    """When the password is asked for after all, what is typed while the server looks at it is dropped."""
    alice = Desk(server, password="wrong")
    early(alice, "hello")
    alice.see()
    assert alice.state.asked.hidden
    for letter in "guess":
        alice.pressing.key(letter, letter)
    alice.pressing.key("c-m")
    assert "next" not in early(alice, "next")
    assert alice.state.hint == DROPPED
    early(alice, "", "c-c")
    assert alice.state.interrupted
    alice.see()
    alice.type("secret", "c-m")
    assert alice.model.deeds.draft.text == "hello"


@pytest.mark.parametrize("password", ["", "secret"])
def test_commands_that_need_no_connection(server, password):
    """They work at once; the others stay in the input."""
    alice = Desk(server, password=password)
    assert "bell is now off." in early(alice, "/set bell off", "c-m")
    assert "Help" in early(alice, "/help", "c-m").split("\n")[0]
    assert "Help" not in early(alice, "", "escape").split("\n")[0]
    assert "Help" in early(alice, "", "f1").split("\n")[0]
    early(alice, "", "escape")
    assert "Connecting ..." in early(alice, "/status", "c-m")
    assert early(alice, "/who", "c-m").split("\n")[-1] == "> /who"
    assert alice.state.hint == WAITS
    early(alice, "", "c-c")
    assert not alice.state.interrupted
    alice.effects()
    early(alice, "/exit", "c-m")
    assert [each.do for each in alice.effects()] == [Do.LEAVE]
    early(alice, "", "c-c")
    assert alice.state.interrupted


def test_nothing_hides_a_question(server):
    """The help that was opened early closes when the person is asked for the password."""
    alice = Desk(server)
    early(alice, "", "f1")
    alice.see()
    assert alice.state.box is None
    assert "Password for alice:" in alice.screen()
    other = Desk(server, "bob")
    early(other, "", "f1")
    other.state.signing_in.ask_trust("here:1", "SHA256:abc")
    assert "SHA256:abc" in other.screen()


def test_a_draft_of_the_last_time_comes_first(server):
    """What was typed early is added to it, and nothing is lost."""
    alice = Desk(server, password="secret")
    kept = Draft()
    kept.set("half a")
    alice.state.buffers.wait_with({"#lobby": kept})
    early(alice, "sentence")
    alice.see()
    assert alice.model.deeds.draft.text == "half a\nsentence"
    assert alice.state.buffers.home.draft.text == ""


def test_the_stream_shows_it_too(server):
    """The text stands after the prompt, before and after the sign-in, and Enter says why it waits."""
    alice = StreamDesk(server, password="secret")
    early(alice, "hello all")
    alice.write()
    assert "server> hello all" in alice.written
    alice.pressing.key("c-m")
    assert alice.state.hint == WAITS
    alice.see()
    assert alice.written.endswith("#lobby> hello all")
    alice.press("c-m")
    assert said(alice) == ["hello all"]
