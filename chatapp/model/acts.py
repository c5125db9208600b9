"""Acts in the record of who kept order (``record.py``): which are about a name, a channel or an address.

The effects of the events add the acts (``note_act``). An act without a nick was done on the server's machine (``chat
ban`` and the like), or by the server itself.
"""

from __future__ import annotations

import re

import msgspec

from chatapp.casemap import fold
from chatapp.model import events
from chatapp.model.entities import Act, Channel, Gone, User
from chatapp.model.tables import Tables
from chatapp.protocol import masks, modes
from chatapp.protocol.addresses import parse_network

_LISTS = frozenset(f"mode {sign}{letter}" for sign in "+-" for letter in modes.LISTS)  # verbs about a mask
_NETWORKS = frozenset({"ban", "unban"})  # verbs about an account or a network


def note_act(
    tables: Tables,
    event: events.Event,
    verb: str,
    target: User | Gone | str = "",
    channel: Channel | None = None,
    detail: str = "",
    *,
    until: int = 0,
    by_server: bool = False,
) -> None:
    """Add an act of the event's actor to the record; ``by_server``: the server did it, not the actor.

    ``target`` may be a mask: the act is then about the user whom alone the mask is about, if there is one.
    """
    nick, uid = ("", "") if by_server else (event.nick, event.actor)
    place, name = ("", "") if channel is None else (channel.uid, channel.name)
    if isinstance(target, str):
        only = tables.user_named(masks.only_name(masks.parse(target))) if verb in _LISTS else None
        to, whom = target, "" if only is None else only.uid
    else:
        to, whom = target.name, target.uid
    tables.record.add(Act(event.time, nick, verb, to, name, detail, until, uid, place, whom=whom))


def as_shown(tables: Tables, act: Act) -> Act:
    """Return an act with the names that are shown now: a removed account is not called as its successor is."""
    nick = tables.name_shown(act.uid, act.nick)
    if act.verb not in _LISTS:
        return msgspec.structs.replace(act, nick=nick, target=tables.name_shown(act.whom, act.target))
    return msgspec.structs.replace(act, nick=nick, target=_renamed(tables, act.target, act.whom))


def mask_shown(tables: Tables, mask: str, time: int) -> str:
    """Return a mask that was set at a time (ms) with the name that is shown now for the account that alone it is about.

    Whoever had the name then may have gone since, and somebody else may have the name.
    """
    whom = tables.gone_at(masks.only_name(masks.parse(mask)), time)
    return mask if whom is None else _renamed(tables, mask, whom.uid)


def _renamed(tables: Tables, mask: str, uid: str) -> str:
    name = masks.only_name(masks.parse(mask))
    shown = tables.name_shown(uid, name)
    if fold(shown) == name:
        return mask
    return re.sub(f"(?<!~){re.escape(name)}", lambda _: shown, mask, flags=re.IGNORECASE)


def is_about(act: Act, about: str) -> bool:
    """Return whether an act is about a user, a channel (also without its #), an IP address or a network, as typed.

    An act is about who did it, whom it was done to, and the channel. A mask is about every name that matches it, and a
    network about every address in it.
    """
    name = fold(about)
    if not name:
        return False
    names = {fold(act.nick), fold(act.target), fold(act.channel)}
    if name in names or "#" + name in names:
        return True
    if act.verb in _LISTS:
        return masks.is_about(masks.parse(act.target), name, name)
    return act.verb in _NETWORKS and _meet(act.target, about)


def _meet(one: str, other: str) -> bool:
    """Return whether two texts are IP addresses or networks that have an address in common."""
    first, second = parse_network(one), parse_network(other)
    return first is not None and second is not None and first.version == second.version and first.overlaps(second)
