"""What a person reads of an event."""

from __future__ import annotations

import re

import pytest

from chatapp.client.core.answers import BlockedPeople, Change, Channels, Invitations, Listed, Mask, Masks, Modes, WhoIs
from chatapp.client.core.events import (
    Blocked,
    ChannelRenamed,
    Deleted,
    Edited,
    Invited,
    Kicked,
    Knocked,
    Left,
    ModesChanged,
    Notice,
    NotSent,
    Reacted,
    TopicSet,
)
from chatapp.client.fronts.modes import mask_words
from chatapp.client.fronts.sentences import LISTED_MAX, sentences, why_not_sent
from chatapp.protocol.timestamps import TIME_MS_MAX
from chatapp.server.refusals import lines, messages
from chatapp.server.refusals.kinds import Numbered, Standard

OP = Change(True, "o", "bob", "operator")


def changed(*changes: Change, by: str = "alice") -> ModesChanged:
    """Make a change of modes."""
    return ModesChanged("#room", by, changes)


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (Kicked("#room", "bob", False, "alice", "too loud"), "bob was removed from #room by alice: too loud"),
        (Kicked("#room", "bob", False, "alice", ""), "bob was removed from #room by alice."),
        (Kicked("#room", "You", False, "alice", ""), '"You" was removed from #room by alice.'),
        (Kicked("#room", "me", True, "", "x"), "You were removed from #room: x"),
        (ChannelRenamed("#old", "#new", "alice", "shorter"), "#old is now #new (by alice): shorter"),
        (ChannelRenamed("#old", "#new", "", ""), "#old is now #new."),
        (Edited("#r", "bob", False, "m", "nine", "bob", "ni"), 'bob corrected "ni" in #r: nine'),
        (Edited("#r", "me", True, "m", "a\nb", "me", "ab"), 'You corrected "ab" in #r: a / b'),
        (Edited("bob", "bob", False, "m", "nine"), "bob corrected an earlier message in your conversation: nine"),
        (Edited("bob", "me", True, "m", "nine"), "You corrected an earlier message to bob: nine"),
        (Edited("#r", "bob", False, "m", "\x01ACTION waves\x01"), "bob corrected an earlier message in #r: waves"),
        (Reacted("#r", "bob", False, "m", "👍", True, "al", "hi"), 'bob reacted with 👍 to "hi" in #r.'),
        (Reacted("#r", "me", True, "m", "👍", False), "You removed the reaction 👍 from an earlier message in #r."),
        (Deleted("#r", "bob", False, "m", "", "bob", "hi"), 'bob deleted "hi" in #r.'),
        (Deleted("#r", "al", False, "m", "spam", "bob", "hi"), 'al deleted "hi" by bob in #r: spam'),
        (Left("#room", "me", True, ""), "You are no longer in #room."),
        (changed(OP), "bob is now an operator of #room (by alice)."),
        (changed(Change(False, "o", "me", "operator", True)), "You are no longer an operator of #room (by alice)."),
        (changed(Change(True, "q", "bob", "founder"), by=""), "bob is now a founder of #room."),
        (changed(Change(True, "v", "bob", "voice")), "bob now has a voice in #room (by alice)."),
        (changed(Change(False, "v", "me", "voice", True)), "You no longer have a voice in #room (by alice)."),
        (changed(Change(True, "Y", "bob", "Y")), "bob now has the role Y in #room (by alice)."),
        (changed(Change(True, "b", "eve!*@*")), "alice banned eve from #room for good."),
        (
            changed(Change(False, "b", "~t:5:~m:eve!*@*"), Change(True, "b", "~t:2:~m:EVE!*@*")),
            "alice changed the mute of EVE in #room, now for 2 minutes.",
        ),
        (
            changed(Change(False, "b", "~t:60:eve!*@*"), Change(True, "b", "eve!*@*")),
            "alice changed the ban of eve from #room, now for good.",
        ),
        (
            ModesChanged(
                "#room", "alice", (Change(False, "b", "~m:eve!*@*"), Change(True, "b", "~t:5:~m:eve!*@*")), "x"
            ),
            "alice changed the mute of eve in #room, now for 5 minutes: x",
        ),
        (
            changed(Change(False, "e", "eve!*@*"), Change(True, "e", "~t:5:eve!*@*")),
            "alice changed the exception of eve from the bans and mutes of #room, now for 5 minutes.",
        ),
        (
            changed(Change(False, "I", "eve!*@*"), Change(True, "I", "~t:5:eve!*@*")),
            "alice lets eve into #room without an invitation, now for 5 minutes.",
        ),
        (changed(Change(False, "b", "~t:5:~m:eve!*@*"), by="chat.home"), "The mute of eve in #room is over."),
        (changed(Change(False, "b", "~t:5:eve!*@*"), by=""), "The ban of eve from #room is over."),
        (changed(Change(False, "b", "~t:5:eve!*@*")), "alice removed the ban of eve from #room."),
        (
            changed(Change(False, "e", "~t:5:eve!*@*"), by="chat.home"),
            "The exception of eve from the bans and mutes of #room is over.",
        ),
        (
            changed(Change(False, "I", "~t:5:eve!*@*"), by="chat.home"),
            "eve needs an invitation to #room again.",
        ),
        (changed(Change(True, "b", "~m:eve!*@*")), "alice muted eve in #room for good."),
        (
            changed(Change(True, "e", "~t:60:eve!*@*")),
            "alice excepted eve from the bans and mutes of #room for an hour.",
        ),
        (
            ModesChanged("#room", "alice", (Change(True, "b", "~t:5:~m:eve!*@*"),), "too loud"),
            "alice muted eve in #room for 5 minutes: too loud",
        ),
        (changed(Change(False, "b", "~a:eve")), "alice removed the ban of the account eve from #room."),
        (changed(Change(True, "b", "~t:60:~m:eve!*@*")), "alice muted eve in #room for an hour."),
        (changed(Change(False, "b", "~m:eve!*@*")), "alice ended the mute of eve in #room."),
        (changed(Change(True, "b", "*!*@10.*")), "alice banned *!*@10.* from #room for good."),
        (changed(Change(True, "I", "eve!*@*")), "alice lets eve into #room without an invitation."),
        (changed(Change(False, "e", "eve!*@*")), "alice no longer excepts eve from the bans and mutes of #room."),
        (changed(Change(True, "m", "")), "alice changed #room: only members with a role can write now."),
        (changed(Change(True, "m", ""), by=""), "The server changed #room: only members with a role can write now."),
        (changed(Change(False, "m", "")), "alice changed #room: all members can write now."),
        (changed(Change(True, "l", "9")), "alice changed #room: at most 9 people can be members now."),
        (changed(Change(True, "k", "{0.x}")), "alice changed #room: people need the key {0.x} to join now."),
        (
            changed(Change(True, "f", "#other")),
            "alice changed #room: people who cannot join come to #other now.",
        ),
        (
            changed(Change(False, "f", "")),
            "alice changed #room: people who cannot join come to no other channel now.",
        ),
        (changed(Change(True, "f", "5:10")), "alice set the mode f 5:10 of #room."),
        (changed(Change(False, "z", "")), "alice removed the mode z of #room."),
        (changed(Change(True, "b", "")), "alice set the mode b of #room."),
        (Modes("#room", ()), "#room has no modes."),
        (
            Modes("#room", (Change(True, "t", ""),)),
            "The modes of #room: +t (only half-operators and higher can change the topic)",
        ),
        (
            Modes("#room", (Change(True, "f", "#other"), Change(True, "z", ""))),
            "The modes of #room: +fz #other (people who cannot join come to #other)",
        ),
        (
            Modes("#room", (Change(True, "k", "key"), Change(True, "z", ""))),
            "The modes of #room: +kz key (people need the key key to join)",
        ),
        (Masks("#room", "b", ()), "Nobody is banned from #room or muted there."),
        (Masks("#room", "e", ()), "#room: the list of exceptions from bans and mutes is empty."),
        (Masks("#room", "q", ()), "#room: the list of mode q is empty."),
        (TopicSet("#room", "bob", ""), "bob removed the topic of #room."),
        (TopicSet("#room", "", ""), "#room has no topic."),
        (TopicSet("#room", "", "News"), "The topic of #room: News"),
        (Invited("#room", "me", True, "bob"), "You are invited to #room (by bob). To join, type /join #room"),
        (Invited("#room", "bob", False, "me", "lunch"), "bob is invited to #room (by me), but is away: lunch"),
        (Invitations(("#a", "#b")), "You are invited to #a, #b."),
        (Invitations(()), "You have no invitations."),
        (Channels(()), "There are no channels that you can see."),
        (WhoIs("bob"), "bob is bob"),
        (Blocked("eve", True), "You block eve now: what eve writes does not reach you."),
        (Blocked("eve", False), "You no longer block eve."),
        (BlockedPeople(("eve", "bob")), "You block eve, bob."),
        (BlockedPeople(()), "You block nobody."),
    ],
)
def test_one_sentence(event, sentence):
    """ "What a person sees must be plain sentences"."""
    assert sentences(event) == [sentence]


