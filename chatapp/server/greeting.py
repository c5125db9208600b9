"""Pure: the lines with which a session is welcomed to the server and to a channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatapp import __version__
from chatapp.config import Config
from chatapp.model.entities import OPERATOR, Channel, User
from chatapp.model.state import State
from chatapp.protocol import isupport
from chatapp.protocol import names as name_rules
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.timestamps import format_time
from chatapp.server import capabilities as cap


def announced(config: Config) -> dict[str, str | None]:
    """Tell what RPL_ISUPPORT says of this server; ``LOBBY`` is our own token."""
    most = config.targets_max
    targets = {"PRIVMSG": most, "NOTICE": most, "TAGMSG": most, "JOIN": "", "PART": "", "NAMES": 1, "LIST": ""}
    tokens: dict[str, str | None] = {
        "NETWORK": config.network_name,
        "CASEMAPPING": "ascii",
        "CHANTYPES": name_rules.CHANNEL_PREFIX,
        "NICKLEN": str(name_rules.NICK_CHARS_MAX),
        "CHANNELLEN": str(name_rules.CHANNEL_CHARS_MAX),
        "TOPICLEN": str(config.topic_bytes_max),
        "AWAYLEN": str(config.away_bytes_max),
        "NAMELEN": str(config.realname_bytes_max),
        "PREFIX": "(o)@",
        "CHANMODES": ",,,",
        "CHANLIMIT": f"#:{config.channels_per_user_max}",
        "MAXTARGETS": str(config.targets_max),
        "TARGMAX": ",".join(f"{verb}:{most}" for verb, most in targets.items()),
        "CHATHISTORY": str(config.history_page_max),
        "MSGREFTYPES": "msgid,timestamp",
        "UTF8ONLY": None,
        "LINELEN": "512",
    }
    if config.lobby is not None:
        tokens["LOBBY"] = config.lobby
    return tokens


def welcome_lines(config: Config, nick: str, started: str) -> Iterator[str]:
    """Write the numerics 001 to 005, without CR LF."""
    host, version = config.server_name, f"chatapp-{__version__}"

    def line(numeric: num.Numeric, *params: str, text: str) -> str:
        middle = "".join(f" {param}" for param in params)
        return f":{host} {numeric.code} {nick}{middle}" + (f" :{text}" if text else "")

    yield line(num.RPL_WELCOME, text=num.RPL_WELCOME.text.format(network=config.network_name, nick=nick))
    yield line(num.RPL_YOURHOST, text=num.RPL_YOURHOST.text.format(server=host, version=version))
    yield line(num.RPL_CREATED, text=num.RPL_CREATED.text.format(time=started))
    yield line(num.RPL_MYINFO, host, version, "i", "o", text="")
    for tokens in isupport.tokens(announced(config)):
        yield line(num.RPL_ISUPPORT, *tokens, text=num.RPL_ISUPPORT.text)


def motd_lines(config: Config, nick: str) -> Iterator[str]:
    """Write the message of the day, or that there is none."""
    host = config.server_name
    if not config.motd:
        yield f":{host} {num.ERR_NOMOTD.code} {nick} :{num.ERR_NOMOTD.text}"
        return
    yield f":{host} {num.RPL_MOTDSTART.code} {nick} :{num.RPL_MOTDSTART.text}"
    for text in config.motd:
        yield f":{host} {num.RPL_MOTD.code} {nick} :{text}"
    yield f":{host} {num.RPL_ENDOFMOTD.code} {nick} :{num.RPL_ENDOFMOTD.text}"


def topic_lines(state: State, channel: Channel, nick: str, host: str) -> Iterator[bytes]:
    """Write the topic, who set it and when (seconds); nothing where there is none."""
    topic = channel.topic
    if topic is not None:
        yield f":{host} {num.RPL_TOPIC.code} {nick} {channel.name} :{topic.text}\r\n".encode()
        setter = f"{state.name_shown(topic.uid, topic.nick)} {topic.time // 1000}"
        yield f":{host} {num.RPL_TOPICWHOTIME.code} {nick} {channel.name} {setter}\r\n".encode()


def names_lines(state: State, channel: Channel, nick: str, host: str) -> Iterator[bytes]:
    """Write who is a member (353, as many lines as it takes, then 366)."""
    before = f":{host} {num.RPL_NAMREPLY.code} {nick} = {channel.name} :"
    users = state.users
    members = (("@" if flags & OPERATOR else "") + users[uid].name for uid, flags in channel.members.items())
    for chunk in packed(members, LINE_BYTES_MAX - 2 - len(before.encode())):
        yield f"{before}{chunk}\r\n".encode()
    yield f":{host} {num.RPL_ENDOFNAMES.code} {nick} {channel.name} :{num.RPL_ENDOFNAMES.text}\r\n".encode()


def packed(words: Iterable[str], chars_max: int) -> Iterator[str]:
    """Join words with spaces into texts of at most ``chars_max`` characters."""
    line: list[str] = []
    used = 0
    for word in words:
        if line and used + len(word) > chars_max:
            yield " ".join(line)
            line, used = [], 0
        line.append(word)
        used += len(word) + 1
    if line:
        yield " ".join(line)


def marker_line(state: State, user: User, stream: str, host: str) -> bytes:
    """Write how far the user has read (read-marker); ``*`` where that is not known."""
    return marker(state.name_of(stream, user), user.markers.get(stream), host)


def marker(target: str, until: int | None, host: str) -> bytes:
    """Write MARKREAD for a target; ``until`` in milliseconds since 1970, ``None`` for not known."""
    time = "*" if until is None else f"timestamp={format_time(until)}"
    return f":{host} MARKREAD {target} {time}\r\n".encode()


def channel_lines(state: State, user: User, channel: Channel, caps: int, host: str) -> list[bytes]:
    """Write what follows a JOIN of one's own: topic, read marker, members.

    Spec: read-marker: "The command MUST be sent before the RPL_ENDOFNAMES reply for that channel following the JOIN."
    """
    lines = list(topic_lines(state, channel, user.name, host))
    if caps & cap.READ_MARKER:
        lines.append(marker_line(state, user, channel.uid, host))
    lines += names_lines(state, channel, user.name, host)
    return lines
