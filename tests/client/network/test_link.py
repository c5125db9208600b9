"""One connection: TLS, and whether the key at the other end is the right one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from chatapp.client.network import contexts
from chatapp.client.network.link import Identity, Link, open_link
from chatapp.client.network.pins import CA, Address, Pins, fingerprint
from chatapp.errors import CannotConnectError, IdentityError
from tests.client import tls

TIMEOUT_S = 60


@asynccontextmanager
async def listening(pem: Path | None, hello: bytes = b"hello\r\n") -> AsyncIterator[Address]:
    """Serve on a free port of this machine; each connection is greeted and closed, or closed when the client goes."""
    greeting: set[asyncio.Task[None]] = set()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ssl.SSLError):
            if hello:
                writer.write(hello)
            else:
                await reader.read()
            writer.close()
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting.add(asyncio.create_task(greet(reader, writer)))

    context = tls.server_context(pem) if pem is not None else None
    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    async with server:
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
    await asyncio.gather(*greeting)


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run a story to its end, in bounded time."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(bounded())


async def hears(link: Link) -> bytes:
    """Read what the server says, and close."""
    data = await link.read()
    await link.close()
    return data


def key_of(pem: Path) -> str:
    """Return the fingerprint of the key in a file."""
    return fingerprint(ssl.PEM_cert_to_DER_cert(pem.read_text().partition("-----BEGIN PRIVATE")[0].strip() + "\n"))


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other end seem to be on another machine."""
    monkeypatch.setattr(Link, "loopback", False)


def test_on_this_machine_a_new_key_is_pinned_without_asking(tmp_path):
    """ "on a loopback address a new key is pinned without asking"."""

    async def story() -> None:
        pem, pins = tls.make(tmp_path, "one"), Pins(tmp_path)
        async with listening(pem) as address:
            assert await hears(await open_link(address, Identity(pins), TIMEOUT_S)) == b"hello\r\n"
            assert pins.get(address) == key_of(pem)

    run(story)


def test_a_certificate_that_cannot_be_read(tmp_path):
    """OpenSSL lets a hostile server present a version that does not exist. Nothing is pinned, and nothing was sent."""

    async def story() -> None:
        pem, pins = tls.make(tmp_path, "one"), Pins(tmp_path)
        certificate, begin, key = pem.read_text().partition("-----BEGIN PRIVATE")
        changed = ssl.PEM_cert_to_DER_cert(certificate.strip()).replace(
            b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05"
        )
        pem.write_text(ssl.DER_cert_to_PEM_cert(changed) + begin + key)
        async with listening(pem) as address:
            for identity in (Identity(pins), Identity(pins, expected=key_of(tls.make(tmp_path, "other")))):
                with pytest.raises(IdentityError, match="certificate"):
                    await open_link(address, identity, TIMEOUT_S)
            assert pins.get(address) is None

    run(story)


@pytest.mark.usefixtures("far_away")
def test_a_new_key_is_asked_about_once(tmp_path):
    """ "shown as a fingerprint, asked once"; then it is pinned, and nobody is asked again."""
    asked = []

    async def ask(shown: str) -> bool:
        asked.append(shown)
        return True

    async def story() -> None:
        pem, pins = tls.make(tmp_path, "one"), Pins(tmp_path)
        async with listening(pem) as address:
            for _ in range(2):
                assert await hears(await open_link(address, Identity(pins, ask=ask), TIMEOUT_S)) == b"hello\r\n"
            assert asked == [key_of(pem)]

    run(story)


@pytest.mark.usefixtures("far_away")
@pytest.mark.parametrize("ask", ["nobody", "no"])
def test_a_new_key_that_nobody_accepts(tmp_path, ask):
    """Exit code 5, nothing is pinned, nothing was sent."""

    async def no(shown: str) -> bool:
        return False

    async def story() -> None:
        pins = Pins(tmp_path)
        async with listening(tls.make(tmp_path, "one")) as address:
            with pytest.raises(IdentityError) as caught:
                await open_link(address, Identity(pins, ask=no if ask == "no" else None), TIMEOUT_S)
            assert caught.value.exit_code == 5
            assert pins.get(address) is None

    run(story)


