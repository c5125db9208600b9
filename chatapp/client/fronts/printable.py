"""Pure: makes text from the network harmless for a terminal.

A terminal obeys control characters: ESC begins commands that move the cursor, rename the window or answer as if a
person typed; the C1 controls do the same with one character; bidirectional controls show text in a different order. No
text from the network may reach a terminal unfiltered. The output streams guarantee this: ``chatapp/cli/streams.py``
filters standard output and standard error, ``person/terminal.py`` filters what prompt_toolkit writes.
"""

from __future__ import annotations

import re

_BIDI_AND_SEPARATORS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\u2028\u2029"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f{_BIDI_AND_SEPARATORS}]")
# The flags of England, Scotland and Wales are written with tags (U+E0020 to U+E007F), which no other text needs.
_BLACK_FLAG, _TAGS, _LAST_TAG = "\U0001f3f4", 0xE0000, "\U000e007f"
_FLAGS = tuple(
    _BLACK_FLAG + "".join(chr(_TAGS + ord(letter)) for letter in code) + _LAST_TAG
    for code in ("gbeng", "gbsct", "gbwls")
)
_FLAG_OR_UNSAFE = re.compile(f"({'|'.join(_FLAGS)})|{_UNSAFE.pattern}")
# The other characters of the Unicode category Cf (format). A screen needs some of them (U+200D joins an emoji), so
# ``printable`` keeps them; ``json_safe`` escapes them too.
_FORMAT = re.compile(
    "[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200d\u2060-\u2065"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)
# Bold, colours and other formatting of IRC clients, which is not text and is left out. Spec: modern-irc, "Formatting".
_FORMATTING = re.compile(
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_LF_OR_TAB = re.compile(r"([\n\t])")
_CONTROL_PICTURES = 0x2400


def printable(text: str) -> str:
    """Return a text of one line without characters that a terminal would obey.

    A tab becomes a space, and IRC formatting is left out. Any other control character is shown as its picture (U+241B
    for ESC) or as its number (``<202E>``).
    """
    if text.isascii() and text.isprintable():
        return text
    return _FLAG_OR_UNSAFE.sub(_show, _FORMATTING.sub("", text))


def continues_a_flag(before: str, char: str) -> bool:
    """Tell whether a character that is typed after a text is the next one of a flag, which comes tag by tag."""
    return "\U000e0000" <= char <= _LAST_TAG and any(
        (before + char).endswith(flag[:length]) for flag in _FLAGS for length in range(2, len(flag) + 1)
    )


def printable_lines(text: str) -> str:
    """Return a text of several lines as :func:`printable` does, but keep LF (the only line end) and tabs."""
    if "\n" not in text and "\t" not in text:
        return printable(text)
    return "".join(part if part in ("\n", "\t") else printable(part) for part in _LF_OR_TAB.split(text))


def _show(match: re.Match[str]) -> str:
    char = match[0]
    if match[1]:
        return char
    if char == "\t":
        return " "
    if char == "\x7f":
        return "\u2421"
    if char < " ":
        return chr(_CONTROL_PICTURES + ord(char))
    return f"<{ord(char):04X}>"


def json_safe(text: str) -> str:
    r"""Escape as ``\uXXXX`` the characters of a JSON text that a terminal would obey; its value stays the same."""
    if text.isascii() and text.isprintable():
        return text
    return _FORMAT.sub(_escape, _UNSAFE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))
