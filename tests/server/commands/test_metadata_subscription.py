"""METADATA SUB, UNSUB, SUBS and SYNC: what a session is told, and what it gets by itself.

Spec: IRCv3 draft/metadata-2, draft/metadata-3.
"""

from __future__ import annotations

import pytest

from chatapp.model import events

TWO, THREE = "batch draft/metadata-2", "batch draft/metadata-3"


def test_subscriptions(make_world):
    """770, 771 and 772; "the <Item> parameter of the FAIL METADATA LIMIT_REACHED reply MUST be this first key that the
    client could not subscribe to", and the keys after it are not processed.
    """
    world = make_world(accounts="alice bob", metadata_subscriptions_max=3)
    world.enter("alice", THREE)
    world.enter("bob", TWO)
    world.play("""
        alice> METADATA * SUBS
        alice< :s BATCH +{a} metadata-subs
        alice< :s BATCH -{a}
        alice> METADATA * SUB avatar $x website avatar
        alice< :s WARN METADATA INVALID_KEY $x :That cannot be a key.
        alice< :s 770 alice avatar website
        alice< :s 774 alice *ALL 0 :...
        alice> METADATA alice SUB avatar
        alice< :s 770 alice avatar
        alice> METADATA * SUB email city country
        alice< :s FAIL METADATA LIMIT_REACHED SUB city 3 :...
        alice< :s 770 alice email
        alice< :s 774 alice *ALL 0 :...
        alice> METADATA * SUBS
        alice< :s BATCH +{b} metadata-subs
        alice< @batch={b} :s 772 alice avatar website email
        alice< :s BATCH -{b}
        alice> METADATA * UNSUB nothing $x avatar
        alice< :s WARN METADATA INVALID_KEY $x :That cannot be a key.
        alice< :s 771 alice nothing avatar
        alice> METADATA * SUBS
        alice< :s BATCH +{c} metadata-subs
        alice< @batch={c} :s 772 alice website email
        alice< :s BATCH -{c}
        bob> METADATA * SUB a b c d e
        bob< :s FAIL METADATA TOO_MANY_SUBS d :...
        bob< :s 770 bob a b c
        bob> METADATA * SUB $x
        bob< :s FAIL METADATA KEY_INVALID $x :That cannot be a key.
    """)


def test_many_keys_take_several_lines(world):
    """No line is too long, whatever the number of keys."""
    alice = world.enter("alice", THREE)
    for number in range(50):
        alice.say(f"METADATA * SUB {number:02}{'k' * 60}")
    alice.hear()
    lines = alice.ask("METADATA * SUBS")[1:-1]
    assert len(lines) == 8
    assert sum(len(line.split(" 772 alice ")[1].split(" ")) for line in lines) == 50


def test_without_the_capability(world):
    """ "Clients MUST request this capability in order to receive METADATA notifications", not to ask or set."""
    world.enter("alice")
    world.play("""
        alice> METADATA * SET url :x
        alice< :s 761 alice alice url * :x
        alice> METADATA * LIST
        alice< :s 761 alice alice url * :x
        alice> METADATA * SUB url
        alice< :s FAIL METADATA NEED_CAPABILITY :Ask for the capabilities first: CAP REQ :draft/metadata-3 batch
        alice> METADATA * SYNC
        alice< :s FAIL METADATA NEED_CAPABILITY :Ask for the capabilities first: CAP REQ :draft/metadata-3 batch
        alice> CAP REQ draft/metadata-3
        alice< :s CAP alice ACK :draft/metadata-3
        alice> METADATA * SUBS
        alice< :s FAIL METADATA NEED_CAPABILITY :Ask for the capabilities first: CAP REQ :draft/metadata-3 batch
    """)


@pytest.mark.parametrize("removed", ["draft/metadata-3", "batch"])
def test_a_removed_capability_ends_the_subscriptions(world, removed):
    """ "If a client removes this capability or the batch capability from themselves, servers MUST clear that client's
    subscription list."
    """
    alice = world.enter("alice", THREE)
    alice.ask("METADATA * SUB url", f"CAP REQ -{removed}", f"CAP REQ {removed}")
    assert len(alice.ask("METADATA * SUBS")) == 2


