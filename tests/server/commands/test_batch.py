"""BATCH: a message of several lines from a client, whole or wrong, and what everybody gets of it."""

from __future__ import annotations

import pytest

from tests.server.world import CLOSED, FULL_DISK

CAPS = "batch draft/multiline message-tags echo-message labeled-response"
INVALID = ":s FAIL BATCH MULTILINE_INVALID :..."


@pytest.fixture(params=["memory", "sqlite"])
def world(request, make_world):
    """alice and bob know multiline, carol does not; all are in #room."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")
    return ready(world)


@pytest.fixture
def small(make_world):
    """The same, where a message has at most 3 lines and 20 bytes."""
    world = make_world(accounts="alice bob carol", multiline_bytes_max=20, multiline_lines_max=3)
    return ready(world)


def ready(world):
    """Let everybody in."""
    world.enter("alice", CAPS)
    world.enter("bob", "batch draft/multiline message-tags")
    world.enter("carol", "message-tags")
    world.channel("#room", "alice bob carol")
    return world


def sent(*texts, target="#room", tags="", ending=True):
    """Make the lines of a batch; a text that begins with ``+`` continues the line before."""
    lines = [f"{tags} BATCH +1 draft/multiline {target}".strip()]
    for text in texts:
        concat, text = (";draft/multiline-concat", text[1:]) if text[:1] == "+" else ("", text)
        lines.append(f"@batch=1{concat} PRIVMSG {target} :{text}")
    return [*lines, "BATCH -1"] if ending else lines


def texts_of(lines):
    """Take the texts out of lines."""
    return [line.partition(" PRIVMSG ")[2].partition(" :")[2] for line in lines if " PRIVMSG " in line and "!" in line]


# What everybody gets


def test_one_message_of_many_lines(world):
    """ "Servers: delivering the batch to the intended recipients" when "the full batch has been received"; without the
    capability, "servers MUST deliver the component messages".
    """
    world.play("""
        alice> BATCH +1 draft/multiline #room
        alice> @batch=1 PRIVMSG #room hello
        alice> @batch=1 privmsg #ROOM :
        alice> @batch=1 PRIVMSG #room :how is{sp}
        alice> @batch=1;draft/multiline-concat PRIVMSG #room :everyone?
        alice> BATCH -1
        alice< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        alice< @batch={m} :alice!alice@s PRIVMSG #room :hello
        alice< @batch={m} :alice!alice@s PRIVMSG #room :
        alice< @batch={m} :alice!alice@s PRIVMSG #room :how is{sp}
        alice< @batch={m};draft/multiline-concat :alice!alice@s PRIVMSG #room :everyone?
        alice< :alice!alice@s BATCH -{m}
        bob< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        bob< @batch={m} :alice!alice@s PRIVMSG #room :hello
        bob< @batch={m} :alice!alice@s PRIVMSG #room :
        bob< @batch={m} :alice!alice@s PRIVMSG #room :how is{sp}
        bob< @batch={m};draft/multiline-concat :alice!alice@s PRIVMSG #room :everyone?
        bob< :alice!alice@s BATCH -{m}
        carol< @msgid={m} :alice!alice@s PRIVMSG #room :hello
        carol< :alice!alice@s PRIVMSG #room :how is{sp}
        carol< :alice!alice@s PRIVMSG #room :everyone?
    """, sp="")  # fmt: skip


def test_it_is_stored_as_one_text(world):
    """ "The combined message value of a multiline batch": joined "by a single line feed", or "directly joined"."""
    world.actors["alice"].say(*sent("hello", "", "how is ", "+everyone?"))
    (event,) = world.run(world.services.history.latest(room_of(world), after=None, limit=9, upto_seq=1 << 40))
    assert (event.text, event.splits) == ("hello\n\nhow is everyone?", (14,))
    world.deaf()


def room_of(world):
    """Return the uid of #room."""
    return world.services.state.channel_named("#room").uid


