"""What one account, one address, or one line can add to the disk."""

from __future__ import annotations

import random
from itertools import count, cycle, islice

import msgspec
import pytest

from chatapp.config import Config
from chatapp.model import events
from chatapp.server.limits.disk_use import (
    EVENT_BYTES,
    PAGE_BYTES,
    DiskLimits,
    event_bytes,
    grows_on_disk,
    message_bytes,
)
from chatapp.storage.database import open_writer
from chatapp.storage.search_file import index_path, open_index
from chatapp.storage.writer import Writer
from tests.server.commands.test_passwd import SUCCESS, change
from tests.server.world import CLOSED

BURST, PER_S = 20_000, 1_000.0
TEXT = "x" * 400
LIMITS = {
    "accounts": "alice bob carol",
    "commands_burst": 10_000,
    "stored_bytes_burst": BURST,
    "stored_bytes_per_s": PER_S,
    "stored_bytes_share_burst": 2_000,
    "stored_bytes_share_per_s": 100.0,
    "unsettled_max": 8,
}
AWAY = {"phone": "192.0.2.1", "desk": "192.0.2.2"}


@pytest.fixture
def bounded(make_world):
    """A world with few bytes for each account and address."""
    return make_world(**LIMITS)


def stored(world) -> int:
    """Tell how many bytes the messages take that are stored."""
    return sum(len(events.encode(record.event)) for batch in world.log.read(0) for record in batch if is_text(record))


def is_text(record) -> bool:
    """Tell whether a record is one of a message."""
    return isinstance(record.event, events.MessageSent)


def flood(actor, target: str = "bob", lines: int = 100) -> None:
    """Say much, in lines that come alone and lines that come together."""
    actor.say(*[f"PRIVMSG {target} :{TEXT}"] * lines)


def test_an_account_is_bounded_whatever_its_connections(bounded):
    """All connections of an account take from one bucket, from whatever address; they are slowed down, not refused."""
    phone, desk = (bounded.enter("alice", as_=name, address=address) for name, address in AWAY.items())
    flood(phone)
    flood(desk)
    most = BURST + 8 * (EVENT_BYTES + len(TEXT))
    assert BURST / 5 < stored(bounded) <= most
    bounded.advance(10)
    assert stored(bounded) <= most + 10 * PER_S
    bounded.advance(50)
    assert stored(bounded) > 10 * PER_S
    assert not phone.closed
    assert not desk.closed


def test_an_address_is_bounded_whatever_its_accounts(bounded):
    """Accounts that come from one address (of IPv6: one /64) share its bucket."""
    flood(bounded.enter("alice", address="2001:db8::1"))
    before = stored(bounded)
    flood(bounded.enter("carol", address="2001:db8::2"))
    assert stored(bounded) - before <= 8 * (EVENT_BYTES + len(TEXT))
    elsewhere = stored(bounded)
    flood(bounded.enter("bob", address="192.0.2.3"), "alice")
    assert stored(bounded) - elsewhere > BURST / 5


def test_nobody_keeps_others_at_the_same_address_from_writing(make_world):
    """What an account at a busy address says now and then is stored at once; what it adds beyond its share waits."""
    world = make_world(**{**LIMITS, "accounts": "alice bob carol dora"})
    for name in ("alice", "carol"):
        flood(world.enter(name, address="192.0.2.1"))
    bob = world.enter("bob", address="192.0.2.1")
    for _ in range(5):
        bob.say("PRIVMSG dora :hello", "PING x")
        assert ":s PONG s :x" in bob.hear()
        world.advance(10)
    before = stored(world)
    flood(bob, "dora")
    assert stored(world) - before <= 8 * (EVENT_BYTES + len(TEXT))
    bob.vanish()
    before = stored(world)
    world.advance(100)
    assert stored(world) - before <= 100 * PER_S + 3 * 100 * 100.0


