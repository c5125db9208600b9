"""How many examples a property is tried with."""

from __future__ import annotations

import os

AGAIN = os.environ.get("CHAT_TEST_AGAIN") == "yes"  # the suite has passed with another Python


def examples(count: int) -> int:
    """Return the number of examples: ``count``, or a third of it when the suite runs again with another Python."""
    return max(1, count // 3) if AGAIN else count
