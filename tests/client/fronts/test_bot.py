"""Programs in Python: each message once, each text once, and no answer to what is old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatapp.client import Client, Message
from chatapp.client.core.session import Session
from chatapp.client.fronts import bot, looking
from chatapp.client.network import keeper
from chatapp.errors import CannotConnectError, ClientError, DeliveryUnknownError, RefusedError, SignInError
from chatapp.protocol.message import Message as Line
from tests.client.fake_server import FakeServer, Peer
from tests.client.net import Net, run, serving


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect again at once."""
    monkeypatch.setattr(keeper, "retry_s", lambda attempt, jitter: 0.001)


@pytest.fixture
def fake() -> FakeServer:
    """A server with three accounts."""
    return FakeServer(dict.fromkeys(("alice", "bob", "carol"), "secret"))


def client(net: Net, **options: Any) -> Client:
    """Return the client of alice."""
    address = net.address
    return Client(address.host, address.port, "alice", **{"password": "secret", "plaintext": True, **options})


def say(net: Net, target: str, text: str, sender: str = "bob") -> None:
    """Let somebody say something."""
    net.fake.say(sender, target, text)
    net.flush()


async def take(chat: Client, count: int, **options: bool) -> list[Message]:
    """Take messages."""
    found = []
    async for message in chat.messages(**options):
        found.append(message)
        if len(found) == count:
            break
    return found


def test_what_is_new(fake):
    """What was said before is not handed out; what is said from then on is, in order, with what one needs to answer."""
    fake.say("bob", "#lobby", "old")

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            assert (chat.nick, chat.lobby, chat.channels, chat.connected) == ("alice", "#lobby", ("#lobby",), True)
            say(net, "#lobby", "hello")
            say(net, "alice", "psst")
            one, two = await take(chat, 2)
            assert (one.conversation, one.sender, one.text, one.missed) == ("#lobby", "bob", "hello", False)
            assert (two.conversation, two.sender, two.text) == ("bob", "bob", "psst")
        assert ("alice", "#lobby") not in fake.markers

    run(story)


def test_answers(fake):
    """A text is stored when ``send`` returns; its own messages are handed out only when they are asked for."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            say(net, "alice", "question")
            (question,) = await take(chat, 1)
            sent = await chat.reply(question, "answer")
            assert fake.log[-1].text == "answer"
            assert (sent.target, sent.away) == ("bob", "not connected; will get it later")
            await chat.send("#lobby", "one\ntwo")
            assert fake.log[-1].text == "one\ntwo"
            say(net, "#lobby", "last")
            assert [message.text for message in await take(chat, 1)] == ["last"]
            await chat.send("#lobby", "mine")
            assert [message.text for message in await take(chat, 1, own=True)] == ["mine"]

    run(story)


@pytest.mark.parametrize("since", [timedelta(days=20_000), datetime(1970, 1, 2, tzinfo=UTC)])
def test_from_a_moment_on(fake, since):
    """ "Since": whatever its age."""
    fake.say("bob", "#lobby", "old")
    fake.say("bob", "alice", "old too")

    async def story() -> None:
        async with serving(fake) as net, client(net, since=since) as chat:
            assert sorted(message.text for message in await take(chat, 2)) == ["old", "old too"]

    run(story)


def test_a_lost_connection(fake):
    """What was said meanwhile is handed out once, and a text arrives once."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            say(net, "#lobby", "0")
            said = [message.text for message in await take(chat, 1)]
            for number in range(1, 10):
                await net.stop()
                fake.say("bob", "#lobby", str(number))
                sending = asyncio.create_task(chat.send("bob", f"answer {number}"))
                await net.start()
                await sending
                (message,) = await take(chat, 1)
                assert message.missed
                said.append(message.text)
            assert said == [str(number) for number in range(10)]
            answers = [entry.text for entry in fake.log if entry.sender == "alice"]
            assert answers == [f"answer {number}" for number in range(1, 10)]

    run(story)


