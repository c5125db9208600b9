"""PRIVMSG, NOTICE and TAGMSG: saying something to a channel or to one user."""

from __future__ import annotations

import pytest

from tests.server.world import FULL_DISK


@pytest.fixture
def world(world):
    """alice and bob are in #room; carol is not, and is connected."""
    world.enter("alice", "echo-message")
    world.enter("bob")
    world.enter("carol")
    world.channel("#room", "alice bob")
    return world


# To whom


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_to_a_channel(world, verb):
    """Everyone in it hears it; the sender too where it asked for that (echo-message)."""
    world.play(f"""
        alice> {verb} #ROOM :hello, all
        alice< :alice!alice@s {verb} #room :hello, all
        bob< :alice!alice@s {verb} #room :hello, all
        bob> {verb} #room hi
        alice< :bob!bob@s {verb} #room :hi
    """)


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_to_a_user(world, verb):
    """The one it is for, in the case of its name; nobody else."""
    world.play(f"""
        alice> {verb} CAROL :psst
        alice< :alice!alice@s {verb} carol :psst
        carol< :alice!alice@s {verb} carol :psst
        carol> {verb} alice :yes?
        alice< :carol!carol@s {verb} alice :yes?
    """)


def test_to_oneself(world):
    """echo-message and labeled-response: "duplicate messages being sent by the server, as both sent and received"."""
    world.enter("alice", as_="plain")
    world.enter("alice", "labeled-response batch echo-message", as_="labels")
    world.play("""
        alice> PRIVMSG alice :note
        alice< :alice!alice@s PRIVMSG alice :note
        alice< :alice!alice@s PRIVMSG alice :note
        plain< :alice!alice@s PRIVMSG alice :note
        labels< :alice!alice@s PRIVMSG alice :note
        plain> PRIVMSG alice :note
        plain< :alice!alice@s PRIVMSG alice :note
        alice< :alice!alice@s PRIVMSG alice :note
        labels< :alice!alice@s PRIVMSG alice :note
        labels> @label=7 PRIVMSG alice :note
        labels< :alice!alice@s PRIVMSG alice :note
        labels< @label=7 :alice!alice@s PRIVMSG alice :note
        alice< :alice!alice@s PRIVMSG alice :note
        plain< :alice!alice@s PRIVMSG alice :note
    """)


def test_all_of_an_accounts_connections_hear_it(world):
    """ "Several connections of one account are one user: each sees what the others send"."""
    world.enter("alice", "message-tags", as_="alice2")
    world.enter("carol", as_="carol2")
    world.play("""
        alice> PRIVMSG #room :one
        alice< :alice!alice@s PRIVMSG #room :one
        alice2< @msgid={a} :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :one
        alice2> PRIVMSG carol :two
        alice< :alice!alice@s PRIVMSG carol :two
        carol< :alice!alice@s PRIVMSG carol :two
        carol2< :alice!alice@s PRIVMSG carol :two
    """)


def test_several_targets(world):
    """A list; each gets it once, and one is told of each that cannot."""
    world.play("""
        alice> PRIVMSG #ROOM,carol,nobody,#room :hi
        alice< :s 401 alice nobody :There is nobody with that name.
        alice< :alice!alice@s PRIVMSG #room :hi
        alice< :alice!alice@s PRIVMSG carol :hi
        bob< :alice!alice@s PRIVMSG #room :hi
        carol< :alice!alice@s PRIVMSG carol :hi
        alice> PRIVMSG a,b,c,d,e :hi
        alice< :s 407 alice a,b,c,d,e :That is too many names at once. Nothing was sent.
    """)


# What cannot be said

