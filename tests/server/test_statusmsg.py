"""STATUSMSG: messages to a role in a channel, such as ``@#room``, and who finds them later.

Spec: modern-irc, "STATUSMSG parameter".
"""

from __future__ import annotations

import pytest

from tests.server.commands.test_redact import page, say

CAPS = (
    "draft/message-redaction draft/message-edit message-tags echo-message batch draft/chathistory labeled-response"
    " draft/multiline"
)
OLD = "message-tags batch server-time"


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """Make a world with #room: alice is its founder, bob an operator, carol has a voice, dave has no role."""
    made = make_world(accounts="alice bob carol dave eve", sqlite=request.param == "sqlite")
    for name in ("alice", "bob", "carol", "dave"):
        made.enter(name, CAPS)
    made.channel("#room", "alice bob carol dave")
    made.actors["alice"].say("MODE #room +ov bob carol")
    made.deaf()
    return made


@pytest.mark.parametrize(
    ("target", "shown", "hear"),
    [
        ("@#room", "@#room", "alice bob"),
        ("+#ROOM", "+#room", "alice bob carol"),
        ("~#room", "~#room", "alice"),
        ("&#room", "&#room", "alice"),
        ("%#room", "%#room", "alice bob"),
        ("@+#room", "+#room", "alice bob carol"),
    ],
)
@pytest.mark.parametrize("sender", ["bob", "dave"])
def test_who_hears_it(world, target, shown, hear, sender):
    """ "send a message ... to those people on a channel with (one of) the specified channel membership prefixes"."""
    phone = world.enter(sender, "message-tags", as_="phone")
    phone.hear()
    (echo,) = world.actors[sender].ask(f"PRIVMSG {target} :psst")
    assert echo.endswith(f":{sender}!{sender}@s PRIVMSG {shown} :psst")
    heard = {name: world.actors[name].hear() for name in ("alice", "bob", "carol", "dave")}
    assert {name for name, lines in heard.items() if lines} == set(hear.split()) - {sender}
    assert all(lines in ([], [echo]) for lines in heard.values())
    assert phone.hear() == [echo]


def test_who_finds_it_later(world):
    """ "One function decides what a user may read": who has the role now."""
    world.actors["bob"].say("PRIVMSG #room :one", "PRIVMSG @#room :two", "NOTICE +#room :three", "PRIVMSG #room :four")
    world.deaf()
    seen = {
        "alice": ["one", "two", "three", "four"],
        "bob": ["one", "two", "three", "four"],
        "carol": ["one", "three", "four"],
        "dave": ["one", "four"],
    }
    assert {name: page(world, name) for name in seen} == seen
    world.actors["alice"].say("MODE #room -o+o bob dave")
    world.deaf()
    assert (page(world, "bob"), page(world, "dave")) == (["one", "four"], seen["alice"])
    lines = world.actors["dave"].ask("CHATHISTORY LATEST #room * 9")
    assert [line.split(" ")[3] for line in lines[1:-1]] == ["#room", "@#room", "+#room", "#room"]
    world.actors["alice"].say("RENAME #room #club")
    world.deaf()
    lines = world.actors["dave"].ask("CHATHISTORY LATEST #club * 9")
    assert [line.split(" ")[3] for line in lines[1:-1]] == ["#club", "@#club", "+#club", "#club"]


