"""The capability lists of CAP: offers (LS, NEW), requests (REQ), and how a long list is split.

Spec: IRCv3 capability-negotiation.
"""

from __future__ import annotations

from collections.abc import Iterable

# 512 bytes of a line, less ":server CAP nick LS * :" (server: 63 characters, nick: 32) and CR LF.
LIST_BYTES_MAX = 400


def format_offer(name: str, value: str | None = None) -> str:
    """Return one capability as CAP LS 302 lists it: ``name=value``, or ``name`` if it has no value."""
    return f"{name}={value}" if value else name


def parse_offers(text: str) -> dict[str, str]:
    """Parse the list of CAP LS or NEW; return each capability with its value (empty if it has no value)."""
    offers: dict[str, str] = {}
    for word in text.split(" "):
        name, _, value = word.partition("=")
        if name:
            offers[name] = value
    return offers


def parse_request(text: str) -> dict[str, bool]:
    """Parse the list of CAP REQ or ACK; return each capability with True (enable) or False (``-name``: disable).

    If a capability occurs twice, the last occurrence counts.
    """
    wanted: dict[str, bool] = {}
    for word in text.split(" "):
        name = word.removeprefix("-")
        if name:
            wanted[name] = not word.startswith("-")
    return wanted


def split(words: Iterable[str], bytes_max: int = LIST_BYTES_MAX) -> list[str]:
    """Join ``words`` with spaces into lists of at most ``bytes_max`` bytes; without words, return one empty list."""
    lists = [""]
    room = bytes_max
    for word in words:
        word_bytes = len(word.encode())
        assert word_bytes <= bytes_max, "a capability does not fit into a line"
        if not lists[-1]:
            lists[-1] = word
            room -= word_bytes
        elif word_bytes < room:
            lists[-1] += " " + word
            room -= word_bytes + 1
        else:
            lists.append(word)
            room = bytes_max - word_bytes
    return lists
