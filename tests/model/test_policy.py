"""Every "may X do Y": a table for each rule, of who does what, and why not."""

from __future__ import annotations

import pytest

from chatapp.model import events, messages
from chatapp.model.outcome import Reason, Refusal
from chatapp.model.state import STEPS
from tests.model.support import Life

NOBODY = "ffffffffffffffff"


NAMING = (
    events.RoleSet,
    events.Kicked,
    events.Invited,
    events.Uninvited,
    events.Killed,
    events.Silenced,
    events.MetadataSet,
)  # events whose fields name a user


class Scene:
    """alice founded #room and bob is in it; carol is in #other; zoe is a guest, and in #room. alice wrote to bob."""

    def __init__(self) -> None:
        self.life = Life()
        self.alice, self.bob, self.carol = (self.life.account(name) for name in ("alice", "bob", "carol"))
        self.zoe = self.life.guest("zoe")
        self.room = self.life.join(self.alice, "#room")
        self.life.join(self.bob, "#room")
        self.life.join(self.zoe, "#room")
        self.other = self.life.join(self.carol, "#other")
        self.life.say(self.alice, self.bob)
        self.talk = events.conversation(self.alice.uid, self.bob.uid)
        self.life.do(events.MarkerSet, self.alice, stream=self.room.uid, until=500)

    def stream(self, name):
        """Name a stream by words."""
        if name[1:2] == ":":
            return name[:2] + self.stream(name[2:])
        named = {"room": self.room.uid, "other": self.other.uid, "talk": self.talk, "gone": "00000000deadbeef"}
        who, plus, whom = name.partition("+")
        return events.conversation(self.uid(who), self.uid(whom)) if plus else named.get(name, name)

    def uid(self, name):
        """Name a user by its name; one that is gone by another."""
        user = self.life.state.user_named(name)
        return NOBODY if user is None else user.uid

    def check(self, kind, who, **fields):
        """Ask for an event by ``who``."""
        fields = {key: self.stream(value) if key == "stream" else value for key, value in fields.items()}
        if "author" in fields:
            fields["author"] = self.uid(fields["author"])
        if "account" in fields:
            fields["account"] = self.uid(fields["account"])
        for key in {"uid", "target"} & fields.keys() if kind in NAMING else ():
            fields[key] = self.uid(fields[key])
        actor = self.uid(who) if who else ""
        return self.life.state.refusal(kind(id="00000000000000ff", time=9, actor=actor, nick=who, **fields))


def message(stream, target):
    """Describe a message."""
    return (events.MessageSent, {"stream": stream, "verb": "PRIVMSG", "target": target, "text": "hi"})


def lines(stream, target):
    """Describe a message of several lines."""
    return (events.MultilineSent, {**message(stream, target)[1], "text": "one\ntwo"})


def to(kind, stream="", **fields):
    """Describe another event."""
    return (kind, {"stream": stream, **fields})


def redact(stream, author, within=4):
    """Describe a redaction, 4 ms after the message."""
    fields = {"msgid": "m", "position": 1, "author": author, "sent": 5, "within": within}
    return to(events.Redacted, stream, **fields)


def edit(stream, author="alice", within=4, earlier=0):
    """Describe an edit, 4 ms after the message."""
    head = {"verb": "EDIT", "target": "x", "text": "new", "msgid": "m", "position": 1, "author": author, "sent": 5}
    return to(events.MessageEdited, stream, **head, said="PRIVMSG", was="old", within=within, earlier=earlier, most=2)


