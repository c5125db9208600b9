"""Why a connection ends, or does not begin: the words of an ERROR, and what goes before it."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered

# Too many
SERVER_FULL = "The server is full. Try again later."
TOO_MANY_NEWCOMERS = "Too many connections are signing in; yours has waited longest. Try again."
TOO_MANY_OF_ADDRESS = "Your address has too many connections to this server. Close one of them first."
TOO_MANY_OF_ACCOUNT = "Your account has too many connections. Close one of them first."
TOO_MANY_GUESTS = "Too many guests have come from your address. Connect again in {wait}."

# Too late, or too fast
SAID_NOTHING = "Closed, because you have sent nothing. Connect again."
NOT_SIGNED_IN_IN_TIME = "You did not sign in in time. Connect again."
PING_TIMEOUT = "Ping timeout"
EXCESS_FLOOD = "Excess Flood: you send faster than this server takes it. Send less at once."

# Who may connect, and how
TLS_ONLY = "This server is reached with TLS only. Connect to the same port again, with TLS switched on."
YOU_ARE_BANNED = Numbered(num.ERR_YOUREBANNEDCREEP, "You are banned from this server{until}{why}")
BANNED = "Closing link: banned"  # the ERROR after YOU_ARE_BANNED, which says the rest
KILLED = "Killed ({by}{why})"
ACCOUNT_REMOVED = "Your account was removed"
PASSWORD_CHANGED = "The password of your account was changed. Sign in with the new one."
CERTIFICATE_REMOVED = "The certificate of this connection was removed from your account."
TOKEN_REVOKED = "The token of this connection was revoked: you are signed out here."
GOODBYE = "Bye."  # after a QUIT
STOPPING = "The server is stopping. Your client reconnects when it is back."
BUG = "This server made a mistake with your last command, and has noted it. Connect again to go on."

# WEBIRC
WEBIRC_PARAMS_MISSING = "WEBIRC needs a password, a gateway, a hostname and an IP address."
NOT_A_GATEWAY = "Your address is not that of a WebIRC gateway of this server."
WEBIRC_NOT_FIRST = "WEBIRC has to be the first command of a connection."
WRONG_GATEWAY_PASSWORD = "Invalid WebIRC password"
NOT_A_CLIENT_ADDRESS = "The fourth parameter of WEBIRC is the IP address of the client."
NOT_ENCRYPTED = (
    "The gateway did not say that your connection to it is encrypted (option secure). Use https to reach it."
)
TOO_MANY_AT_ONCE = "Too many connections from your address at once. Wait a moment, then try again."
