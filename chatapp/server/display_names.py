"""Refuses display names that look like the name of another user or channel, or like an official name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator

from chatapp.config import Config
from chatapp.model.entities import ADMINISTRATOR, Channel, User
from chatapp.model.metadata import account_like
from chatapp.model.state import State
from chatapp.model.tables import GONE_MARK
from chatapp.protocol.lookalikes import is_official, look_of, look_of_text, looks_of_text
from chatapp.protocol.modes import PREFIXES
from chatapp.protocol.names import CHANNEL_PREFIX
from chatapp.server import refusals
from chatapp.server.channel_looks import ChannelLooks

_MARKS = PREFIXES + CHANNEL_PREFIX  # clients show a prefix before the nick of a member


def why_no_display_name(
    state: State, config: Config, user: User, text: str, accounts_like: Callable[[str], Iterable[str]]
) -> str:
    """Return the reason why ``text`` cannot be the display name of a user, or an empty text if it can be one.

    ``accounts_like`` returns the names of accounts, also of removed accounts, that look like a name.

    A display name may have any letters. So, beyond the rule of the model, letters of other scripts count as the ASCII
    letters that they look like (UTS #39), and ornaments do not count. This is no part of the rule of the event, because
    the table of these letters grows with its versions, and every process must apply a log in the same way.
    """
    if not text:
        return ""
    forms = looks_of_text(text)
    if not any(_is_drawn(char) for char in text):
        return refusals.DISPLAY_NAME_WITHOUT_LETTERS
    if any(form[0] in _MARKS for form in forms):
        return refusals.DISPLAY_NAME_BEGINS.format(marks=_MARKS)
    if look_of_text(text) == look_of(user.name):
        return ""
    of_server = {look_of(config.server_name), look_of(config.network_name)}
    if user.role != ADMINISTRATOR and any(is_official(form) or look_of(form) in of_server for form in forms):
        return refusals.DISPLAY_NAME_OFFICIAL
    like = next((name for form in forms for name in _names_like(state, user, form, accounts_like)), "")
    return refusals.LOOKS_LIKE_ACCOUNT.format(name=like) if like else ""


def _names_like(state: State, user: User, form: str, accounts_like: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield the names of others that a form of a display name looks like.

    They are the names of accounts, of accounts that were removed, also in the form ``eve~1`` in which the history shows
    such a name, and of the guests who are here.
    """
    base, mark, number = form.rpartition(GONE_MARK)
    for name in (form, base) if mark and number.isdigit() else (form,):
        if look_of_text(name) == look_of(user.name):
            continue
        yield from filter(None, [account_like(state, user, name)])
        yield from accounts_like(name)
        yield from (each.name for each in state.users_like(name) if each is not user)


def why_no_channel_display_name(looks: ChannelLooks, user: User, channel: Channel, text: str) -> str:
    """Return the reason why a user cannot give a channel this display name, or an empty text if it can be one."""
    like = looks.like(text, user, channel) if text else ""
    return refusals.DISPLAY_NAME_OF_CHANNEL.format(name=like) if like else ""


def _is_drawn(char: str) -> bool:
    """Return whether a character is a letter, a digit or a symbol such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
