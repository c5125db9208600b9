"""ADMIN, INFO, LINKS, TIME and VERSION: what this server is."""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold
from chatapp.protocol.timestamps import format_minute
from chatapp.protocol.wildcards import matcher
from chatapp.server import refusals
from chatapp.server.delivery import greeting
from chatapp.server.session.isupport import send_isupport
from chatapp.server.session.session import Session

WHAT = "a private chat that people own"


def check_server(session: Session, target: str) -> None:
    """Raise ERR_NOSUCHSERVER if ``target`` names another server. There is only this one, and all users are on it.

    Spec: modern-irc, "VERSION message": "If <target> is a client, the information for the server that client is
    connected to is requested. If <target> is given and a matching server cannot be found, the server will respond with
    the ERR_NOSUCHSERVER numeric"; "Wildcards are allowed in the <target> parameter."
    """
    services = session.services
    if target and not matcher(target)(fold(services.host)) and services.state.user_named(target) is None:
        raise refusals.NO_SUCH_SERVER.of(target)


def version(session: Session, target: str) -> None:
    """Show the version of the software, and the tokens of RPL_ISUPPORT.

    Spec: modern-irc, "VERSION message": "the given server SHOULD respond with one RPL_VERSION reply and one or more
    RPL_ISUPPORT replies."
    """
    check_server(session, target)
    services = session.services
    session.reply(num.RPL_VERSION, greeting.VERSION, services.host, text=WHAT)
    send_isupport(session)


_WHO_SIGNS_UP = {
    "open": "Everybody can sign up.",
    "invite": "Only who has an invitation can sign up.",
    "closed": "Nobody can sign up.",
}


def admin(session: Session, target: str) -> None:
    """Show who runs the server: its name, and the accounts of the administrators.

    Spec: modern-irc, "ADMIN message": "the given server SHOULD respond with the RPL_ADMINME, RPL_ADMINLOC1,
    RPL_ADMINLOC2, and RPL_ADMINEMAIL replies."
    """
    check_server(session, target)
    services = session.services
    names = services.figures.latest().administrators
    who = f"Administrators: {', '.join(names)}." if names else "No account here is an administrator's."
    session.reply(num.RPL_ADMINME, services.host)
    session.reply(num.RPL_ADMINLOC1, text=f"{services.config.network_name}, {WHAT}")
    session.reply(num.RPL_ADMINLOC2, text=who)
    session.reply(num.RPL_ADMINEMAIL, text="No e-mail address is known. Write to an administrator here.")


def time(session: Session, target: str) -> None:
    """Show the server's time (UTC): as a number, its offset from UTC, and for people.

    Spec: modern-irc, RPL_TIME: ``<server> [<timestamp> [<TS offset>]] :<human-readable time>``.
    """
    check_server(session, target)
    services = session.services
    now_ms = services.clock_ms()
    session.reply(num.RPL_TIME, services.host, str(now_ms // 1000), "0", text=format_minute(now_ms))


def info(session: Session, target: str) -> None:
    """Show what the software is, and since when the server runs.

    Spec: modern-irc, "INFO message": "zero or more RPL_INFO replies, followed by one RPL_ENDOFINFO numeric."
    """
    check_server(session, target)
    config = session.services.config
    signing_up = _WHO_SIGNS_UP[session.services.settings.sign_up]
    for text in (
        f"{greeting.VERSION}: {WHAT}",
        f"{config.network_name} was started {format_minute(session.services.started_ms)}. {signing_up}",
        "Every message is on disk before anybody sees it. HELP lists the commands.",
    ):
        session.reply(num.RPL_INFO, text=text)
    session.reply(num.RPL_ENDOFINFO)


def links(session: Session, remote: str, mask: str) -> None:
    """Show the servers that match a mask: there is one. ``LINKS mask`` and ``LINKS server mask`` are the same.

    Spec: modern-irc, "LINKS message": "zero or more RPL_LINKS messages", and "the end of the list using a
    RPL_ENDOFLINKS message". RFC 2812, section 3.4.5, has the parameters.
    """
    if mask:
        check_server(session, remote)
    mask = mask or remote or "*"
    services = session.services
    if matcher(mask)(fold(services.host)):
        session.reply(num.RPL_LINKS, services.host, services.host, text=f"0 {services.config.network_name}")
    session.reply(num.RPL_ENDOFLINKS, mask)
