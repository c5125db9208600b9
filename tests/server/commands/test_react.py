"""TAGMSG with a reaction: it is about a message that its sender may read; history adds the reactions up.

Spec: IRCv3 client-tags/react and reply; README.md of the server, "Extensions".
"""

from __future__ import annotations

import pytest

from chatapp.protocol.message import parse
from tests.server.commands.test_redact import say
from tests.server.world import World

CAPS = "message-tags echo-message batch draft/chathistory labeled-response draft/message-redaction draft/message-edit"
ADDED_UP = f"{CAPS} chatapp/aggregate"


def with_room(world: World) -> World:
    """Let alice, bob and carol join #room; carol gets the reactions added up."""
    world.enter("alice", CAPS)
    world.enter("bob", CAPS)
    world.enter("carol", ADDED_UP)
    world.channel("#room", "alice bob carol")
    return world


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """Make a world with few reactions to a message, over a log in memory, and over the real one."""
    limits = {"reactions_per_account_max": 2, "reactions_per_message_max": 3, "reaction_bytes_max": 12}
    return with_room(
        make_world(accounts="alice bob carol dave", sqlite=request.param == "sqlite", rate_limits=False, **limits)
    )


def react(msgid: str, text: str, *, un: str = "", reply: str = "+draft/reply", target: str = "#room") -> str:
    """Write the command; ``text`` is escaped already."""
    return f"@+draft/{un}react={text};{reply}={msgid} TAGMSG {target}"


def reactions(world: World, who: str = "carol", target: str = "#room") -> list[str]:
    """Return the reactions to each message of a history, as somebody is told."""
    lines = world.actors[who].ask(f"CHATHISTORY LATEST {target} * 100")[1:-1]
    return [parse(line.encode()).tags.get("chatapp/reactions", "") for line in lines]


@pytest.mark.parametrize("reply", ["+reply", "+draft/reply"])
def test_reactions_are_sent_and_added_up(world, reply):
    """ "Client tags +reply (ratified: accept both forms)"; everybody gets the TAGMSG as it is, and a page tells the
    reactions of each message to clients that ask.
    """
    first, second = say(world, "alice", "#room", "one"), say(world, "alice", "#room", "two")
    world.play(
        f"""
        bob> @label=3;+draft/react=👍;{reply}={{x}} TAGMSG #ROOM
        bob< @label=3;msgid={{m}};+draft/react=👍;{reply}={{x}} :bob!bob@s TAGMSG #room
        alice< @msgid={{m}};+draft/react=👍;{reply}={{x}} :bob!bob@s TAGMSG #room
        carol< @msgid={{m}};+draft/react=👍;{reply}={{x}} :bob!bob@s TAGMSG #room
        """,
        x=first,
    )
    world.actors["bob"].say(react(first, "well\\sdone", reply=reply))
    world.actors["alice"].say(react(first, "👍", reply=reply))
    world.deaf()
    assert reactions(world) == ["2 bob,alice 👍\n1 bob well done", ""]
    assert reactions(world, "alice") == ["", ""], "only clients that ask get them"
    world.actors["bob"].say(react(first, "👍", un="un", reply=reply), react(second, "x", un="un", reply=reply))
    world.deaf()
    assert reactions(world) == ["1 alice 👍\n1 bob well done", ""]


