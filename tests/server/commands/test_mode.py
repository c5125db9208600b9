"""MODE: showing and changing what a channel is like."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.server.delivery import render


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("MODE #ROOM", ["324 alice #room +nt", "329 alice #room {when}"]),
        ("MODE #room +", ["324 alice #room +nt", "329 alice #room {when}"]),
        ("MODE #room b", ["368 alice #room :..."]),
        ("MODE #room +b", ["368 alice #room :..."]),
        ("MODE #room -eI", ["349 alice #room :...", "347 alice #room :..."]),
        ("MODE #room ++--", ["324 alice #room +nt", "329 alice #room {when}"]),
        ("MODE #room +x", ["472 alice x :..."]),
        ("MODE #room +é", ["472 alice é :..."]),
        ("MODE #room +:", ["472 alice * :..."]),
        ("MODE #room +b *!*@*", ["696 alice #room b *!*@* :That is everybody: ..."]),
        ("MODE #room +b :a b", ["696 alice #room b * :..."]),
        ("MODE #room +k", ["696 alice #room k * :..."]),
        ("MODE #room +k a,b", ["696 alice #room k a,b :..."]),
        ("MODE #room +l 0", ["696 alice #room l 0 :..."]),
        ("MODE #room +l ten", ["696 alice #room l ten :..."]),
        ("MODE #room +f room", ["696 alice #room f room :..."]),
        ("MODE #room +f #none", ["696 alice #room f #none :There is no such channel to send people to."]),
        ("MODE #room +o", ["696 alice #room o * :..."]),
        ("MODE #room +o nobody", ["401 alice nobody :..."]),
        ("MODE #room +o carol", ["441 alice carol #room :..."]),
        ("MODE #room +t", []),
        ("MODE #none", ["403 alice #none :There is no such channel."]),
        ("MODE :#a b", ["403 alice * :There is no such channel."]),
        ("MODE ALICE", ["221 alice +"]),
        ("MODE alice +", ["221 alice +"]),
        ("MODE alice +x", ["501 alice x :..."]),
        ("MODE #room +zzz-z", ["472 alice z :..."]),
        ("MODE #room +zy", ["472 alice z :...", "472 alice y :..."]),
        ("MODE bob", ["502 alice :..."]),
        ("MODE nobody", ["401 alice nobody :..."]),
        ("MODE", ["461 alice MODE :..."]),
        ("MODE :", ["461 alice MODE :..."]),
    ],
)
def test_questions_and_mistakes(world, line, answers):
    """Each gets its numeric, and nothing changes."""
    world.enter("alice")
    world.channel("#room", "alice")
    lines = "".join(f"alice< :s {answer}\n" for answer in answers)
    world.play(f"""
        alice> {line}
        {lines}
        alice> MODE #room
        alice< :s 324 alice #room +nt
        alice< :s 329 alice #room {{when2}}
    """)


def test_changes_are_told_to_all_members(world):
    """ "+o-v": several at once are one line, for the members and for who made them."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.play("""
        alice> MODE #room +ovm bob BOB
        alice< :alice!alice@s MODE #room +ovm bob bob
        bob< :alice!alice@s MODE #room +ovm bob bob
        bob> MODE #room -m+lk 5 key
        alice< :bob!bob@s MODE #room -m+lk 5 key
        bob< :bob!bob@s MODE #room -m+lk 5 key
        bob> MODE #room
        bob< :s 324 bob #room +ntkl key 5
        bob< :s 329 bob #room {when}
        carol> MODE #room
        carol< :s 324 carol #room +ntkl * 5
        carol< :s 329 carol #room {when}
        bob> MODE #room -klv whatever bob
        alice< :bob!bob@s MODE #room -klv * bob
        bob< :bob!bob@s MODE #room -klv * bob
        bob> NAMES #room
        bob< :s 353 bob = #room :~alice @bob
        bob< :s 366 bob #room :End of NAMES list.
    """)


def test_changes_are_made_in_order(world):
    """The last of several changes of a mode counts: each is judged after the changes before it."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.deaf()
    for changes, told in (
        ("+m-m", "+m-m"),
        ("+b-b Eve eve", "+b-b Eve!*@* Eve!*@*"),
        ("-b+b+b eve Zoe zoe", "+b Zoe!*@*"),
        ("+k-k+k a * b", "+k-k+k a * b"),
        ("+o-o+v bob bob bob", "+o-o+v bob bob bob"),
        ("-v+v bob bob", "-v+v bob bob"),
        ("+i-i", "+i-i"),
        ("-i+i-t", "+i-t+W"),
        ("-q+v alice alice", "-q+v alice alice"),
    ):
        assert world.actors["alice"].ask(f"MODE #room {changes}") == [f":alice!alice@s MODE #room {told}"], changes
        assert world.actors["bob"].hear() == [f":alice!alice@s MODE #room {told}"]
    world.play("""
        bob> MODE #room
        bob< :s 324 bob #room +Wink b
        bob< :s 329 bob #room {when}
        bob> NAMES #room
        bob< :s 353 bob = #room :+alice +bob
        bob< :s 366 bob #room :End of NAMES list.
    """)


