"""Who proposed an event, and how the answer reaches it."""

from __future__ import annotations

import msgspec

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.server.capabilities import ECHO_MESSAGE
from chatapp.server.delivery.recipient import Recipient, RecipientServices
from chatapp.server.delivery.response import Response
from chatapp.server.limits.disk_use import DiskUse
from chatapp.server.wire import Wire


class Proposer(Recipient):
    """A recipient that proposes events, and is told what became of them."""

    __slots__ = ("disk", "origin", "unsettled")

    def __init__(self, services: RecipientServices, wire: Wire) -> None:
        super().__init__(services, wire)
        self.origin = Origin(self)  # of its messages without a label
        self.unsettled = 0  # messages proposed, not yet stored or refused
        self.disk: DiskUse | None = None  # what it may store, once it has a user; None: without a limit

    def message_refused(self, event: events.MessageSent, error: ChatError, response: Response | None) -> None:
        """Answer a message that was refused after it was proposed, within ``response`` if it has one."""
        raise NotImplementedError

    def settled(self) -> None:
        """Go on after messages were settled; called when everything of that batch was written."""
        raise NotImplementedError

    def close_response(self, response: Response) -> None:
        """Count one thing less that a response waits for, and send it when it is whole."""
        response.pending -= 1
        if not response.pending and not self.closed:
            self.deliver(response.whole(self.services.host, self.services.batch_reference()))


class Origin(msgspec.Struct, eq=False):
    """The session that proposed an event, and the labelled response that the event is part of, if any.

    ``waits``: a command waits for the event, and hears of the outcome from that.
    """

    proposer: Proposer
    response: Response | None = None
    waits: bool = False

    def answer(self, line: bytes) -> None:
        """Hand the proposer a line that answers it."""
        if self.response is not None:
            self.response.items.append(line)
        else:
            self.proposer.deliver(line)

    def echo(self, line: bytes) -> None:
        """Hand the proposer its own message, where it asked for that."""
        if line and self.proposer.caps & ECHO_MESSAGE:
            self.answer(line)

    def refused(self, event: events.MessageSent, error: ChatError) -> None:
        """Answer the message, which is refused."""
        self.proposer.message_refused(event, error, self.response)
