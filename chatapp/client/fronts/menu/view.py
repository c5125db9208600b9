"""Pure: turns events into the rows that a person reads.

The styles of rows are names of :data:`STYLES`. Every text from the network passes ``printable`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatapp.client.core.announced import is_for_role
from chatapp.client.core.events import (
    Act,
    CaughtUp,
    Earlier,
    Event,
    Kicked,
    Missed,
    NotDone,
    Notice,
    NotSent,
    People,
    Person,
    Said,
    Sent,
)
from chatapp.client.core.reading import action
from chatapp.client.fronts.commands import COMMANDS, MENU, Command
from chatapp.client.fronts.person.roster import sort_people
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.person.rows import bad as bad
from chatapp.client.fronts.person.rows import good as good
from chatapp.client.fronts.person.rows import note as note
from chatapp.client.fronts.printable import printable
from chatapp.client.fronts.sentences import FOR_ROLE, sentences, why_not_sent
from chatapp.protocol.names import fold, is_channel

Stamp = Callable[[int], str]

STYLES = {
    "time": "#888888",
    "name": "bold",
    "place": "ansicyan",
    "note": "#888888",
    "good": "ansigreen",
    "bad": "ansired",
}
LISTED_MAX = 200  # people in one list
REACTIONS_MAX = 10  # different reactions that are shown of one message
SUMMED_UP_MAX = 10  # conversations in the sentence about missed messages
MENU_IN_SHORT = "This is the menu: DM or BM writes to people, EX leaves, /help shows all."


def said(event: Said, stamp: Stamp) -> list[Row]:
    """Return the rows of a chat message, one for each of its lines."""
    return [_said_line(line, stamp) for line in event.by_line()]


def past(event: Said | Act, stamp: Stamp) -> list[Row]:
    """Return the rows of a message of the history, or of what was done in its channel."""
    if isinstance(event, Said):
        return said(event, stamp)
    return [[("time", stamp(event.time)), ("", " "), *note(sentence)] for sentence in sentences(event.what)]


def _said_line(event: Said, stamp: Stamp) -> Row:
    row: Row = [("time", stamp(event.time)), ("", " ")]
    sender, text = printable(event.sender), event.text
    if is_channel(event.conversation):
        row += [("place", printable(event.conversation)), ("", " ")]
    elif event.own:
        row += [("place", f"to {printable(event.conversation)}"), ("", " ")]
    else:
        row += [("place", "to you"), ("", " ")]
    more: Row = [("note", FOR_ROLE)] if is_for_role(event.target) else []
    more += [("note", f' (to "{printable(event.about)}")')] if event.about else []
    done = action(text, notice=event.notice)
    if done is not None:
        return row + [("name", f"* {sender}"), *more, ("", f" {printable(done)}"), *_remarks(event)]
    left, right = ("-", "-") if event.notice else ("<", ">")
    return row + [("name", f"{left}{sender}{right}"), *more, ("", f" {printable(text)}"), *_remarks(event)]


def _remarks(event: Said) -> Row:
    """Return what follows the text of a message: that it was edited, and the reactions to it."""
    edited: Row = [("note", " (edited)")] if event.edited else []
    shown = [f"{printable(each.text)} {each.users}" for each in event.reactions[:REACTIONS_MAX]]
    return edited + ([("note", f" [{', '.join(shown)}]")] if shown else [])


def count(people: int) -> str:
    """Return a number of people, as ``1 person`` or ``3 people``."""
    return "1 person" if people == 1 else f"{people} people"


def recipient(target: str, lobby: str) -> str:
    """Return the name of a text's recipient, in the same words everywhere; ``lobby`` is the channel of everyone."""
    return f"everyone ({lobby})" if lobby and fold(target) == fold(lobby) else target


def audience(people: Sequence[Person]) -> str:
    """Return a text that says how many other people a channel has; it follows the channel's name."""
    others = [person for person in people if not person.me]
    here = sum(person.here for person in others)
    return f": {count(len(others))}, {here} here now" if others else ": nobody else is there yet"


def told(event: Event, lobby: str) -> list[Row]:
    """Return the rows of an event whose meaning does not depend on earlier events; empty for any other event."""
    teller = _TELLERS.get(type(event))
    if teller is not None:
        return [teller(event, lobby)] if event != CaughtUp() else []
    row = bad if isinstance(event, NotDone) or (isinstance(event, Kicked) and event.me) else note
    return [row(sentence) for sentence in sentences(event)]


def _lines(event: Sent) -> str:
    return f" in {event.lines} lines" if event.lines > 1 else ""


def _sent(event: Sent, lobby: str) -> Row:
    if event.away:
        return good(f"{event.target} is away and will get it{_lines(event)}.")
    return good(f"Sent{_lines(event)} to {recipient(event.target, lobby)}.")


def sent_to_absent(event: Sent, away: str) -> Row:
    """Return the row of a text that is stored, with the away message of its recipient."""
    return good(f"Sent{_lines(event)} to {event.target}, who is away: {away}")


