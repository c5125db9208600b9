"""Pure: the table of commands for every front: the four words of the menu, and the slash commands.

At the menu the slash may be left out. Elsewhere a line without a slash is a command only if it is just a word of the
menu, in upper or lower case. Each front decides what it does with other lines: send or refuse them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from chatapp.errors import ChatError

HISTORY_DEFAULT = 20


class Actions(Protocol):
    """The actions that a front provides for commands.

    Names and texts are as typed and not checked; an empty argument means that it was left out.
    """

    def write_to(self, target: str, text: str) -> None:
        """Send a text to a person or a channel; ask for a missing argument if there is a person to ask."""

    def write_to_all(self, text: str) -> None:
        """Send a text to the lobby; ask for a missing text if there is a person to ask."""

    def list_people(self, channel: str) -> None:
        """Show who is here and who is away."""

    def show_history(self, conversation: str, messages: int) -> None:
        """Show the latest messages of a conversation."""

    def show_older(self) -> None:
        """Show the messages before those that were shown last."""

    def join(self, channel: str) -> None:
        """Become a member of a channel."""

    def leave(self, channel: str) -> None:
        """Stop being a member of a channel."""

    def menu(self) -> None:
        """Go back to the menu."""

    def change_password(self) -> None:
        """Ask for the old and the new password of the account, and change it."""

    def help(self) -> None:
        """Show the table of commands."""

    def exit(self) -> None:
        """End the client."""


class UsageError(ChatError):
    """A command has wrong arguments; the text says how to type it."""


class Command(NamedTuple):
    """A row of the table. ``run`` gets the front and the rest of the line, without spaces around; raises UsageError."""

    names: tuple[str, ...]
    menu: str
    arguments: str
    help: str
    run: Callable[[Actions, str], None]
    terminal: bool = False  # only a person at a terminal needs it

    @property
    def usage(self) -> str:
        """The command as it is typed, with the names of its arguments."""
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
    """Return the command that a line begins with, and the rest of the line; None if it is not a command.

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
    """Return the command of a line that is just a word of the menu (upper or lower case), else None."""
    return MENU.get(line.strip().upper())
