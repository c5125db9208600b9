"""Pure: following all messages from a moment on, whatever is read; and the pace at which a front takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatapp.protocol.names import fold

FROM_NOW = -1  # as the time ``since``: after the latest message that there is at the first sign-in


class Following:
    """From when on a session tells messages, and of which conversation; without ``begin``, read markers say so."""

    def __init__(self) -> None:
        self.since: int | None = None
        self._only = ""
        self._full = False
        self._next_page: Callable[[], None] | None = None  # asks for it, when the front has room again

    def begin(self, since: int, only: str = "") -> None:
        """Tell all messages after the time ``since`` (ms, or FROM_NOW), whatever is read; call it before the sign-in.

        ``only``: the only conversation whose history is fetched (empty: all).
        """
        self.since, self._only = since, fold(only)

    def wanted(self, names: Sequence[str], latest: Mapping[str, int], *, refused: bool) -> list[str]:
        """Return the conversations of ``names`` whose history is to be fetched.

        ``latest``: the time of the latest message of each conversation. If the server has ``refused`` to list them,
        nothing says what is new.
        """
        if self.since == FROM_NOW:
            if refused:
                return []
            self.since = max(latest.values(), default=0)
        return [name for name in names if self._only in ("", name)]

    def renamed(self, old: str, new: str) -> None:
        """Follow a channel under its new name; both names are folded."""
        self._only = new if self._only == old else self._only

    def pause(self) -> None:
        """Ask for no further page of a conversation until :meth:`resume` is called: the front has no room for it."""
        self._full = True

    def resume(self) -> None:
        """Ask for the next page, if one is due: the front has room."""
        ask, self._next_page, self._full = self._next_page, None, False
        if ask is not None:
            ask()

    def next_page(self, ask: Callable[[], None]) -> None:
        """Ask for the next page now, or when the front has room."""
        self._next_page = ask
        if not self._full:
            self.resume()

    def closed(self) -> None:
        """Note that the connection ended: no page is due."""
        self._next_page = None
