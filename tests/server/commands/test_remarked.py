"""Pages of messages with very many reactions: in parts, and at a price."""

from __future__ import annotations

import pytest

from chatapp.errors import LogUnavailableError
from chatapp.protocol.message import parse
from chatapp.server.commands import remarked
from tests.server.commands.test_redact import say
from tests.server.world import World

CAPS = "message-tags batch draft/chathistory"
AGGREGATED = f"{CAPS} chatapp/aggregate"
CONTEXT = f"{CAPS} draft/event-playback"
PAGE = "CHATHISTORY LATEST #room * 10"


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """Let alice say five things, to each of which bob has reacted in ten ways; a second later somebody says more."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite", stored_bytes_burst=1 << 30)
    alice, bob = world.enter("alice", f"{CAPS} echo-message"), world.enter("bob", CAPS)
    world.channel("#room", "alice bob")
    for number in range(5):
        msgid = say(world, "alice", "#room", f"text {number}")
        for letter in "abcdefghij":
            bob.say(f"@+draft/react={letter}{number};+reply={msgid} TAGMSG #room")
        world.advance(5)
    world.deaf()
    assert alice
    return world


def carol(world: World, caps: str):
    """Let carol join, with no reaction in the page itself: ten texts follow."""
    actor = world.enter("carol", caps)
    actor.say("JOIN #room")
    actor.hear()
    return actor


def shown(lines: list[str]) -> list[tuple[str, str]]:
    """Return each text of a page, or the reaction that follows it, with the list of its reactions."""
    messages = [parse(line.encode()) for line in lines]
    return [
        (each.param(1) or each.tags["+draft/react"], each.tags.get("chatapp/reactions", ""))
        for each in messages
        if each.verb in ("PRIVMSG", "TAGMSG")
    ]


@pytest.mark.parametrize("most", [1, 10, 11, 25, 1_000])
def test_the_parts_are_the_page(world, monkeypatch, most):
    """However many remarks one turn of the event loop handles, the page is the same."""
    monkeypatch.setattr(remarked, "_PART", most)
    actor = carol(world, AGGREGATED)
    first, *lines, last = actor.ask(PAGE)
    assert shown(lines) == [
        (f"text {number}", "\n".join(f"1 bob {letter}{number}" for letter in "abcdefghij")) for number in range(5)
    ]
    assert first.split(" BATCH +")[1].split()[0] == last.split(" BATCH -")[1]


@pytest.mark.parametrize("most", [1, 10, 11, 25, 1_000])
def test_context_in_parts(world, monkeypatch, most):
    """The same for the reactions that follow their message."""
    monkeypatch.setattr(remarked, "_PART", most)
    actor = carol(world, CONTEXT)
    (msgid,) = [row.event.id for row in events(world) if getattr(row.event, "text", "") == "text 3"]
    lines = actor.ask(f"CHATHISTORY AROUND #room msgid={msgid} 1")[1:-1]
    assert [text for text, _ in shown(lines)] == ["text 3", *(f"{letter}3" for letter in "abcdefghij")]


def events(world: World):
    """Return what is stored, in either log."""
    return world.disk.rows if world.disk is not None else [record for batch in world.log.read(0) for record in batch]


@pytest.mark.parametrize(
    ("caps", "lines"), [(CAPS, 1), (AGGREGATED, 11), (CONTEXT, 21)], ids=["plain", "aggregated", "context"]
)
def test_what_a_page_costs(world, caps, lines):
    """Each reaction that is read costs as much as a line, and so does each that is sent as one."""
    actor = carol(world, caps)
    (msgid,) = [row.event.id for row in events(world) if getattr(row.event, "text", "") == "text 3"]
    world.advance(60)
    session = next(each for each in world.watch.sessions if each.nick == "carol")
    actor.say(f"CHATHISTORY AROUND #room msgid={msgid} 1")
    assert session.allowance._left == pytest.approx(session.services.limits.commands_rate.burst - 1 - lines / 100)


def test_a_search_has_the_reactions_too(world):
    """As a page of history, for clients with chatapp/aggregate; in a channel and in a conversation."""
    actor = carol(world, f"{AGGREGATED} soju.im/search")
    msgid = say(world, "alice", "carol", "text direct")
    actor.say(f"@+draft/react=x;+reply={msgid} TAGMSG alice")
    actor.hear()
    lines = actor.ask("SEARCH text=text")[1:-1]
    reactions = ["\n".join(f"1 bob {letter}{number}" for letter in "abcdefghij") for number in range(5)]
    texts = [f"text {number}" for number in range(5)]
    assert shown(lines) == [*zip(texts, reactions, strict=True), ("text direct", "1 carol x")]
    world.history.remarks = fails
    assert actor.ask("SEARCH text=text") == [":s FAIL SEARCH INTERNAL_ERROR :The disk is gone."]


async def fails(*arguments, **bounds):
    """Fail as a history that cannot be read."""
    raise LogUnavailableError("The disk is gone.")
