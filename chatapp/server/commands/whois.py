"""WHOIS: what the asker may know about a user.

Spec: modern-irc, "WHOIS message".
"""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.model.channels import may_see
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.modes import prefixes
from chatapp.server import refusals
from chatapp.server.capabilities import knows_metadata
from chatapp.server.commands.about import check_server
from chatapp.server.delivery import greeting, render
from chatapp.server.session.session import Session, sessions_of

# Spec: IRCv3 draft/metadata-2: "This subset MUST be chosen explicitly, and optimised for keys that can be easily read
# by users."
_METADATA = ("display-name", "pronouns", "status", "homepage", "location")


def whois(session: Session, asker: User, target: str, nick: str) -> None:
    """Show a user. ``WHOIS nick`` and ``WHOIS server nick`` are the same, because there is one server.

    An account without a connection is found too, and is away (DESIGN R3).

    Spec: modern-irc, "WHOIS message": "Servers MUST end their reply to WHOIS messages with" ERR_NOSUCHSERVER,
    ERR_NONICKNAMEGIVEN or RPL_ENDOFWHOIS. RPL_ENDOFWHOIS follows also after ERR_NOSUCHNICK, as in other servers,
    because irssi waits for it.
    """
    if nick:
        check_server(session, target)
    nick = nick or target
    if not nick:
        raise refusals.NO_NICK_GIVEN.of()
    user = session.services.state.user_named(nick)
    if user is None:
        session.reply(refusals.NO_SUCH_NICK, nick)
    else:
        _show(session, asker, user)
    session.reply(num.RPL_ENDOFWHOIS, nick)


def _show(session: Session, asker: User, user: User) -> None:
    services, name = session.services, user.name
    session.reply_data(num.RPL_WHOISUSER, name, name, services.host, "*", last=user.realname)
    if away := services.presence.away(user.uid):
        session.reply_data(num.RPL_AWAY, name, last=away)
    for channels in _channels(session, asker, user):
        session.reply_data(num.RPL_WHOISCHANNELS, name, last=channels)
    session.reply_data(num.RPL_WHOISSERVER, name, services.host, last=services.config.network_name)
    if user.role == ADMINISTRATOR:
        session.reply(num.RPL_WHOISOPERATOR, name)
    if "B" in user.modes:  # Spec: IRCv3 bot-mode, "The RPL_WHOISBOT (335) numeric"
        session.reply(num.RPL_WHOISBOT, name)
    if not user.guest:
        connected = services.presence.is_connected(user.uid)
        session.reply(num.RPL_WHOISACCOUNT, name, name, text=None if connected else "is the account")
    if knows_metadata(session.caps):
        for key in _METADATA:
            if value := user.metadata.get(key):
                session.reply_data(num.RPL_WHOISKEYVALUE, name, key, "*", last=value)
    _show_sessions(session, asker, user)


def _channels(session: Session, asker: User, user: User) -> Iterator[str]:
    """Write the user's channels that the asker may see, as many as fit in a line at a time.

    Spec: modern-irc, RPL_WHOISCHANNELS: ``[prefix]<channel>{ [prefix]<channel>}``; "<prefix> is the highest channel
    membership prefix that the client has in that channel". "Secret Channel Mode": "secret channels will not show up in
    the RPL_WHOISCHANNELS numeric unless the user the numeric is being sent to is joined to that channel." "Invisible
    User Mode": "the only channels that will show up in a WHOIS of an invisible user will be those they share with the
    user that submitted the command."
    """
    services = session.services
    shows_all = "i" not in user.modes or asker is user or asker.role == ADMINISTRATOR
    visible = [
        each
        for each in services.state.channels_of(user)
        if may_see(services.state, asker, each) and (shows_all or asker.uid in each.members)
    ]
    session.charge_lines(len(visible))
    before = num.data_line(num.RPL_WHOISCHANNELS, services.host, session.nick, user.name, last="")
    shown = (prefixes(each.members[user.uid], False) + each.name for each in visible)
    return greeting.packed(shown, LINE_BYTES_MAX - 2 - len(before.encode()), greeting.bytes_of)


def _show_sessions(session: Session, asker: User, user: User) -> None:
    """Show what the user's sessions on this server tell: TLS, certificates, silence, and addresses.

    Spec: modern-irc, "WHOIS message": "Servers typically send some of these numerics only to the client itself and to
    servers operators, as they contain privacy-sensitive information that should not be revealed to other users."
    """
    sessions = sessions_of(session.services, user.uid)
    if not sessions:
        return
    if asker is user or asker.role == ADMINISTRATOR:
        for address in dict.fromkeys(each.wire.address for each in sessions):
            session.reply(num.RPL_WHOISACTUALLY, user.name, render.address(address))
        for fingerprint in dict.fromkeys(each.wire.certificate for each in sessions):
            if fingerprint:
                session.reply(num.RPL_WHOISCERTFP, user.name, fingerprint=fingerprint)
    if all(each.wire.tls for each in sessions):
        session.reply(num.RPL_WHOISSECURE, user.name)
    since_s = min(each.since_ms for each in sessions) // 1000
    session.reply(num.RPL_WHOISIDLE, user.name, str(idle_s(session, sessions)), str(since_s))


def idle_s(session: Session, sessions: tuple[Session, ...]) -> int:
    """Return the seconds since the last message of these sessions of a user, or since the latest sign-in if later."""
    latest_ms = max(max(each.spoke_ms, each.since_ms) for each in sessions)
    return max(0, session.services.clock_ms() - latest_ms) // 1000