def test_guests_have_no_share(make_world):
    """A person can come as many guests, so guests at a busy address wait."""
    world = make_world(**LIMITS, guests=True)
    flood(world.enter("alice", address="192.0.2.1"))
    guest = world.connect("gast", "192.0.2.1", says="NICK gast\nUSER gast 0 * :gast")
    guest.hear()
    guest.say("PRIVMSG bob :hello", "PING x")
    assert ":s PONG s :x" not in guest.hear()
    world.advance(60)
    assert ":s PONG s :x" in guest.hear()


def test_connecting_again_fills_no_bucket(bounded):
    """The buckets outlive the connections."""
    first = bounded.enter("alice")
    flood(first)
    first.vanish()
    before = stored(bounded)
    flood(bounded.enter("alice"))
    assert stored(bounded) - before <= 8 * (EVENT_BYTES + len(TEXT))


def test_all_that_is_stored_counts(bounded):
    """Topics and tags alone are stored too, and come out of the same bucket."""
    alice = bounded.enter("alice", "message-tags")
    bounded.channel("#room", "alice")
    alice.say(*(f"TOPIC #room :{number} {TEXT[:300]}" for number in range(50)))
    alice.say(*[f"@+a={TEXT} TAGMSG #room"] * 50)
    written = sum(len(events.encode(record.event)) for batch in bounded.log.read(0) for record in batch)
    assert BURST / 5 < written <= BURST + 8 * (EVENT_BYTES + len(TEXT))


def test_who_stores_nothing_does_not_wait(bounded):
    """A connection of the same account that only reads is answered; so is one that speaks, once it may again."""
    flood(bounded.enter("alice", as_="phone"))
    desk = bounded.enter("alice", as_="desk")
    assert desk.ask("PING x") == [":s PONG s :x"]
    desk.say("PRIVMSG bob :hi", "PING y")
    assert ":s PONG s :y" not in desk.hear()
    bounded.actors["phone"].vanish()
    bounded.advance(60)
    assert ":s PONG s :y" in desk.hear()


def test_one_account_with_the_limits_as_they_are(make_world):
    """ "About 4 MB at once and 64 KB/s", whatever 50 sessions of one account say, in lines as long as can be."""
    world = make_world(accounts="alice bob")
    sessions = [world.enter("alice", "message-tags", as_=str(number)) for number in range(50)]
    world.enter("bob").vanish()
    world.advance(60)
    line = f"@+a={'x' * 4000} PRIVMSG bob :{TEXT}"
    for session in sessions:
        session.say(*[line] * 30)
    at_once = stored(world)
    assert 2_500_000 < at_once < 4_500_000
    world.advance(10)
    assert 350_000 < stored(world) - at_once < 800_000


def test_without_rate_limits(make_world):
    """``--no-rate-limits`` takes this limit away too."""
    world = make_world(**LIMITS, rate_limits=False)
    flood(world.enter("alice"), lines=200)
    assert stored(world) > 200 * len(TEXT)


def test_the_buckets_are_bounded(tmp_path):
    """The account or address used longest ago is forgotten beyond ``address_table_max``."""
    limits = DiskLimits(Config(listens=(("", 0),), data=tmp_path, address_table_max=2, stored_bytes_burst=1))
    limits.of("a", "192.0.2.1").charge(10)
    assert limits.of("a", "192.0.2.9").wait_s(0.0) > 0
    limits.of("b", "192.0.2.2")
    limits.of("c", "192.0.2.3")
    assert limits.of("a", "192.0.2.9").wait_s(0.0) == 0


@pytest.mark.parametrize(
    ("text", "grows"),
    [
        ("hello", False),
        ("\x01ACTION waves\x01", False),
        ("\x02\x0304bold and red\x0f", False),
        ("\x0304x" * 100, False),  # a colour at each letter
        ("\x02" * 100, True),
        ("\x1f" * 400, True),
        ('"' * 400, False),
        ("é" * 200, False),
    ],
)
def test_a_text_takes_about_twice_its_bytes(text, grows):
    """One byte on the wire costs at most about two on disk; what people format is let through."""
    assert grows_on_disk(text) is grows
    if not grows:
        assert len(events.encode(said(text))) <= len(events.encode(said(""))) + 2 * len(text.encode()) + 130