REFUSED = [
    ("nobody :hi", "401 alice nobody :There is nobody with that name."),
    (f"{'n' * 100} :hi", f"401 alice {'n' * 100} :There is nobody with that name."),
    (f"{'n' * 480} :hi", "401 alice * :There is nobody with that name."),
    ("#none :hi", "403 alice #none :There is no such channel."),
    ("#other :hi", "404 alice #other :You are not in that channel, so you cannot send to it. Join it first."),
    ("&room :hi", "401 alice &room :There is nobody with that name."),
    ("*,#none :hi", "401 alice * :There is nobody with that name."),
    ("", "411 alice :To whom? Name a user or a channel."),
    (": :hi", "411 alice :To whom? Name a user or a channel."),
    ("#room", "412 alice :There is no text to send."),
    ("#room :", "412 alice :There is no text to send."),
]


@pytest.mark.parametrize(("what", "answer"), REFUSED, ids=[what[:12] for what, _ in REFUSED])
def test_what_cannot_be_said(world, what, answer):
    """Each in its own words, with the name it is about; nobody hears of it."""
    world.channel("#other", "carol")
    more = "alice< :s 403 alice #none :There is no such channel." if what.startswith("*,") else ""
    if what.startswith(": "):
        answer = "412 alice :There is no text to send."
    world.play(f"""
        alice> PRIVMSG {what}
        alice< :s {answer}
        {more}
    """)


@pytest.mark.parametrize("what", [what for what, _ in REFUSED], ids=[what[:12] for what, _ in REFUSED])
def test_notices_are_not_answered(world, what):
    """modern-irc: "This rule also applies to servers: they must not send any error back to the client on receipt of a
    NOTICE command".
    """
    world.channel("#other", "carol")
    world.play(f"""
        alice> NOTICE {what}
    """)


def test_a_labelled_notice_is_answered(world):
    """labeled-response: every command has a response, and what asks for it is no program answering another."""
    world.enter("bob", "labeled-response batch", as_="bob2")
    world.play("""
        bob2> @label=1 NOTICE nobody :hi
        bob2< @label=1 :s 401 bob nobody :There is nobody with that name.
    """)


def test_what_is_too_long_for_a_notice(world):
    """ "A line over the limit is answered with 417", whatever its verb: it would have been lost without a word."""
    world.play(f"""
        alice> NOTICE #room :{"x" * 500}
        alice< :s 417 alice :The line has 514 bytes; ...
    """)


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
@pytest.mark.parametrize(("target", "shown"), [("#room", "#room"), ("CAROL", "carol")])
def test_the_longest_text(world, verb, target, shown):
    """417 "also when the relayed line would exceed 512 bytes": it is said how much fits, and that much does."""
    room = 510 - len(f":alice!alice@s {verb} {shown} :")
    others = "bob" if target == "#room" else "carol"
    text = "é" * (room // 2) + "x" * (room % 2)
    world.play(f"""
        alice> {verb} {target} :{text}
        alice< :alice!alice@s {verb} {shown} :{text}
        {others}< :alice!alice@s {verb} {shown} :{text}
        alice> {verb} {target} :{text}x
        alice< :s 417 alice :The text is too long for one line: {room} bytes fit. Nothing was sent: say it in parts.
    """)


def test_a_line_over_the_limit(world):
    """Incoming lines have 512 bytes with CR LF; the rest of one that is over is no line of its own."""
    alice = world.actors["alice"]
    alice.feed(b"PRIVMSG #room :" + b"x" * 496 + b"\r\nPING 1\r\n")
    world.play("""
        alice< :s 417 alice :The line has 511 bytes; 510 are allowed. Nothing was sent: say it in parts.
        alice< :s PONG s :1
    """)
    alice.feed(b"PRIVMSG #room :" + b"x" * 10_000 + b" PRIVMSG #room :tail\r\nPING 2\r\n")
    world.play("""
        alice< :s 417 alice :The line is too long, so nothing was done. Make it shorter.
        alice< :s PONG s :2
    """)
    alice.feed(b"TOPIC #room :" + b"x" * 498 + b"\r\nPING 2\r\n")
    world.play("""
        alice< :s 417 alice :TOPIC: the line has 511 bytes; 510 are allowed. Nothing was done: make it shorter.
        alice< :s PONG s :2
    """)
    alice.feed(b"@+x=" + b"y" * 4092 + b" PRIVMSG #room :hi\r\nPING 3\r\n")
    world.play("""
        alice< :s 417 alice :The tags have 4095 bytes; 4094 are allowed. Nothing was sent.
        alice< :s PONG s :3
    """)


# Text


@pytest.mark.parametrize(
    "text", ["\x01ACTION waves\x01", "\x02bold\x0f", "  spaces  ", ":colon", "ünïcödé 🎉", "\t", " "]
)
def test_text_comes_as_it_was_sent(world, text):
    """ "Nothing is ever shortened", nor changed in another way."""
    world.actors["alice"].say(f"PRIVMSG #room :{text}")
    assert world.actors["alice"].hear() == [f":alice!alice@s PRIVMSG #room :{text}"]
    assert world.actors["bob"].hear() == [f":alice!alice@s PRIVMSG #room :{text}"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"PRIVMSG #room :caf\xe9", "FAIL PRIVMSG INVALID_UTF8 :The line is not UTF-8 (at byte 18). ..."),
        (b"PRIVMSG #room :\xed\xa0\x80", "FAIL PRIVMSG INVALID_UTF8 :The line is not UTF-8 ..."),
        (b"PRIVMSG #room :a\0b", "FAIL * INVALID_MESSAGE :The line has a NUL, CR or LF in it."),
        (b"PRIVMSG #room :a\rb", "FAIL * INVALID_MESSAGE :The line has a NUL, CR or LF in it."),
        (b"   ", "FAIL * INVALID_MESSAGE :The line has no command."),
        (b": PRIVMSG", "FAIL * INVALID_MESSAGE :..."),
        (b"@x", "FAIL * INVALID_MESSAGE :..."),
    ],
)
def test_what_is_no_line(world, line, answer):
    """UTF8ONLY: "Servers publishing this token MUST NOT relay content containing non-UTF-8 data"."""
    world.actors["alice"].feed(line + b"\r\n")
    world.play(f"""
        alice< :s {answer}
    """)


