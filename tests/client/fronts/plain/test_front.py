"""Lines in, lines out."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest

from chatapp import client
from chatapp.client.core import answers, events
from chatapp.client.core.events import Joined, Left
from chatapp.client.core.session import Session
from chatapp.client.fronts import output
from chatapp.client.fronts.plain.front import Plain
from chatapp.client.fronts.plain.talking import talk
from chatapp.client.network import keeper as connection_module
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError, DeliveryUnknownError, SignInError
from tests.client.fake_server import FakeServer
from tests.client.net import Net, dial, run, serving
from tests.support.server import PATIENCE_S

README = (Path(client.__file__).parent / "README.md").read_text()


class Talk:
    """One run of the plain client over lines in a file."""

    def __init__(self, net: Net, folder: Path, lines: bytes, name: str = "alice", **options: object) -> None:
        options.setdefault("password", "secret")
        self.out: list[str] = []
        self.err: list[str] = []
        self.session = Session(name, "run")
        self.front = Plain(self.session, self.out.append, self.err.append, **options)  # type: ignore[arg-type]
        self.connection = Keeper(self.session, dial(net), self.front.heard)
        (folder / "lines").write_bytes(lines)
        self._path = folder / "lines"

    async def run(self, timeout_s: float = 30, sign_in_s: float | None = None) -> int:
        """Run to the end; return the exit code."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            work = talk(self.front, self.session, self.connection, descriptor, timeout_s, sign_in_s)
            return await self.connection.beside(work)
        finally:
            join_readers()
            os.close(descriptor)


def join_readers() -> None:
    """Wait until nobody reads any more: the next file that is opened may have the same number."""
    for thread in threading.enumerate():
        if thread.name == "stdin":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture
def fake() -> FakeServer:
    """A server with two accounts."""
    return FakeServer({"alice": "secret", "bob": "secret"})