def said(text: str, tags: dict[str, str] | None = None) -> events.MessageSent:
    """Make a message."""
    return events.MessageSent(
        id="0" * 16, time=1, actor="1" * 16, nick="alice", stream="2" * 16, verb="PRIVMSG", target="#room", text=text,
        tags=tags,
    )  # fmt: skip


def lines(number: int, text: str) -> events.MultilineSent:
    """Make a message of several lines."""
    return events.MultilineSent(
        id="0" * 16, time=1, actor="1" * 16, nick="alice", stream="2" * 16, verb="PRIVMSG", target="#room",
        text="\n".join([text] * number),
    )  # fmt: skip


def edited(text: str) -> events.MessageEdited:
    """Make an edit of the message before it."""
    rule = {"position": 1, "author": "1" * 16, "sent": 1, "said": "PRIVMSG", "was": "x" * 60, "within": 1}
    return events.MessageEdited(
        id="0" * 16, time=1, actor="1" * 16, nick="alice", stream="2" * 16, verb="EDIT", target="#room", text=text,
        msgid="0" * 16, earlier=0, most=20, **rule,
    )  # fmt: skip


def after(before: events.MessageSent, message: events.MessageSent) -> events.MessageSent:
    """Return a message that follows another one: an edit is of the message before."""
    if not isinstance(message, events.MessageEdited):
        return message
    return msgspec.structs.replace(message, msgid=before.id, position=int(before.id[:14], 16))


def counts(message: events.MessageSent) -> int:
    """Return what counts for a message, as ``proposals.py`` asks for it."""
    return event_bytes(message) if isinstance(message, events.MessageEdited) else message_bytes(message)


DICE = random.Random(9)


def words(number: int, letters: int) -> str:
    """Make random words, which take the most room in the search index."""
    return " ".join("".join(DICE.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=letters)) for _ in range(number))


def direct(message: events.MessageSent) -> events.MessageSent:
    """Return the message to a user: it is in the search index twice."""
    return msgspec.structs.replace(message, stream=events.conversation("1" * 16, "3" * 16))


def told(message: events.MessageSent, id: str) -> events.MessageSent:
    """Return the message with an idempotency key."""
    return msgspec.structs.replace(message, client_id=id, tags={"+chatapp/id": id})


