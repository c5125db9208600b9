"""REDACT: the text of a message is erased, and whoever may read the message and knows the command is told.

Spec: IRCv3 draft/message-redaction.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatapp.model import events
from tests.server.world import FULL_DISK, World

REDACTS = "draft/message-redaction message-tags echo-message batch draft/chathistory labeled-response"
SECRET = "sEcReT"


def with_room(world: World) -> World:
    """Let alice, bob and carol join #room; carol does not know REDACT."""
    world.enter("alice", REDACTS)
    world.enter("bob", REDACTS)
    world.enter("carol", "message-tags batch draft/chathistory")
    world.channel("#room", "alice bob carol")
    return world


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """Make a world with #room, where authors may redact for 50 seconds, over a log in memory, and over the real one."""
    return with_room(make_world(accounts="alice bob carol", sqlite=request.param == "sqlite", redact_s=50.0))


@pytest.fixture
def memory_world(make_world):
    """Make a world with #room and a log and a history that wait or fail when told to."""
    return with_room(make_world(accounts="alice bob carol"))


def say(world: World, who: str, target: str, text: str = SECRET, tags: str = "") -> str:
    """Let somebody with echo-message say something, of which nobody needs to hear; return its msgid."""
    heard = world.actors[who].ask(f"{tags}PRIVMSG {target} :{text}")
    line = next(line for line in heard if f" PRIVMSG {target} :" in line)
    world.deaf()
    return line.partition("msgid=")[2].partition(" ")[0].partition(";")[0]


def page(world: World, who: str, target: str = "#room") -> list[str]:
    """Return the texts of all of a history, as somebody reads it."""
    lines = world.actors[who].ask(f"CHATHISTORY LATEST {target} * 100")[1:-1]
    return [line.rpartition(" :")[2] for line in lines]


def texts_in(folder: Path) -> list[str]:
    """List the files that have the secret somewhere in their bytes."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() and SECRET.encode() in path.read_bytes())


def until_erased(world: World) -> None:
    """Wait until no file has the secret any more; it is the log's thread that erases."""
    while world.disk is None and texts_in(world.folder):
        world.run(asyncio.sleep(0))
        world.settle()


# Who is told


def test_in_a_channel(world):
    """ "SHOULD forward this REDACT, with an appropriate prefix, to the target recipients that have negotiated" the
    capability; "MUST not forward this REDACT to target recipients that have not". The reason need not be given.
    """
    world.enter("alice", REDACTS, as_="phone")
    first, second = say(world, "bob", "#room"), say(world, "bob", "#room")
    world.play(
        """
        alice> REDACT #ROOM {first} :join my network
        alice< @msgid={m} :alice!alice@s REDACT #room {first} :join my network
        phone< @msgid={m} :alice!alice@s REDACT #room {first} :join my network
        bob< @msgid={m} :alice!alice@s REDACT #room {first} :join my network
        bob> @label=7 REDACT #room {second}
        bob< @label=7;msgid={n} :bob!bob@s REDACT #room {second}
        alice< @msgid={n} :bob!bob@s REDACT #room {second}
        phone< @msgid={n} :bob!bob@s REDACT #room {second}
        """,
        first=first,
        second=second,
    )


def test_in_a_conversation(world):
    """ "In the same way as PRIVMSG messages": all sessions of both, to the target of the message."""
    world.enter("alice", REDACTS, as_="phone")
    world.enter("bob", as_="old")
    msgid = say(world, "alice", "bob")
    world.play(
        """
        alice> REDACT BOB {x} :oops
        alice< @msgid={m} :alice!alice@s REDACT bob {x} :oops
        phone< @msgid={m} :alice!alice@s REDACT bob {x} :oops
        bob< @msgid={m} :alice!alice@s REDACT bob {x} :oops
        """,
        x=msgid,
    )
    assert page(world, "alice", "bob") == page(world, "bob", "alice") == []


def test_to_oneself_and_to_a_user_who_has_gone(world):
    """Each session is told once; and the message to a removed account can still be redacted."""
    note, late = say(world, "alice", "alice"), say(world, "alice", "carol")
    world.services.accounts._file.remove("carol")
    world.advance(1)
    world.deaf()
    world.play(
        """
        alice> REDACT alice {x}
        alice< @msgid={m} :alice!alice@s REDACT alice {x}
        alice> REDACT carol {y}
        alice< @msgid={n} :alice!alice@s REDACT carol {y}
        """,
        x=note,
        y=late,
    )


