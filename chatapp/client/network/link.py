"""One connection to a server: TCP, TLS, and whether the key at the other end is the right one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import socket
import ssl
from collections.abc import Awaitable, Callable

from chatapp.client.network import pins
from chatapp.client.network.pins import Address, Pins
from chatapp.errors import CannotConnectError
from chatapp.protocol.addresses import is_loopback

CLOSE_S = 2.0
READ_BYTES = 64 * 1024
_SECOND_ADDRESS_S = 0.25  # before trying IPv4 where IPv6 does not answer (RFC 8305)


@dataclasses.dataclass(slots=True)
class Identity:
    """How to know the server: its pins, the key given with ``--trust``, and whom to ask about a new one.

    ``ask`` gets the fingerprint; None where there is nobody to ask.
    """

    pins: Pins
    expected: str | None = None
    ask: Callable[[str], Awaitable[bool]] | None = None


class Link:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def tls(self) -> bool:
        """Tell whether it is encrypted."""
        return self._writer.get_extra_info("ssl_object") is not None

    @property
    def certificate(self) -> bytes:
        """The certificate of the other end, DER."""
        certificate = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert isinstance(certificate, bytes)
        return certificate

    @property
    def loopback(self) -> bool:
        """Tell whether the other end is on this machine."""
        return is_loopback(str(self._writer.get_extra_info("peername")[0]))

    async def read(self) -> bytes:
        """Return what has come, waiting for it; nothing when the connection has ended."""
        try:
            return await self._reader.read(READ_BYTES)
        except (OSError, ssl.SSLError):
            return b""

    def write(self, data: bytes) -> None:
        """Send; who sends because the other end asks looks at ``waiting_bytes``."""
        self._writer.write(data)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait to be written."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        """End the connection at once, with what waits to be written."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """End the connection, within CLOSE_S."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
                return
        self._writer.transport.abort()


async def open_link(address: Address, identity: Identity | None, timeout_s: float) -> Link:
    """Connect to a server and make sure that it is the right one; without ``identity`` in the clear.

    Raises CannotConnectError, or IdentityError before anything was sent.
    """
    if identity is None:
        return await _open(address, None, timeout_s)
    pinned = identity.pins.get(address)
    if identity.expected is None and pinned in (None, pins.CA):
        try:
            link = await _open(address, ssl.create_default_context(), timeout_s)
        except ssl.SSLCertVerificationError:
            pass  # not by an authority that this machine knows: the key itself has to be known
        else:
            if pinned is None:
                identity.pins.set(address, pins.CA)
            return link
    link = await _open(address, _any_certificate(), timeout_s)
    try:
        if await _is_right(link, address, identity, pinned):
            return link
    except BaseException:
        await link.close()
        raise
    await link.close()
    # A person was asked, which takes its time, and has accepted the key: it is pinned now.
    return await open_link(address, dataclasses.replace(identity, ask=None), timeout_s)


async def _is_right(link: Link, address: Address, identity: Identity, pinned: str | None) -> bool:
    """Check the key of a link that no authority has verified; False when it is pinned now, but the link was closed."""
    presented = pins.fingerprint(link.certificate)
    if identity.expected is not None:
        if presented != identity.expected:
            raise pins.not_expected(address, presented, identity.expected)
        if presented != pinned:
            identity.pins.set(address, presented)
        return True
    if pinned is not None:
        if presented != pinned:
            raise pins.changed(address, presented, pinned, identity.pins.path)
        return True
    if link.loopback:
        identity.pins.set(address, presented)
        return True
    if identity.ask is None:
        raise pins.unknown(address, presented)
    await link.close()
    if not await identity.ask(presented):
        raise pins.declined(address)
    identity.pins.set(address, presented)
    return False


def _any_certificate() -> ssl.SSLContext:
    """TLS that leaves it to us to know the key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _open(address: Address, context: ssl.SSLContext | None, timeout_s: float) -> Link:
    """Connect. Raises CannotConnectError in plain words, SSLCertVerificationError as it is."""
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
        # Of several addresses each may have failed in its own way; then there is no number, and the text is no words.
        why = f" ({os.strerror(error.errno)})" if error.errno else ""
        raise CannotConnectError(
            f"Nothing answers at {address}{why}. Is the server running there, and is it the right port?"
        ) from None
    return Link(reader, writer)
