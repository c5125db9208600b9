"""People at the page, in a real headless Chromium: what they do, and what they see."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.server import PASSWORD, Address

PATIENCE_MS = 60_000  # also on a machine with far too much to do
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What Chromium itself writes to the console while a server does not run.
NO_SERVER = re.compile(
    r"WebSocket connection to '.*' failed|net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED)|when fetching the script"
)

# What the browser keeps: whether there is an account, the number of records, and all that is in them.
KEPT = """async () => {
    const account = localStorage['chatapp.account'] ? 1 : 0;
    let rows = [];
    if ((await indexedDB.databases()).some(({name}) => name === 'chatapp')) {
        const open = indexedDB.open('chatapp');
        const base = await new Promise(done => { open.onsuccess = () => done(open.result); });
        const all = base.transaction('state').objectStore('state').getAll();
        rows = await new Promise(done => { all.onsuccess = () => done(all.result); });
        base.close();
    }
    return [account, rows.length, JSON.stringify(rows) + JSON.stringify({...localStorage})];
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium; skip the test where it or Playwright is missing."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here, so the page is not driven")
    api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright here, so the page is not driven")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at the page, in a browser profile of their own. ``console``: what the browser wrote to its console."""

    def __init__(self, context: Any, address: Address, name: str) -> None:
        self.context = context
        self.url = f"http://{address.host}:{address.port}/"
        self.name = name
        self.console: list[str] = []
        self.fine = False  # the server stops meanwhile, so what Chromium itself says of that is no trouble
        self.page = self.open()

    def open(self) -> Any:
        """Open another tab."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        return page

    def go(self, fragment: str = "") -> Person:
        """Open the page."""
        self.page.goto(self.url + fragment)
        self.page.wait_for_selector("#name, .shell")
        return self

    def sign_in(self, password: str = PASSWORD, *, stay: bool = True) -> Person:
        """Sign in, up to the composer."""
        self.go()
        self.enter(self.name, password, stay=stay)
        self.ready()
        return self

    def enter(self, name: str, password: str, *, stay: bool = True) -> None:
        """Fill in the form, and send it."""
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.set_checked("#stay", stay)
        self.page.click(".card button[type=submit]")

    def ready(self) -> None:
        """Wait until there is a connection, and the conversation can be written to."""
        self.page.wait_for_selector(".composer textarea:visible")
        self.page.wait_for_selector(".offline", state="hidden")

    # What somebody does

    def type(self, text: str) -> None:
        """Write a text into the composer, and send it."""
        self.page.fill(".composer textarea", text)
        if self.page.evaluate("matchMedia('(pointer: coarse)').matches"):
            self.page.click(".send")
        else:
            self.page.press(".composer textarea", "Enter")

    def say(self, text: str) -> None:
        """Say something, and wait until the server has stored it. An equal text of before is none of it."""
        self.type(text)
        self.page.evaluate("() => new Promise(requestAnimationFrame)")  # it is drawn
        self.page.wait_for_function(
            "text => !document.querySelector('.message.own.pending')"
            "&& [...document.querySelectorAll('.message.own:not(.failed) .text')]"
            ".some(each => each.textContent.includes(text))",
            arg=text.split("\n")[-1].replace("*", "").replace("`", ""),
        )

    def tool(self, text: str, label: str) -> None:
        """Use a tool of the last message that has a text."""
        button = self.message(text).get_by_role("button", name=label, exact=True)
        while not button.is_visible():  # the list may move under the mouse meanwhile
            self.message(text).hover()
        button.click()

    def button(self, label: str) -> None:
        """Click a button by its label."""
        self.page.get_by_role("button", name=label, exact=True).first.click()

    def choose(self, conversation: str) -> None:
        """Open a conversation of the list."""
        self.page.locator(".side .row", has_text=conversation).first.click()

    def to_list(self) -> None:
        """Return to the list of conversations, on a small screen."""
        self.button("All conversations")
        self.page.wait_for_selector(".side")
        self.page.wait_for_selector(".chat", state="hidden")

    # What somebody sees

    def message(self, text: str) -> Any:
        """Return the last message with a text."""
        return self.page.locator("li.message", has_text=text).last

    def sees(self, text: str, selector: str = ".messages") -> None:
        """Wait for a text in the messages, or elsewhere."""
        self.page.locator(selector, has_text=text).first.wait_for()

    def texts(self) -> list[str]:
        """Return the texts of the messages as they are on the screen."""
        return self.page.locator(".message .text").all_inner_texts()

    def holds(self, text: str, selector: str = ".composer textarea") -> None:
        """Wait until a field has exactly this text."""
        self.until("document.querySelector(it[0]).value === it[1]", [selector, text])

    def sees_no(self, text: str, selector: str) -> None:
        """Wait until no element that a selector finds has a text."""
        self.page.locator(selector, has_text=text).first.wait_for(state="detached")

    def until(self, expression: str, argument: Any = None) -> None:
        """Wait until a JavaScript expression about ``it`` (the argument) is true."""
        self.page.wait_for_function(f"it => {expression}", arg=argument)

    def until_it_is(self, function: str) -> None:
        """Wait until an asynchronous JavaScript function returns what is true; ``until`` waits for no promise."""
        wait = "while (!(await it())) await new Promise(done => setTimeout(done, 20))"
        self.page.evaluate(f"async () => {{ const it = {function}; {wait}; }}")

    def keeps(self, text: str) -> None:
        """Wait until the browser keeps a text."""
        self.until_it_is(f"async () => (await ({KEPT})())[2].includes({json.dumps(text)})")


Comes = Callable[..., Person]
