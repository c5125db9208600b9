"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import signal
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.examples import AGAIN, examples

# A shell starts what it runs in the background with Ctrl-C ignored, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Other tests run at the same time, so how long one example takes says nothing; what failed is printed, not kept. What
# explains a failure (Phase.explain) can take longer than the time limit of a test, and then nothing is printed.
settings.register_profile(
    "chatapp",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
    max_examples=examples(100),
)
settings.load_profile("chatapp")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: two for each core, as the tests with real processes mostly wait for these."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that has no more tests take some of another's: some take a thousand times longer than others."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


# With another Python, tests with these markers are not run again.
SAME_WITH_EACH = ("browser", "irc_clients", "once")


def runs_again(item: pytest.Item, seed: int) -> bool:
    """Return whether a test runs with this Python after the suite has passed with another one.

    What takes long does not. Of the other tests a half does: which, depends on the seed of their random order.
    """
    is_in_half = zlib.crc32(item.nodeid.encode()) % 2 == seed % 2
    return is_in_half and not any(item.get_closest_marker(name) for name in SAME_WITH_EACH)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long; all else keeps its random order. CHAT_TEST_AGAIN=yes: see ``runs_again``."""
    if AGAIN:
        seed = int(config.getoption("randomly_seed", 0))
        config.hook.pytest_deselected(items=[item for item in items if not runs_again(item, seed)])
        items[:] = [item for item in items if runs_again(item, seed)]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Look no more for garbage among thousands of tests, which stay."""
    gc.collect()
    gc.freeze()
