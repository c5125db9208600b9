"""Pure: the lists of Ctrl-K (channels, people, commands), of F1 (the help), and of what a search finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatapp.client.core.events import Said
from chatapp.client.core.reading import action
from chatapp.client.fronts.commands import ON_SCREEN
from chatapp.client.fronts.full import vi
from chatapp.client.fronts.full.boxes import Item, match
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.columns import buffer_name, count
from chatapp.client.fronts.full.keys import KEYS, readable
from chatapp.client.fronts.full.lines import Look, nick_style
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import Row, isolated, shown
from chatapp.client.fronts.modes import explained
from chatapp.protocol.names import fold, is_channel, natural_key

FOUND_MAX = 200  # messages that are found without the server
NAMES_MAX = 5_000  # names that are looked through
ABOUT = (
    "Type, and press Enter: everyone in the conversation reads it. Ctrl-K and a name begins a conversation with"
    " somebody.",
    "The words DM, BM, WHO and EX work too, alone in the line.",
)


def jump_items(
    state: State,
    typed: str,
    open_named: Callable[[str], None],
    run: Callable[[str], None],
    *,
    people: bool = False,
) -> list[Item]:
    """Return what Ctrl-K shows for what was typed; ``people``: only people. ``run`` begins a command."""
    if typed.startswith(">"):
        return _commands(typed[1:].strip(), run)
    items = []
    for _, name, buffer in sorted(_matches(state, typed, people=people), key=lambda each: each[0]):
        unread, _ = state.buffers.unread(buffer) if buffer is not None else (0, 0)
        label = buffer_name(state, buffer) if buffer is not None else shown(name)
        number = count(unread, more=buffer is not None and state.buffers.has_more(buffer))
        row: Row = [*isolated([("", label)]), *([("unread", f"  {number} unread")] if unread else [])]
        row += [("note", "  you are here")] if buffer is state.buffer else []
        row += [("away", "  away")] if name and not is_channel(name) and state.is_away(name) else []
        items.append(Item(row, _call(open_named, name), key=f"to {fold(name)}"))
    if not items and typed.strip():
        name = shown(typed.strip())
        words = f"Enter joins {name}, or makes it." if is_channel(name) else f"Enter begins a conversation with {name}."
        items.append(Item([("note", words)], _call(open_named, typed.strip())))
        part = typed.strip().lstrip("#")
        if part.isalnum() and not people:
            words = f"Or look for a channel with {shown(part)} in its name."
            items.append(Item([("note", words)], _call(run, f"list *{part}*")))
    return items


def _matches(state: State, typed: str, *, people: bool) -> list[tuple[tuple[object, ...], str, Buffer | None]]:
    """Return how each name is sorted, the name, and its conversation if it is on the screen.

    A conversation matches its number in the left column too, and is then the first.
    """
    found: list[tuple[tuple[object, ...], str, Buffer | None]] = []
    known = set()
    for number, buffer in enumerate(state.buffers.listed, 1):
        known.add(buffer.key)
        fits = -1 if typed.strip() == str(number) and not people else match(typed, buffer_name(state, buffer))
        if fits is not None and not (people and (buffer.is_channel or not buffer.name)):
            unread, mentions = state.buffers.unread(buffer)
            is_here = buffer is state.buffer
            order = (fits if typed else 2 * is_here, is_here, -bool(mentions), -bool(unread), not buffer.is_channel)
            found.append(((*order, state.is_away(buffer.name), natural_key(buffer.name)), buffer.name, buffer))
    names: dict[str, str] = {}
    for channel in state.session.channels.values():
        for nick in state.session.conversations.nicks(channel):
            if len(names) < NAMES_MAX and fold(nick) not in known and fold(nick) != fold(state.session.nick):
                names[fold(nick)] = nick
    for nick in names.values():
        fits = match(typed, nick)
        if fits is not None:
            place = (fits if typed else 1, False, 0, 0, True, state.is_away(nick), natural_key(nick))
            found.append((place, nick, None))
    return found


def _commands(typed: str, run: Callable[[str], None]) -> list[Item]:
    ranked = [(match(typed, row.names[0]), row) for row in ON_SCREEN]
    rows = [row for fits, row in sorted(((f, r) for f, r in ranked if f is not None), key=lambda each: each[0])]
    return [Item([("", row.help)], _call(run, row.names[0]), name=row.usage) for row in rows]


def help_items(about: list[str] | None = None, instead: Mapping[str, str] | None = None) -> list[Item]:
    """Return the rows of the help: the keys, then the commands; or those about one command.

    ``instead``: what some actions of the keys do in another view.
    """
    if about is not None:
        return [Item([("", row)]) for row in about]
    items = [Item([("", row)]) for row in ABOUT]
    for group in dict.fromkeys(row.group for row in KEYS):
        items.append(Item([("heading", group)]))
        rows = [at for at, row in enumerate(KEYS) if row.group == group and not _is_later_digit(at)]
        items += [_key_item(at, (instead or {}).get(KEYS[at].action, KEYS[at].help)) for at in rows]
    items.append(Item([("heading", "With /set keys vi, after Esc")]))
    items += [Item([("", does)], name=f"  {keys}") for keys, does in vi.ROWS]
    items.append(Item([("heading", "Commands")]))
    items += [Item([("", row.help)], name=f"  {row.usage}") for row in ON_SCREEN]
    items.append(Item([("heading", "Modes of channels")]))
    return items + [_mode_item(row) for row in explained()]


def _mode_item(row: str) -> Item:
    """Return the item of a row about modes; a row of one mode begins with spaces, and has spaces before its words."""
    mode, _, words = row.strip().partition("  ")
    return Item([("", words.strip())], name=f"  {mode}") if row.startswith(" ") else Item([("", row)])


def _is_later_digit(at: int) -> bool:
    action = KEYS[at].action
    return action.startswith("nth_") and action != "nth_1"


def _key_item(at: int, words: str) -> Item:
    row = KEYS[at]
    names = list(map(readable, row.keys))
    if row.action == "nth_1":
        tenth = next(each for each in KEYS if each.action == "nth_0")
        names = [f"{first} to {readable(last)}" for first, last in zip(names, tenth.keys, strict=True)]
        words = "the first to the tenth conversation"
    return Item([("", words)], name=f"  {', '.join(names)}")


def said_here(buffer: Buffer, text: str) -> tuple[Said, ...]:
    """Return the last messages of a conversation that have a text, of those that are here."""
    found = [each for each in buffer.entries if not each.note and fold(text) in fold(each.text)]
    return tuple(
        Said(each.time, buffer.name, buffer.name, each.sender, each.text, each.msgid) for each in found[-FOUND_MAX:]
    )


def found_item(said: Said, look: Look, chosen: Callable[[Said], None]) -> Item:
    """Return the row of a message that a search has found."""
    where = shown(said.conversation)
    words = action(said.text, notice=said.notice)
    text = shown((words if words is not None else said.text).replace("\n", " "))
    place = f" {where}" if is_channel(said.conversation) else f" with {where}"
    head: Row = [("time", f"{look.day(said.time)} {look.clock(said.time)}"), ("note", place), ("", " ")]
    name = isolated([(nick_style(said.sender), f"{shown(said.sender)}: ")])
    return Item([*head, *name, *isolated([("", text)])], lambda: chosen(said))


def _call(function: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: function(name)