def test_pages_are_whole(world):
    """A page has as many messages as were asked for, of those that the reader may read, in order, and ends honestly."""
    bob, dave = world.actors["bob"], world.actors["dave"]
    for number in range(6):
        bob.say(f"PRIVMSG {'@' * (number % 2)}#room :{number}")
    world.deaf()

    def ask(actor, query):
        first, *lines, _ = actor.ask(f"CHATHISTORY {query}")
        return [line[-1] for line in lines], "chathistory-end" in first

    assert ask(bob, "LATEST #room * 4") == (["2", "3", "4", "5"], False)
    assert ask(dave, "LATEST #room * 2") == (["2", "4"], False)
    assert ask(dave, "LATEST #room * 4") == (["0", "2", "4"], True)
    lines = bob.ask("CHATHISTORY LATEST #room * 9")[1:-1]
    ids = [line.partition("msgid=")[2].partition(" ")[0].partition(";")[0] for line in lines]
    assert ask(bob, f"BEFORE #room msgid={ids[4]} 2") == (["2", "3"], False)
    assert ask(bob, f"AFTER #room msgid={ids[1]} 3") == (["2", "3", "4"], False)
    assert ask(bob, f"BETWEEN #room msgid={ids[0]} msgid={ids[5]} 2") == (["1", "2"], False)
    assert ask(bob, f"BETWEEN #room msgid={ids[5]} msgid={ids[0]} 2") == (["3", "4"], False)
    for limit, around in ((3, "234"), (4, "1234"), (9, "012345"), (1, "3")):
        assert ask(bob, f"AROUND #room msgid={ids[3]} {limit}")[0] == list(around)
    assert ask(bob, f"AROUND #room msgid={ids[5]} 3")[0] == list("345")
    assert ask(dave, f"AROUND #room msgid={ids[2]} 3")[0] == list("024")
    for query in ("BEFORE", "AFTER", "AROUND"):
        (line,) = dave.ask(f"CHATHISTORY {query} #room msgid={ids[3]} 9")
        (unknown,) = dave.ask(f"CHATHISTORY {query} #room msgid=0123456789abcdef 9")
        assert line == unknown, "a message that cannot be read is like a message that does not exist"


def test_an_operator_who_was_away_gets_it(world):
    """R6: a client that cannot ask gets what it missed; others learn from TARGETS that there is something."""
    for name in ("bob", "dave"):
        world.actors[name].hang_up()
    world.advance(1)
    world.actors["alice"].say("PRIVMSG @#room :you missed this")
    world.advance(1)
    asks = "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 9"
    told = {}
    for name in ("bob", "dave"):
        again = world.connect(name, says=f"CAP REQ :{OLD}\nPASS {name}:sesame\nNICK {name}\nUSER x 0 * :x\nCAP END")
        told[name] = any("you missed this" in line for line in again.hear())
        again.hang_up()
        again = world.enter(name, CAPS, as_=f"{name}2")
        told[f"{name} asks"] = any(" TARGETS #room " in line for line in again.ask(asks))
        again.hang_up()
    assert told == {"bob": True, "bob asks": True, "dave": False, "dave asks": False}


def test_an_operator_who_was_away_gets_an_edit(world):
    """R6: an edit of a message to the role is something that was missed; without the role, it is not."""
    msgid = say(world, "alice", "@#room", "for yuo")
    world.advance(1)
    for name in ("bob", "dave"):
        world.actors[name].hang_up()
    world.advance(1)
    world.actors["alice"].say(f"@draft/target-msgid={msgid};draft/edit-text=for\\syou EDIT #room")
    world.advance(1)
    told = {}
    for name in ("bob", "dave"):
        again = world.connect(name, says=f"CAP REQ :{OLD}\nPASS {name}:sesame\nNICK {name}\nUSER x 0 * :x\nCAP END")
        told[name] = [line.partition(" PRIVMSG ")[2] for line in again.hear() if " PRIVMSG " in line]
    assert told == {"bob": ['@#room :Correction of "for yuo": for you'], "dave": []}


@pytest.mark.parametrize(
    ("setting", "sender", "answer"),
    [
        ("+m", "dave", ":s 404 dave @#room :"),
        ("+b dave", "dave", ":s 404 dave @#room :"),
        ("-n", "eve", ":s 404 eve @#room :"),
        ("+m", "carol", None),
        ("+s", "eve", ":s 403 eve #room :"),
    ],
)
def test_who_may_send_it(world, setting, sender, answer):
    """Every member who may write to the channel; nobody from outside, whatever the channel takes from there."""
    world.enter("eve", CAPS)
    world.actors["alice"].say(f"MODE #room {setting}")
    world.deaf()
    lines = world.actors[sender].ask("PRIVMSG @#room :x")
    refusals = [line[: line.index(":", 1) + 1] for line in lines if " 40" in line]
    assert refusals == ([] if answer is None else [answer])
    assert len(world.actors["bob"].hear()) == (answer is None)