def test_each_line_goes_to_the_lobby(fake, tmp_path):
    """At the end of the input it waits until all is echoed, then leaves with 0."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, "one\n\nzwei ü\n//etc\n/exit\nDM\n{}\n".encode())
            assert await talked.run() == 0
            assert [(entry.target, entry.text) for entry in fake.log] == [
                ("#lobby", "one"), ("#lobby", "zwei ü"), ("#lobby", "//etc"), ("#lobby", "/exit"), ("#lobby", "DM"),
                ("#lobby", "{}"),
            ]  # fmt: skip
            assert talked.out[0] == "2023-11-14T22:13:20Z #lobby <alice> one"
            assert len(talked.out) == 6

    run(story)


COMMANDS = b"/dm bob psst\n/bm all\n//etc is a folder\n/who\n/history #lobby 1\n/exit\nnot sent\n"


def test_commands(fake, tmp_path):
    """Where they are asked for, slash commands work; answers that are no messages are notices on stderr."""

    async def story() -> None:
        fake.say("bob", "#lobby", "earlier")
        fake.markers["alice", "#lobby"] = fake.time
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, COMMANDS, commands=True)
            assert await talked.run() == 0
            assert [(entry.target, entry.text) for entry in fake.log[1:]] == [
                ("bob", "psst"), ("#lobby", "all"), ("#lobby", "/etc is a folder"),
            ]  # fmt: skip
            assert talked.out == [
                "2023-11-14T22:13:20Z bob <alice> psst",
                "2023-11-14T22:13:20Z #lobby <alice> all",
                "2023-11-14T22:13:20Z #lobby <alice> /etc is a folder",
                "2023-11-14T22:13:20Z #lobby <alice> /etc is a folder",
            ]
            assert talked.err[1:] == ["bob is away: not connected; will get it later", "alice here", "bob away"]

    run(story)


def test_what_was_done_is_in_the_history(fake, tmp_path):
    """It is a line among the messages; with --json it has its type, its time and the fields of the live event."""

    async def story() -> None:
        fake.offers += " draft/event-playback"
        fake.say("bob", "#lobby", "before")
        fake.do("bob", "KICK", "#lobby", "carol", "too loud")
        fake.say("bob", "#lobby", "after")
        fake.markers["alice", "#lobby"] = fake.time
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"/history\n", commands=True)
            assert await talked.run() == 0
            assert talked.out == [
                "2023-11-14T22:13:20Z #lobby <bob> before",
                "2023-11-14T22:13:20Z #lobby -- carol was removed from #lobby by bob: too loud",
                "2023-11-14T22:13:20Z #lobby <bob> after",
            ]
            fake.do("bob", "TOPIC", "#lobby", "sums")
            talked = Talk(net, tmp_path, b'{"command": "/history"}\n', json=True)
            assert await talked.run() == 0
            heard = {each["type"]: each for each in map(json.loads, talked.out)}
            kicked, topic = heard["history"]["acts"]
            assert kicked == {"type": "kicked", "time": "2023-11-14T22:13:20.002Z", "channel": "#lobby",
                              "nick": "carol", "me": False, "by": "bob", "reason": "too loud"}  # fmt: skip
            assert heard["while-away"] == {"type": "while-away", "channel": "#lobby", "acts": [topic], "more": 0}

    run(story)


def test_searching(fake, tmp_path):
    """What is found is written as messages are, or as one object; that nothing was found is a notice."""

    async def story() -> None:
        fake.say("bob", "#lobby", "the plan")
        fake.markers["alice", "#lobby"] = fake.time
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"/search plan\n/search nowhere\n", commands=True)
            assert await talked.run() == 0
            assert talked.out == ["2023-11-14T22:13:20Z #lobby <bob> the plan"]
            assert talked.err[1:] == ["Nothing was found for nowhere"]
            fake.indexing = True
            talked = Talk(net, tmp_path, b'{"command": "/search plan"}\n', json=True)
            assert await talked.run() == 0
            found = json.loads(talked.out[-1])
            assert (found["type"], found["text"], found["whole"]) == ("matches", "plan", False)
            assert [each["text"] for each in found["messages"]] == ["the plan"]

    run(story)


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        (b"/nope", "/nope is not a command; nothing was sent. /help lists them."),
        (b"/dm bob", "Type /dm NAME TEXT"),
        (b"/dm zed hello", "Not sent to zed: There is nobody with that name. [401]"),
        (b"/dm a,b hello", "A name has 1 to 32 characters"),
        (b"/join #locked", "joining #locked: One has to be invited."),
        (b"\xff\xfe", "Not sent: the line is not UTF-8."),
        (b"nul \0", "Not sent: it has a NUL character in it, which cannot be sent as text."),
        (b"x" * 400_000, "Not sent: the line is too long."),
    ],
)
def test_what_was_not_done_is_said_and_counts(fake, tmp_path, line, notice):
    """The rest goes on; the exit code at the end is 1."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, line + b"\nafter\n", commands=True)
            assert await talked.run() == 1
            assert [entry.text for entry in fake.log] == ["after"]
            assert talked.err[1].startswith(notice)

    run(story)


@pytest.mark.parametrize("line", ["/usr/bin/foo failed", "/exit", "//x", "EX", '{"command": "/exit"}', "/dm bob hi"])
@pytest.mark.parametrize("options", [{}, {"to": "bob"}])
def test_words_of_others_command_nothing(fake, tmp_path, line, options):
    """A program that passes on what other people wrote passes on exactly that, and goes on."""

    async def story() -> None:
        async with serving(fake) as net:
            assert await Talk(net, tmp_path, f"{line}\nafter\n".encode(), **options).run() == 0
            assert [entry.text for entry in fake.log] == [line, "after"]
            assert {entry.target for entry in fake.log} == {options.get("to", "#lobby")}

    run(story)


def test_json_in(fake, tmp_path):
    """An object says what it is: a text with or without a target, of one or more lines, or a command."""
    given = [
        {"text": "/exit"}, {"text": "two\nlines", "to": "bob"}, {"command": "/dm bob /who"},
        {"to": "#lobby", "text": "{}"}, {"command": "/exit"}, {"text": "not sent"},
    ]  # fmt: skip
    lines = "".join(json.dumps(each) + "\n" for each in given).encode()

    async def story() -> None:
        async with serving(fake) as net:
            assert await Talk(net, tmp_path, lines, json=True).run() == 0
            assert [(entry.target, entry.text) for entry in fake.log] == [
                ("#lobby", "/exit"), ("bob", "two\nlines"), ("bob", "/who"), ("#lobby", "{}"),
            ]  # fmt: skip

    run(story)


