"""The bans and mutes of a channel: that who may not write is remembered, and that this changes no answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.model import bans, events
from chatapp.model.bans import muting_of
from chatapp.model.outcome import Reason, Refusal
from chatapp.protocol import masks
from tests.model.support import Life, applied, refused, replayed

MINUTE = 60_000


class Room:
    """A channel with its founder, an account and a guest."""

    def __init__(self) -> None:
        self.life = Life()
        self.qara, self.paul = self.life.account("qara"), self.life.account("paul")
        self.guest = self.life.guest("gast")
        for who in (self.qara, self.paul, self.guest):
            self.channel = self.life.join(who, "#room")

    def mode(self, *changes: tuple[str, str, str], **fields):
        """Change modes."""
        return self.life.do(events.ModesChanged, self.qara, stream=self.channel.uid, changes=changes, **fields)


@pytest.fixture
def room():
    """Make the channel."""
    return Room()


@pytest.fixture
def compared(monkeypatch):
    """Return the names that were compared with a mask; it grows."""
    names, is_about = [], masks.is_about
    monkeypatch.setattr(
        masks, "is_about", lambda mask, name, account: names.append(name) or is_about(mask, name, account)
    )
    return names


@pytest.mark.parametrize("lists", [[("b", "a*!*@*")], [("b", "p*!*@*"), ("e", "paul!*@*")], [("b", "p*!*@*")]])
def test_the_second_message_is_compared_with_no_mask(room, compared, lists):
    """A founder may set 200 masks that take long to compare, so they are compared once for a user."""
    room.mode(*(("+", letter, mask) for letter, mask in lists))
    room.life.say(room.paul, room.channel)
    assert compared  # with each mask, when the first message was judged
    compared.clear()
    first = type(room.life.say(room.paul, room.channel))
    assert type(room.life.say(room.paul, room.channel)) is first
    assert not compared


def test_a_change_of_a_list_counts_at_once(room):
    """A ban, an exception from it, and their ends."""
    room.mode(("+", "b", "x*!*@*"))
    applied(room.life.say(room.paul, room.channel))
    room.mode(("+", "b", "p*!*@*"))
    assert refused(room.life.say(room.paul, room.channel)) == (Reason.BANNED_INSIDE, "#room")
    room.mode(("+", "e", "paul!*@*"))
    applied(room.life.say(room.paul, room.channel))
    room.mode(("-", "e", "paul!*@*"))
    assert refused(room.life.say(room.paul, room.channel)) == (Reason.BANNED_INSIDE, "#room")
    room.mode(("-", "b", "p*!*@*"))
    applied(room.life.say(room.paul, room.channel))


def test_a_new_name_counts_at_once(room):
    """A guest takes the name of which a mask is, and another name; then it becomes an account."""
    room.mode(("+", "b", "bad*!*@*"), ("+", "b", "~m:~a:good"))
    applied(room.life.say(room.guest, room.channel))
    room.life.do(events.Renamed, room.guest, name="badboy")
    assert refused(room.life.say(room.guest, room.channel))[0] is Reason.BANNED_INSIDE
    room.mode(("+", "v", room.guest.uid))  # or it would have to keep its name
    room.life.do(events.Renamed, room.guest, name="good")
    room.mode(("-", "v", room.guest.uid))
    applied(room.life.say(room.guest, room.channel))
    room.life.do(events.AccountCreated, room.guest, uid=room.guest.uid, name="good")
    assert refused(room.life.say(room.guest, room.channel))[0] is Reason.MUTED


def test_a_mask_lapses_though_the_verdict_is_remembered(room):
    """A ban counts until its end; when an exception ends, the ban that it was from counts."""
    room.mode(("+", "b", "~t:1:paul!*@*"), time=10_000)
    for time, banned in ((10_001, True), (9_999 + MINUTE, True), (10_000 + MINUTE, False), (10_001 + MINUTE, False)):
        muting = room.life.state.verdicts.of(room.channel, room.paul, time)
        assert (muting is not None) is banned
    assert room.life.state.verdicts.of(room.channel, room.paul, 20_000) is not None  # an earlier time again
    room.mode(("+", "b", "gast!*@*"), ("+", "e", "~t:2:g*!*@*"), time=20_000)
    for time, banned in ((20_001, False), (19_999 + 2 * MINUTE, False), (20_000 + 2 * MINUTE, True)):
        muting = room.life.state.verdicts.of(room.channel, room.guest, time)
        assert (muting is not None) is banned


def test_what_is_remembered_is_bounded(room, monkeypatch):
    """The verdicts of all channels together; a channel that dies takes its verdicts along."""
    monkeypatch.setattr(bans, "VERDICTS_MAX", 2)
    verdicts = room.life.state.verdicts
    room.mode(("+", "b", "x*!*@*"))
    counts = []
    for who in (room.qara, room.paul, room.paul, room.guest):
        verdicts.of(room.channel, who, 5_000)
        counts.append(len(verdicts))
    assert counts == [1, 2, 2, 1]
    for who in (room.qara, room.paul, room.guest):
        room.life.part(who, room.channel)
    assert room.channel.uid not in room.life.state.channels
    assert len(verdicts) == 0


def test_what_is_remembered_is_not_in_a_snapshot(room):
    """Two servers of which only one has judged a message have equal states."""
    room.mode(("+", "b", "p*!*@*"))
    fresh = replayed(room.life.log)
    assert room.life.state.verdicts.of(room.channel, room.paul, 9_000) is not None
    assert len(room.life.state.verdicts) == 1
    assert room.life.state.digest() == fresh.digest()


@pytest.mark.parametrize("mask", ["~m:paul!*@*", "paul!*@*", "~t:1:~m:~a:paul"])
def test_no_other_text_of_who_may_not_write(room, mask):
    """ "Who is muted or banned in one of its channels must not write to its members that way"."""
    elsewhere = room.life.join(room.paul, "#elsewhere")

    def name_and_status():
        changes = (("status", str(len(room.life.log))),)
        named = room.life.do(events.RealnameSet, room.paul, realname="x")
        status = room.life.do(events.MetadataSet, room.paul, target=room.paul.uid, changes=changes, most=9)
        return named, status

    for outcome in name_and_status():
        applied(outcome)
    room.mode(("+", "b", mask))
    for outcome in name_and_status():
        assert refused(outcome) == (Reason.MUTED_ELSEWHERE, "")
    applied(room.life.do(events.MetadataSet, room.paul, target=room.paul.uid, changes=(("status", ""),), most=9))
    room.mode(("+", "v", room.paul.uid))
    for outcome in name_and_status():
        applied(outcome)
    room.mode(("-", "v", room.paul.uid), ("+", "m", ""))
    applied(room.life.say(room.paul, elsewhere))
    room.mode(("-", "b", mask))
    for outcome in name_and_status():
        applied(outcome)  # in spite of the mode m
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_a_muted_guest_keeps_its_name(room):
    """ "Masks are about it"; and it goes without a word."""
    room.mode(("+", "b", "~m:gast!*@*"))
    assert refused(room.life.do(events.Renamed, room.guest, name="other")) == (Reason.MUTED_ELSEWHERE, "")
    for reason, told in (("Quit: hear me", "Quit"), ("Connection closed", "Connection closed")):
        event = events.GuestLeft(id="f" * 16, time=9_999, actor=room.guest.uid, nick="gast", reason=reason)
        left = replayed(room.life.log).apply(len(room.life.log) + 1, event)
        assert applied(left).event.reason == told


def test_the_reason_of_the_longest(room):
    """ "Of several, the one that lasts longest": who is muted or banned is told until when, and why."""
    changes = (("+", "b", "~t:1:~m:paul!*@*"), ("+", "b", "~t:2:p*!*@*"))
    for change, reason in zip(changes, ("loud", "spam"), strict=True):
        event = {"stream": room.channel.uid, "changes": (change,), "reason": reason, "time": 10_000}
        applied(room.life.do(events.ModesChanged, room.qara, **event))
    until = room.channel.lists["b"]["~t:2:p*!*@*"].until
    told = room.life.say(room.paul, room.channel, time=10_500).refusal
    assert told == Refusal(Reason.BANNED_INSIDE, "#room", until=until, why="spam")
    room.mode(("-", "b", "~t:2:p*!*@*"), time=10_600)
    assert room.life.say(room.paul, room.channel, time=10_700).refusal.why == "loud"
    room.life.part(room.paul, room.channel)
    event = {"stream": room.channel.uid, "changes": (("+", "b", "paul!*@*"),), "reason": "enough"}
    applied(room.life.do(events.ModesChanged, room.qara, **event))
    outcome = room.life.do(events.Joined, room.paul, channel="#room")
    assert outcome.refusal == Refusal(Reason.BANNED, "#room", why="enough")
    acts = [(act.verb, act.target, act.detail) for act in room.life.state.acts[-3:]]
    assert acts[0][:2] == ("mode +b", "~t:2:p*!*@*")
    assert acts[2] == ("mode +b", "paul!*@*", "enough")
    assert replayed(room.life.log).digest() == room.life.state.digest()


@pytest.mark.parametrize(
    "mask",
    [
        "~a:paul", "paul!*@*", "*!Paul@*", "~m:paul!*@*", "~t:5:~a:PAUL", "paul!paul@*", "paul!*Paul@*", "*!*paul@host",
        "paul!*aul*@*", "paul!p*@*", "pa?l!paul@*",
    ],
)  # fmt: skip
@pytest.mark.parametrize("letter", ["b", "e", "I"])
def test_a_successor_inherits_no_place_in_a_list(room, letter, mask):
    """DESIGN R1: the account that gets the name of a removed account inherits nothing; other names' masks stay."""
    room.mode(("+", letter, mask), ("+", letter, "p*!*@*"), ("+", letter, "~a:paula"))
    applied(room.life.do(events.AccountRemoved, room.paul))
    assert list(room.channel.lists[letter]) == ["p*!*@*", "~a:paula"]
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_a_successor_may_write(room):
    """The last mask of the list was about the removed account: messages are judged as in a channel without bans."""
    room.mode(("+", "b", "~m:paul!*@*"))
    assert room.life.say(room.paul, room.channel).refusal.reason is Reason.MUTED
    applied(room.life.do(events.AccountRemoved, room.paul))
    paul = room.life.account("paul", uid="b" * 16)
    room.life.join(paul, "#room")
    applied(room.life.say(paul, room.channel))
    assert not room.channel.restricted