def test_who_may_not_read_the_message_is_not_told(world):
    """In a channel with W, a newcomer does not learn of what was said, and redacted, before it came."""
    msgid, kept = say(world, "alice", "#room"), say(world, "bob", "#room")
    world.actors["bob"].say("PART #room")
    world.actors["alice"].say("MODE #room +W")
    world.channel("#room", "bob")
    world.play("alice> REDACT #room {x}\nalice< @msgid={m} :alice!alice@s REDACT #room {x}", x=msgid)
    for reason in ("", " :" + "y" * 470):
        (line,) = world.actors["bob"].ask(f"REDACT #room {kept}{reason}")
        assert line == f":s FAIL REDACT UNKNOWN_MSGID #room {kept} :There is no such message here."


def test_an_administrator_outside_is_told_what_it_did(world):
    """Administrators redact in every channel, "without being a member"."""
    msgid = say(world, "alice", "#room")
    world.actors["bob"].say("PART #room")
    world.services.accounts._file.set_admin("bob", True)
    world.advance(1)
    world.deaf()
    world.play(
        """
        bob> REDACT #room {x} :order
        bob< @msgid={m} :bob!bob@s REDACT #room {x} :order
        alice< @msgid={m} :bob!bob@s REDACT #room {x} :order
        """,
        x=msgid,
    )


def test_who_silenced_the_author_is_not_told(world):
    """Such a user has never got the message. What others write, and a silenced operator redacts, it has got."""
    world.actors["bob"].ask("SILENCE +alice")
    hers, his = say(world, "alice", "#room"), say(world, "bob", "#room")
    direct = say(world, "alice", "bob")
    world.play(
        """
        alice> REDACT #room {hers}
        alice< @msgid={l} :alice!alice@s REDACT #room {hers}
        alice> REDACT #room {his}
        alice< @msgid={m} :alice!alice@s REDACT #room {his}
        bob< @msgid={m} :alice!alice@s REDACT #room {his}
        alice> REDACT bob {direct}
        alice< @msgid={n} :alice!alice@s REDACT bob {direct}
        """,
        hers=hers,
        his=his,
        direct=direct,
    )


# Refusals


def test_the_refusals_of_the_specification(world):
    """ "FAIL REDACT INVALID_TARGET <target>", "REDACT_FORBIDDEN <target> <target-msgid>", "REDACT_WINDOW_EXPIRED
    <target> <target-msgid> <window>", "UNKNOWN_MSGID <target> <target-msgid>". Nothing is erased then.
    """
    hers, his = say(world, "alice", "#room", "hers"), say(world, "bob", "#room", "his")
    direct = say(world, "alice", "bob", "direct")
    world.advance(49)
    new = say(world, "bob", "#room", "new")
    world.advance(2)
    world.play(
        """
        bob> REDACT #room {hers}
        bob< :s FAIL REDACT REDACT_FORBIDDEN #room {hers} :You can only redact your own messages here.
        bob> REDACT alice {direct}
        bob< :s FAIL REDACT REDACT_FORBIDDEN alice {direct} :You can only redact your own messages here.
        alice> REDACT bob {direct}
        alice< :s FAIL REDACT REDACT_WINDOW_EXPIRED bob {direct} 50 :...
        bob> REDACT #room {his}
        bob< :s FAIL REDACT REDACT_WINDOW_EXPIRED #room {his} 50 :...
        bob> REDACT #room 0000000000000000
        bob< :s FAIL REDACT UNKNOWN_MSGID #room 0000000000000000 :There is no such message here.
        bob> REDACT alice {new}
        bob< :s FAIL REDACT UNKNOWN_MSGID alice {new} :There is no such message here.
        bob> REDACT #room {direct}
        bob< :s FAIL REDACT UNKNOWN_MSGID #room {direct} :There is no such message here.
        bob> REDACT #none {new}
        bob< :s FAIL REDACT INVALID_TARGET #none :You have no channel or conversation of this name.
        """,
        hers=hers,
        his=his,
        new=new,
        direct=direct,
    )
    assert page(world, "carol") == ["hers", "his", "new"]
    assert page(world, "bob", "alice") == ["direct"]
    alice = world.actors["alice"]
    alice.ask("MODE #room -q alice")
    assert " FAIL REDACT REDACT_WINDOW_EXPIRED " in alice.ask(f"REDACT #room {hers}")[0], "she is no operator any more"


