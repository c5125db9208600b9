"""The shell of the full-screen client: keys from the terminal into the model, frames out to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, ClassVar

from prompt_toolkit.input import Input, create_input
from prompt_toolkit.output import Output

from chatapp.client.core.events import Event
from chatapp.client.fronts.full import opening, outside, painting, view
from chatapp.client.fronts.full.effects import Do, Effect
from chatapp.client.fronts.full.input import Pressed, Reading
from chatapp.client.fronts.full.leaving import EXIT_INTERRUPTED, Leaving
from chatapp.client.fronts.full.model import Model
from chatapp.client.fronts.full.pacing import Pacing
from chatapp.client.fronts.full.painting import Painter
from chatapp.client.fronts.full.pressing import Pressing
from chatapp.client.fronts.full.programs import edited, opened
from chatapp.client.fronts.full.settings import Settings
from chatapp.client.fronts.full.themes import theme
from chatapp.client.fronts.full.view import Size
from chatapp.client.fronts.person.terminal import terminal_output
from chatapp.client.network.keeper import Keeper

ESCAPE_S = 0.1  # after this time, Esc is a key of its own
TICK_S = 1.0  # how often times on the screen are written anew
BARE_ROWS = 1_000  # rows of messages that F9 shows
Save = Callable[[str, Settings], Awaitable[str]]  # writes a setting to the file; returns what is wrong, or nothing


async def _not_saved(name: str, settings: Settings) -> str:
    """Save nothing."""
    return ""


class Shell:
    """Runs the model in a terminal; ``is_open``: ``opening.py`` has taken the screen already."""

    def __init__(
        self,
        model: Model,
        *,
        source: Input | None = None,
        sink: Output | None = None,
        save: Save = _not_saved,
        is_open: bool = False,
    ) -> None:
        self._model = model
        self._state = model.state
        self._source = source or create_input()
        self._sink = sink or terminal_output()
        self._pressing = Pressing(model.state, model.deeds)
        self._reading = Reading()
        self._pacing = Pacing()
        self._painter = painter(self._state.settings)
        self._save = save
        self._saving: set[asyncio.Task[None]] = set()
        self._keeper: Keeper | None = None
        self._changed = asyncio.Event()  # a key was pressed, or an event came
        self._answered = asyncio.Event()  # the terminal has said where its cursor is
        self._error: Exception | None = None  # what a callback of the event loop has raised
        self._is_begun = False  # a sequence of keys has begun, which may be Esc alone
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_shown = False
        self._is_open = is_open
        self._leaving = Leaving(self._state)
        self._working: asyncio.Task[None] | None = None  # a program that has the terminal meanwhile

    def heard(self, events: Sequence[Event]) -> None:
        """Take events of the session."""
        self._model.heard(events, asyncio.get_running_loop().time(), time.time_ns() // 1_000_000)
        self._do()
        self.show()
        self._changed.set()

    def show(self) -> None:
        """Draw what has changed, as soon as the terminal keeps up; call it after all that may change the state."""
        self._pacing.want()
        self._schedule()

    async def ask_trust(self, address: str, fingerprint: str) -> bool:
        """Ask a person about a new key, before there is a connection; return whether the person accepts the key."""
        signing_in = self._state.signing_in
        signing_in.ask_trust(address, fingerprint)
        self.show()
        while signing_in.trusted is None:
            self._changed.clear()
            await self._changed.wait()
        return signing_in.trusted

    async def run(self, keeper: Keeper) -> int:
        """Show the screen until the person leaves; return the exit code."""
        self._keeper = keeper
        keeper.changed = self.show
        try:
            with self._source.raw_mode(), self._source.attach(self._on_keys), self._screen():
                try:
                    return await self._until_left(keeper)
                finally:
                    await self._hear_out()
        finally:
            for timer in self._timers.values():
                timer.cancel()
            if self._working is not None:
                self._working.cancel()
            await asyncio.gather(*self._saving)
            self._leaving.report(self._sink)

    async def _until_left(self, keeper: Keeper) -> int:
        self._tick()
        while not self._state.leaving and not self._state.interrupted:
            await self._next()
        return EXIT_INTERRUPTED if self._state.interrupted else await self._leaving.run(keeper, self._next)

    async def _hear_out(self) -> None:
        """Wait for the answers of the terminal that are on their way: the next program would take them for keys."""
        self._pacing.is_ending = True
        while left_s := max(0.0, self._pacing.answer_s - asyncio.get_running_loop().time()):
            self._answered.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), left_s)

    async def _next(self) -> None:
        """Wait for a key or an event. Raises what a callback has raised."""
        self._changed.clear()
        if self._error is None:
            await self._changed.wait()
        if self._error is not None:
            raise self._error

    # The terminal

    @contextlib.contextmanager
    def _screen(self) -> Iterator[None]:
        """Take the screen, and give it back."""
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGWINCH, self._guard(self._resized))
        self._enter()
        try:
            yield
        finally:
            self._leave()
            if sys.platform != "win32":
                loop.remove_signal_handler(signal.SIGWINCH)

    def _enter(self) -> None:
        self._painter.forget()
        self._write("" if self._is_open else opening.ENTER)
        self._is_shown, self._is_open = True, False
        self._paint()

    def _leave(self) -> None:
        self._is_shown = False
        self._write(opening.LEAVE)

    def _write(self, commands: str) -> None:
        self._sink.write_raw(commands)
        self._sink.flush()

    def _resized(self) -> None:
        self._painter.forget()
        self._paint()

    def _paint(self, *, by_key: bool = False, only_typing: bool = False) -> None:
        if not self._is_shown:
            return
        size = self._sink.get_size()
        deeds = self._model.deeds
        if deeds.size != (size.columns, size.rows):
            deeds.size = Size(size.columns, size.rows)
            self._painter.forget()
        self._state.now_s = asyncio.get_running_loop().time()
        frame = self._painter.frame(view.draw(self._state, deeds.size, deeds.look), only_typing=only_typing)
        if not by_key and frame:
            self._pacing.drawn(self._state.now_s)
            frame += painting.ASK_CURSOR if self._pacing.asks else ""
        elif not by_key:
            self._pacing.unneeded()
        if frame:
            self._write(frame)

    def _schedule(self) -> None:
        due_s = self._pacing.due_s
        if due_s is None or not self._is_shown:
            return
        now_s = asyncio.get_running_loop().time()
        if due_s <= now_s:
            self._paint()
        else:
            self._at("frame", due_s, self._schedule)

    def _at(self, name: str, at_s: float, callback: Callable[[], None]) -> None:
        """Call a function at a time, in the place of the last call of this name."""
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = asyncio.get_running_loop().call_at(at_s, self._guard(callback))

    def _tick(self) -> None:
        """Draw again what depends on the time."""
        now_s = asyncio.get_running_loop().time()
        self._model.tick(now_s, time.time_ns() // 1_000_000)
        self.show()
        self._at("tick", now_s + TICK_S, self._tick)

    def _guard(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Return the callback for the event loop: what it raises ends ``run``."""

        def guarded() -> None:
            try:
                callback()
            except Exception as error:  # raised again by ``_next``
                self._error = error
                self._changed.set()

        return guarded

    # Keys

    def _on_keys(self) -> None:
        self._guard(lambda: self._take(self._source.read_keys()))()

    def _take(self, keys: Sequence[object]) -> None:
        loop = asyncio.get_running_loop()
        pressed = list(self._reading.read(keys, loop.time()))  # type: ignore[arg-type]
        self._state.now_s = loop.time()
        is_alone, self._is_begun = self._is_begun and self._state.settings.keys == "vi", not keys
        for each in pressed:
            self._press(each)
            if is_alone and each.key == "escape":
                self._pressing.pause()
        self._state.leaving = self._state.leaving or self._source.closed
        due_s = self._timers["escape"].when() if "escape" in self._timers else 0.0
        if not keys or due_s <= loop.time() or any(not each.is_cursor for each in pressed):  # answers put off no Esc
            self._at("escape", loop.time() + ESCAPE_S, self._flush_keys)
        if self._reading.due_s is not None:
            self._at("paste", self._reading.due_s, self._release_keys)
        if any(not each.is_cursor for each in pressed):
            self._after_keys(only_typing=all(each.data or each.key == "c-h" for each in pressed))

    def _release_keys(self) -> None:
        """Take the Enter that could have been a part of a paste, and was not."""
        for each in self._reading.release():
            self._press(each)
        self._after_keys(only_typing=False)

    def _flush_keys(self) -> None:
        """Take Esc as a key of its own: no key has followed it."""
        keys = self._source.flush_keys()
        for each in self._reading.read(keys, asyncio.get_running_loop().time()) if keys else ():
            self._press(each)
        if keys or self._pressing.ends_with_escape:
            self._pressing.end_escape()
            self._after_keys(only_typing=False)

    def _press(self, pressed: Pressed) -> None:
        if pressed.is_cursor:
            self._pacing.answered()
            self._answered.set()
            self._schedule()
        elif pressed.focused is not None:
            self._state.focused = pressed.focused
            self._model.deeds.seen()
        elif pressed.paste:
            self._pressing.paste(pressed.paste)
        elif self._state.leaving:
            self._leaving.key(pressed.key)
        else:
            self._pressing.key(pressed.key, pressed.data)

    def _after_keys(self, *, only_typing: bool) -> None:
        """Send what the keys have made, and draw at once what they changed; ``only_typing``: a text was typed."""
        self._do()
        state = self._state
        if self._keeper is not None:
            self._keeper.flush()
        types = only_typing and state.box is None and bool(state.buffer.draft)
        self._paint(by_key=True, only_typing=types)
        self._changed.set()

    # Outside the screen

    def _do(self) -> None:
        for effect in self._state.take_effects():
            self._DO[effect.do](self, effect)

    def _later(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let a program have the terminal."""
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(work())
            self._working.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        """Let ``_next`` raise what a program has raised."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._error = error
            self._changed.set()

    @contextlib.asynccontextmanager
    async def _given_away(self) -> AsyncIterator[None]:
        """Give the terminal back to what was before, for a while."""
        await self._hear_out()
        self._leave()
        try:
            with self._source.detach(), self._source.cooked_mode():
                yield
        finally:
            self._pacing.is_ending = False
            self._enter()

    async def _edit(self) -> None:
        async with self._given_away():
            text, problem = await edited(self._model.deeds.draft.text)
        if problem:
            self._state.hint = problem
        else:
            self._model.deeds.draft.set(text)
        self.show()

    async def _bare(self) -> None:
        """Show the messages in the terminal's own scrollback, until Enter is pressed."""
        rows = view.bare(self._state, self._model.deeds.look, BARE_ROWS)
        async with self._given_away():
            self._write(painting.plain_lines([*rows, [("", "-- Enter goes back to the chat.")]]))
            entered = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.add_reader(self._source.fileno(), entered.set)
            try:
                await entered.wait()
                os.read(self._source.fileno(), 1024)
            finally:
                loop.remove_reader(self._source.fileno())
        self.show()

    async def _open(self, link: str) -> None:
        problem = await opened(link)
        if problem:
            self._state.hint = problem
            self.show()

    async def _suspend(self) -> None:
        if sys.platform != "win32":
            async with self._given_away():
                os.kill(0, signal.SIGTSTP)

    def _use_settings(self, effect: Effect) -> None:
        settings = self._state.settings
        links = outside.opens_links(os.environ, settings)
        self._painter.use(theme(settings.theme, os.environ), links=links, mouse=settings.mouse)
        task = asyncio.get_running_loop().create_task(self._keep(effect.text, settings))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def _keep(self, name: str, settings: Settings) -> None:
        problem = await self._save(name, settings)
        if problem:
            self._state.note(problem, bad=True)
            self.show()

    def _read(self, effect: Effect) -> None:
        if self._keeper is not None:
            self._keeper.mark_soon()

    def _reconnect(self, effect: Effect) -> None:
        if self._keeper is not None:
            self._keeper.reconnect()

    def end(self, effect: Effect | None = None) -> None:
        """Leave the client."""
        self._state.leaving = True
        self._changed.set()

    _DO: ClassVar[dict[Do, Callable[[Shell, Effect], None]]] = {
        Do.NOTIFY: lambda self, it: self._write(outside.notice(it.title, it.text, os.environ, self._state.settings)),
        Do.COPY: lambda self, effect: self._write(outside.copy(effect.text, os.environ)),
        Do.OPEN: lambda self, effect: self._later(lambda: self._open(effect.text)),
        Do.EDITOR: lambda self, effect: self._later(self._edit),
        Do.BARE: lambda self, effect: self._later(self._bare),
        Do.SUSPEND: lambda self, effect: self._later(self._suspend),
        Do.REDRAW: lambda self, effect: self._painter.forget(),
        Do.SETTINGS: _use_settings,
        Do.RECONNECT: _reconnect,
        Do.READ: _read,
        Do.LEAVE: end,
    }


def painter(settings: Settings) -> Painter:
    """Return what draws the screen on this terminal."""
    links = outside.opens_links(os.environ, settings)
    return Painter(theme(settings.theme, os.environ), links=links, mouse=settings.mouse)