@pytest.mark.parametrize(
    "messages",
    [
        [said("hi")],
        [said('"' * 60)],
        [said("\x02" * 32)],
        [said("\x02x" * 32)],
        [said(TEXT)],
        [said('"' * 400)],
        [said("\\" * 200)],
        [said("é" * 200)],
        [lines(98, '"')],
        [lines(3, '"' * 200)],
        [lines(3, '"' * 315)],
        [lines(5, '"' * 391)],
        [lines(5, '"' * 391), said("hi")],
        [lines(5, '"' * 395)],
        [lines(8, '"' * 380)],
        [lines(20, '"' * 400)],
        [lines(20, TEXT)],
        [said("", {"+a": '"' * 1940})],
        [said("", {"+a": '"' * 4000}), said("hi")],
        [said("hi", {f"+{number}": "" for number in range(64)})],
        [told(said("hi"), "i" * 58)],
        [msgspec.structs.replace(said("hi"), nick="n" * 32, target="#" + "\U00020000" * 63)],
        [said(f"{words(10, 5)}{number}") for number in range(9)],
        [direct(said(words(15, 3))) for _ in range(250)],
        [direct(said(words(80, 4))) for _ in range(250)],
        [direct(said(words(100, 3))) for _ in range(250)],
        [direct(said(words(44, 8))) for _ in range(250)],
        [direct(said("".join(chr(0x4E00 + DICE.randrange(20_000)) for _ in range(130)))) for _ in range(250)],
        [direct(lines(20, words(80, 4))) for _ in range(250)],
        [direct(kind(words(15, 3))) for _ in range(125) for kind in (said, edited)],
        [direct(kind(words(100, 3))) for _ in range(125) for kind in (said, edited)],
        [said("", {"+draft/react": "x", "+draft/reply": "a" * 16})],
    ],
    ids=lambda messages: "-".join(str(len(message.text)) for message in messages[:2]),
)
def test_a_message_counts_as_it_is_stored(tmp_path, messages):
    """What is stored is at most half as much again as what counts, whatever is in the messages.

    Spec: SQLite, "Database File Format", "B-tree Pages": a row of over about half a page has a page of its own.
    """
    path = tmp_path / "chat.db"
    writer = Writer(path, open_writer(path))
    ids = (f"{number:014x}00" for number in count(1))
    counted = 0
    for _ in range(8):
        batch = [msgspec.structs.replace(each, id=next(ids)) for each in islice(cycle(messages), 250)]
        batch = [told(each, f"{each.id}{each.client_id}") if each.client_id else each for each in batch]
        batch = [after(batch[max(0, index - 1)], each) for index, each in enumerate(batch)]
        counted += sum(map(counts, batch))
        writer.write(batch, [])
        writer.update_index(batch, {})
    writer.close()
    index = open_index(path)
    while index.fill(2_000) or index.tidy(2_000):
        pass
    index.close()
    grown = sum(each.stat().st_size for each in (path, index_path(path))) - 25 * PAGE_BYTES  # pages of an empty log
    assert 0.2 * counted <= grown <= 1.5 * counted


def test_what_an_event_counts():
    """A message counts with its tags, any other event as it is written."""
    assert message_bytes(said("", {"+a": "b" * 500})) > EVENT_BYTES + 500
    assert event_bytes(events.Parted(id="", time=0, reason="x" * 300)) > EVENT_BYTES + 300


def test_a_new_password_counts(make_world):
    """PASSWD writes the whole password file, so it counts as many bytes, and a further PASSWD waits for its turn."""
    world = make_world(accounts="alice bob", stored_bytes_burst=100, stored_bytes_per_s=2.0)
    world.advance(60)
    alice = world.enter("alice")
    alice.say(change(), change("correct horse", "wrong horse"), change("wrong horse", "horse of all colours"))
    world.advance(20)
    assert alice.hear() == [SUCCESS] * 2
    world.advance(60)
    assert SUCCESS in alice.hear()


def test_reconnecting_counts(make_world):
    """When an account leaves, the server stores up to where it has received everything; that counts too."""
    world = make_world(accounts="alice bob", stored_bytes_burst=1_000, stored_bytes_per_s=20.0)
    bob = world.enter("bob")
    for number in range(7):
        alice = world.enter("alice", as_=f"alice{number}", address="192.0.2.7")
        bob.say(f"PRIVMSG alice :{number}")
        alice.quit()
    late = world.enter("alice", address="192.0.2.7")
    late.say("PRIVMSG bob :hi", "PING 1")
    assert late.hear() == []
    world.advance(60)
    assert ":s PONG s :1" in late.hear()


