"""``chat`` with a clock that a test moves: ``python -m tests.cli.skipping`` in the place of ``python -m chatapp``.

Each SIGUSR1 moves the clock of the event loop by ``SKIP_S``, so a test need not wait for what comes after a minute.
"""

from __future__ import annotations

import asyncio
import signal

from chatapp.cli import main as chat

SKIP_S = 61.0


def main() -> None:
    """Run ``chat``."""
    skipped: list[int] = []
    time = asyncio.BaseEventLoop.time
    asyncio.BaseEventLoop.time = lambda loop: time(loop) + len(skipped) * SKIP_S  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, lambda number, frame: skipped.append(number))  # this wakes the event loop too
    chat()


if __name__ == "__main__":
    main()
