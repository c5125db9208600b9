"""Pure: the report of unacknowledged lines that a person reads when the client ends."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.client.core.unacknowledged import Outbox, Text, Unit
from chatapp.errors import CannotConnectError, ClientError, DeliveryUnknownError

TEXTS_SHOWN_MAX = 5
TEXT_CHARACTERS_MAX = 200
TARGETS_SHOWN_MAX = 5


def sentence(texts: Sequence[Text]) -> str:
    """Return a sentence that says how many lines are unacknowledged, and to whom; empty if all are acknowledged."""
    what, they = _lines(texts)
    if not what:
        return ""
    return (
        f"The server has not acknowledged {what}; {they} may not have arrived."
        " Look at the history before sending again."
    )


def report(outbox: Outbox) -> list[str]:
    """Return sentences about what was not sent, and about what was sent and not acknowledged; then the texts."""
    sent = {id(unit.whole) for unit in outbox.units if unit.was_sent}
    what, _ = _lines([text for text in outbox.texts if id(text) not in sent])
    not_sent = f"Not sent: {what}." if what else ""
    unknown = sentence([text for text in outbox.texts if id(text) in sent])
    return [*filter(None, (not_sent, unknown)), *contents(outbox.units)]


def _lines(texts: Sequence[Text]) -> tuple[str, str]:
    """Return how many lines of texts are open and to whom, and the pronoun for them; empty if there are none."""
    lines: dict[str, int] = {}
    for text in texts:
        lines[text.target] = lines.get(text.target, 0) + text.open
    count = sum(lines.values())
    if not count:
        return "", ""
    to = [target if len(lines) == 1 else f"{number} to {target}" for target, number in lines.items()]
    if len(to) > TARGETS_SHOWN_MAX:
        to = [*to[:TARGETS_SHOWN_MAX], "and others"]
    where = f"to {to[0]}" if len(lines) == 1 else ", ".join(to)
    return (f"1 line ({where})", "it") if count == 1 else (f"{count} lines ({where})", "they")


def not_settled(outbox: Outbox, error: ClientError | None = None) -> ClientError:
    """Return the error with which the client ends while lines are unacknowledged; ``error`` is why it ends, if known.

    DeliveryUnknownError if some of the lines were sent; otherwise ``error``, or CannotConnectError.
    """
    text = " ".join(filter(None, (str(error or ""), sentence(outbox.texts))))
    if outbox.some_were_sent:
        return DeliveryUnknownError(text)
    return error or CannotConnectError(text or "The server has not answered all that it was asked. Try again.")


def contents(units: Sequence[Unit]) -> list[str]:
    """Return the texts of unacknowledged units with their targets, each cut to TEXT_CHARACTERS_MAX.

    Empty for more than TEXTS_SHOWN_MAX texts. If some lines of a text are stored, only the other lines are returned.
    """
    by_text: dict[int, list[Unit]] = {}
    for unit in units:
        by_text.setdefault(id(unit.whole), []).append(unit)
    if len(by_text) > TEXTS_SHOWN_MAX:
        return []
    return [
        f"to {open_units[0].target}: {shortened(_rest(open_units), TEXT_CHARACTERS_MAX)}"
        for open_units in by_text.values()
    ]


def _rest(units: Sequence[Unit]) -> str:
    """Return the unacknowledged part of a text; ``units`` are its unacknowledged units."""
    whole = units[0].whole
    left = [line for unit in units for line in unit.lines]
    return whole.text if len(left) == whole.lines else "\n".join(left)


def shortened(text: str, characters_max: int) -> str:
    """Cut a text to ``characters_max`` characters; an ellipsis shows that it is cut."""
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
