"""MODE: show and change the modes of a channel; ``user_modes.py`` has those of the session's own user.

Spec: modern-irc, "MODE message".
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from itertools import chain
from typing import Any

from chatapp.errors import NameNotAllowedError
from chatapp.model import events
from chatapp.model.channels import forward_of, may_see, rank_in
from chatapp.model.entities import Channel, User
from chatapp.model.lapses import removals
from chatapp.model.moderation import Draft
from chatapp.model.outcome import Reason, Refusal
from chatapp.protocol import masks, modes
from chatapp.protocol import numerics as num
from chatapp.protocol.message import LINE_BYTES_MAX, Message, format_tags
from chatapp.protocol.names import NICK_CHARS_MAX, fold, parse_channel
from chatapp.server import refusals
from chatapp.server.capabilities import MESSAGE_TAGS
from chatapp.server.commands.arguments import CHANNEL, USER
from chatapp.server.commands.mode_hints import give_hints
from chatapp.server.commands.refuse import refuse
from chatapp.server.commands.user_modes import change as change_user_modes
from chatapp.server.delivery import render
from chatapp.server.delivery.greeting import CHANGES_MAX, KEY_CHARS_MAX
from chatapp.server.limits.disk_use import grows_on_disk
from chatapp.server.proposals import EventRefusedError
from chatapp.server.session import user_modes
from chatapp.server.session.session import Session

WORDS_BYTES_MAX = 120  # of the words before the reason of a ban or mute, in the 404 that tells it
_LISTS = {
    "b": (num.RPL_BANLIST, num.RPL_ENDOFBANLIST),
    "e": (num.RPL_EXCEPTLIST, num.RPL_ENDOFEXCEPTLIST),
    "I": (num.RPL_INVEXLIST, num.RPL_ENDOFINVEXLIST),
}


def mode(session: Session, user: User, target: str, message: Message) -> Coroutine[Any, Any, None] | None:
    """Show or change the modes of a channel, or those of the session's own user. Raises CommandRefused."""
    parameters = message.params[1:]
    if target.startswith("#"):
        channel = CHANNEL.read(session, target)
        if parameters and parameters[0].strip("+-"):
            changes, reason = modes.parse(parameters[0], parameters[1:]), _reason(session, channel, message)
            if left := len(changes[CHANGES_MAX:]):
                too_many = refusals.TOO_MANY_CHANGES
                session.standard_reply("WARN", "MODE", too_many, channel.name, most=CHANGES_MAX, left=left)
            return change_modes(session, user, channel, changes[:CHANGES_MAX], reason)
        _show(session, user, channel)
        return None
    if USER.read(session, target) is not user:
        raise refusals.MODES_OF_OTHERS.of()
    if parameters and parameters[0].strip("+-"):
        return change_user_modes(session, user, parameters[0])
    session.reply(num.RPL_UMODEIS, user_modes.shown(session, user))
    return None


def _reason(session: Session, channel: Channel, message: Message) -> str:
    """Return the reason of a MODE, from its tag. Raises StandardRefused if it is longer than that of a KICK may be.

    It has one line. The 404 that tells it to a muted member has room for it.
    """
    reason, most = message.tags.get(modes.REASON_TAG, ""), session.services.config.topic_bytes_max  # KICKLEN
    told = num.numeric_line(refusals.MUTED, session.services.host, "n" * NICK_CHARS_MAX, channel.name, text="")
    fits = render.fits(f"{told}{'x' * WORDS_BYTES_MAX}{reason}")
    if len(reason.encode()) > most or not fits or grows_on_disk(reason) or not {*"\r\n\0"}.isdisjoint(reason):
        room = min(most, LINE_BYTES_MAX - 2 - len(told.encode()) - WORDS_BYTES_MAX)
        raise refusals.MODE_REASON_TOO_LONG.of(modes.REASON_TAG, room=room)
    return reason


def _show(session: Session, user: User, channel: Channel) -> None:
    """Show a channel's modes. Only members see the key.

    Users who may know of the channel of ``f`` see its present name. Other members see the name that they were told when
    ``f`` was set. Other users see no name, so that nobody outside learns of a secret channel.
    """
    is_member = user.uid in channel.members
    key = channel.key if is_member else "*"
    target = forward_of(session.services.state, channel)
    is_seen = target is not None and may_see(session.services.state, user, target)
    told = channel.forward if is_member or rank_in(session.services.state, user.uid, channel) else "*"
    forward = target.name if target is not None and is_seen else channel.forward and told
    letters, values = channel.modes, []
    for letter, value in (("k", channel.key and key), ("l", channel.limit), ("f", forward)):
        if value:
            letters += letter
            values.append(str(value))
    session.reply(num.RPL_CHANNELMODEIS, channel.name, f"+{letters}", *values)
    session.reply(num.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))


