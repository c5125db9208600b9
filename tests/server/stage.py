"""Plays the conversations of ``tests/scripts``; README.md there describes what may happen in them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from chatapp.config import Config
from chatapp.server.running import replay
from tests.fakes.clock_loop import ClockLoop
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryLog
from tests.fakes.shared_log import SharedDisk
from tests.server import script
from tests.server.script_file import ScriptError, Step, shown
from tests.server.world import FULL_DISK, HASH, Actor, World, plain

HOST = "chat.home"
BATCH = "batch"  # how the names of references of batches begin; they are forgotten when the batch ends
UNITS_S = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}
LONG_S, STRIDE_S = 600, 20

_READERS: dict[str, Callable[[str], object]] = {  # by the first word of a field's type in Config
    "bool": {"yes": True, "no": False}.__getitem__,
    "tuple": lambda text: (text,),
    "float": float,
    "int": int,
}

_WORDS = {
    "WHO": r"(?P<who>\w+(?:\.\w+)?)",
    "TIME": rf"(?P<count>\d+) (?P<unit>{'|'.join(UNITS_S)})",
    "COUNT": r"(?P<count>\d+)",
    "CAPS": r"(?P<caps>[a-z0-9/. -]+)",
    "NAMES": r"(?P<names>[\w ]+)",
    "SETTINGS": r"(?P<settings>\w+=\S+(?: \w+=\S+)*)",
    "ADDRESS": r"(?P<address>[0-9a-f.:]+)",
    "LINE": r"(?P<line>.+)",
}


@cache
def _expression(form: str) -> re.Pattern[str]:
    return re.compile("".join(_WORDS.get(part, re.escape(part)) for part in re.split(r"\b([A-Z]{3,})\b", form)))


class Stage:
    """The servers of one script, and who is connected to them."""

    def __init__(self, folder: Path, *, sqlite: bool = False) -> None:
        self._folder = folder
        self._sqlite = sqlite
        self._settings: dict[str, object] = {}
        self._accounts = ""
        self._is_pair = False
        self.worlds: list[World] = []
        self._actors: dict[str, Actor] = {}
        self._kept: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}

    # The steps

    def play(self, steps: list[Step]) -> None:
        """Play a script, and see that it says all that anybody saw."""
        __tracebackhide__ = True
        for step in steps:
            if step.sign == "<":
                self._see(step, step.who, step.text)
            elif step.sign == "--":
                self._happen(step)
            else:
                self._say(step)
        if self._kept:
            raise ScriptError(f"{steps[-1].place}: These never sent the lines after >>: {', '.join(self._kept)}")
        self._check_silence(f"{steps[-1].place}: at the end")

    def close(self) -> None:
        """End all servers; nothing may have gone wrong unnoticed, and the log adds up to the state."""
        for world in self.worlds:
            world.check_presence()
            if world.disk is not None:
                again, _ = replay(MemoryLog(world.disk), MemoryHistory(world.disk))
                assert again.digest() == world.services.state.digest()
        *others, last = self.worlds
        for world in others:
            world.stop()
            assert world.complaints() + world.bugs + world.violations == []
            world.forget_complaints()
        last.close()

    def abandon(self) -> None:
        """End all servers after a failure, which is what matters."""
        for world in self.worlds:
            with contextlib.suppress(Exception, AssertionError):
                world.close()

    def _say(self, step: Step) -> None:
        __tracebackhide__ = True
        actor = self._actor(step)
        self._kept.setdefault(step.who, []).append(self._filled(step, step.text))
        if step.sign == ">":
            self._check_silence(f"{step.place}: before this step")
            actor.say(*self._kept.pop(step.who))
            self._settle()

    def _filled(self, step: Step, line: str) -> str:
        for name in re.findall(r"\{(\w+)\}", line):
            if name not in self._names:
                raise ScriptError(f"{step.place}: Nobody has seen {{{name}}} yet.")
        return script.fill(line, self._names)

    def _see(self, step: Step, who: str, text: str) -> None:
        __tracebackhide__ = True
        actor = self._actor(step, who)
        if not actor.heard:
            raise AssertionError(f"{step.place}: {who} sees nothing\n  script: {shown(text)}")
        line = actor.heard.popleft()
        match = re.fullmatch(script.pattern(text, self._names), line)
        known = "".join(f"\n  {{{name}}} is {value}" for name, value in self._names.items() if f"{{{name}}}" in text)
        if match is None:
            raise AssertionError(
                f"{step.place}: {who} sees another line\n  script: {shown(text)}\n  seen:   {shown(line)}{known}"
            )
        for name, value in match.groupdict().items():
            same = [other for other, known_value in self._names.items() if known_value == value]
            if same and not name.startswith(BATCH):
                raise AssertionError(f"{step.place}: {{{name}}} is the same as {{{same[0]}}}: {value}")
            self._names[name] = value
        for name in re.findall(rf" BATCH -\{{({BATCH}\w*)\}}", text):
            self._names.pop(name, None)  # the next batch may have the same reference, or another one

    def _happen(self, step: Step) -> None:
        __tracebackhide__ = True
        for form, handler in HAPPENINGS.items():
            match = _expression(form).fullmatch(step.text)
            if match is not None:
                if " sees " not in form:
                    self._check_silence(f"{step.place}: before this step")
                handler(self, step, **match.groupdict())
                self._settle()
                return
        raise ScriptError(f"{step.place}: README.md describes no such step: -- {step.text}")

    def _check_silence(self, when: str) -> None:
        __tracebackhide__ = True
        for name, actor in self._actors.items():
            if actor.heard:
                lines = "".join(f"\n  seen:   {shown(line)}" for line in actor.heard)
                raise AssertionError(f"{when}, {name} sees what the script does not say{lines}")

    def _actor(self, step: Step, who: str = "") -> Actor:
        actor = self._actors.get(who or step.who)
        if actor is None:
            raise ScriptError(f"{step.place}: There is no connection of {who or step.who}.")
        return actor

    def _settle(self) -> None:
        for world in self.worlds:
            world.settle()

    # The servers

    def _world(self, number: int = 1) -> World:
        if not self.worlds:
            shared = {"shared": SharedDisk(), "loop": ClockLoop()} if self._is_pair else {"sqlite": self._sqlite}
            for node in (1, 2) if self._is_pair else (None,):
                folder = self._folder / f"server {node}"
                folder.mkdir(mode=0o700)
                settings = {"server_name": HOST, "network_name": "Home", **self._settings, **shared}
                self.worlds.append(World(folder, accounts=self._accounts, node=node, **settings))
            self._introduce()
        return self.worlds[number - 1]

    def _introduce(self) -> None:
        if self._is_pair:
            for world, other in zip(self.worlds, reversed(self.worlds), strict=True):
                world.services.presence.is_elsewhere = lambda uid, other=other: uid in other.services.presence.by_user

    def _before(self, step: Step) -> None:
        if self.worlds:
            raise ScriptError(f"{step.place}: This stands before anything else happens.")

    def _set_accounts(self, step: Step, names: str) -> None:
        self._before(step)
        self._accounts = names

    def _set_settings(self, step: Step, settings: str) -> None:
        self._before(step)
        kinds = Config.__annotations__
        for setting in settings.split():
            name, _, value = setting.partition("=")
            if name not in kinds:
                raise ScriptError(f"{step.place}: There is no setting {name}.")
            read = next((read for kind, read in _READERS.items() if kinds[name].startswith(kind)), str)
            try:
                self._settings[name] = read(value)
            except (ValueError, KeyError):
                raise ScriptError(f"{step.place}: {name} cannot be {value}.") from None

    def _set_pair(self, step: Step) -> None:
        self._before(step)
        self._is_pair = True

    def _stop(self, step: Step) -> None:
        self._world().stop()

    def _lose_power(self, step: Step) -> None:
        self._world().crash()
        self._actors.clear()

    def _start(self, step: Step) -> None:
        self._actors.clear()
        self._world().start_again()
        self._introduce()

    def _wait(self, step: Step, count: str, unit: str) -> None:
        world = self._world()
        until = world.loop.time() + int(count) * UNITS_S[unit]
        while until - world.loop.time() > LONG_S:  # not every look of the server at its deadlines, which takes long
            world.loop.set_time(world.loop.time() + STRIDE_S)
            self._settle()
        world.advance(until - world.loop.time())

    def _set_clock(self, ms: float) -> None:
        for world in self.worlds:
            world.clock_error_ms += round(ms)

    def _clock_back(self, step: Step, count: str, unit: str) -> None:
        self._set_clock(-int(count) * UNITS_S[unit] * 1000)

    def _clock_ahead(self, step: Step, count: str, unit: str) -> None:
        self._set_clock(int(count) * UNITS_S[unit] * 1000)

    def _disk_full(self, step: Step) -> None:
        self._world().log.failure = FULL_DISK

    def _disk_has_room(self, step: Step) -> None:
        self._world().log.failure = None

    def _disk_waits(self, step: Step) -> None:
        self._world().log.held = True

    def _disk_goes_on(self, step: Step) -> None:
        self._world().log.held = False

    # People

    def _arrive(self, step: Step, who: str, number: int = 1, **how: object) -> Actor:
        if who in self._actors and not self._actors[who].closed:
            raise ScriptError(f"{step.place}: {who} is connected; name another device {who}.phone.")
        actor = self._world(number).connect(who, **how)  # type: ignore[arg-type]
        actor.answers_pings = True
        self._actors[who] = actor
        return actor

    def _welcome(self, step: Step, who: str) -> None:
        heard = self._actor(step, who).heard
        if not heard or not heard[0].startswith(f":{HOST} 001 "):
            raise AssertionError(f"{step.place}: {who} does not see the welcome but {[shown(line) for line in heard]}")
        while not re.match(rf":{re.escape(HOST)} (376|422) ", heard.popleft()):
            pass

    def _sign_in(self, step: Step, who: str, caps: str = "", number: int = 1) -> None:
        name = who.partition(".")[0]
        actor = self._arrive(step, who, number)
        actor.say(f"CAP REQ :sasl {caps}".rstrip(), f"NICK {name}", f"USER {name} 0 * :{name}")
        if " ACK " not in actor.heard[0]:
            raise ScriptError(f"{step.place}: The server does not offer all of {caps}.")
        actor.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain(name)), "CAP END")
        while actor.heard and not actor.heard[0].startswith(f":{HOST} 001 "):
            line = actor.heard.popleft()
            if not re.match(rf":{re.escape(HOST)} (CAP|900|903) |AUTHENTICATE \+", line):
                raise AssertionError(f"{step.place}: {who} does not sign in but sees {line}")
        self._settle()
        self._welcome(step, who)

    def _sign_in_second(self, step: Step, who: str, caps: str = "") -> None:
        if not self._is_pair:
            raise ScriptError(f"{step.place}: There is one server.")
        self._sign_in(step, who, caps, 2)

    def _guest(self, step: Step, who: str, caps: str = "") -> None:
        actor = self._arrive(step, who)
        if caps:
            actor.say(f"CAP REQ :{caps}", "CAP END")
            actor.heard.popleft()
        actor.say(f"NICK {who}", f"USER {who} 0 * :{who}")
        self._welcome(step, who)

    def _connect(self, step: Step, who: str, address: str = "127.0.0.1") -> None:
        self._arrive(step, who, address=address, tls=address != "127.0.0.1")

    def _connect_plain(self, step: Step, who: str, address: str) -> None:
        self._arrive(step, who, address=address, secure=False)

    def _browse(self, step: Step, who: str) -> None:
        self._arrive(step, who).is_browser = True

    def _hang_up(self, step: Step, who: str) -> None:
        self._actor(step, who).hang_up()

    def _vanish(self, step: Step, who: str) -> None:
        self._actor(step, who).vanish()
        del self._actors[who]

    def _stop_reading(self, step: Step, who: str) -> None:
        self._actor(step, who).transport.reads = False

    def _read_again(self, step: Step, who: str) -> None:
        self._actor(step, who).transport.reads = True

    def _see_pings(self, step: Step, who: str) -> None:
        self._actor(step, who).answers_pings = False

    def _say_often(self, step: Step, who: str, count: str, line: str) -> None:
        self._actor(step, who).say(*[self._filled(step, line)] * int(count))

    def _see_often(self, step: Step, who: str, count: str, line: str) -> None:
        __tracebackhide__ = True
        for _ in range(int(count)):
            self._see(step, who, line)

    def _promote(self, step: Step, who: str) -> None:
        self._world().services.accounts._file.set_admin(who, True)
        self._world().advance(1)

    def _remove(self, step: Step, who: str) -> None:
        self._world().services.accounts._file.remove(who)
        self._world().advance(1)

    def _add(self, step: Step, who: str) -> None:
        self._world().services.accounts._file.add(who, HASH, reuse=True)
        self._world().advance(1)


HAPPENINGS: dict[str, Callable[..., None]] = {
    "accounts: NAMES": Stage._set_accounts,
    "settings: SETTINGS": Stage._set_settings,
    "two servers share one log": Stage._set_pair,
    "WHO signs in": Stage._sign_in,
    "WHO signs in with CAPS": Stage._sign_in,
    "WHO signs in on the second server": Stage._sign_in_second,
    "WHO signs in on the second server with CAPS": Stage._sign_in_second,
    "WHO comes as a guest": Stage._guest,
    "WHO comes as a guest with CAPS": Stage._guest,
    "WHO connects": Stage._connect,
    "WHO connects from ADDRESS": Stage._connect,
    "WHO connects from ADDRESS without TLS": Stage._connect_plain,
    "WHO connects with a browser": Stage._browse,
    "WHO sees the welcome": Stage._welcome,
    "WHO closes the connection": Stage._hang_up,
    "WHO loses the connection": Stage._vanish,
    "WHO stops reading": Stage._stop_reading,
    "WHO reads again": Stage._read_again,
    "WHO answers no PING": Stage._see_pings,
    "WHO sends COUNT times: LINE": Stage._say_often,
    "WHO sees COUNT times: LINE": Stage._see_often,
    "WHO becomes an administrator": Stage._promote,
    "the account of WHO is removed": Stage._remove,
    "an account of WHO is made": Stage._add,
    "the server stops": Stage._stop,
    "the server loses power": Stage._lose_power,
    "the server starts": Stage._start,
    "TIME later": Stage._wait,
    "the clock goes back by TIME": Stage._clock_back,
    "the clock goes ahead by TIME": Stage._clock_ahead,
    "the disk is full": Stage._disk_full,
    "the disk has room again": Stage._disk_has_room,
    "the disk is slow": Stage._disk_waits,
    "the disk is done": Stage._disk_goes_on,
}
"""What may happen: how a script says it, and what does it."""

IN_MEMORY_ONLY = ("two servers share one log", "the disk is full", "the disk is slow")
"""What only the log in memory can play; scripts without these are played over SQLite too."""
