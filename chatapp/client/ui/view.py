"""Pure: what happened -> the rows that a person reads.

A row is a list of (style, text) pieces, the styles being names of :data:`STYLES`. Every text from the network passes
``printable`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chatapp.client.commands import COMMANDS, MENU
from chatapp.client.events import (
    CaughtUp,
    Event,
    Joined,
    Left,
    MoreUnread,
    Notice,
    NotSent,
    People,
    Person,
    Said,
    Sent,
    TopicSet,
)
from chatapp.client.printable import printable
from chatapp.protocol.names import fold, is_channel

Row = list[tuple[str, str]]
Stamp = Callable[[int], str]

STYLES = {
    "time": "#888888",
    "name": "bold",
    "place": "ansicyan",
    "note": "#888888",
    "good": "ansigreen",
    "bad": "ansired",
}
LISTED_MAX = 200

_ACTION = "\x01ACTION "


def note(text: str) -> Row:
    """Something the program says."""
    return [("note", f"-- {printable(text)}")]


def good(text: str) -> Row:
    """Something that went well."""
    return [("good", f"-- {printable(text)}")]


def bad(text: str) -> Row:
    """Something that did not work."""
    return [("bad", f"-- {printable(text)}")]


def said(event: Said, stamp: Stamp) -> Row:
    """A message."""
    row: Row = [("time", stamp(event.time)), ("", " ")]
    sender, text = printable(event.sender), event.text
    if is_channel(event.conversation):
        row += [("place", printable(event.conversation)), ("", " ")]
    elif event.own:
        row += [("place", f"to {printable(event.conversation)}"), ("", " ")]
    else:
        row += [("place", "to you"), ("", " ")]
    if text.startswith(_ACTION):
        return row + [("name", f"* {sender}"), ("", " " + printable(text.removeprefix(_ACTION).removesuffix("\x01")))]
    left, right = ("-", "-") if event.notice else ("<", ">")
    return row + [("name", f"{left}{sender}{right}"), ("", f" {printable(text)}")]


def count(people: int) -> str:
    """A number of people in words."""
    return "1 person" if people == 1 else f"{people} people"


def sent(event: Sent, everyone: int | None) -> Row:
    """What became of a text; ``everyone``: how many others it went to, where it was for all."""
    lines = f" in {event.lines} lines" if event.lines > 1 else ""
    if everyone is not None:
        return good(f"Sent{lines} to everyone: {count(everyone)}.")
    if event.away:
        return good(f"{event.target} is away and will get it{lines}.")
    return good(f"Sent{lines} to {event.target}.")


def told(event: Event) -> list[Row]:
    """What needs nothing to be known of what was typed or told before; no row for other events."""
    teller = _TELLERS.get(type(event))
    return [teller(event)] if teller is not None and event != _NOTHING_MISSED else []


def _not_sent(event: NotSent) -> Row:
    if event.stored:
        part = f"Only {event.stored} of {event.lines} lines were sent to {event.target}"
        return bad(f"{part}. {event.reason} Send the rest again.")
    if event.code == "401":
        return bad(f"Not sent: nobody is called {event.target}.")
    if event.code in ("403", "404", "442"):
        return bad(f"Not sent to {event.target}: {event.reason} (/join {event.target})")
    return bad(f"Not sent to {event.target}: {event.reason}")


def _joined(event: Joined) -> Row:
    if event.me:
        return note(f"You are in {event.channel}; write with /dm {event.channel} TEXT.")
    return note(f"{event.nick} is in {event.channel} now.")


def _left(event: Left) -> Row:
    who, reason = "You are" if event.me else f"{event.nick} is", f" ({event.reason})" if event.reason else ""
    return note(f"{who} no longer in {event.channel}{reason}.")


def _caught_up(event: CaughtUp) -> Row:
    return note(f"That was what you missed: {'1 message' if event.messages == 1 else f'{event.messages} messages'}.")


def _more_unread(event: MoreUnread) -> Row:
    return note(f"There is more unread in {event.conversation}: /history {event.conversation} 1000")


_NOTHING_MISSED = CaughtUp(0)
_TELLERS: dict[type, Callable[[Any], Row]] = {
    CaughtUp: _caught_up,
    Joined: _joined,
    Left: _left,
    MoreUnread: _more_unread,
    NotSent: _not_sent,
    Notice: lambda event: note(event.text),
    TopicSet: lambda event: note(f"{event.nick} set the topic of {event.channel}: {event.text}"),
}


def sort_people(people: Iterable[Person]) -> list[Person]:
    """Order people as they are listed: those who are here first, then by name."""
    return sorted(people, key=lambda person: (not person.here, fold(person.nick)))


def numbered(people: Sequence[Person]) -> list[Row]:
    """The list to pick from."""
    width = len(str(min(len(people), LISTED_MAX)))
    rows: list[Row] = [
        [("", f"  {number:{width}}  "), ("name", printable(person.nick)), *_presence(person)]
        for number, person in enumerate(people[:LISTED_MAX], 1)
    ]
    return rows + _more(people)


def who(event: People) -> list[Row]:
    """The list of WHO."""
    people = sort_people(event.people)
    here = sum(person.here for person in people)
    place = f" in {printable(event.where)}" if is_channel(event.where) else ""
    if not people:
        called = "" if place or event.where == "*" else f" called {printable(event.where)}"
        return [note(f"There is nobody{place}{called}.")]
    rows: list[Row] = [note(f"{count(len(people))}{place}, {here} of them here:")]
    for person in people[:LISTED_MAX]:
        you: Row = [("", " (you)")] if person.me else []
        rows.append([("", "  "), ("name", printable(person.nick)), *_presence(person), *you])
    return rows + _more(people)


def _presence(person: Person) -> Row:
    return [("good", "  here")] if person.here else [("note", "  away")]


def _more(people: Sequence[Person]) -> list[Row]:
    hidden = len(people) - LISTED_MAX
    return [note(f"and {hidden} more; a name can be typed in full")] if hidden > 0 else []


def menu() -> list[Row]:
    """The menu."""
    rows: list[Row] = [[("", "  "), ("name", f"{word:5}"), ("", command.help)] for word, command in MENU.items()]
    return rows + [[("note", "  /help shows all commands")]]


def help_table() -> list[Row]:
    """All commands."""
    width = max(len(command.usage) for command in COMMANDS)
    rows: list[Row] = [note("The words of the menu, in capitals or not:")]
    rows += menu()[:-1]
    rows.append(note("and in one line:"))
    return rows + [[("", "  "), ("name", f"{row.usage:{width}}"), ("", f"  {row.help}")] for row in COMMANDS]


def plain_text(row: Row) -> str:
    """A row without its styles."""
    return "".join(text for _, text in row)
