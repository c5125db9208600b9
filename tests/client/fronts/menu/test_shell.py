"""The terminal itself: nothing secret is shown, and nothing tears what is being typed."""

from __future__ import annotations

import asyncio
import io
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pyte
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from wcwidth import wcwidth

from chatapp.client.core.events import Joined, SignedIn, SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.fronts.menu.model import Model
from chatapp.client.fronts.menu.shell import EXIT_INTERRUPTED, Shell, stamp
from chatapp.client.network.keeper import Keeper
from chatapp.errors import SignInError
from tests.client.fake_server import FakeServer
from tests.client.net import Net, dial, run, serving

ROWS, COLUMNS = 24, 80
BACK, ON, DELETE, BACKSPACE = "\x1b[D", "\x1b[C", "\x1b[3~", "\x7f"


class Screen(io.StringIO):
    """A terminal that remembers all it was sent, and what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.raw = ""
        self.changed = asyncio.Event()
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        """Show what is written."""
        self.raw += text
        self._stream.feed(text)
        self.changed.set()
        return len(text)

    @property
    def rows(self) -> list[str]:
        """The rows that are not empty."""
        return [row.rstrip() for row in self._screen.display if row.strip()]

    @property
    def place(self) -> tuple[str, int, int]:
        """What follows the last wide character of the cursor's row, in which column, and the column of the cursor."""
        cells = self._screen.buffer[self._screen.cursor.y]
        wide = [at for at in range(COLUMNS) if cells[at].data == "👍"]
        begin = wide[-1] + 2 if wide else 0
        return "".join(cells[at].data for at in range(begin, COLUMNS)).rstrip(), begin, self._screen.cursor.x

    async def until(self, condition: Callable[[list[str]], bool]) -> list[str]:
        """Wait until the screen is as it should be."""
        while not condition(self.rows):
            self.changed.clear()
            await self.changed.wait()
        return self.rows

    async def shows(self, text: str) -> list[str]:
        """Wait until a text is on the screen."""
        return await self.until(lambda rows: any(text in row for row in rows))


class Terminal:
    """One person's terminal with the client in it."""

    def __init__(self, net: Net, keys: PipeInput, name: str) -> None:
        self.screen = Screen()
        self.keys = keys
        self.session = Session(name, f"run-{name}")
        sink = Vt100_Output(self.screen, lambda: Size(ROWS, COLUMNS), enable_cpr=False)
        self.shell = Shell(Model(self.session, stamp), source=keys, sink=sink)
        self.connection = Keeper(self.session, dial(net), self.shell.heard)

    async def run(self) -> int:
        """Run the client to its end."""
        return await self.connection.beside(self.shell.run(self.connection))

    async def type(self, text: str, then: str) -> list[str]:
        """Type, and wait for what is shown then."""
        self.keys.send_text(text)
        return await self.screen.shows(then)


@asynccontextmanager
async def at_terminal(net: Net, name: str = "alice") -> AsyncIterator[tuple[Terminal, asyncio.Task[int]]]:
    """Sit down at a terminal; the client runs beside."""
    with create_pipe_input() as keys:
        terminal = Terminal(net, keys, name)
        task = asyncio.create_task(terminal.run())
        try:
            yield terminal, task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def fake() -> FakeServer:
    """A server with two accounts."""
    return FakeServer({"alice": "secret", "bob": "secret"})


def test_a_visit(fake):
    """Wrong password, right password, DM, EX; nothing of a password is ever on the screen, not even its length."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("hunter2\r", "wrong")
            terminal.keys.send_text("secret")
            await terminal.type("\r", "/help shows all commands")
            assert "hunter" not in terminal.screen.raw
            assert "secret" not in terminal.screen.raw
            assert "*" not in terminal.screen.raw
            await terminal.type("dm\r", "To whom")
            await terminal.type("1\r", "bob>")
            await terminal.type("hello\r", "who is away: not connected")
            await terminal.type("ex\r", "bob> ex")
            await terminal.screen.until(lambda rows: rows[-1] == ">")
            terminal.keys.send_text("ex\r")
            assert await task == 0
            assert [entry.text for entry in fake.log] == ["hello"]

    run(story)


def test_messages_do_not_tear_what_is_being_typed(fake):
    """ "messages appear as they come, without tearing what is being typed"."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("half a wo", "> half a wo")
            for number in range(3):
                fake.say("bob", "#lobby", f"message {number}")
                net.flush()
            rows = await terminal.screen.until(
                lambda rows: rows[-1] == "> half a wo" and any("message 2" in row for row in rows)
            )
            assert [row.partition("<bob> ")[2] for row in rows[-4:-1]] == [f"message {number}" for number in range(3)]
            assert sum("half a wo" in row for row in rows) == 1
            await terminal.type("rd\r", "Sent to nobody.")
            assert not task.done()

    run(story)


