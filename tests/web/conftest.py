"""A browser for each module of tests, a server for each test, and people who come to the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, make_accounts
from tests.web.browser import NO_SERVER, Comes, Person, chromium

NAMES = ("alice", "bob", "carol", "dave", "eve")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, so that ``-m "not browser"`` leaves it out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with five accounts, on which nothing was said yet: each test has its own."""
    data = tmp_path / "data"
    make_accounts(data, NAMES)
    with Server(data, "--name", "Riverside") as running:
        yield running


@pytest.fixture
def comes(browser: Any, server: Server) -> Iterator[Comes]:
    """Let somebody come to the page. At the end, the console of each must be empty."""
    people: list[Person] = []

    def come(name: str, *, fine: bool = False, **options: Any) -> Person:
        """``fine``: the server stops meanwhile, so what Chromium itself says of that is no trouble."""
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        person = Person(context, server.address, name)
        person.fine = fine
        people.append(person)
        return person

    yield come
    for person in people:
        person.context.close()
    for person in people:
        assert [line for line in person.console if not (person.fine and NO_SERVER.search(line))] == []