def test_where_people_are_sent(world):
    """ "696 <client> <channel> <mode> <param> :reason": a secret channel of others is no channel for this answer."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice")
    world.channel("#other", "bob")
    world.channel("#hidden", "bob")
    world.play("""
        bob> MODE #hidden +s
        bob< :bob!bob@s MODE #hidden +s
        alice> MODE #room +f #nosuch
        alice< :s 696 alice #room f #nosuch :There is no such channel to send people to.
        alice> MODE #room +f #hidden
        alice< :s 696 alice #room f #hidden :There is no such channel to send people to.
        alice> MODE #room +f #other
        alice< :s 696 alice #room f #other :To send people to that channel you must be an operator there too.
        alice> JOIN #other
        alice< :alice!alice@s JOIN #other
        alice< :s 353 alice = #other :~bob alice
        alice< :s 366 alice #other :End of NAMES list.
        bob< :alice!alice@s JOIN #other
        bob> MODE #other +o alice
        alice< :bob!bob@s MODE #other +o alice
        bob< :bob!bob@s MODE #other +o alice
        alice> MODE #room +f #other
        alice< :alice!alice@s MODE #room +f #other
    """)


def test_where_people_are_sent_is_not_told_of_a_secret_channel(world):
    """A secret channel is invisible to others, also as the parameter of ``f``: gone or there, they see the same."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    world.channel("#hidden", "alice")
    alice.ask("MODE #room +f #hidden")
    assert " 324 bob #room +ntf #hidden" in bob.ask("MODE #room")[0]
    alice.ask("MODE #hidden +s")
    hidden = bob.ask("MODE #room")
    assert " 324 bob #room +ntf *" in hidden[0]
    assert " 324 alice #room +ntf #hidden" in alice.ask("MODE #room")[0]
    alice.ask("PART #hidden")
    assert bob.ask("MODE #room") == hidden
    bob.ask("JOIN #hidden")
    assert bob.ask("MODE #room") == hidden


