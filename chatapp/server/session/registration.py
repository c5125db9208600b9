"""Connection registration: it decides when a session is welcomed, and sends the welcome.

A session is welcomed when the client has sent NICK and USER, has ended capability negotiation (CAP END), and has a
user: the account that it signed in to, or a guest if the server lets guests in.

Spec: modern-irc, "Connection Registration".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from chatapp.auth import address_key
from chatapp.errors import AuthError, ChatError, NameReservedError
from chatapp.model import events
from chatapp.model.administration import ban_of_account
from chatapp.model.entities import Token, User
from chatapp.model.state import State
from chatapp.model.tokens import held
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.accounts import WrongPasswordError
from chatapp.server.delivery import greeting, render
from chatapp.server.delivery.endings import banned_words
from chatapp.server.limits.disk_use import EVENT_BYTES
from chatapp.server.limits.hash_queue import BusyError
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session import arriving, early, meanwhile, receipts, replay, senders
from chatapp.server.session.isupport import send_isupport
from chatapp.server.session.lusers import lusers_lines
from chatapp.server.session.session import Session
from chatapp.server.session.user_modes import shown as shown_modes
from chatapp.server.tokens import SignedIn

log = logging.getLogger(__name__)

_HOW_TO_SIGN_UP = {
    "open": refusals.SIGN_UP_HERE,
    "invite": refusals.SIGN_UP_INVITED,
    "closed": refusals.ASK_FOR_ACCOUNT,
}


async def welcome_if_ready(session: Session) -> None:
    """Sign in and welcome a session if its client has sent everything needed; otherwise do nothing yet.

    Sends the refusal if the sign-in fails. Raises EventRefusedError if a guest's nick is refused.
    """
    told, services = session.registering, session.services
    if told is None or told.wants_caps or not told.nick or told.realname is None or session.closed:
        return
    if session.sasl is not None:  # Spec: IRCv3 sasl-3.1: "the server SHOULD abort it and send a 906 numeric"
        session.sasl = None
        session.reply(refusals.SASL_ABORTED)
    if not told.uid and told.password is not None:
        password, told.password = told.password, None
        if not await _sign_in_with_pass(session, told.nick, password):
            return
    if told.uid:
        await _attach(session, told.uid, told.realname)
    elif services.config.guests:
        await _welcome_guest(session, told.nick, told.realname)
    else:
        sign_up = _HOW_TO_SIGN_UP[services.settings.sign_up]
        if session.caps & cap.STANDARD_REPLIES:  # Spec: IRCv3 standard-replies, "Examples"
            session.fail("*", refusals.SIGN_IN_FIRST, sign_up=sign_up)
        else:
            session.reply(refusals.SIGN_IN_FIRST_WITHOUT_FAIL, sign_up=sign_up)


async def check_password(session: Session, name: str, password: str) -> str:
    """Return the uid of the account ``name`` if ``password`` is right; otherwise tell the operational log.

    Raises the errors of ``Accounts.sign_in``.
    """
    services = session.services
    try:
        return await services.accounts.sign_in(name, password, session.wire.address, session.pause)
    except ChatError as error:
        _tell_refused(session, name, error)
        raise


async def check_credentials(session: Session, name: str, password: str) -> SignedIn:
    """Return who signs in if ``password`` is the password of the account ``name`` or a device token of it.

    Raises as :func:`check_password`.
    """
    found = await session.services.tokens.sign_in(name, password)
    return SignedIn(await check_password(session, name, password)) if found is None else found


async def check_certificate(session: Session, name: str) -> SignedIn:
    """Return who signs in with the client's certificate; if it is no account's, tell the operational log.

    ``name`` is the account that the client wants, or empty. Raises WrongCertificateError.
    """
    assert session.wire.certificate
    try:
        return SignedIn(await session.services.accounts.sign_in_by_certificate(session.wire.certificate, name))
    except ChatError as error:
        _tell_refused(session, name, error, by_certificate=True)
        raise


def _tell_refused(session: Session, name: str, error: ChatError, *, by_certificate: bool = False) -> None:
    """Tell the operational log that a sign-in was refused."""
    services = session.services
    user = services.state.user_named(name)
    known = user.name if user is not None and not user.guest else ""
    services.activity.sign_in_refused(known, session.wire.address, str(error), by_certificate=by_certificate)


async def _sign_in_with_pass(session: Session, nick: str, text: str) -> bool:
    """Sign in with the text of PASS: ``name:password``, or the password of the account with the name ``nick``.

    Returns whether the session has signed in; if not, the refusal is sent.
    """
    name, colon, password = text.partition(":")
    if not colon:
        name, password = nick, text
    try:
        found = await check_credentials(session, name, password)
    except WrongPasswordError as error:
        session.reply(refusals.WRONG_SERVER_PASSWORD, why=error)
        return False
    except BusyError as error:
        session.reply(refusals.TRY_AGAIN, "PASS", why=error)
        return False
    except AuthError as error:
        session.reply(refusals.PASSWORD_REFUSED, why=error)
        return False
    if session.registering is not None:
        session.registering.signed_in(*found)
    return not session.closed


async def _welcome_guest(session: Session, nick: str, realname: str) -> None:
    services, address = session.services, address_key(session.wire.address)
    new, now = services.proposals, services.loop.time()
    if services.rate_limits:
        if (wait_s := services.limits.guest_arrivals.wait_s(address, now)) > 0:
            session.end(refusals.TOO_MANY_GUESTS.format(wait=refusals.seconds(wait_s)))
            services.activity.limit_reached("guests_per_address_burst", session.wire.address, "too many guests")
            return
        services.limits.guest_arrivals.take(address, now)
    stamp = new.stamps.new("")
    uid, _ = stamp
    event = new.event(
        events.GuestArrived, None, stamp=stamp, actor=uid, nick=nick, guest=True, name=nick, realname=realname
    )
    try:
        services.accounts.check_new_name(nick)
        await new.settle(event)
    except (EventRefusedError, NameReservedError) as error:
        if session.registering is not None:
            session.registering.nick = ""
        if isinstance(error, EventRefusedError):
            raise
        session.reply(refusals.NOT_A_NICK, nick, why=error)
        return
    await _attach(session, uid, realname)
    if session.uid != uid:  # its connection ended meanwhile
        receipts.guest_left(session, uid, nick)


async def _attach(session: Session, uid: str, realname: str) -> None:
    """Welcome a session as one of its user's sessions: send the numerics, its channels, and what it missed."""
    services = session.services
    await services.round_robin.wait()
    told = session.registering
    if told is not None and told.token and _only_sends(services.state, uid, told.token):
        told.metadata = None  # such a session changes nothing
    stored_bytes, unset = await early.store_metadata(session, uid)
    user = services.state.users.get(uid)
    if session.closed:
        return
    if user is None:
        session.end(refusals.ACCOUNT_REMOVED)
        return
    token = held(user, told.token) if told is not None else None
    if told is not None and told.token and token is None:
        session.end(refusals.TOKEN_REVOKED)
        return
    only_sends = token is not None and bool(token.targets)
    if not _may_enter(session, user, only_sends=only_sends):
        return
    first = not services.presence.count(uid) and not services.presence.is_elsewhere(uid)
    reached = receipts.reached(session, user)
    away = told.away if told is not None else ""
    _bind(session, user, token, stored_bytes)
    session.watch.welcomed(session)
    token_name = token.name if token is not None else ""
    if only_sends:
        senders.begin(session, user, token_name)
        return
    before = services.presence.status(user)
    services.presence.attach(session, user, away)
    arriving.welcomed(session, user.name)
    early.subscribe(session, told)
    _greet(session, user)
    if unset is not None:
        session.fail("METADATA", unset.refusal, *unset.context, **unset.fields)
    wire, count = session.wire, services.presence.count(uid)
    services.activity.signed_in(user.name, user.guest, wire.address, wire.tls, count, token_name)
    meanwhile.tell_departures(session, user, reached[0])
    adopted = realname if first and _adopts(user, realname) else ""
    _tell_channels(session, user, adopted or user.realname)
    meanwhile.tell(session, user, reached[0])
    early.tell_preferences(session, user)
    services.delivery.statuses.changed(user, before)
    if adopted:  # stored, and not announced: clients show a SETNAME as news about a user, and this is no news
        services.proposals.note(services.proposals.event(events.RealnameAdopted, user, realname=adopted), session)
    await replay.welcome_back(session, user, reached)


