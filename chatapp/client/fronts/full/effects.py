"""Pure: what the shell has to do outside the screen, as the model asks for it."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Do(enum.Enum):
    """What to do."""

    NOTIFY = enum.auto()  # tell the desktop, and ring the bell; ``title`` says of whom
    COPY = enum.auto()  # put the text into the clipboard
    OPEN = enum.auto()  # open the link in a browser
    EDITOR = enum.auto()  # edit the draft in $EDITOR
    BARE = enum.auto()  # show the bare messages, in the terminal's own scrollback
    SUSPEND = enum.auto()
    REDRAW = enum.auto()
    SETTINGS = enum.auto()  # use the settings, and write to the file the setting that ``text`` names
    RECONNECT = enum.auto()
    READ = enum.auto()  # send the read markers soon
    LEAVE = enum.auto()


class Effect(NamedTuple):
    """Something to do, with its text."""

    do: Do
    text: str = ""
    title: str = ""
