"""Pure: the format of the lines that programs read and write: lines of text, or one JSON object per line.

In lines of text, characters that a terminal would obey are replaced. In JSON they are escaped, so the text is exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from chatapp.client.core import answers, events
from chatapp.client.core.events import Event, Said
from chatapp.client.core.reading import action
from chatapp.client.core.splitting import TEXT_BYTES_MAX
from chatapp.client.fronts.commands import SEARCH_INCOMPLETE, UsageError
from chatapp.client.fronts.printable import json_safe, printable
from chatapp.client.fronts.sentences import absent, sentences, why_not_sent
from chatapp.protocol.names import is_channel
from chatapp.protocol.timestamps import TIME_MS_MAX, format_time

LINE_BYTES_MAX = TEXT_BYTES_MAX + 1024  # a line of stdin: a text, and the command before it
JSON_LINE_BYTES_MAX = 6 * TEXT_BYTES_MAX + 1024  # a line of stdin with --json, where each character may be escaped

_TYPES: dict[type, str] = {
    events.Blocked: "blocked",
    answers.BlockedPeople: "blocked-people",
    events.CaughtUp: "caught-up",
    events.CertificateRefused: "certificate-refused",
    answers.Channels: "channels",
    events.ChannelRenamed: "channel-renamed",
    events.Closing: "closing",
    events.Deleted: "deleted",
    events.Earlier: "earlier",
    events.Edited: "edited",
    events.Gone: "gone",
    events.History: "history",
    events.InvitationTaken: "invitation-taken",
    answers.Invitations: "invitations",
    answers.NewInvitation: "invitation",
    events.Invited: "invited",
    events.Joined: "joined",
    events.Kicked: "kicked",
    events.Knocked: "knock",
    events.Left: "left",
    answers.Masks: "masks",
    events.Matches: "matches",
    answers.Modes: "modes",
    events.ModesChanged: "modes-changed",
    events.NickChanged: "nick-changed",
    events.NotDone: "not-done",
    events.NotSent: "not-sent",
    events.Notice: "notice",
    events.Offline: "offline",
    events.People: "people",
    events.Presence: "presence",
    events.Reacted: "reaction",
    events.Said: "message",
    events.Sent: "sent",
    events.SignedIn: "signed-in",
    answers.DeviceTokens: "tokens",
    answers.TokenMade: "token-made",
    answers.TokenRevoked: "token-revoked",
    events.TopicSet: "topic",
    events.WhileAway: "while-away",
    answers.WhoIs: "whois",
}


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object of the input: send ``text`` to ``to`` (or to the default target), or run ``command``."""

    text: str | msgspec.UnsetType = msgspec.UNSET
    to: str | msgspec.UnsetType = msgspec.UNSET
    command: str | msgspec.UnsetType = msgspec.UNSET


def read_json(line: bytes) -> Input:
    """Read one line of JSON. Raises UsageError unless it is an object with either a text or a command."""
    form = """Not sent: give a JSON object such as {"to": "alice", "text": "hello"} or {"command": "/who"}"""
    try:
        given = msgspec.json.decode(line, type=Input)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{form}. ({error})") from None
    if (given.text is msgspec.UNSET) == (given.command is msgspec.UNSET):
        raise UsageError(f"{form}, with a text or with a command.")
    if given.command is not msgspec.UNSET and given.to is not msgspec.UNSET:
        raise UsageError(f"{form}; `to` goes with a text.")
    return given


def as_json(event: Event) -> str:
    """Return an event as one line of JSON; ``type`` names the event, times have the form of IRCv3 server-time."""
    if isinstance(event, events.History):
        return _dump(
            type=_TYPES[type(event)],
            conversation=event.conversation,
            messages=[_fields(message) for message in event.messages],
            acts=[_act(act) for act in event.acts],
        )
    if isinstance(event, events.Matches):
        messages = [_fields(message) for message in event.messages]
        return _dump(type=_TYPES[type(event)], text=event.text, messages=messages, whole=event.whole)
    if isinstance(event, events.WhileAway):
        acts = [_act(act) for act in event.acts]
        return _dump(type=_TYPES[type(event)], channel=event.channel, acts=acts, more=event.more)
    return _dump(type=_TYPES[type(event)], **_fields(event))


def json_notice(text: str) -> str:
    """Return a notice of the client itself as one line of JSON."""
    return _dump(type="notice", text=text)