def test_several_changes():
    """One sentence for each."""
    assert len(sentences(changed(OP, Change(True, "n", ""), Change(True, "b", "x!*@*")))) == 3


def test_other_events_are_told_elsewhere():
    """An event that is not in the table has no sentence here."""
    assert sentences(Notice("x")) == []


def test_who_somebody_is():
    """What the server told, a line each; what it did not tell is not there."""
    told = WhoIs("bob", "Bob B", "b", "h", "s", "bobby", ("@#a", "#b"), False, "out", 7200, 1_700_000_000_000, ("x y",))
    assert sentences(told) == [
        "bob is Bob B [b@h]",
        "  account: bobby",
        "  channels: @#a, #b",
        "  away: out",
        "  signed in: 2023-11-14 22:13 UTC",
        "  idle: 2 hours",
        "  server: s",
        "  x y",
    ]
    assert sentences(WhoIs("bob", here=False, idle_s=0)) == ["bob is bob", "  away", "  idle: less than a minute"]
    assert len(sentences(WhoIs("bob", since=10**18))) == 2


def test_lists_are_bounded():
    """R9: however long a list is, so many rows are shown; the channels with most people first."""
    channels = Channels(tuple(Listed(f"#{number}", number, "") for number in range(1, 1001)))
    rows = sentences(channels)
    assert rows[0] == "#1000: 1000 people"
    assert (len(rows), rows[-1]) == (LISTED_MAX + 1, "  and 800 more")
    masks = Masks("#a", "b", tuple(Mask(f"m{number}", "op", 0) for number in range(1000)))
    assert len(sentences(masks)) == LISTED_MAX + 2
    assert sentences(masks)[1] == "  m0 is banned for good (by op)"