METADATA_FULL = (Reason.METADATA_FULL, "")
TOKEN = {"token": "t", "digest": "d", "name": "n", "password_mark": "m"}
RULES = [
    # To a channel: its members.
    ("alice", *message("room", "#room"), None),
    ("zoe", *message("room", "#room"), None),
    ("carol", *message("room", "#room"), (Reason.CANNOT_SEND, "#room")),
    ("alice", *message("gone", "#gone"), (Reason.NO_SUCH_CHANNEL, "#gone")),
    ("ghost", *message("room", "#room"), (Reason.NOT_HERE, "ghost")),
    # To a role in a channel: its members, with the role or without.
    ("alice", *message("o:room", "@#room"), None),
    ("zoe", *message("v:room", "+#room"), None),
    ("carol", *message("o:room", "@#room"), (Reason.CANNOT_SEND, "@#room")),
    ("alice", *message("o:gone", "@#gone"), (Reason.NO_SUCH_CHANNEL, "@#gone")),
    ("ghost", *message("o:room", "@#room"), (Reason.NOT_HERE, "ghost")),
    # To a user: anyone that is there, oneself too.
    ("alice", *message("alice+carol", "carol"), None),
    ("zoe", *message("zoe+alice", "alice"), None),
    ("alice", *message("alice+alice", "alice"), None),
    ("alice", *message("alice+ghost", "ghost"), (Reason.NO_SUCH_NICK, "ghost")),
    ("ghost", *message("ghost+alice", "alice"), (Reason.NOT_HERE, "ghost")),
    # The same with several lines.
    ("alice", *lines("room", "#room"), None),
    ("carol", *lines("room", "#room"), (Reason.CANNOT_SEND, "#room")),
    ("alice", *lines("alice+ghost", "ghost"), (Reason.NO_SUCH_NICK, "ghost")),
    # JOIN: everyone, once.
    ("alice", *to(events.Joined, channel="#new"), None),
    ("alice", *to(events.Joined, channel="#other"), None),
    ("alice", *to(events.Joined, channel="#ROOM"), (Reason.ALREADY_A_MEMBER, "#room")),
    ("ghost", *to(events.Joined, channel="#room"), (Reason.NOT_HERE, "ghost")),
    # PART and TOPIC: members.
    ("bob", *to(events.Parted, "room"), None),
    ("carol", *to(events.Parted, "room"), (Reason.NOT_A_MEMBER, "#room")),
    ("carol", *to(events.Parted, "gone"), (Reason.NO_SUCH_CHANNEL, "")),
    ("bob", *to(events.TopicSet, "room", text="x"), None),
    ("carol", *to(events.TopicSet, "room", text="x"), (Reason.NOT_A_MEMBER, "#room")),
    ("carol", *to(events.TopicSet, "gone", text="x"), (Reason.NO_SUCH_CHANNEL, "")),
    # The older form of JOIN, by the same rule.
    ("alice", *to(events.JoinedBefore, channel="#new"), None),
    ("alice", *to(events.JoinedBefore, channel="#ROOM"), (Reason.ALREADY_A_MEMBER, "#room")),
    # Keeping order: alice is the founder of #room, bob and zoe have no role, carol is outside. See also
    # test_moderation.py.
    ("alice", *to(events.ModesChanged, "room", changes=(("+", "m", ""),)), None),
    ("bob", *to(events.ModesChanged, "room", changes=(("+", "m", ""),)), (Reason.RANK_TOO_LOW, "#room")),
    ("alice", *to(events.ModesChanged, "room", changes=(("+", "m", ""), ("-", "m", ""))), None),
    ("alice", *to(events.ModesChanged, "room", changes=(("-", "m", ""),)), (Reason.UNCHANGED, "")),
    ("alice", *to(events.ModesChanged, "room", changes=(("+", "b", "x!*@*"),), reason="x"), None),
    ("alice", *to(events.ModesExplained, "room", changes=(("+", "b", "x!*@*"),), reason="x"), None),
    ("alice", *to(events.ModesUnexplained, "room", changes=(("+", "m", ""), ("-", "m", ""))), None),
    ("bob", *to(events.ModesUnexplained, "room", changes=(("+", "m", ""),)), (Reason.RANK_TOO_LOW, "#room")),
    ("", *to(events.MasksLapsed, "room", changes=(("-", "b", "~t:1:x!*@*"),)), (Reason.UNCHANGED, "")),
    ("", *to(events.MasksLapsed, "gone", changes=(("-", "b", "~t:1:x!*@*"),)), (Reason.NO_SUCH_CHANNEL, "")),
    ("bob", *to(events.ModesExplained, "room", changes=(("+", "m", ""),), reason="x"), (Reason.RANK_TOO_LOW, "#room")),
    ("alice", *to(events.ModesChangedBefore, "room", changes=(("+", "m", ""), ("-", "m", ""))), (Reason.UNCHANGED, "")),
    ("carol", *to(events.ModesChanged, "room", changes=(("+", "m", ""),)), (Reason.NOT_A_MEMBER, "#room")),
    ("alice", *to(events.Kicked, "room", target="bob", target_nick="bob"), None),
    ("bob", *to(events.Kicked, "room", target="zoe", target_nick="zoe"), (Reason.RANK_TOO_LOW, "#room")),
    ("carol", *to(events.Kicked, "room", target="bob", target_nick="bob"), (Reason.NOT_A_MEMBER, "#room")),
    ("alice", *to(events.Kicked, "room", target="carol", target_nick="carol"), (Reason.NOT_IN_CHANNEL, "carol")),
    ("bob", *to(events.Invited, "room", target="carol"), None),
    ("bob", *to(events.Invited, "room", target="zoe"), (Reason.IN_CHANNEL, "zoe")),
    ("bob", *to(events.Invited, "room", target="ghost"), (Reason.NO_SUCH_NICK, "")),
    ("carol", *to(events.Invited, "room", target="bob"), (Reason.NOT_A_MEMBER, "#room")),
    ("alice", *to(events.Invited, "gone", target="bob"), (Reason.NO_SUCH_CHANNEL, "")),
    ("alice", *to(events.Uninvited, "room", target="carol"), (Reason.NOT_INVITED, "carol")),
    ("bob", *to(events.Uninvited, "room", target="carol"), (Reason.RANK_TOO_LOW, "#room")),
    ("bob", *to(events.Uninvited, "room", target="ghost"), (Reason.NO_SUCH_NICK, "")),
    ("carol", *to(events.Uninvited, "room", target="bob"), (Reason.NOT_A_MEMBER, "#room")),
    ("alice", *to(events.Uninvited, "gone", target="bob"), (Reason.NO_SUCH_CHANNEL, "")),
    # One's own display name.
    ("alice", *to(events.RealnameSet, realname="A"), None),
    ("ghost", *to(events.RealnameSet, realname="A"), (Reason.NOT_HERE, "ghost")),
    ("alice", *to(events.RealnameAdopted, realname="A"), None),
    ("ghost", *to(events.RealnameAdopted, realname="A"), (Reason.NOT_HERE, "ghost")),
    # A name has one holder.
    ("new", *to(events.AccountCreated, uid="b0", name="dave"), None),
    ("new", *to(events.AccountCreated, uid="b0", name="ALICE"), (Reason.NAME_IS_ACCOUNT, "ALICE")),
    ("new", *to(events.AccountCreated, uid="b0", name="Zoe"), (Reason.NAME_TAKEN, "Zoe")),
    ("new", *to(events.AccountCreatedBefore, uid="b0", name="dave"), None),
    ("new", *to(events.AccountCreatedBefore, uid="b0", name="ALICE"), (Reason.NAME_IS_ACCOUNT, "ALICE")),
    ("new", *to(events.GuestArrived, name="dave", realname=""), None),
    ("new", *to(events.GuestArrived, name="Alice", realname=""), (Reason.NAME_IS_ACCOUNT, "Alice")),
    ("new", *to(events.GuestArrived, name="ZOE", realname=""), (Reason.NAME_TAKEN, "ZOE")),
    ("zoe", *to(events.Renamed, name="zoe2"), None),
    ("zoe", *to(events.Renamed, name="ZOE"), None),
    ("zoe", *to(events.RenamedBefore, name="zoe2"), None),
    ("alice", *to(events.RenamedBefore, name="alice2"), (Reason.NAME_FIXED, "alice2")),
    ("zoe", *to(events.Renamed, name="Bob"), (Reason.NAME_IS_ACCOUNT, "Bob")),
    ("alice", *to(events.Renamed, name="alice2"), (Reason.NAME_FIXED, "alice2")),
    ("ghost", *to(events.Renamed, name="x"), (Reason.NOT_HERE, "ghost")),
    # Accounts are removed, guests leave.
    ("alice", *to(events.AccountRemoved), None),
    ("zoe", *to(events.AccountRemoved), (Reason.NOT_HERE, "zoe")),
    ("ghost", *to(events.AccountRemoved), (Reason.NOT_HERE, "ghost")),
    ("zoe", *to(events.GuestLeft), None),
    ("alice", *to(events.GuestLeft), (Reason.NOT_HERE, "alice")),
    ("ghost", *to(events.GuestLeft), (Reason.NOT_HERE, "ghost")),
    # REDACT: the author for a time, and who keeps order in the channel. See also test_redaction.py.
    # EDIT: the author, where it may read and write, for a time and a number of times.
    ("alice", *edit("room"), None),
    ("alice", *edit("room", within=3), (Reason.TOO_LATE, "")),
    ("alice", *edit("room", earlier=2), (Reason.TOO_MANY_EDITS, "")),
    ("alice", *edit("room", "bob"), (Reason.NOT_THE_AUTHOR, "")),
    ("carol", *edit("room", "carol"), (Reason.NOT_A_MEMBER, "")),
    ("alice", *edit("gone"), (Reason.NOT_A_MEMBER, "")),
    ("alice", *edit("alice+carol"), (Reason.NOT_A_MEMBER, "")),
    ("ghost", *edit("room", "ghost"), (Reason.NOT_HERE, "ghost")),
    ("bob", *redact("room", "bob"), None),
    ("bob", *redact("room", "bob", within=3), (Reason.TOO_LATE, "")),
    ("bob", *redact("room", "alice"), (Reason.NOT_THE_AUTHOR, "")),
    ("zoe", *redact("room", "zoe"), None),
    ("alice", *redact("room", "bob", within=0), None),
    ("alice", *redact("room", "alice", within=0), None),
    ("alice", *redact("room", "ghost", within=0), None),
    ("carol", *redact("room", "carol"), (Reason.NOT_A_MEMBER, "")),
    ("carol", *redact("gone", "carol"), (Reason.NOT_A_MEMBER, "")),
    ("alice", *redact("talk", "alice"), None),
    ("alice", *redact("talk", "alice", within=3), (Reason.TOO_LATE, "")),
    ("alice", *redact("talk", "bob"), (Reason.NOT_THE_AUTHOR, "")),
    ("carol", *redact("talk", "carol"), (Reason.NOT_A_MEMBER, "")),
    ("ghost", *redact("room", "ghost"), (Reason.NOT_HERE, "ghost")),
    # Read markers go forward, in what one may read.
    ("alice", *to(events.MarkerSet, "room", until=501), None),
    ("alice", *to(events.MarkerSet, "room", until=500), (Reason.MARKER_NOT_NEWER, "")),
    ("bob", *to(events.MarkerSet, "talk", until=0), None),
    ("alice", *to(events.MarkerSet, "talk", until=0), (Reason.MARKER_NOT_NEWER, "")),  # she wrote there
    ("carol", *to(events.MarkerSet, "room", until=1), (Reason.NOT_A_MEMBER, "")),
    ("carol", *to(events.MarkerSet, "talk", until=1), (Reason.NOT_A_MEMBER, "")),
    ("alice", *to(events.MarkerSet, "alice+carol", until=1), None),
    ("alice", *to(events.MarkerSet, "alice+ghost", until=1), (Reason.NOT_A_MEMBER, "")),
    ("alice", *to(events.MarkerSet, "bob+carol", until=1), (Reason.NOT_A_MEMBER, "")),
    ("ghost", *to(events.MarkerSet, "room", until=1), (Reason.NOT_HERE, "ghost")),
    # Another name for a channel.
    ("alice", *to(events.ChannelRenamed, "room", old="#room", name="#new"), None),
    ("alice", *to(events.ChannelRenamed, "room", old="#room", name="#ROOM"), None),
    ("alice", *to(events.ChannelRenamed, "room", old="#room", name="#room"), (Reason.UNCHANGED, "")),
    ("alice", *to(events.ChannelRenamed, "room", old="#room", name="#OTHER"), (Reason.CHANNEL_NAME_TAKEN, "#OTHER")),
    ("bob", *to(events.ChannelRenamed, "room", old="#room", name="#new"), (Reason.RANK_TOO_LOW, "#room")),
    ("carol", *to(events.ChannelRenamed, "room", old="#room", name="#new"), (Reason.NOT_A_MEMBER, "#room")),
    ("alice", *to(events.ChannelRenamedBefore, "room", old="#room", name="#new"), None),
    ("bob", *to(events.ChannelRenamedBefore, "room", old="#room", name="#new"), (Reason.RANK_TOO_LOW, "#room")),
    # Whose messages one does not want.
    ("alice", *to(events.Silenced, target="bob", on=True), None),
    ("zoe", *to(events.Silenced, target="bob", on=True), None),
    ("alice", *to(events.Silenced, target="bob", on=False), (Reason.UNCHANGED, "")),
    ("alice", *to(events.Silenced, target="alice", on=True), (Reason.UNCHANGED, "")),
    ("alice", *to(events.Silenced, target="ghost", on=True), (Reason.NO_SUCH_NICK, "")),
    ("ghost", *to(events.Silenced, target="bob", on=True), (Reason.NOT_HERE, "ghost")),
    # Client certificates are of accounts, each of one account. See also test_certificates.py.
    ("alice", *to(events.CertificateAdded, fingerprint="c1", password_mark="x"), None),
    ("zoe", *to(events.CertificateAdded, fingerprint="c1", password_mark="x"), (Reason.NOT_HERE, "zoe")),
    ("ghost", *to(events.CertificateAdded, fingerprint="c1", password_mark="x"), (Reason.NOT_HERE, "ghost")),
    ("alice", *to(events.CertificateRemoved, fingerprint="c1"), (Reason.NO_SUCH_CERTIFICATE, "")),
    ("ghost", *to(events.CertificateRemoved, fingerprint="c1"), (Reason.NOT_HERE, "ghost")),
    # Device tokens are of accounts, and nobody makes or revokes those of others. See also test_tokens.py.
    ("alice", *to(events.TokenAdded, account="alice", **TOKEN), None),
    ("", *to(events.TokenAdded, account="alice", **TOKEN), None),
    ("bob", *to(events.TokenAdded, account="alice", **TOKEN), (Reason.NOT_HERE, "bob")),
    ("zoe", *to(events.TokenAdded, account="zoe", **TOKEN), (Reason.NOT_HERE, "zoe")),
    ("ghost", *to(events.TokenAdded, account="ghost", **TOKEN), (Reason.NOT_HERE, "ghost")),
    ("alice", *to(events.TokenRemoved, account="alice", token="t", name="n"), (Reason.NO_SUCH_TOKEN, "")),
    ("", *to(events.TokenRemoved, account="ghost", token="t", name="n"), (Reason.NOT_HERE, "")),
    ("", *to(events.TokenUsed, account="alice", token="t"), (Reason.NO_SUCH_TOKEN, "")),
    # Metadata of users and channels, and preferences.
    ("alice", *to(events.MetadataSet, target="alice", changes=(("url", "x"),), most=1), None),
    ("zoe", *to(events.MetadataSet, target="zoe", changes=(("url", "x"),), most=1), None),
    ("alice", *to(events.MetadataSet, target="alice", changes=(("a", "x"), ("b", "x")), most=1), METADATA_FULL),
    ("alice", *to(events.MetadataSet, target="alice", changes=(("url", ""),), most=1), (Reason.UNCHANGED, "")),
    ("alice", *to(events.MetadataSet, target="alice", changes=(), most=1), (Reason.UNCHANGED, "")),
    ("alice", *to(events.MetadataSet, target="bob", changes=(("url", ""),), most=1), (Reason.NO_ADMINISTRATOR, "bob")),
    ("alice", *to(events.MetadataSet, target="ghost", changes=(("url", "x"),), most=1), (Reason.NO_SUCH_NICK, "")),
    ("ghost", *to(events.MetadataSet, target="ghost", changes=(("url", "x"),), most=1), (Reason.NOT_HERE, "ghost")),
    ("alice", *to(events.MetadataSet, "room", changes=(("url", "x"),), most=1), None),
    ("alice", *to(events.MetadataSet, "room", changes=(("a", "x"), ("b", "x")), most=1), METADATA_FULL),
    ("bob", *to(events.MetadataSet, "room", changes=(("url", "x"),), most=1), (Reason.RANK_TOO_LOW, "#room")),
    ("carol", *to(events.MetadataSet, "room", changes=(("url", "x"),), most=1), (Reason.RANK_TOO_LOW, "#room")),
    ("alice", *to(events.MetadataSet, "gone", changes=(("url", "x"),), most=1), (Reason.NO_SUCH_CHANNEL, "")),
    ("bob", *to(events.PreferenceSet, "room", name="p", value="1"), None),
    ("bob", *to(events.PreferenceSet, "talk", name="p", value="1"), None),
    ("alice", *to(events.PreferenceSet, "alice+carol", name="p", value="1"), None),
    ("alice", *to(events.PreferenceSet, "alice+alice", name="p", value="1"), None),
    ("alice", *to(events.PreferenceSet, "room", name="p", value="0"), (Reason.UNCHANGED, "")),
    ("carol", *to(events.PreferenceSet, "room", name="p", value="1"), (Reason.NOT_A_MEMBER, "")),
    ("carol", *to(events.PreferenceSet, "talk", name="p", value="1"), (Reason.NOT_A_MEMBER, "")),
    ("alice", *to(events.PreferenceSet, "gone", name="p", value="1"), (Reason.NOT_A_MEMBER, "")),
    ("ghost", *to(events.PreferenceSet, "room", name="p", value="1"), (Reason.NOT_HERE, "ghost")),
    # What only administrators do; the empty name is who uses the server's machine. See also test_administration.py.
    ("", *to(events.Banned, target="203.0.113.0/24"), None),
    ("alice", *to(events.Banned, target="203.0.113.0/24"), (Reason.NO_ADMINISTRATOR, "")),
    ("", *to(events.Unbanned, banned="203.0.113.0/24", target="x"), (Reason.NO_SUCH_BAN, "x")),
    ("alice", *to(events.Unbanned, banned="203.0.113.0/24"), (Reason.NO_ADMINISTRATOR, "")),
    ("", *to(events.Killed, target="alice", target_nick="alice"), None),
    ("", *to(events.Killed, target="ghost", target_nick="ghost"), (Reason.NO_SUCH_NICK, "ghost")),
    ("alice", *to(events.Killed, target="bob", target_nick="bob"), (Reason.NO_ADMINISTRATOR, "")),
    ("", *to(events.ActNoted, verb="passwd", target="alice"), None),
    ("alice", *to(events.ActNoted, verb="passwd", target="alice"), (Reason.NO_ADMINISTRATOR, "")),
    # Invitations to the server. See also test_server_invitations.py.
    ("", *to(events.ServerInvitationMade, code="c1", uses=1, until=9_999), None),
    ("", *to(events.ServerInvitationMade, code="c1", uses=0, until=9_999), (Reason.INVITATION_TOO_LARGE, "")),
    ("alice", *to(events.ServerInvitationMade, code="c1", uses=1, until=9_999), (Reason.NO_ADMINISTRATOR, "")),
    ("alice", *to(events.ServerInvitationMade, code="c1", uses=1, until=9_999, members_may=True), None),
    ("zoe", *to(events.ServerInvitationMade, code="c1", uses=1, until=9_999, members_may=True), (Reason.NOT_HERE, "")),
    ("", *to(events.ServerInvitationRevoked, number=1), (Reason.NO_SUCH_INVITATION, "")),
    ("ghost", *to(events.ServerInvitationRevoked, number=1), (Reason.NOT_HERE, "ghost")),
    ("", *to(events.ServerInvitationUsed, code="c1", uid="dave", name="dave"), (Reason.NO_SUCH_INVITATION, "")),
    ("", *to(events.ServerInvitationReturned, uid="dave"), (Reason.UNCHANGED, "")),
    # Roles are of accounts, and limits change.
    ("", *to(events.RoleSet, uid="alice", role="administrator"), None),
    ("", *to(events.RoleSet, uid="alice", role=""), (Reason.UNCHANGED, "alice")),
    ("", *to(events.RoleSet, uid="zoe", role="administrator"), (Reason.NOT_HERE, "")),
    ("bob", *to(events.UserModesChanged, added="BRTiw"), None),
    ("zoe", *to(events.UserModesChanged, added="i"), None),
    ("bob", *to(events.UserModesChanged, removed="i"), (Reason.UNCHANGED, "")),
    ("bob", *to(events.UserModesChanged, added="o"), (Reason.NO_ADMINISTRATOR, "")),
    ("ghost", *to(events.UserModesChanged, added="i"), (Reason.NOT_HERE, "ghost")),
    ("", *to(events.RoleSet, uid="ghost", role="administrator"), (Reason.NOT_HERE, "")),
    ("", *to(events.LimitsSet, channels=0, channels_per_user=0, members_per_channel=0), (Reason.UNCHANGED, "")),
    ("", *to(events.LimitsSet, channels=1, channels_per_user=0, members_per_channel=0), None),
    ("", *to(events.TimesAscend), None),
    # What an account was sent is of accounts.
    ("alice", *to(events.Attended, until=1, position=1), None),
    ("ghost", *to(events.Attended, until=1, position=1), (Reason.NOT_HERE, "ghost")),
]


