"""482: whoever has too low a role is told which role the command needs.

Spec: modern-irc, ERR_CHANOPRIVSNEEDED.
"""

from __future__ import annotations

import pytest

WORDS = {
    "h": "Only half-operators of the channel and higher roles can do that.",
    "o": "Only operators of the channel and higher roles can do that.",
    "q": "Only founders of the channel can do that.",
}
NEEDS = {  # a command -> the role that it needs
    "MODE #class +q carol": "q",
    "MODE #class -q alice": "q",
    "MODE #class +a carol": "q",
    "MODE #class -a paul": "q",
    "MODE #class +o carol": "o",
    "MODE #class +h carol": "o",
    "MODE #class -h hans": "o",
    "MODE #class +v carol": "h",
    "MODE #class +m": "h",
    "MODE #class +b eve": "h",
    "MODE #class +e eve": "h",
    "MODE #class +k key": "h",
    "TOPIC #class :new": "h",
    "KICK #class carol": "h",
    "INVITE dave #class": "h",
    "RENAME #class #other": "o",
}
ROLES = {"carol": 0, "vera": 1, "hans": 2, "olga": 3, "paul": 4}  # name -> rank
RANKS = {"h": 2, "o": 3, "q": 5}


@pytest.mark.parametrize(
    ("who", "line", "needs"),
    [
        (who, line, role)
        for who, rank in ROLES.items()
        for line, role in NEEDS.items()
        if rank < RANKS[role] and not line.endswith(who)  # everybody may give up its own role
    ],
)
def test_the_role_that_is_needed(class_room, who, line, needs):
    """Also a half-operator, an operator and a protected member learn who could do it."""
    assert class_room.actors[who].ask(line) == [f":s 482 {who} #class :{WORDS[needs]}"]


@pytest.fixture
def class_room(make_world):
    """Let #class have a member of each role, and let it be invite-only."""
    world = make_world(accounts="alice carol vera hans olga paul dave")
    for name in ("alice", *ROLES):
        world.enter(name, "draft/channel-rename")
    world.channel("#class", " ".join(("alice", *ROLES)))
    world.actors["alice"].ask("MODE #class +ivhoa vera hans olga paul", "MODE #class -W")
    world.deaf()
    return world
