"""RENAME: another name for the same channel."""

from __future__ import annotations

import pytest

from chatapp.model import events
from tests.server.support import make_admin


def test_members_hear_of_it_in_their_way(world):
    """ "RENAME" for clients that know it; PART and JOIN, topic and names for the others; the past stays."""
    world.enter("alice", "draft/channel-rename draft/chathistory batch")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.actors["alice"].say("TOPIC #room :about", "PRIVMSG #room :before")
    world.deaf()
    world.play("""
        alice> RENAME #ROOM #lounge :nicer
        alice< :alice!alice@s RENAME #room #lounge :nicer
        bob< :bob!bob@s PART #room :This channel is now #lounge: nicer
        bob< :bob!bob@s JOIN #lounge
        bob< :s 332 bob #lounge :about
        bob< :s 333 bob #lounge alice!alice@s {when}
        bob< :s 353 bob = #lounge :~alice bob
        bob< :s 366 bob #lounge :End of NAMES list.
        bob> PRIVMSG #lounge :hello
        alice< :bob!bob@s PRIVMSG #lounge :hello
        bob> PRIVMSG #room :hello
        alice< :bob!bob@s PRIVMSG #lounge :hello
    """)
    page = world.actors["alice"].ask("CHATHISTORY LATEST #lounge * 10")[1:-1]
    assert [line.partition(" :")[2] for line in page] == [
        "alice!alice@s PRIVMSG #lounge :before",
        "bob!bob@s PRIVMSG #lounge :hello",
        "bob!bob@s PRIVMSG #lounge :hello",
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("RENAME #room", "461 alice RENAME"),
        ("RENAME #none #new", "403 alice #none"),
        ("RENAME #room #OTHER", "FAIL RENAME CHANNEL_NAME_IN_USE #room #OTHER"),
        ("RENAME #room new", "FAIL RENAME CANNOT_RENAME #room new"),
        ("RENAME #room #0ther", "FAIL RENAME CANNOT_RENAME #room #0ther"),
        ("RENAME #room #new :" + "\x02" * 300, "FAIL RENAME CANNOT_RENAME #room #new"),
        ("RENAME #theirs #new", "482 alice #theirs"),
        ("RENAME #bobs #new", "442 alice #bobs"),
    ],
)
def test_mistakes(world, line, answer):
    """Each gets its answer, and the channel keeps its name."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#other", "alice")
    world.channel("#theirs", "bob alice")
    world.channel("#bobs", "bob")
    assert [each.split(" :")[0] for each in world.actors["alice"].ask(line)] == [f":s {answer}"]
    assert world.services.state.channel_named("#new") is None


def test_a_long_reason_is_cut(world):
    """Its end has no room in the line; the channel is renamed all the same, and who renames it is told."""
    alice = world.enter("alice", "draft/channel-rename")
    bob = world.enter("bob")
    world.channel("#room", "alice bob")
    told = alice.ask("RENAME #room #lounge :" + "é" * 240)
    head = ":alice!alice@s RENAME #room #lounge :"
    room = (510 - len(head)) // 2 * 2
    assert told == [
        head + "é" * (room // 2),
        f":s WARN RENAME REASON_CUT :Only the first {room} bytes of the text fit. The rest is left out.",
    ]
    part = ":bob!bob@s PART #room :This channel is now #lounge: "
    assert bob.hear()[0] == part + "é" * ((510 - len(part)) // 2)


def test_names_that_no_line_has_room_for(make_world):
    """ "The server never cuts a line", and a RENAME needs both names."""
    world = make_world(accounts="alice")
    alice = world.enter("alice")
    wide = ["#" + letter * 63 for letter in ("\N{GRINNING FACE}", "\N{WINKING FACE}")]
    world.channel(wide[0], "alice")
    words = "A line has no room for both names. Choose a shorter name."
    assert alice.ask(f"RENAME {wide[0]} {wide[1][:-5]}") == [f":s FAIL RENAME CANNOT_RENAME {wide[0]} * :{words}"]


def test_the_old_name_looks_free(world):
    """A name that looks like the new name is refused, and one that looks like the old name is not."""
    alice = world.enter("alice")
    alice.ask("JOIN #room", "RENAME #room #lounge")
    assert alice.ask("JOIN #l0unge")[0].startswith(":s 476 alice #l0unge :")
    assert alice.ask("JOIN #r00m")[0] == ":alice!alice@s JOIN #r00m"


def test_only_founders_rename(world):
    """An operator who renames a channel could let anybody take the old name, and the founder could not get it back."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice bob")
    alice.say("MODE #room +ao bob bob")
    world.deaf()
    assert bob.ask("RENAME #room #bobs") == [":s 482 bob #room :Only founders of the channel can do that."]
    make_admin(world, "bob")
    assert ":bob!bob@s JOIN #bobs" in bob.ask("RENAME #room #bobs")


