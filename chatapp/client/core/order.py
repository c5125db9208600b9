"""Pure: the requests that keep order in a channel, or let people into it: lines to send, and what the answers mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chatapp.client.core import reading
from chatapp.client.core.announced import MUTES, TIMED_BANS
from chatapp.client.core.answers import Invitations, Mask, Masks, Modes
from chatapp.client.core.capabilities import RENAME
from chatapp.client.core.events import ChannelRenamed, Event, Invited, Notice, TopicSet
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Context, Request, is_empty, is_mask, mask_of, number, rest, unchanged
from chatapp.protocol import masks
from chatapp.protocol.message import Message
from chatapp.protocol.modes import REASON_TAG
from chatapp.protocol.names import fold

_NOT_HERE = frozenset({"401", "441"})  # nobody has this name, or nobody in the channel
_HAS = {
    "q": ("is a founder", "is not a founder"),
    "a": ("is a protected operator", "is not protected"),
    "o": ("is an operator", "is not an operator"),
    "h": ("is a half-operator", "is not a half-operator"),
    "v": ("has a voice", "has no voice"),
}
_NOT_FOR_US = dict.fromkeys(("403", "442", "472", "482"), "")  # refusals of a list that nobody asked for alone
_NOT_IN_LIST = "698"  # ERR_LISTMODENOTSET of InspIRCd
_LISTS = {"367": "b", "368": "b", "348": "e", "349": "e", "346": "I", "347": "I"}
_ENTRIES = ("367", "348", "346")


def kick(channel: str, nick: str, reason: str = "") -> Request:
    """Remove a member from a channel."""
    message = Message("KICK", [channel, nick, reason] if reason else [channel, nick])
    return Request(message, f"removing {nick} from {channel}", rest, against=nick)


def ban(channel: str, who: str, minutes: int = 0, reason: str = "") -> Request:
    """Ban a name or a mask from a channel, for some ``minutes`` (0: without an end); remove the member of this name.

    This project's server keeps the ``reason`` with the ban, and tells it to the members and to who tries to join.
    """
    message = Message("MODE", [channel, "+b", _timed(minutes) + mask_of(who)], tags=_why(reason))
    removing = kick(channel, who, reason)._replace(instead=dict.fromkeys(_NOT_HERE, ""))
    also = () if is_mask(who) else (removing,)
    needs = TIMED_BANS if minutes else ""
    return Request(message, f"banning {who} from {channel}", _read_kept(reason), also, against=who, needs=needs)


def unban(channel: str, who: str) -> Request:
    """End every ban and mute of a name in a channel, and say which wider masks are about it too.

    Of a mask, it ends only the entry that is this mask.
    """
    what = f"ending the ban of {who} in {channel}"
    if is_mask(who):
        return _removing(channel, [who], what, f"{who} is neither banned nor muted in {channel}")
    otherwise = f"no ban and no mute in {channel} is of {who} alone"
    also = (_still(channel, who, only_mutes=False),)
    return _removing(channel, [*_bans_of(who), *_mutes_of(who)], what, otherwise, also)


def mute(channel: str, who: str, minutes: int = 0, reason: str = "") -> Request:
    """Keep a name or a mask from writing to a channel, for some ``minutes`` (0: without an end).

    This project's server keeps the ``reason``, and tells it to who is muted and to the members.

    Spec: none; ``~m:`` and ``~t:`` before a mask are as on Ergo and UnrealIRCd, see ``protocol/masks.py``.
    """
    message = Message("MODE", [channel, "+b", f"{_timed(minutes)}~m:{mask_of(who)}"], tags=_why(reason))
    read = _read_kept(reason)

    def read_mute(reply: Reply, context: Context) -> list[Event]:
        return [*read(reply, context), *_writes_anyway(channel, who, context)]

    return Request(message, f"muting {who} in {channel}", read_mute, against=who, needs=MUTES)


def _writes_anyway(channel: str, who: str, context: Context) -> list[Event]:
    """Say that a muted member has a role with which it can write all the same, and how to take the role away."""
    prefixes = context.prefixes(channel, who)
    letter = next((each for each, prefix in context.announced.roles.items() if prefix in (prefixes or "")), "")
    if not letter:
        return []
    has, _ = _HAS.get(letter, (f"has the role {letter}", ""))
    command = {"v": "/devoice", "o": "/deop"}.get(letter)
    how = f"{command} {channel} {who}" if command else f"/mode {channel} -{letter} {who}"
    return [Notice(f"{who} {has} in {channel}, and can still write there: type {how} first.")]


def unmute(channel: str, who: str) -> Request:
    """End every mute of a name in a channel, and say which wider mutes are about it too; of a mask, only its mute."""
    what = f"ending the mute of {who} in {channel}"
    if is_mask(who):
        return _removing(channel, [f"~m:{who}"], what, f"{who} is not muted in {channel}")
    otherwise, also = f"no mute in {channel} is of {who} alone", (_still(channel, who, only_mutes=True),)
    return _removing(channel, _mutes_of(who), what, otherwise, also)


def _bans_of(who: str) -> list[str]:
    """Return the masks with which a name is banned; the last form is that of irssi."""
    return [mask_of(who), f"~a:{who}", f"*!*{who}@*"]


def _mutes_of(who: str) -> list[str]:
    return [f"~m:{mask}" for mask in _bans_of(who)]


def _still(channel: str, who: str, *, only_mutes: bool) -> Request:
    """Ask which bans and mutes of a channel are about a name; the answer is a Notice for each of them."""

    def read(reply: Reply, context: Context) -> list[Event]:
        listed = (message.param(2) for message in reply.messages if message.verb in _ENTRIES)
        return [
            Notice(f"{who} is still {'muted' if mute else 'banned'} in {channel} by {mask}. To end that: {command}")
            for mask in listed
            for mute in [masks.parse(mask).mute]
            if _is_about(mask, who) and (mute or not only_mutes)
            for command in [f"/mode {channel} -b {mask}"]
        ]

    return Request(Message("MODE", [channel, "b"]), f"the bans of {channel}", read)


def _is_about(text: str, who: str) -> bool:
    """Return whether a mask is about a name by its nick, user or account. Nobody knows here which host a name has."""
    mask, name = masks.parse(text), fold(who)
    return bool((mask.nick + mask.account).strip("*!")) and masks.is_about(mask, name, name)


def _why(reason: str) -> dict[str, str]:
    return {REASON_TAG: reason} if reason else {}


def _read_kept(reason: str) -> Callable[[Reply, Context], list[Event]]:
    """Return the function that reads the answer to a ban or mute; it says if the server has not kept the reason."""

    def read(reply: Reply, context: Context) -> list[Event]:
        changed = reply.changes("MODE")
        if changed and reason and not any(REASON_TAG in message.tags for message in changed):
            return [Notice("This server keeps no reason with a ban or a mute.")]
        return unchanged(reply, context)

    return read


def _timed(minutes: int) -> str:
    return f"~t:{minutes}:" if minutes else ""


def _removing(
    channel: str, removed: Sequence[str], what: str, otherwise: str, also: tuple[Request, ...] = ()
) -> Request:
    """Return the request that removes masks from the bans; ``otherwise`` is so if none of them is there."""
    words = f"Nothing changed: {otherwise}. /bans {channel} shows the list."

    def read(reply: Reply, context: Context) -> list[Event]:
        return [Notice(words)] if is_empty(reply) else rest(reply, context)

    message = Message("MODE", [channel, f"-{'b' * len(removed)}", *removed])
    return Request(message, what, read, also, instead={_NOT_IN_LIST: words})


def role(channel: str, change: str, nick: str) -> Request:
    """Give a role to a member or take it away; ``change`` is such as ``+o``."""
    message = Message("MODE", [channel, change, nick])
    return Request(message, f"mode {change} of {nick} in {channel}", partial(_roles_unchanged, channel, (change, nick)))


def mode(channel: str, words: Sequence[str]) -> Request:
    """Change modes of a channel; without words, ask for its modes; with the letter of a list, ask for the list."""
    return Request(Message("MODE", [channel, *words]), f"the modes of {channel}", partial(_modes, channel, words))


def bans(channel: str) -> Request:
    """Ask who is banned or muted in a channel, and who is excepted from that: nobody is told of an empty list of these.

    Some servers show exceptions only to operators; then there is nothing to tell.
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        return [each for each in _modes(channel, ["e"], reply, context) if isinstance(each, Masks) and each.masks]

    exceptions = Request(Message("MODE", [channel, "e"]), f"the exceptions of {channel}", read, instead=_NOT_FOR_US)
    return mode(channel, ["b"])._replace(also=(exceptions,))