def test_with_event_playback_they_are_events(world):
    """ "Clients with event-playback get them as events"."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["bob"].say(react(msgid, "👍"))
    world.enter("alice", f"{CAPS} draft/event-playback", as_="playback")
    lines = world.actors["playback"].ask("CHATHISTORY LATEST #room * 50")
    (line,) = [line for line in lines if " TAGMSG " in line]
    assert f";+draft/react=👍;+draft/reply={msgid} :bob!bob@s TAGMSG #room" in line


def test_the_context_of_a_page(world):
    """ "Such messages MUST be tagged with the draft/chathistory-context tag and MUST immediately follow their parent
    message. Context messages MUST NOT be counted towards the message limit."
    """
    first, second = say(world, "alice", "#room", "one"), say(world, "alice", "#room", "two")
    world.actors["bob"].say(react(second, "b"), react(first, "a"))
    say(world, "alice", "#room", "three")
    world.actors["alice"].say(f"@draft/target-msgid={first};draft/edit-text=ONE EDIT #room")

    def ask(who: str, query: str) -> list[str]:
        found = [parse(line.encode()) for line in world.actors[who].ask(f"CHATHISTORY {query}")[1:-1]]
        return [
            f"{each.tags.get('+draft/react') or each.tags.get('draft/edit-text') or each.param(1)}"
            + "*" * (each.tags.get("draft/chathistory-context") == "")
            for each in found
        ]

    for caps, name in ((CAPS, "playback"), (CAPS.replace("draft/message-edit", ""), "no-edit")):
        world.enter("alice", f"{caps} draft/event-playback", as_=name)
        world.deaf()
    world.enter("alice", f"{ADDED_UP} draft/event-playback", as_="added-up")
    world.deaf()
    after = "AFTER #room timestamp=1970-01-01T00:00:00.000Z"
    before = f"BEFORE #room msgid={second} 2"
    last = "LATEST #room * 50"
    assert ask("playback", before)[-3:] == ["ONE", "a*", "ONE*"]
    assert ask("no-edit", before)[-2:] == ["ONE", "a*"]
    assert ask("added-up", before)[-1:] == ["ONE"]
    assert ask("alice", before) == ["ONE"], "only with event-playback"
    assert ask("playback", last)[-6:] == ["ONE", "two", "b", "a", "three", "ONE"], "in the page, so no context"
    world.actors["alice"].say(f"REDACT #room {first}")
    world.deaf()
    assert not {"a*", "ONE*"} & {*ask("playback", before), *ask("playback", f"{after} 9")}
    assert ask("playback", f"AROUND #room msgid={second} 1") == ["two", "b*"]


def test_in_a_conversation(world):
    """Both users may react."""
    msgid = say(world, "alice", "carol", "one")
    world.actors["carol"].say(react(msgid, "👍", target="alice"))
    world.deaf()
    assert reactions(world, target="alice") == ["1 carol 👍"]


def test_before_two_have_talked(world):
    """There is no message yet to which one of them could react, and an id of elsewhere is none of theirs."""
    for msgid in ("0123456789abcdef", say(world, "alice", "#room", "one")):
        world.play(
            """
            bob> @label=1;+draft/react=x;+reply={x} TAGMSG alice
            bob< @label=1 :s FAIL TAGMSG UNKNOWN_MSGID alice {x} :There is no such message here.
            bob> @label=2;+draft/react=x;+reply={x} TAGMSG nobody
            bob< @label=2 :s 401 bob nobody :...
            """,
            x=msgid,
        )


def test_a_reaction_to_an_edit(world):
    """It is one to the message that was edited, and everybody is told so."""
    msgid = say(world, "alice", "#room", "one")
    (line,) = world.actors["alice"].ask(f"@draft/target-msgid={msgid};draft/edit-text=two EDIT #room")
    edit = line.partition("msgid=")[2].partition(";")[0]
    (line,) = world.actors["bob"].ask(react(edit, "👍"))[1:]
    assert f"+draft/reply={msgid} " in line
    world.deaf()
    assert reactions(world) == ["1 bob 👍"]


def test_of_a_silenced_user(world):
    """Who blocks somebody gets no reactions of theirs, and a page does not count them."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["carol"].say("SILENCE +bob")
    world.deaf()
    world.actors["bob"].say(react(msgid, "👍"))
    world.actors["alice"].say(react(msgid, "👍"))
    assert [line.partition(" :")[2].partition("!")[0] for line in world.actors["carol"].hear()] == ["alice"]
    assert reactions(world) == ["1 alice 👍"]


def test_of_a_removed_account(world):
    """It is shown under the name that is shown for its messages."""
    world.enter("dave", CAPS)
    world.channel("#room", "dave")
    msgid = say(world, "alice", "#room", "one")
    world.actors["dave"].say(react(msgid, "👍"))
    world.services.accounts._file.remove("dave")
    world.advance(1)
    world.deaf()
    assert reactions(world) == ["1 dave 👍"]


