"""What is measured: each scenario, and what a run of it does with one server."""

from __future__ import annotations

import dataclasses
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from chatapp.server import capabilities
from tests.bench import abuse, fill, measure, peers, sign_ins
from tests.bench import in_process as in_process_load
from tests.bench.attack import ATTACKS
from tests.bench.drive import Generator
from tests.bench.load import Plan
from tests.bench.peers import Chatapp, Running, Server

Figures = dict[str, float]

BCRYPT_COST = 12  # chatapp's default
REMARKED_MAX = 100_000  # messages with remarks


@dataclass
class Setting:
    """What holds for all runs: how long, how much, and where."""

    folder: Path
    cert: Path
    key: Path
    quiet: Path | None = None  # a folder without the pauses of a disk, for latencies that are compared with themselves
    seconds: float = 2.0
    warm_up_s: float = 0.5
    drain_s: float = 20.0
    rounds: int = 3
    retries: int = 0  # of a run that other programs disturbed
    idle_clients: int = 5_000
    crowd: int = 5_000  # members of a channel, or channels
    messages: int = 1_000_000
    bcrypt_cost: int = BCRYPT_COST
    returning: int = 800  # accounts
    return_s: float = 900.0  # how long they may take
    with_tokens: int = 2_000  # accounts that return with device tokens
    again: int = 5_000  # connections of known accounts
    flood_s: float = 24.0
    flood_share: float = 1.0  # of the connections of a flood
    places: int = 0
    filled: dict[str, fill.Filled] = field(default_factory=dict)  # the data folders that are made, by name

    def place(self, quiet: bool = False) -> peers.Place:
        """Make a new place for a server; a ``quiet`` one where there is such a folder."""
        self.places += 1
        folder = self.quiet if quiet and self.quiet is not None else self.folder
        return peers.make_place(folder / f"run{self.places}", self.cert, self.key)


@dataclass(frozen=True)
class Scenario:
    """One thing to measure. ``run`` starts the server by itself and returns the figures."""

    name: str
    title: str
    run: Callable[[Setting, Server], Figures]
    unit: str = "deliveries/s"
    only_chatapp: bool = False
    tls: bool = False
    rounds: int | None = None  # where one round is enough


def _with_memory(one: Running, figures: Figures) -> Figures:
    return {**figures, "peak_mb": measure.memory_kb(one.pids, "VmHWM") / 1024}


def talk(plan: Plan, tls: bool = False, web: bool = False) -> Callable[[Setting, Server], Figures]:
    """Make a run of a plan of talk, over TLS or WebSockets or both."""

    def run(setting: Setting, server: Server) -> Figures:
        with peers.running(server, setting.place()) as one:
            span = setting.warm_up_s, setting.seconds, setting.drain_s
            job: dict[str, Any] = {"plan": dataclasses.asdict(plan), "span": span, "web": web}
            with Generator(one, "talk", tls=tls, seconds=setting.seconds, **job) as generator:
                return _with_memory(one, generator.figures())

    return run


def everything(plan: Plan) -> Callable[[Setting, Server], Figures]:
    """Make a run of a plan with clients that have enabled all capabilities, after a run with none."""
    left_out = capabilities.SASL | capabilities.METADATA_2  # the server takes one version of metadata
    names = tuple(each.name for each in capabilities.offered("closed").values() if each.bit & ~left_out)

    def run(setting: Setting, server: Server) -> Figures:
        without = talk(plan)(setting, server)
        figures = talk(dataclasses.replace(plan, capabilities=names))(setting, server)
        ratio = {"cost_ratio": figures["cpu_us"] / without["cpu_us"]} if without["cpu_us"] else {}  # 0: too short
        return {**figures, **ratio, "without_cpu_us": without["cpu_us"]}

    return run


def web(plan: Plan) -> Callable[[Setting, Server], Figures]:
    """Make a run of a plan over WebSockets and TLS, after a run over TLS alone."""

    def run(setting: Setting, server: Server) -> Figures:
        over_tls = talk(plan, tls=True)(setting, server)
        figures = talk(plan, tls=True, web=True)(setting, server)
        ratio = {"cost_ratio": figures["cpu_us"] / over_tls["cpu_us"]} if over_tls["cpu_us"] else {}  # 0: too short
        return {**figures, **ratio, "without_cpu_us": over_tls["cpu_us"]}

    return run


