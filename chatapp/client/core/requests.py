"""Pure: the requests that a person can make beside messages: the line to send, and what its answer means.

``Session.ask`` sends a request. Its answer is NotDone for each refusal, or else the events that ``read`` returns. The
line that tells everybody of the change (JOIN, KICK, MODE, TOPIC) is part of the answer, and makes its own event.
``order.py`` has the requests that keep order in a channel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from chatapp.client.core import reading
from chatapp.client.core.announced import MUTES, TIMED_BANS, Announced
from chatapp.client.core.answers import BlockedPeople, Channels, Listed, NewInvitation, WhoIs
from chatapp.client.core.capabilities import ACCOUNT_LOOKUP, EDIT, MESSAGE_TAGS, REDACTION
from chatapp.client.core.events import (
    Event,
    Matches,
    Notice,
    People,
    Said,
)
from chatapp.client.core.replies import Reply, code_of, is_error, refusal, text_of
from chatapp.errors import RefusedError
from chatapp.protocol.message import (
    CLIENT_TAG_BYTES_MAX,
    LINE_BYTES_MAX,
    Message,
    escape_tag,
    format_tags,
    parse,
    serialize,
)
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import format_time

CANNOT = "Not done: this server cannot do that."
_CANNOT = {
    MUTES: "This server cannot mute people.",
    TIMED_BANS: "This server cannot end a ban after a time: leave the time out, and end the ban with /unban.",
}
TYPING = "typing"  # what a typing notice asks for, in words
_DIGITS_MAX = 15
_UNTOLD = frozenset({"CAP", "MARKREAD", "METADATA", "PONG"})  # lines that nothing else tells a person of
_LABEL_BYTES = 50
_EXTENDED = re.compile(r"(?:~t:[0-9]+:)?(?:~m:)?(?:~a:)?")  # what may stand before a mask; see protocol/masks.py


class Context(NamedTuple):
    """What a session knows that helps to read an answer: our nick, and the settings of the server.

    ``prefixes`` returns the prefixes of a member of a channel (empty: no role), or None if the member is not known.
    """

    me: str
    announced: Announced
    prefixes: Callable[[str, str], str | None]


class Request(NamedTuple):
    """A line to send; ``what`` it asks for, in words, for its refusal; and the function that reads its answer.

    ``also``: the requests that are sent right after it; of their refusals, those with a code that was told already are
    not told again. ``instead``: for some codes, what is told instead of the refusal (empty: nothing), unless something
    was changed. ``people``: see NotDone. ``against``: the user or the mask that the request is against, or empty.
    ``needs``: the capability or the ability (``Announced.abilities``) that the server must have, or empty.
    """

    message: Message
    what: str
    read: Callable[[Reply, Context], list[Event]] = lambda reply, context: []
    also: tuple[Request, ...] = ()
    instead: Mapping[str, str] = MappingProxyType({})
    people: bool = False
    against: str = ""
    needs: str = ""

    @property
    def is_too_long(self) -> bool:
        """Tell whether the line, or its tags, are longer than a server takes. A label takes part of the tags."""
        message = self.message
        tags_bytes = len(format_tags(message.tags).encode()) + _LABEL_BYTES
        line_bytes = len(serialize(Message(message.verb, message.params)))
        return line_bytes > LINE_BYTES_MAX or tags_bytes > CLIENT_TAG_BYTES_MAX


def checked(request: Request, me: str, enabled: Container[str] | None) -> list[Request]:
    """Return a request and those that are sent with it.

    ``enabled``: the capabilities and abilities of the server, None while not signed in. Raises RefusedError if the
    request cannot be sent, or is against us.
    """
    lines = [request, *request.also]
    if any(each.is_too_long for each in lines):
        raise RefusedError("Not done: that is too long.")
    if request.needs and enabled is not None and request.needs not in enabled:
        raise RefusedError(_CANNOT.get(request.needs, CANNOT))
    if request.against and is_about(request.against, me):
        raise RefusedError("Not done: that is you.")
    return lines


def answer(request: Request, told: set[str], context: Callable[[], Context], reply: Reply) -> list[Event]:
    """Return the events of the answer to a request.

    ``told``: the codes of the refusals of the request before it; those of this answer are added.
    """
    if reply.error is None:
        return request.read(reply, context())
    codes = {code_of(message) for message in reply.messages if is_error(message)}
    changed = reply.changes("MODE")
    others = {request.instead[code] for code in codes & request.instead.keys() - told} - {""}
    refused = refusal(request.what, reply, people=request.people, unsaid=request.instead.keys() | told)
    told.update(codes)
    return [*(Notice(text) for text in others if not changed), *refused]


# Going in and out


def join(channel: str, key: str = "") -> Request:
    """Become a member of a channel, with its ``key`` if it has one."""
    return Request(Message("JOIN", [channel, key] if key else [channel]), f"joining {channel}")


def leave(channel: str, reason: str = "") -> Request:
    """Stop being a member of a channel; ``reason`` may be empty."""
    return Request(Message("PART", [channel, reason] if reason else [channel]), f"leaving {channel}")


# Blocking


def block(nick: str) -> Request:
    """Block a user, whose messages then reach none of our devices. Spec: none; as InspIRCd and UnrealIRCd have it."""
    return Request(Message("SILENCE", [f"+{mask_of(nick)}"]), f"blocking {nick}", unchanged)


def unblock(nick: str) -> Request:
    """Let the messages of a user reach us again."""
    return Request(Message("SILENCE", [f"-{mask_of(nick)}"]), f"no longer blocking {nick}", unchanged)


def invitation(channel: str = "") -> Request:
    """Make an invitation to the server; the account that is made with it joins the ``channel`` (empty: none).

    Spec: chatapp/server/README.md, "Extensions".
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        made = [message for message in reply.messages if message.verb == "INVITATION" and message.param(0) == "ADDED"]
        return [NewInvitation(message.param(1), message.param(2)) for message in made]

    words = ["ADD", f"join={channel}"] if channel else ["ADD"]
    return Request(Message("INVITATION", words), "the invitation", read, needs=ACCOUNT_LOOKUP)


