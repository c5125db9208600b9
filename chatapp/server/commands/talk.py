"""Saying something: whom a target means, the messages that come of it, and more of the same.

Most of what people say goes to the one they spoke to last. Such a line begins as that one's did, and then its
beginning need not be read again: what stands behind it is the text (:func:`more`). Everything that is not just so goes
the long way, by the parser and the command, which comes to the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.messages import may_send
from chatapp.protocol import numerics as num
from chatapp.protocol.lookalikes import is_service
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.names import NICK_CHARS_MAX
from chatapp.server.commands.arguments import CHANNEL
from chatapp.server.commands.refusals import CommandRefused
from chatapp.server.session.addressee import Addressee
from chatapp.server.session.session import Session
from chatapp.server.stamps import ID_STEP, id_of


def find(session: Session, verb: str, target: str) -> Addressee | None:
    """Tell whom a target means, or None where the session has no user any more. Raises CommandRefused for nobody."""
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
    if target[:1] == "#":
        channel = CHANNEL.read(session, target)
        assert channel is not None
        stream, shown = channel.uid, channel.name
    else:
        peer = state.user_named(target)
        if peer is None:
            words = f"There is nobody called {target}." if 0 < len(target) <= NICK_CHARS_MAX else None
            raise CommandRefused(num.ERR_NOSUCHNICK, target, text=words)
        stream, shown = events.conversation(user.uid, peer.uid), peer.name
    as_heard = f":{user.name}!{user.name}@{services.host} {verb} {shown} :\r\n".encode()
    # What is said to a service is looked at each time: it may be a password.
    head = b"" if verb == "TAGMSG" or is_service(target) else f"{verb} {target} :".encode()
    sample = events.MessageSent(
        id="", time=0, actor=user.uid, nick=user.name, stream=stream, verb=verb, target=shown, text=""
    )
    room = LINE_BYTES_MAX - len(as_heard)
    return Addressee(verb, target, head, state.names, user, channel, peer, stream, shown, sample, room)


def messages(
    session: Session, to: Addressee, texts: Sequence[str], tags: dict[str, str] | None = None, client_id: str = ""
) -> list[events.MessageSent]:
    """Make a message of each text, in their order."""
    user, stream, verb, shown = to.user, to.stream, to.verb, to.shown
    uid, nick, guest = user.uid, user.name, user.guest
    number, time = session.services.proposals.stamps.several(stream, len(texts))
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


def more(session: Session, lines: Sequence[bytes | None], begin: int) -> int:
    """Say what the lines from ``begin`` on say to the one spoken to last, and in the same way.

    Returns how many of them that was. All others, and those that would be refused, are to be run as any line is.
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
        allowance.charge(len(texts) - most)  # what it did not need
    if texts:
        new.messages(messages(session, to, texts), session, None)
    return len(texts)


def _texts(to: Addressee, lines: Sequence[bytes | None], begin: int, end: int) -> list[str]:
    """Read the texts of the lines from ``begin`` on, as far as they are for this one and the parser reads the same."""
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
        if not text.isprintable():  # few control characters are allowed, and the command counts them
            break
        texts.append(text)
    return texts
