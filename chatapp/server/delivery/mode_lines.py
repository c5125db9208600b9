"""Pure: divides changes of modes that the server makes into the MODE lines that have room for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatapp.model.entities import Channel
from chatapp.model.events import Change
from chatapp.model.tables import Tables
from chatapp.server.delivery import render
from chatapp.server.delivery.greeting import CHANGES_MAX


def divided(tables: Tables, channel: Channel, changes: Sequence[Change], host: str) -> Iterator[tuple[Change, ...]]:
    """Divide changes that the server makes, so that each part fits into one MODE line."""
    part: tuple[Change, ...] = ()
    for change in changes:
        line = render.mode_line(tables, "", channel.name, [*part, change], host)
        if part and (len(part) >= CHANGES_MAX or not render.fits(line)):
            yield part
            part = ()
        part = (*part, change)
    if part:
        yield part
