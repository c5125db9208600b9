"""The sessions that sign up before their welcome, and how the JOIN of their new account shows its real name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from chatapp.model.outcome import Applied
from chatapp.protocol.names import fold
from chatapp.server.delivery.recipient import Recipient


class Arrival(NamedTuple):
    """A session that signs up for an account before its welcome, and the real name that its client has sent."""

    session: Recipient
    realname: str


def with_real_name(arriving: Mapping[str, Arrival], applied: Applied) -> Applied:
    """Return an event whose actor, if it is among ``arriving`` (casefolded names), has the real name of its client."""
    actor = applied.actor
    arrival = arriving.get(fold(actor.name)) if actor is not None else None
    if actor is None or arrival is None or not arrival.realname:
        return applied
    return msgspec.structs.replace(applied, actor=msgspec.structs.replace(actor, realname=arrival.realname))