def test_subscriptions_end_with_the_session(world):
    """Nothing of them is kept."""
    alice = world.enter("alice", THREE)
    alice.ask("METADATA * SUB url")
    alice.hang_up()
    early = world.connect("early", says=f"CAP REQ :{THREE}\nMETADATA * SUB url\nMETADATA * SET url :x")
    early.hang_up()
    subscriptions = world.services.presence.subscriptions
    assert not subscriptions._keys
    assert not subscriptions._subscribers


# Who is told of a change


def test_notifications(room):
    """ "To that subscriber (excluding changes the subscriber made on themselves), to channels that subscriber is joined
    to, to other clients in the channels that subscriber is joined to, and to users that subscriber is currently
    monitoring." In draft/metadata-2 by METADATA, in draft/metadata-3 by 761 and 766.
    """
    room.enter("alice", THREE, as_="phone")
    carol = room.enter("carol", THREE)
    for name in ("alice", "phone", "bob", "carol"):
        room.actors[name].ask("METADATA * SUB avatar")
    room.play("""
        alice> METADATA * SET avatar :a
        alice< :s 761 alice alice avatar * :a
        phone< :s 761 alice alice avatar * :a
        bob< :s METADATA alice avatar * :a
        alice> METADATA * SET url :not subscribed
        alice< :s 761 alice alice url * :not subscribed
        alice> METADATA * SET avatar
        alice< :s 766 alice alice avatar :This key is not set.
        phone< :s 766 alice alice avatar :This key is not set.
        bob< :s METADATA alice avatar *
        alice> METADATA #room SET avatar :r
        alice< :s 761 alice #room avatar * :r
        phone< :s 761 alice #room avatar * :r
        bob< :s METADATA #room avatar * :r
    """)
    carol.ask("MONITOR + alice")
    room.play("""
        alice> METADATA * SET avatar :a
        alice< :s 761 alice alice avatar * :a
        phone< :s 761 alice alice avatar * :a
        bob< :s METADATA alice avatar * :a
        carol< :s 761 carol alice avatar * :a
        alice> @label=1 METADATA * CLEAR
        alice< :s BATCH +{c} metadata alice
        alice< @batch={c} :s 766 alice alice url :This key is not set.
        alice< @batch={c} :s 766 alice alice avatar :This key is not set.
        alice< :s BATCH -{c}
        phone< :s 766 alice alice avatar :This key is not set.
        bob< :s METADATA alice avatar *
        carol< :s 766 carol alice avatar :This key is not set.
        bob> PART #room
        alice< :bob!bob@s PART #room
        phone< :bob!bob@s PART #room
        bob< :bob!bob@s PART #room
        alice> METADATA * SET avatar :b
        alice< :s 761 alice alice avatar * :b
        phone< :s 761 alice alice avatar * :b
        carol< :s 761 carol alice avatar * :b
    """)


# What comes by itself


def test_joining(room):
    """ "When a metadata-aware client joins a channel, the server MUST send either a metadata batch containing the
    channel's metadata as well as the metadata for all users on the channel or a 774".
    """
    room.actors["alice"].ask("METADATA * SET avatar :a", "METADATA #room SET avatar :r", "METADATA #room SET url :x")
    carol = room.enter("carol", f"{THREE} no-implicit-names labeled-response")
    carol.say("METADATA * SUB avatar")
    carol.hear()
    room.actors["bob"].ask("PART #room")
    room.deaf()
    room.play("""
        carol> JOIN #room
        alice< :carol!carol@s JOIN #room
        carol< :carol!carol@s JOIN #room
        carol< :s BATCH +{a} metadata #room
        carol< @batch={a} :s 761 carol #room avatar * :r
        carol< @batch={a} :s 761 carol alice avatar * :a
        carol< :s BATCH -{a}
        carol> PART #room
        alice< :carol!carol@s PART #room
        carol< :carol!carol@s PART #room
        carol> METADATA * UNSUB avatar
        carol< :s 771 carol avatar
        carol> @label=7 JOIN #room
        alice< :carol!carol@s JOIN #room
        carol< @label=7 :s BATCH +{b} labeled-response
        carol< @batch={b} :carol!carol@s JOIN #room
        carol< @batch={b} :s BATCH +{c} metadata #room
        carol< @batch={b} :s BATCH -{c}
        carol< :s BATCH -{b}
    """)
    bob = room.actors["bob"]
    assert not any("metadata" in line for line in bob.ask("JOIN #room")), "draft/metadata-2, and no subscription"
    bob.ask("METADATA * SUB avatar", "PART #room")
    assert any(line.endswith(":s METADATA alice avatar * :a") for line in bob.ask("JOIN #room"))


