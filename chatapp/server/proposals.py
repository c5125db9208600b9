"""Proposes events to the log, applies the events that the log has stored, and reports the outcome to the proposer.

The proposer of an event is remembered here, by the event's id, and never in the event: most events in a log that
servers share have no proposer on this server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from chatapp.config import Config
from chatapp.errors import ChatError, LogUnavailableError, StoppingError
from chatapp.model import events
from chatapp.model.editing import is_late_edit
from chatapp.model.entities import User
from chatapp.model.messages import may_send
from chatapp.model.outcome import Applied, Refusal, Refused
from chatapp.model.state import State
from chatapp.server import refusals
from chatapp.server.delivery.delivery import Delivery
from chatapp.server.delivery.origin import Origin, Proposer
from chatapp.server.delivery.response import Response
from chatapp.server.limits.disk_use import event_bytes, message_bytes
from chatapp.server.redactions import Redactions
from chatapp.server.stamps import Stamps
from chatapp.storage.history import HistoryStore
from chatapp.storage.log import Committed, EventLog, Record, Repeat

_AnEvent = TypeVar("_AnEvent", bound=events.Event)

SNAPSHOT_EVENTS = 50_000  # fewest events between two snapshots


class EventRefusedError(ChatError):
    """Policy refuses an event, either before the event is proposed or when it is applied."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason.value)
        self.refusal = refusal