def test_one_command_does_not_overfill_a_list(world):
    """The masks beyond MAXLIST are refused, and the others listed."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    for start in range(0, 96, 12):
        alice.say(f"MODE #room +{'b' * 12} {' '.join(f'u{start + each}' for each in range(12))}")
    world.deaf()
    masks = [f"x{each}" for each in range(6)]
    heard = alice.ask(f"MODE #room +{'b' * 6} {' '.join(masks)}")
    assert heard[-1] == ":alice!alice@s MODE #room +bbbb x0!*@* x1!*@* x2!*@* x3!*@*"
    assert heard[:-1] == [":s 478 alice #room b :The list is full."]
    assert len([line for line in alice.ask("MODE #room b") if " 367 " in line]) == 100


def test_a_key_is_removed_with_a_parameter(world):
    """ "These modes MUST always have a parameter when sent from the server to a client": also without one from it."""
    world.enter("alice")
    world.enter("bob", "draft/chathistory draft/event-playback batch")
    world.channel("#room", "alice bob")
    world.play("""
        alice> MODE #room +k key
        alice< :alice!alice@s MODE #room +k key
        bob< :alice!alice@s MODE #room +k key
        alice> MODE #room -k+o * bob
        alice< :alice!alice@s MODE #room -k+o * bob
        bob< :alice!alice@s MODE #room -k+o * bob
        alice> MODE #room +k key
        alice< :alice!alice@s MODE #room +k key
        bob< :alice!alice@s MODE #room +k key
        alice> MODE #room -k
        alice< :alice!alice@s MODE #room -k *
        bob< :alice!alice@s MODE #room -k *
    """)
    page = world.actors["bob"].ask("CHATHISTORY LATEST #room * 1")
    assert page[1].endswith(":alice!alice@s MODE #room -k *")


def test_what_is_not_allowed_is_said_once(world):
    """ "482", and what is allowed takes place all the same."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.play("""
        bob> MODE #room +mi-t
        bob< :s 482 bob #room :...
        carol> MODE #room +m
        carol< :s 482 carol #room :...
        carol> MODE #room b
        carol< :s 442 carol #room :...
        alice> MODE #room +h bob
        alice< :alice!alice@s MODE #room +h bob
        bob< :alice!alice@s MODE #room +h bob
        bob> MODE #room +moo alice carol
        bob< :s 482 bob #room :...
        bob< :s 441 bob carol #room :...
        bob< :bob!bob@s MODE #room +m
        alice< :bob!bob@s MODE #room +m
    """)


def test_lists(world):
    """A list names each mask, who set it, and when; the mask is shown as it was typed."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice bob")
    names = world.play("""
        alice> MODE #room +b eve
        alice< :alice!alice@s MODE #room +b eve!*@*
        bob< :alice!alice@s MODE #room +b eve!*@*
        alice> MODE #room +b EVE
        bob> MODE #room b
        bob< :s 367 bob #room eve!*@* alice {when}
        bob< :s 368 bob #room :...
        alice> MODE #room +b ~t:1:zoe
        alice< :alice!alice@s MODE #room +b ~t:1:zoe!*@*
        bob< :alice!alice@s MODE #room +b ~t:1:zoe!*@*
    """)
    assert int(names["when"]) > 0
    world.watch._timer.cancel()
    world.advance(61)  # what has lapsed is not shown, also if its event has not come yet
    world.play("""
        bob> MODE #room b
        bob< :s 367 bob #room eve!*@* alice {when}
        bob< :s 368 bob #room :...
        alice> MODE #room -b Eve
        alice< :s MODE #room -b ~t:1:zoe!*@*
        bob< :s MODE #room -b ~t:1:zoe!*@*
        alice< :alice!alice@s MODE #room -b eve!*@*
        bob< :alice!alice@s MODE #room -b eve!*@*
    """)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        ("~m:bob", "you are muted in this channel."),
        ("~m:~a:bob", "you are muted in this channel."),
        ("bob", "you are banned from this channel."),
        ("~t:5:~m:bob", "you are muted in this channel until 2026-01-01 00:21 UTC."),
        ("~t:5:bob", "you are banned from this channel until 2026-01-01 00:21 UTC."),
        ("~t:5:bob ~t:90:~m:b*", "you are muted in this channel until 2026-01-01 01:46 UTC."),
        ("~t:5:~m:bob bob", "you are banned from this channel."),
        ("bob ~t:5:~m:bob", "you are banned from this channel."),
        ("~t:5:~m:bob ~m:eve", "you are muted in this channel until 2026-01-01 00:21 UTC."),
    ],
)
def test_who_may_not_write_learns_for_how_long(world, masks, words):
    """Whether it is a ban or a mute, and until when: of several, the mask that lasts longest. It is 00:16 now."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    for mask in masks.split():
        world.actors["alice"].ask(f"MODE #room +b {mask}")
    world.actors["bob"].hear()
    (heard,) = world.actors["bob"].ask("PRIVMSG #room :hi")
    assert heard == f":s 404 bob #room :Nothing was sent: {words}"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("~t:5:~m:bob", "~t:10:~m:BOB", "-b+b ~t:5:~m:bob!*@* ~t:10:~m:BOB!*@*"),
        ("~t:5:~m:bob", "~t:5:~m:bob", "-b+b ~t:5:~m:bob!*@* ~t:5:~m:bob!*@*"),  # another five minutes from now
        ("~m:bob", "~t:5:~m:bob", "-b+b ~m:bob!*@* ~t:5:~m:bob!*@*"),
        ("~t:5:bob", "bob", "-b+b ~t:5:bob!*@* bob!*@*"),
        ("*!*bob@s", "*!*bob@*", "-b+b *!*bob@s *!*bob@*"),
        ("~t:1:~a:bob", "~t:2:~a:bob", "-b+b ~t:1:~a:bob ~t:2:~a:bob"),
        ("bob", "BOB", None),
        ("bob", "~m:bob", "+b ~m:bob!*@*"),
        ("~t:5:~m:bob", "~t:5:bob", "+b ~t:5:bob!*@*"),
        ("~t:5:~m:bob", "~t:5:~m:~a:bob", "+b ~t:5:~m:~a:bob"),
    ],
)
def test_a_second_mask_replaces_the_first(world, first, second, told):
    """A mask that is the same apart from its minutes and its host takes the place of the old one; a kind stays."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice")
    alice = world.actors["alice"]
    alice.ask(f"MODE #room +b {first}")
    heard = alice.ask(f"MODE #room +b {second}")
    assert heard == ([f":alice!alice@s MODE #room {told}"] if told else [])
    listed = [line.split()[4] for line in alice.ask("MODE #room b") if " 367 " in line]
    assert len(listed) == (1 if not told or told.startswith("-") else 2)
    assert not told or listed[-1] == told.split()[-1]