def test_a_source_is_not_believed(world):
    """Whatever a client says it is, it is itself."""
    world.play("""
        bob> :alice!alice@s PRIVMSG #room :hi
        alice< :bob!bob@s PRIVMSG #room :hi
    """)


# Tags


@pytest.fixture
def tagged(make_world):
    """alice and bob know tags, carol does not; all are in #room."""
    world = make_world(accounts="alice bob carol")
    world.enter("alice", "message-tags echo-message")
    world.enter("bob", "message-tags")
    world.enter("carol", "server-time")
    world.channel("#room", "alice bob carol")
    return world


def test_client_only_tags(tagged):
    """ "Servers MUST attach as-is" tags with a ``+``; "Tags without the client-only prefix MUST be removed"."""
    tagged.play(r"""
        alice> @+a=1;b=2;+c;+d=;+example.org/e=x\s\:\\\r\ny;+;msgid=fake;time=fake;account=bob PRIVMSG #room :hi
        alice< @msgid={m};+a=1;+c;+d;+example.org/e=x\s\:\\\r\ny :alice!alice@s PRIVMSG #room :hi
        bob< @msgid={m};+a=1;+c;+d;+example.org/e=x\s\:\\\r\ny :alice!alice@s PRIVMSG #room :hi
        carol< @time={t} :alice!alice@s PRIVMSG #room :hi
    """)


def test_tagmsg(tagged):
    """ "MUST NOT deliver TAGMSG to clients that haven't negotiated the message tags capability"."""
    tagged.play("""
        alice> @+react=👍;+reply=1 TAGMSG #room
        alice< @msgid={m};+react=👍;+reply=1 :alice!alice@s TAGMSG #room
        bob< @msgid={m};+react=👍;+reply=1 :alice!alice@s TAGMSG #room
        alice> @+react TAGMSG bob
        alice< @msgid={n};+react :alice!alice@s TAGMSG bob
        bob< @msgid={n};+react :alice!alice@s TAGMSG bob
        alice> @+react TAGMSG carol
        alice< @msgid={o};+react :alice!alice@s TAGMSG carol
        carol> @+react TAGMSG #room
        alice< @msgid={p};+react :carol!carol@s TAGMSG #room
        bob< @msgid={p};+react :carol!carol@s TAGMSG #room
        alice> TAGMSG #room
        alice> @react TAGMSG #room
        alice> @+react TAGMSG nobody
        alice< :s 401 alice nobody :...
        alice> @+react TAGMSG
        alice< :s 411 alice :...
    """)


