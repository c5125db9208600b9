"""Pure: reads the arguments of commands: names, times, and which message a command is about."""

from __future__ import annotations

import re
from typing import NamedTuple

from chatapp.client.core.reading import is_name
from chatapp.client.core.recent import Which
from chatapp.client.core.requests import is_mask
from chatapp.errors import ChatError, MalformedLineError, NameNotAllowedError
from chatapp.protocol.durations import is_duration, looks_like_duration, not_a_duration, parse_duration
from chatapp.protocol.names import fold, is_channel, parse_nick

NAMES_MAX = 50  # in one command
_NAMES = re.compile(r"([^ ,]+(?: *, *[^ ,]+)*)(?: +(.*))?", re.DOTALL)
_DIGITS_MAX = 9
_SECONDS_OF_MINUTE = 60


class UsageError(ChatError):
    """A command has wrong arguments; the text says how to type it."""


class Members(NamedTuple):
    """The channel of a command (may be empty), the names or masks that it is about, each once, and the text after."""

    channel: str
    names: list[str]
    text: str


def members(line: str, *, text: bool) -> Members | None:
    """Read ``[#CHANNEL] NAME[,NAME ...]``; None if the line has another form.

    With ``text``, a text may follow. Without it, spaces may stand for the commas, and the channel may come last.
    """
    channel, _, after = line.partition(" ")
    if is_channel(channel):
        line = after.strip()
    else:
        channel = ""
    if not text:
        before, _, last = line.rpartition(" ")
        if is_channel(last) and not channel:
            channel, line = last, before.strip()
        line = re.sub(r"(?<![ ,]) +(?![ ,])", ",", line)
    found = _NAMES.fullmatch(line)
    if found is None or (found[2] and not text):
        return None
    names = [name.strip() for name in found[1].split(",")]
    if not all(map(_is_member, names)) or is_channel(names[0]) or (not text and any(map(is_channel, names))):
        return None
    once = {fold(name): name for name in names}
    return Members(channel, list(once.values()), (found[2] or "").strip())


def _is_member(text: str) -> bool:
    """Return whether a text can be the name of a user, or a mask. ``5m`` is neither: somebody forgot the name."""
    return is_name(text) and (is_nick(text) or is_mask(text))


def is_nick(text: str) -> bool:
    """Return whether a text can be the name of a user."""
    try:
        parse_nick(text)
    except NameNotAllowedError:
        return False
    return True


def time(text: str) -> tuple[int, str]:
    """Return the minutes of the duration that a text begins with (0: none; a part counts as a whole), and the rest.

    The word "for" may stand before the duration, and "for good" says that there is none.

    Raises UsageError for a duration that is too long or is nothing, and for a word that begins with a digit and is no
    duration: somebody meant a time, and without it the act would have no end.
    """
    word, _, after = text.partition(" ")
    if word.lower() == "for":
        second, _, rest = after.strip().partition(" ")
        if second.lower() == "good":
            return 0, rest.strip()
        if looks_like_duration(second):
            word, after = second, rest
    if not looks_like_duration(word):
        return 0, text
    try:
        return -(-parse_duration(word) // _SECONDS_OF_MINUTE), after.strip()
    except MalformedLineError as error:
        raise UsageError(f"Nothing was done: {not_a_duration(word) if not is_duration(word) else error}") from None


def which(rest: str, *, own: bool = False, named: bool = True) -> tuple[Which, str]:
    """Return which message a line is about, and the rest of the line.

    The line may begin with ``-2`` (the second last message), with ``@NAME`` (the last message of NAME), or with both in
    any order (the second last message of NAME).
    """
    back: int | None = None
    sender = ""
    while True:
        word, _, after = rest.partition(" ")
        if back is None and word.startswith("-") and word[1:].isdecimal():
            back = int(word[1 : _DIGITS_MAX + 1])
        elif not sender and named and word.startswith("@") and is_name(word[1:]):
            sender = word[1:]
        else:
            return Which(1 if back is None else back, sender, own=own and not sender), rest
        rest = after.strip()
