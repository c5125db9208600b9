"""TAGMSG: send tags without a text. A reaction to a message that its sender may read is stored, and counted.

The command finds that message in the history. A reaction to any other message is refused with the same words, whether
the message is elsewhere, erased, never was, or may not be read, so that nobody learns of a message that they may not
read. Who may write to a channel from outside may read nothing there: its reaction is sent but not stored. The tags
``+draft/react`` and ``+draft/unreact`` alone, without a reply, are no reaction.

A reaction that changes nothing is refused, except one that is sent again with its idempotency key (DESIGN R4): that is
answered with the first echo.

A reaction to several targets is refused, and so is a reaction that names a role and is about a message to the whole
channel: they would not be stored, so the limits would not count them.

Spec: IRCv3 client-tags/react: "this tag MUST be used in conjunction with the +draft/reply client tag".
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from chatapp.model.events import CLIENT_ID_TAG, MessageSent
from chatapp.model.messages import may_read
from chatapp.model.remarks import REACT, REPLIES, UNREACT, is_reaction, reply_of
from chatapp.model.streams import channel_uid
from chatapp.protocol.message import Message
from chatapp.protocol.modes import PREFIXES
from chatapp.protocol.names import has_invisible, is_channel
from chatapp.server import refusals
from chatapp.server.commands import message as messages
from chatapp.server.commands import talk
from chatapp.server.commands.chathistory import Source, place_of
from chatapp.server.finding import FoundMessage, find_message
from chatapp.server.session.session import Session


def tagmsg(session: Session, message: Message) -> Coroutine[Any, Any, None] | None:
    """Send tags without a text. Raises CommandRefused, StandardRefused, or EventRefusedError."""
    if not is_reaction(message.verb, message.tags) or not message.param(0):
        return messages.say(session, message)
    return _react(session, message)


async def _react(session: Session, message: Message) -> None:
    """Add a reaction to a message, or remove it."""
    name = REACT if REACT in message.tags else UNREACT
    for each in (REACT, UNREACT):
        if each in message.tags:
            _check_text(session, each, message.tags[each])
    if "," in message.param(0):
        raise refusals.REACTION_WITH_TARGETS.of(name)
    source = _source(session, message)
    services = session.services
    if source is None:
        if session.user is not None and services.state.user_named(message.param(0)) is not None:
            raise refusals.NO_SUCH_MESSAGE.of(message.param(0), reply_of(message.tags))  # they have never talked
        messages.send(session, message, stored=False)
        return
    found = await find_message(services.history, reply_of(message.tags), source.stream)
    if found is None or not _is_known(session, message, found):
        _check_target(session, message, found, name)
        raise refusals.NO_SUCH_MESSAGE.of(message.param(0), reply_of(message.tags))
    earlier, _ = await services.history.remarks([(found.msgid, found.place.stream)], services.state.position)
    if not _is_known(session, message, found):
        raise refusals.NO_SUCH_MESSAGE.of(message.param(0), reply_of(message.tags))
    reactions = [each for each in earlier if each.verb == "TAGMSG"]
    own = [each for each in reactions if each.actor == session.uid]
    client_id = message.tags.get(CLIENT_ID_TAG)
    if not client_id or all(each.client_id != client_id for each in own):
        if _is_so(name, message.tags[name], own):
            raise (refusals.REACTED_ALREADY if name == REACT else refusals.NOT_REACTED).of()
        if name == REACT:
            _check_number(session, reactions, own)
    # The reaction to an edit is one to the message that was edited.
    message.tags = {**message.tags, **{each: found.msgid for each in REPLIES if each in message.tags}}
    user, stream = session.user, found.place.stream
    if user is not None and channel_uid(stream) != stream:
        message.params = [services.state.name_of(stream, user), *message.params[1:]]
    messages.send(session, message)


def _is_so(name: str, text: str, own: Sequence[MessageSent]) -> bool:
    """Return whether a reaction changes nothing: the user has added it already, or has not added what is removed.

    ``own`` are the user's reactions to the message. One with both tags adds, as for the readers of the past.
    """
    tags = [each.tags or {} for each in own]
    changes = [(REACT if REACT in each else UNREACT, each) for each in tags]
    last = next((each for each, tags in reversed(changes) if tags.get(each) == text), UNREACT)
    return last == name


def _is_known(session: Session, message: Message, found: FoundMessage) -> bool:
    """Return whether the user may read the message, and the reaction goes to those who may read the message.

    A reaction to a message to a role in a channel may name the channel as its target; it goes to the role. A reaction
    that names a role is not for more people than the role, so it must be to a message to this role.
    """
    source = _source(session, message)
    if source is None or found.place.erased or found.place.time <= source.after:
        return False
    if is_channel(message.param(0)):
        return found.place.stream in source.streams
    to = talk.find(session, message.verb, message.param(0))
    return to is not None and to.stream == found.place.stream and to.stream in source.streams


def _check_target(session: Session, message: Message, found: FoundMessage | None, name: str) -> None:
    """Refuse a reaction to another role than the message was sent to, if the user may read the message."""
    target = message.param(0)
    channel = target.lstrip(PREFIXES)
    if found is None or is_channel(target) or not is_channel(channel):
        return
    source = _source(session, message)
    if source is None or not found.is_in(source.stream) or found.place.stream not in source.streams:
        return
    if found.place.time > source.after:
        raise refusals.REACTION_TO_OTHER_ROLE.of(name, name=source.name)


def _check_text(session: Session, name: str, text: str) -> None:
    most = session.services.config.reaction_bytes_max
    if not text or len(text.encode()) > most or "\n" in text or "\r" in text:
        raise refusals.REACTION_TOO_LONG.of(name, most=most)
    if name == REACT and all(char.isspace() or has_invisible(char) for char in text):
        raise refusals.REACTION_UNSEEN.of(name)


def _check_number(session: Session, reactions: Sequence[MessageSent], own: Sequence[MessageSent]) -> None:
    """Refuse a reaction beyond the limits. Each counts that was added, also if it was removed."""
    config = session.services.config
    if _added(own) >= config.reactions_per_account_max:
        raise refusals.TOO_MANY_OWN_REACTIONS.of(most=config.reactions_per_account_max)
    if _added(reactions) >= config.reactions_per_message_max:
        raise refusals.TOO_MANY_REACTIONS.of(most=config.reactions_per_message_max)


def _added(reactions: Sequence[MessageSent]) -> int:
    return sum(REACT in (each.tags or {}) for each in reactions)


def _source(session: Session, message: Message) -> Source | None:
    """Return what the user may read of the target; ``None`` for nothing."""
    user = session.user
    return None if user is None else place_of(session.services.state, user, message.param(0), may_read)
