"""STATS: figures of the running server.

Spec: modern-irc, "STATS message".
"""

from __future__ import annotations

from chatapp.model.administration import lives
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import refusals
from chatapp.server.commands.about import check_server
from chatapp.server.commands.administration import describe
from chatapp.server.commands.whois import idle_s
from chatapp.server.delivery import render
from chatapp.server.session.session import Session, sessions_of


async def stats(session: Session, asker: User, query: str, server: str) -> None:
    """Show the figures that the first letter of ``query`` asks for: ``u`` to everybody, others to administrators.

    Spec: modern-irc, "STATS message": "The specific queries supported by this command depend on the server that
    replies". A query that the server does not know gets RPL_ENDOFSTATS alone.
    """
    check_server(session, server)
    letter = query[:1]
    if not letter:
        raise refusals.NEED_MORE_PARAMS.of("STATS")
    if letter != "u" and asker.role != ADMINISTRATOR:
        raise refusals.NOT_AN_ADMINISTRATOR.of()
    if letter == "u":
        _uptime(session)
    elif letter == "t":
        _figures(session)
    elif letter == "o":
        for name in session.services.figures.latest().administrators:
            session.reply(num.RPL_STATSOLINE, "O", "*", "*", name)
    elif letter in "kK":
        _bans(session)
    elif letter in "pP":
        await _administrators(session)
    elif letter == "l":
        await _connections(session)
    session.reply(num.RPL_ENDOFSTATS, letter)


def _uptime(session: Session) -> None:
    minutes, seconds = divmod(round(session.services.activity.uptime_s()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    session.reply(num.RPL_STATSUPTIME, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _figures(session: Session) -> None:
    services, watch = session.services, session.watch
    for text in (
        f"users connected: {len(services.presence.by_user)}, at most so far {services.presence.users_most}",
        f"connections: {watch.connections}, of which {watch.signing_in} have not signed in",
        f"users known: {len(services.state.users)}, channels: {len(services.state.channels)}",
        f"messages in the last minute: {services.activity.messages_last_minute()}",
        f"log position: {services.state.position}",
        f"slow readers: {len(services.limits.slow_readers)}",
    ):
        session.reply(num.RPL_STATSDEBUG, "t", text=text)


def _bans(session: Session) -> None:
    """Show the bans from the server.

    Spec: modern-irc, "Numerics": RPL_STATSKLINE is ``K <host> * <username> ...``; the text says by whom, until when and
    why.
    """
    services = session.services
    bans = [each for each in services.state.bans.values() if lives(each.until, services.log_ms())]
    session.charge_lines(len(bans))
    for each in bans:
        network, account = ("*", each.target) if each.uid else (render.address(each.target), "*")
        head = num.numeric_line(num.RPL_STATSKLINE, services.host, session.nick, "K", network, "*", account) + " :"
        room = LINE_BYTES_MAX - 2 - len(head.encode())
        session.send(head + describe(each, services).encode()[:room].decode(errors="ignore"))


def _is_asked_by_administrator(session: Session) -> bool:
    """Return whether the asker is an administrator still: before each piece of a long answer, time passes."""
    user = session.user
    return user is not None and user.role == ADMINISTRATOR


async def _administrators(session: Session) -> None:
    """Show the administrators who are connected to this server, and how long each of them was silent."""
    services = session.services
    async for piece in session.pieces(services.presence.uids()):
        if not _is_asked_by_administrator(session):
            return
        for uid in piece:
            user, sessions = services.state.users.get(uid), sessions_of(services, uid)
            if user is not None and user.role == ADMINISTRATOR and sessions:
                session.reply(num.RPL_STATSDEBUG, "p", text=f"{user.name}, silent for {idle_s(session, sessions)} s")


async def _connections(session: Session) -> None:
    """Show the connections of the users on this server, at most ``who_max``.

    The text is for people: the fields of RPL_STATSLINKINFO (211) are counters that this server does not keep.
    """
    services, shown = session.services, 0
    async for piece in session.pieces(services.presence.uids()):
        if not _is_asked_by_administrator(session):
            return
        for each in (each for uid in piece for each in sessions_of(services, uid)):
            if shown == services.config.who_max:
                session.reply(refusals.TOO_MANY_MATCHES, "STATS")
                return
            shown += 1
            how = "TLS" if each.wire.tls else "plain text"
            seconds = max(0, services.clock_ms() - each.since_ms) // 1000
            text = f"{each.nick} from {each.wire.address} ({how}) for {seconds} s, {each.wire.waiting_bytes} bytes wait"
            session.reply(num.RPL_STATSDEBUG, "l", text=text)
        session.charge_lines(len(piece))
