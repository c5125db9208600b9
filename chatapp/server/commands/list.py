"""LIST: show the channels of the server.

Spec: modern-irc, "LIST message", "ELIST Parameter".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from chatapp.model.channels import may_see
from chatapp.model.entities import Channel
from chatapp.protocol import numerics as num
from chatapp.protocol.names import fold
from chatapp.protocol.wildcards import matcher
from chatapp.server import refusals
from chatapp.server.delivery.render import fits
from chatapp.server.session.session import Session

_CONDITION = r"(?i)([CTU]?)([<>])([0-9]{1,9})"
_MINUTE_MS = 60_000


class Wanted(NamedTuple):
    """The channels that a LIST asks for: any of ``masks`` (empty: all channels), none of ``others``, all ``tests``."""

    masks: list[Callable[[str], object]]
    others: list[Callable[[str], object]]
    tests: list[Callable[[Channel], bool]]

    def has(self, channel: Channel) -> bool:
        """Return whether a channel is asked for."""
        if not all(test(channel) for test in self.tests):
            return False
        if not self.masks and not self.others:
            return True
        name = fold(channel.name)
        if any(mask(name) for mask in self.others):
            return False
        return not self.masks or any(mask(name) for mask in self.masks)


async def list_channels(session: Session, first: list[str], second: list[str]) -> None:
    """Show all channels that the user may know of, or those that match names, masks and conditions.

    ``first`` and ``second`` are the items of both parameters. At most ``list_items_max`` are allowed, as TARGMAX says.
    At most ``who_max`` channels are shown; then ERR_TOOMANYMATCHES says that there are more.

    Spec: modern-irc, "SAFELIST Parameter": "the server ensures that a client may perform the LIST command without being
    disconnected due to the large volume of data": the answer is sent as fast as the client reads it.
    """
    services, shown = session.services, 0
    items = [item for item in (*first, *second) if item]
    if len(items) > services.config.list_items_max:
        raise refusals.TOO_MANY_NAMES.of(items[0])
    wanted = parse(items, services.clock_ms())
    session.reply(num.RPL_LISTSTART, "Channel")
    async for piece in session.pieces(list(services.state.channels)):
        state, asker = services.state, session.user
        head = num.numeric_line(num.RPL_LIST, services.host, session.nick)
        for channel in filter(None, map(state.channels.get, piece)):
            if not may_see(state, asker, channel) or not wanted.has(channel):
                continue
            if shown == services.config.who_max:
                session.reply(refusals.TOO_MANY_MATCHES, "LIST")
                session.reply(num.RPL_LISTEND)
                return
            topic = channel.topic.text if channel.topic is not None else ""
            line = f"{head} {channel.name} {len(channel.members)} :"
            session.send(line + topic if not topic or fits(line + topic) else line)  # as in topic_lines
            shown += 1
        session.charge_lines(len(piece))
    session.reply(num.RPL_LISTEND)


def parse(items: Iterable[str], now_ms: int) -> Wanted:
    """Parse names, masks and conditions. An item that is neither is a mask that no channel matches.

    Spec: modern-irc, "ELIST Parameter": C, "Searching based on channel creation time, via the "C<val" and "C>val"
    modifiers"; M, "based on a mask"; N, "based on a non-matching mask"; T, "based on topic set time"; U, "based on user
    count", ``<val`` and ``>val``. draft-hardy-irc-isupport-00: C and T are for "less than" (or "more than") "val
    minutes ago".
    """
    wanted = Wanted([], [], [])
    for item in items:
        match = re.fullmatch(_CONDITION, item)
        if match is not None:
            wanted.tests.append(_test(match[1].upper(), match[2] == ">", int(match[3]), now_ms))
        elif item.startswith("!"):
            wanted.others.append(matcher(item[1:]))
        else:
            wanted.masks.append(matcher(item))
    return wanted


def _test(letter: str, more: bool, value: int, now_ms: int) -> Callable[[Channel], bool]:
    """Return the test of one condition: ``more`` than ``value`` members or minutes ago, or else less.

    A channel without a topic passes no test of the topic's time.
    """

    def test(channel: Channel) -> bool:
        if letter == "C":
            return _compare(now_ms - channel.created, value * _MINUTE_MS, more)
        if letter == "T":
            return channel.topic is not None and _compare(now_ms - channel.topic.time, value * _MINUTE_MS, more)
        return _compare(len(channel.members), value, more)

    return test


def _compare(number: int, value: int, more: bool) -> bool:
    return number > value if more else number < value