@pytest.mark.parametrize("second", ["~t:10:~m:bob!*@*", "~t:5:~m:bob!*@*", "~m:*!bob@s"])
def test_a_second_mute_is_one_line(world, second):
    """The old mute has not ended, so the line has both, and the record only that bob is muted again, and why."""
    alice = world.enter("alice", "message-tags")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice.ask("@+chatapp/reason=loud MODE #room +b ~t:5:~m:bob")
    (heard,) = alice.ask(f"@+chatapp/reason=again MODE #room +b {second}")
    told = f"+chatapp/reason=again :alice!alice@s MODE #room -b+b ~t:5:~m:bob!*@* {second}"
    assert heard.partition(";")[2] == told
    assert [(act.verb, act.target, act.detail) for act in world.services.state.acts[-2:]] == [
        ("mode +b", "~t:5:~m:bob!*@*", "loud"),
        ("mode +b", second, "again"),
    ]


def test_another_reason(world):
    """A mask that does not lapse gets it too; without another reason, nothing changes."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    alice.ask("@+chatapp/reason=loud MODE #room +b bob")
    assert alice.ask("MODE #room +b BOB", "@+chatapp/reason=loud MODE #room +b bob") == []
    line = alice.ask("@+chatapp/reason=spam MODE #room +b bob")
    assert line == [":alice!alice@s MODE #room -b+b bob!*@* bob!*@*"]
    assert world.services.state.channel_named("#room").lists["b"]["bob!*@*"].reason == "spam"


@pytest.mark.parametrize(
    ("room_bytes", "length", "lines"), [(512, 28, ["-b+b-b+b-b+b", "-b+b-b+b-b+b"]), (170, 32, ["-b", "+b"] * 6)]
)
def test_what_belongs_together_is_in_one_line(world, monkeypatch, room_bytes, length, lines):
    """A line ends before a mask and what it replaces, and between them only if they have no room together."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    names = [f"{letter * length}!{letter * length}@*" for letter in "bcdefg"]
    alice.ask(*[f"MODE #room +b ~m:{name}" for name in names])
    monkeypatch.setattr(render, "LINE_BYTES_MAX", room_bytes)
    told = alice.ask(f"MODE #room +bbbbbb {' '.join(f'~t:5:~m:{name}' for name in names)}")
    assert [line.split(" ")[3] for line in told] == lines


@pytest.mark.parametrize("second", ["~t:10:~m:bob!*@*", "~t:1:~m:bob!*@*"])
def test_a_mute_that_has_lapsed_does_not_end_again(world, second):
    """ "-b" would say that it was still there."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice.ask("MODE #room +b ~t:1:~m:bob")
    world.advance(61)
    world.deaf()
    assert alice.ask(f"MODE #room +b {second}") == [f":alice!alice@s MODE #room +b {second}"]
    assert world.actors["bob"].ask("PRIVMSG #room :hi")[-1].startswith(":s 404 ")


def test_a_full_list_takes_another_time(world):
    """What replaces an entry needs no room."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    with_all_forms(world, "b", ["~t:5:bob!*@*", *(f"u{each}!*@*" for each in range(99))])
    world.deaf()
    assert alice.ask("MODE #room +b ~t:9:bob*", "MODE #room +b ~t:9:*!bob@s") == [
        ":s 478 alice #room b :The list is full.",
        ":alice!alice@s MODE #room -b+b ~t:5:bob!*@* ~t:9:*!bob@s",
    ]


