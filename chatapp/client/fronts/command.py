"""Pure: a row of the table of commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatapp.client.fronts.actions import Actions


class Command(NamedTuple):
    """A row of the table. ``run`` gets the front and the rest of the line, without spaces around; raises UsageError."""

    names: tuple[str, ...]
    menu: str
    arguments: str
    help: str
    run: Callable[[Actions, str], None]
    terminal: bool = False  # only a person at a terminal needs it
    order: bool = False  # it keeps order in a channel
    screen: bool = False  # only the full-screen client has it
    administers: bool = False  # it is for administrators of the server
    more: str = ""  # what /help on this command also says

    @property
    def usage(self) -> str:
        """The command as it is typed, with the names of its arguments."""
        return f"/{self.names[0]} {self.arguments}".rstrip()