def test_a_direct_message(world):
    """To all sessions of both, and the sender is told that the reader is away."""
    world.enter("alice", "message-tags", as_="alice2")
    world.actors["bob"].ask("AWAY :lunch")
    world.deaf()
    world.play("""
        alice>> BATCH +1 draft/multiline bob
        alice>> @batch=1 PRIVMSG bob :one
        alice>> @batch=1 PRIVMSG bob :two
        alice> BATCH -1
        alice< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline bob
        alice< @batch={m} :alice!alice@s PRIVMSG bob :one
        alice< @batch={m} :alice!alice@s PRIVMSG bob :two
        alice< :alice!alice@s BATCH -{m}
        alice< :s 301 alice bob :lunch
        alice2< @msgid={m} :alice!alice@s PRIVMSG bob :one
        alice2< :alice!alice@s PRIVMSG bob :two
        bob< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline bob
        bob< @batch={m} :alice!alice@s PRIVMSG bob :one
        bob< @batch={m} :alice!alice@s PRIVMSG bob :two
        bob< :alice!alice@s BATCH -{m}
    """)


def test_a_message_to_oneself(world):
    """It is delivered, and echoed."""
    lines = world.actors["alice"].ask(*sent("one", "two", target="alice", tags="@label=7"))
    assert [line.startswith("@label=7;") for line in lines] == [False] * 4 + [True] + [False] * 3
    assert texts_of(lines) == ["one", "two"] * 2


def test_a_silenced_sender(world):
    """Whoever silences the sender gets nothing of it."""
    world.actors["bob"].ask("SILENCE +alice")
    world.actors["alice"].say(*sent("one", "two"))
    world.actors["alice"].say(*sent("one", "two", target="bob"))
    assert world.actors["bob"].hear() == []
    assert texts_of(world.actors["carol"].hear()) == ["one", "two"]
    world.deaf()


def test_a_newcomer_to_a_channel_that_hides_its_past(world):
    """Mode W: "Newcomers cannot read what was said before they came", however many lines it had."""
    alice = world.actors["alice"]
    alice.say("MODE #room +W")
    alice.say(*sent("of", "old"))
    world.actors["carol"].say("PART #room")
    carol = world.enter("carol", "batch draft/chathistory message-tags", as_="newcomer")
    carol.say("JOIN #room")
    alice.say(*sent("of", "now"))
    world.deaf()
    assert texts_of(carol.ask("CHATHISTORY LATEST #room * 10")) == ["of", "now"]


def test_silence_hides_it_in_pages(world):
    """SILENCE: none of the sender's messages arrives, "also not from history"."""
    bob = world.enter("bob", "batch draft/multiline draft/chathistory message-tags", as_="reader")
    bob.ask("SILENCE +alice")
    world.actors["alice"].say(*sent("one", "two"), *sent("one", "two", target="bob"))
    assert texts_of(bob.hear()) == texts_of(world.actors["bob"].hear()) == []
    for target in ("#room", "alice"):
        assert texts_of(bob.ask(f"CHATHISTORY LATEST {target} * 10")) == []
    world.deaf()


def test_a_batch_with_one_line_is_an_ordinary_message(world):
    """Nobody needs a batch for it."""
    world.play("""
        alice>> @+reply=x BATCH +1 draft/multiline #room
        alice>> @batch=1 PRIVMSG #room :one
        alice> BATCH -1
        alice< @msgid={m};+reply=x :alice!alice@s PRIVMSG #room :one
        bob< @msgid={m};+reply=x :alice!alice@s PRIVMSG #room :one
        carol< @msgid={m};+reply=x :alice!alice@s PRIVMSG #room :one
    """)


def test_the_marker_moves_once(world):
    """Whoever writes has read: one marker for one message."""
    world.actors["alice"].ask("CAP REQ draft/read-marker")
    lines = world.actors["alice"].ask(*sent("one", "two"))
    assert [line for line in lines if " MARKREAD " in line] == lines[-1:]
    world.deaf()


# Tags, labels, ids


