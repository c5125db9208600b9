"""What a start imports only after its line ``ready``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chatapp.server.folder.certificate import own_identity
from tests.support.server import PATIENCE_S, environment

LATE = {"encodings.idna", "platformdirs"}
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


def test_a_start_with_its_own_certificate(tmp_path: Path) -> None:
    """ "A start must not get slower": what is imported late is not needed by a server that has started before."""
    own_identity(tmp_path, ["localhost"])
    command = [sys.executable, "-c", MODULES_WHEN_READY, "serve", "0", "--host", "127.0.0.1", "--data", str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), check=True, cwd="/", timeout=PATIENCE_S
    )
    *_, ready, modules = done.stdout.splitlines()
    assert ready.startswith("ready on 127.0.0.1:")
    assert "chatapp.server.folder.certificate" in modules.split()
    assert not LATE & set(modules.split())
