"""Adding up reactions: the value of the tag ``chatapp/reactions``."""

from __future__ import annotations

from chatapp.model.events import MessageSent
from chatapp.model.state import State
from chatapp.protocol.message import escape_tag
from chatapp.server.delivery.reactions import VALUE_BYTES_MAX, added_up


def reaction(who: str, text: str, tag: str = "+draft/react") -> MessageSent:
    """Make a reaction to the message ``m``."""
    tags = {tag: text, "+reply": "m"}
    head = {"id": "0", "time": 1, "actor": who, "nick": who, "stream": "room"}
    return MessageSent(**head, verb="TAGMSG", target="#room", text="", tags=tags)


def value(*said: MessageSent, hidden: tuple[str, ...] = (), reader: str = "") -> str:
    """Add up the reactions to the message."""
    return added_up(State(), said, hidden, reader).get("m", "")


def test_the_most_used_first():
    """ "One line for each reaction, the most used first"; twice the same of one user counts once."""
    said = [reaction("al", "a"), reaction("bo", "b b"), reaction("al", "b b"), reaction("bo", "b b")]
    assert value(*said) == "2 bo,al b b\n1 al a"
    assert value(*said, hidden=("al",)) == "1 bo b b"


def test_what_is_removed_is_not_counted():
    """A user removes its own reaction; one that is not there does nothing."""
    removed = reaction("al", "a", "+draft/unreact")
    assert value(reaction("al", "a"), reaction("bo", "a"), removed, removed) == "1 bo a"
    assert value(reaction("al", "a"), removed) == value(removed) == ""
    assert value(removed, reaction("al", "a")) == "1 al a"


def test_the_value_is_bounded():
    """ "A line names as many users as there is room for, and reactions without room are left out"."""
    many = [reaction(f"user{number:04}", "x") for number in range(500)]
    count, names, text = value(*many).split(" ")
    assert (count, text, len(names.split(","))) == ("500", "x", 55)
    assert value(*many, reader="user0499").split(" ")[1].startswith("user0499,user0000,")
    kinds = [reaction(f"user{number}", f"{number};" * 20) for number in range(500)]
    told = value(*kinds)
    assert 30 < told.count("\n") < 100
    assert len(escape_tag(told).encode()) <= VALUE_BYTES_MAX