def test_a_list_from_the_server_takes_the_place_of_the_prompt(fake):
    """The next question stands below what was shown, once."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("who\r", "2 people, 1 of them here")
            rows = await terminal.screen.until(lambda rows: rows[-1] == ">")
            assert rows[-5:] == ["> who", "-- 2 people, 1 of them here:", "  alice  here (you)", "  bob  away", ">"]

    run(story)


def test_control_c(fake):
    """It drops what is typed, and leaves with 130 where there is nothing to drop."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("half", "> half")
            await terminal.type("\x03", "Nothing was sent.")
            await terminal.screen.until(lambda rows: rows[-1] == ">")
            terminal.keys.send_text("\x03")
            assert await task == EXIT_INTERRUPTED

    run(story)


def test_a_dropped_question_stays_as_it_was(fake):
    """What prompt_toolkit itself writes to move the cursor moves it, and is not shown as a control character."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("half", "> half")
            await terminal.type("\x03", "Nothing was sent.")
            rows = await terminal.screen.until(lambda rows: rows[-1] == ">")
            assert "> half" in rows
            terminal.keys.send_text("\x04")
            assert await task == 0
            assert "\u240d" not in terminal.screen.raw

    run(story)


@pytest.mark.parametrize("before", ["secret\r", "secret\rDM", "secret\r" + 4000 * "x"])
def test_control_c_typed_with_the_answer(fake, before):
    """It leaves at once where nothing is asked then, with what else was typed ahead; the server is not waited for."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            net.silent = True
            terminal.keys.send_text(before + "\x03")
            assert await task == EXIT_INTERRUPTED

    run(story)


def test_control_c_in_the_moment_in_which_a_question_ends(fake, monkeypatch):
    """A key that came when the question had its answer, and before the terminal made a signal of it, counts too."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            net.silent = True
            model = terminal.shell._model
            take = model.typed

            def typed(text: str) -> None:
                terminal.keys.send_text("\x03")
                take(text)

            monkeypatch.setattr(model, "typed", typed)
            terminal.keys.send_text("secret\r")
            assert await task == EXIT_INTERRUPTED

    run(story)


def test_the_signal_in_the_moment_in_which_a_question_ends(fake, monkeypatch):
    """Ctrl-C is a signal as soon as the question gives the terminal back; no question takes it for itself."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            raw_mode = terminal.keys.raw_mode

            @contextmanager
            def interrupted_afterwards() -> Iterator[None]:
                with raw_mode():
                    yield
                signal.raise_signal(signal.SIGINT)

            monkeypatch.setattr(terminal.keys, "raw_mode", interrupted_afterwards)
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")

    with pytest.raises(KeyboardInterrupt):
        run(story)


def test_control_c_in_the_moment_in_which_another_question_is_asked(fake):
    """It counts, though the question that it was typed at has gone."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.screen.until(lambda rows: rows[-1] == ">")
            terminal.keys.send_text("\x03")
            terminal.shell.heard([SignInNeeded("known")])
            assert await task == EXIT_INTERRUPTED

    run(story)


def test_control_c_typed_with_ex(fake):
    """What was said before is not waited for any more: "Ctrl-C leaves at once"."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            net.silent = True
            terminal.keys.send_text("/dm bob hello\rex\r\x03")
            assert await task == EXIT_INTERRUPTED
            assert terminal.screen.rows[-1] == "-- to bob: hello"

    run(story)


def test_control_d(fake):
    """At the menu it is EX; at the password nobody is signed in."""

    async def story() -> None:
        async with serving(fake) as net:
            async with at_terminal(net) as (terminal, task):
                await terminal.screen.shows("Password for alice:")
                await terminal.type("secret\r", "/help")
                terminal.keys.send_text("\x04")
                assert await task == 0
            async with at_terminal(net) as (terminal, task):
                await terminal.screen.shows("Password for alice:")
                terminal.keys.send_text("\x04")
                with pytest.raises(SignInError):
                    await task

    run(story)


