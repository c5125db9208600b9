"""Masks that lapse: the event that says so is judged by the times of the log, and counts once."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.bans import next_end
from chatapp.model.lapses import removals
from chatapp.model.outcome import Reason
from tests.model.support import Life, applied, refused, replayed

MINUTE = 60_000
MUTE, BAN = "~t:5:~m:eve!*@*", "~t:10:zed!*@*"


class Room:
    """A channel whose founder has muted eve for 5 minutes and banned zed for 10, at the time 0."""

    def __init__(self) -> None:
        self.life = Life()
        self.anna, self.eve = self.life.account("anna"), self.life.account("eve")
        self.channel = self.life.join(self.anna, "#room")
        self.life.join(self.eve, "#room")
        self.life.do(events.TimesAscend)
        self.begin = 100 * MINUTE
        applied(self.mode("+", "b", MUTE))
        applied(self.mode("+", "b", BAN))

    def mode(self, sign, letter, mask, kind=events.ModesChanged, minutes=0.0):
        """Change a list, so many minutes after the beginning."""
        changes = ((sign, letter, mask),)
        return self.life.do(kind, self.anna, stream=self.channel.uid, changes=changes, time=self.at(minutes))

    def at(self, minutes):
        """Return the time (ms) so many minutes after the beginning."""
        return self.begin + int(minutes * MINUTE)

    def lapse(self, *masks, minutes, stream=""):
        """Let masks lapse."""
        changes = tuple(("-", "b", mask) for mask in masks)
        return self.life.do(
            events.MasksLapsed, stream=stream or self.channel.uid, changes=changes, time=self.at(minutes)
        )


@pytest.fixture
def room():
    """Make the channel."""
    return Room()


def test_what_has_lapsed_leaves_the_list(room):
    """The members are told of it, and the record has it as an act of the server."""
    assert next_end(room.channel) == room.channel.lists["b"][MUTE].until
    outcome = applied(room.lapse(MUTE, minutes=6))
    assert (outcome.actor, outcome.channels, outcome.event.changes) == (None, (room.channel,), (("-", "b", MUTE),))
    assert list(room.channel.lists["b"]) == [BAN]
    assert next_end(room.channel) == room.channel.lists["b"][BAN].until
    act = room.life.state.acts[-1]
    assert (act.nick, act.uid, act.verb, act.target, act.channel) == ("", "", "mode -b", MUTE, "#room")
    applied(room.lapse(BAN, minutes=11))
    assert not room.channel.restricted
    assert next_end(room.channel) == 0
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_the_rights_end_at_the_time_and_not_with_the_event(room):
    """An event that comes late changes nothing for who was muted, and none that is early is applied."""
    assert refused(room.life.say(room.eve, room.channel, time=room.at(4.9)))[0] is Reason.MUTED
    assert refused(room.lapse(MUTE, minutes=4.9))[0] is Reason.UNCHANGED
    applied(room.life.say(room.eve, room.channel, time=room.at(5.1)))
    assert removals(room.channel, room.at(5.1)) == [("-", "b", MUTE)]
    applied(room.lapse(MUTE, minutes=9))
    applied(room.life.say(room.eve, room.channel, time=room.at(9.1)))


@pytest.mark.parametrize("masks", [(), ("bob!*@*",), (MUTE, "bob!*@*"), (MUTE, MUTE), (MUTE, BAN)])
def test_an_event_about_masks_that_have_not_lapsed(room, masks):
    """All of its masks are over, or nothing ends: history shows the event as it is stored."""
    assert refused(room.lapse(*masks, minutes=6))[0] is Reason.UNCHANGED
    assert list(room.channel.lists["b"]) == [MUTE, BAN]


def test_a_mask_without_an_end_does_not_lapse(room):
    """It stays until somebody removes it."""
    applied(room.mode("+", "b", "bob!*@*", minutes=1))
    assert refused(room.lapse("bob!*@*", minutes=9_999))[0] is Reason.UNCHANGED


def test_it_counts_once(room):
    """Two servers may propose it, and an operator may be faster."""
    applied(room.lapse(MUTE, minutes=6))
    assert refused(room.lapse(MUTE, minutes=6))[0] is Reason.UNCHANGED
    applied(room.mode("-", "b", BAN, minutes=11))
    assert refused(room.lapse(BAN, minutes=11))[0] is Reason.UNCHANGED
    assert [act.target for act in room.life.state.acts if act.verb == "mode -b"] == [MUTE, BAN]


def test_a_mask_that_was_renewed_meanwhile_stays(room):
    """It has another end, which is over later."""
    applied(room.mode("+", "b", MUTE, minutes=5.5))
    assert refused(room.lapse(MUTE, minutes=6))[0] is Reason.UNCHANGED
    assert refused(room.life.say(room.eve, room.channel, time=room.at(7)))[0] is Reason.MUTED
    applied(room.lapse(MUTE, minutes=10.6))


def test_the_time_of_the_log_counts(room):
    """ "Times never go back": a clock that goes back ends nothing again, and keeps nothing that was over."""
    applied(room.life.say(room.anna, room.channel, time=room.at(6)))
    outcome = applied(room.lapse(MUTE, minutes=1))
    assert outcome.event.time >= room.at(6)
    applied(room.mode("+", "b", MUTE, minutes=1))
    assert room.channel.lists["b"][MUTE].until >= room.at(11)
    assert refused(room.lapse(MUTE, minutes=6))[0] is Reason.UNCHANGED


def test_a_channel_that_has_died(room):
    """Its lists have died with it."""
    room.life.part(room.eve, room.channel)
    room.life.part(room.anna, room.channel)
    assert refused(room.lapse(MUTE, minutes=6))[0] is Reason.NO_SUCH_CHANNEL


@pytest.mark.parametrize("kind", [events.ModesUnexplained, events.ModesExplained, events.ModesChangedBefore])
def test_older_logs_replay_the_same(room, kind):
    """ "In a list that it changes, masks that have lapsed end without a word": so it was when they were written."""
    applied(room.mode("+", "b", "bob!*@*", kind, minutes=6))
    assert list(room.channel.lists["b"]) == [BAN, "bob!*@*"]
    assert [act.verb for act in room.life.state.acts][-2:] == ["mode +b", "mode +b"]
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_a_change_of_a_list_ends_nothing_without_a_word(room):
    """What has lapsed stays in the list until the event that tells it."""
    applied(room.mode("+", "b", "bob!*@*", minutes=6))
    assert list(room.channel.lists["b"]) == [MUTE, BAN, "bob!*@*"]
    applied(room.lapse(MUTE, minutes=7))
