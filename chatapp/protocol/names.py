"""Names of users and channels: which names are allowed, and when two names are the same.

Inside the program, every name is a :data:`Nick` or a :data:`ChannelName`, made by this module.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NewType

from chatapp.casemap import fold as fold
from chatapp.errors import NameNotAllowedError

Nick = NewType("Nick", str)
ChannelName = NewType("ChannelName", str)

NICK_CHARS_MAX = 32
CHANNEL_CHARS_MAX = 64
CHANNEL_PREFIX = "#"

NICK_RULE = (
    f"A name has 1 to {NICK_CHARS_MAX} characters: letters a to z, digits and _-[]\\`^{{}}|,"
    " and does not begin with a digit or '-'."
)
CHANNEL_RULE = (
    f"A channel's name begins with {CHANNEL_PREFIX}, has 2 to {CHANNEL_CHARS_MAX} characters,"
    " and none of them is a space, a comma or invisible."
)

_DIGITS = re.compile("([0-9]+)")
_NICK = re.compile(rf"[A-Za-z_\[\]\\`^{{}}|][A-Za-z0-9_\-\[\]\\`^{{}}|]{{0,{NICK_CHARS_MAX - 1}}}")

# Characters that str.isprintable() accepts but that people cannot see. Two channels must not have names that look the
# same. The set contains Unicode's Default_Ignorable_Code_Point and characters that are drawn as a blank (Braille
# pattern, musical null notehead, Khitan filler, object replacement, hieroglyphic blanks). isprintable() itself refuses
# control characters, spaces, format characters (including all that change the direction of text), private use and
# unassigned code points.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
    "\ufffc\U0001d159\U00016fe4\U00013441\U00013442]"
)


def has_invisible(text: str) -> bool:
    """Return whether ``text`` has a character that nobody can see, or only as a blank; a space counts as seen."""
    return not text.isprintable() or _INVISIBLE.search(text) is not None


def is_channel(text: str) -> bool:
    """Return whether ``text``, the target of a command, names a channel (valid or not) rather than a user."""
    return text.startswith(CHANNEL_PREFIX)


def parse_nick(text: str) -> Nick:
    """Return ``text``, a user's name as typed, as a Nick.

    Raises NameNotAllowedError, with the rule as its text, if the name is not allowed.
    """
    if not _NICK.fullmatch(text):
        raise NameNotAllowedError(NICK_RULE)
    return Nick(text)


def parse_partner(text: str) -> str:
    """Return the name of a conversation: of a user, or of an account that was removed (``eve~1``).

    Raises NameNotAllowedError, with the rule as its text, if the name is not allowed.
    """
    name, _, number = text.partition("~")
    return f"{parse_nick(name)}~{number}" if re.fullmatch("[1-9][0-9]{0,8}", number) else parse_nick(text)


def may_be_in_nick(text: str, *, at_start: bool) -> bool:
    """Return whether users' names can have these characters; ``at_start``: the first one as their first."""
    if at_start and not _NICK.fullmatch(text[:1]):
        return False
    return all(_NICK.fullmatch(f"_{char}") for char in text)


def parse_channel(text: str) -> ChannelName:
    """Return ``text``, a channel's name as typed, as a ChannelName.

    Raises NameNotAllowedError, with the rule as its text, if the name is not allowed.
    """
    if (
        not text.startswith(CHANNEL_PREFIX)
        or not 2 <= len(text) <= CHANNEL_CHARS_MAX
        or has_invisible(text)
        or " " in text
        or "," in text
    ):
        raise NameNotAllowedError(CHANNEL_RULE)
    if not unicodedata.is_normalized("NFC", text):
        raise NameNotAllowedError(CHANNEL_RULE + " A letter with an accent is one character (Unicode NFC).")
    return ChannelName(text)


def natural_key(name: str) -> list[str | tuple[int, str]]:
    """Return the sort key of a name; it puts ``student2`` before ``student10``."""
    parts: list[str | tuple[int, str]] = []
    for at, part in enumerate(_DIGITS.split(fold(name))):
        digits = part.lstrip("0")
        parts.append((len(digits), digits) if at % 2 else part)
    return parts
