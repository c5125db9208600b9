"""Tells the sessions of an account that it has one more device token, or one less: its owner may not have done that."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.server.capabilities import ACCOUNT_LOOKUP
from chatapp.server.delivery.origin import Origin
from chatapp.server.delivery.presence import Presence

_ADDED = "The token {name} signs in to your account now. If you did not want that: {end}"
_END, _END_QUOTED = "/tokens del {id}", "/quote TOKEN DEL {id}"  # as our client and other clients send it
_REMOVED = "The token {name} does not sign in to your account any more."
_BY_OTHERS = " An administrator did that."


def tell_token(
    presence: Presence,
    host: str,
    applied: Applied,
    event: events.TokenAdded | events.TokenRemoved,
    origin: Origin | None,
) -> None:
    """Send a NOTICE to the account's sessions, except the session that made or revoked the token."""
    user = applied.peer
    assert user is not None
    form, by = (_ADDED if isinstance(event, events.TokenAdded) else _REMOVED), "" if event.actor else _BY_OTHERS
    for recipient in presence.sessions(user.uid):
        if origin is None or recipient is not origin.proposer:
            end = (_END if recipient.caps & ACCOUNT_LOOKUP else _END_QUOTED).format(id=event.token)
            words = form.format(name=event.name, end=end)
            recipient.deliver(f":{host} NOTICE {user.name} :{words}{by}\r\n".encode())
