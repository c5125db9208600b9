"""The page, ``chat connect`` and irssi in one channel at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.process.irssi import Irssi
from tests.process.meeting import Meeting, needs
from tests.web.browser import Person

pytest.importorskip("pexpect", reason="drives a terminal")
pytestmark = pytest.mark.irc_clients


def test_the_page_a_terminal_and_irssi(browser: Any, tmp_path: Path) -> None:
    """Each reads what each of the others writes, once; the page shows who is here."""
    needs(Irssi)
    with Meeting(tmp_path, ["alice", "bob", "carol"]) as meeting:
        context = browser.new_context()
        alice = Person(context, meeting.server.address, "alice").sign_in()
        bob = meeting.comes(Irssi, "bob")
        carol = meeting.chat("carol")
        alice.page.click(".members")
        alice.sees("Here — 3", ".panel")
        alice.say("hello from the page")
        bob.sees_that("text", "#lobby", who="alice", text="hello from the page")
        bob.type("hello from irssi", "#lobby")
        alice.sees("hello from irssi")
        carol.until(lambda rows: any("<bob> hello from irssi" in row for row in rows), "irssi's text")
        carol.type("/bm hello from the terminal")
        alice.sees("hello from the terminal")
        bob.sees_that("text", "#lobby", who="carol", text="hello from the terminal")
        assert alice.texts() == ["hello from the page", "hello from irssi", "hello from the terminal"]
        alice.button("Write to somebody")
        alice.page.locator("dialog .row", has_text="bob").click()
        alice.say("only for bob")
        bob.sees_that("text", "alice", who="alice", text="only for bob")
        assert alice.console == []
        context.close()