def test_a_label(world):
    """ "Servers MUST only include the label tag on the opening BATCH command when replying to a client using
    echo-message"; without the echo, there is an ACK.
    """
    world.play("""
        alice>> @label=7;+reply=x BATCH +1 draft/multiline #room
        alice>> @batch=1 PRIVMSG #room :one
        alice>> @batch=1 PRIVMSG #room :two
        alice> BATCH -1
        alice< @label=7;msgid={m};+reply=x :alice!alice@s BATCH +{m} draft/multiline #room
        alice< @batch={m} :alice!alice@s PRIVMSG #room :one
        alice< @batch={m} :alice!alice@s PRIVMSG #room :two
        alice< :alice!alice@s BATCH -{m}
        bob< @msgid={m};+reply=x :alice!alice@s BATCH +{m} draft/multiline #room
        bob< @batch={m} :alice!alice@s PRIVMSG #room :one
        bob< @batch={m} :alice!alice@s PRIVMSG #room :two
        bob< :alice!alice@s BATCH -{m}
        carol< @msgid={m};+reply=x :alice!alice@s PRIVMSG #room :one
        carol< :alice!alice@s PRIVMSG #room :two
    """)
    alice = world.actors["alice"]
    assert alice.ask("CAP REQ -echo-message") == [":s CAP alice ACK :-echo-message"]
    assert alice.ask(*sent("one", "two", tags="@label=8")) == ["@label=8 :s ACK"]
    world.deaf()


def test_a_label_on_the_last_line(world):
    """It labels the message if the first line has none; otherwise the last line has no response of its own: ACK."""
    alice = world.actors["alice"]
    lines = alice.ask(*sent("one", "two", ending=False), "@label=8 BATCH -1")
    assert (len(lines), lines[0].partition(";")[0]) == (4, "@label=8")
    lines = alice.ask(*sent("one", "two", tags="@label=7", ending=False), "@label=8 BATCH -1")
    assert sorted(line.partition(";")[0] for line in lines if "label" in line) == ["@label=7", "@label=8 :s ACK"]
    lines = alice.ask(*sent("", tags="@label=7", ending=False), "PRIVMSG #room :x", "@label=8 BATCH -1")
    assert [line.partition(" ")[0] for line in lines if "label" in line] == ["@label=7", "@label=8"]
    world.deaf()


def test_a_labelled_response_with_more_than_the_echo(world):
    """ "If a response consists of more than one message, a batch MUST be used"; it holds the other batch."""
    world.actors["bob"].ask("AWAY :lunch")
    world.play("""
        alice>> @label=7 BATCH +1 draft/multiline bob
        alice>> @batch=1 PRIVMSG bob :one
        alice>> @batch=1 PRIVMSG bob :two
        alice> BATCH -1
        alice< @label=7 :s BATCH +{r} labeled-response
        alice< @batch={r};msgid={m} :alice!alice@s BATCH +{m} draft/multiline bob
        alice< @batch={m} :alice!alice@s PRIVMSG bob :one
        alice< @batch={m} :alice!alice@s PRIVMSG bob :two
        alice< @batch={r} :alice!alice@s BATCH -{m}
        alice< @batch={r} :s 301 alice bob :lunch
        alice< :s BATCH -{r}
        bob< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline bob
        bob< @batch={m} :alice!alice@s PRIVMSG bob :one
        bob< @batch={m} :alice!alice@s PRIVMSG bob :two
        bob< :alice!alice@s BATCH -{m}
    """)


def test_an_id_of_the_sender(world):
    """DESIGN R4: "The server answers a repeated message with the first echo and delivers it to nobody again"."""
    alice = world.actors["alice"]
    first = alice.ask(*sent("one", "two", tags="@+chatapp/id=7"))
    assert texts_of(first) == ["one", "two"]
    world.deaf()
    assert alice.ask(*sent("one", "two", tags="@+chatapp/id=7")) == first
    labelled = alice.ask(*sent("another", "text", tags="@label=9;+chatapp/id=7"))
    assert labelled == [first[0].replace("@", "@label=9;", 1), *first[1:]]
    assert alice.ask("@+chatapp/id=7 PRIVMSG #room :single") == first
    assert (world.actors["bob"].hear(), world.actors["carol"].hear()) == ([], [])
    assert alice.ask(*sent("one", "two", tags=f"@+chatapp/id={'7' * 65}"))[0].startswith(":s FAIL BATCH INVALID_TAG ")