@pytest.mark.parametrize(
    "line",
    [
        "hello", "/who", "//x", "[]", "1", '"text"', "null", "{}", '{"text": 1}', '{"text": ""}', '{"text": " \\n"}',
        '{"to": "bob"}', '{"text": "a", "command": "/who"}', '{"command": "/who", "to": "bob"}', '{"command": "who"}',
        '{"text": "a", "To": "bob"}', '{"text": "a", "to": ""}', '{"text": "a", "to": null}',
        '{"text": "a", "to": "a b"}',
        '{"text": "a"', '{"text": "a"} x', '{"text": "\\ud800"}', '{"text": "\\u0000"}', "{" * 5000, "[" * 200_000,
        '{"command": ""}', '{"command": "/nope"}', b'{"text": "\xff"}',
    ],
    ids=lambda line: str(line)[:30],
)  # fmt: skip
def test_what_json_is_refused(fake, tmp_path, line):
    """Anything else is sent nowhere, is said in an object, and counts: exit code 1. The rest goes on."""
    data = (line if isinstance(line, bytes) else line.encode()) + b'\n{"text": "after"}\n'

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, data, json=True)
            assert await talked.run() == 1
            assert [entry.text for entry in fake.log] == ["after"]
            notices = [json.loads(each) for each in talked.out]
            assert len([each for each in notices if each["type"] == "notice"]) == 1
            assert talked.err == []

    run(story)


def test_another_target(fake, tmp_path):
    """--to says where the lines go."""

    async def story() -> None:
        async with serving(fake) as net:
            assert await Talk(net, tmp_path, b"hi\n", to="bob").run() == 0
            assert [(entry.target, entry.text) for entry in fake.log] == [("bob", "hi")]

    run(story)


def test_a_target_whom_nobody_is(fake, tmp_path):
    """It is said at once, and not only when a line could not be sent."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"", to="zed")
            assert await talked.run() == 0
            assert "There is nobody named zed on this server now." in talked.err
            for known in ("bob", "#lobby", ""):
                talked = Talk(net, tmp_path, b"", to=known)
                assert await talked.run() == 0
                assert not [line for line in talked.err if "nobody named" in line]

    run(story)


def test_a_server_without_a_lobby(fake, tmp_path):
    """There is nowhere for a line to go: that is said, with what to do."""
    fake.lobby = ""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"hi\n")
            assert await talked.run() == 1
            assert "--to" in talked.err[1]

    run(story)


def test_without_input_it_tells_what_was_missed(fake, tmp_path):
    """Everything unread is told before it leaves, once."""

    async def story() -> None:
        fake.say("bob", "alice", "waited \x1b[2J")
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"")
            assert await talked.run() == 0
            assert talked.out == ["2023-11-14T22:13:20Z alice <bob> waited ␛[2J"]
            again = Talk(net, tmp_path, b"")
            assert await again.run() == 0
            assert again.out == []

    run(story)


JSON_LINES = rb"""{"text": "tab\there \u001b[2J"}
{"command": "/who bob"}
{"command": "/nope"}
"""


def test_json(fake, tmp_path):
    """One object per line for everything that happens, with the exact text."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, JSON_LINES, json=True)
            assert await talked.run() == 1
            assert talked.err == []
            objects = [json.loads(line) for line in talked.out]
            by_type = {each["type"]: each for each in objects}
            assert next(iter(by_type)) == "signed-in"
            assert set(by_type) == {"signed-in", "message", "sent", "notice", "caught-up", "people"}
            assert by_type["message"] == {
                "type": "message", "time": "2023-11-14T22:13:20.001Z", "target": "#lobby", "from": "alice",
                "conversation": "#lobby", "text": "tab\there \x1b[2J", "msgid": "m1700000000001", "notice": False,
                "own": True, "ours": True, "missed": False,
                "reply_to": "", "about": "", "edited": False, "reactions": [],
            }  # fmt: skip
            assert by_type["people"]["people"] == [{"nick": "bob", "here": False, "me": False, "role": ""}]
            assert "\x1b" not in "".join(talked.out)

    run(story)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("alice", {"password": ""}, "--password-file"),
        ("alice", {"password": "wrong"}, "The name or the password is wrong."),
        ("alice", {"new": True}, "Leave out --new"),
        ("zoe", {}, "--new"),
        ("zoe", {"password": "x", "new": True}, "too short"),
        ("closed", {"new": True}, "nobody can sign up on this server"),
        ("closed", {}, "nobody can sign up on this server"),
        ("closed", {"password": ""}, "nobody can sign up on this server"),
    ],
)
def test_it_never_asks(fake, tmp_path, name, options, text):
    """ "never a prompt": what a person would be asked is an error that says what to give; exit code 4."""

    async def story() -> None:
        async with serving(fake) as net:
            with pytest.raises(SignInError, match=text) as caught:
                await Talk(net, tmp_path, b"hi\n", name, **options).run()
            assert caught.value.exit_code == 4
            assert fake.log == []

    run(story)


