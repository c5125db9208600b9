"""Pure: matches answers to requests on a server without labels, and stands in for the echo that it does not send.

After each request goes a PING with the label of the request. A server answers in the order of the requests, so the
numerics before the PONG are the answer. A line of ours that tells everybody of a change, such as MODE, is told at once,
and belongs to the answer too. A text of which the server has refused nothing until then is shown as sent. (It was not
stored anywhere: this is less than the echo of a server with echo-message says.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chatapp.client.core.budget import Budget, message_bytes
from chatapp.client.core.replies import Batches, Reply
from chatapp.client.core.unacknowledged import Unit
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold

WANTED = ("account-tag", "away-notify", "cap-notify", "extended-join", "message-tags", "multi-prefix", "server-time")
NO_ACCOUNTS = (
    "This server knows no accounts that chat can sign in to. You are here under this name until you leave. It does not"
    " say what arrived, and keeps nothing for you."
)
_FENCE = "answered-"
_CHANGES = frozenset({"KICK", "MODE", "SILENCE", "TOPIC"})


class Fences:
    """Collects the numerics between two PONGs, if it is ``active``; other lines go to ``batches``.

    ``me`` returns our nick.
    """

    def __init__(self, batches: Batches, budget: Budget, me: Callable[[], str] = lambda: "") -> None:
        self.active = False
        self.batches = batches
        self._budget = budget
        self._me = me
        self._open: deque[Reply] = deque()
        self._used_bytes = 0

    def clear(self) -> None:
        """Forget the requests."""
        self.batches.clear()
        self._open.clear()
        self._budget.give(self._used_bytes)
        self._used_bytes = 0
        self.active = False

    def around(self, labelled: Message) -> list[Message]:
        """Return what to send for a request that has a label."""
        if not self.active:
            return [labelled]
        label = labelled.tags.pop("label")
        self._open.append(Reply("labeled-response", label, []))
        return [labelled, Message("PING", [_FENCE + label])]

    def take(self, message: Message) -> Reply | None:
        """Return a line as a reply, or the answer that a PONG ends; keep a line of an answer (None).

        Raises CannotConnectError when the lines kept need more memory than the budget has.
        """
        if not self.active or not self._open:
            return self.batches.take(message)
        answer = self._open[0]
        if message.verb == "PONG" and message.param(1) == _FENCE + answer.label:
            self._open.popleft()
            size_bytes = sum(map(message_bytes, (*answer.messages, *answer.told)))
            self._used_bytes -= size_bytes
            self._budget.give(size_bytes)
            return answer
        is_numeric = message.verb.isdigit()
        is_ours = message.verb in _CHANGES and fold(message.nick) == fold(self._me())
        if is_numeric or is_ours:
            size_bytes = message_bytes(message)
            self._used_bytes += size_bytes
            self._budget.take(size_bytes)
            (answer.messages if is_numeric else answer.told).append(message)
        return None if is_numeric else self.batches.take(message)


def echo(unit: Unit, source: str, id_tag: str) -> Message:
    """Return the echo of a unit of one line, as a server would have sent it."""
    return Message("PRIVMSG", [unit.target, unit.text], source, {id_tag: unit.id})
