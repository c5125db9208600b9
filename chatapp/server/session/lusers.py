"""The numerics of LUSERS: how many users, connections and channels there are. The welcome has them too."""

from __future__ import annotations

from functools import lru_cache

from chatapp.protocol import numerics as num
from chatapp.server.session.session import Session


def lusers_lines(session: Session) -> list[str]:
    """Write RPL_LUSERCLIENT and the numerics that belong to it, without CR LF.

    The numbers of administrators and channels are a few seconds old. Channels that not everybody may know of are not
    counted.

    Spec: modern-irc, "LUSERS message": "Servers MUST reply with RPL_LUSERCLIENT and RPL_LUSERME, and SHOULD also
    include all those defined below."
    """
    services, watch = session.services, session.watch
    users, most, counted = len(services.presence.by_user), services.presence.users_most, services.figures.latest()
    all_users = users + counted.elsewhere
    return (
        _template(services.host)
        .format(
            nick=session.nick,
            users=users,
            most=most,
            all_users=all_users,
            all_most=max(most, all_users, services.figures.users_most),
            invisible=min(counted.invisible_here, users),
            administrators=counted.administrators_here,
            unknown=watch.signing_in,
            channels=counted.channels,
            clients=watch.connections,
        )
        .split("\n")
    )


@lru_cache
def _template(host: str) -> str:
    """Return the lines of the numerics, with the names of fields for the nick and the numbers."""
    rows = (
        (num.RPL_LUSERCLIENT,),
        (num.RPL_LUSEROP, "{administrators}"),
        (num.RPL_LUSERUNKNOWN, "{unknown}"),
        (num.RPL_LUSERCHANNELS, "{channels}"),
        (num.RPL_LUSERME,),
        (num.RPL_LOCALUSERS, "{users}", "{most}"),
        (num.RPL_GLOBALUSERS, "{all_users}", "{all_most}"),
    )
    return "\n".join(num.numeric_line(numeric, host, "{nick}", *params) for numeric, *params in rows)
