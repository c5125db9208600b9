"""Pure: what the history is asked to search for, its answer, and how both read in the words of the index (FTS5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from chatapp.model.events import MessageSent, is_conversation, peer
from chatapp.model.messages import is_ctcp
from chatapp.protocol.search_words import Term

# Scripts without spaces between words: Thai and Lao, Tibetan and Burmese, Khmer, then kana and Han. In the index each
# of their characters is a word, and a search for several is a phrase. Korean has spaces.
_SCRIPTS_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_CHARACTER = f"([{_SCRIPTS_WITHOUT_SPACES}])"


LATEST = 1 << 62  # later than every time, and after every position


class Search(NamedTuple):
    """A search for messages with text (PRIVMSG and NOTICE) that match all of this.

    ``readable`` has the streams to search, each with the time after which its messages may be read. The caller makes it
    from the rights of the reader (``model/messages.py``, ``may_read``). Times are milliseconds since 1970, exclusive.
    """

    reader: str  # uid; `readable` has no conversations of other users
    readable: Mapping[str, int]
    limit: int  # the maximum number of messages
    upto_seq: int  # the last position in the log that is included
    terms: tuple[Term, ...] = ()
    author: str = ""  # uid; empty: anybody
    after: int = -1
    before: int = LATEST
    link: bool = False  # the text has a link
    newest: bool = True  # find the newest messages, not the oldest
    hidden: Set[str] = frozenset()  # uids of authors whose messages are left out

    def may_find(self, event: MessageSent) -> bool:
        """Return whether the reader may read a message, its time is within the bounds, and it is no CTCP.

        A search index that an older version made has CTCP too.
        """
        readable_after = self.readable.get(event.stream)
        return (
            readable_after is not None
            and max(readable_after, self.after) < event.time < self.before
            and event.actor not in self.hidden
            and not is_ctcp(event.text)
        )


class Matches(NamedTuple):
    """The answer to a search: the messages, the oldest first. ``whole``: all messages that should be were searched."""

    found: list[MessageSent]
    whole: bool = True


def spaced(text: str) -> str:
    """Return a text with spaces around each character of a script that has no spaces between words."""
    if text.isascii() or not re.search(_CHARACTER, text):
        return text
    return re.sub(_CHARACTER, r" \1 ", unicodedata.normalize("NFC", text))


def names_of(search: Search) -> list[str]:
    """Return the names of the streams in the index that are searched.

    All conversations of a user are one stream there, ``@`` and the uid.
    """
    names = [stream for stream in search.readable if not is_conversation(stream)]
    if len(names) < len(search.readable):
        names.append(f"@{search.reader}")
    return names


def match_expression(search: Search, hidden: Iterable[str] = ()) -> str:
    """Return the FTS5 expression of a search, without the authors ``hidden``. The words are quoted, so that none is an
    operator.

    Spec: SQLite FTS5, "Full-text Query Syntax".
    """
    parts = [words_expression(search.terms)] if search.terms else []
    about = [f"a{search.author}"] * bool(search.author) + ["link"] * search.link
    if len(search.readable) == 1:
        (stream,) = search.readable
        if is_conversation(stream):
            about.append(f"p{peer(stream, search.reader)}")
    if not parts and not about:
        about.append("all")
    wanted = " AND ".join(parts + [f'about : "{each}"' for each in about])
    unwanted = " OR ".join(f'about : "a{uid}"' for uid in sorted(hidden))
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def words_expression(terms: Iterable[Term]) -> str:
    """Return the FTS5 expression for a text that has all words and phrases."""
    words = [(spaced(term.text).replace('"', '""'), term.prefix) for term in terms]
    return " AND ".join(f'text : "{text}"' + " *" * is_prefix for text, is_prefix in words)