def test_targets_that_are_none(world):
    """A prefix before a name that is no channel is part of the name."""
    bob = world.actors["bob"]
    assert bob.ask("PRIVMSG @alice :x") == [":s 401 bob @alice :There is nobody with that name."]
    assert bob.ask("PRIVMSG @ :x")[0].startswith(":s 401 bob @ ")
    assert bob.ask("PRIVMSG @#none :x") == [":s 403 bob #none :There is no such channel."]
    assert bob.ask("JOIN @#room")[0].startswith(":s 403 bob @#room ")
    heard = bob.ask("PRIVMSG @#room,#room,alice :x")
    assert [line.rpartition(" PRIVMSG ")[2] for line in heard] == ["@#room :x", "#room :x", "alice :x"]


def test_several_lines_and_tags(world):
    """A message of several lines, a reaction and a typing notification go to the role only."""
    world.actors["bob"].say(
        "BATCH +1 draft/multiline @#room", *[f"@batch=1 PRIVMSG @#room :{n}" for n in "ab"], "BATCH -1"
    )
    world.actors["bob"].say("@+typing=active TAGMSG @#room", "@+draft/react=x TAGMSG @#room")
    alice = world.actors["alice"].hear()
    assert [line.partition(" ")[2] for line in alice if "BATCH" not in line] == [
        ":bob!bob@s PRIVMSG @#room :a",
        ":bob!bob@s PRIVMSG @#room :b",
        ":bob!bob@s TAGMSG @#room",
        ":bob!bob@s TAGMSG @#room",
    ]
    assert [world.actors[name].hear() for name in ("carol", "dave")] == [[], []]
    assert page(world, "dave") == []
    world.actors["alice"].say("@label=1;+chatapp/id=k PRIVMSG @#room :once", "@+chatapp/id=k PRIVMSG @#room :once")
    assert sum(" :once" in line for line in world.actors["bob"].hear()) == 1


def test_redact(world):
    """Who may read the message is told of its redaction, and nobody else learns that there was one."""
    msgid = say(world, "bob", "@#room")
    for target in ("#room", "@#room"):
        (line,) = world.actors["dave"].ask(f"REDACT {target} {msgid}")
        assert line == f":s FAIL REDACT UNKNOWN_MSGID {target} {msgid} :There is no such message here."
    (line,) = world.actors["bob"].ask(f"REDACT #room {msgid} :oh")
    assert line.endswith(f" :bob!bob@s REDACT @#room {msgid} :oh")
    assert world.actors["alice"].hear() == [line]
    assert [world.actors[name].hear() for name in ("carol", "dave")] == [[], []]
    assert page(world, "alice") == []
    own = say(world, "dave", "@#room")
    (line,) = world.actors["dave"].ask(f"REDACT @#room {own}")
    assert line.endswith(f" :dave!dave@s REDACT @#room {own}")
    assert world.actors["bob"].hear() == [line]
    world.actors["bob"].say("MODE #room -o bob")
    other = say(world, "alice", "+#room")
    (line,) = world.actors["carol"].ask(f"REDACT #room {other}")
    assert line.startswith(":s FAIL REDACT REDACT_FORBIDDEN")


