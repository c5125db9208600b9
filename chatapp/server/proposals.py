"""Events on their way to the log, and their outcomes on the way back.

Who proposed an event is remembered here by its id, never inside the event: the log may belong to several processes,
and most of what it hands over may be other people's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chatapp.config import Config
from chatapp.errors import ChatError, LogUnavailableError, StoppingError
from chatapp.model import events
from chatapp.model.entities import User
from chatapp.model.messages import may_send
from chatapp.model.outcome import Applied, Refusal, Refused
from chatapp.model.state import State
from chatapp.server.delivery.delivery import Delivery
from chatapp.server.delivery.origin import Origin, Proposer
from chatapp.server.delivery.response import Response
from chatapp.server.limits.disk_use import event_bytes, message_bytes
from chatapp.server.stamps import Stamps
from chatapp.storage.log import Committed, EventLog, Record, Repeat

_AnEvent = TypeVar("_AnEvent", bound=events.Event)

_STOPPING = "Not stored: the server is stopping."


class EventRefusedError(ChatError):
    """Policy says no, when asked first or when the event was applied."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason.value)
        self.refusal = refusal


class Proposals:
    """Asks policy, gives events to the log, applies what comes back, and tells delivery and the proposer."""

    def __init__(
        self,
        config: Config,
        state: State,
        event_log: EventLog,
        delivery: Delivery,
        stamps: Stamps,
        on_bug: Callable[[BaseException], None],
        on_unstored: Callable[[LogUnavailableError, int], None],
    ) -> None:
        """``on_unstored`` gets the reason for which events were not stored, and their number."""
        self._config = config
        self._state = state
        self._log = event_log
        self._delivery = delivery
        self._on_bug = on_bug
        self._on_unstored = on_unstored
        self._origins: dict[str, Origin] = {}
        self._waiters: dict[str, asyncio.Future[Applied]] = {}
        self._snapshot_at = state.position
        self.messages_taken = 0  # of our sessions, since the start: stored, or on their way to the disk
        self._stopping = False
        self._broken = False
        self._settled: asyncio.Future[None] | None = None  # waits for all that is on its way
        self.stamps = stamps

    def event(self, kind: type[_AnEvent], user: User, stream: str = "", **fields: Any) -> _AnEvent:
        """Make an event that ``user`` proposes now: its id, time and actor, and the ``fields`` of its kind."""
        event_id, time = self.stamps.new(stream)
        return kind(
            id=event_id,
            time=time,
            actor=user.uid,
            nick=user.name,
            guest=user.guest,
            stream=stream,
            **fields,
        )

    def stamp(self) -> dict[str, Any]:
        """Make the id and time of an event that the server itself proposes now."""
        event_id, time = self.stamps.new("")
        return {"id": event_id, "time": time}

    @property
    def room(self) -> int:
        """Tell how many messages can be proposed now."""
        return 0 if self._stopping else self._log.room

    @property
    def stopping(self) -> bool:
        """Tell whether nothing more is taken, as the server stops."""
        return self._stopping

    def check(self, message: events.MessageSent) -> None:
        """Raise EventRefusedError where a message like this one is refused at once.

        Not to be asked for one with an id of its sender's: it may be a second copy of a message that is stored, and
        only the log can tell. If it is none, it is refused when it is applied.
        """
        refusal = may_send(self._state, message)
        if refusal is not None:
            raise EventRefusedError(refusal)

    def messages(self, messages: Sequence[events.MessageSent], proposer: Proposer, response: Response | None) -> None:
        """Propose messages that :meth:`check` allows, without waiting; the proposer hears of the outcome of each.

        Raises LogUnavailableError, and takes none of them, when too much waits already.
        """
        if self._stopping:
            raise StoppingError(_STOPPING)
        self._log.propose(*messages)
        if proposer.disk is not None:
            proposer.disk.charge(sum(map(message_bytes, messages)))
        proposer.unsettled += len(messages)
        self.messages_taken += len(messages)  # less those that are refused later, which are few
        if response is None:
            origin = proposer.origin
        else:
            response.pending += len(messages)
            origin = Origin(proposer, response)
        for message in messages:
            self._origins[message.id] = origin

    async def settle(
        self, event: events.AnyEvent, proposer: Proposer | None = None, response: Response | None = None
    ) -> Applied:
        """Propose any event and wait until it took place.

        What the proposer hears of it goes into ``response``. Raises EventRefusedError and LogUnavailableError.
        """
        if self._stopping:
            raise StoppingError(_STOPPING)
        refusal = self._state.refusal(event)
        if refusal is not None:
            raise EventRefusedError(refusal)
        waiter: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        self._log.propose(event)
        self._waiters[event.id] = waiter
        if proposer is not None:
            if proposer.disk is not None:
                proposer.disk.charge(event_bytes(event))
            self._origins[event.id] = Origin(proposer, response, waits=True)
        return await waiter

    def note(self, event: events.AnyEvent) -> None:
        """Propose an event nobody waits for; if it is refused or cannot be stored, so be it."""
        if not self._broken and self._state.refusal(event) is None:
            try:
                self._log.propose(event)
            except LogUnavailableError as error:
                self._on_unstored(error, 1)

    def committed(self, batch: Committed) -> None:
        """Apply what the log has stored, in its order, and deliver it (called by the log on the event loop)."""
        if self._broken:
            return  # it is on disk; the next start goes on from there
        try:
            self._apply(batch)
            self._delivery.flush()
            if self._state.position - self._snapshot_at >= self._config.snapshot_events:
                self.snapshot()
        except Exception as error:  # a bug: the state may be half changed, so nothing may go on from here
            self._broken = self._stopping = True
            self._on_bug(error)
        self._note_settled()

    def _apply(self, batch: Committed) -> None:
        """Apply and hand out a batch."""
        apply, hear, take_origin = self._state.apply, self._delivery.hear, self._origins.pop
        for item in batch:
            event = item.event
            origin = take_origin(event.id, None)
            if type(item) is Record:
                outcome = apply(item.seq, event)
                if type(outcome) is Applied:
                    if outcome.event is not event:
                        self._log.place(item.seq, outcome.event)
                    hear(outcome, origin)
                    if self._waiters:
                        self._resolve(event.id, outcome)
                elif isinstance(outcome, Refused):
                    self._log.place(item.seq, None)
                    self._refuse(event, origin, EventRefusedError(outcome.refusal))
            elif isinstance(item, Repeat):
                self._delivery.repeat(item.first.event, origin)
                if origin is not None:
                    self.messages_taken -= 1

    def failed(self, unstored: Sequence[events.AnyEvent], error: LogUnavailableError) -> None:
        """Tell the proposers that nothing of this was stored (called by the log on the event loop)."""
        self._on_unstored(error, len(unstored))
        for event in unstored:
            self._refuse(event, self._origins.pop(event.id, None), error)
        self._delivery.flush()
        self._note_settled()

    async def stop(self) -> None:
        """Take nothing more but notes, and return when all that is on its way has been stored and told, or refused."""
        self._stopping = True
        if (self._origins or self._waiters) and not self._broken:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled

    def _note_settled(self) -> None:
        if self._settled is not None and not self._settled.done() and not (self._origins or self._waiters):
            self._settled.set_result(None)

    def snapshot(self) -> None:
        """Let the log keep the state as it is now, so that the next start has less to replay."""
        self._snapshot_at = self._state.position
        self._log.save_snapshot(self._state.position, self._state.snapshot())

    def _resolve(self, event_id: str, outcome: Applied) -> None:
        waiter = self._waiters.pop(event_id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)

    def _refuse(self, event: events.AnyEvent, origin: Origin | None, error: ChatError) -> None:
        waiter = self._waiters.pop(event.id, None)
        if waiter is not None:
            if not waiter.done():
                waiter.set_exception(error)
        elif origin is not None and isinstance(event, events.MessageSent):
            self.messages_taken -= 1
            self._delivery.refuse(event, error, origin)