def test_what_a_member_writes_to_the_old_name_arrives(world):
    """A client sends what was written without a connection, and does not know yet that the channel was renamed."""
    for name in ("alice", "bob", "carol"):
        world.enter(name, "echo-message message-tags draft/multiline batch labeled-response")
    world.channel("#room", "alice bob")
    world.actors["alice"].say("RENAME #room #lounge")
    world.deaf()
    world.play("""
        bob> @+chatapp/id=k PRIVMSG #Room :written before
        bob< @msgid={m};+chatapp/id=k :bob!bob@s PRIVMSG #lounge :written before
        alice< @msgid={m};+chatapp/id=k :bob!bob@s PRIVMSG #lounge :written before
        bob> @+chatapp/id=k PRIVMSG #room :written before
        bob< @msgid={m};+chatapp/id=k :bob!bob@s PRIVMSG #lounge :written before
        carol> PRIVMSG #room :from outside
        carol< :s 403 carol #room :...
    """)
    lines = ["BATCH +1 draft/multiline #room", "@batch=1 PRIVMSG #room :one", "@batch=1 PRIVMSG #room :two", "BATCH -1"]
    world.actors["bob"].say(*lines)
    assert sum(" PRIVMSG #lounge :" in line for line in world.actors["alice"].hear()) == 2


def test_the_old_name_leads_to_the_channel(world):
    """Clients join the channels of their list by themselves, and nobody meant to create a second channel."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +k key", "RENAME #room #lounge")
    world.deaf()
    world.play("""
        bob> JOIN #Room
        bob< :s 470 bob #Room #lounge :#Room is called #lounge now. You were sent to #lounge.
        bob< :s 475 bob #lounge :You cannot join: the channel's key is missing or wrong.
        carol> JOIN #room
        carol< :s 470 carol #room #lounge :#room is called #lounge now. You were sent to #lounge.
        bob> JOIN #room key
        bob< :s 470 bob #room #lounge :#room is called #lounge now. You were sent to #lounge.
        alice< :bob!bob@s JOIN #lounge
        carol< :bob!bob@s JOIN #lounge
        bob< :bob!bob@s JOIN #lounge
        bob< :s 353 bob = #lounge :~alice carol bob
        bob< :s 366 bob #lounge :End of NAMES list.
    """)
    assert world.services.state.channel_named("#room") is None


def test_the_old_name_is_for_the_founders(world):
    """They may take it back, or give it to another channel of theirs; nobody else may."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room,#hall", "alice")
    world.channel("#bobs", "bob")
    alice.say("RENAME #room #lounge")
    world.deaf()
    taken = ":s FAIL RENAME CHANNEL_NAME_IN_USE #bobs #room :That name is taken."
    assert bob.ask("RENAME #bobs #room") == [taken]
    assert ":alice!alice@s JOIN #room" in alice.ask("RENAME #hall #room")
    assert world.services.state.channel_formerly_named("#room") is None
    alice.ask("RENAME #room #hall", "RENAME #lounge #room")
    state = world.services.state
    assert [(each.name, each.former) for each in state.channels.values() if each.name != "#bobs"] == [
        ("#room", ("#lounge",)),
        ("#hall", ()),
    ]


def test_a_channel_keeps_three_names(world):
    """The oldest of more becomes free, and so do all when the channel dies."""
    alice, bob = world.enter("alice"), world.enter("bob")
    alice.ask("JOIN #a", "RENAME #a #b", "RENAME #b #c", "RENAME #c #d", "RENAME #d #e")
    assert bob.ask("JOIN #a")[0] == ":bob!bob@s JOIN #a"
    assert bob.ask("RENAME #a #d") == [":s FAIL RENAME CHANNEL_NAME_IN_USE #a #d :That name is taken."]
    alice.ask("PART #e")
    assert bob.ask("JOIN #d")[0] == ":bob!bob@s JOIN #d"


