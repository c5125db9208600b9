"""Pure: the capabilities that the client asks a server for."""

from __future__ import annotations

from chatapp.client.core.replies import MULTILINE

ACCOUNT_LOOKUP = "chatapp/account"
REGISTRATION = "draft/account-registration"
CHATHISTORY = "draft/chathistory"
EVENT_PLAYBACK = "draft/event-playback"  # pages of history tell what was done in a channel, too
READ_MARKER = "draft/read-marker"
MESSAGE_TAGS = "message-tags"  # replies and reactions are tags
EDIT, REDACTION = "draft/message-edit", "draft/message-redaction"
RENAME = "draft/channel-rename"
AGGREGATE = "chatapp/aggregate"  # pages of history tell the reactions to each message
SEARCH = "soju.im/search"  # a capability, and the type of a batch

# Without these capabilities the client cannot tell whether a message arrived.
REQUIRED = ("batch", "echo-message", "labeled-response", MESSAGE_TAGS, "sasl", "server-time")
WANTED = (
    *REQUIRED,
    "account-notify",
    "account-tag",
    "away-notify",
    "cap-notify",
    RENAME,
    "extended-join",
    "multi-prefix",
    "setname",
    "standard-replies",
    ACCOUNT_LOOKUP,
    REGISTRATION,
    CHATHISTORY,
    EVENT_PLAYBACK,
    READ_MARKER,
    MULTILINE,
    EDIT,
    REDACTION,
    AGGREGATE,
    SEARCH,
)

USED = frozenset({*WANTED, "sts"})  # other offers of a server are not kept
