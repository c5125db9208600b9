"""Collects the lines of batches, and matches answers to requests.

A multiline batch becomes one message, whose text has a line feed between two lines.

Spec: IRCv3 batch; IRCv3 draft/multiline; IRCv3 labeled-response: the answer to a labelled line is one line with the
label, a batch with the label (``labeled-response`` or another type), or ``ACK`` if the answer would be empty.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

from chatapp.client.core.budget import Budget, message_bytes
from chatapp.client.core.events import Event, NotDone
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message

OPEN_BATCHES_MAX = 64

_ERROR_NUMERICS = ("4", "5", "90")
# 494 is the answer of InspIRCd and this project's server to UNINVITE.
_NOT_ERRORS = frozenset({"422", "494", "900", "901", "903"})
# Refusals with other numerics: ERR_STARTTLS, ERR_INVALIDMODEPARAM, ERR_LISTMODEALREADYSET, ERR_LISTMODENOTSET; those of
# KNOCK; ERR_NOPRIVS, ERR_MONLISTFULL; ERR_CANNOTDOCOMMAND of InspIRCd.
_ALSO_ERRORS = frozenset({"691", "696", "697", "698", "712", "713", "714", "723", "734", "972"})
TRY_AGAIN = "263"
MULTILINE = "draft/multiline"  # a type of batches, and the capability to get them
LAST_PAGE = "draft/chathistory-end"  # a tag of a batch
CONCAT = "draft/multiline-concat"


@dataclasses.dataclass(slots=True)
class Reply:
    """A complete batch, or a single line; ``kind`` is the batch's type, and empty for a single line.

    ``is_last``: it is a page of history, and the range that was asked for has nothing more.
    Spec: IRCv3 draft/chathistory, "draft/chathistory-end".
    ``told``: lines that belong to the answer too, and were told already (``fences.py``).
    """

    kind: str
    label: str
    messages: list[Message]
    is_last: bool = False
    told: list[Message] = dataclasses.field(default_factory=list)

    def changes(self, verb: str) -> list[Message]:
        """Return the lines of the answer with a verb such as MODE, which tell what the request has changed."""
        return [message for message in (*self.messages, *self.told) if message.verb == verb]

    @property
    def error(self) -> Message | None:
        """The first line that refuses the request, if there is one."""
        return next((message for message in self.messages if is_error(message)), None)


def is_error(message: Message) -> bool:
    """Tell whether a line refuses something."""
    verb = message.verb
    if verb in ("FAIL", TRY_AGAIN):
        return True
    return verb in _ALSO_ERRORS or (verb.isdigit() and verb.startswith(_ERROR_NUMERICS) and verb not in _NOT_ERRORS)


def code_of(error: Message) -> str:
    """Return the code of a FAIL, or the numeric."""
    return error.param(1) if error.verb == "FAIL" else error.verb


def text_of(error: Message) -> str:
    """Return the human-readable text of a refusal."""
    return error.params[-1] if error.params else error.verb


def _reason(error: Message) -> str:
    """Return the text of a refusal, with the name that it is about if the text needs it.

    Spec: modern-irc, ERR_USERONCHANNEL (443): "<client> <nick> <channel> :is already on channel"; ERR_UNKNOWNMODE
    (472): "<client> <modechar> :is unknown mode char to me"; ERR_UNKNOWNCOMMAND (421): "<client> <command> :Unknown
    command", which is about a line that the person has not typed.
    """
    text = text_of(error)
    if error.verb == "421" and len(error.params) > 2:
        return f"this server has no command {error.param(1)}."
    if error.verb not in ("443", "472") or len(error.params) < 3:
        return text
    return f"{error.param(1)} {text}" if text.startswith("is ") else f"{error.param(1)}: {text}"


def refusal(what: str, reply: Reply, *, people: bool = False, unsaid: Collection[str] = ()) -> list[Event]:
    """Return NotDone with these words (``what``) for each line that refuses something; not for the codes ``unsaid``.

    With ``people``, the requests are answered one by one, so only the first line counts.
    """
    errors = [message for message in reply.messages if is_error(message)]
    told = [error for error in errors if code_of(error) not in unsaid]
    return [NotDone(what, _reason(error), people, code_of(error)) for error in (told[:1] if people else told)]


@dataclasses.dataclass(slots=True)
class _Open:
    reply: Reply
    parent: str
    tags: dict[str, str]  # of a multiline batch: they are the tags of its message
    size_bytes: int = 0


class Batches:
    """Collects the lines of open batches; a nested batch becomes part of the outer one. ``budget`` bounds the size."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._open: dict[str, _Open] = {}

    def take(self, message: Message) -> Reply | None:
        """Return a single line as a reply, or the batch that the line ends; keep a line of an open batch (None).

        Raises MalformedLineError when OPEN_BATCHES_MAX batches are open already, CannotConnectError when the lines kept
        need more memory than the budget has.
        """
        if message.verb == "BATCH":
            return self._bracket(message)
        within = self._open.get(message.tags.get("batch", ""))
        if within is None:
            return Reply("", message.tags.get("label", ""), [message])
        size_bytes = message_bytes(message)
        within.size_bytes += size_bytes
        self._budget.take(size_bytes)
        within.reply.messages.append(message)
        return None

    def _bracket(self, message: Message) -> Reply | None:
        reference = message.param(0)
        sign, name = reference[:1], reference[1:]
        parent = message.tags.get("batch", "")
        if sign == "+":
            if len(self._open) >= OPEN_BATCHES_MAX:
                raise MalformedLineError("The server began more answers at once than there can be.")
            again = self._open.pop(name, None)
            self._budget.give(again.size_bytes if again is not None else 0)
            reply = Reply(message.param(1), message.tags.get("label", ""), [], LAST_PAGE in message.tags)
            opened = self._open[name] = _Open(reply, parent, message.tags if reply.kind == MULTILINE else {})
            opened.size_bytes = message_bytes(message) if opened.tags else 0
            self._budget.take(opened.size_bytes)
            return None
        closed = self._open.pop(name, None)
        if closed is None:
            return None
        if closed.reply.kind == MULTILINE:
            closed.reply = Reply("", closed.reply.label, _joined(closed))
        outer = self._open.get(closed.parent)
        if outer is None:
            self._budget.give(closed.size_bytes)
            return closed.reply
        outer.size_bytes += closed.size_bytes
        outer.reply.messages += closed.reply.messages
        outer.reply.is_last |= closed.reply.is_last
        # Keep the more precise type: a page of history inside a labelled answer is a page of history.
        if outer.reply.kind == "labeled-response" and closed.reply.kind:
            outer.reply.kind = closed.reply.kind
        return None

    def unfinished(self, kind: str) -> list[Reply]:
        """Return what has arrived of the open batches of a type, such as ``chathistory``."""
        return [each.reply for each in self._open.values() if each.reply.kind == kind]

    def clear(self) -> None:
        """Forget the open batches."""
        for each in self._open.values():
            self._budget.give(each.size_bytes)
        self._open.clear()


