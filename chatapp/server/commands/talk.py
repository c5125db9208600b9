"""Parts of PRIVMSG, NOTICE and TAGMSG: the look-up of targets, the message events, and a fast path for more messages.

Most lines go to the same target as the line before. Such a line begins with the same bytes, for example
``PRIVMSG #lobby :``, so the rest of the line is the text and no parser is needed (:func:`more`). Every other line goes
through the parser and ``message.py``, with the same result.

Spec: modern-irc, "PRIVMSG message", "NOTICE message"; IRCv3 message-tags, "The TAGMSG tag-only message".
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, Channel, User
from chatapp.model.messages import may_send
from chatapp.protocol import modes
from chatapp.protocol.lookalikes import is_service
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import refusals
from chatapp.server.commands.arguments import CHANNEL
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.session import Session
from chatapp.server.stamps import ID_STEP, id_of


def find(session: Session, verb: str, target: str) -> Addressee | None:
    """Return the channel or user that ``target`` (as typed) names, or None if the session's user was removed.

    The session keeps the result (``Session.addressee``) and reuses it while ``verb``, ``target`` and all names stay the
    same. Raises CommandRefused if there is no such channel or user.
    """
    state = session.services.state
    to = session.addressee
    if to is None or to.target != target or to.verb != verb or to.names != state.names:
        user = state.users.get(session.uid)
        if user is None:
            return None
        to = session.addressee = _look_up(session, user, verb, target)
    return to


def _look_up(session: Session, user: User, verb: str, target: str) -> Addressee:
    services, state = session.services, session.services.state
    channel: Channel | None = None
    peer: User | None = None
    prefix, name = _role_and_name(target)
    if name[:1] == "#":
        channel = _renamed(session, user, name) or CHANNEL.read(session, name)
        assert channel is not None
        stream, shown = channel.uid, channel.name
        if prefix:
            stream, shown = events.role_stream(modes.BY_PREFIX[prefix].letter, stream), prefix + shown
    else:
        peer = state.user_named(target)
        if peer is None:
            raise refusals.NO_SUCH_NICK.of(target)
        stream, shown = events.conversation(user.uid, peer.uid), peer.name
    as_heard = f":{user.name}!{user.name}@{services.host} {verb} {shown} :\r\n".encode()
    is_stranger = peer is not None and stream not in user.conversations and _is_stranger(session, user, peer)
    head = b"" if is_stranger else head_of(verb, target)
    sample = events.MessageSent(
        id="", time=0, actor=user.uid, nick=user.name, stream=stream, verb=verb, target=shown, text=""
    )
    room = LINE_BYTES_MAX - len(as_heard)
    tags = {events.BOT_TAG: ""} if "B" in user.modes else None
    return Addressee(
        verb, target, head, state.names, user, channel, peer, stream, shown, tags, sample, is_stranger, room
    )


def _renamed(session: Session, user: User, name: str) -> Channel | None:
    """Return the channel that had this name, for a member: it may have written while it had no connection."""
    former = session.services.state.channel_formerly_named(name)
    return former if former is not None and user.uid in former.members else None


def _is_stranger(session: Session, user: User, peer: User) -> bool:
    """Return whether ``user`` does not know ``peer``, with whom it has no conversation; see ``strangers.py``."""
    if peer is user or peer.role == ADMINISTRATOR:
        return False
    services = session.services
    lobby = services.state.channel_named(services.config.lobby or "")
    common = user.channels.keys() & peer.channels.keys()
    return not common or (lobby is not None and common == {lobby.uid})


def head_of(verb: str, target: str) -> bytes:
    """Return the first bytes of a further line with this verb and target, for the fast path; empty for no fast path.

    A text to a service may be a password, so the command must check each line.
    """
    return b"" if verb == "TAGMSG" or is_service(target) else f"{verb} {target} :".encode()


def _role_and_name(target: str) -> tuple[str, str]:
    """Divide a target such as ``@#channel`` into the prefix of a role, which may be empty, and the rest.

    Of several prefixes the lowest counts, because the others are above it.

    Spec: modern-irc, "STATUSMSG parameter": "the server supports a method for clients to send a message via the PRIVMSG
    / NOTICE commands to those people on a channel with (one of) the specified channel membership prefixes".
    """
    name = target.lstrip(modes.PREFIXES)
    if name == target or name[:1] != "#":
        return "", target
    return min(target[: -len(name)], key=lambda prefix: modes.BY_PREFIX[prefix].rank), name


def messages(
    session: Session, to: Addressee, texts: Sequence[str], tags: dict[str, str] | None = None, client_id: str = ""
) -> list[events.MessageSent]:
    """Make one message event per text, in the given order.

    ``tags`` are the client-only tags and ``client_id`` is the idempotency key (DESIGN R4); each message gets both.
    """
    if to.tags is not None:
        tags = to.tags if tags is None else {**to.tags, **tags}
    user, stream, verb, shown = to.user, to.stream, to.verb, to.shown
    uid, nick, guest = user.uid, user.name, user.guest
    number, time = session.services.proposals.stamps.several(stream, len(texts))
    session.spoke_ms = time
    made = []
    for text in texts:
        made.append(
            events.MessageSent(
                id=id_of(number),
                time=time,
                actor=uid,
                nick=nick,
                guest=guest,
                stream=stream,
                verb=verb,
                target=shown,
                text=text,
                tags=tags,
                client_id=client_id,
            )
        )
        number += ID_STEP
        time += 1
    return made


def multiline(
    session: Session, to: Addressee, text: str, splits: tuple[int, ...], tags: dict[str, str] | None, client_id: str
) -> events.MultilineSent:
    """Make the event of a message of several lines; see ``events.MultilineSent``."""
    if to.tags is not None:
        tags = to.tags if tags is None else {**to.tags, **tags}
    made = session.services.proposals.event(
        events.MultilineSent,
        to.user,
        to.stream,
        verb=to.verb,
        target=to.shown,
        text=text,
        splits=splits,
        tags=tags,
        client_id=client_id,
    )
    session.spoke_ms = made.time
    return made


def more(session: Session, lines: Sequence[bytes | None], begin: int) -> int:
    """Propose messages from the lines from ``begin`` on that go to the session's last target with the same verb.

    Returns how many lines were taken; it stops at the first line with another target or form, and at the session's
    limits. The caller runs every other line, and every line that may be refused, through the dispatcher.
    """
    to, services = session.addressee, session.services
    if to is None or not to.head or to.names != services.state.names or session.closed:
        return 0
    line = lines[begin]
    if line is None or not line.startswith(to.head) or may_send(services.state, to.sample) is not None:
        return 0
    new, allowance = services.proposals, session.allowance
    most = min(len(lines) - begin, services.config.unsettled_max - session.unsettled, new.room)
    if most < 1:
        return 0
    if allowance is not None:
        now = services.loop.time()
        if session.disk is not None and session.disk.wait_s(now):
            return 0
        most = allowance.take(most, now)
    texts = _texts(to, lines, begin, begin + most)
    if allowance is not None:
        allowance.charge(len(texts) - most)  # a negative charge returns the tokens that were not used
    if texts:
        new.messages(messages(session, to, texts), session, None)
    return len(texts)


def _texts(to: Addressee, lines: Sequence[bytes | None], begin: int, end: int) -> list[str]:
    """Return the texts of the lines from ``begin`` to ``end``, up to the first line that needs the parser."""
    head, size, bytes_max = to.head, len(to.head), to.text_bytes_max
    texts: list[str] = []
    for index in range(begin, end):
        line = lines[index]
        if line is None or not line.startswith(head) or not 0 < len(line) - size <= bytes_max:
            break
        try:
            text = line[size:].decode()
        except UnicodeDecodeError:
            break
        if not text.isprintable():  # the command limits the number of control characters
            break
        texts.append(text)
    return texts
