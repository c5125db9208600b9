"""Pure: the commands for administrators of the server: rows of the table of commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import order
from chatapp.client.core.reading import is_name
from chatapp.client.fronts import arguments
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.arguments import UsageError
from chatapp.client.fronts.command import Command
from chatapp.protocol.durations import is_duration


def _uban(front: Actions, rest: str) -> None:
    target, _, text = rest.partition(" ")
    if not is_name(target.lstrip(":")) or is_duration(target):
        raise UsageError("Type /uban TARGET [TIME] [REASON]; TARGET is an account, an IP address or a network.")
    minutes, reason = arguments.time(text.strip())
    front.ask(order.uban(target, minutes, reason))


def _unuban(front: Actions, rest: str) -> None:
    if not rest or " " in rest:
        raise UsageError("Type /unuban TARGET, as /ubans shows it.")
    front.ask(order.unuban(rest))


def _ubans(front: Actions, rest: str) -> None:
    if rest:
        raise UsageError("Type /ubans, with nothing behind it.")
    front.ask(order.ubans())


def _kill(front: Actions, rest: str) -> None:
    name, _, reason = rest.partition(" ")
    if not is_name(name) or not arguments.is_nick(name):
        raise UsageError("Type /kill NAME or /kill NAME REASON")
    front.ask(order.kill(name, reason.strip()))


def _row(name: str, arguments: str, help: str, run: Callable[[Actions, str], None]) -> Command:
    return Command((name,), "", arguments, help, run, administers=True)


ADMINISTERING = (
    _row("uban", "TARGET [TIME] [REASON]", "keep an account or address out", _uban),
    _row("unuban", "TARGET", "end such a ban", _unuban),
    _row("ubans", "", "who is banned from the server", _ubans),
    _row("kill", "NAME [REASON]", "end the connections of NAME", _kill),
)