@pytest.mark.parametrize("far", [False, True])
def test_a_key_that_has_changed_is_refused(tmp_path, monkeypatch, far):
    """ "refused with exit code 5 if it changed", on this machine too, and nobody is asked."""
    monkeypatch.setattr(Link, "loopback", not far)

    async def ask(shown: str) -> bool:
        raise AssertionError("asked")

    async def story() -> None:
        one, two = tls.make(tmp_path, "one"), tls.make(tmp_path, "two")
        pins = Pins(tmp_path)
        async with listening(two) as address:
            await pins.set(address, key_of(one))
            with pytest.raises(IdentityError, match="has changed"):
                await open_link(address, Identity(pins, ask=ask), TIMEOUT_S)
            assert pins.get(address) == key_of(one)

    run(story)


@pytest.mark.usefixtures("far_away")
@pytest.mark.parametrize("before", [None, "other", CA])
def test_the_key_given_with_trust(tmp_path, before):
    """--trust is the word of the person: it is pinned, in place of what was pinned before."""

    async def story() -> None:
        pem, pins = tls.make(tmp_path, "one"), Pins(tmp_path)
        async with listening(pem) as address:
            if before is not None:
                await pins.set(address, key_of(tls.make(tmp_path, "two")) if before == "other" else CA)
            await hears(await open_link(address, Identity(pins, expected=key_of(pem)), TIMEOUT_S))
            assert pins.get(address) == key_of(pem)

    run(story)


def test_another_key_than_the_one_given(tmp_path):
    """--trust names one key and no other, on this machine too."""

    async def story() -> None:
        one, two = tls.make(tmp_path, "one"), tls.make(tmp_path, "two")
        pins = Pins(tmp_path)
        async with listening(two) as address:
            with pytest.raises(IdentityError, match="as you said"):
                await open_link(address, Identity(pins, expected=key_of(one)), TIMEOUT_S)
            assert pins.get(address) is None

    run(story)


@pytest.mark.usefixtures("far_away")
def test_a_certificate_of_an_authority_is_not_asked_about(tmp_path, monkeypatch):
    """ "a CA-signed certificate that verifies is not asked about", and its key may change; but never to one without."""
    pem = tls.make(tmp_path, "signed", authority=True)
    authority = str(tmp_path / "ca.pem")
    monkeypatch.setattr(contexts, "verifying", lambda: ssl.create_default_context(cafile=authority))

    async def story() -> None:
        pins = Pins(tmp_path)
        async with listening(pem) as address:
            for _ in range(2):
                assert await hears(await open_link(address, Identity(pins), TIMEOUT_S)) == b"hello\r\n"
            assert pins.get(address) == CA
        async with listening(tls.make(tmp_path, "unsigned")) as address:
            await pins.set(address, CA)
            with pytest.raises(IdentityError, match="certificate authority"):
                await open_link(address, Identity(pins), TIMEOUT_S)

    run(story)


def test_in_the_clear():
    """Without an identity there is no TLS, and no key to ask about."""

    async def story() -> None:
        async with listening(None) as address:
            link = await open_link(address, None, TIMEOUT_S)
            assert not link.tls
            assert await hears(link) == b"hello\r\n"

    run(story)


def test_a_server_that_speaks_no_tls(tmp_path):
    """The person learns that it may be the wrong port, and of --plaintext."""

    async def story() -> None:
        async with listening(None, b":fake NOTICE * :this is not TLS\r\n") as address:
            with pytest.raises(CannotConnectError, match="does not speak TLS"):
                await open_link(address, Identity(Pins(tmp_path)), TIMEOUT_S)

    run(story)


