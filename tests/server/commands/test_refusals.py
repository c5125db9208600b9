"""The words of refusals."""

from __future__ import annotations

import pytest

from chatapp.model.outcome import Reason, Refusal
from chatapp.server.commands import refusals
from chatapp.server.proposals import EventRefusedError


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_has_words(reason):
    """The only place where a refusal becomes a reply has one for each, but for what the command itself answers."""
    answered_by_the_command = {
        *(Reason.MARKER_NOT_NEWER, Reason.TOO_MANY_MARKERS),
        *(Reason.CERTIFICATE_TAKEN, Reason.CERTIFICATE_KNOWN, Reason.CERTIFICATES_FULL, Reason.NO_SUCH_CERTIFICATE),
        *(Reason.NO_SUCH_MESSAGE, Reason.NOT_THE_AUTHOR, Reason.TOO_LATE),
        *(Reason.METADATA_FULL, Reason.TOO_MANY_PREFERENCES),
    }
    assert reason in refusals._NUMERICS or reason in refusals._SILENT or reason in answered_by_the_command


@pytest.mark.parametrize(
    ("verb", "target", "refusal", "answer"),
    [
        ("MODE", "#a", Refusal(Reason.NO_FORWARD, "#b", "#a", "f"), "696 alice #a f #b :..."),
        ("MODE", "#a", Refusal(Reason.FORWARD_RANK_TOO_LOW, "#b", "#a", "f"), "696 alice #a f #b :..."),
        ("MODE", "#a", Refusal(Reason.LIST_FULL, "", "#a", "b"), "478 alice #a b :..."),
        ("MODE", "#a", Refusal(Reason.NOT_IN_CHANNEL, "bob", "#a"), "441 alice bob #a :..."),
        ("MODE", "#a", Refusal(Reason.RANK_TOO_LOW, "#a"), "482 alice #a :..."),
        ("UBAN", "ADD", Refusal(Reason.BANS_FULL), "400 alice UBAN :..."),
        ("UBAN", "ADD", Refusal(Reason.NO_ADMINISTRATOR), "481 alice :..."),
        ("UBAN", "ADD", Refusal(Reason.IS_ADMINISTRATOR, "bob"), "481 alice :..."),
        ("RENAME", "#a", Refusal(Reason.CHANNEL_NAME_TAKEN, "#b"), "400 alice RENAME :..."),
        ("NICK", "bob", Refusal(Reason.NOT_HERE, "alice"), "451 alice :..."),
    ],
)
def test_the_parameters_of_a_refusal(world, verb, target, refusal, answer):
    """ "<client> <target chan/user> <mode char> <parameter> :<description>" for 696, and so on: what clients parse."""
    alice = world.enter("alice")
    session = alice.connection._session
    refusals.refuse(session, verb, target, EventRefusedError(refusal))
    world.settle()
    (line,) = alice.hear()
    assert f"{line.rpartition(' :')[0]} :..." == f":s {answer}"
