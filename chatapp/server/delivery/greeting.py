"""Pure: the lines that a session gets when it is welcomed, and when its user joins a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from chatapp import __version__
from chatapp.config import Config
from chatapp.model import events
from chatapp.model.channels import may_list
from chatapp.model.entities import LIST_MAX, SILENCED_MAX, Channel, User
from chatapp.model.messages import read_until
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.model.tables import Tables
from chatapp.protocol import isupport, modes
from chatapp.protocol import names as name_rules
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.timestamps import format_minute, format_time
from chatapp.server import capabilities as cap
from chatapp.server import refusals
from chatapp.server.delivery import render

VERSION = f"chatapp-{__version__}"
CHANGES_MAX = 12  # changes of modes in one MODE command
KEY_CHARS_MAX = 32


def announced(config: Config) -> dict[str, str | None]:
    """Return the tokens of RPL_ISUPPORT with their values (``None``: no value). ``LOBBY`` is our own token."""
    most = config.targets_max
    targets = {
        "PRIVMSG": most, "NOTICE": most, "TAGMSG": most, "KICK": most, "JOIN": "", "PART": "", "NAMES": "",
        "LIST": config.list_items_max, "ISON": "", "USERHOST": config.userhost_max, "WHOIS": 1, "WHOWAS": 1,
    }  # fmt: skip
    tokens: dict[str, str | None] = {
        "NETWORK": config.network_name,
        "CASEMAPPING": "ascii",
        "CHANTYPES": name_rules.CHANNEL_PREFIX,
        "NICKLEN": str(name_rules.NICK_CHARS_MAX),
        "CHANNELLEN": str(name_rules.CHANNEL_CHARS_MAX),
        "TOPICLEN": str(config.topic_bytes_max),
        "AWAYLEN": str(config.away_bytes_max),
        "NAMELEN": str(config.realname_bytes_max),
        "PREFIX": modes.PREFIX_TOKEN,
        "CHANMODES": modes.CHANMODES_TOKEN,
        "MODES": str(CHANGES_MAX),
        "MAXLIST": ",".join(f"{letter}:{LIST_MAX}" for letter in modes.LISTS),
        "EXCEPTS": "e",
        "INVEX": "I",
        "EXTBAN": "~,amt",
        "ACCOUNTEXTBAN": "a",
        "SILENCE": str(SILENCED_MAX),
        "KEYLEN": str(KEY_CHARS_MAX),
        "KICKLEN": str(config.topic_bytes_max),
        "CHANLIMIT": f"#:{config.channels_per_user_max}",
        "MAXTARGETS": str(config.targets_max),
        "TARGMAX": ",".join(f"{verb}:{most}" for verb, most in targets.items()),
        "ELIST": "CMNTU",
        "SAFELIST": None,
        "WHOX": None,
        "CHATHISTORY": str(config.history_page_max),
        "MONITOR": str(config.monitor_max),
        "MSGREFTYPES": "msgid,timestamp",
        "UTF8ONLY": None,
        "LINELEN": "512",
        "CLIENTTAGDENY": "",  # no client-only tag is blocked
        "STATUSMSG": modes.PREFIXES,
        "USERMODES": f",,,{modes.USER_LETTERS}",  # of four kinds, as CHANMODES
        "BOT": "B",
    }
    if not config.guests:
        tokens["draft/ACCOUNTREQUIRED"] = None  # Spec: IRCv3 account-registration
    if config.icon:
        tokens["draft/ICON"] = config.icon  # Spec: IRCv3 draft/network-icon
    if config.lobby is not None:
        tokens["LOBBY"] = config.lobby
    return tokens


def welcome_lines(config: Config, nick: str, started_ms: int) -> Iterator[str]:
    """Write the numerics 001 to 004, without CR LF. ``started_ms`` is the server's start time."""
    host = config.server_name

    def line(numeric: num.Numeric, *params: str, **fields: str) -> str:
        return num.numeric_line(numeric, host, nick, *params, text=numeric.text.format(**fields))

    yield line(num.RPL_WELCOME, network=config.network_name, nick=nick)
    yield line(num.RPL_YOURHOST, server=host, version=VERSION)
    yield line(num.RPL_CREATED, time=format_minute(started_ms))
    yield line(num.RPL_MYINFO, host, VERSION, modes.USER_LETTERS, modes.LETTERS)


def isupport_lines(config: Config, nick: str) -> Iterator[str]:
    """Write RPL_ISUPPORT, as many lines as needed, without CR LF."""
    for tokens in _tokens(config):
        yield num.numeric_line(num.RPL_ISUPPORT, config.server_name, nick, tokens)


@lru_cache
def _tokens(config: Config) -> list[str]:
    """Return the tokens of RPL_ISUPPORT, as each of its lines has them."""
    return [" ".join(tokens) for tokens in isupport.tokens(announced(config))]


def persistence_line(host: str) -> bytes:
    """Write PERSISTENCE STATUS: the account has no preference, and stays in its channels without a connection.

    Spec: IRCv3 draft/persistence, "PERSISTENCE STATUS <client-setting> <effective-setting>".
    """
    return f":{host} PERSISTENCE STATUS DEFAULT ON\r\n".encode()


