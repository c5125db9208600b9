"""Comparing names: only the case of ASCII letters is ignored, everywhere."""

from __future__ import annotations

import string

_LOWER_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold(text: str) -> str:
    """Return the casefolded form of a name, in which names are compared: only ASCII letters become lower case.

    Spec: modern-irc, RPL_ISUPPORT, "CASEMAPPING": ``ascii``.
    """
    return text.lower() if text.isascii() else text.translate(_LOWER_ASCII)