def crowd(question: str) -> Callable[[Setting, Server], Figures]:
    """Make a run of a question about as many clients as ``Setting.crowd``."""

    def run(setting: Setting, server: Server) -> Figures:
        with peers.running(server, setting.place()) as one:
            job: dict[str, Any] = {"question": question, "clients": setting.crowd}
            with Generator(one, "crowd", seconds=setting.seconds, **job) as generator:
                return _with_memory(one, generator.figures())

    return run


def idle(setting: Setting, server: Server, web: bool = False) -> Figures:
    """Measure the server's memory with nobody there and with many who say nothing."""
    with peers.running(server, setting.place()) as one:
        before = measure.settled_rss_kb(one.pids)
        with Generator(one, "idle", clients=setting.idle_clients, web=web) as generator:
            generator.hear()
            after = measure.settled_rss_kb(one.pids)
            generator.tell({})
            count = generator.figures()["clients"]
        return _with_memory(one, {"client_kb": (after - before) / count, "clients": count})


def sign_in(setting: Setting, server: Server) -> Figures:
    """Let clients with accounts sign in again and again."""
    place = setting.place()
    data = place.folder / "data"
    names = fill.make_accounts(data, setting.bcrypt_cost)
    with peers.running(Chatapp(data, ("--bcrypt-cost", str(setting.bcrypt_cost))), place) as one:
        job: dict[str, Any] = {"names": names[:8], "password": fill.PASSWORD}
        with Generator(one, "sign-in", seconds=2 * setting.seconds, **job) as generator:
            return _with_memory(one, generator.figures())


def start_up(setting: Setting, server: Server) -> Figures:
    """Start with many messages stored: without a snapshot, after a clean stop, and after ``kill -9``."""
    data, _ = year(setting)
    with peers.running(Chatapp(data), setting.place()) as one:
        replay_s = one.ready_s
    starts = []
    for _ in range(3):
        with peers.running(Chatapp(data), setting.place()) as one:
            starts.append(one.ready_s)
            figures = _with_memory(one, {})
            if len(starts) == 3:
                peers.stop(one, signal.SIGKILL)
    with peers.running(Chatapp(data), setting.place()) as one:
        killed_s = one.ready_s
    figures |= {"start_s": sorted(starts)[1], "start_replay_s": replay_s, "start_killed_s": killed_s}
    return {**figures, "messages": setting.messages}


def history(setting: Setting, server: Server) -> Figures:
    """Read pages at random."""
    return _with_year(setting, "history")


def history_remarks(setting: Setting, server: Server) -> Figures:
    """Read pages at random of messages that were edited, and have reactions."""
    return _with_year(setting, "history", remarks=True)


def search(setting: Setting, server: Server) -> Figures:
    """Search for words and phrases."""
    return _with_year(setting, "search")


def _with_year(setting: Setting, name: str, remarks: bool = False) -> Figures:
    """Run a job of the generator with a server that has many messages."""
    data, filled = year(setting, remarks)
    messages = _messages(setting, remarks)
    with peers.running(Chatapp(data), setting.place()) as one:
        job: dict[str, Any] = {
            **dataclasses.asdict(filled),
            "password": fill.PASSWORD,
            "seed": setting.places,
            "page": fill.PAGE,
            "messages": messages,
            "remarks": fill.marks(filled) if remarks else {},
        }
        with Generator(one, name, seconds=setting.seconds, **job) as generator:
            return _with_memory(one, {**generator.figures(), "messages": messages})


def in_process(load: str) -> Callable[[Setting, Server], Figures]:
    """Make a run of a load without sockets and disk."""

    def run(setting: Setting, server: Server) -> Figures:
        cost_us = in_process_load.measure_in(seconds=setting.seconds / 2)[load]
        return {"rate": 1e6 / cost_us, "cpu_us": cost_us}

    return run


def year(setting: Setting, remarks: bool = False) -> tuple[Path, fill.Filled]:
    """Make the data folder with many messages, with or without remarks, once for all scenarios that need it."""
    name = "year-remarks" if remarks else "year"
    data = setting.folder / name
    if name not in setting.filled:
        shutil.rmtree(data, ignore_errors=True)
        setting.filled[name] = fill.fill(data, _messages(setting, remarks), setting.bcrypt_cost, remarks)
    return data, setting.filled[name]


def _messages(setting: Setting, remarks: bool) -> int:
    return min(setting.messages, REMARKED_MAX) if remarks else setting.messages