@pytest.mark.parametrize(
    ("mask", "given"),
    [
        ("*!*bob@s", "*!*bob@s"),  # irssi's /knockout
        ("*!*bob@*", "*!*bob@s"),  # as an older server has stored it
        ("*!*bob@s", "*!*bob@*"),
        ("*!bob@s", "bob"),
        ("~m:*!*Bob@s", "~m:*!*bob@*"),
        ("127.0.1.6!*@*", "127.0.1.6!*@*"),  # an older server accepted it
        ("127.0.1.6!*@*", "127.0.1.6"),
        ("account:bob!*@*", "account:bob"),
    ],
)
def test_a_mask_is_found_in_another_form(world, mask, given):
    """It is announced as it is in the list, so that clients find it in the lists that they keep."""
    world.enter("alice")
    world.channel("#room", "alice")
    with_all_forms(world, "b", [mask])
    world.deaf()
    assert world.actors["alice"].ask(f"MODE #room -b {given}") == [f":alice!alice@s MODE #room -b {mask}"]


@pytest.mark.parametrize("mask", ["*!*bob@s", "*!*Bob@S", "*!bob@*", "bob!?ob@s"])
def test_a_mask_is_announced_and_listed_as_given(world, mask):
    """irssi finds only its own text in the list that it keeps, so its ``/knockout`` would never end."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice")
    alice = world.actors["alice"]
    assert alice.ask(f"MODE #room +b {mask}") == [f":alice!alice@s MODE #room +b {mask}"]
    assert alice.ask("MODE #room b")[0].startswith(f":s 367 alice #room {mask} alice ")


@pytest.mark.parametrize("mask", ["127.0.1.6", "5m!*@*", "a.b.c", "$a:bob", "account:bob", "bob!eve@*", "~m:m:bob"])
def test_a_mask_that_nobody_matches(world, mask):
    """ "696 <client> <channel> <mode> <param> :reason": it would look as if it worked."""
    world.enter("alice")
    world.channel("#room", "alice")
    (heard,) = world.actors["alice"].ask(f"MODE #room +b {mask}")
    assert heard.startswith(f":s 696 alice #room b {mask} :")


@pytest.mark.parametrize("mask", ["~m:nemo", "~t:5:~m:nemo", "~m:*!*nemo@s", "~m:~a:nemo"])
def test_a_mute_of_nobody_now(world, mask):
    """A typing error in a name is told, once; the mask counts all the same, as somebody may take the name."""
    world.enter("alice")
    world.channel("#room", "alice")
    alice = world.actors["alice"]
    assert alice.ask(f"MODE #room +b {mask}")[1:] == [":s NOTICE alice :Nobody is called nemo now."]
    assert len(alice.ask(f"MODE #room -b {mask}")) == 1
    for other in ("nemo", "~m:~a:BOB", "~m:nem?", "~m:nemo*", "~m:n*!nemo", "~m:*!*bob"):
        assert len(alice.ask(f"MODE #room +b {other}")) == 1, other


def with_all_forms(world, letters, masks):
    """Fill the lists of alice's channel, also with several forms of one mask, as older servers did."""
    services = world.services
    alice, channel = services.state.user_named("alice"), services.state.channel_named("#room")
    for change in [("+", letter, mask) for letter in letters for mask in masks]:
        event = services.proposals.event(events.ModesChanged, alice, channel.uid, changes=(change,))
        world.run(services.proposals.settle(event))


@pytest.mark.parametrize(
    ("given", "ended"),
    [
        ("~m:bob", ["~m:bob!*@*", "~t:5:~m:bob!*@*", "~t:90:~m:Bob!*@*"]),
        ("~M:bob", []),
        ("~t:5:~m:bob", ["~t:5:~m:bob!*@*"]),
        ("bob", ["bob!*@*", "~t:7:bob!*@*"]),
        ("bob!*@*", ["bob!*@*", "~t:7:bob!*@*"]),
        ("BOB!*@*", ["bob!*@*", "~t:7:bob!*@*"]),
        ("~t:8:bob", []),
        ("~a:bob", ["~t:9:~a:bob"]),
    ],
)
def test_a_mask_without_its_time_ends_all_that_differ_in_the_time(world, given, ended):
    """Nobody knows the number of minutes by heart; in all three lists."""
    world.enter("alice")
    world.channel("#room", "alice")
    masks = ["~m:bob!*@*", "~t:5:~m:bob!*@*", "~t:90:~m:Bob!*@*", "bob!*@*", "~t:7:bob!*@*", "~t:9:~a:bob", "eve!*@*"]
    with_all_forms(world, "beI", masks)
    for letter in "beI":
        world.deaf()
        heard = world.actors["alice"].ask(f"MODE #room -{letter} {given}")
        told = [line.split(" ", 4)[4] for line in heard if " MODE #room -" in line]
        assert [mask for line in told for mask in line.split()] == ended


