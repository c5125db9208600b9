"""What the events of a log add up to, kind by kind."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.errors import DataError
from chatapp.model import conversations, entities, events, messages
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from chatapp.protocol.modes import FOUNDER
from tests.model.support import Life, applied, refused, replayed


@pytest.fixture
def life():
    """Begin with an empty log."""
    return Life()


def test_names_are_found_in_any_case(life):
    """ "Compared case-insensitively, shown as registered."""
    alice = life.account("Alice")
    room = life.join(alice, "#Room")
    assert life.state.user_named("aLICE") is alice
    assert life.state.channel_named("#rOOM") is room
    assert (alice.name, room.name) == ("Alice", "#Room")
    assert life.state.user_named("bob") is None
    assert life.state.channel_named("#none") is None


def test_an_account_joins_the_lobby_when_it_is_made(life):
    """Nobody is the lobby's operator by having come first; the second one joins the same channel."""
    alice = life.account("alice", channel="#lobby")
    bob = life.account("bob", channel="#LOBBY")
    lobby = life.state.channel_named("#lobby")
    assert lobby.members == {alice.uid: 0, bob.uid: 0}
    assert (alice.channels, bob.channels) == ({lobby.uid: None}, {lobby.uid: None})


def test_who_makes_a_channel_is_its_founder(life):
    """Only the first; the outcome tells that the channel was made."""
    alice, bob = life.account("alice"), life.account("bob")
    first = applied(life.do(events.Joined, alice, channel="#room"))
    second = applied(life.do(events.Joined, bob, channel="#ROOM", stream=first.channels[0].uid))
    assert first.channels[0].created == first.event.time
    assert first.channels == second.channels
    assert first.channels[0].members == {alice.uid: FOUNDER.bit, bob.uid: 0}
    assert first.event.stream == first.channels[0].uid == first.event.id


def test_a_channel_that_died_before_a_join_was_applied_is_made_anew(life):
    """The event is applied to the stream that it came to, whichever it was proposed for."""
    alice, bob = life.account("alice"), life.account("bob")
    room = life.join(alice, "#room")
    life.part(alice, room)
    joined = applied(life.do(events.Joined, bob, channel="#room", stream=room.uid))
    assert joined.event.stream == joined.event.id != room.uid


def test_a_channel_that_was_made_again_is_another_one(life):
    """ "A channel that died and was made again by others is another channel: its past stays closed."""
    alice, bob = life.account("alice"), life.account("bob")
    old = life.join(alice, "#room")
    life.say(alice, old, "secret")
    life.do(events.TopicSet, alice, stream=old.uid, text="ours")
    life.do(events.MarkerSet, alice, stream=old.uid, until=5)
    life.part(alice, old)
    new = life.join(bob, "#room")
    life.join(alice, "#room")
    assert new.uid != old.uid
    assert new.topic is None
    for reader in (alice, bob):
        assert messages.may_read(life.state, reader, old.uid) is None
        assert messages.may_read(life.state, reader, new.uid) == (-1,)
        assert reader.markers == {}
    assert refused(life.say(alice, old)) == (Reason.NO_SUCH_CHANNEL, "#room")


def test_an_account_made_again_is_another_one(life):
    """Whoever gets the name of an account that was deleted does not get its messages."""
    bob = life.account("bob")
    old = life.account("alice")
    life.say(bob, old, "secret")
    old_talk = events.conversation(bob.uid, old.uid)
    life.do(events.AccountRemoved, old)
    new = life.account("alice")
    assert life.state.user_named("alice") is new
    assert messages.may_read(life.state, new, old_talk) is None
    assert life.state.conversation_named(new, "bob") == ""
    assert refused(life.say(bob, old)) == (Reason.NO_SUCH_NICK, "alice")

    # The other one keeps what was said, under a name that nobody can have.
    assert messages.may_read(life.state, bob, old_talk) is not None
    assert life.state.conversation_named(bob, "ALICE") == ""
    assert life.state.conversation_named(bob, "ALICE~1") == old_talk
    assert life.state.name_of(old_talk, bob) == "alice~1"
    life.say(bob, new)
    new_talk = events.conversation(bob.uid, new.uid)
    assert life.state.conversation_named(bob, "alice") == new_talk

    # And so on: each one of that name is told from the others.
    life.do(events.AccountRemoved, new)
    assert (life.state.name_of(old_talk, bob), life.state.name_of(new_talk, bob)) == ("alice~1", "alice")
    third = life.account("Alice")
    assert (life.state.name_of(old_talk, bob), life.state.name_of(new_talk, bob)) == ("alice~1", "alice~2")
    assert life.state.conversation_named(bob, "alice~2") == new_talk
    assert [life.state.conversation_named(bob, f"alice~{number}") for number in ("0", "3", "01", "")] == [""] * 4
    restored = State.restore(life.state.snapshot())
    assert restored.name_shown(old.uid, "alice") == "alice~1"
    assert restored.name_shown(third.uid, "Alice") == "Alice"
    assert restored.is_retired("ALICE")
    assert not restored.is_retired("bob")


