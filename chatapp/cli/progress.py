"""A progress bar for sending a long text."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from chatapp.client.core.session import Session

LINES_MIN = 21  # a shorter text is stored before anybody could read the bar
LOOK_S = 0.1  # how often the bar is updated

_Result = TypeVar("_Result")


async def showing_progress(session: Session, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await ``work`` and return its result; if standard error is a terminal, show the progress of long texts there.

    The progress is the number of lines of the text that the server has stored.
    """
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
    # A bar moves the cursor, and the filter in sys.stderr would remove the control characters for that. Bypassing the
    # filter is safe: the bar shows no text from the network.
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
