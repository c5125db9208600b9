"""Pure: what a person can do with a picked message: what the server cannot do is not offered."""

from __future__ import annotations

from chatapp.client.core.capabilities import EDIT, MESSAGE_TAGS, REDACTION
from chatapp.client.core.session import Session
from chatapp.client.fronts.full.entries import Entry

# The keys, what they do, and the capability that the server must have for it (empty: none).
_DEEDS = (
    ("r", "reply", MESSAGE_TAGS),
    ("e", "react", MESSAGE_TAGS),
    ("E", "edit", EDIT),
    ("d", "delete", REDACTION),
    ("y", "copy", ""),
    ("o", "open", ""),
)
OFFERED_MAX = 4  # keys that a short line names
NOT_OFFERED = "This server cannot do that."


def offered(session: Session, entry: Entry) -> dict[str, str]:
    """Return the keys that do something with a message, with a word for each.

    A message without a msgid cannot be named to the server. Without a connection, nothing is known of the server.
    """
    enabled = session.account.enabled if session.signed_in else None
    return {
        key: word for key, word, needs in _DEEDS if not needs or enabled is None or (needs in enabled and entry.msgid)
    }
