"""The shell of the line client: shows the model's rows above the line that is being typed, and asks its questions."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from chatapp.client.core.events import Event, Offline, People
from chatapp.client.core.splitting import TEXT_BYTES_MAX
from chatapp.client.fronts import commands, farewell
from chatapp.client.fronts.menu import editing, pasting
from chatapp.client.fronts.menu.model import Model
from chatapp.client.fronts.menu.view import STYLES
from chatapp.client.fronts.person import completion
from chatapp.client.fronts.person.questions import Ask, Question
from chatapp.client.fronts.person.rows import wrap
from chatapp.client.fronts.person.terminal import Quiet, filtered, terminal_output
from chatapp.client.network.keeper import Keeper
from chatapp.errors import SignInError

EXIT_INTERRUPTED = 130
LEAVE_S = 10.0  # how long EX waits for an acknowledgement
PROGRESS_S = 0.2  # the time between two updates of the progress row, while EX waits
PASTE_S = 0.03  # how long to wait for the next line of a paste
READS_MAX = 5  # reads of 1024 bytes each; a terminal buffers at most 4096 bytes


def stamp(ms: int) -> str:
    """Write a time (ms) in local time: hour and minute, after the date if it is not today."""
    then, now = time.localtime(ms / 1000), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


class Interrupted(Exception):
    """Ctrl-C at an open question. (A KeyboardInterrupt in a task would end the event loop.)"""


class EndOfInput(Exception):
    """Ctrl-D at an open question."""


class Hidden(Processor):
    """Hides the typed text, and its length too."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return an empty line in place of the typed line."""
        return Transformation([], source_to_display=lambda at: 0, display_to_source=lambda at: 0)