@pytest.mark.parametrize("tag", ["+typing", "+draft/typing"])
def test_typing_is_of_the_moment(tagged, tag):
    """ "Ephemeral things (typing, presence, who is connected) never enter the log"."""
    position = tagged.services.state.position
    tagged.play(f"""
        alice> @{tag}=active TAGMSG #room
        alice< @msgid={{m}};{tag}=active :alice!alice@s TAGMSG #room
        bob< @msgid={{m}};{tag}=active :alice!alice@s TAGMSG #room
        alice> @{tag}=done TAGMSG bob
        alice< @msgid={{n}};{tag}=done :alice!alice@s TAGMSG bob
        bob< @msgid={{n}};{tag}=done :alice!alice@s TAGMSG bob
        alice> @{tag}=done TAGMSG nobody
        alice< :s 401 alice nobody :...
    """)
    tagged.enter("bob", as_="elsewhere")
    tagged.actors["alice"].ask("PART #room")
    tagged.deaf()
    tagged.play(f"""
        alice> @{tag}=active TAGMSG #room
        alice< :s 404 alice #room :...
    """)
    assert tagged.services.state.position == position + 1  # the PART


def test_typing_with_another_tag_is_stored(tagged):
    """Only what has nothing but typing in it is of the moment."""
    position = tagged.services.state.position
    tagged.actors["alice"].ask("@+typing=done;+react=x TAGMSG #room")
    tagged.deaf()
    assert tagged.services.state.position == position + 1


def test_a_tagmsg_without_the_capability(world):
    """A client that knows no tags is told why nothing happens."""
    world.enter("alice")
    world.enter("bob", "message-tags")
    world.play("""
        alice> TAGMSG bob
        alice< :s FAIL TAGMSG NEED_CAPABILITY bob :Ask for the capability first: CAP REQ message-tags. A TAGMSG...
        bob> TAGMSG alice
    """)


def test_client_only_tags_with_invalid_keys(tagged):
    """ "key_name ::= non-empty sequence of ascii letters, digits, hyphens"; other tags are left out."""
    tagged.play("""
        alice> @+é=z;+a.b_c!=1;+<x>=2;+=3;+/y=4;+v_/y=5;+v.example/=6;+\x02=7;+a-1=8;+v.example/y=9 PRIVMSG bob :hi
        alice< @msgid={m};+a-1=8;+v.example/y=9 :alice!alice@s PRIVMSG bob :hi
        bob< @msgid={m};+a-1=8;+v.example/y=9 :alice!alice@s PRIVMSG bob :hi
        alice> @+é=z TAGMSG bob
    """)


def test_as_many_tags_as_may_be(tagged):
    """A line of the greatest size is relayed whole, with the tags of the server before them."""
    tags = "+x=" + "y" * 4091
    assert len(tags) == 4094
    tagged.play(f"""
        alice> @{tags} PRIVMSG bob :hi
        alice< @msgid={{m}};{tags} :alice!alice@s PRIVMSG bob :hi
        bob< @msgid={{m}};{tags} :alice!alice@s PRIVMSG bob :hi
    """)


# To those who are away


def test_several_targets_of_which_one_was_made_a_moment_ago(world):
    """Accounts that another program made count at once; what is said to the others is said once."""
    world.write_passwords("alice", "bob", "carol", "dave")
    world.play("""
        alice> PRIVMSG bob,dave,nobody :x
        alice< :s 401 alice nobody :...
        alice< :alice!alice@s PRIVMSG bob :x
        alice< :alice!alice@s PRIVMSG dave :x
        alice< :s 301 alice dave :not connected; will get it later
        bob< :alice!alice@s PRIVMSG bob :x
    """)


