"""labeled-response: what a labelled command is answered with."""

from __future__ import annotations

import pytest

from chatapp.server.delivery import render
from chatapp.server.delivery.response import Batch, Response
from tests.server.world import FULL_DISK

LABELS = "labeled-response batch message-tags echo-message"


def batch(reference, kind, *lines):
    """A batch of lines."""
    made = Batch(reference, kind, "s")
    made.lines += [render.with_tag(line, made.tag) for line in lines]
    return made


@pytest.fixture
def world(world):
    """alice uses labels; bob does not; both are in #room."""
    world.enter("alice", LABELS)
    world.enter("bob")
    world.channel("#room", "alice bob")
    return world


def test_one_line(world):
    """ "Servers MUST include the tag in exactly one logical message"; others never see it."""
    world.play("""
        alice> @label=1 PRIVMSG #room :hi
        alice< @label=1;msgid={m} :alice!alice@s PRIVMSG #room :hi
        bob< :alice!alice@s PRIVMSG #room :hi
        alice> @label=2 PING x
        alice< @label=2 :s PONG s :x
        alice> @label=3 PRIVMSG nobody :hi
        alice< @label=3 :s 401 alice nobody :...
        alice> @label=4 TOPIC #room :x
        alice< @label=4;msgid={n} :alice!alice@s TOPIC #room :x
        bob< :alice!alice@s TOPIC #room :x
        alice> @label=5 PART #room
        alice< @label=5;msgid={o} :alice!alice@s PART #room
        bob< :alice!alice@s PART #room
    """)


def test_several_lines(world):
    """ "If a response consists of more than one message, a batch MUST be used"."""
    world.actors["bob"].hang_up()
    world.play("""
        alice> @label=1 NAMES #room
        alice< @label=1 :s BATCH +{a} labeled-response
        alice< @batch={a} :s 353 alice = #room :~alice bob
        alice< @batch={a} :s 366 alice #room :End of NAMES list.
        alice< :s BATCH -{a}
        alice> @label=2 JOIN #b
        alice< @label=2 :s BATCH +{b} labeled-response
        alice< @batch={b};msgid={m} :alice!alice@s JOIN #b
        alice< @batch={b} :s 353 alice = #b :~alice
        alice< @batch={b} :s 366 alice #b :End of NAMES list.
        alice< :s BATCH -{b}
        alice> @label=3 PRIVMSG bob :hi
        alice< @label=3 :s BATCH +{c} labeled-response
        alice< @batch={c};msgid={n} :alice!alice@s PRIVMSG bob :hi
        alice< @batch={c} :s 301 alice bob :not connected; will get it later
        alice< :s BATCH -{c}
        alice> @label=4 PRIVMSG #room,#b,nobody :hi
        alice< @label=4 :s BATCH +{d} labeled-response
        alice< @batch={d} :s 401 alice nobody :...
        alice< @batch={d};msgid={o} :alice!alice@s PRIVMSG #room :hi
        alice< @batch={d};msgid={p} :alice!alice@s PRIVMSG #b :hi
        alice< :s BATCH -{d}
    """)


def test_a_batch_of_its_own_carries_the_label(world):
    """ "The batch type MUST be one of: an existing type applicable to the entire response, labeled-response"."""
    world.play("""
        alice> PRIVMSG #room :hi
        alice< @msgid={m} :alice!alice@s PRIVMSG #room :hi
        bob< :alice!alice@s PRIVMSG #room :hi
        alice> @label=1 CHATHISTORY LATEST #room * 10
        alice< @label=1 :s BATCH +{a} chathistory #room
        alice< @batch={a};msgid={m} :alice!alice@s PRIVMSG #room :hi
        alice< :s BATCH -{a}
        alice> @label=2 CHATHISTORY LATEST bob * 10
        alice< @label=2 :s BATCH +{b} chathistory bob
        alice< :s BATCH -{b}
    """)


@pytest.mark.parametrize("line", ["PONG x", "TAGMSG #room", "TOPIC #room :", "JOIN #room", "NICK alice", "CAP END"])
def test_what_has_no_answer(world, line):
    """ "Servers MUST respond with a labeled ACK message when a client sends a labeled command that normally produces no
    response".
    """
    world.play(f"""
        alice> @label=1 {line}
        alice< @label=1 :s ACK
    """)


def test_without_echo(world):
    """What is stored and not echoed is acknowledged; when the other is away, that is the answer."""
    world.actors["alice"].ask("CAP REQ -echo-message")
    world.actors["bob"].hang_up()
    world.play("""
        alice> @label=1 PRIVMSG #room :hi
        alice< @label=1 :s ACK
        alice> @label=2 PRIVMSG bob :hi
        alice< @label=2 :s 301 alice bob :...
    """)