def test_what_the_past_is_shown_as(life):
    """What one user said is never shown under a name that means another user now, nor with an account's name."""
    bob, eve, zoe = life.account("bob"), life.account("eve"), life.guest("zoe")
    room = life.join(bob, "#room")
    life.join(eve, "#room")
    life.join(zoe, "#room")
    said = [applied(life.say(who, room)).event for who in (eve, zoe, bob)]
    to_eve = applied(life.say(bob, eve)).event
    names = lambda: [messages.as_shown(life.state, event).nick for event in said]  # noqa: E731
    life.do(events.AccountRemoved, eve)
    life.do(events.GuestLeft, zoe)
    assert names() == ["eve", "zoe", "bob"]  # nobody else is called so
    life.account("EVE")
    life.account("zoe")
    assert names() == ["eve~1", "zoe~", "bob"]
    assert [messages.as_shown(life.state, event).guest for event in said] == [True, True, False]
    assert messages.as_shown(life.state, to_eve).target == "eve~1"
    assert messages.as_shown(life.state, to_eve).nick == "bob"


@pytest.mark.parametrize("ends", [False, True])
def test_a_guest_that_took_other_names(life, ends):
    """What it said in a channel has the name of then, not one that it took later, also after it has gone."""
    bob, a1 = life.account("bob"), life.guest("a1")
    room = life.join(bob, "#room")
    life.join(a1, "#room")
    said = [applied(life.say(a1, room)).event]
    life.do(events.Renamed, a1, name="a2")
    written = applied(life.say(a1, bob)).event
    life.do(events.Renamed, a1, name="a3")
    said.append(applied(life.say(a1, room)).event)
    if ends:
        life.do(events.GuestLeft, a1)
    shown = lambda: [messages.as_shown(life.state, event).nick for event in said]  # noqa: E731
    assert shown() == ["a1", "a3"]
    life.account("a1")
    assert shown() == ["a1~", "a3"]
    life.account("a2")
    if ends:
        life.guest("a3")
        assert shown() == ["a1~", "a3~1"]
    # In their conversation, there is one name for it.
    assert messages.as_shown(life.state, written).nick == ("a3~1" if ends else "a3")
    assert life.state.name_of(written.stream, bob) == ("a3~1" if ends else "a3")


def test_guests_that_are_gone_are_forgotten_with_their_conversations(life):
    """The table of those who are gone grows with accounts that are removed, not with guests who come and go."""
    bob = life.account("bob")
    for _ in range(3):
        zoe = life.guest("zoe")
        life.say(zoe, bob)
        life.do(events.GuestLeft, zoe)
    life.do(events.GuestLeft, life.guest("silent"))
    assert [life.state.name_of(stream, bob) for stream in bob.conversations] == ["zoe~1", "zoe~2", "zoe"]
    assert not life.state.is_retired("zoe")
    life.do(events.AccountRemoved, bob)
    assert [gone.name for gone in life.state.gone.values()] == ["bob"]


def test_a_snapshot_of_an_older_version(life):
    """It does not tell who was removed; so all is replayed from the log, which does."""
    life.do(events.AccountRemoved, life.account("eve"))
    old = msgspec.msgpack.encode([1, 2, [], [], []])
    assert State.restore(old).position == 0
    assert replayed(life.log, State.restore(old)).is_retired("eve")


def test_an_account_that_comes_back_with_its_uid_goes_on_with_its_conversations(life):
    """An account restored to the password file is the same one: what it is sent from then on is its own to read."""
    bob, alice = life.account("bob"), life.account("alice")
    talk = events.conversation(bob.uid, alice.uid)
    life.say(bob, alice)
    life.do(events.AccountRemoved, alice)
    alice = life.account("Alice", uid=alice.uid)
    life.say(bob, alice, "again")
    assert messages.may_read(life.state, alice, talk) is not None
    assert life.state.conversation_named(alice, "bob") == talk
    assert life.state.conversations[talk].names[alice.uid] == "Alice"
    life.do(events.AccountRemoved, bob)
    life.do(events.AccountRemoved, alice)
    assert life.state.conversations == {}


