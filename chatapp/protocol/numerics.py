"""The table of the three-digit replies: the name and the code of each, and the text of those that are no errors.

The text is the last parameter of the reply. It is empty if the reply ends with data instead. The code that sends the
reply fills ``{fields}`` of the text with ``str.format``. The texts of errors are in ``server/refusals``: they are
written for people, and one error has several; clients use the code.

Spec: modern-irc, "Numerics"; IRCv3 sasl-3.1, monitor, draft/metadata-3. The specification defines the parameters before
the text.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Numeric(NamedTuple):
    """One numeric reply."""

    name: str
    code: str
    text: str


class ErrorNumeric(NamedTuple):
    """The number of an error; ``server/refusals`` makes a reply of it, with a text."""

    name: str
    code: str


class Reply(Protocol):
    """A code and a text: a :class:`Numeric`, or a refusal of the server."""

    @property
    def code(self) -> str:
        """The three digits."""

    @property
    def text(self) -> str:
        """The last parameter."""


def numeric_line(numeric: Reply, host: str, nick: str, *params: str, text: str | None = None) -> str:
    """Return the line of a numeric reply from the server ``host`` to ``nick``, without CR LF.

    ``text`` is the last parameter, after ``params``; it defaults to the numeric's own text. An empty text is left out.
    """
    words = numeric.text if text is None else text
    middle = "".join(f" {param}" for param in params)
    return f":{host} {numeric.code} {nick}{middle}" + (f" :{words}" if words else "")


def data_line(numeric: Reply, host: str, nick: str, *params: str, last: str) -> str:
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
RPL_TRYAGAIN = ErrorNumeric("RPL_TRYAGAIN", "263")  # an error in spite of its name
RPL_LOCALUSERS = Numeric("RPL_LOCALUSERS", "265", "Users of this server: {users}, at most {most} so far.")
RPL_GLOBALUSERS = Numeric("RPL_GLOBALUSERS", "266", "Users of all servers: {all_users}, at most {all_most} so far.")

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
ERR_UNKNOWNERROR = ErrorNumeric("ERR_UNKNOWNERROR", "400")
ERR_NOSUCHNICK = ErrorNumeric("ERR_NOSUCHNICK", "401")
ERR_NOSUCHSERVER = ErrorNumeric("ERR_NOSUCHSERVER", "402")
ERR_NOSUCHCHANNEL = ErrorNumeric("ERR_NOSUCHCHANNEL", "403")
ERR_CANNOTSENDTOCHAN = ErrorNumeric("ERR_CANNOTSENDTOCHAN", "404")
ERR_TOOMANYCHANNELS = ErrorNumeric("ERR_TOOMANYCHANNELS", "405")
ERR_WASNOSUCHNICK = ErrorNumeric("ERR_WASNOSUCHNICK", "406")
ERR_TOOMANYTARGETS = ErrorNumeric("ERR_TOOMANYTARGETS", "407")
ERR_NOORIGIN = ErrorNumeric("ERR_NOORIGIN", "409")
ERR_INVALIDCAPCMD = ErrorNumeric("ERR_INVALIDCAPCMD", "410")
ERR_NORECIPIENT = ErrorNumeric("ERR_NORECIPIENT", "411")
ERR_NOTEXTTOSEND = ErrorNumeric("ERR_NOTEXTTOSEND", "412")
ERR_TOOMANYMATCHES = ErrorNumeric("ERR_TOOMANYMATCHES", "416")
ERR_INPUTTOOLONG = ErrorNumeric("ERR_INPUTTOOLONG", "417")
ERR_UNKNOWNCOMMAND = ErrorNumeric("ERR_UNKNOWNCOMMAND", "421")
ERR_NOMOTD = ErrorNumeric("ERR_NOMOTD", "422")
ERR_NONICKNAMEGIVEN = ErrorNumeric("ERR_NONICKNAMEGIVEN", "431")
ERR_ERRONEUSNICKNAME = ErrorNumeric("ERR_ERRONEUSNICKNAME", "432")
ERR_NICKNAMEINUSE = ErrorNumeric("ERR_NICKNAMEINUSE", "433")
ERR_BANNICKCHANGE = ErrorNumeric("ERR_BANNICKCHANGE", "435")
ERR_TARGETTOOFAST = ErrorNumeric("ERR_TARGETTOOFAST", "439")
ERR_USERNOTINCHANNEL = ErrorNumeric("ERR_USERNOTINCHANNEL", "441")
ERR_NOTONCHANNEL = ErrorNumeric("ERR_NOTONCHANNEL", "442")
ERR_USERONCHANNEL = ErrorNumeric("ERR_USERONCHANNEL", "443")
ERR_NONICKCHANGE = ErrorNumeric("ERR_NONICKCHANGE", "447")
ERR_NOTREGISTERED = ErrorNumeric("ERR_NOTREGISTERED", "451")
ERR_NEEDMOREPARAMS = ErrorNumeric("ERR_NEEDMOREPARAMS", "461")
ERR_ALREADYREGISTERED = ErrorNumeric("ERR_ALREADYREGISTERED", "462")
ERR_PASSWDMISMATCH = ErrorNumeric("ERR_PASSWDMISMATCH", "464")
ERR_YOUREBANNEDCREEP = ErrorNumeric("ERR_YOUREBANNEDCREEP", "465")
ERR_CHANNELISFULL = ErrorNumeric("ERR_CHANNELISFULL", "471")
ERR_UNKNOWNMODE = ErrorNumeric("ERR_UNKNOWNMODE", "472")
ERR_INVITEONLYCHAN = ErrorNumeric("ERR_INVITEONLYCHAN", "473")
ERR_BANNEDFROMCHAN = ErrorNumeric("ERR_BANNEDFROMCHAN", "474")
ERR_BADCHANNELKEY = ErrorNumeric("ERR_BADCHANNELKEY", "475")
ERR_BADCHANMASK = ErrorNumeric("ERR_BADCHANMASK", "476")
ERR_NEEDREGGEDNICK = ErrorNumeric("ERR_NEEDREGGEDNICK", "477")
ERR_BANLISTFULL = ErrorNumeric("ERR_BANLISTFULL", "478")
ERR_NOPRIVILEGES = ErrorNumeric("ERR_NOPRIVILEGES", "481")
ERR_CHANOPRIVSNEEDED = ErrorNumeric("ERR_CHANOPRIVSNEEDED", "482")
ERR_LINKCHANNEL = ErrorNumeric("ERR_LINKCHANNEL", "470")
ERR_CANNOTKNOCK = ErrorNumeric("ERR_CANNOTKNOCK", "480")
ERR_NOOPERHOST = ErrorNumeric("ERR_NOOPERHOST", "491")
RPL_INVITEREMOVED = Numeric("RPL_INVITEREMOVED", "494", "Uninvited")  # InspIRCd calls it ERR_
ERR_UMODEUNKNOWNFLAG = ErrorNumeric("ERR_UMODEUNKNOWNFLAG", "501")
ERR_USERSDONTMATCH = ErrorNumeric("ERR_USERSDONTMATCH", "502")
ERR_NOTINVITED = ErrorNumeric("ERR_NOTINVITED", "505")
ERR_SILELISTFULL = ErrorNumeric("ERR_SILELISTFULL", "511")
ERR_CANTSENDTOUSER = ErrorNumeric("ERR_CANTSENDTOUSER", "531")
ERR_HELPNOTFOUND = ErrorNumeric("ERR_HELPNOTFOUND", "524")

# KNOCK
RPL_KNOCK = Numeric("RPL_KNOCK", "710", "asks to be invited.")
RPL_KNOCKDLVR = Numeric("RPL_KNOCKDLVR", "711", "The operators of the channel were asked.")
ERR_TOOMANYKNOCK = ErrorNumeric("ERR_TOOMANYKNOCK", "712")
ERR_CHANOPEN = ErrorNumeric("ERR_CHANOPEN", "713")
ERR_KNOCKONCHAN = ErrorNumeric("ERR_KNOCKONCHAN", "714")

# WHOIS over TLS, mode parameters, HELP
RPL_UNINVITED = Numeric("RPL_UNINVITED", "653", "Your invitation to {channel} was taken back by {nick}.")
RPL_WHOISSECURE = Numeric("RPL_WHOISSECURE", "671", "uses a secure connection")
ERR_INVALIDMODEPARAM = ErrorNumeric("ERR_INVALIDMODEPARAM", "696")
RPL_HELPSTART = Numeric("RPL_HELPSTART", "704", "")
RPL_HELPTXT = Numeric("RPL_HELPTXT", "705", "")
RPL_ENDOFHELP = Numeric("RPL_ENDOFHELP", "706", "End of help.")

# MONITOR
RPL_MONONLINE = Numeric("RPL_MONONLINE", "730", "")
RPL_MONOFFLINE = Numeric("RPL_MONOFFLINE", "731", "")
RPL_MONLIST = Numeric("RPL_MONLIST", "732", "")
RPL_ENDOFMONLIST = Numeric("RPL_ENDOFMONLIST", "733", "End of the list of names you watch.")
ERR_MONLISTFULL = ErrorNumeric("ERR_MONLISTFULL", "734")

# METADATA
RPL_WHOISKEYVALUE = Numeric("RPL_WHOISKEYVALUE", "760", "")
RPL_KEYVALUE = Numeric("RPL_KEYVALUE", "761", "")
RPL_KEYNOTSET = Numeric("RPL_KEYNOTSET", "766", "This key is not set.")
RPL_METADATASUBOK = Numeric("RPL_METADATASUBOK", "770", "")
RPL_METADATAUNSUBOK = Numeric("RPL_METADATAUNSUBOK", "771", "")
RPL_METADATASUBS = Numeric("RPL_METADATASUBS", "772", "")
ERR_METADATASYNCLATER = ErrorNumeric("ERR_METADATASYNCLATER", "774")

# Accounts and SASL
RPL_LOGGEDIN = Numeric("RPL_LOGGEDIN", "900", "You are signed in as {account}.")
RPL_SASLSUCCESS = Numeric("RPL_SASLSUCCESS", "903", "You have signed in.")
ERR_SASLFAIL = ErrorNumeric("ERR_SASLFAIL", "904")
ERR_SASLTOOLONG = ErrorNumeric("ERR_SASLTOOLONG", "905")
ERR_SASLABORTED = ErrorNumeric("ERR_SASLABORTED", "906")
ERR_SASLALREADY = ErrorNumeric("ERR_SASLALREADY", "907")
RPL_SASLMECHS = Numeric("RPL_SASLMECHS", "908", "are the ways to sign in here")
