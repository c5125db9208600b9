"""Delivers a message that is in no run: a message of several lines, or to a role in a channel."""

from __future__ import annotations

from chatapp.model.events import MessageSent
from chatapp.model.messages import is_ctcp, may_read
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.server.delivery import multiline
from chatapp.server.delivery.origin import Origin
from chatapp.server.delivery.presence import Presence
from chatapp.server.delivery.recipient import Recipient


def tell_listeners(
    state: State, presence: Presence, applied: Applied, event: MessageSent, origin: Origin | None, host: str
) -> None:
    """Deliver a message to its recipients, and to its proposer as an echo."""
    written: dict[int, bytes] = {}
    for recipient in _listeners(state, presence, applied, event, origin.proposer if origin is not None else None):
        caps = recipient.caps & multiline.PROFILE
        if caps not in written:
            written[caps] = multiline.data(event, caps, host)
        if written[caps]:
            recipient.deliver(written[caps])
    if origin is not None:
        origin.echo_items(multiline.items(event, origin.proposer.caps, host))


def _listeners(
    state: State, presence: Presence, applied: Applied, event: MessageSent, speaker: Recipient | None
) -> list[Recipient]:
    """Return the recipients of a message, as delivery finds them for a run. The ``speaker`` gets an echo instead.

    What is said to a role in a channel goes to the members who may read it, and to the other sessions of its sender,
    unless it is a CTCP query or answer: a client would answer what another client of its user has asked.
    """
    actor, peer, sessions = event.actor, applied.peer, presence.sessions
    if peer is not None:
        recipients = list(sessions(peer.uid)) if actor not in peer.silenced else []
        if actor != peer.uid and not is_ctcp(event.text):
            recipients += [each for each in sessions(actor) if each is not speaker]
        return recipients
    (channel,) = applied.channels
    silencers = state.silenced_by.get(actor, {})
    groups = presence.listeners(channel.uid).values()
    heard = [each for group in groups for each in group if each is not speaker and each.uid not in silencers]
    if event.stream == channel.uid:
        return heard
    if is_ctcp(event.text):
        heard = [each for each in heard if each.uid != actor]
    return [each for each in heard if each.uid == actor or _reads(state, each, event.stream)]


def _reads(state: State, recipient: Recipient, stream: str) -> bool:
    user = recipient.user
    return user is not None and may_read(state, user, stream) is not None
