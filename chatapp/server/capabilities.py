"""Pure: the table of IRCv3 capabilities, and which of them CAP LS offers.

Each capability has a row in the table, and a bit: a session keeps its enabled capabilities as one integer. A capability
that changes a line to a channel is also in EVENT_PROFILE. ``chatapp/__init__.py`` lists what else a new one needs.

Spec: IRCv3 "Capability Negotiation" specification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from chatapp.config import Config, SignUp
from chatapp.protocol import sasl

SERVER_TIME = 1 << 0
MESSAGE_TAGS = 1 << 1
ACCOUNT_TAG = 1 << 2
EXTENDED_JOIN = 1 << 3
AWAY_NOTIFY = 1 << 4
ACCOUNT_NOTIFY = 1 << 5
SETNAME = 1 << 6
ECHO_MESSAGE = 1 << 7
LABELED_RESPONSE = 1 << 8
BATCH = 1 << 9
STANDARD_REPLIES = 1 << 10
MULTI_PREFIX = 1 << 11
CAP_NOTIFY = 1 << 12
SASL = 1 << 13
ACCOUNT_REGISTRATION = 1 << 14
CHATHISTORY = 1 << 15
READ_MARKER = 1 << 16
ACCOUNT_LOOKUP = 1 << 17
INVITE_NOTIFY = 1 << 19
USERHOST_IN_NAMES = 1 << 20
EXTENDED_MONITOR = 1 << 21
PRE_AWAY = 1 << 22
NO_IMPLICIT_NAMES = 1 << 23
DRAFT_NO_IMPLICIT_NAMES = 1 << 24
EXTENDED_ISUPPORT = 1 << 25
CHGHOST = 1 << 26
EVENT_PLAYBACK = 1 << 27
CHANNEL_RENAME = 1 << 28
MESSAGE_REDACTION = 1 << 29
MULTILINE = 1 << 30
SEARCH = 1 << 31
METADATA_2 = 1 << 32
METADATA_3 = 1 << 33
MESSAGE_EDIT = 1 << 34
ZNC_PLAYBACK = 1 << 35
SELF_MESSAGE = 1 << 36
PERSISTENCE = 1 << 37
AGGREGATE = 1 << 40
CAP_302 = 1 << 18  # not a capability: the client has sent CAP LS with version 302 or later

MESSAGE_PROFILE = SERVER_TIME | MESSAGE_TAGS | ACCOUNT_TAG
"""The capabilities that change how a message is written."""

METADATA = METADATA_2 | METADATA_3
"""A session has at most one of these.

Spec: IRCv3 draft/metadata-3: "Clients MUST NOT request more than one of metadata-notify, draft/metadata-2, and
draft/metadata-3. Servers MUST NOT accept these requests either."
"""

EVENT_PROFILE = MESSAGE_PROFILE | EXTENDED_JOIN | AWAY_NOTIFY | ACCOUNT_NOTIFY | SETNAME | INVITE_NOTIFY
"""The capabilities that change how, or whether, a line to the members of a channel is written.

