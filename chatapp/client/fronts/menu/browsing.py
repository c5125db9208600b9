"""Pure: shows the history of a conversation, or what a search finds, page by page, backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.client.core import order
from chatapp.client.core.events import Act, History, Matches, Said
from chatapp.client.core.session import Session
from chatapp.client.fronts.commands import HISTORY_DEFAULT, SEARCH_INCOMPLETE
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.menu.view import Stamp
from chatapp.client.fronts.person.rows import Row
from chatapp.protocol.names import fold, is_channel

_PAGE_MAX = 1000  # messages that a server gives at once
_MATCHES = 20  # messages in a page of a search


class Browsing:
    """Fetches the pages of /history, /search and /older.

    Each page is asked for with one message more than is shown, to know whether there are more.
    """

    def __init__(self, session: Session, stamp: Stamp) -> None:
        self._session = session
        self._stamp = stamp
        self._older: Callable[[], None] | None = None  # asks for the page before the one that was shown last
        self._messages = 0
        self._found: set[str] = set()  # msgids of the matches that were shown, and have the time of the oldest

    def start(self, conversation: str, messages: int) -> None:
        """Ask for the latest messages of a conversation."""
        self._older = None
        self._ask(conversation, messages, None)

    def search(self, text: str) -> None:
        """Ask for the latest messages that match a text."""
        self._older, self._found = None, set()
        self._session.ask_search(text, _MATCHES + 1)

    def go_on(self) -> bool:
        """Ask for the messages before the last page; False if no page was shown yet."""
        if self._older is None:
            return False
        self._older()
        return True

    def _ask(self, conversation: str, messages: int, before: int | None) -> None:
        self._messages = messages
        self._session.ask_history(conversation, min(messages + 1, _PAGE_MAX), before, acts=True)

    def rows(self, page: History) -> list[Row]:
        """Return the rows to show for an answer to /history."""
        conversation = page.conversation
        lines = page.in_order()
        if not lines:
            where = f"{'in' if is_channel(conversation) else 'with'} {conversation}"
            nothing = f"There is nothing {'older' if self._older else 'yet'} {where}"
            if fold(conversation) in self._session.channels and self._session.signed_in:
                self._session.ask(order.why_empty(conversation, nothing))  # the answer is a notice
                return []
            return [view.note(f"{nothing}.")]
        shown = lines[-self._messages :]
        self._older = lambda: self._ask(conversation, HISTORY_DEFAULT, shown[0].time)
        more = len(lines) >= min(self._messages + 1, _PAGE_MAX)
        return self._page(f"{conversation}:", shown, "/older shows what came before." if more else "")

    def matches(self, page: Matches) -> list[Row]:
        """Return the rows to show for an answer to /search."""
        text = page.text
        incomplete = [] if page.whole else [view.note(SEARCH_INCOMPLETE)]
        new = [message for message in page.messages if message.msgid not in self._found]
        if not new:
            return [view.note(f"{'Nothing older' if self._older else 'Nothing'} was found for {text}"), *incomplete]
        messages = new[-_MATCHES:]
        # The server's bound is inclusive: `before` is the time of matches that were shown already.
        oldest = messages[0].time
        self._found = {message.msgid for message in page.messages if message.time == oldest}
        self._found -= {message.msgid for message in new[:-_MATCHES]}
        self._older = lambda: self._session.ask_search(text, _MATCHES + 1 + len(self._found), oldest)
        more = "/older shows what was found before." if len(new) > _MATCHES else ""
        return self._page(f"Found for {text}", messages, more) + incomplete

    def _page(self, title: str, lines: Sequence[Said | Act], more: str) -> list[Row]:
        rows = [row for line in lines for row in view.past(line, self._stamp)]
        return [view.note(title), *rows, *([view.note(more)] if more else [])]
