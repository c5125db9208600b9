"""Pure: the help on subjects that are no commands, by the names that other servers and clients use for them."""

from __future__ import annotations

from chatapp.server.commands.topics import TOPICS, Topic

_MUTE = Topic(
    "MODE <channel> +b [~t:<minutes>:]~m:<nick>",
    "Keep somebody from writing to a channel, as a half-operator (%) or higher.",
    (
        "MODE #class +b ~t:5:~m:bob: bob reads for five minutes, and does not write. Without ~t:5: it does not end.",
        "MODE #class -b ~m:bob ends it. MODE #class b lists the bans and mutes.",
        "It does not stop members with a role, also a voice, nor anybody whom an exception (+e) covers.",
        "A guest can return under another name: MODE #class +M lets only accounts write.",
    ),
)
_BAN = Topic(
    "MODE <channel> +b [~t:<minutes>:]<nick>",
    "Keep somebody out of a channel, as a half-operator (%) or higher.",
    (
        "MODE #class +b eve: eve does not join, and does not write. KICK #class eve removes her.",
        "MODE #class +b ~t:60:eve ends by itself after an hour. MODE #class -b eve ends it. MODE #class b lists all.",
        "A guest can return under another name: MODE #class +R keeps guests out.",
        "UBAN bans from the whole server, as an administrator.",
    ),
)
_ROLES = Topic(
    "MODE <channel> <+ or -><q, a, o, h or v> <nick>",
    "Give a member of a channel a role, or take it away.",
    (
        "~ founder (q): who created the channel. Renames it, and makes founders and protected members.",
        "& protected (a): as an operator; only founders take its roles or remove it.",
        "@ operator (o): makes half-operators and operators.",
        "% half-operator (h): topic, modes, bans, invitations, KICK; gives a voice.",
        "+ voice (v): writes in spite of the mode m, and of bans and mutes.",
        "Roles stay when their member leaves and comes back, but not after a KICK. NAMES shows them.",
    ),
)

SUBJECTS: dict[str, Topic] = {
    **dict.fromkeys(("MUTE", "MUTES", "UNMUTE", "QUIET", "UNQUIET"), _MUTE),
    **dict.fromkeys(("BAN", "BANS", "UNBAN", "MASK", "MASKS"), _BAN),
    **dict.fromkeys(("ROLE", "ROLES", "OP", "DEOP", "HALFOP", "DEHALFOP", "VOICE", "DEVOICE", "FOUNDER"), _ROLES),
    **dict.fromkeys(("MODES", "CMODE", "UMODE"), TOPICS["MODE"]),
    "KNOCKING": TOPICS["KNOCK"],
    "OPERATOR": _ROLES,
}
