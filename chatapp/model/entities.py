"""The records of the state: users, channels and conversations. Only ``State.apply`` changes them."""

from __future__ import annotations

from typing import Any

import msgspec

MARKERS_PER_USER_MAX = 5_000  # read markers; further streams get no marker
ADMINISTRATOR = "administrator"  # role of an account
SILENCED_MAX = 200  # users that one user silences
CERTIFICATES_MAX = 10  # client certificates of one account
TOKENS_MAX = 20  # device tokens of one account
TOKEN_TARGETS_MAX = 10  # channels and users to which one token is restricted
TOKEN_TARGETS_BYTES_MAX = 200  # of their names together, with commas: they fit into a line
BANS_MAX = 1_000  # of the whole server
REDACTED_KEPT_MAX = 1_000  # msgids of redacted messages, for edits that were proposed before the redaction
LIST_MAX = 100  # masks in each list of a channel
REMOVALS_MAX = 10  # of one user from channels that it has not learnt of; a further removal replaces the oldest
INVITATIONS_MAX = 100  # of one channel, and of one user; a further invitation replaces the oldest
PREFERENCES_MAX = 1_000  # streams about which one user keeps preferences
PREFERENCE_KEYS_MAX = 10  # preferences about one stream
FORMER_NAMES_MAX = 3  # former names that one channel keeps
ROLES_KEPT_MAX = 100  # roles of one channel that are kept for users who have left
SERVER_INVITATIONS_MAX = 1_000  # invitations to the server that are open at a time
SERVER_INVITATIONS_FOR_MEMBERS_MAX = 900  # of them; then only administrators may make further invitations
SERVER_INVITATIONS_OF_MEMBER_MAX = 20  # of one account that is no administrator
SERVER_INVITATIONS_ENDED_MAX = 1_000  # invitations that have ended, of which the state remembers why
SERVER_INVITATION_USES_MAX = 1_000  # of one invitation
SERVER_INVITATION_MS_MAX = 366 * 86_400_000  # how long one invitation may count
SERVER_INVITATION_CHANNELS_MAX = 10  # of one invitation


class _Empty(dict[Any, Any]):
    """A dict that stays empty, which all users share who have none of their own: most users."""

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("This dict is shared: replace it, as in user.metadata = {**user.metadata, key: value}.")


_EMPTY = _Empty()


def _empty() -> dict[Any, Any]:
    return _EMPTY


class Certificate(msgspec.Struct, frozen=True, gc=False):
    """A client certificate that signs in to an account: its SHA-256, and when it was registered (ms)."""

    fingerprint: str  # 64 hexadecimal digits
    time: int
    password_mark: str  # of the account's password at that time; see ``certificates.py``


class Token(msgspec.Struct, frozen=True, gc=False):
    """A device token that signs in to an account: its id, its SHA-256, its name, when it was made and last used (ms).

    A session that has signed in with it may only send to ``targets``, names as typed; empty for all that the account
    may do. ``used`` is at most a day old if the token is in use (``tokens.py``); 0: it was not used yet.
    """

    id: str
    digest: str  # 64 hexadecimal digits
    name: str
    time: int
    password_mark: str  # of the account's password at that time; see ``certificates.py``
    targets: tuple[str, ...] = ()
    used: int = 0


class Invitation(msgspec.Struct, frozen=True, gc=False):
    """An invitation of a user to a channel: the position of its event in the log, when (ms), and by whom."""

    position: int
    time: int
    nick: str
    uid: str
    opens_all: bool = False  # whether it opens more than the mode i; see ``moderation.py``; not in older snapshots


class Removal(msgspec.Struct, frozen=True, gc=False):
    """A removal of a user from a channel: the position of its event, when (ms), by whom, from where, and why.

    The nick and the uid are empty if it was done on the server's machine. ``channel`` is the name that it had then.
    """

    position: int
    time: int
    nick: str
    uid: str
    channel: str
    reason: str


