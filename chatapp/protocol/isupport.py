r"""The tokens of RPL_ISUPPORT (005), in which a server announces its features and limits.

Spec: modern-irc, "Feature Advertisement": ``PARAMETER[=value]`` or ``-PARAMETER``. In a value, ``\xHH`` stands for a
byte that a parameter cannot contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

TOKENS_PER_LINE_MAX = 13  # "SHOULD NOT exceed 13 tokens": with the nick and the text, a line has 15 parameters
# 512 bytes of a line, less ":server 005 nick " (server: 63 characters, nick: 32), " :are supported by this server" and
# CR LF.
TOKEN_LINE_BYTES_MAX = 370

_UNSAFE = re.compile(rb"[\x00-\x20\\=\x7f]")
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")


def tokens(announced: Mapping[str, str | None]) -> list[list[str]]:
    """Return the tokens of ``announced`` (name to value), in order, grouped into lines.

    A name whose value is ``None`` makes a token without a value. A line has at most TOKENS_PER_LINE_MAX tokens and
    TOKEN_LINE_BYTES_MAX bytes.
    """
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
    """Parse the tokens of one line (without nick and text), and return them merged into ``known``, by name.

    ``-NAME`` removes a token. A token without a value has the value ``None``. ``known`` itself is not changed.
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
