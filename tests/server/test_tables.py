"""The tables that have a row for each event, reason, role or audience: none is forgotten.

``tests/model/test_policy.py`` has the same for ``STEPS``, ``tests/server/test_secrets.py`` for the commands.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from chatapp import server
from chatapp.cli import acts
from chatapp.client.fronts import modes as fronts_modes
from chatapp.model import events, moderation
from chatapp.model.outcome import Reason
from chatapp.protocol import modes, numerics
from chatapp.protocol.numerics import ErrorNumeric, Numeric
from chatapp.server import capabilities as cap
from chatapp.server.commands import COMMANDS, refuse
from chatapp.server.delivery import past
from chatapp.server.delivery.announcements import ANNOUNCEMENTS, Audience

FOLDER = Path(server.__file__).parent
ALL_EVENTS = set(get_args(events.AnyEvent))

# Nobody is told of these. Old logs have the older forms (such as "Before" in the name), which nobody proposes any more.
SILENT = {
    events.AccountCreatedBefore, events.ActNoted, events.Attended, events.ChannelRenamedBefore, events.GuestArrived,
    events.JoinedBefore,
    events.LimitsSet, events.ModesChangedBefore, events.ModesExplained, events.ModesUnexplained,
    events.RealnameAdopted, events.RenamedBefore,
    events.ServerInvitationMade,
    events.ServerInvitationReturned, events.ServerInvitationRevoked, events.ServerInvitationUsed, events.TimesAscend,
    events.TokenUsed,
}  # fmt: skip
# ``delivery.py`` or a command tells of these, because an announcement is one line for all.
TOLD_OTHERWISE = {
    events.Banned, events.ChannelRenamed, events.Killed, events.MessageSent, events.MetadataSet, events.MultilineSent,
    events.PreferenceSet, events.Silenced, events.TokenAdded, events.TokenRemoved, events.Unbanned,
}  # fmt: skip
# The reasons, by name, which the file of a command answers.
BY_COMMANDS = {
    "cert": {"CERTIFICATES_FULL", "CERTIFICATE_KNOWN", "CERTIFICATE_TAKEN", "NO_SUCH_CERTIFICATE"},
    "edit": {"NOT_THE_AUTHOR", "NO_SUCH_MESSAGE", "TOO_LATE", "TOO_MANY_EDITS"},
    "invitation": {
        "INVITATIONS_FULL", "INVITATION_EXPIRED", "INVITATION_REVOKED", "INVITATION_TOO_LARGE", "INVITATION_USED_UP",
        "NO_SUCH_INVITATION",
    },
    "markread": {"MARKER_NOT_NEWER", "TOO_MANY_MARKERS"},
    "metadata_change": {"LOOKS_LIKE_ACCOUNT", "METADATA_FULL", "TOO_MANY_PREFERENCES"},
    "redact": {"NOT_THE_AUTHOR", "NO_SUCH_MESSAGE", "TOO_LATE"},
    "token": {"NO_SUCH_TOKEN", "TOKENS_FULL"},
}  # fmt: skip


def test_a_page_of_history_can_show_each_event_of_a_channel():
    """``past`` has no row for others, and without a row a page with the event would end the asker's connection."""
    assert past._BODIES.keys() == set(events.CHANNEL_EVENTS) == set(get_args(events.ChannelEvent))


def test_each_event_is_announced_or_known_to_be_silent():
    """An event without a row is announced to nobody: somebody has decided that."""
    assert ANNOUNCEMENTS.keys() | SILENT | TOLD_OTHERWISE == ALL_EVENTS
    assert len(ANNOUNCEMENTS) + len(SILENT) + len(TOLD_OTHERWISE) == len(ALL_EVENTS)
    assert {row.audience for row in ANNOUNCEMENTS.values()} == set(Audience)


@pytest.mark.parametrize(("command", "reasons"), BY_COMMANDS.items())
def test_a_command_answers_reasons_of_its_own(command, reasons):
    """In its file, since no other command proposes an event that is refused for one of them."""
    source = (FOLDER / "commands" / f"{command}.py").read_text()
    assert reasons <= set(re.findall(r"\bReason\.([A-Z_]+)\b", source))


def test_each_reason_has_an_answer():
    """In ``refuse``, for every command, or in the file of the command of which the model refuses an event for it."""
    answered = {reason.name for reason in (*refuse._OF_REASON, *refuse._SILENT, Reason.RANK_TOO_LOW)}
    assert answered | set().union(*BY_COMMANDS.values()) == {reason.name for reason in Reason}


def test_each_role_that_is_needed_has_an_answer():
    """``too_low`` names the role that an event needs, and ``refuse`` has the words for the role."""
    source = "\n".join(path.read_text() for path in Path(moderation.__file__).parent.glob("*.py"))
    needed = {getattr(modes, name) for name in re.findall(r"too_low\(channel, modes\.([A-Z]+)\)", source)}
    assert needed
    assert refuse._OF_ROLE.keys() >= {role.letter for role in needed | set(moderation._GIVES.values())}


def test_each_role_and_mode_has_a_row():
    """Who may give a role, what the log says of a changed mode, and how a person reads it."""
    assert moderation._GIVES.keys() == set(modes.ROLES)
    with_rows = {letter for letter in modes.LETTERS if {f"+{letter}", f"-{letter}"} <= acts._MODES.keys()}
    assert with_rows | acts._ROLES.keys() | {"b"} == set(modes.LETTERS)
    assert fronts_modes.FLAGS.keys() | {"f"} == {*modes.FLAGS, *modes.KEYED, *modes.WITH_VALUE}
    assert fronts_modes.LISTS.keys() == set(modes.LISTS)


def test_each_command_cites_its_specification():
    """ "Give ``Spec:`` wherever there is one"; a command without one says "Spec: none" and whose numerics it has."""
    files = {sys.modules[command.handler.__module__].__file__ for command in COMMANDS}
    assert len(files) > 40
    assert not [file for file in files if "Spec: " not in Path(str(file)).read_text()]


def test_each_verb_of_a_capability_is_a_command():
    """``OF_VERBS`` says which commands have FAIL as an answer without ``standard-replies``."""
    assert cap.OF_VERBS.keys() <= {command.verb for command in COMMANDS}


def test_each_numeric_is_used():
    """The table has no numeric that the server never sends."""
    trees = [ast.parse(path.read_text()) for path in FOLDER.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.id for node in nodes if isinstance(node, ast.Name)}
    table = {name for name, value in vars(numerics).items() if isinstance(value, Numeric | ErrorNumeric)}
    assert len(table) > 100
    assert not table - used
