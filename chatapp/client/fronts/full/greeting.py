"""Pure: the first words to a person who is signed in: who is here, how to write to somebody, and where the help is."""

from __future__ import annotations

from chatapp.client.fronts.full.state import State
from chatapp.protocol.names import fold

WITHOUT_LOBBY = "You are signed in. /list shows the channels of this server, /join #CHANNEL enters one."
FIRST_WORDS = (
    "{here}. To write to everyone, type and press Enter.",
    "To write to somebody: Ctrl-K and a name, or /dm NAME. The words DM, BM, WHO and EX work here too.",
    "F1 shows the keys and commands.",
)


def greeting(state: State) -> list[str]:
    """Return the first words for the conversation that is shown."""
    if not state.buffer.name:
        return [WITHOUT_LOBBY, *FIRST_WORDS[1:]]
    members = state.session.conversations.nicks(state.buffer.name)
    others = [nick for nick in members if fold(nick) != fold(state.session.nick)]
    people = f"{len(others)} other {'person is' if len(others) == 1 else 'people are'}" if others else "Nobody else is"
    return [words.format(here=f"{people} in {state.buffer.name}") for words in FIRST_WORDS]