class User(msgspec.Struct, gc=False):
    """An account or a guest, as others see it. Dicts that most users do not need are shared until they are replaced."""

    uid: str
    name: str
    realname: str = ""
    guest: bool = False
    channels: dict[str, None] = {}  # uids, in the order of joining
    conversations: dict[str, None] = {}  # streams
    markers: dict[str, int] = {}  # stream -> the user has read it up to this time, ms
    attended: int = 0  # position: everything sent to the account up to here has reached one of its connections
    attended_time: int = 0  # the time of the position `attended`, ms
    role: str = ""  # ADMINISTRATOR, or empty for no role
    silenced: dict[str, None] = msgspec.field(default_factory=_empty)  # uids of users whose messages it does not want
    modes: str = ""  # letters of ``modes.OF_USERS`` that are set, in order
    restricted: bool = False  # whether others may need more than its name to write to it (modes R and T)
    resigned: bool = False  # an administrator that gave up its role with MODE -o; OPER gives it back
    certificates: tuple[Certificate, ...] = ()  # with which it signs in; none for a guest
    tokens: tuple[Token, ...] = ()  # with which its devices sign in; none for a guest
    metadata: dict[str, str] = msgspec.field(default_factory=_empty)  # key -> value; every user may read it
    # stream -> key -> value; only the user itself may read it
    preferences: dict[str, dict[str, str]] = msgspec.field(default_factory=_empty)
    # uid of a channel -> the last invitation to it, while it is in Channel.invited
    invited: dict[str, Invitation] = msgspec.field(default_factory=_empty)
    # Removals from channels after `attended`, the newest last; none for a guest; not in older snapshots
    removals: tuple[Removal, ...] = ()
    named: int = 0  # since when it has its name, ms

    def share_empty(self) -> None:
        """Share the dicts that are empty, as a new user does: a user from a snapshot has its own."""
        self.silenced = self.silenced or _EMPTY
        self.metadata = self.metadata or _EMPTY
        self.preferences = self.preferences or _EMPTY
        self.invited = self.invited or _EMPTY


