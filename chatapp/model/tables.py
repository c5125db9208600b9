"""The tables that the state is made of, and the look-ups over them."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Channel, Conversation, Gone, Limits, User
from chatapp.protocol.names import fold

GONE_MARK = "~"  # stands in no name that a user can have


class Tables:
    """Users, channels and conversations as of one position of the log.

    Keys of ``users`` and ``channels`` are uids, keys of ``conversations`` are streams. Read them freely; only the
    effects of events (``users.py``, ``channels.py``, ``conversations.py``, ``messages.py``) change them. ``gone`` has
    the users that are no more, by uid: accounts for good, guests as long as somebody keeps a conversation with them.
    """

    def __init__(self) -> None:
        self.position = 0  # of the last event applied
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.conversations: dict[str, Conversation] = {}
        self.gone: dict[str, Gone] = {}
        self.limits = Limits()
        self.time = 0  # of the last event applied (ms), since times ascend; 0 before that
        self.names = 0  # grows when a name begins or ends to mean a user or a channel
        self._user_names: dict[str, User] = {}
        self._channel_names: dict[str, Channel] = {}
        self._gone_names: dict[str, list[Gone]] = {}  # in the order of going

    def user_named(self, name: str) -> User | None:
        """Find a user by name, in any case."""
        return self._user_names.get(fold(name))

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by name, in any case."""
        return self._channel_names.get(fold(name))

    # Those who are gone. Names come back in other hands, and what one user said must not be taken for another's.

    def name_shown(self, uid: str, nick: str) -> str:
        """Return how the user ``uid``, who said or did something as ``nick``, is called now.

        That is ``nick``, unless another user has the name now, or had it since. Then it is a name that nobody can take:
        ``eve~1`` for the first account called eve that was removed, ``eve~`` for a guest of whom nothing else is kept.
        """
        user = self.users.get(uid)
        if not uid or (user is not None and user.name == nick):
            return nick
        holder, gone = self.user_named(nick), self.gone.get(uid)
        if holder is not None and holder.uid == uid:
            return nick
        if gone is not None:
            return self._name_of_gone(gone)
        if user is not None:  # a guest that has taken another name
            return nick if holder is None else user.name
        return nick if holder is None and not self.is_retired(nick) else f"{nick}{GONE_MARK}"

    def _name_of_gone(self, gone: Gone) -> str:
        is_last = self._gone_names[fold(gone.name)][-1] is gone
        return gone.name if is_last and self.user_named(gone.name) is None else f"{gone.name}{GONE_MARK}{gone.number}"

    def _gone_named(self, name: str) -> Gone | None:
        base, mark, number = name.rpartition(GONE_MARK)
        if mark:
            found = self._gone_names.get(fold(base), [])
            return next((gone for gone in found if str(gone.number) == number), None)
        return self._gone_names[fold(name)][-1] if fold(name) in self._gone_names else None

    def is_retired(self, name: str) -> bool:
        """Tell whether an account of this name was removed."""
        return any(gone.account for gone in self._gone_names.get(fold(name), ()))

    def conversation_named(self, reader: User, name: str) -> str:
        """Return the stream of the reader's conversation with whoever has this name now, as told by :meth:`name_of`.

        Empty when there is none.
        """
        other = self.user_named(name) or self._gone_named(name)
        stream = events.conversation(reader.uid, other.uid) if other is not None else ""
        return stream if stream in reader.conversations else ""

    def name_of(self, stream: str, reader: User) -> str:
        """Return the name by which a reader knows a stream: the channel's, or the other user's of a conversation.

        A conversation need not have begun, as long as the other user is there.
        """
        if not events.is_conversation(stream):
            return self.channels[stream].name
        uid = events.peer(stream, reader.uid)
        user, gone = self.users.get(uid), self.gone.get(uid)
        if user is not None:
            return user.name
        return self.conversations[stream].names[uid] if gone is None else self._name_of_gone(gone)

    def channels_of(self, user: User) -> tuple[Channel, ...]:
        """Return the channels of a user, in the order in which it joined them."""
        return tuple(self.channels[uid] for uid in user.channels)

    # Only effects call these.

    def add_user(self, user: User) -> User:
        """Enter a user under its uid and name."""
        self.names += 1
        self.users[user.uid] = self._user_names[fold(user.name)] = user
        return user

    def rename_user(self, user: User, name: str) -> None:
        """Give a user another name."""
        self.names += 1
        del self._user_names[fold(user.name)]
        user.name = name
        self._user_names[fold(name)] = user

    def drop_user(self, user: User) -> None:
        """Remove a user; its name is free."""
        self.names += 1
        del self.users[user.uid]
        del self._user_names[fold(user.name)]

    def bury(self, user: User, kept: int) -> None:
        """Remember a user that is gone, of whom others keep ``kept`` conversations."""
        if kept or not user.guest:
            same = self._gone_names.get(fold(user.name), [])
            number = same[-1].number + 1 if same else 1
            self.add_gone(Gone(user.uid, user.name, number, not user.guest, kept))

    def add_gone(self, gone: Gone) -> None:
        """Enter a user that is gone under its uid and name."""
        self.gone[gone.uid] = gone
        self._gone_names.setdefault(fold(gone.name), []).append(gone)

    def release(self, uid: str) -> None:
        """Note that a conversation with a user is kept no longer. A guest that is gone is forgotten then."""
        gone = self.gone.get(uid)
        if gone is not None:
            gone.conversations -= 1
            if not gone.account and not gone.conversations:
                self.exhume(uid)

    def exhume(self, uid: str) -> None:
        """Forget that a user was gone, if it was."""
        gone = self.gone.pop(uid, None)
        if gone is not None:
            same = self._gone_names[fold(gone.name)]
            same.remove(gone)
            if not same:
                del self._gone_names[fold(gone.name)]

    def add_channel(self, channel: Channel) -> Channel:
        """Enter a channel under its uid and name."""
        self.names += 1
        self.channels[channel.uid] = self._channel_names[fold(channel.name)] = channel
        return channel

    def drop_channel(self, channel: Channel) -> None:
        """Remove a channel; its name is free."""
        self.names += 1
        del self.channels[channel.uid]
        del self._channel_names[fold(channel.name)]