def test_a_new_account(fake, tmp_path):
    """--new makes it, with the password of the file."""

    async def story() -> None:
        async with serving(fake) as net:
            assert await Talk(net, tmp_path, b"hi\n", "zoe", new=True).run() == 0
            assert fake.accounts["zoe"] == "secret"

    run(story)


def test_a_server_that_acknowledges_nothing(fake, tmp_path, monkeypatch):
    """It is not waited for longer than told: exit code 6, and how much may be lost."""
    monkeypatch.setattr(Plain, "typed", _typed_and(lambda front: front.net.__setattr__("silent", True)))

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"hi\n")
            talked.front.net = net
            with pytest.raises(DeliveryUnknownError, match="not acknowledged 1 line"):
                await talked.run(timeout_s=0.5)

    run(story)


def test_a_server_that_does_not_finish_the_sign_in(fake, tmp_path):
    """``--timeout`` that was given is for the sign-in too, whatever the server says meanwhile: exit code 3."""

    async def story() -> None:
        async with serving(fake) as net:
            net.silent = True
            talked = Talk(net, tmp_path, b"hi\n")
            with pytest.raises(CannotConnectError, match=r"Not signed in within 0\.05 s. Nothing was sent."):
                await talked.run(sign_in_s=0.05)

    run(story)


def _typed_and(act):
    """Return Plain.typed with something done before it."""
    typed = Plain.typed

    def instead(self, line):
        act(self)
        typed(self, line)

    return instead


def test_a_lost_connection_in_the_middle(fake, tmp_path, monkeypatch):
    """Every line arrives once and in order, whatever the connection does."""
    monkeypatch.setattr(connection_module, "retry_s", lambda attempt, jitter: 0.001)
    monkeypatch.setattr(Plain, "typed", _typed_and(lambda front: front.drop_some()))

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"".join(b"%d\n" % number for number in range(60)))
            count = iter(range(1000))
            talked.front.drop_some = lambda: next(count) % 20 == 10 and net.drop()
            assert await talked.run() == 0
            assert [entry.text for entry in fake.log] == [str(number) for number in range(60)]
            assert [line.rpartition(" ")[2] for line in talked.out] == [str(number) for number in range(60)]

    run(story)


ORDERS = b"/topic\n/kick bob\n/op #a bob\n/me waves\n/topic #a,b\n"


@pytest.mark.parametrize("lobby", ["#lobby", ""])
def test_a_program_leaves_no_channel_that_it_does_not_name(fake, tmp_path, lobby):
    """Not even the lobby."""
    fake.lobby = lobby

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"/leave\n", commands=True)
            assert await talked.run() == 1
            assert "Not done: name the channel, as in /leave #CHANNEL." in talked.err

    run(story)


@pytest.mark.parametrize("lobby", ["#lobby", ""])
def test_commands_about_a_channel(fake, tmp_path, lobby):
    """ "About the lobby, if they name no channel"; without a lobby, a channel has to be named."""
    fake.lobby, fake.obeys = lobby, True

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, ORDERS, commands=True)
            assert await talked.run() == (0 if lobby else 1)
            about = ["TOPIC #lobby", "KICK #lobby bob", "MODE #a +o bob", "TOPIC #a,b"]
            assert fake.orders == (about if lobby else about[2:])
            assert [entry.text for entry in fake.log] == (["\x01ACTION waves\x01"] if lobby else [])
            assert talked.err.count("Not done: name the channel, as in /topic #CHANNEL.") == (0 if lobby else 2)
            assert "bob is now an operator of #a (by alice)." in talked.err

    run(story)