def test_the_old_name_of_a_secret_channel(world):
    """It tells what a channel name that looks alike tells: not the new name."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room,#other", "alice")
    world.channel("#bobs", "bob")
    alice.say("MODE #room +s", "MODE #other +s", "RENAME #room #lounge")
    world.deaf()
    for name in ("#room", "#0ther"):
        words = f"{name} looks like the name of another channel. Take another name."
        assert bob.ask(f"JOIN {name}") == [f":s 476 bob {name} :{words}"]
        assert bob.ask(f"RENAME #bobs {name}") == [f":s FAIL RENAME CANNOT_RENAME #bobs {name} :{words}"]
    alice.say("INVITE bob #lounge")
    assert bob.ask("JOIN #lounge")[-1].endswith("#lounge :End of NAMES list.")


def test_a_join_that_is_stored_after_the_new_name(world):
    """Judged again when it is applied: a JOIN that was proposed before the RENAME leads to the channel too."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    world.log.held = True
    alice.say("RENAME #room #lounge")
    bob.say("JOIN #room")
    world.log.held = False
    world.settle()
    assert any(line.endswith(":bob!bob@s JOIN #lounge") for line in bob.hear())
    assert world.services.state.channel_named("#room") is None


def test_a_renamed_lobby(make_world):
    """New accounts join the lobby under its new name, so that there is no second lobby."""
    world = make_world(accounts="alice", lobby="#lobby")
    alice = world.enter("alice")
    make_admin(world, "alice")
    alice.ask("RENAME #lobby #hall")
    world.write_passwords("alice", "zoe")
    world.advance(1)
    world.enter("zoe")
    state = world.services.state
    assert [each.name for each in state.channels_of(state.user_named("zoe"))] == ["#hall"]
    assert state.channel_named("#lobby") is None


def test_a_change_of_case(world):
    """ "#room" becomes "#Room"."""
    world.enter("alice", "draft/channel-rename")
    world.channel("#room", "alice")
    world.play("""
        alice> RENAME #room #Room
        alice< :alice!alice@s RENAME #room #Room :
        alice> RENAME #room #Room
    """)


