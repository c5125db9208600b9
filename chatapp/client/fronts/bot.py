"""The front for programs in Python: ``from chatapp.client import Client``. README.md in ``client`` has an example."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from chatapp.client.core.budget import Budget
from chatapp.client.core.events import Event, Joined, Left, NotDone, NotSent, Offline, Person, Said, Sent, SignedIn
from chatapp.client.core.following import FROM_NOW
from chatapp.client.core.held import said_bytes
from chatapp.client.core.session import Session
from chatapp.client.fronts import password_file as password_files
from chatapp.client.fronts.looking import Looking
from chatapp.client.fronts.printable import printable
from chatapp.client.fronts.sentences import sentences, why_not_sent
from chatapp.client.network.client_certificate import ClientCertificate
from chatapp.client.network.folder import default_config
from chatapp.client.network.keeper import Keeper
from chatapp.client.network.link import Identity, open_link
from chatapp.client.network.pins import Address, Pins, parse_fingerprint
from chatapp.errors import CannotConnectError, ClientError, DeliveryUnknownError, RefusedError, SignInError
from chatapp.protocol.names import fold

MAX_AGE_S = 60.0
TIMEOUT_S = 30.0
# Messages that wait for the program: while so many wait, no further page of history is asked for (one may be on its
# way). More than the second number end the session: a program that is always too slow would need ever more memory.
WAITING_FULL, WAITING_MAX = 1_000, 10_000
_RUN_BYTES = 8

T = TypeVar("T")
_log = logging.getLogger("chatapp.client")


class Client:
    """The session of one account with a server, for a program: ``async with Client(...) as chat:``.

    It stays connected, and connects again by itself. It hands out each message exactly once, also those that were sent
    while there was no connection. Each text that it sends arrives exactly once. It marks nothing as read.

    Arguments:
        host, port: the server.
        name: the account.
        password: its password, or a device token; or ``password_file``: a file with it in the first line.
        trust: the fingerprint of the server's key (``SHA256:...``), for the first connection; see ``chat connect``.
        cert, cert_key: a client certificate and its key (PEM files), which sign in without a password.
        plaintext: connect without encryption.
        config: the folder with the keys of known servers; None: the platform's configuration folder.
        since: hand out all messages from this moment on, or from so long ago on, whatever their age (``timedelta(0)``:
            from now on). None: hand out new messages, and leave out those that are older than ``max_age_s`` (seconds)
            when their turn comes, so that a program does not answer what nobody waits for any more.
        timeout_s: how long the sign-in, each :meth:`send` and each question may take (seconds).

    Entering it raises CannotConnectError, SignInError, IdentityError or RefusedError (all are ClientError, with a text
    for a person). Later, every method raises the error that has ended the session, for example SignInError if the
    account is removed or banned. A lost connection is no error. ``ValueError`` for a ``trust`` that is no fingerprint.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        *,
        password: str = "",
        password_file: str | Path | None = None,
        trust: str | None = None,
        cert: str | Path | None = None,
        cert_key: str | Path | None = None,
        plaintext: bool = False,
        config: str | Path | None = None,
        since: datetime | timedelta | None = None,
        max_age_s: float = MAX_AGE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        if password_file is not None:
            password, _ = password_files.read(Path(password_file))
        certificate = ClientCertificate(Path(cert), Path(cert_key) if cert_key else None) if cert else None
        identity = None
        if not plaintext:
            pins = Pins(Path(config) if config is not None else default_config())
            identity = Identity(pins, parse_fingerprint(trust) if trust else None, certificate=certificate)
        session = Session(name, secrets.token_hex(_RUN_BYTES), certificate=certificate is not None)
        session.is_read = lambda conversation: False
        session.catching_up.following.begin(_start_ms(since))
        self._session = session
        self._front = _Front(session, password, timeout_s, max_age_s if since is None else None)
        address = Address(host, port)
        self._keeper = Keeper(session, lambda: open_link(address, identity, timeout_s), self._front.heard)
        self._timeout_s = timeout_s
        self._running: asyncio.Task[None] | None = None
        self._asking = asyncio.Lock()  # one question at a time

    async def __aenter__(self) -> Client:
        """Connect and sign in."""
        self._running = asyncio.create_task(self._keeper.run())
        try:
            await self._unless_ended(self._front.sign_in(self._keeper))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the server; wait at most two seconds for it."""
        if self._running is not None and not self._running.done():
            await self._keeper.leave()
        await self._end()

    async def _end(self) -> None:
        assert self._running is not None
        self._keeper.abort()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    @property
    def nick(self) -> str:
        """Our name, as others see it."""
        return self._session.nick

    @property
    def lobby(self) -> str:
        """The channel of everyone; empty if the server has none."""
        return self._session.lobby

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that we are in."""
        return tuple(self._session.channels.values())

    @property
    def connected(self) -> bool:
        """Tell whether there is a connection now, on which we are signed in."""
        return self._session.signed_in

    async def messages(self, *, own: bool = False, notices: bool = False) -> AsyncIterator[Said]:
        """Yield the messages that we can read, in order within each conversation; wait for new ones without end.

        ``own``: also what our account says. ``notices``: also notices, which a program must never answer. A message has
        ``conversation`` (the channel, or the other person), ``sender``, ``text`` (with a line feed between two lines),
        ``time`` (ms since 1970), ``msgid``, ``missed`` (it was sent while there was no connection), and more.

        Raises the error that ended the session, after the messages before it; RefusedError if the server refuses
        messages that were missed; ClientError if more than 10,000 messages wait, because the program takes too long.
        """
        while True:
            said = await self._next()
            if (own or not said.own) and (notices or not said.notice):
                yield said

    async def _next(self) -> Said:
        self._check_entered()
        front = self._front
        while True:
            said = front.pop()
            if len(front.waiting) < WAITING_FULL and front.paused:
                self._resume()
            if said is not None:
                return said
            front.arrived.clear()
            await self._unless_ended(front.arrived.wait())

    async def send(self, target: str, text: str, *, reply_to: Said | None = None) -> Sent:
        """Send a text to a person or a channel; return when the server has stored it, all of it.

        While there is no connection, it waits for the next one. ``reply_to``: the message that it answers. The result
        has in ``away`` what the server says of a person who is away, who gets the text later; else it is empty.

        Raises RefusedError if the server refuses it, NameNotAllowedError for a target that cannot be a name,
        CannotConnectError if it was not sent within ``timeout_s``, and DeliveryUnknownError if it was sent and not
        acknowledged by then. After an error, and when it is cancelled, the text is not sent any more.
        """
        self._check_entered()
        session, front = self._session, self._front
        if reply_to is None:
            session.outbox.acquaintances.meet(target)
        if not session.say(target, text, reply_to=reply_to.msgid if reply_to is not None else ""):
            raise RefusedError("Not sent: there is no text.")
        whole = session.outbox.texts[-1]
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        front.sending.append((whole, stored))
        self._resume()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._unless_ended(stored)
        except (TimeoutError, ClientError) as error:
            ending = error if isinstance(error, ClientError) else CannotConnectError(self._unacknowledged())
            if any(unit.was_sent for unit in session.outbox.units if unit.whole is whole):
                raise DeliveryUnknownError(f"{ending} It may have arrived or not.") from None
            raise ending from None
        finally:
            front.sending.remove((whole, stored))
            session.outbox.withdraw(whole)
        result = whole.result
        if isinstance(result, NotSent):
            raise RefusedError(f"Not sent to {target}{why_not_sent(result)}")
        return result

    def _unacknowledged(self) -> str:
        return f"The server did not acknowledge the text within {self._timeout_s:g} s."

    async def reply(self, message: Said, text: str) -> Sent:
        """Answer a message where it was said: :meth:`send` to its conversation."""
        return await self.send(message.conversation, text, reply_to=message)

    async def history(self, where: str, limit: int = 100, *, since: datetime | timedelta | None = None) -> list[Said]:
        """Return the latest messages of a person or a channel, at most ``limit``, oldest first.

        ``since``: only from this moment on, or from so long ago on. Like each question, raises RefusedError if the
        server refuses it, and CannotConnectError if there is no answer within ``timeout_s``; the session goes on.
        """
        since_ms = 0 if since is None else max(_ms(since), 0)
        return await self._question(partial(self._front.latest, self._keeper, where, limit, since_ms, None))

    async def search(self, words: str, limit: int = 100) -> list[Said]:
        """Return the latest messages that match, at most ``limit``, oldest first. ``words``: as for ``/search``."""
        found, _ = await self._question(partial(self._front.search, self._keeper, words, limit, 0))
        return found

    async def people(self, where: str = "*") -> tuple[Person, ...]:
        """Return who is there: ``*`` (everyone), the members of a channel, or one person; RefusedError if nobody is.

        A person has ``nick``, ``here`` (not away), ``me``, and in a channel ``role``.
        """
        return (await self._question(partial(self._front.people, self._keeper, where))).people

    async def join(self, channel: str, key: str = "") -> None:
        """Become a member of a channel, with its ``key`` if it has one."""
        if fold(channel) not in self._session.channels:
            await self._question(partial(self._front.join, self._keeper, channel, key))

    async def leave(self, channel: str) -> None:
        """Stop being a member of a channel."""
        await self._question(partial(self._front.leave, self._keeper, channel))

    async def _question(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self._check_entered()
        async with self._asking:
            self._front.asks = True
            self._resume()
            try:
                return await self._unless_ended(ask())
            except (CannotConnectError, asyncio.CancelledError):
                self._keeper.drop()  # so that a late answer is not taken for that to the next question
                raise
            finally:
                self._front.asks = False

    def _resume(self) -> None:
        """Let the history of missed messages come; an answer may be behind it."""
        self._front.resume()
        self._keeper.flush()

    def _check_entered(self) -> None:
        if self._running is None:
            raise RuntimeError("Use it within `async with Client(...) as chat:`.")

    async def _unless_ended(self, work: Awaitable[T]) -> T:
        """Return the result of ``work``. Raises the error of the session if that ends before."""
        assert self._running is not None
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self._running), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            self._running.result()
            raise CannotConnectError("The session has ended.")
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


