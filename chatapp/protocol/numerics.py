"""The table of the three-digit replies: the name, the code and the default text of each.

The text is the last parameter of the reply. It is empty if the reply ends with data instead. The code that sends the
reply fills ``{fields}`` of the text with ``str.format``. Error texts are written for people; clients use the code.

Spec: modern-irc, "Numerics"; IRCv3 sasl-3.1, monitor, draft/metadata-3. The specification defines the parameters before
the text.
"""

from __future__ import annotations

from typing import NamedTuple


class Numeric(NamedTuple):
    """One numeric reply."""

    name: str
    code: str
    text: str


def numeric_line(numeric: Numeric, host: str, nick: str, *params: str, text: str | None = None) -> str:
    """Return the line of a numeric reply from the server ``host`` to ``nick``, without CR LF.

    ``text`` is the last parameter, after ``params``; it defaults to the numeric's own text. An empty text is left out.
    """
    words = numeric.text if text is None else text
    middle = "".join(f" {param}" for param in params)
    return f":{host} {numeric.code} {nick}{middle}" + (f" :{words}" if words else "")


def data_line(numeric: Numeric, host: str, nick: str, *params: str, last: str) -> str:
    """Return the line of a numeric reply whose last parameter is data. In contrast to a text, ``last`` may be empty."""
    return f"{numeric_line(numeric, host, nick, *params, text='')} :{last}"


# After registration
RPL_WELCOME = Numeric("RPL_WELCOME", "001", "Welcome to {network}, {nick}.")
RPL_YOURHOST = Numeric("RPL_YOURHOST", "002", "Your host is {server}, running {version}.")
RPL_CREATED = Numeric("RPL_CREATED", "003", "This server was started {time}.")
RPL_MYINFO = Numeric("RPL_MYINFO", "004", "")
RPL_ISUPPORT = Numeric("RPL_ISUPPORT", "005", "are supported by this server")

# The server
RPL_STATSKLINE = Numeric("RPL_STATSKLINE", "216", "")
RPL_ENDOFSTATS = Numeric("RPL_ENDOFSTATS", "219", "End of STATS.")
RPL_UMODEIS = Numeric("RPL_UMODEIS", "221", "")
RPL_STATSUPTIME = Numeric("RPL_STATSUPTIME", "242", "Server Up {days} days {hours}:{minutes:02}:{seconds:02}")
RPL_STATSOLINE = Numeric("RPL_STATSOLINE", "243", "")
RPL_STATSDEBUG = Numeric("RPL_STATSDEBUG", "249", "")
RPL_LUSERCLIENT = Numeric("RPL_LUSERCLIENT", "251", "Users who are here: {users}, {invisible} of them invisible.")
RPL_LUSEROP = Numeric("RPL_LUSEROP", "252", "administrator(s) here")
RPL_LUSERUNKNOWN = Numeric("RPL_LUSERUNKNOWN", "253", "connection(s) not signed in yet")
RPL_LUSERCHANNELS = Numeric("RPL_LUSERCHANNELS", "254", "channel(s)")
RPL_LUSERME = Numeric("RPL_LUSERME", "255", "Connections to this server: {clients}.")
RPL_ADMINME = Numeric("RPL_ADMINME", "256", "Who runs this server:")
RPL_ADMINLOC1 = Numeric("RPL_ADMINLOC1", "257", "")
RPL_ADMINLOC2 = Numeric("RPL_ADMINLOC2", "258", "")
RPL_ADMINEMAIL = Numeric("RPL_ADMINEMAIL", "259", "")
RPL_TRYAGAIN = Numeric("RPL_TRYAGAIN", "263", "The server is busy. Try again in a moment.")
RPL_LOCALUSERS = Numeric("RPL_LOCALUSERS", "265", "Users of this server: {users}, at most {most} so far.")
RPL_GLOBALUSERS = Numeric("RPL_GLOBALUSERS", "266", "Users of all servers: {users}, at most {most} so far.")

