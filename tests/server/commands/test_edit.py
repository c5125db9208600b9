"""EDIT: the author gives a message another text; who knows the command gets it, others a new line.

Spec: IRCv3 pull request 425.
"""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.protocol.message import escape_tag
from chatapp.server.delivery.edits import TEXT_BYTES_MAX
from tests.server.commands.test_redact import SECRET, page, say, texts_in, until_erased
from tests.server.world import FULL_DISK, World, plain

EDITS = "draft/message-edit draft/message-redaction message-tags echo-message batch draft/chathistory labeled-response"


def with_room(world: World) -> World:
    """Let alice, bob and carol join #room; bob and dave do not know EDIT, and dave no tags."""
    world.enter("alice", EDITS)
    world.enter("bob", "message-tags batch draft/chathistory")
    world.enter("carol", EDITS)
    world.enter("dave")
    world.channel("#room", "alice bob carol dave")
    return world


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """Make a world where authors may edit for 50 seconds, over a log in memory, and over the real one."""
    names = "alice bob carol dave"
    settings = {"edit_s": 50.0, "edits_per_message_max": 3, "rate_limits": False}
    return with_room(make_world(accounts=names, sqlite=request.param == "sqlite", **settings))


@pytest.fixture
def memory_world(make_world):
    """Make a world with a log and a history that wait or fail when told to."""
    return with_room(make_world(accounts="alice bob carol dave"))


def edit(msgid: str, text: str, target: str = "#room") -> str:
    """Write the command; ``text`` is escaped already."""
    return f"@draft/target-msgid={msgid};draft/edit-text={text} EDIT {target}"


# Who is told


def test_in_a_channel(world):
    """ "The server MUST forward this EDIT to the target recipients with an appropriate prefix"; "the fallback method
    is left up to server implementations, but could take the form of a standard [...] PRIVMSG".
    """
    msgid = say(world, "alice", "#room", "anex ample")
    world.play(
        """
        alice> @label=7;draft/target-msgid={x};draft/edit-text=an\\sexample EDIT #ROOM
        alice< @label=7;msgid={m};draft/target-msgid={x};draft/edit-text=an\\sexample :alice!alice@s EDIT #room
        bob< @msgid={m};+reply={x};+draft/reply={x} :alice!alice@s PRIVMSG #room :Correction of "anex ample": an example
        carol< @msgid={m};draft/target-msgid={x};draft/edit-text=an\\sexample :alice!alice@s EDIT #room
        dave< :alice!alice@s PRIVMSG #room :Correction of "anex ample": an example
        """,
        x=msgid,
    )
    assert page(world, "alice") == page(world, "bob") == ["an example"]


def test_in_a_conversation(world):
    """ "In the same way as PRIVMSG messages": all sessions of both."""
    world.enter("alice", as_="phone")
    note = world.actors["alice"].ask("NOTICE bob :for yuo")[0].partition("msgid=")[2].partition(" ")[0]
    world.deaf()
    world.play(
        """
        alice> @draft/target-msgid={x};draft/edit-text=for\\syou EDIT BOB
        alice< @msgid={m};draft/target-msgid={x};draft/edit-text=for\\syou :alice!alice@s EDIT bob
        phone< :alice!alice@s NOTICE bob :Correction of "for yuo": for you
        bob< @msgid={m};+reply={x};+draft/reply={x} :alice!alice@s NOTICE bob :Correction of "for yuo": for you
        """,
        x=note,
    )
    assert page(world, "alice", "bob") == page(world, "bob", "alice") == ["for you"]


