"""Checks sign-ins, makes accounts, and changes passwords.

Passwords are hashed in processes of low priority, so that many sign-ins at once delay each other, but never messages.
``roster.py`` keeps the state the same as the password file.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple, Unpack

from chatapp.auth import (
    NO_ROOM,
    Hasher,
    PasswordStore,
    Throttle,
    VerifiedPasswords,
    address_key,
    check_new_password,
    removed_before,
)
from chatapp.auth import Account as Entry
from chatapp.config import Config
from chatapp.errors import (
    AccountExistsError,
    AuthError,
    ChatError,
    LogUnavailableError,
    NameNotAllowedError,
    PasswordFileError,
)
from chatapp.model.entities import ServerInvitation, User
from chatapp.model.state import State
from chatapp.protocol.lookalikes import check_new_nick
from chatapp.protocol.names import fold, parse_nick
from chatapp.server import refusals
from chatapp.server.activity import Activity
from chatapp.server.gateways import Gateways
from chatapp.server.invitation_uses import InvitationUses
from chatapp.server.limits.allowances import Allowances, Rate
from chatapp.server.limits.hash_queue import TELL_S, BusyError, HashQueue, Pause
from chatapp.server.proposals import Proposals
from chatapp.server.roster import STAY, Roster, is_same, why

log = logging.getLogger(__name__)

_Args = TypeVarTuple("_Args")
_Result = TypeVar("_Result")
_GATEWAY = "\0"  # counts wrong passwords of gateways; no client can send this as the name of an account
_SLOW = "Signing in is slow after wrong passwords from your address, or for this account. Yours waits for its turn."
_VERIFIED_PASSWORDS_MAX = 20_000  # passwords known to be right, which need no hash when they come again
_COST_4_S = 0.001  # about the time of a hash of bcrypt cost 4, the least cost; each step of the cost doubles the time


class WrongPasswordError(ChatError):
    """The name is unknown or the password is wrong. The text does not say which."""


class WrongCertificateError(ChatError):
    """No account has the client's certificate, or the certificate does not sign in to the account any more."""


