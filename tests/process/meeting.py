"""A server, and the programs with which people meet there: each over TLS, through a recorder of its lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pytest

from tests.process.irc_client import IrcClient
from tests.process.limnoria import Limnoria
from tests.support.certificate import make_pair
from tests.support.irc import Client
from tests.support.recorder import Recorder
from tests.support.server import PASSWORD, Server, make_accounts

SomeClient = TypeVar("SomeClient", bound=IrcClient)

# Numerics from 400 on that are no trouble: there is no message of the day (422); and irssi sends "JOIN :" to find out
# whether the server makes it wait for CAP END, as any answer but silence tells it (451).
# RPL_WHOISSECURE (671) is no error.
FINE = {"422", "671"}
FINE_BEFORE_SIGN_IN = {"451"}


class Meeting:
    """The server for the time of a ``with`` block; all who came to it leave at the end.

    At the end the server must have had nothing to complain of, to no program, but for the numerics ``refusals``.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.folder = folder
        self.names = tuple(names)
        self.recorders: dict[str, Recorder] = {}
        self.refusals: set[str] = set()

    def comes(self, client: type[SomeClient], name: str, sasl: bool = True) -> SomeClient:
        """Start a client, and sign in."""
        started = self._stack.enter_context(client(self.folder / name, name))
        recorder = self._record(name)
        started.connect(recorder.address, sasl)
        started.sees_that("joined", "#lobby", who=name, channel="#lobby")
        return started

    def bot(self, name: str, owner: str, channels: str = "#room") -> Limnoria:
        """Start a bot, which joins channels."""
        return self._stack.enter_context(
            Limnoria(self.folder / name, name, self._record(name).address, owner, channels)
        )

    def chat(self, name: str) -> Any:
        """Start ``chat connect`` on a terminal, straight to the server."""
        from tests.cli.screen import Screen  # here, as it needs packages that some systems have not

        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        address = self.server.address
        screen = Screen(
            *("connect", address.host, str(address.port), name, "--password-file", str(password)),
            env={"CHAT_CONFIG": str(self.folder / f"config-{name}")},
            columns=160,
        )
        self._stack.enter_context(screen).asks(">")
        return screen

    def raw(self, name: str) -> Client:
        """Sign in with lines of our own."""
        return self._stack.enter_context(Client(self.server.address, tls=True)).sign_in(name)

    def hears(self, name: str, pattern: str) -> None:
        """Wait until the server has sent a line to somebody's program."""
        recorder = self.recorders[name]
        recorder.until(lambda: any(re.search(pattern, line) for line in recorder.said(True)), f"{pattern} to {name}")

    def says(self, name: str, pattern: str) -> None:
        """Wait until somebody's program has sent a line to the server."""
        recorder = self.recorders[name]
        recorder.until(lambda: any(re.search(pattern, line) for line in recorder.said(False)), f"{pattern} of {name}")

    def acknowledges(self, name: str, pattern: str) -> None:
        """Wait until somebody's program has answered a PING that came after a line: the line counts as received."""
        recorder = self.recorders[name]

        def answered() -> bool:
            lines = list(recorder.lines)
            found = (at for at, line in enumerate(lines) if line.from_server and re.search(pattern, line.text))
            at = next(found, len(lines))
            ping = next((at for at in range(at, len(lines)) if re.match(r"(:\S+ )?PING ", lines[at].text)), len(lines))
            return any(line.text.startswith("PONG") for line in lines[ping:] if not line.from_server)

        recorder.until(answered, f"{name} acknowledges {pattern}")

    def _record(self, name: str) -> Recorder:
        pair = make_pair(self.folder, f"recorder-{name}")
        self.recorders[name] = self._stack.enter_context(Recorder(self.server.address, pair))
        return self.recorders[name]

    def __enter__(self) -> Meeting:
        self._stack = ExitStack()
        make_accounts(self.folder / "data", self.names)
        self.server = self._stack.enter_context(Server(self.folder / "data"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
        if error is None:
            for recorder in self.recorders.values():
                hold_that_all_was_well(recorder.said(True), self.refusals)


def hold_that_all_was_well(lines: Iterable[str], refusals: Collection[str] = ()) -> None:
    """Hold that the server had nothing to complain of."""
    signed_in = False
    for line in lines:
        command = re.sub(r"^(@\S+ )?(:\S+ )?", "", line).split(" ")[0]
        signed_in = command == "001" or (signed_in and " CAP * LS " not in line)  # which begins a connection
        fine = FINE if signed_in else FINE | FINE_BEFORE_SIGN_IN
        assert command not in ("FAIL", "WARN"), line
        assert not (command.isdigit() and 400 <= int(command) < 700) or command in fine or command in refusals, line
        assert command != "ERROR" or line == "ERROR :Bye.", line


def needs(*programs: type[Any]) -> None:
    """Skip a test whose programs are not installed."""
    for program in programs:
        if not program.is_installed():
            pytest.skip(f"{program.program} is not installed")