def test_a_redaction_removes_them(world):
    """The reactions to a redacted message are in no page, not as events either; and there are no further ones."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["bob"].say(react(msgid, "👍"))
    world.actors["alice"].say(f"REDACT #room {msgid}")
    world.enter("carol", f"{CAPS} draft/event-playback chatapp/aggregate", as_="playback")
    world.deaf()
    for _ in range(2):
        assert not any(" TAGMSG " in line for line in world.actors["playback"].ask("CHATHISTORY LATEST #room * 50"))
        assert reactions(world) == []
        world.settle()
    world.actors["bob"].say(react(msgid, "👍"))
    assert not any(" TAGMSG " in line for line in world.actors["playback"].ask("CHATHISTORY LATEST #room * 50")[1:-1])


def test_the_redaction_of_a_reaction(world):
    """A reaction is a message of its own, so its sender can redact it; then it is not counted."""
    msgid = say(world, "alice", "#room", "one")
    (line,) = world.actors["bob"].ask(react(msgid, "👍"))
    own = line.partition("msgid=")[2].partition(";")[0]
    world.actors["bob"].say(f"REDACT #room {own}")
    world.deaf()
    assert reactions(world) == [""]


def test_another_reaction_is_refused(world):
    """What is about no message of the target that the user may read is refused, as EDIT and REDACT are. It is the same
    for a msgid that does not exist, that is elsewhere, that is erased, and that is no message.
    """
    direct, here = say(world, "alice", "carol", "direct"), say(world, "alice", "#room", "here")
    (topic,) = world.actors["alice"].ask("TOPIC #room :x")
    topic_id = topic.partition("msgid=")[2].partition(" ")[0]
    erased = say(world, "alice", "#room", "erased")
    world.actors["alice"].say(f"REDACT #room {erased}")
    world.deaf()
    for msgid in (direct, topic_id, erased, "0000000000000000"):
        world.play(
            """
            bob> @label=1;+draft/react=x;+reply={x} TAGMSG #room
            bob< @label=1 :s FAIL TAGMSG UNKNOWN_MSGID #room {x} :There is no such message here.
            """,
            x=msgid,
        )
    world.actors["bob"].say(react(here, "x", target="carol"))
    world.actors["bob"].say(react(direct, "x", target="alice"))
    world.enter("carol", f"{ADDED_UP} draft/event-playback", as_="playback")
    world.deaf()
    for target in ("#room", "alice", "bob"):
        lines = world.actors["playback"].ask(f"CHATHISTORY LATEST {target} * 50")
        assert not any("TAGMSG" in line or "chatapp/reactions" in line for line in lines)


def test_mistakes(world):
    """Each is answered as for every message; a reaction has a length."""
    world.play(
        """
        bob> @+draft/react=x;+reply={here} TAGMSG nobody
        bob< :s 401 bob nobody :There is nobody with that name.
        bob> @+draft/react=x;+reply={here} TAGMSG #none
        bob< :s 403 bob #none :...
        bob> @+draft/react=x;+reply={here} TAGMSG
        bob< :s 411 bob :...
        bob> @+draft/react;+reply={here} TAGMSG #room
        bob< :s FAIL TAGMSG INVALID_TAG +draft/react :A reaction has one line of 1 to 12 bytes.
        bob> @+draft/react=1234567890123;+reply={here} TAGMSG #room
        bob< :s FAIL TAGMSG INVALID_TAG +draft/react :A reaction has one line of 1 to 12 bytes.
        bob> @+draft/react=x;+draft/unreact=1234567890123;+reply={here} TAGMSG #room
        bob< :s FAIL TAGMSG INVALID_TAG +draft/unreact :A reaction has one line of 1 to 12 bytes.
        bob> @+draft/unreact=a\\nb;+reply={here} TAGMSG #room
        bob< :s FAIL TAGMSG INVALID_TAG +draft/unreact :...
        bob> @+draft/react=\\s\u200b;+reply={here} TAGMSG #room
        bob< :s FAIL TAGMSG INVALID_TAG +draft/react :Nobody can see this reaction. Nothing was sent.
        """,
        here=say(world, "alice", "#room", "here"),
    )
    assert reactions(world) == [""]


def test_who_may_write_but_not_read(world):
    """In a channel without n, somebody outside writes, and its reactions do not count."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["alice"].say("MODE #room -n")
    world.enter("dave", CAPS)
    world.deaf()
    (line,) = world.actors["dave"].ask(react(msgid, "👍"))
    assert line.endswith(" TAGMSG #room")
    world.actors["alice"].say("MODE #room +n")
    (line,) = world.actors["dave"].ask(react(msgid, "👍"))
    assert line.startswith(":s 404 dave #room :")
    world.deaf()
    assert reactions(world) == [""]