def _not_sent(event: NotSent, lobby: str) -> Row:
    to, why = recipient(event.target, lobby), why_not_sent(event)
    if event.stored:
        return bad(f"Only {event.stored} of {event.lines} lines were sent to {to}{why} Send the rest again.")
    if event.code == "401":
        return bad(f"Not sent: nobody is called {event.target}.")
    if event.code in ("403", "404", "442") and not event.member:
        return bad(f"Not sent to {to}{why} (/join {event.target})")
    return bad(f"Not sent to {to}{why}")


def caught_up(event: CaughtUp) -> str:
    """Return a sentence that sums up the missed messages."""
    missed = event.conversations[:SUMMED_UP_MAX]
    parts = [_missed(each, "" if at else " unread") for at, each in enumerate(missed)]
    hidden = len(event.conversations) - len(missed)
    if hidden:
        parts.append(f"{hidden} more conversations")
    return "; ".join(parts) + "."


def _missed(missed: Missed, unread: str) -> str:
    number = f"more than {missed.messages}" if missed.more else str(missed.messages)
    text = f"{missed.conversation}: {number}{unread}"
    if missed.shown < missed.messages:
        text += f", the newest {missed.shown} shown (/history {missed.conversation} {min(missed.messages, 1000)})"
    return text


def _earlier(event: Earlier, lobby: str) -> Row:
    where = "in" if is_channel(event.conversation) else "with"
    return note(f"Earlier {where} {event.conversation}:")


_TELLERS: dict[type, Callable[[Any, str], Row]] = {
    CaughtUp: lambda event, lobby: note(caught_up(event)),
    Earlier: _earlier,
    NotSent: _not_sent,
    Notice: lambda event, lobby: note(event.text),
    Sent: _sent,
}


def numbered(people: Sequence[Person], hidden: int) -> list[Row]:
    """Return the rows of the list of DM, with numbers from 1; ``hidden`` more people are not in the list."""
    width = len(str(len(people)))
    rows: list[Row] = [
        [("", f"  {number:{width}}  "), ("name", printable(person.nick)), *_presence(person)]
        for number, person in enumerate(people, 1)
    ]
    return rows + ([note(f"and {hidden} more: type a name, or WHO to see all")] if hidden else [])


def who(event: People, rows_max: int) -> list[Row]:
    """Return the rows of WHO: a row for each person; for more than ``rows_max`` people, only their names."""
    people = sort_people(event.people)
    here = sum(person.here for person in people)
    place = f" in {printable(event.where)}" if is_channel(event.where) else ""
    if not people:
        called = "" if place or event.where == "*" else f" called {printable(event.where)}"
        return [note(f"There is nobody{place}{called}.")]
    header = note(f"{count(len(people))}{place}, {here} of them here:")
    if len(people) > rows_max:
        return [header, *_names("here", people[:here]), *_names("away", people[here:])]
    rows: list[Row] = [header]
    for person in people:
        role: Row = [("place", f"  {printable(person.role)}")] if person.role else []
        you: Row = [("", " (you)")] if person.me else []
        rows.append([("", "  "), ("name", printable(person.nick)), *_presence(person), *role, *you])
    return rows


def _names(what: str, people: Sequence[Person]) -> list[Row]:
    """Return the names of people in one row, LISTED_MAX names at most; no row if there are no people."""
    names = [_name(person) for person in people[:LISTED_MAX]]
    hidden = len(people) - len(names)
    rest = [f"and {hidden} more"] if hidden else []
    return [[("", f"  {what}: "), ("name", ", ".join([*names, *rest]))]] if names else []


def _name(person: Person) -> str:
    role = f" ({printable(person.role)})" if person.role else ""
    return printable(person.nick) + role + " (you)" * person.me


def _presence(person: Person) -> Row:
    return [("good", "  here")] if person.here else [("note", "  away")]


def menu() -> list[Row]:
    """Return the rows of the menu."""
    rows: list[Row] = [[("", "  "), ("name", f"{word:5}"), ("", command.help)] for word, command in MENU.items()]
    return rows + [[("note", "  /help shows all commands")]]


def help_table() -> list[Row]:
    """Return the rows of all commands."""
    width = max(len(command.usage) for command in COMMANDS)
    rows: list[Row] = [note("Alone in a line, in capitals or not:")]
    rows += menu()[:-1]
    rows.append(note("In one line (at the menu the / may be left out):"))
    rows += [_usage(row, width) for row in COMMANDS if not row.order and not row.administers]
    rows.append(note("To keep order in a channel, the present one if you name none (TIME: 5m, 2h, 7d):"))
    rows += [_usage(row, width) for row in COMMANDS if row.order]
    rows.append(note("For administrators of the server (TARGET: an account, an IP address or a network):"))
    rows += [_usage(row, width) for row in COMMANDS if row.administers]
    return [*rows, note("Tab completes names. To say EX or /etc, type //EX or //etc.")]


def help_on(rows: Sequence[str]) -> list[Row]:
    """Return the rows of the help on one command; a text that begins with a space is in a table."""
    return [[("", row)] if row.startswith(" ") else note(row) for row in rows]


def _usage(command: Command, width: int) -> Row:
    return [("", "  "), ("name", f"{command.usage:{width}}"), ("", f"  {command.help}")]
