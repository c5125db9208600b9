"""What has perhaps not arrived, in words."""

from __future__ import annotations

from chatapp.client.core.unacknowledged import Outbox
from chatapp.client.fronts.farewell import TEXTS_SHOWN_MAX, contents, not_settled, report, sentence
from chatapp.errors import CannotConnectError, DeliveryUnknownError, SignInError


def outbox_of(*said: tuple[str, str]) -> Outbox:
    """Return an outbox with texts of one line."""
    outbox = Outbox("run")
    for target, text in said:
        outbox.add(target, text, [text])
    return outbox


def test_nothing():
    """There is nothing to say where all arrived."""
    assert sentence(outbox_of().texts) == ""
    assert contents(outbox_of().units) == []


def test_how_many_and_to_whom():
    """What happened, why it matters, what to do next."""
    texts = outbox_of(("bob", "lost?")).texts
    assert sentence(texts) == (
        "The server has not acknowledged 1 line (to bob); it may not have arrived."
        " Look at the history before sending again."
    )
    assert contents(outbox_of(("bob", "lost?")).units) == ["to bob: lost?"]
    texts = outbox_of(("bob", "one"), ("#lobby", "two"), ("bob", "three")).texts
    assert "3 lines (2 to bob, 1 to #lobby); they may not have arrived." in sentence(texts)


def test_what_was_never_sent():
    """It is known that it did not arrive: there is nothing to look up."""
    outbox = outbox_of(("bob", "one"))
    assert report(outbox) == ["Not sent: 1 line (to bob).", "to bob: one"]
    outbox.due()
    outbox.add("#lobby", "two", ["two"])
    told = report(outbox)
    assert told[0] == "Not sent: 1 line (to #lobby)."
    assert told[1].startswith("The server has not acknowledged 1 line (to bob); it may not have arrived.")
    assert told[2:] == ["to bob: one", "to #lobby: two"]
    assert report(outbox_of()) == []


def test_the_error_to_end_with():
    """ "6 when delivery stayed unknown": only if a line was sent; otherwise it is known that it did not arrive."""
    outbox = outbox_of(("bob", "one"), ("bob", "two"))
    assert type(not_settled(outbox)) is CannotConnectError
    assert type(not_settled(outbox, SignInError("Banned."))) is SignInError
    outbox.due()
    outbox.closed()
    error = not_settled(outbox, SignInError("Banned."))
    assert type(error) is DeliveryUnknownError
    assert str(error).startswith("Banned. The server has not acknowledged 2 lines (to bob)")
    assert str(not_settled(outbox_of())) == "The server has not answered all that it was asked. Try again."


def test_many():
    """Neither the texts nor the names of very many are repeated, and no long text whole."""
    outbox = outbox_of(*((f"u{number}", "hi") for number in range(TEXTS_SHOWN_MAX + 1)))
    assert contents(outbox.units) == []
    assert "1 to u4, and others)" in sentence(outbox.texts)
    assert contents(outbox_of(("bob", "x" * 500)).units) == ["to bob: " + "x" * 199 + "…"]


def test_a_text_that_is_stored_in_part():
    """What is stored is not shown as what may be lost."""
    outbox = Outbox("run")
    outbox.add("bob", "1\n2\n3", ["1", "2", "3"])
    first, *_ = outbox.due()
    outbox.echoed(first.id)
    assert "2 lines (to bob)" in sentence(outbox.texts)
    assert contents(outbox.units) == ["to bob: 2\n3"]
