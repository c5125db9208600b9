"""Jobs of the load generator that need an account, for chatapp only: signing in, and reading history."""

from __future__ import annotations

import base64
import random
import socket
import threading
import time
from typing import Any

from tests.bench import measure
from tests.bench.measure import Meter
from tests.bench.wire import WireError

ANSWER_S = 30.0


class Talker:
    """A blocking connection that reads line by line."""

    def __init__(self, host: str, port: int) -> None:
        self.sock = socket.create_connection((host, port), timeout=ANSWER_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, request: str, answer: bytes) -> bytes:
        """Send lines; return all lines up to the one that holds ``answer``."""
        self.sock.sendall(request.replace("\n", "\r\n").encode())
        parts, tail = [self.rest], self.rest
        while (found := tail.find(answer)) < 0 or b"\n" not in tail[found:]:
            data = self.sock.recv(1 << 20)
            if not data:
                raise WireError(f"The server closed the connection; last: {b''.join(parts)[-200:]!r}")
            parts.append(data)
            tail = tail[-len(answer) - 600 :] + data  # an answer may come in two parts
        text = b"".join(parts)
        end = text.index(b"\n", text.rindex(answer)) + 1
        self.rest = text[end:]
        return text[:end]

    def sign_in(self, name: str, password: str, capabilities: str) -> None:
        """Sign in with SASL PLAIN."""
        self.ask(f"CAP LS 302\nNICK {name}\nUSER {name} 0 * :{name}\nCAP REQ :{capabilities}\n", b" ACK ")
        self.ask("AUTHENTICATE PLAIN\n", b"AUTHENTICATE +")
        payload = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self.ask(f"AUTHENTICATE {payload}\n", b" 903 ")
        self.ask("CAP END\n", b" 001 ")

    def close(self) -> None:
        """Close the connection."""
        self.sock.close()


def sign_in(job: dict[str, Any]) -> dict[str, float]:
    """Let several clients sign in again and again, each with a new connection and the account of its own."""
    took: list[float] = []
    errors: list[Exception] = []
    end = time.perf_counter() + job["seconds"]

    def again_and_again(name: str) -> None:
        try:
            while (began := time.perf_counter()) < end and not errors:
                talker = Talker(job["host"], job["port"])
                talker.sign_in(name, job["password"], "sasl")
                took.append(time.perf_counter() - began)
                talker.close()
        except (WireError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=again_and_again, args=(name,)) for name in job["names"]]
    meter = Meter(job["pids"])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return {**meter.read(len(took)), **measure.latencies(took)}


def history(job: dict[str, Any]) -> dict[str, float]:
    """Read pages of 100 messages before a random moment in a random channel, one at a time.

    It begins when the search index is complete and merged: a server does that once with the messages of a filled log.

    With ``remarks``, the client has `chatapp/aggregate`, and each message must have its newest text and its reactions.
    """
    talker = Talker(job["host"], job["port"])
    caps = "sasl batch message-tags server-time draft/chathistory soju.im/search"
    talker.sign_in(job["names"][0], job["password"], caps + " chatapp/aggregate" * bool(job["remarks"]))
    _await_index(talker, job["seconds"] + INDEX_S_MAX)
    measure.await_rest(job["pids"])
    dice = random.Random(job["seed"])
    size = job["page"]
    took: list[float] = []
    meter = Meter(job["pids"])
    while time.perf_counter() < meter.began + job["seconds"]:
        channel = dice.choice(job["channels"])
        stamp = _stamp(dice.randrange(job["full_ms"], job["last_ms"]))
        began = time.perf_counter()
        page = talker.ask(f"CHATHISTORY BEFORE {channel} timestamp={stamp} {size}\n", b"BATCH -")
        took.append(time.perf_counter() - began)
        found = page.count(f" PRIVMSG {channel} :".encode())
        if found != size:
            raise WireError(f"A page of {channel} before {stamp} held {found} messages instead of {size}.")
        for what, text in job["remarks"].items():
            if (found := page.count(text.encode())) != size:
                raise WireError(f"A page of {channel} before {stamp} held {found} {what} instead of {size}.")
    figures = meter.read(len(took))
    talker.close()
    return {**figures, **measure.latencies(took)}


SEARCHES = {"common": "fox", "rare": "", "phrase": '"quick brown fox"'}  # the rare word is a message's own number


def search(job: dict[str, Any]) -> dict[str, float]:
    """Search in all channels for a common word, a rare one and a phrase in turn, one at a time."""
    talker = Talker(job["host"], job["port"])
    talker.sign_in(job["names"][0], job["password"], "sasl batch message-tags server-time soju.im/search")
    dice = random.Random(job["seed"])
    _await_index(talker, job["seconds"] + INDEX_S_MAX)
    measure.await_rest(job["pids"])
    took: dict[str, list[float]] = {kind: [] for kind in SEARCHES}
    meter = Meter(job["pids"])
    while time.perf_counter() < meter.began + job["seconds"]:
        for kind, words in SEARCHES.items():
            text = words or str(dice.randrange(job["messages"]))
            size = job["page"] if words else 1
            began = time.perf_counter()
            page = _search(talker, f"text={text};limit={size}")
            took[kind].append(time.perf_counter() - began)
            if page.count(b" PRIVMSG ") != size:
                raise WireError(f"A search for {text} found {page.count(b' PRIVMSG ')} messages instead of {size}.")
    figures = meter.read(sum(map(len, took.values())))
    talker.close()
    for kind, times in took.items():
        found = measure.latencies(times)
        figures |= {f"{kind}_p50_ms": found["p50_ms"], f"{kind}_p99_ms": found["p99_ms"]}
    return {**figures, **measure.latencies(took["common"])}


INDEX_S_MAX = 300.0


def _await_index(talker: Talker, seconds: float) -> None:
    """Wait until a search for nothing reads the whole index."""
    until = time.perf_counter() + seconds
    while b" WARN " in _search(talker, "text=zzz"):
        if time.perf_counter() > until:
            raise WireError("The search index was not made in time.")
        time.sleep(0.5)


def _search(talker: Talker, attributes: str) -> bytes:
    """Search, and return all that comes up to the answer to a PING."""
    escaped = attributes.replace(" ", "\\s")
    return talker.ask(f"SEARCH {escaped}\nPING :searched\n", b":searched\r\n")


def _stamp(ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"
