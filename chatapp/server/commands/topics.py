"""Pure: the table that documents the commands. HELP shows it, and the table in ``server/README.md`` is the same.

Every command has a row, in the order of ``COMMANDS``; a test compares this table with ``COMMANDS`` and with README.md.
"""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """The help on one command: its syntax, one sentence that says what it does, and more lines of text."""

    syntax: str
    summary: str
    more: tuple[str, ...] = ()


_CAP = "The subcommands are LS (what the server has), LIST (what is enabled), REQ and END. Clients send it."
_PAGE = "Each page has at most <limit> messages. A reference is msgid=<id> or timestamp=<time>."

TOPICS: dict[str, Topic] = {
    "ACCOUNT": Topic(
        "ACCOUNT <name>",
        "Ask whether a name has an account.",
        (
            "The answer is known, unknown, invitation (unknown, and signing up needs an INVITATION), or closed",
            "(unknown, and nobody can sign up).",
        ),
    ),
    "ADMIN": Topic("ADMIN [<server>]", "Show who runs the server."),
    "AUTHENTICATE": Topic(
        "AUTHENTICATE <mechanism or data>",
        "Sign in with SASL.",
        ("Clients send it on their own. The mechanism is PLAIN or EXTERNAL.",),
    ),
    "AWAY": Topic(
        "AWAY [:<text>]",
        "Say that you are away and why; without a text, that you are back.",
        ("You are away when all your connections are. Who writes to you directly is told the latest text.",),
    ),
    "BATCH": Topic(
        "BATCH <+ or -><reference> [draft/multiline <target>]",
        "Begin or end a message of several lines.",
        (
            "Clients send it. Each line between is a PRIVMSG to the target with the tag batch=<reference>.",
            "A line that continues the line before also has the tag draft/multiline-concat.",
        ),
    ),
    "CAP": Topic("CAP <subcommand> [:<capabilities>]", "Negotiate the extensions of IRCv3.", (_CAP,)),
    "CERT": Topic(
        "CERT ADD, or DEL [<fingerprint>], or LIST",
        "Register a client certificate, with which your account signs in without a password.",
        (
            "CERT ADD registers the certificate of this connection; your client then signs in with SASL EXTERNAL.",
            "CERT DEL <fingerprint> removes a certificate, and ends your other connections that have it.",
            "A new password ends all certificates, except that of the connection that changes the password.",
        ),
    ),
    "CHATHISTORY": Topic(
        "CHATHISTORY <subcommand> <target> <reference> [<reference>] <limit>",
        "Get messages of the past, of a channel or of a conversation.",
        (
            "CHATHISTORY LATEST <target> <* or reference> <limit>: the newest messages",
            "CHATHISTORY BEFORE, AFTER or AROUND <target> <reference> <limit>",
            "CHATHISTORY BETWEEN <target> <reference> <reference> <limit>",
            "CHATHISTORY TARGETS <timestamp> <timestamp> <limit>: channels and conversations with messages",
            _PAGE,
        ),
    ),
    "EDIT": Topic(
        "EDIT <channel or nick>",
        "Give a message of yours another text.",
        (
            "Clients send it, with the tags draft/target-msgid=<msgid> and draft/edit-text=<text>.",
            "Clients that do not know it show a new line that says what was corrected.",
        ),
    ),
    "HELP": Topic("HELP [<command>]", "Show the commands, or how to use one of them."),
    "INFO": Topic("INFO [<server>]", "Show what the server is, and since when it runs."),
    "INVITATION": Topic(
        "INVITATION <link or code>, or ADD [uses=<n>] [expires=<time>] [join=<channels>], or LIST, or DEL <number>",
        "Show your invitation before you sign up; make, list and revoke invitations to the server.",
        (
            "INVITATION <link> before REGISTER: the account that you make then joins the channels of the invitation.",
            "INVITATION ADD makes a link for one person, good for a week: uses=5, expires=12h, join=#a,#b.",
            "The server shows a link only once. INVITATION DEL <number> lets nobody in with it any more.",
            "INVITE invites somebody who has an account to a channel.",
        ),
    ),
    "INVITE": Topic(
        "INVITE [<nick> <channel>]",
        "Invite somebody to a channel; without parameters, list the channels that you are invited to.",
        (
            "An invitation lets its user join a channel with the mode i, once. An invitation by a half-operator or a",
            "higher role also counts against a ban, the key and the limit. A later ban (+b) of the user ends it.",
            "To a channel with the mode i, only half-operators and higher invite.",
            "A user who is not connected gets it later. To invite somebody again changes nothing.",
        ),
    ),
    "ISON": Topic(
        "ISON <nick> [<nick> ...]",
        "Show which of some users are connected.",
        ("Accounts that are not connected are left out; WHOIS finds them.",),
    ),
    "ISUPPORT": Topic("ISUPPORT", "Show the features and limits of the server, for programs."),
    "JOIN": Topic(
        "JOIN <channel>[,<channel> ...] [<key>[,<key> ...]]",
        "Become a member of channels; a channel that does not exist is created.",
        ("You stay a member when you disconnect. JOIN 0 leaves all channels. A new channel has no key: MODE sets it.",),
    ),
    "KICK": Topic(
        "KICK <channel> <nick>[,<nick> ...] [:<reason>]",
        "Remove members from a channel.",
        ("You need a role from half-operator (%) on, and not a lower one than theirs.",),
    ),
    "KILL": Topic(
        "KILL <nick> [:<reason>]",
        "End all connections of a user, as an administrator.",
        ("The user may come back. To keep somebody out, use UBAN.",),
    ),
    "KNOCK": Topic(
        "KNOCK <channel> [:<text>]",
        "Ask the half-operators and higher roles of a channel to invite you.",
        ("For channels with the mode i or a key. Who is banned cannot knock; a muted user knocks without a text.",),
    ),
    "LINKS": Topic("LINKS [[<server>] <mask>]", "Show the servers: there is one."),
    "LIST": Topic(
        "LIST [<channels, masks and conditions>]",
        "Show the channels, each with the number of its members and its topic.",
        (
            "Separate conditions with commas. A mask may have the wildcards * and ?, and !<mask> leaves channels out.",
            ">3 and <10: more than 3 and fewer than 10 members.",
            "C>60 and C<60: created more or less than 60 minutes ago. T>60 and T<60: the same for the topic.",
        ),
    ),
    "LUSERS": Topic("LUSERS", "Show how many users, connections and channels there are."),
    "MARKREAD": Topic(
        "MARKREAD <channel or nick> [timestamp=<time>]",
        "Show or move the read marker of a channel or conversation.",
        (
            "All connections of your account share the marker. It only moves forward.",
            "Without a marker, you have read a channel up to the time when you joined it.",
        ),
    ),
    "METADATA": Topic(
        "METADATA <* or nick or channel> <subcommand> [<key> ...] [:<value>]",
        "Show or set named values of users and channels, such as a display name or an avatar.",
        (
            "METADATA <target> GET <key> [<key> ...], or LIST for all keys. The target * is yourself.",
            "METADATA <target> SET <key> [:<value>]: without a value, the key is removed. CLEAR removes all keys.",
            "You set your own keys, and as an operator those of a channel. Keys are a-z, 0-9 and _./- only.",
            "soju.im/pinned and soju.im/muted (0 or 1) of a channel or nick are your own: nobody else sees them.",
            "METADATA * SUB or UNSUB <key> [<key> ...]: be told of changes. SUBS shows these keys.",
            "METADATA <target or *ALL> SYNC: all values of these keys; of a channel, also those of its members.",
        ),
    ),
    "MODE": Topic(
        "MODE <channel or nick> [<changes> [<parameter> ...]]",
        "Show or change the modes of a channel, or your own.",
        (
            "Roles, with the nick of a member: q founder ~, a protected &, o operator @, h half-operator %, v voice +.",
            "Half-operators and higher set modes, and give v. Operators also give o and h, and founders a and q.",
            "Lists, with a mask: b bans, e exceptions from bans, I exceptions from i. Without a mask: show the list.",
            "A mask is a name (eve, e*), an account (~a:eve), a mute (~m:eve), or lapses (~t:<minutes>:<mask>).",
            "k <key>: needed to join. l <number>: the most members. f <channel>: who may not join is sent there.",
            "i only invited users join. R only accounts join. n only members write. m only members with a role write.",
            "M only accounts and members with a role write. C no CTCP.",
            "t only half-operators and higher set the topic.",
            "s only members see the channel. W newcomers without a role do not see what was said before they came;",
            "+i sets it too, and then -i removes it.",
            "Your own modes, on all your devices: i only members of your channels see you in lists. B you are a bot.",
            "R only members of your channels, and people with whom you have talked, write to you. T no CTCP to you.",
            "w you get WALLOPS. Z this connection uses TLS. For administrators: -o gives up the role, until OPER;",
            "s this connection gets server notices.",
        ),
    ),
    "MONITOR": Topic(
        "MONITOR <+ - C L or S> [<nick>[,<nick> ...]]",
        "Be told when users connect and disconnect.",
        (
            "+ and - add and remove names, which need not exist. C removes all names, L shows them.",
            "S shows who of them is connected. The list ends with your connection.",
        ),
    ),
    "MOTD": Topic("MOTD [<server>]", "Show the message of the day."),
    "NAMES": Topic("NAMES <channel>[,<channel> ...]", "Show the members of channels."),
    "NICK": Topic(
        "NICK <nick>",
        "Choose a name as a guest.",
        ("The name of an account is its nick, and does not change. SETNAME changes the name that is shown with it.",),
    ),
    "NOTICE": Topic(
        "NOTICE <target>[,<target> ...] :<text>",
        "Send a text that no program may answer.",
        ("A target is a channel or a nick.",),
    ),
    "OPER": Topic(
        "OPER <name> <password>",
        "Confirm that your account is an administrator.",
        (
            "The role of your account gives you the rights already; some clients want to send this.",
            "If you gave up the role with MODE -o, this takes it back.",
        ),
    ),
    "PART": Topic("PART <channel>[,<channel> ...] [:<reason>]", "Leave channels."),
    "PASS": Topic("PASS <name>:<password>", "Sign in without SASL, before NICK and USER."),
    "PASSWD": Topic(
        "PASSWD [PLAIN] <old password> <new password>",
        "Change the password of your account.",
        (
            "Without PLAIN both passwords are in Base64, as clients send them.",
            "A new password with spaces needs a colon before it: PASSWD PLAIN <old> :<new>.",
            "Your other connections end. In chat connect, /passwd asks for both passwords.",
        ),
    ),
    "PERSISTENCE": Topic(
        "PERSISTENCE <GET or SET> [<ON, OFF or DEFAULT>]",
        "Show that your account stays in its channels when it disconnects.",
        ("It always does, so SET changes nothing.",),
    ),
    "PING": Topic(
        "PING <text>",
        "Ask the server for an answer.",
        ("PONG comes after the echoes of all messages that you sent before, so these are stored.",),
    ),
    "PONG": Topic("PONG <text>", "Answer a PING of the server.", ("Clients send it on their own.",)),
    "PRIVMSG": Topic(
        "PRIVMSG <target>[,<target> ...] :<text>",
        "Send a text to channels or users.",
        (
            "It is stored before anybody sees it. A user who is not connected gets it later, and you are told so.",
            "@#channel is for the operators of a channel and higher roles; so are ~ & % and + for the other roles.",
        ),
    ),
    "QUIT": Topic(
        "QUIT [:<reason>]",
        "End the connection.",
        ("An account stays a member of its channels. A guest leaves them.",),
    ),
    "REDACT": Topic(
        "REDACT <channel or nick> <msgid> [:<reason>]",
        "Erase the text of a message.",
        (
            "You can erase your own messages for a day. In a channel, half-operators and higher erase those of members",
            "whose role is not higher than theirs.",
        ),
    ),
    "REGISTER": Topic(
        "REGISTER <account or *> <e-mail or *> <password>",
        "Create an account.",
        (
            "The name * stands for your nick. No e-mail address is needed.",
            "Where signing up needs an invitation, send INVITATION <link> first.",
        ),
    ),
    "REHASH": Topic("REHASH", "Read the certificate and the password file again, as an administrator."),
    "RENAME": Topic(
        "RENAME <channel> <name> [:<reason>]",
        "Give a channel another name, as a founder of it; members, history and modes stay.",
        ("The old name stays with the channel: who joins it comes to the channel. The last 3 names are kept so.",),
    ),
    "SEARCH": Topic(
        "SEARCH <attribute>=<value>[;<attribute>=<value> ...]",
        "Search the messages that you may read.",
        (
            "The attributes are text, in, from, after, before and limit. Write a space as \\s, and ; as \\:.",
            'A text has words, "phrases" and beginnings*. A message matches if it has all of them.',
            "It may also have in:#channel, in:nick, from:nick, after:2026-01-31, before:2026-01-31 and has:link.",
            "A client that does not know soju.im/search gets NOTICEs: [time, UTC] #channel <nick> text.",
            "You get the newest messages; for older ones, search again with before=<time of the oldest>.",
        ),
    ),
    "SETNAME": Topic("SETNAME :<text>", "Change the name that is shown with your nick."),
    "SILENCE": Topic(
        "SILENCE [<+ or -><nick>]",
        "Block somebody, so that you get no messages of theirs; list whom you block.",
        (
            "It covers channels, direct messages and invitations, also in the history. Whom you block is not told.",
            "You still see them in lists of users, and when they join, leave or set modes.",
            "It counts for all your devices. -<nick> ends it.",
        ),
    ),
    "STATS": Topic(
        "STATS <letter> [<server>]",
        "Show how long the server has been running (u), and more to administrators.",
        ("Only for administrators: k (bans), l (connections), o (administrators), p (those connected), t (figures).",),
    ),
    "TAGMSG": Topic(
        "TAGMSG <target>[,<target> ...]",
        "Send client tags without a text, such as a reaction.",
        ("It needs at least one tag that begins with +.",),
    ),
    "TIME": Topic("TIME [<server>]", "Show the time of the server."),
    "TOKEN": Topic(
        "TOKEN <ADD or LIST or DEL> [<id> or [here or send=<targets>] :<name>]",
        "Make a token, with which a device or a program signs in to your account without the password.",
        (
            "TOKEN ADD :<name> makes a token, which is shown once. Your client sends it in the place of the password.",
            "TOKEN ADD send=#ops,bob :<name> makes a token for a program, which may only send to #ops and to bob.",
            "TOKEN ADD here :<name> makes the token of the device that you are on: to revoke it ends this connection.",
            "TOKEN LIST shows your tokens: the id, when it was made and last used, whether it is that of this",
            "connection (1), and the name. TOKEN DEL <id> revokes a token, and ends the other connections with it.",
            "A connection that signed in with a token makes no other tokens.",
            "A new password ends all tokens, except that of the connection that changes the password.",
        ),
    ),
    "TOPIC": Topic(
        "TOPIC <channel> [:<text>]",
        "Show or set the topic of a channel; an empty text removes it.",
        ("With the mode t, only half-operators and higher set it.",),
    ),
    "UBAN": Topic(
        "UBAN <ADD or DEL or LIST> [<target> [<duration>] [:<reason>]]",
        "Ban an account or IP addresses from the server, as an administrator.",
        (
            "The target is the name of an account, an IP address, or a network such as 203.0.113.0/24.",
            "A duration is like 30m, 12h or 7d; without a duration, the ban stays until UBAN DEL <target>.",
        ),
    ),
    "UNINVITE": Topic(
        "UNINVITE <nick> <channel>",
        "Take back an invitation to a channel.",
        ("Whoever invited somebody may do it, and every half-operator and higher role.",),
    ),
    "USER": Topic("USER <name> 0 * :<real name>", "Begin a connection, together with NICK.", ("Clients send it.",)),
    "USERHOST": Topic("USERHOST <nick> [<nick> ...]", "Show whether users are away (-) or administrators (*)."),
    "VERIFY": Topic(
        "VERIFY <account> <code>",
        "Confirm a new account with a code; here no account needs that.",
        ("An account that REGISTER has made is ready at once.",),
    ),
    "VERSION": Topic("VERSION [<server>]", "Show the version of the server, and what it supports."),
    "WALLOPS": Topic("WALLOPS :<text>", "Write to administrators, and to users with the mode w, as an administrator."),
    "WEBIRC": Topic(
        "WEBIRC <password> <gateway> <hostname> <IP address> [:<options>]",
        "Tell the address of a client, as a gateway that the server lists.",
        ("It has to be the first command. The option secure says that the client's way to the gateway is encrypted.",),
    ),
    "WHO": Topic(
        "WHO [<channel or mask> [<flags>][%<fields>[,<token>]]]",
        "Show the users of a channel, or all users that match a mask.",
        (
            "A mask is a nick with the wildcards * and ?, or nick!user@host. The flag o shows only administrators.",
            "After %, each letter asks for one field: t token, c channel, u user name, i address, h host, s server,",
            "n nick, f flags, d hops, l idle seconds, a account, o rank (always n/a), r real name.",
            "In the flags, H is here, G is away, * is an administrator; then the prefixes of the member; B is a bot.",
        ),
    ),
    "WHOIS": Topic(
        "WHOIS [<server>] <nick>",
        "Show what you may know about a user.",
        ("Addresses are shown only to the user and to administrators.",),
    ),
    "WHOWAS": Topic(
        "WHOWAS <nick> [<count>]",
        "Show users who had a name and have gone.",
        ("These are removed accounts, and guests with whom you talked. Who has the name now is shown first.",),
    ),
}
