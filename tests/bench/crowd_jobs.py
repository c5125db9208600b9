"""Jobs of the load generator with a large crowd: joining its channel, LIST of its channels, and WHO of its members."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench import measure, wire
from tests.bench.account_jobs import Talker
from tests.bench.measure import Meter
from tests.bench.wire import WireError

SIGN_IN_S = 120.0
JOINING = 50  # clients that join at the same time
CHANNEL = "#crowd"


@dataclass(frozen=True)
class Question:
    """What one client asks again and again, and what the answer must hold."""

    joins: Callable[[int], str]  # the channel that the client with this number joins before
    ask: str
    end: bytes  # a part of the answer's last line
    items: Callable[[bytes], int]  # how many members or channels the answer has
    undo: str = ""  # sent after each answer, and not measured
    undone: bytes = b""  # a part of the answer to that


def _names(answer: bytes) -> int:
    """Count the names in the lines of a NAMES reply."""
    lines = (line for line in answer.split(b"\n") if b" 353 " in line)
    return sum(len(line.rpartition(b":")[2].split()) for line in lines)


QUESTIONS = {
    "join": Question(lambda number: CHANNEL, f"JOIN {CHANNEL}\n", b" 366 ", _names, f"PART {CHANNEL}\n", b" PART "),
    "list": Question(lambda number: f"#own{number}", "LIST\n", b" 323 ", lambda answer: answer.count(b" 322 asker #")),
    "who": Question(lambda number: CHANNEL, f"WHO {CHANNEL}\n", b" 315 ", lambda answer: answer.count(b" 352 ")),
}


def ask(job: dict[str, Any]) -> dict[str, float]:
    """Sign a crowd in, and let one more client ask the question ``job["question"]``, once at a time.

    The crowd and that client are ``job["clients"]`` together; the answer must have as many members or channels.
    """
    question, size = QUESTIONS[job["question"]], job["clients"]
    crowd = wire.Crowd()
    try:
        wire.sign_in(crowd, size - 1, job["host"], job["port"], False, job["newcomers"], SIGN_IN_S)
        joins = [
            (client, f"JOIN {question.joins(number)}\r\n".encode(), b" 366 ")
            for number, client in enumerate(crowd.clients)
        ]
        wire.ask_all(crowd, joins, SIGN_IN_S, JOINING)
        wire.fall_silent(crowd, SIGN_IN_S)
        asker = Talker(job["host"], job["port"])
        asker.ask("NICK asker\nUSER asker 0 * :asker\n", b" 001 ")
        if not question.undo:
            asker.ask(f"JOIN {question.joins(size)}\n", b" 366 ")
        return _measure(job, question, asker, crowd)
    finally:
        crowd.close()


def _measure(job: dict[str, Any], question: Question, asker: Talker, crowd: wire.Crowd) -> dict[str, float]:
    took: list[float] = []
    _listen(crowd)
    meter = Meter(job["pids"])
    while not took or time.perf_counter() < meter.began + job["seconds"]:
        began = time.perf_counter()
        answer = asker.ask(question.ask, question.end)
        took.append(time.perf_counter() - began)
        found = question.items(answer)
        if found != job["clients"]:
            raise WireError(f"The answer to {question.ask.strip()} has {found} items instead of {job['clients']}.")
        if question.undo:
            asker.ask(question.undo, question.undone)
            _listen(crowd)
    figures = meter.read(len(took))
    asker.close()
    return {**figures, **measure.latencies(took), "rate": len(took) / sum(took), "clients": job["clients"]}


def _listen(crowd: wire.Crowd) -> None:
    """Let the crowd read what has come."""
    while any(True for _ in crowd.incoming(0)):
        pass
