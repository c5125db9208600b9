"""Pure: the answers to the requests of a person (``requests.py``), each a small record.

They are events too. Texts and times: see ``events.py``.
"""

from __future__ import annotations

import msgspec


class Change(msgspec.Struct, frozen=True):
    """One mode of a channel, set (``on``) or removed; ``mode`` is its letter.

    ``role``: the name of the role that the mode gives to the member ``parameter`` (the letter, if the role has no
    name); empty if the mode is not a role. ``me``: this member is us.
    """

    on: bool
    mode: str
    parameter: str
    role: str = ""
    me: bool = False


class Modes(msgspec.Struct, frozen=True):
    """The answer to a request for the modes of a channel."""

    channel: str
    modes: tuple[Change, ...]


class Mask(msgspec.Struct, frozen=True):
    """An entry in a list of a channel; ``by`` (may be empty) set it at ``time`` (ms, 0 if not known) for a reason."""

    mask: str
    by: str
    time: int
    reason: str = ""


class Masks(msgspec.Struct, frozen=True):
    """The answer to a request for a list of a channel; ``mode`` is its letter (``b``: bans)."""

    channel: str
    mode: str
    masks: tuple[Mask, ...]


class WhoIs(msgspec.Struct, frozen=True):
    """The answer to WHOIS about one user; texts are empty, and numbers None, if the server does not tell them.

    ``channels`` are written with the prefix of the user's role. ``away``: the away message; ``since``: when the user
    came (ms). ``notes``: everything else, in the server's words.
    """

    nick: str
    name: str = ""
    user: str = ""
    host: str = ""
    server: str = ""
    account: str = ""
    channels: tuple[str, ...] = ()
    here: bool = True
    away: str = ""
    idle_s: int | None = None
    since: int | None = None
    notes: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """A channel in the list of channels; ``people``: the number of its members."""

    channel: str
    people: int
    topic: str


class Channels(msgspec.Struct, frozen=True):
    """The answer to LIST."""

    channels: tuple[Listed, ...]


class Invitations(msgspec.Struct, frozen=True):
    """The answer to a request for our invitations."""

    channels: tuple[str, ...]


class NewInvitation(msgspec.Struct, frozen=True):
    """The answer to a request for an invitation to the server: its number, and its link, which only we have."""

    number: str
    link: str

    def __repr__(self) -> str:
        return f"NewInvitation(number={self.number!r})"


class DeviceToken(msgspec.Struct, frozen=True):
    """A device token of our account: its id and name, and when it was made and last used (ms; None: not known).

    ``current``: this connection has signed in with it. ``targets``: it only sends to these; empty: it may do all.
    """

    id: str
    name: str
    made: int | None
    used: int | None
    current: bool = False
    targets: tuple[str, ...] = ()


class DeviceTokens(msgspec.Struct, frozen=True):
    """The answer to a request for our device tokens."""

    tokens: tuple[DeviceToken, ...]


class TokenMade(msgspec.Struct, frozen=True):
    """A device token was made for us. ``keep``: it is for this device; otherwise for the person who asked for it."""

    id: str
    name: str
    token: str
    keep: bool = False

    def __repr__(self) -> str:
        return f"TokenMade(id={self.id!r}, name={self.name!r}, keep={self.keep!r})"


class TokenRevoked(msgspec.Struct, frozen=True):
    """A device token of ours was revoked."""

    id: str


class BlockedPeople(msgspec.Struct, frozen=True):
    """The answer to a request for the users whom we block."""

    nicks: tuple[str, ...]