class Shell:
    """Runs the model in a terminal whose echo is off (``quiet``); tests replace ``source`` (keys) and ``sink``."""

    def __init__(
        self, model: Model, quiet: Quiet | None = None, *, source: Input | None = None, sink: Output | None = None
    ) -> None:
        self._model = model
        self._quiet = quiet
        self._source = source or _keyboard()
        self._sink = filtered(sink or terminal_output())
        self._style = Style.from_dict(STYLES)
        self._changed = asyncio.Event()
        self._drafts: dict[Question, str] = {}  # unfinished text of a question that another one replaced; one at most
        self._timer: asyncio.TimerHandle | None = None
        self._in_place = ""
        self._completing = False  # Tab waits for names
        self._keeper: Keeper | None = None
        self._prompts = self._session(hidden=False)
        self._secrets = self._session(hidden=True)
        model.height = lambda: self._sink.get_size().rows

    def _session(self, *, hidden: bool) -> PromptSession[str]:
        keys = KeyBindings()
        keys.add("c-z")(self._suspend)
        editing.add_keys(keys)
        if not hidden:
            keys.add("tab", eager=True)(self._complete)
        return PromptSession(
            history=DummyHistory() if hidden else InMemoryHistory(),
            input_processors=[Hidden() if hidden else editing.Graphemes()],
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
        """Complete the word at the cursor; if Tab needs names that are not known, ask the server for them first."""
        buffer = event.current_buffer
        before = buffer.document.text_before_cursor
        if self._keeper is None:
            return
        if self._model.ask_names(before):
            self._completing = True
            self._keeper.flush()
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
        """Take events of the session, and show them at once."""
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
        """Set a timer for the rows that the model holds back."""
        due_s = self._model.due_s
        if due_s is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(due_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.heard(())

    def show(self) -> None:
        """Print the model's new rows; an open question stays below them."""
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
        """Ask a person about a new key, before there is a connection; return whether the person accepts the key."""
        signing_in = self._model.signing_in
        with self._checking_typed_ahead():
            signing_in.ask_trust(address, fingerprint)
        self.show()
        while signing_in.trusted is None:
            self._changed.clear()
            await self._changed.wait()
        return signing_in.trusted

    async def run(self, keeper: Keeper) -> int:
        """Ask the model's questions until the person leaves; return the exit code.

        At the end, however it comes, show the unacknowledged texts.
        """
        self._keeper = keeper
        try:
            return await self._run(keeper)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._model.show_unacknowledged()
            self.show()

    async def _run(self, keeper: Keeper) -> int:
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
            keeper.flush()
            self.show()
            if self._interrupted_ahead():
                return EXIT_INTERRUPTED
        if not await self._settle(keeper):
            return farewell.not_settled(keeper.session.outbox).exit_code
        await keeper.leave()
        return 0

    async def _settle(self, keeper: Keeper) -> bool:
        """Wait until all lines are acknowledged, and show the progress of a long text meanwhile."""
        showing = asyncio.ensure_future(self._show_progress())
        try:
            return await keeper.settle(LEAVE_S)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show_progress(self) -> None:
        """Show the progress of a long text in a row that is erased afterwards."""
        try:
            while True:
                await asyncio.sleep(PROGRESS_S)
                self._show_in_place(self._model.progress)
        finally:
            self._show_in_place("")

    def _show_in_place(self, text: str) -> None:
        """Write a text into the cursor's row, in place of the former text; only while no question is open."""
        if text != self._in_place:
            self._in_place = text
            self._sink.write_raw("\r")
            self._sink.write(text)
            self._sink.erase_end_of_line()
            self._sink.flush()

    async def _with_pasted_lines(self, question: Question, text: str) -> str:
        """Return a text with the lines pasted after it, for a terminal that does not mark a paste."""
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
        """Drop input that was typed while no question was open during the sign-in: it may be a password.

        If the next question hides its answer, the input is kept for it. If the next question is the menu, a command is
        kept. No other question may show the input or take it as an answer.
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
        """Take the keys that were typed since the last question was answered."""
        keys = get_typeahead(self._source)
        for _ in range(READS_MAX):
            keys += self._source.read_keys()
        return keys

    def _interrupted_ahead(self) -> bool:
        """Tell whether Ctrl-C was typed just when the last question ended, and no question is open now.

        While a question is open, Ctrl-C is a key; afterwards it is a signal, which ends the client by itself. A Ctrl-C
        key that came too late for the last question is still in the input. The next question reads it; if there is
        none, the caller must act on it.
        """
        if self._model.question.ask is not Ask.NOTHING:
            return False
        keys = self._typed_ahead()
        store_typeahead(self._source, keys)
        return any(key.key == Keys.ControlC for key in keys)

    async def _ask(self, question: Question) -> str | None:
        """Ask a question and return the typed line; None if the model's question changed meanwhile."""
        prompts = self._secrets if question.hidden else self._prompts
        draft = self._drafts.pop(question, "")
        # With handle_sigint, prompt_toolkit would also take the signal, and drop it if it comes after the answer.
        asking = asyncio.ensure_future(
            prompts.prompt_async(lambda: self._prompt(question), default=draft, handle_sigint=False)
        )
        changed = asyncio.ensure_future(self._changes(question))
        try:
            await asyncio.wait((asking, changed), return_when=asyncio.FIRST_COMPLETED)
            if asking.done() or prompts.app.is_done:
                text = await asking  # raises Interrupted for Ctrl-C, even if the question has changed
                if self._model.question == question:
                    return text
            if question.ask in (Ask.COMMAND, Ask.TALK) and prompts.default_buffer.text:
                self._drafts = {question: prompts.default_buffer.text}
            return None
        finally:
            prompts.app.erase_when_done = True  # remove an outdated question from the screen
            for task in (asking, changed):
                task.cancel()
            await asyncio.gather(asking, changed, return_exceptions=True)
            prompts.app.erase_when_done = False

    def _prompt(self, question: Question) -> str:
        """Return the text before the cursor."""
        progress = self._model.progress if question.signed_in else ""
        return f"({progress}) {question.prompt}" if progress else question.prompt

    async def _changes(self, question: Question) -> None:
        """Wait until the model's question changes."""
        while self._model.question == question:
            self._changed.clear()
            await self._changed.wait()


if sys.platform != "win32":
    from prompt_toolkit.input.vt100 import Vt100Input

    class Keyboard(Vt100Input):
        """The keys of a terminal without echo, also while rows are printed above a question."""

        def cooked_mode(self) -> contextlib.AbstractContextManager[None]:
            """Change nothing: in cooked mode the terminal would echo keys until the question is drawn again."""
            return contextlib.nullcontext()


def ask_line(prompt: str) -> str:
    """Ask one question before the event loop runs. Raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D.

    ``input()`` would go on waiting if Ctrl-C comes just when it begins.
    """
    session: PromptSession[str] = PromptSession(history=DummyHistory(), input=_keyboard(), output=terminal_output())
    return session.prompt(prompt)


def _keyboard() -> Input:
    return create_input() if sys.platform == "win32" else Keyboard(sys.stdin)
