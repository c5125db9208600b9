"""What several tests of commands need."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR
from tests.server.world import World


def make_admin(world: World, name: str) -> None:
    """Give an account the role of an administrator, as ``chat adduser --admin`` does. Nobody hears of it."""
    user, proposals = world.services.state.user_named(name), world.services.proposals
    assert user is not None
    world.run(proposals.settle(proposals.event(events.RoleSet, None, uid=user.uid, role=ADMINISTRATOR)))
    for actor in world.actors.values():
        if actor.heard and actor.heard[-1] == f":{world.services.host} MODE {user.name} :+o":
            actor.heard.pop()
