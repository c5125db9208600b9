"""Pure: the side columns: the conversations at the left, and who is here at the right."""

from __future__ import annotations

from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import Row, columns, cut, isolated, shown
from chatapp.protocol.names import fold, natural_key

COUNT_MAX = 999
LEFT_FROM, RIGHT_FROM = 70, 100  # columns of the terminal from which on the side columns are shown
NO_LEFT = f"Needs {LEFT_FROM} columns. Press Ctrl-K instead."
NO_RIGHT = f"Needs {RIGHT_FROM} columns. Type /names instead."
NO_MEMBERS = "Only a channel shows who is here."


def turn_left(state: State, terminal: int) -> None:
    """Hide or show the conversations; in a ``terminal`` with too few columns, say what shows them instead."""
    if terminal < LEFT_FROM:
        state.hint = NO_LEFT
    else:
        state.left_shown = not state.left_shown


def turn_right(state: State, terminal: int) -> None:
    """Hide or show who is here; where this cannot be shown, say why."""
    if not state.buffer.is_channel:
        state.hint = NO_MEMBERS
    elif terminal < RIGHT_FROM:
        state.hint = NO_RIGHT
    else:
        state.right_shown = not state.right_shown


def buffer_name(state: State, buffer: Buffer) -> str:
    """Return the name of a conversation as a person reads it."""
    return shown(buffer.name) or state.session.lobby or "server"


def count(number: int, *, more: bool = False) -> str:
    """Return a number of unread messages; ``more``: there are more, which were not counted."""
    return f"{min(number, COUNT_MAX)}{'+' if more or number > COUNT_MAX else ''}"


def left(state: State, width: int, height: int) -> list[Row]:
    """Return the rows of the conversations, with the present one in sight.

    The first and the last row tell of the unread conversations above and below what is shown.
    """
    listed = state.buffers.listed
    digits = len(str(len(listed)))
    rows = [_conversation(state, buffer, f"{at:>{digits}} ", width) for at, buffer in enumerate(listed, 1)]
    present = next((at for at, each in enumerate(listed) if each is state.buffer), 0)
    first = max(0, min(present - height // 2, len(rows) - height))
    kept = rows[first : first + height]
    if len(kept) > 2:
        kept[0] = _hidden(state, listed[: first + 1], "above", width) if first else kept[0]
        kept[-1] = (
            _hidden(state, listed[first + height - 1 :], "below", width) if len(rows) > first + height else kept[-1]
        )
    return _filled(kept, width, height)


def _hidden(state: State, hidden: list[Buffer], where: str, width: int) -> Row:
    """Return the row that tells how many conversations are hidden, and how many of them are unread."""
    unread = [found for found in map(state.buffers.unread, hidden) if found[0]]
    mentions = sum(for_us for _, for_us in unread)
    if not unread:
        return [("note", cut(f"  {len(hidden)} more {where}", width))]
    for_us = f", {count(mentions)} for you" if mentions else ""
    words = f"{len(unread)} unread {where}{for_us}"
    return [
        (
            "mention" if mentions else "unread",
            cut(words if columns(words) <= width else f"{len(unread)} {where}{for_us}", width),
        )
    ]


def _conversation(state: State, buffer: Buffer, number: str, width: int) -> Row:
    unread, mentions = state.buffers.unread(buffer)
    number = f"{'>':>{len(number) - 1}} " if buffer is state.buffer else number
    counts = f"@{count(mentions)} " if mentions and buffer.is_channel else ""
    counts += count(unread, more=state.buffers.has_more(buffer)) if unread else ""
    is_lobby = buffer.key == fold(state.session.lobby)
    number = f"{number[:-1]}^" if buffer.key in state.buffers.pinned and not is_lobby else number
    style = "picked" if buffer is state.buffer else "mention" if mentions else "unread" if unread else ""
    if not buffer.is_channel and buffer.name and state.is_away(buffer.name) and not style:
        style = "away"
    draft = "* " if buffer.draft and buffer is not state.buffer else ""
    room = width - len(number) - len(draft) - (columns(counts) + 1 if counts else 0)
    name = cut(buffer_name(state, buffer), room)
    gap = " " * (room - columns(name) + (1 if counts else 0))
    return [("note", number), *isolated([(style, name)]), ("", gap + draft), ("unread", counts)]


def right(state: State, width: int, height: int) -> list[Row]:
    """Return the rows of the members of the channel: who is here, then who is away.

    Sorting many members takes time, so the rows are made again only when something has changed.
    """
    conversation = state.session.conversations.get(state.buffer.name) if state.buffer.name else None
    members = tuple(conversation.members.values()) if conversation is not None else ()
    drawn_of = width, height, members, state.presence, state.session.nick
    if state.members_drawn[0] != drawn_of:
        state.members_drawn = drawn_of, _right(state, members, width, height)
    return state.members_drawn[1]


def _right(state: State, members: tuple[str, ...], width: int, height: int) -> list[Row]:
    here = [each for each in members if not state.is_away(_nick(state, each))]
    away = [each for each in members if state.is_away(_nick(state, each))]
    rows: list[Row] = [[("note", f"here: {len(here)}")]]
    room = height - 1 - (min(len(away), height // 3) + 1 if away else 0)
    rows += _members(state, here, room, width, "")
    if away:
        rows.append([("note", f"away: {len(away)}")])
        rows += _members(state, away, height - len(rows), width, "away")
    return _filled(rows, width, height)


def _nick(state: State, member: str) -> str:
    return member.lstrip(state.session.conversations.all_prefixes)


def _members(state: State, members: list[str], room: int, width: int, style: str) -> list[Row]:
    prefixes = state.session.conversations.all_prefixes

    def place(member: str) -> tuple[int, list[str | tuple[int, str]]]:
        nick = member.lstrip(prefixes)
        role = member[: len(member) - len(nick)]
        return (prefixes.index(role[0]) if role else len(prefixes)), natural_key(nick)

    ordered = sorted(members, key=place) if len(members) <= 2_000 else members
    rows = [_member(state, each, width, style) for each in ordered[: max(room, 0)]]
    if len(ordered) > room > 0:
        rows[-1] = [("note", f" and {len(ordered) - room + 1} more")]
    return rows


def _member(state: State, member: str, width: int, style: str) -> Row:
    nick = _nick(state, member)
    role = member[: len(member) - len(nick)][:1] or " "
    me = fold(nick) == fold(state.session.nick)
    name = cut(shown(nick), width - 1 - (6 if me else 0))
    return [("role", role), *isolated([(style, name)]), *([("note", " (you)")] if me else [])]


def _filled(rows: list[Row], width: int, height: int) -> list[Row]:
    """Return rows of exactly this size."""
    filled = [[*row, ("", " " * max(0, width - sum(columns(text) for _, text in row)))] for row in rows[:height]]
    return filled + [[("", " " * width)] for _ in range(height - len(filled))]