def test_joining_a_large_channel(room, monkeypatch):
    """ "Joining a channel with too many users": the client may ask for the values, and gets them all."""
    monkeypatch.setattr("chatapp.server.delivery.metadata.SYNC_MEMBERS_MAX", 2)
    room.actors["alice"].ask("METADATA * SET avatar :a")
    carol = room.enter("carol", THREE)
    carol.ask("METADATA * SUB avatar")
    heard = carol.ask("JOIN #room")
    assert heard[-1] == ":s 774 carol #room 0 :Get the values with METADATA <target> SYNC."
    assert carol.ask("METADATA #room SYNC")[1].endswith(" :s 761 carol alice avatar * :a")
    again = room.enter("carol", THREE, as_="again")
    assert not any(" 774 " in line for line in again.heard), "no subscription, so nothing to ask for"


def test_monitoring(room):
    """ "When server sends 730 RPL_MONONLINE to a metadata-aware client, the server MUST additionally send either a
    metadata batch containing the monitored user's metadata to the client or a 774".
    """
    room.actors["alice"].ask("METADATA * SET avatar :a", "METADATA * SET url :x")
    room.enter("carol", THREE)
    room.actors["carol"].ask("METADATA * SUB avatar")
    room.play("""
        carol> MONITOR + alice,nobody,bob
        carol< :s 730 carol :alice!alice@s,bob!bob@s
        carol< :s BATCH +{a} metadata alice
        carol< @batch={a} :s 761 carol alice avatar * :a
        carol< :s BATCH -{a}
        carol< :s BATCH +{b} metadata bob
        carol< :s BATCH -{b}
        carol< :s 731 carol :nobody
    """)
    room.actors["alice"].hang_up()
    room.deaf()
    room.enter("alice", as_="again")
    heard = room.actors["carol"].hear()
    assert heard[0] == ":s 730 carol :alice!alice@s"
    assert heard[2].endswith(":s 761 carol alice avatar * :a")


# SYNC


def test_sync(room):
    """ "Clients use this subcommand to receive all subscribed metadata from the given target. If the target is a
    channel, it also synchronizes the metadata for all other users in that channel"; ``*ALL``: "all visible targets".
    """
    room.actors["alice"].ask("METADATA * SET avatar :a", "METADATA #room SET avatar :r", "METADATA * SET url :x")
    room.actors["bob"].ask("METADATA * SET avatar :b")
    room.enter("carol", THREE).ask("METADATA * SET avatar :c")
    bob = room.actors["bob"]
    assert bob.ask("METADATA * SUB avatar") == [
        ":s 770 bob avatar",
        ":s BATCH +2 metadata *ALL",
        "@batch=2 :s METADATA #room avatar * :r",
        "@batch=2 :s METADATA alice avatar * :a",
        "@batch=2 :s METADATA bob avatar * :b",
        ":s BATCH -2",
    ], "draft/metadata-2: the values of a new key come at once"
    alice = room.actors["alice"]
    alice.ask("METADATA * SUB avatar", "MONITOR + carol,bob")
    line = "@batch={} :s 761 alice {} avatar * :{}"
    answers = {
        "*ALL": [("#room", "r"), ("alice", "a"), ("bob", "b"), ("carol", "c")],
        "#room": [("#room", "r"), ("alice", "a"), ("bob", "b")],
        "carol": [("carol", "c")],
        "alice": [("alice", "a")],
    }
    for target, wanted in answers.items():
        first, *values, last = alice.ask(f"METADATA {target} SYNC")
        number = first.split("+")[1].split(" ")[0]
        assert (first, last) == (f":s BATCH +{number} metadata {target}", f":s BATCH -{number}")
        assert values == [line.format(number, *each) for each in wanted]


