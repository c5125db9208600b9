"""The password file: reads the accounts again after each change of the file, and changes the file without losing data.

Several programs write the file: the server, ``chat adduser`` and other subcommands, ``htpasswd``, text editors. Our
programs replace the whole file under a lock. Other programs overwrite the file in place, or remove it for a moment; a
reader then sees half of the accounts, or no accounts. If the server believed that, it would end connections and
memberships for nothing. So, when another program wrote the file, missing accounts and broken lines count only if the
file is still the same after ``SETTLE_S``; new accounts and new passwords count at once. A caller without earlier
accounts (at start), or that will write the content back, waits until the file has not changed for ``SETTLE_S``.

The lock binds only our programs: what ``htpasswd`` writes at the moment of one of our changes may be lost.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from chatapp.auth import lines, whole_file
from chatapp.auth.lines import Account, Line, Tombstone, check_not_removed
from chatapp.auth.whole_file import Stamp
from chatapp.casemap import fold
from chatapp.errors import AccountExistsError, NoSuchAccountError, PasswordFileError
from chatapp.reading import open_at_once, read_regular

FILE_BYTES_MAX = 64 * 1024 * 1024  # about 500,000 accounts
LOCK_TIMEOUT_S = 10.0
SETTLE_S = 0.3
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # the disk is full, or the user's disk quota is used up


class _Doubt(NamedTuple):
    """A file that may be half written: its stamp, and the time since which it has had this stamp."""

    stamp: Stamp | None
    since_s: float


class _Seen(NamedTuple):
    """The result of the last read; ``stamp`` is ``None`` for a missing file.

    If ``problem`` (the text of an error) is set, the accounts are those from before the problem.
    """

    stamp: Stamp | None
    accounts: Mapping[str, Account]
    cost_max: int
    removed: tuple[Tombstone, ...] = ()
    problem: str = ""
    doubt: _Doubt | None = None

    @classmethod
    def whole(cls, stamp: Stamp | None, content: list[Line]) -> _Seen:
        accounts = MappingProxyType(lines.index(content))
        cost_max = max((lines.cost_of(account.hash) for account in accounts.values()), default=0)
        return cls(stamp, accounts, cost_max, lines.tombstones(content))

    def good(self) -> Mapping[str, Account]:
        if self.problem:
            raise PasswordFileError(self.problem)
        return self.accounts


_NOTHING = _Seen(None, MappingProxyType({}), 0)


class PasswordFile:
    """The accounts in the file ``path``. A missing file has no accounts; adding the first account creates the file.

    Every method raises PasswordFileError when the file cannot be read, parsed or written. Methods may be called from
    several threads. Methods that change the file wait for the disk and for other writers: never call them in an event
    loop. ``name`` arguments may be in any case, as typed.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._seen: _Seen | None = None
        self._handed_out: Mapping[str, Account] | None = None

    # Reading

    def accounts(self) -> Mapping[str, Account]:
        """Return all accounts by casefolded name: the same object as last time, unless the file has changed.

        The mapping is immutable, so a caller may keep it and compare. While the file has a syntax error, every call
        raises PasswordFileError; the mapping that the caller kept is the last good state.
        """
        seen = self._look()
        self._handed_out = seen.accounts
        return seen.good()

    def removed(self) -> tuple[Tombstone, ...]:
        """Return the tombstones of all removed accounts."""
        seen = self._look()
        seen.good()
        return seen.removed

    def get(self, name: str) -> Account | None:
        """Return the account with this name, or ``None``."""
        return self._look().good().get(fold(name))

    def refusal_cost(self, cost: int) -> int:
        """Return the bcrypt cost of a refused sign-in: ``cost``, or the highest cost in the file if that is higher."""
        return max(cost, self._look().cost_max)

    @property
    def size_bytes(self) -> int:
        """Return the size of the file as it was last read or written; 0 if it was missing then."""
        seen = self._seen
        return seen.stamp.size if seen is not None and seen.stamp is not None else 0

    def changed(self) -> bool:
        """Return whether :meth:`accounts` may return another mapping than in its last call. Takes one stat()."""
        seen = self._seen
        return (
            seen is None
            or seen.accounts is not self._handed_out
            or seen.doubt is not None
            or self._stat() != seen.stamp
        )

    # Changing

    def add(
        self,
        name: str,
        hash: str,
        *,
        admin: bool = False,
        id: str = "",
        reuse: bool = False,
        judge: Callable[[Iterable[str]], None] = lambda names: None,
    ) -> Account:
        """Add an account and return it. Its id is ``id`` (16 hexadecimal digits) or, if that is empty, a random id.

        With ``reuse`` the name may be that of a removed account; the new account still has an id of its own. ``judge``
        gets the names of all accounts, removed accounts included, and raises an error to refuse the new name.
        Raises AccountExistsError, NameReservedError (a removed account had the name) and NameNotAllowedError.
        """
        lines.check_name(name)
        account = Account(name, hash, admin, id or secrets.token_hex(8))
        assert lines.is_bcrypt(hash)
        assert lines.is_id(account.id)
        with self._change() as content:
            taken = lines.index(content).get(fold(name))
            if taken is not None:
                raise AccountExistsError(f"{taken.name} has an account already.")
            removed = lines.tombstones(content)
            if not reuse:
                check_not_removed(name, removed)
            names = [line.account.name for line in content if line.account is not None]
            judge(names + [tombstone.name for tombstone in removed])
            assert all(line.account is None or line.account.id != account.id for line in content)
            content.append(Line(lines.render(account) + b"\n", account))
        return account

    def set_hash(self, name: str, hash: str, was: str = "") -> bool:
        """Set an account's password hash to ``hash`` (bcrypt), and return True.

        With ``was``, return False and change nothing if the account has another hash than ``was``: another program has
        given it another password meanwhile. Raises NoSuchAccountError.
        """
        assert lines.is_bcrypt(hash)
        replaced = True

        def change(account: Account) -> Account:
            nonlocal replaced
            replaced = not was or account.hash == was
            return replace(account, hash=hash) if replaced else account

        self._update(name, change)
        return replaced

    def set_admin(self, name: str, admin: bool) -> None:
        """Set whether an account is an administrator. Raises NoSuchAccountError."""
        self._update(name, lambda account: replace(account, admin=admin))

    def complete(self, known: Mapping[str, Account]) -> None:
        """Give an id to every account and every tombstone without an id.

        ``known`` are the accounts as they were before, by casefolded name. A tombstone without an id gets the id of the
        known account with its name. An account whose line ``htpasswd`` rewrote gets back its id, ``admin`` and the
        fields of other programs. If that id belongs to a tombstone, the account is a new account with a new id.
        """
        with self._change() as content:
            ids = {line.account.id for line in content if line.account is not None}
            ids |= {line.tombstone.id for line in content if line.tombstone is not None}
            for place, line in enumerate(content):
                if line.tombstone is not None and not line.tombstone.id:
                    was = known.get(fold(line.tombstone.name))
                    tombstone = line.tombstone._replace(id=_id_of(was, ids))
                    content[place] = lines.buried(tombstone)
                    ids.add(tombstone.id)
            for place, line in enumerate(content):
                account = line.account
                if account is not None and not account.id:
                    was = known.get(fold(account.name))
                    completed = replace(account, id=_id_of(was, ids))
                    if was is not None and was.id == completed.id and not account.has_fields:
                        completed = replace(completed, admin=was.admin, other=was.other)
                    content[place] = lines.replaced(line, completed)
                    ids.add(completed.id)

    def remove(self, name: str) -> None:
        """Replace an account with a tombstone. Raises NoSuchAccountError."""
        with self._change() as content:
            position = _find(content, name)
            account = content[position].account
            assert account is not None
            content[position] = lines.buried(Tombstone(account.name, account.id))

    def withdraw(self, account: Account) -> None:
        """Delete ``account``, which was just added and never used, without a tombstone: its name is free again.

        Does nothing if another program has changed or removed the account.
        """
        with self._change() as content:
            content[:] = [line for line in content if line.account != account]

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        """Add tombstones for accounts that another program has deleted, unless the file has their id already."""
        with self._change() as content:
            ids = {line.tombstone.id for line in content if line.tombstone is not None}
            ids |= {line.account.id for line in content if line.account is not None}
            content += [lines.buried(tombstone) for tombstone in tombstones if tombstone.id not in ids]

    # The whole file

    def read_whole(self) -> bytes | None:
        """Return the content of the file once no program seems to be writing it; ``None`` for a missing file."""
        stamp, data, _ = self._read_settled()
        lines.parse(data, str(self.path))
        return data if stamp is not None else None

    def write_whole(self, data: bytes, keep_old_in: Path) -> None:
        """Replace the content of the file with ``data``; copy the old file to ``keep_old_in``, which must not exist."""
        lines.parse(data, str(self.path))
        try:
            path = whole_file.place_to_write(self.path)
            with whole_file.locked(path, LOCK_TIMEOUT_S) as lock:
                if path.exists():
                    with open(os.open(keep_old_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                        copy.write(read_regular(path))
                        copy.flush()
                        os.fsync(copy.fileno())
                whole_file.replace(path, data, lock)
        except TimeoutError:
            raise self._lock_timeout() from None
        except OSError as error:
            raise self._io_error("write", error) from error

    def tighten(self) -> bool:
        """Set mode 0600 if anybody but the owner has any access to the file; return whether the mode has changed."""
        try:
            mode = os.stat(self.path).st_mode
            if os.name != "posix" or not mode & 0o077:
                return False
            os.chmod(whole_file.place_to_write(self.path), 0o600)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._io_error("protect", error) from error
        return True

    # Internals

    def _look(self) -> _Seen:
        seen = self._seen
        if seen is None or seen.doubt is not None or self._stat() != seen.stamp:
            seen = self._seen = self._judge(seen)
        return seen

    def _real_path(self) -> Path:
        """Return the target of a symbolic link: a change replaces the target, and the link stays."""
        return Path(os.path.realpath(self.path))

    def _stat(self) -> Stamp | None:
        try:
            return Stamp.of(os.stat(self.path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._io_error("read", error) from error

    def _judge(self, previous: _Seen | None) -> _Seen:
        """Read the file, and return which accounts count now: after a doubtful read, those of ``previous``."""
        stamp, data, torn = self._read() if previous else self._read_settled()
        before = previous or _NOTHING
        try:
            found = _Seen.whole(stamp, lines.parse(data, str(self.path)))
        except PasswordFileError as error:
            found = before._replace(stamp=stamp, problem=str(error), doubt=None)
        if previous is None or whole_file.is_whole(self._real_path(), stamp):
            return found

        # Another program wrote the file. Is the file half written?
        now_s = self._clock()
        doubt = before.doubt
        if doubt is None or doubt.stamp != stamp or torn:
            doubt = _Doubt(stamp, now_s)
        if now_s - doubt.since_s >= SETTLE_S:
            return found
        if found.problem or not data.endswith(b"\n") or _loses(before.accounts, found.accounts):
            return before._replace(doubt=doubt)
        return found._replace(stamp=before.stamp, doubt=doubt)

    def _read(self) -> tuple[Stamp | None, bytes, bool]:
        """Return the file's stamp, its content, and whether another program wrote to it during the read."""
        try:
            with open(self.path, "rb", opener=open_at_once) as file:
                before = os.fstat(file.fileno())
                if not stat.S_ISREG(before.st_mode):
                    raise PasswordFileError(f"{self.path} is not a file. Move it away, and accounts can be kept there.")
                data = file.read(FILE_BYTES_MAX + 1)
                after = os.fstat(file.fileno())
        except FileNotFoundError:
            return None, b"", False
        except OSError as error:
            raise self._io_error("read", error) from error
        if len(data) > FILE_BYTES_MAX:
            raise PasswordFileError(f"{self.path} is over {FILE_BYTES_MAX:,} bytes; that is no password file.")
        return Stamp.of(after), data, Stamp.of(before) != Stamp.of(after)

    def _read_settled(self) -> tuple[Stamp | None, bytes, bool]:
        """Wait until no program seems to be writing the file (usually no time at all), and return as :meth:`_read`."""
        path = self._real_path()
        start_s = time.monotonic()
        while (waited_s := time.monotonic() - start_s) < LOCK_TIMEOUT_S:
            stamp, data, torn = self._read()
            if stamp is None:
                left_alone = waited_s >= SETTLE_S or not whole_file.was_there(path)
            else:
                age_s = time.time() - stamp.mtime_ns / 1e9
                left_alone = not 0 <= age_s < SETTLE_S or whole_file.is_whole(path, stamp)
            if left_alone and not torn:
                return stamp, data, False
            time.sleep(SETTLE_S / 10)
        raise PasswordFileError(f"Another program has been writing {self.path} for {waited_s:.0f} s. Try again later.")

    @contextlib.contextmanager
    def _change(self) -> Iterator[list[Line]]:
        """Yield the lines of the file, under the lock; write them back when the block ends without an error."""
        try:
            path = whole_file.place_to_write(self.path)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with whole_file.locked(path, LOCK_TIMEOUT_S) as lock:
                content = lines.parse(self._read_settled()[1], str(self.path))
                yield content
                stamp = whole_file.replace(path, lines.join(content), lock)
                self._seen = _Seen.whole(stamp, content)
        except TimeoutError:
            raise self._lock_timeout() from None
        except OSError as error:
            raise self._io_error("write", error) from error

    def _update(self, name: str, change: Callable[[Account], Account]) -> None:
        with self._change() as content:
            position = _find(content, name)
            account = content[position].account
            assert account is not None
            content[position] = lines.replaced(content[position], change(account))

    def _lock_timeout(self) -> PasswordFileError:
        lock = f"{self._real_path()}.lock"
        return PasswordFileError(f"Another program has kept {lock} for {LOCK_TIMEOUT_S:.0f} s. End it, then try again.")

    def _io_error(self, verb: str, error: OSError) -> PasswordFileError:
        hint = ""
        if isinstance(error, PermissionError):
            hint = " Run chat as the user it belongs to."
        elif error.errno in NO_ROOM:
            hint = " Nothing was changed. Make room on its disk, then try again."
        return PasswordFileError(f"Cannot {verb} the password file {self.path}: {error.strerror or error}.{hint}")


def _find(content: list[Line], name: str) -> int:
    for position, line in enumerate(content):
        if line.account is not None and fold(line.account.name) == fold(name):
            return position
    raise NoSuchAccountError(f"{name} has no account.")


def _id_of(was: Account | None, ids: Container[str]) -> str:
    """Return the id of the account ``was``; a new id if there is none, or if ``ids`` contains that id already."""
    return was.id if was is not None and was.id and was.id not in ids else secrets.token_hex(8)


def _loses(before: Mapping[str, Account], after: Mapping[str, Account]) -> bool:
    """Return whether ``after`` lacks an account of ``before``, or has another id for it."""
    return any(name not in after or after[name].id != account.id for name, account in before.items())