def _joined(multiline: _Open) -> list[Message]:
    """Return the message of a multiline batch; empty if the batch has no line of a message.

    Spec: IRCv3 draft/multiline, "Line messages are joined by a single line feed (\\n) byte unless the
    draft/multiline-concat message tag is sent, in which case that line's message is directly joined with the previous
    line's message with no separation".
    """
    lines = [message for message in multiline.reply.messages if message.verb in ("PRIVMSG", "NOTICE")]
    if not lines:
        return []
    first = lines[0]
    further = [("" if CONCAT in line.tags else "\n") + line.param(1) for line in lines[1:]]
    return [Message(first.verb, [first.param(0), first.param(1) + "".join(further)], first.source, multiline.tags)]


OnReply = Callable[[Reply], list[Event]]


class Questions:
    """The labelled requests that have no answer yet."""

    def __init__(self) -> None:
        self._count = 0
        self._open: dict[str, OnReply] = {}

    def __len__(self) -> int:
        """Count the requests without an answer."""
        return len(self._open)

    def label(self, message: Message, on_reply: OnReply) -> Message:
        """Put the next label on a request and return it; ``on_reply`` is to get its answer."""
        self._count += 1
        label = str(self._count)
        self._open[label] = on_reply
        message.tags["label"] = label
        return message

    def take(self, reply: Reply) -> OnReply | None:
        """Return the ``on_reply`` of the request that a reply answers; None if it answers no request."""
        return self._open.pop(reply.label, None)

    def clear(self) -> None:
        """Forget all requests."""
        self._open.clear()
