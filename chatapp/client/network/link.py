"""One connection to a server: TCP, TLS, and the check of the server's key."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import socket
import ssl
from collections.abc import Awaitable, Callable

from chatapp.client.network import contexts, pins
from chatapp.client.network.client_certificate import ClientCertificate
from chatapp.client.network.pins import Address, Pins
from chatapp.errors import CannotConnectError
from chatapp.protocol.addresses import is_loopback

CLOSE_S = 2.0
READ_BYTES = 64 * 1024
_SECOND_ADDRESS_S = 0.25  # how long to wait for one address before trying the next; Spec: RFC 8305, section 5


@dataclasses.dataclass(slots=True)
class Identity:
    """How to recognise the server: the pinned keys, the key given with ``--trust``, and a way to ask about a new key.

    ``by_link``: the ``expected`` key is that of a link that somebody sent. It must not take the place of a pinned key.
    ``ask`` gets a fingerprint and returns whether a person accepts it; None if there is nobody to ask. Each connection
    presents the client ``certificate``, if there is one.
    """

    pins: Pins
    expected: str | None = None
    ask: Callable[[str], Awaitable[bool]] | None = None
    certificate: ClientCertificate | None = None
    by_link: bool = False


class Link:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def tls(self) -> bool:
        """Tell whether the connection is encrypted."""
        return self._writer.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> bytes:
        """The certificate of the server (DER); only for a connection with TLS."""
        certificate = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert isinstance(certificate, bytes)
        return certificate

    @property
    def loopback(self) -> bool:
        """Tell whether the server is on this machine."""
        return is_loopback(str(self._writer.get_extra_info("peername")[0]))

    async def read(self) -> bytes:
        """Wait for bytes and return them, READ_BYTES at most; empty when the connection has ended."""
        try:
            return await self._reader.read(READ_BYTES)
        except (OSError, ssl.SSLError):
            return b""

    def write(self, data: bytes) -> None:
        """Put bytes into the send buffer, which has no bound: the caller must check ``waiting_bytes``."""
        self._writer.write(data)

    @property
    def waiting_bytes(self) -> int:
        """The number of bytes in the send buffer."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        """End the connection at once; bytes in the send buffer are lost."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Send what is in the send buffer and end the connection, within CLOSE_S."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
                return
        self._writer.transport.abort()


async def open_link(address: Address, identity: Identity | None, timeout_s: float) -> Link:
    """Connect to a server and check its key; without ``identity``, connect without encryption.

    Raises CannotConnectError; or IdentityError for a wrong or unknown key, before anything was sent.
    """
    if identity is None:
        return await _open(address, None, timeout_s)
    pinned = identity.pins.get(address)
    if identity.by_link and identity.expected is not None:
        return await _open_by_link(address, identity, identity.expected, pinned, timeout_s)
    if identity.expected is None and pinned in (None, pins.CA):
        try:
            link = await _open(address, _context(identity, verifying=True), timeout_s)
        except ssl.SSLCertVerificationError:
            pass  # this machine knows no authority for the certificate, so the key itself must be pinned
        else:
            if pinned is None:
                await identity.pins.set(address, pins.CA)
            return link
    link = await _open(address, _context(identity, verifying=False), timeout_s)
    try:
        if await _is_right(link, address, identity, pinned):
            return link
    except BaseException:
        await link.close()
        raise
    await link.close()
    # A person has accepted the key, which is pinned now. The link was closed before, as a person takes time to answer.
    return await open_link(address, dataclasses.replace(identity, ask=None), timeout_s)


async def _open_by_link(
    address: Address, identity: Identity, expected: str, pinned: str | None, timeout_s: float
) -> Link:
    """Connect to the server of a link, which must have the key ``expected``, and pin the key of an unknown server.

    A server whose certificate an authority has verified before (the pin ``ca``) must have such a certificate still.
    """
    if pinned not in (None, pins.CA, expected):
        raise pins.link_contradicts(address, expected, pinned, identity.pins.path)
    try:
        link = await _open(address, _context(identity, verifying=pinned == pins.CA), timeout_s)
    except ssl.SSLCertVerificationError:
        verified = "one that a certificate authority has verified"
        raise pins.link_contradicts(address, expected, verified, identity.pins.path) from None
    try:
        presented = pins.fingerprint(link.certificate)
        if presented != expected:
            raise pins.not_in_link(address, presented, expected)
        if pinned is None:
            await identity.pins.set(address, presented)
        return link
    except BaseException:
        await link.close()
        raise


def _context(identity: Identity, *, verifying: bool) -> ssl.SSLContext:
    """Return the TLS context of a connection; ``verifying``: an authority must have verified the certificate."""
    own = identity.certificate
    if own is not None:
        return own.verifying if verifying else own.trusting
    return contexts.verifying() if verifying else contexts.trusting()


async def _is_right(link: Link, address: Address, identity: Identity, pinned: str | None) -> bool:
    """Check the key of a link that no authority has verified; True if the link can be used.

    False if a person has accepted the key: it is pinned now, but the link was closed. Raises IdentityError.
    """
    presented = pins.fingerprint(link.certificate)
    if identity.expected is not None:
        if presented != identity.expected:
            raise pins.not_expected(address, presented, identity.expected)
        if presented != pinned:
            await identity.pins.set(address, presented)
        return True
    if pinned is not None:
        if presented != pinned:
            raise pins.changed(address, presented, pinned, identity.pins.path)
        return True
    if link.loopback:
        await identity.pins.set(address, presented)
        return True
    if identity.ask is None:
        raise pins.unknown(address, presented)
    await link.close()
    if not await identity.ask(presented):
        raise pins.declined(address)
    await identity.pins.set(address, presented)
    return False


async def _open(address: Address, context: ssl.SSLContext | None, timeout_s: float) -> Link:
    """Connect. Raises SSLCertVerificationError unchanged, and CannotConnectError for any other failure."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(
                address.host, address.port, ssl=context, happy_eyeballs_delay=_SECOND_ADDRESS_S
            )
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError:
        raise CannotConnectError(f"{address} does not answer within {timeout_s:g} s.") from None
    except (ssl.SSLError, ConnectionResetError, asyncio.IncompleteReadError) as error:
        if context is None:
            raise CannotConnectError(f"{address} ended the connection at once ({error}).") from None
        raise CannotConnectError(
            f"{address} does not speak TLS: is it the right port? (--plaintext connects without encryption,"
            " which only a server on this machine accepts, unless it is told otherwise.)"
        ) from None
    except socket.gaierror as error:
        raise CannotConnectError(f"There is no host {address.host!r} ({error.strerror}).") from None
    except UnicodeError:
        raise CannotConnectError(f"{address.host!r} cannot be the name of a host.") from None
    except OSError as error:
        # If several addresses failed in different ways, there is no errno, and the text of the error is no help.
        why = f" ({os.strerror(error.errno)})" if error.errno else ""
        raise CannotConnectError(
            f"Nothing answers at {address}{why}. Is the server running there, and is it the right port?"
        ) from None
    return Link(reader, writer)