def test_control_characters_beyond_formatting_are_refused(world):
    """A text, a topic or a reason that would grow on disk is refused, and nobody has seen it."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice bob")
    much = "\x02" * 300
    refused = "has too many control characters (formatting)."
    for line, words in (
        (f"PRIVMSG #room :{much}", f"The text {refused} Nothing was sent: use fewer."),
        (f"NOTICE #room :{much}", f"The text {refused} Nothing was sent: use fewer."),
        (f"TOPIC #room :{much}", f"The topic {refused} It stays as it was: use fewer."),
        (f"PART #room :{much}", f"The reason {refused} You are still here: use fewer."),
    ):
        assert alice.ask(line) == [f":s 417 alice :{words}"]
        assert bob.hear() == []
    alice.say("PRIVMSG #room :first", f"PRIVMSG #room :{much}", "PRIVMSG #room :\x02last\x02")
    assert bob.hear() == [":alice!alice@s PRIVMSG #room :first", ":alice!alice@s PRIVMSG #room :\x02last\x02"]


def test_control_characters_in_tags_are_refused(world):
    """A stored tag has no control characters but CR and LF, which the wire escapes as the disk does."""
    alice = world.enter("alice", "message-tags echo-message")
    words = "A client tag has a control character in it. Nothing was sent: leave it out."
    assert alice.ask("@+a=\x02 PRIVMSG alice :x") == [f":s FAIL PRIVMSG INVALID_TAG +a :{words}"]
    assert alice.ask("@+a\x02=1 PRIVMSG alice :x")[0].partition(" ")[0].count("=") == 1  # msgid; the key is no key
    world.channel("#room", "alice")
    assert alice.ask(r"@+a=1\r\n2 PRIVMSG #room :x")[0].endswith(":alice!alice@s PRIVMSG #room :x")


def test_tags_are_counted(world):
    """A message has 64 client tags at most, as each takes more on disk than on the wire."""
    alice = world.enter("alice", "message-tags echo-message")
    tags = [f"+{number}" for number in range(65)]
    words = "A message has 64 client tags at most. Nothing was sent: leave some out."
    assert alice.ask(f"@{';'.join(tags)} PRIVMSG alice :x") == [f":s FAIL PRIVMSG INVALID_TAG * :{words}"]
    world.channel("#room", "alice")
    assert alice.ask(f"@{';'.join(tags[1:])} PRIVMSG #room :x")[0].endswith(" PRIVMSG #room :x")


@pytest.mark.parametrize("verb", ["JOIN", "PART", "NAMES", "LIST"])
def test_each_item_of_a_list_counts_as_a_command(make_world, verb):
    """A list of 60 channels costs what 60 commands cost."""
    world = make_world(accounts="alice", commands_burst=70, commands_per_s=1.0)
    alice = world.enter("alice")
    world.advance(60)
    alice.say(f"{verb} {','.join(f'#c{number}' for number in range(60))}", *["PING x"] * 20)
    assert alice.hear().count(":s PONG s :x") < 15
    world.advance(20)
    assert ":s PONG s :x" in alice.hear()


@pytest.mark.parametrize("line", ["PRIVMSG {} :hi", "NOTICE {} :hi", "@+a=1 TAGMSG {}"])
def test_each_target_of_a_message_counts_as_a_command(make_world, line):
    """One message to three people costs what three cost."""
    world = make_world(accounts="alice bob carol dave", commands_burst=30, commands_per_s=1.0)
    alice, bob = world.enter("alice", "message-tags"), world.enter("bob", "message-tags")
    world.advance(60)
    bob.hear()
    alice.say(*[line.format("bob,carol,dave")] * 20)
    assert 8 <= len(bob.hear()) <= 11


def test_guests_have_a_rate_per_address(make_world):
    """Guests that come and go from one address are stored events too, and have a rate; others are not concerned."""
    world = make_world(guests=True, guests_per_address_burst=3, guests_per_address_s=10.0)
    hello = "NICK {0}\nUSER {0} 0 * :{0}"
    for name in ("a1", "a2", "a3"):
        actor = world.connect(name, "192.0.2.1", says=hello.format(name))
        assert actor.hear()[0].startswith(":s 001 ")
        actor.vanish()
    late = world.connect("a4", "192.0.2.1", says=hello.format("a4"))
    words = "Too many guests have come from your address. Connect again in 10 seconds."
    assert late.hear() == [f"ERROR :{words}", CLOSED]
    other = world.connect("b1", "192.0.2.2", says=hello.format("b1"))
    assert other.hear()[0].startswith(":s 001 ")
    world.advance(10)
    assert world.connect("a5", "192.0.2.1", says=hello.format("a5")).hear()[0].startswith(":s 001 ")
