"""Pure: the rows of one entry of a conversation: a message, or a row of the client's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from chatapp.client.core.reading import action
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.entries import Entry, Fold
from chatapp.client.fronts.full.text import Row, columns, cut, isolated, parts, shown, slices, wrapped
from chatapp.client.fronts.full.themes import NICK_COLOURS
from chatapp.client.fronts.sentences import FOR_ROLE
from chatapp.protocol.names import fold

INDENT, INDENT_NARROW = 6, 2  # columns before the text of a message; the time takes 5
NARROW = 40  # columns; a conversation with fewer is narrow
ROWS_MAX = 400  # of one message; a longer message is cut
FOLD_NAMED_MAX = 12  # people who are named of those who came, or who went
REACTIONS_MAX = 10  # different reactions that are shown of one message
_LINK = re.compile(r"https?://[!-~]+")
_LINK_END = ".,;:!?)]}>\"'"


class Look(NamedTuple):
    """How times are written, and our nick. ``clock`` writes hour and minute, ``day`` the date; times are in ms."""

    clock: Callable[[int], str]
    day: Callable[[int], str]
    me: Callable[[], str]


def nick_style(nick: str) -> str:
    """Return the style of a nick: the same in every session."""
    number = 0
    for letter in fold(nick):
        number = (number * 31 + ord(letter)) & 0xFFFF
    return f"nick{number % NICK_COLOURS}"


def links(text: str) -> list[tuple[int, int]]:
    """Return where the links in a text begin and end."""
    found = []
    for match in _LINK.finditer(text):
        end = match.end()
        kept = ")" if "(" in match[0] else ""
        while end > match.start() and text[end - 1] in _LINK_END and text[end - 1] != kept:
            end -= 1
        found.append((match.start(), end))
    return found


def rows(buffer: Buffer, at: int, look: Look, width: int) -> list[Row]:
    """Return the rows of the entry at a position, with what stands above it: the day, the line of what is unread."""
    entries = buffer.entries.all
    entry = entries[at]
    before = entries[at - 1] if at else None
    above: list[Row] = []
    if not isinstance(entry, Fold) and not entry.note:
        day = look.day(entry.time)
        if _day_before(entries, at, look) != day:
            above.append(_line(day, width, "note"))
        if _begins_unread(entry, before, buffer.stopped):
            above.append(_line("new", width, "new"))
    return above + entry_rows(entry, look, width, is_picked=entry in (buffer.picked, buffer.found))


def _day_before(entries: list[Entry], at: int, look: Look) -> str:
    """Return the day of the message before; empty if there is none."""
    while at:
        at -= 1
        if not entries[at].note:
            return look.day(entries[at].time)
    return ""


def _begins_unread(entry: Entry, before: Entry | None, stopped: int | None) -> bool:
    return stopped is not None and entry.time > stopped and (before is None or before.time <= stopped)


def _line(text: str, width: int, style: str) -> Row:
    left = f"── {text} "
    return [(style, cut(left, width) + "─" * max(0, width - columns(left)))]


def entry_rows(entry: Entry, look: Look, width: int, *, is_picked: bool = False) -> list[Row]:
    """Return the rows of an entry alone."""
    if isinstance(entry, Fold):
        return _note(fold_words(entry), width, "note")
    if entry.note:
        return _note(shown(entry.text), width, "bad" if entry.bad else "note")
    indent = INDENT if width >= NARROW else INDENT_NARROW
    found: list[Row] = []
    if entry.about or entry.reply_to:
        about = shown(entry.about) if entry.about else "an earlier message"
        found.append([("", " " * indent), *isolated([("note", cut(f"┌ {about}", width - indent))])])
    found += _said(entry, look, width, indent)
    shown_reactions = [f"[{shown(each.text)} {each.users}]" for each in entry.reactions[:REACTIONS_MAX]]
    if shown_reactions:
        found += [[("", " " * indent), *row] for row in wrapped([("note", " ".join(shown_reactions))], width - indent)]
    if entry.why:
        found += [[("", " " * indent), *row] for row in wrapped([("bad", _why(entry.why))], width - indent)]
    return picked(found) if is_picked else found


def picked(rows: list[Row]) -> list[Row]:
    """Return the rows as they look when their message is picked."""
    return [[("picked", text) for _, text in row] for row in rows]


def _why(why: str) -> str:
    return f"not sent: {shown(why)} (F6, then r takes it back to the input, d drops it)"


def _note(text: str, width: int, style: str) -> list[Row]:
    indent = 3
    return [isolated(row) for row in wrapped([(style, f"-- {text}")], width, indent=indent)]


def fold_words(entry: Fold) -> str:
    """Return who came and who went, in words."""
    came = _listed([nick for nick, there in entry.people.items() if there])
    went = _listed([nick for nick, there in entry.people.items() if not there])
    words = [*([f"came: {came}"] if came else []), *([f"left: {went}"] if went else [])]
    return "; ".join([*words, *([f"and {entry.more} more"] if entry.more else [])])


def _listed(nicks: list[str]) -> str:
    more = len(nicks) - FOLD_NAMED_MAX
    named = nicks[: FOLD_NAMED_MAX - 1] if more > 0 else nicks
    return ", ".join([*map(shown, named), *([f"and {len(nicks) - len(named)} more"] if more > 0 else [])])


def _said(entry: Entry, look: Look, width: int, indent: int) -> list[Row]:
    sender, done = shown(entry.sender), action(entry.text, notice=entry.notice)
    name = nick_style(entry.sender)
    audience = FOR_ROLE if entry.for_role else ""
    clock = look.clock(entry.time)
    head: Row = [("time", " " * columns(clock) if entry.why else clock), ("", " ")]  # what was not sent has no time
    if done is not None:
        head += [(name, f"* {sender}{audience}"), ("", " ")]
    else:
        head += [(name, f"{sender}{' (notice)' if entry.notice else ''}{audience}:"), ("", " ")]
    text = entry.text if done is None else done
    style = "note" if entry.gone else "mention" if entry.mention else ""
    tail = " (edited)" if entry.edited else ""
    return _laid_out(head, text, tail, style, width, indent, look)


def _laid_out(head: Row, text: str, tail: str, style: str, width: int, indent: int, look: Look) -> list[Row]:
    """Divide a message into rows: the first begins with ``head``."""
    used = sum(columns(each) for _, each in head)
    if used > width // 2:  # a long name: the text begins in the next row
        head, used = [(each, cut(words, width)) for each, words in head], width
    lines = [shown(line) for line in text.split("\n")]
    whole = "\n".join(lines)
    pieces = _pieces(whole, style, look.me())
    pieces += [("note", tail)] if tail else []
    found = slices(whole + tail, width - indent, max(width - used, 1) if used < width else width - indent)
    rows: list[Row] = []
    for each in parts(pieces, found[:ROWS_MAX]):
        piece = isolated(each)
        rows.append(piece if not rows and used < width else [("", " " * indent), *piece])
    first = head + (rows.pop(0) if used < width else [])
    more: list[Row] = [[("", " " * indent), ("note", "(cut: the message is longer)")]] if len(found) > ROWS_MAX else []
    return [first, *rows, *more]


def _pieces(text: str, style: str, me: str) -> Row:
    """Return a text with its links; the style of a link has its address, as it may be divided into rows."""
    pieces: Row = []
    at = 0
    if "://" in text:
        for begin, end in links(text):
            pieces += [(style, text[at:begin]), (f"link {text[begin:end]}", text[begin:end])]
            at = end
    return [each for each in [*pieces, (style, text[at:])] if each[1]]


def waiting_rows(lines: list[str], mark: str, look: Look, width: int) -> list[Row]:
    """Return the rows of a text of ours without its echo: dim, with a mark if it waits for long."""
    indent = INDENT if width >= NARROW else INDENT_NARROW
    said = "\n".join(lines)
    done = action(lines[0], notice=False) if lines else None
    head: Row = [("dim", "  ... " if width >= NARROW else ""), ("dim", f"* {look.me()} " if done else f"{look.me()}: ")]
    rows = _laid_out(head, said if done is None else done, "", "dim", width, indent, look)
    if mark:
        rows += [[("", " " * indent), *row] for row in wrapped([("bad", mark)], width - indent)]
    return rows
