"""A ban, a mute or another mask that was set for a time lapses, and everybody is told."""

from __future__ import annotations

import pytest

from chatapp.cli.acts import words
from chatapp.errors import LogUnavailableError
from chatapp.model.events import MasksLapsed
from chatapp.server import lapses
from chatapp.server.control import order
from chatapp.server.limits import ends

HOUR = 3600
MUTE = "~t:1:~m:bob!*@*"
ENDED = f":s MODE #room -b {MUTE}"


@pytest.fixture
def room(world):
    """Let alice mute bob in #room for a minute."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["alice"].ask(f"MODE #room +b {MUTE}")
    world.deaf()
    for actor in world.actors.values():
        actor.answers_pings = True
    return world


def stored(world):
    """Return the changes of the events of masks that have lapsed in the log, applied or refused."""
    return [row.event.changes for row in world.disk.rows if isinstance(row.event, MasksLapsed)]


def test_the_members_are_told(room):
    """With the server as the source, a moment after the end, once."""
    room.enter("carol")
    room.advance(59)
    assert [actor.hear() for actor in room.actors.values()] == [[], [], []]
    room.advance(2)
    assert [actor.hear() for actor in room.actors.values()] == [[ENDED], [ENDED], []]
    room.advance(HOUR / 2)
    assert stored(room) == [(("-", "b", MUTE),)]
    assert [(act.nick, act.verb, act.target) for act in room.services.state.acts[-1:]] == [("", "mode -b", MUTE)]


def test_a_page_of_history_has_it(room):
    """Between the events of the channel, for clients with event-playback."""
    room.advance(61)
    carol = room.enter("carol", "batch draft/chathistory draft/event-playback message-tags server-time")
    carol.ask("JOIN #room")
    lines = carol.ask("CHATHISTORY LATEST #room * 3")
    assert [line.partition(" ")[2] for line in lines if " MODE " in line] == [
        f":alice!alice@s MODE #room +b {MUTE}",
        ENDED,
    ]


def test_it_is_told_after_a_start(room):
    """The time was over while the server was down."""
    room.stop()
    room.advance(600)
    room.start_again()
    alice = room.enter("alice")
    room.advance(1)
    assert stored(room) == [(("-", "b", MUTE),)]
    assert "~m" not in " ".join(alice.ask("MODE #room b"))
    room.stop()
    room.start_again()
    room.advance(61)
    assert stored(room) == [(("-", "b", MUTE),)]


def test_a_mute_that_is_renewed(room):
    """It ends when the new time is over."""
    alice = room.actors["alice"]
    room.advance(50)
    assert alice.ask(f"MODE #room +b {MUTE}")[-1].endswith(f" {MUTE}")
    room.advance(50)
    assert alice.hear() == []
    room.advance(11)
    assert alice.hear() == [ENDED]


def test_what_has_lapsed_is_told_before_the_next_change(room):
    """Whoever mutes again in the same moment sees the end first, though the timer has not looked yet."""
    alice = room.actors["alice"]
    room.watch._timer.cancel()
    room.advance(61)
    changed = ":alice!alice@s MODE #room +b ~t:5:~m:bob!*@*"
    assert alice.ask("MODE #room +b ~t:5:~m:bob") == [ENDED, changed]
    assert len(stored(room)) == 1


def test_an_end_that_was_over_is_not_told_as_somebodys(room):
    """A mask that is removed after its end has lapsed."""
    alice = room.actors["alice"]
    room.watch._timer.cancel()
    room.advance(61)
    assert alice.ask(f"MODE #room -b {MUTE}") == []
    assert alice.ask(f"MODE #room +m-b {MUTE}") == [ENDED, ":alice!alice@s MODE #room +m"]


def test_a_clock_that_is_set(room):
    """Nothing ends twice, and what was renewed while the clock was ahead keeps its time."""
    alice = room.actors["alice"]
    room.clock_error_ms = HOUR * 1000
    room.advance(1)
    assert alice.hear() == [ENDED]
    room.clock_error_ms = 0
    room.deaf()
    alice.ask(f"MODE #room +b {MUTE}")
    room.advance(HOUR)  # the clock shows no new time
    assert alice.hear() == []
    room.deaf()
    assert room.actors["bob"].ask("PRIVMSG #room :hi")[0].startswith(":s 404 ")
    room.advance(62)
    assert alice.hear() == [ENDED]


def test_a_clock_that_may_be_wrong(room):
    """ "Never get a time that is days ahead of the last event": the event waits until somebody does something."""
    alice = room.actors["alice"]
    room.clock_error_ms = 48 * HOUR * 1000
    room.advance(2)
    assert alice.hear() == []
    alice.ask("PRIVMSG #room :hi")
    room.advance(1)
    assert alice.hear() == [ENDED]
    assert len(stored(room)) == 1


def test_a_full_disk(room):
    """The event is stored when there is room again, and what is allowed does not wait for it."""
    alice, bob = room.actors["alice"], room.actors["bob"]
    room.log.failure = LogUnavailableError("full")
    room.advance(62)
    assert (alice.hear(), stored(room)) == ([], [])
    room.log.failure = None
    assert bob.ask("PRIVMSG #room :hi") == []
    assert alice.hear() == [":bob!bob@s PRIVMSG #room :hi"]
    room.advance(lapses.RETRY_MS / 1000)
    assert alice.hear() == [ENDED]


def test_many_masks_that_lapse_together(make_world, monkeypatch):
    """Each line has as many as fit, and one look at most so many channels."""
    monkeypatch.setattr(lapses, "CHANNELS_PER_LOOK_MAX", 1)
    world = make_world(accounts="alice", rate_limits=False)
    alice = world.enter("alice")
    world.channel("#one", "alice")
    world.channel("#two", "alice")
    long = [f"~t:1:~m:{letter * 32}!*{letter}@*" for letter in "ghijklmnopqrst"]
    short = [f"~t:1:a{number}*" for number in range(30)]
    for room in ("#one", "#two"):
        alice.say(*[f"MODE {room} +{'b' if mask in long else 'e'} {mask}" for mask in long + short])
    world.deaf()
    world.advance(60.5)
    first = alice.hear()
    world.advance(0.5)
    ended = [line.split(" ") for line in first + alice.hear()]
    assert {words[2] for words in map(str.split, first)} == {"#one"}
    assert {tuple(words[:2]) for words in ended} == {(":s", "MODE")}
    assert sorted(len(words) - 4 for words in ended) == [10, 10, 10, 10, 12, 12, 12, 12]
    assert not any(any(each.lists.values()) for each in world.services.state.channels.values())


def test_channels_that_have_died(make_world, monkeypatch):
    """The server forgets when the masks of these channels would have lapsed."""
    monkeypatch.setattr(ends, "OUTDATED_MAX", 2)
    world = make_world(accounts="alice", rate_limits=False)
    alice = world.enter("alice")
    for number in range(20):
        alice.ask(f"JOIN #{number}", f"MODE #{number} +b ~t:60:bob", f"PART #{number}")
    assert len(world.services.lapses._ends) < 10
    alice.ask("JOIN #room", "MODE #room +b ~t:1:bob")
    world.advance(61)
    assert ":s MODE #room -b ~t:1:bob!*@*" in alice.hear()


def test_the_log_says_who_and_what(room):
    """``chat log``: the server ended it."""
    room.advance(61)
    told = room.run(order.log(room.watch, {}))
    assert [words(act) for act in told["acts"]][-1] == "s ended the mute of bob in #room"
