"""The lists in CAP: what is offered (LS, NEW), asked for (REQ), and how a long one is split.

Spec: IRCv3 capability-negotiation.
"""

from __future__ import annotations

from collections.abc import Iterable

# Left of 512 bytes after ":server CAP nick LS * :" (63 and 32 characters) and CR LF.
LIST_BYTES_MAX = 400


def format_offer(name: str, value: str | None = None) -> str:
    """Write one capability as CAP LS 302 shows it, with its value where it has one."""
    return f"{name}={value}" if value else name


def parse_offers(text: str) -> dict[str, str]:
    """Read the list of CAP LS or NEW: each capability with its value, empty where it has none."""
    offers: dict[str, str] = {}
    for word in text.split(" "):
        name, _, value = word.partition("=")
        if name:
            offers[name] = value
    return offers


def parse_request(text: str) -> dict[str, bool]:
    """Read the list of CAP REQ (or ACK): each capability, with False where it is to be switched off.

    Of one that comes twice the last counts.
    """
    wanted: dict[str, bool] = {}
    for word in text.split(" "):
        name = word.removeprefix("-")
        if name:
            wanted[name] = not word.startswith("-")
    return wanted


def split(words: Iterable[str], bytes_max: int = LIST_BYTES_MAX) -> list[str]:
    """Join words with spaces into as few lists as hold them, ``bytes_max`` bytes each; at least one, maybe empty."""
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
