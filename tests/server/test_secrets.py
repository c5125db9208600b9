"""A secret channel is invisible everywhere: whoever is outside cannot tell whether it is there, or what is in it.

Each test runs the same lines of the same outsider in several worlds that differ only in the secret. The answers must be
equal, and so must everything that the outsider hears by itself. ``secret_cases.py`` has the lines.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from chatapp.server.commands import COMMANDS
from tests.server.conftest import MakeWorld
from tests.server.outsider import CAPS, OLD_CLIENT, Asked, Secret, a_world, alike, ask, differences
from tests.server.secret_cases import CASES
from tests.server.world import World

SECRET = "#Secret"
KINDS = ("there", "gone", "other")  # the channel is there; it is not; or other people are in it, and say other things


# The past of the outsider. Each leaves it outside.


def never(world: World) -> None:
    """Mallory was never a member."""


def kicked(world: World) -> None:
    """Mallory was a member, and was removed."""
    been_a_member(world)
    world.actors["alice"].say(f"KICK {SECRET} mallory :out")


def parted(world: World) -> None:
    """Mallory was a member, and has left."""
    been_a_member(world)
    world.actors["mallory"].say(f"PART {SECRET}")


def banned(world: World) -> None:
    """Mallory was a member, was banned, and was removed."""
    been_a_member(world)
    world.actors["alice"].say(f"MODE {SECRET} +b mallory", f"KICK {SECRET} mallory :out")


def removed_while_writing(world: World) -> None:
    """Mallory was removed by the one line before its next one, from a channel that takes messages from outside."""
    been_a_member(world)
    world.actors["alice"].say(f"MODE {SECRET} -n")
    world.actors["mallory"].say(f"@+chatapp/id=old PRIVMSG {SECRET} :x")
    world.actors["alice"].say(f"KICK {SECRET} mallory :out")


def member_of_a_dead_one(world: World) -> None:
    """Mallory was the founder of a channel of this name, which died."""
    world.actors["mallory"].say(f"JOIN {SECRET}", f"MODE {SECRET} +s", f"PRIVMSG {SECRET} :the first one")
    world.actors["carol"].say(f"JOIN {SECRET}", f"PRIVMSG {SECRET} :in it")
    for name in ("carol", "mallory"):
        world.actors[name].say(f"PART {SECRET}")


def been_a_member(world: World) -> None:
    """Mallory and others come and talk."""
    world.actors["alice"].say(f"JOIN {SECRET}", f"MODE {SECRET} +s")
    world.actors["mallory"].say(f"JOIN {SECRET}", f"@+chatapp/id=old PRIVMSG {SECRET} :x")
    world.actors["alice"].say(f"PRIVMSG {SECRET} :while you are here")


PASTS: tuple[Callable[[World], None], ...] = (
    never,
    kicked,
    parted,
    banned,
    removed_while_writing,
    member_of_a_dead_one,
)


# What the members do then


def say_secretly(world: World, kind: str, text: str) -> None:
    """Members write, where the outsider cannot see; in all worlds the same people at the same time."""
    for name, other, place in (("alice", "carol", "there"), ("carol", "alice", "there"), ("bob", "dave", "other")):
        to = SECRET if kind == place else other
        lines = [f"@batch=1 PRIVMSG {to} :{text}", f"@batch=1 PRIVMSG {to} :in two lines"]
        world.actors[name].say(f"PRIVMSG {to} :{text}", f"BATCH +1 draft/multiline {to}", *lines, "BATCH -1")


def go_on(world: World, kind: str) -> Secret:
    """The channel goes on, or dies, or dies and is created again by others."""
    alice, bob, carol = (world.actors[name] for name in ("alice", "bob", "carol"))
    if kind != "there":
        alice.say(f"PART {SECRET}")
        assert world.services.state.channel_named(SECRET) is None
    world.advance(2)
    msgid = "0123456789abcdef"
    if kind == "there":
        alice.say(
            f"JOIN {SECRET}", f"MODE {SECRET} +sv alice", f"TOPIC {SECRET} :the plan", f"MODE {SECRET} +be x!*@* y!*@*"
        )
        carol.say(f"JOIN {SECRET}")
        alice.say(f"METADATA {SECRET} SET avatar :https://example.com/x", f"METADATA {SECRET} SET soju.im/pinned 1")
        alice.say(f"INVITE dave {SECRET}", f"MODE {SECRET} +kl key 7", f"MODE {SECRET} +o carol")
    elif kind == "other":
        bob.say(f"JOIN {SECRET.upper()}", f"MODE {SECRET} +sim")
    say_secretly(world, kind, "hear me")
    channel = world.services.state.channel_named(SECRET)
    if channel is not None:
        msgid = next(row.event.id for row in reversed(world.disk.rows) if row.stream == channel.uid)
    return Secret(world, msgid, world.now_ms())


def happenings(world: World, kind: str) -> None:
    """What members do of which the outsider may hear only what all the world may."""
    alice, carol, dave = (world.actors[name] for name in ("alice", "carol", "dave"))
    world.advance(2)
    say_secretly(world, kind, "and on")
    gast = world.guest("gast", CAPS)
    if kind == "there":
        gast.say(
            f"JOIN {SECRET} key", "NICK gust", "SETNAME :Somebody", f"PRIVMSG {SECRET} :I am here", "AWAY :not really"
        )
        dave.say(f"JOIN {SECRET}")
        alice.say(f"TOPIC {SECRET} :another", f"MODE {SECRET} +m-l", f"INVITE bob {SECRET}", f"KICK {SECRET} dave")
        alice.say(f"METADATA {SECRET} SET avatar :https://example.com/y", f"METADATA {SECRET} SET soju.im/muted 1")
        carol.say("@+typing=active TAGMSG " + SECRET, f"MARKREAD {SECRET} timestamp=2026-01-01T00:00:00.000Z")
    elif kind == "other":
        world.actors["bob"].say(f"TOPIC {SECRET} :mine", f"MODE {SECRET} -m", f"INVITE alice {SECRET}")
    if kind != "there":
        gast.say("NICK gust", "SETNAME :Somebody", "AWAY :not really")
    alice.say("AWAY :lunch", "SETNAME :Alice", "METADATA * SET avatar :https://example.com/alice")
    carol.say("AWAY :too", "AWAY")
    gast.say("QUIT :bye")
    world.services.accounts._file.remove("dave")  # dave is in no channel that the outsider knows
    world.advance(6)


@pytest.mark.parametrize("guest", [False, True], ids=["account", "guest"])
@pytest.mark.parametrize("past", PASTS, ids=lambda past: past.__name__)
def test_an_outsider_learns_nothing(make_world: MakeWorld, past: Callable[[World], None], guest: bool) -> None:
    """ "Somebody outside a secret channel learns nothing about it", whatever the outsider was to it before."""
    worlds = [a_world(make_world, guest=guest) for _ in KINDS]
    secrets = []
    for kind, world in zip(KINDS, worlds, strict=True):
        past(world)
        world.actors["mallory"].say("MONITOR + carol,gast,gust,dave")
        world.deaf()
        secrets.append(go_on(world, kind))
    told = differences([Asked("", alike(world.actors["mallory"].hear()), []) for world in worlds])
    for lines in zip(*(every_line(secret) for secret in secrets), strict=True):
        told += differences([ask(world, line) for world, line in zip(worlds, lines, strict=True)])
    for kind, world in zip(KINDS, worlds, strict=True):
        happenings(world, kind)
    told += differences([Asked("", alike(world.actors["mallory"].hear()), []) for world in worlds])
    told += differences(
        [Asked("", comes_back(world, kind, guest), []) for kind, world in zip(KINDS, worlds, strict=True)]
    )
    assert told == [], "\n".join(map(str, told))


def every_line(secret: Secret) -> Iterator[str]:
    """Write all lines of all commands, once plainly, and once with a label and the name in another spelling."""
    yield from secret.lines(CASES["PRIVMSG"], SECRET)  # first, to the target of the outsider's last message
    for cases in CASES.values():
        yield from secret.lines(cases, SECRET)
        for line in secret.lines(cases, "#sECRET"):
            if line.startswith("@batch="):
                yield line  # the label of such a message is on the line that begins the batch
            else:
                yield f"@label=7;{line[1:]}" if line[0] == "@" else f"@label=7 {line}"


def comes_back(world: World, kind: str, guest: bool) -> list[str]:
    """The outsider leaves, things happen, and it comes back with a client that can ask, and with one that cannot."""
    heard = world.actors["mallory"].ask("QUIT :bye")
    say_secretly(world, kind, "while you were away")
    world.advance(2)
    for caps in (CAPS, OLD_CLIENT):
        again = world.connect("mallory")
        again.say(f"CAP REQ :{'' if guest else 'sasl '}{caps}", "NICK mallory", "USER mallory 0 * :m")
        if not guest:
            again.say("AUTHENTICATE PLAIN", "AUTHENTICATE bWFsbG9yeQBtYWxsb3J5AHNlc2FtZQ==")
        again.say("CAP END")
        world.advance(10)
        heard += again.hear()
        again.hang_up()
        world.advance(1)
    return alike(heard)


def test_every_command_has_its_lines() -> None:
    """A new command gets a row in CASES: what might it tell of a secret channel?"""
    assert {command.verb for command in COMMANDS} - CASES.keys() == set()


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE", "@label=1 NOTICE", "@+chatapp/id=1 PRIVMSG"])
def test_a_refusal_takes_no_longer_for_what_is_there(world: World, verb: str) -> None:
    """401 and 403 wait for nothing: neither the disk nor a thread, and equally many turns of the event loop."""
    for name in ("alice", "mallory"):
        world.write_passwords("alice", "mallory")
        world.advance(1)
        world.enter(name, CAPS)
    world.channel("#Secret", "alice")
    world.actors["alice"].say("MODE #Secret +s-n", "PRIVMSG #Secret :x")
    world.log.held = world.history.held = world.loop.jobs_held = True
    turns = []
    for target in ("#Secret", "#none", "nobody"):
        with count_turns(world) as counted:
            heard = world.actors["mallory"].ask(f"{verb} {target} :x")
        assert len(heard) == (verb != "NOTICE"), target
        turns.append(len(counted))
    world.log.held = world.history.held = world.loop.jobs_held = False
    assert turns[0] == turns[1] == turns[2]


@contextlib.contextmanager
def count_turns(world: World) -> Iterator[list[None]]:
    """Count the turns of the event loop."""
    counted: list[None] = []
    run_once = world.loop._run_once

    def counting() -> None:
        counted.append(None)
        run_once()

    world.loop._run_once = counting
    yield counted
    world.loop._run_once = run_once


# What cannot be hidden


def test_what_joining_tells(world: World) -> None:
    """A JOIN must answer something else than creating the channel: it would be a second one of the same name.

    So 473, 475 and 474 tell that the name is taken, in the spelling of who asks. A name that looks like it is refused
    too, without the name that it looks like. To a RENAME by who may rename, both are the same. Nothing else is told.
    """
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#Secret", "alice")
    world.actors["alice"].say("MODE #Secret +si", "TOPIC #Secret :the plan")
    world.deaf()
    bob = world.actors["bob"]
    assert [line.split(" :")[0] for line in bob.ask("JOIN #sECRET")] == [":s 473 bob #sECRET"]
    (refusal,) = bob.ask("JOIN #Se\u0441ret")
    assert refusal.startswith(":s 476 bob #Se\u0441ret :")
    assert "#Secret" not in refusal
    bob.ask("JOIN #bobs")
    for name in ("#sEcret", "#Se\u0441ret"):
        (refusal,) = bob.ask(f"RENAME #bobs {name}")
        why = f"{name} looks like the name of another channel. Take another name."
        assert refusal == f":s FAIL RENAME CANNOT_RENAME #bobs {name} :{why}"
    world.actors["alice"].say("MODE #Secret -i+k key")
    assert [line.split(" :")[0] for line in bob.ask("JOIN #secret wrong")] == [":s 475 bob #secret"]
    world.actors["alice"].say("MODE #Secret +b bob")
    assert [line.split(" :")[0] for line in bob.ask("JOIN #secret key")] == [":s 474 bob #secret"]
    world.deaf()
    assert world.actors["alice"].ask("NAMES #secret")[0] == ":s 353 alice @ #Secret :~alice"
