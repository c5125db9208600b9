"""Pure: the first words to a person who is signed in: who is here, how to write to somebody, and where the help is."""

from __future__ import annotations

from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import shown
from chatapp.protocol.names import fold, natural_key

NAMED_MAX = 5  # people who are named
WITHOUT_LOBBY = "You are here as {me}. /list shows the channels of this server, /join #CHANNEL enters one."
FIRST_WORDS = (
    "{here}. To write to everyone, type and press Enter.",
    "To write to somebody: Ctrl-K and a name, or /dm NAME. The words DM, BM, WHO and EX work here too.",
    "F1 shows the keys and commands.",
)
SMALL = (FIRST_WORDS[0], "Ctrl-K writes to somebody.", "F1 shows the keys.")
RETURNED = "Texts that you had not sent are there again: {places}."
SMALL_CELLS = 600  # rows times columns; a screen with fewer is small


def greeting(state: State, cells: int = SMALL_CELLS) -> list[str]:
    """Return the first words for the conversation that is shown; ``cells``: of the screen."""
    words = FIRST_WORDS if cells >= SMALL_CELLS else SMALL
    if not state.buffer.name:
        return [WITHOUT_LOBBY.format(me=state.session.nick), *words[1:]]
    members = state.session.conversations.nicks(state.buffer.name)
    others = sorted((nick for nick in members if fold(nick) != fold(state.session.nick)), key=natural_key)
    here = [nick for nick in others if not state.is_away(nick)]
    away = len(others) - len(here)
    absent = f" ({away} {'is' if away == 1 else 'are'} away)" if away else ""
    who = f"{_people(here)} in {state.buffer.name}{absent}"
    return [each.format(here=who) for each in words]


def _people(nicks: list[str]) -> str:
    """Return "bob and carol are", with at most NAMED_MAX names."""
    if not nicks:
        return "Nobody else is"
    more = len(nicks) - NAMED_MAX
    names = [*map(shown, nicks[:NAMED_MAX]), *([f"{more} other{'s' if more > 1 else ''}"] if more > 0 else [])]
    *first, last = names
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"
