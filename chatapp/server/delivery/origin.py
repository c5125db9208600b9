"""The origin of an event: the session that proposed it, and the labelled response that its answer belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.server.capabilities import ECHO_MESSAGE
from chatapp.server.delivery.recipient import Recipient, RecipientServices
from chatapp.server.delivery.response import Item, Response
from chatapp.server.limits.disk_use import DiskUse
from chatapp.server.wire import Wire


class Proposer(Recipient):
    """A recipient that proposes events and learns their outcome."""

    __slots__ = ("disk", "origin", "unsettled")

    def __init__(self, services: RecipientServices, wire: Wire) -> None:
        super().__init__(services, wire)
        self.origin = Origin(self)  # the origin of all its messages without a label
        self.unsettled = 0  # messages that are proposed and not yet stored or refused
        self.disk: DiskUse | None = None  # its limits on stored bytes; None before it has a user, or without limits

    def message_refused(self, event: events.MessageSent, error: ChatError, response: Response | None) -> None:
        """Answer a message that was refused after it was proposed; the answer goes into ``response``, if any."""
        raise NotImplementedError

    def settled(self, count: int) -> None:
        """Go on after so many messages were stored or refused (called when all lines of the batch are written)."""
        raise NotImplementedError

    def close_response(self, response: Response) -> None:
        """Decrement the number of parts that a response waits for, and send the response when none is left."""
        response.pending -= 1
        if not response.pending and not self.closed:
            self.deliver(response.whole(self.services.host, self.batch_reference()))


class Origin(msgspec.Struct, eq=False):
    """The session that proposed an event, and the labelled response that the event is part of, if any.

    ``waits``: a command awaits the event's outcome and answers the session itself.
    """

    proposer: Proposer
    response: Response | None = None
    waits: bool = False

    def proposed(self, count: int) -> None:
        """Note that so many messages were proposed: the proposer, and the labelled response, wait for each of them."""
        self.proposer.unsettled += count
        if self.response is not None:
            self.response.pending += count

    def answer(self, line: bytes) -> None:
        """Send the proposer a line that answers it, or add the line to the labelled response."""
        if self.response is not None:
            self.response.items.append(line)
        else:
            self.proposer.deliver(line)

    def echo(self, line: bytes) -> None:
        """Send the proposer its own message, if it has echo-message."""
        if line and self.proposer.caps & ECHO_MESSAGE:
            self.answer(line)

    def echo_items(self, items: Sequence[Item]) -> None:
        """Send the proposer its own message, which has several lines or is a batch, if it has echo-message."""
        if not self.proposer.caps & ECHO_MESSAGE:
            return
        for item in items:
            if self.response is not None:
                self.response.items.append(item)
            else:
                self.proposer.deliver(item if isinstance(item, bytes) else item.whole())

    def refused(self, event: events.MessageSent, error: ChatError) -> None:
        """Send the proposer the refusal of its message."""
        self.proposer.message_refused(event, error, self.response)
