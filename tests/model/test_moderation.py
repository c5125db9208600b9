"""Keeping order in a channel: who may do what to whom, and what it does."""

from __future__ import annotations

import pytest

from chatapp.model import events, messages
from chatapp.model.channels import may_see, visible_channel
from chatapp.model.entities import ADMINISTRATOR, INVITATIONS_MAX, LIST_MAX, REMOVALS_MAX
from chatapp.model.moderation import removals_since
from chatapp.model.outcome import Reason
from chatapp.protocol import modes
from chatapp.protocol.modes import FOUNDER, HALFOP, OPERATOR, PROTECTED, ROLES, VOICE
from tests.model.support import Life, applied, refused, replayed

MINUTE = 60_000


class Room:
    """A channel with a member of each rank, one without, and ``eve`` outside."""

    def __init__(self) -> None:
        self.life = Life()
        self.users = {name: self.life.account(name) for name in ["qara", "anna", "olga", "hans", "vera", "paul", "eve"]}
        self.channel = self.life.join(self.users["qara"], "#room")
        for name in ["anna", "olga", "hans", "vera", "paul"]:
            self.life.join(self.users[name], "#room")
        for name, role in (("anna", "a"), ("olga", "o"), ("hans", "h"), ("vera", "v")):
            self.mode("qara", f"+{role}", name)

    def mode(self, who: str, change: str, parameter: str = "", time: int | None = None):
        """Change one mode."""
        value = self.users[parameter].uid if change[1] in modes.BY_LETTER else parameter
        fields = {} if time is None else {"time": time}
        changes = ((change[0], change[1], value),)
        return self.life.do(events.ModesChanged, self.users[who], stream=self.channel.uid, changes=changes, **fields)

    def kick(self, who: str, whom: str):
        """Remove a member."""
        target = self.users[whom]
        return self.life.do(
            events.Kicked, self.users[who], stream=self.channel.uid, target=target.uid, target_nick=whom
        )

    def say(self, who: str, text: str = "hi"):
        """Write to the channel."""
        return self.life.say(self.users[who], self.channel, text)

    def join(self, who: str, key: str = ""):
        """Try to join."""
        return self.life.do(events.Joined, self.users[who], channel="#room", with_key=key, stream=self.channel.uid)

    def flags(self, who: str) -> int:
        """Return the flags of a member."""
        return self.channel.members[self.users[who].uid]

    def administrator(self, who: str) -> None:
        """Give a user the role of the server."""
        self.life.do(events.RoleSet, None, uid=self.users[who].uid, role=ADMINISTRATOR)


@pytest.fixture
def room():
    """Make the channel."""
    return Room()


NAMES = {FOUNDER: "qara", PROTECTED: "anna", OPERATOR: "olga", HALFOP: "hans", VOICE: "vera"}


def test_who_gives_which_role(room):
    """A half-operator gives a voice, an operator also what it is itself, a founder everything."""
    gives = {
        who: "".join(role.letter for role in ROLES if not isinstance(given(who, role), tuple))
        for who in [*NAMES.values(), "paul"]
    }
    assert gives == {"qara": "qaohv", "anna": "ohv", "olga": "ohv", "hans": "v", "vera": "", "paul": ""}


def given(who, role):
    """Let a member give paul a role, in a room of its own; return why not, or the outcome."""
    room = Room()
    try:
        return refused(room.mode(who, f"+{role.letter}", "paul"))
    except AssertionError:
        return room.flags("paul")


def test_nobody_acts_on_a_higher_role(room):
    """ "TARGET_ABOVE": neither by KICK nor by taking the role away."""
    assert refused(room.kick("olga", "anna")) == (Reason.TARGET_ABOVE, "#room")
    assert refused(room.mode("hans", "-o", "olga")) == (Reason.RANK_TOO_LOW, "#room")
    assert refused(room.mode("anna", "-q", "qara")) == (Reason.RANK_TOO_LOW, "#room")
    applied(room.mode("qara", "+o", "hans"))
    applied(room.mode("olga", "-o", "hans"))  # of the same rank
    applied(room.kick("olga", "vera"))