def test_a_copy_that_policy_would_refuse_now(world):
    """Only the log knows whether a message with an id is a copy, so policy is not asked before."""
    alice = world.actors["alice"]
    echo = alice.ask(*sent("one", "two", tags="@+chatapp/id=7"))
    alice.ask("PART #room")
    assert alice.ask(*sent("one", "two", tags="@+chatapp/id=7")) == echo
    world.deaf()


@pytest.mark.parametrize("how", ["stop", "crash"])
def test_across_a_restart(world, how):
    """ "What was echoed survives", with its lines as they were cut."""
    alice = world.actors["alice"]
    echo = alice.ask(*sent("one", "", "two ", "+three", tags="@+chatapp/id=7"))
    getattr(world, how)()
    world.start_again()
    alice = world.enter("alice", f"{CAPS} draft/chathistory")
    page = alice.ask("CHATHISTORY LATEST #room * 10")
    assert texts_of(page) == texts_of(echo)
    assert alice.ask(*sent("x", "y", tags="@+chatapp/id=7")) == echo


# The past


def test_pages_of_history(world):
    """In a page it is a batch in a batch, or lines; it is one message of the limit."""
    world.actors["alice"].say("PRIVMSG #room :before", *sent("one", "two "[:3], "+three"), "PRIVMSG #room :after")
    world.deaf()
    world.actors["carol"].ask("CAP REQ :batch draft/chathistory")
    world.play("""
        bob> CHATHISTORY LATEST #room * 2
        bob< :s BATCH +{o} chathistory #room
        bob< @batch={o};msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        bob< @batch={m} :alice!alice@s PRIVMSG #room :one
        bob< @batch={m} :alice!alice@s PRIVMSG #room :two
        bob< @batch={m};draft/multiline-concat :alice!alice@s PRIVMSG #room :three
        bob< @batch={o} :alice!alice@s BATCH -{m}
        bob< @batch={o};msgid={n} :alice!alice@s PRIVMSG #room :after
        bob< :s BATCH -{o}
        carol> CHATHISTORY LATEST #room * 2
        carol< :s BATCH +{p} chathistory #room
        carol< @batch={p};msgid={m} :alice!alice@s PRIVMSG #room :one
        carol< @batch={p} :alice!alice@s PRIVMSG #room :two
        carol< @batch={p} :alice!alice@s PRIVMSG #room :three
        carol< @batch={p};msgid={n} :alice!alice@s PRIVMSG #room :after
        carol< :s BATCH -{p}
        alice> @label=5 CHATHISTORY AROUND #room msgid={m} 1
        alice< @label=5 :s BATCH +{q} chathistory #room
        alice< @batch={q};msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        alice< @batch={m} :alice!alice@s PRIVMSG #room :one
        alice< @batch={m} :alice!alice@s PRIVMSG #room :two
        alice< @batch={m};draft/multiline-concat :alice!alice@s PRIVMSG #room :three
        alice< @batch={q} :alice!alice@s BATCH -{m}
        alice< :s BATCH -{q}
    """)


@pytest.mark.parametrize(
    ("caps", "marks"),
    [
        ("server-time", ["time"] * 2),
        ("server-time batch", ["", "batch"] + ["batch"] + [""]),
        ("batch draft/multiline", ["", "batch", "batch", "batch", "batch", ""]),
    ],
)
def test_a_replay(world, caps, marks):
    """What was missed is told in the same way to clients that cannot ask."""
    world.actors["bob"].hang_up()
    world.actors["alice"].say(*sent("one", "two"))
    world.deaf()
    bob = world.connect("bob", says=f"PASS bob:sesame\nCAP REQ :{caps}\nNICK x\nUSER x 0 * :x\nCAP END")
    heard = [line for line in bob.hear() if "alice!alice@s" in line or " BATCH " in line]
    assert texts_of(heard) == ["one", "two"]
    assert [line.partition("=")[0][1:] if line[0] == "@" else "" for line in heard] == marks


