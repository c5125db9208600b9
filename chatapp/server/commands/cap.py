"""CAP: list the server's capabilities, and change those of a session.

Spec: IRCv3 capability-negotiation.
"""

from __future__ import annotations

from collections.abc import Coroutine
from functools import lru_cache
from typing import Any

from chatapp.config import Config, SignUp
from chatapp.protocol import caps
from chatapp.protocol.message import Message
from chatapp.server import capabilities, refusals
from chatapp.server.session.registration import welcome_if_ready
from chatapp.server.session.session import Session


def cap(session: Session, subcommand: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Run CAP LS, LIST, REQ or END."""
    subcommand = subcommand.upper()
    told = session.registering
    if subcommand == "LS":
        if told is not None:
            told.wants_caps = True
        # Clients "are presumed to support CAP LS 302 features for the future life of the connection".
        is_302 = _version(message.param(1)) >= 302
        if is_302:
            session.caps |= capabilities.CAP_302 | capabilities.CAP_NOTIFY
        services, certificates = session.services, session.wire.certificate is not None
        _send_lists(session, "LS", _offers(services.config, services.settings.sign_up, certificates, is_302))
    elif subcommand == "LIST":
        enabled = [row.name for row in capabilities.CAPABILITIES if row.bit & session.caps]
        _send_lists(session, "LIST", _lists(enabled, one_line=not session.caps & capabilities.CAP_302))
    elif subcommand == "REQ":
        if told is not None:
            told.wants_caps = True
        _request(session, " ".join(message.params[1:]))
    elif subcommand == "END":
        if told is not None and told.wants_caps:
            told.wants_caps = False
            return welcome_if_ready(session)
    else:
        session.reply(refusals.UNKNOWN_CAP_COMMAND, message.params[0])
    return None


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 301


@lru_cache
def _offers(config: Config, sign_up: SignUp, certificates: bool, is_302: bool) -> list[str]:
    """Return the lists of CAP LS: the capabilities that a session may request, with their values for version 302."""
    rows = capabilities.offered(sign_up).values()
    words = [
        caps.format_offer(row.name, row.value_for(config, certificates, sign_up) if is_302 else None) for row in rows
    ]
    return _lists(words, one_line=not is_302)


def _lists(words: list[str], *, one_line: bool) -> list[str]:
    """Join words into as many lists as needed, each of which fits into a line.

    With ``one_line``, leave out what does not fit: first drafts and our own capabilities, whose names have a slash.

    Spec: IRCv3 capability-negotiation, "If a client has not indicated support for CAP LS 302 features, the server MUST
    NOT send these new features": replies of several lines are such a feature.
    """
    return caps.split(sorted(words, key=lambda word: "/" in word))[:1] if one_line else caps.split(words)


def _send_lists(session: Session, subcommand: str, lists: list[str]) -> None:
    """Send lists, a line each; every line but the last has a ``*`` (more lines follow)."""
    for text in lists[:-1]:
        session.send(f":{session.services.host} CAP {session.nick} {subcommand} * :{text}")
    session.send(f":{session.services.host} CAP {session.nick} {subcommand} :{lists[-1]}")


def _request(session: Session, text: str) -> None:
    """Grant the whole request or nothing.

    Spec: IRCv3 capability-negotiation: "the server MUST NOT make any change" if it refuses any part.
    """
    wanted, after = caps.parse_request(text), session.caps
    known = capabilities.offered(session.services.settings.sign_up)
    for name, on in wanted.items():
        if name not in known or (name == "cap-notify" and not on and session.caps & capabilities.CAP_302):
            _answer_request(session, "NAK", text)
            return
        after = after | known[name].bit if on else after & ~known[name].bit
    if after & capabilities.METADATA == capabilities.METADATA:  # "Servers MUST NOT accept these requests"
        _answer_request(session, "NAK", text)
        return
    _answer_request(session, "ACK", text)
    user = session.user
    if user is None:
        session.caps = after
    else:
        session.services.presence.regroup(session, user, after)
    if not capabilities.knows_metadata(after):
        # Spec: draft/metadata-3: "If a client removes this capability or the batch capability from themselves, servers
        # MUST clear that client's subscription list."
        session.services.presence.subscriptions.clear(session)
        if session.registering is not None:
            session.registering.subscriptions = None


def _answer_request(session: Session, verdict: str, text: str) -> None:
    """Send ACK or NAK with the requested words, in as many lines as needed. A word longer than a line is left out."""
    words = [word for word in text.split(" ") if len(word.encode()) <= caps.LIST_BYTES_MAX]
    for part in [text] if len(text.encode()) <= caps.LIST_BYTES_MAX else caps.split(words):
        session.send(f":{session.services.host} CAP {session.nick} {verdict} :{part}")