Sessions with equal profiles share the lines. For these lines, a capability that is not in the profile counts as not
negotiated: its recipients get the line of the others, or nothing.
"""


class Capability(NamedTuple):
    """One row: the name, the bit, the value in CAP LS 302, and whether a server with a sign-up policy offers it.

    The value may depend on the configuration, on whether the connection can have a client certificate (the server has
    asked for one), and on the sign-up policy.
    """

    name: str
    bit: int
    value: str | Callable[[Config, bool, SignUp], str] = ""
    offered: Callable[[SignUp], bool] = lambda sign_up: True

    def value_for(self, config: Config, certificates: bool, sign_up: SignUp) -> str:
        """Return the value on a server with this configuration, for a connection; an empty text means no value."""
        return self.value if isinstance(self.value, str) else self.value(config, certificates, sign_up)


def _people_sign_up(sign_up: SignUp) -> bool:
    return sign_up != "closed"


def _sign_up_keys(config: Config, certificates: bool, sign_up: SignUp) -> str:
    """Return how people sign up. Our own key says that REGISTER needs an INVITATION before it.

    Spec: IRCv3 draft/account-registration: "Clients ... MUST ignore any unknown key."
    """
    keys = "before-connect,custom-account-name"
    return f"{keys},chatapp/invitation-required" if sign_up == "invite" else keys


def _multiline_limits(config: Config, certificates: bool, sign_up: SignUp) -> str:
    """Return the limits of a multiline message.

    Spec: IRCv3 draft/multiline, "The capability MUST be advertised by servers with a REQUIRED value".
    """
    return f"max-bytes={config.multiline_bytes_max},max-lines={config.multiline_lines_max}"


def sasl_mechanisms(certificates: bool) -> str:
    """Return the mechanisms with which a client may sign in over a connection, with commas between them.

    EXTERNAL needs a client certificate; ``certificates`` says whether the server has asked for it.

    Spec: IRCv3 sasl-3.2, "Mechanism list in CAP LS".
    """
    return f"{sasl.PLAIN},{sasl.EXTERNAL}" if certificates else sasl.PLAIN


def _metadata_limits(config: Config, certificates: bool, sign_up: SignUp) -> str:
    """Return the limits of metadata. Spec: IRCv3 draft/metadata-3, "draft/metadata-3 Capability"."""
    keys = f"max-keys={config.metadata_keys_max},max-key-bytes={config.metadata_key_bytes_max}"
    subs = config.metadata_subscriptions_max
    return f"before-connect,max-subs={subs},{keys},max-value-bytes={config.metadata_value_bytes_max}"


def knows_metadata(caps: int) -> bool:
    """Return whether a session with these capabilities is told of metadata.

    Spec: IRCv3 draft/metadata-3: a "metadata-aware client" has negotiated the capability and ``batch``.
    """
    return bool(caps & METADATA and caps & BATCH)


# Spec: for each, the IRCv3 specification that defines the capability of this name ("echo-message", "draft/chathistory"
# and so on); for `chatapp/...`, README.md in this folder, "Extensions"; for `soju.im/search`, doc/ext/search.md of
# soju.
CAPABILITIES: tuple[Capability, ...] = (
    Capability("account-notify", ACCOUNT_NOTIFY),
    Capability("account-tag", ACCOUNT_TAG),
    Capability("away-notify", AWAY_NOTIFY),
    Capability("batch", BATCH),
    Capability("cap-notify", CAP_NOTIFY),
    Capability("chatapp/account", ACCOUNT_LOOKUP, "tokens"),  # the server has TOKEN, which an older one has not
    Capability("chatapp/aggregate", AGGREGATE),
    Capability("chghost", CHGHOST),
    Capability("draft/account-registration", ACCOUNT_REGISTRATION, _sign_up_keys, _people_sign_up),
    Capability("draft/channel-rename", CHANNEL_RENAME),
    Capability("draft/chathistory", CHATHISTORY),
    Capability("draft/event-playback", EVENT_PLAYBACK),
    Capability("draft/extended-isupport", EXTENDED_ISUPPORT),
    Capability("draft/message-edit", MESSAGE_EDIT),
    Capability("draft/message-redaction", MESSAGE_REDACTION),
    Capability("draft/metadata-2", METADATA_2, _metadata_limits),
    Capability("draft/metadata-3", METADATA_3, _metadata_limits),
    Capability("draft/multiline", MULTILINE, _multiline_limits),
    Capability("draft/no-implicit-names", DRAFT_NO_IMPLICIT_NAMES),
    Capability("draft/persistence", PERSISTENCE),
    Capability("draft/pre-away", PRE_AWAY),
    Capability("draft/read-marker", READ_MARKER),
    Capability("echo-message", ECHO_MESSAGE),
    Capability("extended-join", EXTENDED_JOIN),
    Capability("extended-monitor", EXTENDED_MONITOR),
    Capability("invite-notify", INVITE_NOTIFY),
    Capability("labeled-response", LABELED_RESPONSE),
    Capability("message-tags", MESSAGE_TAGS),
    Capability("multi-prefix", MULTI_PREFIX),
    Capability("no-implicit-names", NO_IMPLICIT_NAMES),
    Capability("sasl", SASL, lambda config, certificates, sign_up: sasl_mechanisms(certificates)),
    Capability("server-time", SERVER_TIME),
    Capability("setname", SETNAME),
    Capability("soju.im/search", SEARCH),
    Capability("standard-replies", STANDARD_REPLIES),
    Capability("userhost-in-names", USERHOST_IN_NAMES),
    Capability("znc.in/playback", ZNC_PLAYBACK),
    Capability("znc.in/self-message", SELF_MESSAGE),  # every session gets what the others of its account send
)


_SIGN_UP = ACCOUNT_REGISTRATION | ACCOUNT_LOOKUP  # clients with either know the answers about new accounts
OF_VERBS = {
    "ACCOUNT": ACCOUNT_LOOKUP, "BATCH": MULTILINE, "CERT": ACCOUNT_LOOKUP, "CHATHISTORY": CHATHISTORY,
    "EDIT": MESSAGE_EDIT, "INVITATION": ACCOUNT_LOOKUP, "MARKREAD": READ_MARKER, "METADATA": METADATA,
    "PASSWD": ACCOUNT_LOOKUP, "PERSISTENCE": PERSISTENCE,
    "REDACT": MESSAGE_REDACTION, "REGISTER": _SIGN_UP, "RENAME": CHANNEL_RENAME, "SEARCH": SEARCH,
    "SETNAME": SETNAME, "TAGMSG": MESSAGE_TAGS, "TOKEN": ACCOUNT_LOOKUP, "VERIFY": _SIGN_UP,
}  # fmt: skip
"""The capabilities whose specifications define a command, the form of its answer, and FAIL for a refusal."""


@lru_cache
def offered(sign_up: SignUp) -> Mapping[str, Capability]:
    """Return the capabilities that a server with this sign-up policy offers, by name, in the order of the table."""
    return {capability.name: capability for capability in CAPABILITIES if capability.offered(sign_up)}
