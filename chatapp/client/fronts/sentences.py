"""Pure: the sentences that tell a person of events; every front uses them.

Texts in the sentences are as the network sent them: a front must make them harmless (``printable.py``).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chatapp.client.core.answers import (
    BlockedPeople,
    Channels,
    DeviceTokens,
    Invitations,
    Mask,
    Masks,
    Modes,
    NewInvitation,
    TokenMade,
    TokenRevoked,
    WhoIs,
)
from chatapp.client.core.events import (
    Blocked,
    CertificateRefused,
    ChannelRenamed,
    Deleted,
    Edited,
    Event,
    Gone,
    InvitationTaken,
    Invited,
    Joined,
    Kicked,
    Knocked,
    Left,
    ModesChanged,
    NickChanged,
    NotDone,
    NotSent,
    Reacted,
    TopicSet,
    WhileAway,
)
from chatapp.client.core.reading import action
from chatapp.client.fronts.deeds import summed_up
from chatapp.client.fronts.modes import (
    FOR_GOOD,
    LISTS,
    ended,
    flag,
    has_ended,
    is_flag,
    letters,
    listed,
    mask_minutes,
    mask_words,
    minutes_words,
    replaced,
    role,
)
from chatapp.protocol.names import fold, is_channel
from chatapp.protocol.timestamps import TIME_MS_MAX

_NOT_SENT = ("Nothing was sent", "Your message was not stored", "Not stored")  # as a server says it
LISTED_MAX = 200  # entries of one list that are shown
FOR_ROLE = " (to those with a role)"  # follows who sent a message that only these members of a channel get


def sentences(event: Event, stamp: Callable[[int], str] | None = None) -> list[str]:
    """Return the sentences that tell of an event; none for an event that fronts tell in other words.

    ``stamp`` writes the times (ms) in a list of bans or tokens; by default they are in UTC.
    """
    if isinstance(event, Masks | DeviceTokens):

        def write(ms: int) -> str:
            return (stamp or day)(min(ms, TIME_MS_MAX))

        return list(_masks(event, write) if isinstance(event, Masks) else _tokens(event, write))
    teller = _TELLERS.get(type(event))
    return list(teller(event)) if teller is not None else []


def why_not_sent(event: NotSent) -> str:
    """Return what follows "Not sent to NAME": the server's reason, without what says the same again."""
    reason = event.reason
    for words in _NOT_SENT:
        reason = reason.removesuffix(f"{words}.").rstrip().replace(f". {words}: ", "; ")
        reason = reason.removeprefix(f"{words}: ").removeprefix(f"{words}. ")
    return _because(reason)


def absent(nick: str, away: str) -> str:
    """Return the sentence that says that the recipient of a text is away; ``away`` is the away message.

    For a recipient who is not connected, this project's server has a message that goes on after the name.
    """
    return f"{nick} is away: {away}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else "."


def _who(nick: str, *, own: bool) -> str:
    """Return who does something. Somebody else's name may be You, on a server that allows it."""
    return "You" if own else f'"{nick}"' if fold(nick) == "you" else nick


def _kicked(event: Kicked) -> Iterable[str]:
    who = _who(event.nick, own=event.me) + (" were" if event.me else " was")
    by = f" by {event.by}" if event.by else ""
    yield f"{who} removed from {event.channel}{by}{_because(event.reason)}"


def _channel_renamed(event: ChannelRenamed) -> Iterable[str]:
    by = f" (by {event.by})" if event.by else ""
    yield f"{event.channel} is now {event.name}{by}{_because(event.reason)}"


def _edited(event: Edited) -> Iterable[str]:
    text = " / ".join((action(event.text, notice=False) or event.text).split("\n"))
    yield f"{_who(event.sender, own=event.own)} corrected {_message(event)}: {text}"


def _reacted(event: Reacted) -> Iterable[str]:
    who = _who(event.sender, own=event.own)
    if event.on:
        yield f"{who} reacted with {event.reaction} to {_message(event)}."
    else:
        yield f"{who} removed the reaction {event.reaction} from {_message(event)}."


def _deleted(event: Deleted) -> Iterable[str]:
    by = f" by {event.author}" if event.author and event.author != event.sender else ""
    yield f"{_who(event.sender, own=event.own)} deleted {_message(event, by)}{_because(event.reason)}"


def _message(event: Edited | Reacted | Deleted, by: str = "") -> str:
    """Return the message that an event is about, as far as it is known: ``"hello" by bob in #room``."""
    where = event.conversation
    place = f"in {where}" if is_channel(where) else f"to {where}" if event.own else "in your conversation"
    return f'"{event.was}"{by} {place}' if event.was else f"an earlier message{by} {place}"