def test_the_list_of_bans():
    """Whom each entry is about, what it is, and until when; not the letters of masks."""
    masks = (
        Mask("eve!*@*", "", 0),
        Mask("~t:5:~m:p10!*@*", "teacher", 1_700_000_000_000),
        Mask("~t:5:p11!*@*", "teacher", 0),
        Mask("~m:~a:p12", "", 1_700_000_000_000),
        Mask("e*!*@*", "", 0, "too loud"),
    )
    assert sentences(Masks("#room", "b", masks)) == [
        "#room, bans and mutes:",
        "  eve is banned for good",
        "  p10 is muted until 2023-11-14 22:18 UTC (by teacher, 2023-11-14 22:13 UTC)",
        "  p11 is banned for 5 minutes (by teacher)",
        "  the account p12 is muted for good (2023-11-14 22:13 UTC)",
        "  e*!*@* is banned for good: too loud",
    ]
    endless = Mask("~t:9999999:eve!*@*", "", 10**18)  # a clock of the system would not take this time
    assert sentences(Masks("#room", "b", (endless,)), str)[1] == f"  eve is banned until {TIME_MS_MAX} ({TIME_MS_MAX})"
    timed = Mask("~t:5:p11!*@*", "teacher", 1_700_000_000_000)
    assert sentences(Masks("#room", "I", (masks[0], timed)), str) == [
        "#room, people who need no invitation:",
        "  eve",
        "  p11 until 1700000300000 (by teacher, 1700000000000)",
    ]
    assert sentences(Masks("#room", "e", (masks[0], timed, masks[3])), str) == [
        "#room, exceptions from bans and mutes:",
        "  eve is excepted from bans and mutes",
        "  p11 is excepted from bans and mutes until 1700000300000 (by teacher, 1700000000000)",
        "  the account p12 is excepted from bans and mutes (1700000000000)",
    ]


def test_what_takes_the_place_of_a_mute():
    """A ban is no mute, and another person is somebody else: these are two things that were done."""
    removed = Change(False, "b", "~m:eve!*@*")
    for change in Change(True, "b", "eve!*@*"), Change(True, "b", "~m:bob!*@*"), Change(True, "e", "~m:eve!*@*"):
        assert len(sentences(changed(removed, change))) == 2
    assert len(sentences(changed(Change(True, "b", "~m:eve!*@*"), removed))) == 2


def test_long_answers_are_bounded():
    """R9: the same for what is told about one user, and for names in a row."""
    names = tuple(f"#{number}" for number in range(1000))
    rows = sentences(WhoIs("bob", channels=names, notes=names))
    assert len(rows) == LISTED_MAX + 2
    assert rows[1].endswith("#199, and 800 more")
    assert sentences(BlockedPeople(names))[0].endswith("#199, and 800 more.")


def test_a_knock():
    """It says what the operator can do."""
    assert sentences(Knocked("#room", "bob", "please")) == [
        "bob asks to be invited to #room: please",
        "To let bob in, type /invite bob #room",
    ]


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("eve!*@*", (False, "eve", "")),
        ("e*!*@*", (False, "e*!*@*", "")),
        ("~t:1:eve!*@*", (False, "eve", " for a minute")),
        ("~t:90:eve!*@*", (False, "eve", " for 90 minutes")),
        ("~t:2880:~a:eve", (False, "the account eve", " for 2 days")),
        ("~t:99999999:eve", (False, "~t:99999999:eve", "")),
        ("", (False, "", "")),
        ("~m:", (False, "~m:", "")),
    ],
)
def test_masks_in_words(mask, words):
    """A mask that is not one of ours stays as it is."""
    assert mask_words(mask) == words


def test_a_refusal_of_a_text_says_once_that_it_was_not_sent():
    """ "Not sent to bob" stands before the reason of the server, which says the same in its own words."""
    kinds = [each for module in (lines, messages) for each in vars(module).values()]
    texts = [each.text for each in kinds if isinstance(each, Numbered | Standard)]
    texts += ["Not stored: the server's disk is full. Try again later."]
    assert sum("Nothing was sent" in text for text in texts) > 20
    for text in texts:
        why = why_not_sent(NotSent("bob", "hello", "FAIL", text, 1, 0))
        assert not re.search("nothing was sent|not stored", why, re.IGNORECASE), text
        assert why[:1] in ":.", why
