"""The load generator, a process of its own: a job in JSON on stdin, a line of JSON for each thing it has to tell.

``{"figures": {...}}`` is what a job measured, ``{"error": "..."}`` why it could not, ``{"at": "..."}`` that it got to a
point and waits for a line on stdin before it goes on.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from typing import Any

from tests.bench import account_jobs, crowd_jobs, limits, load, sign_in_jobs, steady, web_wire, wire

SIGN_IN_S = 60.0
JOINING = 50  # clients that join a channel at the same time


def talk(job: dict[str, Any]) -> dict[str, float]:
    """Sign everybody in, run the plan, measure it."""
    plan = load.Plan(**job["plan"])
    crowd = wire.Crowd()
    try:
        where = job["host"], job["port"], job["tls"]
        kind = web_wire.WebClient if job["web"] else wire.Client
        wire.sign_in(crowd, plan.clients, *where, job["newcomers"], SIGN_IN_S, plan.capabilities, kind)
        if not plan.direct:
            joins = [
                (client, f"JOIN #bench{number // plan.team_size}\r\nPING :joined\r\n".encode(), b"joined")
                for number, client in enumerate(crowd.clients)
            ]
            wire.ask_all(crowd, joins, SIGN_IN_S, JOINING)
        wire.fall_silent(crowd, SIGN_IN_S)
        gc.freeze()
        return load.measure_talk(plan, crowd, job["pids"], load.Span(*job["span"]))
    finally:
        crowd.close()


def idle(job: dict[str, Any]) -> dict[str, float]:
    """Sign everybody in, and do nothing until told to leave."""
    crowd = wire.Crowd()
    try:
        kind = web_wire.WebClient if job["web"] else wire.Client
        where = job["host"], job["port"], False
        wire.sign_in(crowd, job["clients"], *where, job["newcomers"], SIGN_IN_S, client_type=kind)
        wire.fall_silent(crowd, SIGN_IN_S)
        tell({"at": "idle"})
        sys.stdin.readline()
        return {"clients": len(crowd.clients)}
    finally:
        crowd.close()


def talk_on(job: dict[str, Any]) -> dict[str, float]:
    """Talk at a steady pace, before and during an attack."""
    return steady.steady(job, tell)


JOBS = {
    "talk": talk,
    "idle": idle,
    "steady": talk_on,
    "sign-in": account_jobs.sign_in,
    "return": sign_in_jobs.return_at_once,
    "sign-in-again": sign_in_jobs.sign_in_again,
    "innocent": sign_in_jobs.innocent,
    "history": account_jobs.history,
    "search": account_jobs.search,
    "crowd": crowd_jobs.ask,
}


def tell(what: dict[str, Any]) -> None:
    """Write one line for the process that started this one."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Do the job that stands on stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    limits.raise_open_files()
    job = json.loads(sys.stdin.readline())
    try:
        tell({"figures": JOBS[job["kind"]](job)})
    except (wire.WireError, OSError) as error:
        tell({"error": str(error) or type(error).__name__})


if __name__ == "__main__":
    main()
