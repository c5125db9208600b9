"""Pure: how an edit of a message reads: EDIT, or a new line of the author for recipients without the capability.

Spec: IRCv3 pull request 425: "@draft/target-msgid=<msgid>;draft/edit-text=<new-text> EDIT <target>".
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.outcome import Applied
from chatapp.model.remarks import REPLIES
from chatapp.model.tables import Tables
from chatapp.protocol.message import LINE_BYTES_MAX, SERVER_TAG_BYTES_MAX, escape_tag, format_tags
from chatapp.server import capabilities as cap
from chatapp.server.delivery import multiline, render
from chatapp.server.delivery.response import Batch, Item

TARGET_MSGID, EDIT_TEXT = "draft/target-msgid", "draft/edit-text"
# "Clients wishing to use these capabilities MUST negotiate the message-tags capability with the server."
NEEDED = cap.MESSAGE_EDIT | cap.MESSAGE_TAGS
# An EDIT has the new text in a tag. The other tags that a line can have (target-msgid, time, msgid, account, bot,
# chathistory-context, batch, and a label of 64 bytes that are all escaped) have less than 400 bytes together.
TEXT_BYTES_MAX = SERVER_TAG_BYTES_MAX - 400  # escaped
WAS_BYTES_MAX = 60  # of the text before, which the new line quotes


def edited(tables: Tables, applied: Applied, event: events.MessageEdited, caps: int, host: str) -> bytes:
    """Write an edit for any recipient."""
    return b"".join(item if isinstance(item, bytes) else item.whole() for item in items(event, caps, host))


def items(event: events.MessageEdited, caps: int, host: str) -> list[Item]:
    """Write an edit: EDIT for a recipient with draft/message-edit, and for others a correction.

    A correction of several lines is one batch for recipients with draft/multiline, and lines for others.
    """
    if caps & NEEDED == NEEDED:
        tags = {TARGET_MSGID: event.msgid, EDIT_TEXT: event.text}
        before = f"@{render.tags(event, caps)[1:-1]};{format_tags(tags)}"
        return [f"{before} :{render.source(event.nick, host)} EDIT {event.target}\r\n".encode()]
    return _correction(event, caps, host)


def _correction(event: events.MessageEdited, caps: int, host: str) -> list[Item]:
    """Write the new text as a new message that replies to the old one and quotes how that began.

    The quotation has a line of its own if the new text has several lines, or if both do not fit into one line.

    Spec: the same, "The fallback method used (if any) is left up to server implementations, but could take the form of
    a standard NOTICE or PRIVMSG with information about the action".
    """
    source, head = f":{render.source(event.nick, host)} {event.said} {event.target} :", f'Correction of "{event.was}":'
    text = without_action(event.text)
    lines = [f"{head} {text}"]
    if "\n" in text or not render.fits(source + lines[0]):
        lines = [head, *(line for line in text.split("\n") if line)]
    reply = ""
    if caps & cap.MESSAGE_TAGS:
        reply = "".join(f";{name}={escape_tag(event.msgid)}" for name in REPLIES)
    tags = render.tags(event, caps)
    first = f"{tags[:-1]}{reply} " if reply else tags
    if len(lines) > 1 and caps & multiline.NEEDED == multiline.NEEDED:
        batch = Batch(event.id, f"draft/multiline {event.target}", render.source(event.nick, host), first[1:-1])
        all_lines = [head, *text.split("\n")]  # also the blank lines, which other recipients must not get
        batch.lines += [b"@" + batch.tag + f" {source}{line}\r\n".encode() for line in all_lines]
        return [batch]
    further = render.tags(event, caps & ~cap.MESSAGE_TAGS)  # the msgid is on the first line only, as in multiline.py
    room = LINE_BYTES_MAX - 2 - len(source.encode())  # the channel may have got a longer name since
    lines = [piece for line in lines for piece in render.divided(line, room)]
    written = [f"{further if index else first}{source}{line}\r\n".encode() for index, line in enumerate(lines)]
    if event.tags is not None and events.BOT_TAG in event.tags:
        written[1:] = [render.from_bot(line, caps) for line in written[1:]]
    return [*written]


def quoted(text: str) -> str:
    """Return the beginning of a text as a correction quotes it: one line, without control characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in without_action(text)).strip()
    data = shown.encode()
    return shown if len(data) <= WAS_BYTES_MAX else data[: WAS_BYTES_MAX - 3].decode(errors="ignore").rstrip() + "..."


def is_action(text: str) -> bool:
    """Return whether a text is an ACTION ("/me waves")."""
    return text.startswith("\x01ACTION ")


def without_action(text: str) -> str:
    """Return the words of an ACTION, or another text as it is."""
    return text.removeprefix("\x01ACTION ").removesuffix("\x01") if is_action(text) else text
