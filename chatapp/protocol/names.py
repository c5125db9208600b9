"""Names of users and channels: which are allowed, and when two are the same.

Everything that is a name inside the program is a :data:`Nick` or a :data:`ChannelName`, made here.
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

_NICK = re.compile(rf"[A-Za-z_\[\]\\`^{{}}|][A-Za-z0-9_\-\[\]\\`^{{}}|]{{0,{NICK_CHARS_MAX - 1}}}")

# Unicode's Default_Ignorable_Code_Point and what is drawn as a blank (Braille pattern, musical null notehead, Khitan
# filler, object replacement, hieroglyphic blanks), as far as str.isprintable() lets them pass: two names that look the
# same must not be two channels. (isprintable() refuses controls, spaces, format characters, among them all that change
# direction, private use and what is not assigned.)
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
    "\ufffc\U0001d159\U00016fe4\U00013441\U00013442]"
)


def is_channel(text: str) -> bool:
    """Tell whether a target means a channel, allowed or not, rather than a user."""
    return text.startswith(CHANNEL_PREFIX)


def parse_nick(text: str) -> Nick:
    """Take a user's name as typed.

    Raises NameNotAllowedError, whose text is the rule.
    """
    if not _NICK.fullmatch(text):
        raise NameNotAllowedError(NICK_RULE)
    return Nick(text)


def parse_channel(text: str) -> ChannelName:
    """Take a channel's name as typed.

    Raises NameNotAllowedError, whose text is the rule.
    """
    if (
        not text.startswith(CHANNEL_PREFIX)
        or not 2 <= len(text) <= CHANNEL_CHARS_MAX
        or not text.isprintable()
        or " " in text
        or "," in text
        or _INVISIBLE.search(text)
    ):
        raise NameNotAllowedError(CHANNEL_RULE)
    if not unicodedata.is_normalized("NFC", text):
        raise NameNotAllowedError(CHANNEL_RULE + " A letter with an accent is one character (Unicode NFC).")
    return ChannelName(text)
