"""Pure: the commands that keep order in a channel: rows of the table of commands (``commands.py``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chatapp.client.core import order
from chatapp.client.core.reading import is_name
from chatapp.client.core.requests import Request
from chatapp.client.fronts import arguments
from chatapp.client.fronts.actions import Actions
from chatapp.client.fronts.arguments import NAMES_MAX, Members, UsageError
from chatapp.client.fronts.command import Command
from chatapp.protocol.modes import LETTERS, parse
from chatapp.protocol.names import is_channel

NO_TOPIC = ("-", "-delete")  # as the text of /topic: it removes the topic. WeeChat and irssi have -delete.


def _members(rest: str, usage: str, *, text: bool = False) -> Members:
    """Read the names of a command that keeps order. Raises UsageError."""
    found = arguments.members(rest, text=text)
    if found is None:
        raise UsageError(f"Type {usage}")
    if len(found.names) > NAMES_MAX:
        raise UsageError(f"Nothing was done: name at most {NAMES_MAX} names at once.")
    return found


def _with_members(request: Callable[[str, str], Request], usage: str) -> Callable[[Actions, str], None]:
    """Return the function that runs a command about members of a channel: a request for each of them."""

    def run(front: Actions, rest: str) -> None:
        found = _members(rest, usage)
        front.ask_in(found.channel, *(partial(_swapped, request, name) for name in found.names))

    return run


def _swapped(request: Callable[[str, str], Request], name: str, channel: str) -> Request:
    return request(channel, name)


def _with_role(change: str, usage: str) -> Callable[[Actions, str], None]:
    return _with_members(lambda channel, nick: order.role(channel, change, nick), usage)


def _kick(front: Actions, rest: str) -> None:
    channel, names, reason = _members(rest, "/kick NAME [REASON]", text=True)
    front.ask_in(channel, *(partial(order.kick, nick=name, reason=reason) for name in names))


def _ban(front: Actions, rest: str) -> None:
    channel, names, text = _members(rest, "/ban NAME [TIME] [REASON], with a time as 30m, 2h or 7d", text=True)
    minutes, reason = arguments.time(text)
    front.ask_in(channel, *(partial(order.ban, who=name, minutes=minutes, reason=reason) for name in names))


def _mute(front: Actions, rest: str) -> None:
    usage = "/mute NAME [TIME] [REASON], with a time as 5m, 2h or 1d; for no notices here, /quiet"
    channel, names, text = _members(rest, usage, text=True)
    minutes, reason = arguments.time(text)
    front.ask_in(channel, *(partial(order.mute, who=name, minutes=minutes, reason=reason) for name in names))


def _invite(front: Actions, rest: str) -> None:
    if not rest:
        front.ask(order.invitations())
        return
    usage = "/invite NAME or /invite NAME #CHANNEL; /invite alone shows your invitations."
    _with_members(order.invite, usage)(front, rest)


def _topic(front: Actions, rest: str) -> None:
    channel, _, text = rest.partition(" ") if is_channel(rest) else ("", "", rest)
    text = text.strip()
    front.ask_in(channel, lambda where: order.topic(where, None if not text else "" if text in NO_TOPIC else text))


def _mode(front: Actions, rest: str) -> None:
    words = [word for word in rest.split(" ") if word]
    channel = words.pop(0) if words and is_channel(words[0]) else ""
    words = _joined(words)
    if not all(map(is_name, words)) or (words and words[0][0] not in "+-" and len(words) + len(words[0]) > 2):
        raise UsageError("Type /mode, /mode +m or /mode +l 20 for example, or /mode b to see the bans.")
    _check_parameters(words)
    front.ask_in(channel, lambda where: order.mode(where, words))


def _joined(words: Sequence[str]) -> list[str]:
    """Return ``+o bob +b eve`` as ``+o+b bob eve``, which every server takes; other words as they are."""
    if not words or words[0][0] not in "+-":
        return list(words)
    letters = [each for each in words if each[0] in "+-" and set(each[1:]) <= set(LETTERS) and len(each) > 1]
    others = [each for each in words if each not in letters]
    return ["".join(letters), *others] if letters and letters[0] == words[0] else list(words)


def _check_parameters(words: Sequence[str]) -> None:
    """Raise UsageError if a change of modes has more words than its letters take: servers drop the rest silently.

    Only letters that this project's server has are checked.
    """
    changes, *given = words or [""]
    if set(changes) <= {*LETTERS, "+", "-"}:
        taken = sum(change.parameter is not None for change in parse(changes, given))
        if taken < len(given):
            more = " ".join(given[taken:])
            each = "one word" if taken == 1 else f"{taken} words" if taken else "nothing"
            raise UsageError(f"Nothing was changed: {changes} takes {each} after it. Type /mode without: {more}")


def _bans(front: Actions, rest: str) -> None:
    if rest and (not is_channel(rest) or " " in rest):
        raise UsageError("Type /bans or /bans #CHANNEL")
    front.ask_in(rest, order.bans)


def _rename(front: Actions, rest: str) -> None:
    channel, _, after = rest.partition(" ")
    name, _, reason = after.strip().partition(" ")
    if not (is_channel(channel) and is_channel(name)):
        raise UsageError("Type /rename #CHANNEL #NEW or /rename #CHANNEL #NEW REASON")
    front.ask(order.rename(channel, name, reason.strip()))


def _order(name: str, arguments: str, help: str, run: Callable[[Actions, str], None]) -> Command:
    """Return the row of a command that keeps order in a channel."""
    return Command((name,), "", arguments, help, run, order=True)


ORDERING = (
    _order("topic", "[#CHANNEL] [TEXT]", "show or set the topic; a - removes it", _topic),
    _order("invite", "NAME [#CHANNEL]", "invite NAME; alone: your invitations", _invite),
    _order(
        "uninvite",
        "NAME [#CHANNEL]",
        "take back an invitation",
        _with_members(order.uninvite, "/uninvite NAME or /uninvite NAME #CHANNEL"),
    ),
    _order("kick", "[#CHANNEL] NAME [REASON]", "remove a member", _kick),
    _order("ban", "[#CHANNEL] NAME [TIME] [REASON]", "remove NAME for good, or for 7d", _ban),
    _order("unban", "[#CHANNEL] NAME", "end the bans and mutes of NAME", _with_members(order.unban, "/unban NAME")),
    _order("bans", "[#CHANNEL]", "who is banned or muted", _bans),
    _order("mute", "[#CHANNEL] NAME [TIME] [REASON]", "NAME cannot write, for 5m or for good", _mute),
    _order("unmute", "[#CHANNEL] NAME", "let NAME write again", _with_members(order.unmute, "/unmute NAME")),
    _order("op", "[#CHANNEL] NAME", "make a member an operator", _with_role("+o", "/op NAME")),
    _order("deop", "[#CHANNEL] NAME", "take that role away", _with_role("-o", "/deop NAME")),
    _order("voice", "[#CHANNEL] NAME", "let a member write when others may not", _with_role("+v", "/voice NAME")),
    _order("devoice", "[#CHANNEL] NAME", "take that role away", _with_role("-v", "/devoice NAME")),
    _order("mode", "[#CHANNEL] [CHANGES]", "show or change the modes; b: the bans", _mode),
    _order("rename", "#CHANNEL #NEW [REASON]", "give a channel another name", _rename),
)
