"""The password store as the server sees it: the accounts with their password hashes, wherever they are kept.

``password_file.py`` keeps them in a file. ``server/app.py`` chooses the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from chatapp.auth.lines import Account, Tombstone


class PasswordStore(Protocol):
    """The accounts and the tombstones of removed accounts. Other programs may change the store at any time.

    All methods raise PasswordFileError when the store cannot be read or written. Methods may be called from several
    threads. Methods that change the store may take long: never call them in an event loop. ``name`` arguments may be in
    any case, as typed.
    """

    # Reading

    def accounts(self) -> Mapping[str, Account]:
        """Return all accounts by casefolded name: the same immutable object as last time, unless they have changed."""

    def removed(self) -> tuple[Tombstone, ...]:
        """Return the tombstones of all removed accounts."""

    def get(self, name: str) -> Account | None:
        """Return the account with this name, or ``None``."""

    def refusal_cost(self, cost: int) -> int:
        """Return the bcrypt cost of a refused sign-in: ``cost``, or the highest cost in the store if that is higher."""

    @property
    def size_bytes(self) -> int:
        """Return the size of the store, which each change writes as a whole; 0 if that is not known yet."""

    def changed(self) -> bool:
        """Return whether :meth:`accounts` may return another mapping than in its last call.

        The event loop calls this, so it must be fast.
        """

    # Changing

    def add(
        self, name: str, hash: str, *, id: str = "", judge: Callable[[Iterable[str]], None] = lambda names: None
    ) -> Account:
        """Add an account and return it. Its id is ``id`` (16 hexadecimal digits) or, if that is empty, a random id.

        ``judge`` gets the names of all accounts, removed accounts included, and raises an error to refuse the new name.
        Raises AccountExistsError, NameReservedError (a removed account had the name) and NameNotAllowedError.
        """

    def set_hash(self, name: str, hash: str, was: str = "") -> bool:
        """Set an account's password hash to ``hash`` (bcrypt), and return True.

        With ``was``, return False and change nothing if the account has another hash than ``was``. Raises
        NoSuchAccountError.
        """

    def complete(self, known: Mapping[str, Account]) -> None:
        """Give an id to every account and every tombstone without an id.

        ``known`` are the accounts as they were before, by casefolded name: an account that is known keeps its id.
        """

    def withdraw(self, account: Account) -> None:
        """Delete ``account``, which was just added and never used, without a tombstone: its name is free again.

        Does nothing if another program has changed or removed the account.
        """

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        """Add tombstones for accounts that another program has deleted, unless the store has their id already."""
