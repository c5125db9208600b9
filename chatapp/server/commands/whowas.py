"""WHOWAS: the users who had a name and have gone: removed accounts, and guests; and who has the name now.

Spec: modern-irc, "WHOWAS message".
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Gone, User
from chatapp.protocol import numerics as num
from chatapp.server import refusals
from chatapp.server.session.session import Session


def whowas(session: Session, asker: User, nick: str, count: str) -> None:
    """Show who is called ``nick`` now, then the users of that name who have gone, the last to go first.

    Who has the name now is shown because an account need not be connected, and the asker may take it for gone. WHOIS
    tells everybody of every user too. The state keeps no real name of a user who has gone, so its name stands there.

    Spec: modern-irc, "WHOWAS message": "The history is searched backward, returning the most recent entry first";
    "Servers MUST reply with either ERR_WASNOSUCHNICK or a non-empty list of WHOWAS entries, both followed with
    RPL_ENDOFWHOWAS". "If given, <count> SHOULD be a positive number. Otherwise, a full search is done."
    """
    if not nick:
        raise refusals.NO_NICK_GIVEN.of()
    services = session.services
    most = services.config.whowas_max
    if count.isascii() and count.isdigit() and 0 < int(count[:9]) < most:
        most = int(count[:9])
    user = services.state.user_named(nick)
    if user is not None:
        most -= 1
        session.reply_data(num.RPL_WHOWASUSER, user.name, user.name, services.host, "*", last=user.realname)
        what = "This is a guest who is here." if user.guest else "This account exists."
        session.reply_data(num.RPL_WHOISSERVER, user.name, services.host, last=f"{what} WHOIS shows more.")
    found = [gone for gone in services.state.all_gone_named(nick) if _may_know(asker, gone)][:most]
    for gone in found:
        session.reply_data(num.RPL_WHOWASUSER, gone.name, gone.name, services.host, "*", last=gone.name)
        what = "The account was removed." if gone.account else "The guest has left."
        session.reply_data(num.RPL_WHOISSERVER, gone.name, services.host, last=what)
    if not found and user is None:
        session.reply(refusals.NO_SUCH_NICK_BEFORE, nick)
    session.reply(num.RPL_ENDOFWHOWAS, nick)


def _may_know(asker: User, gone: Gone) -> bool:
    """Return whether the asker may know of a user who has gone.

    Everybody may know of a removed account. The state remembers a guest only while somebody keeps a conversation with
    it, so the answer would tell others of that conversation.
    """
    return gone.account or events.conversation(asker.uid, gone.uid) in asker.conversations
