"""Two servers over one log: alice is on the one, bob on the other, and both see the same.

Nothing of a cluster is built yet; this holds that nothing prevents one (DESIGN section 4: "Several nodes may share one
log"). What never enters the log (who is away, typing) is each server's own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.model.state import State
from chatapp.server.running import replay
from tests.fakes.clock_loop import ClockLoop
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryLog
from tests.fakes.shared_log import SharedDisk
from tests.server.world import CLOSED, HASH, World

CAPS = "echo-message message-tags server-time batch draft/chathistory labeled-response"


class Pair:
    """Two servers, ``one`` and ``two``, with accounts in password files of their own."""

    def __init__(self, folder: Path) -> None:
        disk, loop = SharedDisk(), ClockLoop()
        self.disk = disk
        self.worlds: list[World] = []
        for node, accounts in ((1, "alice bob"), (2, "bob carol")):
            own = folder / str(node)
            own.mkdir(mode=0o700)
            shared = {"shared": disk, "loop": loop, "node": node}
            self.worlds.append(World(own, accounts=accounts, guests=True, rate_limits=False, **shared))  # type: ignore[arg-type]
        self.one, self.two = self.worlds
        self.introduce()
        self.check()

    def introduce(self) -> None:
        """Let each server ask the other one who is connected to it."""
        for world, other in ((self.one, self.two), (self.two, self.one)):
            world.services.presence.is_elsewhere = lambda uid, other=other: uid in other.services.presence.by_user

    def check(self) -> None:
        """Check that both states are the same, and what the log adds up to."""
        self.one.settle()
        digests = {world.services.state.digest() for world in self.worlds}
        assert digests == {replay(MemoryLog(self.disk), MemoryHistory(self.disk))[0].digest()}
        assert all(State.restore(world.services.state.snapshot()).digest() in digests for world in self.worlds)

    def restart(self, world: World, crash: bool = False) -> None:
        """Stop one server, and start it again over what it left."""
        (world.crash if crash else world.stop)()
        world.start_again()
        self.introduce()
        self.check()

    def close(self) -> None:
        """End both."""
        self.check()
        for world in self.worlds:
            world.check_presence()
        for world in self.worlds:
            world.stop()
        loop = self.one.loop
        assert [world.complaints() + world.bugs + world.violations for world in self.worlds] == [[], []]
        for world in self.worlds:
            world.forget_complaints()
        loop.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two servers over one log."""
    made = Pair(tmp_path)
    yield made
    made.close()


def test_talk(pair: Pair) -> None:
    """Channels and direct messages reach the members wherever they are; history is the same on both."""
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    assert any(line.endswith(":bob!bob@s JOIN #room") for line in alice.hear()), "bob is on the other server"
    assert any(line.endswith(" 353 bob = #room :~alice bob") for line in bob.hear())
    (echo,) = alice.ask("PRIVMSG #room :hi")
    assert bob.hear() == [echo]
    (echo,) = alice.ask("PRIVMSG bob :for you")  # and not that he is away: he is on the other server
    assert bob.hear() == [echo]
    pair.check()
    for target in ("#room", "bob"):
        page = alice.ask(f"CHATHISTORY LATEST {target} * 10")[1:-1]
        other = bob.ask(f"CHATHISTORY LATEST {target.replace('bob', 'alice')} * 10")[1:-1]
        assert [line.partition(";")[2] for line in page] == [line.partition(";")[2] for line in other] != []


def test_a_message_of_several_lines(pair: Pair) -> None:
    """It is one message on both servers, and each recipient gets it in its own form."""
    alice, bob = pair.one.enter("alice", f"{CAPS} draft/multiline"), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    alice.hear(), bob.hear()
    batch = ["@batch=1 PRIVMSG #room :one", "@batch=1 PRIVMSG #room :two", "BATCH -1"]
    echo = alice.ask("BATCH +1 draft/multiline #room", *batch)
    assert len(echo) == 4
    first, second = bob.hear()
    assert first.partition(" ")[0] == echo[0].partition(" ")[0]
    assert (first[-4:], second[-4:]) == (":one", ":two")
    pair.check()


