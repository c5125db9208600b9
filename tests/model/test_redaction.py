"""Redaction: who may erase the text of whose message, and when."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR
from chatapp.model.outcome import Reason
from chatapp.model.record import Record
from chatapp.model.redaction import may_know
from tests.model.support import Life, applied, refused, replayed
from tests.model.test_moderation import NAMES, Room

DAY = 86_400_000


def redact(life: Life, who, stream, author, sent, **fields):
    """Redact a message of ``author`` that was sent at ``sent``."""
    message = {"msgid": "m", "position": 1, "author": author.uid, "sent": sent, "within": DAY}
    return life.do(events.Redacted, who, stream=stream, **message, **fields)


def outcome(room: Room, who: str, author: str, **fields):
    """Let a member redact a message of another in the channel, just sent; return why not, or ``None``."""
    sent = applied(room.say(author)).event.time
    found = redact(room.life, room.users[who], room.channel.uid, room.users[author], sent, **fields)
    return refused(found)[0] if hasattr(found, "refusal") else None


MEMBERS = [*NAMES.values(), "paul"]


def test_roles():
    """ "half-operator and higher: every message of the channel, unless its author has a higher role"."""
    for rank, who in enumerate(MEMBERS):
        room = Room()
        told = [outcome(room, who, author) for author in MEMBERS]
        keeps_order = who in MEMBERS[:4]
        above = Reason.TARGET_ABOVE if keeps_order else Reason.NOT_THE_AUTHOR
        below = None if keeps_order else Reason.NOT_THE_AUTHOR
        assert told == [above] * rank + [None] + [below] * (5 - rank), who
        assert replayed(room.life.log).digest() == room.life.state.digest()


def test_equal_roles():
    """Two members of the same rank redact each other's messages."""
    room = Room()
    room.mode("qara", "+h", "paul")
    assert (outcome(room, "hans", "paul"), outcome(room, "paul", "hans")) == (None, None)


def test_the_record_of_who_kept_order():
    """Redacting what another has written is an act that ``chat log`` tells; redacting one's own message is none."""
    room = Room()
    room.life.state.record = Record()
    assert (outcome(room, "paul", "paul"), outcome(room, "hans", "paul", reason="spam")) == (None, None)
    assert [(act.nick, act.verb, act.target, act.channel, act.detail) for act in room.life.state.acts] == [
        ("hans", "redact", "paul", "#room", "spam")
    ]


@pytest.mark.parametrize(
    ("late", "who", "reason"), [(0, "paul", None), (1, "paul", Reason.TOO_LATE), (1, "hans", None)]
)
def test_the_time_of_the_author(late, who, reason):
    """ "Its author may do this for ``within`` milliseconds after ``sent``"; operators may always."""
    room = Room()
    sent = applied(room.say("paul")).event.time
    found = redact(room.life, room.users[who], room.channel.uid, room.users["paul"], sent, time=sent + DAY + late)
    assert (refused(found)[0] if hasattr(found, "refusal") else None) is reason


def test_an_administrator_needs_no_membership():
    """ "administrator: every message of every channel, without being a member"; and nobody redacts its messages."""
    room = Room()
    room.administrator("eve")
    assert outcome(room, "eve", "qara", time=10 * DAY) is None
    room.join("eve")
    assert outcome(room, "qara", "eve") is Reason.TARGET_ABOVE


def test_conversations():
    """ "In a conversation, only the author": not the other user, not an administrator, whoever has gone."""
    room = Room()
    paul, vera, eve = (room.users[name] for name in ("paul", "vera", "eve"))
    stream = events.conversation(paul.uid, vera.uid)
    sent = applied(room.life.say(paul, vera)).event.time
    room.administrator("eve")
    assert refused(redact(room.life, vera, stream, paul, sent))[0] is Reason.NOT_THE_AUTHOR
    assert refused(redact(room.life, eve, stream, paul, sent))[0] is Reason.NOT_A_MEMBER
    room.administrator("vera")
    assert refused(redact(room.life, vera, stream, paul, sent))[0] is Reason.NOT_THE_AUTHOR
    found = applied(redact(room.life, paul, stream, paul, sent, time=1))
    assert (found.actor, found.channels, found.peer) == (paul, (), vera)
    last = applied(room.life.say(paul, vera, time=1)).event.time
    assert last == found.event.time + 1 > sent + 1, "within a stream no two events share a time"
    room.life.do(events.AccountRemoved, vera)
    assert applied(redact(room.life, paul, stream, paul, last)).peer is None
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_what_may_not_be_read_may_not_be_redacted():
    """In a channel with W, a newcomer without a role reads, and redacts, only what was said after it joined."""
    room = Room()
    sent = applied(room.say("paul")).event.time
    room.mode("qara", "+W")
    room.life.part(room.users["paul"], room.channel)
    room.join("paul")
    args = (room.life, room.users["paul"], room.channel.uid, room.users["paul"])
    assert refused(redact(*args, sent))[0] is Reason.NO_SUCH_MESSAGE
    assert refused(redact(*args, room.channel.since[room.users["paul"].uid]))[0] is Reason.NO_SUCH_MESSAGE
    assert outcome(room, "paul", "paul") is None
    room.mode("qara", "+v", "paul")
    applied(redact(*args, sent))


def test_who_may_know_of_a_message():
    """ "The messages that the user may read, and for an administrator all messages of every channel"."""
    room = Room()
    state, paul, eve = room.life.state, room.users["paul"], room.users["eve"]
    room.life.say(paul, eve)
    talk = events.conversation(paul.uid, eve.uid)
    told = [may_know(state, user, stream) is not None for user in (paul, eve) for stream in (room.channel.uid, talk)]
    assert told == [True, True, False, True]
    vera = room.users["vera"]
    room.life.do(events.RoleSet, None, uid=eve.uid, role=ADMINISTRATOR)
    room.life.do(events.RoleSet, None, uid=vera.uid, role=ADMINISTRATOR)
    assert may_know(state, eve, room.channel.uid) == (-1,)
    assert may_know(state, vera, talk) is None
    assert may_know(state, vera, "00000000deadbeef") is None
