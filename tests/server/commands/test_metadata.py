"""METADATA: what is shown, to whom, and how long values last.

Spec: IRCv3 draft/metadata-2, draft/metadata-3.
"""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK, World

TWO, THREE = "batch draft/metadata-2", "batch draft/metadata-3"
NOT_SET = "This key is not set."


def metadata_of(world: World, name: str) -> dict[str, str]:
    """Return the metadata of a user in the state."""
    user = world.services.state.user_named(name)
    assert user is not None
    return user.metadata


@pytest.mark.parametrize("target", ["*", "alice", "ALICE"])
def test_own_keys(room, target):
    """ "If the request is successful, the server carries out the requested change and responds with one 761
    RPL_KEYVALUE event, representing the new value if any, or 766 RPL_KEYNOTSET if no value is set". Others who have not
    subscribed hear nothing.
    """
    room.play(
        """
        alice> METADATA {t} SET display-name :Alice the First
        alice< :s 761 alice alice display-name * :Alice the First
        alice> METADATA {t} SET url :http://example.com
        alice< :s 761 alice alice url * :http://example.com
        alice> METADATA {t} GET url nothing Bad! display-name
        alice< :s BATCH +{a} metadata alice
        alice< @batch={a} :s 761 alice alice url * :http://example.com
        alice< @batch={a} :s 766 alice alice nothing :This key is not set.
        alice< @batch={a} :s WARN METADATA INVALID_KEY Bad! :That cannot be a key.
        alice< @batch={a} :s 761 alice alice display-name * :Alice the First
        alice< :s BATCH -{a}
        alice> METADATA {t} SET url
        alice< :s 766 alice alice url :This key is not set.
        alice> METADATA {t} LIST
        alice< :s BATCH +{b} metadata alice
        alice< @batch={b} :s 761 alice alice display-name * :Alice the First
        alice< :s BATCH -{b}
        """,
        t=target,
    )
    room.play("""
        bob> METADATA alice GET display-name X
        bob< :s BATCH +{a} metadata alice
        bob< @batch={a} :s 761 bob alice display-name * :Alice the First
        bob< @batch={a} :s FAIL METADATA KEY_INVALID X :That cannot be a key.
        bob< :s BATCH -{a}
        bob> METADATA * LIST
        bob< :s BATCH +{b} metadata bob
        bob< :s BATCH -{b}
    """)


def test_who_reads_a_channel(room):
    """Everybody reads the metadata of a channel that is open; "users not in an invite-only channel cannot read its
    metadata"; and a secret channel does not exist for them.
    """
    carol = room.enter("carol", THREE)
    room.actors["alice"].ask("METADATA #room SET url :x")
    assert ":s 761 carol #room url * :x" in carol.ask("METADATA #room LIST")[1]
    carol.ask("METADATA * SUB url")
    assert len(carol.ask("METADATA #room SYNC")) == 3
    room.actors["alice"].ask("MODE #room +i")
    for question in ("GET url", "LIST", "SYNC"):
        (line,) = carol.ask(f"METADATA #room {question}")
        assert line.startswith(":s FAIL METADATA KEY_NO_PERMISSION #room * :")
    room.actors["alice"].ask("MODE #room -i+s")
    for question in ("GET url", "LIST", "SYNC", "SET url :x", "CLEAR", "SET soju.im/pinned 1"):
        answers = [carol.ask(f"METADATA {channel} {question}") for channel in ("#room", "#none")]
        assert [line.replace("#room", "#none") for line in answers[0]] == answers[1]
        assert answers[1][0].startswith(":s FAIL METADATA INVALID_TARGET #none :")


@pytest.mark.parametrize("administrator", [False, True])
def test_nobody_else_reads_preferences(room, administrator):
    """ "Nobody else reads them, administrators included", no matter how they ask."""
    for target in ("#room", "bob", "*"):
        room.actors["alice"].ask(f"METADATA {target} SET soju.im/pinned 1")
    room.services.accounts._file.set_admin("bob", administrator)
    room.advance(1)
    bob = room.actors["bob"]
    bob.ask("MONITOR + alice")
    heard = bob.ask("METADATA * SUB soju.im/pinned soju.im/muted")[1:]
    for target in ("#room", "alice", "*", "*ALL"):
        for question in ("LIST", "GET soju.im/pinned", "SYNC", "CLEAR"):
            heard += bob.ask(f"METADATA {target} {question}")
    heard += bob.ask("PART #room", "JOIN #room", "WHOIS alice")
    room.actors["alice"].ask("METADATA bob SET soju.im/muted 1", "METADATA #room SET soju.im/muted 1")
    heard += bob.hear()
    assert not [line for line in heard if "soju.im" in line and " 766 " not in line]
    alice = room.services.state.user_named("alice")
    assert len(alice.preferences) == 3, "and CLEAR does not remove them"


# The welcome