def test_a_guest_becomes_an_account_where_it_stands(life):
    """It keeps its channels, its flags and what it said; it joins the lobby only where it is not in it."""
    zoe, alice = life.guest("zoe"), life.account("alice")
    room = life.join(zoe, "#room")
    life.say(zoe, alice)
    outcome = applied(life.do(events.AccountCreated, zoe, uid=zoe.uid, name="zoe", channel="#room"))
    assert outcome.channels == ()
    assert not zoe.guest
    assert room.members == {zoe.uid: FOUNDER.bit}
    assert messages.may_read(life.state, zoe, events.conversation(zoe.uid, alice.uid)) is not None
    assert refused(life.do(events.GuestLeft, zoe)) == (Reason.NOT_HERE, "zoe")


def test_the_modes_of_a_new_lobby(life):
    """It has those of its event, or those of before; who comes later changes nothing."""
    life.account("alice", channel="#lobby", modes="nt")
    life.account("bob", channel="#lobby", modes="n")
    applied(life.do(events.AccountCreatedBefore, uid="c0", name="carol", channel="#old"))
    assert life.state.channel_named("#lobby").modes == "nt"
    assert life.state.channel_named("#old").modes == "n"


def test_leaving_ends_with_the_last_member(life):
    """A channel lasts as long as it has members, and its name is free then."""
    alice, bob = life.account("alice"), life.account("bob")
    room = life.join(alice, "#room")
    life.join(bob, "#room")
    life.part(alice, room)
    assert (room.members, alice.channels) == ({bob.uid: 0}, {})
    assert life.state.channel_named("#room") is room
    life.do(events.AccountRemoved, bob)
    assert life.state.channels == {}
    assert life.state.channel_named("#room") is None


def test_a_guest_that_left_leaves_its_name(life):
    """ "A guest is a user whose name ends with the connection"."""
    zoe, alice = life.guest("zoe"), life.account("alice")
    life.join(alice, "#room")
    room = life.join(zoe, "#room")
    left = applied(life.do(events.GuestLeft, zoe, reason="bye"))
    assert (left.channels, left.actor) == ((room,), zoe)
    assert life.state.user_named("zoe") is None
    assert life.guest("zoe").uid != zoe.uid


def test_a_guest_takes_another_name(life):
    """Its talks go on under the new name; the old one is free."""
    zoe, alice = life.guest("zoe"), life.account("alice")
    life.say(alice, zoe)
    life.do(events.Renamed, zoe, name="Zed")
    assert life.state.user_named("zed") is zoe
    assert life.state.user_named("zoe") is None
    talk = events.conversation(alice.uid, zoe.uid)
    assert life.state.conversation_named(alice, "zed") == talk
    life.do(events.GuestLeft, zoe)
    assert life.state.conversation_named(alice, "zed") == talk
    assert life.state.conversation_named(alice, "zoe") == ""


def test_talks_with_those_who_are_gone_are_bounded(life, monkeypatch):
    """Of the conversations with users that are gone, the one in which nothing was said for longest is closed."""
    monkeypatch.setattr(conversations, "DEPARTED_MAX", 3)
    alice = life.account("alice")
    guests = [life.guest(f"g{number}") for number in range(5)]
    for guest in guests:
        life.say(guest, alice)
        life.do(events.MarkerSet, alice, stream=events.conversation(alice.uid, guest.uid), until=1)
    life.say(guests[0], alice, "later than the others")
    for guest in guests:
        life.do(events.GuestLeft, guest)
    kept = [events.conversation(alice.uid, guests[number].uid) for number in (0, 3, 4)]
    assert list(alice.conversations) == list(life.state.conversations) == list(alice.markers) == kept


def test_guests_do_not_end_the_talks_with_removed_accounts(life, monkeypatch):
    """Anybody can be many guests (DESIGN R1: what a removed account has said stays readable for its partners)."""
    monkeypatch.setattr(conversations, "DEPARTED_MAX", 3)
    alice, bob = life.account("alice"), life.account("bob")
    life.say(bob, alice)
    life.do(events.AccountRemoved, bob)
    for number in range(5):
        guest = life.guest(f"g{number}")
        life.say(guest, alice)
        life.do(events.GuestLeft, guest)
    assert events.conversation(alice.uid, bob.uid) in alice.conversations
    assert len(alice.conversations) == 3


