"""Pure: adds up the reactions to a message for a page of history, as the value of the tag ``chatapp/reactions``.

The value has one line for each reaction, the most used first: the number of users, a space, their nicks with commas
between them, a space, and the reaction. A line names as many users as there is room for, the reader first, who may want
to remove the reaction; reactions without room are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chatapp.model.events import MessageSent
from chatapp.model.remarks import REACT, UNREACT, reply_of
from chatapp.model.tables import Tables
from chatapp.protocol.message import escape_tag

TAG = "chatapp/reactions"
VALUE_BYTES_MAX = 3_000  # escaped; with all other tags of the server less than SERVER_TAG_BYTES_MAX
NAMES_BYTES_MAX = 500  # of one reaction

_Users = dict[str, str]  # uid -> nick, in the order of reacting


def added_up(
    tables: Tables, remarks: Iterable[MessageSent], hidden: Collection[str], reader: str = ""
) -> dict[str, str]:
    """Return the value of the tag for each message that has reactions, by msgid.

    ``remarks`` are in log order. The reactions of the users ``hidden`` (uids) are left out. ``reader`` is
    the uid of the user who reads the page.
    """
    by_message: dict[str, dict[str, _Users]] = {}
    for remark in remarks:
        tags = remark.tags
        if tags is None or remark.verb != "TAGMSG" or remark.actor in hidden:
            continue
        reactions = by_message.setdefault(reply_of(tags), {})
        if REACT in tags:
            reactions.setdefault(tags[REACT], {})[remark.actor] = remark.nick
        else:
            reactions.get(tags[UNREACT], {}).pop(remark.actor, None)
    values = {msgid: _value(tables, reactions, reader) for msgid, reactions in by_message.items()}
    return {msgid: value for msgid, value in values.items() if value}


def _value(tables: Tables, reactions: dict[str, _Users], reader: str) -> str:
    lines, room = [], VALUE_BYTES_MAX
    for text, users in sorted(reactions.items(), key=lambda each: -len(each[1])):
        if not users or "\n" in text:
            continue
        first = {reader: users[reader]} if reader in users else {}
        names = _names(tables.name_shown(uid, nick) for uid, nick in {**first, **users}.items())
        line = f"{len(users)} {names} {text}"
        room -= len(escape_tag(line).encode()) + len(r"\n")
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _names(nicks: Iterable[str]) -> str:
    """Return the nicks that there is room for, at least one."""
    chosen: list[str] = []
    room = NAMES_BYTES_MAX
    for nick in nicks:
        room -= len(nick) + 1
        if chosen and room < 0:
            break
        chosen.append(nick)
    return ",".join(chosen)