def test_order(world):
    """Answers "come in the order of the questions", labelled or not, whichever could be given first."""
    world.play("""
        alice>> @label=1 PRIVMSG #room :one
        alice>> PRIVMSG #room :two
        alice>> @label=3 PONG x
        alice>> @label=4 PRIVMSG nobody :hi
        alice>> PRIVMSG #room :five
        alice>> @label=6 PING six
        alice>> @label=7 TAGMSG #room
        alice>> @label=8 @x
        alice> @label=9 JOIN #b
        alice< @label=1;msgid={a} :alice!alice@s PRIVMSG #room :one
        alice< @msgid={b} :alice!alice@s PRIVMSG #room :two
        alice< @label=3 :s ACK
        alice< @label=4 :s 401 alice nobody :...
        alice< @msgid={c} :alice!alice@s PRIVMSG #room :five
        alice< @label=6 :s PONG s :six
        alice< @label=7 :s ACK
        alice< @label=8 :s 421 alice @x :...
        alice< @label=9 :s BATCH +{d} labeled-response
        alice< @batch={d};msgid={m} :alice!alice@s JOIN #b
        alice< @batch={d} :s 353 alice = #b :~alice
        alice< @batch={d} :s 366 alice #b :End of NAMES list.
        alice< :s BATCH -{d}
        bob< :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :two
        bob< :alice!alice@s PRIVMSG #room :five
    """)


def test_what_others_say_meanwhile_is_no_part_of_it(world):
    """A response holds answers, and nothing else."""
    world.log.held = True
    world.actors["alice"].say("@label=1 JOIN #b,#c")
    world.actors["bob"].say("PRIVMSG alice :hi")
    world.log.held = False
    world.settle()
    world.play("""
        alice< @msgid={m} :bob!bob@s PRIVMSG alice :hi
        alice< @label=1 :s BATCH +{a} labeled-response
        alice< @batch={a};msgid={n} :alice!alice@s JOIN #b
        alice< @batch={a} :s 353 alice = #b :~alice
        alice< @batch={a} :s 366 alice #b :End of NAMES list.
        alice< @batch={a};msgid={o} :alice!alice@s JOIN #c
        alice< @batch={a} :s 353 alice = #c :~alice
        alice< @batch={a} :s 366 alice #c :End of NAMES list.
        alice< :s BATCH -{a}
    """)


@pytest.mark.parametrize(
    ("label", "shown"), [("x" * 64, "x" * 64), (r"a\sb\:\\", r"a\sb\:\\"), ("ü", "ü"), ("x" * 65, ""), ("", "")]
)
def test_labels(world, label, shown):
    """ "The tag value MUST be treated as an opaque identifier"; it "has a required value" which "MUST NOT exceed 64
    bytes", and without a label there is none in the answer.
    """
    tag = f"@label={shown} " if shown else ""
    world.play(f"""
        alice> @label={label} PING 1
        alice< {tag}:s PONG s :1
    """)


@pytest.mark.parametrize("caps", ["labeled-response", "batch", "message-tags"])
def test_labels_need_the_capability_and_batch(world, caps):
    """ "This specification depends on the batch capability which MUST be negotiated"."""
    world.enter("carol", caps)
    world.play("""
        carol> @label=1 PING 1
        carol< :s PONG s :1
    """)


def test_what_is_refused_later(world):
    """A message that is refused when stored or applied is answered with its label."""
    world.log.failure = FULL_DISK
    world.play("""
        alice> @label=1 PRIVMSG #room :hi
        alice< @label=1 :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :...
    """)
    world.log.failure = None
    world.enter("alice", as_="alice2")
    world.log.held = True
    world.actors["alice2"].say("PART #room")
    world.actors["alice"].say("@label=2 PRIVMSG #room :hi", "@label=3 PRIVMSG bob :hi")
    world.log.held = False
    world.settle()
    world.play("""
        alice2< :alice!alice@s PART #room
        alice2< :alice!alice@s PRIVMSG bob :hi
        alice< @msgid={m} :alice!alice@s PART #room
        alice< @label=2 :s 404 alice #room :...
        alice< @label=3;msgid={n} :alice!alice@s PRIVMSG bob :hi
        bob< :alice!alice@s PART #room
        bob< :alice!alice@s PRIVMSG bob :hi
    """)