# People
RPL_WHOISCERTFP = Numeric("RPL_WHOISCERTFP", "276", "has client certificate fingerprint {fingerprint}")
RPL_SILELIST = Numeric("RPL_SILELIST", "271", "")
RPL_ENDOFSILELIST = Numeric("RPL_ENDOFSILELIST", "272", "End of the list of whom you silence.")
RPL_AWAY = Numeric("RPL_AWAY", "301", "")
RPL_USERHOST = Numeric("RPL_USERHOST", "302", "")
RPL_ISON = Numeric("RPL_ISON", "303", "")
RPL_UNAWAY = Numeric("RPL_UNAWAY", "305", "You are no longer marked as away.")
RPL_NOWAWAY = Numeric("RPL_NOWAWAY", "306", "You are marked as away.")
RPL_WHOISUSER = Numeric("RPL_WHOISUSER", "311", "")
RPL_WHOISSERVER = Numeric("RPL_WHOISSERVER", "312", "")
RPL_WHOISOPERATOR = Numeric("RPL_WHOISOPERATOR", "313", "is an administrator")
RPL_WHOWASUSER = Numeric("RPL_WHOWASUSER", "314", "")
RPL_ENDOFWHO = Numeric("RPL_ENDOFWHO", "315", "End of WHO list.")
RPL_WHOISIDLE = Numeric("RPL_WHOISIDLE", "317", "seconds idle, signon time")
RPL_ENDOFWHOIS = Numeric("RPL_ENDOFWHOIS", "318", "End of WHOIS list.")
RPL_WHOISCHANNELS = Numeric("RPL_WHOISCHANNELS", "319", "")
RPL_WHOISBOT = Numeric("RPL_WHOISBOT", "335", "is a bot")

# Channels
RPL_LISTSTART = Numeric("RPL_LISTSTART", "321", "Users  Topic")
RPL_LIST = Numeric("RPL_LIST", "322", "")
RPL_LISTEND = Numeric("RPL_LISTEND", "323", "End of LIST.")
RPL_CHANNELMODEIS = Numeric("RPL_CHANNELMODEIS", "324", "")
RPL_CREATIONTIME = Numeric("RPL_CREATIONTIME", "329", "")
RPL_WHOISACCOUNT = Numeric("RPL_WHOISACCOUNT", "330", "is signed in as")
RPL_NOTOPIC = Numeric("RPL_NOTOPIC", "331", "No topic is set.")
RPL_TOPIC = Numeric("RPL_TOPIC", "332", "")
RPL_TOPICWHOTIME = Numeric("RPL_TOPICWHOTIME", "333", "")
RPL_INVITELIST = Numeric("RPL_INVITELIST", "336", "")
RPL_ENDOFINVITELIST = Numeric("RPL_ENDOFINVITELIST", "337", "End of the list of invitations.")
RPL_WHOISACTUALLY = Numeric("RPL_WHOISACTUALLY", "338", "connects from")
RPL_INVITING = Numeric("RPL_INVITING", "341", "")
RPL_INVEXLIST = Numeric("RPL_INVEXLIST", "346", "")
RPL_ENDOFINVEXLIST = Numeric("RPL_ENDOFINVEXLIST", "347", "End of the list of invite exceptions.")
RPL_EXCEPTLIST = Numeric("RPL_EXCEPTLIST", "348", "")
RPL_ENDOFEXCEPTLIST = Numeric("RPL_ENDOFEXCEPTLIST", "349", "End of the list of ban exceptions.")
RPL_VERSION = Numeric("RPL_VERSION", "351", "")
RPL_WHOREPLY = Numeric("RPL_WHOREPLY", "352", "")
RPL_NAMREPLY = Numeric("RPL_NAMREPLY", "353", "")
RPL_WHOSPCRPL = Numeric("RPL_WHOSPCRPL", "354", "")
RPL_LINKS = Numeric("RPL_LINKS", "364", "")
RPL_ENDOFLINKS = Numeric("RPL_ENDOFLINKS", "365", "End of LINKS list.")
RPL_ENDOFNAMES = Numeric("RPL_ENDOFNAMES", "366", "End of NAMES list.")
RPL_BANLIST = Numeric("RPL_BANLIST", "367", "")
RPL_ENDOFBANLIST = Numeric("RPL_ENDOFBANLIST", "368", "End of the list of bans.")
RPL_ENDOFWHOWAS = Numeric("RPL_ENDOFWHOWAS", "369", "End of WHOWAS list.")
RPL_INFO = Numeric("RPL_INFO", "371", "")
RPL_MOTD = Numeric("RPL_MOTD", "372", "")
RPL_ENDOFINFO = Numeric("RPL_ENDOFINFO", "374", "End of INFO.")
RPL_MOTDSTART = Numeric("RPL_MOTDSTART", "375", "Message of the day")
RPL_ENDOFMOTD = Numeric("RPL_ENDOFMOTD", "376", "End of the message of the day.")
RPL_YOUREOPER = Numeric("RPL_YOUREOPER", "381", "You are an administrator now.")
RPL_REHASHING = Numeric("RPL_REHASHING", "382", "Reading the settings again.")
RPL_TIME = Numeric("RPL_TIME", "391", "")

