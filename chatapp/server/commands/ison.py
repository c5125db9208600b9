"""ISON: which of some users are connected now.

Spec: RFC 2812, section 4.9; modern-irc, RPL_ISON.
"""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.delivery import render
from chatapp.server.session.session import Session


def ison(session: Session, names: list[str]) -> None:
    """Show the names of those users in ``names`` that are connected, in one line.

    An account without a connection is not "present on the network". Clients ask for a line of names every few seconds,
    and take each reply as the whole answer. So there is one reply, also an empty one; it leaves out the last names if
    it would be too long.

    Spec: modern-irc, RPL_ISON: "The last parameter of this numeric (if there are any results) is a list of nicknames,
    delimited by a SPACE character".
    """
    if not names:
        raise refusals.NEED_MORE_PARAMS.of("ISON")
    services, shown = session.services, ""
    for name in names:
        user = services.state.user_named(name)
        if user is not None and services.presence.is_connected(user.uid):
            longer = f"{shown} {user.name}" if shown else user.name
            if not render.fits(num.data_line(num.RPL_ISON, services.host, session.nick, last=longer)):
                break
            shown = longer
    session.reply_data(num.RPL_ISON, last=shown)
