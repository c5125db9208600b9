"""Long answers that wait for a slow reader: what is left is judged again when the answer goes on (DESIGN R6)."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import ADMINISTRATOR

CHATHISTORY = "batch draft/chathistory"
ALONE = ""  # a client without batches, which gets NOTICEs
QUESTIONS = {
    "page": (CHATHISTORY, "CHATHISTORY LATEST #room * 1000"),
    "page with a label": (f"{CHATHISTORY} labeled-response", "@label=1 CHATHISTORY LATEST #room * 1000"),
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


def test_a_page_with_a_label_is_sent_in_pieces(world):
    """ "The start of the batch MUST be tagged with the label tag": the batch of the page, once."""
    bob = world.enter("bob", f"{CHATHISTORY} labeled-response message-tags")
    bob.say("JOIN #room")
    bob.hear()
    bob.transport.reads = False
    bob.say("@label=1 CHATHISTORY LATEST #room * 1000")
    assert 30_000 < bob.transport.get_write_buffer_size() < 50_000, "one piece"
    world.actors["alice"].say("PRIVMSG #room :meanwhile")
    bob.transport.reads = True
    world.settle()
    first, *inside, last = bob.hear()
    reference = first.partition(" BATCH +")[2].split()[0]
    assert first == f"@label=1;draft/chathistory-end :s BATCH +{reference} chathistory #room"
    assert last == f":s BATCH -{reference}"
    of_page = [line for line in inside if line.startswith(f"@batch={reference}")]
    assert told(of_page) == list(range(250))
    assert [line for line in inside if line not in of_page and "meanwhile" not in line] == []
    assert len(inside) == 251


def test_other_answers_with_a_label_are_sent_in_pieces(make_world):
    """The batch labeled-response holds all lines of a long answer, and no piece waits for the rest."""
    world = make_world(accounts="alice", send_buffer_slow_bytes=2_000, rate_limits=False, channels_per_user_max=0)
    alice = world.enter("alice", "batch labeled-response")
    for number in range(250):
        alice.say(f"JOIN #c{number}", f"TOPIC #c{number} :{'x' * 300}")
    alice.hear()
    alice.transport.reads = False
    alice.say("@label=1 LIST")
    assert alice.transport.get_write_buffer_size() < 50_000
    alice.transport.reads = True
    world.settle()
    first, *inside, last = alice.hear()
    reference = first.partition(" BATCH +")[2].split()[0]
    assert first == f"@label=1 :s BATCH +{reference} labeled-response"
    assert last == f":s BATCH -{reference}"
    assert len([line for line in inside if " 322 " in line]) == 250
    assert all(line.startswith(f"@batch={reference} ") for line in inside)


def test_an_incomplete_search_with_a_label(world, monkeypatch):
    """The WARN that follows the batch of a search belongs to the response too."""
    bob = world.enter("bob", "batch soju.im/search labeled-response standard-replies")
    bob.say("JOIN #room")
    bob.hear()
    ask = world.history.search

    async def search(question):
        return (await ask(question))._replace(whole=False)

    monkeypatch.setattr(world.history, "search", search)
    first, *inside, last = bob.ask("@label=1 SEARCH text=said")
    reference = first.partition(" BATCH +")[2].split()[0]
    assert first == f"@label=1 :s BATCH +{reference} labeled-response"
    assert last == f":s BATCH -{reference}"
    assert inside[0].startswith(f"@batch={reference} :s BATCH +")
    assert inside[-2].startswith(f"@batch={reference} :s BATCH -")
    assert inside[-1].startswith(f"@batch={reference} :s WARN SEARCH ")
    assert told(inside) == list(range(250))


def test_who_leaves_during_an_answer_with_a_label(world):
    """An ERROR in the middle of an answer ends its batches first, or is in them."""
    bob = world.enter("bob", f"{CHATHISTORY} labeled-response")
    bob.say("JOIN #room")
    bob.hear()
    bob.transport.reads = False
    bob.say("@label=1 CHATHISTORY LATEST #room * 1000")
    (session,) = world.services.presence.sessions(world.services.state.user_named("bob").uid)
    session.end("Bye.")
    bob.transport.reads = True
    world.settle()
    lines = bob.hear()
    reference = lines[0].partition(" BATCH +")[2].split()[0]
    assert [line for line in lines if "ERROR" in line or "BATCH -" in line] == [":s BATCH -" + reference, "ERROR :Bye."]


class Readings:
    """Counts the pages that are read, and how many of them at once."""

    def __init__(self, world):
        self.now = self.most = self.all = 0
        self._ask = world.history.latest
        world.history.latest = self._latest

    async def _latest(self, *args, **how):
        self.now, self.all = self.now + 1, self.all + 1
        self.most = max(self.most, self.now)
        try:
            return await self._ask(*args, **how)
        finally:
            self.now -= 1


def test_few_pages_are_made_at_once(make_world):
    """ "``pages_at_once_max``", and one of each account; the others are answered in turn, and nobody is left out."""
    names = [f"user{number}" for number in range(6)]
    world = make_world(accounts=" ".join(names), rate_limits=False, pages_at_once_max=3)
    clients = [world.enter(name, CHATHISTORY, as_=f"{name}.{device}") for name in names for device in range(3)]
    world.channel("#room", " ".join(f"{name}.0" for name in names))
    clients[0].say("PRIVMSG #room :1 said it")
    world.deaf()
    readings = Readings(world)
    world.history.held = True
    for client in clients:
        client.say("CHATHISTORY LATEST #room * 10")
    assert (readings.now, readings.all) == (3, 3)
    world.history.held = False
    world.settle()
    assert (readings.most, readings.all, len(world.services.limits.pages)) == (3, len(clients), 0)
    assert all(told(client.hear()) == [1] for client in clients)
    world.history.held = True
    for client in clients[:3]:
        client.say("CHATHISTORY LATEST #room * 10")
    assert readings.now == 1
    world.history.held = False


@pytest.mark.parametrize("label", ["", "@label=1 "])
def test_a_slow_reader_has_one_page(world, label):
    """No further page is read for a client that has not read the page before, and others do not wait for it."""
    bob = world.enter("bob", f"{CHATHISTORY} labeled-response")
    bob.say("JOIN #room")
    other = world.enter("bob", CHATHISTORY, as_="bob's other device")
    world.deaf()
    readings = Readings(world)
    bob.transport.reads = False
    bob.say(*[f"{label}CHATHISTORY LATEST #room * 1000"] * 5)
    assert readings.all == 1
    assert told(other.ask("CHATHISTORY LATEST #room * 1000")) == list(range(250))
    assert readings.all == 2
    bob.transport.reads = True
    world.settle()
    assert told(bob.hear()) == list(range(250)) * 5
    assert world.services.limits.pages_held == {}


def test_the_pages_of_slow_readers_are_bounded(make_world):
    """ "``send_buffers_bytes_max``" counts the pages too: the slowest readers are closed at once, not the others."""
    names = [f"user{number}" for number in range(8)]
    most = 1_000_000
    world = make_world(
        accounts=" ".join(["alice", *names]),
        send_buffer_slow_bytes=2_000,
        rate_limits=False,
        send_buffers_bytes_max=most,
    )
    alice = world.enter("alice")
    clients = [world.enter(name, f"{CHATHISTORY} labeled-response") for name in names]
    world.channel("#room", " ".join(["alice", *names]))
    for number in range(250):
        alice.say(f"PRIVMSG #room :{number} said {'x' * 300}")
    world.deaf()
    peak = 0
    for client in clients:
        client.transport.reads = False
        client.say("@label=1 CHATHISTORY LATEST #room * 1000")
        services = world.services
        held = sum(services.limits.pages_held.values()) + sum(
            wire.waiting_bytes for wire in services.limits.slow_readers
        )
        peak = max(peak, held)
    assert most / 2 < peak <= most
    assert any(client.closed for client in clients)
    assert sum(not client.closed for client in clients) >= 2
    assert alice.ask("PING x")[-1].endswith("x")
    for client in clients:
        client.vanish()
    world.settle()
    assert (services.limits.pages_held, services.limits.slow_readers, len(services.limits.pages)) == ({}, {}, 0)


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
    role = proposals.event(events.RoleSet, None, uid=uid, role=ADMINISTRATOR)
    world.run(proposals.settle(role))
    alice.hear()
    alice.transport.reads = False
    alice.say("STATS l")
    world.run(proposals.settle(proposals.event(events.RoleSet, None, uid=uid, role="")))
    alice.transport.reads = True
    world.settle()
    heard = alice.hear()
    assert len([line for line in heard if " 249 " in line]) == 100
    assert " 219 " in heard[-1]