def certificate(action: str, fingerprint: str = "") -> Request:
    """Register the client certificate of this connection (ADD), list those of the account (LIST), or remove one (DEL).

    The server answers with notices. Spec: chatapp/server/README.md, "Extensions".
    """
    message = Message("CERT", [action, fingerprint] if fingerprint else [action])
    return Request(message, "your certificates", rest)


# What is about a message that was said before


def react(target: str, msgid: str, reaction: str, *, on: bool = True) -> Request:
    """Add a reaction to a message, or remove it. Spec: IRCv3 client-tags/react and reply."""
    tags = {"+draft/react" if on else "+draft/unreact": reaction, **dict.fromkeys(reading.REPLY_TAGS, msgid)}
    return Request(Message("TAGMSG", [target], tags=tags), "the reaction", needs=MESSAGE_TAGS)


def edit(target: str, msgid: str, text: str) -> Request:
    """Give a message of ours another text. Spec: IRCv3 pull request 425."""
    tags = {reading.TARGET_MSGID: msgid, reading.EDIT_TEXT: text}
    return Request(Message("EDIT", [target], tags=tags), "the correction", needs=EDIT)


def delete(target: str, msgid: str, reason: str = "") -> Request:
    """Delete a message: its text is erased. Spec: IRCv3 draft/message-redaction."""
    params = [target, msgid, reason] if reason else [target, msgid]
    return Request(Message("REDACT", params), "deleting the message", needs=REDACTION)


# About us


def away(text: str) -> Request:
    """Be away, with an away message; with an empty ``text``, be here again."""
    return Request(Message("AWAY", [text] if text else []), "the away message", rest)