@pytest.mark.parametrize(
    ("who", "kind", "fields", "refusal"),
    RULES,
    ids=[f"{who}-{kind.__name__}-{'-'.join(map(str, fields.values()))}" for who, kind, fields, _ in RULES],
)
def test_who_may_do_what(who, kind, fields, refusal):
    """ "Every 'may X do Y'" has one answer, with the name it is about."""
    found = Scene().check(kind, who, **fields)
    assert (None if found is None else found[:2]) == refusal


LIMITS = [
    ({"channels_per_user": 1}, "alice", "#other", (Reason.CHANNELS_OF_USER, "#other")),
    ({"channels_per_user": 1}, "alice", "#new", (Reason.CHANNELS_OF_USER, "#new")),
    ({"channels_per_user": 2}, "alice", "#other", None),
    ({"channels": 2}, "alice", "#new", (Reason.CHANNELS_OF_SERVER, "#new")),
    ({"channels": 2}, "alice", "#other", None),
    ({"channels": 3}, "alice", "#new", None),
    ({"members_per_channel": 3}, "carol", "#room", (Reason.CHANNEL_FULL, "#room")),
    ({"members_per_channel": 3}, "alice", "#ROOM", (Reason.ALREADY_A_MEMBER, "#room")),
    ({"members_per_channel": 4}, "carol", "#room", None),
]