def test_a_labelled_end_of_negotiation(world):
    """The welcome is no part of it; it comes in order, and the label is acknowledged."""
    carol = world.connect("carol", says=f"CAP REQ :{LABELS}\nPASS carol:sesame\nNICK carol\nUSER c 0 * :c")
    carol.hear()
    heard = carol.ask("@label=1 CAP END")
    assert heard[0] == ":s 001 carol :Welcome to Net, carol."
    assert heard[-1] == "@label=1 :s ACK"


def test_a_labelled_farewell(world):
    """The last word carries the label."""
    world.play("""
        alice> @label=1 QUIT
        alice< @label=1 ERROR :Bye.
        alice< <closed>
    """)


def test_a_labelled_sign_in(world):
    """Before the welcome, too."""
    world.connect("x", says=f"CAP REQ :{LABELS}")
    world.deaf()
    world.play("""
        x> @label=1 AUTHENTICATE PLAIN
        x< @label=1 AUTHENTICATE +
        x> @label=2 AUTHENTICATE AGFsaWNlAHNlc2FtZQ==
        x< @label=2 :s BATCH +{a} labeled-response
        x< @batch={a} :s 900 * *!*@s alice :...
        x< @batch={a} :s 903 * :...
        x< :s BATCH -{a}
        x> @label=3 NICK alice
        x< @label=3 :s ACK
    """)


@pytest.mark.parametrize(
    ("items", "whole"),
    [
        ([], b"@label=7 :s ACK\r\n"),
        ([b":s 1\r\n"], b"@label=7 :s 1\r\n"),
        ([b"@time=1 :s 1\r\n"], b"@label=7;time=1 :s 1\r\n"),
        (
            [b":s 1\r\n", b"@t :s 2\r\n"],
            b"@label=7 :s BATCH +r labeled-response\r\n@batch=r :s 1\r\n@batch=r;t :s 2\r\n:s BATCH -r\r\n",
        ),
        (
            [batch("x", "chathistory", b":s 2\r\n")],
            b"@label=7 :s BATCH +x chathistory\r\n@batch=x :s 2\r\n:s BATCH -x\r\n",
        ),
        (
            [batch("x", "chathistory", b":s 2\r\n"), b":s 3\r\n"],
            b"@label=7 :s BATCH +r labeled-response\r\n@batch=r :s BATCH +x chathistory\r\n@batch=x :s 2\r\n"
            b"@batch=r :s BATCH -x\r\n@batch=r :s 3\r\n:s BATCH -r\r\n",
        ),
        (
            [batch("x", "a"), batch("y", "a")],
            b"@label=7 :s BATCH +r labeled-response\r\n@batch=r :s BATCH +x a\r\n@batch=r :s BATCH -x\r\n"
            b"@batch=r :s BATCH +y a\r\n@batch=r :s BATCH -y\r\n:s BATCH -r\r\n",
        ),
        (
            [b":s NOTICE x :BATCH +x BATCH -x\r\n", b"@batch=x :s 2\r\n"],
            b"@label=7 :s BATCH +r labeled-response\r\n@batch=r :s NOTICE x :BATCH +x BATCH -x\r\n"
            b"@batch=r;batch=x :s 2\r\n:s BATCH -r\r\n",
        ),
    ],
)
def test_the_whole_of_a_response(items, whole):
    """None: ACK. One line, or one batch: it carries the label. More: a batch around them, where batches nest.

    What a line says never makes it part of a batch.
    """
    response = Response("7")
    response.items += items
    assert response.whole("s", "r") == whole


def test_what_is_no_message(world):
    """ "For any message received from a client that includes this tag, the server MUST include the same tag and value
    in any response": also where nothing but the tags can be read.
    """
    alice = world.actors["alice"]
    for number, (rest, answer) in enumerate(
        [
            (b"PRIVMSG bob :" + b"z" * 600, ":s 417 alice :The line has 613 bytes;"),
            (b"PRIVMSG bob :\xff", ":s FAIL PRIVMSG INVALID_UTF8 :"),
            (b"PRIVMSG bob :\0", ":s FAIL * INVALID_MESSAGE :"),
        ]
    ):
        alice.feed(b"@label=%d;+x=y %s\r\n" % (number, rest))
        (heard,) = alice.hear()
        assert heard.startswith(f"@label={number} {answer}")
    for tags in (b"@label=\xff", b"@label=a\0b", b"@label=" + b"z" * 4_090, b"label=x"):
        alice.feed(tags + b" PRIVMSG bob :\xff\r\n")
        (heard,) = alice.hear()
        assert heard.startswith(":s ")
