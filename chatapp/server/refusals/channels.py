"""Refusals about channels: joining and leaving them, their modes and topics, and keeping order in them."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# The channel
NO_SUCH_CHANNEL = Numbered(num.ERR_NOSUCHCHANNEL, "There is no such channel.")
NOT_ON_CHANNEL = Numbered(num.ERR_NOTONCHANNEL, "You are not in that channel.")
NOT_A_CHANNEL_NAME = Numbered(num.ERR_BADCHANMASK, "{why}")
# Without the channel prefix, the reply that clients know is 403.
NOT_A_CHANNEL_NAME_WITHOUT_PREFIX = Numbered(num.ERR_NOSUCHCHANNEL, "{why}")
LOOKS_LIKE_CHANNEL = "{name} looks like {other}, which is another channel. Join that, or take another name."
LOOKS_LIKE_SECRET_CHANNEL = "{name} looks like the name of another channel. Take another name."

# JOIN
TOO_MANY_CHANNELS = Numbered(num.ERR_TOOMANYCHANNELS, "You are in too many channels. Leave one first.")
CHANNELS_OF_SERVER = Numbered(
    num.ERR_TOOMANYCHANNELS, "This server has as many channels as it can hold. Join one that exists."
)
LIMIT_REACHED = Numbered(num.ERR_CHANNELISFULL, "You cannot join: the channel is full.")
CHANNEL_FULL = Numbered(
    num.ERR_CHANNELISFULL, "This channel has as many members as it can hold. Ask one of them to make another."
)
INVITE_ONLY = Numbered(num.ERR_INVITEONLYCHAN, "You cannot join: one has to be invited to that channel.")
BANNED_FROM_CHANNEL = Numbered(num.ERR_BANNEDFROMCHAN, "You cannot join: you are banned from that channel{until}.")
BAD_KEY = Numbered(num.ERR_BADCHANNELKEY, "You cannot join: the channel's key is missing or wrong.")
ACCOUNTS_ONLY = Numbered(num.ERR_NEEDREGGEDNICK, "You cannot join: that channel is for accounts only.")
CHANNEL_RENAMED = Numbered(num.ERR_NOSUCHCHANNEL, "That channel has another name now. Join it again.")
CALLED_OTHERWISE = "{name} is called {new} now."
CANNOT_JOIN = "You cannot join that channel."  # the words for who may not know why
SENT_TO_OTHER_CHANNEL = Numbered(num.ERR_LINKCHANNEL, "{why} You were sent to {other}.")

# PART
PART_REASON_HAS_CONTROLS = Numbered(
    num.ERR_INPUTTOOLONG,
    "The reason has too many control characters (formatting). You are still here: use fewer.",
)

# The roles of members
ONLY_HALFOPS = Numbered(num.ERR_CHANOPRIVSNEEDED, "Only half-operators of the channel and higher roles can do that.")
ONLY_OPERATORS = Numbered(num.ERR_CHANOPRIVSNEEDED, "Only operators of the channel and higher roles can do that.")
ONLY_FOUNDERS = Numbered(num.ERR_CHANOPRIVSNEEDED, "Only founders of the channel can do that.")
TARGET_ABOVE = Numbered(num.ERR_CHANOPRIVSNEEDED, "You cannot do that to a member with a higher role than yours.")
USER_NOT_IN_CHANNEL = Numbered(num.ERR_USERNOTINCHANNEL, "They are not in that channel.")
NOT_INVITED = Numbered(num.ERR_NOTINVITED, "They have no invitation to that channel.")
USER_ON_CHANNEL = Numbered(num.ERR_USERONCHANNEL, "is in that channel already")

# MODE
UNKNOWN_MODE = Numbered(num.ERR_UNKNOWNMODE, "There is no such mode.")
UNUSABLE_PARAMETER = Numbered(num.ERR_INVALIDMODEPARAM, "{why}")
MODE_OF_NOBODY = Numbered(num.ERR_INVALIDMODEPARAM, "Whose? Name a member after the modes.")
UNUSABLE_KEY = Numbered(num.ERR_INVALIDMODEPARAM, "A key has 1 to {most} visible characters, and no space or comma.")
UNUSABLE_LIMIT = Numbered(num.ERR_INVALIDMODEPARAM, "A limit is a number from 1 to 999999.")
NO_FORWARD = Numbered(num.ERR_INVALIDMODEPARAM, "There is no such channel to send people to.")
FORWARD_TO_ITSELF = Numbered(num.ERR_INVALIDMODEPARAM, "A channel cannot send people to itself.")
FORWARD_RANK_TOO_LOW = Numbered(
    num.ERR_INVALIDMODEPARAM, "To send people to that channel you must be an operator there too."
)
MODE_REASON_TOO_LONG = Standard("INVALID_TAG", "A reason has one line of {room} bytes at most here. Nothing changed.")
NOBODY_HAS_NAME = "Nobody is called {name} now."
# After a MODE that was done
GUEST_BANNED = Standard(
    "GUEST_MAY_RETURN", "{name} has no account and can return under another name. MODE +R keeps guests out."
)
GUEST_MUTED = Standard(
    "GUEST_MAY_RETURN", "{name} has no account and can return under another name. MODE +M keeps guests from writing."
)
EXCEPTED_FROM_BAN = Standard("EXCEPTED", "{name} can still join, because of an exception: MODE -e {mask} removes it.")
EXCEPTED_FROM_MUTE = Standard("EXCEPTED", "{name} can still write, because of an exception: MODE -e {mask} removes it.")
LIST_FULL = Numbered(num.ERR_BANLISTFULL, "The list is full.")
UNKNOWN_USER_MODE = Numbered(num.ERR_UMODEUNKNOWNFLAG, "There is no such user mode.")
MODES_OF_OTHERS = Numbered(num.ERR_USERSDONTMATCH, "You can change and see only your own modes.")
TOO_MANY_CHANGES = Standard(  # a WARN
    "TOO_MANY_CHANGES", "A line has {most} changes at most. Not made: {left} more. Send what is left in another line."
)

# TOPIC
TOPIC_TOO_LONG = Numbered(num.ERR_INPUTTOOLONG, "A topic has {most} bytes at most. It stays as it was.")
TOPIC_TOO_LONG_HERE = Numbered(num.ERR_INPUTTOOLONG, "A topic here has {room} bytes at most. It stays as it was.")
TOPIC_HAS_CONTROLS = Numbered(
    num.ERR_INPUTTOOLONG, "The topic has too many control characters (formatting). It stays as it was: use fewer."
)

# KICK
KICK_REASON_HAS_CONTROLS = Numbered(
    num.ERR_INPUTTOOLONG, "The reason has too many control characters. {name} is still there."
)

# INVITE
TOO_MANY_INVITATIONS = Numbered(
    num.RPL_TRYAGAIN, "You have invited too many people at once. Invite the next one in {wait}."
)
# In a NOTICE after the answer
INVITED_SHUT_OUT = "{name} is banned from {channel}, and cannot join until an operator invites {name} or ends the ban."
INVITED_BANNED = "{name} is banned from {channel}, and cannot write there until the ban is removed."

# KNOCK
ALREADY_INSIDE = Numbered(num.ERR_KNOCKONCHAN, "You are in that channel.")
CANNOT_KNOCK = Numbered(num.ERR_CANNOTKNOCK, "You cannot knock at that channel.")
CHANNEL_OPEN = Numbered(num.ERR_CHANOPEN, "You can join that channel without an invitation.")
KNOCK_TOO_LONG = Numbered(num.ERR_INPUTTOOLONG, "Say it in {most} bytes.")
TOO_MANY_KNOCKS = Numbered(num.ERR_TOOMANYKNOCK, "You have asked there just now. Wait a moment.")

# RENAME
CHANNEL_NAME_IN_USE = Standard("CHANNEL_NAME_IN_USE", "That name is taken.")
CHANNEL_NAME_TAKEN = Numbered(num.ERR_UNKNOWNERROR, "That name is taken.")  # taken while the event was being stored
CANNOT_RENAME = Standard("CANNOT_RENAME", "{why}")
RENAME_REASON_HAS_CONTROLS = Standard("CANNOT_RENAME", "The reason has too many control characters. Use fewer.")
NAMES_TOO_LONG_TO_RENAME = Standard("CANNOT_RENAME", "A line has no room for both names. Choose a shorter name.")
NAME_TOO_LONG_FOR_TOPIC = Standard("CANNOT_RENAME", "The topic is too long for that name. Set a shorter topic first.")