# Order


def test_it_takes_effect_where_it_ends(world):
    """Other lines, of the same client too, come before it; the PONG after it says that it is stored."""
    world.play("""
        alice>> BATCH +1 draft/multiline #room
        alice>> @batch=1 PRIVMSG #room :one
        alice>> PRIVMSG #room :between
        alice>> PING a
        alice>> @batch=1 PRIVMSG #room :two
        alice>> BATCH -1
        alice> PING b
        alice< @msgid={n} :alice!alice@s PRIVMSG #room :between
        alice< :s PONG s :a
        alice< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        alice< @batch={m} :alice!alice@s PRIVMSG #room :one
        alice< @batch={m} :alice!alice@s PRIVMSG #room :two
        alice< :alice!alice@s BATCH -{m}
        alice< :s PONG s :b
        bob< @msgid={n} :alice!alice@s PRIVMSG #room :between
        bob< @msgid={m} :alice!alice@s BATCH +{m} draft/multiline #room
        bob< @batch={m} :alice!alice@s PRIVMSG #room :one
        bob< @batch={m} :alice!alice@s PRIVMSG #room :two
        bob< :alice!alice@s BATCH -{m}
        carol< @msgid={n} :alice!alice@s PRIVMSG #room :between
        carol< @msgid={m} :alice!alice@s PRIVMSG #room :one
        carol< :alice!alice@s PRIVMSG #room :two
    """)


def test_many_at_once(world):
    """Messages do not wait for each other, and nothing is lost or out of order between them."""
    lines = []
    for number in range(10):
        lines += [*sent(f"{number}a", f"{number}b"), f"PRIVMSG #room :{number}c"]
    world.actors["alice"].say(*lines)
    expected = [f"{number}{letter}" for number in range(10) for letter in "abc"]
    for name in ("alice", "bob", "carol"):
        assert texts_of(world.actors[name].hear()) == expected


def test_a_full_disk(small):
    """All of it is refused or nothing: "a message that could not be stored is refused", in words about the message."""
    small.log.failure = FULL_DISK
    alice = small.actors["alice"]
    assert alice.ask(*sent("one", "two", tags="@label=7")) == [
        f"@label=7 :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :{FULL_DISK}"
    ]
    small.log.failure = None
    assert (small.actors["bob"].hear(), small.actors["carol"].hear()) == ([], [])


# What ends early


@pytest.mark.parametrize("how", ["hang_up", "vanish"])
def test_the_connection_ends_inside(world, how):
    """Nothing was sent: a message exists when it is in the log."""
    alice = world.actors["alice"]
    alice.say(*sent("one", "two", ending=False))
    session = next(iter(world.services.presence.sessions(world.services.state.user_named("alice").uid)))
    getattr(alice, how)()
    assert session.batch.parts == [], "and no memory is kept"
    world.advance(120)
    assert texts_of(world.actors["bob"].hear()) == texts_of(world.actors["carol"].hear()) == []


def test_it_takes_too_long(make_world):
    """Each batch has a time limit ("MULTILINE_INVALID: any other error"); what comes after it is dropped."""
    world = ready(make_world(accounts="alice bob carol", multiline_s=30.0))
    alice = world.actors["alice"]
    assert alice.ask(*sent("one", tags="@label=7", ending=False)) == []
    world.advance(29)
    assert [line for line in alice.hear() if "FAIL" in line] == []
    world.advance(2)
    assert [line for line in alice.hear() if "FAIL" in line] == [
        "@label=7 :s FAIL BATCH MULTILINE_INVALID :The batch did not end within 30 s. Nothing was sent."
    ]
    assert alice.ask("@batch=1 PRIVMSG #room :two", "BATCH -1") == []
    assert texts_of(alice.ask(*sent("three", "four"))) == ["three", "four"]
    world.advance(40)
    assert not [line for line in alice.hear() if "FAIL" in line], "a batch that ended has no limit any more"
    assert texts_of(world.actors["carol"].hear()) == ["three", "four"]
    world.deaf()


