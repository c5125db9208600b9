"""Refusals of METADATA. The codes are of draft/metadata-3; ``commands/metadata_target.py`` has those of -2."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# The command and its target
METADATA_USAGE = Standard("INVALID_PARAMS", "Usage: METADATA <target> <subcommand> ...")
UNKNOWN_METADATA = Standard("SUBCOMMAND_INVALID", "The subcommands are {known}.")
TOO_FEW_METADATA_PARAMS = Standard("INVALID_PARAMS", "There are too few parameters. See HELP METADATA.")
TOO_MANY_METADATA_PARAMS = Standard("INVALID_PARAMS", "There are too many parameters. See HELP METADATA.")
METADATA_NEEDS_CAPABILITIES = Standard(
    "NEED_CAPABILITY", "Ask for the capabilities first: CAP REQ :draft/metadata-3 batch"
)
NO_SUCH_TARGET = Standard("INVALID_TARGET", "There is no user or channel of this name.")
METADATA_OF_MEMBERS = Standard("KEY_NO_PERMISSION", "Only members see the metadata of this channel.")

# Keys
NOT_A_KEY = Standard("INVALID_KEY", "That cannot be a key.")
NOT_A_KEY_TO_SET = Standard("INVALID_KEY", "That cannot be a key: use a-z, 0-9 and _./- only.")
KEY_NOT_SET = Standard("KEY_NOT_SET", "This key is not set.")
KEY_NOT_ALLOWED = Standard("KEY_NO_PERMISSION", "You may not set that here.")
TOO_MANY_KEYS = Standard("LIMIT_REACHED", "There can be {most} keys at most. Remove one first.")
KEYS_NOT_SET = Standard("LIMIT_REACHED", "Your keys were not set: there can be {most} at most. Remove one first.")
MUTED_METADATA = Standard("KEY_NO_PERMISSION", "{why}")
KEYS_OF_MUTED = Standard(
    "KEY_NO_PERMISSION", "Your keys were not set: the members of {channel} would see them, and you may not write there."
)
KEYS_WITH_NAME_OF_OTHER = Standard("KEY_NO_PERMISSION", "Your keys were not set. {why}")
TOO_MANY_SUBSCRIPTIONS = Standard("TOO_MANY_SUBS", "You can subscribe to {most} keys at most.")
SYNC_LATER = Numbered(num.ERR_METADATASYNCLATER, "Get the values with METADATA <target> SYNC.")

# Values: {why} is one of the texts below, or what is wrong with a display name.
UNUSABLE_VALUE = Standard("INVALID_VALUE", "{why}")
VALUE_TOO_LONG = "A value has {most} bytes at most."
VALUE_TOO_LONG_HERE = "The value is too long for this channel."
VALUE_HAS_CONTROLS = "The value has too many control characters."
VALUE_UNSEEN = "A value is text that can be seen."
VALUE_NOT_A_SWITCH = "The value is 0 or 1."
LOOKS_LIKE_ACCOUNT = "That looks like {name}, which is somebody else's name. Take another display name."
DISPLAY_NAME_OF_CHANNEL = "That looks like {name}, which is another channel. Take another display name."
DISPLAY_NAME_OFFICIAL = "That looks like a name of the server or of whoever runs it. Take another display name."
DISPLAY_NAME_BEGINS = "A display name does not begin with one of {marks}"
DISPLAY_NAME_WITHOUT_LETTERS = "A display name has a letter, a digit or an emoji."
NO_METADATA = "{name} has no metadata."