def test_the_role_of_the_author(world):
    """ "unless its author has a higher role"."""
    hers = say(world, "alice", "#room")
    world.actors["alice"].say("MODE #room +o bob")
    world.deaf()
    world.play("bob> REDACT #room {x}\nbob< :s FAIL REDACT REDACT_FORBIDDEN #room {x} :Its author's role ...", x=hers)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("REDACT", "461 alice REDACT :..."),
        ("REDACT #room", "461 alice REDACT :..."),
        ("REDACT #room :", "461 alice REDACT :..."),
        ("REDACT :", "461 alice REDACT :..."),
        ("REDACT #room :no such id", "FAIL REDACT UNKNOWN_MSGID #room * :..."),
        ("REDACT #room ::", "FAIL REDACT UNKNOWN_MSGID #room * :..."),
        ("REDACT #room " + "x" * 300, "FAIL REDACT UNKNOWN_MSGID #room * :..."),
        ("REDACT #room é", "FAIL REDACT UNKNOWN_MSGID #room é :..."),
        ("REDACT #room,#room {x}", "FAIL REDACT INVALID_TARGET #room,#room :..."),
        ("REDACT nobody {x}", "FAIL REDACT INVALID_TARGET nobody :..."),
        ("REDACT carol {x}", "FAIL REDACT INVALID_TARGET carol :..."),
        ("REDACT ~ {x}", "FAIL REDACT INVALID_TARGET ~ :..."),
        (
            "REDACT #room {x} :" + "\x02" * 300,
            "417 alice :The reason has too many control characters. Nothing was redacted.",
        ),
    ],
)
def test_mistakes(world, line, answer):
    """Each is answered, and nothing is erased."""
    msgid = say(world, "alice", "#room")
    (heard,) = world.actors["alice"].ask(line.replace("{x}", msgid))
    wanted = f":s {answer}"
    assert heard.startswith(wanted.removesuffix("...")) if wanted.endswith("...") else heard == wanted
    assert page(world, "carol") == [SECRET]


def test_a_reason_that_is_too_long(world):
    """It is cut, and the message is redacted: its text is gone, which matters more."""
    msgid = say(world, "alice", "#room")
    heard = world.actors["alice"].ask(f"REDACT #room {msgid} :" + "y" * 470)
    redacted, warning = heard[0].partition(":alice!alice@s ")[2], heard[1]
    assert redacted.startswith(f"REDACT #room {msgid} :yyy")
    told = redacted.rpartition(":")[2]
    assert len(f":alice!alice@s {redacted}") == 510
    assert (
        warning == f":s WARN REDACT REASON_CUT :Only the first {len(told)} bytes of the text fit. The rest is left out."
    )
    assert page(world, "carol") == []


def test_a_client_that_does_not_know_redact(world):
    """As in Ergo, its user may redact too. It gets no REDACT, which its client would not know, but a NOTICE."""
    world.enter("alice", "message-tags labeled-response batch", as_="old")
    world.enter("carol", "message-tags", as_="carol2")
    one, two = say(world, "alice", "#room"), say(world, "alice", "#room")
    world.play(f"""
        old> REDACT #room {one} :oops
        old< :s NOTICE alice :The message was redacted.
        alice< @msgid={{m}} :alice!alice@s REDACT #room {one} :oops
        bob< @msgid={{m}} :alice!alice@s REDACT #room {one} :oops
        old> @label=7 REDACT #room {two}
        old< @label=7 :s NOTICE alice :The message was redacted.
        alice< @msgid={{n}} :alice!alice@s REDACT #room {two}
        bob< @msgid={{n}} :alice!alice@s REDACT #room {two}
        carol2> REDACT #room {one}
        carol2< :s FAIL REDACT UNKNOWN_MSGID #room {one} :There is no such message here.
    """)
    assert page(world, "carol") == []


