"""Pure: the requests that a person can make beside messages: the line to send, and what its answer means.

``Session.ask`` sends a request. Its answer is NotDone for each refusal, or else the events that ``read`` returns. The
line that tells everybody of the change (JOIN, KICK, MODE, TOPIC) is part of the answer, and makes its own event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chatapp.client.core import reading
from chatapp.client.core.announced import Announced
from chatapp.client.core.answers import BlockedPeople, Channels, Invitations, Listed, Mask, Masks, Modes, WhoIs
from chatapp.client.core.capabilities import EDIT, REDACTION
from chatapp.client.core.events import (
    Event,
    History,
    Invited,
    Matches,
    Notice,
    People,
    Said,
    TopicSet,
)
from chatapp.client.core.replies import Reply, code_of, is_error, refusal, text_of
from chatapp.protocol.message import (
    CLIENT_TAG_BYTES_MAX,
    LINE_BYTES_MAX,
    Message,
    escape_tag,
    format_tags,
    serialize,
)
from chatapp.protocol.timestamps import format_time

_DIGITS_MAX = 15
_LABEL_BYTES = 50
_NOT_HERE = frozenset({"401", "441"})  # nobody has this name, or nobody in the channel


class Context(NamedTuple):
    """What a session knows that helps to read an answer: our nick, and the settings of the server."""

    me: str
    announced: Announced


class Request(NamedTuple):
    """A line to send; ``what`` it asks for, in words, for its refusal; and the function that reads its answer.

    ``also``: the requests that are sent right after it; of their refusals, those with a code that was told already are
    not told again. ``unsaid``: the codes of refusals that are not told. ``people``: see NotDone. ``needs``: the
    capability that the server must have, or empty.
    """

    message: Message
    what: str
    read: Callable[[Reply, Context], list[Event]] = lambda reply, context: []
    also: tuple[Request, ...] = ()
    unsaid: frozenset[str] = frozenset()
    people: bool = False
    needs: str = ""

    @property
    def is_too_long(self) -> bool:
        """Tell whether the line, or its tags, are longer than a server takes. A label takes part of the tags."""
        message = self.message
        tags_bytes = len(format_tags(message.tags).encode()) + _LABEL_BYTES
        line_bytes = len(serialize(Message(message.verb, message.params)))
        return line_bytes > LINE_BYTES_MAX or tags_bytes > CLIENT_TAG_BYTES_MAX


def answer(request: Request, told: set[str], context: Callable[[], Context], reply: Reply) -> list[Event]:
    """Return the events of the answer to a request.

    ``told``: the codes of the refusals of the request before it; those of this answer are added.
    """
    if reply.error is None:
        return request.read(reply, context())
    unsaid = request.unsaid | told
    told.update(code_of(message) for message in reply.messages if is_error(message))
    return refusal(request.what, reply, people=request.people, unsaid=unsaid)


# Going in and out


def join(channel: str, key: str = "") -> Request:
    """Become a member of a channel, with its ``key`` if it has one."""
    return Request(Message("JOIN", [channel, key] if key else [channel]), f"joining {channel}")


def leave(channel: str) -> Request:
    """Stop being a member of a channel."""
    return Request(Message("PART", [channel]), f"leaving {channel}")


# Keeping order in a channel


def kick(channel: str, nick: str, reason: str = "") -> Request:
    """Remove a member from a channel."""
    message = Message("KICK", [channel, nick, reason] if reason else [channel, nick])
    return Request(message, f"removing {nick} from {channel}", _rest)


def ban(channel: str, who: str, reason: str = "") -> Request:
    """Ban a name or a mask from a channel; remove the member with this name, if there is one."""
    message = Message("MODE", [channel, "+b", _mask(who)])
    also = (kick(channel, who, reason)._replace(unsaid=_NOT_HERE),) if _mask(who) != who else ()
    return Request(message, f"banning {who} from {channel}", _unchanged, also)


def unban(channel: str, who: str) -> Request:
    """Take a name or a mask from the bans of a channel."""

    def read(reply: Reply, context: Context) -> list[Event]:
        words = f"Nothing changed: {who} is not in the list of bans of {channel}. /mode b shows the list."
        return [Notice(words)] if _is_empty(reply) else _rest(reply, context)

    message = Message("MODE", [channel, "-b", _mask(who)])
    return Request(message, f"removing the ban of {who} from {channel}", read)


def _mask(who: str) -> str:
    """Return the mask for a name; a mask stays as it is.

    Servers make it themselves when a ban is set, but InspIRCd finds only a whole mask when the ban is removed.
    """
    return who if set(who) & set("!@*?~:") else f"{who}!*@*"


def role(channel: str, change: str, nick: str) -> Request:
    """Give a role to a member or take it away; ``change`` is such as ``+o``."""
    return Request(Message("MODE", [channel, change, nick]), f"mode {change} of {nick} in {channel}", _unchanged)


def mode(channel: str, words: Sequence[str]) -> Request:
    """Change modes of a channel; without words, ask for its modes; with the letter of a list, ask for the list."""
    return Request(Message("MODE", [channel, *words]), f"the modes of {channel}", _modes)


def topic(channel: str, text: str | None) -> Request:
    """Set the topic of a channel; an empty text removes it; None asks for it."""
    if text is None:
        return Request(Message("TOPIC", [channel]), f"the topic of {channel}", _topic)
    return Request(Message("TOPIC", [channel, text]), f"the topic of {channel}", _unchanged)


def invite(channel: str, nick: str) -> Request:
    """Invite a user to a channel."""

    def read(reply: Reply, context: Context) -> list[Event]:
        away = any(message.verb == "301" for message in reply.messages)
        return [Invited(channel, nick, me=False, by=context.me, away=away)]

    return Request(Message("INVITE", [nick, channel]), f"inviting {nick} to {channel}", read)


def block(nick: str) -> Request:
    """Block a user, whose messages then reach none of our devices. Spec: none; as InspIRCd and UnrealIRCd have it."""
    return Request(Message("SILENCE", [f"+{_mask(nick)}"]), f"blocking {nick}", _unchanged)


def unblock(nick: str) -> Request:
    """Let the messages of a user reach us again."""
    return Request(Message("SILENCE", [f"-{_mask(nick)}"]), f"no longer blocking {nick}", _unchanged)


def knock(channel: str, text: str) -> Request:
    """Ask to be invited to a channel. Spec: none; as InspIRCd and Ergo have it."""
    return Request(Message("KNOCK", [channel, text] if text else [channel]), f"asking to join {channel}", _rest)


def certificate(action: str, fingerprint: str = "") -> Request:
    """Register the client certificate of this connection (ADD), list those of the account (LIST), or remove one (DEL).

    The server answers with notices. Spec: chatapp/server/README.md, "Extensions".
    """
    message = Message("CERT", [action, fingerprint] if fingerprint else [action])
    return Request(message, "your certificates", _rest)


# What is about a message that was said before


def react(target: str, msgid: str, reaction: str, *, on: bool = True) -> Request:
    """Add a reaction to a message, or remove it. Spec: IRCv3 client-tags/react and reply."""
    tags = {"+draft/react" if on else "+draft/unreact": reaction, **dict.fromkeys(reading.REPLY_TAGS, msgid)}
    return Request(Message("TAGMSG", [target], tags=tags), "the reaction")


def edit(target: str, msgid: str, text: str) -> Request:
    """Give a message of ours another text. Spec: IRCv3 pull request 425."""
    tags = {reading.TARGET_MSGID: msgid, reading.EDIT_TEXT: text}
    return Request(Message("EDIT", [target], tags=tags), "the correction", needs=EDIT)


def delete(target: str, msgid: str, reason: str = "") -> Request:
    """Delete a message: its text is erased. Spec: IRCv3 draft/message-redaction."""
    params = [target, msgid, reason] if reason else [target, msgid]
    return Request(Message("REDACT", params), "deleting the message", needs=REDACTION)


# Looking around


def people(where: str) -> Request:
    """Ask who is there: ``*`` (everyone), a channel, or one nick."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [People(where, reading.people(reply.messages, context.me))]

    what = "the list of people" if where == "*" else f"the list of people in {where}"
    return Request(Message("WHO", [where]), what, read, people=True)