def test_ctcp_to_the_absent(world):
    """A CTCP query is in no replay, so 301 does not promise that the other gets it later; an action (``/me``) is."""
    world.actors["carol"].hang_up()
    world.play("""
        alice> PRIVMSG carol :\x01VERSION\x01
        alice< :alice!alice@s PRIVMSG carol :\x01VERSION\x01
        alice< :s 301 alice carol :not connected
        alice> PRIVMSG carol :\x01ACTION waves\x01
        alice< :alice!alice@s PRIVMSG carol :\x01ACTION waves\x01
        alice< :s 301 alice carol :not connected; will get it later
    """)
    assert world.connect("carol", says="PASS carol:sesame\nNICK x\nUSER x 0 * :x").hear()[-2:-1] == [
        ":alice!alice@s PRIVMSG carol :\x01ACTION waves\x01"
    ]


def test_to_the_absent(world):
    """ "A DM always reaches an account that exists. If its owner is away it waits, and the sender is told so (301)"."""
    world.actors["carol"].hang_up()
    world.play("""
        alice> PRIVMSG carol :are you there?
        alice< :alice!alice@s PRIVMSG carol :are you there?
        alice< :s 301 alice carol :not connected; will get it later
        alice> NOTICE carol :no
        alice< :alice!alice@s NOTICE carol :no
        bob> PRIVMSG carol :hi
        bob< :s 301 bob carol :not connected; will get it later
    """)
    assert world.connect("carol", says="PASS carol:sesame\nNICK x\nUSER x 0 * :x").hear()[-4:-1] == [
        ":alice!alice@s PRIVMSG carol :are you there?",
        ":alice!alice@s NOTICE carol :no",
        ":bob!bob@s PRIVMSG carol :hi",
    ]


# What is not stored


def test_a_full_disk(world):
    """ "What could not be stored is refused with a clear error, and nobody has seen it"; then it goes on by itself."""
    world.log.failure = FULL_DISK
    world.play("""
        alice>> PRIVMSG #room :one
        alice> PRIVMSG carol :two
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED #room :Not stored: the server's disk is full.
        alice< :s FAIL PRIVMSG MESSAGE_NOT_STORED carol :Not stored: the server's disk is full.
        alice> NOTICE #room :three
        alice< :s FAIL NOTICE MESSAGE_NOT_STORED #room :Not stored: the server's disk is full.
    """)
    world.log.failure = None
    world.play("""
        alice> PRIVMSG #room :four
        alice< :alice!alice@s PRIVMSG #room :four
        bob< :alice!alice@s PRIVMSG #room :four
    """)


def test_a_disk_that_cannot_keep_up(world):
    """What waits for the disk is bounded; beyond it is refused, in its turn."""
    world.log._pending_max = 2
    world.log.held = True
    world.play("""
        alice>> PRIVMSG #room :one
        alice>> PRIVMSG #room :two
        alice> PRIVMSG #room :three
    """)
    world.log.held = False
    world.settle()
    world.play("""
        alice< :alice!alice@s PRIVMSG #room :one
        alice< :alice!alice@s PRIVMSG #room :two
        alice< :alice!alice@s PRIVMSG #room :three
        bob< :alice!alice@s PRIVMSG #room :one
        bob< :alice!alice@s PRIVMSG #room :two
        bob< :alice!alice@s PRIVMSG #room :three
    """)
    world.log.held = True
    world.play("""
        bob>> PRIVMSG #room :one
        bob> PRIVMSG #room :two
        carol> PRIVMSG bob :three
        carol< :s FAIL PRIVMSG MESSAGE_NOT_STORED bob :Not stored: the disk cannot keep up. Try again in a moment.
    """)
    world.log.held = False
    world.settle()
    world.play("""
        alice< :bob!bob@s PRIVMSG #room :one
        alice< :bob!bob@s PRIVMSG #room :two
    """)