def test_an_edit_of_an_edit(world):
    """It is an edit of the message that was edited first."""
    msgid = say(world, "alice", "#room", "one")
    (line,) = world.actors["alice"].ask(edit(msgid, "two"))
    second = line.partition("msgid=")[2].partition(";")[0]
    world.deaf()
    world.play(
        """
        alice> @draft/target-msgid={second};draft/edit-text=three EDIT #room
        alice< @msgid={m};draft/target-msgid={x};draft/edit-text=three :alice!alice@s EDIT #room
        bob< @msgid={m};+reply={x};+draft/reply={x} :alice!alice@s PRIVMSG #room :Correction of "two": three
        carol< @msgid={m};draft/target-msgid={x};draft/edit-text=three :alice!alice@s EDIT #room
        dave< :alice!alice@s PRIVMSG #room :Correction of "two": three
        """,
        x=msgid,
        second=second,
    )
    assert page(world, "carol") == ["three"]


def test_several_lines(world):
    """A message can get several lines and lose them; others get each line, and the quotation in a line of its own."""
    msgid = say(world, "alice", "#room", "one line")
    world.play(
        """
        alice> @draft/target-msgid={x};draft/edit-text=first\\n\\nthird EDIT #room
        alice< @msgid={m};draft/target-msgid={x};draft/edit-text=first\\n\\nthird :alice!alice@s EDIT #room
        bob< @msgid={m};+reply={x};+draft/reply={x} :alice!alice@s PRIVMSG #room :Correction of "one line":
        bob< :alice!alice@s PRIVMSG #room :first
        bob< :alice!alice@s PRIVMSG #room :third
        carol< @msgid={m};draft/target-msgid={x};draft/edit-text=first\\n\\nthird :alice!alice@s EDIT #room
        dave< :alice!alice@s PRIVMSG #room :Correction of "one line":
        dave< :alice!alice@s PRIVMSG #room :first
        dave< :alice!alice@s PRIVMSG #room :third
        """,
        x=msgid,
    )
    assert page(world, "carol") == ["first", "third"]
    world.enter("carol", f"{EDITS} draft/multiline", as_="lines")
    assert page(world, "lines")[1:-1] == ["first", "", "third"]
    world.actors["alice"].say(edit(msgid, "one\\sagain"))
    world.deaf()
    assert page(world, "lines") == ["one again"]


@pytest.mark.parametrize("tags", [" message-tags", ""])
def test_several_lines_as_one_message(world, tags):
    """Who knows draft/multiline, and not EDIT, gets the correction in one batch, with its blank lines. A correction of
    one line has no batch.
    """
    msgid = say(world, "alice", "#room", "one line")
    lines = world.enter("bob", f"batch draft/multiline{tags}", as_="lines")
    world.actors["alice"].ask(edit(msgid, "first\\n\\nthird"), edit(msgid, "one"))
    start, *inner, end, last = lines.hear()
    reference = end.rpartition("-")[2]
    assert end == f":alice!alice@s BATCH -{reference}"
    reply = f"@msgid={reference};+reply={msgid};+draft/reply={msgid} " if tags else ""
    assert start == f"{reply}:alice!alice@s BATCH +{reference} draft/multiline #room"
    texts = ['Correction of "one line":', "first", "", "third"]
    assert inner == [f"@batch={reference} :alice!alice@s PRIVMSG #room :{text}" for text in texts]
    assert last.endswith(':alice!alice@s PRIVMSG #room :Correction of "first  third": one')


def test_a_long_text(world):
    """A text of the longest line is not cut for anybody: the quotation has a line of its own then."""
    msgid = say(world, "alice", "#room", "x" * 100)
    room = 510 - len(":alice!alice@s PRIVMSG #room :")
    (line,) = world.actors["alice"].ask(edit(msgid, "y" * (room + 1)))
    wanted = f":s FAIL EDIT INVALID_EDIT #room {msgid} :A line of the text is too long: {room} bytes fit."
    assert line == f"{wanted} Nothing was changed."
    world.actors["alice"].ask(edit(msgid, "y" * room))
    heard = [line.partition("PRIVMSG #room :")[2] for line in world.actors["dave"].hear()]
    assert heard == [f'Correction of "{"x" * 57}...":', "y" * room]