def test_an_id_is_stored_once(pair: Pair) -> None:
    """A message that is sent again under its id to the other server is answered with the first echo (R4)."""
    alice, again = pair.one.enter("alice", CAPS), pair.two
    alice.say("JOIN #room")
    alice.hear()
    (echo,) = alice.ask("@+chatapp/id=k1 PRIVMSG #room :once")
    again.write_passwords("alice", "bob", "carol")
    again.advance(1)
    second = again.enter("alice", CAPS)
    assert second.ask("@+chatapp/id=k1 PRIVMSG #room :once") == [echo]
    assert alice.hear() == []
    pair.check()


def test_accounts_are_not_removed_because_this_file_lacks_them(pair: Pair) -> None:
    """Each file has an account that the other one lacks; only who saw an account go says that it went."""
    names = {user.name for user in pair.one.services.state.users.values()}
    assert names == {"alice", "bob", "carol"}
    for world in pair.worlds:
        pair.restart(world)
    assert {user.name for user in pair.one.services.state.users.values()} == names
    carol, bob = pair.two.enter("carol"), pair.one.enter("bob")
    carol.say("JOIN #room")
    bob.say("JOIN #room")
    carol.hear()
    pair.two.services.accounts._file.remove("carol")
    pair.two.advance(1)
    assert pair.one.services.state.user_named("carol") is None
    assert any(" QUIT :The account was removed" in line for line in bob.hear())
    assert carol.hear()[-1] == CLOSED
    pair.check()


def test_an_account_is_made_on_either(pair: Pair) -> None:
    """A name that has an account on one server cannot be had on the other."""
    dave = pair.one.connect("dave", says="NICK dave\nUSER d 0 * :d")
    dave.say("REGISTER * * long-enough-password")
    assert any(" REGISTER SUCCESS dave " in line for line in dave.hear())
    pair.check()
    other = pair.two.connect("dave2", says="NICK dave\nUSER d 0 * :d")
    assert any(" 433 " in line for line in other.hear())
    pair.two.services.accounts._file.add("eve", HASH)
    pair.two.advance(1)
    assert pair.one.services.state.user_named("eve") is not None
    pair.check()


def test_a_start_removes_only_its_own_guests(pair: Pair) -> None:
    """A guest of the other server is still connected there."""
    here, there = pair.one.guest("visitor"), pair.two.guest("stranger")
    for guest in (here, there):
        guest.say("JOIN #room")
    pair.restart(pair.one, crash=True)
    assert pair.one.services.state.user_named("visitor") is None
    assert pair.one.services.state.user_named("stranger") is not None
    assert any(" QUIT :The server was restarted" in line for line in there.hear())
    assert there.ask("PRIVMSG #room :alone now") == []
    pair.check()


def test_what_was_said_while_one_was_down(pair: Pair) -> None:
    """A server that comes back catches up from the log, and tells its clients what they missed."""
    alice = pair.one.enter("alice", CAPS)
    pair.two.stop()
    alice.say("PRIVMSG bob :while you were down")
    assert any(" 301 alice bob :not connected" in line for line in alice.hear())
    pair.two.start_again()
    pair.introduce()
    bob = pair.two.enter("bob", CAPS)
    pair.two.advance(5)
    assert any(line.endswith(" PRIVMSG bob :while you were down") for line in bob.hear())
    pair.check()


def test_events_that_meet_are_judged_in_the_order_of_the_log(pair: Pair) -> None:
    """Two guests take one name at the same moment: the log decides, on both servers alike."""
    for world in pair.worlds:
        world.log.held = True
    one, two = pair.one.connect("one"), pair.two.connect("two")
    for actor in (one, two):
        actor.say("NICK same", "USER s 0 * :s")
    for world in pair.worlds:
        world.log.held = False
        world.settle()
    heard = [actor.hear() for actor in (one, two)]
    assert [any(" 001 same " in line for line in lines) for lines in heard] == [True, False]
    assert any(" 433 " in line for line in heard[1])
    pair.check()