def _fields(event: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(event)
    if isinstance(event, events.CaughtUp):
        return {"messages": event.messages, **fields}
    if isinstance(event, events.Gone | events.NickChanged):
        del fields["channels"]
        return fields
    if isinstance(event, Said):
        time, sender = format_time(fields.pop("time")), fields.pop("sender")
        return {"time": time, "target": fields.pop("target"), "from": sender, **fields}
    if isinstance(event, answers.Masks):
        return {**fields, "masks": [{**mask, "time": _time(mask["time"])} for mask in fields["masks"]]}
    if isinstance(event, answers.DeviceTokens):
        times = [{"made": _time(each.made), "used": _time(each.used)} for each in event.tokens]
        return {"tokens": [{**token, **time} for token, time in zip(fields["tokens"], times, strict=True)]}
    if isinstance(event, answers.WhoIs):
        return {**fields, "since": _time(event.since)}
    return fields


def _act(act: events.Act) -> dict[str, Any]:
    return {"type": _TYPES[type(act.what)], "time": format_time(act.time), **_fields(act.what)}


def _time(ms: int | None) -> str | None:
    """Return a time of a server as text; None if it is not known, or cannot be meant."""
    return format_time(ms) if ms and ms <= TIME_MS_MAX else None


def _dump(**fields: Any) -> str:
    return json_safe(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def _second(ms: int) -> str:
    return format_time(ms)[: len("2026-01-02T10:11:12")] + "Z"


def _past(event: Said | events.Act) -> list[str]:
    """Return the lines of a message of the history, or of what was done in its channel."""
    if isinstance(event, Said):
        return [message(line) for line in event.by_line()]
    before = f"{_second(event.time)} {printable(event.what.channel)} --"
    return [f"{before} {printable(sentence)}" for sentence in sentences(event.what)]


def message(said: Said) -> str:
    """Return a message of one line: time, target as it was addressed, sender, text."""
    time = _second(said.time)
    done = action(said.text, notice=said.notice)
    if done is not None:
        return f"{time} {printable(said.target)} * {printable(said.sender)} {printable(done)}"
    left, right = ("-", "-") if said.notice else ("<", ">")
    return f"{time} {printable(said.target)} {left}{printable(said.sender)}{right} {printable(said.text)}"


def messages(event: Event) -> list[str]:
    """Return the messages of an event, a line for each line of a message; in a history also what was done."""
    if isinstance(event, Said):
        return _past(event)
    if isinstance(event, events.History):
        return [line for each in event.in_order() for line in _past(each)]
    return [line for said in event.messages for line in _past(said)] if isinstance(event, events.Matches) else []


def notices(event: Event) -> list[str]:
    """Return the notices of an event, one line each, whatever characters the quoted texts have.

    A stored message (Sent) has no notice, as the message itself is written, unless its recipient is away. That somebody
    is back (Presence) has none.
    """
    if isinstance(event, events.People):
        words = ((person.nick, "here" if person.here else "away", person.role) for person in event.people)
        return [printable(" ".join(filter(None, each))) for each in words]
    notice = _NOTICES.get(type(event))
    texts = sentences(event) if notice is None else [notice(event)]
    return [printable(text) for text in texts if text]


def partner(event: Event) -> str:
    """Return with whom a direct message was exchanged, if that is what an event tells; else an empty text."""
    name = event.conversation if isinstance(event, Said) else event.target if isinstance(event, events.Sent) else ""
    return "" if is_channel(name) else name


def _sent(event: events.Sent) -> str:
    return absent(event.target, event.away) if event.away else ""


def _presence(event: events.Presence) -> str:
    return absent(event.nick, event.away) if event.away else ""


def _not_sent(event: events.NotSent) -> str:
    part = f" ({event.stored} of {event.lines} lines were)" if event.stored else ""
    return f"Not sent to {event.target}{part}{why_not_sent(event)} [{event.code}]"


def _signed_in(event: events.SignedIn) -> str:
    return "Connected again." if event.again else f"Signed in as {event.nick}."


def _matches(event: events.Matches) -> str:
    found = [] if event.messages else [f"Nothing was found for {event.text}"]
    return " ".join(found + ([] if event.whole else [SEARCH_INCOMPLETE]))


_NOTICES: dict[type, Callable[[Any], str]] = {
    events.Matches: _matches,
    events.NotSent: _not_sent,
    events.Notice: lambda event: str(event.text),
    events.Offline: lambda event: f"{event.reason} Trying again in {event.retry_s:.0f} s.",
    events.Presence: _presence,
    events.Sent: _sent,
    events.SignedIn: _signed_in,
}
