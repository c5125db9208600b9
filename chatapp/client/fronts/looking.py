"""The front of ``chat history``, ``chat search`` and ``chat who``: sign in, ask the server, and get its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from chatapp.client.core.budget import KEPT_BYTES_MAX, Budget
from chatapp.client.core.events import CaughtUp, Event, History, Matches, NotDone, Offline, People, Said
from chatapp.client.core.held import said_bytes
from chatapp.client.core.session import Session
from chatapp.client.fronts.one_shot import OneShot
from chatapp.client.fronts.sentences import sentences
from chatapp.client.network.keeper import Keeper
from chatapp.errors import ChatError, RefusedError
from chatapp.protocol.names import is_channel
from chatapp.protocol.timestamps import TIME_MS_MAX

PAGE_MESSAGES = 200  # messages to ask for at once; a server may give fewer
FOUND_BYTES_MAX = KEPT_BYTES_MAX  # memory for the messages of one answer, whatever the server sends

_Answer = TypeVar("_Answer", bound=Event)


class Looking(OneShot):
    """A front that asks one question after the other. ``password`` and ``tell``: see OneShot.

    A question that a lost connection has left without an answer is asked again. Each method raises RefusedError if the
    server refuses to answer, and CannotConnectError if it does not answer within ``timeout_s``.
    """

    def __init__(
        self,
        session: Session,
        password: Callable[[str], str],
        tell: Callable[[str], None],
        timeout_s: float,
        spent_s: float = 0.0,
    ) -> None:
        super().__init__(session, password, tell)
        self._timeout_s = timeout_s
        self._spent_s = spent_s
        self._ready = False  # the session has caught up on its connection, so that no other answer is under way
        self._question: Callable[[], None] | None = None
        self._is_answer: Callable[[Event], bool] = lambda event: False
        self._answer: asyncio.Future[Event] | None = None

    def take(self, event: Event) -> None:
        """Take the answer; after a reconnect, ask again."""
        if isinstance(event, CaughtUp):
            self._ready = True
            if self._question is not None:
                self._put(self._question)
        elif isinstance(event, Offline):
            self._ready = False
        answer = self._answer
        if self._ready and answer is not None and not answer.done() and self._is_answer(event):
            answer.set_result(event)

    def _put(self, question: Callable[[], None]) -> None:
        """Ask a question; if it cannot be asked, its error is the answer."""
        try:
            question()
        except ChatError as error:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)

    async def sign_in(self, keeper: Keeper) -> None:
        """Wait for the sign-in."""
        await self.in_time(keeper, keeper.signed_in(), self._timeout_s, self._spent_s)

    async def people(self, keeper: Keeper, where: str) -> People:
        """Return who is in ``where``: ``*`` (everyone), a channel, or one nick."""
        found = await self._ask(keeper, partial(self.session.ask_people, where), People)
        if not found.people and where != "*":
            raise RefusedError(
                f"You can see nobody in {where}: there is no such channel, or you are not allowed to see it."
                if is_channel(where)
                else f"There is nobody named {where} here now."
            )
        return found

    async def latest(self, keeper: Keeper, where: str, limit: int, since: int, before: int | None) -> list[Said]:
        """Return the latest messages of a conversation, at most ``limit``, oldest first.

        ``since`` and ``before``: from this time on, and before that time (ms; None: now).
        """
        budget = Budget(FOUND_BYTES_MAX)
        found: list[Said] = []
        while len(found) < limit:
            count, until = min(limit - len(found), PAGE_MESSAGES), before
            page = await self._page(keeper, partial(self.session.ask_history, where, count, until))
            fresh = [said for said in page if until is None or said.time < until]
            wanted = [said for said in fresh if said.time >= since]
            budget.take(sum(map(said_bytes, wanted)))
            found = wanted + found
            if not fresh or len(wanted) < len(fresh):
                break
            before = fresh[0].time
        return found[-limit:]

    async def all_since(self, keeper: Keeper, where: str, since: int, before: int | None) -> AsyncIterator[list[Said]]:
        """Yield all messages of a conversation in pages, oldest first. ``since``, ``before``: see :meth:`latest`."""
        end = TIME_MS_MAX if before is None else before - 1
        after = max(since - 1, 0)
        while after < end:
            page = await self._page(keeper, partial(self.session.ask_following, where, PAGE_MESSAGES, after))
            fresh = [said for said in page if after < said.time <= end]
            if not fresh:
                return
            yield fresh
            after = fresh[-1].time

    async def search(self, keeper: Keeper, text: str, limit: int, since: int) -> tuple[list[Said], bool]:
        """Return the latest messages that match a text, oldest first: at most ``limit``, from ``since`` (ms) on.

        Also return whether the server has searched all messages.
        """
        budget = Budget(FOUND_BYTES_MAX)
        found: list[Said] = []
        before: int | None = None
        whole = True
        while len(found) < limit:
            ties = sum(said.time == before for said in found)  # the next page has them again
            count, until = min(limit - len(found), PAGE_MESSAGES) + ties, before
            matches = await self._ask(keeper, partial(self.session.ask_search, text, count, until), Matches)
            whole = whole and matches.whole
            known = {said.msgid for said in found}
            fresh = [said for said in matches.messages if said.msgid not in known]
            wanted = [said for said in fresh if said.time >= since]
            budget.take(sum(map(said_bytes, wanted)))
            found = wanted + found
            if not fresh or len(wanted) < len(fresh):
                break
            before = fresh[0].time  # a message of another conversation may have the same time
        return found[-limit:], whole

    async def _page(self, keeper: Keeper, question: Callable[[], None]) -> list[Said]:
        return list((await self._ask(keeper, question, History)).messages)

    async def _ask(
        self,
        keeper: Keeper,
        question: Callable[[], None],
        kind: type[_Answer],
        is_answer: Callable[[_Answer], bool] = lambda event: True,
    ) -> _Answer:
        """Ask a question now, or when there is a connection again; wait for its answer."""
        self._question, self._answer = question, asyncio.get_running_loop().create_future()
        self._is_answer = lambda event: isinstance(event, NotDone) or (isinstance(event, kind) and is_answer(event))
        try:
            if self._ready:
                self._put(question)
                keeper.flush()
            event = await self.in_time(keeper, self._answer, self._timeout_s)
        finally:
            self._question = self._answer = None
        if isinstance(event, NotDone):
            raise RefusedError(" ".join(sentences(event)))
        assert isinstance(event, kind)
        return event
