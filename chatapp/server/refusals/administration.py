"""Refusals of what administrators do, with a command here or with ``chat`` (``chat ban`` and others)."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# Who is an administrator
NOT_AN_ADMINISTRATOR = Numbered(num.ERR_NOPRIVILEGES, "Only an administrator can do that.")
ACCOUNT_IS_NO_ADMINISTRATOR = Numbered(num.ERR_NOOPERHOST, "Your account is not an administrator.")
OPER_IN_OWN_NAME = Numbered(num.ERR_NOOPERHOST, "OPER needs the name of your own account, {name}.")

# UBAN and KILL
CANNOT_BAN = Standard("CANNOT_BAN", "{why}")
NO_SUCH_BAN = Numbered(num.ERR_NOSUCHNICK, "There is no such ban. UBAN LIST shows them.")
BANS_FULL = Numbered(num.ERR_UNKNOWNERROR, "There are as many bans as there may be. Remove some first.")
IS_ADMINISTRATOR = Numbered(
    num.ERR_NOPRIVILEGES, "That account is an administrator. Take the role away first (chat role NAME none)."
)
NO_CONNECTION = Numbered(num.ERR_NOSUCHNICK, "They are not connected. To keep them out, use UBAN ADD.")
CANNOT_KILL = Numbered(num.ERR_INPUTTOOLONG, "{why}")

# What cannot be done, for the {why} of a command and for ``chat``
ORDER_REASON_TOO_LONG = "A reason has {most} bytes at most, and no formatting."
NETWORK_TOO_LARGE = "{network} is too large. The prefix has at least {fewest} bits."
NETWORK_IS_HERE = "{network} is this machine itself. Ban the account instead."
NETWORK_OF_ADMINISTRATOR = (
    "{name} is an administrator and is connected from {address}, so this ban would end that connection."
    " Ban a smaller network, or the account."
)
NEITHER_USER_NOR_ADDRESS = "There is nobody called {name}, and it is no IP address."
IPV6_ADDRESS_CHANGES = "A person can change an IPv6 address within its network. To ban the whole network: {network}"
BAN_OF_GUEST = "{name} is a guest and has no account. Ban the address."
BAN_OF_ADMINISTRATOR = "{name} is an administrator. Take that role away first."
NOBODY_CALLED = "There is nobody called {name}."
NO_ACCOUNT_CALLED = "There is no account called {name}."
NO_BAN_OF = "There is no ban of {name}."
NOT_CONNECTED = "{name} is not connected."
NO_CHANNEL_CALLED = "There is no channel {name}. To see which there are: chat rooms"
NOT_A_MEMBER = "{name} is not in {channel}."

# What only ``chat`` asks for
UNUSABLE_ARGUMENT = "The request has no usable {argument}."
UNKNOWN_ROLE = "A role is one of {known}."
HAS_NO_CERTIFICATES = "{name} has no certificates."
HAS_NO_SUCH_CERTIFICATE = "{name} has no certificate {fingerprint}. chat cert {name} lists them."
UNKNOWN_SIGN_UP = "The sign-up policy is open, invite or closed."
# Policy refuses: the model's reason, with the names
MEMBER_ALREADY = "{name} is in {channel} already."
IS_ADMINISTRATOR_STILL = "{name} is an administrator. Take that role away first (chat role {name} none)."
BANS_FULL_NOW = "There are as many bans as there may be. End some of them first (chat bans lists them)."
