"""The terminal: shows the model's rows above what is being typed, and asks its questions."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, History, InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from chatapp.client.core.events import Event, Offline, People
from chatapp.client.core.splitting import TEXT_BYTES_MAX
from chatapp.client.fronts import commands
from chatapp.client.fronts.menu import completion, pasting
from chatapp.client.fronts.menu.model import Model
from chatapp.client.fronts.menu.questions import Ask, Question
from chatapp.client.fronts.menu.rows import wrap
from chatapp.client.fronts.menu.terminal import Quiet, filtered, terminal_output
from chatapp.client.fronts.menu.view import STYLES
from chatapp.client.network.keeper import Connection
from chatapp.errors import CannotConnectError, SignInError

EXIT_INTERRUPTED = 130
LEAVE_S = 10.0  # how long EX waits for an acknowledgement
PROGRESS_S = 0.2  # between two looks at how far a text is, while nothing else is done
PASTE_S = 0.03  # after which the next line of a paste is there
READS_MAX = 5  # of 1024 bytes each: a terminal keeps 4096 at most


def stamp(ms: int) -> str:
    """Write a time as people here read it: the hour, and the day where it is not today."""
    then, now = time.localtime(ms / 1000), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


class Interrupted(Exception):
    """Ctrl-C while something was asked. (A KeyboardInterrupt in a task would end the event loop.)"""


class EndOfInput(Exception):
    """Ctrl-D while something was asked."""


class Hidden(Processor):
    """Shows nothing of what is typed, not even how long it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return an empty line in place of the one typed."""
        return Transformation([], source_to_display=lambda at: 0, display_to_source=lambda at: 0)


class Shell:
    """Runs the model in a terminal that is ``quiet`` already; ``source`` and ``sink`` are its ends, given in tests."""

    def __init__(
        self, model: Model, quiet: Quiet | None = None, *, source: Input | None = None, sink: Output | None = None
    ) -> None:
        self._model = model
        self._quiet = quiet
        self._source = source or _keyboard()
        self._sink = filtered(sink or terminal_output())
        self._style = Style.from_dict(STYLES)
        self._changed = asyncio.Event()
        self._drafts: dict[Question, str] = {}  # what was being typed when something else was asked; one at most
        self._timer: asyncio.TimerHandle | None = None
        self._in_place = ""
        self._completing = False  # Tab waits for names
        self._connection: Connection | None = None
        self._prompts = self._session(InMemoryHistory())
        self._secrets = self._session(DummyHistory(), Hidden())
        model.height = lambda: self._sink.get_size().rows

    def _session(self, history: History, *processors: Processor) -> PromptSession[str]:
        keys = KeyBindings()
        keys.add("c-z")(self._suspend)
        if not processors:
            keys.add("tab", eager=True)(self._complete)
        return PromptSession(
            history=history,
            input_processors=list(processors),
            input=self._source,
            output=self._sink,
            key_bindings=keys,
            interrupt_exception=Interrupted,
            eof_exception=EndOfInput,
            reserve_space_for_menu=0,
        )

    def _suspend(self, event: KeyPressEvent) -> None:
        if self._quiet is not None:
            run_in_terminal(self._quiet.suspend)

    def _complete(self, event: KeyPressEvent) -> None:
        """Complete the word at the cursor; if names are needed that are not known yet, wait until the server tells."""
        buffer = event.current_buffer
        before = buffer.document.text_before_cursor
        if self._connection is None:
            return
        if self._model.ask_names(before):
            self._completing = True
            self._connection.flush()
            return
        slot, options = self._model.completions(before)
        word = completion.complete(slot.word, options)
        if word != slot.word:
            buffer.delete_before_cursor(len(slot.word))
            buffer.insert_text(word)
        elif options:
            self._model.show_options(options)
            self.show()

    def heard(self, events: Sequence[Event]) -> None:
        """Take what the session tells, and show it at once."""
        with self._checking_typed_ahead():
            self._model.heard(events, asyncio.get_running_loop().time())
        self.show()
        if self._completing and any(isinstance(event, People | Offline) for event in events):
            self._completing = False
            if self._prompts.app.is_running:
                self._prompts.app.key_processor.feed(KeyPress(Keys.ControlI, "\t"))
                self._prompts.app.key_processor.process_keys()
        self._set_timer()

    def _set_timer(self) -> None:
        """Let the model tell later what it keeps for later."""
        due_s = self._model.due_s
        if due_s is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(due_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.heard(())

    def show(self) -> None:
        """Print what the model has to show; a question that was open meanwhile stays below it."""
        columns = self._sink.get_size().columns
        rows = [wrapped for row in self._model.take_rows() for wrapped in wrap(row, columns)]
        if rows:
            self._show_in_place("")
            pieces = [(f"class:{style}" if style else "", text) for row in rows for style, text in [*row, ("", "\n")]]
            print_formatted_text(FormattedText(pieces), style=self._style, output=self._sink, end="")
        elif self._model.progress and self._prompts.app.is_running:
            self._prompts.app.invalidate()
        self._changed.set()

    async def ask_trust(self, address: str, fingerprint: str) -> bool:
        """Ask about a new key, while there is no connection."""
        signing_in = self._model.signing_in
        with self._checking_typed_ahead():
            signing_in.ask_trust(address, fingerprint)
        self.show()
        while signing_in.trusted is None:
            self._changed.clear()
            await self._changed.wait()
        return signing_in.trusted

    async def run(self, connection: Connection) -> int:
        """Ask and answer until the person leaves; return the exit code.

        However it ends, what was not acknowledged is shown last.
        """
        self._connection = connection
        try:
            return await self._run(connection)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._model.show_unacknowledged()
            self.show()

    async def _run(self, connection: Connection) -> int:
        while not self._model.leaving:
            self._changed.clear()
            question = self._model.question
            if question.ask is Ask.NOTHING:
                await self._changed.wait()
                continue
            try:
                text = await self._ask(question)
            except Interrupted:
                if self._model.interrupted("" if question.hidden else self._prompts.default_buffer.text):
                    return EXIT_INTERRUPTED
            except EndOfInput:
                if not question.signed_in:
                    raise SignInError("Not signed in.") from None
                self._model.exit()
            else:
                if text is not None:
                    if question.ask in (Ask.COMMAND, Ask.TALK):
                        text = await self._with_pasted_lines(question, text)
                    self._model.typed(text)
            connection.flush()
            self.show()
            if self._interrupted_ahead():
                return EXIT_INTERRUPTED
        if not await self._settle(connection):
            return CannotConnectError.exit_code
        await connection.leave()
        return 0

    async def _settle(self, connection: Connection) -> bool:
        """Wait until what was said is acknowledged, and show how far it is if that takes long."""
        showing = asyncio.ensure_future(self._show_progress())
        try:
            return await connection.settle(LEAVE_S)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show_progress(self) -> None:
        """Show how far a long text is on its way, in one row that is gone afterwards."""
        try:
            while True:
                await asyncio.sleep(PROGRESS_S)
                self._show_in_place(self._model.progress)
        finally:
            self._show_in_place("")

    def _show_in_place(self, text: str) -> None:
        """Show a text where the cursor is, in place of the last one; only while nothing is asked."""
        if text != self._in_place:
            self._in_place = text
            self._sink.write_raw("\r")
            self._sink.write(text)
            self._sink.erase_end_of_line()
            self._sink.flush()

    async def _with_pasted_lines(self, question: Question, text: str) -> str:
        """Return a text with the lines that came in one go with it: a paste that the terminal does not mark as one."""
        if not text.strip() or pasting.is_command(text):
            return text
        if question.ask is Ask.COMMAND and commands.find(text, menu=True) is not None:
            return text
        keys: list[KeyPress] = []
        while (more := self._typed_ahead()) and len(keys) < TEXT_BYTES_MAX:
            keys += more
            await asyncio.sleep(PASTE_S)
        lines, rest = pasting.text_lines(keys)
        draft = pasting.unfinished(rest)
        if lines and draft:
            self._drafts = {question: draft}
        else:
            store_typeahead(self._source, rest)
        if lines:
            self._model.took_lines(len(lines))
        return "\n".join([text, *lines])

    @contextlib.contextmanager
    def _checking_typed_ahead(self) -> Iterator[None]:
        """Drop what was typed while a password was on its way, unless it is a command: it may be a password too.

        A question that is hidden may have it, whatever it is; no other question may show it or take it for an answer.
        """
        unasked = self._model.question.ask is Ask.NOTHING and not self._model.signed_in
        yield
        question = self._model.question
        if not unasked or question.ask is Ask.NOTHING or question.hidden:
            return
        keys = [*self._typed_ahead(), *self._source.flush_keys()]
        line, end, _ = "".join(key.data for key in keys).replace("\n", "\r").partition("\r")
        command = commands.menu_word(line) or commands.find(line, menu=False)
        if question.ask is Ask.COMMAND and end and command is not None:
            store_typeahead(self._source, keys)
        elif keys:
            self._model.dropped_typed_ahead()

    def _typed_ahead(self) -> list[KeyPress]:
        """Take what was typed since the last question had its answer."""
        keys = get_typeahead(self._source)
        for _ in range(READS_MAX):
            keys += self._source.read_keys()
        return keys

    def _interrupted_ahead(self) -> bool:
        """Tell whether Ctrl-C was typed in the moment in which the last question ended, and nothing is asked now.

        While a question has the terminal Ctrl-C is a key; from then on it is a signal, which ends us by itself. One
        that was no signal is among the keys that wait: the next question takes it, or we do where there is none.
        """
        if self._model.question.ask is not Ask.NOTHING:
            return False
        keys = self._typed_ahead()
        store_typeahead(self._source, keys)
        return any(key.key == Keys.ControlC for key in keys)

    async def _ask(self, question: Question) -> str | None:
        """Ask; None when the model has meanwhile come to ask something else."""
        prompts = self._secrets if question.hidden else self._prompts
        draft = self._drafts.pop(question, "")
        # Otherwise prompt_toolkit would take a signal too, and drop one that comes when it has the answer.
        asking = asyncio.ensure_future(
            prompts.prompt_async(lambda: self._prompt(question), default=draft, handle_sigint=False)
        )
        changed = asyncio.ensure_future(self._changes(question))
        try:
            await asyncio.wait((asking, changed), return_when=asyncio.FIRST_COMPLETED)
            if asking.done() or prompts.app.is_done:
                text = await asking  # Ctrl-C counts, whatever is asked by now
                if self._model.question == question:
                    return text
            if question.ask in (Ask.COMMAND, Ask.TALK) and prompts.default_buffer.text:
                self._drafts = {question: prompts.default_buffer.text}
            return None
        finally:
            prompts.app.erase_when_done = True  # a question that is not asked any more does not stay on the screen
            for task in (asking, changed):
                task.cancel()
            await asyncio.gather(asking, changed, return_exceptions=True)
            prompts.app.erase_when_done = False

    def _prompt(self, question: Question) -> str:
        """Return the text before the cursor."""
        progress = self._model.progress if question.signed_in else ""
        return f"({progress}) {question.prompt}" if progress else question.prompt

    async def _changes(self, question: Question) -> None:
        """Wait until the model asks something else."""
        while self._model.question == question:
            self._changed.clear()
            await self._changed.wait()


if sys.platform != "win32":
    from prompt_toolkit.input.vt100 import Vt100Input

    class Keyboard(Vt100Input):
        """The keys of a terminal that never shows them by itself, also not while rows are printed above a question."""

        def cooked_mode(self) -> contextlib.AbstractContextManager[None]:
            """Stay as it is: prompt_toolkit would have the terminal show keys until the question is drawn again."""
            return contextlib.nullcontext()


def ask_line(prompt: str) -> str:
    """Ask one question before anything else runs. Raises KeyboardInterrupt for Ctrl-C and EOFError for Ctrl-D.

    ``input()`` would wait on when Ctrl-C comes in the moment in which it begins.
    """
    session: PromptSession[str] = PromptSession(history=DummyHistory(), input=_keyboard(), output=terminal_output())
    return session.prompt(prompt)


def _keyboard() -> Input:
    return create_input() if sys.platform == "win32" else Keyboard(sys.stdin)
