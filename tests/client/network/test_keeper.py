"""Staying connected: coming back, noticing silence, leaving."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core.events import Notice, Offline, Said, Sent, SignedIn, SignInNeeded, Unusable
from chatapp.client.core.session import Session
from chatapp.client.network import keeper as connection_module
from chatapp.client.network.keeper import RETRY_MAX_S, RETRY_MIN_S, Keeper, retry_s
from chatapp.errors import CannotConnectError, RefusedError, SignInError
from chatapp.protocol.message import Message
from tests.client.fake_server import FakeServer, Peer
from tests.client.net import Net, connected, dial, run, serving


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing before a reconnect."""
    monkeypatch.setattr(connection_module, "retry_s", lambda attempt, jitter: 0.001)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice silence at once."""
    for name in ("TICK_S", "SILENCE_S", "SILENCE_UNACKNOWLEDGED_S", "PONG_S"):
        monkeypatch.setattr(connection_module, name, 0.02)


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_reconnecting_takes_1_to_30_seconds(attempt, jitter):
    """ "reconnects by itself (1 s to 30 s, jitter)"."""
    assert RETRY_MIN_S == 1
    assert RETRY_MAX_S == 30
    assert 1 <= retry_s(attempt, jitter) <= 30


def test_it_waits_longer_each_time_and_not_all_at_once():
    """Doubling, and spread, so that a server that comes back is not overrun."""
    waits = [retry_s(attempt, 0.5) for attempt in range(7)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert retry_s(3, 0.0) < retry_s(3, 0.9)


@pytest.mark.usefixtures("at_once")
def test_a_dropped_connection_comes_back():
    """What was missed comes, what was not echoed is sent again, and nothing comes twice."""

    async def story() -> None:
        fake = FakeServer({"alice": "secret", "bob": "secret"})
        async with serving(fake) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                connection.session.say("#lobby", "one")
                connection.flush()
                await listener.until(Sent)
                net.drop()
                connection.session.say("#lobby", "two")
                fake.say("bob", "#lobby", "missed")
                await listener.until(Sent, 2)
                await listener.until(Said, 3)
                await connection.leave()

            await connection.beside(work())
            assert [said.text for said in listener.of(Said)] == ["one", "missed", "two"]
            assert [signed.again for signed in listener.of(SignedIn)] == [False, True]
            assert len(listener.of(Offline)) == 1

    run(story)


def test_a_person_does_not_wait_for_the_next_attempt(monkeypatch):
    """``reconnect`` ends the pause, however long it is, and the connection, if there is one."""
    monkeypatch.setattr(connection_module, "RETRY_MIN_S", 3600.0)
    monkeypatch.setattr(connection_module, "RETRY_MAX_S", 3600.0)

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                net.drop()
                await listener.until(Offline)
                connection.reconnect()
                await listener.until(SignedIn, 2)
                connection.reconnect()
                await listener.until(SignedIn, 3)
                await connection.leave()

            await connection.beside(work())

    run(story)


@pytest.mark.usefixtures("at_once")
def test_a_server_that_is_gone_for_a_while():
    """It tries on until there is one again."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                await net.stop()
                await listener.until(Offline, 3)
                await net.start()
                await listener.until(SignedIn, 2)
                await connection.leave()

            await connection.beside(work())

    run(story)


