r"""What a server announces of itself: the tokens of RPL_ISUPPORT (005).

Spec: modern-irc, "Feature Advertisement": ``PARAMETER[=value]`` or ``-PARAMETER``; values hold ``\xHH`` for what
cannot stand in a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

TOKENS_PER_LINE_MAX = 13  # "SHOULD NOT exceed 13 tokens": 15 parameters with the nick and the text
# Left of 512 bytes after ":server 005 nick " (63 and 32 characters) and " :are supported by this server" CR LF.
TOKEN_LINE_BYTES_MAX = 370

_UNSAFE = re.compile(rb"[\x00-\x20\\=\x7f]")
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")


def tokens(announced: Mapping[str, str | None]) -> list[list[str]]:
    """Write tokens in their order, grouped into lines that are not too long; ``None`` is a token without a value."""
    lines: list[list[str]] = []
    room = 0
    for name, value in announced.items():
        token = name if value is None else f"{name}={_escape(value)}"
        token_bytes = len(token.encode()) + 1
        assert token_bytes <= TOKEN_LINE_BYTES_MAX, f"{name} does not fit into a line"
        if not lines or token_bytes > room or len(lines[-1]) == TOKENS_PER_LINE_MAX:
            lines.append([])
            room = TOKEN_LINE_BYTES_MAX
        lines[-1].append(token)
        room -= token_bytes
    return lines


def parse(tokens_given: Iterable[str], known: Mapping[str, str | None] | None = None) -> dict[str, str | None]:
    """Read the tokens of one line (without nick and text), added to what is known already.

    ``-NAME`` takes a token back. A token without a value has ``None``.
    """
    result = dict(known or {})
    for token in tokens_given:
        name, equals, value = token.partition("=")
        if name.startswith("-"):
            result.pop(name[1:], None)
        elif name:
            result[name] = _unescape(value) if equals else None
    return result


def _escape(value: str) -> str:
    return _UNSAFE.sub(lambda match: b"\\x%02X" % match[0][0], value.encode()).decode()


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), value.encode()).decode(errors="replace")