def test_only_what_is_a_message_is_redacted(world):
    """ "<msgid> is the id of the message to be redacted, which MUST be a PRIVMSG, NOTICE, or TAGMSG"."""
    alice = world.actors["alice"]
    (notice,) = alice.ask(f"NOTICE #room :{SECRET}")
    (reaction,) = alice.ask(f"@+draft/react={SECRET} TAGMSG #room")
    (topic,) = alice.ask(f"TOPIC #room :{SECRET}")
    world.deaf()
    ids = [line.partition("msgid=")[2].partition(" ")[0].partition(";")[0] for line in (notice, reaction, topic)]
    answers = [alice.ask(f"REDACT #room {msgid}")[0].split(" ") for msgid in ids]
    assert [answer[2] for answer in answers] == ["REDACT", "REDACT", "REDACT"]
    assert [answer[3] for answer in answers] == ["#room", "#room", "UNKNOWN_MSGID"]
    world.enter("alice", f"{REDACTS} draft/event-playback", as_="playback")
    lines = world.actors["playback"].ask("CHATHISTORY LATEST #room * 100")
    assert [line for line in lines if SECRET in line] == [line for line in lines if " TOPIC " in line] != []
    assert not any(" NOTICE " in line or " TAGMSG " in line for line in lines)


SECRET_ROOMS = ["#hidden", "#none"]


def test_a_channel_that_may_not_be_read_is_like_none(world):
    """ "Whether errors returned on REDACT may leak a message's existence to users who did not receive it": not to
    who was never a member, was removed, or is in a new channel of the same name.
    """
    world.channel("#hidden", "alice")
    world.actors["alice"].say("MODE #hidden +s")
    world.deaf()
    msgid = say(world, "alice", "#hidden")
    bob = world.actors["bob"]

    def answers(msgid):
        for target in SECRET_ROOMS:
            (line,) = bob.ask(f"REDACT {target} {msgid} :x")
            yield line.replace(target, "#x").replace(msgid, "m")

    for known in (msgid, "0000000000000000"):
        assert len(set(answers(known))) == 1
    for target in ("#room", "alice", "bob"):
        told = {bob.ask(f"REDACT {target} {each}")[0].replace(each, "m") for each in (msgid, "0000000000000000")}
        assert len(told) == 1
    world.actors["alice"].say("MODE #hidden -s", "INVITE bob #hidden")
    world.channel("#hidden", "bob")
    own = say(world, "bob", "#hidden", "own")
    world.actors["alice"].say("KICK #hidden bob", "MODE #hidden +s")
    world.deaf()
    assert len(set(answers(own))) == 1, "also its own message"
    world.actors["alice"].say("PART #hidden")
    world.channel("#hidden", "bob")
    told = {bob.ask(f"REDACT #hidden {each}")[0].replace(each, "m") for each in (own, msgid, "0000000000000000")}
    assert told == {":s FAIL REDACT UNKNOWN_MSGID #hidden m :There is no such message here."}


def test_a_second_time(world):
    """A message that is redacted already is like one that does not exist; two at once are told twice at most."""
    msgid = say(world, "bob", "#room")
    world.actors["alice"].say(f"REDACT #room {msgid}")
    world.deaf()
    for who in ("alice", "bob"):
        (line,) = world.actors[who].ask(f"REDACT #room {msgid}")
        assert line.startswith(f":s FAIL REDACT UNKNOWN_MSGID #room {msgid} :")
    assert world.actors["alice"].hear() == []


def test_policy_is_asked_again_when_it_is_applied(memory_world):
    """What happens between the proposal and the commit counts: who was removed meanwhile redacts nothing."""
    world = memory_world
    msgid = say(world, "bob", "#room")
    world.log.held = True
    world.actors["alice"].say("KICK #room bob")
    world.actors["bob"].say(f"REDACT #room {msgid}")
    world.log.held = False
    world.settle()
    assert world.actors["bob"].hear()[1:] == [
        ":s FAIL REDACT INVALID_TARGET #room :You have no channel or conversation of this name."
    ]
    assert page(world, "carol")[-1:] == [SECRET]


def test_while_nothing_can_be_stored_or_read(memory_world):
    """The client is told, and nothing is erased."""
    world = memory_world
    msgid = say(world, "alice", "#room")
    for part in (world.log, world.history):
        part.failure = FULL_DISK
        (line,) = world.actors["alice"].ask(f"REDACT #room {msgid}")
        assert line.startswith(":s FAIL REDACT CHANGE_NOT_STORED #room :")
        part.failure = None
    world.forget_complaints()
    assert page(world, "carol") == [SECRET]


# What is left