# Errors
ERR_UNKNOWNERROR = Numeric("ERR_UNKNOWNERROR", "400", "That could not be done.")
ERR_NOSUCHNICK = Numeric("ERR_NOSUCHNICK", "401", "There is nobody with that name.")
ERR_NOSUCHSERVER = Numeric("ERR_NOSUCHSERVER", "402", "There is no such server.")
ERR_NOSUCHCHANNEL = Numeric("ERR_NOSUCHCHANNEL", "403", "There is no such channel.")
ERR_CANNOTSENDTOCHAN = Numeric(
    "ERR_CANNOTSENDTOCHAN", "404", "You are not in that channel, so you cannot send to it. Join it first."
)
ERR_TOOMANYCHANNELS = Numeric("ERR_TOOMANYCHANNELS", "405", "You are in too many channels. Leave one first.")
ERR_WASNOSUCHNICK = Numeric("ERR_WASNOSUCHNICK", "406", "There was nobody with that name.")
ERR_TOOMANYTARGETS = Numeric("ERR_TOOMANYTARGETS", "407", "That is too many names at once. Nothing was sent.")
ERR_NOORIGIN = Numeric("ERR_NOORIGIN", "409", "PING and PONG need a word to send back.")
ERR_INVALIDCAPCMD = Numeric("ERR_INVALIDCAPCMD", "410", "There is no such CAP command.")
ERR_NORECIPIENT = Numeric("ERR_NORECIPIENT", "411", "To whom? Name a user or a channel.")
ERR_NOTEXTTOSEND = Numeric("ERR_NOTEXTTOSEND", "412", "There is no text to send.")
ERR_TOOMANYMATCHES = Numeric("ERR_TOOMANYMATCHES", "416", "That is not all: answers have a limit. Ask for less.")
ERR_INPUTTOOLONG = Numeric("ERR_INPUTTOOLONG", "417", "The line is too long, so nothing was done. Make it shorter.")
ERR_UNKNOWNCOMMAND = Numeric("ERR_UNKNOWNCOMMAND", "421", "There is no such command.")
ERR_NOMOTD = Numeric("ERR_NOMOTD", "422", "There is no message of the day.")
ERR_NOADMININFO = Numeric("ERR_NOADMININFO", "423", "Nobody has said who runs this server.")
ERR_NONICKNAMEGIVEN = Numeric("ERR_NONICKNAMEGIVEN", "431", "A name is needed.")
ERR_ERRONEUSNICKNAME = Numeric("ERR_ERRONEUSNICKNAME", "432", "That cannot be a name.")
ERR_NICKNAMEINUSE = Numeric("ERR_NICKNAMEINUSE", "433", "That name is taken.")
ERR_BANNICKCHANGE = Numeric("ERR_BANNICKCHANGE", "435", "Your nick cannot be changed while you may not write there.")
ERR_USERNOTINCHANNEL = Numeric("ERR_USERNOTINCHANNEL", "441", "They are not in that channel.")
ERR_NOTONCHANNEL = Numeric("ERR_NOTONCHANNEL", "442", "You are not in that channel.")
ERR_USERONCHANNEL = Numeric("ERR_USERONCHANNEL", "443", "is in that channel already")
ERR_NONICKCHANGE = Numeric("ERR_NONICKCHANGE", "447", "Your nick cannot be changed.")
ERR_NOTREGISTERED = Numeric("ERR_NOTREGISTERED", "451", "Sign in first.")
ERR_NEEDMOREPARAMS = Numeric("ERR_NEEDMOREPARAMS", "461", "Something is missing after the command.")
ERR_ALREADYREGISTERED = Numeric("ERR_ALREADYREGISTERED", "462", "You have said who you are already.")
ERR_PASSWDMISMATCH = Numeric("ERR_PASSWDMISMATCH", "464", "The name or the password is wrong.")
ERR_YOUREBANNEDCREEP = Numeric("ERR_YOUREBANNEDCREEP", "465", "You are banned from this server.")
ERR_CHANNELISFULL = Numeric("ERR_CHANNELISFULL", "471", "You cannot join: the channel is full.")
ERR_UNKNOWNMODE = Numeric("ERR_UNKNOWNMODE", "472", "There is no such mode.")
ERR_INVITEONLYCHAN = Numeric("ERR_INVITEONLYCHAN", "473", "You cannot join: one has to be invited to that channel.")
ERR_BANNEDFROMCHAN = Numeric("ERR_BANNEDFROMCHAN", "474", "You cannot join: you are banned from that channel.")
ERR_BADCHANNELKEY = Numeric("ERR_BADCHANNELKEY", "475", "You cannot join: the channel's key is missing or wrong.")
ERR_BADCHANMASK = Numeric("ERR_BADCHANMASK", "476", "That cannot be the name of a channel.")
ERR_NEEDREGGEDNICK = Numeric("ERR_NEEDREGGEDNICK", "477", "You cannot join: that channel is for accounts only.")
ERR_BANLISTFULL = Numeric("ERR_BANLISTFULL", "478", "The list is full.")
ERR_NOPRIVILEGES = Numeric("ERR_NOPRIVILEGES", "481", "Only an administrator can do that.")
ERR_CHANOPRIVSNEEDED = Numeric("ERR_CHANOPRIVSNEEDED", "482", "Your role in the channel does not allow that.")
ERR_LINKCHANNEL = Numeric("ERR_LINKCHANNEL", "470", "You cannot join that channel, and were sent to another one.")
ERR_CANNOTKNOCK = Numeric("ERR_CANNOTKNOCK", "480", "You cannot knock at that channel.")
ERR_CANTKILLSERVER = Numeric("ERR_CANTKILLSERVER", "483", "A server cannot be killed.")
ERR_INVITEREMOVED = Numeric("ERR_INVITEREMOVED", "494", "Uninvited")  # the answer to UNINVITE, as on InspIRCd
ERR_NOOPERHOST = Numeric("ERR_NOOPERHOST", "491", "Your account is not an administrator.")
ERR_UMODEUNKNOWNFLAG = Numeric("ERR_UMODEUNKNOWNFLAG", "501", "There is no such user mode.")
ERR_USERSDONTMATCH = Numeric("ERR_USERSDONTMATCH", "502", "You can change and see only your own modes.")
ERR_SILELISTFULL = Numeric("ERR_SILELISTFULL", "511", "You silence as many people as you can. Take some back first.")
ERR_CANTSENDTOUSER = Numeric("ERR_CANTSENDTOUSER", "531", "Nothing was sent.")
ERR_HELPNOTFOUND = Numeric("ERR_HELPNOTFOUND", "524", "There is no help on that.")

