"""Pure: shows the history of a conversation page by page, backwards."""

from __future__ import annotations

from chatapp.client.core.events import History
from chatapp.client.core.session import Session
from chatapp.client.fronts.commands import HISTORY_DEFAULT
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.menu.rows import Row
from chatapp.client.fronts.menu.view import Stamp
from chatapp.protocol.names import is_channel

_PAGE_MAX = 1000  # messages that a server gives at once


class Browsing:
    """Fetches the pages of /history and /older, with one message more than it shows, to know whether there are more."""

    def __init__(self, session: Session, stamp: Stamp) -> None:
        self._session = session
        self._stamp = stamp
        self._shown: tuple[str, int] | None = None  # conversation, and time of its oldest shown message
        self._messages = 0

    def start(self, conversation: str, messages: int) -> None:
        """Ask for the latest messages of a conversation."""
        self._shown = None
        self._ask(conversation, messages, None)

    def go_on(self) -> bool:
        """Ask for the messages before the last page; False if no page was shown yet."""
        if self._shown is None:
            return False
        conversation, before = self._shown
        self._ask(conversation, HISTORY_DEFAULT, before)
        return True

    def _ask(self, conversation: str, messages: int, before: int | None) -> None:
        self._messages = messages
        self._session.ask_history(conversation, min(messages + 1, _PAGE_MAX), before)

    def rows(self, page: History) -> list[Row]:
        """Return the rows to show for an answer."""
        if not page.messages:
            where = f"{'in' if is_channel(page.conversation) else 'with'} {page.conversation}"
            return [view.note(f"There is nothing {'older' if self._shown else 'yet'} {where}.")]
        messages = page.messages[-self._messages :]
        self._shown = (page.conversation, messages[0].time)
        said = [row for message in messages for row in view.said(message, self._stamp)]
        rows = [view.note(f"{page.conversation}:"), *said]
        if len(page.messages) >= min(self._messages + 1, _PAGE_MAX):
            rows.append(view.note("/older shows what came before."))
        return rows