@pytest.mark.usefixtures("at_once", "impatient")
def test_a_connection_that_is_dead_without_a_word():
    """Silence is asked about; without an answer the connection is given up for a new one."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                net.silent = True
                await listener.until(Offline)
                net.silent = False
                await listener.until(SignedIn, 2)
                await connection.leave()

            await connection.beside(work())

    run(story)


@pytest.mark.usefixtures("impatient")
def test_a_quiet_server_is_not_given_up():
    """A server that answers PING is there, however little is said."""

    async def story() -> None:
        fake = FakeServer({"alice": "secret"})
        async with serving(fake) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                pings = 0
                while pings < 4:
                    await asyncio.wait_for(_heard_more(net.fake), 60)
                    pings = [message.verb for message in fake.peers[0].heard].count("PING")
                assert not listener.of(Offline)
                await connection.leave()

            await connection.beside(work())

    async def _heard_more(fake: FakeServer) -> None:
        before = len(fake.peers[0].heard)
        while len(fake.peers[0].heard) == before:
            await asyncio.sleep(0)

    run(story)


WAIT = "Please wait: your turn comes in about {} seconds."


@asynccontextmanager
async def queueing(
    net: Net, words: Iterator[str], then: Callable[[Peer], None] = lambda peer: None
) -> AsyncIterator[None]:
    """Let a server say words instead of judging a password, every 0.02 s until they end; ``then`` comes after them."""

    async def talk() -> None:
        while not any(message.verb == "AUTHENTICATE" for peer in net.fake.peers for message in peer.heard[-1:]):
            await asyncio.sleep(0.001)
        for text in words:
            for peer in net.fake.peers:
                peer.reply("NOTICE", "*", text)
            net.flush()
            await asyncio.sleep(0.02)
        for peer in net.fake.peers:
            then(peer)
        net.flush()

    talking = asyncio.create_task(talk())
    try:
        yield
    finally:
        talking.cancel()


@pytest.fixture
def judged_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[Peer], None]:
    """Let the fake server keep a password for later; return what judges it then."""
    judge = Peer.on_authenticate
    kept: dict[Peer, Message] = {}

    def keep(self: Peer, message: Message) -> None:
        if message.param(0) == "PLAIN":
            judge(self, message)
        else:
            kept[self] = message

    monkeypatch.setattr(Peer, "on_authenticate", keep)
    monkeypatch.setattr(connection_module, "TICK_S", 0.02)
    return lambda peer: judge(peer, kept[peer])


def test_a_turn_that_comes_late_is_waited_for(judged_later, monkeypatch):
    """ "let our client wait instead of starting over": one connection, and the words as they change, each time once."""
    monkeypatch.setattr(connection_module, "SIGN_IN_SILENCE_S", 0.4)

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                words = (WAIT.format(seconds) for seconds in (50, 30, 10) for _ in range(20))
                async with queueing(net, words, judged_later):
                    await listener.until(SignedIn)
                assert net.accepted == 1
                assert [notice.text for notice in listener.of(Notice)] == [WAIT.format(each) for each in (50, 30, 10)]
                await connection.leave()

            await connection.beside(work())

    run(story)


@pytest.mark.usefixtures("judged_later")
@pytest.mark.parametrize("talks", [True, False])
def test_the_wait_for_a_turn_is_bounded(monkeypatch, talks):
    """Neither a server that says "please wait" for ever nor one that says nothing is waited for without end."""
    monkeypatch.setattr(connection_module, "SIGN_IN_S" if talks else "SIGN_IN_SILENCE_S", 0.4)
    told = "did not finish the sign-in within 0.4 s" if talks else "said nothing for 0.4 s during the sign-in"

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, _ = connected(net)
            words = map(WAIT.format, itertools.count()) if talks else iter(())
            async with queueing(net, words):
                with pytest.raises(CannotConnectError, match=f"^The server {told}"):
                    await connection.beside(connection.signed_in())
            assert net.accepted == 1

    run(story)


def test_the_time_of_a_person_is_not_that_of_the_sign_in(monkeypatch):
    """Who thinks about a password for long keeps the connection."""
    monkeypatch.setattr(connection_module, "TICK_S", 0.02)
    monkeypatch.setattr(connection_module, "SIGN_IN_S", 0.2)

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net, password="")

            async def work() -> None:
                await listener.until(SignInNeeded)
                await asyncio.sleep(0.5)
                assert connection._link is not None
                await connection.leave()

            await connection.beside(work())
            assert net.accepted == 1

    run(story)


def test_no_server_at_first():
    """Before the first sign-in nobody waits for a server: exit code 3."""

    async def story() -> None:
        async with serving(FakeServer({})) as net:
            connection, _ = connected(net)
        with pytest.raises(CannotConnectError):
            await connection.beside(connection.signed_in())

    run(story)


def test_a_server_that_says_no():
    """Its reason is the error: exit code 1."""

    async def story() -> None:
        async with serving(FakeServer({}, offers="sasl=PLAIN")) as net:
            connection, _ = connected(net)
            with pytest.raises(RefusedError, match="echo-message"):
                await connection.beside(connection.signed_in())

    run(story)


def test_an_account_that_is_removed():
    """It ends, with exit code 4, and does not come back to ask for a password for ever."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await listener.until(SignedIn)
                net.fake.peers[0].reply("ERROR", "Your account was removed")
                net.flush()
                await asyncio.Event().wait()

            with pytest.raises(SignInError, match="The account alice was removed"):
                await connection.beside(work())
            assert net.accepted == 1

    run(story)