def test_every_event_has_a_form():
    """Whatever a session tells can be written as JSON; what a person has to know has words."""
    samples = [
        events.Notice("n"), events.Offline("gone.", 2), events.CaughtUp((events.Missed("#a", 2, 1),)),
        events.Earlier("#a"), events.Gone("bob", "removed"),
        events.Joined("#a", "bob", False), events.Left("#a", "bob", False, ""), events.TopicSet("#a", "bob", "t"),
        events.Presence("bob", True), events.NotSent("bob", "t", "401", "no", 3, 1), events.NotDone("x", "y"),
        events.Closing("bye"), events.History("#a", ()), events.People("*", ()), events.Sent("bob", "t", 1, "out"),
        events.SignedIn("a", "N", "#l", ("#l",), True), events.Said(0, "#a", "#a", "b", "t", "m"),
        events.ChannelRenamed("#a", "#b", "al", ""),
        events.Kicked("#a", "bob", False, "al", "t"), events.Invited("#a", "bob", True, "al"),
        events.ModesChanged("#a", "al", (answers.Change(True, "o", "bob", "operator"),)),
        events.Knocked("#a", "b", "t"),
        answers.Modes("#a", (answers.Change(True, "n", ""),)), answers.Masks("#a", "b", (answers.Mask("x", "al", 1),)),
        answers.WhoIs("bob"), answers.Channels((answers.Listed("#a", 2, "t"),)), answers.Invitations(("#a",)),
        events.Edited("#a", "b", False, "m", "t"), events.Reacted("#a", "b", False, "m", "x", True),
        events.Deleted("#a", "b", False, "m", ""), events.Blocked("bob", True), answers.BlockedPeople(("bob",)),
        events.Matches("t", ()), events.CertificateRefused("no"),
        events.InvitationTaken("N", ("#a",)), answers.NewInvitation("1", "https://x/"),
        answers.DeviceTokens((answers.DeviceToken("i", "laptop", 0, None),)), answers.TokenMade("i", "n", "t"),
        answers.TokenRevoked("i"),
        events.NickChanged("bob", "rob", False),
        events.WhileAway("#a", (events.Act(1, events.TopicSet("#a", "bob", "t")),)),
    ]  # fmt: skip
    for event in samples:
        fields = json.loads(output.as_json(event))
        kind = fields.pop("type")
        row = next(row for row in README.splitlines() if row.startswith(f"| `{kind}` |"))
        assert all(f"`{field}`" in row for field in fields), kind
    words = [line for event in samples for line in output.notices(event)]
    assert "Not sent to bob (1 of 3 lines were): no [401]" in words
    assert "gone. Trying again in 2 s." in words
    assert {type(event) for event in samples} == set(output._TYPES)


def test_a_notice_is_one_line():
    """Only LF ends a line, and a server cannot say one: a notice is one line, and harmless."""
    assert output.notices(events.Notice("a\x1b[2J\u2028b")) == ["a␛[2J<2028>b"]
    assert asyncio.iscoroutinefunction(talk)


@pytest.mark.parametrize("options", [{}, {"json": True}])
def test_nobody_takes_the_output(fake, tmp_path, options):
    """What was read of the input is sent all the same and acknowledged; then it ends, and nothing counts as read."""
    fake.say("bob", "alice", "unread")

    def out(line: str) -> None:
        raise BrokenPipeError

    async def story() -> None:
        async with serving(fake) as net:
            lines = "".join(f"{number}\n" for number in range(150)).encode()
            talked = Talk(net, tmp_path, lines, to="bob", **options)
            # The end of the input does not come: it must not be waited for.
            ends = os.pipe()
            os.write(ends[1], lines)
            talked.front._out = out
            with pytest.raises(BrokenPipeError):
                await talked.connection.beside(talk(talked.front, talked.session, talked.connection, ends[0], 30))
            os.close(ends[1])
            join_readers()
            os.close(ends[0])
            sent = [entry.text for entry in fake.log if entry.sender == "alice"]
            assert sent == [str(number) for number in range(len(sent))]
            assert len(talked.session.outbox) == 0
            lines_sent = "1 line" if len(sent) == 1 else f"{len(sent)} lines"
            told = f"The output can no longer be written, so no more was read of the input. Sent of it: {lines_sent}."
            assert not sent or talked.err[-1] == told
            assert fake.markers == {}

    run(story)


