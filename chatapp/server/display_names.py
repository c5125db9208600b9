"""Refuses display names that look like the name of another account."""

from __future__ import annotations

from chatapp.model.entities import User
from chatapp.model.metadata import account_like
from chatapp.model.state import State
from chatapp.protocol.lookalikes import skeleton
from chatapp.server import refusals


def why_no_display_name(state: State, user: User, text: str) -> str:
    """Return the reason why ``text`` cannot be the display name of a user, or an empty text if it can be one.

    A display name may have any letters. So, beyond the rule of the model, letters of other scripts count as the ASCII
    letters that they look like (UTS #39). This is no part of the rule of the event, because the table of these letters
    grows with its versions, and every process must apply a log in the same way.
    """
    like = account_like(state, user, text) or account_like(state, user, skeleton(text) if text else "")
    return refusals.LOOKS_LIKE_ACCOUNT.format(name=like) if like else ""
