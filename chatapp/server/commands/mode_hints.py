"""Hints after a MODE that bans or mutes somebody: that it is about nobody, or does not do what it seems to do."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.model.bans import exceptions_of
from chatapp.model.entities import Channel
from chatapp.protocol import masks
from chatapp.server import refusals
from chatapp.server.session.session import Session


def give_hints(session: Session, channel_uid: str, changes: Sequence[tuple[str, str, str]]) -> None:
    """Give the hints about new bans and mutes, each once.

    A mute of a name that nobody has may be a typing error; bans are often set before somebody comes.
    """
    state = session.services.state
    channel = state.channels.get(channel_uid)
    if channel is None:
        return
    new = [masks.parse(mask) for sign, letter, mask in changes if (sign, letter) == ("+", "b")]
    for mute, name in dict.fromkeys((mask.mute, masks.name_of(mask)) for mask in new):
        if not name:
            continue
        if state.user_named(name) is not None:
            _hint_at_user(session, channel, name, mute)
        elif mute:
            session.notice(refusals.NOBODY_HAS_NAME.format(name=name))


def _hint_at_user(session: Session, channel: Channel, name: str, mute: bool) -> None:
    """Say that an exception undoes a ban or a mute, or that a guest can come back under another name."""
    user = session.services.state.user_named(name)
    assert user is not None
    exceptions = exceptions_of(channel, user, session.services.log_ms())
    if exceptions:
        hint = refusals.EXCEPTED_FROM_MUTE if mute else refusals.EXCEPTED_FROM_BAN
        session.standard_reply("WARN", "MODE", hint, channel.name, user.name, name=user.name, mask=exceptions[0])
    elif user.guest and ("M" if mute else "R") not in channel.modes and "R" not in channel.modes:
        hint = refusals.GUEST_MUTED if mute else refusals.GUEST_BANNED
        session.standard_reply("NOTE", "MODE", hint, channel.name, user.name, name=user.name)
