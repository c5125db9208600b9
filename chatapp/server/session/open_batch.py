"""The multiline message that a client has begun to send: what was received of it until now."""

from __future__ import annotations

import asyncio

from chatapp.server.delivery.response import Response


class OpenBatch:
    """A client's batch from its first line (``BATCH +reference``) on, until its last one.

    It is ``refused`` until its first line is found valid, and again when anything is wrong with it. Then its further
    lines are dropped until it ends; the client has been told why.
    """

    __slots__ = (
        "client_id",
        "parts",
        "reference",
        "refused",
        "response",
        "since",
        "size_bytes",
        "tags",
        "target",
        "timer",
    )

    def __init__(self, reference: str, target: str) -> None:
        self.reference = reference
        self.target = target  # as typed
        self.refused = True
        self.tags: dict[str, str] | None = None  # the message's client-only tags
        self.client_id = ""  # the message's idempotency key
        self.since = 0  # since when the target has had its name, at least (ms); 0: since any time
        self.response: Response | None = None  # the labelled response of its first line; it waits for the message
        self.timer: asyncio.TimerHandle | None = None  # refuses the batch if it does not end in time
        self.parts: list[tuple[str, bool]] = []  # the texts, each with whether it continues the line before
        self.size_bytes = 0  # of the whole text until now

    def size_with(self, text: str, continues: bool) -> int:
        """Return the size (bytes) of the whole text with one more part.

        Spec: IRCv3 draft/multiline, "Each line feed used to join line messages contributes one byte towards the
        max-bytes limit".
        """
        return self.size_bytes + len(text.encode()) + (bool(self.parts) and not continues)

    def add(self, text: str, continues: bool) -> None:
        """Add a part."""
        self.size_bytes = self.size_with(text, continues)
        self.parts.append((text, continues))

    def whole(self) -> tuple[str, tuple[int, ...]]:
        """Return the whole text and its ``splits``; see ``events.MultilineSent``.

        Spec: IRCv3 draft/multiline, "Line messages are joined by a single line feed (\\n) byte unless the
        draft/multiline-concat message tag is sent, in which case that line's message is directly joined with the
        previous line's message with no separation".
        """
        pieces: list[str] = []
        splits: list[int] = []
        length, before = 0, ""
        for text, continues in self.parts:
            if continues and before:
                splits.append(length)
            elif pieces and not continues:
                pieces.append("\n")
                length += 1
            pieces.append(text)
            length += len(text)
            before = text
        return "".join(pieces), tuple(splits)

    def drop(self) -> None:
        """Refuse the batch: forget its text, and stop its timer."""
        self.refused = True
        self.parts.clear()
        self.size_bytes = 0
        if self.timer is not None:
            self.timer.cancel()