# KNOCK
RPL_KNOCK = Numeric("RPL_KNOCK", "710", "asks to be invited.")
RPL_KNOCKDLVR = Numeric("RPL_KNOCKDLVR", "711", "The operators of the channel were asked.")
ERR_TOOMANYKNOCK = Numeric("ERR_TOOMANYKNOCK", "712", "You have asked there just now. Wait a moment.")
ERR_CHANOPEN = Numeric("ERR_CHANOPEN", "713", "You can join that channel without an invitation.")
ERR_KNOCKONCHAN = Numeric("ERR_KNOCKONCHAN", "714", "You are in that channel.")

# WHOIS over TLS, mode parameters, HELP
ERR_NOTINVITED = Numeric("ERR_NOTINVITED", "505", "They have no invitation to that channel.")
RPL_UNINVITED = Numeric("RPL_UNINVITED", "653", "Your invitation to {channel} was taken back by {nick}.")
RPL_WHOISSECURE = Numeric("RPL_WHOISSECURE", "671", "uses a secure connection")
ERR_INVALIDMODEPARAM = Numeric("ERR_INVALIDMODEPARAM", "696", "That cannot be the value of this mode.")
RPL_HELPSTART = Numeric("RPL_HELPSTART", "704", "")
RPL_HELPTXT = Numeric("RPL_HELPTXT", "705", "")
RPL_ENDOFHELP = Numeric("RPL_ENDOFHELP", "706", "End of help.")

