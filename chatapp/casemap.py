"""How names are compared: by ASCII case only, everywhere."""

from __future__ import annotations

import string

_LOWER_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold(text: str) -> str:
    """Return the form in which two names are compared: ASCII letters in lower case, all else as it is.

    Spec: modern-irc, RPL_ISUPPORT, "CASEMAPPING": ``ascii``.
    """
    return text.lower() if text.isascii() else text.translate(_LOWER_ASCII)