@pytest.mark.parametrize("target", ["#room", "@#room"])
def test_edit_and_react_with_the_role(world, target):
    """Who may read the message hears of its edit and of the reactions to it, under any name of the channel, and finds
    them in the history. Nobody else learns that there were some.
    """
    world.enter("alice", f"{CAPS} chatapp/aggregate", as_="phone")
    msgid = say(world, "bob", "@#room", "psst")
    (line,) = world.actors["bob"].ask(f"@draft/target-msgid={msgid};draft/edit-text=hush EDIT {target}")
    assert line.endswith(f";draft/target-msgid={msgid};draft/edit-text=hush :bob!bob@s EDIT @#room")
    assert world.actors["alice"].hear() == [line]
    (line,) = world.actors["alice"].ask(f"@+draft/react=x;+reply={msgid} TAGMSG {target}")
    assert line.endswith(f";+draft/react=x;+reply={msgid} :alice!alice@s TAGMSG @#room")
    assert world.actors["bob"].hear() == [line]
    assert [world.actors[name].hear() for name in ("carol", "dave")] == [[], []]
    world.deaf()
    (line,) = world.actors["phone"].ask("CHATHISTORY LATEST #room * 9")[1:-1]
    assert line.endswith(" PRIVMSG @#room :hush")
    assert r"chatapp/reactions=1\salice\sx;" in line
    found = {}
    for name in ("bob", "carol"):
        searcher = world.enter(name, f"{CAPS} soju.im/search", as_=f"{name}2")
        found[name] = [" PRIVMSG @#room :hush" in line for line in searcher.ask("SEARCH text=hush")[1:-1]]
    assert found == {"bob": [True], "carol": []}
    world.actors["bob"].say(f"REDACT {target} {msgid}")
    world.deaf()
    assert world.actors["phone"].ask("CHATHISTORY LATEST #room * 9")[1:-1] == []


@pytest.mark.parametrize("target", ["#room", "@#room"])
def test_edit_and_react_without_the_role(world, target):
    """What names a message to a role is answered like an unknown msgid, except to the author, who may edit it."""
    world.enter("alice", f"{CAPS} chatapp/aggregate", as_="phone")
    msgid, unknown = say(world, "bob", "@#room", "psst"), "0123456789abcdef"
    carol, told = world.actors["carol"], []
    for each in (msgid, unknown):
        lines = carol.ask(f"@draft/target-msgid={each};draft/edit-text=x EDIT {target}")
        lines += carol.ask(f"@+draft/react=x;+reply={each} TAGMSG {target}")
        told.append([line.replace(each, "ID").partition(";")[2] or line.replace(each, "ID") for line in lines])
    assert told[0] == told[1]
    assert told[0] == [
        f":s FAIL EDIT UNKNOWN_MSGID {target} ID :There is no such message here.",
        f":s FAIL TAGMSG UNKNOWN_MSGID {target} ID :There is no such message here.",
    ]
    own = say(world, "dave", "@#room", "for yuo")
    (line,) = world.actors["dave"].ask(f"@draft/target-msgid={own};draft/edit-text=for\\syou EDIT {target}")
    assert line.endswith(" :dave!dave@s EDIT @#room")
    assert (world.actors["bob"].hear()[-1], carol.hear()) == (line, [])
    world.deaf()
    lines = world.actors["phone"].ask("CHATHISTORY LATEST #room * 9")[1:-1]
    assert [line.partition(" PRIVMSG ")[2] for line in lines] == ["@#room :psst", "@#room :for you"]
    assert not any("chatapp/reactions" in line for line in lines)


def test_silenced_and_markers(world):
    """Who silences the sender hears nothing; the read marker of the channel moves to what the sender wrote."""
    world.actors["alice"].say("SILENCE +bob")
    marked = world.enter("bob", "draft/read-marker", as_="phone")
    world.deaf()
    world.actors["bob"].say("PRIVMSG @#room :x")
    assert world.actors["alice"].hear() == []
    assert any(" MARKREAD #room timestamp=" in line for line in marked.hear())


def test_it_survives(world):
    """After a restart the same members find the same."""
    say(world, "bob", "@#room", "kept")
    world.crash()
    world.start_again()
    for name in ("alice", "carol"):
        world.enter(name, CAPS)
    world.deaf()
    assert (page(world, "alice"), page(world, "carol")) == (["kept"], [])


def test_search(world):
    """Only who may read what was said to a role finds it, in the channel and everywhere."""
    world.actors["bob"].say("PRIVMSG #room :a plan", "PRIVMSG @#room :the plan", "PRIVMSG +#room :another plan")
    for name, found in (("alice", 3), ("bob", 3), ("carol", 2), ("dave", 1)):
        searcher = world.enter(name, f"{CAPS} soju.im/search", as_=f"{name}2")
        for query in ("text=plan", "text=plan;in=#room"):
            lines = searcher.ask(f"SEARCH {query}")
            assert sum(" PRIVMSG " in line for line in lines) == found, (name, query, lines)