def history(
    conversation: str, messages: int, before: int | None, read_page: Callable[[Reply], Sequence[Said]]
) -> Request:
    """Ask for the latest messages of a conversation, ``before`` a time (ms). Spec: IRCv3 draft/chathistory."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [History(conversation, tuple(read_page(reply)))]

    until = None if before is None else "timestamp=" + format_time(before)
    where = ["LATEST", conversation, "*"] if until is None else ["BEFORE", conversation, until]
    return Request(Message("CHATHISTORY", [*where, str(messages)]), f"the history of {conversation}", read)


def search(text: str, limit: int, before: int | None, read_page: Callable[[Reply], Sequence[Said]]) -> Request:
    """Ask for the latest messages that match a text, up to the time ``before`` (ms). Spec: soju.im/search.

    "Matching messages MUST be returned in a batch"; this project's server adds a WARN when some may be missing.
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        whole = all(message.verb != "WARN" for message in reply.messages)
        return [Matches(text, tuple(read_page(reply)), whole)]

    until = "" if before is None else f"before={format_time(before)};"
    attributes = f"limit={limit};{until}text={escape_tag(text)}"
    return Request(Message("SEARCH", [attributes]), "the search", read)


def invitations() -> Request:
    """Ask for the channels that we are invited to. Spec: modern-irc, RPL_INVITELIST: client, channel."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [Invitations(tuple(each.param(1) for each in reply.messages if each.verb in ("336", "346")))]

    return Request(Message("INVITE"), "your invitations", read)


def blocked() -> Request:
    """Ask whom we block. RPL_SILELIST (271) has the client, a nick, and in some servers after it the mask."""

    def read(reply: Reply, context: Context) -> list[Event]:
        masks = [message.params[2:] or message.params[1:] for message in reply.messages if message.verb == "271"]
        return [BlockedPeople(tuple(mask[0].removesuffix("!*@*") for mask in masks if mask))]

    return Request(Message("SILENCE"), "the people whom you block", read)


def channels(mask: str = "") -> Request:
    """Ask for the channels of the server; with a ``mask``, for those that match it."""

    def read(reply: Reply, context: Context) -> list[Event]:
        rows = [message for message in reply.messages if message.verb == "322"]
        return [Channels(tuple(Listed(row.param(1), number(row.param(2)) or 0, row.param(3)) for row in rows))]

    return Request(Message("LIST", [mask] if mask else []), "the list of channels", read)


def whois(nick: str) -> Request:
    """Ask who a user is."""

    def read(reply: Reply, context: Context) -> list[Event]:
        fields: dict[str, Any] = {}
        channels: list[str] = []
        notes: list[str] = []
        for message in reply.messages:
            _whois(message, fields, channels, notes)
        if not fields and not channels and not notes:
            return [Notice(f"The server tells nothing about {nick}.")]
        return [WhoIs(**{"nick": nick, **fields}, channels=tuple(channels), notes=tuple(notes))]

    return Request(Message("WHOIS", [nick]), f"who {nick} is", read)


def _whois(message: Message, fields: dict[str, Any], channels: list[str], notes: list[str]) -> None:
    """Read one line of the answer. Spec: modern-irc, RPL_WHOISUSER and those after it.

    "Clients MUST ignore the trailing SPACE character" of RPL_WHOISCHANNELS, which "can be sent multiple times".
    """
    words = message.params[2:]
    match message.verb, words:
        case "311", [user, host, _, name, *_]:
            fields |= {"nick": message.param(1), "user": user, "host": host, "name": name}
        case "312", [server, *_]:
            fields["server"] = server
        case "317", [idle, since, *_] if number(idle) is not None:
            since_s = number(since)
            fields |= {"idle_s": number(idle), "since": since_s * 1000 if since_s is not None else None}
        case "319", [names, *_]:
            channels += filter(None, names.split(" "))
        case "330", [account, *_]:
            fields["account"] = account
        case "301", [text, *_]:
            fields |= {"here": False, "away": text}
        case verb, [_, *_] if verb.isdigit() and verb != "318":
            notes.append(" ".join(words))


# Reading answers


def _rest(reply: Reply, context: Context) -> list[Event]:
    """Tell the numerics of an answer in the server's words, if none of them is expected."""
    return [Notice(text_of(message)) for message in reply.messages if message.verb.isdigit()]


