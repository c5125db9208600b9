"""Long answers that wait for a slow reader: what is left is judged again when the answer goes on (DESIGN R6)."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR

CHATHISTORY = "batch draft/chathistory"
ALONE = ""  # a client without batches, which gets NOTICEs
QUESTIONS = {
    "page": (CHATHISTORY, "CHATHISTORY LATEST #room * 1000"),
    "page as text": (ALONE, "CHATHISTORY LATEST #room * 1000"),
    "search": ("batch soju.im/search", "SEARCH text=said"),
    "search as text": (ALONE, "SEARCH text=said"),
    "playback": ("batch znc.in/playback", "PRIVMSG *playback :play #room 0"),
}
REMOVALS = {
    "kick": "KICK #room bob :go",
    "newcomers": "MODE #room +W",  # "newcomers cannot read what was said before they came"
    "silence": "SILENCE +alice",
}


@pytest.fixture
def world(make_world):
    """Let alice, the founder, have said 250 long lines in #room before bob came."""
    world = make_world(
        accounts="alice bob", send_buffer_slow_bytes=2_000, rate_limits=False, replay_max=1_000, search_page_max=1_000
    )
    alice = world.enter("alice", "message-tags")
    alice.say("JOIN #room")
    for number in range(250):
        alice.say(f"PRIVMSG #room :{number} said {'x' * 300}")
    world.advance(1)
    return world


def told(lines):
    """Return the numbers of the texts that are told."""
    return [int(line.partition(" said ")[0].rpartition(" ")[2].lstrip(":")) for line in lines if " said " in line]


@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_rest_of_a_page(world, question, removal):
    """What the reader may not read any more when the answer goes on is not sent; the answer ends as it should."""
    caps, line = QUESTIONS[question]
    bob = world.enter("bob", caps)
    bob.say("JOIN #room")
    bob.hear()
    bob.transport.reads = False
    bob.say(line, "PING end")
    if removal == "silence":
        world.enter("bob", as_="bob's other device").say(REMOVALS[removal])
    else:
        world.actors["alice"].say(REMOVALS[removal])
    bob.transport.reads = True
    world.settle()
    heard = bob.hear()
    assert told(heard) == list(range(100)), "one piece was sent before"
    assert heard[-1].endswith(" PONG s :end")
    starts = [each.split(" BATCH +")[1].split()[0] for each in heard if " BATCH +" in each]
    assert starts == [each.split(" BATCH -")[1] for each in heard if " BATCH -" in each]


def test_a_page_that_is_read(world):
    """What happens while the history is read counts as well."""
    bob = world.enter("bob", CHATHISTORY)
    bob.say("JOIN #room")
    for line in ("CHATHISTORY LATEST #room * 10", "SEARCH text=said"):
        bob.say("JOIN #room")
        bob.hear()
        world.history.held = True
        bob.say(line)
        world.actors["alice"].say("KICK #room bob :go")
        world.history.held = False
        world.settle()
        assert told(bob.hear()) == []


def test_playback_of_a_channel_that_is_read(world):
    """The times of a channel's messages are not told to somebody who was removed meanwhile."""
    bob = world.enter("bob", "batch znc.in/playback")
    for line in ("list #room", "play #room 0"):
        bob.say("JOIN #room")
        bob.hear()
        world.history.held = True
        bob.say(f"PRIVMSG *playback :{line}")
        world.actors["alice"].say("KICK #room bob :go")
        world.history.held = False
        world.settle()
        assert bob.hear() == [":alice!alice@s KICK #room bob :go"]


@pytest.mark.parametrize("kind", ["kick", "redact", "silence", "stays"])
def test_a_replay_that_is_read(make_world, kind):
    """What an account missed is judged when it is sent, not when it is read: other channels were read meanwhile."""
    world = make_world(accounts="alice bob")
    alice, bob = world.enter("alice", "message-tags echo-message draft/message-redaction"), world.enter("bob")
    world.channel("#a,#b,#c", "alice bob")
    bob.ask("QUIT")
    ids = []
    for name in ("#a", "#b", "#c"):
        (echo,) = alice.ask(f"PRIVMSG {name} :said in {name}")
        ids.append(echo.partition("msgid=")[2].partition(" ")[0].partition(";")[0])
    other = world.enter("bob", CHATHISTORY, as_="bob's other device")
    ask, asked = world.history.missed, []

    async def missed(stream, **span):
        found = await ask(stream, **span)
        asked.append(stream)
        if len(asked) == 2:
            world.history.held = True
        return found

    world.history.missed = missed
    bob = world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    assert len(asked) == 2
    bob.hear()
    if kind == "kick":
        alice.say("KICK #a bob :go")
    elif kind == "redact":
        alice.say(f"REDACT #a {ids[0]}")
    elif kind == "silence":
        other.say("SILENCE +alice")
    world.history.held = False
    world.settle()
    lines = [line.partition(" PRIVMSG ")[2] for line in bob.hear() if " PRIVMSG " in line]
    expected = {
        "stays": ["#a", "#b", "#c"],
        "silence": [],
    }.get(kind, ["#b", "#c"])
    assert lines == [f"{name} :said in {name}" for name in expected]


