"""The shell of the stream: keys from the terminal into the model, lines and the typed text out to it.

New messages are lines at the end of the terminal, above the text that is typed. While a person types, they wait for a
pause, so that the text is written anew as seldom as possible. After some lines, the terminal is asked for the place of
its cursor, and more lines wait for the answer: a slow link never has more than a second of lines before a key.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from chatapp.client.fronts.full import painting
from chatapp.client.fronts.full.input import Pressed
from chatapp.client.fronts.full.model import Model
from chatapp.client.fronts.full.pacing import Pacing
from chatapp.client.fronts.full.shell import Shell
from chatapp.client.fronts.full.stream.deeds import StreamDeeds
from chatapp.client.fronts.full.stream.pressing import StreamPressing
from chatapp.client.fronts.full.stream.writing import Pause, Writing

# In what tmux hands on (DCS), each ESC is doubled, so that two ESC and a backslash do not end it.
_COMMANDS = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1bP.*?(?<!\x1b)\x1b\\\\|\x1b\\].*?(?:\a|\x1b\\\\)", re.DOTALL)
ENTER = "\x1b[?2004h\x1b[?1004h"  # marked pastes, reports of the focus
LEAVE = "\x1b[?1004l\x1b[?2004l"


class StreamShell(Shell):
    """Runs the model, whose deeds are ``StreamDeeds``, in a terminal, as a stream.

    ``is_dumb``: the terminal knows no commands, and gets none.
    """

    def __init__(self, model: Model, *, is_dumb: bool = False, **options: Any) -> None:
        super().__init__(model, **options)
        self._is_dumb = is_dumb
        self._pacing = Pacing(asks=not is_dumb)
        deeds = model.deeds
        assert isinstance(deeds, StreamDeeds)
        self._view = deeds.view
        self._pressing = StreamPressing(model.state, deeds)
        self._writing = Writing(model.state, deeds.view, is_dumb=is_dumb)
        self._pause = Pause()

    def show(self) -> None:
        """Write what is new, as soon as the terminal keeps up."""
        self._view.update()
        self._pause.waiting(asyncio.get_running_loop().time(), lines=bool(self._view.lines))
        super().show()

    def _schedule(self) -> None:
        due_s = self._pacing.due_s
        if due_s is None or not self._is_shown:
            return
        if self._writing.is_typed and not self._view.lines.is_urgent:
            due_s = max(due_s, self._pause.until_s)
        if due_s <= asyncio.get_running_loop().time():
            self._paint()
        else:
            self._at("frame", due_s, self._schedule)

    def _tick(self) -> None:
        super()._tick()
        self.show()

    # The terminal

    def _enter(self) -> None:
        self._is_shown = True
        self._write(ENTER)
        self._view.update()
        self._paint()

    def _leave(self) -> None:
        self._view.update()
        self._write(self._writing.leave() + LEAVE)
        self._is_shown = False

    def _write(self, commands: str) -> None:
        super()._write(_COMMANDS.sub("", commands) if self._is_dumb else commands)

    def _resized(self) -> None:
        self._paint(by_key=True)

    def _paint(self, *, by_key: bool = False, only_typing: bool = False) -> None:
        """Write the lines that are due, and the typed text; after a key, the typed text alone: lines are paced."""
        if not self._is_shown:
            return
        now_s = self._state.now_s = asyncio.get_running_loop().time()
        out = self._resize()
        told = "" if by_key else self._writing.lines()
        out += told + self._writing.input()
        if told:
            self._pacing.drawn(now_s)
            out += painting.ASK_CURSOR if self._pacing.asks else ""
        elif not by_key:
            self._pacing.unneeded()
        if out:
            self._write(out)
        self._pause.waiting(now_s, lines=bool(self._view.lines))
        if self._view.lines:
            self._pacing.want()
            self._schedule()

    def _resize(self) -> str:
        size = self._sink.get_size()
        return self._writing.resized(size.columns, size.rows)

    # Keys

    def _press(self, pressed: Pressed) -> None:
        if pressed.key == "c-m":
            self._write(self._resize() + self._writing.enter(lambda: super(StreamShell, self)._press(pressed)))
        else:
            super()._press(pressed)

    def _after_keys(self, *, only_typing: bool) -> None:
        self._pause.key(asyncio.get_running_loop().time())
        self._view.update(urgent=True)
        super()._after_keys(only_typing=only_typing)