def test_a_new_question_while_something_is_typed(fake, monkeypatch):
    """A password that has changed meanwhile is asked for; what was being typed is there again afterwards."""
    monkeypatch.setattr("chatapp.client.network.keeper.retry_s", lambda attempt, jitter: 0.001)

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/dm bob half", "> /dm bob half")
            fake.accounts["alice"] = "changed"
            net.drop()
            rows = await terminal.screen.until(lambda rows: rows[-1] == "Password for alice:")
            assert not any("half" in row for row in rows)
            await terminal.type("changed\r", "Connected again.")
            await terminal.screen.until(lambda rows: rows[-1] == "> /dm bob half")
            await terminal.type("way\r", "will get it")
            assert [entry.text for entry in fake.log] == ["halfway"]

    run(story)


def test_a_long_line_and_another_alphabet(fake):
    """What is typed arrives as it was typed, however long."""
    text = "Καλημέρα κόσμε " * 30

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type(f"/bm {text}\r", "Sent in")
            assert "".join(entry.text for entry in fake.log) == text.strip()

    run(story)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (f"{BACK * 4}{BACKSPACE}X", "ab👨‍👩‍👧Xd🇯🇵ef"),
        (f"{BACK * 5}{BACKSPACE}X", "abXcd🇯🇵ef"),
        (f"{BACK * 3}{DELETE}X", "ab👨‍👩‍👧cdXef"),
        ("\x01\x06\x06\x06\x02\x04X", "abXcd🇯🇵ef"),
        (f"{BACK * 9}{ON * 3}X", "ab👨‍👩‍👧Xcd🇯🇵ef"),
        (f"\x1b4{BACK}\x1b3{BACKSPACE}X", "aXd🇯🇵ef"),
        (f"{ON}{DELETE}X{BACKSPACE * 3}", "ab👨‍👩‍👧cd🇯🇵"),
    ],
)
def test_keys_move_and_delete_by_graphemes(fake, keys, text):
    """A family and a flag are one character each, as a person sees them; no part of them is left."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/bm\r", "everyone>")
            await terminal.type(f"ab👨‍👩‍👧cd🇯🇵ef{keys}\r", "Sent")
            assert [entry.text for entry in fake.log] == [text]

    run(story)


@pytest.mark.parametrize("columns", [1, 2])
def test_the_cursor_is_where_the_next_letter_comes(fake, monkeypatch, columns):
    """Terminals do not agree how many columns an emoji has; what follows it, and the cursor, have the same place."""
    monkeypatch.setattr("pyte.screens.wcwidth", lambda char: columns if char == "👍" else wcwidth(char))

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/bm\r", "everyone>")
            terminal.keys.send_text(f"abcd{BACK * 2}👍👍{ON}")
            begin = len("everyone> ab👍👍") + 2  # each emoji has two columns
            await terminal.screen.until(lambda rows: terminal.screen.place == ("cd", begin, begin + 1))

    run(story)


@pytest.mark.parametrize(("typed", "code"), [("ex\r", 3), ("\x04", 3), ("\x03", EXIT_INTERRUPTED)])
def test_leaving_with_something_unacknowledged(fake, monkeypatch, typed, code):
    """It is shown last, with whom it was for; EX in vain is "no acknowledgement in time"."""
    monkeypatch.setattr("chatapp.client.fronts.menu.shell.LEAVE_S", 0.01)

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await net.stop()
            await terminal.screen.shows("Trying again until there is a connection.")
            await terminal.type("/dm bob lost?\r", "it is sent as soon as there is one.")
            await terminal.screen.until(lambda rows: rows[-1] == ">")
            terminal.keys.send_text(typed)
            assert await task == code
            rows = terminal.screen.rows
            told = " ".join(rows[-3:-1])
            assert told.startswith("-- The server has not acknowledged 1 line (to bob); it may not have arrived.")
            assert rows[-1] == "-- to bob: lost?"
            await net.start()

    run(story)


def test_tab(fake):
    """ "Tab completes names, channels and commands"; names that are not known yet are asked for."""
    fake.accounts |= {"bobby": "secret", "zoe": "secret"}

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/he\t", "> /help")
            await terminal.type("\x15/dm z\t", "> /dm zoe")
            await terminal.type("hi\r", "who is away: not connected")
            await terminal.type("dm b\t", "> dm bob")
            rows = await terminal.type("\t", "bobby")
            assert rows[-2:] == ["-- bob  bobby", "> dm bob"]
            assert [(entry.target, entry.text) for entry in fake.log] == [("zoe", "hi")]

    run(story)


def test_tab_at_a_password(fake):
    """Nothing completes a password."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("b\t\x7fsecret\r", "/help")

    run(story)


def lines(count: int) -> list[str]:
    """Return so many lines."""
    return [f"line {number}" for number in range(count)]