def test_the_text_is_in_no_answer_and_on_no_disk(make_world):
    """ "Redacted text disappears from every answer and from the disk; the fact remains" (and its event is in the log).

    ``chathistory`` responses "SHOULD ... exclude it entirely"; a client can still page from its msgid.
    """
    world = make_world(accounts="alice bob", sqlite=True)
    world.enter("alice", REDACTS)
    world.channel("#room", "alice")
    say(world, "alice", "#room", "before")
    msgid = say(world, "alice", "#room", tags=f"@+x={SECRET} ")
    say(world, "alice", "#room", "after")
    assert texts_in(world.folder) != []
    world.actors["alice"].say(f"REDACT #room {msgid} :why")
    world.deaf()
    assert page(world, "alice") == ["before", "after"]
    around = world.actors["alice"].ask(f"CHATHISTORY AROUND #room msgid={msgid} 5")[1:-1]
    assert [line.rpartition(" :")[2] for line in around] == ["before", "after"]
    until_erased(world)
    kept = [record.event for records in world.log.read(0) for record in records]
    assert [each.reason for each in kept if isinstance(each, events.Redacted)] == ["why"]
    (empty,) = [each for each in kept if each.id == msgid]
    assert (empty.text, empty.tags, empty.actor) == ("", None, world.services.state.user_named("alice").uid)
    world.stop()
    world.start_again()
    world.enter("alice", REDACTS)
    assert page(world, "alice") == ["before", "after"]
    until_erased(world)


def test_a_client_that_was_away_does_not_get_it(world):
    """The replay of missed messages leaves redacted ones out, also those that were its only ones."""
    world.actors["carol"].hang_up()
    msgid = say(world, "alice", "#room")
    direct = say(world, "alice", "carol")
    say(world, "alice", "#room", "still there")
    world.actors["alice"].say(f"REDACT #room {msgid}", f"REDACT carol {direct}")
    world.deaf()
    world.connect("late", says="PASS carol:sesame\nNICK carol\nUSER c 0 * :c")
    heard = world.actors["late"].hear()
    assert [line for line in heard if " PRIVMSG " in line] == [":alice!alice@s PRIVMSG #room :still there"]


def test_a_repeated_message_does_not_come_back(world):
    """The idempotency key stays: the sender gets an echo without the text, by whose id it knows its message."""
    world.play(
        """
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        bob< @msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        carol< @msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :once
        alice> REDACT #room {m}
        alice< @msgid={n} :alice!alice@s REDACT #room {m}
        bob< @msgid={n} :alice!alice@s REDACT #room {m}
        alice> @+chatapp/id=7 PRIVMSG #room :once
        alice< @msgid={m};+chatapp/id=7 :alice!alice@s PRIVMSG #room :
        """
    )
    assert page(world, "carol") == []


SEVERAL = (
    "@batch=1 PRIVMSG #room :{secret}", "@batch=1;draft/multiline-concat PRIVMSG #room :{secret} goes on",
    "@batch=1 PRIVMSG #room :and ends", "BATCH -1",
)  # fmt: skip


def say_several(world: World, who: str, tags: str = "") -> str:
    """Let somebody send a message of several lines to #room, and return its msgid."""
    lines = [line.format(secret=SECRET) for line in SEVERAL]
    heard = world.actors[who].ask(f"{tags}BATCH +1 draft/multiline #room", *lines)
    world.deaf()
    return heard[0].partition("msgid=")[2].partition(" ")[0].partition(";")[0]


