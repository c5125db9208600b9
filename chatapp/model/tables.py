"""The tables that the state is made of, and the look-ups over them."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Channel, Conversation, Limits, User
from chatapp.protocol.names import fold


class Tables:
    """Users, channels and conversations as of one position of the log.

    Keys of ``users`` and ``channels`` are uids, keys of ``conversations`` are streams. Read them freely; only the
    effects of events (``users.py``, ``channels.py``, ``conversations.py``, ``messages.py``) change them.
    """

    def __init__(self) -> None:
        self.position = 0  # of the last event applied
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.conversations: dict[str, Conversation] = {}
        self.limits = Limits()
        self.names = 0  # grows when a name begins or ends to mean a user or a channel
        self._user_names: dict[str, User] = {}
        self._channel_names: dict[str, Channel] = {}

    def user_named(self, name: str) -> User | None:
        """Find a user by name, in any case."""
        return self._user_names.get(fold(name))

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by name, in any case."""
        return self._channel_names.get(fold(name))

    def conversation_named(self, reader: User, name: str) -> str:
        """Return the stream of the reader's conversation with the user of this name, or the last who had it; or ""."""
        other = self.user_named(name)
        if other is not None:
            stream = events.conversation(reader.uid, other.uid)
            if stream in reader.conversations:
                return stream
        folded, found, time = fold(name), "", -1
        for stream in reader.conversations:
            conversation = self.conversations[stream]
            if conversation.time > time and fold(conversation.names[events.peer(stream, reader.uid)]) == folded:
                found, time = stream, conversation.time
        return found

    def name_of(self, stream: str, reader: User) -> str:
        """Return the name by which a reader knows a stream: the channel's, or the other user's of a conversation.

        A conversation need not have begun, as long as the other user is there.
        """
        if events.is_conversation(stream):
            conversation, other = self.conversations.get(stream), events.peer(stream, reader.uid)
            return self.users[other].name if conversation is None else conversation.names[other]
        return self.channels[stream].name

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