LINES = st.sampled_from(
    [
        "JOIN #a", "JOIN #b,#a", "PART #a :bye", "JOIN 0", "TOPIC #a :x", "PRIVMSG #a :hi", "PRIVMSG bob :hi",
        "NICK zoe", "NICK guest9", "PRIVMSG alice,carol,#a :hi", "SETNAME :Somebody", "AWAY :x", "QUIT",
        "MARKREAD #a timestamp=2026-01-01T00:00:10.000Z", "MARKREAD bob timestamp=2030-01-01T00:00:00.000Z",
        "@+chatapp/id=k PRIVMSG #a :once", "REGISTER * * longpassword", "@+draft/react=x TAGMSG #a",
    ]
)  # fmt: skip
WHO = st.sampled_from(["alice", "bob", "guest1", "guest2"])
STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 1), WHO, st.lists(LINES, min_size=1, max_size=4)),
    st.tuples(st.just("lag"), st.integers(0, 1), WHO, st.just([])),
    st.tuples(st.just("both"), st.integers(0, 1), WHO, st.lists(LINES, min_size=1, max_size=4)),
    st.tuples(st.sampled_from(["restart", "crash", "delete", "add"]), st.integers(0, 1), WHO, st.just([])),
)


def actor_of(world: World, name: str) -> Any:
    """Find somebody's connection to a server, or connect: an account of its password file, or a guest."""
    actor = world.actors.get(name)
    if actor is None or actor.closed:
        if world.services.accounts._file.get(name) is not None:
            actor = world.enter(name, CAPS)
        else:
            actor = world.connect(name, says=f"NICK {name}{world.node}\nUSER {name} 0 * :{name}")
    return actor


@given(steps=st.lists(STEPS, min_size=3, max_size=12))
@settings(max_examples=60)
def test_whatever_is_done_both_are_the_same(steps: list[tuple[str, int, str, list[str]]]) -> None:
    """Equal digests after every step, whoever does what on which server, whoever lags, stops or crashes."""
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        for kind, number, name, lines in steps:
            world = pair.worlds[number]
            file = world.services.accounts._file
            if kind == "say":
                actor_of(world, name).say(*lines)
            elif kind == "lag":
                world.log.lags = True
                actor_of(pair.worlds[1 - number], name).say("PRIVMSG #a :not heard yet")
                world.log.lags = False
            elif kind == "both":
                actors = [actor_of(each, name) for each in pair.worlds]
                for each in pair.worlds:
                    each.log.held = True
                for actor in actors:
                    actor.say(*lines)
                for each in pair.worlds[:: 1 - 2 * number]:
                    each.log.held = False
            elif kind == "delete" and file.get(name) is not None:
                file.remove(name)
                world.advance(1)
            elif (
                kind == "add" and file.get(f"new{number}") is None and not world.services.accounts.knows(f"new{number}")
            ):
                file.add(f"new{number}", HASH)
                world.advance(1)
            elif kind in ("restart", "crash"):
                pair.restart(world, crash=kind == "crash")
            pair.check()
        pair.close()


def test_monitor_sees_guests_of_the_other_server(pair):
    """A guest's arrival, new name and leaving are events of the log, so MONITOR tells of them on every server."""
    carol = pair.two.enter("carol")
    assert carol.ask("MONITOR + gast,gus") == [":s 731 carol :gast,gus"]
    gast = pair.one.guest("gast")
    pair.check()
    pair.two.settle()
    assert carol.hear() == [":s 730 carol :gast!gast@s"]
    gast.say("NICK gus")
    pair.two.settle()
    assert carol.hear() == [":s 731 carol :gast", ":s 730 carol :gus!gus@s"]
    assert carol.ask("MONITOR S") == [":s 730 carol :gus!gus@s", ":s 731 carol :gast"]
    gast.say("QUIT")
    pair.two.settle()
    assert carol.hear() == [":s 731 carol :gus"]