def test_nobody_takes_what_is_unread(fake, tmp_path):
    """Where that ends it, no line is waited for first."""
    fake.say("bob", "alice", "unread")

    def out(line: str) -> None:
        raise BrokenPipeError

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"")
            talked.front._out = out
            ends = os.pipe()  # nothing is ever written
            with pytest.raises(BrokenPipeError):
                await talked.connection.beside(talk(talked.front, talked.session, talked.connection, ends[0], 30))
            os.close(ends[1])
            join_readers()
            os.close(ends[0])

    run(story)


def test_interrupted_with_something_unacknowledged(fake, tmp_path):
    """However it ends, it says what has perhaps not arrived."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"one\ntwo\n", to="bob")
            typed = asyncio.Event()
            take = talked.front.typed

            def silenced(line: bytes | None) -> None:
                net.silent = True
                take(line)
                if talked.front.lines == 2:
                    typed.set()

            talked.front.typed = silenced
            task = asyncio.create_task(talked.run())
            await typed.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert talked.err[-1].startswith("The server has not acknowledged 2 lines (to bob); they may not")

    run(story)


def test_that_somebody_is_away_is_said_once(fake, tmp_path):
    """Until that changes: not again for each line of many."""

    async def story() -> None:
        async with serving(fake) as net:
            talked = Talk(net, tmp_path, b"")
            sent = events.Sent("bob", "hi", 1, away="gone fishing")
            said = "bob is away: gone fishing"
            talked.front.heard([sent, sent, events.Sent("BOB", "hi", 1, away="gone fishing")])
            assert talked.err == [said]
            talked.front.heard([events.Presence("bob", here=True), events.Presence("bob", here=False), sent])
            assert talked.err == [said, said]
            talked.front.heard([events.Sent("bob", "hi", 1), sent])
            assert talked.err == [said, said, said]
            talked.front.heard([events.Sent("bob", "hi", 1, away="lunch\a"), sent])
            assert talked.err[3:] == ["bob is away: lunch␇", said]
            talked.front.heard([events.Sent("carol", "hi", 1, away="out")])
            assert talked.err[5:] == ["carol is away: out"]
            away = [events.Presence(nick, here=False, away="lunch") for nick in ("carol", "dave", "carol")]
            talked.front.heard([*away, events.Sent("carol", "hi", 1, away="lunch")])
            assert talked.err[6:] == ["carol is away: lunch"], "we have not written with dave"

    run(story)


def test_many_people_are_told_in_few_lines(monkeypatch):
    """ "An adduser loop of 40 does not print 40 lines on every screen"; in JSON each is an event."""
    monkeypatch.setattr("chatapp.client.fronts.bursts.PAUSE_MIN_S", 0.01)
    people = [Joined(channel="#lobby", nick=f"kid{number}", me=False) for number in range(40)]

    async def story() -> None:
        err: list[str] = []
        out: list[str] = []
        Plain(Session("alice", "run"), out.append, err.append, password="x", json=True).heard(people)
        assert (len(out), err) == (40, [])
        front = Plain(Session("alice", "run"), out.append, err.append, password="x")
        front.heard(people)
        assert len(err) == 1
        while len(err) < 2:
            await asyncio.sleep(0)
        assert err == ["kid0 is in #lobby now.", "kid1, kid2, kid3 and 36 more are in #lobby now."]
        front.heard([Left(channel="#lobby", nick="kid1", me=False, reason="")])
        assert len(err) == 3

    run(story)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_person_of_to_is_gone(as_json):
    """Who gets the name next is somebody else (DESIGN R1), so nothing more is sent, and the exit code says so."""
    told: list[str] = []
    front = Plain(Session("alice", "run"), told.append, told.append, password="x", to="bob", json=as_json)

    async def story() -> None:
        front.heard([events.Gone("carol", ""), events.Gone("Bob", "The account was removed")])
        told.clear()
        front._say("still there?")

    run(story)
    assert len(told) == 1
    assert "Not sent: the bob you talked with is no longer on this server. Somebody else may get the name." in told[0]
    assert front.failed