def test_leaving_the_channel_before_the_end(world):
    """The target is looked up, and policy is asked, where the message takes effect."""
    alice = world.actors["alice"]
    alice.ask(*sent("one", "two", tags="@label=7", ending=False), "PART #room")
    assert alice.ask("BATCH -1") == [
        "@label=7 :s 404 alice #room :You are not in that channel, so you cannot send to it. Join it first."
    ]
    world.deaf()


def test_quit_inside(world):
    """The connection ends as ever."""
    lines = world.actors["alice"].ask(*sent("one", ending=False), "QUIT")
    assert lines[-1] == CLOSED
    assert world.actors["bob"].hear() == []


# Limits


def test_lines_and_bytes_up_to_the_limit(small):
    """What the capability promises is taken: 3 lines, and 20 bytes with their line feeds."""
    alice = small.actors["alice"]
    assert texts_of(alice.ask(*sent("a", "", "b"))) == ["a", "", "b"]
    assert texts_of(alice.ask(*sent("0123456789", "+01234567", "é"[:0] + "x"))) == ["0123456789", "01234567", "x"]
    assert texts_of(alice.ask(*sent("ééééé", "012345678"))) == ["ééééé", "012345678"]
    small.deaf()


@pytest.mark.parametrize(
    ("texts", "fail"),
    [
        (("a", "b", "c", "d"), "MULTILINE_MAX_LINES 3"),
        (("a", "+b", "+c", "+d"), "MULTILINE_MAX_LINES 3"),
        (("0123456789", "0123456789"), "MULTILINE_MAX_BYTES 20"),
        (("0123456789", "+01234567890"), "MULTILINE_MAX_BYTES 20"),
        (("éééééééééé", "é"), "MULTILINE_MAX_BYTES 20"),
        (("012345678901234567890",), "MULTILINE_MAX_BYTES 20"),
    ],
)
def test_lines_and_bytes_over_the_limit(small, texts, fail):
    """ "MULTILINE_MAX_LINES <limit>: max-lines limit exceeded", "MULTILINE_MAX_BYTES <limit>": one FAIL, at once, with
    the label; the rest of the batch is dropped, and the next one is taken.
    """
    alice = small.actors["alice"]
    (line,) = alice.ask(*sent(*texts, tags="@label=7", ending=False))
    assert line.startswith(f"@label=7 :s FAIL BATCH {fail} :")
    assert alice.ask(*["@batch=1 PRIVMSG #room :more"] * 9, "BATCH -1") == []
    assert texts_of(alice.ask(*sent("a", "b"))) == ["a", "b"]
    assert texts_of(small.actors["carol"].hear()) == ["a", "b"]
    small.deaf()


def test_the_rate_limit_counts_messages_and_a_tenth_of_the_lines(make_world):
    """ "draft/multiline counts as one message of many lines": 100 lines cost 11 commands of a burst of 60."""
    world = ready(make_world(accounts="alice bob carol", commands_per_s=1.0, commands_burst=60))
    alice = world.actors["alice"]
    world.advance(30)
    world.deaf()
    for _ in range(5):
        assert len(texts_of(alice.ask(*sent(*"x" * 100)))) == 100
    assert texts_of(alice.ask(*sent(*"x" * 100))) == [], "55 of 60 are spent, so this one waits"
    world.advance(10)
    assert len(texts_of(alice.hear())) == 100
    world.deaf()


def test_a_page_costs_what_its_lines_cost(small):
    """A long answer "counts as one more command for each 100 lines", also of messages of several lines."""
    small.actors["alice"].ask(*sent("one", "two", "three"))
    small.deaf()
    bob = small.actors["bob"]
    (session,) = small.services.presence.sessions(small.services.state.user_named("bob").uid)
    bob.ask("CAP REQ draft/chathistory", "PING 1")
    before = session.allowance._left
    assert len(bob.ask("CHATHISTORY LATEST #room * 9")) == 7
    assert round(before - session.allowance._left, 6) == 1.03


