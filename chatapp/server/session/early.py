"""What a client has told of metadata before the welcome, and its metadata in the welcome.

Spec: IRCv3 draft/metadata-3, "Automatic synchronization": servers "MUST send clients a list of their current metadata
(any metadata stored by the server or by services, plus any metadata set by the client during connection registration
via before-connect)".
"""

from __future__ import annotations

from chatapp.errors import LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.metadata import DISPLAY_NAME
from chatapp.model.outcome import Reason
from chatapp.server import refusals
from chatapp.server.capabilities import METADATA_2, knows_metadata
from chatapp.server.delivery.metadata import ALL_TARGETS, batch_of, of_conversations, told
from chatapp.server.display_names import why_no_display_name
from chatapp.server.limits.disk_use import event_bytes
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.registering import Registering
from chatapp.server.session.session import Session


async def store_metadata(session: Session, uid: str) -> tuple[int, refusals.StandardRefused | None]:
    """Store the keys that a client has set before the welcome.

    Returns how many bytes they take on disk. If the keys could not be set, also returns why.
    """
    services, registering = session.services, session.registering
    user = services.state.users.get(uid)
    if registering is None or not registering.metadata or user is None or session.closed:
        return 0, None
    changes, most = tuple(registering.metadata.items()), services.config.metadata_keys_max
    name = registering.metadata.get(DISPLAY_NAME, "")
    if why := why_no_display_name(services.state, services.config, user, name, services.accounts.roster.names_like):
        return 0, refusals.KEYS_WITH_NAME_OF_OTHER.of("*", DISPLAY_NAME, why=why)
    event = services.proposals.event(events.MetadataSet, user, target=uid, changes=changes, most=most)
    try:
        await services.proposals.settle(event)
    except LogUnavailableError as error:
        return 0, refusals.CHANGE_NOT_STORED.of("*", why=error)
    except EventRefusedError as error:
        if error.refusal.reason is Reason.METADATA_FULL:
            context = ("*",) if session.caps & METADATA_2 else ("SET", "*", str(most))
            return 0, refusals.KEYS_NOT_SET.of(*context, most=most)
        if error.refusal.reason is Reason.MUTED_ELSEWHERE:
            return 0, refusals.KEYS_OF_MUTED.of("*", "*", channel=error.refusal.channel)
        if error.refusal.reason is Reason.LOOKS_LIKE_ACCOUNT:
            why = refusals.LOOKS_LIKE_ACCOUNT.format(name=error.refusal.subject)
            return 0, refusals.KEYS_WITH_NAME_OF_OTHER.of("*", DISPLAY_NAME, why=why)
        return 0, None
    return event_bytes(event), None


def subscribe(session: Session, registering: Registering | None) -> None:
    """Subscribe a session to the keys that its client has asked for before the welcome."""
    for key in (registering.subscriptions if registering is not None else None) or ():
        session.services.presence.subscriptions.add(session, key)


def tell_metadata(session: Session, user: User) -> None:
    """Send a session all metadata of its own user, in a batch that may be empty.

    Spec: draft/metadata-3: "This batch MUST include all visible keys set on the client, irrespective of whether the
    client has subscribed to that key."
    """
    if knows_metadata(session.caps):
        batch = batch_of(session, user.name, told(user.name, user.metadata), session.services.host)
        session.send_raw(batch.whole())


def tell_preferences(session: Session, user: User) -> None:
    """Send a session the preferences about conversations of the keys to which it has subscribed before the welcome.

    Those about channels follow the channels.
    """
    services = session.services
    values = of_conversations(services.state, user, services.presence.subscriptions.keys(session))
    if values and knows_metadata(session.caps):
        session.deliver(batch_of(session, ALL_TARGETS, values, services.host).whole())
