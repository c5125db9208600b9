"""The words of refusals."""

from __future__ import annotations

import pytest

from chatapp.model.outcome import Reason
from chatapp.server.commands import refusals


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_has_words(reason):
    """The only place where a refusal becomes a reply has one for each, but for what the command itself answers."""
    answered_by_the_command = {
        *(Reason.MARKER_NOT_NEWER, Reason.TOO_MANY_MARKERS),
        *(Reason.CERTIFICATE_TAKEN, Reason.CERTIFICATE_KNOWN, Reason.CERTIFICATES_FULL, Reason.NO_SUCH_CERTIFICATE),
        *(Reason.NO_SUCH_MESSAGE, Reason.NOT_THE_AUTHOR, Reason.TOO_LATE, Reason.TOO_MANY_EDITS),
        *(Reason.METADATA_FULL, Reason.TOO_MANY_PREFERENCES),
    }
    assert reason in refusals._NUMERICS or reason in refusals._SILENT or reason in answered_by_the_command


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
    """ "ERR_CHANOPRIVSNEEDED": also a half-operator, an operator and a protected member learn who could do it."""
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