class _Front(Looking):
    """Keeps what the session tells until the program takes it. ``max_age_s``: see Client; None: no limit."""

    def __init__(self, session: Session, password: str, timeout_s: float, max_age_s: float | None) -> None:
        super().__init__(session, self._give, _tell, timeout_s)
        self._secret = password
        self._max_age_ms = max_age_s * 1000 if max_age_s is not None else None
        self._clock_ahead_ms: float | None = None  # how far our clock is ahead of the server's, as far as it is known
        self.waiting: deque[Said] = deque()
        self._budget = Budget()  # for the messages that wait
        self.arrived = asyncio.Event()
        self.sending: list[tuple[Any, asyncio.Future[None]]] = []
        self.asks = False
        self.paused = False

    def _give(self, refused: str) -> str:
        if refused or not self._secret:
            raise SignInError(f"Not signed in as {self.session.nick}: {refused or 'there is no password.'}")
        return self._secret

    def take(self, event: Event) -> None:
        """Take an event. Raises RefusedError if missed messages are refused, ClientError if too many wait."""
        super().take(event)
        if isinstance(event, Said):
            self._keep(event)
        elif isinstance(event, Sent | NotSent):
            for text, stored in self.sending:
                if not text.open and not stored.done():
                    stored.set_result(None)
        elif isinstance(event, Offline):
            self.tell(f"{event.reason} Trying again in {event.retry_s:.0f} s.")
        elif isinstance(event, SignedIn) and event.again:
            self.tell("Connected again.")
        elif isinstance(event, NotDone) and not self._ready:
            raise RefusedError(f"{' '.join(sentences(event))} Messages may be missing.")

    def _keep(self, said: Said) -> None:
        if not said.missed:
            ahead_ms = time.time() * 1000 - said.time
            self._clock_ahead_ms = ahead_ms if self._clock_ahead_ms is None else min(ahead_ms, self._clock_ahead_ms)
        if self._is_old(said):
            return
        if len(self.waiting) >= WAITING_MAX:
            raise ClientError(f"More than {WAITING_MAX:,} messages wait: the program takes too long for each.")
        self._budget.take(said_bytes(said))
        self.waiting.append(said)
        self.arrived.set()
        if len(self.waiting) >= WAITING_FULL and not self.asks and not self.sending:
            self.paused = True
            self.session.catching_up.following.pause()

    def _is_old(self, said: Said) -> bool:
        """Tell whether a message is too old to be handed out, by the server's clock."""
        if self._max_age_ms is None:
            return False
        return time.time() * 1000 - (self._clock_ahead_ms or 0.0) - said.time > self._max_age_ms

    def pop(self) -> Said | None:
        """Return the next message that is not too old; None if there is none."""
        while self.waiting:
            said = self.waiting.popleft()
            self._budget.give(said_bytes(said))
            if not self._is_old(said):
                return said
        return None

    def resume(self) -> None:
        """Let the next page of missed messages come."""
        if self.paused:
            self.paused = False
            self.session.catching_up.following.resume()

    async def join(self, keeper: Keeper, channel: str, key: str) -> None:
        """Become a member of a channel. Raises RefusedError."""
        joined = partial(self.session.join, channel, key)
        await self._ask(keeper, joined, Joined, lambda event: event.me and fold(event.channel) == fold(channel))

    async def leave(self, keeper: Keeper, channel: str) -> None:
        """Stop being a member of a channel. Raises RefusedError."""
        left = partial(self.session.leave, channel)
        await self._ask(keeper, left, Left, lambda event: event.me and fold(event.channel) == fold(channel))

    async def in_time(self, keeper: Keeper, work: Awaitable[T], timeout_s: float, spent_s: float = 0.0) -> T:
        """Return the result of ``work``. Raises CannotConnectError after ``timeout_s``; the session goes on."""
        try:
            async with asyncio.timeout(timeout_s):
                return await work
        except TimeoutError:
            raise CannotConnectError(self.too_late(timeout_s)) from None


def _tell(sentence: str) -> None:
    _log.warning("%s", printable(sentence))


def _ms(moment: datetime | timedelta) -> int:
    """Return a moment, or the moment so long ago, in ms since 1970."""
    if isinstance(moment, timedelta):
        return int((time.time() - moment.total_seconds()) * 1000)
    return int(moment.timestamp() * 1000)


def _start_ms(since: datetime | timedelta | None) -> int:
    """Return after which moment messages are told: for ``Following.begin``."""
    if since is None or since == timedelta(0):
        return FROM_NOW
    return max(_ms(since) - 1, 0)
