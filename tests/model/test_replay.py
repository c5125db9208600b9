"""Any sequence of events, refused ones too: replaying the log is the same as having lived through it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.model import events, remarks
from chatapp.model.entities import FORMER_NAMES_MAX
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol.modes import BY_LETTER, LETTERS, LISTS
from chatapp.protocol.names import fold
from tests.model.support import replayed
from tests.support.examples import examples

NAMES = ["alice", "ALICE", "bob", "zoe", "zed"]
CHANNELS = ["#a", "#A", "#b", "#lobby"]
UIDS = [f"{number:016x}" for number in range(1, 5)]

NETWORKS = ["203.0.113.0/24", "2001:db8::/32"]
MASKS = ["alice!*@*", "~a:z*", "~m:bob!*@*", "~t:1:zoe!*@*"]

times = st.integers(0, 30)


class _Draw:
    """Draws events that may make sense in a state: who is there, who was, and names that are taken."""

    def __init__(self, data: st.DataObject, state: State) -> None:
        self.data = data
        self.state = state
        self.gone: list[str] = ["00000000000000ff"]

    def one_of(self, options: list[str]) -> str:
        return self.data.draw(st.sampled_from(options))

    def user(self) -> str:
        return self.one_of([*self.state.users, *self.gone[-3:]])

    def channel(self) -> str:
        return self.one_of([*self.state.channels, *self.gone[-3:]])

    def event(self, number: int) -> events.AnyEvent:
        kind = self.data.draw(st.sampled_from(_KINDS))
        uid = self.user()
        user = self.state.users.get(uid)
        head = {
            "id": f"{0x1000 + number:016x}",
            "time": self.data.draw(times),
            "actor": uid,
            "nick": user.name if user is not None else "ghost",
            "guest": user is not None and user.guest,
        }
        return kind(**{**head, **getattr(self, kind.__name__)(uid)})

    def AccountCreated(self, uid: str) -> dict[str, object]:
        uid = self.one_of([*UIDS, uid])
        made = {"uid": uid, "actor": uid, "name": self.one_of(NAMES), "channel": self.one_of(["", "#lobby"])}
        return {**made, "modes": self.one_of(["n", "nt"])}

    def AccountCreatedBefore(self, uid: str) -> dict[str, object]:
        uid = self.one_of([*UIDS, uid])
        return {"uid": uid, "actor": uid, "name": self.one_of(NAMES), "channel": self.one_of(["", "#lobby"])}

    def GuestArrived(self, uid: str) -> dict[str, object]:
        return {"name": self.one_of(NAMES), "realname": "g"}

    def Renamed(self, uid: str) -> dict[str, object]:
        return {"name": self.one_of(NAMES)}

    RenamedBefore = Renamed

    def RealnameSet(self, uid: str) -> dict[str, object]:
        return {"realname": "r"}

    def RealnameAdopted(self, uid: str) -> dict[str, object]:
        return {"realname": "q"}

    def Joined(self, uid: str) -> dict[str, object]:
        key, modes = self.one_of(["", "k"]), self.one_of(["n", "nt", "ns"])
        return {"channel": self.one_of(CHANNELS), "stream": self.channel(), "with_key": key, "modes": modes}

    def JoinedBefore(self, uid: str) -> dict[str, object]:
        return {"channel": self.one_of(CHANNELS), "stream": self.channel()}

    def Kicked(self, uid: str) -> dict[str, object]:
        return {"stream": self.channel(), "target": self.user(), "target_nick": "x", "reason": "r"}

    def Banned(self, uid: str) -> dict[str, object]:
        target = self.one_of([*NETWORKS, self.user()])
        fields = {"target": target, "uid": "" if target in NETWORKS else target, "until": self.data.draw(times)}
        return {**fields, **self.console()}

    def Unbanned(self, uid: str) -> dict[str, object]:
        return {"banned": self.one_of([*NETWORKS, *self.state.bans]), **self.console()}

    def Silenced(self, uid: str) -> dict[str, object]:
        return {"target": self.user(), "on": self.data.draw(st.booleans())}

    def ChannelRenamed(self, uid: str) -> dict[str, object]:
        return {"stream": self.channel(), "old": "x", "name": self.one_of([*CHANNELS, "#c"])}

    ChannelRenamedBefore = ChannelRenamed

    def Killed(self, uid: str) -> dict[str, object]:
        return {"target": self.user(), "target_nick": "x", **self.console()}

    def console(self) -> dict[str, object]:
        return {"actor": "", "nick": ""} if self.data.draw(st.booleans()) else {}

    def Invited(self, uid: str) -> dict[str, object]:
        return {"stream": self.channel(), "target": self.user()}

    Uninvited = Invited

    def ModesUnexplained(self, uid: str) -> dict[str, object]:
        values = {"k": ["k"], "l": ["1", "3"], "f": CHANNELS, **dict.fromkeys(LISTS, MASKS)}
        changes = []
        for _ in range(self.data.draw(st.integers(1, 3))):
            sign, letter = self.one_of(["+", "-"]), self.one_of(list(LETTERS))
            value = self.user() if letter in BY_LETTER else self.one_of(values.get(letter, [""]))
            changes.append((sign, letter, value if sign == "+" or letter in (*BY_LETTER, *LISTS) else ""))
        return {"stream": self.channel(), "changes": tuple(changes)}

    ModesChangedBefore = ModesUnexplained

    def ModesChanged(self, uid: str) -> dict[str, object]:
        return {**self.ModesUnexplained(uid), "reason": self.one_of(["", "r", "s"])}

    ModesExplained = ModesChanged

    def MasksLapsed(self, uid: str) -> dict[str, object]:
        masks = st.lists(st.tuples(st.just("-"), st.sampled_from(LISTS), st.sampled_from(MASKS)), max_size=2)
        begin = self.data.draw(times)
        fields = {"actor": "", "nick": "", "time": self.one_of([begin, 60_000 + begin])}
        return {"stream": self.channel(), "changes": tuple(self.data.draw(masks)), **fields}

    def Parted(self, uid: str) -> dict[str, object]:
        return {"stream": self.channel()}

    def TopicSet(self, uid: str) -> dict[str, object]:
        return {"stream": self.channel(), "text": self.one_of(["", "t"])}

    def MessageSent(self, uid: str) -> dict[str, object]:
        to_user = self.data.draw(st.booleans())
        stream = events.conversation(uid, self.user()) if to_user else self.one_of(["", "o:", "v:"]) + self.channel()
        return {"stream": stream, "verb": "PRIVMSG", "target": "x", "text": "hi"}

    def MultilineSent(self, uid: str) -> dict[str, object]:
        return {**self.MessageSent(uid), "text": "one\ntwo", "splits": (1,)}

    def Redacted(self, uid: str) -> dict[str, object]:
        to_user = self.data.draw(st.booleans())
        stream = events.conversation(uid, self.user()) if to_user else self.one_of(["", "o:"]) + self.channel()
        sent, within = self.data.draw(times), self.data.draw(times)
        author = self.one_of([uid, self.user()])
        return {"stream": stream, "msgid": "m", "position": 1, "author": author, "sent": sent, "within": within}

    def MessageEdited(self, uid: str) -> dict[str, object]:
        fields = {**self.Redacted(uid), "verb": "EDIT", "target": "x", "text": "new", "said": "PRIVMSG", "was": "hi"}
        return {**fields, "msgid": self.one_of(["m", "n"]), "earlier": self.data.draw(st.integers(0, 2)), "most": 2}

    def MarkerSet(self, uid: str) -> dict[str, object]:
        user = self.state.users.get(uid)
        streams = [
            events.conversation(uid, self.user()),
            *self.state.channels,
            *(user.conversations if user is not None else ()),
            self.gone[0],
        ]
        return {"stream": self.one_of(streams), "until": self.data.draw(times)}

    def MetadataSet(self, uid: str) -> dict[str, object]:
        to_user = self.data.draw(st.booleans())
        where = {"target": self.one_of([uid, self.user()])} if to_user else {"stream": self.channel()}
        keys = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["", "x", "y"])), max_size=3)
        return {"changes": tuple(self.data.draw(keys)), "most": 2, **where}

    def PreferenceSet(self, uid: str) -> dict[str, object]:
        stream = self.MarkerSet(uid)["stream"]
        return {"stream": stream, "name": self.one_of(["p", "q"]), "value": self.one_of(["", "0", "1"])}

    def Attended(self, uid: str) -> dict[str, object]:
        return {"until": self.data.draw(times), "position": self.data.draw(times)}

    def RoleSet(self, uid: str) -> dict[str, object]:
        return {"uid": self.user(), "role": self.one_of(["", "administrator"])}

    def UserModesChanged(self, uid: str) -> dict[str, object]:
        return {"added": self.one_of(["", "i", "R", "BT", "o"]), "removed": self.one_of(["", "R", "T", "o", "iB"])}

    def ActNoted(self, uid: str) -> dict[str, object]:
        return {"verb": "sign-up", "target": self.one_of(["open", "closed"]), **self.console()}

    def TimesAscend(self, uid: str) -> dict[str, object]:
        return {}

    def LimitsSet(self, uid: str) -> dict[str, object]:
        few = st.integers(0, 3)
        names = ("channels", "channels_per_user", "members_per_channel")
        return {name: self.data.draw(few) for name in names}

    def AccountRemoved(self, uid: str) -> dict[str, object]:
        return {}

    def CertificateAdded(self, uid: str) -> dict[str, object]:
        return {
            "fingerprint": self.data.draw(st.sampled_from(_FINGERPRINTS)),
            "password_mark": self.data.draw(st.sampled_from("xy")),
        }

    def CertificateRemoved(self, uid: str) -> dict[str, object]:
        return {"fingerprint": self.data.draw(st.sampled_from(_FINGERPRINTS)), **self.console()}

    def ServerInvitationMade(self, uid: str) -> dict[str, object]:
        channels = self.data.draw(st.lists(st.sampled_from([*self.state.channels, "gone"]), max_size=2))
        numbers = {"uses": self.data.draw(st.integers(0, 2)), "until": self.data.draw(st.integers(1, 60))}
        maker = {"members_may": self.data.draw(st.booleans()), **self.console()}
        return {"code": self.one_of(list(_FINGERPRINTS)), "channels": tuple(channels), **numbers, **maker}

    def ServerInvitationRevoked(self, uid: str) -> dict[str, object]:
        return {"number": self.data.draw(st.integers(1, 3)), **self.console()}

    def ServerInvitationUsed(self, uid: str) -> dict[str, object]:
        return {"code": self.one_of(list(_FINGERPRINTS)), "uid": self.one_of([*UIDS, uid]), "name": self.one_of(NAMES)}

    def ServerInvitationReturned(self, uid: str) -> dict[str, object]:
        return {"uid": self.one_of([*UIDS, *self.state.server_invitations.uses])}

    def TokenAdded(self, uid: str) -> dict[str, object]:
        token = self.data.draw(st.sampled_from("tuv"))
        fields = {"token": token, "account": self.one_of([uid, uid, self.user()]), "digest": f"d-{token}", "name": "n"}
        mark, targets = self.data.draw(st.sampled_from("xy")), self.one_of([(), ("#a", "bob")])
        return {**fields, "password_mark": mark, "targets": targets, **self.console()}

    def TokenRemoved(self, uid: str) -> dict[str, object]:
        return {**self.TokenUsed(uid), "name": "n", **self.console()}

    def TokenUsed(self, uid: str) -> dict[str, object]:
        holders = [user.uid for user in self.state.users.values() if user.tokens]
        return {"token": self.data.draw(st.sampled_from("tuv")), "account": self.one_of([uid, *holders])}

    def GuestLeft(self, uid: str) -> dict[str, object]:
        return {}


_FINGERPRINTS = ("a5" * 32, "b6" * 32, "c7" * 32)

# What is said and joined comes more often than the end of things.
_KINDS = [
    events.AccountCreated, events.AccountCreatedBefore, events.AccountRemoved, events.GuestArrived, events.GuestLeft,
    events.Renamed, events.RenamedBefore, events.RealnameSet, events.RealnameAdopted, events.Joined,
    events.Joined, events.Joined,
    events.JoinedBefore, events.Kicked, events.ModesChanged, events.ModesChanged, events.ModesExplained,
    events.ModesUnexplained, events.ModesChangedBefore, events.MasksLapsed, events.MasksLapsed,
    events.Invited, events.Invited, events.Uninvited,
    events.Banned, events.Unbanned, events.Killed, events.Silenced, events.CertificateAdded, events.CertificateAdded,
    events.CertificateRemoved, events.TokenAdded, events.TokenAdded, events.TokenRemoved, events.TokenUsed,
    events.ChannelRenamed, events.ChannelRenamed, events.ChannelRenamedBefore,
    events.Parted, events.TopicSet,
    events.MessageSent, events.MessageSent, events.MessageSent, events.MessageSent, events.Redacted, events.Redacted,
    events.MarkerSet, events.Attended, events.MetadataSet, events.MetadataSet, events.PreferenceSet,
    events.MultilineSent, events.MessageEdited, events.MessageEdited, events.UserModesChanged, events.UserModesChanged,
    events.ServerInvitationMade, events.ServerInvitationMade, events.ServerInvitationRevoked,
    events.ServerInvitationUsed, events.ServerInvitationUsed, events.ServerInvitationReturned,
    events.RoleSet, events.ActNoted, events.LimitsSet, events.TimesAscend,
]  # fmt: skip


def may_begin(state: State, uid: str, stream: str) -> bool:
    """Tell whether a stream is a conversation that a user could begin."""
    uids = stream.split("+")
    return len(uids) == 2 and uid in uids and all(each in state.users for each in uids)


def check_whole(state: State) -> None:
    """What is kept twice agrees, and nothing points to what is not there."""
    assert state._user_names == {fold(user.name): user for user in state.users.values()}
    assert state._channel_names == {fold(channel.name): channel for channel in state.channels.values()}
    assert len(state._user_names) == len(state.users)
    assert len(state._channel_names) == len(state.channels)
    kept = [(fold(name), channel) for channel in state.channels.values() for name in channel.former]
    assert state._former_names == dict(kept)
    assert len(state._former_names) == len(kept), "two channels keep the same former name"
    assert state._former_names.keys().isdisjoint(state._channel_names)
    for uid, channel in state.channels.items():
        assert channel.uid == uid
        assert len(channel.former) <= FORMER_NAMES_MAX
        assert channel.members, "a channel without members is gone"
        assert channel.since.keys() == channel.members.keys()
        assert not channel.roles.keys() & channel.members.keys()
        assert all(member in state.users for member in channel.roles)
        assert all(uid in state.users[member].channels for member in channel.members)
    assert all(not ban.uid or ban.uid in state.users for ban in state.bans.values())
    held = {each.fingerprint: user for user in state.users.values() for each in user.certificates}
    assert state._certificates == held
    assert len(held) == sum(len(user.certificates) for user in state.users.values())
    assert not any(user.guest for user in held.values())
    invitations = state.server_invitations
    assert not invitations.open.keys() & invitations.ended.keys()
    for code, each in invitations.open.items():
        assert each.code == code
        assert 0 <= each.left <= each.uses
        assert not each.uid or each.uid in state.users
        assert each.left or any(use.code == code for use in invitations.uses.values())
    assert all(uid not in state.users or state.users[uid].guest for uid in invitations.uses)
    tokens = {each.digest: (user, each) for user in state.users.values() for each in user.tokens}
    assert state._tokens == tokens
    assert len(tokens) == sum(len(user.tokens) for user in state.users.values())
    assert not any(user.guest for user, _ in tokens.values())
    pairs = {(target, uid) for uid, user in state.users.items() for target in user.silenced}
    assert pairs == {(target, uid) for target, uids in state.silenced_by.items() for uid in uids}
    assert all(target in state.users for target, _ in pairs)
    for uid, user in state.users.items():
        assert user.uid == uid
        assert all(uid in state.channels[stream].members for stream in user.channels)
        assert all(uid in stream.split("+") and stream in state.conversations for stream in user.conversations)
        assert all(
            stream in user.channels or stream in user.conversations or may_begin(state, uid, stream)
            for stream in (*user.markers, *user.preferences)
        )
        assert all(user.preferences.values())
        assert len(user.metadata) <= 2
    assert {gone.uid for same in state._gone_names.values() for gone in same} == set(state.gone)
    for uid, gone in state.gone.items():
        assert uid not in state.users
        kept = sum(uid in stream.split("+") for stream in state.conversations)
        assert gone.account or gone.conversations == kept > 0
    for stream, talk in state.conversations.items():
        assert any(stream in state.users[uid].conversations for uid in stream.split("+") if uid in state.users)
        assert set(talk.names) == set(stream.split("+"))


def lasts(state: State, stream: str) -> bool:
    """Tell whether a stream is still the one it was (a conversation of accounts that come back begins anew)."""
    return stream in state.channels or stream in state.conversations


@given(data=st.data(), count=st.integers(5, 60))
@settings(max_examples=examples(100))
def test_replaying_is_the_same_as_living(data, count):
    """ "The state after replaying a log equals the state that lived through it", with or without a snapshot.

    And: applying is deterministic in all that it tells; a refused event changes nothing; in a stream no two events have
    the same time; and everything in the state agrees with everything else.
    """
    lived = State()
    draw = _Draw(data, lived)
    cut = data.draw(st.integers(0, count))
    log: list[events.AnyEvent] = []
    outcomes = []
    spoken: dict[str, int] = {}
    ascending, latest = False, 0
    snapshot = lived.snapshot()
    for number in range(1, count + 1):
        event = draw.event(number)
        log.append(event)
        before = lived.snapshot()
        known = {*lived.users, *lived.channels}
        outcome = lived.apply(number, event)
        draw.gone += sorted(known - {*lived.users, *lived.channels})
        spoken = {stream: time for stream, time in spoken.items() if lasts(lived, stream)}
        check_whole(lived)
        if isinstance(outcome, Applied):
            stream = outcome.event.stream
            if stream and not isinstance(event, (events.MarkerSet, events.PreferenceSet)):
                assert outcome.event.time > spoken.get(stream, -1)
                spoken[stream] = outcome.event.time
            if isinstance(event, events.MessageSent) and events.is_conversation(stream):
                assert all(stream in lived.users[uid].conversations for uid in stream.split("+"))
            if ascending:
                assert outcome.event.time >= latest, "times never go back across the whole log"
                assert lived.time >= outcome.event.time
            ascending, latest = lived.time > 0, max(latest, lived.time)
            outcomes.append(outcome.event)
        else:
            unchanged = State.restore(before)
            unchanged.position = number
            assert unchanged.snapshot() == lived.snapshot()
            outcomes.append(outcome.refusal)
        if number == cut:
            snapshot = lived.snapshot()

    assert replayed(log).digest() == lived.digest()
    erased = [remarks.erased(event) if isinstance(event, events.MessageSent) else event for event in log]
    assert replayed(erased).digest() == lived.digest(), "the state is not made of what was said"
    assert replayed(log, State.restore(snapshot)).digest() == lived.digest()
    again = State()
    told = [again.apply(number, event) for number, event in enumerate(log, 1)]
    assert [each.event if isinstance(each, Applied) else each.refusal for each in told] == outcomes


def test_every_kind_of_event_is_drawn():
    """A new event takes part in the test above."""
    assert set(_KINDS) == set(events.AnyEvent.__args__)
