"""Patterns with the wildcards ``*`` (any characters) and ``?`` (one character).

Spec: modern-irc, "Wildcard Expressions".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

from chatapp.casemap import fold

_WILD = frozenset("*?")


def is_wild(text: str) -> bool:
    """Return whether a text contains a wildcard."""
    return not _WILD.isdisjoint(text)


def matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that tells whether a casefolded text matches ``pattern`` (as typed; case does not matter).

    The function takes no more than linear time for each ``*`` of the pattern, whatever the text is.
    """
    return re.compile(translate(fold(pattern).replace("[", "[[]"))).match
