"""Splits a text into lines that IRC can carry.

Nothing is ever cut off: the pieces of a line, joined together, are the line.
"""

from __future__ import annotations

import re
import unicodedata

from chatapp.errors import RefusedError
from chatapp.protocol.message import LINE_BYTES_MAX

TEXT_BYTES_MAX = 256 * 1024  # one text, about 600 lines

_LINE_END = re.compile(r"\r\n|\r|\n")
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"
_CLUSTER_CHARS_MAX = 16
_HOST_BYTES_MAX = 63
_SLACK_BYTES = 2  # a server may count a little differently
_SPACE, _CONTINUATION_BITS, _CONTINUATION = 0x20, 0xC0, 0x80


class Continuation(str):
    """A piece that continues the line of the piece before it."""


def pieces(text: str, bytes_max: int) -> list[str]:
    """Return the lines of a text to send, each at most ``bytes_max`` bytes; empty for a blank text.

    A piece of a longer line, other than its first, is a Continuation.

    Raises RefusedError for a text that cannot be sent whole: not UTF-8, with a NUL, or longer than TEXT_BYTES_MAX.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RefusedError("Not sent: there is half a character in it. Set the terminal to UTF-8.") from None
    if "\0" in text:
        raise RefusedError("Not sent: it has a NUL character in it, which cannot be sent as text.")
    if size > TEXT_BYTES_MAX:
        raise RefusedError(f"Not sent: it has {size} bytes; {TEXT_BYTES_MAX} is the most there can be at once.")
    return [piece for line in lines_of(text) for piece in split(line, bytes_max)]


def actions(text: str, bytes_max: int) -> list[str]:
    """Return the lines of a text that says what the sender does; each line is a CTCP ACTION, as in :func:`pieces`.

    Spec: modern-irc, CTCP: the message "begins and ends with \\x01"; ACTION: "\\x01ACTION <text>\\x01".
    """
    begin, end = "\x01ACTION ", "\x01"
    # The character that ends an action cannot be part of its text.
    return [begin + piece + end for piece in pieces(text.replace(end, ""), bytes_max - len(begin + end))]


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without the blank lines at its beginning and end.

    An empty line between others becomes one space, as IRC has no empty messages.
    """
    lines = _LINE_END.split(text)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return [line or " " for line in lines]


def split(line: str, bytes_max: int) -> list[str]:
    """Split a line into pieces of at most ``bytes_max`` bytes of UTF-8 (at least 8).

    A piece ends after the last space of its second half. If there is no such space, it ends between two characters;
    if possible, not inside a grapheme (a letter with its accent, a joined emoji).
    """
    assert bytes_max >= 8
    data = line.encode()
    pieces = []
    start = 0
    while len(data) - start > bytes_max:
        end = start + bytes_max
        space = data.rfind(b" ", start + bytes_max // 2, end)
        end = space + 1 if space >= 0 else _between_characters(data, start, end)
        pieces.append(data[start:end].decode())
        start = end
    pieces.append(data[start:].decode())
    return [*pieces[:1], *map(Continuation, pieces[1:])]


def _between_characters(data: bytes, start: int, end: int) -> int:
    """Return the last byte index up to ``end`` (after ``start``) at which the line can be split."""
    while data[end] & _CONTINUATION_BITS == _CONTINUATION:
        end -= 1
    piece = data[start:end].decode()
    # Only the next character can move the split, and a character has at most four bytes.
    following = data[end : end + 4].decode(errors="ignore")[:1]
    kept = piece
    for _ in range(_CLUSTER_CHARS_MAX):
        if not (_belongs_to_previous(following) or kept.endswith("\u200d")) or len(kept) < 2:
            break
        kept, following = kept[:-1], kept[-1]
    else:
        kept = piece
    return start + len((kept if len(kept) > 1 else piece).encode())


def _belongs_to_previous(char: str) -> bool:
    return bool(char) and (char in _JOINERS or unicodedata.combining(char) != 0 or "\U0001f3fb" <= char <= "\U0001f3ff")


def room_bytes(source: str, nick: str, target: str) -> int:
    """Return how many bytes a text may have, so that the line that its recipients get is not too long.

    ``source`` is how the server writes us (``nick!user@host``). While it is not known (empty), the longest possible
    source is assumed.
    """
    source_bytes = len((source or f"{nick}!{nick}@{'h' * _HOST_BYTES_MAX}").encode())
    return LINE_BYTES_MAX - _SLACK_BYTES - len(f": PRIVMSG {target} :\r\n".encode()) - source_bytes