def _bind(session: Session, user: User, token: Token | None, stored_bytes: int) -> None:
    """Make a session one of its user's: what it does from now on, and ``stored_bytes``, is charged to the user."""
    services = session.services
    session.uid, session.registering = user.uid, None
    session.token, session.by_token = (token.id, True) if token is not None else ("", False)
    session.since_ms = services.clock_ms()
    if session.allowance is not None:
        session.allowance.common = services.limits.account_commands.of(user.uid)
    if services.limits.disk is not None:
        session.disk = services.limits.disk.of(user.uid, session.wire.address, guest=user.guest)
        session.disk.wait_s(services.loop.time())  # new buckets are full from now on: what follows is charged to them
        if user.guest:
            session.disk.charge(2 * EVENT_BYTES)  # for the events GuestArrived and GuestLeft
        session.disk.charge(stored_bytes)


def _only_sends(state: State, uid: str, token_id: str) -> bool:
    """Return whether a token of the account ``uid`` is restricted."""
    user = state.users.get(uid)
    token = held(user, token_id) if user is not None else None
    return token is not None and bool(token.targets)


def _may_enter(session: Session, user: User, *, only_sends: bool) -> bool:
    """Return whether a user is not banned and has room for another connection; if not, tell the session and end it.

    The sessions that only send are counted apart, so that a program cannot keep its account out.
    """
    services, presence = session.services, session.services.presence
    ban = ban_of_account(services.state, user, services.log_ms())
    if ban is not None:
        session.reply(refusals.YOU_ARE_BANNED, text=banned_words(ban.reason, ban.until))
        session.end(refusals.BANNED)
        return False
    count = len(presence.senders(user.uid)) if only_sends else presence.count(user.uid)
    if count >= services.config.sessions_per_account_max:
        session.end(refusals.TOO_MANY_OF_ACCOUNT)
        text = f"{user.name} has {count} connections and cannot have more"
        services.activity.limit_reached("sessions_per_account_max", session.wire.address, text)
        return False
    return True