def _welcome(world: World, name: str, caps: str, *early: str) -> list[str]:
    """Sign in, and return all lines after CAP END."""
    actor = world.connect(f"{name}{len(world.actors)}")
    actor.say(f"CAP REQ :{caps}", *early, f"PASS {name}:sesame", f"NICK {name}", f"USER {name} 0 * :{name}")
    actor.hear()
    return actor.ask("CAP END")


def test_at_the_welcome(world):
    """ "Servers MUST send clients a list of their current metadata in a metadata batch with their own nick as target as
    part of the registration burst, i.e. before RPL_ENDOFMOTD or ERR_NOMOTD"; without any, an empty one.
    """
    world.enter("alice", THREE).ask("METADATA * SET url :x")
    for caps, line in ((THREE, "761 alice alice url * :x"), (TWO, "METADATA alice url * :x")):
        burst = _welcome(world, "alice", caps)
        begin = burst.index(":s BATCH +1 metadata alice")
        assert burst[begin + 1 : begin + 3] == [f"@batch=1 :s {line}", ":s BATCH -1"]
        assert begin < next(at for at, each in enumerate(burst) if " 422 " in each)
    burst = _welcome(world, "bob", THREE)
    assert burst[burst.index(":s BATCH +1 metadata bob") + 1] == ":s BATCH -1"
    assert not any(" metadata " in line for line in _welcome(world, "bob", "draft/metadata-3"))


def test_before_connect(world):
    """ "Indicates the server supports METADATA commands during connection registration"; the values are set at the
    welcome, and the subscriptions last.
    """
    world.connect("x")
    world.play("""
        x> CAP REQ :batch draft/metadata-3
        x< :s CAP * ACK :batch draft/metadata-3
        x> METADATA * SUB display-name
        x< :s 770 * display-name
        x> METADATA * SET display-name :a b c
        x< :s 761 * * display-name * :a b c
        x> METADATA * SET url :x
        x< :s 761 * * url * :x
        x> METADATA * SET url
        x< :s 766 * * url :This key is not set.
        x> METADATA alice SET url :x
        x< :s FAIL METADATA INVALID_TARGET alice :...
        x> METADATA #room LIST
        x< :s FAIL METADATA INVALID_TARGET #room :...
        x> METADATA * SET soju.im/pinned 1
        x< :s FAIL METADATA KEY_NO_PERMISSION * soju.im/pinned :...
        x> METADATA * LIST
        x< :s BATCH +{a} metadata *
        x< @batch={a} :s 761 * * display-name * :a b c
        x< :s BATCH -{a}
        x> METADATA * SYNC
        x< :s BATCH +{b} metadata *
        x< :s BATCH -{b}
        x> PASS alice:sesame
        x> NICK alice
        x> USER alice 0 * :Alice
    """)
    burst = world.actors["x"].ask("CAP END")
    assert any(line.endswith(" :s 761 alice alice display-name * :a b c") for line in burst)
    assert metadata_of(world, "alice") == {"display-name": "a b c"}
    assert world.actors["x"].ask("METADATA * SUBS")[1].endswith(" 772 alice display-name")


def test_preferences_at_the_welcome(world):
    """A client that subscribes before the welcome gets what its user has set: with each channel, then the others."""
    alice = world.enter("alice", THREE)
    alice.ask("JOIN #room", *(f"METADATA {target} SET soju.im/pinned 1" for target in ("#room", "bob")))
    burst = _welcome(world, "alice", TWO, "METADATA * SUB soju.im/pinned")
    first = burst.index(":s BATCH +2 metadata #room")
    assert burst[first + 1 :] == [
        "@batch=2 :s METADATA #room soju.im/pinned private :1",
        ":s BATCH -2",
        ":s BATCH +3 metadata *ALL",
        "@batch=3 :s METADATA bob soju.im/pinned private :1",
        ":s BATCH -3",
    ]
    assert not any("soju.im" in line for line in _welcome(world, "alice", THREE))


def test_before_connect_is_bounded(make_world):
    """A client that has not signed in sets as many keys as it may; too many for its account are refused as a whole."""
    world = make_world(accounts="alice bob", metadata_keys_max=2, metadata_subscriptions_max=2)
    early = ["METADATA * SET one :1", "METADATA * SET two :2", "METADATA * SET three :3", "METADATA * SUB a b c"]
    x = world.connect("x", says=f"CAP REQ :{THREE}")
    x.hear()
    heard = x.ask(*early)
    assert heard[2] == ":s FAIL METADATA LIMIT_REACHED SET * 2 :There can be 2 keys at most. Remove one first."
    assert heard[3].startswith(":s FAIL METADATA LIMIT_REACHED SUB c 2 :")
    assert x.ask("METADATA * CLEAR")[1:3] == [f"@batch=1 :s 766 * * {key} :{NOT_SET}" for key in ("one", "two")]
    _welcome(world, "alice", THREE, "METADATA * SET one :1")
    burst = _welcome(world, "alice", THREE, "METADATA * SET two :2", "METADATA * SET three :3")
    assert any(line.startswith(":s FAIL METADATA LIMIT_REACHED SET * 2 :Your keys were not set") for line in burst)
    assert metadata_of(world, "alice") == {"one": "1"}