def test_a_text_whose_echo_is_lost(fake):
    """It is sent again under the same id, and arrives once."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            flush, lost = net.flush, iter([True])

            def lose_the_echo() -> None:
                if fake.log and next(lost, False):
                    net.drop()
                flush()

            net.flush = lose_the_echo  # type: ignore[method-assign]
            await chat.send("bob", "hi")
            assert [entry.text for entry in fake.log] == ["hi"]
            assert net.accepted == 2

    run(story)


def test_no_answer_to_what_is_old(fake):
    """By the server's clock, whatever ours says: what has waited for more than a minute is not handed out."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat, client(net, since=timedelta(0)) as all_of_it:
            say(net, "#lobby", "first")
            await take(chat, 1)
            await take(all_of_it, 1)
            say(net, "#lobby", "old")
            fake.time += 61_000
            say(net, "#lobby", "new")
            assert [message.text for message in await take(all_of_it, 2)] == ["old", "new"]
            assert [message.text for message in await take(chat, 1)] == ["new"]

    run(story)


def test_questions(fake):
    """History, search and people; a refused question is an error, and the session goes on."""
    fake.refuse["slow"] = "TOO_SLOW"
    for number in range(250):
        fake.say("bob", "#lobby", str(number))

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            assert [each.text for each in await chat.history("#lobby", 220)] == [str(at) for at in range(30, 250)]
            assert [each.text for each in await chat.search("24", 3)] == ["247", "248", "249"]
            assert await chat.history("#lobby", since=timedelta(0)) == []
            people = await chat.people()
            assert {each.nick for each in people if each.here} == {"alice"}
            with pytest.raises(RefusedError, match="takes too long"):
                await chat.search("slow")
            await chat.join("#new")
            await chat.join("#new")
            assert "#new" in chat.channels
            await chat.leave("#new")
            assert "#new" not in chat.channels

    run(story)


def test_a_question_in_time(fake, monkeypatch):
    """A question that is not answered is an error; a late answer is not taken for that to the next one."""
    original = Peer.on_who

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            chat._front._timeout_s = 0.3
            monkeypatch.setattr(Peer, "on_who", lambda self, message: None)
            with pytest.raises(CannotConnectError, match=r"did not answer within 0\.3 s"):
                await chat.people()
            monkeypatch.setattr(Peer, "on_who", original)
            chat._front._timeout_s = 30.0
            assert "alice" in {each.nick for each in await chat.people()}
            assert net.accepted == 2

    run(story)


@pytest.mark.parametrize("question", ["history", "search", "messages"])
def test_a_server_that_sends_too_much(fake, monkeypatch, question):
    """ "The client is bounded too, whatever a server sends": what one answer may need, and what waits."""
    monkeypatch.setattr(looking, "FOUND_BYTES_MAX", 100_000)
    for number in range(300):
        fake.say("bob", "#lobby", f"{number} {'x' * 400}")

    async def ask(net: Net, chat: Client) -> None:
        if question == "history":
            await chat.history("#lobby", 300)
        elif question == "search":
            await chat.search("xxx", 300)
        else:
            chat._front._budget.bytes_max = 100_000
            for number in range(300):
                say(net, "#lobby", f"{number} {'x' * 400}")
            assert chat._running is not None
            await chat._running

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            with pytest.raises(CannotConnectError, match="more than the"):
                await ask(net, chat)

    run(story)


@pytest.mark.parametrize(
    ("target", "text", "error"), [("zed", "hi", "nobody with that name"), ("bob", " ", "there is no text")]
)
def test_what_is_not_sent(fake, target, text, error):
    """RefusedError, in the server's words."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            with pytest.raises(RefusedError, match=error):
                await chat.send(target, text)

    run(story)


@pytest.mark.parametrize("sent", [True, False])
def test_a_text_that_is_not_acknowledged(fake, monkeypatch, sent):
    """In time it is an error that says whether it may have arrived, and it is not sent later."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            original = Peer.on_privmsg
            if sent:
                monkeypatch.setattr(Peer, "on_privmsg", lambda self, message: None)
            else:
                await net.stop()
                while chat.connected:
                    await asyncio.sleep(0)
            chat._timeout_s = 0.2
            with pytest.raises(DeliveryUnknownError if sent else CannotConnectError, match=r"within 0\.2 s"):
                await chat.send("bob", "late")
            monkeypatch.setattr(Peer, "on_privmsg", original)
            if sent:
                net.drop()
            else:
                await net.start()
            chat._timeout_s = 30.0
            await chat.send("bob", "next")
            assert [entry.text for entry in fake.log] == ["next"]

    run(story)


