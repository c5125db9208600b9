"""Keeps the accounts of the state the same as those of the password file, which other programs change too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Mapping

from chatapp.auth import Account as Entry
from chatapp.auth import PasswordFile, Tombstone
from chatapp.config import Config
from chatapp.errors import ChatError, LogUnavailableError, PasswordFileError
from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR, User
from chatapp.model.state import State
from chatapp.protocol.lookalikes import look_of
from chatapp.protocol.names import fold, parse_nick
from chatapp.server.activity import Activity
from chatapp.server.proposals import EventRefusedError, Proposals

log = logging.getLogger(__name__)

STAY = "Until that is mended, the accounts stay as they were."


def why(error: LogUnavailableError) -> str:
    """Return the reason alone, without what the error advises to people who send messages."""
    return str(error).removeprefix("Not stored: ").partition(". ")[0].removesuffix(".")


def is_same(entry: Entry, user: User) -> bool:
    """Tell whether an entry of the password file is the account that has its name in the state."""
    return not entry.id or entry.id == user.uid


class Roster:
    """Proposes the events that a change of the password file means, and completes the file."""

    def __init__(
        self,
        config: Config,
        state: State,
        proposals: Proposals,
        activity: Activity,
        file: PasswordFile,
        shares_log: bool = False,
    ) -> None:
        """``shares_log``: other servers share the log, so an account need not be one of this password file."""
        self._config = config
        self._state = state
        self._proposals = proposals
        self._activity = activity
        self._file = file
        self._shares_log = shares_log
        # Called with an account's uid when another program has changed its password; set before anybody can sign in.
        self.on_new_password: Callable[[str], None]
        self._refreshing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None  # takes in what other programs changed
        self._behind = False  # the state could not be brought up to the file
        self.problem = ""  # why the last refresh could not take in the file, in words for the administrator
        self.entries: Mapping[str, Entry] = {}  # as of the last refresh
        self._looks: dict[str, str] = {}  # look of a name -> the name of an account, or of one that was removed
        self._buried: frozenset[str] = frozenset()  # folded names of the tombstones in the password file
        self._hashes: dict[str, str] = {}  # uid -> the hash that the account's sessions signed in with
        self.passwords_changed = 0  # grows with each

    async def set_hash(self, user: User, hash: str, in_thread: Callable[..., Awaitable[None]]) -> bool:
        """Give an account another password, which is not told to :attr:`on_new_password`.

        ``in_thread`` runs a function in a thread. Returns whether the account is still there; raises what ``in_thread``
        does.
        """
        async with self._refreshing:  # so that the file's change is not taken for another program's
            if self._state.users.get(user.uid) is not user:
                return False
            await in_thread(self._file.set_hash, user.name, hash)
            self._hashes[user.uid] = hash
            self.passwords_changed += 1
            return True

    async def withdraw(self, entry: Entry, in_thread: Callable[..., Awaitable[None]]) -> bool:
        """Take an account out of the password file that is not in the log; return whether it was not.

        ``in_thread`` runs a function in a thread; raises what it does.
        """
        async with self._refreshing:  # so that no refresh stores the account meanwhile
            user = self._state.users.get(entry.id)
            if user is not None and not user.guest:
                return False
            await in_thread(self._file.withdraw, entry)
            return True

    def names_like(self, name: str) -> list[str]:
        """Return the names of accounts, also of removed accounts, that look like this name; it may be among them."""
        found = self._looks.get(look_of(name))
        return [] if found is None else [found]

    def was_removed(self, name: str) -> bool:
        """Tell whether an account of this name was removed, also where that was before the log knew of the account."""
        return self._state.is_retired(name) or fold(name) in self._buried

    def check_file(self) -> None:
        """Read the password file at start-up; raises PasswordFileError."""
        self._read_file()

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

    def _read_and_complete(self) -> tuple[Mapping[str, Entry], tuple[Tombstone, ...]]:
        """Read accounts and tombstones, having given those an id that have none (in a thread).

        What ``htpasswd`` has dropped of the accounts known before is put back.
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
        """Return the accounts as they were before the password file changed, by folded name (in a thread)."""
        known: dict[str, Entry] = {}
        for user in list(self._state.users.values()):
            if not user.guest:
                folded = fold(user.name)
                was = self.entries.get(folded)
                other = was.other if was is not None else ()
                known[folded] = Entry(user.name, "", user.role == ADMINISTRATOR, user.uid, other)
        return known

    async def refresh(self) -> None:
        """Propose the events that make the state agree with the password file: accounts made, accounts removed.

        A file with a mistake in it changes nothing, and is complained of once. Raises LogUnavailableError; passwords
        are those of the file all the same, as they need no event.
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
        """Store which accounts are removed, made, or have another role. Raises LogUnavailableError.

        ``before`` are the entries of the last refresh. Where other servers share the log, an account that this file
        lacks is theirs, unless the file had it before, or tells that it was removed.
        """
        for user in [user for user in self._state.users.values() if not user.guest]:
            folded = fold(user.name)
            entry = entries.get(folded)
            if entry is None and self._shares_log and folded not in before and user.uid not in buried:
                continue
            if entry is None or user.uid in buried or not is_same(entry, user):
                await self._settle(self._removal(user))
        for folded, entry in entries.items():
            user_now = self._state.user_named(folded)
            if user_now is None or user_now.guest:
                await self._create(entry, user_now)
            was = before.get(folded)
            if not self._shares_log or (entry.admin if was is None else was.admin != entry.admin):
                await self._set_role(entry)

    async def _bury(self, buried: Container[str]) -> None:
        """Write the tombstones that the password file lacks: of accounts that another program took out of it."""
        gone = [gone for gone in self._state.gone.values() if gone.account and gone.uid not in buried]
        if gone:
            try:
                await asyncio.to_thread(self._file.bury, [Tombstone(each.name, each.uid) for each in gone])
            except PasswordFileError as error:
                self.complain(f"The password file does not tell that {gone[0].name} was removed. {error}")

    def _compare_passwords(self, entries: Mapping[str, Entry]) -> None:
        """Note the hashes of the password file, and tell of the accounts whose password is not what it was."""
        hashes: dict[str, str] = {}
        for folded, entry in entries.items():
            user = self._state.user_named(folded)
            if user is not None and not user.guest and is_same(entry, user):
                hashes[user.uid] = entry.hash
        before, self._hashes = self._hashes, hashes
        for uid, hashed in hashes.items():
            if before.get(uid, hashed) != hashed:
                self.passwords_changed += 1
                self.on_new_password(uid)

    def look(self) -> None:
        """Begin to take in what other programs changed in the password file, if anything."""
        if (self._task is None or self._task.done()) and self.changed():
            self._task = asyncio.get_running_loop().create_task(self._take_in())

    async def take_in(self) -> None:
        """Return when what other programs have changed in the password file until now is taken in."""
        for _ in range(2):  # the task that is under way may have read the file before
            self.look()
            if self._task is not None:
                await asyncio.shield(self._task)

    async def _take_in(self) -> None:
        try:
            await self.refresh()
        except LogUnavailableError as error:
            if not self._proposals.stopping:  # the next start takes it in
                self.put_off(error)
        except Exception:
            log.exception("the password file could not be taken in")

    async def end(self, timeout_s: float) -> None:
        """Wait until nothing is being taken in any more, for ``timeout_s`` at most."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout_s)

    def put_off(self, error: LogUnavailableError) -> None:
        """Complain that :meth:`refresh` could not store its changes; it is to be called again."""
        self._behind = True
        self.problem = why(error)
        self.complain(f"The accounts are not yet those of the password file. {error}")

    def complain(self, words: str) -> None:
        """Tell the administrator, once, also where it is so again and again."""
        self._activity.accounts_at_fault(words)

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
