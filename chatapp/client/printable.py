"""Text from the network, made harmless for a terminal.

A terminal obeys what it is sent: ESC begins commands that move the cursor, rename the window or answer as if typed;
the C1 controls do the same in one character; bidirectional controls show text in another order than it has. Nothing
received may reach a terminal without passing here.
"""

from __future__ import annotations

import re

_BIDI_AND_SEPARATORS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f{_BIDI_AND_SEPARATORS}]")
# Bold, colours and the like, as IRC clients write them (modern-irc, "Formatting"): not text, so they are left out.
_FORMATTING = re.compile(
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_CONTROL_PICTURES = 0x2400


def printable(text: str) -> str:
    """Return text of one line with nothing in it that a terminal would obey.

    A tab becomes a space, IRC formatting is left out, any other control is shown: as its picture (ESC is U+241B),
    or as its number.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_show, _FORMATTING.sub("", text))


def _show(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\t":
        return " "
    if char == "\x7f":
        return "\u2421"
    if char < " ":
        return chr(_CONTROL_PICTURES + ord(char))
    return f"<{ord(char):04X}>"


def json_safe(text: str) -> str:
    r"""Write what JSON leaves raw but a terminal would obey as ``\uXXXX``; the value stays exactly the same."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2], 'big'):04x}" for at in range(0, len(units), 2))
