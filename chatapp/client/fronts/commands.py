"""Pure: one table of what can be typed: the four words of the menu and the slash commands, for every front.

At the menu the slash may be left out. Elsewhere a line without a slash is a command only if it is a word of the menu
and nothing else, in any case. What a front does with other lines is the front's rule (they are sent, or refused).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from chatapp.errors import ChatError

HISTORY_DEFAULT = 20


class Actions(Protocol):
    """What a front can do; the names and texts are as typed, not checked. Empty means that it was left out."""

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel; ask for what is left out, where somebody can be asked."""

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby; ask for it where it is left out."""

    def list_people(self, channel: str) -> None:
        """Show who is here and who is away."""

    def show_history(self, conversation: str, messages: int) -> None:
        """Show the latest messages of a conversation."""

    def show_older(self) -> None:
        """Show what came before the messages that were shown last."""

    def join(self, channel: str) -> None:
        """Become a member of a channel."""

    def leave(self, channel: str) -> None:
        """Stop being a member of a channel."""

    def menu(self) -> None:
        """Go back to the menu."""

    def change_password(self) -> None:
        """Ask for another password of the account."""

    def help(self) -> None:
        """Show the table."""

    def exit(self) -> None:
        """Leave."""


class UsageError(ChatError):
    """A command was typed with what it cannot take; the text says how to type it."""


class Command(NamedTuple):
    """One row. ``run`` gets the front and the rest of the line; it raises UsageError."""

    names: tuple[str, ...]
    menu: str
    arguments: str
    help: str
    run: Callable[[Actions, str], None]
    terminal: bool = False  # only a person at a terminal needs it

    @property
    def usage(self) -> str:
        """How it is typed."""
        return f"/{self.names[0]} {self.arguments}".rstrip()


def _history(front: Actions, rest: str) -> None:
    words = rest.split()
    count = str(HISTORY_DEFAULT)
    if words and words[-1].isdecimal():
        count = words.pop()
    if len(words) > 1 or len(count) > 4 or int(count) == 0:
        raise UsageError("Type /history [NAME or #CHANNEL] [HOW MANY], at most 1000.")
    front.show_history(words[0] if words else "", min(int(count), 1000))


def _one_word(action: Callable[[Actions, str], None], usage: str, *, needed: bool) -> Callable[[Actions, str], None]:
    def run(front: Actions, rest: str) -> None:
        if len(rest.split()) > 1 or (needed and not rest):
            raise UsageError(f"Type {usage}")
        action(front, rest)

    return run


def _nothing(action: Callable[[Actions], None], usage: str) -> Callable[[Actions, str], None]:
    def run(front: Actions, rest: str) -> None:
        if rest:
            raise UsageError(f"Type {usage}, with nothing behind it.")
        action(front)

    return run


def _write_to(front: Actions, rest: str) -> None:
    target, _, text = rest.partition(" ")
    front.write_to(target, text.strip(" "))


COMMANDS = (
    Command(("dm", "msg"), "DM", "[NAME [TEXT]]", "write to one person, or to a #CHANNEL", _write_to),
    Command(("bm",), "BM", "[TEXT]", "write to everyone", lambda front, rest: front.write_to_all(rest)),
    Command(
        ("who",),
        "WHO",
        "[#CHANNEL]",
        "who is here and who is away",
        _one_word(lambda front, word: front.list_people(word), "/who or /who #CHANNEL", needed=False),
    ),
    Command(("exit", "ex", "quit"), "EX", "", "leave", _nothing(lambda front: front.exit(), "/exit")),
    Command(
        ("join",),
        "",
        "#CHANNEL",
        "enter a channel; a new name makes a new one",
        _one_word(lambda front, word: front.join(word), "/join #CHANNEL", needed=True),
    ),
    Command(
        ("leave", "part"),
        "",
        "#CHANNEL",
        "stop being a member of a channel",
        _one_word(lambda front, word: front.leave(word), "/leave #CHANNEL", needed=True),
    ),
    Command(
        ("history",),
        "",
        "[NAME or #CHANNEL] [HOW MANY]",
        f"what was said before, {HISTORY_DEFAULT} messages or more",
        _history,
    ),
    Command(("older",), "", "", "what came before that", _nothing(lambda front: front.show_older(), "/older"), True),
    Command(
        ("menu",),
        "",
        "",
        "end the conversation, as Enter alone does",
        _nothing(lambda front: front.menu(), "/menu"),
        True,
    ),
    Command(
        ("passwd",),
        "",
        "",
        "change your password",
        _nothing(lambda front: front.change_password(), "/passwd"),
        True,
    ),
    Command(("help", "?"), "", "", "this list", _nothing(lambda front: front.help(), "/help")),
)

MENU = {command.menu: command for command in COMMANDS if command.menu}
BY_NAME = {name: command for command in COMMANDS for name in command.names}


def find(line: str, *, menu: bool) -> tuple[Command, str] | None:
    """Return the command that a line means, with the rest of it; None when it means none.

    ``menu``: the line was typed at the menu, where the slash may be left out.
    """
    line = line.strip()
    if line.startswith("/"):
        line = line[1:]
    elif not menu:
        return None
    name, _, rest = line.partition(" ")
    command = BY_NAME.get(name.lower())
    return (command, rest.strip()) if command is not None else None


def menu_word(line: str) -> Command | None:
    """Return the command that a line means at every question: a word of the menu, alone in the line, in any case."""
    return MENU.get(line.strip().upper())
