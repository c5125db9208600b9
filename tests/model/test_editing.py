"""Editing: who may give a message another text. ``test_policy.py`` has the plain cases."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.editing import is_late_edit
from chatapp.model.entities import REDACTED_KEPT_MAX
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from tests.model.support import Life, applied, refused, replayed
from tests.model.test_moderation import Room

DAY = 86_400_000


def edit(life: Life, who, stream, sent, **fields):
    """Edit the message ``m`` of a user, which was sent at ``sent``."""
    known = {"verb": "EDIT", "target": "x", "text": "new", "msgid": "m", "position": 1, "author": who.uid}
    known |= {"sent": sent, "said": "PRIVMSG", "was": "old", "within": DAY, "earlier": 0, "most": 20}
    return life.do(events.MessageEdited, who, **{**known, "stream": stream, **fields})


def redact(room: Room, msgid: str):
    """Let the founder redact a message of paul."""
    known = {"position": 1, "author": room.users["paul"].uid, "sent": 1, "within": DAY, "msgid": msgid}
    return room.life.do(events.Redacted, room.users["qara"], stream=room.channel.uid, **known)


def outcome(room: Room, **fields):
    """Let paul edit a message that was just sent; return why not, or ``None``."""
    sent = applied(room.say("paul")).event.time if "sent" not in fields else fields.pop("sent")
    found = edit(room.life, room.users["paul"], room.channel.uid, sent, **fields)
    return refused(found)[0] if hasattr(found, "refusal") else None


@pytest.mark.parametrize(
    ("change", "reason"), [(("+m",), Reason.MODERATED), (("+b", "~m:paul!*@*"), Reason.MUTED), (("+t",), None)]
)
def test_the_author_may_still_write(change, reason):
    """ "Where the author may still read the message and write": modes and mutes count as for a message."""
    room = Room()
    sent = applied(room.say("paul")).event.time
    room.mode("qara", *change)
    assert outcome(room, sent=sent) is reason


def test_a_newcomer_edits_nothing_from_before():
    """ "Where the author may still read the message": with W, not what it wrote before it left and came back."""
    room = Room()
    sent = applied(room.say("paul")).event.time
    room.mode("qara", "+W")
    assert outcome(room, sent=sent) is None
    room.life.part(room.users["paul"], room.channel)
    room.life.join(room.users["paul"], "#room")
    assert outcome(room, sent=sent) is Reason.NO_SUCH_MESSAGE


def test_a_redacted_message_has_no_edits():
    """An edit that was proposed before the redaction, and is applied after it, is refused; its text must go too."""
    room = Room()
    applied(redact(room, "m"))
    found = edit(room.life, room.users["paul"], room.channel.uid, 1)
    assert refused(found) == (Reason.NO_SUCH_MESSAGE, "")
    assert is_late_edit(found)
    assert outcome(room, msgid="other") is None
    again = State.restore(room.life.state.snapshot())
    assert again.redacted == {"m": None}
    assert again.digest() == room.life.state.digest() == replayed(room.life.log).digest()


def test_few_redactions_are_remembered():
    """The state keeps the last ``REDACTED_KEPT_MAX`` redactions."""
    room = Room()
    for number in range(REDACTED_KEPT_MAX + 1):
        applied(redact(room, f"m{number}"))
    assert len(room.life.state.redacted) == REDACTED_KEPT_MAX
    assert next(iter(room.life.state.redacted)) == "m1"


def test_what_an_edit_changes():
    """Members who are away have missed something; but nothing new was said, and no read marker moves."""
    room = Room()
    paul, channel = room.users["paul"], room.channel
    sent = applied(room.say("paul")).event.time
    marker = paul.markers[channel.uid]
    done = applied(edit(room.life, paul, channel.uid, sent, time=sent - 1))
    assert done.event.time > sent
    assert (channel.spoken, paul.markers[channel.uid]) == (sent, marker)
    assert channel.last == room.life.state.position


def test_in_a_conversation():
    """The peer is told. To a user who has gone nothing can be written any more."""
    life = Life()
    alice, bob = life.account("alice"), life.account("bob")
    sent = applied(life.say(alice, bob)).event
    done = applied(edit(life, alice, sent.stream, sent.time))
    assert (done.peer, done.channels) == (bob, ())
    assert life.state.conversations[sent.stream].spoken == sent.time
    assert life.state.conversations[sent.stream].last == life.state.position
    life.do(events.AccountRemoved, bob)
    assert refused(edit(life, alice, sent.stream, sent.time))[0] is Reason.NO_SUCH_NICK
