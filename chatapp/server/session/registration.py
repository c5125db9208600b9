"""From a connection to a session with a user: what has to be told first, and what it is told then.

A connection is welcomed when it has said NICK and USER, has ended what it negotiates (CAP END), and is somebody: an
account it signed in to, or a guest where guests are let in.
"""

from __future__ import annotations

import logging
import math

from chatapp.auth import address_key
from chatapp.errors import AuthError, ChatError, NameReservedError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.delivery import greeting, render
from chatapp.server.limits.disk_use import EVENT_BYTES
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session import receipts, replay
from chatapp.server.session.session import Session

log = logging.getLogger(__name__)

_SIGN_IN_FIRST = "Sign in first: use SASL PLAIN, or send the server password as name:password (PASS). {sign_up}"
_SIGN_UP = "If you have no account yet, make one with REGISTER, with 'chat connect', or ask who runs this server."
_ASK = "If you have no account yet, ask who runs this server."


async def welcome_if_ready(session: Session) -> None:
    """Welcome a session if it has told everything; otherwise wait for the rest."""
    told, services = session.registering, session.services
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
    elif services.config.guests:
        await _welcome_guest(session, told.nick, told.realname)
    else:
        words = _SIGN_IN_FIRST.format(sign_up=_SIGN_UP if services.settings.sign_up == "open" else _ASK)
        session.reply(num.ERR_PASSWDMISMATCH, text=words)


async def check_password(session: Session, name: str, password: str) -> str:
    """Return the uid of the account ``name`` if this is its password; tell the operational log if it is not.

    Raises what ``Accounts.sign_in`` raises.
    """
    services, address = session.services, session.wire.address
    try:
        return await services.accounts.sign_in(name, password, address, session.pause)
    except ChatError as error:
        user = services.state.user_named(name)
        known = user.name if user is not None and not user.guest else ""
        services.activity.sign_in_refused(known, address, str(error))
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
    if session.registering is not None:
        session.registering.uid = uid
    return not session.closed


async def _welcome_guest(session: Session, nick: str, realname: str) -> None:
    services, address = session.services, address_key(session.wire.address)
    new, now = services.proposals, services.loop.time()
    if services.rate_limits:
        if (wait_s := services.guest_arrivals.wait_s(address, now)) > 0:
            words = f"Too many guests have come from your address. Connect again in {math.ceil(wait_s)} seconds."
            session.end(words)
            services.activity.limit_reached("guests_per_address_burst", session.wire.address, "too many guests")
            return
        services.guest_arrivals.take(address, now)
    stamp = new.stamp()
    uid = str(stamp["id"])
    event = events.GuestArrived(**stamp, actor=uid, nick=nick, guest=True, name=nick, realname=realname)
    try:
        services.accounts.check_new_name(nick)
        await new.settle(event)
    except (EventRefusedError, NameReservedError) as error:
        if session.registering is not None:
            session.registering.nick = ""
        if isinstance(error, EventRefusedError):
            raise
        session.reply(num.ERR_ERRONEUSNICKNAME, nick, text=str(error))
        return
    await _attach(session, uid, realname)
    if session.uid != uid:  # its connection ended meanwhile
        receipts.guest_left(session, uid, nick)


async def _attach(session: Session, uid: str, realname: str) -> None:
    """Make a session one of its user's, and tell it everything that its user is part of."""
    services = session.services
    await services.round_robin.wait()
    user = services.state.users.get(uid)
    if session.closed:
        return
    if user is None:
        session.end("Your account was removed")
        return
    if services.presence.count(uid) >= services.config.sessions_per_account_max:
        session.end("Your account has too many connections. Close one of them first.")
        text = f"{user.name} has {services.presence.count(uid)} connections and cannot have more"
        services.activity.limit_reached("sessions_per_account_max", session.wire.address, text)
        return
    first = not services.presence.count(uid) and not services.presence.is_elsewhere(uid)
    reached = receipts.reached(session, user)
    session.uid, session.registering = uid, None
    session.since_ms = services.clock_ms()
    if services.disk_limits is not None:
        session.disk = services.disk_limits.of(uid, session.wire.address)
        if user.guest:
            session.disk.charge(2 * EVENT_BYTES)  # that it arrived, and that it will leave
    session.watch.welcomed(session)
    for line in (
        *greeting.welcome_lines(services.config, user.name, services.started),
        *greeting.motd_lines(services.config, user.name),
    ):
        session.deliver(f"{line}\r\n".encode())  # not as part of a labelled response, which ends later
    services.presence.attach(session, user)
    connection = session.wire
    services.activity.signed_in(user.name, user.guest, connection.address, connection.tls, services.presence.count(uid))
    _tell_channels(session, user)
    if first and not user.guest:
        services.delivery.away(user, "")
        _keep_realname(session, user, realname)
    await replay.welcome_back(session, user, reached)


def _tell_channels(session: Session, user: User) -> None:
    """Tell a session the channels its user is a member of, as if it joined them now; nobody else hears of it."""
    services = session.services
    account = "" if user.guest else user.name
    for channel_uid in user.channels:
        channel = services.state.channels[channel_uid]
        session.deliver(render.join(user.name, account, user.realname, channel.name, session.caps, services.host))
        session.deliver(b"".join(greeting.channel_lines(services.state, user, channel, session.caps, services.host)))


def _keep_realname(session: Session, user: User, realname: str) -> None:
    """Take the real name that the first client brings; later ones leave it as it is (SETNAME changes it).

    Nobody is told: to a client SETNAME is news about somebody, and this is none.
    """
    new = session.services.proposals
    if user.realname == user.name and realname not in ("", user.name, user.realname):
        new.note(new.event(events.RealnameAdopted, user, realname=realname))