def test_an_action(world):
    """ "/me waves" stays an action, whether the client writes it as CTCP or not."""
    msgid = say(world, "alice", "#room", "\x01ACTION waives\x01")
    for text, words in (("waves", "waves"), ("\x01ACTION\\swaves!\x01", "waves!")):
        world.actors["alice"].ask(edit(msgid, text))
        assert world.actors["dave"].hear()[0].endswith(f": {words}")
        assert page(world, "carol")[-1:] == [f"\x01ACTION {words}\x01"]
        world.deaf()


def test_who_silenced_the_author_is_not_told(world):
    """Such a user has never got the message."""
    world.actors["bob"].ask("SILENCE +alice")
    msgid = say(world, "alice", "#room")
    world.actors["alice"].ask(edit(msgid, "new"))
    assert world.actors["bob"].hear() == []
    assert page(world, "bob") == []


def test_who_may_not_read_the_message_is_not_told(world):
    """In a channel with W, a newcomer does not learn of an edit of what was said before it came."""
    msgid = say(world, "alice", "#room")
    world.actors["carol"].say("PART #room")
    world.actors["alice"].say("MODE #room +W")
    world.channel("#room", "carol")
    world.actors["alice"].ask(edit(msgid, "new"))
    assert world.actors["carol"].hear() == []
    world.enter("carol", f"{EDITS} draft/event-playback", as_="playback")
    assert not any("new" in line for line in world.actors["playback"].ask("CHATHISTORY LATEST #room * 50"))


# What history shows


def test_history_shows_the_newest_text_and_when(world):
    """A page has the message once, in its place, with its own msgid; clients with message-tags see that it was edited.
    With event-playback, the edit is an event too, for clients that know EDIT.
    """
    msgid = say(world, "alice", "#room", "old")
    say(world, "carol", "#room", "between")
    world.actors["alice"].ask(edit(msgid, "new"))
    world.deaf()
    for who in ("alice", "bob"):
        lines = world.actors[who].ask("CHATHISTORY LATEST #room * 50")[1:-1]
        tags, _, rest = lines[0].partition(" ")
        assert rest == ":alice!alice@s PRIVMSG #room :new"
        assert f";msgid={msgid};chatapp/edited=2026-01-01T" in tags
        assert len(lines) == 2
    for caps, verbs in ((EDITS, ["EDIT"]), ("message-tags batch draft/chathistory", [])):
        world.enter("carol", f"{caps} draft/event-playback", as_="playback")
        lines = world.actors["playback"].ask("CHATHISTORY LATEST #room * 50")[1:-1]
        said = [line.split(" ") for line in lines if " JOIN " not in line]
        assert [words[2] for words in said] == ["PRIVMSG", "PRIVMSG", *verbs]
        assert said[0][4] == ":new"


def test_what_was_missed_is_shown_once(world):
    """A client that comes back gets a message it has missed with its newest text, and of an older message the newest
    edit.
    """
    before = say(world, "alice", "#room", "before")
    world.actors["dave"].answers_pings = True
    world.advance(20)
    world.actors["dave"].hang_up()
    world.advance(1)
    missed = say(world, "alice", "#room", "missed")
    for text in ("a", "b"):
        world.actors["alice"].ask(edit(before, f"before-{text}"), edit(missed, f"missed-{text}"))
    dave = world.connect("dave")
    dave.say("CAP REQ :sasl message-tags", "NICK dave", "USER dave 0 * :d", "AUTHENTICATE PLAIN")
    dave.say(*(f"AUTHENTICATE {part}" for part in plain("dave")), "CAP END")
    said = [line.partition("#room :")[2] for line in dave.hear() if " PRIVMSG #room :" in line]
    assert said == ["missed-b", 'Correction of "before-a": before-b']


# Refusals