def test_everybody_may_give_up_a_role(room):
    """Nobody needs a right for that."""
    applied(room.mode("vera", "-v", "vera"))
    assert room.flags("vera") == 0


def test_what_is_so_already_is_no_change(room):
    """A mode that is set again, a mask that is listed again, or a role that a member has."""
    applied(room.mode("olga", "+b", "eve!*@*"))
    for change, parameter in (("+b", "eve!*@*"), ("-b", "zoe!*@*"), ("+n", ""), ("-m", ""), ("+v", "vera"), ("-k", "")):
        assert refused(room.mode("olga", change, parameter))[0] is Reason.UNCHANGED


def test_an_administrator_may_do_everything_everywhere(room):
    """ "Administrators: rights in any channel", also without being a member."""
    room.administrator("eve")
    applied(room.mode("eve", "+m"))
    applied(room.mode("eve", "-q", "qara"))
    applied(room.kick("eve", "qara"))
    applied(room.life.do(events.TopicSet, room.users["eve"], stream=room.channel.uid, text="order"))
    applied(room.mode("eve", "+i"))
    applied(room.join("eve"))


# Leaving, and coming back


def test_a_role_survives_leaving_but_no_kick(room):
    """ "Roles belong to the account"."""
    room.life.part(room.users["olga"], room.channel)
    applied(room.join("olga"))
    assert room.flags("olga") == OPERATOR.bit
    applied(room.kick("qara", "olga"))
    applied(room.join("olga"))
    assert room.flags("olga") == 0


def test_the_next_in_rank_succeeds_a_removed_founder(room):
    """ "When the last founder's account is removed, the next in rank becomes founder"."""
    room.mode("qara", "-a", "anna")
    room.mode("qara", "+o", "anna")
    room.life.do(events.AccountRemoved, room.users["qara"])
    # olga has been an operator for longer, but anna has been a member for longer
    assert (room.flags("anna"), room.flags("olga")) == (FOUNDER.bit | OPERATOR.bit, OPERATOR.bit)


def test_a_founder_who_has_left_is_still_one(room):
    """Nobody succeeds an account that may come back."""
    room.life.part(room.users["qara"], room.channel)
    room.life.do(events.AccountRemoved, room.users["paul"])
    assert not any(flags & FOUNDER.bit for flags in room.channel.members.values())
    applied(room.join("qara"))
    assert room.flags("qara") == FOUNDER.bit


def test_nobody_inherits_the_role_of_a_removed_account(room):
    """ "It is a different account that inherits nothing" (R1), and nothing of it is kept."""
    room.life.part(room.users["olga"], room.channel)
    room.life.do(events.Invited, room.users["qara"], stream=room.channel.uid, target=room.users["olga"].uid)
    room.life.do(events.AccountRemoved, room.users["olga"])
    assert room.users["olga"].uid not in {**room.channel.roles, **room.channel.invited}


# Joining


@pytest.mark.parametrize(
    ("change", "parameter", "reason"),
    [
        ("+b", "eve!*@*", Reason.BANNED),
        ("+b", "~a:e*", Reason.BANNED),
        ("+i", "", Reason.INVITE_ONLY),
        ("+k", "secret", Reason.BAD_KEY),
        ("+l", "6", Reason.LIMIT_REACHED),
    ],
)
def test_what_keeps_out(room, change, parameter, reason):
    """Each barrier, and that an invitation opens it once."""
    applied(room.mode("olga", change, parameter))
    assert refused(room.join("eve")) == (reason, "#room")
    room.life.do(events.Invited, room.users["olga"], stream=room.channel.uid, target=room.users["eve"].uid)
    applied(room.join("eve"))
    room.life.part(room.users["eve"], room.channel)
    assert refused(room.join("eve")) == (reason, "#room")


def test_exceptions(room):
    """``e`` exempts from bans, ``I`` from being invited; a mute keeps nobody out."""
    room.mode("olga", "+b", "e*!*@*")
    room.mode("olga", "+i")
    room.mode("olga", "+I", "~a:eve")
    assert refused(room.join("eve"))[0] is Reason.BANNED
    room.mode("olga", "+e", "eve!*@*")
    applied(room.join("eve"))
    room.life.part(room.users["eve"], room.channel)
    for mask in ("-be*!*@*", "-eeve!*@*", "+b~m:eve!*@*"):
        applied(room.mode("olga", mask[:2], mask[2:]))
    applied(room.join("eve"))