# Judged again when applied


def test_left_between_saying_and_storing(world):
    """ "Refused at apply = an error to the proposer, nothing to anyone else."""
    world.enter("alice", as_="alice2")
    world.log.held = True
    world.actors["alice2"].say("PART #room")
    world.actors["alice"].say("PRIVMSG #room :one", "@+x TAGMSG #room", "PRIVMSG bob :two")
    world.log.held = False
    world.settle()
    world.play("""
        alice2< :alice!alice@s PART #room
        alice2< :alice!alice@s PRIVMSG bob :two
        alice< :alice!alice@s PART #room
        alice< :s 404 alice #room :You are not in that channel, so you cannot send to it. Join it first.
        alice< :s 404 alice #room :You are not in that channel, so you cannot send to it. Join it first.
        alice< :alice!alice@s PRIVMSG bob :two
        bob< :alice!alice@s PART #room
        bob< :alice!alice@s PRIVMSG bob :two
    """)


def test_the_channel_died_between_saying_and_storing(world):
    """It is another channel now, where the message does not belong."""
    world.enter("alice", as_="alice2")
    world.channel("#a", "alice")
    world.log.held = True
    world.actors["alice2"].say("PART #a")
    world.actors["carol"].say("JOIN #a")
    world.actors["alice"].say("PRIVMSG #a :secret")
    world.log.held = False
    world.settle()
    world.play("""
        alice2< :alice!alice@s PART #a
        alice< :alice!alice@s PART #a
        alice< :s 403 alice #a :There is no such channel.
        carol< :carol!carol@s JOIN #a
        carol< :s 353 carol = #a :~carol
        carol< :s 366 carol #a :End of NAMES list.
    """)


def test_the_other_was_removed_between_saying_and_storing(world):
    """401: the name may be another one's soon."""
    world.log.held = True
    world.services.accounts._file.remove("carol")
    world.advance(1)
    world.actors["alice"].say("PRIVMSG carol :hi")
    world.log.held = False
    world.settle()
    world.play("""
        carol< ERROR :Your account was removed
        carol< <closed>
        alice< :s 401 alice carol :There is nobody with that name.
    """)


def test_the_sender_was_removed_between_saying_and_storing(world):
    """Nobody hears it."""
    world.log.held = True
    world.services.accounts._file.remove("alice")
    world.advance(1)
    world.actors["alice"].say("PRIVMSG #room :hi", "PRIVMSG carol :hi")
    world.log.held = False
    world.settle()
    world.play("""
        alice< ERROR :Your account was removed
        alice< <closed>
        bob< :alice!alice@s QUIT :The account was removed
    """)


@pytest.mark.parametrize("text", ["IDENTIFY alice hunter2", "identify x", " REGISTER x a@b", "set password x"])
@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_passwords_for_services(make_world, verb, text):
    """ "Refuse a message to *Serv that looks like IDENTIFY, and never store it", whoever is called so."""
    world = make_world(accounts="alice NickServ")
    alice, service = world.enter("alice", "labeled-response batch"), world.enter("NickServ")
    world.deaf()
    alice.say("PRIVMSG NickServ :hello")
    service.hear()
    before = world.services.state.position
    for target in ("NickServ", "nickserv", "ChanServ"):
        _, refused, told, _ = alice.ask(f"@label=1 {verb} {target} :{text}")
        assert refused.endswith(f":s 401 alice {target} :Your message was not stored: it looks like a password.")
        assert " NOTICE alice :There are no services such as NickServ here, and nothing was stored. " in told
    assert (service.hear(), world.services.state.position) == ([], before)
    alice.say("PRIVMSG NickServ :what does identify mean?")
    assert service.hear() == [":alice!alice@s PRIVMSG NickServ :what does identify mean?"]


