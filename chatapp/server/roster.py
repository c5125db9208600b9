"""Keeps the accounts in the state the same as in the password file, which other programs may also change."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Container, Mapping
from typing import Any

from chatapp.auth import Account as Entry
from chatapp.auth import PasswordStore, Tombstone
from chatapp.config import Config
from chatapp.counting import counted
from chatapp.errors import ChatError, LogUnavailableError, PasswordFileError
from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.model.state import State
from chatapp.protocol.lookalikes import look_of
from chatapp.protocol.names import fold, parse_nick
from chatapp.server.activity import Activity
from chatapp.server.proposals import EventRefusedError, Proposals

log = logging.getLogger(__name__)

_OTHER = "It cannot sign in: another server has the name. Remove it from the file."
STAY = "Until that is mended, the accounts stay as they were."


def why(error: LogUnavailableError) -> str:
    """Return only the reason from the error's text, without the advice for clients that send messages."""
    return str(error).removeprefix("Not stored: ").partition(". ")[0].removesuffix(".")


def is_same(entry: Entry, user: User) -> bool:
    """Return whether an entry of the password file is the same account as ``user``, which has the same name."""
    return not entry.id or entry.id == user.uid


class Roster:
    """Proposes events for changes of the password file, and adds missing ids and tombstones to the file."""

    def __init__(
        self,
        config: Config,
        state: State,
        proposals: Proposals,
        activity: Activity,
        file: PasswordStore,
        shares_log: bool = False,
    ) -> None:
        """``shares_log``: other servers share the log, so this password file need not have every account."""
        self._config = config
        self._state = state
        self._proposals = proposals
        self._activity = activity
        self._file = file
        self._shares_log = shares_log
        # Called with an account's uid when another program has changed its password. Set before any client can connect.
        self.on_new_password: Callable[[str], None]
        self._refreshing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None  # runs refresh() after another program changed the file
        self._behind = False  # the last refresh could not store all its events
        self.problem = ""  # why the last refresh failed, as a text for the administrator; else empty
        self.entries: Mapping[str, Entry] = {}  # as of the last refresh
        self._looks: dict[str, str] = {}  # look_of(name) -> name, of accounts and removed accounts
        self._buried: frozenset[str] = frozenset()  # casefolded names of the tombstones in the password file
        self._hashes: dict[str, str] = {}  # uid -> the hash that the account's sessions signed in with
        self.signing_up: set[str] = set()  # casefolded names of accounts that people are making for themselves
        self.passwords_changed = 0  # counts changes of passwords, and removals of accounts

    async def set_hash(self, user: User, hash: str, was: str, in_thread: Callable[..., Awaitable[Any]]) -> bool:
        """Write a new password hash for an account in place of ``was``, without calling :attr:`on_new_password`.

        ``in_thread`` runs a function in a thread; its errors pass through. Return False if the account was removed, or
        has another hash than ``was``: then somebody has changed its password meanwhile.
        """
        async with self._refreshing:  # so that no refresh takes this change of the file for another program's
            if self._state.users.get(user.uid) is not user:
                return False
            if not await in_thread(self._file.set_hash, user.name, hash, was):
                return False
            self._hashes[user.uid] = hash
            self.passwords_changed += 1
            return True

    async def withdraw(self, entry: Entry, in_thread: Callable[..., Awaitable[None]]) -> bool:
        """Remove an account from the password file unless the log has it. Return whether it was removed.

        ``in_thread`` runs a function in a thread; its errors pass through.
        """
        async with self._refreshing:  # so that no refresh stores the account in the log meanwhile
            user = self._state.users.get(entry.id)
            if user is not None and not user.guest:
                return False
            await in_thread(self._file.withdraw, entry)
            return True

    def password_mark(self, user: User) -> str:
        """Return a mark of an account's password, different for every new password; empty if its hash is not known.

        The mark is a digest of the stored hash, which has 128 bits of salt, so nobody can find a password with it.
        """
        hashed = self._hashes.get(user.uid, "")
        return hashlib.sha256(hashed.encode()).hexdigest()[:16] if hashed else ""

    def names_like(self, name: str) -> list[str]:
        """Return the names of accounts and removed accounts that look like ``name``, which may be one of them."""
        found = self._looks.get(look_of(name))
        return [] if found is None else [found]

    def was_removed(self, name: str) -> bool:
        """Return whether an account of this name was removed, even if the log never had the account."""
        return self._state.is_retired(name) or fold(name) in self._buried

    def check_file(self) -> None:
        """Read the password file at start-up; raises PasswordFileError."""
        self._read_file()

    def changed(self) -> bool:
        """Return whether :meth:`refresh` may have something to do."""
        try:
            return self._behind or self._file.changed()
        except PasswordFileError:
            return True  # refresh() reports the error

    def _read_file(self) -> Mapping[str, Entry]:
        """Read the accounts, by casefolded name.

        Raises PasswordFileError if the file is missing while the state has accounts. A missing file is a mistake, and
        not an order to remove them all.
        """
        entries = self._file.accounts()
        if not entries and not self._config.password_path.exists():
            known = sum(not user.guest for user in list(self._state.users.values()))  # a copy: this runs in a thread
            if known:
                raise PasswordFileError(
                    f"The password file {self._config.password_path} is missing, but the server knows"
                    f" {counted(known, 'account')}. Restore it from a backup. (To delete them all, make it an"
                    " empty file.)"
                )
        return entries

    def _read_and_complete(self) -> tuple[Mapping[str, Entry], tuple[Tombstone, ...]]:
        """Give an id to each account and tombstone without one, then return the accounts and tombstones (in a thread).

        This also writes back the fields that ``htpasswd`` has dropped from accounts that the server knew before.
        """
        entries = self._read_file()
        removed = self._file.removed()
        if all(entry.id for entry in entries.values()) and all(tombstone.id for tombstone in removed):
            return entries, removed
        try:
            self._file.complete(self._known())
        except PasswordFileError as error:
            self.complain(f"Accounts in the password file have no id, and cannot be given one. {error}")
        return self._read_file(), self._file.removed()

    def _known(self) -> dict[str, Entry]:
        """Return the accounts as they were before the password file changed, by casefolded name (in a thread)."""
        known: dict[str, Entry] = {}
        for user in list(self._state.users.values()):
            if not user.guest:
                folded = fold(user.name)
                was = self.entries.get(folded)
                other = was.other if was is not None else ()
                known[folded] = Entry(user.name, "", user.role == ADMINISTRATOR, user.uid, other)
        return known

    async def refresh(self) -> None:
        """Read the password file and store the events that make the state agree: accounts made, removed, new roles.

        A file with a mistake changes nothing, and is reported once. Raises LogUnavailableError if the log cannot store
        the events. New passwords count even then, as they need no event.
        """
        async with self._refreshing:
            try:
                entries, removed = await asyncio.to_thread(self._read_and_complete)
            except PasswordFileError as error:
                self.problem = str(error)
                self.complain(f"{error} {STAY}")
                return
            self._activity.accounts_compared(self.entries, entries)
            before, self.entries = self.entries, entries
            self._buried = frozenset(fold(tombstone.name) for tombstone in removed)
            names = [tombstone.name for tombstone in removed] + [entry.name for entry in entries.values()]
            self._looks = {look_of(name): name for name in names}
            self._behind = True
            buried = {tombstone.id for tombstone in removed}
            try:
                await self._store_changes(before, entries, buried)
            finally:
                self._compare_passwords(entries)
            self._behind = False
            self.problem = ""
            await self._bury(buried)

    async def _store_changes(
        self, before: Mapping[str, Entry], entries: Mapping[str, Entry], buried: Container[str]
    ) -> None:
        """Store an event for each account that was made, was removed, or has another role. Raises LogUnavailableError.

        ``before`` has the entries of the last refresh, ``buried`` the ids of tombstones. If other servers share the
        log, an account that this file does not have is theirs, unless the file had it before or has its tombstone; so
        is an account whose name has another account in this file.
        """
        for user in [user for user in self._state.users.values() if not user.guest]:
            folded = fold(user.name)
            entry, was = entries.get(folded), before.get(folded)
            if entry is not None and user.uid not in buried and is_same(entry, user):
                continue
            if not self._shares_log or user.uid in buried or (was is not None and is_same(was, user)):
                await self._settle(self._removal(user))
            elif entry is not None:
                self.complain(f"{entry.name} of the password file is not the account {user.name} of the log. {_OTHER}")
        for folded, entry in entries.items():
            user_now = self._state.user_named(folded)
            if user_now is None or user_now.guest:
                await self._create(entry, user_now)
            was = before.get(folded)
            if not self._shares_log or (entry.admin if was is None else was.admin != entry.admin):
                await self._set_role(entry)

    async def _bury(self, buried: Container[str]) -> None:
        """Write missing tombstones into the password file: those of accounts that another program removed from it."""
        gone = [gone for gone in self._state.gone.values() if gone.account and gone.uid not in buried]
        if gone:
            try:
                await asyncio.to_thread(self._file.bury, [Tombstone(each.name, each.uid) for each in gone])
            except PasswordFileError as error:
                self.complain(f"The password file does not tell that {gone[0].name} was removed. {error}")

    def _compare_passwords(self, entries: Mapping[str, Entry]) -> None:
        """Keep the hashes of the password file, and call ``on_new_password`` for each account whose hash changed."""
        hashes: dict[str, str] = {}
        for folded, entry in entries.items():
            user = self._state.user_named(folded)
            if user is not None and not user.guest and is_same(entry, user):
                hashes[user.uid] = entry.hash
        before, self._hashes = self._hashes, hashes
        self.passwords_changed += len(before.keys() - hashes.keys())  # another account may have the name now
        for uid, hashed in hashes.items():
            if before.get(uid, hashed) != hashed:
                self.passwords_changed += 1
                self.on_new_password(uid)
                self.note_act("passwd", self._state.users[uid].name)

    def look(self) -> None:
        """Start a refresh in a task if another program changed the password file, unless one is running."""
        if (self._task is None or self._task.done()) and self.changed():
            self._task = asyncio.get_running_loop().create_task(self._refresh_in_task())

    async def take_in(self) -> None:
        """Refresh, and return when the state has all changes made to the password file until now."""
        for _ in range(2):  # a task that is already running may have read the file before the last change
            self.look()
            if self._task is not None:
                await asyncio.shield(self._task)

    async def _refresh_in_task(self) -> None:
        try:
            await self.refresh()
        except LogUnavailableError as error:
            if not self._proposals.stopping:  # while stopping: the next start refreshes
                self.put_off(error)
        except Exception:
            log.exception("the password file could not be taken in")

    async def end(self, timeout_s: float) -> None:
        """Wait until the running refresh ends, for at most ``timeout_s``."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout_s)

    def put_off(self, error: LogUnavailableError) -> None:
        """Report that :meth:`refresh` could not store its events, and let :meth:`changed` ask for another refresh."""
        self._behind = True
        self.problem = why(error)
        self.complain(f"The accounts are not yet those of the password file. {error}")

    def complain(self, words: str) -> None:
        """Report a fault to the administrator; repeats of the same text are dropped during an outage."""
        self._activity.accounts_at_fault(words)

    def note_act(self, verb: str, target: str) -> None:
        """Let ``chat log`` show what was done on the server's machine; see ``events.ActNoted``."""
        self._proposals.note(self._proposals.event(events.ActNoted, None, verb=verb, target=target))

    def _removal(self, user: User) -> events.AccountRemoved:
        return self._proposals.event(events.AccountRemoved, user)

    async def _create(self, entry: Entry, guest: User | None) -> None:
        """Store one account of the file in the log. ``guest`` has its name, and leaves unless it became the account."""
        try:
            parse_nick(entry.name)
        except ChatError as error:
            log.warning("the account %r of the password file cannot be used: %s", entry.name, error)
            return
        new = self._proposals
        if guest is not None and guest.uid != entry.id:
            reason = "The name belongs to an account now"
            await self._settle(new.event(events.GuestLeft, guest, reason=reason))
        stamp = new.stamps.new("")
        event_id, _ = stamp
        uid = entry.id or event_id
        signs_up = fold(entry.name) in self.signing_up
        await self._settle(
            new.event(
                events.AccountCreated,
                None,
                stamp=stamp,
                actor=uid if signs_up else "",
                nick=entry.name if signs_up else "",
                uid=uid,
                name=entry.name,
                channel=self._config.lobby or "",
                modes=events.NEW_MODES,
            )
        )

    async def _set_role(self, entry: Entry) -> None:
        """Store the role that an account has in the file, if the state has another role."""
        user, role = self._state.user_named(entry.name), ADMINISTRATOR if entry.admin else ""
        if user is None or user.guest or not is_same(entry, user) or (role and user.resigned):
            return  # MODE -o gives up the role until OPER, although the file still has it
        if user.role != role or user.resigned:
            await self._settle(self._proposals.event(events.RoleSet, None, uid=user.uid, role=role))

    async def _settle(self, event: events.AnyEvent) -> None:
        try:
            await self._proposals.settle(event)
        except EventRefusedError as error:  # another event has made this one needless meanwhile
            log.debug("not needed any more: %s", error)
            return
        if isinstance(event, events.AccountCreated):
            self._activity.account_created(event.name)
        elif isinstance(event, events.AccountRemoved):
            self._activity.account_removed(event.nick)
