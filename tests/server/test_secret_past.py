"""The past of a channel is a secret for a newcomer if the channel has the mode W, and for everybody if it has died.

As in ``test_secrets.py``, the same questions in two worlds, one with a past and one without, have the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chatapp.protocol.timestamps import format_time
from tests.server.conftest import MakeWorld
from tests.server.outsider import CAPS, OLD_CLIENT, Asked, Secret, a_world, alike, ask, differences
from tests.server.secret_cases import CASES
from tests.server.world import World


def as_ever(world: World, text: str) -> None:
    """What is said after the newcomer came, in all worlds."""
    for name in ("alice", "carol"):
        world.actors[name].say(f"PRIVMSG #club :{text} of {name}", "@+draft/react=x TAGMSG #club")


def the_past(world: World, kind: str) -> list[str]:
    """Let members fill a channel with a past; return the ids in it."""
    alice, bob, carol = (world.actors[name] for name in ("alice", "bob", "carol"))
    for name in ("alice", "carol"):
        world.actors[name].say("JOIN #club")
    if kind == "said":
        for actor in (alice, carol):
            actor.say("PRIVMSG #club :in the past", "@+draft/react=x TAGMSG #club", "NOTICE #club :a notice")
        alice.say("TOPIC #club :before", "MODE #club +m", "MODE #club -m", "INVITE dave #club")
    world.advance(1)
    if kind == "said":
        bob.say("JOIN #club", "PRIVMSG #club :for a while", "PART #club")
        alice.say("PRIVMSG #club :and later", "INVITE bob #club")
    world.advance(1)
    bob.say("PRIVMSG dave :in both worlds, because WHOIS shows when he last wrote")
    club = world.services.state.channel_named("#club")
    return [row.event.id for row in world.disk.rows if row.stream == club.uid]


def newcomer(world: World, kind: str) -> list[str]:
    """The channel is closed to newcomers' eyes before mallory comes."""
    found = the_past(world, kind)
    world.actors["alice"].say("MODE #club +W", "TOPIC #club :now")
    return found


def back_again(world: World, kind: str) -> list[str]:
    """Mallory was a member before, has left, and is a newcomer again."""
    for name in ("alice", "mallory"):
        world.actors[name].say("JOIN #club")
    world.actors["alice"].say("MODE #club +W")
    world.actors["mallory"].say("PRIVMSG #club :I was here", "PART #club")
    world.deaf()
    world.advance(1)
    found = the_past(world, kind)
    world.actors["alice"].say("TOPIC #club :now")
    return found


def created_again(world: World, kind: str) -> list[str]:
    """The channel has died, and mallory joins one of the same name, which shows its past."""
    found = the_past(world, kind)
    world.actors["carol"].say("PART #club")
    world.actors["alice"].say("PART #club")
    world.advance(1)
    for name in ("alice", "carol"):
        world.actors[name].say("JOIN #club")
    world.actors["alice"].say("TOPIC #club :now")
    return found


def questions(secret: Secret) -> Iterator[str]:
    """Write what a member may ask about the past of #club."""
    verbs = (
        "CHATHISTORY",
        "MARKREAD",
        "REDACT",
        "SEARCH",
        "TOPIC",
        "WHO",
        "NAMES",
        "MODE",
        "LIST",
        "INVITE",
        "TAGMSG",
        "PRIVMSG",
        "BATCH",
    )
    yield from secret.lines(tuple(line for verb in verbs for line in CASES[verb] if verb in CASES), "#club")


def near_pages(secret: Secret) -> Iterator[str]:
    """Write pages of all sizes around times in the past, and around the newcomer's first moment."""
    for after_ms in (-5_000, -1_000, 0, 1_000, 2_000, 3_000):
        time = f"timestamp={format_time(secret.time + after_ms)}"
        for limit in (*range(1, 12), 50):
            yield f"CHATHISTORY AROUND #club {time} {limit}"
            yield f"CHATHISTORY BEFORE #club {time} {limit}"
            yield f"CHATHISTORY AFTER #club {time} {limit}"
        yield f"CHATHISTORY TARGETS {time} timestamp=2026-01-02T00:00:00.000Z 5"
        yield f"MARKREAD #club {time}"


@pytest.mark.parametrize("caps", [CAPS, CAPS.replace("draft/event-playback ", "")], ids=["playback", "messages"])
@pytest.mark.parametrize("past", [newcomer, back_again, created_again], ids=lambda past: past.__name__)
def test_a_newcomer_learns_nothing_of_the_past(
    make_world: MakeWorld, past: Callable[[World, str], list[str]], caps: str
) -> None:
    """ "Newcomers cannot read what was said before they came" (mode W), nor anybody what was said in a dead channel."""
    kinds = ("said", "nothing")
    worlds = [a_world(make_world, caps=caps) for _ in kinds]
    ids = [past(world, kind) for kind, world in zip(kinds, worlds, strict=True)]
    for world in worlds:
        world.actors["mallory"].hear()
        time = world.now_ms()
        world.advance(1)
        world.actors["mallory"].say("JOIN #club")
        as_ever(world, "the present")
        world.advance(10)
    told = differences([Asked("", alike(world.actors["mallory"].hear()), []) for world in worlds])
    for number, msgid in enumerate(ids[0]):
        secrets = [Secret(worlds[0], msgid, time), Secret(worlds[1], f"{number:016x}", time)]
        lines = [
            # A line without the id is the same line each time.
            [*questions(each), *near_pages(each)] if not number else [one for one in questions(each) if each.id in one]
            for each in secrets
        ]
        for asked in zip(*lines, strict=True):
            told += differences([ask(world, line) for world, line in zip(worlds, asked, strict=True)])
    told += differences([Asked("", vanishes(world), []) for world in worlds])
    assert told == [], "\n".join(map(str, told))


def vanishes(world: World) -> list[str]:
    """The newcomer loses its connection, and comes back with a client that cannot ask."""
    world.actors["mallory"].vanish()
    as_ever(world, "while you were away")
    again = world.enter("mallory", OLD_CLIENT)
    world.advance(10)
    return alike(again.hear())
