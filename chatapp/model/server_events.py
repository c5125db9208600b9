"""The events about the whole server: what its administrators do, and what its configuration sets.

``events.py`` has these events too.
"""

from __future__ import annotations

from chatapp.model.event import Event


class RoleSet(Event, frozen=True, tag="role-set/1", kw_only=True, gc=False):
    """The account ``uid`` has the role ``role`` from now on: ``administrator``, or empty for no role."""

    uid: str
    role: str


class Banned(Event, frozen=True, tag="banned/1", kw_only=True, gc=False):
    """An account ``uid`` named ``target``, or the network ``target`` (``uid`` empty), was banned from the server.

    The ban ends at ``until`` (ms since 1970; 0: it does not end by itself).
    """

    target: str
    uid: str = ""
    until: int = 0
    reason: str = ""


class Unbanned(Event, frozen=True, tag="unbanned/1", kw_only=True, gc=False):
    """The ban ``banned`` (the uid of an account, or a network) ended; ``target`` is the name of the account."""

    banned: str
    target: str = ""


class Killed(Event, frozen=True, tag="killed/1", kw_only=True, gc=False):
    """An administrator ended all connections of the user ``target`` (a uid, called ``target_nick``)."""

    target: str
    target_nick: str
    reason: str = ""


class ActNoted(Event, frozen=True, tag="act-noted/1", kw_only=True, gc=False):
    """Somebody on the server's machine did something that is kept outside the log, and ``chat log`` shows it.

    ``verb`` is ``passwd`` (the account ``target`` got another password) or ``sign-up`` (the policy is ``target`` now).
    """

    verb: str
    target: str


class ServerInvitationMade(Event, frozen=True, tag="server-invitation-made/1", kw_only=True, gc=False):
    """The account, or without ``actor`` ``chat invite``, made an invitation to the server.

    ``code`` is the SHA-256 of the code (64 hexadecimal digits). ``uses`` accounts may be made with it before ``until``
    (ms since 1970); they join the ``channels`` (uids). ``members_may``: every account may make invitations, not only
    administrators.
    """

    code: str
    uses: int
    until: int
    channels: tuple[str, ...] = ()
    members_may: bool = False


class ServerInvitationRevoked(Event, frozen=True, tag="server-invitation-revoked/1", kw_only=True, gc=False):
    """The account, or without ``actor`` ``chat invites revoke``, took back the invitation with this number."""

    number: int


class ServerInvitationUsed(Event, frozen=True, tag="server-invitation-used/1", kw_only=True, gc=False):
    """The account ``uid`` named ``name`` is about to be made with the invitation with the SHA-256 ``code``."""

    code: str
    uid: str
    name: str


class ServerInvitationReturned(Event, frozen=True, tag="server-invitation-returned/1", kw_only=True, gc=False):
    """The account ``uid`` was not made, so the use of its invitation is given back."""

    uid: str


class LimitsSet(Event, frozen=True, tag="limits-set/1", kw_only=True, gc=False):
    """How much the state may hold from now on; 0 means no limit. Channels and memberships over a new limit stay."""

    channels: int
    channels_per_user: int
    members_per_channel: int


class TimesAscend(Event, frozen=True, tag="times-ascend/1", kw_only=True, gc=False):
    """From here on, no event has an earlier time than any event before it, across all streams.

    Older logs do not have this event, and keep their times, which ascend only within each stream.
    """
