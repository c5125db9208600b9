"""The prefixes of a channel's members, from the flags of their memberships."""

from __future__ import annotations

_OPERATOR = 1  # ``model/entities.OPERATOR``


def prefixes(flags: int, multi: bool) -> str:
    """Return the prefixes of a member with these flags: all, highest first (``multi``), or the highest only.

    Spec: IRCv3 multi-prefix: "all possible prefixes", "in order of 'rank', from highest to lowest".
    """
    return "@" if flags & _OPERATOR else ""
