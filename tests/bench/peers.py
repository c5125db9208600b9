"""The servers under test: how each is configured, started and stopped.

All get the same terms: loopback only, one log-in class without flood limits, connection limits raised, no ident and no
name look-ups, no pings during a run, send and receive queues large enough for the generator's window, and the same
certificate where TLS is measured. Everything else is as the server comes.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench import measure

HOST = "127.0.0.1"
START_S = 60.0  # how long a server may take until it accepts a connection
STOP_S = 10.0  # how long it may take to end before it is killed
CLIENTS_MAX = 12_000
REPOSITORY = Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """A figure could not be measured; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where one server runs: a folder of its own, two free ports, and the certificate for TLS."""

    folder: Path
    port: int
    tls_port: int
    cert: Path
    key: Path


class Server(Protocol):
    """A server that can be measured."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def tls(self) -> bool:
        """Whether it is set up for TLS."""

    @property
    def newcomers(self) -> int:
        """Clients that sign in at the same time: as many as it can take."""

    def command(self, place: Place) -> list[str]:
        """Write what it needs into ``place.folder`` and tell how it is started (in the foreground)."""


@dataclass
class Running:
    """A server that runs; its process and the ports it listens on."""

    server: Server
    process: subprocess.Popen[bytes]
    place: Place
    log: Path
    ready_s: float = 0.0  # from its start until it took connections

    @property
    def pids(self) -> list[int]:
        """The processes it is made of."""
        return measure.family(self.process.pid)

    def port(self, tls: bool) -> int:
        """The port to connect to."""
        one_port = isinstance(self.server, Chatapp)
        return self.place.tls_port if tls and not one_port else self.place.port

    def complaint(self) -> str:
        """Quote the end of what it printed."""
        return " / ".join(self.log.read_text(errors="replace").strip().splitlines()[-3:]) or "it printed nothing"


class Chatapp:
    """chatapp as users start it: durable, every message on the disk before anyone sees it."""

    name = "chatapp"
    tls = True
    newcomers = 100

    def __init__(self, data: Path | None = None, options: tuple[str, ...] = ()) -> None:
        self.data, self.options = data, options

    def command(self, place: Place) -> list[str]:
        """Tell how it is started; TLS and plaintext share its port."""
        data = self.data or place.folder / "data"
        serve = [sys.executable, "-m", "chatapp", "serve", str(place.port), "--host", HOST, "--data", str(data)]
        serve += ["--guests", "--no-rate-limits", "--lobby", "none"]
        serve += ["--max-clients", str(CLIENTS_MAX), "--cert", str(place.cert), "--key", str(place.key)]
        return [*serve, *self.options]


class Ngircd:
    """ngIRCd: MaxPenaltyTime 0 switches its flood limits off."""

    name = "ngircd"
    tls = True
    newcomers = 8  # its listen queue is short, and connections that do not fit in are tried again after a second

    def command(self, place: Place) -> list[str]:
        """Write its configuration."""
        conf = place.folder / "ngircd.conf"
        conf.write_text(
            f"""[Global]
Name = bench.example
Info = bench
Listen = {HOST}
Ports = {place.port}
MotdPhrase = bench
PidFile =
AdminInfo1 = bench
AdminInfo2 = bench
AdminEMail = bench@bench.example
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxListSize = 0
MaxNickLength = 20
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
[SSL]
CertFile = {place.cert}
KeyFile = {place.key}
Ports = {place.tls_port}
"""
        )
        return [on_path(self.name), "-n", "-f", str(conf)]


