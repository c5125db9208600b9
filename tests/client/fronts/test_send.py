"""One message, acknowledged as stored."""

from __future__ import annotations

import asyncio
import time

import pytest

from chatapp.client.core.events import Sent
from chatapp.client.core.session import Session
from chatapp.client.fronts.send import Sending, default_timeout_s
from chatapp.client.network import keeper as connection_module
from chatapp.client.network.keeper import Keeper
from chatapp.errors import CannotConnectError, DeliveryUnknownError, RefusedError, SignInError
from tests.client.fake_server import NOT_CONNECTED, FakeServer, Peer
from tests.client.net import Net, dial, run, serving


@pytest.fixture
def fake() -> FakeServer:
    """A server with two accounts."""
    return FakeServer({"alice": "secret", "bob": "secret"})


async def send(
    net: Net, target: str, text: str, password: str = "secret", name: str = "alice", timeout_s: float = 30.0
) -> Sent:
    """Send one text."""
    session = Session(name, "run", catch_up=False)

    def give(refused: str) -> str:
        if refused:
            raise SignInError(refused)
        return password

    front = Sending(session, target, text, give, [].append)
    connection = Keeper(session, dial(net), front.heard)
    return await connection.beside(front.send(connection, timeout_s))


@pytest.mark.parametrize(
    ("target", "text", "lines", "away"), [("#lobby", "hi", 1, ""), ("bob", "a\nb", 2, NOT_CONNECTED)]
)
def test_it_returns_when_everything_is_stored(fake, target, text, lines, away):
    """The echo is the receipt, for each line."""

    async def story() -> None:
        async with serving(fake) as net:
            assert await send(net, target, text) == Sent(target, text, lines, away)
            assert [entry.text for entry in fake.log] == [text]

    run(story)


def test_it_reads_nothing_that_somebody_else_should(fake):
    """What is unread stays unread: no history is fetched, and nothing is marked."""
    fake.say("bob", "alice", "unread")

    async def story() -> None:
        async with serving(fake) as net:
            await send(net, "#lobby", "hi")
        assert ("alice", "bob") not in fake.markers

    run(story)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"target": "zed", "text": "hi"}, RefusedError, "nobody with that name"),
        ({"target": "#lobby", "text": "full"}, RefusedError, "could not be stored"),
        ({"target": "#lobby", "text": "one\nfull\nthree"}, RefusedError, "2 of 3 lines were"),
        ({"target": "#lobby", "text": " \n"}, RefusedError, "there is no text"),
        ({"target": "bob", "text": "hi", "password": "wrong"}, SignInError, "wrong"),
        ({"target": "bob", "text": "hi", "name": "zoe"}, SignInError, "chat connect"),
    ],
)
def test_what_is_not_sent_is_an_error(fake, arguments, error, text):
    """Each with words of its own."""
    fake.refuse["full"] = "MESSAGE_NOT_STORED"

    async def story() -> None:
        fake.offers = fake.offers.replace("draft/multiline", "x")  # each line is a message
        async with serving(fake) as net:
            with pytest.raises(error, match=text):
                await send(net, **arguments)

    run(story)


def test_that_nothing_was_sent_is_said_once(fake):
    """The reason of the server may begin with the same words."""
    fake.refuse["hi"], fake.why = "CANNOT", "Nothing was sent: it is closed."

    async def story() -> None:
        async with serving(fake) as net:
            with pytest.raises(RefusedError, match=r"^Not sent to #lobby: it is closed\.$"):
                await send(net, "#lobby", "hi")

    run(story)