def why_empty(channel: str, nothing: str) -> Request:
    """Ask for the modes of a channel whose history is empty; the answer is a Notice with ``nothing``, and why.

    Mode W is this project's own: newcomers do not read what was said before they came.
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        modes = (each.param(2) for each in reply.messages if each.verb == "324")
        if any("W" in each for each in modes):
            why = "In this channel newcomers read only what was said since they came."
            return [Notice(f"{nothing} that you can read. {why}")]
        return [Notice(f"{nothing}.")]

    return Request(Message("MODE", [channel]), f"the modes of {channel}", read)


def _roles_unchanged(channel: str, words: Sequence[str], reply: Reply, context: Context) -> list[Event]:
    """Say what roles the members have who are named in a MODE (``words``), if the server answers with nothing."""
    if not is_empty(reply):
        return rest(reply, context)
    roles = context.announced.roles
    found: list[Event] = []
    for on, letter, nick in context.announced.changes(words[0] if words else "", words[1:]):
        prefixes = context.prefixes(channel, nick) if letter in roles else None
        held = None if prefixes is None else [each for each, prefix in roles.items() if prefix in prefixes]
        found += unchanged(reply, context) if held is None else [Notice(_role_words(channel, on, letter, nick, held))]
    return list(dict.fromkeys(found)) or unchanged(reply, context)


def _role_words(channel: str, on: bool, letter: str, nick: str, held: Sequence[str]) -> str:
    """Return a sentence about a member whose role (``letter``) did not change; ``held``: the letters of its roles."""
    has, has_not = _HAS.get(letter, (f"has the role {letter}", f"has no role {letter}"))
    if on:
        return f"Nothing changed: {nick} {has} in {channel} already."
    if not held:
        return f"Nothing changed: {nick} {has_not} in {channel}, and has no role there."
    other, _ = _HAS.get(held[0], (f"has the role {held[0]}", ""))
    how = f"/mode {channel} -{held[0]} {nick} takes that role away."
    return f"Nothing changed: {nick} {has_not} in {channel}, but {other}. {how}"


def topic(channel: str, text: str | None) -> Request:
    """Set the topic of a channel; an empty text removes it; None asks for it."""
    if text is None:
        return Request(Message("TOPIC", [channel]), f"the topic of {channel}", _topic)
    return Request(Message("TOPIC", [channel, text]), f"the topic of {channel}", unchanged)


def invite(channel: str, nick: str) -> Request:
    """Invite a user to a channel."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [Invited(channel, nick, me=False, by=context.me, away=reading.away(reply.messages))]

    return Request(Message("INVITE", [nick, channel]), f"inviting {nick} to {channel}", read)