class Inspircd:
    """InspIRCd: fakelag off, command rates and queues without limits that a run could meet."""

    name = "inspircd"
    newcomers = 500  # it welcomes all who wait, once a second

    @property
    def tls(self) -> bool:
        """Whether a TLS module is installed; Debian's package has the one for GnuTLS."""
        return self._tls_module() is not None

    @staticmethod
    def _tls_module() -> str | None:
        for module in ("ssl_gnutls", "ssl_openssl"):
            if any(
                Path(lib, "inspircd", "modules", f"m_{module}.so").exists() for lib in ("/usr/lib", "/usr/local/lib")
            ):
                return module
        return None

    def command(self, place: Place) -> list[str]:
        """Write its configuration."""
        conf = place.folder / "inspircd.conf"
        conf.write_text(
            f"""<server name="bench.example" description="bench" network="bench">
<admin name="bench" nick="bench" email="bench@bench.example">
<bind address="{HOST}" port="{place.port}" type="clients">
{self._tls(place)}
<connect name="all" allow="*" timeout="60" threshold="1000000" commandrate="1000000000" fakelag="no"
 pingfreq="3600" hardsendq="104857600" softsendq="104857600" recvq="10485760" maxchans="1000"
 localmax="{CLIENTS_MAX}" globalmax="{CLIENTS_MAX}" maxconnwarn="no" resolvehostnames="no" useident="no"
 useconnectban="no" useconnflood="no" limit="{CLIENTS_MAX}">
<class name="none"><type name="none" classes="none">
<dns server="127.0.0.1" timeout="1">
<files motd="">
<pid file="{place.folder}/inspircd.pid">
<options nouserdns="yes">
<performance softlimit="{CLIENTS_MAX}" somaxconn="4096" netbuffersize="65534" quietbursts="yes">
<whowas groupsize="0" maxgroups="0" maxkeep="1d">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{place.folder}/inspircd.log">
"""
        )
        root = ["--runasroot"] if os.geteuid() == 0 else []
        return [on_path(self.name), "--config", str(conf), "--nofork", "--nopid", *root]

    def _tls(self, place: Place) -> str:
        module = self._tls_module()
        if module is None:
            return ""
        kind = module.removeprefix("ssl_")
        return (
            f'<module name="{module}">'
            f'<sslprofile name="bench" provider="{kind}" certfile="{place.cert}" keyfile="{place.key}">'
            f'<bind address="{HOST}" port="{place.tls_port}" type="clients" sslprofile="bench">'
        )


class Also:
    """Any other server: ``NAME=COMMAND`` where ``{port}`` stands for the port, ``{dir}`` for a folder of its own."""

    tls = False
    newcomers = 100

    def __init__(self, text: str) -> None:
        self.name, _, self.template = text.partition("=")
        if not self.name or "{port}" not in self.template:
            raise BenchError(f"--also takes NAME=COMMAND with {{port}} in the command, not {text!r}.")

    def command(self, place: Place) -> list[str]:
        """Fill in the port and the folder."""
        return [part.format(port=place.port, dir=place.folder) for part in shlex.split(self.template)]


def on_path(program: str) -> str:
    """Find a program. Debian puts servers into sbin, which is not on every user's PATH. Raises BenchError."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BenchError(f"{program} is not installed.")
    return found


def installed(server: Server) -> bool:
    """Tell whether a server's program is there (chatapp always is)."""
    if isinstance(server, (Ngircd, Inspircd)):
        with contextlib.suppress(BenchError):
            return bool(on_path(server.name))
        return False
    return True


def make_place(folder: Path, cert: Path, key: Path) -> Place:
    """Make a folder for one server and find two ports that nobody listens on."""
    folder.mkdir(parents=True)
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        return Place(folder, one.getsockname()[1], other.getsockname()[1], cert, key)


@contextlib.contextmanager
def running(server: Server, place: Place) -> Iterator[Running]:
    """Run a server for the time of the block; raises BenchError when it does not take connections."""
    log = place.folder / "output"
    command = server.command(place)
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=place.folder,  # where a crash would leave its core
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    one = Running(server, process, place, log)
    try:
        _wait_until_ready(one, began + START_S)
        one.ready_s = time.monotonic() - began
        yield one
    finally:
        stop(one)


def _wait_until_ready(one: Running, deadline: float) -> None:
    """Wait for the line ``ready`` of chatapp, for a connection of the others."""
    is_chatapp = isinstance(one.server, Chatapp)
    while time.monotonic() < deadline:
        if one.process.poll() is not None:
            raise BenchError(f"{one.server.name} ended at its start: {one.complaint()}")
        if is_chatapp:
            if any(line.startswith("ready") for line in one.log.read_text(errors="replace").splitlines()):
                return
        else:
            with contextlib.suppress(OSError), socket.create_connection((HOST, one.place.port), timeout=1):
                return
        time.sleep(0.002)  # neither a file nor a listening socket can be waited for
    raise BenchError(f"{one.server.name} took no connection within {START_S:.0f} s: {one.complaint()}")


def stop(one: Running, sign: signal.Signals = signal.SIGTERM) -> None:
    """End the server's process, by force when it does not end by itself."""
    one.process.send_signal(sign)
    try:
        one.process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        one.process.kill()
        one.process.wait()
