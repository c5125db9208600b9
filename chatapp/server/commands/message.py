"""PRIVMSG, NOTICE and TAGMSG: send a message to channels or users.

The commands do not wait for the disk: the echo follows when the message is stored. Most further messages to the same
target do not come here, because ``talk.py`` has a fast path for them.

Spec: modern-irc, "PRIVMSG message", "NOTICE message"; IRCv3 message-tags, "The TAGMSG tag-only message".
"""

from __future__ import annotations

import re
from collections.abc import Coroutine
from typing import Any, NamedTuple

from chatapp.errors import ChatError, MalformedLineError
from chatapp.model.events import CLIENT_ID_TAG, SINCE_TAG
from chatapp.model.messages import CTCP
from chatapp.protocol import numerics as num
from chatapp.protocol.lookalikes import is_service
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import parse_time
from chatapp.server import refusals
from chatapp.server.capabilities import MESSAGE_TAGS
from chatapp.server.commands import playback, strangers, talk
from chatapp.server.commands.refuse import refuse
from chatapp.server.delivery.origin import Origin
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.session import Session

CLIENT_ID_BYTES_MAX = 64
CLIENT_TAGS_MAX = 64  # client-only tags of one message; each takes more bytes on disk than on the wire
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # without CR and LF, which tag values escape
# Spec: IRCv3 message-tags, "Format": '+' [vendor (a host name) '/'] "non-empty sequence of ascii letters, digits,
# hyphens ('-')".
_CLIENT_TAG = re.compile(r"\+(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_TYPING = frozenset({"+typing", "+draft/typing"})  # a TAGMSG with only these tags is not stored

# Commands that clients send to the services of other networks on their own. A password usually follows.
_PASSWORD = r"(?i)\s*(?:identify|id|login|auth|register|ghost|regain|recover|release|set\s+pass\w*)\b"


class ClientTags(NamedTuple):
    """The client-only tags of a message that go to its recipients, and what two of our own tags say.

    ``client_id`` is the idempotency key (``+chatapp/id``, DESIGN R4), or empty. ``since``: see :func:`check_same`.
    """

    tags: dict[str, str] | None
    client_id: str
    since: int


_NO_TAGS = ClientTags(None, "", 0)


def flows(session: Session, message: Message) -> bool:
    """Return whether a message has one target, which exists, so that its only answer is its echo."""
    return is_known(session, message.param(0))


def is_known(session: Session, target: str) -> bool:
    """Return whether ``target`` (as typed) is one channel, or one user who exists."""
    known = target[:1] == "#" or session.services.state.user_named(target) is not None
    return known and "," not in target


def say(session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Send a text (PRIVMSG), a text that no program may answer (NOTICE), or tags without a text (TAGMSG).

    Raises CommandRefused, StandardRefused, or EventRefusedError.
    """
    try:
        send(session, message, may_be_new=True)
    except refusals.CommandRefused as error:
        if playback.is_for_playback(session, message.verb, message.param(0)):
            return playback.ask(session, message.param(1))
        if error.numeric is num.ERR_NOSUCHNICK and session.services.accounts.roster.changed():
            return _say_to_newcomer(session, message)
        if error.numeric is num.ERR_NOSUCHNICK and "," in message.param(0):
            send(session, message)
            return None
        raise
    return None


async def _say_to_newcomer(session: Session, message: Message) -> None:
    """Send a message again after reading the password file: another program may just have added the account."""
    await session.services.accounts.roster.take_in()
    send(session, message)


def send(session: Session, message: Message, *, may_be_new: bool = False, stored: bool = True) -> None:
    """Send a message to each of its targets, without looking for new accounts. Raises as :func:`say`.

    ``stored`` is False for a message that is not stored. With ``may_be_new``, an unknown nick among several targets
    raises ERR_NOSUCHNICK before anything is sent, and the caller looks for new accounts and tries again. Without it,
    each unknown target gets its own refusal.
    """
    params, verb = message.params, message.verb
    if not params or not params[0]:
        raise refusals.NO_RECIPIENT.of()
    text = params[1] if len(params) > 1 else ""
    if not text and verb != "TAGMSG":
        raise refusals.NO_TEXT.of()
    tags, client_id, since = client_tags(session, message) if message.tags else _NO_TAGS
    if verb == "TAGMSG" and not tags:
        if not session.caps & MESSAGE_TAGS:
            raise refusals.TAGMSG_NEEDS_CAPABILITY.of(params[0])
        return
    target = params[0]
    if "," not in target:
        _say_to(session, verb, target, text, ClientTags(tags, client_id, since), stored)
        return
    targets = list({fold(each): each for each in target.split(",")}.values())
    if len(targets) > session.services.config.targets_max:
        raise refusals.TOO_MANY_TARGETS.of(target)
    if client_id:
        raise refusals.ID_WITH_TARGETS.of(CLIENT_ID_TAG)
    if may_be_new and not all(each[:1] == "#" or session.services.state.user_named(each) for each in targets):
        raise refusals.NO_SUCH_NICK.of()
    for each in targets:
        try:
            _say_to(session, verb, each, text, ClientTags(tags, "", since), stored)
        except ChatError as error:
            refuse(session, verb, each, error)


def client_tags(session: Session, message: Message) -> ClientTags:
    """Return the client-only tags of a message.

    Tags with invalid keys are left out. Raises StandardRefused for too many tags, for control characters (which take
    more room on disk than on the wire), for an idempotency key that is too long, and for a ``since`` that is no time.
    """
    tags = {key: value for key, value in message.tags.items() if _CLIENT_TAG.fullmatch(key)}
    if len(tags) > CLIENT_TAGS_MAX:
        raise refusals.TOO_MANY_TAGS.of("*", most=CLIENT_TAGS_MAX)
    for key, value in tags.items():
        if _CONTROL.search(value):
            raise refusals.TAG_HAS_CONTROLS.of(key)
    client_id = tags.get(CLIENT_ID_TAG, "")
    if client_id and len(client_id.encode()) > CLIENT_ID_BYTES_MAX:
        raise refusals.ID_TOO_LONG.of(CLIENT_ID_TAG, most=CLIENT_ID_BYTES_MAX)
    since = tags.pop(SINCE_TAG, "")
    try:
        since_ms = parse_time(since) if since else 0
    except MalformedLineError:
        raise refusals.SINCE_IS_NO_TIME.of(SINCE_TAG) from None
    return ClientTags(tags or None, client_id, since_ms)


def check_same(to: Addressee, since: int) -> None:
    """Check that a target has had its name since a time (ms; 0: since any time).

    A client may have looked up the name before it lost its connection, and somebody else may have the name now
    (DESIGN R1). Raises StandardRefused.
    """
    if since and to.peer is not None and to.peer.named > since:
        raise refusals.OTHER_USER.of(to.shown)


def refuse_password(target: str, text: str) -> None:
    """Raise CommandRefused for a text to services of other networks that looks like a password."""
    if is_service(target) and re.match(_PASSWORD, text):
        raise refusals.LOOKS_LIKE_PASSWORD.of(target)


def _say_to(session: Session, verb: str, target: str, text: str, client_tags: ClientTags, stored: bool) -> None:
    refuse_password(target, text)
    to = talk.find(session, verb, target)
    if to is None:
        return  # the account was removed; its connection is closing
    tags, client_id, since = client_tags
    check_same(to, since)
    length = len(text) if text.isascii() else len(text.encode())
    if length > to.text_bytes_max:  # a text is never cut
        raise refusals.TEXT_TOO_LONG.of(room=to.text_bytes_max)
    if grows_on_disk(text):
        raise refusals.TEXT_HAS_CONTROLS.of()
    services = session.services
    if not stored or (verb == "TAGMSG" and tags is not None and tags.keys() <= _TYPING):
        (said,) = talk.messages(session, to, [text], tags)
        refusal = services.state.refusal(said)
        if refusal is not None:
            raise EventRefusedError(refusal)
        services.delivery.deliver_unstored(said, to.channel, to.peer, Origin(session, session.response))
        return
    if not client_id:
        services.proposals.check(to.sample)
    if to.is_stranger:
        strangers.check(session, to)
    spoke_ms = session.spoke_ms
    made = talk.messages(session, to, [text], tags, client_id)
    if verb == "NOTICE" and text.startswith(CTCP):  # an answer of the program, not of its user
        session.spoke_ms = spoke_ms
    services.proposals.messages(made, session, session.response)
