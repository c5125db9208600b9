"""The list of commands, with one verb or close family per file.

A new command is one file, one line here, and a row in ``topics.py``.
"""

from chatapp.server.commands import (
    about,
    authenticate,
    away,
    cap,
    chathistory,
    help,
    ison,
    join,
    lusers,
    markread,
    message,
    mode,
    motd,
    names,
    nick,
    part,
    passwd,
    ping,
    quit,
    register,
    setname,
    stats,
    topic,
    user,
    userhost,
    who,
    whois,
    whowas,
)
from chatapp.server.commands import list as list_channels
from chatapp.server.commands.arguments import LIST, MESSAGE, NAME, OWN_CHANNEL, SELF, WORD, WORDS, optional
from chatapp.server.commands.command import Command, always
from chatapp.server.commands.topics import TOPICS

COMMANDS: tuple[Command, ...] = (
    Command("ACCOUNT", register.account, (WORD,), early=True),
    Command("ADMIN", about.admin, (optional(WORD, ""),)),
    Command("AUTHENTICATE", authenticate.authenticate, (WORD,), early=True),
    Command("AWAY", away.away, (SELF, optional(WORD, ""))),
    Command("CAP", cap.cap, (WORD, MESSAGE), early=True),
    Command("CHATHISTORY", chathistory.chathistory, (MESSAGE,)),
    Command("HELP", help.help, (optional(WORD, ""),)),
    Command("INFO", about.info, (optional(WORD, ""),)),
    Command("ISON", ison.ison, (WORDS,)),
    Command("JOIN", join.join, (LIST, optional(LIST, [])), stores=True, lists=True),
    Command("LINKS", about.links, (optional(WORD, ""), optional(WORD, ""))),
    Command("LIST", list_channels.list_channels, (optional(LIST, []), optional(LIST, [])), lists=True),
    Command("LUSERS", lusers.lusers),
    Command("MARKREAD", markread.markread, (SELF, NAME, optional(WORD)), stores=True, usage=TOPICS["MARKREAD"].syntax),
    Command("MODE", mode.mode, (WORD, optional(WORD, ""), optional(WORD, "")), stores=True),
    Command("MOTD", motd.motd),
    Command("NAMES", names.names, (optional(LIST, []),), lists=True),
    Command("NICK", nick.nick, (optional(WORD, ""),), early=True, stores=True),
    Command("NOTICE", message.say, (MESSAGE,), flows=message.flows, stores=True, lists=True),
    Command("PART", part.part, (LIST, optional(WORD, "")), stores=True, lists=True),
    Command("PASS", user.password, (WORD, MESSAGE), early=True, late=False),
    Command("PASSWD", passwd.passwd, (SELF, WORD, WORD), usage=TOPICS["PASSWD"].syntax),
    Command("PING", ping.ping, (optional(WORD),), early=True),
    Command("PONG", ping.pong, (MESSAGE,), early=True, flows=always),
    Command("PRIVMSG", message.say, (MESSAGE,), flows=message.flows, stores=True, lists=True),
    Command("QUIT", quit.quit, (optional(WORD, ""),), early=True),
    Command(
        "REGISTER", register.register, (WORD, WORD, WORD), early=True, stores=True, usage=TOPICS["REGISTER"].syntax
    ),
    Command("SETNAME", setname.setname, (SELF, WORD), stores=True),
    Command("STATS", stats.stats, (SELF, WORD, optional(WORD, ""))),
    Command("TAGMSG", message.say, (MESSAGE,), stores=True, lists=True),
    Command("TIME", about.time, (optional(WORD, ""),)),
    Command("TOPIC", topic.topic, (SELF, OWN_CHANNEL, optional(WORD)), stores=True),
    Command("USER", user.user, (WORD, WORD, WORD, optional(WORD)), early=True, late=False),
    Command("USERHOST", userhost.userhost, (WORDS,)),
    Command("VERSION", about.version, (optional(WORD, ""),)),
    Command("WHO", who.who, (optional(WORD, "*"), optional(WORD, ""))),
    Command("WHOIS", whois.whois, (SELF, optional(WORD, ""), optional(WORD, ""))),
    Command("WHOWAS", whowas.whowas, (SELF, optional(WORD, ""), optional(WORD, ""))),
)
