"""Pure: when the next frame is drawn: after a key at once, else only as fast as the terminal keeps up.

After a frame that no key caused, the shell asks the terminal for the place of its cursor (CSI 6n). The terminal answers
when it has drawn the frame, so over a slow link the frames become fewer, and the keys stay quick.
"""

from __future__ import annotations

FRAME_S = 0.05  # at most 20 frames a second
ANSWER_S = 1.0  # how long an answer is waited for
UNANSWERED_MAX = 3  # a terminal that has never answered is not asked any more


class Pacing:
    """The time (s) is of any clock. ``asks``: the terminal knows the question."""

    def __init__(self, *, asks: bool = True) -> None:
        self._wanted = False
        self._last_s = -FRAME_S
        self._asked_s: float | None = None
        self._last_asked_s = 0.0
        self._open = 0  # answers that are on their way
        self._unanswered = 0 if asks else UNANSWERED_MAX
        self._answers = False
        self.is_ending = False  # the terminal is not asked any more: another program gets it

    def want(self) -> None:
        """Note that something has changed."""
        self._wanted = True

    def unneeded(self) -> None:
        """Note that there is nothing to draw."""
        self._wanted = False

    @property
    def due_s(self) -> float | None:
        """When to draw; None: nothing has changed."""
        if not self._wanted:
            return None
        if self._asked_s is None:
            return self._last_s + FRAME_S
        return max(self._last_s + FRAME_S, self._asked_s + ANSWER_S)

    @property
    def asks(self) -> bool:
        """Tell whether to ask the terminal after the next frame."""
        return not self.is_ending and (self._answers or self._unanswered < UNANSWERED_MAX)

    @property
    def answer_s(self) -> float:
        """Until when an answer of the terminal may come; 0: none is on its way."""
        return self._last_asked_s + ANSWER_S if self._open else 0.0

    def drawn(self, now_s: float) -> None:
        """Note a frame that no key caused; if ``asks`` is true, the terminal was asked after it."""
        self._wanted, self._last_s = False, now_s
        self._unanswered += self._asked_s is not None
        self._asked_s = now_s if self.asks else None
        if self.asks:
            self._last_asked_s = now_s
            self._open += 1

    def answered(self) -> None:
        """Note the answer of the terminal."""
        self._asked_s, self._answers, self._unanswered = None, True, 0
        self._open = max(0, self._open - 1)