@pytest.mark.parametrize(("caps", "head"), [("standard-replies", "WARN MODE TOO_MANY_CHANGES"), ("", "NOTICE alice")])
def test_changes_beyond_the_limit_are_told(world, caps, head):
    """ISUPPORT MODES is "the maximum number of variable modes"; who sends more learns that some did nothing."""
    alice = world.enter("alice", caps, old=not caps)
    world.channel("#room", "alice")
    names = [f"u{number}" for number in range(14)]
    warned, made = alice.ask(f"MODE #room +{'b' * 14} {' '.join(names)}")
    assert warned.startswith(f":s {head}")
    assert warned.endswith("A line has 12 changes at most. Not made: 2 more. Send what is left in another line.")
    assert made == f":alice!alice@s MODE #room +{'b' * 12} {' '.join(f'{name}!*@*' for name in names[:12])}"


def test_many_masks_are_several_lines(world):
    """A line has 512 bytes at most; what does not fit into one is told in two."""
    world.enter("alice")
    world.channel("#room", "alice")
    masks = [f"{letter}{'*' * 92}!*@*" for letter in "abcdef"]
    heard = world.actors["alice"].ask(f"MODE #room +bbbbbb {' '.join(masks[:5])} x")
    assert all(len(line) <= 510 for line in heard)
    assert [line.split(" ", 3)[3] for line in heard] == [
        "+bbbb " + " ".join(masks[:4]),
        f"+bb {masks[4]} x!*@*",
    ]


def test_an_invite_only_channel_closes_its_past(world):
    """ "By default public channels show their past and invite-only channels do not"; -W opens it."""
    alice, bob = world.enter("alice"), world.enter("bob", "draft/chathistory batch")
    world.channel("#room", "alice")
    alice.say("PRIVMSG #room :before")
    world.play(
        """
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
        alice> INVITE bob #room
        alice< :s 341 alice bob #room
        bob< :alice!alice@s INVITE bob #room
        bob> JOIN #room
        bob< :bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~alice bob
        bob< :s 366 bob #room :End of NAMES list.
        alice< :bob!bob@s JOIN #room
        bob> CHATHISTORY LATEST #room * 10
        bob< @draft/chathistory-end :s BATCH +{b} chathistory #room
        bob< BATCH -{b}
    """.replace("bob< BATCH", "bob< :s BATCH")
    )
    alice.say("PRIVMSG #room :after")
    texts = [line.rpartition(":")[2] for line in bob.ask("CHATHISTORY LATEST #room * 10") if "PRIVMSG" in line]
    assert texts[-1:] == ["after"]
    assert "before" not in texts
    for ask in ("BEFORE", "AFTER", "AROUND"):
        lines = bob.ask(f"CHATHISTORY {ask} #room timestamp=2026-01-01T00:16:41.000Z 10")
        assert not [line for line in lines if line.endswith("before")], ask
    lines = bob.ask("CHATHISTORY BETWEEN #room timestamp=2000-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 9")
    assert not [line for line in lines if line.endswith("before")]
    alice.say("MODE #room -W")
    bob.hear()
    assert [line for line in bob.ask("CHATHISTORY LATEST #room * 10") if line.endswith("before")]
    alice.say("MODE #room -i", "MODE #room +i-W")  # W is mentioned, so it is left as it is said
    assert alice.hear()[-1].endswith(" MODE #room +i")