def test_a_newcomer_does_not_react_to_what_was_before(world):
    """With W, it may not read that; nothing tells it whether the message exists."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["alice"].say("MODE #room +W")
    world.enter("dave", CAPS)
    world.channel("#room", "dave")
    heard = {world.actors["dave"].ask(react(each, "x"))[0].replace(each, "m")[24:] for each in (msgid, "0" * 16)}
    assert len(heard) == 1
    world.deaf()
    assert reactions(world) == [""]


def test_the_limits(world):
    """ "Everything is bounded": the reactions of an account to a message, and of all. Removing is always possible."""
    msgid = say(world, "alice", "#room", "one")
    bob = world.actors["bob"]
    repeated = react(msgid, "b").replace("@", "@+chatapp/id=b;")
    bob.say(react(msgid, "a"), repeated)
    world.deaf()
    assert " TAGMSG #room" in bob.ask(repeated)[0]  # it was stored, so the id gets the first echo
    (line,) = bob.ask(react(msgid, "c"))
    assert line == ":s FAIL TAGMSG TOO_MANY_REACTIONS :You cannot add more than 2 reactions to a message."
    world.actors["alice"].say(react(msgid, "a"))
    world.deaf()
    (line,) = world.actors["carol"].ask(react(msgid, "d"))
    assert line == ":s FAIL TAGMSG TOO_MANY_REACTIONS :This message cannot have more than 3 reactions."
    bob.say(react(msgid, "a", un="un"), react(msgid, "b", un="un"))
    world.deaf()
    assert reactions(world) == ["1 alice a"]
    (line,) = bob.ask(react(msgid, "a", un="un").replace("@", "@+chatapp/id=k;"))
    assert " NOT_REACTED " in line


def test_a_reaction_that_changes_nothing_is_not_sent(world):
    """Nobody hears of it, and no history has it: a reaction added again, and the removal of what was not added."""
    msgid = say(world, "alice", "#room", "one")
    bob, carol = world.actors["bob"], world.actors["carol"]
    for un, sent in (("un", False), ("", True), ("", False), ("un", True), ("un", False)):
        world.deaf()
        heard = bob.ask(react(msgid, "a", un=un))
        answer = ":s FAIL TAGMSG NOT_REACTED" if un else ":s FAIL TAGMSG REACTED_ALREADY"
        assert [heard[0].startswith(f"{answer} :"), f";+draft/{un}react=a;" in heard[0]] == [not sent, sent]
        assert [f"{un}react=a" in each for each in carol.hear()] == [True] * sent
        assert reactions(world) == ["" if un else "1 bob a"]


def test_a_reaction_that_is_sent_again(world):
    """An id is stored once (R4): the repeated reaction is answered with the first echo."""
    msgid = say(world, "alice", "#room", "one")
    line = react(msgid, "👍").replace("@", "@+chatapp/id=k;")
    first = world.actors["bob"].ask(line)
    assert world.actors["bob"].ask(line) == first


def test_a_new_id_does_not_make_a_reaction_new(world):
    """Only the id that the reaction had is answered with its echo; nobody hears of it again with another id."""
    msgid = say(world, "alice", "#room", "one")
    bob, carol = world.actors["bob"], world.actors["carol"]
    bob.say(react(msgid, "a").replace("@", "@+chatapp/id=1;"))
    world.deaf()
    assert " REACTED_ALREADY " in bob.ask(react(msgid, "a").replace("@", "@+chatapp/id=2;"))[0]
    assert " NOT_REACTED " in bob.ask(react(msgid, "b", un="un").replace("@", "@+chatapp/id=3;"))[0]
    assert carol.hear() == []


def test_a_reaction_with_both_tags_adds(world):
    """What it names to remove stays, and can be removed."""
    msgid = say(world, "alice", "#room", "one")
    bob = world.actors["bob"]
    bob.say(react(msgid, "b"), react(msgid, "a").replace("@", "@+draft/unreact=b;"))
    world.deaf()
    assert ";+draft/unreact=b;" in bob.ask(react(msgid, "b", un="un"))[0]


@pytest.mark.parametrize("un", ["", "un"])
@pytest.mark.parametrize(
    "target", ["#room,bob", "#room,#room", "#room,", "+#room", "@#room", "~@#ROOM", "+#room,@#room"]
)
def test_no_other_target_evades_the_limits(world, target, un):
    """A reaction that is sent is counted: several targets, or a role for a message to all, are refused."""
    msgid = say(world, "alice", "#room", "one")
    (line,) = world.actors["bob"].ask(react(msgid, "x", un=un, target=target))
    words = (
        "A reaction has one target." if "," in target else "That message is not for this role: react to it in #room."
    )
    assert line == f":s FAIL TAGMSG INVALID_TAG +draft/{un}react :{words} Nothing was sent."
    assert [world.actors[who].hear() for who in ("alice", "bob", "carol")] == [[], [], []]
    assert reactions(world) == [""]


@pytest.mark.parametrize("mode", ["", "MODE #room +W", "MODE #room +s"])
def test_a_role_as_the_target_tells_nothing(world, mode):
    """Whoever may not read a message gets the same answer as for a message that does not exist."""
    msgid = say(world, "alice", "#room", "one")
    world.actors["alice"].say(mode or "PING x")
    dave = world.enter("dave", CAPS)
    if mode.endswith("W"):
        world.channel("#room", "dave")
    world.deaf()
    heard = {
        tuple(
            line.replace(each, "m")[24 * line.startswith("@") :] for line in dave.ask(react(each, "x", target="+#room"))
        )
        for each in (msgid, "0" * 16)
    }
    assert len(heard) == 1
    assert all("INVALID_TAG" not in line for lines in heard for line in lines)
