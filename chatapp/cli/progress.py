"""How far a long text is on its way, for a person at a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from chatapp.client.core.session import Session

LINES_MIN = 21  # shorter texts are through before anybody could read it
LOOK_S = 0.1

_Result = TypeVar("_Result")


async def showing_progress(session: Session, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do ``work``, and show meanwhile on standard error how many lines of a text are stored, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return await work
    showing = asyncio.create_task(_show(session))
    try:
        return await work
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _show(session: Session) -> None:
    while not (texts := [text for text in session.outbox.texts if text.lines >= LINES_MIN]):
        await asyncio.sleep(LOOK_S)
    text, shown = texts[0], 0
    # A bar moves the cursor, which sys.stderr does not let through; there is nothing from the network in it.
    with click.progressbar(length=text.lines, file=sys.__stderr__, show_percent=False, show_eta=False) as bar:
        try:
            while text.open:
                bar.label = f"{text.stored} of {text.lines}"
                bar.update(text.stored - shown)
                shown = text.stored
                await asyncio.sleep(LOOK_S)
        finally:
            bar.label = f"{text.stored} of {text.lines}"
            bar.update(text.stored - shown)
