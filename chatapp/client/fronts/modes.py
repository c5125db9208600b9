"""Pure: the words for the modes of channels, for roles and for masks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from chatapp.client.core.answers import Change
from chatapp.protocol.names import fold, is_channel

# What is so when a mode is set, and when it is not. Spec: modern-irc, "Channel Modes"; C, M and R mean the same on
# this project's server, Ergo, InspIRCd and UnrealIRCd; W is the project's own;
# f is a channel here, on Ergo and on Libera (``is_flag``).
FLAGS = {
    "f": ("people who cannot join come to {}", "people who cannot join come to no other channel"),
    "i": ("people have to be invited to join", "people can join without an invitation"),
    "k": ("people need the key {} to join", "people need no key to join"),
    "l": ("at most {} people can be members", "any number of people can be members"),
    "m": ("only members with a role can write", "all members can write"),
    "n": ("only members can write", "people who are not members can write too"),
    "s": ("only members see that the channel is there", "everybody sees that the channel is there"),
    "C": ("clients cannot send requests to each other (CTCP)", "clients can send requests to each other (CTCP)"),
    "M": ("only people with an account can write", "people without an account can write too"),
    "R": ("only people with an account can join", "people without an account can join too"),
    "W": ("newcomers cannot read what was said before", "newcomers can read what was said before"),
    "t": ("only half-operators and higher can change the topic", "all members can change the topic"),
}
LISTS = {"b": "bans and mutes", "e": "exceptions from bans and mutes", "I": "people who need no invitation"}
FOR_GOOD = " for good"  # how long what has no end lasts
_ROLES = {
    "founder": "a founder",
    "protected": "a protected operator",
    "operator": "an operator",
    "half-operator": "a half-operator",
}

# The extended bans of this project's server: ~t:MINUTES:, ~m: (a mute) and ~a: (an account), in this order.
_MASK = re.compile(r"(?:~t:([0-9]{1,7}):)?(~m:)?(~a:)?(.+)", re.DOTALL)
_MINUTES_OF_HOUR, _MINUTES_OF_DAY = 60, 1440

_VALUES = {"f": "#OTHER", "k": "KEY", "l": "NUMBER"}  # the parameters of FLAGS


def explained() -> list[str]:
    """Return rows that explain the letters of the modes of this project's server; a row of a mode begins with a space.

    Spec: modern-irc, "Channel Modes"; the letters beyond that document: ``protocol/modes.py``.
    """
    flags = {f"+{letter} {_VALUES.get(letter, '')}": words for letter, (words, _) in FLAGS.items()}
    flags = {typed: words.format(typed[3:]) for typed, words in flags.items()}
    rows = ["+ sets a mode and - removes it, as in /mode +m and /mode -m. With the mode:"]
    rows += _rows(flags)
    rows += ["Roles, with the name of a member:"]
    rows += _rows(
        {
            "+q NAME": "founder: may do everything in the channel",
            "+a NAME": "protected: as an operator, and operators cannot remove NAME",
            "+o NAME": "operator: makes operators and half-operators too",
            "+h NAME": "half-operator: modes, topic, bans, invitations, gives a voice",
            "+v NAME": "voice: writes in spite of m, bans and mutes",
        }
    )
    rows += ["Lists. The letter alone, as in /mode b, shows the list:"]
    rows += _rows({f"+{letter} MASK": words for letter, words in LISTS.items()})
    rows += ["A MASK is a name (eve, e*), an account (~a:eve), a mute (~m:eve), or one of"]
    return [*rows, "these with an end: ~t:60:eve ends after 60 minutes."]


def _rows(modes: Mapping[str, str]) -> list[str]:
    return [f"  {typed.strip():9}  {words}" for typed, words in modes.items()]


def role(change: Change, channel: str) -> str:
    """Return who has a role now, or no longer has it, as ``bob is now an operator of #room``."""
    who, are = ("You", "are") if change.me else (change.parameter, "is")
    now = "now" if change.on else "no longer"
    if change.role in _ROLES:
        return f"{who} {are} {now} {_ROLES[change.role]} of {channel}"
    have = "have" if change.me else "has"
    what = "a voice" if change.role == "voice" else f"the role {change.role}"
    return f"{who} {now} {have} {what} in {channel}"


def role_given(change: Change, channel: str) -> str:
    """Return what somebody did to the role of a member, as ``made bob an operator of #room``."""
    who = "you" if change.me else change.parameter
    if change.role not in _ROLES:
        what = "a voice" if change.role == "voice" else f"the role {change.role}"
        return f"gave {who} {what} in {channel}" if change.on else f"took {what} from {who} in {channel}"
    if change.on:
        return f"made {who} {_ROLES[change.role]} of {channel}"
    return f"took the role of {change.role} from {who} in {channel}"


