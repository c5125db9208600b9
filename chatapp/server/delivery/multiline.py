"""Pure: how a message of several lines reads: a batch, or separate lines for recipients without the capability.

Spec: IRCv3 draft/multiline.
"""

from __future__ import annotations

from chatapp.model.events import MessageSent, MultilineSent
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.response import Batch, Item

# "This specification depends on the batch capability which MUST be negotiated to use multiline messages."
NEEDED = cap.BATCH | cap.MULTILINE
PROFILE = cap.MESSAGE_PROFILE | NEEDED
"""The capabilities that change how such a message is written."""


def items(event: MessageSent, caps: int, host: str) -> list[Item]:
    """Write a message for a recipient with the capabilities ``caps``: one batch, or lines. An erased message is empty.

    A message that is no ``MultilineSent`` is one line, or nothing.

    Spec: IRCv3 draft/multiline, "When delivering multiline batches to clients that have not negotiated the multiline
    capability, servers MUST deliver the component messages without using a multiline BATCH".
    """
    if not isinstance(event, MultilineSent):
        line = render.message(event, caps, host)
        return [line] if line else []
    if not event.text:
        return []
    return [_batch(event, caps, host)] if caps & NEEDED == NEEDED else [*_separate(event, caps, host)]


def data(event: MessageSent, caps: int, host: str) -> bytes:
    """Return the bytes of :func:`items`."""
    return b"".join(item if isinstance(item, bytes) else item.whole() for item in items(event, caps, host))


def with_new_names(event: MessageSent) -> MultilineSent:
    """Return a message whose names are those of now, with more splits where a line would be too long.

    The sender's lines were checked with the names of then, and the channel may have got a longer name.
    """
    room, known = render.room_for_text(event), event.splits if isinstance(event, MultilineSent) else ()
    splits, begin = set(known), 0
    for text, _ in event.parts() if isinstance(event, MultilineSent) else [(event.text, False)]:
        *pieces, last = render.divided(text, room)
        for piece in pieces:
            begin += len(piece)
            splits.add(begin)
        begin += len(last)
        begin += begin not in known  # the line feed after a line
    fields = {name: getattr(event, name) for name in MessageSent.__struct_fields__}
    return MultilineSent(**fields, splits=tuple(sorted(splits)))


def _batch(event: MultilineSent, caps: int, host: str) -> Batch:
    """Write the batch. Its reference is the msgid: no two batches that are open at one time are of the same message."""
    tags = render.tags(event, caps)[1:-1]
    batch = Batch(event.id, f"draft/multiline {event.target}", render.source(event.nick, host), tags)
    for text, continues in event.parts():
        concat = b";draft/multiline-concat" if continues else b""
        batch.lines.append(b"@" + batch.tag + concat + b" " + _line(event, text, host))
    return batch


def _separate(event: MultilineSent, caps: int, host: str) -> list[bytes]:
    """Write the lines without a batch.

    Spec: IRCv3 draft/multiline, "Servers MUST NOT send blank lines to clients that have not negotiated the multiline
    capability"; "Any tags that would have been added to the batch [...] MUST be included on the first message line";
    "Servers MUST only include a message ID on the first message of a batch". The time and the account are on all lines,
    so that a client shows the lines of the past alike; the client-only tags are on the first line.
    """
    lines = [_line(event, text, host) for text, _ in event.parts() if text]
    first = render.tags(event, caps).encode()
    further = render.tags(event, caps & ~cap.MESSAGE_TAGS).encode()
    return [(further if index else first) + line for index, line in enumerate(lines)]


def _line(event: MultilineSent, text: str, host: str) -> bytes:
    """Write a line without tags. The nick may have become longer since the message was sent, as in ``past_message``."""
    line = f":{render.source(event.nick, host)} {event.verb} {event.target} :{text}\r\n".encode()
    return render.with_fitting_source(line, 0, event.nick, host)