def test_a_server_that_says_no_when_we_come_back(at_once):
    """It is tried again, and the front is told why in the words of being offline, not in an event of its own."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await listener.until(SignedIn)
                offers, net.fake.offers = net.fake.offers, "sasl=PLAIN"
                net.drop()
                await listener.until(Offline, 2)
                net.fake.offers = offers
                await listener.until(SignedIn, 2)
                assert "does not offer" in listener.of(Offline)[1].reason
                assert listener.of(Unusable) == []

            await connection.beside(work())

    run(story)


def test_an_error_of_the_front_ends_everything():
    """A front that cannot go on raises, and the connection ends."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:

            def refuse(events: object) -> None:
                raise RefusedError("enough")

            connection = Keeper(Session("alice", "run"), dial(net), refuse)
            with pytest.raises(RefusedError, match="enough"):
                await connection.beside(connection.signed_in())

    run(story)


def test_a_connection_that_ends_while_a_person_thinks():
    """No connection is made while nothing can be done with it; the password goes over a new one."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net, password="")

            async def work() -> None:
                await listener.until(SignInNeeded)
                net.drop()
                while connection._link is not None:
                    await asyncio.sleep(0)
                assert net.accepted == 1
                connection.session.sign_in("secret")
                connection.flush()
                await listener.until(SignedIn)
                assert net.accepted == 2
                await connection.leave()

            await connection.beside(work())

    run(story)


def test_leaving_says_goodbye():
    """QUIT, and the read markers before it; then the connection ends from the other side."""

    async def story() -> None:
        fake = FakeServer({"alice": "secret", "bob": "secret"})
        fake.say("bob", "#lobby", "hello")
        async with serving(fake) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await listener.until(Said)
                await connection.leave()

            await connection.beside(work())
        assert fake.markers["alice", "#lobby"] == fake.time

    run(story)


def test_what_is_read_is_marked_soon(monkeypatch):
    """Not only at the end: another device should know, and a lost client should not tell everything again."""
    monkeypatch.setattr(connection_module, "MARK_READ_S", 0.001)
    monkeypatch.setattr(connection_module, "MARK_READ_LINES", 1)

    async def story() -> None:
        fake = FakeServer({"alice": "secret", "bob": "secret", "carol": "secret"})
        for name in ("bob", "carol"):
            fake.say(name, "alice", "hello")
        async with serving(fake) as net:
            connection, _ = connected(net)

            async def work() -> None:
                await connection.signed_in()
                while len(fake.markers) < 2:
                    await asyncio.sleep(0)

            await connection.beside(work())

    run(story)


def test_settling_is_bounded():
    """A server that acknowledges nothing is not waited for longer than told."""

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, _ = connected(net)

            async def work() -> None:
                await connection.signed_in()
                net.silent = True
                connection.session.say("#lobby", "hello")
                connection.flush()
                assert not await connection.settle(0.02)

            await connection.beside(work())

    run(story)


class Unwilling(Peer):
    """A server that ends the connection whenever something is said."""

    def on_privmsg(self, message: Message) -> None:
        """Acknowledge nothing."""
        self.close()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("wait", ["settle", "room"])
def test_connecting_again_is_no_progress(wait, monkeypatch):
    """A server that signs in and acknowledges nothing is not waited for longer than told."""
    monkeypatch.setattr(FakeServer, "connect", lambda server: Unwilling(server))

    async def story() -> None:
        async with serving(FakeServer({"alice": "secret"})) as net:
            connection, listener = connected(net)

            async def work() -> None:
                await connection.signed_in()
                connection.session.say("#lobby", "hello")
                connection.flush()
                async with asyncio.timeout(60):
                    if wait == "settle":
                        assert not await connection.settle(0.1, answers=True)
                    else:
                        assert not await connection.room(1, 0.1)
                assert len(listener.of(SignedIn)) > 1
                monkeypatch.undo()
                assert await connection.settle(30)
                await connection.leave()

            await connection.beside(work())

    run(story)


def test_reading_on_waits_for_room():
    """A front that reads a long file sends it as fast as it is acknowledged."""

    async def story() -> None:
        fake = FakeServer({"alice": "secret"})
        async with serving(fake) as net:
            connection, _ = connected(net)

            async def work() -> None:
                await connection.signed_in()
                for number in range(100):
                    await connection.room(5)
                    assert len(connection.session.outbox) < 5
                    connection.session.say("#lobby", str(number))
                    connection.flush()
                assert await connection.settle(30)
                await connection.leave()

            await connection.beside(work())
        assert [entry.text for entry in fake.log] == [str(number) for number in range(100)]

    run(story)
