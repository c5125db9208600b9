"""MONITOR: be told when users connect and disconnect. Each session has a list of its own.

Spec: IRCv3 monitor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatapp.errors import NameNotAllowedError
from chatapp.model.entities import User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.names import parse_nick
from chatapp.server import refusals
from chatapp.server.delivery.monitors import joined, name_lines, offline_lines, online_lines
from chatapp.server.session.session import Session


def monitor(session: Session, modifier: str, names: str | None) -> None:
    """Add names to the session's list (``+``), remove some (``-``) or all (``C``), or show the list (``L``, ``S``).

    ``names`` is a list with commas, as typed. Raises CommandRefused.
    """
    if modifier in _WITH_NAMES:
        targets = [name for name in (names or "").split(",") if name]
        if not targets:
            raise refusals.NEED_MORE_PARAMS.of("MONITOR")
        session.charge_lines(len(targets))
        _WITH_NAMES[modifier](session, targets)
    elif modifier.upper() in _WITHOUT_NAMES:
        _WITHOUT_NAMES[modifier.upper()](session)
    else:
        raise refusals.UNKNOWN_MONITOR.of("MONITOR")


def _add(session: Session, names: list[str]) -> None:
    """Add names, and tell for each whether it is online. Names beyond the limit are refused with 734.

    Spec: IRCv3 monitor, "'target' MUST be a valid nick as determined by the IRC daemon"; ERR_MONLISTFULL: "the list of
    targets, as the client sent them, that cannot be added".
    """
    services = session.services
    monitors, most = services.presence.monitors, services.config.monitor_max
    added: dict[str, None] = {}
    refused: list[str] = []
    for name in names:
        try:
            parse_nick(name)
        except NameNotAllowedError as error:
            session.reply(refusals.NOT_A_NICK, name, why=error)
            continue
        if monitors.add(session, name, most):
            added[name] = None
        else:
            refused.append(name)
    _tell_status(session, added)
    full = refusals.MONITOR_FULL
    before = len(num.numeric_line(full, services.host, session.nick, str(most), ""))
    for targets in joined(refused, LINE_BYTES_MAX - 2 - before):
        session.send(num.numeric_line(full, services.host, session.nick, str(most), targets))


def _remove(session: Session, names: list[str]) -> None:
    """Remove names from the list, and answer nothing.

    Spec: IRCv3 monitor, "MONITOR -": "No output will be returned for use of this command."
    """
    for name in names:
        session.services.presence.monitors.remove(session, name)


def _clear(session: Session) -> None:
    """Remove all names, and answer nothing.

    Spec: IRCv3 monitor, "MONITOR C": "No output will be returned for use of this command."
    """
    session.services.presence.monitors.clear(session)


def _list(session: Session) -> None:
    """Show the names on the list.

    Spec: IRCv3 monitor, "MONITOR L": "the output will be terminated with RPL_ENDOFMONLIST".
    """
    services = session.services
    names = services.presence.monitors.names(session)
    session.send_all(name_lines(num.RPL_MONLIST, services.host, session.nick, names))
    session.reply(num.RPL_ENDOFMONLIST)


def _status(session: Session) -> None:
    """Tell for each name on the list whether it is online."""
    _tell_status(session, session.services.presence.monitors.names(session))


def _tell_status(session: Session, names: Iterable[str]) -> None:
    """Send RPL_MONONLINE (730) for the names that are online, and RPL_MONOFFLINE (731) for the others."""
    services = session.services
    online: list[User] = []
    offline: list[str] = []
    for name in names:
        user = services.state.user_named(name)
        if user is not None and services.presence.is_online(user):
            online.append(user)
        else:
            offline.append(name)
    session.send_all(online_lines(services.host, session.nick, online))
    for user in online:
        services.delivery.metadata.appeared(session, user, session.response)
    session.send_all(offline_lines(services.host, session.nick, offline))


_WITH_NAMES: dict[str, Callable[[Session, list[str]], None]] = {"+": _add, "-": _remove}
_WITHOUT_NAMES: dict[str, Callable[[Session], None]] = {"C": _clear, "L": _list, "S": _status}