@pytest.mark.parametrize(
    "line", ["PRIVMSG NickServ :help", "PRIVMSG ChanServ :op #room", "NS identify x", "NickServ x"]
)
def test_there_are_no_services(world, line):
    """Clients show their own text for 401 and 421, so a NOTICE says where the help is; nothing is stored."""
    alice = world.enter("alice")
    before = world.services.state.position
    refused, told = alice.ask(line)
    assert refused.split()[1] in ("401", "421")
    assert told == (
        ":s NOTICE alice :There are no services such as NickServ here, and nothing was stored. You sign in with SASL,"
        " or with the server password name:password. See HELP REGISTER, HELP PASSWD and HELP CERT."
    )
    assert world.services.state.position == before
    assert alice.ask("NOTICE NickServ :help") == []
    assert [each.split()[1] for each in alice.ask("TAGMSG nobody", "PRIVMSG nobody :x", "FROB")] == [
        "FAIL",
        "401",
        "421",
    ]


# Client-only tags with a specification: both the ratified name and the draft's are relayed as they come.

CLIENT_TAGS = (
    "+reply=m1",
    "+draft/reply=m1",
    "+channel-context=#room",
    "+draft/channel-context=#room",
    "+draft/reply=m1;+draft/react=👋",
    "+reply=m1;+draft/react=:)",
    "+draft/reply=m1;+draft/unreact=👋",
)


@pytest.mark.parametrize("tags", CLIENT_TAGS)
@pytest.mark.parametrize("verb", ["PRIVMSG bob :hi", "NOTICE bob :hi", "TAGMSG bob"])
def test_client_tags_are_relayed_and_stored(make_world, tags, verb):
    """IRCv3 reply, channel-context, react: clients without message-tags get the text alone; a TAGMSG is stored too.

    Whoever is not connected gets them later.
    """
    world = make_world(accounts="alice bob")
    world.enter("alice", "message-tags echo-message")
    world.enter("bob", "message-tags")
    world.enter("bob", as_="old")
    (first,) = world.actors["alice"].ask("PRIVMSG bob :first")
    tags = tags.replace("m1", first.partition("msgid=")[2].partition(" ")[0])  # a reaction is about a message
    opposite = f"@{tags.replace('unreact', 'react') if 'unreact' in tags else tags.replace('react', 'unreact')} {verb}"
    if "unreact" in tags:
        world.actors["alice"].say(opposite)  # only what was added can be removed
    world.deaf()
    told = world.play(f"""
        alice> @{tags} {verb}
        alice< @msgid={{m}};{tags} :alice!alice@s {verb}
        bob< @msgid={{m}};{tags} :alice!alice@s {verb}
        {"" if verb.startswith("TAGMSG") else f"old< :alice!alice@s {verb}"}
    """)
    world.advance(10)
    for name in "bob", "old":
        world.actors[name].say("QUIT")
    if "react" in tags:
        world.actors["alice"].say(opposite)
    world.deaf()
    world.actors["alice"].ask(f"@{tags} {verb}")
    later = world.connect("later", says="PASS bob:sesame\nCAP REQ :message-tags\nNICK bob\nUSER b 0 * :b\nCAP END")
    missed = [line for line in later.hear() if line.endswith(f" :alice!alice@s {verb}")]
    assert missed[-1].partition(";")[2] == f"{tags} :alice!alice@s {verb}"
    assert f"msgid={told['m']}" not in missed[-1]


@pytest.mark.parametrize("value", ["active", "paused", "done"])
@pytest.mark.parametrize("tag", ["+typing", "+draft/typing"])
def test_typing_is_relayed_and_not_stored(world, tag, value):
    """IRCv3 typing: "A typing notification is represented by a TAGMSG"; what was typed once is no news later."""
    world.enter("alice", "message-tags echo-message")
    world.enter("bob", "message-tags")
    before = len(world.log.disk.rows)
    world.play(f"""
        alice> @{tag}={value} TAGMSG bob
        alice< @msgid={{m}};{tag}={value} :alice!alice@s TAGMSG bob
        bob< @msgid={{m}};{tag}={value} :alice!alice@s TAGMSG bob
    """)
    assert len(world.log.disk.rows) == before
