"""Measures the page on a slow phone: ``python -m tests.web.slow_phone [RUNS]``.

The CPU is four times slower (Chromium's throttling). The network has 1.5 Mbit/s and answers after 150 ms. Chromium does
not throttle a WebSocket, so a proxy does it for all connections; a connection begins with a round trip, as in TCP. With
TLS 1.3 there is one more, which these figures do not have.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from chatapp.server.edge.files import FOLDER
from tests.support.irc import Client
from tests.support.server import PASSWORD, Address, Server, make_accounts
from tests.web.browser import Person, chromium

SIGN_IN = (FOLDER / "signin.js").read_text()
BYTES_PER_S = 1_500_000 / 8
ONE_WAY_S = 0.075
CPU = 4
SEEN = """text => new Promise(done => {
    const look = () => [...document.querySelectorAll('.message .text')].some(each => each.textContent.includes(text))
        ? done(performance.now()) : setTimeout(look, 5);
    look();
})"""
FORM = """() => new Promise(done => {
    const look = () => document.querySelector('#name') ? done(performance.now()) : setTimeout(look, 5);
    look();
})"""


class SlowNetwork:
    """A proxy in a thread of its own: what passes is late, and all connections together get ``BYTES_PER_S``."""

    def __init__(self, target: Address) -> None:
        self.target = target
        self.free_at = {"down": 0.0, "up": 0.0}
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        async def start() -> None:
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            self.address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
            ready.set()

        self.loop.run_until_complete(start())
        self.loop.run_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(*self.target)
        await asyncio.gather(
            self._pass(reader, there[1], "up", 2 * ONE_WAY_S), self._pass(there[0], writer, "down", 0.0)
        )

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str, late_s: float) -> None:
        """Pass bytes on. ``late_s``: the round trip with which a connection begins."""
        begins_at = self.loop.time() + late_s
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await queue.get()
                await asyncio.sleep(max(0.0, due - self.loop.time()))
                if not data:
                    writer.close()
                    return
                writer.write(data)

        task = self.loop.create_task(deliver())
        while True:
            try:
                data = await reader.read(1500)
            except OSError:
                data = b""
            now = max(self.loop.time(), begins_at)
            self.free_at[way] = max(now, self.free_at[way]) + len(data) / BYTES_PER_S
            queue.put_nowait((self.free_at[way] + ONE_WAY_S, data))
            if not data:
                break
        await task


def slow(page: Any) -> None:
    """Make the CPU of a page slow."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU})


def measure(browser: Any, server: Server, network: SlowNetwork) -> dict[str, float]:
    """Return the times (ms) of one person: at the first visit, and later."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True)
    alice = Person(context, network.address, "alice")
    page = alice.page
    slow(page)
    found: dict[str, float] = {}
    page.goto(alice.url)
    found["first visit: the form"] = page.evaluate(FORM)
    page.fill("#name", "alice")
    page.fill("#password", PASSWORD)
    before = page.evaluate("performance.now()")
    page.evaluate("document.querySelector('.card button[type=submit]').click()")
    found["first visit: sign-in to the first message"] = page.evaluate(SEEN, "message 99") - before
    alice.until("localStorage['chatapp.account']?.includes('chat_')")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.wait_for_timeout(4000)  # the service worker takes the files, the page keeps what it shows
    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send("PRIVMSG #lobby :said meanwhile")
        bob.sync()
    for visit in ("again", "again, service worker"):
        page.close()
        page = context.new_page()
        slow(page)
        page.goto(alice.url, wait_until="commit")
        found[f"{visit}: what was kept"] = page.evaluate(SEEN, "message 99")
        found[f"{visit}: what is new"] = page.evaluate(SEEN, "said meanwhile")
        page.wait_for_timeout(2500)
    context.close()
    return found


def cold(browser: Any, network: SlowNetwork, token: dict[str, Any]) -> float:
    """Return the time (ms) to the first message of somebody who is signed in, and whose browser has cached nothing."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True)
    kept = {"chatapp.account": token, "chatapp.settings": {"open": "#lobby"}}
    script = f"for (const [name, value] of Object.entries({kept!r})) localStorage[name] ??= JSON.stringify(value);"
    context.add_init_script(script)
    alice = Person(context, network.address, "alice")
    slow(alice.page)
    alice.page.goto(alice.url, wait_until="commit")
    found: float = alice.page.evaluate(SEEN, "message 99")
    context.close()
    return found


def main(runs: int) -> None:
    """Print the median of each time, and its range."""
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as data, chromium() as browser:
        make_accounts(Path(data), ["alice", "bob"])
        with Server(Path(data), "--no-rate-limits") as server:
            with Client(server.address) as bob, Client(server.address) as alice:
                bob.sign_in("bob")
                bob.send(*(f"PRIVMSG #lobby :message {number}" for number in range(100)))
                bob.sync()
                alice.sign_in("alice", caps="chatapp/account message-tags")
                alice.send("TOKEN ADD :phone")
                words = alice.wait_for("TOKEN ADDED").split()
                known = re.findall(r'"([a-z./0-9-]+)"', SIGN_IN.split("const REQUIRED")[1].split("];\nconst NAMES")[0])
                token = {"name": "alice", "id": words[3], "token": words[4], "known": known}
            network = SlowNetwork(server.address)
            for _ in range(runs):
                found = {"nothing cached, signed in: the first message": cold(browser, network, token)}
                for name, value in {**found, **measure(browser, server, network)}.items():
                    times.setdefault(name, []).append(value)
    for name, values in times.items():
        print(f"{name:45} {statistics.median(values):6.0f} ms ({min(values):.0f}-{max(values):.0f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