# In the saturated scenarios 1,000 messages are on their way in all (README.md says why).
FAN_OUT_100 = Plan(clients=100, teams=1, senders=10, burst=20, depth=5)
FAN_OUT_1000 = Plan(clients=1_000, teams=1, senders=10, burst=20, depth=5)
# The same with a window that does not flatter a server that batches: 80 messages on their way, each in its own write.
FAN_OUT_100_W8 = dataclasses.replace(FAN_OUT_100, burst=1, depth=8)
FAN_OUT_1000_W8 = dataclasses.replace(FAN_OUT_1000, burst=1, depth=8)
ONE_AT_A_TIME = Plan(clients=100, teams=1, senders=1, burst=1, depth=1, whole_bursts=True)
CHANNELS = Plan(clients=1_000, teams=50, senders=1, burst=5, depth=4)
DIRECT_1 = Plan(clients=200, teams=100, senders=1, burst=1, depth=1, direct=True, whole_bursts=True)
DIRECT_8 = dataclasses.replace(DIRECT_1, depth=8)
DIRECT_BURST_8 = dataclasses.replace(DIRECT_1, burst=8)

SCENARIOS = (
    Scenario("fan-out-100", "100 clients in a channel, 10 of them send", talk(FAN_OUT_100)),
    Scenario("fan-out-1000", "1,000 clients in a channel, 10 of them send", talk(FAN_OUT_1000)),
    Scenario("fan-out-100-w8", "fan-out-100, each sender has 8 on their way", talk(FAN_OUT_100_W8)),
    Scenario("fan-out-1000-w8", "fan-out-1000, each sender has 8 on their way", talk(FAN_OUT_1000_W8)),
    Scenario("one-at-a-time", "one message at a time to 100", talk(ONE_AT_A_TIME)),
    Scenario("channels", "50 channels of 20, one sends in each", talk(CHANNELS)),
    Scenario("direct-1", "direct messages, 100 pairs, one at a time", talk(DIRECT_1)),
    Scenario("direct-8", "direct messages, 100 pairs, 8 on their way", talk(DIRECT_8)),
    Scenario("direct-burst-8", "direct messages, 100 pairs, 8 in one write", talk(DIRECT_BURST_8)),
    Scenario("tls-fan-out", "fan-out-100 over TLS", talk(FAN_OUT_100, tls=True), tls=True),
    Scenario("ws-fan-out", "fan-out-100 over WebSockets and TLS", web(FAN_OUT_100), only_chatapp=True, tls=True),
    Scenario(
        "capabilities", "fan-out-100 to clients with all capabilities", everything(FAN_OUT_100), only_chatapp=True
    ),
    Scenario("join-5000", "joining a channel of 5,000", crowd("join"), "joins/s", rounds=1),
    Scenario("list-5000", "LIST of 5,000 channels", crowd("list"), "lists/s", rounds=1),
    Scenario("who-5000", "WHO of a channel of 5,000", crowd("who"), "lists/s", rounds=1),
    Scenario("idle", "memory of an idle client", idle, "KB", rounds=1),
    Scenario("ws-idle", "memory of an idle WebSocket", partial(idle, web=True), "KB", True, rounds=1),
    Scenario("sign-in", f"sign-ins with a password, bcrypt cost {BCRYPT_COST}", sign_in, "sign-ins/s", True, rounds=1),
    Scenario("sign-in-restart", "accounts return at once", sign_ins.restart, "sign-ins/s", True, rounds=1),
    Scenario("sign-in-tokens", "accounts return at once with tokens", sign_ins.tokens, "sign-ins/s", True, rounds=1),
    Scenario("sign-in-again", "known accounts sign in again", sign_ins.again, "sign-ins/s", True, rounds=1),
    Scenario("sign-in-flood", "innocent users beside floods of sign-ins", sign_ins.floods, "s", True, rounds=1),
    Scenario("start-up", "start with stored messages", start_up, "s", True, rounds=1),
    Scenario("history", "a page of 100 at random among stored messages", history, "pages/s", True, rounds=1),
    Scenario(
        "history-remarks", "a page of 100 edited messages with reactions", history_remarks, "pages/s", True, rounds=1
    ),
    Scenario("search", "words and phrases among stored messages", search, "searches/s", True, rounds=1),
    Scenario(
        "in-process-direct-1", "direct messages without sockets and disk", in_process("direct-1"), only_chatapp=True
    ),
    Scenario("in-process-direct-8", "the same, eight at a time", in_process("direct-8"), only_chatapp=True),
    Scenario(
        "in-process-fan-out", "a channel of 100 without sockets and disk", in_process("fan-out-100"), only_chatapp=True
    ),
    *(
        Scenario(f"abuse-{kind}", attack.title, abuse.under(kind), only_chatapp=True)
        for kind, attack in ATTACKS.items()
    ),
)
