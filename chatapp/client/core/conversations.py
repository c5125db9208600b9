"""The present state of a session's conversations: members, topic, unread counts, and who is typing.

The session feeds it with the lines of the server and with messages; fronts read it. Events tell changes (somebody
joined); this module has the resulting state (who is in the channel).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

import msgspec

from chatapp.client.core.announced import Announced
from chatapp.client.core.budget import Budget, texts_bytes
from chatapp.client.core.events import CaughtUp, Earlier, Event, Missed, Said
from chatapp.protocol.message import Message
from chatapp.protocol.names import fold, is_channel

TYPING_MS = 6_000  # how long "active" holds; Spec: IRCv3 typing: "active ... at least 6 seconds since the last"
PAUSED_MS = 30_000  # how long "paused" holds; Spec: IRCv3 typing
TYPING_MAX = 20  # people who are typing in one conversation
CONVERSATIONS_MAX = 10_000  # beyond this number, the person whose last message is the oldest is forgotten
_ENTRY_BYTES = 500  # the size of a conversation without its texts


class Conversation(msgspec.Struct):
    """A channel that we are in, or a person with whom we have exchanged messages.

    ``members``: folded nick -> nick with its prefixes (``@alice``). ``last``: the time of the last message (ms since
    1970). ``unread``: the number of unread messages of others; ``more``: there are more, which were not counted.
    ``mentions``: how many of those that were told have our nick in them.
    """

    name: str
    members: dict[str, str] = {}
    topic: str = ""
    unread: int = 0
    more: bool = False
    mentions: int = 0
    last: int = 0
    typing: dict[str, int] = {}  # nick -> when the typing notice expires (ms)


class Conversations(Mapping[str, Conversation]):
    """Conversations by folded name.

    ``me`` returns our nick, ``announced`` the settings of the server. ``budget`` bounds the memory for names and
    members.
    """

    def __init__(self, me: Callable[[], str], budget: Budget, announced: Callable[[], Announced] = Announced) -> None:
        self._me = me
        self._announced = announced
        self._budget = budget
        self._all: dict[str, Conversation] = {}  # the conversation used last is at the end
        self._listed: dict[str, dict[str, str]] = {}  # members from RPL_NAMREPLY (353), until RPL_ENDOFNAMES (366)
        self._stale: set[str] = set()  # channels of the last connection that this one has not confirmed by a JOIN yet
        self._used_bytes = 0
        self.where: tuple[str, ...] = ()  # the channels of the user of the last QUIT or NICK

    def __getitem__(self, name: str) -> Conversation:
        return self._all[fold(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def channels(self) -> dict[str, str]:
        """The channels that we are in: folded name -> name as the server writes it."""
        return {key: each.name for key, each in self._all.items() if is_channel(key)}

    def nicks(self, name: str) -> list[str]:
        """List the members of a channel without their prefixes; empty if they are not known."""
        found = self._all.get(fold(name))
        return [] if found is None else [member.lstrip(self.all_prefixes) for member in found.members.values()]

    def prefixes(self, name: str, nick: str) -> str | None:
        """Return the prefixes of a member of a channel (empty: no role); None if the member is not known."""
        found = self._all.get(fold(name))
        member = found.members.get(fold(nick)) if found is not None else None
        return None if member is None else member.removesuffix(member.lstrip(self.all_prefixes))

    @property
    def all_prefixes(self) -> str:
        """The prefixes of all roles, the highest first."""
        return "".join(self._announced().roles.values())

    def typing(self, name: str, now: int) -> list[str]:
        """List the nicks of those who are typing in a conversation at the time ``now`` (ms)."""
        found = self._all.get(fold(name))
        return [] if found is None else [nick for nick, until in found.typing.items() if until > now]

    # What the server says

    def begin(self) -> None:
        """Begin on a new connection: forget the members, which the server lists again; keep the unread counts."""
        for found in self._all.values():
            found.typing.clear()
        for key in [key for key in self._all if is_channel(key)]:
            self._set_members(self._all[key], {})
        for key in list(self._listed):
            self._take_listed(key)
        self._stale = set(self.channels)

    def take(self, message: Message, now: int) -> None:
        """Take a line of the server at the time ``now`` (ms). Raises CannotConnectError beyond the budget."""
        reader = self._READERS.get(message.verb)
        if reader is not None:
            reader(self, message, now)

    def told(self, events: Iterable[Event], read_until: Callable[[str], int]) -> None:
        """Take the events of a session; ``read_until`` returns the read marker of a conversation (ms, or 0).

        Messages from the history that follow :class:`Earlier` do not count as unread. Of many missed messages, the
        oldest are not told: :class:`CaughtUp` has their number.
        """
        earlier: set[str] = set()
        for event in events:
            if isinstance(event, Earlier):
                earlier.add(event.conversation)
            elif isinstance(event, Said) and not (event.missed and event.conversation in earlier):
                self.said(event, read_until=read_until(event.conversation))
            elif isinstance(event, CaughtUp):
                for missed in event.conversations:
                    self._missed(missed)

    def said(self, said: Said, *, read_until: int = 0) -> None:
        """Take a message; it is unread if another user sent it after ``read_until`` (ms)."""
        found = self._know(said.conversation)
        if found is None:
            return
        found.last = max(found.last, said.time)
        found.typing.pop(said.sender, None)
        if not said.own and said.time > read_until:
            found.unread += 1
            found.mentions += is_mention(said.text, self._me())

    def _missed(self, missed: Missed) -> None:
        """Count the unread messages that were not told."""
        found = self._all.get(fold(missed.conversation))
        if found is not None:
            found.unread += missed.messages - missed.shown
            found.more = found.more or missed.more

    def read(self, name: str) -> None:
        """Note that a conversation is read to its end."""
        found = self._all.get(fold(name))
        if found is not None:
            found.unread, found.mentions, found.more = 0, 0, False

    def marked(self, name: str, until: int) -> None:
        """Note the read marker of a conversation (``until``, ms), which another device may have moved."""
        found = self._all.get(fold(name))
        if found is not None and until >= found.last:
            self.read(name)

    # The tables

    def _know(self, name: str) -> Conversation | None:
        """Return a conversation; begin one with a person if there is none; ``None`` for a channel we are not in."""
        key = fold(name)
        found = self._all.pop(key, None)
        if found is None:
            if is_channel(name):
                return None
            found = self._begin(name)
        self._all[key] = found  # now at the end, as used last
        return found

    def _begin(self, name: str) -> Conversation:
        self._take(_ENTRY_BYTES + texts_bytes((name, name)))
        if len(self._all) >= CONVERSATIONS_MAX:
            oldest = next((key for key in self._all if not is_channel(key)), None)
            if oldest is not None:
                self._drop(oldest)
        return Conversation(name)

    def _drop(self, key: str) -> None:
        gone = self._all.pop(key, None)
        if gone is not None:
            self._give(_ENTRY_BYTES + texts_bytes((gone.name, gone.name)) + _members_bytes(gone.members))

    def _take(self, size_bytes: int) -> None:
        self._used_bytes += size_bytes
        self._budget.take(size_bytes)

    def _give(self, size_bytes: int) -> None:
        size_bytes = min(size_bytes, self._used_bytes)
        self._used_bytes -= size_bytes
        self._budget.give(size_bytes)

    def _set_members(self, found: Conversation, members: dict[str, str]) -> None:
        self._take(_members_bytes(members))
        self._give(_members_bytes(found.members))
        found.members = members

    # The handlers of verbs

    def _on_join(self, message: Message, now: int) -> None:
        channel, nick = message.param(0), message.nick
        if fold(nick) == fold(self._me()):
            key = fold(channel)
            found = self._all.pop(key, None) or self._begin(channel)
            found.name = channel
            self._all[key] = found
            self._stale.discard(key)
        if (there := self._all.get(fold(channel))) is not None and fold(nick) not in there.members:
            self._take(_members_bytes({fold(nick): nick}))
            there.members[fold(nick)] = nick

    def _on_part(self, message: Message, now: int) -> None:
        self._leave(message.param(0), message.nick)

    def _on_kick(self, message: Message, now: int) -> None:
        self._leave(message.param(0), message.param(1))

    def _leave(self, channel: str, nick: str) -> None:
        found = self._all.get(fold(channel))
        if found is None:
            return
        if fold(nick) == fold(self._me()):
            self._drop(fold(channel))
        else:
            self._forget(found, nick)

    def _forget(self, found: Conversation, nick: str) -> None:
        member = found.members.pop(fold(nick), None)
        if member is not None:
            self._give(_members_bytes({fold(nick): member}))
        found.typing.pop(nick, None)

    def _on_quit(self, message: Message, now: int) -> None:
        self._note_where(message.nick)
        for found in self._all.values():
            self._forget(found, message.nick)

    def _note_where(self, nick: str) -> None:
        self.where = tuple(found.name for found in self._all.values() if fold(nick) in found.members)

    def _on_nick(self, message: Message, now: int) -> None:
        old, new = message.nick, message.param(0)
        self._note_where(old)
        if fold(new) not in self._all and fold(old) in self._all:  # the conversation with the user goes on
            kept = self._all[fold(old)]
            self._drop(fold(old))
            self._all[fold(new)] = again = self._begin(new)
            again.unread, again.more, again.mentions, again.last = kept.unread, kept.more, kept.mentions, kept.last
        for found in self._all.values():
            member = found.members.get(fold(old))
            if member is not None:
                prefixes = member[: len(member) - len(member.lstrip(self.all_prefixes))]
                self._forget(found, old)
                self._take(_members_bytes({fold(new): prefixes + new}))
                found.members[fold(new)] = prefixes + new

    def _on_names(self, message: Message, now: int) -> None:
        """Take RPL_NAMREPLY (353): client, symbol, channel, names with prefixes. Spec: modern-irc, RPL_NAMREPLY."""
        key, prefixes = fold(message.param(2)), self.all_prefixes
        listed = self._listed.get(key)
        if listed is None:
            self._take(_ENTRY_BYTES + texts_bytes((key,)))
            listed = self._listed[key] = {}
        new: dict[str, str] = {}
        for word in message.param(3).split(" "):
            mask = word.lstrip(prefixes)  # "!" may be a prefix, too
            nick = mask.partition("!")[0]  # userhost-in-names
            if nick and fold(nick) not in listed:
                new[fold(nick)] = word.removesuffix(mask) + nick
        self._take(_members_bytes(new))
        listed |= new

    def _take_listed(self, key: str) -> dict[str, str]:
        """Remove a list that RPL_NAMREPLY has begun, and return it."""
        listed = self._listed.pop(key)
        self._give(_ENTRY_BYTES + texts_bytes((key,)) + _members_bytes(listed))
        return listed

    def _on_end_of_names(self, message: Message, now: int) -> None:
        key = fold(message.param(1))
        found = self._all.get(key)
        listed = self._take_listed(key) if key in self._listed else None
        if listed is not None and found is not None:
            self._set_members(found, listed)

    def _on_mode(self, message: Message, now: int) -> None:
        """Take MODE: give a prefix to a member, or take it away."""
        found = self._all.get(fold(message.param(0)))
        if found is None:
            return
        announced = self._announced()
        for on, letter, parameter in announced.changes(message.param(1), message.params[2:]):
            prefix, member = announced.roles.get(letter), found.members.get(fold(parameter))
            if prefix is not None and member is not None:
                nick = member.lstrip(self.all_prefixes)
                others = member.removesuffix(nick).replace(prefix, "")
                kept = [each for each in self.all_prefixes if each in others or (on and each == prefix)]
                self._replace(found, member, "".join(kept) + nick)

    def _replace(self, found: Conversation, member: str, new: str) -> None:
        """Give a member other prefixes."""
        key = fold(member.lstrip(self.all_prefixes))
        self._take(_members_bytes({key: new}))
        self._give(_members_bytes({key: member}))
        found.members[key] = new

    def _on_rename(self, message: Message, now: int) -> None:
        """Take RENAME: the conversation goes on under another name. Spec: IRCv3 draft/channel-rename."""
        old, name = message.param(0), message.param(1)
        found = self._all.get(fold(old))
        if found is None or not is_channel(old) or not is_channel(name) or " " in name:
            return
        members, found.members = found.members, {}
        unread, more, mentions, topic, last = found.unread, found.more, found.mentions, found.topic, found.last
        self._give(_members_bytes(members))
        self._drop(fold(old))
        self._drop(fold(name))
        self._take(_members_bytes(members))
        new = self._all[fold(name)] = self._begin(name)
        new.members, new.topic, new.last = members, topic, last
        new.unread, new.more, new.mentions = unread, more, mentions

    def _on_topic(self, message: Message, now: int) -> None:
        """Take TOPIC, RPL_TOPIC (332: client, channel, text), or RPL_NOTOPIC (331)."""
        numeric = message.verb != "TOPIC"
        found = self._all.get(fold(message.param(1 if numeric else 0)))
        if found is not None:
            found.topic = "" if message.verb == "331" else message.param(2 if numeric else 1)

    def _on_typing(self, message: Message, now: int) -> None:
        """Take a typing notice: active, paused or done. Spec: IRCv3 typing."""
        state, nick, target = message.tags.get("+typing", ""), message.nick, message.param(0)
        found = self._all.get(fold(target if is_channel(target) else nick))
        if found is None or not state or fold(nick) == fold(self._me()):
            return
        found.typing.pop(nick, None)
        if state in ("active", "paused"):
            if len(found.typing) >= TYPING_MAX:
                del found.typing[next(iter(found.typing))]
            found.typing[nick] = now + (TYPING_MS if state == "active" else PAUSED_MS)

    def settle(self) -> list[str]:
        """Drop the channels of the last connection that the server did not name on this one; return their names.

        We left them meanwhile, or were removed.
        """
        names = [self._all[key].name for key in sorted(self._stale) if key in self._all]
        for key in self._stale:
            self._drop(key)
        self._stale = set()
        return names

    _READERS: ClassVar[dict[str, Callable[[Conversations, Message, int], None]]] = {
        "JOIN": _on_join,
        "PART": _on_part,
        "KICK": _on_kick,
        "QUIT": _on_quit,
        "NICK": _on_nick,
        "MODE": _on_mode,
        "RENAME": _on_rename,
        "TOPIC": _on_topic,
        "TAGMSG": _on_typing,
        "331": _on_topic,
        "332": _on_topic,
        "353": _on_names,
        "366": _on_end_of_names,
    }


def is_mention(text: str, nick: str) -> bool:
    """Tell whether a text has a nick in it as a whole word, upper or lower case."""
    return re.search(rf"(?<![\w-]){re.escape(fold(nick))}(?![\w-])", fold(text)) is not None


def _members_bytes(members: Mapping[str, str]) -> int:
    return texts_bytes(members) + texts_bytes(members.values())
