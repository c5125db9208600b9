"""Codes of emoji, and the emoji in what is sent."""

from __future__ import annotations

import time

import pytest

from chatapp.client.fronts.emoji import EMOJI, matching, of_code, with_emoji
from tests.client.fake_server import OFFERS, FakeServer
from tests.client.fronts.full.desk import Desk


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (":smile:", "😄"),
        ("well :smile: done :tada:!", "well 😄 done 🎉!"),
        ("(:+1:)", "(👍)"),
        (":nothing:", ":nothing:"),
        ("at 12:100:30", "at 12:100:30"),
        ("a:smile:b ::smile::", "a:smile:b ::smile::"),
        ("run `x :smile:` :smile:", "run `x :smile:` 😄"),
        ("```\n:smile:\n``` :smile:", "```\n:smile:\n``` 😄"),
        ("```\n:smile:", "```\n:smile:"),
        ("https://h/a/:smile:/b :smile:", "https://h/a/:smile:/b 😄"),
    ],
)
def test_codes_in_a_text(typed, sent):
    """A known code becomes its emoji, but not in a word, in a link, or in code."""
    assert with_emoji(typed) == sent


def test_every_code():
    """Each becomes its emoji, alone and in a text, and is the first that is found."""
    for code, emoji in EMOJI.items():
        assert (of_code(f":{code}:"), with_emoji(f"a :{code}:"), matching(code)[0]) == (
            emoji,
            f"a {emoji}",
            (code, emoji),
        )
    assert [of_code(each) for each in ("heart", ":", "::", ":x y:")] == ["heart", ":", "::", ":x y:"]


def test_a_long_word():
    """Each word is looked at once, so that a paste of many letters holds nothing up."""
    begun = time.process_time()
    assert with_emoji("x" * 200_000 + " :smile:") == "x" * 200_000 + " 😄"
    assert time.process_time() - begun < 2


def test_what_is_found():
    """What people use most stands first: a thumb up before a thumb down."""
    assert [code for code, _ in matching(":thum")] == ["thumbsup", "thumbsdown"]


def test_what_a_person_sends(alice_at_the_screen):
    """A text, a reaction, a correction and a text of a command have the emoji; Tab goes through the picker."""
    alice = alice_at_the_screen
    alice.server.say("bob", "#lobby", "hello")
    alice.see()
    alice.say("/react :heart:")
    alice.say("/react off :heart:")
    alice.say("fine :smile:")
    alice.say("/me :wave:")
    alice.say("/edit :tada:")
    alice.press("f6", "up", "up", "e")
    alice.type(":thum", "c-i", "c-m")
    tags = [each.tags for each in alice.wire.sent() if each.verb in ("TAGMSG", "EDIT")]
    found = [each.get(name) for each in tags for name in ("+draft/react", "+draft/unreact", "draft/edit-text")]
    assert [each for each in found if each] == ["❤️", "❤️", "🎉", "👎"]
    assert [each.text for each in alice.server.log[1:]] == ["fine 😄", "\x01ACTION 👋\x01"]


@pytest.fixture
def alice_at_the_screen():
    """Be alice, at the full screen."""
    return Desk(FakeServer({"alice": "secret", "bob": "secret"}, offers=f"{OFFERS} draft/message-edit")).sign_in()