@pytest.mark.parametrize(("limits", "who", "channel", "refusal"), LIMITS)
def test_limits_hold_for_those_who_join(limits, who, channel, refusal):
    """ "Everything is bounded", in the state too: so that every process refuses the same events. 0 is no limit."""
    scene = Scene()
    scene.life.do(events.LimitsSet, **{"channels": 0, "channels_per_user": 0, "members_per_channel": 0, **limits})
    found = scene.check(events.Joined, who, channel=channel)
    assert (None if found is None else found[:2]) == refusal


def test_a_new_account_joins_its_channel_whatever_the_limits():
    """An account is never refused because the lobby is full."""
    scene = Scene()
    scene.life.do(events.LimitsSet, channels=1, channels_per_user=1, members_per_channel=1)
    dave = scene.life.account("dave", channel="#room")
    assert dave.uid in scene.room.members


def test_every_event_has_a_rule():
    """Nothing happens that nobody has judged."""
    assert {kind for _, kind, _, _ in RULES} == set(events.AnyEvent.__args__)
    assert set(STEPS) == set(events.AnyEvent.__args__)


def test_a_guest_becomes_the_account_of_its_own_name():
    """ "Where uid is that of a guest, the guest has become the account": of the name it goes by, and once."""
    scene = Scene()
    make = {"uid": scene.zoe.uid}
    assert scene.check(events.AccountCreated, "zoe", name="Zoe", **make) is None
    assert scene.check(events.AccountCreated, "zoe", name="dave", **make) == Refusal(Reason.NOT_HERE, "dave")
    scene.life.do(events.AccountCreated, scene.zoe, name="zoe", **make)
    assert scene.check(events.AccountCreated, "zoe", name="zoe", **make) == Refusal(Reason.NAME_IS_ACCOUNT, "zoe")


@pytest.mark.parametrize(
    ("reader", "stream", "readable"),
    [
        ("alice", "room", True),
        ("zoe", "room", True),
        ("carol", "room", False),
        ("alice", "o:room", True),
        ("alice", "q:room", True),
        ("bob", "o:room", False),
        ("bob", "v:room", False),
        ("carol", "v:room", False),
        ("alice", "v:gone", False),
        ("alice", "talk", True),
        ("bob", "talk", True),
        ("carol", "talk", False),
        ("zoe", "talk", False),
        ("alice", "alice+carol", False),
        ("alice", "gone", False),
        ("alice", "", False),
    ],
)
def test_what_may_be_read(reader, stream, readable):
    """ "The channels it is a member of, and its own conversations"."""
    scene = Scene()
    user = scene.life.state.user_named(reader)
    found = messages.may_read(scene.life.state, user, scene.stream(stream))
    assert (found is not None) is readable