def test_guests(room):
    """``R``: only accounts join. ``M``: only accounts write."""
    zoe = room.life.guest("zoe")
    room.mode("olga", "+R")
    room.users["zoe"] = zoe
    assert refused(room.join("zoe")) == (Reason.ACCOUNTS_ONLY, "#room")
    room.mode("olga", "-R")
    applied(room.join("zoe"))
    room.mode("olga", "+M")
    assert refused(room.say("zoe")) == (Reason.ACCOUNTS_SPEAK, "#room")
    applied(room.say("paul"))
    room.mode("olga", "+v", "zoe")
    applied(room.say("zoe"))


def test_a_ban_lapses(room):
    """``~t:MINUTES:`` counts from when the ban was set, by the times of the log."""
    room.mode("olga", "+b", "~t:5:eve!*@*", time=1000 * MINUTE)
    entry = room.channel.lists["b"]["~t:5:eve!*@*"]
    assert entry.until == entry.time + 5 * MINUTE
    join = {"channel": "#room", "stream": room.channel.uid}
    assert refused(room.life.do(events.Joined, room.users["eve"], time=1004 * MINUTE, **join))[0] is Reason.BANNED
    applied(room.life.do(events.Joined, room.users["eve"], time=1006 * MINUTE, **join))


def test_changes_of_one_event_are_made_in_order(room):
    """The last of several changes of a mode counts; the event is told without the changes that change nothing."""
    vera, paul = room.users["vera"].uid, room.users["paul"].uid
    orders = {
        "+m-m": ((("+", "m", ""), ("-", "m", "")), 2),
        "+b-b": ((("+", "b", "eve!*@*"), ("-", "b", "eve!*@*")), 2),
        "+k-k": ((("+", "k", "x"), ("-", "k", "")), 2),
        "-v+v": ((("-", "v", vera), ("+", "v", vera)), 2),
        "+o-o+v": ((("+", "o", paul), ("-", "o", paul), ("+", "v", paul)), 3),
        "-v-v": ((("-", "v", paul), ("-", "v", paul)), 1),
        "-n+n+n": ((("-", "n", ""), ("+", "n", ""), ("+", "n", "")), 2),
    }
    for order, (changes, made) in orders.items():
        outcome = applied(
            room.life.do(events.ModesChanged, room.users["olga"], stream=room.channel.uid, changes=changes)
        )
        assert outcome.event.changes == changes[:made], order
    assert room.channel.modes == "n"
    assert (room.channel.key, room.channel.lists["b"]) == ("", {})
    assert (room.flags("vera"), room.flags("paul")) == (VOICE.bit, 0)
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_the_rank_that_counts_is_that_before_the_event(room):
    """ "-o+v" of an operator for itself leaves it a voice; and nobody gives itself rights in the same event."""
    olga, vera = room.users["olga"].uid, room.users["vera"].uid
    own = (("-", "o", olga), ("+", "v", olga), ("+", "m", ""))
    applied(room.life.do(events.ModesChanged, room.users["olga"], stream=room.channel.uid, changes=own))
    assert room.flags("olga") == VOICE.bit
    changes = (("-", "v", vera), ("+", "o", vera))
    outcome = room.life.do(events.ModesChanged, room.users["vera"], stream=room.channel.uid, changes=changes)
    assert refused(outcome) == (Reason.RANK_TOO_LOW, "#room")
    assert room.flags("vera") == VOICE.bit


