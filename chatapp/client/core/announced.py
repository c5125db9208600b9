"""The settings that a server announces (RPL_ISUPPORT), as far as the client uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chatapp.errors import NameNotAllowedError, RefusedError
from chatapp.protocol import isupport
from chatapp.protocol.names import is_channel, parse_channel, parse_nick

MUTES, TIMED_BANS = "EXTBAN ~m", "EXTBAN ~t"  # abilities, beside the capabilities of a server
_USED = frozenset({"CHANMODES", "CHATHISTORY", "EXTBAN", "LOBBY", "NETWORK", "PREFIX", "SILENCE", "STATUSMSG"})
_ROLES = "(qaohv)~&@%+"  # if the server announces no PREFIX; Spec: modern-irc, "Channel Membership Prefixes"
_CHANMODES = "beI,k,l,imnst"  # if the server announces no CHANMODES; Spec: modern-irc, "Channel Modes"
_DIGITS_MAX = 9
_MEMBER_PREFIXES = "~&@%+"  # before the channel in the target of a STATUSMSG, which goes to some members only


def without_role(target: str) -> str:
    """Return the channel of a target such as ``@#channel`` (its members with a role); another target as it is."""
    channel = target.lstrip(_MEMBER_PREFIXES)
    return channel if is_channel(channel) else target


def is_for_role(target: str) -> bool:
    """Tell whether only the members of a channel with a role get what is sent to a target such as ``@#channel``."""
    return without_role(target) != target


class Announced:
    """The RPL_ISUPPORT tokens of one connection; tokens that the client does not use are not kept."""

    def __init__(self) -> None:
        self._tokens: dict[str, str | None] = {}

    def take(self, params: Sequence[str]) -> None:
        """Take the parameters of one RPL_ISUPPORT (005): our nick, the tokens, and a text for people."""
        tokens = isupport.parse(params[1:-1], self._tokens)
        self._tokens = {name: value for name, value in tokens.items() if name in _USED}

    @property
    def lobby(self) -> str:
        """The channel of everyone; empty if the server has none, or its name is not a valid channel name."""
        try:
            return parse_channel(self._tokens.get("LOBBY") or "")
        except NameNotAllowedError:
            return ""

    @property
    def network(self) -> str:
        """The name of the network; may be empty."""
        return self._tokens.get("NETWORK") or ""

    @property
    def can_silence(self) -> bool:
        """Whether the server itself keeps the messages of a user from us. Spec: none; as InspIRCd has SILENCE."""
        return "SILENCE" in self._tokens

    def abilities(self, capabilities: Iterable[str]) -> set[str]:
        """Return the capabilities of the connection, and MUTES and TIMED_BANS if the server has such extended bans.

        Another server would take ``~m:bob!*@*`` as a mask that is about nobody. Spec: modern-irc, "EXTBAN Parameter":
        "[prefix],<types>".
        """
        types = (self._tokens.get("EXTBAN") or "").partition(",")[2]
        return {*capabilities, *(name for name, letter in ((MUTES, "m"), (TIMED_BANS, "t")) if letter in types)}

    @property
    def page_messages_max(self) -> int:
        """How many messages of history the server gives at once; 0 if it does not say."""
        limit = self._tokens.get("CHATHISTORY") or ""
        return int(limit) if limit.isdecimal() and len(limit) <= _DIGITS_MAX else 0

    @property
    def roles(self) -> dict[str, str]:
        """The mode letter of each role of a member -> its prefix; the highest role first.

        Spec: modern-irc, "PREFIX Parameter": "(modes)prefixes"; without a value "no prefixes are supported".
        """
        letters, _, prefixes = (self._tokens.get("PREFIX", _ROLES) or "").removeprefix("(").partition(")")
        return dict(zip(letters, prefixes, strict=False))

    def check_target(self, target: str) -> None:
        """Check the target of a text: a nick, a channel, or the members of a channel with a role (``@#channel``).

        Raises NameNotAllowedError for a name that is not allowed, RefusedError if the server cannot send to that role.

        Spec: modern-irc, "STATUSMSG parameter": the prefixes of the roles for which it can.
        """
        name = without_role(target)
        if not {*target.removesuffix(name)} <= {*(self._tokens.get("STATUSMSG") or "")}:
            raise RefusedError("Not sent: this server cannot send a text only to members with that role.")
        _ = parse_channel(name) if is_channel(name) else parse_nick(name)

    def changes(self, modes: str, parameters: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
        """Yield the changes of a MODE line: whether the mode is set, its letter, and its parameter or an empty text.

        Spec: modern-irc, "CHANMODES Parameter": "Type A" (lists) and "Type B" "always have a parameter", "Type C" "only
        have a parameter when being set", "Type D" "never". Roles always have one.
        """
        lists, always, on_setting, *_ = [*(self._tokens.get("CHANMODES", _CHANMODES) or "").split(","), "", "", ""]
        always += lists + "".join(self.roles)
        left, on = iter(parameters), True
        for letter in modes:
            if letter in "+-":
                on = letter == "+"
            else:
                takes = letter in always or (on and letter in on_setting)
                yield on, letter, next(left, "") if takes else ""