class Proposals:
    """Asks policy, gives events to the log, applies stored events, and tells delivery and the proposer."""

    def __init__(
        self,
        config: Config,
        state: State,
        event_log: EventLog,
        history: HistoryStore,
        delivery: Delivery,
        stamps: Stamps,
        on_bug: Callable[[BaseException], None],
        on_unstored: Callable[[LogUnavailableError, int], None],
        redactions: Redactions,
    ) -> None:
        """``on_unstored`` is called with the reason why events were not stored, and their number."""
        self._config = config
        self._state = state
        self._log = event_log
        self._history = history
        self._delivery = delivery
        self._on_bug = on_bug
        self._on_unstored = on_unstored
        self._redactions = redactions
        self._origins: dict[str, Origin] = {}
        self._waiters: dict[str, asyncio.Future[Applied]] = {}
        self._snapshot_at = state.position
        self.messages_taken = 0  # our sessions' messages since the start: stored, or not yet
        self._stopping = False
        self._broken = False
        self._settled: asyncio.Future[None] | None = None  # done when no proposal is pending
        self.stamps = stamps

    def event(
        self,
        kind: type[_AnEvent],
        user: User | None,
        stream: str = "",
        stamp: tuple[str, int] | None = None,
        **fields: Any,
    ) -> _AnEvent:
        """Return a new event of a kind with its ``fields``, by ``user`` or by the server itself (``None``).

        A user whom the state does not have is named in ``fields``. ``stamp`` is an id and a time from ``stamps.new``,
        for an event with a field that depends on them; without ``stamp``, the event gets a new id and the current time.
        """
        event_id, time = stamp or self.stamps.new(stream)
        if user is None:
            return kind(id=event_id, time=time, stream=stream, **fields)
        return kind(
            id=event_id,
            time=time,
            actor=user.uid,
            nick=user.name,
            guest=user.guest,
            stream=stream,
            **fields,
        )

    @property
    def room(self) -> int:
        """Return how many messages can be proposed now."""
        return 0 if self._stopping else self._log.room

    @property
    def stopping(self) -> bool:
        """Return whether the server is stopping: then every proposal is refused, except notes."""
        return self._stopping

    def check(self, message: events.MessageSent) -> None:
        """Raise EventRefusedError if policy refuses a message now, whatever its time is.

        Never call this for a message with an idempotency key (``+chatapp/id``). The message may repeat a stored one,
        which only the log knows. If it repeats none, policy judges it when it is applied.
        """
        refusal = may_send(self._state, message)
        if refusal is None:
            return
        # A sample has the time 0: each mute that has lapsed would still count.
        now = max(self.stamps.now(), self._state.time)
        refusal = may_send(self._state, msgspec.structs.replace(message, time=now))
        if refusal is not None:
            raise EventRefusedError(refusal)

    def messages(self, messages: Sequence[events.MessageSent], proposer: Proposer, response: Response | None) -> None:
        """Propose messages that :meth:`check` allows, without waiting. The proposer is told the outcome of each later.

        Raises LogUnavailableError if too many events wait for the log, and StoppingError while the server stops. Then
        none of the messages is proposed.
        """
        if self._stopping:
            raise StoppingError(refusals.NOT_STORED_WHILE_STOPPING)
        self._log.propose(*messages)
        if proposer.disk is not None:
            proposer.disk.charge(sum(map(message_bytes, messages)))
        self.messages_taken += len(messages)  # refused and repeated messages are subtracted later
        origin = proposer.origin if response is None else Origin(proposer, response)
        origin.proposed(len(messages))
        for message in messages:
            self._origins[message.id] = origin

    async def settle(
        self, event: events.AnyEvent, proposer: Proposer | None = None, response: Response | None = None
    ) -> Applied:
        """Propose an event of any kind, wait until it is stored and applied, and return the outcome.

        The lines about it for the proposer go into ``response``. Raises EventRefusedError, LogUnavailableError and
        StoppingError.
        """
        if self._stopping:
            raise StoppingError(refusals.NOT_STORED_WHILE_STOPPING)
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

    def note(self, event: events.AnyEvent, proposer: Proposer | None = None) -> None:
        """Propose an event whose outcome no caller needs. It is dropped if policy refuses it or it cannot be stored.

        ``proposer`` is told nothing; the event counts for its limits on stored bytes.
        """
        if not self._broken and self._state.refusal(event) is None:
            try:
                self._log.propose(event)
                if proposer is not None and proposer.disk is not None:
                    proposer.disk.charge(event_bytes(event))
            except LogUnavailableError as error:
                self._on_unstored(error, 1)

    def committed(self, batch: Committed) -> None:
        """Apply the events that the log has stored, in log order, and deliver them.

        The log calls this on the event loop.
        """
        if self._broken:
            return  # the events are on disk; the next start applies them
        try:
            self._apply(batch)
            self._delivery.flush()
            if self._state.position - self._snapshot_at >= SNAPSHOT_EVENTS:
                self.snapshot()
        except Exception as error:  # a bug: the state may be half changed, so apply and accept nothing more
            self._broken = self._stopping = True
            self._on_bug(error)
        self._note_settled()

    def _apply(self, batch: Committed) -> None:
        """Apply and deliver a batch."""
        apply, deliver, take_origin = self._state.apply, self._delivery.deliver, self._origins.pop
        for item in batch:
            event = item.event
            origin = take_origin(event.id, None)
            if type(item) is Record:
                outcome = apply(item.seq, event)
                if type(outcome) is Applied:
                    if outcome.event is not event:
                        self._history.place(item.seq, outcome.event)
                    if type(event) is events.Redacted:
                        self._erase(event)
                    deliver(outcome, origin)
                    if self._waiters:
                        self._resolve(event.id, outcome)
                elif isinstance(outcome, Refused):
                    self._history.place(item.seq, None)
                    if is_late_edit(outcome):
                        self._log.erase({item.seq: event.id})
                    self._refuse(event, origin, EventRefusedError(outcome.refusal))
            elif isinstance(item, Repeat):
                self._delivery.repeat(event, item.first.event, origin)
                if origin is not None:
                    self.messages_taken -= 1

    def _erase(self, event: events.Redacted) -> None:
        """Erase the text of a redacted message, and all edits of it and reactions to it.

        Every server that shares the log does this: a second erasure changes nothing. If the process dies before the log
        has erased the text, the next start does it (``running.replay``).
        """
        self._log.erase({event.position: event.msgid})
        self._redactions.add(event.msgid)

    def failed(self, unstored: Sequence[events.AnyEvent], error: LogUnavailableError) -> None:
        """Tell the proposers that these events were not stored. The log calls this on the event loop."""
        self._on_unstored(error, len(unstored))
        for event in unstored:
            self._refuse(event, self._origins.pop(event.id, None), error)
        self._delivery.flush()
        self._note_settled()

    async def stop(self) -> None:
        """Refuse new proposals except notes, and return when every pending proposal is delivered or refused."""
        self._stopping = True
        if (self._origins or self._waiters) and not self._broken:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled

    def _note_settled(self) -> None:
        if self._settled is not None and not self._settled.done() and not (self._origins or self._waiters):
            self._settled.set_result(None)

    def snapshot(self) -> None:
        """Save a snapshot of the current state, so that the next start has fewer events to replay."""
        self._snapshot_at = self._state.position
        self._history.save_snapshot(self._state.position, self._state.snapshot())

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
