"""Refusals of lines that are no command, and what any command may answer."""

from chatapp.protocol import numerics as num
from chatapp.server.refusals.kinds import Numbered, Standard

# The line
LINE_TOO_LONG = Numbered(num.ERR_INPUTTOOLONG, "The line is too long, so nothing was done. Make it shorter.")
NOT_UTF8 = Standard("INVALID_UTF8", "{why}")
NOT_A_MESSAGE = Standard("INVALID_MESSAGE", "{why}")

# The command, and when it may be sent
UNKNOWN_COMMAND = Numbered(num.ERR_UNKNOWNCOMMAND, "There is no such command.")
NOT_REGISTERED = Numbered(num.ERR_NOTREGISTERED, "Sign in first.")
ALREADY_REGISTERED = Numbered(num.ERR_ALREADYREGISTERED, "You are registered already.")
UNKNOWN_CAP_COMMAND = Numbered(num.ERR_INVALIDCAPCMD, "There is no such CAP command.")
NO_HELP = Numbered(num.ERR_HELPNOTFOUND, "There is no help on that.")
# A NOTICE after the answer to a message for services of other networks: clients replace the texts of 401 and 421.
NO_SERVICES = (
    "There are no services such as NickServ here, and nothing was stored. You sign in with SASL, or with the server"
    " password name:password. See HELP REGISTER, HELP PASSWD and HELP CERT."
)

# Its parameters
NEED_MORE_PARAMS = Numbered(num.ERR_NEEDMOREPARAMS, "Something is missing after the command.")
USAGE = Numbered(num.ERR_NEEDMOREPARAMS, "Usage: {usage}")
PARAMS_MISSING = Standard("NEED_MORE_PARAMS", "Usage: {usage}")
WRONG_PARAMS = Standard("INVALID_PARAMS", "Usage: {usage}")
UNKNOWN_SUBCOMMAND = Standard("INVALID_PARAMS", "The subcommands are {known}.")
TOO_MANY_NAMES = Numbered(num.ERR_TOOMANYTARGETS, "That is too many names at once. Nothing was done.")
TOO_MANY_TARGETS = Numbered(num.ERR_TOOMANYTARGETS, "That is too many names at once. Nothing was sent.")
NO_SUCH_NICK = Numbered(num.ERR_NOSUCHNICK, "There is nobody with that name.")
NO_SUCH_SERVER = Numbered(num.ERR_NOSUCHSERVER, "There is no such server.")
NO_WORD_TO_SEND_BACK = Numbered(num.ERR_NOORIGIN, "PING and PONG need a word to send back.")
WORD_TOO_LONG = Numbered(num.ERR_INPUTTOOLONG, "That is too long to be sent back. Take a shorter word.")
UNKNOWN_MONITOR = Numbered(num.ERR_UNKNOWNERROR, "The next word is one of + - C L S, and a space follows it.")
REASON_CUT = Standard("REASON_CUT", "Only the first {most} bytes of the text fit. The rest is left out.")  # a WARN

# Its answer
TOO_MANY_MATCHES = Numbered(num.ERR_TOOMANYMATCHES, "That is not all: answers have a limit. Ask for less.")
NO_SUCH_NICK_BEFORE = Numbered(num.ERR_WASNOSUCHNICK, "There was nobody with that name.")
NO_MOTD = Numbered(num.ERR_NOMOTD, "There is no message of the day.")
MONITOR_FULL = Numbered(num.ERR_MONLISTFULL, "You watch as many names as you can.")
SILENCE_SELF = Numbered(num.ERR_UNKNOWNERROR, "You cannot block yourself.")
SILENCE_FULL = Numbered(num.ERR_SILELISTFULL, "You block as many people as you may. Unblock somebody first.")

# The log
MESSAGE_NOT_STORED = Standard("MESSAGE_NOT_STORED", "{why}")
CHANGE_NOT_STORED = Standard("CHANGE_NOT_STORED", "{why}")
SERVER_STOPPING = Standard("SERVER_STOPPING", "{why}")
NOT_STORED_WHILE_STOPPING = "Not stored: the server is stopping."
UNKNOWN_ERROR = Numbered(num.ERR_UNKNOWNERROR, "{why}")
