"""METADATA: the targets, the keys, and the codes of refusals.

Spec: IRCv3 draft/metadata-2; draft/metadata-3, "Replies".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.model import events
from chatapp.model.channels import visible_channel
from chatapp.model.entities import Channel, User
from chatapp.model.metadata import may_read_metadata
from chatapp.protocol.names import is_channel
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.delivery import render
from chatapp.server.session.session import Session

# Spec: "Key names are restricted to the ranges a-z, 0-9, and _./-. The empty string is an invalid value."
_KEY = re.compile(r"[a-z0-9_./-]+")
# The codes of draft/metadata-2 for the errors that it calls by another name.
_OLD_CODES = {
    "INVALID_KEY": "KEY_INVALID",
    "INVALID_VALUE": "VALUE_INVALID",
}
# The codes that only draft/metadata-2 has, and what draft/metadata-3 has in their place.
_NEW_CODES = {"SUBCOMMAND_INVALID": "INVALID_PARAMS", "TOO_MANY_SUBS": "LIMIT_REACHED"}


class Target(NamedTuple):
    """What a METADATA command is about: a user or a channel, by its name. Both are ``None`` before the welcome."""

    name: str
    user: User | None = None
    channel: Channel | None = None

    def stream(self, viewer: User) -> str:
        """Return the channel's uid, or the conversation of the viewer with the user."""
        if self.channel is not None:
            return self.channel.uid
        assert self.user is not None
        return events.conversation(viewer.uid, self.user.uid)


def is_old(session: Session) -> bool:
    """Return whether a session gets the answers of draft/metadata-2."""
    return bool(session.caps & cap.METADATA_2)


def find_target(session: Session, name: str) -> Target:
    """Return what ``name`` (as typed) means: ``*`` or a nick, or a channel. Raises StandardRefused.

    A secret channel does not exist for users who may not know of it.

    Spec: draft/metadata-3: "Clients that have not completed connection registration MUST use * to target themselves".
    """
    state, user = session.services.state, session.user
    if name == "*" and session.registering is not None:
        return Target("*")
    if user is not None:
        if name == "*":
            return Target(user.name, user)
        if is_channel(name):
            channel = visible_channel(state, user, name)
            if channel is not None:
                return Target(channel.name, channel=channel)
        elif (found := state.user_named(name)) is not None:
            return Target(found.name, found)
    raise invalid_target(session, name)


def invalid_target(session: Session, name: str) -> refusals.StandardRefused:
    """Return the refusal of a target that does not exist, or of which the user may not know."""
    return refused(session, refusals.NO_SUCH_TARGET, name)


def check_readable(session: Session, channel: Channel) -> None:
    """Raise StandardRefused if the user may not read the metadata of a channel, of which it may know."""
    if not may_read_metadata(session.services.state, session.user, channel):
        raise refused(session, refusals.METADATA_OF_MEMBERS, channel.name, "*")


def is_key(session: Session, text: str) -> bool:
    """Return whether a text can be a key."""
    return len(text) <= session.services.config.metadata_key_bytes_max and _KEY.fullmatch(text) is not None


def code_for(session: Session, code: str) -> str:
    """Return the code of an error in the draft that the session has negotiated."""
    return _OLD_CODES.get(code, code) if is_old(session) else _NEW_CODES.get(code, code)


def refused(session: Session, refusal: refusals.Standard, *context: str, **fields: object) -> refusals.StandardRefused:
    """Return the refusal of a command; its code is that of draft/metadata-3, or one that only -2 has."""
    return refusal._replace(code=code_for(session, refusal.code)).of(*context, **fields)


def line_about_part(session: Session, kind: str, refusal: refusals.Standard, *context: str, **fields: object) -> bytes:
    """Write a standard reply about a part of a command; in draft/metadata-2, each ``kind`` is FAIL.

    Spec: draft/metadata-3, "Errata": "FAIL is reserved for when the entire command cannot proceed due to an error. WARN
    is used when a portion of a command cannot proceed but other parts may still proceed."
    """
    kind = "FAIL" if is_old(session) else kind
    code, text = code_for(session, refusal.code), refusal.text.format(**fields)
    line = render.standard_line(session.services.host, kind, "METADATA", code, *context, text=text)
    return f"{line}\r\n".encode()
