"""Pure: messages as lines of text. All text of the network becomes harmless here, as on the screen."""

from __future__ import annotations

import textwrap

from chatapp.client.core.reading import action
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry
from chatapp.client.fronts.full.lines import REACTIONS_MAX, ROWS_MAX, Look
from chatapp.client.fronts.full.text import FSI, PDI, columns, isolated, shown, slices
from chatapp.client.fronts.sentences import FOR_ROLE

NOTE = "-- "  # what the client itself says begins so
INDENT = "  "  # the further lines of a message begin so: no part of a message can look like another message


def safe(text: str) -> str:
    """Return a text of the network, harmless, in one line, and between isolates if it is written from right to left."""
    return "".join(piece for _, piece in isolated([("", shown(text.replace("\n", " ")))]))


def where(buffer: Buffer, entry: Entry) -> str:
    """Return the place of a message of a conversation that is not shown, as `` (in #dev)`` or `` (to you)``."""
    if buffer.is_channel:
        return f" (in {safe(buffer.name)})"
    return f" (to {safe(buffer.name)})" if entry.own else " (to you)"


def said(entry: Entry, look: Look, place: str = "") -> str:
    """Return a message, as ``12:05 bob: hello``; ``place``: see ``where``. Further lines are indented."""
    done = action(entry.text, notice=entry.notice)
    lines = (entry.text if done is None else done).split("\n")
    text = f"\n{INDENT}".join(safe(line) for line in lines[:ROWS_MAX])
    if len(lines) > ROWS_MAX:
        text += f"\n{INDENT}(cut: the message is longer)"
    sender = safe(entry.sender)
    audience = FOR_ROLE if entry.for_role else ""
    kind = f"{' (notice)' if entry.notice and done is None else ''}{place}{audience}{_about(entry)}"
    head = f"{sender}{kind}:" if done is None else f"* {sender}{kind}"
    why = f" (not sent: {safe(entry.why)}; F6 picks it)" if entry.why else ""
    edited = " (edited)" if entry.edited else ""
    clock = "" if entry.why else f"{look.clock(entry.time)} "  # what was not sent has no time
    return f"{clock}{head} {text}{edited}{why}{_reactions(entry)}"


def _about(entry: Entry) -> str:
    if not entry.reply_to and not entry.about:
        return ""
    return f" (answers {safe(entry.about) if entry.about else 'an earlier message'})"


def _reactions(entry: Entry) -> str:
    found = [f"{safe(each.text)} {each.users}" for each in entry.reactions[:REACTIONS_MAX]]
    return f" [{', '.join(found)}]" if found else ""


def divided(line: str, width: int) -> list[str]:
    """Divide a line at spaces into rows of less than ``width`` columns; all but the first are indented.

    A word that is wider, such as a link, stays whole: the terminal divides it, so that a person can copy it.
    """
    if len(line) < width and (line.isascii() or columns(line) < width):
        return [line]
    if line.isascii():
        return textwrap.wrap(
            line.strip(" "), max(width - 1, 2 * len(INDENT)), subsequent_indent=INDENT, initial_indent=_indent(line),
            break_long_words=False, break_on_hyphens=False, replace_whitespace=False,
        )  # fmt: skip
    found = [
        line[begin:end].rstrip(" ") for begin, end in slices(line, max(width - 1 - len(INDENT), 1), max(width - 1, 1))
    ]
    rows: list[str] = []
    isolates = 0  # that the rows before have begun, and not ended
    for at, row in enumerate(found):
        begun = FSI * isolates
        isolates = max(0, isolates + row.count(FSI) - row.count(PDI))
        rows.append(f"{INDENT if at else ''}{begun}{row}{PDI * isolates}")
    return rows


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


def told(entry: Entry, look: Look, place: str = "", time: int | None = None) -> str:
    """Return a message, or a note of the client; ``time`` (ms): when the note was written, if that was before.

    What the history tells has its time, as a message has: a person must not take it for news.
    """
    if not entry.note:
        return said(entry, look, place)
    time = entry.time if entry.act else time
    clock = "" if time is None else f"{look.clock(time)} "
    return f"{NOTE}{clock}{safe(entry.text)}"