def uninvite(channel: str, nick: str) -> Request:
    """Take back the invitation of a user to a channel. Spec: none; as InspIRCd has it."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [Notice(f"{nick} is not invited to {channel} any more.")]

    return Request(Message("UNINVITE", [nick, channel]), f"taking back the invitation of {nick} to {channel}", read)


def rename(channel: str, name: str, reason: str = "") -> Request:
    """Give a channel another name. Spec: IRCv3 draft/channel-rename.

    The members of the channel are told with RENAME; an administrator who is no member reads the answer to this request.
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        told = any(message.verb == "RENAME" for message in reply.messages)
        if not told and channel == name:
            return unchanged(reply, context)
        return [*([] if told else [ChannelRenamed(channel, name, context.me, reason)]), *rest(reply, context)]

    message = Message("RENAME", [channel, name, reason] if reason else [channel, name])
    return Request(message, f"renaming {channel}", read, needs=RENAME)


def knock(channel: str, text: str) -> Request:
    """Ask to be invited to a channel. Spec: none; as InspIRCd and Ergo have it."""
    return Request(Message("KNOCK", [channel, text] if text else [channel]), f"asking to join {channel}", rest)


def invitations() -> Request:
    """Ask for the channels that we are invited to. Spec: modern-irc, RPL_INVITELIST: client, channel."""

    def read(reply: Reply, context: Context) -> list[Event]:
        return [Invitations(tuple(each.param(1) for each in reply.messages if each.verb in ("336", "346")))]

    # COMPAT(ngIRCd, which wants a name): 461.
    instead = dict.fromkeys(("421", "461"), "This server does not tell to which channels you are invited.")
    return Request(Message("INVITE"), "your invitations", read, instead=instead)


def uban(target: str, minutes: int = 0, reason: str = "") -> Request:
    """Ban an account, an IP address or a network from the server, for some ``minutes`` (0: without an end).

    Spec: none; UBAN as on Ergo, which answers with notices.
    """
    words = [target, *([f"{minutes}m"] if minutes else []), *([reason] if reason else [])]
    if target.startswith(":"):  # an IPv6 address, which cannot be a parameter before the last one
        words = [" ".join(words)]
    return Request(Message("UBAN", ["ADD", *words]), f"banning {target} from the server", rest, against=target)


def unuban(target: str) -> Request:
    """End the ban of an account, an IP address or a network from the server."""
    return Request(Message("UBAN", ["DEL", target]), f"ending the ban of {target} from the server", rest)


def ubans() -> Request:
    """Ask who is banned from the server."""
    return Request(Message("UBAN", ["LIST"]), "the bans of the server", rest)


def kill(nick: str, reason: str = "") -> Request:
    """End the connections of a user, who may come back. Spec: modern-irc, "KILL message": nick, comment."""
    message = Message("KILL", [nick, reason] if reason else [nick])
    return Request(message, f"ending the connections of {nick}", rest, against=nick)


def _modes(asked: str, words: Sequence[str], reply: Reply, context: Context) -> list[Event]:
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
                by, reason = message.param(3).partition("!")[0], message.tags.get(REASON_TAG, "")
                entries.append(Mask(message.param(2), by, set_at * 1000, reason))
    found += [Masks(channel, mode, tuple(listed)) for mode, listed in lists.items()]
    return found or _roles_unchanged(asked, words, reply, context)


def _topic(reply: Reply, context: Context) -> list[Event]:
    """Read RPL_TOPIC (332: client, channel, text) or RPL_NOTOPIC (331)."""
    found = [message for message in reply.messages if message.verb in ("331", "332")]
    return [TopicSet(each.param(1), "", each.param(2) if each.verb == "332" else "") for each in found[:1]]
