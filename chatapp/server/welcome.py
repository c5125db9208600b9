"""From a connection to a session with a user: what has to be told first, and what it is told then.

A connection is welcomed when it has said NICK and USER, has ended what it negotiates (CAP END), and is somebody: an
account it signed in to, or a guest where guests are let in.

What an account missed is told to clients that cannot ask for it themselves (DESIGN R6). While the history is read,
what others say is held back, so that everything comes in order.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chatapp.errors import AuthError, ChatError, LogUnavailableError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.state import State
from chatapp.protocol import numerics as num
from chatapp.protocol.names import parse_nick
from chatapp.server import capabilities as cap
from chatapp.server import greeting, render
from chatapp.server.accounts import BusyError, WrongPasswordError
from chatapp.server.proposals import EventRefusedError

if TYPE_CHECKING:
    from chatapp.server.session import Session

log = logging.getLogger(__name__)

_SIGN_IN_FIRST = "Sign in first: use SASL PLAIN, or send the server password as name:password (PASS). {sign_up}"
_SIGN_UP = "If you have no account yet, make one with REGISTER, with 'chat connect', or ask who runs this server."
_ASK = "If you have no account yet, ask who runs this server."


async def welcome_if_ready(session: Session) -> None:
    """Welcome a session if it has told everything; otherwise wait for the rest."""
    told, hub = session.signing_in, session.hub
    if told is None or told.wants_caps or not told.nick or told.realname is None or session.closed:
        return
    if told.sasl is not None:  # "the server SHOULD abort it and send a 906 numeric"
        told.sasl = None
        session.reply(num.ERR_SASLABORTED)
    if not told.uid and told.password is not None:
        password, told.password = told.password, None
        if not await _sign_in_with_pass(session, told.nick, password):
            return
    if told.uid:
        await _attach(session, told.uid, told.realname)
    elif hub.config.guests:
        await _welcome_guest(session, told.nick, told.realname)
    else:
        words = _SIGN_IN_FIRST.format(sign_up=_SIGN_UP if hub.settings.sign_up == "open" else _ASK)
        session.reply(num.ERR_PASSWDMISMATCH, text=words)


async def check_password(session: Session, name: str, password: str) -> str:
    """Return the uid of the account ``name`` if this is its password; tell the operational log if it is not.

    Raises what ``Accounts.sign_in`` raises.
    """
    hub, address = session.hub, session.connection.address
    try:
        return await hub.accounts.sign_in(name, password, address, session.pause)
    except ChatError as error:
        user = hub.state.user_named(name)
        known = user.name if user is not None and not user.guest else ""
        hub.activity.sign_in_refused(known, address, str(error))
        raise


async def _sign_in_with_pass(session: Session, nick: str, text: str) -> bool:
    """Sign in with the text of PASS: ``name:password``, or a password for the account named like the nick."""
    name, colon, password = text.partition(":")
    if not colon:
        name, password = nick, text
    try:
        uid = await check_password(session, name, password)
    except WrongPasswordError as error:
        session.reply(num.ERR_PASSWDMISMATCH, text=f"{error} Send PASS name:password again.")
        return False
    except BusyError as error:
        session.reply(num.RPL_TRYAGAIN, "PASS", text=str(error))
        return False
    except AuthError as error:
        session.reply(num.ERR_PASSWDMISMATCH, text=str(error))
        return False
    if session.signing_in is not None:
        session.signing_in.uid = uid
    return not session.closed


async def _welcome_guest(session: Session, nick: str, realname: str) -> None:
    new = session.hub.proposals
    event_id, time = new.stamps.new("")
    event = events.GuestArrived(
        id=event_id, time=time, actor=event_id, nick=nick, guest=True, name=nick, realname=realname
    )
    try:
        parse_nick(nick)
        await new.settle(event)
    except EventRefusedError as error:
        if session.signing_in is not None:
            session.signing_in.nick = ""
        raise error
    await _attach(session, event_id, realname)
    if session.uid != event_id:  # its connection ended meanwhile
        _guest_left(session, event_id, nick)


def _guest_left(session: Session, uid: str, nick: str, reason: str = "Connection closed") -> None:
    new = session.hub.proposals
    event_id, time = new.stamps.new("")
    new.note(events.GuestLeft(id=event_id, time=time, actor=uid, nick=nick, guest=True, reason=reason))


async def _attach(session: Session, uid: str, realname: str) -> None:
    """Make a session one of its user's, and tell it everything that its user is part of."""
    hub = session.hub
    await hub.turns.wait()
    user = hub.state.users.get(uid)
    if session.closed:
        return
    if user is None:
        session.close("Your account was removed")
        return
    if hub.presence.count(uid) >= hub.config.sessions_per_account_max:
        session.close("Your account has too many connections. Close one of them first.")
        text = f"{user.name} has {hub.presence.count(uid)} connections and cannot have more"
        hub.activity.limit_reached("sessions_per_account_max", session.connection.address, text)
        return
    first = not hub.presence.count(uid)
    reached = _reached(session, user)
    session.uid, session.signing_in = uid, None
    session.alive = reached
    session.since_ms = hub.clock_ms()
    hub.welcomed(session)
    for line in (
        *greeting.welcome_lines(hub.config, user.name, hub.started),
        *greeting.motd_lines(hub.config, user.name),
    ):
        session.deliver(f"{line}\r\n".encode())  # not as part of a labelled response, which ends later
    hub.presence.attach(session, user)
    connection = session.connection
    hub.activity.signed_in(user.name, user.guest, connection.address, connection.tls, hub.presence.count(uid))
    _tell_channels(session, user)
    if first and not user.guest:
        hub.delivery.away(user, "")
        _keep_realname(session, user, realname)
    await _replay(session, user, reached)


