"""What somebody outside a secret channel may try: for every command, the lines that could tell something.

In a line, ``{c}`` is the name of the secret channel in some spelling, ``{id}`` the msgid of something in it, ``{t}``
the time of that, and ``{t0}`` and ``{t1}`` are times before and after everything.
"""

from __future__ import annotations

_PAGES = (
    "LATEST {} * 9", "LATEST {} msgid={{id}} 9", "LATEST {} timestamp={{t}} 1", "BEFORE {} msgid={{id}} 9",
    "BEFORE {} timestamp={{t1}} 9", "AFTER {} msgid={{id}} 9", "AFTER {} timestamp={{t0}} 2",
    "AROUND {} msgid={{id}} 9", "AROUND {} timestamp={{t}} 2", "AROUND {} timestamp={{t}} 50",
    "BETWEEN {} msgid={{id}} timestamp={{t1}} 9", "BETWEEN {} timestamp={{t0}} timestamp={{t1}} 50",
    "BETWEEN {} timestamp={{t1}} timestamp={{t0}} 3", "BETWEEN {} timestamp={{t1}} msgid={{id}} 50",
)  # fmt: skip


def pages(target: str) -> tuple[str, ...]:
    """Write CHATHISTORY in every form for a target."""
    return tuple("CHATHISTORY " + form.format(target) for form in _PAGES)


TARGETS = ("CHATHISTORY TARGETS timestamp={t0} timestamp={t1} 50", "CHATHISTORY TARGETS timestamp={t1} timestamp={t} 1")
LONG = "x" * 420

