"""Pure: the commands of the full-screen client alone: rows of the table of commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from chatapp.client.core import requests
from chatapp.client.core.reading import is_name
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.arguments import UsageError
from chatapp.client.fronts.command import Command
from chatapp.protocol.names import is_channel


class ScreenActions(Actions, Protocol):
    """The actions that only the full-screen client provides."""

    def show_names(self, channel: str) -> None:
        """Show the members of a channel, by default the present one."""

    def say_here(self, text: str) -> None:
        """Send a text to the present conversation, whatever it begins with."""

    def go_to(self, which: str) -> None:
        """Show the conversation with a number in the list, or with a name."""

    def clear(self) -> None:
        """Take the messages of the present conversation off the screen."""

    def cycle(self) -> None:
        """Leave the present channel, and enter it again."""

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


def _names(front: Actions, rest: str) -> None:
    if rest and (not is_channel(rest) or " " in rest):
        raise UsageError("Type /names or /names #CHANNEL")
    _screen(front).show_names(rest)


def _say(front: Actions, rest: str) -> None:
    if not rest:
        raise UsageError("Type /say TEXT")
    _screen(front).say_here(rest)


def _notice(front: Actions, rest: str) -> None:
    target, _, text = rest.partition(" ")
    if not is_name(target) or not text.strip():
        raise UsageError("Type /notice NAME TEXT or /notice #CHANNEL TEXT")
    front.ask(requests.notice(target, text.strip()))


def _buffer(front: Actions, rest: str) -> None:
    if not is_name(rest):
        raise UsageError("Type /buffer and the number or the name of a conversation, as in: /buffer 3")
    _screen(front).go_to(rest)


def _version(front: Actions, rest: str) -> None:
    if rest and not is_name(rest):
        raise UsageError("Type /version or /version SERVER")
    front.ask(requests.version(rest))


def _who_was(front: Actions, rest: str) -> None:
    if not is_name(rest):
        raise UsageError("Type /whowas NAME")
    front.ask(requests.who_was(rest))


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
    Command(("names",), "", "[#CHANNEL]", "the members of this channel, or another", _names, screen=True),
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
    _row("back", "be here again, after /away", lambda front: front.set_away("")),
    Command(("say",), "", "TEXT", "send a text, whatever it begins with", _say, screen=True),
    Command(("notice",), "", "NAME TEXT", "send a notice, to which no program answers", _notice, screen=True),
    Command(("buffer",), "", "NUMBER or NAME", "go to a conversation", _buffer, screen=True),
    _row("clear", "take these messages off the screen; PgUp fetches them", lambda front: front.clear()),
    _row("cycle", "leave this channel, and enter it again", lambda front: front.cycle()),
    Command(("version",), "", "[SERVER]", "which program the server is", _version, screen=True),
    Command(("whowas",), "", "NAME", "who had a name before", _who_was, screen=True),
    Command(("quote", "raw"), "", "LINE", "send a line of IRC as it is", _quote, screen=True),
)