@pytest.mark.parametrize("marked", [True, False])
def test_a_paste_of_many_lines(fake, marked):
    """It is one text, whether the terminal marks it as a paste or not, and is asked about."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("bm\r", "everyone>")
            paste = f"\x1b[200~{chr(10).join(lines(30))}\x1b[201~\r" if marked else "\r".join([*lines(30), ""])
            await terminal.type(paste, "Send 30 lines to everyone (#lobby)? [y/n]")
            assert fake.log == []
            await terminal.type("y\r", "Sent in 30 lines to everyone (#lobby).")
            assert [entry.text.split("\n") for entry in fake.log] == [lines(30)]

    run(story)


def test_what_follows_a_paste(fake):
    """A command ends the text and is one; what has no Enter yet is a draft of the same conversation."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/dm bob\r", "bob>")
            await terminal.type("\r".join([*lines(3), "", "/bm hello", ""]), "Sent to everyone (#lobby).")
            await terminal.screen.until(lambda rows: rows[-1] == ">")  # Enter alone ended the conversation
            await terminal.type("/dm bob\r" + "\r".join([*lines(2), "half"]), "bob> half")
            terminal.keys.send_text(" a line\r")
            await terminal.screen.until(lambda rows: len(fake.log) == 4)
            assert [(entry.target, entry.text) for entry in fake.log] == [
                ("bob", "\n".join(lines(3))),
                ("#lobby", "hello"),
                ("bob", "\n".join(lines(2))),
                ("bob", "half a line"),
            ]

    run(story)


def test_a_draft_stays_in_its_conversation(fake):
    """What was being typed to bob when something else was asked is never sent to anybody else."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/dm bob\r", "bob>")
            await terminal.type("for you al", "bob> for you al")
            terminal.shell.heard([SignInNeeded("known")])
            await terminal.screen.until(lambda rows: rows[-1] == "Password for alice:")
            terminal.shell.heard([SignedIn("alice", "", "#lobby", ("#lobby",), True)])
            await terminal.screen.until(lambda rows: rows[-1] == "bob> for you al")
            await terminal.type("one\r", "Sent to bob, who is away")
            assert [(entry.target, entry.text) for entry in fake.log] == [("bob", "for you alone")]

    run(story)


def test_progress_of_a_long_text(fake):
    """ "Show progress (61 of 211)": before the cursor, and in one row while EX waits for it."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            net.silent = True
            await terminal.type(f"/dm bob \x1b[200~{chr(10).join(lines(22))}\x1b[201~\r", "(0 of 22) >")
            await terminal.type("ex\r", "Waiting until what you wrote has arrived")
            await terminal.screen.until(lambda rows: rows[-1] == "0 of 22")
            net.drop()
            net.silent = False
            assert await task == 0
            assert [entry.text.split("\n") for entry in fake.log] == [lines(22)]
            assert not any(row.startswith("0 of 22") for row in terminal.screen.rows)

    run(story)


def test_people_who_come_in_a_burst_are_told_later(fake, monkeypatch):
    """What the model keeps for later is shown when its time has come, without any other event."""
    monkeypatch.setattr("chatapp.client.fronts.bursts.PAUSE_MIN_S", 0.05)

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            terminal.shell.heard([Joined("#lobby", f"new{number}", False) for number in range(40)])
            await terminal.screen.shows("-- new1, new2, new3 and 36 more are in #lobby now.")

    run(story)


def test_another_password_is_never_shown(fake):
    """Not while it is typed, not by Tab, and not when Ctrl-C ends it."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, task):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("/passwd\r", "Old password:")
            await terminal.type("/dm\t\x03", "Your password stays as it was.")
            await terminal.screen.until(lambda rows: rows[-1] == ">")
            terminal.keys.send_text("/passwd\rsecret\rnew-password\rnew-password\r")
            await terminal.screen.shows("Your password is changed.")
            assert fake.accounts["alice"] == "new-password"
            assert not any(word in terminal.screen.raw for word in ("secret", "new-password", "/dm"))
            assert not task.done()

    run(story)


def test_a_paste_at_the_menu(fake):
    """Its lines go to nobody, with one answer; none of them is a command because of how it begins."""

    async def story() -> None:
        async with serving(fake) as net, at_terminal(net) as (terminal, _):
            await terminal.screen.shows("Password for alice:")
            await terminal.type("secret\r", "/help")
            await terminal.type("\r".join(["Dear all,", "bm is short for", "exit", "DM", ""]), "To whom")
            assert sum("Sent to nobody" in row for row in terminal.screen.rows) == 1
            assert any("and 2 more lines that came in one go with it" in row for row in terminal.screen.rows)
            assert fake.log == []

    run(story)
