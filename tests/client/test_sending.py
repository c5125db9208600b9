"""One message, acknowledged as stored."""

from __future__ import annotations

import pytest

from chatapp.client import connection as connection_module
from chatapp.client.connection import Connection
from chatapp.client.events import Sent
from chatapp.client.sending import Sending
from chatapp.client.session import Session
from chatapp.errors import CannotConnectError, RefusedError, SignInError
from tests.client.fake_server import FakeServer
from tests.client.net import Net, dial, run, serving


@pytest.fixture
def fake() -> FakeServer:
    """A server with two accounts."""
    return FakeServer({"alice": "secret", "bob": "secret"})


async def send(net: Net, target: str, text: str, password: str = "secret", name: str = "alice") -> Sent:
    """Send one text."""
    session = Session(name, "run", catch_up=False)

    def give(refused: str) -> str:
        if refused:
            raise SignInError(refused)
        return password

    front = Sending(session, target, text, give)
    connection = Connection(session, dial(net), front.heard)
    return await connection.beside(front.send(connection, 0.5))


@pytest.mark.parametrize(("target", "text", "lines", "away"), [("#lobby", "hi", 1, False), ("bob", "a\nb", 2, True)])
def test_it_returns_when_everything_is_stored(fake, target, text, lines, away):
    """The echo is the receipt, for each line."""

    async def story() -> None:
        async with serving(fake) as net:
            assert await send(net, target, text) == Sent(target, text, lines, away)
            assert [entry.text for entry in fake.log] == text.split("\n")

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
        async with serving(fake) as net:
            with pytest.raises(error, match=text):
                await send(net, **arguments)

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
            with pytest.raises(CannotConnectError, match="Nothing was sent" if net.silent else "may have arrived"):
                await send(net, "bob", "hi")

    run(story)


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
            assert await send(net, "bob", "hi") == Sent("bob", "hi", 1, True)
            assert len(fake.log) == 1
            assert net.accepted == 2

    run(story)
