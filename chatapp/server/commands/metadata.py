"""METADATA: named values of users and channels. ``model/metadata.py`` has the rule: who may set and read what.

The two drafts have different codes for the same errors; ``_words_of`` has both. A client without either capability gets
the answers of draft/metadata-3. This module asks and answers; ``metadata_change.py`` has SET and CLEAR, and
``metadata_subscription.py`` has SUB, UNSUB, SUBS and SYNC.

Before the welcome, a client may set keys of its own user (``before-connect``): they take effect at the welcome.

Spec: IRCv3 draft/metadata-2; draft/metadata-3, "METADATA client command".
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.capabilities import BATCH
from chatapp.server.commands import metadata_change as change
from chatapp.server.commands import metadata_subscription as subscription
from chatapp.server.commands.metadata_target import (
    Target,
    check_readable,
    find_target,
    is_key,
    line_about_part,
    refused,
)
from chatapp.server.delivery.metadata import Told, answer_line, of_channel, of_user, told
from chatapp.server.session.session import Session

_Work = Coroutine[Any, Any, None] | None


class _Subcommand(NamedTuple):
    """A subcommand: its handler, and how many parameters follow it (``most``: None for any number)."""

    run: Callable[[Session, str, Sequence[str]], _Work]
    fewest: int = 0
    most: int | None = 0


def metadata(session: Session, message: Message) -> _Work:
    """Run a subcommand. Raises StandardRefused.

    Spec: draft/metadata-3: "If the server receives a syntactically invalid METADATA command, e.g., an unknown
    subcommand, missing parameters, or excess parameters, the server SHOULD reply with FAIL METADATA INVALID_PARAMS."
    """
    typed, params = message.param(1), message.params[2:]
    found = _SUBCOMMANDS.get(typed.upper())
    if not typed:
        raise refused(session, refusals.METADATA_USAGE, "*")
    if found is None:
        raise refused(session, refusals.UNKNOWN_METADATA, typed, known=", ".join(_SUBCOMMANDS))
    if len(params) < found.fewest:
        raise refused(session, refusals.TOO_FEW_METADATA_PARAMS, typed.upper())
    if found.most is not None and len(params) > found.most:
        raise refused(session, refusals.TOO_MANY_METADATA_PARAMS, typed.upper())
    return found.run(session, message.params[0], params)


def _values(session: Session, target: Target) -> Mapping[str, Told]:
    """Return the values that the session may read, by key. Raises StandardRefused."""
    user = session.user
    if session.registering is not None:
        values = list(told(target.name, session.registering.metadata or {}))
    elif user is None:
        values = []
    elif target.channel is not None:
        check_readable(session, target.channel)
        values = of_channel(target.channel, user)
    else:
        assert target.user is not None
        values = of_user(target.user, user)
    return {each.key: each for each in values if each.value}


def _get(session: Session, name: str, keys: Sequence[str]) -> None:
    """Show the values of keys, in the order of the keys.

    Spec: draft/metadata-3, "METADATA GET": "If the target is valid, the response will be a metadata batch".
    """
    target = find_target(session, name)
    values, host = _values(session, target), session.services.host
    session.charge_lines(len(keys))
    batch = session.begin_batch(f"metadata {target.name}")
    for key in keys:
        if is_key(session, key):
            line = answer_line(values.get(key) or Told(target.name, key, ""), session.nick, host)
        else:
            line = line_about_part(session, "WARN", refusals.NOT_A_KEY, key)
        if line:
            batch.send(line)
    batch.close()


def _list(session: Session, name: str, _: Sequence[str]) -> None:
    """Show all values of a target."""
    target = find_target(session, name)
    values = _values(session, target)
    batch = session.begin_batch(f"metadata {target.name}")
    for each in values.values():
        line = answer_line(each, session.nick, session.services.host)
        if line:
            batch.send(line)
    batch.close()
    if not values and not session.caps & BATCH:  # otherwise a person would see no answer at all
        session.notice(refusals.NO_METADATA.format(name=target.name))


_SUBCOMMANDS: dict[str, _Subcommand] = {
    "GET": _Subcommand(_get, 1, None),
    "LIST": _Subcommand(_list),
    "SET": _Subcommand(change.set_key, 1, 2),
    "CLEAR": _Subcommand(change.clear),
    "SUB": _Subcommand(subscription.subscribe, 1, None),
    "UNSUB": _Subcommand(subscription.unsubscribe, 1, None),
    "SUBS": _Subcommand(subscription.show),
    "SYNC": _Subcommand(subscription.sync),
}
