"""Worlds that differ only in a secret, and an outsider, mallory, who asks the same in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chatapp.protocol.timestamps import format_time
from tests.server.conftest import MakeWorld
from tests.server.world import World

CAPS = (
    "account-notify account-tag away-notify batch chatapp/aggregate chghost draft/chathistory draft/event-playback"
    " draft/message-edit draft/message-redaction draft/metadata-3 draft/multiline draft/read-marker echo-message"
    " extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix server-time setname"
    " soju.im/search standard-replies userhost-in-names znc.in/playback"
)
OLD_CLIENT = "message-tags server-time batch"  # the server replays what it missed


class Asked(NamedTuple):
    """A line, what was answered while the disk was held, and what was answered then."""

    line: str
    at_once: list[str]
    later: list[str]


def alike(lines: list[str]) -> list[str]:
    """Replace what differs from run to run: ids, device tokens, and times below a second."""
    text = "\n".join(lines)
    text = re.sub(r"\bchat_[\w-]{43}", "<token>", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "<id>", text)
    return re.sub(r"(\d\d:\d\d:\d\d)\.\d\d\dZ", r"\1Z", text).split("\n")


class Secret(NamedTuple):
    """What the outsider may know of the secret: an id and a time of something in it."""

    world: World
    id: str
    time: int  # ms

    def lines(self, cases: tuple[str, ...], name: str) -> Iterator[str]:
        """Write lines of the cases."""
        times = {"t": self.time, "t0": self.time - 3_600_000, "t1": self.time + 3_600_000}
        for case in cases:
            yield case.format(c=name, id=self.id, **{key: format_time(value) for key, value in times.items()})


def ask(world: World, line: str) -> Asked:
    """Let the outsider ask while the disk is held, and let it go on."""
    actor = world.actors["mallory"]
    world.log.held = world.history.held = True
    at_once = actor.ask(line)
    world.log.held = world.history.held = False
    world.settle()
    return Asked(alike([line])[0], alike(at_once), alike(actor.hear()))


def a_world(make_world: MakeWorld, *, guest: bool = False, caps: str = CAPS) -> World:
    """Make a world with the members in a public channel, and the outsider."""
    names = "alice bob carol dave" + ("" if guest else " mallory")
    world = make_world(accounts=names, guests=True, rate_limits=False, invites="members")
    for name in ("alice", "bob", "carol", "dave"):
        world.enter(name, CAPS)
    for name in ("alice", "bob", "carol"):
        world.actors[name].say("JOIN #pub", "PRIVMSG #pub :hello")
    mallory = world.guest("mallory", caps) if guest else world.enter("mallory", caps)
    mallory.say("JOIN #pub", "JOIN #mine")
    world.advance(2)
    return world


def differences(found: list[Asked]) -> list[Asked]:
    """Return what the outsider got in the worlds if it differs."""
    return [] if all(each == found[0] for each in found) else found