def _left(event: Left) -> Iterable[str]:
    who, reason = _who(event.nick, own=event.me), f" ({event.reason})" if event.reason else ""
    yield f"{who} {'are' if event.me else 'is'} no longer in {event.channel}{reason}."


def _gone(event: Gone) -> Iterable[str]:
    yield f"{event.nick} is no longer on this server{f' ({event.reason})' if event.reason else ''}."


def _nick_changed(event: NickChanged) -> Iterable[str]:
    yield f"{'You are' if event.me else f'{event.nick} is'} now called {event.name}."


def _topic(event: TopicSet) -> Iterable[str]:
    if not event.nick:
        yield f"The topic of {event.channel}: {event.text}" if event.text else f"{event.channel} has no topic."
    elif event.text:
        yield f"{event.nick} set the topic of {event.channel}: {event.text}"
    else:
        yield f"{event.nick} removed the topic of {event.channel}."


def _modes_changed(event: ModesChanged) -> Iterable[str]:
    by = event.by or "The server"
    for change, again in replaced(event.changes):
        if change.role:
            yield f"{role(change, event.channel)} (by {event.by})." if event.by else f"{role(change, event.channel)}."
        elif change.mode in LISTS and change.parameter and has_ended(change, event.by):
            yield f"{ended(change, event.channel)}."
        elif change.mode in LISTS and change.parameter:
            yield f"{by} {listed(change, event.channel, again=again)}{_because(event.reason)}"
        elif is_flag(change):
            yield f"{by} changed {event.channel}: {flag(change)} now."
        else:
            done = "set" if change.on else "removed"
            yield f"{by} {done} the mode {letters(change)} of {event.channel}."


def _modes(event: Modes) -> Iterable[str]:
    if not event.modes:
        yield f"{event.channel} has no modes."
        return
    letters = "".join(each.mode for each in event.modes)
    parameters = "".join(f" {each.parameter}" for each in event.modes if each.parameter)
    words = [flag(each) for each in event.modes if is_flag(each) and each.on]
    meaning = f" ({'; '.join(words)})" if words else ""
    yield f"The modes of {event.channel}: +{letters}{parameters}{meaning}"


def _masks(event: Masks, stamp: Callable[[int], str]) -> Iterable[str]:
    what = LISTS.get(event.mode, f"mode {event.mode}")
    if not event.masks and event.mode == "b":
        yield f"Nobody is banned from {event.channel} or muted there."
        return
    if not event.masks:
        yield f"{event.channel}: the list of {what} is empty."
        return
    yield f"{event.channel}, {what}:"
    for each in event.masks[:LISTED_MAX]:
        yield f"  {_entry(event.mode, each, stamp)}{_set_by(each, stamp)}{f': {each.reason}' if each.reason else ''}"
    yield from _more(len(event.masks))


def _entry(mode: str, entry: Mask, stamp: Callable[[int], str]) -> str:
    """Return an entry of a list, as ``eve is muted until 14:05``."""
    mute, who, limit = mask_words(entry.mask)
    minutes = mask_minutes(entry.mask)
    if minutes and entry.time:
        limit = f" until {stamp(entry.time + minutes * 60_000)}"
    if mode != "b":
        return f"{who} is excepted from bans and mutes{limit}" if mode == "e" else f"{who}{limit}"
    return f"{who} is {'muted' if mute else 'banned'}{limit or FOR_GOOD}"


def _set_by(mask: Mask, stamp: Callable[[int], str]) -> str:
    by = [f"by {mask.by}"] if mask.by else []
    at = [stamp(mask.time)] if mask.time else []
    return f" ({', '.join([*by, *at])})" if by or at else ""


def _more(count: int) -> Iterable[str]:
    if count > LISTED_MAX:
        yield f"  and {count - LISTED_MAX} more"


def _names(names: Sequence[str]) -> str:
    """Return names with commas, LISTED_MAX at most."""
    more = [f"and {len(names) - LISTED_MAX} more"] if len(names) > LISTED_MAX else []
    return ", ".join([*names[:LISTED_MAX], *more])


def _channels(event: Channels) -> Iterable[str]:
    if not event.channels:
        yield "There are no channels that you can see."
        return
    for each in sorted(event.channels, key=lambda each: -each.people)[:LISTED_MAX]:
        people = "1 person" if each.people == 1 else f"{each.people} people"
        yield f"{each.channel}: {people}{f', {each.topic}' if each.topic else ''}"
    yield from _more(len(event.channels))