def _unchanged(reply: Reply, context: Context) -> list[Event]:
    """Say that nothing changed, if the server answers with nothing."""
    return [Notice("Nothing changed: it was so already.")] if _is_empty(reply) else _rest(reply, context)


def _is_empty(reply: Reply) -> bool:
    """Tell whether the server did what was asked, and has nothing to say about it."""
    return all(message.verb == "ACK" for message in reply.messages)


_LISTS = {"367": "b", "368": "b", "348": "e", "349": "e", "346": "I", "347": "I"}
_ENTRIES = ("367", "348", "346")


def _modes(reply: Reply, context: Context) -> list[Event]:
    """Read RPL_CHANNELMODEIS, or the lists of a channel, each with its end (RPL_ENDOFBANLIST and so on).

    Spec: modern-irc, RPL_CHANNELMODEIS: client, channel, modes, parameters. RPL_BANLIST: client, channel, mask, "[<who>
    <set-ts>]".
    """
    found: list[Event] = []
    lists: dict[str, list[Mask]] = {}
    channel = ""
    for message in reply.messages:
        if message.verb == "324":
            modes = reading.changes(message.params[2:], context.me, context.announced)
            found.append(Modes(message.param(1), modes))
        elif message.verb in _LISTS:
            channel, entries = message.param(1), lists.setdefault(_LISTS[message.verb], [])
            if message.verb in _ENTRIES:
                set_at = number(message.param(4)) or 0
                entries.append(Mask(message.param(2), message.param(3).partition("!")[0], set_at * 1000))
    found += [Masks(channel, mode, tuple(masks)) for mode, masks in lists.items()]
    return found or _unchanged(reply, context)


def _topic(reply: Reply, context: Context) -> list[Event]:
    """Read RPL_TOPIC (332: client, channel, text) or RPL_NOTOPIC (331)."""
    found = [message for message in reply.messages if message.verb in ("331", "332")]
    return [TopicSet(each.param(1), "", each.param(2) if each.verb == "332" else "") for each in found[:1]]


def number(text: str) -> int | None:
    """Return a number that a server wrote, or None if the text is not a number that can be meant."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX else None
