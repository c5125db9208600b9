"""What others did while we were away, in one sentence."""

from __future__ import annotations

import pytest

from chatapp.client.core.answers import Change
from chatapp.client.core.events import Act, Kicked, ModesChanged, TopicSet, WhileAway
from chatapp.client.fronts.sentences import sentences


def muted(by: str, who: str, minutes: int = 5) -> ModesChanged:
    """Return the event of a mute."""
    return ModesChanged("#class", by, (Change(True, "b", f"~t:{minutes}:~m:{who}!*@*"),))


REMOVED = Kicked("#class", "iris", False, "hugo", "too loud")


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        ([REMOVED], "hugo removed iris from #class."),
        ([REMOVED, muted("hugo", "anna")], "hugo removed iris from #class and muted anna in #class for 5 minutes."),
        (
            [REMOVED, muted("teach", "anna"), TopicSet("#class", "hugo", ""), TopicSet("#class", "hugo", "a, b")],
            "hugo removed iris from #class; teach muted anna in #class for 5 minutes;"
            ' hugo removed the topic of #class and set the topic of #class to "a, b".',
        ),
        ([Kicked("#class", "me", True, "", "")], "the server removed you from #class."),
        (
            [
                ModesChanged(
                    "#class",
                    "teach",
                    (
                        Change(True, "m", ""),
                        Change(True, "o", "hugo", "operator"),
                        Change(False, "o", "me", "operator", me=True),
                        Change(True, "v", "anna", "voice"),
                        Change(False, "v", "eve", "voice"),
                        Change(True, "z", "1"),
                    ),
                )
            ],
            "teach changed #class (only members with a role can write now), made hugo an operator of #class,"
            " took the role of operator from you in #class, gave anna a voice in #class,"
            " took a voice from eve in #class and set the mode z 1 of #class.",
        ),
    ],
)
def test_what_was_done(done, sentence):
    """Who did it comes first; what one person did one after the other is together."""
    acts = tuple(Act(1, each) for each in done)
    assert sentences(WhileAway("#class", acts)) == [f"While you were away, {sentence}"]


def test_many_things():
    """The sentence has a bound, and says what it leaves out."""
    acts = tuple(Act(time, TopicSet("#class", "hugo", "x" * time)) for time in range(1, 101))
    (sentence,) = sentences(WhileAway("#class", acts, more=10))
    assert sentence.endswith("; 104 more before that (/history #class shows them).")
    assert sentence.count("set the topic") == 6
    assert "x" * 60 not in sentence
