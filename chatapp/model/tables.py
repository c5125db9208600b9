"""The tables of the state, and their look-ups."""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.bans import Verdicts
from chatapp.model.entities import (
    FORMER_NAMES_MAX,
    REDACTED_KEPT_MAX,
    Act,
    Ban,
    Certificate,
    Channel,
    Conversation,
    Gone,
    Limits,
    ServerInvitations,
    Token,
    User,
)
from chatapp.model.record import Record
from chatapp.protocol import modes
from chatapp.protocol.lookalikes import look_of, look_of_text
from chatapp.protocol.names import fold

GONE_MARK = "~"  # no user can have a name with this character


class Tables:
    """Users, channels and conversations as of one position of the log.

    The keys of ``users`` and ``channels`` are uids, the keys of ``conversations`` are streams. Every module may read
    them; only the effects of events (``users.py``, ``channels.py``, ``conversations.py``, ``messages.py``) change them.
    ``gone`` has the users who have gone, by uid: accounts for ever, guests while another user keeps a conversation with
    them.
    """

    def __init__(self) -> None:
        self.position = 0  # of the last event applied
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.conversations: dict[str, Conversation] = {}
        self.gone: dict[str, Gone] = {}
        self.limits = Limits()
        self.bans: dict[str, Ban] = {}  # from the server, by the uid of an account or by network
        self.silenced_by: dict[str, dict[str, None]] = {}  # uid -> uids of the users who silence this user
        self.record = Record()  # of what was done to keep order
        self.redacted: dict[str, None] = {}  # the msgids of the messages that were redacted last, the newest last
        self.server_invitations = ServerInvitations()
        self.time = 0  # of the last event applied (ms); 0 before the event TimesAscend
        # A version counter: it grows when a name changes, when somebody no longer sees it, and when the mode B changes.
        # With it a session keeps the target of its last message: a direct message takes 3.5 us instead of 10.6.
        self.names = 0
        # Who may not write where; follows from the tables; not in a snapshot. With 60 masks in a channel, this takes
        # 0.2 us for each message instead of 108.
        self.verdicts = Verdicts()
        self._certificates: dict[str, User] = {}  # by fingerprint
        self._tokens: dict[str, tuple[User, Token]] = {}  # by digest
        self._user_names: dict[str, User] = {}
        self._looks: dict[str, dict[str, None]] | None = None  # look of a name -> uids; made when it is first needed
        self._channel_names: dict[str, Channel] = {}
        self._former_names: dict[str, Channel] = {}  # none of them is in _channel_names
        self._gone_names: dict[str, list[Gone]] = {}  # the user who went last comes last

    @property
    def acts(self) -> list[Act]:
        """The acts of the record, the newest last."""
        return list(self.record)

    def user_named(self, name: str) -> User | None:
        """Return the user with this name (as typed: case does not matter)."""
        return self._user_names.get(fold(name))

    def users_like(self, text: str) -> list[User]:
        """Return the users whose names a display name is or looks like (``protocol/lookalikes.py``)."""
        if self._looks is None:
            self._looks = {}
            for user in self.users.values():
                self._add_look(user)
        named = self.user_named(text.strip())
        found = [self.users[uid] for uid in self._looks.get(look_of_text(text), ())]
        return found if named is None or named in found else [named, *found]

    def _add_look(self, user: User) -> None:
        if self._looks is not None:
            self._looks.setdefault(look_of(user.name), {})[user.uid] = None

    def _drop_look(self, user: User) -> None:
        if self._looks is not None:
            same = self._looks[look_of(user.name)]
            del same[user.uid]
            if not same:
                del self._looks[look_of(user.name)]

    def channel_named(self, name: str) -> Channel | None:
        """Return the channel with this name (as typed: case does not matter)."""
        return self._channel_names.get(fold(name))

    def channel_formerly_named(self, name: str) -> Channel | None:
        """Return the channel that keeps this name (as typed: case does not matter) as a former name."""
        return self._former_names.get(fold(name))

    def certificate_holder(self, fingerprint: str) -> User | None:
        """Return the account that has registered a client certificate (SHA-256 in lower-case hexadecimal)."""
        return self._certificates.get(fingerprint)

    def token_holder(self, digest: str) -> tuple[User, Token] | None:
        """Return the account that has a device token, and the token, by its SHA-256 in lower-case hexadecimal."""
        return self._tokens.get(digest)

    # Users who have gone. A name may get a new owner, and must not make old messages look like the new owner's.

    def name_shown(self, uid: str, nick: str) -> str:
        """Return the name to show now for the user ``uid``, who sent or did something as ``nick``.

        This is ``nick``, also for a guest that has taken other names since, unless another user has this name now or
        had it since. Then it is a name that nobody can take: ``eve~1`` for the first user called eve who has gone,
        ``eve~`` for a guest who was called eve before, or of whom nothing else is kept.
        """
        user = self.users.get(uid)
        if not uid or (user is not None and user.name == nick):
            return nick
        holder, gone = self.user_named(nick), self.gone.get(uid)
        if holder is not None and holder.uid == uid:
            return nick
        if gone is not None and fold(gone.name) == fold(nick):
            return self._name_of_gone(gone)
        return nick if holder is None and fold(nick) not in self._gone_names else f"{nick}{GONE_MARK}"

    def name_in_conversation(self, uid: str, nick: str) -> str:
        """Return the name to show now in a conversation of two for what the user ``uid`` wrote as ``nick``.

        Both know who wrote, so a user who has gone has one name there: that of the conversation (:meth:`name_of`).
        """
        user, gone = self.users.get(uid), self.gone.get(uid)
        if gone is not None:
            return self._name_of_gone(gone)
        shown = self.name_shown(uid, nick)
        return shown if user is None or shown == nick else user.name

    def _name_of_gone(self, gone: Gone) -> str:
        is_last = self._gone_names[fold(gone.name)][-1] is gone
        return gone.name if is_last and self.user_named(gone.name) is None else f"{gone.name}{GONE_MARK}{gone.number}"

    def _gone_named(self, name: str) -> Gone | None:
        base, mark, number = name.rpartition(GONE_MARK)
        if mark:
            found = self._gone_names.get(fold(base), [])
            return next((gone for gone in found if str(gone.number) == number), None)
        return self._gone_names[fold(name)][-1] if fold(name) in self._gone_names else None

    def uid_named(self, name: str) -> str:
        """Return the uid of the user with this name, or of one who has gone (``eve``, ``eve~1``); empty if unknown."""
        found = self.user_named(name) or self._gone_named(name)
        return found.uid if found is not None else ""

    def gone_at(self, name: str, time: int) -> Gone | None:
        """Return the removed account that had a name at a time (ms); None if whoever had it then is still here."""
        found = self._gone_names.get(fold(name), ())
        return next((gone for gone in found if gone.account and gone.time >= time), None)

    def all_gone_named(self, name: str) -> list[Gone]:
        """Return the users with this name who have gone, the last to go first."""
        return self._gone_names.get(fold(name), [])[::-1]

    def is_retired(self, name: str) -> bool:
        """Return whether an account with this name was removed."""
        return any(gone.account for gone in self._gone_names.get(fold(name), ()))

    def conversation_named(self, reader: User, name: str) -> str:
        """Return the stream of the reader's conversation with the user called ``name``; empty if there is none.

        This reverses :meth:`name_of`: ``name`` may also be the name of a user who has gone, such as ``eve~1``.
        """
        uid = self.uid_named(name)
        stream = events.conversation(reader.uid, uid) if uid else ""
        return stream if stream in reader.conversations else ""

    def channel_of(self, stream: str) -> Channel | None:
        """Return the channel that a stream belongs to; ``None`` for a conversation, and if the channel has died."""
        return self.channels.get(events.channel_uid(stream))

    def name_of(self, stream: str, reader: User) -> str:
        """Return the name of a stream for a reader: the channel's name, or the other user's name of a conversation.

        The name of a role in a channel is its prefix and the channel's name. The conversation need not have begun, if
        the other user exists.
        """
        if not events.is_conversation(stream):
            channel = self.channels[events.channel_uid(stream)]
            return channel.name if stream == channel.uid else modes.BY_LETTER[stream[0]].prefix + channel.name
        uid = events.peer(stream, reader.uid)
        user, gone = self.users.get(uid), self.gone.get(uid)
        if user is not None:
            return user.name
        return self.conversations[stream].names[uid] if gone is None else self._name_of_gone(gone)

    def channels_of(self, user: User) -> tuple[Channel, ...]:
        """Return the channels of a user, in the order of joining."""
        return tuple(self.channels[uid] for uid in user.channels)

    def silence(self, user: User, target: str, on: bool) -> None:
        """Let a user silence another one, or not any more (called by the effect of an event)."""
        if on:
            user.silenced = {**user.silenced, target: None}
            self.silenced_by.setdefault(target, {})[user.uid] = None
            return
        user.silenced.pop(target, None)
        others = self.silenced_by.get(target, {})
        others.pop(user.uid, None)
        if not others:
            self.silenced_by.pop(target, None)

    # Only the effects of events, and State.restore, call the methods below.

    def set_certificates(self, user: User, certificates: tuple[Certificate, ...]) -> None:
        """Replace the client certificates of a user."""
        for each in user.certificates:
            self._certificates.pop(each.fingerprint, None)
        user.certificates = certificates
        for each in certificates:
            self._certificates[each.fingerprint] = user

    def set_tokens(self, user: User, tokens: tuple[Token, ...]) -> None:
        """Replace the device tokens of a user."""
        for each in user.tokens:
            self._tokens.pop(each.digest, None)
        user.tokens = tokens
        for each in tokens:
            self._tokens[each.digest] = user, each

    def note_redacted(self, msgid: str) -> None:
        """Remember that a message was redacted, until ``REDACTED_KEPT_MAX`` others were redacted."""
        self.redacted[msgid] = None
        if len(self.redacted) > REDACTED_KEPT_MAX:
            del self.redacted[next(iter(self.redacted))]

    def add_user(self, user: User) -> User:
        """Add a user, and return it."""
        self.names += 1
        self.users[user.uid] = self._user_names[fold(user.name)] = user
        self._add_look(user)
        return user

    def rename_user(self, user: User, name: str) -> None:
        """Change a user's name."""
        self.names += 1
        del self._user_names[fold(user.name)]
        self._drop_look(user)
        user.name = name
        self._user_names[fold(name)] = user
        self._add_look(user)

    def drop_user(self, user: User) -> None:
        """Remove a user; its name becomes free."""
        self.names += 1
        self.set_certificates(user, ())
        self.set_tokens(user, ())
        self._drop_look(user)
        del self.users[user.uid]
        del self._user_names[fold(user.name)]

    def bury(self, user: User, kept: int, time: int) -> Gone | None:
        """Add a user to ``gone``, and return the record. ``kept`` counts the conversations with it that others keep.

        ``time`` (ms) is that of the event, which is being applied.

        A guest without such conversations is not added.
        """
        if not kept and user.guest:
            return None
        same = self._gone_names.get(fold(user.name), [])
        number = same[-1].number + 1 if same else 1
        gone = Gone(user.uid, user.name, number, not user.guest, kept, self.position, time)
        self.add_gone(gone)
        return gone

    def add_gone(self, gone: Gone) -> None:
        """Add a record to ``gone``."""
        self.gone[gone.uid] = gone
        self._gone_names.setdefault(fold(gone.name), []).append(gone)

    def release(self, uid: str) -> None:
        """Decrement the number of kept conversations with the user, if the user has gone.

        A guest without kept conversations is removed from ``gone``.
        """
        gone = self.gone.get(uid)
        if gone is not None:
            gone.conversations -= 1
            if not gone.account and not gone.conversations:
                self.exhume(uid)

    def exhume(self, uid: str) -> None:
        """Remove a user from ``gone``, if it is there."""
        gone = self.gone.pop(uid, None)
        if gone is not None:
            same = self._gone_names[fold(gone.name)]
            same.remove(gone)
            if not same:
                del self._gone_names[fold(gone.name)]

    def add_channel(self, channel: Channel) -> Channel:
        """Add a channel, and return it."""
        self.names += 1
        self.channels[channel.uid] = self._channel_names[fold(channel.name)] = channel
        self._set_former_names(channel, channel.former)
        return channel

    def rename_channel(self, channel: Channel, name: str, *, keep: bool) -> None:
        """Change a channel's name. ``keep``: the channel keeps the old name as a former name.

        Another channel that has the new name as a former name loses it.
        """
        self.names += 1
        old, holder = channel.name, self.channel_formerly_named(name)
        if holder is not None:
            self._set_former_names(holder, tuple(each for each in holder.former if fold(each) != fold(name)))
        del self._channel_names[fold(old)]
        channel.name = name
        self._channel_names[fold(name)] = channel
        if keep and fold(old) != fold(name):
            self._set_former_names(channel, (*channel.former, old)[-FORMER_NAMES_MAX:])

    def _set_former_names(self, channel: Channel, names: tuple[str, ...]) -> None:
        for each in channel.former:
            self._former_names.pop(fold(each), None)
        channel.former = names
        self._former_names.update((fold(each), channel) for each in names)

    def drop_channel(self, channel: Channel) -> None:
        """Remove a channel; its name and its former names become free."""
        self.names += 1
        self._set_former_names(channel, ())
        self.verdicts.forget(channel)
        self.record.bury(channel.uid)
        del self.channels[channel.uid]
        del self._channel_names[fold(channel.name)]
