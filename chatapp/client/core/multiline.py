"""Pure: a message of several lines, as the client sends it.

Spec: IRCv3 draft/multiline.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from chatapp.client.core.replies import CONCAT, MULTILINE
from chatapp.client.core.splitting import Continuation
from chatapp.protocol.message import Message

_DIGITS_MAX = 9
_LINES_MAX = 100  # if the server does not say how many


class Room(NamedTuple):
    """How much one message can hold; ``lines_max`` is 1 if the server takes no messages of several lines."""

    bytes_max: int = 0
    lines_max: int = 1


def room(offers: Mapping[str, str], enabled: Container[str]) -> Room:
    """Return the limits of a server, from its offers and the capabilities that are enabled.

    Spec: "max-bytes", "This key is REQUIRED"; "max-lines", "This key is OPTIONAL".
    """
    if MULTILINE not in enabled:
        return Room()
    limits = dict(each.partition("=")[::2] for each in offers.get(MULTILINE, "").split(","))
    most, lines = limits.get("max-bytes", ""), limits.get("max-lines", str(_LINES_MAX))
    if not all(each.isdecimal() and len(each) <= _DIGITS_MAX for each in (most, lines)):
        return Room()
    return Room(int(most), min(int(lines), _LINES_MAX))


def can_be_joined(text: str) -> bool:
    """Return whether a line can be one of several: a CTCP message such as an action is a message of its own."""
    return not text.startswith("\x01")


def messages(target: str, lines: Sequence[str], reference: str, tags: Mapping[str, str]) -> list[Message]:
    """Return the lines that send a message: one, or a batch, in which a blank line is empty instead of a space.

    Spec: "all client-only tags associated with the message must be sent attached to the initial BATCH command".
    """
    if len(lines) == 1:
        return [Message("PRIVMSG", [target, lines[0]], tags=dict(tags))]
    begin = Message("BATCH", [f"+{reference}", MULTILINE, target], tags=dict(tags))
    inside = []
    for index, text in enumerate(lines):
        continues = index > 0 and isinstance(text, Continuation)
        shown = text if continues or text != " " else ""
        inside.append(
            Message("PRIVMSG", [target, shown], tags={"batch": reference} | ({CONCAT: ""} if continues else {}))
        )
    return [begin, *inside, Message("BATCH", [f"-{reference}"])]