class Topic(msgspec.Struct, frozen=True, gc=False):
    """A channel's topic, who set it, and when (ms)."""

    text: str
    nick: str
    time: int
    uid: str = ""  # of the user who set it; empty in an old snapshot


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A mask in a list of a channel (bans, exceptions): who set it, and when (ms)."""

    nick: str
    time: int
    until: int = 0  # ms: the mask counts only before this time; 0: it does not lapse
    reason: str = ""  # why it was set; not in older snapshots
    by: str = ""  # uid of who set it; empty for the server and in older snapshots


class Channel(msgspec.Struct, gc=False):
    """A channel; it exists as long as it has members. ``time`` is that of its last event, ``spoken`` of its last text.

    Times are milliseconds since 1970; ``spoken`` is 0 if the channel has no message with text. ``protocol/modes.py``
    has the modes and the flags of members.
    """

    uid: str
    name: str
    created: int
    time: int
    spoken: int = 0
    members: dict[str, int] = {}  # uid -> flags, in the order of joining
    topic: Topic | None = None
    last: int = 0  # position of its last message, with or without text; 0: no message, or an older snapshot
    modes: str = "n"  # letters of the modes that are set and have no parameter, in order
    key: str = ""  # needed to join (mode k); empty for none
    limit: int = 0  # members at most (mode l); 0 for no limit
    forward: str = ""  # name of the channel that users join who may not join this one (mode f); empty for none
    lists: dict[str, dict[str, Listed]] = {}  # letter -> mask -> its record; see ``protocol/masks.py``
    restricted: bool = False  # whether a member may need more than its membership to write
    invited: dict[str, int] = {}  # uid -> when it was invited (ms)
    roles: dict[str, int] = {}  # uid -> flags of a former member; it gets them back when it joins again
    # Letter of a role -> the position of the last message to it, and the time of the last text (ms; 0: none).
    told: dict[str, tuple[int, int]] = {}
    since: dict[str, int] = {}  # uid -> when the member joined (ms); not in older snapshots
    closed_with_i: bool = False  # whether the mode W was set together with i, so that -i removes it too
    metadata: dict[str, str] = {}  # key -> value
    forward_to: str = ""  # uid of the channel `forward`; empty for none, and if an older form of the event set it
    former: tuple[str, ...] = ()  # names that it had before and that no new channel may have, the latest last


class Conversation(msgspec.Struct, gc=False):
    """The conversation of two users, or of a user with itself.

    ``time`` is that of its last event, ``spoken`` of its last message with text (ms).
    """

    stream: str
    names: dict[str, str]  # uid -> last known name; kept when the user has gone
    time: int
    spoken: int = 0
    last: int = 0  # position of its last message, with or without text; 0: an older snapshot

    @property
    def newest(self) -> int:
        """The time of its last message with text, 0 for none; from an older snapshot, the time of its last message."""
        return self.spoken or (0 if self.last else self.time)


class Gone(msgspec.Struct, gc=False):
    """A user who has gone: a removed account, or a guest with whom another user keeps a conversation."""

    uid: str
    name: str
    number: int  # counts the users with this name who have gone, from 1
    account: bool
    conversations: int = 0  # number of conversations with this user that other users keep
    position: int = 0  # of the event with which it went, in the log
    time: int = 0  # of this event (ms)


class Ban(msgspec.Struct, frozen=True, gc=False):
    """A ban from the whole server: of an account, or of a network of IP addresses (``uid`` empty)."""

    target: str  # the account's name, or the network, such as 203.0.113.0/24
    uid: str  # of the account
    nick: str  # of who set it
    time: int  # ms
    until: int = 0  # ms; 0: it does not end by itself
    reason: str = ""
    by: str = ""  # uid of who set it; empty for the server's machine and in older snapshots


class Act(msgspec.Struct, frozen=True, gc=False):
    """Something that was done to keep order: who did what to whom, where, when (ms) and why.

    The nick is empty if it was done on the server's machine, or by the server itself.
    """

    time: int
    nick: str
    verb: str
    target: str
    channel: str = ""
    detail: str = ""
    until: int = 0  # ms; the end of a ban; 0: it does not end by itself
    uid: str = ""  # of who did it; empty like the nick
    place: str = ""  # uid of the channel; empty for the server; see ``record.py``
    number: int = 0  # counts the acts that were ever added to the record, from 1
    whom: str = ""  # uid of the user who is the target; empty for other targets, and in older snapshots


class ServerInvitation(msgspec.Struct, frozen=True, gc=False):
    """An invitation to the server, made by the user ``uid``, called ``nick`` then (empty: on the server's machine)."""

    number: int  # counts the invitations of the server, from 1
    code: str  # SHA-256 of the code, in hexadecimal
    uid: str
    nick: str
    time: int  # when it was made (ms)
    until: int  # ms; it counts before this time
    uses: int  # accounts that may be made with it
    left: int  # accounts that may still be made with it
    channels: tuple[str, ...]  # uids
    members_may: bool  # whether it counts also if its maker is no administrator


class ServerInvitationUse(msgspec.Struct, frozen=True, gc=False):
    """The use of an invitation to the server for an account that is about to be made; the rest is as in the invitation.

    ``id`` is that of the event of the use, and so tells the node.
    """

    id: str
    code: str
    number: int
    uid: str
    nick: str
    channels: tuple[str, ...]


class ServerInvitations(msgspec.Struct, gc=False):
    """The invitations to the server.

    ``open`` and ``ended`` are by the SHA-256 of the code, ``ended`` has the reasons (``server_invitations.py``).
    ``uses`` are those for accounts that are about to be made, by the uid of the account.
    """

    made: int = 0
    open: dict[str, ServerInvitation] = {}
    ended: dict[str, str] = {}
    uses: dict[str, ServerInvitationUse] = {}


class Limits(msgspec.Struct, frozen=True, gc=False):
    """How much the state may hold; 0 means that there is no limit.

    The limits are in the log (``LimitsSet``), because all processes must refuse the same events.
    """

    channels: int = 0
    channels_per_user: int = 0
    members_per_channel: int = 0