class Accounts:
    """The accounts of one server."""

    def __init__(
        self,
        config: Config,
        state: State,
        proposals: Proposals,
        passwords: PasswordStore,
        clock: Callable[[], float],
        activity: Activity,
        shares_log: bool = False,
    ) -> None:
        """``shares_log``: other servers, with password stores of their own, share the log."""
        self._config = config
        self._activity = activity
        self._state = state
        self._clock = clock
        self._file = passwords
        self.roster = Roster(config, state, proposals, activity, self._file, shares_log)
        self._throttle = Throttle(config)
        self.invitations = InvitationUses(config, state, proposals, self.roster, self._throttle, clock)
        self._threads = ThreadPoolExecutor(config.hash_processes, "accounts")
        self._hasher = Hasher()
        self._queue = HashQueue(
            config.hash_processes, config.hash_queue_max, _COST_4_S * 2 ** (config.bcrypt_cost - 4), clock
        )
        self._verified = VerifiedPasswords(_VERIFIED_PASSWORDS_MAX)
        self._guessing: dict[tuple[str, str], int] = {}  # (account, address) -> attempts being hashed or queued
        self._closed = False
        self._sign_ups = Allowances(
            Rate(config.sign_ups_per_address_burst, 1 / config.sign_ups_per_address_s), config.address_table_max
        )

    def close(self) -> None:
        """Stop the threads and the hash processes, without waiting for hashes that have not ended."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._hasher.close()

    def has_administrator(self) -> bool:
        """Return whether any account is an administrator. Raises PasswordFileError."""
        return any(entry.admin for entry in self._file.accounts().values())

    def knows(self, name: str) -> bool:
        """Return whether an account has this name (as typed or casefolded)."""
        user = self._state.user_named(name)
        return user is not None and not user.guest

    def check_new_name(self, name: str) -> None:
        """Check the name (as typed) that a client chose for a new account or a guest.

        Raises NameNotAllowedError if it is not a valid nick, and NameReservedError if it was the name of a removed
        account, looks official, or looks like the name of another account. A name that is in use passes: the caller
        checks that.
        """
        parse_nick(name)
        if self.knows(name):
            return
        if self.roster.was_removed(name):
            raise removed_before(name)
        check_new_nick(name, self.roster.names_like(name))

    @property
    def file_bytes(self) -> int:
        """Return the size of the password file, which each change writes as a whole."""
        return self._file.size_bytes

    # Signing in

    async def sign_in(self, name: str, password: str, address: str, pause: Pause) -> str:
        """Check a password, and return the account's uid.

        ``name`` is as typed, ``address`` is the client's IP address. ``pause`` lets the connection wait; it raises
        CancelledError when the connection is closed, and that ends the sign-in.
        Raises WrongPasswordError (after a delay that grows with each wrong password), BusyError and AuthError.
        """
        uid = ""
        changes = -1
        while changes != self.roster.passwords_changed:  # a change may have made this password invalid
            changes = self.roster.passwords_changed
            await self._check(name, password, address, pause)
            uid = await self._uid_of(name)
        return uid

    async def check_gateway(self, gateways: Gateways, password: str, address: str, pause: Pause) -> bool:
        """Return whether a WebIRC gateway at this address has sent the right password; wrong ones are delayed."""
        began_s = self._clock()
        while (wait := self._wait_s(_GATEWAY, address, began_s)) > 0:
            await pause(wait, "")
        good = gateways.is_password(password)
        (self._throttle.succeeded if good else self._throttle.failed)(_GATEWAY, address, self._clock())
        if not good:
            await pause(self._wait_s(_GATEWAY, address, self._clock()), "")
        return good

    async def sign_in_by_certificate(self, fingerprint: str, name: str) -> str:
        """Return the uid of the account that has registered a client certificate.

        ``fingerprint`` is that of the certificate of the client's TLS connection. ``name`` is the account that the
        client wants, as typed, or empty. Raises WrongCertificateError.
        """
        await self.roster.take_in()  # a new password ends the certificates
        user = self._state.certificate_holder(fingerprint)
        if user is None:
            raise WrongCertificateError(refusals.CERTIFICATE_OF_NOBODY)
        if name and fold(name) != fold(user.name):
            raise WrongCertificateError(refusals.CERTIFICATE_OF_OTHER)
        mark = self.roster.password_mark(user)
        if not any(each.fingerprint == fingerprint and each.password_mark == mark for each in user.certificates):
            raise WrongCertificateError(refusals.CERTIFICATE_LAPSED)
        return user.uid

    async def _check(self, name: str, password: str, address: str, pause: Pause) -> None:
        """Check a password; see :meth:`sign_in`."""
        good: bool | None = None
        told = False
        began_s = self._clock()
        guess = fold(name), address_key(address)
        while good is None:
            while (wait := self._wait_s(name, address, began_s)) > 0:
                await pause(wait, _SLOW if wait >= TELL_S and not told else "")
                told = told or wait >= TELL_S
            # Skip the queue only where the account has signed in from this address before, and for one attempt at a
            # time. Otherwise a client could try many passwords in parallel without waiting.
            is_proven = guess not in self._guessing and self._throttle.is_proven(name, address)
            if is_proven and self._knows(name, password):
                return
            self._guessing[guess] = self._guessing.get(guess, 0) + 1
            try:
                good = await self._hash_in_turn(name, password, address, began_s, pause)
            finally:
                self._guessing[guess] -= 1
                if not self._guessing[guess]:
                    del self._guessing[guess]
        if not good:
            await pause(self._wait_s(name, address, self._clock()), "")
            raise WrongPasswordError(refusals.WRONG_PASSWORD)

    async def _hash_in_turn(self, name: str, password: str, address: str, began_s: float, pause: Pause) -> bool | None:
        """Wait for a turn, then return whether the password is right.

        Return ``None`` if the attempt has to wait again, because of a wrong password that was tried meanwhile.
        """
        async with self._queue.turn(fold(name), address_key(address), pause):
            if self._wait_s(name, address, began_s) > 0:
                return None
            good = self._knows(name, password) or await self._in_thread(self._verify, name, password)
            (self._throttle.succeeded if good else self._throttle.failed)(name, address, self._clock())
            return good

    def _knows(self, name: str, password: str) -> bool:
        """Return whether this password was verified before and is still the account's password."""
        entry = self.roster.entries.get(fold(name))
        return (
            entry is not None and not self.roster.changed() and self._verified.knows(fold(name), entry.hash, password)
        )

    async def _uid_of(self, name: str) -> str:
        """Return the uid of the account that has this name in the password file.

        Raises WrongPasswordError if the account was removed, and AuthError if it could not be stored in the log yet.
        """
        if self.roster.changed() or not self.knows(name):
            try:
                await self.roster.refresh()
            except LogUnavailableError as error:
                self.roster.put_off(error)
                if self._owner(name) is None:
                    raise AuthError(refusals.NOT_YET.format(why=why(error))) from error
        user = self._owner(name)
        if user is None:
            raise WrongPasswordError(refusals.REMOVED_NOW)
        return user.uid

    def _owner(self, name: str) -> User | None:
        """Return the account in the state that has this name, if it is the same account as in the password file.

        While the log cannot store events, the state may still have a removed account of the same name.
        """
        user, entry = self._state.user_named(name), self.roster.entries.get(fold(name))
        if user is None or user.guest or entry is None or not is_same(entry, user):
            return None
        return user

    def _wait_s(self, name: str, address: str, began_s: float) -> float:
        """Return the seconds until this account may be tried from this address; the attempt began at ``began_s``."""
        if not self._config.rate_limits:
            return 0.0
        now_s = self._clock()
        return self._throttle.wait_s(name, address, now_s, now_s - began_s)

    def _verify(self, name: str, password: str) -> bool:
        """Check a password (in a thread)."""
        try:
            entry = self._file.get(name)
            cost = self._file.refusal_cost(self._config.bcrypt_cost)
        except PasswordFileError as error:  # use the accounts of the last refresh until the file is repaired
            self.roster.complain(f"{error} {STAY}")
            entry, cost = self.roster.entries.get(fold(name)), self._config.bcrypt_cost
        good = self._hasher.verify_evenly(None if entry is None else entry.hash, password, cost)
        if good and entry is not None:
            self._verified.remember(fold(name), entry.hash, password)
        return good

    async def change_password(self, uid: str, old: str, new: str, address: str, pause: Pause) -> None:
        """Give the account ``uid`` the password ``new``, if ``old`` is its password.

        Does not call ``on_new_password``: the caller ends the account's other sessions.
        Raises PasswordError if the new password cannot be used, and the errors of :meth:`sign_in`.
        """
        check_new_password(new, self._config.password_chars_min)
        user = self._state.users[uid]
        # Only this hash is replaced: who resets a password must not lose to a change that has begun before.
        entry = await self._in_thread(self._file.get, user.name)
        await self._check(user.name, old, address, pause)
        async with self._queue.turn(fold(user.name), address_key(address), pause):
            hashed = await self._in_thread(self._hasher.hash_password, new, self._config.bcrypt_cost)
        if entry is None or not await self.roster.set_hash(user, hashed, entry.hash, self._in_thread):
            raise WrongPasswordError(refusals.CHANGED_NOW)
        self._verified.remember(fold(user.name), hashed, new)

    # Signing up

    async def sign_up(
        self,
        name: str,
        password: str,
        address: str,
        pause: Pause,
        guest_uid: str = "",
        invitation: ServerInvitation | None = None,
    ) -> str:
        """Make an account and return its uid.

        ``guest_uid`` is the uid of a guest that signs up for its own name, and becomes the uid of the account. It is
        empty if the client is not a guest. An ``invitation`` is used, and its channels are joined. How often it may be
        used bounds these sign-ups, so they do not count for the address.
        Raises NameNotAllowedError, PasswordError, AccountExistsError, BusyError and other AuthErrors; with an
        invitation also EventRefusedError if it does not count any more, and LogUnavailableError.
        """
        self.check_new_name(name)
        check_new_password(password, self._config.password_chars_min)
        holder = self._state.user_named(name)
        if holder is not None and not holder.guest:
            raise AccountExistsError(refusals.NAME_HAS_ACCOUNT.format(name=name))
        if holder is not None and holder.uid != guest_uid:
            raise NameNotAllowedError(refusals.NAME_OF_GUEST)
        if invitation is None:
            self._count_sign_up(address)
        self.roster.signing_up.add(fold(name))
        try:
            if invitation is None:
                return await self._sign_up(name, password, address, pause, guest_uid)
            uid = guest_uid or secrets.token_hex(8)
            async with self.invitations.using(invitation.code, uid, name):
                uid = await self._sign_up(name, password, address, pause, uid)
            await self.invitations.join_channels(uid, invitation)
            return uid
        finally:
            self.roster.signing_up.discard(fold(name))

    async def _sign_up(self, name: str, password: str, address: str, pause: Pause, uid: str) -> str:
        """Make an account whose name and password are usable, and return its uid; see :meth:`sign_up`.

        ``uid`` becomes that of the account, unless it is empty.
        """
        async with self._queue.turn(fold(name), address_key(address), pause):
            entry = await self._in_thread(self._make, name, password, uid)
            self._verified.remember(fold(name), entry.hash, password)
        try:
            await self.roster.refresh()
        except LogUnavailableError as error:
            if self.knows(name):  # the event that could not be stored was about another account
                self.roster.put_off(error)
            else:
                await self._withdraw(entry, error)
        user = self._state.user_named(entry.name)
        if user is None or user.guest:
            raise AuthError(refusals.REMOVED_NOW)
        return user.uid

    def _make(self, name: str, password: str, uid: str) -> Entry:
        """Add an account to the password file (in a thread)."""
        hashed = self._hasher.hash_password(password, self._config.bcrypt_cost)
        return self._file.add(name, hashed, id=uid, judge=lambda others: check_new_nick(name, others))

    async def _withdraw(self, entry: Entry, unstored: LogUnavailableError) -> None:
        """Undo a sign-up whose event the log could not store, and raise AuthError with a text for the client.

        Return normally if the log has stored the account meanwhile.
        """
        try:
            withdrawn = await self.roster.withdraw(entry, self._in_thread)
        except AuthError as error:
            self.roster.put_off(unstored)
            raise AuthError(refusals.ACCOUNT_NOT_READY.format(name=entry.name, why=why(unstored))) from error
        if withdrawn:
            raise AuthError(refusals.ACCOUNT_NOT_STORED.format(why=unstored)) from unstored

    def check_may_sign_up(self, address: str) -> None:
        """Raise BusyError if the address has no token left for a sign-up."""
        if self._config.rate_limits and self._sign_ups.wait_s(address_key(address), self._clock()) > 0:
            raise BusyError(refusals.TOO_MANY_SIGN_UPS)

    def _count_sign_up(self, address: str) -> None:
        """Take a token for a sign-up from the bucket of the address. Raises BusyError."""
        self.check_may_sign_up(address)
        if self._config.rate_limits:
            self._sign_ups.take(address_key(address), self._clock())

    async def _in_thread(self, work: Callable[[Unpack[_Args]], _Result], *args: *_Args) -> _Result:
        if self._closed:
            raise AuthError(refusals.ACCOUNTS_STOPPING)
        try:
            return await asyncio.wrap_future(self._threads.submit(work, *args))
        except PasswordFileError as error:  # clients must not read its text: it names a file of the server
            self.roster.complain(str(error))
            cause = error.__cause__
            full = isinstance(cause, OSError) and cause.errno in NO_ROOM
            raise AuthError(refusals.ACCOUNTS_FULL if full else refusals.ACCOUNTS_UNREADABLE) from error
