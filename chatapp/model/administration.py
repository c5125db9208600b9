"""What administrators do on the whole server: bans and ended connections.

An act is by an administrator's account, or by nobody (``actor`` empty): then somebody used ``chat ban`` and the like on
the server's machine. Each event's rule is beside its effect.
"""

from __future__ import annotations

from functools import lru_cache

from chatapp.model import events
from chatapp.model.acts import note_act
from chatapp.model.entities import ADMINISTRATOR, BANS_MAX, Ban, User
from chatapp.model.outcome import Applied, Reason, Refusal, Step
from chatapp.model.tables import Tables
from chatapp.protocol.addresses import Address, parse_address, parse_network

_network = lru_cache(maxsize=2 * BANS_MAX)(parse_network)


def lives(until: int, time: int) -> bool:
    """Return whether a ban with the end ``until`` (ms; 0: none) still counts at a time (ms)."""
    return not until or time < until


def ban_of_account(tables: Tables, user: User, time: int) -> Ban | None:
    """Return the ban of an account at a time (ms), if there is one."""
    found = tables.bans.get(user.uid)
    return found if found is not None and lives(found.until, time) else None


def ban_of_address(tables: Tables, address: str, time: int) -> Ban | None:
    """Return a ban of an IP address at a time (ms), if there is one."""
    if not any(not ban.uid for ban in tables.bans.values()):
        return None
    parsed = parse_address(address)
    for ban in tables.bans.values() if parsed is not None else ():
        if not ban.uid and lives(ban.until, time) and _has(ban.target, parsed):
            return ban
    return None


def key_of_network(tables: Tables, network: str) -> str:
    """Return the key of the ban of a network, which has another form if an older version has banned it.

    Older versions banned an address as a network, with ``/32``, and an IPv4-mapped address as such.
    """
    same = (key for key, ban in tables.bans.items() if not ban.uid and _network(key) == _network(network))
    return network if network in tables.bans else next(same, network)


def is_in_network(address: str, network: str) -> bool:
    """Return whether a ban of a network is about an IP address; see :func:`ban_of_address`."""
    return _has(network, parse_address(address))


def _has(network: str, address: Address | None) -> bool:
    found = _network(network)
    return address is not None and found is not None and address in found


def _may_administer(tables: Tables, event: events.Event) -> Refusal | None:
    if not event.actor:
        return None
    user = tables.users.get(event.actor)
    return None if user is not None and user.role == ADMINISTRATOR else Refusal(Reason.NO_ADMINISTRATOR)


def may_ban(tables: Tables, event: events.Banned) -> Refusal | None:
    """Judge a ban: by an administrator, of an account that is no administrator, or of a network."""
    refusal = _may_administer(tables, event)
    if refusal is not None:
        return refusal
    if event.uid:
        user = tables.users.get(event.uid)
        if user is None or user.guest:
            return Refusal(Reason.NO_SUCH_NICK, event.target)
        if user.role == ADMINISTRATOR:
            return Refusal(Reason.IS_ADMINISTRATOR, user.name)
    full = (event.uid or event.target) not in tables.bans and len(tables.bans) >= BANS_MAX
    return Refusal(Reason.BANS_FULL, event.target) if full else None


def _ban(tables: Tables, event: events.Banned) -> Applied:
    for key in [key for key, ban in tables.bans.items() if not lives(ban.until, event.time)]:
        del tables.bans[key]
    ban = Ban(event.target, event.uid, event.nick, event.time, event.until, event.reason, event.actor)
    tables.bans[event.uid or event.target] = ban
    target = tables.users.get(event.uid, event.target)
    note_act(tables, event, "ban", target, detail=event.reason, until=event.until)
    return Applied(event, tables.users.get(event.actor), peer=tables.users.get(event.uid))


def may_unban(tables: Tables, event: events.Unbanned) -> Refusal | None:
    """Judge the end of a ban: by an administrator, and there is such a ban."""
    if event.banned not in tables.bans:
        return _may_administer(tables, event) or Refusal(Reason.NO_SUCH_BAN, event.target)
    return _may_administer(tables, event)


def _unban(tables: Tables, event: events.Unbanned) -> Applied:
    ban = tables.bans.pop(event.banned)
    note_act(tables, event, "unban", tables.users.get(ban.uid, ban.target))
    return Applied(event, tables.users.get(event.actor))


def may_kill(tables: Tables, event: events.Killed) -> Refusal | None:
    """Judge the end of a user's connections: by an administrator, of a user who exists."""
    refusal = _may_administer(tables, event)
    if refusal is not None:
        return refusal
    return None if event.target in tables.users else Refusal(Reason.NO_SUCH_NICK, event.target_nick)


def _kill(tables: Tables, event: events.Killed) -> Applied:
    note_act(tables, event, "kill", tables.users[event.target], detail=event.reason)
    return Applied(event, tables.users.get(event.actor), peer=tables.users[event.target])


def may_note_act(tables: Tables, event: events.ActNoted) -> Refusal | None:
    """Judge an act that is kept outside the log: only somebody on the server's machine does such things."""
    return Refusal(Reason.NO_ADMINISTRATOR) if event.actor else None


def _note_act(tables: Tables, event: events.ActNoted) -> Applied:
    note_act(tables, event, event.verb, event.target)
    return Applied(event, None)


STEPS: dict[type, Step] = {
    events.Banned: Step(may_ban, _ban),
    events.Unbanned: Step(may_unban, _unban),
    events.Killed: Step(may_kill, _kill),
    events.ActNoted: Step(may_note_act, _note_act),
}
