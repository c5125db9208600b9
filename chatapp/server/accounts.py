"""Signing in and up, and keeping the accounts of the state the same as those of the password file.

Hashing runs in a process of low priority, so that a storm of sign-ins may queue but chat may not. The password file may
be changed by other programs at any time; :meth:`Accounts.refresh` proposes the events that the change comes to.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple, Unpack

from chatapp.auth import Account as Entry
from chatapp.auth import Hasher, PasswordFile, Throttle, address_key, check_new_password
from chatapp.config import Config
from chatapp.errors import (
    AccountExistsError,
    AuthError,
    ChatError,
    LogUnavailableError,
    NameNotAllowedError,
    PasswordFileError,
)
from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.model.state import State
from chatapp.protocol.names import fold, parse_nick
from chatapp.server.activity import Activity
from chatapp.server.allowances import Allowances, Rate
from chatapp.server.proposals import EventRefusedError, Proposals

log = logging.getLogger(__name__)

_STAY = "Until that is mended, the accounts stay as they were."
_Args = TypeVarTuple("_Args")
Pause = Callable[[float, str], Awaitable[None]]
_Result = TypeVar("_Result")
_FULL = "The server's disk is full, so its accounts stay as they are. Try again when its administrator has made room."
_NOT_NOW = "The server cannot get at its accounts at the moment. Try again later, or tell who runs it."
_SLOW = "Signing in is slow after wrong passwords from your address, or for this account. Yours waits for its turn."
_TELL_S = 2.0  # who has to wait so long before its password is looked at, is told why
_BUSY = "Too many people are signing in at this moment. Try again in a few seconds."


class WrongPasswordError(ChatError):
    """The name is unknown or the password is wrong; which of them is not told."""


class BusyError(ChatError):
    """Too many sign-ins wait, or too many sign-ups came from one address."""


class Accounts:
    """The accounts of one server."""

    def __init__(
        self,
        config: Config,
        state: State,
        proposals: Proposals,
        clock: Callable[[], float],
        on_new_password: Callable[[str], None],
        activity: Activity,
    ) -> None:
        """``on_new_password`` is called with an account's uid when another program has changed its password."""
        self._config = config
        self._activity = activity
        self._state = state
        self._proposals = proposals
        self._clock = clock
        self._file = PasswordFile(config.password_path)
        self._throttle = Throttle(config)
        self._threads = ThreadPoolExecutor(config.hash_processes, "accounts")
        self._hasher = Hasher()
        self._turn = asyncio.Semaphore(config.hash_processes)
        self._waiting = 0
        self._closed = False
        self._refreshing = asyncio.Lock()
        self._behind = False  # the state could not be brought up to the file
        self._complained = ""
        self._entries: Mapping[str, Entry] = {}  # as of the last refresh
        self._on_new_password = on_new_password
        self._hashes: dict[str, str] = {}  # uid -> the hash that the account's sessions signed in with
        self._passwords_changed = 0  # grows with each
        self._sign_ups = Allowances(
            Rate(config.sign_ups_per_address_burst, 1 / config.sign_ups_per_address_s), config.address_table_max
        )

    def close(self) -> None:
        """End the threads; nobody needs the result of the hashes that they wait for."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._hasher.close()

    def has_administrator(self) -> bool:
        """Tell whether any account is an administrator's. Raises PasswordFileError."""
        return any(entry.admin for entry in self._file.accounts().values())

    def knows(self, name: str) -> bool:
        """Tell whether an account has this name."""
        user = self._state.user_named(name)
        return user is not None and not user.guest

    # Signing in

    async def sign_in(self, name: str, password: str, address: str, pause: Pause) -> str:
        """Check a password, and return the account's uid.

        ``pause`` waits for so many seconds, having told the words, if any, to who waits; what it raises ends this, as
        when nobody waits for the answer any more.
        Raises WrongPasswordError (after a delay that grows with each), BusyError and AuthError.
        """
        uid = ""
        changes = -1
        while changes != self._passwords_changed:  # else it may have been this one's, after it was checked
            changes = self._passwords_changed
            await self._check(name, password, address, pause)
            uid = await self._uid_of(name)
        return uid

    async def _check(self, name: str, password: str, address: str, pause: Pause) -> None:
        """Check a password; see :meth:`sign_in`."""
        good: bool | None = None
        told = False
        began_s = self._clock()
        while good is None:
            while (wait := self._wait_s(name, address, began_s)) > 0:
                await pause(wait, _SLOW if wait >= _TELL_S and not told else "")
                told = told or wait >= _TELL_S
            async with self._queue_for_turn():
                if self._wait_s(name, address, began_s) > 0:
                    continue  # somebody guessed wrong meanwhile
                good = await self._in_thread(self._judge, name, password)
                (self._throttle.succeeded if good else self._throttle.failed)(name, address, self._clock())
        if not good:
            await pause(self._wait_s(name, address, self._clock()), "")
            raise WrongPasswordError("The name or the password is wrong.")

    async def _uid_of(self, name: str) -> str:
        """Find the account of a name that is in the password file. Raises WrongPasswordError if it is removed."""
        if self.changed() or not self.knows(name):
            try:
                await self.refresh()
            except LogUnavailableError as error:
                if not self.knows(name):
                    raise
                self.put_off(error)
        user = self._state.user_named(name)
        if user is None or user.guest:
            raise WrongPasswordError("The account was removed at this moment.")
        return user.uid

    def _wait_s(self, name: str, address: str, began_s: float) -> float:
        """Tell for how long this account may not be tried from this address, by one who began to wait then."""
        if not self._config.rate_limits:
            return 0.0
        now_s = self._clock()
        return self._throttle.wait_s(name, address, now_s, now_s - began_s)

    def _judge(self, name: str, password: str) -> bool:
        """Check a password (in a thread)."""
        try:
            entry = self._file.get(name)
            cost = self._file.refusal_cost(self._config.bcrypt_cost)
        except PasswordFileError as error:  # until that is mended, the accounts stay as they were
            self._complain(f"{error} {_STAY}")
            entry, cost = self._entries.get(fold(name)), self._config.bcrypt_cost
        return self._hasher.verify_evenly(None if entry is None else entry.hash, password, cost)

    async def change_password(self, uid: str, old: str, new: str, address: str, pause: Pause) -> None:
        """Give the account ``uid`` the password ``new``, if ``old`` is its password.

        ``on_new_password`` is not called: who asks for this ends the account's other sessions.
        Raises PasswordError for a new password that cannot be used, and what :meth:`sign_in` raises.
        """
        check_new_password(new, self._config.password_chars_min)
        user = self._state.users[uid]
        await self._check(user.name, old, address, pause)
        async with self._queue_for_turn():
            hashed = await self._in_thread(self._hasher.hash_password, new, self._config.bcrypt_cost)
        async with self._refreshing:  # so that the file's change is not taken for another program's
            if self._state.users.get(uid) is not user:
                raise WrongPasswordError("The account was removed at this moment.")
            await self._in_thread(self._file.set_hash, user.name, hashed)
            self._hashes[uid] = hashed
            self._passwords_changed += 1

    # Signing up

    async def sign_up(self, name: str, password: str, address: str, guest_uid: str = "") -> str:
        """Make an account and return its uid; a guest of this name becomes it.

        Raises NameNotAllowedError, PasswordError, AccountExistsError, BusyError and other AuthErrors.
        """
        parse_nick(name)
        check_new_password(password, self._config.password_chars_min)
        holder = self._state.user_named(name)
        if holder is not None and not holder.guest:
            raise AccountExistsError(f"{name} has an account already. Sign in to it, or take another name.")
        if holder is not None and holder.uid != guest_uid:
            raise NameNotAllowedError("A guest goes by that name just now. Take another one.")
        self._count_sign_up(address)
        async with self._queue_for_turn():
            entry = await self._in_thread(self._make, name, password, guest_uid)
        try:
            await self.refresh()
        except LogUnavailableError as error:
            self.put_off(error)
            raise AuthError(f"The account is made, but cannot be used yet. {error}") from error
        user = self._state.user_named(entry.name)
        if user is None or user.guest:
            raise AuthError("The account was removed at this moment.")
        return user.uid

    def _make(self, name: str, password: str, guest_uid: str) -> Entry:
        """Make an account in the file (in a thread)."""
        return self._file.add(name, self._hasher.hash_password(password, self._config.bcrypt_cost), id=guest_uid)

    def _count_sign_up(self, address: str) -> None:
        """Take one of an address's sign-ups, or raise BusyError."""
        if not self._config.rate_limits:
            return
        address, now = address_key(address), self._clock()
        if self._sign_ups.wait_s(address, now) > 0:
            raise BusyError("Too many accounts were made from your address. Try again in a minute.")
        self._sign_ups.take(address, now)

    @contextlib.asynccontextmanager
    async def _queue_for_turn(self) -> AsyncIterator[None]:
        """Wait for a turn to hash; raise BusyError where too many wait."""
        if self._waiting >= self._config.hash_queue_max:
            raise BusyError(_BUSY)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    async def _in_thread(self, work: Callable[[Unpack[_Args]], _Result], *args: *_Args) -> _Result:
        if self._closed:
            raise AuthError("The server is stopping.")
        try:
            return await asyncio.wrap_future(self._threads.submit(work, *args))
        except PasswordFileError as error:  # its words name a file of the server, and this goes to strangers
            self._complain(str(error))
            cause = error.__cause__
            full = isinstance(cause, OSError) and cause.errno == errno.ENOSPC
            raise AuthError(_FULL if full else _NOT_NOW) from error

    # The password file and the state

    def check_file(self) -> None:
        """Read the password file at start-up, and keep others from reading it; raises PasswordFileError."""
        self._read_file()
        if self._file.tighten():
            log.warning("%s could be read by others; now only its owner can", self._config.password_path)

    def changed(self) -> bool:
        """Tell whether :meth:`refresh` may have something to do."""
        try:
            return self._behind or self._file.changed()
        except PasswordFileError:
            return True  # refresh() complains of it

    def _read_file(self) -> Mapping[str, Entry]:
        """Read the accounts; a file that is gone is a mistake while accounts are known, not the end of them all."""
        entries = self._file.accounts()
        if not entries and not self._config.password_path.exists():
            known = sum(not user.guest for user in list(self._state.users.values()))  # in a thread, while they change
            if known:
                raise PasswordFileError(
                    f"The password file {self._config.password_path} is missing, but {known} accounts are known."
                    " Restore it from a backup. (To delete them all, make it an empty file.)"
                )
        return entries

    def _read_and_restore(self) -> Mapping[str, Entry]:
        """Read the accounts, having put back what ``htpasswd`` has dropped of those known before (in a thread)."""
        entries = self._read_file()
        known = (self._entries.get(folded) for folded, entry in entries.items() if not entry.has_fields)
        robbed = [entry for entry in known if entry is not None and entry.has_fields]
        try:
            for entry in robbed:
                self._file.restore_fields(entry)
        except PasswordFileError as error:
            self._complain(f"What the password file said of {robbed[0].name} but the password is gone. {error}")
        return self._read_file() if robbed else entries

    async def refresh(self) -> None:
        """Propose what the password file has come to: accounts made, accounts removed.

        A file with a mistake in it changes nothing, and is complained of once. Raises LogUnavailableError.
        """
        async with self._refreshing:
            try:
                entries = await asyncio.to_thread(self._read_and_restore)
            except PasswordFileError as error:
                self._complain(f"{error} {_STAY}")
                return
            self._activity.accounts_compared(self._entries, entries)
            self._entries = entries
            self._behind = True
            for user in [user for user in self._state.users.values() if not user.guest]:
                entry = entries.get(fold(user.name))
                if entry is None or (entry.id and entry.id != user.uid):
                    await self._settle(self._removal(user))
            for folded, entry in entries.items():
                user_now = self._state.user_named(folded)
                if user_now is None or user_now.guest:
                    await self._create(entry, user_now)
                await self._set_role(entry)
            self._compare_passwords(entries)
            self._behind = False
            self._complained = ""

    def _compare_passwords(self, entries: Mapping[str, Entry]) -> None:
        """Note the hashes of the password file, and tell of the accounts whose password is not what it was."""
        hashes: dict[str, str] = {}
        for folded, entry in entries.items():
            user = self._state.user_named(folded)
            if user is not None and not user.guest:
                hashes[user.uid] = entry.hash
        before, self._hashes = self._hashes, hashes
        for uid, hashed in hashes.items():
            if before.get(uid, hashed) != hashed:
                self._passwords_changed += 1
                self._on_new_password(uid)

    def put_off(self, error: LogUnavailableError) -> None:
        """Complain that :meth:`refresh` could not store its changes; it is to be called again."""
        self._behind = True
        self._complain(f"The accounts are not yet those of the password file. {error}")

    def _complain(self, words: str) -> None:
        """Tell the administrator, once."""
        if words != self._complained:
            log.error("%s", words)
            self._complained = words

    def _removal(self, user: User) -> events.AccountRemoved:
        return self._proposals.event(events.AccountRemoved, user)

    async def _create(self, entry: Entry, guest: User | None) -> None:
        """Bring one account of the file into the state; a guest that has its name and is not its owner makes way."""
        try:
            parse_nick(entry.name)
        except ChatError as error:
            log.warning("the account %r of the password file cannot be used: %s", entry.name, error)
            return
        new = self._proposals
        if guest is not None and guest.uid != entry.id:
            reason = "The name belongs to an account now"
            await self._settle(new.event(events.GuestLeft, guest, reason=reason))
        event_id, time = new.stamps.new("")
        uid = entry.id or event_id
        await self._settle(
            events.AccountCreated(
                id=event_id,
                time=time,
                actor=uid,
                nick=entry.name,
                uid=uid,
                name=entry.name,
                channel=self._config.lobby or "",
            )
        )

    async def _set_role(self, entry: Entry) -> None:
        """Give an account the role that the file says it has, where that is another one."""
        user, role = self._state.user_named(entry.name), ADMINISTRATOR if entry.admin else ""
        if user is not None and not user.guest and user.role != role:
            await self._settle(events.RoleSet(**self._proposals.stamp(), uid=user.uid, role=role))

    async def _settle(self, event: events.AnyEvent) -> None:
        try:
            await self._proposals.settle(event)
        except EventRefusedError as error:  # it came about in another way meanwhile
            log.debug("not needed any more: %s", error)
            return
        if isinstance(event, events.AccountCreated):
            self._activity.account_created(event.name)
        elif isinstance(event, events.AccountRemoved):
            self._activity.account_removed(event.nick)
