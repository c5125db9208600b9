"""What holds for all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# A shell starts what it runs in the background with Ctrl-C ignored, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Other tests run at the same time, so how long one example takes says nothing; what failed is printed, not kept.
settings.register_profile(
    "chatapp", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("chatapp")


def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: two for each core, as the tests with real processes mostly wait for these."""
    return 2 * (os.cpu_count() or 1)
