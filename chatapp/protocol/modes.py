"""The modes of channels and users: their letters, the prefixes of members, and the changes of a MODE command.

Spec: modern-irc, "Channel Modes" and "Channel Membership Prefixes". The letters beyond that document: ``a h q`` as in
its membership table; ``C`` (no CTCP), ``M`` (only accounts speak), ``R`` (only accounts join) and ``f`` (forward) as in
Ergo and Libera; ``W`` (newcomers cannot read what was said before they came) is our own, and no other server uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Role(NamedTuple):
    """A role of a member: its mode letter, its prefix, its bit in the flags of a membership, and its rank."""

    letter: str
    prefix: str
    bit: int
    rank: int


# The bits are stored in the log's snapshots. The bit 1 is the oldest: the member who created the channel.
FOUNDER = Role("q", "~", 1, 5)
PROTECTED = Role("a", "&", 16, 4)
OPERATOR = Role("o", "@", 8, 3)
HALFOP = Role("h", "%", 4, 2)
VOICE = Role("v", "+", 2, 1)
ROLES = (FOUNDER, PROTECTED, OPERATOR, HALFOP, VOICE)  # the highest first
BY_LETTER = {role.letter: role for role in ROLES}
BY_PREFIX = {role.prefix: role for role in ROLES}
ADMINISTRATOR_RANK = 6  # of the server's administrators, in every channel

LISTS = "beI"  # modes that add a mask to a list or remove it: bans, ban exceptions, invite exceptions
KEYED = "k"  # always with a parameter
WITH_VALUE = "fl"  # with a parameter only when they are set
FLAGS = "CMRWimnst"  # without a parameter

REASON_TAG = "+chatapp/reason"  # of a MODE: why; of an entry of a list: why it was set. Our own tag

PREFIX_TOKEN = f"({''.join(role.letter for role in ROLES)}){''.join(role.prefix for role in ROLES)}"
CHANMODES_TOKEN = f"{LISTS},{KEYED},{WITH_VALUE},{FLAGS}"
PREFIXES = "".join(role.prefix for role in ROLES)
LETTERS = "".join(sorted(LISTS + KEYED + WITH_VALUE + FLAGS + "".join(BY_LETTER)))

# The modes of users. The letters beyond modern-irc: B (bot) as in IRCv3 bot-mode, R and T (who may write, and what) as
# in Ergo and UnrealIRCd, s (server notices) as in RFC 1459, Z (TLS) as in Ergo.
OF_USERS = "BRTiw"  # of a user, for all its sessions
ADMINISTRATOR = "o"  # follows the role
NOTICES = "s"  # of one session
SECURE = "Z"  # of one session; nobody can change it
USER_LETTERS = "".join(sorted(OF_USERS + ADMINISTRATOR + NOTICES + SECURE))


def rank_of(flags: int) -> int:
    """Return the rank of a member with these flags, from 0 (no role) to 5 (founder)."""
    return next((role.rank for role in ROLES if flags & role.bit), 0) if flags else 0


def prefixes(flags: int, multi: bool) -> str:
    """Return the prefixes of a member with these flags: all, highest first (``multi``), or the highest only.

    Spec: IRCv3 multi-prefix: "all possible prefixes", "in order of 'rank', from highest to lowest".
    """
    if not flags:
        return ""
    found = "".join([role.prefix for role in ROLES if flags & role.bit])
    return found if multi else found[:1]


class Change(NamedTuple):
    """One change of a MODE command as typed: ``+`` or ``-``, the letter, and the parameter (``None``: none given)."""

    sign: str
    letter: str
    parameter: str | None


def parse(changes: str, parameters: Sequence[str]) -> list[Change]:
    """Parse the changes of a MODE command, such as ``+o-v`` with the parameters ``alice`` and ``bob``.

    Unknown letters are returned too, without a parameter. Missing signs mean ``+``.

    Spec: modern-irc, "MODE message": the types A, B, C and D of CHANMODES say which modes take a parameter.
    """
    found: list[Change] = []
    sign, left = "+", list(parameters)
    for letter in changes:
        if letter in "+-":
            sign = letter
            continue
        takes = letter in LISTS or letter in KEYED or letter in BY_LETTER or (letter in WITH_VALUE and sign == "+")
        found.append(Change(sign, letter, left.pop(0) if takes and left else None))
    return found


def written(changes: Sequence[tuple[str, str, str]]) -> str:
    """Write changes (sign, letter, parameter or empty) as one MODE line has them: ``+o-v alice bob``.

    A removed key is ``*``. Spec: modern-irc, "CHANMODES Parameter", type B: "This mode MUST always have a parameter."
    """
    letters, parameters, sign = "", "", ""
    for new_sign, letter, parameter in changes:
        letters += letter if new_sign == sign else new_sign + letter
        sign = new_sign
        parameter = parameter or ("*" if letter in KEYED else "")
        parameters += f" {parameter}" if parameter else ""
    return letters + parameters