def test_the_refusals_of_the_specification(world):
    """ "FAIL EDIT EDIT_FORBIDDEN <target> <target-msgid>", "INVALID_EDIT <target>", "INVALID_EDIT <target>
    <target-msgid>", "EDIT_WINDOW_EXPIRED <target> <target-msgid> <window>"; the others as for REDACT.
    """
    hers, his = say(world, "alice", "#room", "hers"), say(world, "carol", "#room", "his")
    tagged = say_tags(world)
    world.play(
        """
        alice> @draft/target-msgid={his};draft/edit-text=x EDIT #room
        alice< :s FAIL EDIT EDIT_FORBIDDEN #room {his} :You can only edit your own messages.
        alice> @draft/target-msgid={tagged};draft/edit-text=x EDIT #room
        alice< :s FAIL EDIT EDIT_FORBIDDEN #room {tagged} :A message without a text cannot be edited.
        alice> @draft/edit-text=x EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room :...
        alice> @draft/target-msgid={hers} EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room {hers} :...
        alice> @draft/target-msgid={hers};draft/edit-text=hers EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room {hers} :The message has this text already. Nothing was changed.
        alice> @draft/target-msgid={hers};draft/edit-text=\\n\\n EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room {hers} :...
        alice> @draft/target-msgid={hers};draft/edit-text=a\\rb EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room {hers} :...
        alice> @draft/target-msgid={hers};draft/edit-text=x\\n\x01VERSION\x01 EDIT #room
        alice< :s FAIL EDIT INVALID_EDIT #room {hers} :...
        alice> @draft/target-msgid=0000000000000000;draft/edit-text=x EDIT #room
        alice< :s FAIL EDIT UNKNOWN_MSGID #room 0000000000000000 :There is no such message here.
        alice> @draft/target-msgid={hers};draft/edit-text=x EDIT carol
        alice< :s FAIL EDIT INVALID_TARGET carol :You have no channel or conversation of this name.
        alice> @draft/target-msgid={hers};draft/edit-text=x EDIT #none
        alice< :s FAIL EDIT INVALID_TARGET #none :...
        alice> EDIT
        alice< :s 461 alice EDIT :...
        bob> @draft/target-msgid={his};draft/edit-text=x EDIT #room
        bob< :s FAIL EDIT NEED_CAPABILITY #room :...
        """,
        hers=hers,
        his=his,
        tagged=tagged,
    )
    world.advance(51)
    world.deaf()
    world.play(
        """
        alice> @draft/target-msgid={hers};draft/edit-text=x EDIT #room
        alice< :s FAIL EDIT EDIT_WINDOW_EXPIRED #room {hers} 50 :The time in which you can edit this message is over.
        """,
        hers=hers,
    )
    assert page(world, "carol") == ["hers", "his"]


def say_tags(world: World) -> str:
    """Let alice send a message without a text; return its msgid."""
    (line,) = world.actors["alice"].ask("@+x=y TAGMSG #room")
    world.deaf()
    return line.partition("msgid=")[2].partition(" ")[0].partition(";")[0]


def test_an_edit_in_a_muted_channel(world):
    """ "The author may still speak there": the answer is that of a message."""
    msgid = say(world, "carol", "#room", "old")
    world.actors["alice"].say("MODE #room +m")
    world.deaf()
    (line,) = world.actors["carol"].ask(edit(msgid, "new"))
    assert line.startswith(":s 404 carol #room :Nothing was sent")
    assert page(world, "alice") == ["old"]


def test_too_many_edits(world):
    """The number of edits of a message is bounded (``edits_per_message_max``)."""
    msgid = say(world, "alice", "#room", "old")
    for number in range(3):
        (line,) = world.actors["alice"].ask(edit(msgid, f"text{number}"))
        assert line.endswith(" EDIT #room")
    (line,) = world.actors["alice"].ask(edit(msgid, "more"))
    assert line == f":s FAIL EDIT EDIT_FORBIDDEN #room {msgid} :You have edited this message 3 times. Write a new one."
    world.deaf()
    assert page(world, "carol") == ["text2"]


