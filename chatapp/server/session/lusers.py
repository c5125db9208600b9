"""The numerics of LUSERS: how many users, connections and channels there are. The welcome has them too."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.protocol import numerics as num
from chatapp.server.session.session import Session


def lusers_lines(session: Session) -> Iterator[str]:
    """Write RPL_LUSERCLIENT and the numerics that belong to it, without CR LF.

    The numbers of administrators and channels are a few seconds old. Channels that not everybody may know of are not
    counted.

    Spec: modern-irc, "LUSERS message": "Servers MUST reply with RPL_LUSERCLIENT and RPL_LUSERME, and SHOULD also
    include all those defined below."
    """
    services, watch = session.services, session.watch
    users, most = len(services.presence.by_user), services.presence.users_most
    counted = services.figures.latest()

    def line(numeric: num.Numeric, *params: int, **fields: int) -> str:
        text = numeric.text.format(**fields)
        return num.numeric_line(numeric, services.host, session.nick, *map(str, params), text=text)

    yield line(num.RPL_LUSERCLIENT, users=users, invisible=min(counted.invisible_here, users))
    yield line(num.RPL_LUSEROP, counted.administrators_here)
    yield line(num.RPL_LUSERUNKNOWN, watch.signing_in)
    yield line(num.RPL_LUSERCHANNELS, counted.channels)
    yield line(num.RPL_LUSERME, clients=watch.connections)
    yield line(num.RPL_LOCALUSERS, users, most, users=users, most=most)
    yield line(num.RPL_GLOBALUSERS, users, most, users=users, most=most)
