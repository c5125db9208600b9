"""Pure: the completions that Tab offers at the cursor."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from itertools import takewhile

from chatapp.client.fronts.commands import BY_NAME, COMMANDS, MENU
from chatapp.client.fronts.person.questions import Ask
from chatapp.protocol.names import fold

OPTIONS_MAX = 40


class Kind(enum.Flag):
    """The kinds of completions for a word."""

    NOTHING = 0
    WORDS = enum.auto()  # the words of the menu
    COMMANDS = enum.auto()
    NAMES = enum.auto()
    CHANNELS = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """The word at the cursor, and the kinds of its completions."""

    word: str
    kinds: Kind


def slot(before: str, ask: Ask) -> Slot:
    """Find the word at the cursor; ``before`` is the line up to the cursor, ``ask`` the question it answers."""
    *words, word = before.split(" ")
    command = BY_NAME.get(words[0].lstrip("/").lower()) if words else None
    if command is not None and command.order and "NAME" in command.arguments:
        word = word.rpartition(",")[2]  # several names have commas between them
    kinds = Kind.NOTHING
    if ask not in (Ask.COMMAND, Ask.PICK, Ask.TALK):
        pass
    elif before.startswith("//"):
        kinds = Kind.NOTHING if not words else Kind.NAMES
    elif before.startswith("/"):
        kinds = _argument(words[0][1:], words[1:]) if words else Kind.COMMANDS
    elif ask is Ask.COMMAND:
        kinds = _argument(words[0], words[1:]) if words else Kind.WORDS
    elif ask is Ask.PICK and not words:
        kinds = Kind.NAMES | Kind.CHANNELS
    elif ask is Ask.TALK and word:
        kinds = Kind.CHANNELS if word.startswith("#") else Kind.NAMES
    return Slot(word, kinds)


def _argument(name: str, before: Sequence[str]) -> Kind:
    """Return the kinds of completions for the next argument of a command; ``before`` are the arguments before it."""
    command = BY_NAME.get(name.lower())
    if command is None:
        return Kind.NOTHING
    usage = command.arguments
    if before:
        if "TEXT" in usage or "REASON" in usage:
            return Kind.NAMES
        if usage == "NAME [#CHANNEL]":
            return Kind.NAMES | Kind.CHANNELS
        after_name = before[-1][:1] != "#" and before[-1][-1:] != ","
        return (
            Kind.NAMES if command.order and "NAME" in usage and not ("TIME" in usage and after_name) else Kind.NOTHING
        )
    if "NAME" in usage:
        return Kind.NAMES | Kind.CHANNELS
    if "#CHANNEL" in usage:
        return Kind.CHANNELS
    return Kind.NAMES if "TEXT" in usage or "TARGET" in usage else Kind.NOTHING


def candidates(found: Slot, names: Sequence[str], channels: Sequence[str]) -> list[str]:
    """Return the completions of a word, upper or lower case; ``names`` and ``channels`` are those that are known."""
    everything: list[str] = []
    if Kind.WORDS in found.kinds:
        everything += [*MENU, "help"]
    if Kind.COMMANDS in found.kinds:
        everything += [f"/{command.names[0]}" for command in COMMANDS]
    if Kind.NAMES in found.kinds:
        everything += names
    if Kind.CHANNELS in found.kinds:
        everything += channels
    return [candidate for candidate in everything if fold(candidate).startswith(fold(found.word))]


def complete(word: str, options: Sequence[str]) -> str:
    """Return the word after Tab: the only option and a space, or the longest common beginning of all options."""
    if not options:
        return word
    if len(options) == 1:
        return f"{options[0]} "
    folded = [fold(option) for option in options]
    same = (len(set(letters)) == 1 for letters in zip(*folded, strict=False))
    common = sum(1 for _ in takewhile(bool, same))
    return options[0][:common] if common > len(word) else word


def summary(options: Sequence[str]) -> str:
    """Return the completions of a word as one text, OPTIONS_MAX at most."""
    shown = "  ".join(options[:OPTIONS_MAX])
    hidden = len(options) - OPTIONS_MAX
    return f"{shown}  and {hidden} more" if hidden > 0 else shown