def motd_lines(config: Config, nick: str) -> Iterator[str]:
    """Write the message of the day, or ERR_NOMOTD if there is none; without CR LF."""
    host = config.server_name
    if not config.motd:
        yield num.numeric_line(refusals.NO_MOTD, host, nick)
        return
    yield num.numeric_line(num.RPL_MOTDSTART, host, nick)
    for text in config.motd:
        yield num.data_line(num.RPL_MOTD, host, nick, last=text)
    yield num.numeric_line(num.RPL_ENDOFMOTD, host, nick)


def longest_topic_line(channel: str, text: str, host: str) -> str:
    """Write a line at least as long as any that shows a topic: TOPIC itself, and the replies to TOPIC and LIST."""
    return f":{render.source('n' * name_rules.NICK_CHARS_MAX, host)} TOPIC {channel} :{text}"


def topic_lines(state: State, channel: Channel, nick: str, host: str) -> Iterator[bytes]:
    """Write a channel's topic (332), and who set it and when in seconds (333). Without a topic, write nothing.

    333 has the whole source of who set it: irssi shows "[]" after a nick alone.

    Spec: modern-irc, "RPL_TOPIC", "RPL_TOPICWHOTIME".
    """
    topic = channel.topic
    if topic is not None:
        line = num.numeric_line(num.RPL_TOPIC, host, nick, channel.name, text=topic.text)
        if render.fits(line):  # the channel may have got a longer name at the moment when the topic was set
            yield _as_bytes(line)
        setter = render.source(state.name_shown(topic.uid, topic.nick), host)
        yield _as_bytes(
            num.numeric_line(num.RPL_TOPICWHOTIME, host, nick, channel.name, setter, str(topic.time // 1000))
        )


def names_lines(
    state: State, channel: Channel, nick: str, caps: int, host: str, outsider: User | None = None
) -> Iterator[bytes]:
    """Write the members of a channel: 353, as many lines as needed, then 366.

    ``outsider`` is the reader if it is no member: invisible members (mode i) are left out for it, unless it shares
    another channel with them.

    Spec: modern-irc, "RPL_NAMREPLY": the symbol is ``@`` for a secret channel, ``=`` for others; IRCv3 multi-prefix,
    userhost-in-names.
    """
    symbol = "@" if "s" in channel.modes else "="
    before = num.numeric_line(num.RPL_NAMREPLY, host, nick, symbol, channel.name) + " :"
    users, multi = state.users, bool(caps & cap.MULTI_PREFIX)
    seen: Iterable[tuple[str, int]] = channel.members.items()
    if outsider is not None:
        seen = [(uid, flags) for uid, flags in seen if may_list(outsider, users[uid])]
    members = (modes.prefixes(flags, multi) + users[uid].name for uid, flags in seen)
    if caps & cap.USERHOST_IN_NAMES:
        members = (f"{name}!{name.lstrip(modes.PREFIXES)}@{host}" for name in members)
    for chunk in packed(members, LINE_BYTES_MAX - 2 - len(before.encode())):
        yield _as_bytes(before + chunk)
    yield _as_bytes(num.numeric_line(num.RPL_ENDOFNAMES, host, nick, channel.name))


def _as_bytes(line: str) -> bytes:
    return line.encode() + b"\r\n"


def bytes_of(text: str) -> int:
    """Return the length of a text in UTF-8."""
    return len(text.encode())


def packed(words: Iterable[str], most: int, size: Callable[[str], int] = len) -> Iterator[str]:
    """Join words with spaces into texts of at most ``most`` characters, or bytes if ``size`` is :func:`bytes_of`."""
    line: list[str] = []
    used = 0
    for word in words:
        length = size(word)
        if line and used + length > most:
            yield " ".join(line)
            line, used = [], 0
        line.append(word)
        used += length + 1
    if line:
        yield " ".join(line)


def marker_line(state: Tables, user: User, stream: str, host: str) -> bytes:
    """Write up to where a user has read a stream as a MARKREAD line, with ``*`` if nothing says it."""
    return marker(state.name_of(stream, user), read_until(state, user, stream), host)


def marker(target: str, until: int | None, host: str) -> bytes:
    """Write MARKREAD for a target. ``until`` is in milliseconds since 1970, or ``None`` if there is no marker."""
    time = "*" if until is None else f"timestamp={format_time(until)}"
    return f":{host} MARKREAD {target} {time}\r\n".encode()


def marker_set(tables: Tables, applied: Applied, event: events.MarkerSet, caps: int, host: str) -> bytes:
    """Write the new read marker of an account, for a recipient with read-marker."""
    assert applied.actor is not None
    return marker_line(tables, applied.actor, event.stream, host) if caps & cap.READ_MARKER else b""


def channel_lines(state: State, user: User, channel: Channel, caps: int, host: str) -> list[bytes]:
    """Write the lines that follow a user's own JOIN: topic, read marker, members.

    Spec: IRCv3 draft/read-marker: "The command MUST be sent before the RPL_ENDOFNAMES reply for that channel following
    the JOIN."; IRCv3 no-implicit-names: "servers MUST NOT send an implicit NAMES reply after sending a JOIN message".
    """
    lines = list(topic_lines(state, channel, user.name, host))
    if caps & cap.READ_MARKER:
        lines.append(marker_line(state, user, channel.uid, host))
    if not caps & (cap.NO_IMPLICIT_NAMES | cap.DRAFT_NO_IMPLICIT_NAMES):
        lines += names_lines(state, channel, user.name, caps, host)
    return lines