def test_a_message_of_several_lines(world):
    """All of it is erased, with the places where it was cut; nobody gets any line of it again, in whatever form."""
    alice = world.enter("alice", f"{REDACTS} draft/multiline", as_="alice")
    key = "@+chatapp/id=7 "
    msgid = say_several(world, "alice", key)
    assert page(world, "carol") == [SECRET, f"{SECRET} goes on", "and ends"]
    say(world, "bob", "#room", "after")
    (line,) = alice.ask(f"REDACT #room {msgid} :why")
    assert line.endswith(f" :alice!alice@s REDACT #room {msgid} :why")
    assert len(world.actors["bob"].hear()) == 1
    assert world.actors["carol"].hear() == []
    for who in ("alice", "bob", "carol"):
        assert page(world, who) == ["after"]
    around = alice.ask(f"CHATHISTORY AROUND #room msgid={msgid} 5")[1:-1]
    assert [line.rpartition(" :")[2] for line in around] == ["after"]
    for how in ("now", "restart"):
        if how == "restart":
            until_erased(world)
            world.stop()
            world.start_again()
            alice = world.enter("alice", f"{REDACTS} draft/multiline")
        lines = [line.format(secret=SECRET) for line in SEVERAL]
        echo = [f"@msgid={msgid};+chatapp/id=7 :alice!alice@s PRIVMSG #room :"]
        assert alice.ask(f"{key}BATCH +1 draft/multiline #room", *lines) == echo
        assert alice.ask(f"{key}PRIVMSG #room :x") == echo
        assert alice.ask(f"REDACT #room {msgid}")[0].startswith(":s FAIL REDACT UNKNOWN_MSGID ")
    (kept,) = [row.event for rows in world.log.read(0) for row in rows if row.event.id == msgid]
    assert isinstance(kept, events.MultilineSent)
    assert (kept.text, kept.tags, kept.splits) == ("", None, ())


def test_a_message_of_several_lines_for_a_client_that_was_away(world):
    """The replay leaves it out."""
    world.enter("alice", f"{REDACTS} draft/multiline")
    world.actors["carol"].hang_up()
    msgid = say_several(world, "alice")
    say(world, "alice", "#room", "still there")
    world.actors["alice"].say(f"REDACT #room {msgid}")
    world.deaf()
    world.connect("late", says="PASS carol:sesame\nNICK carol\nUSER c 0 * :c")
    heard = world.actors["late"].hear()
    assert [line for line in heard if " PRIVMSG " in line] == [":alice!alice@s PRIVMSG #room :still there"]


def test_after_a_crash_before_the_erasure(world, monkeypatch):
    """ "Also after a crash between the commit of the event and the erasure": the start erases it."""
    msgid = say(world, "bob", "#room")
    monkeypatch.setattr(world.log, "erase", lambda positions: None)
    world.actors["alice"].say(f"REDACT #room {msgid}")
    world.deaf()
    digest = world.services.state.digest()
    world.crash()
    assert world.disk is not None or texts_in(world.folder) != []
    world.start_again()
    assert world.services.state.digest() == digest
    world.enter("alice", REDACTS)
    assert page(world, "alice") == []
    until_erased(world)


def test_an_answer_that_is_being_made(make_world):
    """A page leaves out what is redacted after it was read, so that no text comes after its REDACT."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, rate_limits=False)
    alice, bob = world.enter("alice", REDACTS), world.enter("bob", REDACTS)
    world.channel("#room", "alice bob")
    ids = [say(world, "bob", "#room", f"{number} {'x' * 400}") for number in range(150)]
    alice.transport.reads = False
    alice.say("CHATHISTORY LATEST #room * 1000")
    bob.say(f"REDACT #room {ids[-1]}", f"REDACT #room {ids[0]}")
    alice.transport.reads = True
    world.settle()
    heard = alice.hear()
    assert [line.rpartition(" ")[2] for line in heard if " REDACT " in line] == [ids[-1], ids[0]]
    texts = [line.partition(" PRIVMSG #room :")[2].split()[0] for line in heard if " PRIVMSG " in line]
    assert texts == [str(number) for number in range(149)], "the first one was sent before"
    world.history.held = True
    alice.say("CHATHISTORY LATEST #room * 2")
    bob.say(f"REDACT #room {ids[-2]}")
    world.history.held = False
    world.settle()
    assert not any(f"msgid={ids[-2]}" in line for line in alice.hear())
    assert world.services.redactions._answers == []


def test_the_limits_of_other_commands(make_world):
    """A redaction is stored, so it takes of what an account may add to the disk; then it waits, as messages do."""
    world = make_world(accounts="alice", stored_bytes_burst=2_000, stored_bytes_per_s=1_000.0)
    alice = world.enter("alice", REDACTS)
    world.channel("#room", "alice")
    world.advance(10)
    ids = [say(world, "alice", "#room", "x") for _ in range(3)]
    world.advance(10)
    told = []
    for msgid in ids * 2:
        told += alice.ask(f"REDACT #room {msgid} :{'y' * 300}")
    assert len(told) < len(ids) * 2
    world.advance(20)
    assert len([line for line in told + alice.hear() if " REDACT " in line]) == len(ids) * 2