CASES: dict[str, tuple[str, ...]] = {
    "ACCOUNT": ("ACCOUNT alice", "ACCOUNT {c}"),
    "ADMIN": ("ADMIN", "ADMIN {c}"),
    "AUTHENTICATE": ("AUTHENTICATE {c}",),
    "AWAY": ("AWAY :{c}", "AWAY"),
    "BATCH": (
        "BATCH +1 draft/multiline {c}", "@batch=1 PRIVMSG {c} :x", "@batch=1 PRIVMSG {c} :y", "BATCH -1",
        "@+chatapp/id=old BATCH +2 draft/multiline {c}", "@batch=2 PRIVMSG {c} :x", "@batch=2 PRIVMSG {c} :y",
        "BATCH -2",
        "@+chatapp/id=b;+draft/reply={id} BATCH +3 draft/multiline #pub", "@batch=3 PRIVMSG #pub :{c}",
        "@batch=3 PRIVMSG #pub :y", "BATCH -3", "BATCH +4 draft/multiline #pub", "@batch=4 PRIVMSG {c} :x", "BATCH -4",
        "BATCH +5 draft/multiline {c}", "@batch=5 PRIVMSG {c} :one", "BATCH -5", "BATCH +6 draft/multiline {c}",
        f"@batch=6 PRIVMSG {{c}} :{LONG}{LONG[:60]}", "@batch=6 PRIVMSG {c} :y", "BATCH -6", "BATCH +7 {c} {c}",
        "BATCH +8 draft/multiline {c}", "BATCH -{c}", "BATCH {c}",
    ),
    "CAP": ("CAP LIST", "CAP REQ :{c}"),
    "CERT": ("CERT LIST", "CERT ADD", "CERT DEL {c}", "CERT {c}"),
    "CHATHISTORY": (*pages("{c}"), *pages("#pub"), *pages("alice"), *pages("carol"), *TARGETS, "CHATHISTORY {c}"),
    "EDIT": (
        "@draft/target-msgid={id};draft/edit-text=x EDIT {c}", "@draft/target-msgid={id};draft/edit-text=x EDIT #pub",
        "@draft/target-msgid={id} EDIT {c}", "@draft/edit-text=x EDIT {c}", "EDIT {c}",
        "@draft/target-msgid={id};draft/edit-text=x EDIT alice",
        "@draft/target-msgid={id};draft/edit-text=x EDIT #mine",
        "@draft/target-msgid=0123456789abcdef;draft/edit-text=x EDIT {c}",
    ),
    "HELP": ("HELP", "HELP {c}"),
    "INFO": ("INFO", "INFO {c}"),
    "INVITATION": (
        "INVITATION LIST", "INVITATION ADD join={c}", "INVITATION ADD join=#none,{c}", "INVITATION DEL 1",
        "INVITATION {c}", "INVITATION DEL {c}", "INVITATION ADD {c}",
    ),
    "INVITE": ("INVITE", "INVITE alice {c}", "INVITE mallory {c}", "INVITE dave {c}", "INVITE no {c}", "INVITE {c}"),
    "ISON": ("ISON alice carol dave {c}",),
    "ISUPPORT": ("ISUPPORT",),
    "JOIN": ("JOIN #pub", "JOIN #mine key"),  # of the secret channel: see test_secrets.py
    "KICK": ("KICK {c} alice :x", "KICK {c} mallory", "KICK {c} nobody", "KICK #mine,{c} alice,carol", "KICK #pub {c}"),
    "KILL": ("KILL alice :x", "KILL {c}"),
    "KNOCK": ("KNOCK {c}", "KNOCK {c} :let me in", f"KNOCK {{c}} :{LONG}"),
    "LINKS": ("LINKS", "LINKS {c}"),
    "LIST": (
        "LIST", "LIST {c}", "LIST {c},#pub", "LIST #s*", "LIST *e*", "LIST !#pub", "LIST >0", "LIST <9999",
        "LIST C<9999", "LIST C>0", "LIST T<9999", "LIST T>0", "LIST U>0 {c}", "LIST {c} >1",
    ),
    "LUSERS": ("LUSERS",),
    "MARKREAD": ("MARKREAD {c}", "MARKREAD {c} timestamp={t}", "MARKREAD {c} x", "MARKREAD carol", "MARKREAD #pub"),
    "METADATA": (
        "METADATA * SUB avatar soju.im/pinned", "METADATA {c} GET avatar", "METADATA {c} GET soju.im/pinned {c}",
        "METADATA {c} LIST", "METADATA {c} SET avatar :x", "METADATA {c} SET avatar", "METADATA {c} CLEAR",
        "METADATA {c} SET soju.im/pinned 1", "METADATA {c} SET soju.im/muted :0", "METADATA {c} SYNC",
        f"METADATA {{c}} SET avatar :{LONG[:290]}", f"METADATA {{c}} SET avatar :{LONG[:310]}",
        "METADATA {c} SET {c} x",
        "METADATA *ALL SYNC", "METADATA alice SYNC", "METADATA alice LIST", "METADATA carol GET avatar soju.im/muted",
        "METADATA carol SET avatar :x", "METADATA #mine SET avatar :{c}", "METADATA #mine SYNC", "METADATA #pub LIST",
        "METADATA {c} SUB avatar", "METADATA {c} SUBS", "METADATA {c} UNSUB avatar", "METADATA * SUBS",
        "METADATA {c} {c} {c}", "METADATA * SET avatar :{c}", "METADATA #mine CLEAR", "METADATA * CLEAR",
        "METADATA {c}",
    ),
    "MODE": (
        "MODE {c}", "MODE {c} b", "MODE {c} e", "MODE {c} +I", "MODE {c} +m", "MODE {c} -s", "MODE {c} +o mallory",
        "MODE {c} +b ~a:alice", "MODE {c} -k key", "MODE {c} +?", "MODE {c} +v nobody", "MODE #mine +f {c}",
        "@+chatapp/reason=x MODE {c} +b mallory", f"@+chatapp/reason={LONG} MODE {{c}} +b mallory",
        "MODE #mine", "MODE #mine -f", "MODE #mine +b {c}", "MODE #mine +o carol", "MODE alice", "MODE mallory +i",
        "MODE mallory +RTBw-i", "MODE mallory +so", "MODE mallory",
    ),
    "MONITOR": ("MONITOR + alice,carol,gast", "MONITOR S", "MONITOR + {c}", "MONITOR L"),
    "MOTD": ("MOTD", "MOTD {c}"),
    "NAMES": ("NAMES", "NAMES {c}", "NAMES #pub,{c}", "NAMES #s*"),
    "NICK": ("NICK {c}", "NICK alice"),
    "NOTICE": ("NOTICE {c} :x", "NOTICE @{c} :x", "NOTICE {c},alice,nobody :x", "@+chatapp/id=n NOTICE {c} :x"),
    "OPER": ("OPER alice x", "OPER {c} x"),
    "PART": ("PART {c}", "PART {c} :x", "PART #none,{c}", f"PART {{c}} :{LONG}{LONG[:60]}"),
    "PASS": ("PASS alice:x",),
    "PASSWD": ("PASSWD {c} {c}",),
    "PERSISTENCE": ("PERSISTENCE GET", "PERSISTENCE SET {c}", "PERSISTENCE {c}"),
    "PING": ("PING {c}",),
    "PONG": ("PONG {c}",),
    "PRIVMSG": (
        "@+chatapp/id=old PRIVMSG {c} :x", "PRIVMSG {c} :x", "PRIVMSG {c} :x", "PRIVMSG {c}",
        "PRIVMSG @{c} :x", "PRIVMSG {c},alice,nobody :x",
        "@+chatapp/id=1 PRIVMSG {c} :x", "@+chatapp/id=old PRIVMSG {c} :x", f"PRIVMSG {{c}} :{LONG}{LONG[:60]}",
        "PRIVMSG *playback :play {c} 0", "PRIVMSG *playback :list {c}", "PRIVMSG *playback :play * 0",
        "PRIVMSG {c} :\x01PING\x01", "@+draft/reply={id} PRIVMSG #pub :x", "@+draft/reply={id} PRIVMSG carol :x",
    ),
    "QUIT": (),  # the last thing that the outsider does
    "REDACT": ("REDACT {c} {id}", "REDACT {c} {id} :x", "REDACT @{c} {id}",
        "REDACT #pub {id}", "REDACT alice {id}", "REDACT #mine {id}"),
    "REGISTER": ("REGISTER {c} * longpassword", "REGISTER alice * longpassword"),
    "REHASH": ("REHASH",),
    "RENAME": ("RENAME {c} #new", "RENAME {c} {c} :x", "RENAME #pub {c}", "RENAME #pub {c}x", "RENAME #none {c}",
        "RENAME #mine {c} :" + "\x02" * 300, "RENAME #mine {c},"),
    "SEARCH": (
        "SEARCH in={c}", "SEARCH text=hear", "SEARCH text=in;in={c}", "SEARCH text=in:{c}\\sx", "SEARCH text=he*",
        'SEARCH text="hear\\sme"', "SEARCH in=#pub;in={c}", "SEARCH limit=1", "SEARCH text=hello;limit=2", "SEARCH {c}",
        "SEARCH from=alice", "SEARCH from=carol;text=in", "SEARCH from=gust", "SEARCH in=alice", "SEARCH in=carol",
        "SEARCH after={t0}", "SEARCH after={t}", "SEARCH before={t}", "SEARCH before={t};after={t}", "SEARCH in={c} x",
        "SEARCH text=has:link", "SEARCH text=the;after={t0};in={c}", "SEARCH from={c}",
    ),
    "SETNAME": ("SETNAME :{c}",),
    "SILENCE": ("SILENCE", "SILENCE +{c}", "SILENCE -{c}", "SILENCE +carol", "SILENCE -carol"),
    "STATS": ("STATS u", "STATS l", "STATS k", "STATS p", "STATS o", "STATS t", "STATS {c}"),
    "TAGMSG": (
        "TAGMSG {c}", "@+typing=active TAGMSG +{c}", "@+x=y TAGMSG @+{c}", "@+draft/react=x;+reply={id} TAGMSG @{c}",
        "@+typing=active TAGMSG {c}", "@+draft/react=x;+draft/reply={id} TAGMSG {c}",
        "@+draft/react=x;+draft/reply={id} TAGMSG #pub", "@+draft/unreact=x;+reply={id} TAGMSG {c}",
        "@+draft/react=x;+reply={id} TAGMSG alice", "@+draft/react=x;+reply={id} TAGMSG nobody",
        "@+typing=active TAGMSG {c},alice",
    ),
    "TIME": ("TIME",),
    "TOKEN": (
        "TOKEN LIST", "TOKEN ADD send={c} :x", "TOKEN ADD :{c}", "TOKEN ADD here :{c}",
        "TOKEN ADD send={c},@{c} :x", "TOKEN DEL {id}",
        "TOKEN DEL {c}", "TOKEN {c}",
    ),
    "TOPIC": ("TOPIC {c}", "TOPIC {c} :x", "TOPIC {c} :", f"TOPIC {{c}} :{LONG}{LONG[:60]}"),
    "UBAN": ("UBAN LIST", "UBAN ADD {c}", "UBAN DEL alice"),
    "UNINVITE": (
        "UNINVITE dave {c}", "UNINVITE alice {c}", "UNINVITE mallory {c}", "UNINVITE nobody {c}", "UNINVITE {c} #mine",
        "UNINVITE dave #mine", "UNINVITE {c}",
    ),
    "USER": ("USER {c} 0 * :x",),
    "USERHOST": ("USERHOST alice carol dave {c}",),
    "VERIFY": ("VERIFY {c} 1234", "VERIFY alice 1234", "VERIFY {c}"),
    "VERSION": ("VERSION", "VERSION {c}"),
    "WALLOPS": ("WALLOPS :{c}",),
    "WEBIRC": ("WEBIRC {c} x x 192.0.2.1",),
    "WHO": (
        "WHO {c}", "WHO {c} o", "WHO {c} %tcuihsnfdlaor,7", "WHO", "WHO * %cnfl", "WHO alice %tcuihsnfdlaor,7",
        "WHO carol", "WHO #s*", "WHO #pub", "WHO *!*@*",
    ),
    "WHOIS": ("WHOIS alice", "WHOIS carol", "WHOIS alice alice", "WHOIS dave", "WHOIS gast", "WHOIS {c}"),
    "WHOWAS": ("WHOWAS alice", "WHOWAS gast", "WHOWAS gust", "WHOWAS {c}"),
}  # fmt: skip
"""Lines for each verb. A verb without a row fails a test: what might the new command tell of a secret channel?"""
