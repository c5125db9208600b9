"""The closed loop: bursts of messages, a bounded number on their way, and an exact count of what arrives.

A *team* is the members of one channel, or the two ends of a conversation. In each *round* every sender of the team
sends a burst in one write. A round is through when every member has received as many lines as all rounds up to it
bring, so the slowest receiver sets the pace; ``depth`` rounds may be on their way. Nobody gets ahead, nothing piles up
without bound, and a server that has work for all waits for nothing.
"""

from __future__ import annotations

import re
import select
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from tests.bench import measure
from tests.bench.measure import Meter
from tests.bench.wire import Client, Crowd, WireError

TEXT_BYTES = 60
SAMPLED = 3  # receivers whose every line is read: each message there, in order, and how long it took
# A message ends with its line, or where the next frame of a WebSocket begins.
_MESSAGE = re.compile(rb"PRIVMSG \S+ :s(\d+)\.(\d+) [a-z ]+(?:\r?\n|(?=\x81)|\Z)")


@dataclass(frozen=True)
class Plan:
    """Who talks to whom and how much at a time; also the generator's job, as JSON."""

    clients: int
    teams: int
    senders: int  # of each team
    burst: int  # messages a sender sends in one write
    depth: int  # rounds on their way
    direct: bool = False  # teams of two that send direct messages, instead of channels
    whole_bursts: bool = False  # latency: until the slowest receiver has the burst, instead of message by message
    capabilities: tuple[str, ...] = ()  # that all clients enable

    @property
    def team_size(self) -> int:
        """Members of each team."""
        return self.clients // self.teams

    @property
    def window(self) -> int:
        """Messages of one sender on their way at most."""
        return self.burst * self.depth

    def target(self, team: int, members: list[Client]) -> str:
        """Where a team's messages go."""
        return members[-1].nick if self.direct else f"#bench{team}"


@dataclass(eq=False)
class Team:
    """The members of a channel or of a conversation, and how far they are."""

    members: list[Client]
    senders: list[Client]
    bursts: list[str]  # of each sender: its burst, to be filled in with the numbers
    listeners: list[Client]  # who receives anything
    sent: int = 0  # rounds
    through: int = 0  # rounds
    waiting: int = 0  # listeners that the round after ``through`` has not reached
    sent_at: list[float] = field(default_factory=list)  # of each round
    through_at: list[float] = field(default_factory=list)


