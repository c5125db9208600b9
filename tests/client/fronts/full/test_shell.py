"""The shell of the full screen, between a terminal and a server: what it writes, and when."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pyte
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from chatapp.client.core.session import Session
from chatapp.client.fronts.full import leaving, pacing, shell, view
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.model import Model
from chatapp.client.fronts.full.painting import ASK_CURSOR
from chatapp.client.fronts.full.shell import Shell
from chatapp.client.fronts.full.state import State
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError
from chatapp.protocol.message import Message
from tests.client.fake_server import HOST, FakeServer
from tests.client.fronts.full.desk import clock, day
from tests.client.net import Net, dial, run, serving
from tests.support.emulator import Emulator

ROWS, COLUMNS = 24, 80
SIZE = view.Size(COLUMNS, ROWS)
ANSWER = "\x1b[3;1R"
F9 = "\x1b[20~"
LEFT = "\x1b[?1049l"


class Screen(io.StringIO):
    """A terminal that remembers all it was sent, and what it shows; ``answers`` gets the answers for CSI 6n."""

    def __init__(self, answers: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self.raw = ""
        self.changed = asyncio.Event()
        self.answers = answers
        self._screen = Emulator(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        """Show what is written."""
        self.raw += text
        self._stream.feed(text)
        self.changed.set()
        if self.answers is not None:
            for _ in range(text.count(ASK_CURSOR)):
                self.answers(ANSWER)
        return len(text)

    @property
    def drawn(self) -> str:
        """What is on the screen."""
        return "\n".join(row.rstrip() for row in self._screen.display)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; it is looked at again after each writing."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    async def shows(self, text: str) -> None:
        """Wait until a text is on the screen."""
        await self.until(lambda: any(text in row for row in self._screen.display))


class Terminal:
    """One person's terminal with the client in it; ``answers``: it says where its cursor is, as terminals do."""

    def __init__(self, keys: PipeInput, *, answers: bool = True, name: str = "alice") -> None:
        self.screen = Screen(keys.send_text if answers else None)
        self.keys = keys
        self.session = Session(name, f"run-{name}")
        self.state = State(self.session)
        sink = Vt100_Output(self.screen, lambda: Size(ROWS, COLUMNS), enable_cpr=False)
        self.model = Model(self.state, Look(clock, day, lambda: self.session.nick))
        self.shell = Shell(self.model, source=keys, sink=sink)

    async def run(self, dialer: Callable[[], object]) -> int:
        """Run the client to its end."""
        keeper = Keeper(self.session, dialer, self.shell.heard)  # type: ignore[arg-type]
        return await keeper.beside(self.shell.run(keeper))


@asynccontextmanager
async def at_terminal(net: Net) -> AsyncIterator[Terminal]:
    """Sit down at a terminal of alice, and sign in; the client runs beside."""
    with create_pipe_input() as keys:
        terminal = Terminal(keys)
        task = asyncio.create_task(terminal.run(dial(net)))
        try:
            await terminal.screen.shows("Password for alice:")
            keys.send_text("secret")
            keys.send_text("\r")
            await terminal.screen.shows("F1 shows the keys")
            yield terminal
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def fake() -> FakeServer:
    """A server with two accounts."""
    return FakeServer({"alice": "secret", "bob": "secret"})


async def _refused() -> object:
    raise CannotConnectError("Nothing listens there.")


def test_the_answer_of_the_terminal_is_for_the_client():
    """The client leaves when it has read where the cursor is, also after an error: a shell would take it for keys."""

    async def story() -> None:
        with create_pipe_input() as keys:
            terminal = Terminal(keys, answers=False)
            task = asyncio.create_task(terminal.run(_refused))
            await terminal.screen.until(lambda: ASK_CURSOR in terminal.screen.raw)
            for _ in range(100):  # the client has time to leave
                await asyncio.sleep(0)
            assert LEFT not in terminal.screen.raw
            keys.send_text(ANSWER)
            with pytest.raises(CannotConnectError):
                await task
            assert LEFT in terminal.screen.raw

    run(story)