def test_a_labelled_sync(room):
    """ "The metadata batch MUST be nested within the labeled-response batch"."""
    carol = room.enter("carol", f"{TWO} labeled-response")
    room.channel("#room", "carol")
    room.actors["alice"].ask("METADATA * SET avatar :a")
    room.deaf()
    room.play("""
        carol> @label=1 METADATA * SUB avatar
        carol< @label=1 :s BATCH +{a} labeled-response
        carol< @batch={a} :s 770 carol avatar
        carol< @batch={a} :s BATCH +{b} metadata *ALL
        carol< @batch={b} :s METADATA alice avatar * :a
        carol< @batch={a} :s BATCH -{b}
        carol< :s BATCH -{a}
        carol> @label=2 METADATA * SYNC
        carol< @label=2 :s BATCH +{c} metadata carol
        carol< :s BATCH -{c}
        carol> @label=3 METADATA * SET avatar :c
        carol< @label=3 :s 761 carol carol avatar * :c
    """)
    assert not carol.closed


def test_a_long_sync_stops_when_the_user_leaves(make_world):
    """A channel with more members than one turn handles: a user who has left meanwhile learns nothing more."""
    names = [f"m{number}" for number in range(150)]
    world = make_world(accounts=" ".join(["alice", "carol", *names]), rate_limits=False)
    world.enter("alice", THREE).say("JOIN #room")
    carol = world.enter("carol", THREE)
    carol.say("JOIN #room", "METADATA * SUB avatar")
    state, proposals = world.services.state, world.services.proposals
    for name in names:
        user = state.user_named(name)
        for event in (
            proposals.event(events.Joined, user, state.channel_named("#room").uid, channel="#room"),
            proposals.event(events.MetadataSet, user, target=user.uid, changes=(("avatar", name),), most=9),
        ):
            proposals.note(event)
    world.settle()
    world.deaf()
    assert len(carol.ask("METADATA #room SYNC")) == 152
    kick = proposals.event(events.Kicked, state.user_named("alice"), state.channel_named("#room").uid,
                           target=state.user_named("carol").uid, target_nick="carol")  # fmt: skip
    carol.transport.feed(b"METADATA #room SYNC\r\n")
    proposals.note(kick)
    world.settle()
    told = [line for line in carol.hear() if " 761 " in line]
    assert len(told) < 150


def test_who_silences_a_user_is_not_told_of_its_metadata(room):
    """Neither when it changes, nor by joining a channel, nor by monitoring: that is for questions only."""
    alice, bob, carol = room.actors["alice"], room.actors["bob"], room.enter("carol", THREE)
    for each in (bob, carol):
        each.ask("METADATA * SUB avatar")
    carol.ask("MONITOR + alice")
    bob.ask("SILENCE +alice")
    carol.ask("SILENCE +alice")
    alice.ask("METADATA * SET avatar :shown to nobody", "METADATA #room SET avatar :the channel's")
    assert [line for line in bob.hear() if "avatar" in line] == [":s METADATA #room avatar * :the channel's"]
    joined = carol.ask("JOIN #room")
    assert [line for line in joined if " 761 " in line and "#room avatar" not in line] == []
    carol.ask("MONITOR - alice")
    assert not any("avatar" in line for line in carol.ask("MONITOR + alice"))
    assert any(line.endswith("avatar * :shown to nobody") for line in carol.ask("METADATA alice GET avatar"))