def test_nobody_listens(tmp_path):
    """Exit code 3, and what to look at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        async def story() -> None:
            with pytest.raises(CannotConnectError, match="Nothing answers") as caught:
                await open_link(Address("127.0.0.1", port), Identity(Pins(tmp_path)), TIMEOUT_S)
            assert caught.value.exit_code == 3

        run(story)


def test_a_host_that_cannot_be():
    """A name that is none is told as that, without asking anybody on the network."""

    async def story() -> None:
        with pytest.raises(CannotConnectError, match=r"cannot be the name of a host|There is no host"):
            await open_link(Address("a..b" + "x" * 70, 5000), None, TIMEOUT_S)

    run(story)


def test_a_server_that_says_nothing(tmp_path):
    """A handshake that never goes on is given up in time."""

    async def story() -> None:
        async with listening(None, hello=b"") as address:
            with pytest.raises(CannotConnectError, match="does not answer"):
                await open_link(address, Identity(Pins(tmp_path)), 0.05)

    run(story)


# By the link of an invitation


@pytest.mark.usefixtures("far_away")
def test_the_key_of_a_link_is_pinned(tmp_path):
    """No trust question, and from then on the key is known."""
    pem, pins = tls.make(tmp_path, "one"), Pins(tmp_path)

    async def story() -> None:
        async with listening(pem) as address:
            for _ in range(2):
                link = await open_link(address, Identity(pins, key_of(pem), by_link=True), TIMEOUT_S)
                assert await hears(link) == b"hello\r\n"
                assert pins.get(address) == key_of(pem)

    run(story)


@pytest.mark.usefixtures("far_away")
def test_another_key_than_that_of_the_link(tmp_path):
    """ "If the server's key does not match, refuse with a clear text": nothing was sent, and nothing is pinned."""
    pem, other, pins = tls.make(tmp_path, "one"), tls.make(tmp_path, "other"), Pins(tmp_path)

    async def story() -> None:
        async with listening(pem) as address:
            with pytest.raises(IdentityError, match="but the link says") as raised:
                await open_link(address, Identity(pins, key_of(other), by_link=True), TIMEOUT_S)
            assert key_of(pem) in str(raised.value)
            assert "The invitation was not shown to it." in str(raised.value)
            assert pins.get(address) is None

    run(story)


@pytest.mark.parametrize("server", ["one", "other"])
def test_a_link_does_not_take_the_place_of_a_known_key(tmp_path, server):
    """Whoever sends a link must not be able to make somebody trust another key for a server that they know."""
    one, other, pins = tls.make(tmp_path, "one"), tls.make(tmp_path, "other"), Pins(tmp_path)

    async def story() -> None:
        async with listening(one if server == "one" else other) as address:
            await pins.set(address, key_of(one))
            with pytest.raises(IdentityError, match="but the key that you know of it is") as raised:
                await open_link(address, Identity(pins, key_of(other), by_link=True), TIMEOUT_S)
            assert str(pins.path) in str(raised.value)
            assert pins.get(address) == key_of(one)

    run(story)


@pytest.mark.parametrize(("verified", "same"), [(True, True), (True, False), (False, True)])
def test_a_link_to_a_server_that_an_authority_has_verified(tmp_path, monkeypatch, verified, same):
    """The pin ``ca`` stays, and the certificate must still be one that an authority verifies."""
    pem, other = tls.make(tmp_path, "one", authority=verified), tls.make(tmp_path, "other")
    pins = Pins(tmp_path)
    if verified:
        authority = str(tmp_path / "ca.pem")
        monkeypatch.setattr(contexts, "verifying", lambda: ssl.create_default_context(cafile=authority))

    async def story() -> None:
        async with listening(pem) as address:
            await pins.set(address, CA)
            identity = Identity(pins, key_of(pem if same else other), by_link=True)
            if verified and same:
                assert await hears(await open_link(address, identity, TIMEOUT_S)) == b"hello\r\n"
            else:
                with pytest.raises(IdentityError, match="that a certificate authority has" if same else "link says"):
                    await open_link(address, identity, TIMEOUT_S)
            assert pins.get(address) == CA

    run(story)