def test_a_redaction_erases_the_message_and_its_edits(world):
    """ "Redacted text disappears from every answer and from the disk": the edits and what they quote too."""
    msgid = say(world, "alice", "#room", f"{SECRET} one")
    world.actors["alice"].ask(edit(msgid, f"{SECRET}\\stwo"))
    (line,) = world.actors["alice"].ask(edit(msgid, f"{SECRET}\\sthree"))
    last = line.partition("msgid=")[2].partition(";")[0]
    world.deaf()
    (line,) = world.actors["alice"].ask(f"REDACT #room {last}")
    assert line.endswith(f" REDACT #room {msgid}"), "a redaction of an edit is one of the message"
    until_erased(world)
    if world.disk is None:
        assert texts_in(world.folder) == []
    for who in ("alice", "bob"):
        assert page(world, who) == []
    world.enter("carol", f"{EDITS} draft/event-playback", as_="playback")
    lines = world.actors["playback"].ask("CHATHISTORY LATEST #room * 50")
    assert not any("EDIT" in line or SECRET in line for line in lines)
    for each in (msgid, last):
        (line,) = world.actors["alice"].ask(edit(each, "x"))
        assert line == f":s FAIL EDIT UNKNOWN_MSGID #room {each} :There is no such message here."


def test_an_edit_that_meets_a_redaction(memory_world):
    """An edit that is stored after the redaction of its message changes nothing, and its text is erased too."""
    world = memory_world
    msgid = say(world, "carol", "#room")
    world.log.held = True
    world.actors["alice"].say(f"REDACT #room {msgid}")
    world.actors["carol"].say(edit(msgid, f"{SECRET}\\sagain"))
    world.log.held = False
    world.settle()
    assert [line.split(" ")[2] for line in world.actors["carol"].hear()] == ["REDACT", "EDIT"]
    assert not any(SECRET in str(row.event) for row in world.disk.rows)
    assert page(world, "carol") == []


def test_it_is_not_stored(memory_world):
    """A full disk: nothing has changed, and the author is told."""
    world = memory_world
    msgid = say(world, "alice", "#room", "old")
    world.log.failure = FULL_DISK
    (line,) = world.actors["alice"].ask(edit(msgid, "new"))
    assert line.startswith(":s FAIL EDIT CHANGE_NOT_STORED #room :")
    world.log.failure = None
    assert page(world, "alice") == ["old"]
    assert not any(isinstance(row.event, events.MessageEdited) for row in world.disk.rows)


@pytest.mark.parametrize("more", [0, 1])
def test_the_tags_of_an_edit(make_world, more):
    """All tags that the server adds to a line have 4,094 bytes at most, whatever a recipient has negotiated.

    Spec: IRCv3 message-tags, "Size limit": "Servers MUST NOT add tag data exceeding" the limit.
    """
    name = "alice" + "x" * 27
    world = make_world(accounts=f"{name} bob", rate_limits=False)
    caps = f"{EDITS} account-tag server-time draft/event-playback"
    alice, bob = world.enter(name, caps), world.enter("bob", caps)
    world.channel("#room", f"{name} bob")
    alice.say(f"MODE {name} +B", "@label=x PRIVMSG #room :first")
    msgid = next(line for line in alice.hear() if " PRIVMSG " in line).partition("msgid=")[2].partition(";")[0]
    bob.hear()
    text = escape_tag("\n".join([" " * 200] * 9))
    text += "y" * (TEXT_BYTES_MAX + more - len(text))
    heard = alice.ask(f"@label={'z' * 64};draft/target-msgid={msgid};draft/edit-text={text} EDIT #room")
    if more:
        words = f"The text is too long for an edit: {TEXT_BYTES_MAX} bytes fit. Nothing was changed."
        assert heard == [f"@label={'z' * 64} :s FAIL EDIT INVALID_EDIT #room {msgid} :{words}"]
        assert bob.hear() == []
        return
    for lines in (heard, bob.hear()):
        (line,) = lines
        assert f";draft/edit-text={text} :" in line
    others = [line for line in bob.ask("CHATHISTORY LATEST #room * 100") if " EDIT " in line]
    assert [f";draft/edit-text={text} :" in line for line in others] == [True]