# Wrong batches


@pytest.mark.parametrize(
    "lines",
    [
        ["BATCH 1 draft/multiline #room"],
        ["BATCH +1"],
        ["BATCH +1 draft/multiline"],
        ["BATCH +1 draft/multiline :"],
        ["BATCH +1 draft/multiline #room more"],
        ["BATCH +1 multiline #room"],
        ["BATCH +1 chathistory #room"],
        ["BATCH + draft/multiline #room"],
        ["BATCH +a;b draft/multiline #room"],
        ["BATCH +é draft/multiline #room"],
        ["BATCH -1"],
        ["BATCH -"],
        ["BATCH +1 draft/multiline #room", "BATCH -1"],
        ["BATCH +1 draft/multiline #room", "BATCH -2"],
        ["@batch=1 PRIVMSG #room :x"],
        ["@batch PRIVMSG #room :x"],
        ["@batch=1 JOIN #other"],
        ["BATCH +1 draft/multiline #room", "@batch=2 PRIVMSG #room :x"],
        ["BATCH +1 draft/multiline #room", "@batch=1 NOTICE #room :x"],
        ["BATCH +1 draft/multiline #room", "@batch=1;+x=1 TAGMSG #room"],
        ["BATCH +1 draft/multiline #room", "@batch=1 JOIN #other"],
        ["BATCH +1 draft/multiline #room", "@batch=1 BATCH +2 draft/multiline #room"],
        ["BATCH +1 draft/multiline #room", "@batch=1;+x=1 PRIVMSG #room :x"],
        ["BATCH +1 draft/multiline #room", "@batch=1;draft/multiline-concat PRIVMSG #room :x"],
        ["BATCH +1 draft/multiline #room", "BATCH +2 draft/multiline #room"],
        sent("x", "+"),
        sent("", "", ""),
        sent("x", "\x01VERSION\x01"),
        sent("\x01ACTION waves", "+and waves\x01"),
        sent("x", "y" * 490),
        sent("x", *["\x02" * 400] * 3),
    ],
)
def test_wrong_batches(world, lines):
    """ "Servers MUST use FAIL messages": "MULTILINE_INVALID: any other error". One answer, with the label of the first
    line; nobody else gets anything.
    """
    alice = world.actors["alice"]
    (line,) = alice.ask(f"@label=7{';' + lines[0][1:] if lines[0][0] == '@' else ' ' + lines[0]}", *lines[1:])
    labelled = not any(line.startswith(("@batch=2", "BATCH -2")) for line in lines)
    assert line.startswith(f"{'@label=7 ' if labelled else ''}:s FAIL BATCH MULTILINE_INVALID :")
    assert "Nothing was sent." in line
    assert (world.actors["bob"].hear(), world.actors["carol"].hear()) == ([], [])


def test_no_parameter(world):
    """The answer shows how it goes."""
    assert world.actors["alice"].ask("BATCH") == [
        ":s FAIL BATCH NEED_MORE_PARAMS :Usage: BATCH <+ or -><reference> [draft/multiline <target>]"
    ]


@pytest.mark.parametrize("other", ["#other", "bob", "", "#room,#room"])
def test_another_target(world, other):
    """ "MULTILINE_INVALID_TARGET <batch-target> <provided-target>: mismatched PRIVMSG target within a batch"."""
    alice = world.actors["alice"]
    params = f"{other} :x" if other else ""
    (line,) = alice.ask("@label=7 BATCH +1 draft/multiline #room", f"@batch=1 PRIVMSG {params}", "BATCH -1")
    assert line.startswith(f"@label=7 :s FAIL BATCH MULTILINE_INVALID_TARGET #room {other or '*'} :")
    assert (world.actors["bob"].hear(), world.actors["carol"].hear()) == ([], [])