def _show_list(session: Session, user: User, channel: Channel, letter: str) -> None:
    """Show one list of a channel to a member or an administrator. Masks that have lapsed are left out."""
    if user.uid not in channel.members and rank_in(session.services.state, user.uid, channel) == 0:
        raise refusals.NOT_ON_CHANNEL.of(channel.name)
    numeric, end = _LISTS[letter]
    services, knows_tags = session.services, session.caps & MESSAGE_TAGS
    now = services.log_ms()
    for mask, entry in channel.lists.get(letter, {}).items():
        if not entry.until or entry.until > now:
            setter, seconds = services.state.name_shown(entry.by, entry.nick), str(entry.time // 1000)
            entry_line = num.numeric_line(numeric, services.host, session.nick, channel.name, mask, setter, seconds)
            why = f"@{format_tags({modes.REASON_TAG: entry.reason})} " if entry.reason and knows_tags else ""
            session.send(why + entry_line)
    session.reply(end, channel.name)


async def change_modes(
    session: Session, user: User, channel: Channel, changes: Sequence[modes.Change], reason: str
) -> None:
    """Make the changes of a channel's modes that are allowed, in order, and answer each of the others.

    ``reason`` says why (empty: nothing).
    """
    services, uid = session.services, channel.uid
    now = services.log_ms()
    draft = Draft(services.state, channel, user.uid, user.name, now)
    for over in removals(channel, now):  # what has lapsed is told first, as the end that it is
        draft.make(over)
    wanted: list[list[events.Change]] = []  # what belongs together: a mask and the masks that it replaces
    refused: dict[Refusal, None] = {}  # each is answered once
    unusable: set[tuple[str, ...]] = set()  # likewise
    for change in changes:
        if change.letter in _LISTS and change.parameter is None:
            _show_list(session, user, channel, change.letter)
            continue
        try:
            several = _parsed(session, draft.channel, change, reason)
        except refusals.CommandRefused as error:
            answer = (error.numeric.code, *error.params)
            if answer not in unusable:
                unusable.add(answer)
                refuse(session, "MODE", channel.name, error)
            continue
        wanted.append([])
        for made in several:
            refusal = draft.make(made)
            if refusal is None:
                wanted[-1].append(made)
            elif refusal.reason is not Reason.UNCHANGED:
                refused[refusal] = None
    for refusal in refused:
        refuse(session, "MODE", channel.name, EventRefusedError(refusal))
    if not any(change.letter == "W" for change in changes):
        wanted.append(_changes_of_w(channel, draft.channel))
    if any(wanted):
        services.lapses.tell(channel)
    for part in _lines(session, user, channel, wanted):
        event = services.proposals.event(events.ModesChanged, user, channel.uid, changes=tuple(part), reason=reason)
        await services.proposals.settle(event, session, session.response)
    give_hints(session, uid, list(chain.from_iterable(wanted)))


def _changes_of_w(before: Channel, after: Channel) -> list[events.Change]:
    """Return the change of W that comes with a change of i from ``before`` to ``after``, if the command has no W.

    Newcomers of an invite-only channel do not see its past. What +i has closed, -i opens again.
    """
    if ("i" in before.modes) == ("i" in after.modes):
        return []
    if "i" in after.modes:
        return [("+", "W", "")] if "W" not in before.modes else []
    return [("-", "W", "")] if before.closed_with_i else []


def _lines(
    session: Session, user: User, channel: Channel, wanted: Sequence[Sequence[events.Change]]
) -> Iterator[list[events.Change]]:
    """Divide changes so that each part fits into one line. What belongs together is in one line, if a line has room."""

    def fit(changes: Sequence[events.Change]) -> bool:
        host = session.services.host
        return render.fits(render.mode_line(session.services.state, user.name, channel.name, changes, host))

    part: list[events.Change] = []
    for several in wanted:
        for group in [several] if fit(several) else [[change] for change in several]:
            if part and not fit([*part, *group]):
                yield part
                part = []
            part += group
    if part:
        yield part


def _parsed(session: Session, channel: Channel, change: modes.Change, reason: str) -> list[events.Change]:
    """Return a change as the event has it: several changes, if several masks are meant.

    Raises CommandRefused if its letter or its parameter is not possible.
    """
    sign, letter, _ = change
    if letter not in modes.LISTS:
        return [(sign, letter, _parameter(session, channel, change))]
    if sign == "-":
        return [(sign, letter, mask) for mask in _masks_to_remove(session, channel, change)]
    return _mask_to_add(session, channel, change, reason)


def _parameter(session: Session, channel: Channel, change: modes.Change) -> str:
    """Return the parameter of a change, of a mode that is no list, as the event has it. Raises CommandRefused."""
    sign, letter, parameter = change
    if letter in modes.FLAGS or (letter in modes.WITH_VALUE + modes.KEYED and sign == "-"):
        return ""
    if letter in modes.BY_LETTER:
        if not parameter:
            raise _unusable(refusals.MODE_OF_NOBODY, channel, letter, "")
        uid: str = USER.read(session, parameter).uid
        return uid
    if letter == "k":
        if not parameter or len(parameter) > KEY_CHARS_MAX or not parameter.isprintable() or set(parameter) & set(" ,"):
            raise _unusable(refusals.UNUSABLE_KEY, channel, letter, parameter, most=KEY_CHARS_MAX)
        return parameter
    if letter == "l":
        if not (parameter and parameter.isascii() and parameter.isdigit() and 0 < int(parameter[:10]) < 1_000_000):
            raise _unusable(refusals.UNUSABLE_LIMIT, channel, letter, parameter)
        return str(int(parameter))
    if letter == "f":
        try:
            name = parse_channel(parameter or "")
        except NameNotAllowedError as error:
            raise _unusable(refusals.UNUSABLE_PARAMETER, channel, letter, parameter, why=error) from None
        if fold(name) == fold(channel.name):
            raise _unusable(refusals.FORWARD_TO_ITSELF, channel, letter, parameter)
        return name
    raise refusals.UNKNOWN_MODE.of(render.shown_letter(letter))


def _mask_to_add(session: Session, channel: Channel, change: modes.Change, reason: str) -> list[events.Change]:
    """Return the changes that add a mask in its stored form, and remove its other forms from the list.

    The other forms differ in the minutes or in the host. So a second mute of a user replaces the first, and the lists
    that IRC clients keep stay right. A mask that lapses begins its time again, and a mask may get another ``reason``.
    """
    _, letter, parameter = change
    entries, given = channel.lists.get(letter, {}), parameter or ""
    try:
        mask = masks.canonical(given, session.services.host)
    except NameNotAllowedError as error:
        raise _unusable(refusals.UNUSABLE_PARAMETER, channel, letter, given, why=error) from None
    meaning = masks.meaning(mask)
    alike = [entry for entry in entries if masks.meaning(entry) == meaning]
    is_same = [fold(entry) for entry in alike] == [fold(mask)] and not masks.parse(mask).minutes
    if is_same and reason in ("", entries[alike[0]].reason):
        return [("+", letter, alike[0])]  # changes nothing
    return [*(("-", letter, entry) for entry in alike), ("+", letter, mask)]


def _masks_to_remove(session: Session, channel: Channel, change: modes.Change) -> list[str]:
    """Return the stored masks that are meant by a mask to remove, in whichever form it is given.

    A mask that does not say when it lapses is every mask that differs from it only in that. The mask itself is returned
    if there is none of them. Older servers accepted masks that nobody matches: such a mask can be removed too.
    """
    _, letter, parameter = change
    entries, given = channel.lists.get(letter, {}), parameter or ""
    try:
        mask = given if given in entries else masks.completed(given)
        meaning, minutes = masks.meaning(mask), masks.parse(mask).minutes
        found = [
            entry for entry in entries if masks.meaning(entry) == meaning and minutes in (0, masks.parse(entry).minutes)
        ]
        return found or [masks.canonical(given, session.services.host)]
    except NameNotAllowedError as error:
        raise _unusable(refusals.UNUSABLE_PARAMETER, channel, letter, given, why=error) from None


def _unusable(
    refusal: refusals.Numbered, channel: Channel, letter: str, parameter: str | None, **fields: object
) -> refusals.CommandRefused:
    return refusal.of(channel.name, letter, render.shown(parameter or ""), **fields)
