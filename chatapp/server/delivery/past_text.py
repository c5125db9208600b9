"""Pure: writes stored messages as text for people, such as ``[2026-01-31 23:59] #lobby <eve> hello``.

Clients without batches get this text in NOTICEs: as a PRIVMSG of its sender, an old message would look as if it was
said now.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import as_shown
from chatapp.model.remarks import TEXTLESS
from chatapp.model.tables import Tables
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.protocol.timestamps import format_short
from chatapp.server.delivery.render import divided

_ACTION = "\x01ACTION "


def text_lines(tables: Tables, event: events.PastEvent, reader: User, host: str) -> Iterator[str]:
    """Write a stored message as NOTICEs of the server, without CR LF. Other events, and remarks, give no line.

    A line that would be too long is continued in another NOTICE. Blank lines are left out, but a blank message has one.
    """
    if not isinstance(event, events.MessageSent) or event.verb in TEXTLESS:
        return
    where = f"[{format_short(event.time)}] {tables.name_of(event.stream, reader)}"
    shown = as_shown(tables, event)
    if not shown.text:
        return  # erased
    for line in [each for each in shown.text.split("\n") if each.strip()] or [""]:
        if line.startswith(_ACTION):
            who, text = f"* {shown.nick}", line.removeprefix(_ACTION)
        else:
            who, text = f"-{shown.nick}-" if shown.verb == "NOTICE" else f"<{shown.nick}>", line
        yield from _fitting(f":{host} NOTICE {reader.name} :{where} {who} ", text.replace("\x01", ""))


def _fitting(head: str, text: str) -> Iterator[str]:
    """Divide a text so that each part fits in a line after ``head``."""
    for part in divided(text, LINE_BYTES_MAX - 2 - len(head.encode())):
        yield head + part