def test_w_that_i_has_set_goes_with_i(world):
    """A moment of +i does not close the past for good. W from before +i stays, and so does W that is said with -i."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    world.play("""
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
        alice> MODE #room -i
        alice< :alice!alice@s MODE #room -iW
        alice> MODE #room +W
        alice< :alice!alice@s MODE #room +W
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +i
        alice> MODE #room -i
        alice< :alice!alice@s MODE #room -i
        alice> MODE #room -W+i
        alice< :alice!alice@s MODE #room -W+i
        alice> MODE #room -i
        alice< :alice!alice@s MODE #room -i
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
        alice> MODE #room -W
        alice< :alice!alice@s MODE #room -W
        alice> MODE #room +W
        alice< :alice!alice@s MODE #room +W
        alice> MODE #room -i
        alice< :alice!alice@s MODE #room -i
        alice> MODE #room -W
        alice< :alice!alice@s MODE #room -W
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
        alice> MODE #room -i+W
        alice< :alice!alice@s MODE #room -i
        alice> MODE #room +i-W
        alice< :alice!alice@s MODE #room +i-W
        alice> MODE #room -i
        alice< :alice!alice@s MODE #room -i
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
    """)
    world.stop()
    world.start_again()
    alice = world.enter("alice")
    world.deaf()
    assert alice.ask("MODE #room -i") == [":alice!alice@s MODE #room -iW"]


def test_modes_survive_a_restart(world):
    """Roles and modes are in the log."""
    alice = world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    alice.say("MODE #room +ob-n bob eve")
    world.stop()
    world.start_again()
    alice = world.enter("alice")
    world.deaf()
    assert alice.ask("MODE #room")[0] == ":s 324 alice #room +t"
    assert alice.ask("NAMES #room")[0] == ":s 353 alice = #room :~alice @bob"
    assert alice.ask("MODE #room b")[0].startswith(":s 367 alice #room eve!*@* alice ")


def test_a_mute_that_has_lapsed(make_world):
    """``~t:MINUTES:``: from then on the user writes again, in every form, without another change of the modes."""
    world = make_world(accounts="alice eve")
    world.enter("alice", "message-tags")
    world.enter("eve", "message-tags batch draft/multiline")
    world.channel("#room", "alice eve")
    world.actors["alice"].ask("MODE #room +b ~t:1:~m:eve")
    lines = ("PRIVMSG #room :one", "PRIVMSG #room :two", "@+typing=active TAGMSG #room")
    batch = ("BATCH +1 draft/multiline #room", "@batch=1 PRIVMSG #room :x", "@batch=1 PRIVMSG #room :y", "BATCH -1")
    world.deaf()
    world.actors["eve"].say(*lines, *batch)
    assert [line.split()[1] for line in world.actors["eve"].hear()] == ["404"] * 4
    world.advance(61)
    world.deaf()
    world.actors["eve"].say(*lines, *batch)
    assert world.actors["eve"].hear() == []
    assert [line.rpartition("eve@s ")[2] for line in world.actors["alice"].hear()] == [
        "PRIVMSG #room :one", "PRIVMSG #room :two", "TAGMSG #room", "PRIVMSG #room :x", "PRIVMSG #room :y",
    ]  # fmt: skip


def test_the_role_of_somebody_who_has_left(make_world):
    """It can be taken, and the members see it; who left comes back without it, and not at all when banned."""
    world = make_world(accounts="alice bob eve")
    for name in ("alice", "bob", "eve"):
        world.enter(name)
    world.channel("#room", "alice bob eve")
    world.actors["alice"].say("MODE #room +oo bob eve")
    world.actors["bob"].say("PART #room")
    world.actors["eve"].say("PART #room")
    world.deaf()
    world.play("""
        alice> MODE #room -v eve
        alice< :s 441 alice eve #room :...
        alice> MODE #room -o eve
        alice< :alice!alice@s MODE #room -o eve
        alice> MODE #room -o eve
        alice< :s 441 alice eve #room :...
        alice> MODE #room +b bob
        alice< :alice!alice@s MODE #room +b bob!*@*
        bob> JOIN #room
        bob< :s 474 bob #room :...
    """)
    assert world.actors["eve"].ask("JOIN #room", "NAMES #room")[-2] == ":s 353 eve = #room :~alice eve"


def test_a_reason(world):
    """ "+chatapp/reason": the members see why, the list has it, and who is muted or banned is told."""
    world.enter("alice", "message-tags draft/chathistory draft/event-playback batch")
    world.enter("bob")
    world.enter("carol", "message-tags")
    world.channel("#room", "alice bob carol")
    world.play("""
        alice> @+chatapp/reason=too\\sloud;+other=x MODE #room +b ~m:bob
        alice< @msgid={m};+chatapp/reason=too\\sloud :alice!alice@s MODE #room +b ~m:bob!*@*
        carol< @msgid={m};+chatapp/reason=too\\sloud :alice!alice@s MODE #room +b ~m:bob!*@*
        bob< :alice!alice@s MODE #room +b ~m:bob!*@*
        bob> PRIVMSG #room :but
        bob< :s 404 bob #room :Nothing was sent: you are muted in this channel: too loud
        alice> MODE #room b
        alice< @+chatapp/reason=too\\sloud :s 367 alice #room ~m:bob!*@* alice {when}
        alice< :s 368 alice #room :...
        bob> MODE #room b
        bob< :s 367 bob #room ~m:bob!*@* alice {when}
        bob< :s 368 bob #room :...
        bob> PART #room
        alice< @msgid={n} :bob!bob@s PART #room
        carol< @msgid={n} :bob!bob@s PART #room
        bob< :bob!bob@s PART #room
        alice> @+chatapp/reason=spam MODE #room +b ~t:60:bob
        alice< @msgid={o};+chatapp/reason=spam :alice!alice@s MODE #room +b ~t:60:bob!*@*
        carol< @msgid={o};+chatapp/reason=spam :alice!alice@s MODE #room +b ~t:60:bob!*@*
        bob> JOIN #room
        bob< :s 474 bob #room :You cannot join: you are banned from that channel until 2026-01-01 01:16 UTC: spam
    """)
    page = world.actors["alice"].ask("CHATHISTORY LATEST #room * 9")
    assert any(";+chatapp/reason=spam :alice!alice@s MODE #room +b ~t:60:bob!*@*" in line for line in page)


@pytest.mark.parametrize(("mask", "reason"), [("bob", "spam"), ("~t:60:bob", ""), ("~t:60:bob", "spam")])
def test_a_client_with_words_of_its_own_for_a_ban(world, mask, reason):
    """irssi shows "You are banned" for 474, whatever the server says; a NOTICE has the end and the reason."""
    world.enter("alice", "message-tags")
    bob = world.enter("bob", old=True)
    world.channel("#room", "alice")
    world.actors["alice"].say(f"@+chatapp/reason={reason} MODE #room +b {mask}")
    refusal, notice = bob.ask("JOIN #room")
    text = refusal.removeprefix(":s 474 bob #room :")
    assert text.endswith(f": {reason}" if reason else " until 2026-01-01 01:16 UTC.")
    assert notice == f":s NOTICE bob :#room: {text}"
    world.actors["alice"].say("MODE #room -b bob", "MODE #room +b bob")
    assert bob.ask("JOIN #room") == [":s 474 bob #room :You cannot join: you are banned from that channel."]
    world.actors["alice"].say(f"@+chatapp/reason={reason} MODE #room +bs ~t:30:bob")
    assert bob.ask("JOIN #room") == [":s 474 bob #room :You cannot join: you are banned from that channel."]


def test_outside_a_secret_channel_no_reason_is_told(world):
    """ "Nothing else is told" by a refused JOIN than that the name is taken."""
    world.enter("alice", "message-tags")
    world.enter("bob")
    world.channel("#room", "alice")
    world.actors["alice"].say("@+chatapp/reason=spam MODE #room +sb ~t:60:bob")
    assert world.actors["bob"].ask("JOIN #ROOM") == [
        ":s 474 bob #ROOM :You cannot join: you are banned from that channel."
    ]


@pytest.mark.parametrize("reason", ["x" * 391, "a\\nb", "\x00b".replace("\x00", "\x01" * 200)])
def test_what_is_no_reason(world, reason):
    """ "One line as long as that of a KICK"; otherwise nothing changes."""
    world.enter("alice", "message-tags")
    world.channel("#room", "alice")
    (answer,) = world.actors["alice"].ask(f"@+chatapp/reason={reason} MODE #room +b bob")
    assert answer.startswith(":s FAIL MODE INVALID_TAG +chatapp/reason :A reason has one line of ")
    assert world.services.state.channel_named("#room").lists == {}


def test_the_longest_reason(world):
    """Everything that tells it has room for it, and after a RENAME what has no room leaves it out."""
    world.enter("alice", "message-tags draft/channel-rename")
    world.enter("bob", "draft/channel-rename")
    world.channel("#room", "alice bob")
    most = 510 - len(":s 404 " + "n" * 32 + " #room") - 120
    (answer,) = world.actors["alice"].ask(f"@+chatapp/reason={'x' * (most + 1)} MODE #room +b bob")
    assert answer.endswith(f" of {min(most, 390)} bytes at most here. Nothing changed.")
    world.actors["alice"].say(f"@+chatapp/reason={'x' * most} MODE #room +b ~t:60:bob")
    world.deaf()
    (told,) = world.actors["bob"].ask("PRIVMSG #room :x")
    assert told.endswith(" UTC: " + "x" * most)
    name = "#" + "\u4e16" * 63
    world.actors["alice"].say(f"RENAME #room {name}")
    world.deaf()
    (told,) = world.actors["bob"].ask(f"PRIVMSG {name} :x")
    assert told.endswith(" UTC.")