@pytest.mark.parametrize("when", ["at once", "after the sign-in"])
def test_a_server_that_does_not_answer(fake, monkeypatch, when):
    """The wait is bounded, and the error says whether it may have arrived."""

    async def story() -> None:
        async with serving(fake) as net:
            say = Session.say

            def and_silence(self: Session, target: str, text: str) -> int:
                net.silent = True
                return say(self, target, text)

            if when == "at once":
                net.silent = True
            monkeypatch.setattr(Session, "say", and_silence)
            error, text = (
                (CannotConnectError, "Nothing was sent") if net.silent else (DeliveryUnknownError, "may have arrived")
            )
            with pytest.raises(error, match=text):
                await send(net, "bob", "hi", timeout_s=1.5)

    run(story)


@pytest.mark.parametrize("stays", ["signing in", "sending"])
def test_the_time_is_for_all_of_it(fake, monkeypatch, stays):
    """A server that says something all the time is not waited for longer than one that says nothing."""
    opened = asyncio.Event()

    async def chatter(net: Net) -> None:
        while True:
            for peer in net.fake.peers:
                peer.reply("NOTICE", "*", "Just a moment.")
            net.flush()
            await asyncio.sleep(0.01)

    async def story() -> None:
        async with serving(fake) as net:
            silenced = "on_authenticate" if stays == "signing in" else "on_privmsg"
            monkeypatch.setattr(Peer, silenced, lambda self, message: opened.set())
            talking = asyncio.create_task(chatter(net))
            text = "Nothing was sent.*Just a moment" if stays == "signing in" else "may have arrived"
            error = CannotConnectError if stays == "signing in" else DeliveryUnknownError
            with pytest.raises(error, match=f"within 1.5 s.*{text}"):
                await send(net, "bob", "hi", timeout_s=1.5)
            assert opened.is_set()
            talking.cancel()

    run(story)


def test_a_person_may_think(fake):
    """The time that a person needs to answer does not count."""

    async def story() -> None:
        async with serving(fake) as net:
            session = Session("alice", "run", catch_up=False)

            def ask(refused: str) -> str:
                time.sleep(0.4)  # as a prompt does, which lets nothing else go on
                front.extend_deadline(0.4)
                return "secret"

            front = Sending(session, "bob", "hi", ask, [].append)
            connection = Keeper(session, dial(net), front.heard)
            assert await connection.beside(front.send(connection, 0.4)) == Sent("bob", "hi", 1, NOT_CONNECTED)

    run(story)


@pytest.mark.parametrize(
    ("text", "timeout_s"), [("hi", 30), ("\n" * 60, 30), ("\n" * 3060, 632), ("x" * 300 * 160, 50), ("\ud800", 30)]
)
def test_many_lines_have_more_time(text, timeout_s):
    """A server takes 10 lines in a second after the first 60; without --timeout that is allowed for, twice."""
    assert default_timeout_s(text) == timeout_s


@pytest.mark.parametrize("sent", [True, False])
def test_the_error_of_a_lost_connection(sent):
    """If the text was sent, nobody knows whether it is stored; if it was not, the error of the connection stays."""
    session = Session("alice", "run", catch_up=False)
    session.say("bob", "hi")
    if sent:
        session.outbox.due()
    session.closed()
    front = Sending(session, "bob", "hi", lambda refused: "secret", [].append)
    ending = front.ending(SignInError("You are banned."))
    assert type(ending) is (DeliveryUnknownError if sent else SignInError)
    assert str(ending).startswith("You are banned.")
    assert ("look at the history of bob" in str(ending)) == sent


def test_a_connection_lost_before_the_echo(fake, monkeypatch):
    """It is sent again under the same id, arrives once, and that is fine."""
    monkeypatch.setattr(connection_module, "retry_s", lambda attempt, jitter: 0.001)

    async def story() -> None:
        async with serving(fake) as net:
            flush, lost = net.flush, iter([True])

            def lose_the_echo() -> None:
                if fake.log and next(lost, False):
                    net.drop()
                flush()

            net.flush = lose_the_echo  # type: ignore[method-assign]
            assert await send(net, "bob", "hi") == Sent("bob", "hi", 1, NOT_CONNECTED)
            assert len(fake.log) == 1
            assert net.accepted == 2

    run(story)
