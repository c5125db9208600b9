"""Refusals about messages: sending, editing and erasing them, and reading those of the past."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# PRIVMSG, NOTICE, TAGMSG: what is missing or too long
NO_RECIPIENT = Numbered(num.ERR_NORECIPIENT, "To whom? Name a user or a channel.")
NO_TEXT = Numbered(num.ERR_NOTEXTTOSEND, "There is no text to send.")
TEXT_TOO_LONG = Numbered(
    num.ERR_INPUTTOOLONG,
    "The text is too long for one line: {room} bytes fit. Nothing was sent: say it in parts.",
)
TEXT_HAS_CONTROLS = Numbered(
    num.ERR_INPUTTOOLONG, "The text has too many control characters (formatting). Nothing was sent: use fewer."
)
LOOKS_LIKE_PASSWORD = Numbered(num.ERR_NOSUCHNICK, "Your message was not stored: it looks like a password.")

# Who may write where
NOT_IN_CHANNEL = Numbered(
    num.ERR_CANNOTSENDTOCHAN, "You are not in that channel, so you cannot send to it. Join it first."
)
MODERATED = Numbered(
    num.ERR_CANNOTSENDTOCHAN,
    "Nothing was sent: in this channel only members with a role may write now (mode m).",
)
ACCOUNTS_SPEAK = Numbered(
    num.ERR_CANNOTSENDTOCHAN,
    "Nothing was sent: in this channel only accounts may write (mode M). Sign up first.",
)
MUTED = Numbered(num.ERR_CANNOTSENDTOCHAN, "Nothing was sent: you are muted in this channel{until}.")
BANNED_INSIDE = Numbered(num.ERR_CANNOTSENDTOCHAN, "Nothing was sent: you are banned from this channel{until}.")
NO_CTCP = Numbered(num.ERR_CANNOTSENDTOCHAN, "Nothing was sent: this channel takes no CTCP (mode C).")
STRANGER = Numbered(num.ERR_CANTSENDTOUSER, "Nothing was sent: they take messages only from people they know (mode R).")
TAKES_NO_CTCP = Numbered(num.ERR_CANTSENDTOUSER, "Nothing was sent: they take no CTCP (mode T).")
TOO_MANY_STRANGERS = Numbered(
    num.ERR_TARGETTOOFAST,
    "Nothing was sent: you write to too many people whom you do not know yet. Try again in {wait}.",
)
OTHER_USER = Standard(
    "OTHER_USER", "Nothing was sent: whoever had this name is no longer on this server. Somebody else has the name now."
)

# Client tags
TAGMSG_NEEDS_CAPABILITY = Standard(
    "NEED_CAPABILITY", "Ask for the capability first: CAP REQ message-tags. A TAGMSG without tags says nothing."
)
TOO_MANY_TAGS = Standard("INVALID_TAG", "A message has {most} client tags at most. Nothing was sent: leave some out.")
TAG_HAS_CONTROLS = Standard(
    "INVALID_TAG", "A client tag has a control character in it. Nothing was sent: leave it out."
)
ID_TOO_LONG = Standard("INVALID_TAG", "The id of a message has {most} bytes at most.")
SINCE_IS_NO_TIME = Standard("INVALID_TAG", "The value of this tag is not a time, such as 2026-01-31T23:59:59.000Z.")
ID_WITH_TARGETS = Standard("INVALID_TAG", "One id is for one message: send to one target at a time.")

# Reactions
REACTION_WITH_TARGETS = Standard("INVALID_TAG", "A reaction has one target. Nothing was sent.")
REACTION_TO_OTHER_ROLE = Standard(
    "INVALID_TAG", "That message is not for this role: react to it in {name}. Nothing was sent."
)
REACTION_TOO_LONG = Standard("INVALID_TAG", "A reaction has one line of 1 to {most} bytes.")
REACTION_UNSEEN = Standard("INVALID_TAG", "Nobody can see this reaction. Nothing was sent.")
REACTED_ALREADY = Standard("REACTED_ALREADY", "You have added this reaction already.")
NOT_REACTED = Standard("NOT_REACTED", "You have not added this reaction, so there is nothing to remove.")
TOO_MANY_OWN_REACTIONS = Standard("TOO_MANY_REACTIONS", "You cannot add more than {most} reactions to a message.")
TOO_MANY_REACTIONS = Standard("TOO_MANY_REACTIONS", "This message cannot have more than {most} reactions.")

# Messages of several lines. Spec: IRCv3 draft/multiline, "Errors": "MULTILINE_INVALID: any other error".
NOT_A_BATCH = Standard(
    "MULTILINE_INVALID",
    "A batch begins with BATCH +reference and ends with BATCH -reference. Nothing was sent.",
)
SECOND_BATCH = Standard("MULTILINE_INVALID", "Another batch began before this one ended. Nothing was sent.")
BAD_REFERENCE = Standard(
    "MULTILINE_INVALID", "The reference of a batch has ASCII letters, digits and hyphens. Nothing was sent."
)
BATCH_NEEDS_CAPABILITIES = Standard(
    "MULTILINE_INVALID", "Request the capabilities batch and draft/multiline first. Nothing was sent."
)
BATCH_USAGE = Standard("MULTILINE_INVALID", "Nothing was sent. Usage: BATCH +<reference> draft/multiline <target>")
LINE_WITHOUT_BATCH = Standard("MULTILINE_INVALID", "The line belongs to no open batch. Nothing was sent.")
BATCH_WITHOUT_BEGINNING = Standard("MULTILINE_INVALID", "There is no open batch of this reference. Nothing was sent.")
BATCH_TOO_SLOW = Standard("MULTILINE_INVALID", "The batch did not end within {seconds:.0f} s. Nothing was sent.")
BATCH_OF_OTHER_COMMAND = Standard(
    "MULTILINE_INVALID", "A multiline batch has PRIVMSG lines only, not {verb}. Nothing was sent."
)
TAG_WITHIN_BATCH = Standard(
    "MULTILINE_INVALID", "A line has a tag that belongs on the BATCH command. Nothing was sent."
)
BLANK_CONTINUATION = Standard(
    "MULTILINE_INVALID",
    "A line with draft/multiline-concat cannot be blank or come first. Nothing was sent.",
)
BATCH_WITHOUT_TEXT = Standard("MULTILINE_INVALID", "The message has no text. Nothing was sent.")
CTCP_OF_LINES = Standard("MULTILINE_INVALID", "A CTCP message, such as /me, has one line. Nothing was sent.")
LINE_OF_BATCH_TOO_LONG = Standard("MULTILINE_INVALID", "A line is too long: {room} bytes fit. Nothing was sent.")
BATCH_HAS_CONTROLS = Standard(
    "MULTILINE_INVALID", "The text has too many control characters (formatting). Nothing was sent."
)
BATCH_OF_OTHER_TARGET = Standard(
    "MULTILINE_INVALID_TARGET", "A line has another target than its batch. Nothing was sent."
)
TOO_MANY_LINES = Standard("MULTILINE_MAX_LINES", "A message has {most} lines at most. Nothing was sent.")
TOO_MANY_BYTES = Standard("MULTILINE_MAX_BYTES", "A message has {most} bytes at most. Nothing was sent.")

# The stream and the message that REDACT, EDIT and CHATHISTORY are about. Spec: draft/message-redaction, "Errors".
NO_SUCH_STREAM = Standard("INVALID_TARGET", "You have no channel or conversation of this name.")
NO_SUCH_MESSAGE = Standard("UNKNOWN_MSGID", "There is no such message here.")

# REDACT
REDACT_REASON_HAS_CONTROLS = Numbered(
    num.ERR_INPUTTOOLONG, "The reason has too many control characters. Nothing was redacted."
)
TOO_LATE_TO_REDACT = Standard(
    "REDACT_WINDOW_EXPIRED",
    "The time in which you can redact this message is over. Operators of a channel can.",
)
REDACT_OWN_ONLY = Standard("REDACT_FORBIDDEN", "You can only redact your own messages here.")
AUTHOR_ABOVE = Standard("REDACT_FORBIDDEN", "Its author's role in the channel is higher than yours.")

# EDIT. Spec: IRCv3 pull request 425, "Errors".
EDIT_NEEDS_CAPABILITIES = Standard(
    "NEED_CAPABILITY", "Ask for the capabilities first: CAP REQ :draft/message-edit message-tags"
)
EDIT_OWN_ONLY = Standard("EDIT_FORBIDDEN", "You can only edit your own messages.")
EDIT_OF_NO_TEXT = Standard("EDIT_FORBIDDEN", "A message without a text cannot be edited.")
EDIT_OF_CTCP = Standard("EDIT_FORBIDDEN", "A CTCP message cannot be edited.")
TOO_MANY_EDITS = Standard("EDIT_FORBIDDEN", "You have edited this message {most} times. Write a new one.")
TOO_LATE_TO_EDIT = Standard("EDIT_WINDOW_EXPIRED", "The time in which you can edit this message is over.")
EDIT_OF_NOTHING = Standard("INVALID_EDIT", "Name the message with the tag {tag}.")
# The new text of an edit: {why} is one of the texts below.
UNUSABLE_EDIT = Standard("INVALID_EDIT", "{why} Nothing was changed.")
EDIT_WITHOUT_TEXT = "Put the new text into the tag {tag}. To erase the message, use REDACT."
EDIT_CHANGES_NOTHING = "The message has this text already."
EDIT_HAS_CTCP = "A CTCP message, such as /me, has one line."
EDIT_HAS_CONTROLS = "The text has control characters that a message cannot have."
EDIT_TOO_LONG = "A message has {lines} lines and {bytes} bytes at most."
LINE_OF_EDIT_TOO_LONG = "A line of the text is too long: {room} bytes fit."
TAG_OF_EDIT_TOO_LONG = "The text is too long for an edit: {room} bytes fit."

# CHATHISTORY and playback
MISSED_NOT_READ = "What you missed could not be read: {why}"
HISTORY_NOT_READ = Standard("MESSAGE_ERROR", "{why}")
NO_SUCH_REFERENCE = Standard("MESSAGE_ERROR", "There is no such message here.")
UNKNOWN_REFERENCE = Standard("INVALID_MSGREFTYPE", "A reference is timestamp=2026-01-31T23:59:59.000Z or msgid=...")
UNUSABLE_TIME = Standard("INVALID_PARAMS", "{why}")
UNUSABLE_LIMIT_OF_PAGE = Standard("INVALID_PARAMS", "A limit is a number from 1 to {most}.")
UNUSABLE_SECONDS = Standard("INVALID_PARAMS", "A time is a number of seconds since 1970.")
PLAYBACK_MORE = "More was said in {name}; the last {most} messages follow."
PLAYBACK_BEFORE = "To see what was said before: /msg {module} play {name} {start} {end}"
PLAYBACK_USAGE = "Usage: PLAY <channels and nicks> [<from> [<to>]], or LIST [<channels and nicks>]"

# SEARCH
SPACE_IN_SEARCH = Standard("INVALID_PARAMS", r"Write a space in an attribute as \s.")
UNUSABLE_SEARCH = Standard("INVALID_PARAMS", "{why}")
NOT_SEARCHED = Standard("INTERNAL_ERROR", "{why}")
INDEX_INCOMPLETE = Standard(
    "INDEX_INCOMPLETE",
    "Not all messages are in the search index yet, so some may be missing. Try again in a minute.",
)

# MARKREAD
NOTHING_TO_MARK = Standard("INVALID_PARAMS", "You have no channel or conversation of this name.")
UNUSABLE_MARKER = Standard("INVALID_PARAMS", "{why}")
NOT_A_MARKER = "A read marker begins with timestamp="
MARKER_NOT_KEPT = Standard("INTERNAL_ERROR", "{why}")
TOO_MANY_MARKERS = Standard(
    "INTERNAL_ERROR", "You have as many read markers as one account can have. This one is not kept."
)
