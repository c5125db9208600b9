"""More of what was said last takes a shorter way, which comes to the same as the long one."""

from __future__ import annotations

import re
from contextlib import nullcontext
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.errors import LogUnavailableError
from chatapp.protocol.message import parse_client
from chatapp.server.commands import talk
from tests.server.world import World
from tests.support.examples import examples

CAPS = "echo-message message-tags server-time labeled-response batch"
FULL = LogUnavailableError("Not stored: the server's disk is full.")

heads = st.sampled_from(
    ["PRIVMSG bob :", "PRIVMSG #room :"] * 4
    + ["PRIVMSG zoe :", "NOTICE bob :", "PRIVMSG BOB :", "PRIVMSG bob,zoe :"]
)  # fmt: skip
texts = st.sampled_from(
    ["one", "two", " :three", ":", "", "é🎉", "\x01ACTION x\x01", "x" * 450, "y" * 479, "z" * 480, "w" * 600, "é" * 250]
)
ODD = [
    b"PRIVMSG bob :a\0b", b"PRIVMSG bob :a\rb", b"PRIVMSG bob :\xff", b"PRIVMSG bob :a\nPING lf", b"PRIVMSG bob :",
    b"privmsg bob :low", b"PRIVMSG bob hi", b"PRIVMSG  bob :hi", b":alice PRIVMSG bob :hi",
    b"PRIVMSG bob :" + b"x" * 490, b"PRIVMSG bob :" + b"y" * 600, b"NOTICE bob :x", b"PRIVMSG BOB :x",
    b"PRIVMSG bob,zoe :x", b"PRIVMSG nobody :x",
    b"@label=x PRIVMSG bob :labelled", b"@+chatapp/id=1 PRIVMSG bob :once", b"TAGMSG bob :x", b"@+a=b TAGMSG #room :x",
    b"@+typing=active TAGMSG bob", b"PING 1", b"JOIN #room", b"PART #room", b"NICK nobody", b"", b"x" * 5000, b"QUIT",
]  # fmt: skip
said = st.tuples(heads, texts).map(lambda each: "".join(each).encode())
reads = st.lists(st.one_of(said, said, said, said, st.sampled_from(ODD)), min_size=1, max_size=12)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["alice", "alice", "bob", "zoe"]), reads),
        st.tuples(st.sampled_from(["advance", "hold", "let go", "fill", "empty", "zoe's name"]), st.none()),
    ),
    min_size=1,
    max_size=8,
)


def heard(folder, steps, bounds, shorter):
    """Play it; return what everybody hears, without the ids."""
    folder.mkdir(mode=0o700, parents=True)
    way = nullcontext() if shorter else patch("chatapp.server.commands.talk.more", lambda *_: 0)
    with way, World(folder, accounts="alice bob", guests=True, **bounds) as world:
        actors = {name: world.enter(name, CAPS) for name in ("alice", "bob")} | {"zoe": world.guest("zoe")}
        world.channel("#room", "alice bob")
        for who, lines in steps:
            if lines is None:
                act(world, who)
            elif not actors[who].closed:
                actors[who].feed(b"".join(line + b"\r\n" for line in lines))
        act(world, "let go")
        act(world, "empty")
        world.advance(60)
        return {name: [re.sub("msgid=[0-9a-f]{16}", "", line) for line in actors[name].hear()] for name in actors}


def act(world, what):
    """Let something happen to the server."""
    if what == "advance":
        world.advance(0.7)
    elif what in ("hold", "let go"):
        world.log.held = what == "hold"
        world.settle()
    elif what in ("fill", "empty"):
        world.log.failure = FULL if what == "fill" else None
    elif not world.actors["zoe"].closed:
        world.actors["zoe"].say("NICK " + ("zed" if world.services.state.user_named("zoe") else "zoe"))


def both(folder, steps, **bounds):
    """Play it both ways; what is heard must be the same."""
    shorter = heard(folder / "shorter", steps, bounds, shorter=True)
    assert shorter == heard(folder / "longer", steps, bounds, shorter=False)
    return shorter


@pytest.mark.parametrize("line", ODD)
def test_lines_that_are_not_just_so(tmp_path, line):
    """What only looks like more of the same, or comes before it, is treated as ever."""
    both(tmp_path, [("alice", [b"PRIVMSG bob :one"]), ("alice", [line, b"PRIVMSG bob :two", line])])


def test_a_name_that_changes(tmp_path):
    """It is a name that is spoken to, not whoever had it."""
    steps = [("alice", [b"PRIVMSG zoe :one"]), ("zoe's name", None), ("alice", [b"PRIVMSG zoe :two"])]
    assert [line for line in both(tmp_path, steps)["alice"] if " 401 " in line]


def test_what_is_refused_costs_once(tmp_path):
    """Whichever way a line goes, it is one command of the allowance."""
    steps = [("alice", [b"PRIVMSG #room :one"]), ("alice", [b"PART #room"]), ("alice", [b"PRIVMSG #room :x"] * 8)]
    both(tmp_path, [*steps, ("advance", None), ("alice", [b"PING 1"])], commands_burst=20, commands_per_s=0.01)
    refused = both(tmp_path / "again", steps, commands_burst=20, commands_per_s=0.01)["alice"]
    assert len([line for line in refused if " 404 " in line]) == 8


def test_what_is_refused_moves_no_time(tmp_path):
    """Messages have the clock's time, however much was refused in the same millisecond."""
    said = ("alice", [b"PRIVMSG #room :one"])
    refused = both(tmp_path / "refused", [("zoe", [b"PRIVMSG #room :no member"] * 5), said])
    assert refused["bob"] == both(tmp_path / "nothing", [said])["bob"]


@given(steps=steps, few=st.booleans(), limits=st.booleans())
@settings(max_examples=examples(60))
def test_the_shorter_way_comes_to_the_same(tmp_path_factory, steps, few, limits):
    """ "Which comes to the same": whatever is said, among whatever else, and whatever happens meanwhile."""
    bounds = {"rate_limits": limits, "commands_burst": 10, "commands_per_s": 2.0, "unsettled_max": 3 if few else 512}
    both(tmp_path_factory.mktemp("talk"), steps, **bounds)


def test_it_is_taken(world):
    """A text to the one spoken to last is not parsed again; whatever else is."""
    alice = world.enter("alice", "echo-message")
    world.enter("bob")
    world.channel("#room", "alice bob")
    with patch("chatapp.server.commands.dispatch.parse_client", wraps=parse_client) as parse:
        alice.say(*["PRIVMSG bob :x"] * 5)
        alice.say("PRIVMSG bob :y")
        alice.say("PRIVMSG #room :x", "PRIVMSG #room :y")
        alice.say("PING 1")
        alice.say("PRIVMSG #room :z")
        parsed = [call.args[0] for call in parse.call_args_list]
    assert parsed == [b"PRIVMSG bob :x", b"PRIVMSG #room :x", b"PING 1"]
    assert len(alice.hear()) == 10


def test_what_is_refused_is_refused_line_by_line(world):
    """A burst of what may not be said costs for each line what one costs: none is read for the others' sake."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice.say("PRIVMSG #room :one")
    alice.say("PART #room")
    with patch("chatapp.server.commands.talk._texts", wraps=talk._texts) as texts:
        alice.say(*["PRIVMSG #room :x"] * 50)
        world.log._pending_max = 0
        alice.say(*["PRIVMSG bob :x"] * 10)
    assert sum(call.args[3] - call.args[2] for call in texts.call_args_list) == 0
    assert len([line for line in alice.hear() if " 404 " in line]) == 50
