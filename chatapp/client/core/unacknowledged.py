"""What we said and the server has not acknowledged yet.

A text becomes lines, each with an id of its own (``+chatapp/id``). The echo of a line is its receipt. When the
connection ends, the lines without an echo go out again on the next one, in their order and under their ids, so that
each arrives exactly once (DESIGN.md, R4). Only ``window`` lines are on their way at any time: a long text is paced by
the server's answers and never looks like a flood.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence

from chatapp.client.core.events import NotSent, Sent
from chatapp.errors import RefusedError

WINDOW_LINES = 20
OUTBOX_LINES_MAX = 5_000


@dataclasses.dataclass(slots=True, eq=False)
class Text:
    """One text on its way, in one or more lines."""

    target: str
    text: str
    lines: int
    open: int
    stored: int = 0
    away: bool = False
    code: str = ""
    reason: str = ""

    @property
    def result(self) -> Sent | NotSent:
        """What became of it."""
        if self.code:
            return NotSent(self.target, self.text, self.code, self.reason, self.lines, self.stored)
        return Sent(self.target, self.text, self.lines, self.away)


@dataclasses.dataclass(slots=True, eq=False)
class Line:
    """One line on its way."""

    id: str
    text: str
    whole: Text

    @property
    def target(self) -> str:
        """Whom it is addressed to."""
        return self.whole.target


class Outbox:
    """Lines in the order in which they were said; ``run`` makes their ids unique for the account."""

    def __init__(self, run: str, window: int = WINDOW_LINES) -> None:
        self._run = run
        self._window = window
        self._count = 0
        self._waiting: deque[Line] = deque()
        self._on_the_way: dict[str, Line] = {}

    def __len__(self) -> int:
        """How many lines are not acknowledged."""
        return len(self._waiting) + len(self._on_the_way)

    @property
    def lines(self) -> list[Line]:
        """The lines that are not acknowledged, in the order in which they were said."""
        return [*self._on_the_way.values(), *self._waiting]

    @property
    def texts(self) -> list[Text]:
        """The texts of which some line is not acknowledged, in the order in which they were said."""
        return list({id(line.whole): line.whole for line in self.lines}.values())

    @property
    def idle(self) -> bool:
        """Tell whether another text can be taken without it waiting for others."""
        return len(self) < self._window

    def add(self, target: str, text: str, pieces: Sequence[str]) -> Text:
        """Take a text, given with the lines that it is to be sent as.

        Raises RefusedError when too much waits already; then nothing of it is sent.
        """
        assert pieces
        if len(self) + len(pieces) > OUTBOX_LINES_MAX:
            raise RefusedError(
                f"Not sent: {len(self)} lines still wait for the server. Try again when they have arrived."
            )
        whole = Text(target, text, lines=len(pieces), open=len(pieces))
        for piece in pieces:
            self._count += 1
            self._waiting.append(Line(f"{self._run}.{self._count}", piece, whole))
        return whole

    def due(self) -> list[Line]:
        """Return the lines to send now; from then on they are on their way."""
        lines = []
        while self._waiting and len(self._on_the_way) < self._window:
            line = self._waiting.popleft()
            self._on_the_way[line.id] = line
            lines.append(line)
        return lines

    def closed(self) -> None:
        """The connection ended: what was on its way goes out again, before the rest."""
        self._waiting.extendleft(reversed(self._on_the_way.values()))
        self._on_the_way.clear()

    def is_ours(self, line_id: str) -> bool:
        """Tell whether an id was given by this outbox, acknowledged or not."""
        return line_id.startswith(self._run + ".")

    def echoed(self, line_id: str, *, away: bool = False) -> Text | None:
        """Note that a line is stored; return its text when that was the last of it."""
        line = self._take(line_id)
        if line is None:
            return None
        line.whole.stored += 1
        line.whole.away |= away
        return line.whole if not line.whole.open else None

    def refused(self, line_id: str, code: str, reason: str) -> Text | None:
        """Note that a line was refused; the rest of its text is not sent. Return the text when none of it is left."""
        line = self._take(line_id)
        if line is None:
            return None
        if not line.whole.code:
            line.whole.code, line.whole.reason = code, reason
        kept = deque(other for other in self._waiting if other.whole is not line.whole)
        line.whole.open -= len(self._waiting) - len(kept)
        self._waiting = kept
        return line.whole if not line.whole.open else None

    def _take(self, line_id: str) -> Line | None:
        line = self._on_the_way.pop(line_id, None)
        if line is None:
            # The echo of a former connection, found in the history before the line was sent again.
            line = next((waiting for waiting in self._waiting if waiting.id == line_id), None)
            if line is not None:
                self._waiting.remove(line)
        if line is not None:
            line.whole.open -= 1
        return line
