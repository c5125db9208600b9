"""What holds for all tests."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

# A shell starts what it runs in the background with Ctrl-C ignored, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Whether Python keeps what it compiles, and where: as it was told.
_TOLD = sys.dont_write_bytecode, sys.pycache_prefix
_COMPILED = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: two for each core, as the tests with real processes mostly wait for these."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that has no more tests take some of another's: some take a thousand times longer than others."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Set up Hypothesis; with xdist, let the processes have what one of them has compiled.

    Every worker collects all tests, and most of it is to compile them with all that pytest adds to an ``assert``. Where
    Python is not to keep the result beside the tests (PYTHONDONTWRITEBYTECODE), it is kept until the end of the run.
    """
    worker = getattr(config, "workerinput", None)
    if sys.dont_write_bytecode and worker is not None and worker["compiled"]:
        _keep_compiled_in(worker["compiled"])  # until all is collected
    elif sys.dont_write_bytecode and config.getoption("numprocesses", None):
        config.stash[_COMPILED] = tempfile.TemporaryDirectory(prefix="chatapp-tests-")
        _keep_compiled_in(config.stash[_COMPILED].name)
    _set_up_hypothesis()
    if worker is None:
        sys.dont_write_bytecode, sys.pycache_prefix = _TOLD


def _keep_compiled_in(folder: str) -> None:
    sys.dont_write_bytecode, sys.pycache_prefix = False, folder


def _set_up_hypothesis() -> None:
    from hypothesis import HealthCheck, settings  # it is compiled, too

    # Other tests run at the same time, so how long one example takes says nothing; what failed is printed, not kept.
    settings.register_profile(
        "chatapp", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("chatapp")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where compiled tests are kept."""
    folder = node.config.stash.get(_COMPILED, None)
    node.workerinput["compiled"] = folder and folder.name


def pytest_collection(session: pytest.Session) -> None:
    """Let each worker begin with other tests, so that it finds the rest compiled; collecting them comes after it."""
    config = session.config
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    for file in files[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]:
        with contextlib.suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):  # told when it is collected
            importlib.import_module(".".join(file.relative_to(config.rootpath).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long; all else keeps its random order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Go on as Python was told to; and look no more for garbage among thousands of tests, which stay."""
    sys.dont_write_bytecode, sys.pycache_prefix = _TOLD
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if _COMPILED in config.stash:
        config.stash[_COMPILED].cleanup()
