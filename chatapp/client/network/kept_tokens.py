"""The device tokens that this device keeps, so that ``chat connect`` signs in without a question.

The file ``tokens`` in the configuration folder has one line for each account of a server: ``host:port name id place``.
``place`` is the token itself; or ``keyring`` if the system keyring has it; or, with ``-`` as the id, ``asked``: the
person was asked whether to stay signed in, and no token is kept. Only the owner can read the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from chatapp.client.network.lines_file import LinesFile, LockedError
from chatapp.client.network.pins import Address
from chatapp.errors import ChatError
from chatapp.protocol.names import fold
from chatapp.protocol.tokens import is_token

TOKEN_FILE = "tokens"
KEYRING_S = 5.0  # how long the system keyring may take to answer: it may have to ask the person for a password
_LOCK_S = 5.0
_SERVICE = "chatapp"  # the name of this program in the keyring
_KEYRING, _ASKED, _NO_ID = "keyring", "asked", "-"
_LINE = re.compile(r"(\S+:[0-9]+) (\S+) ([0-9a-f]{16}|-) (\S+)")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeptTokenError(ChatError):
    """The tokens of this device cannot be read or kept; the text says why, and has no token in it."""


class Kept(NamedTuple):
    """What this device keeps for an account: the id of a token and the token, both empty for none.

    ``asked``: the person was asked whether to stay signed in.
    """

    id: str = ""
    token: str = ""
    asked: bool = False

    def __repr__(self) -> str:
        return f"Kept(id={self.id!r}, asked={self.asked!r})"


class KeptTokens:
    """The tokens in ``folder``, which need not exist yet, and in the system keyring."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / TOKEN_FILE
        self._file = LinesFile(self.path)

    async def get(self, address: Address, name: str) -> Kept:
        """Return what is kept for the account ``name``. Raises KeptTokenError."""
        try:
            lines = self._file.lines()
            if lines and os.name == "posix" and self.path.stat().st_mode & _OTHERS:
                raise KeptTokenError(
                    f"Others can read {self.path}, so the tokens in it are not used. If nobody did, type"
                    f" `chmod 600 {self.path}`; otherwise revoke them with /tokens."
                )
        except (OSError, UnicodeDecodeError) as error:
            raise self._error("read", error) from None
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None or (match[1], match[2]) != _key(address, name):
                continue
            if match[3] == _NO_ID:
                return Kept(asked=True)
            token = match[4]
            if token == _KEYRING:
                token = await _with_keyring(lambda keyring: keyring.get_password(_SERVICE, _user(address, name))) or ""
            return Kept(match[3], token, True) if is_token(token) else Kept(asked=True)
        return Kept()

    async def keep(self, address: Address, name: str, token_id: str, token: str) -> str:
        """Keep a token, in the keyring if there is one, and otherwise in the file. Return where, in words.

        Raises KeptTokenError.
        """
        user = _user(address, name)

        def store(keyring: Any) -> bool:
            keyring.set_password(_SERVICE, user, token)
            return bool(keyring.get_password(_SERVICE, user) == token)  # some backends keep nothing

        # A keyring that answers too late must not have the token beside the file: nothing would remove it from there.
        in_keyring = await _with_keyring(store, lambda keyring: keyring.delete_password(_SERVICE, user)) is True
        await self._write(address, name, f"{token_id} {_KEYRING if in_keyring else token}")
        return "the keyring of this system" if in_keyring else str(self.path)

    async def note_asked(self, address: Address, name: str) -> None:
        """Remember that the person was asked; keep no token any more. Raises KeptTokenError."""
        was = await self._write(address, name, f"{_NO_ID} {_ASKED}")
        if was.endswith(f" {_KEYRING}"):
            await _with_keyring(lambda keyring: keyring.delete_password(_SERVICE, _user(address, name)))

    async def _write(self, address: Address, name: str, kept: str) -> str:
        """Replace the line of an account. Return the former line, or an empty text."""
        key = " ".join(_key(address, name))
        try:
            async with self._file.changing(_LOCK_S) as lines:
                was = next((line for line in lines if line.startswith(f"{key} ")), "")
                lines[:] = [line for line in lines if not line.startswith(f"{key} ")]
                lines.append(f"{key} {kept}")
            return was
        except LockedError:
            raise KeptTokenError(f"Another program has held {self._file.lock_path} for {_LOCK_S:g} s.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise self._error("written", error) from None

    def _error(self, done: str, error: OSError | UnicodeDecodeError) -> KeptTokenError:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return KeptTokenError(f"The file of tokens, {self.path}, cannot be {done}: {why}.")


def _key(address: Address, name: str) -> tuple[str, str]:
    return str(address), fold(name)


def _user(address: Address, name: str) -> str:
    """Return the name of the entry in the keyring."""
    return f"{fold(name)}@{address}"


async def _with_keyring(work: Callable[[Any], Any], undo: Callable[[Any], Any] | None = None) -> Any:
    """Return the result of ``work`` on the module ``keyring``; None without this module, on a failure, and if it takes
    longer than KEYRING_S. If ``work`` is done too late, ``undo`` follows it.

    It runs in a thread of its own, which does not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    lock = threading.Lock()
    results: list[Any] = []  # the result, if it came in time
    abandoned = False

    def run() -> None:
        try:
            keyring = importlib.import_module("keyring")  # an optional package, and slow to import
            result = work(keyring)
            with lock:
                if not abandoned:
                    results.append(result)
            if abandoned and undo is not None:
                undo(keyring)
        except Exception:  # backends raise whatever their systems do; its text might have the token
            pass
        finally:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), KEYRING_S)
    with lock:
        abandoned = True
    return results[0] if results else None
