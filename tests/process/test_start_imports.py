"""What a start imports only after its line ``ready``, and what it then says of the certificate."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.server.folder.certificate import own_identity
from tests.support.certificate import make_pair, only_openssl_reads
from tests.support.server import PATIENCE_S, Server, environment

LATE = {"cryptography.x509", "encodings.idna", "platformdirs"}
MODULES_WHEN_READY = """
import os, sys
from chatapp.cli import run, serve
announce = serve._announce
def announce_and_end(server):
    announce(server)
    print(*sys.modules, flush=True)
    os._exit(0)
serve._announce = announce_and_end
run(sys.argv[1:])
"""


@pytest.mark.parametrize("given", [False, True])
def test_a_start_with_a_certificate(tmp_path: Path, given: bool) -> None:
    """ "A start must not get slower": what is imported late is not needed by a server that has started before."""
    own_identity(tmp_path, ["localhost"])
    command = [sys.executable, "-c", MODULES_WHEN_READY, "serve", "0", "--host", "127.0.0.1", "--data", str(tmp_path)]
    command += ["--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")] if given else []
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), check=True, cwd="/", timeout=PATIENCE_S
    )
    *_, ready, modules = done.stdout.splitlines()
    assert ready.startswith("ready on 127.0.0.1:")
    assert "chatapp.server.folder.certificate" in modules.split()
    assert not LATE & set(modules.split())


def _place(folder: Path, data: Path, name: str, days: float) -> None:
    """Make a certificate, and put it where the server has its own."""
    pair = make_pair(folder, name, days=days)
    (data / "key.pem").touch(0o600)
    (data / "key.pem").write_bytes(pair.key.read_bytes())
    (data / "cert.pem").write_bytes(pair.cert.read_bytes())


def test_its_own_certificate_has_expired(tmp_path: Path) -> None:
    """A start warns of it, and SIGHUP of the next one."""
    data = tmp_path / "data"
    data.mkdir(0o700)
    _place(tmp_path, data, "one", days=-2)
    with Server(data, complaints=[" warning: "]) as server:
        server.await_stderr(f"the certificate {data / 'cert.pem'} expired on [^ ]+; clients may refuse it: delete ")
        _place(tmp_path, data, "two", days=10.5)
        server.tell(signal.SIGHUP)
        server.await_stderr("expires in 11 days, on ")


def test_a_certificate_that_cannot_be_checked(tmp_path: Path) -> None:
    """The server says so after the start, and goes on, also with --cert."""
    own_identity(tmp_path, ["localhost"])
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    only_openssl_reads(cert)
    for options in ([], ["--cert", str(cert), "--key", str(key)]):
        with Server(tmp_path, *options, complaints=[" error: "]) as server:
            server.await_stderr(
                r" error: [^ ]+cert\.pem is not a certificate in PEM .* The old certificate stays in use\."
            )
            assert server.greeting[-1].startswith("ready on ")