def test_topics(life):
    """A topic tells who set it and when; an empty one is none."""
    alice = life.account("alice")
    room = life.join(alice, "#room")
    outcome = applied(life.do(events.TopicSet, alice, stream=room.uid, text="about"))
    assert room.topic == entities.Topic("about", "alice", outcome.event.time, outcome.event.actor)
    life.do(events.TopicSet, alice, stream=room.uid, text="")
    assert room.topic is None


def test_times_in_a_stream_never_meet(life):
    """ "An event that comes with a time at or before the last one's is moved one millisecond past it."""
    alice, bob = life.account("alice"), life.account("bob")
    room = life.join(alice, "#room", time=1_000)
    talk = [life.say(alice, bob, time=time) for time in (500, 500, 400, 900)]
    spoken = [life.say(alice, room, time=time) for time in (1_000, 999, 1_001, 2_000)]
    assert [applied(each).event.time for each in talk] == [500, 501, 502, 900]
    assert [applied(each).event.time for each in spoken] == [1_001, 1_002, 1_003, 2_000]
    assert room.spoken == 2_000
    assert applied(life.do(events.Joined, bob, channel="#room", time=5)).event.time == 2_001
    assert applied(life.part(bob, room, time=5)).event.time == 2_002
    assert applied(life.do(events.TopicSet, alice, stream=room.uid, text="x", time=5)).event.time == 2_003
    assert room.spoken == 2_000


def test_an_event_that_needs_no_change_is_not_copied(life):
    """What is applied as proposed is the very event, so that nobody has to write it down again."""
    alice, bob = life.account("alice"), life.account("bob")
    room = life.join(alice, "#room")
    for outcome in (life.say(alice, room), life.say(alice, bob), life.part(alice, room)):
        assert applied(outcome).event is outcome.event is not None


def test_a_refused_event_changes_nothing_but_the_place(life):
    """ "Refused at apply = an error to the proposer, nothing to anyone else, the same on every node."""
    alice = life.account("alice")
    room = life.join(alice, "#room")
    bob = life.account("bob")
    before = State.restore(life.state.snapshot())
    assert refused(life.say(bob, room)) == (Reason.CANNOT_SEND, "#room")
    before.position += 1
    assert life.state.digest() == before.digest()


def test_what_was_attended_never_goes_back(life):
    """What has arrived has arrived, whichever connection tells it last."""
    alice = life.account("alice")
    made = (alice.attended, alice.attended_time)
    life.do(events.Attended, alice, position=50, until=5_000)
    life.do(events.Attended, alice, position=40, until=6_000)
    assert made == (1, 1_010)
    assert (alice.attended, alice.attended_time) == (50, 5_000)


def test_events_are_applied_once_and_in_order(life):
    """A place in the log that was applied already is our own bug."""
    alice = life.account("alice")
    with pytest.raises(AssertionError):
        life.state.apply(1, events.AccountRemoved(id="1", time=1, actor=alice.uid))


def test_a_snapshot_is_the_state(life):
    """What is restored is equal, goes on equally, and shares nothing with the first."""
    alice, bob, zoe = life.account("alice"), life.account("bob", channel="#lobby"), life.guest("zoe")
    room = life.join(alice, "#room")
    life.join(zoe, "#room")
    life.say(alice, bob)
    life.do(events.TopicSet, zoe, stream=room.uid, text="x")
    life.do(events.MarkerSet, zoe, stream=room.uid, until=1)
    restored = State.restore(life.state.snapshot())
    assert restored.digest() == life.state.digest()
    life.do(events.Renamed, zoe, name="zed")
    life.do(events.GuestLeft, zoe)
    assert restored.digest() != life.state.digest()
    assert restored.user_named("zoe") is not None
    assert replayed(life.log, restored).digest() == life.state.digest()


@pytest.mark.parametrize("data", [b"", b"\x00", b"nonsense", b"\x95\x7f\x00\x90\x90\x90", b"\x95\x01\x00\x90"])
def test_a_snapshot_that_cannot_be_read_is_refused(data):
    """ "Refuse at start-up: newer schema, unreadable file."""
    with pytest.raises(DataError):
        State.restore(data)


def test_a_snapshot_of_an_old_form_is_not_read_at_all():
    """Its records may have another form than today; the log has everything."""
    assert State.restore(msgspec.msgpack.encode([3, 7, ["a user of then"]])).position == 0