def test_a_secret_channel_that_takes_the_name_first(world):
    """Judged again when it is applied, with the same words: the name may be that of a channel that looks alike."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice")
    world.channel("#other", "bob")
    world.actors["bob"].say("MODE #other +s")
    for name, new, answer in (
        ("bob", "#new", "CANNOT_RENAME #room #new :#new looks like the name of another channel. Take another name."),
        ("carol", "#next", "CHANNEL_NAME_IN_USE #room #next :That name is taken."),
    ):
        world.enter("carol")
        world.channel("#carols", "carol")
        other = {"bob": "#other", "carol": "#carols"}[name]
        world.log.held = True
        world.actors[name].say(f"RENAME {other} {new}")
        world.actors["alice"].say(f"RENAME #room {new}")
        world.log.held = False
        world.settle()
        assert world.actors["alice"].hear() == [f":s FAIL RENAME {answer}"]
        world.actors[name].say(f"RENAME {new} {other}")
        world.deaf()


def test_a_topic_too_long_for_the_name(world):
    """Lines are never cut, and 332 and TOPIC "have 512 bytes": a name with which the topic does not fit is refused."""
    world.enter("alice")
    world.channel("#r", "alice")
    long, fits = "#" + "\u4e16" * 63, "#" + "\u4e16" * 10
    assert world.actors["alice"].ask("TOPIC #r :" + "x" * 390)[0].startswith(":alice!alice@s TOPIC #r :x")
    assert world.actors["alice"].ask(f"RENAME #r {long}") == [
        f":s FAIL RENAME CANNOT_RENAME #r {long} :The topic is too long for that name. Set a shorter topic first."
    ]
    assert world.actors["alice"].ask(f"RENAME #r {fits}", f"TOPIC {fits}")[-2].endswith(" :" + "x" * 390)


@pytest.mark.parametrize("first", ["TOPIC", "RENAME"])
def test_a_topic_that_is_set_meanwhile(world, first):
    """A line that is too long is left out: the topic and the longer name were proposed at the same moment."""
    alice, bob = world.enter("alice", "draft/channel-rename"), world.enter("bob", "draft/channel-rename")
    world.channel("#r", "alice bob")
    alice.say("MODE #r +q bob")
    world.deaf()
    new, text = "#" + "\u4e16" * 63, "x" * 390
    lines = {"TOPIC": (alice, f"TOPIC #r :{text}"), "RENAME": (bob, f"RENAME #r {new}")}
    world.log.held = True
    for verb in (first, *(lines.keys() - {first})):
        actor, line = lines[verb]
        actor.say(line)
    world.log.held = False
    world.settle()
    world.deaf()
    assert world.services.state.channel_named(new).topic.text == text
    assert [line.split()[1] for line in bob.ask(f"TOPIC {new}")] == ["333"]
    assert [line.split()[1] for line in bob.ask(f"LIST {new}")] == ["321", "322", "323"]
    assert alice.ask(f"PART {new}", f"JOIN {new}")[2].split()[1] == "333"


ALL = "draft/chathistory draft/event-playback batch message-tags server-time"
LONG = "#" + "\U0001f600" * 63


def body(line: str) -> str:
    """Return a line without its tags."""
    return line.partition(" ")[2] if line.startswith("@") else line


@pytest.mark.parametrize("caps", ["", ALL, f"{ALL} draft/multiline", f"{ALL} extended-join draft/message-edit"])
def test_no_line_is_too_long_for_the_new_name(world, caps):
    """Spec: RFC 1459, section 2.3: "512 characters in total". No text loses a part, in a page and in a replay."""
    alice, texts = world.enter("alice", "draft/multiline batch message-tags"), ["x" * 470, "\u00e9" * 230]
    world.enter("bob")
    world.channel("#a", "alice bob")
    for text in texts:
        alice.say(f"PRIVMSG #a :{text}")
    alice.say(f"PRIVMSG #a :\x01ACTION {'y' * 460}\x01")
    alice.say("BATCH +m draft/multiline #a", f"@batch=m PRIVMSG #a :{texts[0]}", "@batch=m PRIVMSG #a :z", "BATCH -m")
    masks = [f"{letter * 28}*" for letter in "abcdefgh"]
    alice.say(f"TOPIC #a :{'t' * 380}", "TOPIC #a :", f"MODE #a +{'b' * len(masks)} {' '.join(masks)}")
    world.actors["bob"].say(f"PART #a :{'r' * 300}")
    world.channel("#a", "bob")
    world.actors["bob"].vanish()
    alice.say(f"PRIVMSG #a :{texts[0]}", f"RENAME #a {LONG}")
    world.deaf()
    missed = world.connect("plain", says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b").hear()
    replayed = "".join(line.partition(" :")[2] for line in missed if f" PRIVMSG {LONG} " in line)
    assert [replayed.count(letter) for letter in "x\u00e9yz"] == [3 * 470, 230, 460, 1]
    bob = world.enter("bob", caps, as_="again")
    page = bob.ask(f"CHATHISTORY LATEST {LONG} * 50")
    for line in (*missed, *page):
        assert len(body(line).encode()) <= 510, line
    told = "".join(body(line).partition(" :")[2] for line in page if " PRIVMSG " in line or " NOTICE " in line)
    assert told.count("\u00e9") == 230
    if caps:
        assert told.count("x") == 3 * 470
        assert told.count("y") == 460
        assert told.count("\x01ACTION ") == told.count("\x01") / 2 > 1
        if "event-playback" in caps:
            assert sum(line.count(mask) for line in page for mask in masks) == len(masks)


def test_who_is_sent_on_follows(world):
    """The mode f leads to the same channel under its new name, also when its old name belongs to another channel."""
    alice, bob, carol = world.enter("alice"), world.enter("bob"), world.enter("carol")
    world.channel("#room,#full,#other", "alice")
    alice.ask("MODE #room +if #full", "RENAME #full #new", "RENAME #other #full")
    assert alice.ask("MODE #room")[0] == ":s 324 alice #room +Wintf #new"
    assert ":bob!bob@s JOIN #new" in bob.ask("JOIN #room")
    alice.ask("MODE #new +s")
    assert carol.ask("MODE #room")[0] == ":s 324 carol #room +Wintf *"
    world.stop()
    world.start_again()
    assert ":carol!carol@s JOIN #new" in world.enter("carol").ask("JOIN #room")
    alice = world.enter("alice")
    alice.ask("MODE #room -f")
    assert alice.ask("MODE #room")[0] == ":s 324 alice #room +Wint"


def test_who_is_sent_on_by_an_older_event_follows(world):
    """It has the name only, and a channel keeps its former names."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room,#full", "alice")
    user, channel = (world.services.state.user_named("alice"), world.services.state.channel_named("#room"))
    changes = (("+", "i", ""), ("+", "f", "#full"))
    event = world.services.proposals.event(events.ModesUnexplained, user, channel.uid, changes=changes)
    world.run(world.services.proposals.settle(event))
    alice.ask("RENAME #full #new")
    assert ":bob!bob@s JOIN #new" in bob.ask("JOIN #room")
