"""Binds and connects the control socket, however long the path of its folder is.

The path of a Unix socket has at most 107 bytes on Linux and 103 on macOS, but the path of a data folder may be longer.
So this module opens the folder first and uses a short path: ``/proc/self/fd/N/control`` on Linux. Elsewhere it makes
the folder the current directory during the call, and uses the bare name.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from chatapp.errors import DataError

NAME = "control"
_PATH_BYTES_MAX = 100
_MODE = 0o600


def bind(folder: Path) -> socket.socket:
    """Return a new listening socket in ``folder``. Replace a socket that a killed server has left.

    The caller holds the lock of the folder, so no other server listens there. Raises DataError if a file that is not a
    socket has the name, and OSError if the system cannot make a socket there.
    """
    remove(folder)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # On Linux the file gets the mode of the socket at once, so other users can never connect.
        with contextlib.suppress(OSError):
            os.fchmod(sock.fileno(), _MODE)
        _reach(folder, sock.bind)
        os.chmod(folder / NAME, _MODE)
        sock.listen()
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def connect(folder: Path, timeout_s: float) -> socket.socket:
    """Return a socket connected to the server that listens in ``folder``. Raises OSError if no server does."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        _reach(folder, sock.connect)
    except BaseException:
        sock.close()
        raise
    return sock


def remove(folder: Path) -> None:
    """Remove the socket, if there is one. Raises DataError if a file that is not a socket has the name."""
    path = folder / NAME
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DataError(f"{path} is not a socket, and the server needs that name for one. Move it away.")
        path.unlink()
    except FileNotFoundError:
        pass


def _reach(folder: Path, call: Callable[[str], None]) -> None:
    """Call ``call`` (``bind`` or ``connect`` of a socket) with a path to the control socket that is short enough."""
    whole = str(folder / NAME)
    if len(os.fsencode(whole)) <= _PATH_BYTES_MAX:
        call(whole)
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if Path("/proc/self/fd").exists():
            call(f"/proc/self/fd/{opened}/{NAME}")
        else:
            _from_within(opened, call)
    finally:
        os.close(opened)


def _from_within(folder: int, call: Callable[[str], None]) -> None:
    """Call ``call`` with the bare name while the open folder is the current directory."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.fchdir(folder)
        try:
            call(NAME)
        finally:
            os.fchdir(before)
    finally:
        os.close(before)