def test_one_event_does_not_fill_a_list_beyond_its_limit(room):
    """LIST_MAX holds within one event; a mask that makes way for another one counts."""
    for number in range(LIST_MAX - 1):
        applied(room.mode("olga", "+b", f"u{number}!*@*"))
    fields = {"stream": room.channel.uid}
    two = (("+", "b", "eve!*@*"), ("+", "b", "zoe!*@*"))
    assert refused(room.life.do(events.ModesChanged, room.users["olga"], changes=two, **fields))[0] is Reason.LIST_FULL
    assert len(room.channel.lists["b"]) == LIST_MAX - 1
    swapped = (two[0], ("-", "b", "u0!*@*"), two[1])
    applied(room.life.do(events.ModesChanged, room.users["olga"], changes=swapped, **fields))
    assert len(room.channel.lists["b"]) == LIST_MAX


def test_an_older_event_is_judged_as_it_was(room):
    """ "Old logs stay readable": by the modes before the event, and all its changes are made."""
    for number in range(LIST_MAX - 1):
        applied(room.mode("olga", "+b", f"u{number}!*@*"))
    changes = (("+", "b", "eve!*@*"), ("+", "b", "zoe!*@*"), ("-", "b", "u0!*@*"), ("-", "b", "u0!*@*"))
    event = {"stream": room.channel.uid, "changes": changes}
    assert applied(room.life.do(events.ModesChangedBefore, room.users["olga"], **event)).event.changes == changes
    assert len(room.channel.lists["b"]) == LIST_MAX
    undone = (("+", "m", ""), ("-", "m", ""))
    outcome = room.life.do(events.ModesChangedBefore, room.users["olga"], stream=room.channel.uid, changes=undone)
    assert refused(outcome)[0] is Reason.UNCHANGED
    assert replayed(room.life.log).digest() == room.life.state.digest()


def test_changes_of_one_event_may_repeat_each_other(room):
    """A mask may be removed twice, or have lapsed meanwhile."""
    for mask in ("~t:1:eve!*@*", "~t:1:zoe!*@*", "bob!*@*"):
        room.mode("olga", "+b", mask, time=1000 * MINUTE)
    changes = (("-", "b", "bob!*@*"), ("-", "b", "bob!*@*"), ("-", "b", "~t:1:eve!*@*"), ("-", "b", "~t:1:zoe!*@*"))
    event = {"stream": room.channel.uid, "changes": changes, "time": 2000 * MINUTE}
    applied(room.life.do(events.ModesChanged, room.users["olga"], **event))
    assert not room.channel.lists["b"]
    paul = room.users["paul"].uid
    twice = (("+", "v", paul), ("+", "v", paul), ("+", "m", ""), ("+", "m", ""))
    room.life.do(events.ModesChanged, room.users["olga"], stream=room.channel.uid, changes=twice)
    assert room.flags("paul") == VOICE.bit


def test_lists_are_bounded(room):
    """ "Everything is bounded": masks of a list, and invitations, of which the oldest gives way."""
    for number in range(LIST_MAX):
        applied(room.mode("olga", "+b", f"u{number}!*@*"))
    assert refused(room.mode("olga", "+b", "eve!*@*")) == (Reason.LIST_FULL, "")
    for number in range(INVITATIONS_MAX + 1):
        target = room.life.account(f"n{number}")
        room.life.do(events.Invited, room.users["olga"], stream=room.channel.uid, target=target.uid)
    assert len(room.channel.invited) == INVITATIONS_MAX
    assert room.life.state.user_named("n0").uid not in room.channel.invited


# Writing


@pytest.mark.parametrize(
    ("change", "parameter", "reason"),
    [
        ("+m", "", Reason.MODERATED),
        ("+b", "paul!*@*", Reason.BANNED_INSIDE),
        ("+b", "~m:~a:paul", Reason.MUTED),
    ],
)
def test_who_may_not_write(room, change, parameter, reason):
    """Members with a role may write in spite of it; the others when it is taken back."""
    applied(room.mode("olga", change, parameter))
    assert refused(room.say("paul")) == (reason, "#room")
    applied(room.say("vera"))
    applied(room.mode("olga", change.replace("+", "-"), parameter))
    applied(room.say("paul"))


def test_members_only(room):
    """``n``: only members write. Without it, everybody does who is not banned."""
    assert refused(room.say("eve")) == (Reason.CANNOT_SEND, "#room")
    room.mode("olga", "-n")
    applied(room.say("eve"))
    room.mode("olga", "+b", "eve!*@*")
    assert refused(room.say("eve")) == (Reason.BANNED_INSIDE, "#room")