def make_teams(plan: Plan, crowd: Crowd) -> list[Team]:
    """Divide the clients into teams and set what each of them is to receive."""
    teams = []
    size = plan.team_size
    for number in range(plan.teams):
        members = crowd.clients[number * size : (number + 1) * size]
        senders = members[: plan.senders]
        filler = ("the quick brown fox jumps over the lazy dog and runs away " * 2)[:TEXT_BYTES]
        bursts = [
            f"PRIVMSG {plan.target(number, members)} :s{index}.%08d {filler}\r\n" * plan.burst
            for index in range(len(senders))
        ]
        for member in members:
            heard = len(senders) - (member in senders and "echo-message" not in plan.capabilities)
            member.per_round = member.left = heard * plan.burst
        listeners = [member for member in members if member.per_round]
        team = Team(members, senders, bursts, listeners, waiting=len(listeners))
        for member in members:
            member.team = team
        teams.append(team)
    if not plan.whole_bursts:
        quiet = [member for team in teams for member in team.members if member not in team.senders]
        for share in range(SAMPLED):
            quiet[(len(quiet) - 1) * share // (SAMPLED - 1)].samples = []
    return teams


class Loop:
    """Runs the teams of a plan for a time."""

    def __init__(self, plan: Plan, crowd: Crowd, teams: list[Team]) -> None:
        self.plan, self.crowd, self.teams = plan, crowd, teams
        self.sending = True
        self.received = 0

    def start(self) -> None:
        """Fill every team's window."""
        for team in self.teams:
            for _ in range(self.plan.depth):
                self.send_round(team)

    def send_round(self, team: Team) -> None:
        """Let each sender of a team send its next burst."""
        first = team.sent * self.plan.burst
        numbers = tuple(range(first, first + self.plan.burst))
        team.sent += 1
        team.sent_at.append(time.perf_counter())
        for sender, burst in zip(team.senders, team.bursts, strict=True):
            self.crowd.send(sender, (burst % numbers).encode())

    def run(self, until: float) -> None:
        """Receive, and answer what is through with new rounds, until the clock (perf_counter) shows ``until``."""
        crowd = self.crowd
        poll, by_fileno, buffer, clock = crowd.epoll.poll, crowd.by_fileno, crowd.buffer, time.perf_counter
        count = buffer.count
        while (now := clock()) < until and (self.sending or not self.is_done()):
            for fileno, mask in poll(min(0.1, until - now)):
                client = by_fileno[fileno]
                if mask & ~select.EPOLLIN:
                    self.unusual(client, mask)
                    continue
                try:
                    size = client.recv_into(buffer)
                except BlockingIOError:
                    continue
                if not size:
                    raise WireError(f"The server closed the connection of {client.nick} during the run.")
                lines = count(client.mark, 0, size)
                if client.samples is not None:
                    client.samples.append((clock(), bytes(memoryview(buffer)[:size])))
                client.received += lines
                self.received += lines
                client.left -= lines
                if client.left <= 0:
                    self.advance(client)

    def unusual(self, client: Client, mask: int) -> None:
        """Write what was left over; or a connection is gone."""
        if mask & (select.EPOLLHUP | select.EPOLLERR):
            raise WireError(f"The connection of {client.nick} broke during the run.")
        self.crowd.writable(client)

    def advance(self, client: Client) -> None:
        """A client has received all of a round."""
        team = client.team
        assert isinstance(team, Team)
        if not client.per_round:
            raise WireError(f"{client.nick} received a line, and nobody had sent it one.")
        if client.round == team.through:
            team.waiting -= 1
        while client.left <= 0:
            client.left += client.per_round
            client.round += 1
        while not team.waiting:
            team.through += 1
            team.through_at.append(time.perf_counter())
            team.waiting = sum(1 for listener in team.listeners if listener.round == team.through)
            if self.sending:
                self.send_round(team)

    def is_done(self) -> bool:
        """Tell whether all that was sent is through."""
        return all(team.through == team.sent for team in self.teams)

    def drain(self, seconds: float) -> None:
        """Send no more, and wait so long for the rest."""
        self.sending = False
        self.run(time.perf_counter() + seconds)


def validate(plan: Plan, teams: list[Team]) -> int:
    """Check that everybody received exactly what was sent to it; return the number of deliveries."""
    total = 0
    for team in teams:
        for member in team.members:
            expected = team.sent * member.per_round
            if member.received != expected:
                raise WireError(f"{member.nick} received {member.received} lines instead of {expected}.")
            total += expected
            if member.samples is not None:
                _check_order(team, member)
    return total


def _check_order(team: Team, member: Client) -> None:
    """Every message of every sender is there once and in order, and nothing else is."""
    following = [0] * len(team.senders)
    found = 0
    for match in _MESSAGE.finditer(b"".join(data for _, data in member.samples or ())):
        sender, number = int(match[1]), int(match[2])
        if number != following[sender]:
            raise WireError(f"{member.nick} received message {number} of {sender}, not {following[sender]}.")
        following[sender] += 1
        found += 1
    if found != member.received:
        raise WireError(f"{member.nick} received {member.received} lines, {found} of them messages.")


def message_latencies(plan: Plan, team: Team, begin: float, end: float) -> list[float]:
    """Tell how long each message sent between two times took to each sampled receiver, in seconds."""
    took = []
    for member in team.members:
        if member.samples is None:
            continue
        times = [at for at, _ in member.samples]
        ends = list(accumulate(len(data) for _, data in member.samples))
        for match in _MESSAGE.finditer(b"".join(data for _, data in member.samples)):
            sent_at = team.sent_at[int(match[2]) // plan.burst]
            if begin <= sent_at <= end:
                took.append(times[bisect_left(ends, match.end())] - sent_at)
    return took


def round_latencies(_: Plan, team: Team, begin: float, end: float) -> list[float]:
    """Tell how long each round sent between two times took to its slowest receiver, in seconds."""
    pairs = zip(team.sent_at, team.through_at, strict=False)
    return [through - sent for sent, through in pairs if begin <= sent <= end]


@dataclass(frozen=True)
class Span:
    """How long to run before measuring, while measuring, and at most after it until all has arrived."""

    warm_up_s: float
    measure_s: float
    drain_s: float


def measure_talk(plan: Plan, crowd: Crowd, pids: list[int], span: Span) -> dict[str, float]:
    """Run a plan and measure it; raises WireError when anything was lost, doubled, or out of order."""
    teams = make_teams(plan, crowd)
    loop = Loop(plan, crowd, teams)
    loop.start()
    loop.run(time.perf_counter() + span.warm_up_s)
    received, meter = loop.received, Meter(pids)
    loop.run(meter.began + span.measure_s)
    figures = meter.read(loop.received - received)
    loop.drain(span.drain_s)
    figures["deliveries"] = validate(plan, teams)
    latencies = round_latencies if plan.whole_bursts else message_latencies
    took = [one for team in teams for one in latencies(plan, team, meter.began, meter.ended)]
    return {**figures, **measure.latencies(took)}