def nick(name: str) -> Request:
    """Have another nick. NICK tells everybody of it."""
    return Request(Message("NICK", [name]), f"the name {name}", rest)


def typing(target: str, state: str) -> Request:
    """Tell that we are typing: ``active``, ``paused`` or ``done``. Spec: IRCv3 typing."""
    return Request(Message("TAGMSG", [target], tags={"+typing": state}), TYPING)


def quote(line: str) -> Request:
    """Send a line as it is typed. Raises MalformedLineError if it is no line of IRC."""
    return Request(parse(line.encode()), "the line", whole)


def notice(target: str, text: str) -> Request:
    """Send a notice, to which no program answers. The echo, where there is one, shows it."""
    return Request(Message("NOTICE", [target, text]), f"the notice to {target}", rest)


def version(server: str = "") -> Request:
    """Ask which program the server is."""
    return Request(Message("VERSION", [server] if server else []), "the version of the server", whole)


def who_was(nick: str) -> Request:
    """Ask who had a nick before."""
    return Request(Message("WHOWAS", [nick]), f"who {nick} was", whole)


# Looking around


def people(where: str) -> Request:
    """Ask who is there: ``*`` (everyone), a channel, or one nick."""

    def read(reply: Reply, context: Context) -> list[Event]:
        roles = context.announced.roles if is_channel(where) else {}
        return [People(where, reading.people(reply.messages, context.me, roles))]

    what = "the list of people" if where == "*" else f"the list of people in {where}"
    return Request(Message("WHO", [where]), what, read, people=True)


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


def look_for(nick: str) -> Request:
    """Ask whether anybody has a nick; only that nobody has it is told."""
    nobody = f"There is nobody named {nick} on this server now."
    return Request(Message("WHOIS", [nick]), f"whether {nick} is there", instead={"401": nobody})


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
        case "338", [*addresses, text]:  # the text begins the sentence: "connects from", "is actually using host"
            notes.append(" ".join([text, *addresses]))
        case verb, [_, *_] if verb.isdigit() and verb != "318":
            notes.append(" ".join(words))


# Reading answers


def rest(reply: Reply, context: Context) -> list[Event]:
    """Tell the numerics of an answer in the server's words, if none of them is expected."""
    return [Notice(text_of(message)) for message in reply.messages if message.verb.isdigit()]


def whole(reply: Reply, context: Context) -> list[Event]:
    """Tell the lines of an answer as they are, without our nick; of others than numerics, those that tell no event."""
    found = []
    for message in reply.messages:
        words = message.params[1:] if message.verb.isdigit() else [message.verb, *message.params]
        if message.verb.isdigit() or message.verb in _UNTOLD:
            found.append(Notice(" ".join(words)))
    return list(found)


def unchanged(reply: Reply, context: Context) -> list[Event]:
    """Say that nothing changed, if the server answers with nothing."""
    return [Notice("Nothing changed: it was so already.")] if is_empty(reply) else rest(reply, context)


def is_empty(reply: Reply) -> bool:
    """Tell whether the server did what was asked, and has nothing to say about it."""
    return not reply.told and all(message.verb == "ACK" for message in reply.messages)


def is_mask(who: str) -> bool:
    """Tell whether a text is a mask, and not a name."""
    return bool(set(who) & set("!@*?~:"))


def mask_of(who: str) -> str:
    """Return the mask for a name; a mask stays as it is.

    Servers make it themselves when a ban is set, but InspIRCd finds only a whole mask when the ban is removed.
    """
    return who if is_mask(who) else f"{who}!*@*"


def is_about(who: str, nick: str) -> bool:
    """Tell whether a name is ``nick``, or a mask names it without wildcards: ``bob``, ``bob!*@*``, ``~t:5:~a:bob``."""
    mask = _EXTENDED.sub("", who)
    return fold(mask.removesuffix("!*@*")) == fold(nick)


def number(text: str) -> int | None:
    """Return a number that a server wrote, or None if the text is not a number that can be meant."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX else None