def test_no_ctcp(room):
    """``C``: no CTCP but ACTION, from nobody."""
    room.mode("olga", "+C")
    assert refused(room.say("olga", "\x01VERSION\x01")) == (Reason.NO_CTCP, "#room")
    applied(room.say("paul", "\x01ACTION waves\x01"))


def test_the_topic(room):
    """``t``: members from half-operator on."""
    topic = {"stream": room.channel.uid, "text": "x"}
    applied(room.life.do(events.TopicSet, room.users["paul"], **topic))
    room.mode("olga", "+t")
    assert refused(room.life.do(events.TopicSet, room.users["vera"], **topic)) == (Reason.RANK_TOO_LOW, "#room")
    applied(room.life.do(events.TopicSet, room.users["hans"], **topic))


# Seeing and reading


def test_a_secret_channel_is_for_its_members(room):
    """ "A secret channel is invisible everywhere", also for those who were members; administrators see it."""
    state, eve = room.life.state, room.users["eve"]
    applied(room.join("eve"))
    room.mode("olga", "+s")
    assert may_see(state, eve, room.channel)
    assert visible_channel(state, eve, "#ROOM") is room.channel
    applied(room.kick("olga", "eve"))
    assert not may_see(state, eve, room.channel)
    assert not may_see(state, None, room.channel)
    assert visible_channel(state, eve, "#room") is None
    assert visible_channel(state, None, "#room") is None
    assert refused(room.say("eve")) == (Reason.NO_SUCH_CHANNEL, "#room")
    room.administrator("eve")
    assert may_see(state, eve, room.channel)
    assert visible_channel(state, eve, "#room") is room.channel
    assert visible_channel(state, eve, "#none") is None


def test_newcomers_do_not_read_the_past(room):
    """``W``: members without a role read what was said after they joined."""
    state, eve = room.life.state, room.users["eve"]
    before = applied(room.say("paul")).event.time
    assert messages.may_read(state, eve, room.channel.uid) is None
    applied(room.join("eve"))
    assert messages.may_read(state, eve, room.channel.uid).after < before
    room.mode("olga", "+W")
    assert messages.may_read(state, eve, room.channel.uid).after > before
    room.mode("olga", "+v", "eve")
    assert messages.may_read(state, eve, room.channel.uid).after < before


def test_a_replay_of_all_of_it_is_the_same(room):
    """The log and the snapshot say all of it."""
    for change, parameter in (
        ("+k", "x"),
        ("+l", "50"),
        ("+b", "~t:5:eve!*@*"),
        ("+I", "~a:z*"),
        ("+W", ""),
        ("-n", ""),
    ):
        applied(room.mode("olga", change, parameter))
    room.life.part(room.users["vera"], room.channel)
    digest = room.life.state.digest()
    assert replayed(room.life.log).digest() == digest
    assert type(room.life.state).restore(room.life.state.snapshot()).digest() == digest


@pytest.mark.parametrize("mode", ["+m", "+b ~m:paul", "+b paul"])
def test_who_may_not_write_writes_in_no_other_way(room, mode):
    """A topic is refused as a message is, and the reasons of PART and REDACT are dropped, when they are applied."""
    room.mode("qara", *mode.split())
    paul, uid = room.users["paul"], room.channel.uid
    why = refused(room.say("paul"))
    assert refused(room.life.do(events.TopicSet, paul, stream=uid, text="buy")) == why
    now = {"sent": 1_000_000, "author": paul.uid, "within": MINUTE, "position": 1}
    redacted = room.life.do(events.Redacted, paul, stream=uid, msgid="1", reason="buy", **now)
    assert applied(redacted).event.reason == ""
    assert applied(room.life.part(paul, room.channel, reason="buy")).event.reason == ""
    applied(room.life.do(events.TopicSet, room.users["vera"], stream=uid, text="from a voice"))
    assert applied(room.life.part(room.users["vera"], room.channel, reason="bye")).event.reason == "bye"


