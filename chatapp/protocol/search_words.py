"""Pure: reads what a person searches for: words, "phrases", prefix*, and filters such as ``from:bob``.

The command SEARCH has attributes; the value of its attribute ``text`` is such a text.

Spec: soju.im/search, "Standard search attributes". "The actual algorithm used for matching the text is implementation
defined".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from chatapp.errors import MalformedLineError
from chatapp.protocol.message import unescape_tag
from chatapp.protocol.timestamps import parse_time

TERMS_MAX = 16  # words and phrases in one search

# A filter or a word: the filter's name, then a text in quotation marks (the last may be missing) or without.
_PIECE = r'(?i)(?:(in|from|after|before|has):)?(?:"([^"]*)"?(\*?)|(\S+))'
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_OF_WORDS = ("L", "N", "M")  # Unicode categories: letters, numbers and marks


class InvalidSearchError(MalformedLineError):
    """A search cannot be understood. ``name`` is the attribute or filter that is wrong."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Term(NamedTuple):
    """A word, or a phrase: words in a row. With ``prefix``, the last word may be the beginning of a longer word."""

    text: str
    prefix: bool = False


class Wanted(NamedTuple):
    """What a search is for: messages that match all of this. Names are as typed. Times are ms since 1970, inclusive."""

    terms: tuple[Term, ...] = ()
    targets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    after: int = 0
    before: int | None = None
    link: bool = False  # the message has a link
    limit: int | None = None
    oldest_first: bool = False


def parse_attributes(text: str) -> Wanted:
    """Parse the parameter of SEARCH: ``name=value`` pairs with ``;`` between them, escaped like message tags.

    An attribute without a value is ignored. Raises InvalidSearchError.

    Spec: soju.im/search, "SEARCH <attributes>", and its examples, which have the form of message tags.
    """
    wanted = Wanted()
    for pair in text.split(";"):
        name, _, value = pair.partition("=")
        value = unescape_tag(value)
        read = _ATTRIBUTES.get(name)
        if read is not None:
            wanted = read(wanted, value) if value else wanted
        elif name:
            known = ", ".join(_ATTRIBUTES)
            raise InvalidSearchError(name, f"SEARCH has no such attribute. It has {known}.")
    return wanted


def parse_text(wanted: Wanted, text: str) -> Wanted:
    """Add to ``wanted`` what a person typed: words, "phrases", prefix*, and filters. Raises InvalidSearchError."""
    for name, phrase, star, word in re.findall(_PIECE, text):
        value = phrase or word
        if name:
            wanted = _FILTERS[name.lower()](wanted, value) if value else wanted
        else:
            prefix = bool(star) or value.endswith("*")
            wanted = _with_term(wanted, Term(value.rstrip("*") if word else value, prefix))
    return wanted


def _with_term(wanted: Wanted, term: Term) -> Wanted:
    """Add a word or phrase. Spec: "the message text matches the specified text"."""
    if not any(unicodedata.category(each).startswith(_OF_WORDS) for each in term.text):
        raise InvalidSearchError("text", "A search is for words: give each at least one letter or digit.")
    if len(wanted.terms) >= TERMS_MAX:
        raise InvalidSearchError("text", f"A search has at most {TERMS_MAX} words and phrases.")
    return wanted._replace(terms=(*wanted.terms, term))


def _with_target(wanted: Wanted, value: str) -> Wanted:
    """Spec: "`in`: the message was sent to this target (channel or user)"."""
    return wanted._replace(targets=(*wanted.targets, value))


def _with_author(wanted: Wanted, value: str) -> Wanted:
    """Spec: "`from`: the message was sent with this nick"."""
    return wanted._replace(authors=(*wanted.authors, value))


def _not_before(wanted: Wanted, value: str) -> Wanted:
    """Spec: "`after`: the message was sent at or after this time (same format as the `server-time` specification)"."""
    return wanted._replace(after=max(wanted.after, _time("after", value)))


def _not_after(wanted: Wanted, value: str) -> Wanted:
    """Spec: "`before`: the message was sent at or before this time"."""
    time = _time("before", value)
    return wanted._replace(before=time if wanted.before is None else min(wanted.before, time))


def _from_time_on(wanted: Wanted, value: str) -> Wanted:
    """Spec: "If `after` is specified, messages SHOULD be searched from that time"."""
    return _not_before(wanted, value)._replace(oldest_first=True)


def _with_limit(wanted: Wanted, value: str) -> Wanted:
    """Spec: "`limit`: a number representing an upper bound on the count of messages to return"."""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        raise InvalidSearchError("limit", "A limit is a number from 1 on.")
    return wanted._replace(limit=int(value))


def _has(wanted: Wanted, value: str) -> Wanted:
    if value.lower() != "link":
        raise InvalidSearchError("has", "The only filter of this kind is has:link.")
    return wanted._replace(link=True)


def _time(name: str, value: str) -> int:
    """Return the ms of a time as in server-time, or of the beginning of a day (2026-01-31, UTC)."""
    try:
        return parse_time(f"{value}T00:00:00Z" if re.fullmatch(_DAY, value) else value)
    except MalformedLineError as error:
        raise InvalidSearchError(name, f"{error} Or give a day: {name}:2026-01-31.") from None


_Read = Callable[[Wanted, str], Wanted]
# Spec: soju.im/search, "Servers MUST recognise the following attributes".
_ATTRIBUTES: dict[str, _Read] = {
    "in": _with_target,
    "from": _with_author,
    "after": _from_time_on,
    "before": _not_after,
    "text": parse_text,
    "limit": _with_limit,
}
_FILTERS: dict[str, _Read] = {
    "in": _with_target,
    "from": _with_author,
    "after": _not_before,
    "before": _not_after,
    "has": _has,
}