@pytest.mark.parametrize("caps", ["", "batch", "draft/multiline"])
def test_without_the_capability(world, caps):
    """ "the batch capability MUST be negotiated to use multiline messages"; the lines are not sent either."""
    carol = world.actors["carol"]
    carol.ask("CAP REQ :-batch -draft/multiline", f"CAP REQ :{caps}")
    (line,) = carol.ask(*sent("one", "two"))
    assert line.startswith(":s FAIL BATCH MULTILINE_INVALID :Request the capabilities ")
    assert (world.actors["bob"].hear(), world.actors["alice"].hear()) == ([], [])


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("#nowhere", "403 alice #nowhere :There is no such channel."),
        ("nobody", "401 alice nobody :There is nobody with that name."),
        ("#room,bob", "403 alice #room,bob :There is no such channel."),
        ("Nick", "401 alice Nick :There is nobody with that name."),
    ],
)
def test_an_unknown_target(world, target, answer):
    """As for an ordinary message, when the batch ends."""
    assert world.actors["alice"].ask(*sent("one", "two", target=target, tags="@label=7")) == [f"@label=7 :s {answer}"]


def test_a_password_for_services_on_any_line(world):
    """It is not stored, whichever line has it."""
    line, told = world.actors["alice"].ask(*sent("hi", "IDENTIFY secret", target="NickServ"))
    assert line == ":s 401 alice NickServ :Your message was not stored: it looks like a password."
    assert told.startswith(":s NOTICE alice :There are no services such as NickServ here")


def test_a_new_account_is_found(world):
    """As for an ordinary message: another program may just have added the account."""
    world.write_passwords("alice", "bob", "carol", "dave")
    alice = world.actors["alice"]
    assert texts_of(alice.ask(*sent("one", "two", target="dave", tags="@label=7"))) == ["one", "two"]
    assert alice.ask(*sent("one", "two", target="erin", tags="@label=7"))[0].startswith("@label=7 :s 401 ")


def test_ctcp_is_kept_out_of_a_channel_that_takes_none(world):
    """Mode C: no line that another client would answer comes in a batch."""
    alice = world.actors["alice"]
    alice.ask("MODE #room +C")
    world.deaf()
    (line,) = alice.ask(*sent("hi", "\x01VERSION\x01"))
    assert "MULTILINE_INVALID" in line
    assert alice.ask(*sent("\x01VERSION\x01"))[0].startswith(":s 404 ")
    assert world.actors["carol"].hear() == []


def test_refusals_come_after_the_echoes(world):
    """ "Answers come in the order of the questions", also where two answers wait."""
    lines = world.actors["alice"].ask(
        "PRIVMSG #room :one",
        *sent("x", tags="@label=7", ending=False),
        "PRIVMSG #room :two",
        "@batch=1;label=8 PRIVMSG #room :y",
        "PRIVMSG #room :three",
        "BATCH -1",
    )
    kinds = [line.partition(" ")[0] if "label" in line else texts_of([line])[0] for line in lines]
    assert kinds == ["one", "two", "@label=7", "@label=8", "three"]
    assert texts_of(world.actors["carol"].hear()) == ["one", "two", "three"]
    world.deaf()


def test_a_second_batch_ends_the_first(world):
    """A session has one open batch: the second is taken, the first is refused under its own label."""
    world.deaf()
    alice = world.actors["alice"]
    lines = alice.ask(
        "@label=7 BATCH +a draft/multiline #room",
        "@batch=a PRIVMSG #room :first",
        "@label=8 BATCH +b draft/multiline #room",
        "@batch=b PRIVMSG #room :one",
        "@batch=b PRIVMSG #room :two",
        "BATCH -b",
    )
    assert lines[0].startswith("@label=7 :s FAIL BATCH MULTILINE_INVALID :Another batch began")
    assert lines[1].startswith("@label=8;msgid=")
    assert texts_of(lines) == texts_of(world.actors["carol"].hear()) == ["one", "two"]
    world.deaf()


def test_before_the_welcome(world):
    """A batch is for users."""
    assert world.connect("x").ask("BATCH +1 draft/multiline #room", "@batch=1 PRIVMSG #room :x") == [
        ":s 451 * :Sign in first.",
        ":s 451 * :Sign in first.",
    ]