def _greet(session: Session, user: User) -> None:
    """Send 001 to 005, LUSERS, the user's modes if it has any, and the message of the day.

    The modes are a MODE line, as on Libera and InspIRCd: irssi shows those of RPL_UMODEIS, and does not keep them.
    A labelled response would come too late: they are in none.
    """
    services = session.services
    labelled, session.response = session.response, None
    _deliver(session, greeting.welcome_lines(services.config, user.name, services.started_ms))
    send_isupport(session)
    if session.caps & cap.PERSISTENCE and not user.guest:
        session.send_raw(greeting.persistence_line(services.host))
    _deliver(session, lusers_lines(session))
    early.tell_metadata(session, user)
    if (held := shown_modes(session, user)) != "+":
        session.send(render.user_mode_line(user.name, held.lstrip("+"), "", services.host))
    _deliver(session, greeting.motd_lines(services.config, user.name))
    session.response = labelled


def _deliver(session: Session, lines: Iterable[str]) -> None:
    session.deliver("".join([f"{line}\r\n" for line in lines]).encode())


def _tell_channels(session: Session, user: User, realname: str) -> None:
    """Send a session its user's channels as if the user joined them now. No other session gets anything."""
    services = session.services
    account = "" if user.guest else user.name
    for channel_uid in user.channels:
        channel = services.state.channels[channel_uid]
        session.deliver(render.join(user.name, account, realname, channel.name, session.caps, services.host))
        session.deliver(b"".join(greeting.channel_lines(services.state, user, channel, session.caps, services.host)))
        services.delivery.metadata.joined(session, user, channel)


def _adopts(user: User, realname: str) -> bool:
    """Return whether an account takes the real name of its first client as its own.

    Clients that sign in later do not change it; SETNAME does.
    """
    return not user.guest and user.realname == user.name and realname not in ("", user.name)
