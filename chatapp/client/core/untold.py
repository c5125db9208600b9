"""Tells what has arrived and waits to be told in its order, when there will be no other connection to catch up on."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core.catchup import CatchUp
from chatapp.client.core.events import Event, Said
from chatapp.client.core.replies import Batches, Reply


def untold(catching_up: CatchUp, batches: Batches, read_page: Callable[[Reply], list[Said]]) -> list[Event]:
    """Return the messages that are held back, and those of a page that has no end yet, in the order of their times."""
    open_pages = batches.unfinished("chathistory") if catching_up.active else []
    held = [event for event in catching_up.skip() if isinstance(event, Said)]
    pages = [said for reply in open_pages for said in read_page(reply)]
    told = [event for said in pages for event in catching_up.heard(said) if isinstance(event, Said)]
    return [*sorted([*told, *held], key=lambda said: said.time)]