def test_a_text_that_is_cancelled(fake):
    """It is not sent later."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            await net.stop()
            sending = asyncio.create_task(chat.send("bob", "late"))
            await asyncio.sleep(0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await net.start()
            await chat.send("bob", "next")
            assert [entry.text for entry in fake.log] == ["next"]

    run(story)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"password": "wrong"}, SignInError), ({"password": ""}, SignInError), ({"trust": "SHA256:x"}, ValueError)],
)
def test_a_sign_in_that_fails(fake, options, error):
    """It is the error of ``async with``."""

    async def story() -> None:
        async with serving(fake) as net:
            with pytest.raises(error):
                async with client(net, **({"plaintext": False} if error is ValueError else {}), **options):
                    pass

    run(story)


def test_no_server(fake):
    """CannotConnectError, at once."""

    async def story() -> None:
        async with serving(fake) as net:
            await net.stop()
            with pytest.raises(CannotConnectError, match="Nothing answers"):
                async with client(net):
                    pass
            await net.start()

    run(story)


def test_the_end_of_the_session(fake):
    """A ban ends everything that waits, after the messages before it."""

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            waiting = asyncio.create_task(take(chat, 2))
            say(net, "#lobby", "last")
            for peer in net.fake.peers:
                peer.send(Line("465", ["alice", "You are banned from this server: too loud."], "fake.example"))
            net.flush()
            with pytest.raises(SignInError, match="banned"):
                await waiting
            with pytest.raises(SignInError, match="banned"):
                await chat.send("bob", "hi")
            with pytest.raises(SignInError, match="banned"):
                await chat.people()

    run(story)


def test_a_program_that_is_slow(fake, monkeypatch):
    """Pages of missed messages come only when it has room for them, and all of them come."""
    monkeypatch.setattr(bot, "WAITING_FULL", 20)
    monkeypatch.setattr(bot, "WAITING_MAX", 100)
    fake.page_max = 30
    for number in range(500):
        fake.say("bob", "#lobby", str(number))

    async def story() -> None:
        async with serving(fake) as net, client(net, since=timedelta(days=20_000)) as chat:
            texts, most = [], 0
            async for message in chat.messages():
                most = max(most, len(chat._front.waiting))
                texts.append(message.text)
                await asyncio.sleep(0)
                if len(texts) == 500:
                    break
            assert texts == [str(number) for number in range(500)]
            assert most < 20 + 2 * 30  # the page after that which fills it is asked for already

    run(story)


def test_a_program_that_is_too_slow(fake, monkeypatch):
    """Beyond a bound of messages that wait, the session ends with an error, and none was lost silently."""
    monkeypatch.setattr(bot, "WAITING_MAX", 10)

    async def story() -> None:
        async with serving(fake) as net, client(net) as chat:
            for number in range(20):
                say(net, "#lobby", str(number))
            with pytest.raises(ClientError, match="More than 10 messages wait"):
                await chat._running  # type: ignore[misc]
            assert [message.text for message in await take(chat, 10)] == [str(number) for number in range(10)]
            with pytest.raises(ClientError, match="More than 10 messages wait"):
                await take(chat, 1)

    run(story)


def test_outside_of_its_block(fake):
    """A mistake of the program is said."""

    async def story() -> None:
        async with serving(fake) as net:
            with pytest.raises(RuntimeError, match="async with"):
                await client(net).people()

    run(story)


def test_it_marks_nothing_as_read():
    """As every front for programs that only reads."""
    front: Callable[..., Client] = Client
    assert not front("localhost", 5000, "alice", password="secret", plaintext=True)._session.is_read("#lobby")
    assert Session("alice", "run").is_read("#lobby")