def listed(change: Change, channel: str, *, again: bool = False) -> str:
    """Return what somebody did to a list of a channel, as ``banned eve from #room for an hour``.

    ``again``: the ban or the mute takes the place of another that was about the same person (:func:`replaced`).
    """
    mute, who, limit = mask_words(change.parameter)
    if change.mode == "b":
        place = f"{'in' if mute else 'from'} {channel}"
        if again:
            return f"changed the {'mute' if mute else 'ban'} of {who} {place}, now{limit or FOR_GOOD}"
        if change.on:
            return f"{'muted' if mute else 'banned'} {who} {place}{limit or FOR_GOOD}"
        return f"{'ended the mute' if mute else 'removed the ban'} of {who} {place}"
    if again and change.mode == "e":
        return f"changed the exception of {who} from the bans and mutes of {channel}, now{limit or FOR_GOOD}"
    if again:
        return f"lets {who} into {channel} without an invitation, now{limit or FOR_GOOD}"
    if change.mode == "e":
        return f"{'excepted' if change.on else 'no longer excepts'} {who} from the bans and mutes of {channel}{limit}"
    return f"{'lets' if change.on else 'no longer lets'} {who} into {channel} without an invitation{limit}"


def has_ended(change: Change, by: str) -> bool:
    """Return whether a mask that has an end was removed by a server, whose name has a dot: its time is over."""
    return not change.on and mask_minutes(change.parameter) > 0 and ("." in by or not by)


def ended(change: Change, channel: str) -> str:
    """Return what is over after the time of a mask, as ``The mute of eve in #room is over``."""
    mute, who, _ = mask_words(change.parameter)
    if change.mode == "b":
        return f"The mute of {who} in {channel} is over" if mute else f"The ban of {who} from {channel} is over"
    if change.mode == "e":
        return f"The exception of {who} from the bans and mutes of {channel} is over"
    return f"{who} needs an invitation to {channel} again"


def replaced(changes: Sequence[Change]) -> list[tuple[Change, bool]]:
    """Return the changes without the removals from lists that a later change replaces, and which changes do so.

    A server that gives a mute another end removes the old entry of the list and sets the new one in the same line.
    """
    kept: list[tuple[Change, bool]] = []
    for change in changes:
        old = (msgspec.structs.replace(change, on=False), False) if change.on and change.mode in LISTS else None
        before = [each for each in kept if old is not None and _is_same(each[0], old[0])]
        kept = [each for each in kept if each not in before]
        kept.append((change, bool(before)))
    return kept


def _is_same(one: Change, other: Change) -> bool:
    """Return whether two changes of a list do the same (such as mute, or ban) to the same people."""
    if (one.on, one.mode) != (other.on, other.mode):
        return False
    (mute, who, _), (other_mute, other_who, _) = mask_words(one.parameter), mask_words(other.parameter)
    return mute == other_mute and fold(who) == fold(other_who)


def flag(change: Change) -> str:
    """Return what is so after a change of one of FLAGS, as ``all members can write``."""
    return FLAGS[change.mode][not change.on].format(change.parameter)


def is_flag(change: Change) -> bool:
    """Return whether FLAGS has the words for a mode. On some servers, f is another mode, without a channel."""
    return change.mode in FLAGS and (change.mode != "f" or not change.parameter or is_channel(change.parameter))


def letters(change: Change) -> str:
    """Return a mode with its parameter, as ``l 20``."""
    return f"{change.mode} {change.parameter}".rstrip()


def mask_words(mask: str) -> tuple[bool, str, str]:
    """Return whether a mask is a mute, who it is about, and for how long (empty: without an end).

    ``eve!*@*`` is ``eve``; masks of other forms stay as they are.
    """
    found = _MASK.fullmatch(mask)
    if found is None:
        return False, mask, ""
    minutes, mute, account, who = found.groups()
    if account:
        who = f"the account {who}"
    elif who.endswith("!*@*") and not set(who[:-4]) & set("*?!@"):
        who = who[:-4]
    return mute is not None, who, f" for {minutes_words(int(minutes))}" if minutes else ""


def mask_minutes(mask: str) -> int:
    """Return after how many minutes a mask ends; 0: it has no end."""
    found = _MASK.fullmatch(mask)
    return int(found[1] or 0) if found is not None else 0


def minutes_words(minutes: int) -> str:
    """Return a number of minutes in the largest unit that divides it, as ``2 hours`` or ``an hour``."""
    sizes = ((_MINUTES_OF_DAY, "day"), (_MINUTES_OF_HOUR, "hour"), (1, "minute"))
    size, name = next(each for each in sizes if minutes % each[0] == 0)
    count = minutes // size
    return f"{'an' if name == 'hour' else 'a'} {name}" if count == 1 else f"{count} {name}s"
