"""Pure: the commands of the full-screen client alone: rows of the table of commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from chatapp.client.core import requests
from chatapp.client.core.reading import is_name
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.arguments import UsageError
from chatapp.client.fronts.command import Command


class ScreenActions(Actions, Protocol):
    """The actions that only the full-screen client provides."""

    def show_names(self) -> None:
        """Show the members of the present channel."""

    def set_away(self, text: str) -> None:
        """Be away, with an away message; without one, be here again."""

    def show_status(self) -> None:
        """Show the state of the connection, who is typing, and what is unread."""

    def set_nick(self, name: str) -> None:
        """Have another name."""

    def quiet(self) -> None:
        """Show no notices of the present conversation to the desktop, or show them again."""

    def pin(self) -> None:
        """Pin the present conversation to the top of the list, or end that."""

    def set(self, name: str, value: str) -> None:
        """Change a setting; without a value, show it; without a name, show all."""

    def open_link(self) -> None:
        """Open the last link of the present conversation."""

    def reconnect(self) -> None:
        """Connect again, now."""

    def close(self) -> None:
        """Take the conversation with a person off the screen."""

    def resend(self, *, drop: bool) -> None:
        """Send the texts of the present conversation that wait, or drop them."""


def _screen(front: Actions) -> ScreenActions:
    return cast(ScreenActions, front)


def _alone(name: str, action: Callable[[ScreenActions], None]) -> Callable[[Actions, str], None]:
    def run(front: Actions, rest: str) -> None:
        if rest:
            raise UsageError(f"Type /{name}, with nothing behind it.")
        action(_screen(front))

    return run


def _quote(front: Actions, rest: str) -> None:
    if not rest:
        raise UsageError("Type /quote and a line of IRC, as in: /quote VERSION")
    front.ask(requests.quote(rest))


def _nick(front: Actions, rest: str) -> None:
    if not is_name(rest):
        raise UsageError("Type /nick NAME")
    _screen(front).set_nick(rest)


def _set(front: Actions, rest: str) -> None:
    name, _, value = rest.partition(" ")
    _screen(front).set(name.lower(), value.strip())


def _theme(front: Actions, rest: str) -> None:
    _screen(front).set("theme", rest.lower())


def _row(name: str, help: str, action: Callable[[ScreenActions], None]) -> Command:
    return Command((name,), "", "", help, _alone(name, action), screen=True)


VIEWING = (
    _row("names", "the members of this channel", lambda front: front.show_names()),
    Command(
        ("away",),
        "",
        "[TEXT]",
        "be away; alone: be here again",
        lambda front, rest: _screen(front).set_away(rest),
        screen=True,
    ),
    Command(("nick",), "", "NAME", "have another name, if the server allows it", _nick, screen=True),
    _row("status", "the connection, who types, what is unread", lambda front: front.show_status()),
    _row("quiet", "no notices of this conversation, or again", lambda front: front.quiet()),
    _row("pin", "keep this at the top of the list, or no longer", lambda front: front.pin()),
    Command(("set",), "", "[NAME [VALUE]]", "change a setting; alone: show all", _set, screen=True),
    Command(("theme",), "", "[NAME]", "other colours; alone: which there are", _theme, screen=True),
    _row("open", "open the last link", lambda front: front.open_link()),
    _row("reconnect", "connect again, now", lambda front: front.reconnect()),
    _row("close", "take this person off the list", lambda front: front.close()),
    _row("resend", "send what waits here now", lambda front: front.resend(drop=False)),
    _row("drop", "drop what waits here", lambda front: front.resend(drop=True)),
    Command(("quote",), "", "LINE", "send a line of IRC as it is", _quote, screen=True),
)
