"""The client's end of the control socket: sends one request to the server that runs on a data folder."""

from __future__ import annotations

import json
import shlex
import socket
import time
from pathlib import Path
from typing import Any

from chatapp.errors import ControlError, NoServerError
from chatapp.server.control import place

ANSWER_BYTES_MAX = 64 * 1024 * 1024
TIMEOUT_S = 10.0


def ask(folder: Path, request: str, timeout_s: float = TIMEOUT_S, **arguments: object) -> dict[str, Any]:
    """Send one request to the server that runs on ``folder``, and return the ``ok`` object of its answer.

    ``timeout_s`` limits the whole exchange. Raises NoServerError if no server runs on the folder, and ControlError if
    the server refuses the request or does not answer in time.
    """
    deadline_s = time.monotonic() + timeout_s
    try:
        sock = place.connect(folder, timeout_s)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        given = f"--data {shlex.quote(str(folder))}"
        raise NoServerError(f"No server is running on {folder}. Start it with: chat serve PORT {given}") from None
    except PermissionError:
        raise ControlError(f"Only the user who runs the server on {folder} can ask it. Be that user.") from None
    except OSError as error:
        raise ControlError(f"The server on {folder} cannot be asked: {error.strerror or error}.") from error
    with sock:
        try:
            sock.sendall(json.dumps({"request": request, **arguments}).encode() + b"\n")
            line = _line(sock, deadline_s)
        except TimeoutError:
            raise ControlError(f"The server on {folder} did not answer within {timeout_s:g} s. Try again.") from None
        except OSError as error:
            raise ControlError(f"The server on {folder} ended before it answered.") from error
    try:
        answer = json.loads(line)
        if "error" in answer:
            raise ControlError(str(answer["error"]))
        told = answer["ok"]
    except (ValueError, KeyError, TypeError):
        raise ControlError(f"What the server on {folder} answered cannot be read. Is it another version?") from None
    assert isinstance(told, dict)
    return told


def _line(sock: socket.socket, deadline_s: float) -> bytes:
    """Read one line of at most ANSWER_BYTES_MAX bytes. Raises TimeoutError and OSError."""
    data = bytearray()
    while not data.endswith(b"\n"):
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        sock.settimeout(left_s)
        more = sock.recv(65536)
        if not more or len(data) > ANSWER_BYTES_MAX:
            raise ConnectionError
        data += more
    return bytes(data)