def test_taking_the_role_of_who_has_left(room):
    """Its role is kept, and may be taken as if it were a member: by who may give it, and from no higher role."""
    applied(room.join("eve"))
    applied(room.mode("qara", "+q", "eve"))
    for name in ("anna", "olga", "qara"):
        room.life.part(room.users[name], room.channel)
    uids = {name: user.uid for name, user in room.users.items()}
    assert refused(room.mode("hans", "-o", "olga"))[0] is Reason.RANK_TOO_LOW
    applied(room.mode("eve", "+o", "hans"))
    assert refused(room.mode("hans", "-q", "qara"))[0] is Reason.RANK_TOO_LOW
    assert refused(room.mode("hans", "+o", "anna"))[0] is Reason.NOT_IN_CHANNEL
    assert refused(room.mode("hans", "-v", "olga"))[0] is Reason.NOT_IN_CHANNEL, "it has no voice"
    taken = applied(room.mode("hans", "-o", "olga")).event
    assert taken.changes == (("-", "o", uids["olga"]),)
    assert uids["olga"] not in room.channel.roles
    assert refused(room.mode("hans", "-o", "olga"))[0] is Reason.NOT_IN_CHANNEL
    applied(room.join("olga"))
    assert room.flags("olga") == 0
    applied(room.mode("eve", "-q", "qara"))
    assert room.channel.roles == {uids["anna"]: PROTECTED.bit}
    assert replayed(room.life.log).channels == room.life.state.channels


def test_nobody_takes_a_kept_role_below_a_higher_one(room):
    """ "Nobody takes a role from a member with a higher role": also when the member has left."""
    applied(room.mode("qara", "+o", "anna"))
    room.life.part(room.users["anna"], room.channel)
    assert refused(room.mode("olga", "-o", "anna"))[0] is Reason.TARGET_ABOVE
    changes = (("-", "o", room.users["anna"].uid), ("-", "o", room.users["anna"].uid))
    outcome = room.life.do(events.ModesChanged, room.users["qara"], stream=room.channel.uid, changes=changes)
    assert refused(outcome)[0] is Reason.NOT_IN_CHANNEL


@pytest.mark.parametrize(("name", "why"), [("qara", None), ("anna", Reason.BANNED), ("olga", Reason.BANNED)])
def test_a_kept_role_does_not_open_a_banned_channel(room, name, why):
    """Only a founder comes back in spite of a ban; a mute keeps nobody out. When the ban ends, the role is back."""
    applied(room.mode("qara", "+o", "hans"))
    room.life.part(room.users[name], room.channel)
    applied(room.mode("hans", "+i"))
    applied(room.mode("hans", "+b", f"{name}!*@*"))
    outcome = room.join(name)
    if why is None:
        applied(outcome)
        return
    assert refused(outcome)[0] is why
    applied(room.mode("hans", "-b", f"{name}!*@*"))
    applied(room.mode("hans", "+b", f"~m:{name}!*@*"))
    applied(room.join(name))
    assert room.flags(name)


def test_the_removals_that_a_user_has_not_learnt_of(room):
    """ "Everything is bounded": the last ones are kept, until a client has them; a guest has none."""
    paul, guest = room.users["paul"], room.life.guest("guest")
    for number in range(REMOVALS_MAX + 2):
        applied(room.kick("olga", "paul"))
        if number < REMOVALS_MAX + 1:
            applied(room.join("paul"))
    positions = [removal.position for removal in paul.removals]
    assert len(positions) == REMOVALS_MAX
    assert positions[-1] == room.life.state.position
    assert (paul.removals[-1].nick, paul.removals[-1].channel) == ("olga", "#room")
    assert [removal.position for removal in removals_since(paul, positions[-2])] == positions[-1:]
    assert replayed(room.life.log).digest() == room.life.state.digest()
    applied(room.life.do(events.Attended, paul, position=positions[-2], until=5_000))
    assert [removal.position for removal in paul.removals] == positions[-1:]
    room.life.join(guest, "#room")
    applied(room.life.do(events.Kicked, room.users["olga"], stream=room.channel.uid, target=guest.uid, target_nick=""))
    assert guest.removals == ()