_MASKS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "~t:1:", "~t:2:", "~t:3:"]),
    st.sampled_from(["", "~m:"]),
    st.sampled_from(["paul!*@*", "g*!*@*", "?a*!*@*", "*!*t@*", "~a:p*", "~a:*"]),
)
_STEPS = st.one_of(
    st.tuples(st.just("mode"), st.sampled_from("+-"), st.sampled_from("beI"), _MASKS),
    st.tuples(st.just("name"), st.sampled_from(["gast", "gustav", "tat", "x"])),
    st.tuples(st.just("ask"), st.integers(0, 5 * MINUTE // 10_000)),
)


@given(steps=st.lists(_STEPS, max_size=30))
def test_remembering_changes_no_answer(steps):
    """Whatever lists, names and times: the answer is that of comparing all masks."""
    room = Room()
    time = 10_000
    for kind, *rest in steps:
        if kind == "mode":
            time += 10_000
            room.mode(tuple(rest), time=time)
        elif kind == "name":
            room.life.do(events.Renamed, room.guest, name=rest[0])
        for who in (room.qara, room.paul, room.guest):
            asked = rest[0] * 10_000 if kind == "ask" else time
            assert room.life.state.verdicts.of(room.channel, who, asked) == muting_of(room.channel, who, asked)
