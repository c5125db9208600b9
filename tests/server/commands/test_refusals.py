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