def test_a_terminal_that_never_answers_keeps_nobody(monkeypatch):
    """The client waits for the answer for a bounded time."""
    monkeypatch.setattr(pacing, "ANSWER_S", 0.05)

    async def story() -> None:
        with create_pipe_input() as keys:
            terminal = Terminal(keys, answers=False)
            with pytest.raises(CannotConnectError):
                await terminal.run(_refused)
            assert LEFT in terminal.screen.raw

    run(story)


def test_a_program_that_gets_the_terminal_gets_no_answer(fake):
    """F9 leaves the screen when all answers are read, and the client asks again when it is back."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as terminal:
            screen, held = terminal.screen, []
            screen.answers = held.append
            terminal.state.hint = "something new"
            terminal.shell.show()
            await screen.until(lambda: bool(held))
            terminal.keys.send_text(F9)
            for _ in range(100):  # the client has time to leave
                await asyncio.sleep(0)
            assert LEFT not in screen.raw
            terminal.keys.send_text(held.pop())
            await screen.until(lambda: "Enter goes back" in screen.raw)
            terminal.keys.send_text("\r")
            await screen.until(lambda: bool(held))

    run(story)


def test_leaving_does_not_wait_for_what_is_held_back(fake, monkeypatch):
    """Such a text is not sent without asking, so there is nothing to wait for: the client says that it was not sent."""
    monkeypatch.setattr(leaving, "LEAVE_S", 1_000)

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as terminal:
            terminal.session.outbox.hold(terminal.session.outbox.add("#lobby", "old", ["old"]))
            terminal.keys.send_text("\x04")
            await terminal.screen.until(lambda: "Not sent: 1 line (to #lobby)." in terminal.screen.raw)

    run(story)


def test_whatever_the_server_says_is_on_the_screen(fake, monkeypatch):
    """What changes the state is drawn, also what is no event: no list says what this is, and no key is needed."""
    monkeypatch.setattr(shell, "TICK_S", 1_000)
    bob = f"bob!bob@{HOST}"

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as terminal:
            fake.say("bob", "alice", "for you")
            net.flush()
            await terminal.screen.shows("2 bob                1")
            (peer,) = fake.peers
            until = fake.log[-1].line().tags["time"]
            for line, shown in (
                (Message("MARKREAD", ["bob", f"timestamp={until}"], HOST), "2 bob                 │"),
                (Message("332", ["alice", "#lobby", "a topic"], HOST), "#lobby  a topic"),
                (Message("TAGMSG", ["#lobby"], bob, {"+typing": "active"}), "bob is typing"),
                (Message("TAGMSG", ["#lobby"], bob, {"+typing": "done"}), "F1 help"),
            ):
                peer.send(line)
                net.flush()
                await terminal.screen.shows(shown)

    run(story)


@pytest.mark.parametrize("keys", ["emacs", "vi"])
def test_escape_counts_while_the_terminal_answers(fake, keys):
    """Esc is taken in time in a busy channel, where the answers of the terminal come right after it, and go on."""

    async def answer(terminal: Terminal) -> None:
        while True:
            terminal.keys.send_text(ANSWER)
            await asyncio.sleep(shell.ESCAPE_S / 4)

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as terminal:
            terminal.state.settings = terminal.state.settings._replace(keys=keys)
            terminal.keys.send_text("\x0b")
            await terminal.screen.shows("Go to:")
            terminal.keys.send_text("\x1b")
            answering = asyncio.create_task(answer(terminal))
            try:
                await terminal.screen.until(lambda: "Go to:" not in terminal.screen.drawn)
            finally:
                answering.cancel()

    run(story)


@pytest.mark.parametrize("keys", ["emacs", "vi"])
def test_escape_counts_together_with_an_answer(fake, keys, monkeypatch):
    """Esc is taken in time if it is read together with an answer of the terminal, and no key was pressed before."""
    monkeypatch.setattr(shell, "ESCAPE_S", 0.0)  # no key before waits to be the first of a sequence

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as terminal:
            terminal.state.settings = terminal.state.settings._replace(keys=keys)
            terminal.keys.send_text("\x0b")
            await terminal.screen.shows("Go to:")
            terminal.keys.send_text(f"{ANSWER}\x1b")
            await terminal.screen.until(lambda: "Go to:" not in terminal.screen.drawn)

    run(story)