def test_a_page_with_a_label_does_not_wait(make_world):
    """A labelled answer is sent whole, so it is not kept half made while the client does not read."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, rate_limits=False)
    alice, bob = world.enter("alice"), world.enter("bob", f"{CHATHISTORY} labeled-response")
    world.channel("#room", "alice bob")
    for number in range(250):
        alice.say(f"PRIVMSG #room :{number} said {'x' * 300}")
    world.deaf()
    world.history.held = True
    bob.say("@label=1 CHATHISTORY LATEST #room * 1000")
    bob.transport.reads = False
    for _ in range(10):
        alice.say(f"PRIVMSG #room :{'y' * 400}")
    world.history.held = False
    world.settle()
    alice.say("KICK #room bob :go")
    bob.transport.reads = True
    world.settle()
    heard = bob.hear()
    assert told(heard) == list(range(250))
    assert heard[-1] == ":alice!alice@s KICK #room bob :go"


@pytest.mark.parametrize(
    ("act", "is_told"), [("KICK #club bob :go", False), ("MODE #club +s", True), ("KICK #club carol :go", True)]
)
def test_the_rest_of_names(make_world, act, is_told):
    """A member of a secret channel who is removed hears no further names of its members."""
    names = [f"m{number:07}{'x' * 22}" for number in range(2_000)]
    world = make_world(accounts=" ".join(["alice", "bob", "carol", *names]), send_buffer_slow_bytes=2_000)
    alice, bob = world.enter("alice", "draft/no-implicit-names"), world.enter("bob", "draft/no-implicit-names")
    alice.say("JOIN #club", "MODE #club +s")
    bob.say("JOIN #club")
    world.enter("carol").say("JOIN #club")
    state = world.services.state
    club = state.channel_named("#club")
    for name in names:  # as after a year
        user = state.user_named(name)
        club.members[user.uid] = 0
        user.channels[club.uid] = None
    world.deaf()
    world.advance(30)
    bob.transport.reads = False
    bob.say("NAMES #club")
    alice.say(act)
    bob.transport.reads = True
    world.settle()
    heard = bob.hear()
    lines = [line for line in heard if " 353 " in line]
    assert (len(lines) > 100) == is_told
    assert len(lines) >= 100
    assert heard[-1] == ":s 366 bob #club :End of NAMES list."


def test_the_rest_of_who_and_list(make_world):
    """A member who is removed from a secret channel hears no more of it, and of what has become secret."""
    world = make_world(
        accounts="alice bob",
        send_buffer_slow_bytes=2_000,
        rate_limits=False,
        channels_per_user_max=0,
        stored_bytes_burst=1 << 30,
    )
    alice, bob = world.enter("alice"), world.enter("bob")
    for number in range(250):
        alice.say(f"JOIN #c{number}", f"TOPIC #c{number} :{'x' * 300}")
    bob.say("JOIN #c150")
    world.deaf()
    bob.transport.reads = False
    bob.say("LIST")
    alice.say("MODE #c150 +s", "MODE #c200 +s", "KICK #c150 bob :go")
    bob.transport.reads = True
    world.settle()
    listed = [line.split()[3] for line in bob.hear() if " 322 " in line]
    assert listed == [f"#c{number}" for number in range(250) if number not in (150, 200)]


def test_the_rest_of_stats(make_world):
    """Who is no longer an administrator hears no more addresses of others."""
    world = make_world(accounts="alice", send_buffer_slow_bytes=2_000, guests=True, rate_limits=False)
    alice = world.enter("alice")
    for number in range(150):
        world.guest(f"guest{number}")
    state, proposals = world.services.state, world.services.proposals
    uid = state.user_named("alice").uid
    role = events.RoleSet(**proposals.stamp(), uid=uid, role=ADMINISTRATOR)
    world.run(proposals.settle(role))
    alice.hear()
    alice.transport.reads = False
    alice.say("STATS l")
    world.run(proposals.settle(events.RoleSet(**proposals.stamp(), uid=uid, role="")))
    alice.transport.reads = True
    world.settle()
    heard = alice.hear()
    assert len([line for line in heard if " 249 " in line]) == 100
    assert " 219 " in heard[-1]
