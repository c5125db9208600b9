"""The terminal: shows the model's rows above what is being typed, and asks its questions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from chatapp.client.connection import Connection
from chatapp.client.events import Event
from chatapp.client.ui.model import Model
from chatapp.client.ui.questions import Ask, Question
from chatapp.client.ui.view import STYLES
from chatapp.errors import SignInError

EXIT_INTERRUPTED = 130
LEAVE_S = 10.0  # how long EX waits for an acknowledgement

_DAY_S = 24 * 60 * 60


def stamp(ms: int) -> str:
    """Write a time as people here read it: the hour, and the day where it is not today."""
    then, now = time.localtime(ms / 1000), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


class Hidden(Processor):
    """Shows nothing of what is typed, not even how long it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return an empty line in place of the one typed."""
        return Transformation([], source_to_display=lambda at: 0, display_to_source=lambda at: 0)


class Shell:
    """Runs the model in a terminal; ``source`` and ``sink`` are the terminal's ends, given in tests."""

    def __init__(self, model: Model, *, source: Input | None = None, sink: Output | None = None) -> None:
        self._model = model
        self._sink = sink
        self._style = Style.from_dict(STYLES)
        self._changed = asyncio.Event()
        self._prompts: PromptSession[str] = PromptSession(history=InMemoryHistory(), input=source, output=sink)
        self._secrets: PromptSession[str] = PromptSession(
            history=DummyHistory(), input_processors=[Hidden()], input=source, output=sink
        )

    def heard(self, events: Sequence[Event]) -> None:
        """Take what the session tells, and show it at once."""
        self._model.heard(events)
        self.show()

    def show(self) -> None:
        """Print what the model has to show; a question that was open meanwhile stays below it."""
        rows = self._model.take_rows()
        if rows:
            pieces = [(f"class:{style}" if style else "", text) for row in rows for style, text in [*row, ("", "\n")]]
            print_formatted_text(FormattedText(pieces), style=self._style, output=self._sink, end="")
        self._changed.set()

    async def ask_trust(self, address: str, fingerprint: str) -> bool:
        """Ask about a new key, while there is no connection."""
        signing_in = self._model.signing_in
        signing_in.ask_trust(address, fingerprint)
        self.show()
        while signing_in.trusted is None:
            self._changed.clear()
            await self._changed.wait()
        return signing_in.trusted

    async def run(self, connection: Connection) -> int:
        """Ask and answer until the person leaves; return the exit code."""
        with patch_stdout():
            while not self._model.leaving:
                self._changed.clear()
                question = self._model.question
                if question.ask is Ask.NOTHING:
                    await self._changed.wait()
                    continue
                try:
                    text = await self._ask(question)
                except KeyboardInterrupt:
                    if self._model.interrupted():
                        return EXIT_INTERRUPTED
                    text = None
                except EOFError:
                    if question.ask in (Ask.COMMAND, Ask.PICK, Ask.TEXT):
                        self._model.exit()
                    else:
                        raise SignInError("Not signed in.") from None
                    text = None
                if text is not None:
                    self._model.typed(text)
                connection.flush()
                self.show()
            return await self._leave(connection)

    async def _leave(self, connection: Connection) -> int:
        try:
            if not await connection.settle(LEAVE_S):
                print_formatted_text("The server did not acknowledge all that you wrote.", output=self._sink)
                return 1
            await connection.leave()
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        return 0

    async def _ask(self, question: Question) -> str | None:
        """Ask; None when the model has meanwhile come to ask something else."""
        prompts = self._secrets if question.hidden else self._prompts
        asking = asyncio.ensure_future(prompts.prompt_async(question.prompt))
        try:
            while self._model.question == question:
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait((asking, changed), return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if asking.done():
                    return asking.result()
                self._changed.clear()
            return None
        finally:
            if not asking.done():
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError, EOFError, KeyboardInterrupt):
                    await asking