def _who_is(event: WhoIs) -> Iterable[str]:
    mask = f" [{event.user}@{event.host}]" if event.host else ""
    yield f"{event.nick} is {event.name or event.nick}{mask}"
    if event.account:
        yield f"  account: {event.account}"
    if event.channels:
        yield f"  channels: {_names(event.channels)}"
    if not event.here:
        yield f"  away: {event.away}" if event.away else "  away"
    if event.since is not None:
        yield f"  signed in: {day(event.since)}"
    if event.idle_s is not None:
        idle = minutes_words(event.idle_s // 60)
        yield f"  idle: {idle}" if event.idle_s >= 60 else "  idle: less than a minute"
    if event.server:
        yield f"  server: {event.server}"
    for note in event.notes[:LISTED_MAX]:
        yield f"  {note}"


def day(ms: int) -> str:
    """Return a time (ms) as ``2026-01-02 10:11 UTC``."""
    seconds = min(max(ms, 0), TIME_MS_MAX) // 1000
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M} UTC"


def _invited(event: Invited) -> Iterable[str]:
    if event.me:
        yield f"You are invited to {event.channel} (by {event.by}). To join, type /join {event.channel}"
    else:
        away = f", but is away: {event.away}" if event.away else "."
        yield f"{event.nick} is invited to {event.channel} (by {event.by}){away}"


def _invitations(event: Invitations) -> Iterable[str]:
    if event.channels:
        yield f"You are invited to {_names(event.channels)}."
    else:
        yield "You have no invitations."


def _knocked(event: Knocked) -> Iterable[str]:
    yield f"{event.nick} asks to be invited to {event.channel}{_because(event.text)}"
    yield f"To let {event.nick} in, type /invite {event.nick} {event.channel}"


def _blocked(event: Blocked) -> Iterable[str]:
    if event.on:
        yield f"You block {event.nick} now: what {event.nick} writes does not reach you."
    else:
        yield f"You no longer block {event.nick}."


def _new_invitation(event: NewInvitation) -> Iterable[str]:
    yield f"Invitation {event.number} lets one person make an account within a week. Send the link only to that person."
    yield event.link


def _invitation_taken(event: InvitationTaken) -> Iterable[str]:
    yield f"You are invited to {event.network}" + (f", to join {', '.join(event.channels)}." if event.channels else ".")


def _blocked_people(event: BlockedPeople) -> Iterable[str]:
    yield f"You block {_names(event.nicks)}." if event.nicks else "You block nobody."


def _tokens(event: DeviceTokens, stamp: Callable[[int], str]) -> Iterable[str]:
    for each in event.tokens[:LISTED_MAX]:
        words = [f"made {stamp(each.made)}"] if each.made is not None else []
        words.append(f"last used {stamp(each.used)}" if each.used is not None else "not used yet")
        words += ["this connection"] if each.current else []
        words += [f"only sends to {', '.join(each.targets)}"] if each.targets else []
        yield f"{each.name}: {', '.join(words)} (id {each.id})"
    yield from _more(len(event.tokens))
    if not event.tokens:
        yield "You have no tokens."


def _token_made(event: TokenMade) -> Iterable[str]:
    yield f"The token {event.name} signs in to your account now, in the place of the password. It is shown this once:"
    yield f"  {event.token}"
    yield f"To revoke it, type /tokens del {event.id}"


_TELLERS: dict[type, Callable[[Any], Iterable[str]]] = {
    Blocked: _blocked,
    BlockedPeople: _blocked_people,
    CertificateRefused: lambda event: [f"Not signed in with the certificate. {event.text}"],
    ChannelRenamed: _channel_renamed,
    Channels: _channels,
    Deleted: _deleted,
    Edited: _edited,
    Gone: _gone,
    InvitationTaken: _invitation_taken,
    Invitations: _invitations,
    NewInvitation: _new_invitation,
    Invited: _invited,
    Joined: lambda event: [f"{'You are' if event.me else f'{event.nick} is'} in {event.channel} now."],
    Kicked: _kicked,
    Knocked: _knocked,
    Left: _left,
    Modes: _modes,
    ModesChanged: _modes_changed,
    Reacted: _reacted,
    NickChanged: _nick_changed,
    NotDone: lambda event: [f"{event.what}: {event.text}"],
    TokenMade: _token_made,
    TokenRevoked: lambda event: [f"The token {event.id} does not sign in any more."],
    TopicSet: _topic,
    WhileAway: summed_up,
    WhoIs: _who_is,
}