def _reached(session: Session, user: User) -> tuple[int, int]:
    """Tell the position and time (ms) up to which all is known to have reached one of the user's connections.

    One that is still there may be dead without anybody knowing, so only what it has answered counts. A client that can
    ask for what it missed, and a guest, begin with now.
    """
    if user.guest or session.caps & cap.CHATHISTORY:
        return session.hub.here_and_now()
    others = [other.alive for other in session.hub.presence.sessions(user.uid)]
    return max([(user.attended, user.attended_time), *others])


def _tell_channels(session: Session, user: User) -> None:
    """Tell a session the channels its user is a member of, as if it joined them now; nobody else hears of it."""
    hub = session.hub
    account = "" if user.guest else user.name
    for channel_uid in user.channels:
        channel = hub.state.channels[channel_uid]
        session.deliver(render.join(user.name, account, user.realname, channel.name, session.caps, hub.host))
        session.deliver(b"".join(greeting.channel_lines(hub.state, user, channel, session.caps, hub.host)))


def _keep_realname(session: Session, user: User, realname: str) -> None:
    """Take the real name that the first client brings; later ones leave it as it is (SETNAME changes it).

    Nobody is told: to a client SETNAME is news about somebody, and this is none.
    """
    new = session.hub.proposals
    if user.realname == user.name and realname not in ("", user.name, user.realname):
        new.note(new.event(events.RealnameAdopted, user, realname=realname))


async def _replay(session: Session, user: User, reached: tuple[int, int]) -> None:
    """Tell a session what its account missed after a position, and ask whether that has arrived."""
    hub, uid = session.hub, user.uid
    after_seq, _ = reached
    state, position = hub.state, hub.state.position
    streams = spoken_since(state, user, after_seq)
    if not streams:
        return
    names = {stream: state.name_of(stream, user) for stream in streams}
    session.flush_now()
    session.holding = True
    lines: list[bytes] = []
    limit, room = hub.config.replay_max, hub.config.replay_bytes_max
    try:
        for stream in streams:
            limit = limit if room > 0 else 0
            missed = await hub.history.missed(stream, after_seq=after_seq, limit=limit + 1, upto_seq=position)
            if len(missed) > limit:
                rest = f"the last {limit} messages follow" if limit else "it is too much to be shown here"
                words = f"More was said in {names[stream]} while you were away; {rest}."
                lines.append(f":{hub.host} NOTICE {session.nick} :{words}\r\n".encode())
            others = [event for event in missed[max(0, len(missed) - limit) :] if event.actor != uid]
            lines += [render.message(event, session.caps, hub.host) for event in others]
            room -= sum(map(len, lines[-len(others) :])) if others else 0
    except LogUnavailableError as error:
        session.untold = True
        lines.append(f":{hub.host} NOTICE {session.nick} :What you missed could not be read: {error}\r\n".encode())
    finally:
        if not session.closed:
            session.release(b"".join(lines))
            if lines:
                hub.ask(session)


def spoken_since(state: State, user: User, position: int) -> list[str]:
    """List the streams of a user in which something was said behind a position, or may have been."""
    channels = (state.channels[stream] for stream in user.channels)
    streams = [each.uid for each in channels if each.last > position or (each.spoken and not each.last)]
    conversations = (state.conversations[stream] for stream in user.conversations)
    return streams + [each.stream for each in conversations if each.last > position or not each.last]


def session_left(session: Session) -> None:
    """Note what the end of a connection means for its user: a guest is gone; an account is away, and told later.

    What an account has been sent counts as received up to the last sign of life: an answered PING, or the end of the
    connection where the client ended it and had all of it.
    """
    hub, user = session.hub, session.user
    hub.presence.detach(session, user)
    _tell_signed_out(session, user)
    if user is None:
        return
    reached = session.alive
    if others := hub.presence.sessions(user.uid):
        for other in others:
            other.alive = max(other.alive, reached)
        return
    if user.guest:
        _guest_left(session, user.uid, user.name, session.quit_reason or "Connection closed")
        return
    note_attended(session, user, reached)
    hub.delivery.away(user, hub.presence.away(user.uid))


def _tell_signed_out(session: Session, user: User | None) -> None:
    """Tell the operational log that a session has ended; ``user`` is ``None`` where the account was removed."""
    hub, now_ms = session.hub, session.hub.clock_ms()
    name, guest = (user.name, user.guest) if user is not None else ("a removed account", False)
    if user is not None and not guest:
        hub.last_seen.note(user.uid, now_ms)
    reason = "quit" if session.quit_reason else session.why_closed  # what the user says at QUIT is a message
    seconds = max(0, now_ms - session.since_ms) // 1000
    left = hub.presence.count(session.uid)
    hub.activity.signed_out(name, guest, session.connection.address, seconds, reason, left)


def note_attended(session: Session, user: User, reached: tuple[int, int]) -> None:
    """Let the log know the position and time (ms) up to which an account was sent everything, where that is news."""
    state, new = session.hub.state, session.hub.proposals
    position, time = reached
    if position > user.attended and spoken_since(state, user, user.attended):
        new.note(new.event(events.Attended, user, until=time, position=position))