# MONITOR
RPL_MONONLINE = Numeric("RPL_MONONLINE", "730", "")
RPL_MONOFFLINE = Numeric("RPL_MONOFFLINE", "731", "")
RPL_MONLIST = Numeric("RPL_MONLIST", "732", "")
RPL_ENDOFMONLIST = Numeric("RPL_ENDOFMONLIST", "733", "End of the list of names you watch.")
ERR_MONLISTFULL = Numeric("ERR_MONLISTFULL", "734", "You watch as many names as you can.")

# METADATA
RPL_WHOISKEYVALUE = Numeric("RPL_WHOISKEYVALUE", "760", "")
RPL_KEYVALUE = Numeric("RPL_KEYVALUE", "761", "")
RPL_KEYNOTSET = Numeric("RPL_KEYNOTSET", "766", "This key is not set.")
RPL_METADATASUBOK = Numeric("RPL_METADATASUBOK", "770", "")
RPL_METADATAUNSUBOK = Numeric("RPL_METADATAUNSUBOK", "771", "")
RPL_METADATASUBS = Numeric("RPL_METADATASUBS", "772", "")
ERR_METADATASYNCLATER = Numeric("ERR_METADATASYNCLATER", "774", "Get the values with METADATA <target> SYNC.")

# Accounts and SASL
RPL_LOGGEDIN = Numeric("RPL_LOGGEDIN", "900", "You are signed in as {account}.")
RPL_LOGGEDOUT = Numeric("RPL_LOGGEDOUT", "901", "You are signed out.")
RPL_SASLSUCCESS = Numeric("RPL_SASLSUCCESS", "903", "You have signed in.")
ERR_SASLFAIL = Numeric("ERR_SASLFAIL", "904", "The name or the password is wrong.")
ERR_SASLTOOLONG = Numeric("ERR_SASLTOOLONG", "905", "The sign-in data is too long.")
ERR_SASLABORTED = Numeric("ERR_SASLABORTED", "906", "Signing in was given up.")
ERR_SASLALREADY = Numeric("ERR_SASLALREADY", "907", "You have signed in already.")
RPL_SASLMECHS = Numeric("RPL_SASLMECHS", "908", "are the ways to sign in here")