@pytest.mark.parametrize("name", ["AIice", "\u0430lice"])
def test_a_name_of_somebody_else_that_is_set_early(room, name):
    """The rule for display names holds at the welcome too."""
    burst = _welcome(room, "bob", THREE, f"METADATA * SET display-name :{name}", "METADATA * SET url :x")
    told = [line for line in burst if " FAIL " in line]
    assert len(told) == 1
    assert told[0].startswith(
        ":s FAIL METADATA KEY_NO_PERMISSION * display-name :Your keys were not set. That looks like"
    )
    assert metadata_of(room, "bob") == {}


def test_what_a_muted_user_sets_early(room):
    """The rule for metadata holds at the welcome too, and the client is told."""
    room.actors["alice"].say("METADATA * SUB status", "MODE #room +b ~m:bob")
    room.actors["bob"].hang_up()
    room.deaf()
    burst = _welcome(room, "bob", THREE, "METADATA * SET status :hear me")
    why = "Your keys were not set: the members of #room would see them, and you may not write there."
    assert f":s FAIL METADATA KEY_NO_PERMISSION * * :{why}" in burst
    assert not any("hear me" in line for line in room.actors["alice"].hear())
    assert metadata_of(room, "bob") == {}


def test_what_is_set_early_counts(make_world):
    """It is charged to the bytes that the account may store: what it stores next must wait."""
    world = make_world(accounts="alice", stored_bytes_burst=2_000, stored_bytes_per_s=100.0)
    values = [f"METADATA * SET k{number} :{'x' * 290}" for number in range(6)]
    _welcome(world, "alice", THREE, *values)
    alice = next(reversed(world.actors.values()))
    assert alice.ask("METADATA * SET url :x") == []
    world.advance(60)
    assert alice.hear() == [":s 761 alice alice url * :x"]


def test_early_values_that_cannot_be_stored(world):
    """The client is welcomed all the same, and told."""
    world.log.failure = FULL_DISK
    burst = _welcome(world, "alice", THREE, "METADATA * SET one :1")
    world.log.failure = None
    assert any(line.startswith(":s FAIL METADATA CHANGE_NOT_STORED * :") for line in burst)
    assert any(" 001 " in line for line in burst)


# The life of the values


def test_values_survive_a_restart(make_world):
    """ "What was echoed survives": they are events in the log."""
    world = make_world(accounts="alice", sqlite=True)
    world.enter("alice", THREE)
    world.channel("#room", "alice")
    world.actors["alice"].ask(
        "METADATA * SET url :x", "METADATA #room SET url :y", "METADATA #room SET soju.im/muted 1"
    )
    digest = world.services.state.digest()
    world.crash()
    world.start_again()
    assert world.services.state.digest() == digest
    assert metadata_of(world, "alice") == {"url": "x"}


def test_a_removed_account_loses_its_values(room):
    """A later account of the same name inherits nothing."""
    room.actors["bob"].ask("METADATA * SET url :x")
    room.services.accounts._file.remove("bob")
    room.advance(1)
    (line,) = room.actors["alice"].ask("METADATA bob LIST")[-1:]
    assert line.startswith(":s FAIL METADATA INVALID_TARGET bob :")
    room.write_passwords("alice", "bob", "carol")
    room.advance(1)
    assert metadata_of(room, "bob") == {}


def test_guests(make_world):
    """A guest has metadata while it is connected."""
    world = make_world(accounts="alice", guests=True)
    zoe = world.guest("zoe", THREE)
    assert zoe.ask("METADATA * SET url :x") == [":s 761 zoe zoe url * :x"]
    early = world.connect("eve", says=f"CAP REQ :{THREE}\nMETADATA * SET url :e\nNICK eve\nUSER e 0 * :e")
    assert any(line.endswith(" :s 761 eve eve url * :e") for line in early.ask("CAP END"))
    zoe.ask("QUIT")
    again = world.guest("zoe", THREE)
    assert len(again.ask("METADATA * LIST")) == 2


def test_whois(room):
    """760: "this subset MUST be chosen explicitly"; only clients that know metadata get it."""
    room.actors["alice"].ask("METADATA * SET display-name :Alice A.", "METADATA * SET avatar :x")
    old = room.enter("carol")
    found = [line for line in room.actors["bob"].ask("WHOIS alice") if " 760 " in line]
    assert found == [":s 760 bob alice display-name * :Alice A."]
    assert not [line for line in old.ask("WHOIS alice") if " 760 " in line]


def test_a_list_without_values(make_world):
    """A client without batches is told so: it gets no empty batch."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.enter("bob", THREE)
    world.play("""
        alice> METADATA * LIST
        alice< :s NOTICE alice :alice has no metadata.
        bob> METADATA * LIST
        bob< :s BATCH +{a} metadata bob
        bob< :s BATCH -{a}
    """)
